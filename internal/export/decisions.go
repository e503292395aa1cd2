package export

import "plumbline/internal/measure"

// decisions are the families about decisions.
func decisions() []family {
	return []family{{
		name:    measure.MetricGoalDecisionsOpen,
		help:    "Decisions that were asked for and are not made, by class.",
		labels:  []string{"goal", "class"},
		samples: perDecisionClass(func(c *measure.DecisionClassStatus) float64 { return float64(c.Open) }),
	}, {
		name:    measure.MetricGoalDecisionsOverdue,
		help:    "Open decisions that are later than their day, or than the time that is allowed for their class.",
		labels:  []string{"goal", "class"},
		samples: perDecisionClass(func(c *measure.DecisionClassStatus) float64 { return float64(c.Overdue) }),
	}, {
		name:   measure.MetricGoalDecisionOldest,
		help:   "When the oldest open decision was asked for, as Unix time; absent while none is open.",
		labels: []string{"goal"},
		samples: perDecisions(func(d *measure.DecisionStatus, goal string, emit emit) {
			if d.OldestOpen != nil {
				emit(unix(*d.OldestOpen), goal)
			}
		}),
	}, {
		name:    measure.MetricGoalDecisionDebt,
		help:    "Sum of the ages of the open decisions.",
		labels:  []string{"goal"},
		samples: perDecisions(func(d *measure.DecisionStatus, goal string, emit emit) { emit(d.DebtSeconds, goal) }),
	}, {
		name:   measure.MetricGoalDecisionBlocked,
		help:   "Share of the open work that waits for a decision: its own, or one that it is blocked by.",
		labels: []string{"goal"},
		samples: perDecisions(func(d *measure.DecisionStatus, goal string, emit emit) {
			if d.BlockedRatio != nil {
				emit(*d.BlockedRatio, goal)
			}
		}),
	}, {
		name: measure.MetricGoalDecisionLatency,
		help: "From asked to made, over 90 days, open ones counted as lasting longer: percentile 50 and 85 where so many are made, " +
			"and rmst_30d, the mean of the first 30 days.",
		labels:  []string{"goal", "class", "percentile"},
		samples: perDecisions(latencies),
	}, {
		name:    measure.MetricGoalDecisionsReversed,
		help:    "Decisions that were made and taken back: asked again after more than a week, or said to be reversed.",
		labels:  []string{"goal"},
		samples: perDecisions(func(d *measure.DecisionStatus, goal string, emit emit) { emit(float64(d.Reversed), goal) }),
	}, {
		name:    measure.MetricDecisionsOpen,
		help:    "Decisions that were asked for and are not made, those of no goal among them; site is empty for those declared without an issue.",
		labels:  []string{"site", "class"},
		samples: perSiteDecisions(func(d *measure.SiteDecisions) float64 { return float64(d.Open) }),
	}, {
		name:    measure.MetricDecisionsOverdue,
		help:    "Open decisions that are later than their day, or than the time that is allowed for their class, those of no goal among them.",
		labels:  []string{"site", "class"},
		samples: perSiteDecisions(func(d *measure.SiteDecisions) float64 { return float64(d.Overdue) }),
	}}
}

// latencies emits how long the decisions of each class take.
func latencies(d *measure.DecisionStatus, goal string, emit emit) {
	for k := range d.Classes {
		c := &d.Classes[k]
		for _, v := range []struct {
			percentile string
			seconds    *float64
		}{{"50", c.Latency.P50Seconds}, {"85", c.Latency.P85Seconds}, {"rmst_30d", c.Latency.MeanSeconds}} {
			if v.seconds != nil {
				emit(*v.seconds, goal, c.Class, v.percentile)
			}
		}
	}
}

// perDecisions makes samples of a whole snapshot from those of one goal's
// decisions.
func perDecisions(samples func(*measure.DecisionStatus, string, emit)) func(*measure.Snapshot, emit) {
	return perGoal(func(g *measure.GoalStatus, emit emit) {
		if g.Decisions != nil {
			samples(g.Decisions, g.ID, emit)
		}
	})
}

func perDecisionClass(figure func(*measure.DecisionClassStatus) float64) func(*measure.Snapshot, emit) {
	return perDecisions(func(d *measure.DecisionStatus, goal string, emit emit) {
		for k := range d.Classes {
			emit(figure(&d.Classes[k]), goal, d.Classes[k].Class)
		}
	})
}

func perSiteDecisions(figure func(*measure.SiteDecisions) float64) func(*measure.Snapshot, emit) {
	return func(s *measure.Snapshot, emit emit) {
		for k := range s.Decisions {
			emit(figure(&s.Decisions[k]), s.Decisions[k].Site, s.Decisions[k].Class)
		}
	}
}
