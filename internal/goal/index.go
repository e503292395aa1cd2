package goal

import (
	"fmt"
	"slices"
	"strings"

	"plumbline/internal/flow"
)

// Index finds which issue belongs to which goal, and when. It is given every
// issue once (Add), in any order, and then asked for the members (Members).
//
// An issue belongs to a goal while one of the goal's selectors claims it and
// none of its exclusions does; to a goal with goals below it, also while it
// belongs to one of those.
type Index struct {
	goals     []Goal
	selectors []selector
	byEpic    map[string][]int // key → selectors and exclusions rooted there
	byVersion map[string][]int // version name
	byLabel   map[string][]int
	byJQL     map[string][]int
	matched   map[issueAt][]match // what JQLs were seen to match
	asked     map[string]askedJQL
	catalogs  map[string]*flow.Catalog
	nodes     []node
	byID      map[issueAt]int
	byKey     map[string][]int // every key that an issue has ever had
}

// selector is one line of a goal's work.
type selector struct {
	goal    int // the goal that declares it
	via     string
	key     string // epics and exclusions
	jql     string
	project string // versions and labels; empty for any
	exclude bool
}

type issueAt struct {
	site string
	id   flow.IssueID
}

// node is what the index keeps of an issue.
type node struct {
	issueAt
	key    string
	above  []aboveSpan
	leaf   flow.Spans // while of a type that is work: not an epic or above
	sub    flow.Spans // while a sub-task
	direct []claim    // by version, label and JQL
	roots  []int      // selectors and exclusions that name this very issue
}

type aboveSpan struct {
	flow.Span
	ref flow.Ref
}

// claim is the time during which a selector holds for an issue.
type claim struct {
	selector int
	spans    flow.Spans
}

// match is a stretch during which the JQL of a selector matches an issue.
type match struct {
	selector int
	flow.Match
	backdated bool // to the issue's creation
}

// askedJQL is what became of asking for a JQL.
type askedJQL struct {
	answered bool   // by some site
	refused  string // by a site; the site and its words
}

// NewIndex returns an empty index for the goals. catalogs are by site name;
// matched is what is known of which issues the goals' JQLs match, which Jira
// alone can tell.
func NewIndex(goals []Goal, catalogs map[string]*flow.Catalog, matched []flow.Matching) *Index {
	x := &Index{
		goals: goals, catalogs: catalogs,
		byEpic: map[string][]int{}, byVersion: map[string][]int{}, byLabel: map[string][]int{}, byJQL: map[string][]int{},
		matched: map[issueAt][]match{}, asked: map[string]askedJQL{},
		byID: map[issueAt]int{}, byKey: map[string][]int{},
	}
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
	for k := range matched {
		x.match(&matched[k])
	}
	return x
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
			at := issueAt{m.Site, one.ID}
			x.matched[at] = append(x.matched[at], match{selector: s, Match: one})
		}
	}
}

// Expect makes room for so many issues. It saves time, and changes nothing else.
func (x *Index) Expect(issues int) {
	x.nodes = slices.Grow(x.nodes, issues)
	if len(x.nodes) == 0 {
		x.byID, x.byKey = make(map[issueAt]int, issues), make(map[string][]int, issues)
	}
}

// String returns "PAY 3.2", or the name alone where any project will do.
func (p InProject) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s", p.Project, p.Name))
}

func (x *Index) declare(by map[string][]int, name string, s selector) {
	by[name] = append(by[name], len(x.selectors))
	x.selectors = append(x.selectors, s)
}

// Add takes an issue in.
func (x *Index) Add(t *flow.Timeline) {
	i := t.Issue
	at := issueAt{i.Site, i.ID}
	if _, twice := x.byID[at]; twice {
		return
	}
	// Keys are copied: they are parts of texts that need not be held on to.
	n := node{issueAt: at, key: strings.Clone(i.Now.Key)}
	claims := map[int]flow.Spans{}
	var keys []string
	for span, st := range t.Spans() {
		n.follow(span, st)
		if !slices.Contains(keys, st.Key) {
			keys = append(keys, strings.Clone(st.Key))
		}
		for _, s := range x.claimedBy(t, st) {
			claims[s] = claims[s].Append(span)
		}
	}
	for k := range x.matched[at] {
		m := &x.matched[at][k]
		m.backdated = m.Backdated(i.Created)
		if span := m.Span(i.Created); span.To.IsZero() || span.From.Before(span.To) {
			claims[m.selector] = claims[m.selector].Union(flow.Spans{span})
		}
	}
	for s, spans := range claims {
		n.direct = append(n.direct, claim{s, spans})
	}
	slices.SortFunc(n.direct, func(a, b claim) int { return a.selector - b.selector })
	for _, key := range keys {
		x.byKey[key] = append(x.byKey[key], len(x.nodes))
		n.roots = append(n.roots, x.byEpic[key]...)
	}
	x.byID[at] = len(x.nodes)
	x.nodes = append(x.nodes, n)
}

// follow extends what the node keeps by one stretch of the issue's life.
func (n *node) follow(span flow.Span, st *flow.State) {
	if !st.Type.Container() {
		n.leaf = n.leaf.Append(span)
	}
	if st.Type.Subtask() {
		n.sub = n.sub.Append(span)
	}
	ref := st.Above()
	if ref.IsZero() {
		return
	}
	if k := len(n.above) - 1; k >= 0 && n.above[k].ref.Is(ref) && n.above[k].To.Equal(span.From) {
		n.above[k].To = span.To
		return
	}
	ref.Key = strings.Clone(ref.Key)
	n.above = append(n.above, aboveSpan{span, ref})
}

// claimedBy returns the version and label selectors that hold for a state,
// each once.
func (x *Index) claimedBy(t *flow.Timeline, st *flow.State) []int {
	var out []int
	match := func(selectors []int) {
		for _, s := range selectors {
			if p := x.selectors[s].project; (p == "" || p == st.Project.Name) && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	for _, id := range st.FixVersions {
		match(x.byVersion[x.versionName(t, id)])
	}
	for _, l := range st.Labels {
		match(x.byLabel[l])
	}
	return out
}

// versionName returns a version's name as the site has it now; that of a
// version which no issue has any more is the last one that the changelog
// gives.
func (x *Index) versionName(t *flow.Timeline, id string) string {
	if c := x.catalogs[t.Issue.Site]; c != nil {
		if v, ok := c.Versions[id]; ok {
			return v.Name
		}
	}
	name := ""
	for _, c := range t.Issue.Changes {
		if c.Field != flow.FieldFixVersion {
			continue
		}
		if c.From.ID == id {
			name = c.From.Name
		} else if c.To.ID == id {
			name = c.To.Name
		}
	}
	return name
}
