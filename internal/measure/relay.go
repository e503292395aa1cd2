package measure

import (
	"slices"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// relay is how the leaves of a goal are laid anew: which came, moved up or
// left, and whose rows are written anew.
type relay struct {
	leaves leaves
	to     []int32 // by its place before: a leaf's place, or noLeaf; nil: all stay where they are
	redo   []bool  // by their place before: the leaves whose rows are written anew; nil for none
}

// newRelay takes in how a goal's leaves differ; o numbers where new ones come
// from.
func newRelay(old leaves, differ []goal.Difference, o *origins) *relay {
	r := &relay{leaves: old}
	if len(differ) == 0 {
		return r
	}
	r.to = make([]int32, old.len())
	next := &r.leaves
	next.all, next.more = make([]leaf, 0, old.len()+len(differ)), slices.Clip(old.more)
	keep := func(from, to int) {
		for k := from; k < to; k++ {
			r.to[k] = int32(next.len())
			next.all = append(next.all, old.all[k])
		}
	}
	done := 0
	for k := range differ {
		d := &differ[k]
		at := issueAt{d.Site, d.ID}
		n := old.from(done, at)
		keep(done, n)
		if done = n; n < old.len() && old.at(n) == at {
			r.to[n] = noLeaf
			if len(d.Is.In) > 0 {
				r.to[n] = int32(next.len())
			}
			done++
		}
		if len(d.Is.In) > 0 {
			next.add(&d.Is, o)
		}
	}
	keep(done, old.len())
	next.origins = o.all
	return r
}

// rewrite has a leaf's rows written anew.
func (r *relay) rewrite(leaf, leaves int) {
	if r.redo == nil {
		r.redo = make([]bool, leaves)
	}
	r.redo[leaf] = true
}

func (r *relay) rewrites(leaf int32) bool { return r.redo != nil && r.redo[leaf] }

// of returns the leaf's place; false where its rows don't stay.
func (r *relay) of(old int32) (int32, bool) {
	switch {
	case old == noLeaf: // no leaf's row
		return old, true
	case r.rewrites(old):
		return 0, false
	case r.to == nil:
		return old, true
	}
	return r.to[old], r.to[old] != noLeaf
}

// lives returns the leaves' lives in their new order; those that are written
// anew are to be filled in.
func (r *relay) lives(old []life) []life {
	if r.to == nil {
		return slices.Clone(old)
	}
	out := make([]life, r.leaves.len())
	for k, n := range r.to {
		if n != noLeaf {
			out[n] = old[k]
		}
	}
	return out
}

// relaid returns a goal's rows: the old ones of the leaves that stay, in their
// new order, and the fresh ones. Both are in order. The old list stays as it
// is; where nothing differs, it is returned.
func relaid[T comparable](old, fresh []T, r *relay, leaf func(*T) *int32, compare func(a, b T) int) []T {
	if r.to == nil && asBefore(old, fresh, r, leaf) {
		return old
	}
	return spliced(old, fresh, r, leaf, compare)
}

// asBefore reports whether the rows written anew are those that there were.
func asBefore[T comparable](old, fresh []T, r *relay, leaf func(*T) *int32) bool {
	for k := range old {
		if r.rewrites(*leaf(&old[k])) {
			if len(fresh) == 0 || fresh[0] != old[k] {
				return false
			}
			fresh = fresh[1:]
		}
	}
	return len(fresh) == 0
}

// spliced is relaid for rows that can't be compared: it returns a new list.
func spliced[T any](old, fresh []T, r *relay, leaf func(*T) *int32, compare func(a, b T) int) []T {
	out := make([]T, 0, len(old)+len(fresh))
	var row T // one for all: its place is taken
	at := leaf(&row)
	for k := range old {
		row = old[k]
		n, stays := r.of(*at)
		if !stays {
			continue
		}
		*at = n
		for len(fresh) > 0 && compare(fresh[0], row) < 0 {
			out, fresh = append(out, fresh[0]), fresh[1:]
		}
		out = append(out, row)
	}
	return trimmed(append(out, fresh...))
}

// never is later than anything that happens.
func never() time.Time { return time.UnixMilli(forever).UTC() }

// firstApart is when two lists of rows that are in order of time first differ,
// the leaves of the first being laid anew; never where they don't.
func firstApart[T any](old, now []T, r *relay, same func(a, b *T, leaf int32) bool, row func(*T) (at time.Time, leaf int32)) time.Time {
	for k := range min(len(old), len(now)) {
		at, leaf := row(&old[k])
		to, stays := leaf, true
		if leaf != noLeaf && r.to != nil {
			to = r.to[leaf]
			stays = to != noLeaf
		}
		if !stays || !same(&old[k], &now[k], to) {
			is, _ := row(&now[k])
			return earlier(at, is)
		}
	}
	switch n := min(len(old), len(now)); {
	case n < len(old):
		at, _ := row(&old[n])
		return at
	case n < len(now):
		at, _ := row(&now[n])
		return at
	}
	return never()
}

// spansApart is when two sets of moments first differ; never where they don't.
func spansApart(a, b flow.Spans) time.Time {
	for k := range min(len(a), len(b)) {
		switch {
		case !a[k].From.Equal(b[k].From):
			return earlier(a[k].From, b[k].From)
		case !a[k].To.Equal(b[k].To):
			if a[k].To.IsZero() || b[k].To.IsZero() {
				return latest(a[k].To, b[k].To)
			}
			return earlier(a[k].To, b[k].To)
		}
	}
	switch n := min(len(a), len(b)); {
	case n < len(a):
		return a[n].From
	case n < len(b):
		return b[n].From
	}
	return never()
}
