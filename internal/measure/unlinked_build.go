package measure

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// workBuilder finds the company's active work in one pass over the issues.
// It holds on to tallies, never to issues; but for those of which an event may
// turn out to be a bulk edit, which wait for the end.
type workBuilder struct {
	b          *builder
	containers map[issueAt]*container
	keys       map[keyAt]issueAt // of containers
	members    map[keyAt][]place // leaves of goals by their keys

	projects map[projectAt]*projectWork
	groups   map[groupAt]*groupTallies
	ofGoals  map[feature]map[int]*tallyOver
	waiting  []*leafWork
	began    time.Time // when the first issue was created
}

type keyAt struct{ site, key string }

type projectAt struct{ site, project string }

type groupAt struct {
	projectAt
	epic epicRef
}

type groupTallies struct {
	unlinked, usual tallyOver
	features        map[feature]*tallyOver
	links           map[int]*tallyOver // by goal
}

// container is an epic, or what is above epics.
type container struct {
	key, summary string
	above        []aboveSpan
}

type aboveSpan struct {
	flow.Span
	flow.Ref
}

func newWorkBuilder() *workBuilder {
	return &workBuilder{
		containers: map[issueAt]*container{}, keys: map[keyAt]issueAt{}, members: map[keyAt][]place{},
		projects: map[projectAt]*projectWork{}, groups: map[groupAt]*groupTallies{}, ofGoals: map[feature]map[int]*tallyOver{},
	}
}

// meet takes an issue of the first pass: containers are known before what is
// below them is looked at.
func (w *workBuilder) meet(t *flow.Timeline) {
	i := t.Issue
	if w.began.IsZero() || i.Created.Before(w.began) {
		w.began = i.Created
	}
	if !i.Now.Type.Container() {
		return
	}
	at := issueAt{i.Site, i.ID}
	c := &container{key: i.Now.Key, summary: i.Summary}
	for span, st := range t.Spans() {
		w.keys[keyAt{i.Site, st.Key}] = at
		if ref := st.Above(); !ref.IsZero() {
			c.above = append(c.above, aboveSpan{span, ref})
		}
	}
	w.containers[at] = c
}

// join takes the goals' leaves, which are known once the first pass is over.
func (w *workBuilder) join(b *builder) {
	w.b = b
	for g := range b.ledgers {
		for k := range b.ledgers[g].leaves {
			l := &b.ledgers[g].leaves[k]
			at := keyAt{l.site, l.key}
			w.members[at] = append(w.members[at], place{g, k})
		}
	}
}

// add takes an issue of the second pass.
func (w *workBuilder) add(t *flow.Timeline, c *flow.Catalog) {
	l := newLeafWork(t, c, &w.b.settings)
	if l == nil {
		return
	}
	l.places = w.b.leaves[issueAt{t.Issue.Site, t.Issue.ID}]
	l.linksTo(t, w.members)
	if slices.ContainsFunc(l.events, func(e activity) bool { return e.minute.unix != 0 && w.b.bulk.suspected(e.minute) }) {
		w.waiting = append(w.waiting, l)
		return
	}
	w.count(l)
}

// count adds a leaf to the tallies that it belongs to.
func (w *workBuilder) count(l *leafWork) {
	active := l.active(w.b.bulk, w.b.settings.Thresholds.ActiveWithin)
	var linked flow.Spans
	for _, p := range l.places {
		linked = linked.Union(w.inGoal(p))
	}
	for k := range l.stretches {
		s := &l.stretches[k]
		here := flow.Spans{s.Span}
		for _, p := range l.places {
			if in := here.Intersect(w.inGoal(p)); len(in) > 0 {
				w.goalHas(p.ledger, s, in)
			}
		}
		on := here.Intersect(active)
		if len(on) == 0 {
			continue
		}
		free := on.Less(linked)
		w.project(projectAt{s.site, s.project}).linked.add(on.Intersect(linked))
		if len(free) > 0 {
			w.group(s, free, l)
		}
	}
}

func (w *workBuilder) inGoal(p place) flow.Spans { return w.b.ledgers[p.ledger].leaves[p.index].in() }

