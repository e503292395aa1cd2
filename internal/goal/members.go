package goal

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

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

// Members returns the members of each goal, in the order of the goals.
//
// The leaf rule (MEASURES §1): what counts are stories and tasks; a sub-task
// counts only while its parent does not, so that nothing is counted twice.
// Epics and everything above them, and the issues that the goal maps as its
// containers, never count themselves.
func (x *Index) Members() []Members {
	r := &resolver{Index: x, below: make([][]claim, len(x.nodes)), state: make([]visit, len(x.nodes))}
	own := make([]map[int]membership, len(x.goals))
	for g := range own {
		own[g] = map[int]membership{}
	}
	for n := range x.nodes {
		r.claim(n, own)
	}
	out := make([]Members, len(x.goals))
	for g := range x.goals {
		out[g] = r.members(g, own)
	}
	return out
}

// membership is when an issue belongs to a goal, and by which selectors.
type membership struct {
	spans flow.Spans
	via   []int
}

type resolver struct {
	*Index
	below [][]claim // by node: what its ancestors' selectors claim
	state []visit
}

type visit uint8

const (
	unseen visit = iota
	onTheWay
	known
)

// claim works out to which goals' own selections the node belongs.
func (r *resolver) claim(n int, own []map[int]membership) {
	node := &r.nodes[n]
	claims := slices.Concat(node.direct, r.above(n))
	excluded := map[int]flow.Spans{}
	for _, c := range claims {
		if s := &r.selectors[c.selector]; s.exclude {
			excluded[s.goal] = excluded[s.goal].Union(c.spans)
		}
	}
	for _, s := range node.roots {
		if r.selectors[s].exclude {
			excluded[r.selectors[s].goal] = flow.Always()
		}
	}
	for _, c := range claims {
		s := &r.selectors[c.selector]
		if s.exclude {
			continue
		}
		if spans := c.spans.Less(excluded[s.goal]); len(spans) > 0 {
			m := own[s.goal][n]
			own[s.goal][n] = membership{m.spans.Union(spans), append(m.via, c.selector)}
		}
	}
}

// above returns the claims on a node of every epic or exclusion that lies
// above it, each for as long as it lay there. Jira allows no cycle, but
// histories put together from several fields can show one: it is cut where it
// closes.
func (r *resolver) above(n int) []claim {
	switch r.state[n] {
	case known:
		return r.below[n]
	case onTheWay:
		return nil
	}
	r.state[n] = onTheWay
	claims := map[int]flow.Spans{}
	for _, a := range r.nodes[n].above {
		p, ok := r.find(r.nodes[n].site, a.ref)
		if !ok {
			continue
		}
		here := flow.Spans{a.Span}
		for _, s := range r.nodes[p].roots {
			claims[s] = claims[s].Union(here)
		}
		for _, c := range r.above(p) {
			claims[c.selector] = claims[c.selector].Union(c.spans.Intersect(here))
		}
	}
	for s, spans := range claims {
		if len(spans) > 0 {
			r.below[n] = append(r.below[n], claim{s, spans})
		}
	}
	slices.SortFunc(r.below[n], func(a, b claim) int { return a.selector - b.selector })
	r.state[n] = known
	return r.below[n]
}

// find resolves a reference: by id, else by any key the issue has ever had.
func (x *Index) find(site string, ref flow.Ref) (int, bool) {
	if n, ok := x.byID[issueAt{site, ref.ID}]; ok && ref.ID != 0 {
		return n, true
	}
	for _, n := range x.byKey[ref.Key] {
		if x.nodes[n].site == site {
			return n, true
		}
	}
	return 0, false
}

func (r *resolver) members(g int, own []map[int]membership) Members {
	family := r.family(g)
	all := map[int]membership{}
	containers := map[int]bool{}
	m := Members{Goal: &r.goals[g]}
	for _, f := range family {
		for n, mine := range own[f] {
			a := all[n]
			a.spans = a.spans.Union(mine.spans)
			a.via = append(a.via, mine.via...)
			all[n] = a
		}
		r.containers(f, &m, containers)
	}
	counted := func(n int) flow.Spans {
		if containers[n] {
			return nil
		}
		return all[n].spans.Intersect(r.nodes[n].leaf)
	}
	for n := range all {
		in := counted(n).Less(r.coveredByParent(n, counted))
		if len(in) > 0 {
			m.Leaves = append(m.Leaves, Leaf{
				IssueRef: r.ref(n), In: in, Via: r.via(n, all[n].via), Approximate: r.byJQLAlone(all[n].via), Under: r.under(g, n),
			})
		}
		if rest := all[n].spans.Less(in); len(rest) > 0 && !containers[n] {
			m.Others = append(m.Others, Leaf{IssueRef: r.ref(n), In: rest, Via: r.via(n, all[n].via)})
		}
	}
	for n := range containers {
		m.Others = append(m.Others, Leaf{IssueRef: r.ref(n), In: flow.Always(), Via: "mapped itself"})
	}
	byIssue := func(a, b Leaf) int { return a.compare(b.IssueRef) }
	slices.SortFunc(m.Leaves, byIssue)
	slices.SortFunc(m.Others, byIssue)
	return m
}

