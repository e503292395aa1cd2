package flow

import "time"

// Calendar is the company's: the zone in which a day is a day, the weekdays on
// which work is done, and the days on which it is not.
type Calendar struct {
	Zone     *time.Location // nil: UTC
	Workdays [7]bool        // by time.Weekday
	Holidays []Date
	// Freezes are spans in which nothing is expected to move: clocks that
	// wait for progress stand still.
	Freezes []DateSpan
}

// DateSpan is a span of days, both ends included.
type DateSpan struct{ From, To Date }

// Location returns the calendar's zone, UTC where none is set.
func (c *Calendar) Location() *time.Location {
	if c == nil || c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}
