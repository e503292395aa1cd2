package flow

import "time"

// Measured is what an outcome's query gave at a moment.
type Measured struct {
	At    time.Time
	Value float64
}
