package measure

import (
	"time"

	"plumbline/internal/flow"
)

// setIdle finds when nothing is expected of the goal: in the calendar's
// freezes, and while it is closed. Clocks that wait for progress stand still.
func (l *ledger) setIdle(s *Settings) {
	l.shut = l.shutDuring(s)
	l.idle = freezes(&s.Calendar).Union(l.shut)
}

// shutDuring returns when all the containers that the goal maps were closed. A
// goal that maps none is taken to be over while it has no open issue: it may
// be done, and waits out QuietAfter to be called so. A version that is out
// without a date is none that closed at a known time, and is taken to be open.
func (l *ledger) shutDuring(s *Settings) flow.Spans {
	if len(l.epics) == 0 && len(l.versions) == 0 {
		return l.emptyDuring()
	}
	shut := flow.Always()
	for k := range l.epics {
		shut = shut.Intersect(l.epics[k].closed)
	}
	for k := range l.versions {
		v := &l.versions[k]
		if !v.Released || v.Release.IsZero() {
			return nil
		}
		shut = shut.Intersect(flow.Spans{{From: v.Release.End(s.Calendar.Location())}})
	}
	return shut
}

// emptyDuring returns when leaves were in scope and none of them was open.
func (l *ledger) emptyDuring() flow.Spans {
	var out flow.Spans
	var p Parts
	var since time.Time
	for k := range l.entries {
		e := &l.entries[k]
		p.add(e.before(), -1)
		p.add(e.after(), 1)
		empty := p.Total() > 0 && p.Open() == 0
		if !empty && !since.IsZero() {
			if e.at().After(since) {
				out = out.Append(flow.Span{From: since, To: e.at()})
			}
			since = time.Time{}
		}
		if empty && since.IsZero() {
			since = e.at()
		}
	}
	if !since.IsZero() {
		out = out.Append(flow.Span{From: since})
	}
	return out
}

// freezes returns the calendar's freezes as moments.
func freezes(c *flow.Calendar) flow.Spans {
	var out flow.Spans
	for _, f := range c.Freezes {
		if from, to := f.From.Start(c.Location()), f.To.End(c.Location()); to.After(from) {
			out = out.Union(flow.Spans{{From: from, To: to}})
		}
	}
	return out
}

// awake is the time from one moment to a later one in which progress could be
// expected.
func (l *ledger) awake(from, to time.Time) time.Duration {
	d := to.Sub(from)
	if len(l.idle) == 0 || d <= 0 {
		return max(d, 0)
	}
	for _, x := range l.idle.Intersect(flow.Spans{{From: from, To: to}}) {
		d -= x.To.Sub(x.From)
	}
	return d
}

// later returns the moment by which d has passed in which progress could be
// expected; the zero time where it never will.
func (l *ledger) later(from time.Time, d time.Duration) time.Time {
	for _, x := range l.idle {
		if !x.To.IsZero() && !x.To.After(from) {
			continue
		}
		if until := x.From.Sub(from); until >= d {
			break
		} else if until > 0 {
			d -= until
		}
		if x.To.IsZero() {
			return time.Time{}
		}
		from = x.To
	}
	return from.Add(d)
}
