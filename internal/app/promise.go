package app

import (
	"cmp"
	"slices"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
	"plumbline/internal/store"
)

// withUnsaid returns the declared history of a goal's target with those dates
// put in that the store was shown and the declaration leaves out. Such a date
// was said on the day on which it was first seen. The promise in force stays
// the declared one: where another was seen since it was said, it was said again
// on the day on which it came back.
func withUnsaid(declared []goal.Target, seen []store.SeenTarget, zone *time.Location) []goal.Target {
	missing := slices.DeleteFunc(slices.Clone(seen), func(s store.SeenTarget) bool {
		return slices.ContainsFunc(declared, func(t goal.Target) bool { return t.Date == s.Date })
	})
	if len(missing) == 0 || len(declared) == 0 {
		return declared
	}
	day := func(s store.SeenTarget) flow.Date { return flow.DateOf(s.Shown.In(zone)) }
	inForce := declared[len(declared)-1]
	back := inForce.Said // the day on which it was seen last
	for k, s := range seen {
		if s.Date != inForce.Date {
			continue
		}
		// A declaration that says nothing of when it was made is as old as the
		// store's first sight of it, unless nothing was seen before that.
		if k > 0 && inForce.Said.IsZero() && back.IsZero() {
			inForce.Said = day(s)
		}
		back = day(s)
	}
	// The one in force is put last, and stays behind what was seen on its day.
	out := slices.Clone(declared[:len(declared)-1])
	for _, s := range missing {
		out = append(out, goal.Target{Date: s.Date, Said: day(s), Why: "seen in the goals file, without a line in targets"})
	}
	out = append(out, inForce)
	slices.SortStableFunc(out, func(a, b goal.Target) int { return a.Said.Sub(b.Said) })
	if last := out[len(out)-1]; last.Date != inForce.Date {
		inForce.Said = later(back, last.Said)
		inForce.Why = cmp.Or(inForce.Why, "seen in the goals file again, without a line in targets")
		out = append(out, inForce)
	}
	return out
}

func later(a, b flow.Date) flow.Date {
	if a.Before(b) {
		return b
	}
	return a
}
