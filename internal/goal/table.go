package goal

// table finds numbers by what they number: a hash table that keeps nothing but
// the numbers. The zero value is empty.
type table struct {
	slots []uint32 // a number plus 1; 0 is free
	used  int
}

// find returns the number with the hash of which is says that it is the one.
func (t *table) find(hash uint64, is func(n uint32) bool) (uint32, bool) {
	if len(t.slots) == 0 {
		return 0, false
	}
	mask := uint64(len(t.slots) - 1)
	for k := hash & mask; t.slots[k] != 0; k = (k + 1) & mask {
		if n := t.slots[k] - 1; is(n) {
			return n, true
		}
	}
	return 0, false
}

// put puts a number in that is not there. hashOf returns the hash of any that
// is.
func (t *table) put(n uint32, hashOf func(n uint32) uint64) {
	t.expect(t.used+1, hashOf)
	t.place(n, hashOf(n))
	t.used++
}

// expect makes room for so many numbers.
func (t *table) expect(numbers int, hashOf func(n uint32) uint64) {
	if 4*numbers <= 3*len(t.slots) {
		return
	}
	size := max(16, len(t.slots))
	for 4*numbers > 3*size {
		size *= 2
	}
	before := t.slots
	t.slots = make([]uint32, size)
	for _, s := range before {
		if s != 0 {
			t.place(s-1, hashOf(s-1))
		}
	}
}

func (t *table) place(n uint32, hash uint64) {
	mask := uint64(len(t.slots) - 1)
	k := hash & mask
	for t.slots[k] != 0 {
		k = (k + 1) & mask
	}
	t.slots[k] = n + 1
}

// spread mixes the bits of two numbers (with the finalizer of SplitMix64), so
// that those which follow one another do not crowd.
func spread(a, b uint64) uint64 {
	v := a + b*0x9e3779b97f4a7c15
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}
