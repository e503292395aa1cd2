package measure

import (
	"slices"
	"time"

	"plumbline/internal/flow"
)

// An issue that is open for less than the bounce between two closings of one
// kind was not re-opened, and the second closing is none (MEASURES §1, noise
// filter a). As long as it is open nobody can know that. So it stays open for as
// long as it was, and only since when it has been closed looks past that.

// endFold follows how an issue ends, bounces bridged.
type endFold struct {
	bounce int64 // in milliseconds
	out    flow.Outcome
	last   flow.Outcome // with which it was closed the last time
	opened int64        // when it was re-opened the last time; 0 for never
}

// endStep is what a step of an issue's life does to its end.
type endStep uint8

const (
	endsNot     endStep = iota
	endsNow             // it is closed, or closed otherwise than it was
	endUndone           // it was closed, and is open again
	endRestored         // it is closed as it was before it was open for less than the bounce
)

// step takes the outcome of the next stretch of the life.
func (f *endFold) step(at int64, out flow.Outcome) endStep {
	was := f.out
	f.out = out
	switch {
	case out == was:
		return endsNot
	case out == flow.Open:
		f.opened = at
		return endUndone
	case was == flow.Open && out == f.last && f.opened != 0 && at-f.opened < f.bounce:
		return endRestored
	}
	f.last = out
	return endsNow
}

// heldSince is when what holds at the moment began to, bounces bridged; false
// where it does not hold.
func heldSince(spans flow.Spans, at time.Time, bounce time.Duration) (time.Time, bool) {
	k := slices.IndexFunc(spans, func(s flow.Span) bool { return s.Contains(at) })
	if k < 0 {
		return time.Time{}, false
	}
	return spans[bridgedTo(spans, k, bounce)].From, true
}

// bridgedTo is the first of the spans that lead up to the k-th with less than the
// bounce between them.
func bridgedTo(spans flow.Spans, k int, bounce time.Duration) int {
	for k > 0 && spans[k].From.Sub(spans[k-1].To) < bounce {
		k--
	}
	return k
}

// bridged joins spans between which lies less than the bounce: an issue that
// is open for so short was not re-opened (MEASURES §1, noise filter a).
func bridged(s flow.Spans, bounce time.Duration) flow.Spans {
	var out flow.Spans
	for _, x := range s {
		if k := len(out) - 1; k >= 0 && x.From.Sub(out[k].To) < bounce {
			out[k].To = x.To
			continue
		}
		out = append(out, x)
	}
	return out
}
