package measure

import (
	"slices"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// Push is one time that a promised date was moved later (MEASURES §2.16).
type Push struct {
	Said time.Time `json:"said"`
	From Date      `json:"from"`
	To   Date      `json:"to"`
	// Late tells that it was said within two weeks of the old date, or after it.
	Late bool `json:"late"`
	// Response is by how many undiscarded leaves the scope changed in the two
	// weeks around it, as far as they are over; Scope is how many there were.
	Response int `json:"scope_response"`
	Scope    int `json:"scope"`
}

// Slip is how the goal's target, or a date in Jira, moved.
type Slip struct {
	Pushes     []Push   `json:"pushes"`
	LatePushes int      `json:"late_pushes"`
	Days       int      `json:"days"` // the present date less the first
	Rate       *float64 `json:"slip_rate,omitempty"`
}

// dated is a date that was promised, from a moment on.
type dated struct {
	said time.Time // zero: from the beginning
	date flow.Date
	why  string // as the goals file says
}

// promises are one history of a date: the goal's target, the due date of an
// epic that it maps, or the release date of a version.
type promises struct {
	of    string // "target", "due date of PAY-12", "release date of PAY 3.2"
	key   string // the epic's; empty for the target
	site  string
	dates []dated // by said
}

// ofTarget names the history of the goal's own target.
const ofTarget = "target"

// setPromises gathers every date that the goal is promised by: its declared
// targets, the due dates of its epics, which stand in their changelogs, and the
// release dates of its versions, as far as they were seen.
func (l *ledger) setPromises(s *Settings, releases map[ReleaseOf][]goal.Target) {
	zone := s.Calendar.Location()
	if p := targetPromises(l.goal.Targets, zone); len(p.dates) > 0 {
		l.promises = append(l.promises, p)
	}
	for k := range l.epics {
		if e := &l.epics[k]; len(e.due) > 0 {
			l.promises = append(l.promises, promises{of: "due date of " + e.Key, key: e.Key, site: e.Site, dates: e.due})
		}
	}
	for k := range l.versions {
		v := &l.versions[k]
		if p := targetPromises(releases[ReleaseOf{v.Site, v.ID}], zone); len(p.dates) > 0 {
			p.of, p.site = "release date of "+v.Project+" "+v.Name, v.Site
			l.promises = append(l.promises, p)
		}
	}
}

func targetPromises(targets []goal.Target, zone *time.Location) promises {
	p := promises{of: ofTarget}
	for _, t := range targets {
		d := dated{date: t.Date, why: t.Why}
		if !t.Said.IsZero() {
			d.said = t.Said.Start(zone)
		}
		p.dates = append(p.dates, d)
	}
	slices.SortStableFunc(p.dates, func(a, b dated) int { return a.said.Compare(b.said) })
	return p
}

// targetHistory is that of the goal's own target; nil where none is declared.
func (l *ledger) targetHistory() *promises {
	for k := range l.promises {
		if p := &l.promises[k]; p.of == ofTarget {
			return p
		}
	}
	return nil
}

// slipFold walks along a history of dates.
type slipFold struct {
	first, now *dated
	pushes     []push
}

// push is a move of a date later by a day or more.
type push struct {
	said     time.Time
	from, to flow.Date
}

// take takes the next date. One that is taken away is none, and resets nothing.
func (f *slipFold) take(d *dated) {
	switch {
	case d.date.IsZero():
		return
	case f.first == nil:
		f.first = d
	case d.date.Sub(f.now.date) >= 1:
		f.pushes = append(f.pushes, push{d.said, f.now.date, d.date})
	}
	f.now = d
}

// by folds the dates that had been promised by the moment.
func (p *promises) by(at time.Time) slipFold {
	var f slipFold
	for k := range p.dates {
		if p.dates[k].said.After(at) {
			break
		}
		f.take(&p.dates[k])
	}
	return f
}

// movesWindow is over which time the latest moves of the target are counted.
const movesWindow = 90 * day

// pushedSince counts the pushes that were said after the moment.
func (f *slipFold) pushedSince(since time.Time) int {
	n := 0
	for k := range f.pushes {
		if f.pushes[k].said.After(since) {
			n++
		}
	}
	return n
}

// days is how far the present date lies behind the first.
func (f *slipFold) days() int { return f.now.date.Sub(f.first.date) }

// response is by how many undiscarded leaves the scope changed in the time
// around the push, as far as it is over, and how many there were at the push.
func (l *ledger) response(p *push, at time.Time, within time.Duration) (change, scope int) {
	return l.sizeAt(earlier(at, p.said.Add(within))) - l.sizeAt(p.said.Add(-within)), l.sizeAt(p.said)
}

// slip folds a history of dates up to the moment; false where none was
// promised by then (MEASURES §2.16).
func (l *ledger) slip(p *promises, at time.Time, s *Settings) (Slip, bool) {
	t := &s.Thresholds
	f := p.by(at)
	if f.first == nil {
		return Slip{}, false
	}
	out := Slip{Pushes: []Push{}, Days: f.days()}
	for k := range f.pushes {
		x := &f.pushes[k]
		one := Push{Said: x.said, From: x.from, To: x.to, Late: !x.said.Before(x.from.End(s.Calendar.Location()).Add(-t.LatePush))}
		one.Response, one.Scope = l.response(x, at, t.ResponseWithin)
		if one.Late {
			out.LatePushes++
		}
		out.Pushes = append(out.Pushes, one)
	}
	since := f.first.said
	if since.IsZero() {
		since = l.beginning(s)
	}
	if over := at.Sub(since); !since.IsZero() && over >= day {
		rate := float64(out.Days) / (float64(over) / float64(day))
		out.Rate = &rate
	}
	return out, true
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// beginning is when a promise that does not say when it was made counts from:
// the declared start, or the goal's first leaf; zero where there is neither.
func (l *ledger) beginning(s *Settings) time.Time {
	if !l.goal.Start.IsZero() {
		return l.goal.Start.Start(s.Calendar.Location())
	}
	if len(l.entries) > 0 {
		return l.entries[0].at()
	}
	return time.Time{}
}

// dueDates returns the due dates that an epic has had.
func dueDates(t *flow.Timeline) []dated {
	var out []dated
	for span, st := range t.SpansOf(1 << flow.FieldDue) {
		if n := len(out); n == 0 && st.Due.IsZero() || n > 0 && out[n-1].date == st.Due {
			continue
		}
		out = append(out, dated{said: span.From, date: st.Due})
	}
	return out
}
