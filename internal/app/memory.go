package app

import (
	"math"
	"runtime"
	"runtime/debug"
)

// MemoryGoal is how much memory the service tries to stay below: the 512 MiB
// that it is built for (DESIGN §7), less what the runtime needs for itself.
const MemoryGoal = 488 << 20

const (
	// roomToWork is how many times what is in use must fit below the goal. With
	// less the collector would be at work all the time, and to no avail.
	roomToWork = 1.2
	// cheap is of how much memory all may be collected at any time.
	cheap = 64 << 20
	// crowded is the share of the goal from which on memory is given back
	// whatever that costs.
	crowded = 0.75
)

// heed asks the collector to work harder near the goal, from the first
// measuring on: on its own it lets the heap grow to twice of what is in use.
func heed(goal int64) {
	if goal > 0 {
		debug.SetMemoryLimit(goal)
	}
}

// readingAnew is how much garbage, in per cent of what is in use, may gather
// while everything is read anew: most of what is read is garbage at once, and
// the memory limit bounds it. At rest the runtime's own setting holds.
const readingAnew = 300

// beyondGoal is how much may gather at rest, in per cent of what is in use, where
// the goal was given up: by the runtime's own setting, the process would take
// twice what is in use.
const beyondGoal = 25

// unhurried lets garbage gather until the function that it returns is called. It
// does nothing where the goal was given up, and no limit bounds what gathers.
func unhurried(goal int64) (done func()) {
	if goal > 0 && debug.SetMemoryLimit(-1) == math.MaxInt64 {
		return func() {}
	}
	before := debug.SetGCPercent(readingAnew)
	return func() { debug.SetGCPercent(before) }
}

// settle gives back what a measuring took, where that is little work or a good
// part of the goal. Where the goal can't be kept, since the figures are too
// large, it is given up: the process takes somewhat more than what is in use.
func settle(goal int64) {
	if goal <= 0 {
		return
	}
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	if !worthwhile(goal, now.HeapAlloc, now.Sys-now.HeapReleased) {
		return
	}
	debug.FreeOSMemory()
	runtime.ReadMemStats(&now)
	limit := memoryLimit(goal, now.HeapAlloc)
	if debug.SetMemoryLimit(limit); limit == math.MaxInt64 {
		debug.SetGCPercent(beyondGoal)
	}
}

// worthwhile reports whether memory is to be given back, by what is allocated
// and what the process holds of the system.
func worthwhile(goal int64, allocated, held uint64) bool {
	return allocated <= cheap || float64(held) >= crowded*float64(goal)
}

func memoryLimit(goal int64, inUse uint64) int64 {
	if roomToWork*float64(inUse) > float64(goal) {
		return math.MaxInt64
	}
	return goal
}
