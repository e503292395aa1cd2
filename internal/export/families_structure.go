package export

import (
	"plumbline/internal/measure"
)

// structure are the figures of how a goal's work is arranged, and of the debt
// that it leaves.
func structure() []family {
	return []family{{
		name: measure.MetricGoalFlowEfficiency,
		help: "Share of the time from start to finish that was spent in active statuses and not waiting or flagged, " +
			"over the issues in scope that were delivered in the last 90 days; time in statuses that are neither is left out.",
		labels:  []string{"goal"},
		samples: perGoal(number(func(g *measure.GoalStatus) *float64 { return g.FlowEfficiency })),
	}, {
		name: measure.MetricGoalConcentration,
		help: "Share of the issues in progress, and of those delivered in the last 90 days, that are held by the two people who hold most; " +
			"absent where fewer people than privacy.min_group hold any.",
		labels:  []string{"goal"},
		samples: perGoal(number(func(g *measure.GoalStatus) *float64 { return g.Concentration })),
	}, {
		name:   measure.MetricGoalDebt,
		help:   "Issues in the goal's scope that are technical debt, by what became of them.",
		labels: []string{"goal", "category"},
		samples: perGoal(func(g *measure.GoalStatus, emit emit) {
			if g.Debt != nil {
				eachPart(&g.Debt.Issues, emit, g.ID)
			}
		}),
	}, {
		name:    measure.MetricGoalDebtCreated,
		help:    "Technical debt in the goal's scope that was created within the window.",
		labels:  []string{"goal", "window"},
		samples: perGoal(debtIn(func(d *measure.DebtStatus) *measure.Windows { return &d.Created })),
	}, {
		name:    measure.MetricGoalDebtRetired,
		help:    "Technical debt in the goal's scope that was delivered within the window; what is discarded is not retired.",
		labels:  []string{"goal", "window"},
		samples: perGoal(debtIn(func(d *measure.DebtStatus) *measure.Windows { return &d.Retired })),
	}, {
		name:   measure.MetricDebt,
		help:   "Technical debt of the site, in and outside of goals, by what became of it.",
		labels: []string{"site", "category"},
		samples: func(s *measure.Snapshot, emit emit) {
			for k := range s.Debt {
				eachPart(&s.Debt[k].Issues, emit, s.Debt[k].Site)
			}
		},
	}}
}

// eachPart emits issues by what became of them, behind the label that says
// whose they are.
func eachPart(p *measure.Parts, emit emit, whose string) {
	emit(float64(p.ToDo), whose, "todo")
	emit(float64(p.InProgress), whose, "in_progress")
	emit(float64(p.Delivered), whose, "delivered")
	emit(float64(p.Discarded), whose, "discarded")
}

func eachWindow(w *measure.Windows, emit emit, whose string) {
	emit(float64(w.Days7), whose, "7d")
	emit(float64(w.Days28), whose, "28d")
	emit(float64(w.Days90), whose, "90d")
}

func debtIn(which func(*measure.DebtStatus) *measure.Windows) func(*measure.GoalStatus, emit) {
	return func(g *measure.GoalStatus, emit emit) {
		if g.Debt != nil {
			eachWindow(which(g.Debt), emit, g.ID)
		}
	}
}
