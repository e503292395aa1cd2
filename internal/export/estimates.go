package export

import (
	"strconv"
	"time"

	"plumbline/internal/measure"
)

// estimates are what is really so of a goal, as far as it can be known.
func estimates() []family {
	share := func(name, help string, figure func(*measure.GoalStatus) *float64) family {
		return family{name: name, help: help, labels: []string{"goal"}, samples: perGoal(number(figure))}
	}
	return []family{
		share(measure.MetricGoalReal,
			"Share of what will finally be delivered that is firmly done: the median estimate, in issues.",
			func(g *measure.GoalStatus) *float64 { return g.Real }),
		share(measure.MetricGoalRealLower, "Lower end of the real completion's 80 % interval.",
			func(g *measure.GoalStatus) *float64 { return g.RealLower }),
		share(measure.MetricGoalRealUpper, "Upper end of the real completion's 80 % interval.",
			func(g *measure.GoalStatus) *float64 { return g.RealUpper }),
		share(measure.MetricGoalOverstated,
			"Probability that the real completion lies more than 15 points below what is reported.",
			func(g *measure.GoalStatus) *float64 { return g.Overstated }),
		{
			name:   measure.MetricGoalForecast,
			help:   "When the goal's last issue will have been delivered with a probability of so many per cent, as Unix time.",
			labels: []string{"goal", "percentile"},
			samples: perGoal(func(g *measure.GoalStatus, emit emit) {
				for percentile, at := range map[string]*time.Time{"50": g.Forecast50, "85": g.Forecast85} {
					if at != nil {
						emit(unix(*at), g.ID, percentile)
					}
				}
			}),
		},
		share(measure.MetricGoalOnTime, "Probability that the goal is finished by the target in force.",
			func(g *measure.GoalStatus) *float64 { return g.OnTime }),
		share(measure.MetricGoalFirstOnTime, "Probability that the goal is finished by its first target.",
			func(g *measure.GoalStatus) *float64 { return g.FirstOnTime }),
	}
}

// estimator is how well the estimator has done on the company's own history.
func estimator() []family {
	known := func(samples func(*measure.EstimatorStatus, emit)) func(*measure.Snapshot, emit) {
		return func(s *measure.Snapshot, emit emit) {
			if s.Estimator != nil {
				samples(s.Estimator, emit)
			}
		}
	}
	return []family{{
		name: measure.MetricEstimatorError,
		help: "Mean absolute error of each way to tell the completion over that of what Jira shows, on the containers of work that have closed; " +
			"absent while fewer than 8 have.",
		labels: []string{"estimator"},
		samples: known(func(e *measure.EstimatorStatus, emit emit) {
			for name, v := range e.Errors {
				emit(v, name)
			}
		}),
	}, {
		name: measure.MetricEstimatorCoverage,
		help: "Share of the true completions that the 80 % interval held, on the containers of work that have closed.",
		samples: known(func(e *measure.EstimatorStatus, emit emit) {
			if e.Coverage != nil {
				emit(*e.Coverage)
			}
		}),
	}, {
		name: measure.MetricGoalCoverage,
		help: "Share of the true completions that the 80 % interval held, on the goals that have closed; absent while fewer than 8 have.",
		samples: known(func(e *measure.EstimatorStatus, emit emit) {
			if e.GoalCoverage != nil {
				emit(*e.GoalCoverage)
			}
		}),
	}, {
		name: measure.MetricForecastSkill,
		help: "Brier skill of the probability to finish within the horizon, against the base rate, on the containers of work that have closed: " +
			"1 is perfect, 0 no better than the base rate.",
		labels: []string{"horizon"},
		samples: known(func(e *measure.EstimatorStatus, emit emit) {
			for days, v := range e.Skills {
				emit(v, strconv.Itoa(days)+"d")
			}
		}),
	}}
}
