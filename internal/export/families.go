package export

import (
	"math"
	"slices"
	"time"

	"plumbline/internal/measure"
)

// family is one metric that is made from the snapshot. All of them are gauges:
// a snapshot says how things are, and any of it may fall.
type family struct {
	name, help string
	labels     []string
	// self tells that the metric is of Plumbline itself, and has no past.
	self bool
	// samples emits the metric's series. What it doesn't emit is not known.
	samples func(s *measure.Snapshot, emit emit)
}

// emit takes one value and the values of the family's labels, in their order.
type emit func(value float64, labels ...string)

// families lists the metrics of a snapshot. A target is a day, and a day
// begins when it does in the zone.
func families(zone *time.Location) []family {
	all := identity()
	all = append(all, completion()...)
	all = append(all, estimates()...)
	all = append(all, promises(zone)...)
	all = append(all, movement()...)
	all = append(all, work()...)
	all = append(all, structure()...)
	all = append(all, traps()...)
	all = append(all, criteria()...)
	all = append(all, evidence()...)
	all = append(all, decisions()...)
	all = append(all, organisation()...)
	return append(all, estimator()...)
}

func identity() []family {
	return []family{{
		name:   measure.MetricGoalInfo,
		help:   "Always 1. The goal's name, the team that owns it and the goal above it, empty where it has none.",
		labels: []string{"goal", "name", "owner", "parent"},
		samples: perGoal(func(g *measure.GoalStatus, emit emit) {
			emit(1, g.ID, g.Name, g.Owner, g.Parent)
		}),
	}, {
		name:   measure.MetricGoalHealth,
		help:   "1 for the state that the goal is in, 0 for every other.",
		labels: []string{"goal", "state"},
		samples: perGoal(func(g *measure.GoalStatus, emit emit) {
			now := healthOf(g)
			for _, state := range measure.HealthStates() {
				emit(truth(state == now), g.ID, string(state))
			}
		}),
	}, {
		name:    measure.MetricGoalHealthSince,
		help:    "The start of the day on which the goal came into its state of health, as Unix time.",
		labels:  []string{"goal"},
		samples: perGoal(instant(func(g *measure.GoalStatus) *time.Time { return g.HealthSince })),
	}, {
		name:   measure.MetricGoalReportedHealth,
		help:   "1 for the state that the goal is reported to be in, by its last check-in or by the reported completion against the time that is over, 0 for every other.",
		labels: []string{"goal", "state"},
		samples: perGoal(func(g *measure.GoalStatus, emit emit) {
			if !slices.Contains(measure.HealthStates(), g.ReportedHealth) {
				return
			}
			for _, state := range measure.HealthStates() {
				emit(truth(state == g.ReportedHealth), g.ID, string(state))
			}
		}),
	}, {
		name:    measure.MetricGoalCheckIn,
		help:    "The first instant of the day of the goal's last check-in, as Unix time.",
		labels:  []string{"goal"},
		samples: perGoal(instant(func(g *measure.GoalStatus) *time.Time { return g.LastCheckIn })),
	}}
}

