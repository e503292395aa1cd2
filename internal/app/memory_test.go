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
		{"figures of which two and a half just fit", 179 << 20, MemoryGoal},
		{"figures too large for that", 180 << 20, math.MaxInt64},
	} {
		if got := memoryLimit(MemoryGoal, c.inUse); got != c.want {
			t.Errorf("%s: the limit is %d, want %d", c.name, got, c.want)
		}
	}
}
