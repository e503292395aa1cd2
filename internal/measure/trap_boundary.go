package measure

import (
	"cmp"
	"slices"

	"plumbline/internal/flow"
)

// untended returns when the goal's open issues were in many projects, and of the
// issues of other projects that blocked them none was assigned to anybody.
func (l *ledger) untended(t trapLimits) flow.Spans {
	some := make([]bool, l.leaves.len())
	for k := range l.holds {
		some[l.holds[k].leaf] = some[l.holds[k].leaf] || len(l.holds[k].far) > 0
	}
	if !slices.Contains(some, true) {
		return nil
	}
	open := l.spansOf(some, func(c class) bool { return c.in && c.out == flow.Open })
	var blocked, tended []flow.Span
	for k := range l.holds {
		h := &l.holds[k]
		blocked = append(blocked, h.far.Intersect(open[h.leaf])...)
		tended = append(tended, h.tended.Intersect(open[h.leaf])...)
	}
	return flow.UnionOf(blocked).Less(flow.UnionOf(tended)).Intersect(l.spread(t.count("projects")))
}

// spread returns when the goal's open issues were in so many projects or more.
func (l *ledger) spread(least int) flow.Spans {
	project := make([]projectAt, l.leaves.len())
	for k := range project {
		from := l.leaves.origin(k)
		project[k] = projectAt{from.site, from.project}
	}
	stays := slices.Clone(l.stays)
	slices.SortStableFunc(stays, func(a, b stay) int { return cmp.Compare(a.ms, b.ms) })
	open, in := make([]bool, l.leaves.len()), map[projectAt]int{}
	count := func(leaf int32, n int) {
		if !open[leaf] {
			return
		}
		if in[project[leaf]] += n; in[project[leaf]] == 0 {
			delete(in, project[leaf])
		}
	}
	var out flow.Spans
	eachInstant(l.entries, stays, func(s *stay) int64 { return s.ms }, func(ms int64, entries []entry, stays []stay) {
		for k := range stays {
			s := &stays[k]
			count(s.leaf, -1)
			project[s.leaf].project = s.project
			count(s.leaf, 1)
		}
		for k := range entries {
			e := &entries[k]
			count(e.leaf, -1)
			open[e.leaf] = e.after().isOpen()
			count(e.leaf, 1)
		}
		out = turned(out, ms, len(in) >= least)
	})
	return out
}

// boundary adds the issues of other projects that block the goal's, by whether
// anybody has them.
func (x *explainer) boundary(m *ExplainedMeasure) {
	for k := range x.l.holds {
		h := &x.l.holds[k]
		span, far := h.far.At(x.at)
		switch _, has := h.tended.At(x.at); {
		case !far || !x.now.of(int(h.leaf)).open():
		case has:
			m.LeftOut = append(m.LeftOut, x.evidence(int(h.leaf), span.From, "blocked by "+h.by+" of another project, which is assigned"))
		default:
			m.Counted = append(m.Counted, x.evidence(int(h.leaf), span.From, "blocked by "+h.by+" of another project, which is assigned to nobody"))
		}
	}
}
