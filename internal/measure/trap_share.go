package measure

import (
	"cmp"
	"math"
	"slices"

	"plumbline/internal/flow"
)

// flagging is that something is so of a leaf from a moment on, or is no more.
type flagging struct {
	ms   int64
	leaf int32
	is   bool
}

func compareFlaggings(a, b flagging) int {
	return cmp.Or(cmp.Compare(a.ms, b.ms), cmp.Compare(a.leaf, b.leaf))
}

// whileShare returns while something held of how many leaves were such, and how
// many of them were flagged; none is at first. The flags are put in order.
func (l *ledger) whileShare(such func(class) bool, flags []flagging, holds func(flagged, all int) bool) flow.Spans {
	slices.SortStableFunc(flags, compareFlaggings)
	w := shareTally{such: make([]bool, l.leaves.len()), flagged: make([]bool, l.leaves.len())}
	var out flow.Spans
	eachInstant(l.entries, flags, func(f *flagging) int64 { return f.ms }, func(ms int64, entries []entry, flags []flagging) {
		for k := range entries {
			leaf := entries[k].leaf
			w.set(leaf, such(entries[k].after()), w.flagged[leaf])
		}
		for _, f := range flags {
			w.set(f.leaf, w.such[f.leaf], f.is)
		}
		out = turned(out, ms, holds(w.both, w.all))
	})
	return out
}

// eachInstant yields each moment at which there is a step or another row, and
// what there is: all that happens at one moment happens at once. Both lists are
// in order of time.
func eachInstant[T any](entries []entry, rows []T, at func(*T) int64, f func(ms int64, entries []entry, rows []T)) {
	for len(entries)+len(rows) > 0 {
		now := int64(math.MaxInt64)
		if len(entries) > 0 {
			now = entries[0].ms
		}
		if len(rows) > 0 {
			now = min(now, at(&rows[0]))
		}
		e, r := 0, 0
		for e < len(entries) && entries[e].ms == now {
			e++
		}
		for r < len(rows) && at(&rows[r]) == now {
			r++
		}
		f(now, entries[:e], rows[:r])
		entries, rows = entries[e:], rows[r:]
	}
}

// turned returns the spans with what is so from the moment on, after all of
// them.
func turned(spans flow.Spans, ms int64, is bool) flow.Spans {
	last := len(spans) - 1
	open := last >= 0 && spans[last].To.IsZero()
	switch {
	case is && !open:
		return spans.Append(flow.Span{From: instantOf(ms)})
	case !is && open:
		spans[last].To = instantOf(ms)
	}
	return spans
}

// shareTally counts the leaves that are such, and those of them that are
// flagged.
type shareTally struct {
	such, flagged []bool // by leaf
	all, both     int
}

func (w *shareTally) set(leaf int32, such, flagged bool) {
	w.count(leaf, -1)
	w.such[leaf], w.flagged[leaf] = such, flagged
	w.count(leaf, 1)
}

func (w *shareTally) count(leaf int32, n int) {
	if !w.such[leaf] {
		return
	}
	w.all += n
	if w.flagged[leaf] {
		w.both += n
	}
}
