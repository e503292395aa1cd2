package app

import (
	"math"
	"runtime"
	"runtime/debug"
)

// MemoryGoal is how much memory the service tries to stay below: the 512 MiB
// that it is built for (DESIGN §7), less what the runtime needs for itself.
const MemoryGoal = 448 << 20

// measuringTakes is how many times the memory that figures take is in use while
// they are made anew: the old ones, the new ones, and what they are made with.
const measuringTakes = 2.5

// settle gives back what a measuring took, and asks the collector to work
// harder near the goal: on its own it lets the heap grow to twice of what is in
// use. Where that would be of no avail, because the figures are too large, it
// asks for nothing.
func settle(goal int64) {
	if goal <= 0 {
		return
	}
	debug.FreeOSMemory()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	debug.SetMemoryLimit(memoryLimit(goal, now.HeapAlloc))
}

func memoryLimit(goal int64, inUse uint64) int64 {
	if measuringTakes*float64(inUse) > float64(goal) {
		return math.MaxInt64
	}
	return goal
}
