package measure

import "math/bits"

// splitMix is the generator SplitMix64: a seeded bootstrap must give the same
// figures everywhere, and this package knows no randomness of its own.
type splitMix uint64

func (s *splitMix) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number below n.
func (s *splitMix) below(n int) int {
	high, _ := bits.Mul64(s.next(), uint64(n))
	return int(high)
}
