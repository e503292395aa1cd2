package measure

import (
	"cmp"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// sharing is when another goal has a leaf too. Goals above and below one
// another have the same leaves by definition, and share none.
type sharing struct {
	leaf int32
	goal string
	in   flow.Spans
}

// share notes for each leaf which other goals have it. A leaf counts in full
// in each of them, and once in the goal above them (MEASURES §1, goal share).
func (b *builder) share() {
	related := related(b.ledgers)
	b.leaves.each(func(places []place) {
		for _, p := range places {
			for _, o := range places {
				if related[p.ledger][o.ledger] {
					continue
				}
				l, other := &b.ledgers[p.ledger], &b.ledgers[o.ledger]
				l.shared = append(l.shared, sharing{int32(p.index), other.goal.ID, other.leaves.in(o.index)})
			}
		}
	})
	for k := range b.ledgers {
		slices.SortFunc(b.ledgers[k].shared, compareShared)
	}
}

func compareShared(a, b sharing) int {
	return cmp.Or(cmp.Compare(a.leaf, b.leaf), cmp.Compare(a.goal, b.goal))
}

// related tells of any two goals whether they are one, or one is above the other.
func related(ledgers []ledger) [][]bool {
	byID := map[string]int{}
	related := make([][]bool, len(ledgers))
	for g := range ledgers {
		byID[ledgers[g].goal.ID] = g
		related[g] = make([]bool, len(ledgers))
	}
	for g := range ledgers {
		up, ok := g, true
		for ok && !related[g][up] { // which ends, were goals above themselves
			related[g][up], related[up][g] = true, true
			up, ok = byID[ledgers[up].goal.Parent]
		}
	}
	return related
}

// also returns the ids of the other goals that have the leaf at the moment,
// while this one has it.
func (l *ledger) also(leaf int, at time.Time) []string {
	var out []string
	if !l.leaves.contains(leaf, at) {
		return nil
	}
	first, _ := slices.BinarySearchFunc(l.shared, int32(leaf), func(s sharing, leaf int32) int { return cmp.Compare(s.leaf, leaf) })
	for _, s := range l.shared[first:] {
		if s.leaf != int32(leaf) {
			break
		}
		if s.in.Contains(at) {
			out = append(out, s.goal)
		}
	}
	return out
}
