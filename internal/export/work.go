package export

import "plumbline/internal/measure"

// work are the figures of a goal's open and finished issues.
func work() []family {
	return []family{{
		name:   measure.MetricGoalFinished,
		help:   "Issues delivered for the first time, while in the goal's scope, within the window.",
		labels: []string{"goal", "window"},
		samples: perGoal(func(g *measure.GoalStatus, emit emit) {
			if f := g.Finished; f != nil {
				eachWindow(f, emit, g.ID)
			}
		}),
	}, {
		name:    measure.MetricGoalCycleTime,
		help:    "Time from an issue's first entry into progress to its last delivery, over the delivered issues in scope; percentile of them took at most that.",
		labels:  []string{"goal", "percentile"},
		samples: perGoal(quantiles(func(g *measure.GoalStatus) *measure.Percentiles { return g.CycleTime })),
	}, {
		name:    measure.MetricGoalItemAge,
		help:    "Time since an issue entered progress, over the issues in progress; percentile of them are at most that old.",
		labels:  []string{"goal", "percentile"},
		samples: perGoal(quantiles(func(g *measure.GoalStatus) *measure.Percentiles { return g.Age })),
	}, {
		name:    measure.MetricGoalReopened,
		help:    "Chance that a delivered issue is re-opened within 30 days (Kaplan-Meier).",
		labels:  []string{"goal"},
		samples: perGoal(number(func(g *measure.GoalStatus) *float64 { return g.Reopened })),
	}, {
		name:    measure.MetricGoalBlocked,
		help:    "Open issues that are blocked: by their status or flag, or by an open issue that a link names.",
		labels:  []string{"goal"},
		samples: perGoal(count(func(g *measure.GoalStatus) *int { return g.Blocked })),
	}, {
		name:    measure.MetricGoalUnowned,
		help:    "Share of the issues in progress that are assigned to nobody.",
		labels:  []string{"goal"},
		samples: perGoal(number(func(g *measure.GoalStatus) *float64 { return g.Unowned })),
	}}
}

func traps() []family {
	return []family{{
		name:   measure.MetricGoalTrap,
		help:   "1 if the structural trap shows on the goal, 0 if it was looked for and does not; absent where it can't be judged or is switched off.",
		labels: []string{"goal", "trap"},
		samples: perGoal(func(g *measure.GoalStatus, emit emit) {
			for _, t := range g.Traps {
				if t.Unknown == "" {
					emit(truth(t.On), g.ID, t.Trap)
				}
			}
		}),
	}}
}

func quantiles(figure func(*measure.GoalStatus) *measure.Percentiles) func(*measure.GoalStatus, emit) {
	return func(g *measure.GoalStatus, emit emit) {
		if p := figure(g); p != nil {
			emit(p.P50, g.ID, "50")
			emit(p.P85, g.ID, "85")
			emit(p.P95, g.ID, "95")
		}
	}
}
