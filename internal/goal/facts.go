package goal

import (
	"math"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// facts are all that the index takes from an issue's life.
type facts struct {
	node
	life   *life   // nil where the node says it all
	direct []claim // by version, label and JQL
	roots  []int
}

// life is what a node has no room for: of an issue that was at several places,
// changed its type or its key, or is gone.
type life struct {
	above []aboveStretch
	keys  []keyNumber // all that it ever had; nil where it had the present one alone
	typed bool        // leaf and sub tell its types, not the node's traits
	leaf  []stretch   // while of a type that is work: not an epic or above
	sub   []stretch   // while a sub-task
}

// stretch is a flow.Span in ms since 1970; one without an end goes on until
// never.
type stretch struct{ from, to int64 }

const never = math.MaxInt64

type aboveStretch struct {
	stretch
	ref uint32
}

func (s stretch) span() flow.Span {
	if s.to == never {
		return flow.Span{From: instant(s.from)}
	}
	return flow.Span{From: instant(s.from), To: instant(s.to)}
}

func stretchOf(s flow.Span) stretch {
	if s.To.IsZero() {
		return stretch{s.From.UnixMilli(), never}
	}
	return stretch{s.From.UnixMilli(), s.To.UnixMilli()}
}

func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// claim is the time during which a selector holds for an issue.
type claim struct {
	selector int
	spans    flow.Spans
}

func sameClaim(a, b claim) bool { return a.selector == b.selector && sameSpans(a.spans, b.spans) }

func sameSpans(a, b flow.Spans) bool { return slices.EqualFunc(a, b, sameSpan) }

func sameSpan(a, b flow.Span) bool { return a.From.Equal(b.From) && a.To.Equal(b.To) }

func (l *life) same(o *life) bool {
	if l == nil || o == nil {
		return l == o
	}
	return slices.Equal(l.above, o.above) && slices.Equal(l.keys, o.keys) && (l.keys == nil) == (o.keys == nil) &&
		l.typed == o.typed && slices.Equal(l.leaf, o.leaf) && slices.Equal(l.sub, o.sub)
}

// reader follows issues through their lives, one at a time.
type reader struct {
	site      uint32
	key       string // in the stretch before
	keys      []keyNumber
	ref       flow.Ref // what lay above in the end
	above     []aboveStretch
	leaf, sub []stretch
	direct    []claim
	roots     []int
}

// read follows an issue through its life.
func (x *Index) read(t *flow.Timeline) facts {
	i, r := t.Issue, &x.reader
	*r = reader{site: x.nodes.names.site(i.Site), keys: r.keys[:0], above: r.above[:0], leaf: r.leaf[:0], sub: r.sub[:0]}
	for span, st := range t.SpansOf(x.follows) {
		if len(r.keys) == 0 || st.Key != r.key {
			x.meetKey(st.Key)
		}
		if !st.Type.Container() {
			r.leaf = lengthen(r.leaf, span)
		}
		if st.Type.Subtask() {
			r.sub = lengthen(r.sub, span)
		}
		x.follow(span, st.Above())
		x.claim(t, span, st)
	}
	if len(x.matched) > 0 {
		x.claimMatches(i)
	}
	slices.SortFunc(r.direct, func(a, b claim) int { return a.selector - b.selector })
	f := facts{
		node:   node{id: i.ID, key: x.nodes.names.key(r.site, i.Now.Key), born: i.Created.UnixMilli()},
		direct: r.direct, roots: r.roots,
	}
	f.set(claimed, len(f.direct) > 0)
	f.set(rooted, len(f.roots) > 0)
	f.pack(r)
	return f
}

// meetKey notes a key that the issue had, and the selectors that name it.
func (x *Index) meetKey(key string) {
	r := &x.reader
	r.key = key
	if k := x.nodes.names.key(r.site, key); !slices.Contains(r.keys, k) {
		r.keys = append(r.keys, k)
		r.roots = append(r.roots, x.byEpic[key]...)
	}
}

// lengthen adds a span that does not begin before the last stretch ends.
func lengthen(all []stretch, by flow.Span) []stretch {
	s := stretchOf(by)
	if k := len(all) - 1; k >= 0 && all[k].to == s.from {
		all[k].to = s.to
		return all
	}
	return append(all, s)
}

// follow extends what lies above the issue by one stretch of its life.
func (x *Index) follow(span flow.Span, above flow.Ref) {
	r, s := &x.reader, stretchOf(span)
	if above.IsZero() || s.from == s.to {
		return
	}
	if k := len(r.above) - 1; k >= 0 && r.ref.Is(above) && r.above[k].to == s.from {
		r.above[k].to = s.to
		return
	}
	r.ref = above
	r.above = append(r.above, aboveStretch{s, x.number(r.site, above)})
}

// claim extends the claims on the issue by those of one stretch of its life.
func (x *Index) claim(t *flow.Timeline, span flow.Span, st *flow.State) {
	hold := func(selectors []int) {
		for _, s := range selectors {
			if p := x.selectors[s].project; p == "" || p == st.Project.Name {
				x.reader.direct = extend(x.reader.direct, s, span)
			}
		}
	}
	if len(x.byVersion) > 0 {
		for _, id := range st.FixVersions {
			hold(x.byVersion[x.versionName(t, id)])
		}
	}
	if len(x.byLabel) > 0 {
		for _, l := range st.Labels {
			hold(x.byLabel[l])
		}
	}
}

// claimMatches adds when JQLs were seen to match the issue.
func (x *Index) claimMatches(i *flow.Issue) {
	for _, m := range x.matched[siteIssue{i.Site, i.ID}] {
		if span := m.Span(i.Created); span.To.IsZero() || span.From.Before(span.To) {
			x.reader.direct = join(x.reader.direct, m.selector, flow.Spans{span})
		}
	}
}

// extend adds the stretch to the claims of the selector; once where it is given
// twice.
func extend(claims []claim, selector int, span flow.Span) []claim {
	k := slices.IndexFunc(claims, func(c claim) bool { return c.selector == selector })
	if k < 0 {
		return append(claims, claim{selector, flow.Spans{span}})
	}
	if c := &claims[k]; !c.spans[len(c.spans)-1].To.Equal(span.To) {
		c.spans = c.spans.Append(span)
	}
	return claims
}

// join adds the spans to the claims of the selector.
func join(claims []claim, selector int, spans flow.Spans) []claim {
	k := slices.IndexFunc(claims, func(c claim) bool { return c.selector == selector })
	if k < 0 {
		return append(claims, claim{selector, spans})
	}
	claims[k].spans = claims[k].spans.Union(spans)
	return claims
}

// pack keeps what was read in the node, as far as that has room for it.
func (f *facts) pack(r *reader) {
	var l life
	always := func(all []stretch) bool { return len(all) == 1 && all[0] == stretch{f.born, never} }
	if (always(r.leaf) || len(r.leaf) == 0) && (always(r.sub) || len(r.sub) == 0) {
		f.set(isLeaf, len(r.leaf) > 0)
		f.set(isSub, len(r.sub) > 0)
	} else {
		l.typed, l.leaf, l.sub = true, slices.Clone(r.leaf), slices.Clone(r.sub)
	}
	if len(r.keys) != 1 || r.keys[0] != f.key {
		l.keys = append([]keyNumber{}, r.keys...)
	}
	switch {
	case len(r.above) == 1 && r.above[0].to == never && !l.typed && l.keys == nil:
		f.since, f.above = r.above[0].from, r.above[0].ref
	case len(r.above) > 0:
		l.above = slices.Clone(r.above)
	}
	if l.typed || l.keys != nil || l.above != nil {
		f.set(lived, true)
		f.life = &l
	}
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
