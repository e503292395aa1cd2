package goal

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// mostLevels is how many levels of issues are followed upwards. Jira has a
// dozen at most, and allows no cycle; histories put together from several
// fields can show one.
const mostLevels = 64

// membership is when an issue belongs to a goal, and by which selectors.
type membership struct {
	goal    int
	spans   flow.Spans
	via     []int
	covered flow.Spans // while it is a sub-task whose parent counts
}

// room is what working out an issue's memberships needs; it is used again and
// again.
type room struct {
	held   []heldStretch
	claims []claim
	all    []membership
}

// heldStretch is a stretch of time during which a selector holds.
type heldStretch struct {
	stretch
	selector int
}

// shares appends what the node is to each goal, in the order of the goals.
//
// The leaf rule (MEASURES §1): what counts are stories and tasks; a sub-task
// counts only while its parent does not, so that nothing is counted twice.
// Epics and everything above them, and the issues that the goal maps as its
// containers, never count themselves.
func (x *Index) shares(out []Belonging, n uint32) []Belonging {
	w := &x.rooms[0]
	x.memberships(w, n)
	mapping := x.mapping(n)
	if len(w.all) == 0 && len(mapping) == 0 {
		return out
	}
	x.cover(w, n)
	first, ref := len(out), x.ref(n)
	for k := range w.all {
		m := &w.all[k]
		if slices.Contains(mapping, m.goal) {
			continue
		}
		b := Belonging{Goal: m.goal}
		in := x.asWork(n, m.spans).Less(m.covered)
		via := x.via(n, m.via)
		if len(in) > 0 {
			b.Leaf = Leaf{IssueRef: ref, In: in, Via: via, Approximate: x.byJQLAlone(m.via), Under: x.under(m.goal, w.claims)}
		}
		if rest := m.spans.Less(in); len(rest) > 0 {
			b.Other = Leaf{IssueRef: ref, In: rest, Via: via}
		}
		out = append(out, b)
	}
	for _, g := range mapping {
		out = append(out, Belonging{Goal: g, Other: Leaf{IssueRef: ref, In: flow.Always(), Via: "mapped itself"}})
	}
	slices.SortFunc(out[first:], func(a, b Belonging) int { return a.Goal - b.Goal })
	return out
}

// mapping returns the goals that map the node as a container, or that have one
// below them which does, each once.
func (x *Index) mapping(n uint32) []int {
	var out []int
	for _, s := range x.roots(n) {
		if x.selectors[s].exclude {
			continue
		}
		for _, g := range x.chains[x.selectors[s].goal] {
			if !slices.Contains(out, g) {
				out = append(out, g)
			}
		}
	}
	return out
}

// roots returns the selectors and exclusions that name the node itself.
func (x *Index) roots(n uint32) []int {
	if !x.nodes.at(n).has(rooted) {
		return nil
	}
	return x.nodes.roots[n]
}

// claims works out what claims the node, in the order of the selectors: its
// own versions, labels and matches, and the epics and exclusions that lie
// above it, each for as long as it lay there.
func (x *Index) claims(w *room, n uint32) {
	w.held, w.claims = w.held[:0], w.claims[:0]
	x.climb(w, n, stretch{-never, never}, mostLevels)
	slices.SortFunc(w.held, func(a, b heldStretch) int {
		return cmp.Or(cmp.Compare(a.selector, b.selector), cmp.Compare(a.from, b.from))
	})
	for k := 0; k < len(w.held); {
		first := k
		for k++; k < len(w.held) && w.held[k].selector == w.held[first].selector; k++ {
		}
		w.claims = append(w.claims, claim{w.held[first].selector, united(w.held[first:k])})
	}
	if x.nodes.at(n).has(claimed) {
		w.claims = append(w.claims, x.nodes.direct[n]...)
		slices.SortFunc(w.claims, func(a, b claim) int { return a.selector - b.selector })
	}
}

// united returns the stretches, which are in order of their beginnings, as
// spans.
func united(held []heldStretch) flow.Spans {
	spans := make([]flow.Span, len(held))
	for k := range held {
		spans[k] = held[k].span()
	}
	return flow.UnionOf(spans)
}

// climb finds the selectors that name what lies above the node during the
// stretch. At any moment there is one way up.
func (x *Index) climb(w *room, n uint32, during stretch, levels int) {
	if levels == 0 {
		return
	}
	var buffer [1]aboveStretch
	for _, a := range x.above(n, &buffer) {
		p := x.refs.all[a.ref].node
		here := stretch{max(a.from, during.from), min(a.to, during.to)}
		if p == 0 || here.from >= here.to {
			continue
		}
		for _, s := range x.roots(p - 1) {
			w.held = append(w.held, heldStretch{here, s})
		}
		x.climb(w, p-1, here, levels-1)
	}
}

// above returns what ever lay directly above the node, and when.
func (x *Index) above(n uint32, buffer *[1]aboveStretch) []aboveStretch {
	node := x.nodes.at(n)
	switch {
	case node.has(lived):
		return x.nodes.lives[n].above
	case node.above == 0:
		return nil
	}
	buffer[0] = aboveStretch{stretch{node.since, never}, node.above}
	return buffer[:]
}

