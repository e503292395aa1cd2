package measure

import (
	"slices"
	"time"

	"plumbline/internal/flow"
)

// leafWork is what counts of one leaf's life for the company's active work.
type leafWork struct {
	stretches []stretch
	events    []activity
	doing     flow.Spans // in progress and open
	delivered flow.Spans
	places    []place // in the goals' ledgers
	links     []linkSpan
	features  []feature // the stretches' own
}

// stretch is a part of a leaf's life in which it belongs to the same project
// and epic and has the same labels and versions.
type stretch struct {
	flow.Span
	site, project string
	above         flow.Ref
	usual         bool // business as usual
	features      []feature
}

// activity is a meaningful event (MEASURES §7): the issue is created, moves
// forward, is delivered or re-opened, changes its epic, version, estimate or
// due date. minute is zero where nobody's bulk edit can have made it.
type activity struct {
	at     time.Time
	minute minute
}

// linkSpan is when the leaf had a link to an issue that goals claim.
type linkSpan struct {
	flow.Span
	to []place
}

// follow takes in the life of an issue, in the place of what the leaf held. It is
// false for one that is never work of its own: epics and what is above, and
// sub-tasks, which count with their parents.
func (l *leafWork) follow(t *flow.Timeline, c *flow.Catalog, s *Settings) bool {
	*l = leafWork{
		stretches: l.stretches[:0], events: l.events[:0], doing: l.doing[:0], delivered: l.delivered[:0],
		links: l.links[:0], features: l.features[:0],
	}
	out := flow.Open
	e := episode{bounce: s.Thresholds.Bounce}
	changes := t.Changes()
	born := true
	for span, st := range t.Spans() {
		was := out
		out = s.Semantics.Outcome(st)
		switch {
		case out == flow.Delivered:
			l.delivered = l.delivered.Append(span)
		case out == flow.Open && st.Category == flow.InProgress:
			l.doing = l.doing.Append(span)
		}
		if isLeaf(st) {
			l.extend(span, st, t.Issue.Site, c, s)
		}
		if born {
			born = false
			e.begin(st.Category, out)
			l.events = append(l.events, activity{at: span.From})
			continue
		}
		forward, _, bounced := e.step(span.From, st.Category, out)
		meant := forward && !bounced || was != flow.Open && out == flow.Open
		for ; len(changes) > 0 && !changes[0].At.After(span.From); changes = changes[1:] {
			if c := &changes[0]; c.At.Equal(span.From) && meaningful(c, meant) {
				l.events = append(l.events, activityOf(t, c))
			}
		}
	}
	return len(l.stretches) > 0
}

// meaningful reports whether a change is an event of work; moved tells that the
// status or resolution moved the issue forward or open again.
func meaningful(c *flow.Change, moved bool) bool {
	if c.Bot {
		return false
	}
	switch c.Field {
	case flow.FieldStatus, flow.FieldResolution:
		return moved
	case flow.FieldEpic, flow.FieldParent, flow.FieldFixVersion, flow.FieldEstimate, flow.FieldDue:
		return c.History != 0 // a change that is only implied has no time of its own
	}
	return false
}

func activityOf(t *flow.Timeline, c *flow.Change) activity {
	a := activity{at: c.At}
	if c.History != 0 {
		a.minute = minuteOf(t.Issue.Site, c)
	}
	return a
}

func (l *leafWork) extend(span flow.Span, st *flow.State, site string, c *flow.Catalog, s *Settings) {
	x := stretch{
		Span: span, site: site, project: st.Project.Name, above: st.Above(),
		usual: s.BusinessAsUsual.Applies(st),
	}
	n := len(l.features)
	for _, label := range st.Labels {
		l.features = append(l.features, feature{ofLabel, x.site, label})
	}
	for _, id := range st.FixVersions {
		if name := versionName(c, id); name != "" {
			l.features = append(l.features, feature{ofVersion, x.site, name})
		}
	}
	x.features = slices.Clip(l.features[n:])
	if k := len(l.stretches) - 1; k >= 0 && l.stretches[k].joins(&x) {
		l.stretches[k].To, l.features = x.To, l.features[:n]
		return
	}
	l.stretches = append(l.stretches, x)
}

func (s *stretch) joins(o *stretch) bool {
	return s.To.Equal(o.From) && s.project == o.project && s.above.Is(o.above) && s.usual == o.usual && slices.Equal(s.features, o.features)
}

// versionName is the version's present name; empty where the site knows none.
func versionName(c *flow.Catalog, id string) string {
	if c == nil {
		return ""
	}
	return c.Versions[id].Name
}

// active returns when the leaf is active work: within the window after a
// delivery while it stays delivered, and in progress within the window after
// a meaningful event. An event that turned out to be part of a bulk edit
// counts until that was to be seen.
func (l *leafWork) active(bulk bulkView, window time.Duration) flow.Spans {
	var out, moved flow.Spans
	for _, s := range l.delivered {
		if lately, ok := s.Intersect(flow.Span{From: s.From, To: s.From.Add(window)}); ok {
			out = append(out, lately)
		}
	}
	for _, e := range l.events { // which are in order
		until := e.at.Add(window)
		if since, ok := bulk.since(e.minute); ok {
			until = time.UnixMilli(since).UTC()
		}
		switch k := len(moved) - 1; {
		case !until.After(e.at):
		case k < 0 || e.at.After(moved[k].To):
			moved = append(moved, flow.Span{From: e.at, To: until})
		case until.After(moved[k].To):
			moved[k].To = until
		}
	}
	return out.Union(l.doing.Intersect(moved))
}

// linksTo finds the links to issues that goals claim, from when they were made
// until they were removed.
func (l *leafWork) linksTo(t *flow.Timeline, members func(keyAt) []place) {
	if !linked(t) {
		return
	}
	eachLink(t.Issue, func(key, _ string, during flow.Span) {
		if places := members(keyAt{t.Issue.Site, key}); len(places) > 0 {
			l.links = append(l.links, linkSpan{during, places})
		}
	})
	slices.SortFunc(l.links, func(a, b linkSpan) int { return a.From.Compare(b.From) })
}
