package measure

import (
	"slices"
	"time"
)

// Literal lets tests compare expressions.
type Literal = literal

// Signals lets tests judge a goal by what this version does not measure yet.
type Signals struct {
	Finished, Started, Defect, Stalled, TargetOver, Overdue bool
	OnTime, Overstated                                      *float64
}

// Health is the state that the signals hold for.
func (s Signals) Health(t Thresholds) Health {
	g := signals{s.Finished, s.Started, s.Defect, s.Stalled, s.TargetOver, s.OnTime, s.Overstated, s.Overdue}
	return g.health(&t)
}

// RowByRow returns the history with the figures of every moment told from the
// rows, also of those after the last one, and nothing remembered.
func (h *History) RowByRow() *History {
	known := *h
	known.ledgers, known.watch = slices.Clone(h.ledgers), newWatch()
	for k := range known.ledgers {
		l := &known.ledgers[k]
		if l.present, l.days = nil, (&daily{}); l.odds != nil {
			l.odds = newOdds(l.experience)
		}
	}
	link(known.ledgers, known.above)
	return &known
}

// Ended tells how the goals had ended by the moment, and what was true of each
// on some days before.
func (h *History) Ended(at time.Time) map[string][]float64 {
	out := map[string][]float64{}
	all := h.Containers(at)
	for k := range all {
		end, ok := all[k].closing(at, &h.settings)
		if !ok {
			continue
		}
		told := []float64{float64(end.At.UnixMilli()), float64(end.Finished.UnixMilli()), float64(len(end.Final))}
		for days := range 30 {
			told = append(told, all[k].truth(&end, end.At.Add(-time.Duration(days)*day)))
		}
		out[all[k].Name] = told
	}
	return out
}

// RememberedOf asks a detector of so many goals, and of so many weeks what goals
// are compared by, and returns how many answers, and how many weeks, are known
// afterwards.
func (h *History) RememberedOf(goals, weeks int) (answers, classes int) {
	known := *h
	known.watch = newWatch()
	for k := range goals {
		known.watch.ask(question{ledger: k}, func() seen { return seen{} })
	}
	for k := range weeks {
		known.classAt(instantOf(int64(k) * 7 * millisADay))
	}
	return len(known.watch.answers), len(known.watch.classes)
}
