package measure

import (
	"slices"
	"time"

	"plumbline/internal/flow"
)

// sharing is when another goal has a leaf too. Goals above and below one
// another have the same leaves by definition, and share none.
type sharing struct {
	goal string
	in   flow.Spans
}

// share notes for each leaf which other goals have it. A leaf counts in full
// in each of them, and once in the goal above them (MEASURES §1, goal share).
func (b *builder) share() {
	related := b.related()
	for _, places := range b.leaves {
		for _, p := range places {
			for _, o := range places {
				if related[p.ledger][o.ledger] {
					continue
				}
				l, other := &b.ledgers[p.ledger], &b.ledgers[o.ledger]
				if l.shared == nil {
					l.shared = map[int][]sharing{}
				}
				l.shared[p.index] = append(l.shared[p.index], sharing{other.goal.ID, other.leaves[o.index].in()})
			}
		}
	}
}

// related tells of any two goals whether they are one, or one is above the other.
func (b *builder) related() [][]bool {
	byID := map[string]int{}
	related := make([][]bool, len(b.ledgers))
	for g := range b.ledgers {
		byID[b.ledgers[g].goal.ID] = g
		related[g] = make([]bool, len(b.ledgers))
	}
	for g := range b.ledgers {
		up, ok := g, true
		for ok && !related[g][up] { // which ends, were goals above themselves
			related[g][up], related[up][g] = true, true
			up, ok = byID[b.ledgers[up].goal.Parent]
		}
	}
	return related
}

// also returns the ids of the other goals that have the leaf at the moment,
// while this one has it.
func (l *ledger) also(leaf int, at time.Time) []string {
	var out []string
	if !l.leaves[leaf].contains(at) {
		return nil
	}
	for _, s := range l.shared[leaf] {
		if s.in.Contains(at) {
			out = append(out, s.goal)
		}
	}
	slices.Sort(out)
	return out
}
