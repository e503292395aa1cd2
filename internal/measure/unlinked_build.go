package measure

import (
	"cmp"
	"slices"

	"plumbline/internal/flow"
)

// workBuilder finds the company's active work in one pass over the issues.
// It holds on to tallies, never to issues; but for those of which an event may
// turn out to be a bulk edit, which wait for the end.
type workBuilder struct {
	work
	b       *builder
	members func(keyAt) []place // the leaves of goals that have the key
	waiting []*leafWork
	leaf    *leafWork    // used again for every issue that does not wait
	in      []flow.Spans // by place of a leaf: while it is in the goal's scope
}

type keyAt struct{ site, key string }

type projectAt struct{ site, project string }

func (p projectAt) compare(o projectAt) int {
	return cmp.Or(cmp.Compare(p.site, o.site), cmp.Compare(p.project, o.project))
}

func newWorkBuilder() *workBuilder {
	return &workBuilder{work: work{
		linked: map[projectAt]*tallyOver{}, groups: map[groupAt]*groupTallies{},
		features: map[feature]map[int]*tallyOver{}, epics: newEpics(),
	}, leaf: &leafWork{}}
}

// meet takes an issue of the first pass.
func (w *workBuilder) meet(t *flow.Timeline) {
	if w.began.IsZero() || t.Issue.Created.Before(w.began) {
		w.began = t.Issue.Created
	}
	if t.Issue.Now.Type.Container() {
		w.epics.put(t)
	}
}

// join takes the goals' leaves, which are known once the first pass is over.
// Only those are looked for by their keys that some issue has a link to.
func (w *workBuilder) join(b *builder, m *mentions) {
	w.b = b
	byKey := map[keyAt][]place{}
	for g := range b.ledgers {
		all := &b.ledgers[g].leaves
		for k := range all.len() {
			if site, key := all.origin(k).site, all.key(k); m.has(site, key) {
				at := keyAt{site, key.String()}
				byKey[at] = append(byKey[at], place{g, k})
			}
		}
	}
	w.members = func(at keyAt) []place { return byKey[at] }
}

// add takes an issue of the second pass.
func (w *workBuilder) add(t *flow.Timeline, c *flow.Catalog) {
	l := w.leaf
	if !l.follow(t, c, &w.b.settings) {
		return
	}
	l.places = w.b.leaves.at(issueAt{t.Issue.Site, t.Issue.ID})
	l.linksTo(t, w.members)
	if slices.ContainsFunc(l.events, func(e activity) bool { return e.minute.unix != 0 && w.b.bulk.suspected(e.minute) }) {
		w.waiting, w.leaf = append(w.waiting, l), &leafWork{}
		return
	}
	w.count(l)
}

// count adds a leaf to the tallies that it belongs to.
func (w *workBuilder) count(l *leafWork) {
	active := l.active(w.b.bulk, w.b.settings.Thresholds.ActiveWithin)
	var linked flow.Spans
	w.in = w.in[:0]
	for _, p := range l.places {
		w.in = append(w.in, w.inGoal(p))
		linked = linked.Union(w.in[len(w.in)-1])
	}
	for k := range l.stretches {
		s := &l.stretches[k]
		here := flow.Spans{s.Span}
		for n, p := range l.places {
			if len(s.features) == 0 {
				break
			}
			if in := here.Intersect(w.in[n]); len(in) > 0 {
				w.goalHas(p.ledger, s, in)
			}
		}
		on := here.Intersect(active)
		if len(on) == 0 {
			continue
		}
		free := on.Less(linked)
		project := projectAt{s.site, s.project}
		if w.linked[project] == nil {
			project.project = lasting(s.project)
		}
		tallyOf(w.linked, project).add(on.Intersect(linked))
		if len(free) > 0 {
			w.group(s, free, l)
		}
	}
}

func (w *workBuilder) inGoal(p place) flow.Spans { return w.b.ledgers[p.ledger].leaves.in(p.index) }

// goalHas notes what the goal's work is like.
func (w *workBuilder) goalHas(g int, s *stretch, in flow.Spans) {
	for _, f := range s.features {
		byGoal := w.features[f]
		if byGoal == nil {
			byGoal, f.name = map[int]*tallyOver{}, lasting(f.name)
			w.features[f] = byGoal
		}
		tallyOf(byGoal, g).add(in)
	}
}

// group notes unlinked work below its epic, and what it is like.
func (w *workBuilder) group(s *stretch, free flow.Spans, l *leafWork) {
	at := groupAt{projectAt{s.site, s.project}, s.above}
	g := w.groups[at]
	if g == nil {
		at.project, at.above = lasting(at.project), lastingRef(at.above)
		g = &groupTallies{features: map[feature]*tallyOver{}, links: map[int]*tallyOver{}}
		w.groups[at] = g
	}
	g.unlinked.add(free)
	if s.usual {
		g.usual.add(free)
	}
	for _, f := range s.features {
		if g.features[f] == nil {
			f.name = lasting(f.name)
		}
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
	for _, byGoal := range w.features {
		for _, t := range byGoal {
			t.seal()
		}
	}
	for _, g := range w.groups {
		g.seal()
	}
	for _, t := range w.linked {
		t.seal()
	}
	return w.work
}

func (g *groupTallies) seal() {
	g.unlinked.seal()
	g.usual.seal()
	for _, t := range g.features {
		t.seal()
	}
	for _, t := range g.links {
		t.seal()
	}
}
