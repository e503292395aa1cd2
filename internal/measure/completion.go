package measure

import (
	"time"

	"plumbline/internal/flow"
)

// tally is a ledger folded up to a moment.
type tally struct {
	parts Parts
	// done are the leaves whose status's category is Done: what Jira's epic
	// progress counts, discarded ones among them.
	done int
	// started tells that some leaf has ever been in progress or closed.
	started bool
	// emptied is when the last open leaf was closed or left; zero while any
	// is open, and before there was one.
	emptied time.Time
}

// tally folds the entries up to and including the moment.
func (l *ledger) tally(at time.Time) tally {
	var t tally
	for k := range l.entries {
		if l.entries[k].at.After(at) {
			break
		}
		t.apply(&l.entries[k])
	}
	return t
}

func (t *tally) apply(e *entry) {
	wasOpen := t.parts.Open()
	t.parts.add(e.before, -1)
	t.parts.add(e.after, 1)
	if e.before.in && e.before.cat == flow.Done {
		t.done--
	}
	if e.after.in && e.after.cat == flow.Done {
		t.done++
	}
	t.started = t.started || e.after.in && (e.after.cat == flow.InProgress || e.after.out != flow.Open)
	switch open := t.parts.Open(); {
	case open > 0:
		t.emptied = time.Time{}
	case wasOpen > 0:
		t.emptied = e.at
	}
}

// add puts n leaves of the class into the part that they belong to.
func (p *Parts) add(c class, n int) {
	switch {
	case !c.in:
	case c.out == flow.Delivered:
		p.Delivered += n
	case c.out == flow.Dropped:
		p.Discarded += n
	case c.cat == flow.InProgress:
		p.InProgress += n
	default:
		p.ToDo += n
	}
}

// String says in words which part a leaf of the class belongs to.
func (c class) String() string {
	switch {
	case !c.in:
		return "out of scope"
	case c.out != flow.Open:
		return c.out.String()
	case c.cat == flow.InProgress:
		return "in progress"
	case c.cat == flow.Unknown:
		return "to do, since the category of its status is not known"
	}
	return "to do"
}

// reported is R of MEASURES §2.1, by count: leaves with a status of category
// Done over all leaves, discarded ones included. Nil where there is no leaf.
func (t *tally) reported() *float64 { return ratio(t.done, t.parts.Total()) }

// delivered is V of MEASURES §2.2, by count: delivered leaves over those not
// discarded. Nil where there is none.
func (t *tally) delivered() *float64 {
	return ratio(t.parts.Delivered, t.parts.Total()-t.parts.Discarded)
}

func ratio(part, whole int) *float64 {
	if whole == 0 {
		return nil
	}
	r := float64(part) / float64(whole)
	return &r
}

// closed reports whether every container that the goal maps is closed at the
// moment: its epics terminal, its versions released. A goal without a
// container is closed once all its work has been closed for QuietAfter
// (MEASURES §2.20, §3.1).
func (l *ledger) closed(at time.Time, t *tally, s *Settings) bool {
	if len(l.epics) == 0 && len(l.versions) == 0 {
		return t.parts.Total() > 0 && !t.emptied.IsZero() && at.Sub(t.emptied) >= s.Thresholds.QuietAfter
	}
	for k := range l.epics {
		if !l.epics[k].closed.Contains(at) {
			return false
		}
	}
	for k := range l.versions {
		if !l.released(&l.versions[k].Version, at, t, s) {
			return false
		}
	}
	return true
}

// released reports whether a version is out. Jira keeps no history of
// releases: a released version is out from the end of its release date on,
// and one without a date since its work was closed.
func (l *ledger) released(v *flow.Version, at time.Time, t *tally, s *Settings) bool {
	if !v.Released {
		return false
	}
	if v.Release.IsZero() {
		return t.parts.Open() == 0 && t.parts.Total() > 0
	}
	return !at.Before(v.Release.End(s.Calendar.Location()))
}
