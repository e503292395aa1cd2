package measure

import (
	"maps"
	"slices"

	"plumbline/internal/flow"
)

// hold is a link by which a leaf is blocked, while both it and the blocker's
// being open last.
type hold struct {
	leaf   int32
	by     string // the blocker's present key
	in     flow.Spans
	far    flow.Spans // the part in which the blocker was in another project
	tended flow.Spans // the part of far in which it was assigned to somebody
}

// blockers finds what leaves wait for by their links "is blocked by". The
// blocker can be any issue of the site: the first pass learns which keys are
// named, the second when those issues were open.
type blockers struct {
	named map[keyAt]bool
	open  map[keyAt]openLife
	links []blockedBy
}

// openLife is a blocker's present key and when it was open.
type openLife struct {
	id     flow.IssueID
	key    string
	in     flow.Spans
	was    []whereabouts
	tended flow.Spans // while it was assigned to somebody
}

// lifeOf is what is kept of an issue as a blocker.
func lifeOf(t *flow.Timeline, s *Settings) openLife {
	l := openLife{id: t.Issue.ID, key: lasting(t.Issue.Now.Key), in: openOf(t, s), was: projectsOf(t)}
	for span, st := range t.SpansOf(1 << flow.FieldAssignee) {
		if st.Assignee != 0 {
			l.tended = l.tended.Append(span)
		}
	}
	return l
}

// same reports whether whoever waits for the issue waits as before.
func (l openLife) same(o openLife) bool {
	return l.id == o.id && l.key == o.key && sameSpans(l.in, o.in) && sameSpans(l.tended, o.tended) && slices.EqualFunc(l.was, o.was, whereabouts.same)
}

// openOf returns when the issue was open.
func openOf(t *flow.Timeline, s *Settings) flow.Spans {
	return spansOf(t, func(st *flow.State) bool { return s.Semantics.Outcome(st) == flow.Open })
}

// or chooses whom a key means that several issues had, where a project's key
// was given away anew: the one that has it now, else the youngest.
func (l openLife) or(o openLife, key string) openLife {
	switch {
	case l.id == 0, o.key == key && l.key != key, (o.key == key) == (l.key == key) && o.id > l.id:
		return o
	}
	return l
}

type blockedBy struct {
	place
	other keyAt
	flow.Span
	was []whereabouts // where the leaf was
}

// whereabouts are when an issue was in a project.
type whereabouts struct {
	flow.Span
	id string
}

func (w whereabouts) same(o whereabouts) bool {
	return w.id == o.id && w.From.Equal(o.From) && w.To.Equal(o.To)
}

// projectsOf lists the projects that an issue has been in, in order.
func projectsOf(t *flow.Timeline) []whereabouts {
	var out []whereabouts
	for span, st := range t.SpansOf(1 << flow.FieldProject) {
		if k := len(out) - 1; k >= 0 && out[k].id == st.Project.ID {
			out[k].To = span.To
			continue
		}
		out = append(out, whereabouts{span, st.Project.ID})
	}
	return out
}

// apartFrom returns when two issues were in projects of their own.
func apartFrom(a, b []whereabouts) flow.Spans {
	var out []flow.Span
	for _, x := range a {
		for _, y := range b {
			if both, ok := x.Intersect(y.Span); ok && x.id != y.id {
				out = append(out, both)
			}
		}
	}
	return flow.UnionOf(out)
}

func newBlockers() *blockers {
	return &blockers{named: map[keyAt]bool{}, open: map[keyAt]openLife{}}
}

// meet takes an issue of the first pass.
func (b *blockers) meet(t *flow.Timeline) {
	eachBlocker(t, func(key string, _ flow.Span) {
		if at := (keyAt{t.Issue.Site, key}); !b.named[at] {
			b.named[keyAt{t.Issue.Site, lasting(key)}] = true
		}
	})
}

// lives takes every issue of the second pass.
func (b *blockers) lives(t *flow.Timeline, s *Settings) {
	as := b.namedAs(t)
	if len(as) == 0 {
		return
	}
	life := lifeOf(t, s)
	for _, at := range as {
		b.open[at] = b.open[at].or(life, at.key)
	}
}

// namedAs returns the keys, present and past, under which links name the issue.
func (b *blockers) namedAs(t *flow.Timeline) []keyAt {
	var as []keyAt
	i := t.Issue
	add := func(key string) {
		if at := (keyAt{i.Site, key}); b.named[at] {
			as = append(as, keyAt{i.Site, lasting(key)})
		}
	}
	add(i.Now.Key)
	if !t.Touched(1 << flow.FieldKey) {
		return as
	}
	for k := range i.Changes {
		if c := &i.Changes[k]; c.Field == flow.FieldKey {
			add(c.From.Name)
		}
	}
	return as
}

// watch takes a leaf of the second pass.
func (b *blockers) watch(t *flow.Timeline, leaves []place) {
	var was []whereabouts
	eachBlocker(t, func(key string, span flow.Span) {
		if was == nil {
			was = projectsOf(t)
		}
		for _, p := range leaves {
			b.links = append(b.links, blockedBy{p, keyAt{t.Issue.Site, lasting(key)}, span, was})
		}
	})
}

// join writes the holds into the ledgers.
func (b *blockers) join(ledgers []ledger) {
	for _, x := range b.links {
		other, ok := b.open[x.other]
		if !ok {
			continue // it was never seen: nothing is known of it
		}
		if in := other.in.Intersect(flow.Spans{x.Span}); len(in) > 0 {
			l := &ledgers[x.ledger]
			far := in.Intersect(apartFrom(x.was, other.was))
			l.holds = append(l.holds, hold{int32(x.index), other.key, in, far, far.Intersect(other.tended)})
		}
	}
}

// eachBlocker yields the issues that a link said to block this one, in the order
// of their keys, and from when until when.
func eachBlocker(t *flow.Timeline, f func(key string, span flow.Span)) {
	if !linked(t) {
		return
	}
	held := heldBy(t.Issue)
	for _, key := range slices.Sorted(maps.Keys(held)) {
		for _, span := range held[key] {
			f(key, span)
		}
	}
}
