package goal

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"

	"plumbline/internal/flow"
)

// Members are the issues of one goal.
type Members struct {
	Goal *Goal
	// Leaves are the issues that count, sorted by site and id.
	Leaves []Leaf
	// Others are the issues while they belong to the goal without counting:
	// sub-tasks whose parent counts, containers. Sorted by site and id.
	Others []Leaf
	// Epics are the issues that the goal and the goals below it map by key:
	// the containers whose closing ends the goal.
	Epics []Epic
	// Versions are the fix versions that they map, resolved.
	Versions []VersionRef
	// Missing are the selectors that name nothing that was ever seen.
	Missing []string
	// Unanswered says of each JQL that no site has answered why it hasn't.
	Unanswered []string
}

// IssueRef names an issue of a site.
type IssueRef struct {
	Site string
	ID   flow.IssueID
	Key  string // the present key
}

// Epic is an issue that a goal maps as a container.
type Epic struct {
	IssueRef
	// As is the key by which the goal itself maps it, which may be an older
	// one; empty where only a goal below does.
	As string
}

// VersionRef is a version of a site.
type VersionRef struct {
	Site string
	flow.Version
}

// Leaf is an issue that counts for a goal while it is in scope.
type Leaf struct {
	IssueRef
	In flow.Spans
	// Via says by which selectors the issue belongs, for people.
	Via string
	// Approximate tells that the issue belongs by JQL alone: since when, and
	// until when, is known only as exactly as Jira was asked.
	Approximate bool
	// Under says, where the goal reports by a field of its epics, below which
	// of them the issue lies and when.
	Under []Under
}

// Under is when an issue lies below one of the goal's own epics.
type Under struct {
	Epic string // its key as the goal declares it
	In   flow.Spans
}

// Belonging is what an issue is to a goal: a leaf, while it counts, and one of
// the others, while it belongs without counting. What has no time is not.
type Belonging struct {
	Goal  int // its place among the goals
	Leaf  Leaf
	Other Leaf
}

// Of returns to which goals an issue belongs, in their order, as Members and
// Renew have it.
func (x *Index) Of(site string, id flow.IssueID) []Belonging {
	number, known := x.nodes.names.bySite[site]
	if !known {
		return nil
	}
	n, known := x.nodes.find(issueAt{number, id})
	if !known {
		return nil
	}
	return x.shares(nil, n)
}

// Members returns the members of each goal, in the order of the goals.
func (x *Index) Members() []Members {
	out := x.Mapped()
	for b := range x.All() {
		m := &out[b.Goal]
		if len(b.Leaf.In) > 0 {
			m.Leaves = append(m.Leaves, b.Leaf)
		}
		if len(b.Other.In) > 0 {
			m.Others = append(m.Others, b.Other)
		}
	}
	return out
}

// Mapped returns the members of each goal without the leaves and the others,
// which All yields.
func (x *Index) Mapped() []Members {
	x.tell()
	out := make([]Members, len(x.goals))
	for g := range out {
		out[g] = x.mapped(g)
	}
	return out
}

// All yields what every issue is to every goal, in the order of the sites and
// ids and then of the goals.
func (x *Index) All() iter.Seq[*Belonging] {
	return func(yield func(*Belonging) bool) {
		x.tell()
		var all []Belonging
		for _, n := range x.inOrder() {
			all = x.shares(all[:0], n)
			for k := range all {
				if !yield(&all[k]) {
					return
				}
			}
		}
	}
}

// tell takes in all that was put. From now on Renew tells what differs.
func (x *Index) tell() {
	if x.told {
		x.Renew()
	}
	x.told = true
	x.resolve()
}

// inOrder returns all nodes by site and id.
func (x *Index) inOrder() []uint32 {
	out := make([]uint32, x.nodes.len())
	for n := range out {
		out[n] = uint32(n)
	}
	slices.SortFunc(out, x.compare)
	return out
}

func (x *Index) compare(a, b uint32) int {
	p, q := x.nodes.at(a), x.nodes.at(b)
	if s, t := x.nodes.site(p), x.nodes.site(q); s != t {
		return cmp.Compare(x.nodes.names.sites[s], x.nodes.names.sites[t])
	}
	return cmp.Compare(p.id, q.id)
}

// mapped returns the goal with what it and the goals below it map as a whole:
// their epics and versions.
func (x *Index) mapped(g int) Members {
	m := Members{Goal: &x.goals[g]}
	met := map[uint32]bool{}
	for _, f := range x.families[g] {
		w := &x.goals[f].Work
		for _, key := range w.Epics {
			nodes := slices.SortedFunc(slices.Values(x.rooted[key]), x.compare)
			if len(nodes) == 0 {
				m.Missing = withEach(m.Missing, "epic "+key)
			}
			for _, n := range nodes {
				if met[n] {
					continue
				}
				met[n] = true
				e := Epic{IssueRef: x.ref(n)}
				if f == g {
					e.As = key
				}
				m.Epics = append(m.Epics, e)
			}
		}
		for _, v := range w.FixVersions {
			found := x.versions(v)
			if len(found) == 0 {
				m.Missing = withEach(m.Missing, "fix version "+v.String())
			}
			m.Versions = withEach(m.Versions, found...)
		}
		if why := x.unanswered(&x.goals[f]); why != "" {
			m.Unanswered = append(m.Unanswered, why)
		}
	}
	return m
}

// withEach appends what the list does not have yet: several goals may map the
// same.
func withEach[T comparable](list []T, more ...T) []T {
	for _, x := range more {
		if !slices.Contains(list, x) {
			list = append(list, x)
		}
	}
	return list
}

// versions returns the versions of that name, of all sites.
func (x *Index) versions(of InProject) []VersionRef {
	var out []VersionRef
	for _, v := range x.named[of.Name] {
		if of.Project == "" || v.Project == of.Project {
			out = append(out, v)
		}
	}
	return out
}

// name finds the versions of all sites that goals name, by site and id.
func (x *Index) name() {
	for _, site := range sortedKeys(x.catalogs) {
		if x.catalogs[site] == nil {
			continue
		}
		versions := x.catalogs[site].Versions
		for _, id := range sortedKeys(versions) {
			if name := versions[id].Name; len(x.byVersion[name]) > 0 {
				x.named[name] = append(x.named[name], VersionRef{site, versions[id]})
			}
		}
	}
}

// unanswered says why no site has answered the goal's JQL; "" where one has.
func (x *Index) unanswered(g *Goal) string {
	switch asked := x.asked[g.Work.JQL]; {
	case g.Work.JQL == "" || asked.answered:
		return ""
	case asked.refused != "":
		return fmt.Sprintf("the JQL of goal %s is refused by site %s", g.ID, asked.refused)
	}
	return fmt.Sprintf("the JQL of goal %s has not been asked of any site yet", g.ID)
}

func (r IssueRef) compare(o IssueRef) int {
	return cmp.Or(cmp.Compare(r.Site, o.Site), cmp.Compare(r.ID, o.ID))
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
