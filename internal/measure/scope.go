package measure

import (
	"time"

	"plumbline/internal/flow"
)

// commitment is t0 of MEASURES §2.6: the moment the first leaf entered
// progress, or the goal's declared start, whichever is later. Work that is
// closed without ever being in progress commits nobody, unless no leaf was
// ever in progress: then the first delivery does, until one is. False before
// that moment.
func (l *ledger) commitment(at time.Time, s *Settings) (time.Time, bool) {
	t0, _, ok := l.committedBy(at, s)
	return t0, ok
}

// What commits to a goal, in words.
const (
	sinceProgress = "first issue in progress"
	sinceDelivery = "first delivery, since no issue was ever in progress"
	sinceStart    = "declared start, which is later than the "
)

// committedBy is the commitment with what made it one.
func (l *ledger) committedBy(at time.Time, s *Settings) (t0 time.Time, by string, ok bool) {
	var begun, delivered time.Time
	for k := range l.entries {
		e := &l.entries[k]
		if e.ms > at.UnixMilli() {
			break
		}
		after := e.after()
		if !after.in {
			continue
		}
		if after.cat == flow.InProgress && after.out == flow.Open {
			begun = e.at()
			break
		}
		if delivered.IsZero() && after.out == flow.Delivered {
			delivered = e.at()
		}
	}
	by = sinceProgress
	if begun.IsZero() {
		begun, by = delivered, sinceDelivery
	}
	if begun.IsZero() {
		return time.Time{}, "", false
	}
	if !l.goal.Start.IsZero() {
		if start := l.goal.Start.Start(s.Calendar.Location()); start.After(begun) {
			begun, by = start, sinceStart+by
		}
	}
	return begun, by, !begun.After(at)
}

// scope counts the leaves that entered and left scope in (from, to]. What was
// in scope at from, plus added, less removed, is what is in scope at to.
func (l *ledger) scope(from, to time.Time) (added, removed int) {
	l.eachScopeChange(from, to, func(e *entry) {
		if e.after().in {
			added++
		} else {
			removed++
		}
	})
	return added, removed
}

func (l *ledger) eachScopeChange(from, to time.Time, f func(*entry)) {
	steps := l.until(to)
	for k := l.firstAfter(from); k < len(steps); k++ {
		if e := &steps[k]; e.rescopes() {
			f(e)
		}
	}
}