func completion() []family {
	return []family{{
		name:   measure.MetricGoalIssues,
		help:   "Issues in the goal's scope by what became of them. Every issue is in exactly one category.",
		labels: []string{"goal", "category"},
		samples: perGoal(func(g *measure.GoalStatus, emit emit) {
			eachPart(&g.Issues, emit, g.ID)
		}),
	}, {
		name:   measure.MetricGoalPoints,
		help:   "Points of the issues in the goal's scope by what became of them, where the goal counts points and enough issues are estimated.",
		labels: []string{"goal", "category"},
		samples: perGoal(func(g *measure.GoalStatus, emit emit) {
			if p := g.Points; p != nil {
				emit(p.ToDo, g.ID, "todo")
				emit(p.InProgress, g.ID, "in_progress")
				emit(p.Delivered, g.ID, "delivered")
				emit(p.Discarded, g.ID, "discarded")
			}
		}),
	}, {
		name: measure.MetricGoalReported,
		help: "Completion as it is reported: by Jira's own epic progress, what is in a status of category Done over all in scope, " +
			"in issues or points; or as the last check-in says.",
		labels:  []string{"goal"},
		samples: perGoal(number(func(g *measure.GoalStatus) *float64 { return g.Reported })),
	}, {
		name:    measure.MetricGoalDelivered,
		help:    "What was delivered over what is in scope and was not discarded, in issues or points.",
		labels:  []string{"goal"},
		samples: perGoal(number(func(g *measure.GoalStatus) *float64 { return g.Delivered })),
	}, {
		name:    measure.MetricGoalScopeAdded,
		help:    "Issues that entered the goal's scope since work on it began.",
		labels:  []string{"goal"},
		samples: perGoal(count(func(g *measure.GoalStatus) *int { return g.ScopeAdded })),
	}, {
		name:    measure.MetricGoalScopeRemoved,
		help:    "Issues that left the goal's scope since work on it began.",
		labels:  []string{"goal"},
		samples: perGoal(count(func(g *measure.GoalStatus) *int { return g.ScopeRemoved })),
	}}
}

func promises(zone *time.Location) []family {
	startOf := func(d *measure.Date, emit emit, goal string) {
		if d != nil && !d.IsZero() {
			emit(unix(d.Start(zone)), goal)
		}
	}
	return []family{{
		name:   measure.MetricGoalTarget,
		help:   "The first instant of the day by which the goal is promised now, as Unix time.",
		labels: []string{"goal"},
		samples: perGoal(func(g *measure.GoalStatus, emit emit) {
			startOf(g.Target, emit, g.ID)
		}),
	}, {
		name:   measure.MetricGoalFirstTarget,
		help:   "The first instant of the day by which the goal was promised at first, as Unix time.",
		labels: []string{"goal"},
		samples: perGoal(func(g *measure.GoalStatus, emit emit) {
			startOf(g.FirstTarget, emit, g.ID)
		}),
	}, {
		name:   measure.MetricGoalTargetMoves,
		help:   "How often the goal's target was moved later by a day or more, within the window.",
		labels: []string{"goal", "window"},
		samples: perGoal(func(g *measure.GoalStatus, emit emit) {
			if g.Target != nil {
				emit(float64(g.TargetMoves90d), g.ID, "90d")
				emit(float64(g.TargetMoves), g.ID, "all")
			}
		}),
	}, {
		name:   measure.MetricGoalTargetSlip,
		help:   "How far the present target lies behind the first, in seconds of whole days; below 0 where it was moved earlier.",
		labels: []string{"goal"},
		samples: perGoal(func(g *measure.GoalStatus, emit emit) {
			if g.TargetSlipDays != nil {
				emit(float64(*g.TargetSlipDays)*(24*time.Hour).Seconds(), g.ID)
			}
		}),
	}}
}

func movement() []family {
	return []family{{
		name:    measure.MetricGoalLastProgress,
		help:    "When an issue of the goal last moved forward, as Unix time. Bulk edits and bots don't count.",
		labels:  []string{"goal"},
		samples: perGoal(instant(func(g *measure.GoalStatus) *time.Time { return g.LastProgress })),
	}, {
		name:    measure.MetricGoalStallAfter,
		help:    "How long the goal may go without progress before it is stalled: its own rhythm.",
		labels:  []string{"goal"},
		samples: perGoal(number(func(g *measure.GoalStatus) *float64 { return g.StallAfterSeconds })),
	}, {
		name:   measure.MetricGoalStalled,
		help:   "1 if the goal has gone without progress for longer than its own rhythm allows, else 0.",
		labels: []string{"goal"},
		samples: perGoal(func(g *measure.GoalStatus, emit emit) {
			if g.Stalled != nil {
				emit(truth(*g.Stalled), g.ID)
			}
		}),
	}}
}

