package goal

import (
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
	goal  int
	spans flow.Spans
	via   []int
}

// shares returns what the node is to each goal, in the order of the goals.
//
// The leaf rule (MEASURES §1): what counts are stories and tasks; a sub-task
// counts only while its parent does not, so that nothing is counted twice.
// Epics and everything above them, and the issues that the goal maps as its
// containers, never count themselves.
func (x *Index) shares(n uint32) []Belonging {
	claims := x.claims(n)
	all := x.memberships(n, claims)
	mapping := x.mapping(n)
	if len(all) == 0 && len(mapping) == 0 {
		return nil
	}
	out := make([]Belonging, 0, len(all)+len(mapping))
	ref := x.ref(n)
	for k := range all {
		m := &all[k]
		if slices.Contains(mapping, m.goal) {
			continue
		}
		s := Belonging{Goal: m.goal}
		in := m.spans.Intersect(x.leaf(n)).Less(x.covered(n, m.goal))
		if len(in) > 0 {
			s.Leaf = Leaf{
				IssueRef: ref, In: in, Via: x.via(n, m.via), Approximate: x.byJQLAlone(m.via), Under: x.under(m.goal, claims),
			}
		}
		if rest := m.spans.Less(in); len(rest) > 0 {
			s.Other = Leaf{IssueRef: ref, In: rest, Via: x.via(n, m.via)}
		}
		out = append(out, s)
	}
	for _, g := range mapping {
		out = append(out, Belonging{Goal: g, Other: Leaf{IssueRef: ref, In: flow.Always(), Via: "mapped itself"}})
	}
	slices.SortFunc(out, func(a, b Belonging) int { return a.Goal - b.Goal })
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
	if !x.nodes.all[n].has(rooted) {
		return nil
	}
	var out []int
	var buffer [1]keyNumber
	for _, key := range x.keys(n, &buffer) {
		out = append(out, x.byEpic[x.nodes.names.text(key)]...)
	}
	return out
}

// claims returns what claims the node, in the order of the selectors: its own
// versions, labels and matches, and the epics and exclusions that lie above
// it, each for as long as it lay there.
func (x *Index) claims(n uint32) []claim {
	var found []claim
	x.climb(n, flow.Span{}, mostLevels, func(s int, span flow.Span) {
		k := slices.IndexFunc(found, func(c claim) bool { return c.selector == s })
		if k < 0 {
			found, k = append(found, claim{selector: s}), len(found)
		}
		found[k].spans = append(found[k].spans, span)
	})
	for k := range found {
		found[k].spans = flow.UnionOf(found[k].spans)
	}
	if x.nodes.all[n].has(claimed) {
		found = append(found, x.nodes.direct[n]...)
	}
	slices.SortFunc(found, func(a, b claim) int { return a.selector - b.selector })
	return found
}

// climb calls fn with the selectors that name what lies above the node during
// the span. At any moment there is one way up.
func (x *Index) climb(n uint32, during flow.Span, levels int, fn func(selector int, span flow.Span)) {
	if levels == 0 {
		return
	}
	x.eachAbove(n, func(p uint32, span flow.Span) {
		here, ok := span.Intersect(during)
		if !ok {
			return
		}
		for _, s := range x.roots(p) {
			fn(s, here)
		}
		x.climb(p, here, levels-1, fn)
	})
}

// eachAbove calls fn with each node that ever lay directly above the node, and
// when.
func (x *Index) eachAbove(n uint32, fn func(p uint32, span flow.Span)) {
	visit := func(r uint32, span flow.Span) {
		if p := x.refs.all[r].node; p != 0 {
			fn(p-1, span)
		}
	}
	node := &x.nodes.all[n]
	if !node.has(lived) {
		visit(node.above, flow.Span{From: instant(node.since)})
		return
	}
	for _, a := range x.nodes.lives[n].above {
		visit(a.ref, a.Span)
	}
}

// memberships works out to which goals the claims on the node bring it, in the
// order of the goals.
func (x *Index) memberships(n uint32, claims []claim) []membership {
	var out []membership
	own := x.roots(n)
	for _, c := range claims {
		s := &x.selectors[c.selector]
		if s.exclude || slices.ContainsFunc(own, func(r int) bool { return x.selectors[r].exclude && x.selectors[r].goal == s.goal }) {
			continue
		}
		spans := c.spans.Less(x.excluded(s.goal, claims))
		if len(spans) == 0 {
			continue
		}
		for _, g := range x.chains[s.goal] {
			k := slices.IndexFunc(out, func(m membership) bool { return m.goal == g })
			if k < 0 {
				out = append(out, membership{goal: g, spans: spans, via: []int{c.selector}})
				continue
			}
			out[k].spans = out[k].spans.Union(spans)
			out[k].via = append(out[k].via, c.selector)
		}
	}
	slices.SortFunc(out, func(a, b membership) int { return a.goal - b.goal })
	return out
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

// covered returns when the node is a sub-task whose parent counts for the goal.
func (x *Index) covered(n uint32, goal int) flow.Spans {
	sub := x.sub(n)
	if len(sub) == 0 {
		return nil
	}
	var out flow.Spans
	x.eachAbove(n, func(p uint32, span flow.Span) {
		if slices.Contains(x.mapping(p), goal) {
			return
		}
		for _, m := range x.memberships(p, x.claims(p)) {
			if m.goal == goal {
				counts := m.spans.Intersect(x.leaf(p)).Less(x.sub(p))
				out = out.Union(counts.Intersect(sub).Intersect(flow.Spans{span}))
			}
		}
	})
	return out
}

// leaf returns when the node was of a type that is work.
func (x *Index) leaf(n uint32) flow.Spans {
	if node := &x.nodes.all[n]; !node.has(lived) {
		return node.lifeIf(isLeaf)
	}
	return x.nodes.lives[n].leaf
}

// sub returns when the node was a sub-task.
func (x *Index) sub(n uint32) flow.Spans {
	if node := &x.nodes.all[n]; !node.has(lived) {
		return node.lifeIf(isSub)
	}
	return x.nodes.lives[n].sub
}

func (n *node) lifeIf(t traits) flow.Spans {
	if !n.has(t) {
		return nil
	}
	return flow.Spans{{From: instant(n.born)}}
}

func (x *Index) ref(n uint32) IssueRef {
	node := &x.nodes.all[n]
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
	node := &x.nodes.all[n]
	matches := x.matched[siteIssue{x.nodes.names.sites[x.nodes.site(node)], node.id}]
	first := matches[slices.IndexFunc(matches, func(m match) bool { return m.selector == selector })]
	v := "by JQL, seen since " + first.Seen.UTC().Format(time.DateOnly)
	born := instant(node.born)
	if node.has(lived) {
		born = x.nodes.lives[n].born
	}
	if first.Backdated(born) {
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
