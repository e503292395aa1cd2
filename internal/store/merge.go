package store

import (
	"cmp"
	"slices"
	"strings"

	"plumbline/internal/flow"
)

// merge adds to what Jira says of an issue now the histories that only the
// held form has: Jira cuts long changelogs short, and drops entries when a
// site is moved or cleaned up. A history that Jira still shows is taken as
// Jira shows it; so are the histories without an id, which count as one.
//
// Nothing is added where the issue was created at another time than the held
// one: then the site began anew and gave the id to another issue.
func merge(held, now *flow.Issue) {
	if !held.Created.Equal(now.Created) {
		return
	}
	shown := make(map[uint64]bool, len(now.Changes))
	for i := range now.Changes {
		shown[now.Changes[i].History] = true
	}
	var kept []flow.Change
	entries := map[uint64]bool{}
	for _, c := range held.Changes {
		if !shown[c.History] {
			kept = append(kept, c)
			entries[c.History] = true
		}
	}
	if now.Announced < 0 && held.Announced >= 0 {
		// Jira sent no changelog; what it said of it before stands.
		now.Announced = held.Announced
	}
	if len(now.Changes) == 0 && now.Histories <= 0 {
		now.Changes, now.Histories = held.Changes, held.Histories
		return
	}
	if len(kept) > 0 {
		now.Changes = append(slices.Clip(now.Changes), kept...)
		slices.SortStableFunc(now.Changes, compareChanges)
		now.Histories += len(entries)
	}
}

// itemsNotIn counts the items of now that held does not have.
func itemsNotIn(held, now *flow.Issue) int {
	type item struct {
		history uint64
		item    int
	}
	have := make(map[item]bool, len(held.Changes))
	for i := range held.Changes {
		have[item{held.Changes[i].History, held.Changes[i].Item}] = true
	}
	n := 0
	for i := range now.Changes {
		if !have[item{now.Changes[i].History, now.Changes[i].Item}] {
			n++
		}
	}
	return n
}

// inOrder returns the issue with everything in the order that the encoding
// needs to be the same for the same facts. The caller's slices stay as they
// are.
func inOrder(i flow.Issue) flow.Issue {
	i.Changes = sorted(i.Changes, compareChanges)
	i.Links = sorted(i.Links, compareLinks)
	i.Now.FixVersions = sorted(i.Now.FixVersions, strings.Compare)
	i.Now.Labels = sorted(i.Now.Labels, strings.Compare)
	return i
}

func sorted[T any](s []T, compare func(a, b T) int) []T {
	if slices.IsSortedFunc(s, compare) {
		return s
	}
	s = slices.Clone(s)
	slices.SortStableFunc(s, compare)
	return s
}

func compareChanges(a, b flow.Change) int {
	if c := a.At.Compare(b.At); c != 0 {
		return c
	}
	return cmp.Or(
		cmp.Compare(a.History, b.History),
		cmp.Compare(a.Item, b.Item),
		cmp.Compare(a.Field, b.Field),
		compareNamed(a.From, b.From),
		compareNamed(a.To, b.To),
	)
}

func compareNamed(a, b flow.Named) int {
	return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Name, b.Name))
}

func compareLinks(a, b flow.Link) int {
	side := func(outward bool) int {
		if outward {
			return 1
		}
		return 0
	}
	return cmp.Or(
		strings.Compare(a.Type, b.Type),
		strings.Compare(a.Description, b.Description),
		side(a.Outward)-side(b.Outward),
		cmp.Compare(a.Other.ID, b.Other.ID),
		strings.Compare(a.Other.Key, b.Other.Key),
	)
}

// keysOf returns every key that the issue has had, sorted. What is longer than
// any key of Jira's is none.
func keysOf(i *flow.Issue) []string {
	var keys []string
	add := func(key string) {
		if key != "" && len(key) <= maxNameLength {
			keys = append(keys, key)
		}
	}
	add(i.Now.Key)
	for n := range i.Changes {
		if c := &i.Changes[n]; c.Field == flow.FieldKey {
			add(c.From.Name)
			add(c.To.Name)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
