package app

import (
	"math"
	"testing"
)

func TestTheMemoryLimitIsLiftedWhereItCannotBeKept(t *testing.T) {
	for _, c := range []struct {
		name  string
		inUse uint64
		want  int64
	}{
		{"a small company", 20 << 20, MemoryGoal},
		{"figures beside which there is just room to work", 406 << 20, MemoryGoal},
		{"figures too large for that", 407 << 20, math.MaxInt64},
	} {
		if got := memoryLimit(MemoryGoal, c.inUse); got != c.want {
			t.Errorf("%s: the limit is %d, want %d", c.name, got, c.want)
		}
	}
}

func TestMemoryIsGivenBackWhereThatIsLittleWorkOrMuchIsHeld(t *testing.T) {
	for _, c := range []struct {
		name            string
		allocated, held uint64
		want            bool
	}{
		{"a small company", 20 << 20, 40 << 20, true},
		{"a large one that took little", 200 << 20, 250 << 20, false},
		{"a large one that took much", 200 << 20, 366 << 20, true},
	} {
		if got := worthwhile(MemoryGoal, c.allocated, c.held); got != c.want {
			t.Errorf("%s: given back %v, want %v", c.name, got, c.want)
		}
	}
}
