package flow

// IDSet is a set of issue ids. Ids of a site lie close together, so that a bit
// each costs a hundredth of what a map of them would, and a few bytes each
// where only one in a hundred is in the set.
type IDSet map[IssueID][4]uint64

// blockBits is how many ids share one element of the map.
const blockBits = 256

// Add puts the id into the set and reports whether it was not there.
func (s IDSet) Add(id IssueID) (fresh bool) {
	block := s[id/blockBits]
	word, bit := &block[id%blockBits/64], uint64(1)<<(id%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	s[id/blockBits] = block
	return true
}

// Has reports whether the id is in the set.
func (s IDSet) Has(id IssueID) bool {
	block := s[id/blockBits]
	return block[id%blockBits/64]&(1<<(id%64)) != 0
}
