package goal

import (
	"cmp"
	"maps"
	"slices"
)

// Renewed is how the members of a goal differ from what they were.
type Renewed struct {
	Goal int // its place among the goals
	// Leaves and Others are those that came, differ or left, by site and id.
	Leaves, Others []Difference
	// Epics and Missing are the present ones where Remapped, else they are as
	// they were.
	Remapped bool
	Epics    []Epic
	Missing  []string
}

// Difference is an issue as a leaf, or one of the others, of a goal: as it was
// and as it is. It was none, or is none any more, where it has no time (In).
type Difference struct {
	IssueRef
	Was, Is Leaf
}

// Renew takes in the issues that were put since Members, or Renew, was last
// asked, and returns the goals whose members differ since then, in the order
// of the goals. What it does is proportional to the issues that changed and to
// those below them, not to the goals.
func (x *Index) Renew() []Renewed {
	given := slices.SortedFunc(maps.Keys(x.given), func(a, b issueAt) int { return cmp.Or(cmp.Compare(a.site, b.site), cmp.Compare(a.id, b.id)) })
	concerned := x.concerned(given)
	was := make(map[uint32][]Belonging, len(concerned))
	for _, n := range concerned {
		was[n] = x.shares(nil, n)
	}
	mapping := map[int]bool{} // goals whose epics may differ
	for _, at := range given {
		f := x.given[at]
		n, known := x.nodes.find(at)
		named := !known || !x.sameKeys(n, &f)
		if named && known {
			x.remap(n, mapping)
		}
		if known {
			x.replace(n, f)
		} else {
			n = x.insert(f)
			concerned = append(concerned, n)
		}
		if named {
			x.remap(n, mapping)
		}
	}
	clear(x.given)
	x.resolve()
	slices.SortFunc(concerned, x.compare)
	d := differences{x: x, byGoal: map[int]*Renewed{}}
	for _, n := range concerned {
		d.note(n, was[n], x.shares(nil, n))
	}
	for g := range mapping {
		m, r := x.mapped(g), d.of(g)
		r.Remapped, r.Epics, r.Missing = true, m.Epics, m.Missing
	}
	out := make([]Renewed, 0, len(d.byGoal))
	for _, g := range sortedKeys(d.byGoal) {
		out = append(out, *d.byGoal[g])
	}
	return out
}

// concerned returns the nodes whose memberships may hang on the issues: they
// themselves, and whatever lies below them or will.
func (x *Index) concerned(given []issueAt) []uint32 {
	met := map[uint32]bool{}
	var out []uint32
	meet := func(nodes ...uint32) {
		for _, n := range nodes {
			if !met[n] {
				met[n] = true
				out = append(out, n)
			}
		}
	}
	var buffer [1]keyNumber
	naming := func(at issueAt, keys []keyNumber) {
		x.refs.naming(at, keys, func(r uint32) { meet(x.refs.all[r].below...) })
	}
	for _, at := range given {
		f := x.given[at]
		naming(at, f.keys(&buffer))
		if n, known := x.nodes.find(at); known {
			meet(n)
		}
	}
	for k := 0; k < len(out); k++ {
		node := x.nodes.at(out[k])
		naming(issueAt{x.nodes.site(node), node.id}, x.keys(out[k], &buffer))
	}
	return out
}

// remap notes the goals that map the node, or an exclusion of theirs does.
func (x *Index) remap(n uint32, goals map[int]bool) {
	for _, s := range x.roots(n) {
		for _, g := range x.chains[x.selectors[s].goal] {
			goals[g] = true
		}
	}
}

// differences gathers them by goal.
type differences struct {
	x      *Index
	byGoal map[int]*Renewed
}

func (d *differences) of(g int) *Renewed {
	if d.byGoal[g] == nil {
		d.byGoal[g] = &Renewed{Goal: g}
	}
	return d.byGoal[g]
}

// note sets what a node was to the goals beside what it is.
func (d *differences) note(n uint32, was, is []Belonging) {
	ref := d.x.ref(n)
	for len(was) > 0 || len(is) > 0 {
		var a, b Belonging
		switch {
		case len(is) == 0 || len(was) > 0 && was[0].Goal < is[0].Goal:
			a, b, was = was[0], Belonging{Goal: was[0].Goal}, was[1:]
		case len(was) == 0 || is[0].Goal < was[0].Goal:
			a, b, is = Belonging{Goal: is[0].Goal}, is[0], is[1:]
		default:
			a, b, was, is = was[0], is[0], was[1:], is[1:]
		}
		if !a.Leaf.same(&b.Leaf) {
			r := d.of(a.Goal)
			r.Leaves = append(r.Leaves, Difference{ref, a.Leaf, b.Leaf})
		}
		if !a.Other.same(&b.Other) {
			r := d.of(a.Goal)
			r.Others = append(r.Others, Difference{ref, a.Other, b.Other})
		}
	}
}

