package measure

import "slices"

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