// coveredByParent returns when the node is a sub-task whose parent counts.
func (r *resolver) coveredByParent(n int, counted func(int) flow.Spans) flow.Spans {
	node := &r.nodes[n]
	if len(node.sub) == 0 {
		return nil
	}
	var out flow.Spans
	for _, a := range node.above {
		p, ok := r.find(node.site, a.ref)
		if !ok {
			continue
		}
		parent := counted(p).Less(r.nodes[p].sub)
		out = out.Union(parent.Intersect(node.sub).Intersect(flow.Spans{a.Span}))
	}
	return out
}

// family returns the goal and all goals below it.
func (x *Index) family(g int) []int {
	out := []int{g}
	for k := 0; k < len(out); k++ {
		for c := range x.goals {
			if x.goals[c].Parent == x.goals[out[k]].ID && !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// containers adds what the goal f maps as a whole: its epics and versions.
func (r *resolver) containers(f int, m *Members, nodes map[int]bool) {
	w := &r.goals[f].Work
	for _, key := range w.Epics {
		if len(r.byKey[key]) == 0 {
			m.Missing = append(m.Missing, "epic "+key)
		}
		for _, n := range r.byKey[key] {
			if !nodes[n] {
				nodes[n] = true
				e := Epic{IssueRef: r.ref(n)}
				if &r.goals[f] == m.Goal {
					e.As = key
				}
				m.Epics = append(m.Epics, e)
			}
		}
	}
	for _, v := range w.FixVersions {
		found := false
		for _, site := range sortedKeys(r.catalogs) {
			for _, id := range sortedKeys(r.catalogs[site].Versions) {
				version := r.catalogs[site].Versions[id]
				if version.Name != v.Name || v.Project != "" && version.Project != v.Project {
					continue
				}
				found = true
				m.Versions = append(m.Versions, VersionRef{site, version})
			}
		}
		if !found {
			m.Missing = append(m.Missing, "fix version "+v.String())
		}
	}
	switch asked := r.asked[w.JQL]; {
	case w.JQL == "", asked.answered:
	case asked.refused != "":
		m.Unanswered = append(m.Unanswered, fmt.Sprintf("the JQL of goal %s is refused by site %s", r.goals[f].ID, asked.refused))
	default:
		m.Unanswered = append(m.Unanswered, fmt.Sprintf("the JQL of goal %s has not been asked of any site yet", r.goals[f].ID))
	}
}

func (r *resolver) ref(n int) IssueRef {
	return IssueRef{Site: r.nodes[n].site, ID: r.nodes[n].id, Key: r.nodes[n].key}
}

func (r *resolver) via(n int, selectors []int) string {
	var out []string
	for _, s := range selectors {
		v := r.selectors[s].via
		if r.selectors[s].jql != "" {
			v = r.viaJQL(n, s)
		}
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// under tells below which of the goal's own epics the node lies, for goals
// that report by them.
func (r *resolver) under(g, n int) []Under {
	if r.goals[g].Reported.From != ReportedByField {
		return nil
	}
	var out []Under
	for _, c := range r.above(n) {
		if s := &r.selectors[c.selector]; s.goal == g && s.key != "" && !s.exclude {
			out = append(out, Under{s.key, c.spans})
		}
	}
	return out
}

// viaJQL says since when the issue was seen to match, and what is taken to
// follow from that.
func (r *resolver) viaJQL(n, selector int) string {
	matches := r.matched[r.nodes[n].issueAt]
	first := matches[slices.IndexFunc(matches, func(m match) bool { return m.selector == selector })]
	v := "by JQL, seen since " + first.Seen.UTC().Format(time.DateOnly)
	if first.backdated {
		v += ", taken to match since its creation"
	}
	return v + " (approximate)"
}

// byJQLAlone reports whether all the selectors are JQLs.
func (r *resolver) byJQLAlone(selectors []int) bool {
	return !slices.ContainsFunc(selectors, func(s int) bool { return r.selectors[s].jql == "" })
}

func (r IssueRef) compare(o IssueRef) int {
	return cmp.Or(cmp.Compare(r.Site, o.Site), cmp.Compare(r.ID, o.ID))
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
