package syncer

import "plumbline/internal/flow"

// idSet is a set of issue ids. Ids of a site lie close together, so that a bit
// each costs a tenth of what a map of them would.
type idSet map[flow.IssueID]*idBlock

// idBlock has a bit for each id of a run of 1024.
type idBlock [16]uint64

func (s idSet) add(id flow.IssueID) (fresh bool) {
	b := s[id>>10]
	if b == nil {
		b = new(idBlock)
		s[id>>10] = b
	}
	word, bit := &b[id>>6&15], uint64(1)<<(id&63)
	fresh = *word&bit == 0
	*word |= bit
	return fresh
}

func (s idSet) has(id flow.IssueID) bool {
	b := s[id>>10]
	return b != nil && b[id>>6&15]&(1<<(id&63)) != 0
}
