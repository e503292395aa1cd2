package goal

import (
	"slices"
	"time"

	"plumbline/internal/flow"
)

// facts are all that the index takes from an issue's life.
type facts struct {
	node
	life   *life   // nil where the node says it all
	direct []claim // by version, label and JQL
}

// life is what a node has no room for: of an issue that was at several places,
// changed its type or its key, or is gone.
type life struct {
	born  time.Time
	keys  []keyNumber // all that it ever had
	above []aboveSpan
	leaf  flow.Spans // while of a type that is work: not an epic or above
	sub   flow.Spans // while a sub-task

	last flow.Ref // what lies above in the end, while it is being read
}

type aboveSpan struct {
	flow.Span
	ref uint32
}

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
	return l.born.Equal(o.born) && slices.Equal(l.keys, o.keys) && sameSpans(l.leaf, o.leaf) && sameSpans(l.sub, o.sub) &&
		slices.EqualFunc(l.above, o.above, func(a, b aboveSpan) bool { return a.ref == b.ref && sameSpan(a.Span, b.Span) })
}

// read follows an issue through its life.
func (x *Index) read(t *flow.Timeline) facts {
	i, l := t.Issue, &x.life
	site := x.nodes.names.site(i.Site)
	l.born, l.keys, l.above, l.leaf, l.sub = i.Created, l.keys[:0], l.above[:0], l.leaf[:0], l.sub[:0]
	f := facts{node: node{id: i.ID, key: x.nodes.names.key(site, i.Now.Key)}}
	key := "" // of the stretch before
	var direct []claim
	for span, st := range t.Spans() {
		if k := st.Key; len(l.keys) == 0 || k != key {
			key = k
			if number := x.nodes.names.key(site, k); !slices.Contains(l.keys, number) {
				l.keys = append(l.keys, number)
				f.set(rooted, f.has(rooted) || len(x.byEpic[k]) > 0)
			}
		}
		if !st.Type.Container() {
			l.leaf = l.leaf.Append(span)
		}
		if st.Type.Subtask() {
			l.sub = l.sub.Append(span)
		}
		x.follow(site, span, st.Above())
		direct = x.claim(direct, t, span, st)
	}
	for _, m := range x.matched[siteIssue{i.Site, i.ID}] {
		if span := m.Span(i.Created); span.To.IsZero() || span.From.Before(span.To) {
			direct = join(direct, m.selector, flow.Spans{span})
		}
	}
	slices.SortFunc(direct, func(a, b claim) int { return a.selector - b.selector })
	f.direct = direct
	f.set(claimed, len(direct) > 0)
	f.pack(l)
	return f
}

// follow extends what lies above the issue by one stretch of its life.
func (x *Index) follow(site uint32, span flow.Span, above flow.Ref) {
	if above.IsZero() {
		return
	}
	l := &x.life
	if k := len(l.above) - 1; k >= 0 && l.last.Is(above) && l.above[k].To.Equal(span.From) {
		l.above[k].To = span.To
		return
	}
	l.last = above
	l.above = append(l.above, aboveSpan{span, x.number(site, above)})
}

// claim extends the claims on the issue by those of one stretch of its life.
func (x *Index) claim(claims []claim, t *flow.Timeline, span flow.Span, st *flow.State) []claim {
	hold := func(selectors []int) {
		for _, s := range selectors {
			if p := x.selectors[s].project; p == "" || p == st.Project.Name {
				claims = extend(claims, s, span)
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
	return claims
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

// pack keeps the life in the node, if that has room for it.
func (f *facts) pack(l *life) {
	alive := flow.Span{From: l.born}
	always := func(s flow.Spans) bool { return len(s) == 1 && sameSpan(s[0], alive) }
	born, plain := millis(l.born)
	f.born = born
	plain = plain && len(l.keys) == 1 && l.keys[0] == f.key &&
		(always(l.leaf) || len(l.leaf) == 0) && (always(l.sub) || len(l.sub) == 0)
	switch {
	case !plain || len(l.above) > 1:
		plain = false
	case len(l.above) == 1:
		f.above = l.above[0].ref
		f.since, plain = millis(l.above[0].From)
		plain = plain && l.above[0].To.IsZero()
	}
	if plain {
		f.set(isLeaf, len(l.leaf) > 0)
		f.set(isSub, len(l.sub) > 0)
		return
	}
	f.since, f.above = 0, 0
	f.set(lived, true)
	f.life = &life{
		born: l.born, keys: slices.Clone(l.keys), above: slices.Clone(l.above),
		leaf: slices.Clone(l.leaf), sub: slices.Clone(l.sub),
	}
}

// millis returns the time in ms since 1970, and whether that is all of it.
func millis(t time.Time) (int64, bool) {
	ms := t.UnixMilli()
	return ms, instant(ms).Equal(t)
}

func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

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
