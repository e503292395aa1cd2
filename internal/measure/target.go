package measure

import (
	"time"

	"plumbline/internal/flow"
)

// promised folds the history of the goal's target up to the moment (MEASURES
// §2.16); false where nothing had been promised.
func (l *ledger) promised(at time.Time) (slipFold, bool) {
	p := l.targetHistory()
	if p == nil {
		return slipFold{}, false
	}
	f := p.by(at)
	return f, f.now != nil
}

// targetAt is the target in force at the moment, which is all that health asks
// for on every day; false where nothing had been promised.
func (l *ledger) targetAt(at time.Time) (flow.Date, bool) {
	p := l.targetHistory()
	if p == nil {
		return flow.Date{}, false
	}
	for k := len(p.dates) - 1; k >= 0; k-- {
		if d := &p.dates[k]; !d.said.After(at) && !d.date.IsZero() {
			return d.date, true
		}
	}
	return flow.Date{}, false
}
