package measure

import (
	"slices"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// promise is what was promised by a moment (MEASURES §2.16).
type promise struct {
	first, now flow.Date
	moves      int // times the target moved later by a day or more
	moves90d   int // those said within the last 90 days
	history    []goal.Target
}

// slipDays is how many days the present target lies behind the first.
func (p *promise) slipDays() int { return p.now.Sub(p.first) }

// promised folds the history of the goal's target up to the moment; false
// where nothing had been promised.
func promised(targets []goal.Target, at time.Time, zone *time.Location) (promise, bool) {
	var p promise
	for _, t := range targets {
		if t.Said.IsZero() || !t.Said.Start(zone).After(at) {
			p.history = append(p.history, t)
		}
	}
	if len(p.history) == 0 {
		return promise{}, false
	}
	slices.SortStableFunc(p.history, func(a, b goal.Target) int { return a.Said.Sub(b.Said) })
	p.first, p.now = p.history[0].Date, p.history[0].Date
	for _, t := range p.history[1:] {
		if t.Date.Sub(p.now) >= 1 {
			p.moves++
			if at.Sub(t.Said.Start(zone)) < 90*day {
				p.moves90d++
			}
		}
		p.now = t.Date
	}
	return p, true
}