func (w *workBuilder) project(at projectAt) *projectWork {
	p := w.projects[at]
	if p == nil {
		p = &projectWork{site: at.site, project: at.project, linked: &tallyOver{}}
		w.projects[at] = p
	}
	return p
}

// goalHas notes what the goal's work is like.
func (w *workBuilder) goalHas(g int, s *stretch, in flow.Spans) {
	for _, f := range s.features {
		byGoal := w.ofGoals[f]
		if byGoal == nil {
			byGoal = map[int]*tallyOver{}
			w.ofGoals[f] = byGoal
		}
		tallyOf(byGoal, g).add(in)
	}
}

// group notes unlinked work below its epic, and what it is like.
func (w *workBuilder) group(s *stretch, free flow.Spans, l *leafWork) {
	at := groupAt{projectAt{s.site, s.project}, w.resolve(s.site, s.above)}
	g := w.groups[at]
	if g == nil {
		g = &groupTallies{features: map[feature]*tallyOver{}, links: map[int]*tallyOver{}}
		w.groups[at] = g
	}
	g.unlinked.add(free)
	if s.usual {
		g.usual.add(free)
	}
	for _, f := range s.features {
		tallyOf(g.features, f).add(free)
	}
	byGoal := map[int]flow.Spans{}
	for _, link := range l.links {
		for _, p := range link.to {
			byGoal[p.ledger] = byGoal[p.ledger].Union(flow.Spans{link.Span}.Intersect(w.inGoal(p)))
		}
	}
	for goal, spans := range byGoal {
		if on := free.Intersect(spans); len(on) > 0 {
			tallyOf(g.links, goal).add(on)
		}
	}
}

// resolve finds the epic that a reference names, under its present key.
func (w *workBuilder) resolve(site string, ref flow.Ref) epicRef {
	at := issueAt{site, ref.ID}
	c := w.containers[at]
	if c == nil {
		at = w.keys[keyAt{site, ref.Key}]
		c = w.containers[at]
	}
	if c == nil {
		return epicRef{key: ref.Key}
	}
	return epicRef{at, c.key}
}

func tallyOf[K comparable](m map[K]*tallyOver, k K) *tallyOver {
	t := m[k]
	if t == nil {
		t = &tallyOver{}
		m[k] = t
	}
	return t
}

// finish counts what had to wait, and puts everything in order.
func (w *workBuilder) finish() work {
	for _, l := range w.waiting {
		w.count(l)
	}
	out := work{containers: w.containers, features: map[feature][]goalTally{}, began: w.began}
	for f, byGoal := range w.ofGoals {
		out.features[f] = goalTallies(byGoal)
	}
	for at, g := range w.groups {
		g.unlinked.seal()
		g.usual.seal()
		one := groupWork{site: at.site, project: at.project, epic: at.epic, unlinked: &g.unlinked, usual: &g.usual, links: goalTallies(g.links)}
		for f, t := range g.features {
			if len(out.features[f]) > 0 { // else it hints at no goal
				t.seal()
				one.features = append(one.features, featureTally{f, t})
			}
		}
		slices.SortFunc(one.features, func(a, b featureTally) int {
			return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name))
		})
		out.groups = append(out.groups, one)
	}
	slices.SortFunc(out.groups, func(a, b groupWork) int {
		return cmp.Or(cmp.Compare(a.site, b.site), cmp.Compare(a.project, b.project), cmp.Compare(a.epic.key, b.epic.key),
			cmp.Compare(a.epic.at.id, b.epic.at.id))
	})
	for k := range out.groups {
		p := w.projects[projectAt{out.groups[k].site, out.groups[k].project}]
		p.groups = append(p.groups, &out.groups[k])
	}
	for _, p := range w.projects {
		p.linked.seal()
		out.projects = append(out.projects, *p)
	}
	slices.SortFunc(out.projects, func(a, b projectWork) int {
		return cmp.Or(cmp.Compare(a.site, b.site), cmp.Compare(a.project, b.project))
	})
	return out
}

func goalTallies(byGoal map[int]*tallyOver) []goalTally {
	var out []goalTally
	for _, g := range slices.Sorted(maps.Keys(byGoal)) {
		byGoal[g].seal()
		out = append(out, goalTally{g, byGoal[g]})
	}
	return out
}
