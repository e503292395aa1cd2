package export

import "plumbline/internal/measure"

// evidence says how far the figures of a goal can be trusted, and which of
// them are withheld.
func evidence() []family {
	return []family{{
		name:   measure.MetricGoalEvidence,
		help:   "How far the goal's figures can be trusted: the weakest of the components of its evidence.",
		labels: []string{"goal"},
		samples: perGoal(func(g *measure.GoalStatus, emit emit) {
			if g.Evidence != nil {
				emit(g.Evidence.Ratio, g.ID)
			}
		}),
	}, {
		name:   measure.MetricGoalComponent,
		help:   "What the goal's figures lean on, each from 1 where it bears to 0 where it does not.",
		labels: []string{"goal", "component"},
		samples: perGoal(func(g *measure.GoalStatus, emit emit) {
			if g.Evidence == nil {
				return
			}
			for _, c := range g.Evidence.Components {
				emit(c.Ratio, g.ID, c.Name)
			}
		}),
	}, {
		name:   measure.MetricGoalSuppressed,
		help:   "1 where a figure of the goal is withheld, by the measure and the reason; absent where none is.",
		labels: []string{"goal", "measure", "reason"},
		samples: perGoal(func(g *measure.GoalStatus, emit emit) {
			for _, s := range g.Suppressed {
				emit(1, g.ID, s.Measure, s.Reason)
			}
		}),
	}}
}
