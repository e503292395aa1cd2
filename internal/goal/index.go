package goal

import (
	"fmt"
	"slices"
	"strings"

	"plumbline/internal/flow"
)

// Index finds which issue belongs to which goal, and when. It is given every
// issue (Put), in any order, and then asked for the members (Members). From
// then on it can be given issues anew, and asked what that changes (Renew).
//
// An issue belongs to a goal while one of the goal's selectors claims it and
// none of its exclusions does; to a goal with goals below it, also while it
// belongs to one of those.
//
// It keeps times to the millisecond, as Jira gives them. An Index is for one
// goroutine at a time.
type Index struct {
	goals     []Goal
	chains    [][]int // of each goal: itself and those above it, the nearest first
	families  [][]int // of each goal: itself and those below it, the nearest first
	selectors []selector
	byEpic    map[string][]int // key → selectors and exclusions rooted there
	byVersion map[string][]int // version name
	byLabel   map[string][]int
	byJQL     map[string][]int
	matched   map[siteIssue][]match // what JQLs were seen to match
	asked     map[string]askedJQL
	catalogs  map[string]*flow.Catalog
	named     map[string][]VersionRef // the versions that goals name
	follows   flow.FieldSet           // what it takes to know where an issue belongs

	nodes  nodes
	refs   refs
	rooted map[string][]uint32 // the nodes that ever had a key that is declared
	told   bool                // Members has been asked for
	given  map[issueAt]facts   // what was given since then
	reader reader
	rooms  [2]room           // for an issue, and for its parent
	texts  map[string]string // each text that says by which selectors, once
}

// selector is one line of a goal's work.
type selector struct {
	goal    int // the goal that declares it
	via     string
	key     string // epics and exclusions
	jql     string
	project string // versions and labels; empty for any
	exclude bool
	alone   []int // its own number
}

type siteIssue struct {
	site string
	id   flow.IssueID
}

// match is a stretch during which the JQL of a selector matches an issue.
type match struct {
	selector int
	flow.Match
}

// askedJQL is what became of asking for a JQL.
type askedJQL struct {
	answered bool   // by some site
	refused  string // by a site; the site and its words
}

// NewIndex returns an empty index for the goals. catalogs are by site name;
// matched is what is known of which issues the goals' JQLs match, which Jira
// alone can tell. An index does not follow when these change: that takes a new
// one.
func NewIndex(goals []Goal, catalogs map[string]*flow.Catalog, matched []flow.Matching) *Index {
	x := &Index{
		goals: goals, catalogs: catalogs,
		byEpic: map[string][]int{}, byVersion: map[string][]int{}, byLabel: map[string][]int{}, byJQL: map[string][]int{},
		matched: map[siteIssue][]match{}, asked: map[string]askedJQL{}, named: map[string][]VersionRef{},
		nodes: newNodes(), refs: newRefs(), rooted: map[string][]uint32{}, given: map[issueAt]facts{}, texts: map[string]string{},
	}
	x.relate()
	for g := range goals {
		w := &goals[g].Work
		for _, key := range w.Epics {
			x.declare(x.byEpic, key, selector{goal: g, key: key, via: "epic " + key})
		}
		for _, key := range w.Exclude {
			x.declare(x.byEpic, key, selector{goal: g, key: key, exclude: true, via: "excluded by " + key})
		}
		for _, v := range w.FixVersions {
			x.declare(x.byVersion, v.Name, selector{goal: g, project: v.Project, via: "fix version " + v.String()})
		}
		for _, l := range w.Labels {
			x.declare(x.byLabel, l.Name, selector{goal: g, project: l.Project, via: "label " + l.String()})
		}
		if w.JQL != "" {
			x.declare(x.byJQL, w.JQL, selector{goal: g, jql: w.JQL})
		}
	}
	x.follows = 1<<flow.FieldKey | 1<<flow.FieldType | 1<<flow.FieldParent | 1<<flow.FieldEpic
	if len(x.byVersion) > 0 {
		x.follows |= 1 << flow.FieldFixVersion
		x.name()
	}
	if len(x.byLabel) > 0 {
		x.follows |= 1 << flow.FieldLabels
	}
	for k := range matched {
		x.match(&matched[k])
	}
	return x
}

// relate sets which goals are above and below which.
func (x *Index) relate() {
	place := make(map[string]int, len(x.goals))
	for g := range x.goals {
		place[x.goals[g].ID] = g
	}
	below := make([][]int, len(x.goals))
	x.chains, x.families = make([][]int, len(x.goals)), make([][]int, len(x.goals))
	for g := range x.goals {
		x.chains[g] = []int{g}
		for above, ok := place[x.goals[g].Parent]; ok && !slices.Contains(x.chains[g], above); above, ok = place[x.goals[above].Parent] {
			x.chains[g] = append(x.chains[g], above)
		}
		if len(x.chains[g]) > 1 {
			above := x.chains[g][1]
			below[above] = append(below[above], g)
		}
	}
	for g := range x.goals {
		family := []int{g}
		for k := 0; k < len(family); k++ {
			for _, f := range below[family[k]] {
				if !slices.Contains(family, f) {
					family = append(family, f)
				}
			}
		}
		x.families[g] = family
	}
}

// match takes in which issues a site has seen a JQL match.
func (x *Index) match(m *flow.Matching) {
	asked := x.asked[m.JQL]
	if m.Refused != "" {
		asked.refused = m.Site + ": " + m.Refused
	}
	asked.answered = asked.answered || m.Refused == "" || len(m.Matches) > 0
	x.asked[m.JQL] = asked
	for _, s := range x.byJQL[m.JQL] {
		for _, one := range m.Matches {
			at := siteIssue{m.Site, one.ID}
			x.matched[at] = append(x.matched[at], match{selector: s, Match: one})
		}
	}
}

// Expect makes room for so many issues. It saves time, and changes nothing else.
func (x *Index) Expect(issues int) { x.nodes.expect(issues) }

// String returns "PAY 3.2", or the name alone where any project will do.
func (p InProject) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s", p.Project, p.Name))
}

func (x *Index) declare(by map[string][]int, name string, s selector) {
	n := len(x.selectors)
	s.alone = []int{n}
	by[name] = append(by[name], n)
	x.selectors = append(x.selectors, s)
}

// Put takes an issue in: one that is new, or one that was taken in before and
// has changed.
func (x *Index) Put(t *flow.Timeline) {
	f := x.read(t)
	at := x.at(&f)
	n, known := x.nodes.find(at)
	switch {
	case known && x.same(n, &f):
		delete(x.given, at)
	case x.told:
		x.given[at] = f
	case known:
		x.replace(n, f)
	default:
		x.insert(f)
	}
}