func criteria() []family {
	return []family{{
		name:   measure.MetricGoalStopCriterion,
		help:   "1 if the goal's declared stop criterion is met, 0 if not; absent where that is not known.",
		labels: []string{"goal", "criterion"},
		samples: perGoal(func(g *measure.GoalStatus, emit emit) {
			for _, c := range g.StopCriteria {
				if c.Met != nil {
					emit(truth(*c.Met), g.ID, c.ID)
				}
			}
		}),
	}, {
		name:   measure.MetricGoalOutcome,
		help:   "The share of the way from the outcome's value at the start to the one to be reached; of a goal without outcomes of its own, as below, the mean of those of the goals below it by weight.",
		labels: []string{"goal", "outcome"},
		samples: perGoal(func(g *measure.GoalStatus, emit emit) {
			for _, o := range g.Outcomes {
				if o.Ratio != nil {
					emit(*o.Ratio, g.ID, o.ID)
				}
			}
		}),
	}}
}

func organisation() []family {
	return []family{{
		name:   measure.MetricGoals,
		help:   "Goals in each state of health.",
		labels: []string{"state"},
		samples: func(s *measure.Snapshot, emit emit) {
			goals := map[measure.Health]int{}
			for k := range s.Goals {
				goals[healthOf(&s.Goals[k])]++
			}
			for _, state := range measure.HealthStates() {
				emit(float64(goals[state]), string(state))
			}
		},
	}, {
		name:    measure.MetricUnlinkedIssues,
		help:    "Issues delivered, or in progress and changed, in the last 28 days that no goal claims.",
		labels:  []string{"site", "project"},
		samples: perProject(func(p *measure.ProjectShare) float64 { return float64(p.Unlinked) }),
	}, {
		name:    measure.MetricUnlinkedRatio,
		help:    "Share of the issues delivered, or in progress and changed, in the last 28 days that no goal claims.",
		labels:  []string{"site", "project"},
		samples: perProject(func(p *measure.ProjectShare) float64 { return p.Ratio }),
	}, {
		name: measure.MetricSnapshot,
		help: "The moment that the figures are as of, as Unix time.",
		self: true,
		samples: func(s *measure.Snapshot, emit emit) {
			emit(unix(s.At))
		},
	}}
}

// perGoal makes samples of a whole snapshot from samples of one goal.
func perGoal(samples func(*measure.GoalStatus, emit)) func(*measure.Snapshot, emit) {
	return func(s *measure.Snapshot, emit emit) {
		for k := range s.Goals {
			samples(&s.Goals[k], emit)
		}
	}
}

// perProject makes samples of a whole snapshot from a figure of each project.
func perProject(figure func(*measure.ProjectShare) float64) func(*measure.Snapshot, emit) {
	return func(s *measure.Snapshot, emit emit) {
		for k := range s.Work {
			emit(figure(&s.Work[k]), s.Work[k].Site, s.Work[k].Project)
		}
	}
}

// number, count and instant emit one figure of a goal, if it is known.
func number(figure func(*measure.GoalStatus) *float64) func(*measure.GoalStatus, emit) {
	return func(g *measure.GoalStatus, emit emit) {
		if v := figure(g); v != nil {
			emit(*v, g.ID)
		}
	}
}

func count(figure func(*measure.GoalStatus) *int) func(*measure.GoalStatus, emit) {
	return func(g *measure.GoalStatus, emit emit) {
		if v := figure(g); v != nil {
			emit(float64(*v), g.ID)
		}
	}
}

func instant(figure func(*measure.GoalStatus) *time.Time) func(*measure.GoalStatus, emit) {
	return func(g *measure.GoalStatus, emit emit) {
		if v := figure(g); v != nil {
			emit(unix(*v), g.ID)
		}
	}
}

// healthOf is the goal's health; a state that no one has documented is none
// that a dashboard could show, and so is unknown.
func healthOf(g *measure.GoalStatus) measure.Health {
	for _, state := range measure.HealthStates() {
		if state == g.Health {
			return state
		}
	}
	return measure.HealthUnknown
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// unix is Unix time in seconds with its fraction. The zero time is no moment:
// it is NaN here, and so is never emitted.
func unix(t time.Time) float64 {
	if t.IsZero() {
		return math.NaN()
	}
	return float64(t.Unix()) + float64(t.Nanosecond())/1e9
}
