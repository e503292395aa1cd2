package measure

import (
	"slices"
	"time"

	"plumbline/internal/flow"
)

const (
	// minLife is how long a container must have lived to be scored
	// (MEASURES §3.1).
	minLife = 14 * day
	// closeShare is the share of a version's deliveries that must have come
	// for it to be out, where it is released without a date.
	closeShare = 0.95
)

// Closing is how a container ended, as it was known at a moment: nothing of it
// hangs on what came later than the grace after At, except that the container
// was not opened again before that moment.
type Closing struct {
	At       time.Time // T of MEASURES §3.1
	Finished time.Time // F: when the last leaf of the final scope was delivered
	Final    []int     // the leaves that were finally delivered
	settled  time.Time // T+G: when all of this was known
}

// closing returns how the container had ended by the moment; false while it is
// open, where it was cancelled, and where too little was delivered, or within
// too short a time, to score it (MEASURES §3.1). The grace is over by then.
func (c *Container) closing(at time.Time, s *Settings) (Closing, bool) {
	if at.After(c.known) {
		at = c.known
	}
	end, ok := c.endAt(at, s)
	if !ok || end.Add(s.Thresholds.Grace).After(at) {
		return Closing{}, false
	}
	return c.closedAt(end, s)
}

// closedAt is how a container ended that was closed then; false where that is
// nothing to score.
func (c *Container) closedAt(end time.Time, s *Settings) (Closing, bool) {
	if len(c.ledger.entries) == 0 || end.Sub(c.begun()) < minLife {
		return Closing{}, false
	}
	out := Closing{At: end, settled: end.Add(s.Thresholds.Grace)}
	for k := range c.ledger.leaves.len() {
		in := c.ledger.leaves.in(k)
		if !in.Contains(end) && !in.Contains(out.settled) {
			continue
		}
		if span, ok := c.doneOf(k).At(out.settled); ok {
			out.Final = append(out.Final, k)
			out.Finished = latest(out.Finished, span.From)
		}
	}
	return out, len(out.Final) >= minFinal
}

// begun is when the container was created or, for a version, first given.
func (c *Container) begun() time.Time {
	first := c.ledger.entries[0].at()
	if !c.created.IsZero() && c.created.Before(first) {
		return c.created
	}
	return first
}

// endAt returns the close time T as it was known at the moment.
func (c *Container) endAt(at time.Time, s *Settings) (time.Time, bool) {
	switch {
	case c.Kind == KindGoal:
		return c.goalEndAt(at, s)
	case c.Kind == KindVersion && c.version.Released:
		return c.released(&c.version, at, s)
	case c.Kind == KindVersion:
		return c.quiet(at, s)
	}
	if since, ok := heldSince(c.ended, at, s.Thresholds.Bounce); ok {
		return since, !c.cancelled.Contains(at)
	}
	return c.quiet(at, s)
}

// released is when a version that is out came out: the day after its release
// date, or when most of its work was delivered.
func (c *Container) released(v *flow.Version, at time.Time, s *Settings) (time.Time, bool) {
	if !v.Release.IsZero() {
		end := v.Release.AddDays(1).Start(s.Calendar.Location())
		return end, !end.After(at)
	}
	var delivered []time.Time
	for k := range c.ledger.leaves.len() {
		if span, ok := c.doneOf(k).At(at); ok && c.ledger.leaves.contains(k, at) {
			delivered = append(delivered, span.From)
		}
	}
	if len(delivered) == 0 {
		return time.Time{}, false
	}
	slices.SortFunc(delivered, time.Time.Compare)
	return delivered[int(closeShare*float64(len(delivered)-1)+0.5)], true
}

// quiet is when the last child of a container was closed that nobody closed
// itself: all its leaves terminal, and nothing since for the quiet time.
func (c *Container) quiet(at time.Time, s *Settings) (time.Time, bool) {
	t := c.ledger.tally(at)
	if t.parts.Total() == 0 || t.emptied.IsZero() || at.Sub(t.emptied) < s.Thresholds.QuietAfter {
		return time.Time{}, false
	}
	return t.emptied, true
}

// truth is the share of what was finally delivered that was done at the moment
// and stayed so (MEASURES §3.1).
func (c *Container) truth(end *Closing, at time.Time) float64 {
	firm := 0
	for _, leaf := range end.Final {
		span, ok := c.doneOf(leaf).At(end.settled)
		if ok && span.Contains(at) {
			firm++
		}
	}
	return float64(firm) / float64(len(end.Final))
}

// grid is the length of the calendar grid on which containers are looked at,
// counted from 1970 in UTC (MEASURES §3.4).
const grid = 14 * day

// gridAfter is the first moment of the grid after another.
func gridAfter(from time.Time) time.Time {
	step := int64(grid / time.Second)
	return time.Unix((from.Unix()/step+1)*step, 0).UTC()
}
