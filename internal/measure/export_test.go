package measure

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
