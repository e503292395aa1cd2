package measure

import (
	"fmt"
	"strconv"
	"time"

	"plumbline/internal/flow"
)

// scopeTreadmill is T13 of MEASURES §10: work comes in at least as fast as it
// is delivered.
func scopeTreadmill() Trap {
	return Trap{
		Name: "scope_treadmill", Title: "As much comes in as is delivered",
		Thresholds: []TrapThreshold{
			{"weeks", 4, 1, "weeks in which at least as many issues came in as were delivered"},
			{"of_weeks", 6, 1, "the last weeks that are looked at, all after the commitment"},
		},
		detect: func(l *ledger, s *Settings, t trapLimits) (flow.Spans, string) {
			return l.treadmill(s, t).Less(l.shut), ""
		},
		sizeOf: "of the last whole weeks, those in which at least as many issues came in as were delivered",
		size: func(x sight) (float64, bool) {
			zone, losing := x.s.Calendar.Location(), 0
			counted := x.l.weeklyUntil(x.at, zone)
			for k := range x.limits.count("of_weeks") {
				if counted[monday(x.at, zone).AddDays(-7*(k+1))].losing() {
					losing++
				}
			}
			return float64(losing), true
		},
		explain: (*explainer).scopeTreadmill,
	}
}

// weekly is what came into a goal's scope and was delivered in a week.
type weekly struct{ added, delivered int }

// losing tells of a week in which no ground was gained. A week in which
// nothing came in is none, however little was delivered: that is a stall.
func (w weekly) losing() bool { return w.added > 0 && w.added >= w.delivered }

// monday is the first day of the week of a moment where the company is.
func monday(at time.Time, zone *time.Location) flow.Date {
	d := flow.DateOf(at.In(zone))
	return d.AddDays(-(int(d.Start(time.UTC).Weekday()) + 6) % 7)
}

// weeklyUntil counts by week, up to the moment; the zero time stands for all.
func (l *ledger) weeklyUntil(at time.Time, zone *time.Location) map[flow.Date]weekly {
	out := map[flow.Date]weekly{}
	for k := range l.entries {
		e := &l.entries[k]
		if !at.IsZero() && e.at().After(at) {
			break
		}
		if !e.before().in && e.after().in && e.after().out == flow.Open {
			d := monday(e.at(), zone)
			w := out[d]
			w.added++
			out[d] = w
		}
	}
	for leaf := range l.lives {
		ms := l.lives[leaf].delivered
		if ms == 0 || !at.IsZero() && !by(ms, at) {
			continue
		}
		if when := instantOf(ms); l.leaves.contains(leaf, when) {
			d := monday(when, zone)
			w := out[d]
			w.delivered++
			out[d] = w
		}
	}
	return out
}

// treadmill returns the weeks at whose beginning enough of the last ones, all
// after the commitment, gained no ground.
func (l *ledger) treadmill(s *Settings, t trapLimits) flow.Spans {
	if len(l.entries) == 0 {
		return nil
	}
	zone := s.Calendar.Location()
	counted := l.weeklyUntil(time.Time{}, zone)
	of := t.count("of_weeks")
	first, end := monday(l.entries[0].at(), zone), monday(l.entries[len(l.entries)-1].at(), zone).AddDays(7*(of+1))
	var out flow.Spans
	losing := 0
	for d := first; d.Before(end); d = d.AddDays(7) {
		if counted[d.AddDays(-7)].losing() {
			losing++
		}
		if counted[d.AddDays(-7*(of+1))].losing() {
			losing--
		}
		if losing < t.count("weeks") {
			continue
		}
		from := d.Start(zone)
		if t0, ok := l.commitment(from, s); ok && !d.AddDays(-7*of).Start(zone).Before(t0) {
			out = out.Append(flow.Span{From: from, To: d.AddDays(7).Start(zone)})
		}
	}
	return out
}

func (x *explainer) scopeTreadmill(t trapLimits) ExplainedMeasure {
	of := t.count("of_weeks")
	m := ExplainedMeasure{Formula: fmt.Sprintf("in at least %d of the last %d whole weeks, all after the commitment, as many open issues came into scope "+
		"as were delivered for the first time, or more; weeks in which none came in don't count", t.count("weeks"), of)}
	zone := x.s.Calendar.Location()
	counted := x.l.weeklyUntil(x.at, zone)
	this := monday(x.at, zone)
	for k := of; k >= 1; k-- {
		d := this.AddDays(-7 * k)
		w := counted[d]
		m.Inputs = append(m.Inputs, ExplainedInput{"week of " + d.String(), fmt.Sprintf("%d came in, %d delivered", w.added, w.delivered)})
	}
	from := this.AddDays(-7 * of).Start(zone)
	for k := range x.l.entries {
		e := &x.l.entries[k]
		if e.at().Before(from) || !e.at().Before(this.Start(zone)) {
			continue
		}
		if !e.before().in && e.after().in && e.after().out == flow.Open {
			m.Counted = append(m.Counted, x.evidence(int(e.leaf), e.at(), "came into scope"))
		}
	}
	x.l.finishedBy(this.Start(zone).Add(-time.Millisecond), this.Start(zone).Sub(from), func(leaf int, when time.Time) {
		m.LeftOut = append(m.LeftOut, x.evidence(leaf, when, "delivered"))
	})
	return m
}

