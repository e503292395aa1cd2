package measure

import (
	"slices"
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
	// leafTime is how long leaves have been in scope up to last, and
	// unknownTime how long of it in a status of unknown category; all in
	// milliseconds, last in Unix time.
	leafTime, unknownTime, last int64
	unknown                     int // leaves in such a status
}

// markEvery is after how many entries the tally is kept, so that no moment's
// has to be folded from the beginning.
const markEvery = 128

// mark keeps the tally before every markEvery-th entry. The entries are in
// order.
func (l *ledger) mark() {
	var t tally
	for k := range l.entries {
		if k%markEvery == 0 {
			l.tallies = append(l.tallies, t)
		}
		t.apply(&l.entries[k])
	}
}

// tally folds the entries up to and including the moment.
func (l *ledger) tally(at time.Time) tally {
	n := l.firstAfter(at)
	if n == 0 {
		return tally{}
	}
	first := (n - 1) / markEvery
	t := l.tallies[first]
	for k := first * markEvery; k < n; k++ {
		t.apply(&l.entries[k])
	}
	return t
}

func (t *tally) apply(e *entry) {
	now := e.at().UnixMilli()
	t.leafTime, t.unknownTime = t.timeInScope(now)
	t.last = now
	t.unknown += e.after().obscure() - e.before().obscure()
	wasOpen := t.parts.Open()
	t.parts.add(e.before(), -1)
	t.parts.add(e.after(), 1)
	if e.before().in && e.before().cat == flow.Done {
		t.done--
	}
	if e.after().in && e.after().cat == flow.Done {
		t.done++
	}
	t.started = t.started || e.after().in && (e.after().cat == flow.InProgress || e.after().out != flow.Open)
	switch open := t.parts.Open(); {
	case open > 0:
		t.emptied = time.Time{}
	case wasOpen > 0:
		t.emptied = e.at()
	}
}

// timeInScope is how long the leaves have been in scope by the moment, and how
// long of it in a status whose category is unknown; all in milliseconds.
func (t *tally) timeInScope(at int64) (all, unknown int64) {
	since := at - t.last // which weighs nothing before the first entry
	return t.leafTime + since*int64(t.parts.Total()), t.unknownTime + since*int64(t.unknown)
}

// knownShare is the share of that time in statuses of a known category.
func (t *tally) knownShare(at time.Time) float64 {
	all, unknown := t.timeInScope(at.UnixMilli())
	if all <= 0 {
		return 1
	}
	return 1 - float64(unknown)/float64(all)
}

// obscure is 1 for a leaf in scope in a status of unknown category, else 0. Of
// an issue without a changelog it is known that it was open.
func (c class) obscure() int {
	if c.in && c.cat == flow.Unknown && !c.unsaid {
		return 1
	}
	return 0
}

// leafPart is which of Parts a leaf is in.
type leafPart uint8

const (
	noPart leafPart = iota // out of scope
	partToDo
	partInProgress
	partDelivered
	partDiscarded
	numParts
)

// part is the one that a leaf of the class belongs to.
func (c class) part() leafPart {
	switch {
	case !c.in:
		return noPart
	case c.out == flow.Delivered:
		return partDelivered
	case c.out == flow.Dropped:
		return partDiscarded
	case c.cat == flow.InProgress:
		return partInProgress
	}
	return partToDo
}

// add puts n leaves of the class into the part that they belong to.
func (p *Parts) add(c class, n int) {
	switch c.part() {
	case partToDo:
		p.ToDo += n
	case partInProgress:
		p.InProgress += n
	case partDelivered:
		p.Delivered += n
	case partDiscarded:
		p.Discarded += n
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

// closed returns since when every container that the goal maps has been
// closed: its epics terminal, its versions released; false where one is not.
// A goal without a container is closed once all its work has been closed for
// QuietAfter (MEASURES §2.20, §3.1).
func (l *ledger) closed(at time.Time, t *tally, s *Settings) (since time.Time, ok bool) {
	if len(l.epics) == 0 && len(l.versions) == 0 {
		quiet := t.parts.Total() > 0 && !t.emptied.IsZero() && at.Sub(t.emptied) >= s.Thresholds.QuietAfter
		return t.emptied, quiet
	}
	for k := range l.epics {
		from, ok := heldSince(l.epics[k].closed, at, s.Thresholds.Bounce)
		if !ok {
			return time.Time{}, false
		}
		since = latest(since, from)
	}
	for k := range l.versions {
		out, ok := released(&l.versions[k].Version, at, t, s)
		if !ok {
			return time.Time{}, false
		}
		since = latest(since, out)
	}
	return since, true
}

// finished reports whether the goal is done: every container closed and no
// open leaf. Leaves that are still open a grace after the containers were
// closed are residue, and no longer work of the goal (MEASURES §1).
func (l *ledger) finished(at time.Time, t *tally, s *Settings) bool {
	since, closed := l.closed(at, t, s)
	return closed && (t.parts.Open() == 0 || at.Sub(since) >= s.Thresholds.Grace)
}

// givenUp reports whether every epic that the goal maps was closed without
// being delivered.
func (l *ledger) givenUp(at time.Time) bool {
	return len(l.epics) > 0 && len(l.versions) == 0 &&
		!slices.ContainsFunc(l.epics, func(e epicLife) bool { return !e.dropped.Contains(at) })
}

// released returns since when a version is out. Jira keeps no history of
// releases: a released version is out from the end of its release date on,
// and one without a date since its work was closed.
func released(v *flow.Version, at time.Time, t *tally, s *Settings) (since time.Time, ok bool) {
	switch {
	case !v.Released:
		return time.Time{}, false
	case v.Release.IsZero():
		return t.emptied, t.parts.Open() == 0 && t.parts.Total() > 0
	}
	out := v.Release.End(s.Calendar.Location())
	return out, !at.Before(out)
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
