package jirasim

import "slices"

// Double is a line of a dump that holds an issue whose id or key another line
// has too: whoever puts a dump together from several answers gets what changed
// in between twice.
type Double struct {
	Key  string // as the line that is left out has it
	Line int    // the one that is left out, from 1
	For  int    // the one that is taken
}

// Doubles returns the lines of the dump that are left out for others of the
// same id or key, in the order in which that was seen.
func (w *World) Doubles() []Double { return slices.Clone(w.doubles) }

// take gives the issue of line n its place in the world, unless a later state
// of it has that already.
func (l *loader) take(n int, i *issue) {
	var before []*issue
	for _, other := range []*issue{l.world.byID[i.id], l.world.byKey[i.key]} {
		if other != nil && !slices.Contains(before, other) {
			before = append(before, other)
		}
	}
	for _, other := range before {
		if other.supersedes(i) {
			l.world.doubles = append(l.world.doubles, Double{Key: i.key, Line: n, For: l.line[other.id]})
			return
		}
	}
	for _, other := range before {
		l.world.doubles = append(l.world.doubles, Double{Key: other.key, Line: l.line[other.id], For: n})
		delete(l.world.byID, other.id)
		delete(l.world.byKey, other.key)
		delete(l.line, other.id)
	}
	l.world.byID[i.id], l.world.byKey[i.key], l.line[i.id] = i, i, n
}

// supersedes reports whether an issue is a later state than one of a line
// further down: by when they were updated, else it is not.
func (i *issue) supersedes(below *issue) bool {
	return i.updated != 0 && below.updated != 0 && i.updated > below.updated
}