// memberships works out what claims the node, and to which goals that brings
// it, in the order of the goals.
func (x *Index) memberships(w *room, n uint32) {
	x.claims(w, n)
	w.all = w.all[:0]
	own := x.roots(n)
	for _, c := range w.claims {
		s := &x.selectors[c.selector]
		if s.exclude || slices.ContainsFunc(own, func(r int) bool { return x.selectors[r].exclude && x.selectors[r].goal == s.goal }) {
			continue
		}
		spans := c.spans.Less(x.excluded(s.goal, w.claims))
		if len(spans) == 0 {
			continue
		}
		for _, g := range x.chains[s.goal] {
			k := slices.IndexFunc(w.all, func(m membership) bool { return m.goal == g })
			if k < 0 {
				w.all = append(w.all, membership{goal: g, spans: spans, via: s.alone})
				continue
			}
			w.all[k].spans = w.all[k].spans.Union(spans)
			w.all[k].via = append(w.all[k].via, c.selector)
		}
	}
	slices.SortFunc(w.all, func(a, b membership) int { return a.goal - b.goal })
}

// excluded returns when the goal's exclusions hold among the claims.
func (x *Index) excluded(g int, claims []claim) flow.Spans {
	var out flow.Spans
	for _, c := range claims {
		if s := &x.selectors[c.selector]; s.exclude && s.goal == g {
			out = out.Union(c.spans)
		}
	}
	return out
}

// cover works out when the node is a sub-task whose parent counts.
func (x *Index) cover(w *room, n uint32) {
	sub := x.typed(n, isSub)
	if len(sub) == 0 {
		return
	}
	parent := &x.rooms[1]
	var buffer [1]aboveStretch
	for _, a := range x.above(n, &buffer) {
		p := x.refs.all[a.ref].node
		if p == 0 {
			continue
		}
		p--
		x.memberships(parent, p)
		mapping := x.mapping(p)
		while := sub.Intersect(flow.Spans{a.span()}).Less(x.typed(p, isSub))
		for _, m := range parent.all {
			k := slices.IndexFunc(w.all, func(o membership) bool { return o.goal == m.goal })
			if k < 0 || slices.Contains(mapping, m.goal) {
				continue
			}
			w.all[k].covered = w.all[k].covered.Union(x.asWork(p, m.spans).Intersect(while))
		}
	}
}

// asWork returns the part of the spans in which the node was of a type that is
// work.
func (x *Index) asWork(n uint32, spans flow.Spans) flow.Spans {
	if node := x.nodes.at(n); !node.has(lived) && node.has(isLeaf) && spans[0].From.UnixMilli() >= node.born {
		return spans // as most
	}
	return spans.Intersect(x.typed(n, isLeaf))
}

// typed returns when the node was work (isLeaf) or a sub-task (isSub).
func (x *Index) typed(n uint32, as traits) flow.Spans {
	node := x.nodes.at(n)
	if node.has(lived) {
		if l := x.nodes.lives[n]; l.typed && as == isLeaf {
			return spansOf(l.leaf)
		} else if l.typed {
			return spansOf(l.sub)
		}
	}
	if !node.has(as) {
		return nil
	}
	return flow.Spans{{From: instant(node.born)}}
}

func spansOf(all []stretch) flow.Spans {
	out := make(flow.Spans, len(all))
	for k, s := range all {
		out[k] = s.span()
	}
	return out
}

func (x *Index) ref(n uint32) IssueRef {
	node := x.nodes.at(n)
	return IssueRef{Site: x.nodes.names.sites[x.nodes.site(node)], ID: node.id, Key: x.nodes.names.text(node.key)}
}

// via says by which selectors the node belongs.
func (x *Index) via(n uint32, selectors []int) string {
	if len(selectors) == 1 && x.selectors[selectors[0]].jql == "" {
		return x.selectors[selectors[0]].via
	}
	var out []string
	for _, s := range selectors {
		v := x.selectors[s].via
		if x.selectors[s].jql != "" {
			v = x.viaJQL(n, s)
		}
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	text := strings.Join(out, ", ")
	if _, known := x.texts[text]; !known {
		x.texts[text] = text
	}
	return x.texts[text]
}

// viaJQL says since when the issue was seen to match, and what is taken to
// follow from that.
func (x *Index) viaJQL(n uint32, selector int) string {
	node := x.nodes.at(n)
	matches := x.matched[siteIssue{x.nodes.names.sites[x.nodes.site(node)], node.id}]
	first := matches[slices.IndexFunc(matches, func(m match) bool { return m.selector == selector })]
	v := "by JQL, seen since " + first.Seen.UTC().Format(time.DateOnly)
	if first.Backdated(instant(node.born)) {
		v += ", taken to match since its creation"
	}
	return v + " (approximate)"
}

// byJQLAlone reports whether all the selectors are JQLs.
func (x *Index) byJQLAlone(selectors []int) bool {
	return !slices.ContainsFunc(selectors, func(s int) bool { return x.selectors[s].jql == "" })
}

// under tells below which of the goal's own epics the claims put an issue, for
// goals that report by them.
func (x *Index) under(g int, claims []claim) []Under {
	if x.goals[g].Reported.From != ReportedByField {
		return nil
	}
	var out []Under
	for _, c := range claims {
		if s := &x.selectors[c.selector]; s.goal == g && s.key != "" && !s.exclude {
			out = append(out, Under{s.key, c.spans})
		}
	}
	return out
}
