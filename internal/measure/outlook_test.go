package measure

// Within is the probability that the last leaf will have been delivered within
// so many days, by the finisher in force. What is delivered already counts.
func (m *Model) Within(s *Situation, days float64) float64 {
	var room endingsRoom
	o := m.outlook(s, &room)
	return o.within(days)[finishInForce]
}

// Quantile is Within solved for the days.
func (m *Model) Quantile(s *Situation, p float64) float64 {
	var room endingsRoom
	o := m.outlook(s, &room)
	return o.quantile(p)
}
