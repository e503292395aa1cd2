package measure

import (
	"maps"
	"time"

	"plumbline/internal/goal"
)

// kept is what a measuring leaves for the next one to go on from. Who reads the
// figures never looks at it. It is changed in place, and so belongs to the
// latest history alone, whose edition it has.
type kept struct {
	edition  int
	index    *goal.Index
	bulk     *bulkEdits
	words    *wordings
	people   people
	uses     map[projectAt]time.Time // not changed, but replaced
	blockers *blockers
	mentions *mentions
	decider  *decider
}

// rest lets go of what the last measuring was made with.
func (k *kept) rest(s *Settings) {
	own := *s
	k.blockers.links = nil
	k.decider.settings, k.decider.isLeaf, k.decider.belongs = &own, nil, nil
}

// Renewable reports whether the history can be renewed.
func (h *History) Renewable() bool { return h.kept != nil && h.kept.edition == h.edition }

// Settled returns the history without what a renewal would go on from: of
// issues that may have changed while they were read.
func (h *History) Settled() *History {
	known := *h
	known.kept = nil
	return &known
}

// tallies renewed: each takes what some issues counted for out, and puts in
// what they count for now.

// renewed returns the tally; t stays as it is. All three are sealed.
func (t *tallyOver) renewed(before, after *tallyOver) tallyOver {
	return tallyOver{renewedTimes(t.came, before.came, after.came), renewedTimes(t.went, before.went, after.went)}
}

func renewedTimes(all, before, after []int64) []int64 {
	before, after = apart(before, after)
	if len(before) == 0 && len(after) == 0 {
		return all
	}
	out := make([]int64, 0, len(all)-len(before)+len(after))
	for _, ms := range all {
		if len(before) > 0 && before[0] == ms {
			before = before[1:]
			continue
		}
		for len(after) > 0 && after[0] < ms {
			out, after = append(out, after[0]), after[1:]
		}
		out = append(out, ms)
	}
	return append(out, after...)
}

// apart returns what only one of two sorted lists has.
func apart(a, b []int64) (onlyA, onlyB []int64) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] == b[0]:
			a, b = a[1:], b[1:]
		case a[0] < b[0]:
			onlyA, a = append(onlyA, a[0]), a[1:]
		default:
			onlyB, b = append(onlyB, b[0]), b[1:]
		}
	}
	return append(onlyA, a...), append(onlyB, b...)
}

// renewedTallies returns the tallies by key; all stays as it is.
func renewedTallies[K comparable](all, before, after map[K]*tallyOver) map[K]*tallyOver {
	if len(before) == 0 && len(after) == 0 {
		return all
	}
	out := maps.Clone(all)
	if out == nil {
		out = map[K]*tallyOver{}
	}
	none := &tallyOver{}
	get := func(m map[K]*tallyOver, k K) *tallyOver {
		if t := m[k]; t != nil {
			return t
		}
		return none
	}
	renew := func(k K) {
		t := get(all, k).renewed(get(before, k), get(after, k))
		if t.isZero() {
			delete(out, k)
			return
		}
		out[k] = &t
	}
	for k := range before {
		renew(k)
	}
	for k := range after {
		if before[k] == nil {
			renew(k)
		}
	}
	return out
}
