package app

import (
	"slices"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
	"plumbline/internal/store"
)

// withUnsaid returns the declared history of a goal's target with those dates
// put in that the store was shown and the declaration leaves out. Such a date
// was said on the day on which it was first seen. The promise in force stays
// the declared one: it was said again when it came back.
func withUnsaid(declared []goal.Target, seen []store.SeenTarget, zone *time.Location) []goal.Target {
	missing := slices.DeleteFunc(slices.Clone(seen), func(s store.SeenTarget) bool {
		return slices.ContainsFunc(declared, func(t goal.Target) bool { return t.Date == s.Date })
	})
	if len(missing) == 0 || len(declared) == 0 {
		return declared
	}
	// The one in force is put last, and stays behind what was seen on its day.
	out := slices.Clone(declared[:len(declared)-1])
	for _, s := range missing {
		said := flow.DateOf(s.Shown.In(zone))
		out = append(out, goal.Target{Date: s.Date, Said: said, Why: "seen in the goals file, without a line in targets"})
	}
	out = append(out, declared[len(declared)-1])
	last := &out[len(out)-1]
	// A declaration that says nothing of when it was made is as old as the
	// store's first sight of it.
	if last.Said.IsZero() {
		for _, s := range seen {
			if s.Date == last.Date {
				last.Said = flow.DateOf(s.Shown.In(zone))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b goal.Target) int { return a.Said.Sub(b.Said) })
	return out
}
