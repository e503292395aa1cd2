package measure

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// splitLink is a link by which an issue was split off, or cloned from, another.
type splitLink struct {
	key string    // the other issue's, as the link names it
	at  time.Time // since when it is known; zero where only a present link says so
}

// splitsOf lists the issues that a link says this one to be split off, or
// cloned from, and those that were split off it, each once, by the oldest link.
// What a link once said holds even if it is taken away: otherwise that would
// give a decision a new clock.
func splitsOf(i *flow.Issue) (from, into []splitLink) {
	seen := map[string]bool{}
	add := func(phrase, key string, at time.Time) {
		switch {
		case key == "" || seen[key]:
			return
		case isSplitFrom(phrase):
			from = append(from, splitLink{lasting(key), at})
		case isSplitInto(phrase):
			into = append(into, splitLink{lasting(key), at})
		default:
			return
		}
		seen[key] = true
	}
	for k := range i.Changes {
		if c := &i.Changes[k]; c.Field == flow.FieldLink {
			add(phraseOf(c.To), c.To.ID, c.At)
		}
	}
	for k := range i.Links {
		add(i.Links[k].Description, i.Links[k].Other.Key, time.Time{})
	}
	return from, into
}

// splitOff is since when the issue is known to be split off, or cloned from,
// another, and off which; false where it was not. A present link of which no
// changelog tells has been there since the issue was created.
func splitOff(i *flow.Issue) (splitLink, bool) {
	from, _ := splitsOf(i)
	if len(from) == 0 {
		return splitLink{}, false
	}
	first := from[0]
	if first.at.IsZero() || first.at.Before(i.Created) {
		first.at = i.Created
	}
	return first, true
}

// splitLeaf is a leaf that was split off another of the same goal.
type splitLeaf struct {
	leaf int32
	from string // the other's key
	at   time.Time
}

// noteSplit keeps what a leaf was split off, where the goal counts points.
func (l *ledger) noteSplit(leaf int, off splitLink) {
	if l.goal.Count == goal.CountPoints {
		l.splits = append(l.splits, splitLeaf{int32(leaf), off.key, off.at})
	}
}

// handedOver is how much of a fall of a leaf's estimate went to the leaves that
// were split off it in the hour around (MEASURES §1): as much as they were
// estimated at in that hour, as known at the moment, and all of it where none
// of them was.
func (l *ledger) handedOver(fallen *sizing, fall float64, at time.Time, s *Settings) float64 {
	within := func(t time.Time) bool {
		return !t.After(at) && max(t.Sub(fallen.at()), fallen.at().Sub(t)) <= s.Thresholds.SplitWithin
	}
	begin := fallen.at().Add(-s.Thresholds.SplitWithin)
	said := map[int32]float64{} // by part
	whole := l.leaves.key(int(fallen.leaf)).String()
	first, _ := slices.BinarySearchFunc(l.splits, begin, func(x splitLeaf, t time.Time) int { return x.at.Compare(t) })
	for k := first; k < len(l.splits) && within(l.splits[k].at); k++ {
		if x := &l.splits[k]; x.from == whole {
			said[x.leaf] = 0
		}
	}
	if len(said) == 0 {
		return 0
	}
	first, _ = slices.BinarySearchFunc(l.sizes, begin, func(z sizing, t time.Time) int { return z.at().Compare(t) })
	for k := first; k < len(l.sizes) && within(l.sizes[k].at()); k++ {
		z := &l.sizes[k]
		if _, part := said[z.leaf]; part && usable(z.said, s.Thresholds.MaxEstimate) {
			said[z.leaf] = z.said
		}
	}
	estimated := 0.0
	for _, leaf := range slices.Sorted(maps.Keys(said)) {
		estimated += said[leaf]
	}
	if estimated == 0 {
		return fall
	}
	return min(fall, estimated)
}

func compareSplits(a, b splitLeaf) int {
	return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.leaf, b.leaf))
}