// silentDescoping is T14 of MEASURES §10: the target was met because work was
// taken out shortly before.
func silentDescoping() Trap {
	return Trap{
		Name: "silent_descoping", Title: "The target was met by taking work out",
		Thresholds: []TrapThreshold{
			{"scope_share", 0.2, 0, "share of the undiscarded scope that was moved out or discarded while open"},
			{"days", 21, 1, "days before the closing in which that is looked at"},
			{"shown_days", 90, 1, "days after the closing for which it is told of"},
		},
		detect: func(l *ledger, s *Settings, t trapLimits) (flow.Spans, string) {
			if len(l.goal.Targets) == 0 {
				return nil, "no target is declared"
			}
			return l.descoped(s, t), ""
		},
		sizeOf: "share of the scope taken out before the last closing",
		size: func(x sight) (share float64, ok bool) {
			for _, c := range x.l.closings(x.s) {
				if !c.known.After(x.at) {
					if out, scope := x.l.takenOut(c, x.s, x.limits, func(*entry, cause) {}); scope > 0 {
						share, ok = float64(out)/float64(scope), true
					}
				}
			}
			return share, ok
		},
		explain: (*explainer).silentDescoping,
	}
}

// closure is a moment at which the goal was closed, and when that was known: a
// goal without containers is closed by its work's being closed for QuietAfter.
// It holds from a moment until another; after a bounce it is the same anew.
type closure struct{ at, known, from, until time.Time }

func (l *ledger) closings(s *Settings) []closure {
	var out []closure
	for k, x := range l.shut {
		at := l.shut[bridgedTo(l.shut, k, s.Thresholds.Bounce)].From
		c := closure{at: at, known: at, from: x.From, until: x.To}
		if len(l.epics) == 0 && len(l.versions) == 0 {
			c.known = at.Add(s.Thresholds.QuietAfter)
		}
		if c.until.IsZero() || c.known.Before(c.until) {
			out = append(out, c)
		}
	}
	return out
}

// takenOut counts the open leaves that were moved out or discarded in the days
// before a closing, and the scope that there was at their beginning.
func (l *ledger) takenOut(c closure, s *Settings, t trapLimits, f func(*entry, cause)) (out, scope int) {
	from := c.at.Add(-t.days("days"))
	l.eachDrift(from, c.at, s, func(e *entry, why cause) {
		if e.before().out == flow.Open && (why == isMovedOut || why == isDropped) {
			out++
			f(e, why)
		}
	})
	return out, l.sizeAt(from)
}

// met reports whether the target that held at a closing was met by it.
func (l *ledger) met(c closure, s *Settings) bool {
	target, ok := l.targetAt(c.at)
	return ok && c.at.Before(target.End(s.Calendar.Location()))
}

func (l *ledger) descoped(s *Settings, t trapLimits) flow.Spans {
	var raw flow.Spans
	for _, c := range l.closings(s) {
		out, scope := l.takenOut(c, s, t, func(*entry, cause) {})
		if scope == 0 || float64(out) < t["scope_share"]*float64(scope) || !l.met(c, s) {
			continue
		}
		told := flow.Span{From: latest(c.known, c.from), To: c.known.Add(t.days("shown_days"))}
		if !c.until.IsZero() {
			told.To = earlier(told.To, c.until)
		}
		if told.To.After(told.From) {
			raw = raw.Append(told)
		}
	}
	return raw
}

func (x *explainer) silentDescoping(t trapLimits) ExplainedMeasure {
	m := ExplainedMeasure{Formula: fmt.Sprintf("the goal was closed by its target, and in the %g days before, at least %s of the undiscarded scope was "+
		"moved out or discarded while open; told of for %g days", t["days"], share100(t["scope_share"]), t["shown_days"])}
	for _, c := range x.l.closings(x.s) {
		if c.known.After(x.at) {
			continue
		}
		m.Counted = nil
		out, scope := x.l.takenOut(c, x.s, t, func(e *entry, why cause) {
			m.Counted = append(m.Counted, x.evidence(int(e.leaf), e.at(), why.String()))
		})
		m.Inputs = []ExplainedInput{
			{"closed", moment(c.at)}, {"target met", yesNo(x.l.met(c, x.s))},
			{"moved out or discarded", strconv.Itoa(out)}, {"scope before", strconv.Itoa(scope)},
		}
	}
	return m
}