func (l *Leaf) same(o *Leaf) bool {
	return l.IssueRef == o.IssueRef && sameSpans(l.In, o.In) && l.Via == o.Via && l.Approximate == o.Approximate &&
		slices.EqualFunc(l.Under, o.Under, func(a, b Under) bool { return a.Epic == b.Epic && sameSpans(a.In, b.In) })
}

// Renewed returns the members with the differences taken in. m stays as it is.
func (m Members) Renewed(r *Renewed) Members {
	m.Leaves, m.Others = renewed(m.Leaves, r.Leaves), renewed(m.Others, r.Others)
	if r.Remapped {
		m.Epics, m.Missing = r.Epics, r.Missing
	}
	return m
}

// renewed returns the leaves, or others, with the differences taken in. Where
// there are none it returns the very same, else a new slice.
func renewed(leaves []Leaf, differ []Difference) []Leaf {
	if len(differ) == 0 {
		return leaves
	}
	out := make([]Leaf, 0, len(leaves)+len(differ))
	for k := range differ {
		d := &differ[k]
		at, found := slices.BinarySearchFunc(leaves, d.IssueRef, func(l Leaf, r IssueRef) int { return l.compare(r) })
		out = append(out, leaves[:at]...)
		if found {
			at++
		}
		leaves = leaves[at:]
		if len(d.Is.In) > 0 {
			out = append(out, d.Is)
		}
	}
	if out = append(out, leaves...); len(out) == 0 {
		return nil
	}
	return out
}

// insert takes in an issue that is new, and returns its node.
func (x *Index) insert(f facts) uint32 {
	n := x.nodes.add(f.node)
	x.attach(n, &f)
	return n
}

// replace takes in an issue that is known.
func (x *Index) replace(n uint32, f facts) {
	x.eachRef(n, func(r uint32) { x.refs.unlink(r, n) })
	x.loosen(n)
	for _, s := range x.nodes.roots[n] {
		key := x.selectors[s].key
		x.rooted[key] = slices.DeleteFunc(x.rooted[key], func(have uint32) bool { return have == n })
	}
	delete(x.nodes.lives, n)
	delete(x.nodes.direct, n)
	delete(x.nodes.roots, n)
	*x.nodes.at(n) = f.node
	x.attach(n, &f)
}

// attach puts the node where its facts say.
func (x *Index) attach(n uint32, f *facts) {
	if f.life != nil {
		x.nodes.lives[n] = f.life
	}
	if len(f.direct) > 0 {
		x.nodes.direct[n] = f.direct
	}
	if len(f.roots) > 0 {
		x.nodes.roots[n] = f.roots
	}
	x.eachRef(n, func(r uint32) { x.refs.link(r, n) })
	x.loosen(n)
	for _, s := range f.roots {
		if key := x.selectors[s].key; !slices.Contains(x.rooted[key], n) {
			x.rooted[key] = append(x.rooted[key], n)
		}
	}
}

// loosen lets the references that name the node be resolved anew.
func (x *Index) loosen(n uint32) {
	if !x.told {
		return // they all are
	}
	var buffer [1]keyNumber
	node := x.nodes.at(n)
	x.refs.naming(issueAt{x.nodes.site(node), node.id}, x.keys(n, &buffer), func(r uint32) {
		x.refs.loose = append(x.refs.loose, r)
	})
}

// eachRef calls fn with each reference to what ever lay above the node, once.
func (x *Index) eachRef(n uint32, fn func(r uint32)) {
	var buffer [1]aboveStretch
	above := x.above(n, &buffer)
	for k := range above {
		if !slices.ContainsFunc(above[:k], func(a aboveStretch) bool { return a.ref == above[k].ref }) {
			fn(above[k].ref)
		}
	}
}

// keys returns every key that the issue has ever had.
func (f *facts) keys(buffer *[1]keyNumber) []keyNumber {
	if f.life != nil && f.life.keys != nil {
		return f.life.keys
	}
	buffer[0] = f.key
	return buffer[:]
}

// at names the issue.
func (x *Index) at(f *facts) issueAt { return issueAt{x.nodes.site(&f.node), f.id} }

// same reports whether the facts are those that the node has.
func (x *Index) same(n uint32, f *facts) bool {
	return *x.nodes.at(n) == f.node && x.nodes.lives[n].same(f.life) &&
		slices.EqualFunc(x.nodes.direct[n], f.direct, sameClaim)
}

// sameKeys reports whether the facts tell the keys that the node has.
func (x *Index) sameKeys(n uint32, f *facts) bool {
	var have, told [1]keyNumber
	return x.nodes.at(n).key == f.key && slices.Equal(x.keys(n, &have), f.keys(&told))
}
