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
	if part := t.part(e.before); part != nil {
		*part--
	}
	if part := t.part(e.after); part != nil {
		*part++
	}
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

// part returns the count that a leaf of the class is in; nil outside scope.
func (t *tally) part(c class) *int {
	switch {
	case !c.in:
		return nil
	case c.out == flow.Delivered:
		return &t.parts.Delivered
	case c.out == flow.Dropped:
		return &t.parts.Discarded
	case c.cat == flow.InProgress:
		return &t.parts.InProgress
	}
	return &t.parts.ToDo
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
