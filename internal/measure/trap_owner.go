package measure

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"plumbline/internal/flow"
)

// ownerlessBoundary is T6 of MEASURES §10: nobody answers for the goal, or
// somebody else does every month, or for much of what is in progress.
func ownerlessBoundary() Trap {
	return Trap{
		Name: "ownerless_boundary", Title: "Nobody answers for it",
		Thresholds: []TrapThreshold{
			{"ownerless_days", 14, 0, "days for which no team was named and none of its epics was assigned"},
			{"owner_changes", 3, 1, "times in 90 days that one of its epics was assigned to somebody else"},
			{"unassigned_share", 0.4, 0, "share of the issues in progress that are assigned to nobody"},
		},
		detect: func(l *ledger, s *Settings, t trapLimits) (flow.Spans, string) {
			if len(l.entries) == 0 {
				return nil, ""
			}
			return l.ownerless(t).Union(l.changesOwners(s, t)).Union(l.unassigned(t)).Less(l.shut), ""
		},
		explain: (*explainer).ownerlessBoundary,
	}
}

// ownerless returns when nobody had answered for the goal for long enough.
func (l *ledger) ownerless(t trapLimits) flow.Spans {
	if l.goal.Owner != "" {
		return nil
	}
	var owned []flow.Span
	for k := range l.epics {
		o := l.epics[k].owners
		for n := range o {
			if o[n].who == 0 {
				continue
			}
			span := flow.Span{From: instantOf(o[n].ms)}
			if n+1 < len(o) {
				span.To = instantOf(o[n+1].ms)
			}
			owned = append(owned, span)
		}
	}
	var out flow.Spans
	for _, s := range (flow.Spans{{From: l.entries[0].at()}}).Less(flow.UnionOf(owned)) {
		if s.From = s.From.Add(t.days("ownerless_days")); s.To.IsZero() || s.To.After(s.From) {
			out = out.Append(s)
		}
	}
	return out
}

// changesOwners returns when the owner of one of the epics had changed often
// enough of late.
func (l *ledger) changesOwners(s *Settings, t trapLimits) flow.Spans {
	least := t.count("owner_changes")
	var out []flow.Span
	for e := range l.epics {
		all := l.epics[e].changes()
		for k := least - 1; k < len(all); k++ {
			if until := all[k-least+1].Add(s.Thresholds.FlowWindow); until.After(all[k]) {
				out = append(out, flow.Span{From: all[k], To: until})
			}
		}
	}
	return flow.UnionOf(out)
}

// unassigned returns when too much of what was in progress was assigned to
// nobody.
func (l *ledger) unassigned(t trapLimits) flow.Spans {
	type step struct {
		at            time.Time
		doing, nobody int
	}
	var steps []step
	some := make([]bool, len(l.leaves))
	for k := range some {
		some[k] = true
	}
	count := func(spans flow.Spans, doing, nobody int) {
		for _, s := range spans {
			steps = append(steps, step{s.From, doing, nobody})
			if !s.To.IsZero() {
				steps = append(steps, step{s.To, -doing, -nobody})
			}
		}
	}
	doing := l.spansOf(some, func(c class) bool { return c.in && c.out == flow.Open && c.cat == flow.InProgress })
	assigned := l.assigned()
	for leaf := range l.leaves {
		if spans := doing[int32(leaf)]; len(spans) > 0 {
			count(spans, 1, 0)
			count(spans.Less(assigned[int32(leaf)]), 0, 1)
		}
	}
	slices.SortFunc(steps, func(a, b step) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.doing, b.doing), cmp.Compare(a.nobody, b.nobody))
	})
	var out flow.Spans
	var now step
	for k := range steps {
		now.doing, now.nobody = now.doing+steps[k].doing, now.nobody+steps[k].nobody
		if k+1 < len(steps) && steps[k+1].at.Equal(steps[k].at) {
			continue // all that happens at one moment happens at once
		}
		open := len(out) > 0 && out[len(out)-1].To.IsZero()
		switch holds := now.nobody > 0 && float64(now.nobody) >= t["unassigned_share"]*float64(now.doing); {
		case holds && !open:
			out = out.Append(flow.Span{From: steps[k].at})
		case !holds && open:
			out[len(out)-1].To = steps[k].at
		}
	}
	return out
}

// assigned returns when each leaf was assigned to somebody.
func (l *ledger) assigned() map[int32]flow.Spans {
	out := map[int32]flow.Spans{}
	for k := range l.marks {
		m := &l.marks[k]
		if m.is&owned == 0 {
			continue
		}
		span := flow.Span{From: instantOf(m.at)}
		if k+1 < len(l.marks) && l.marks[k+1].leaf == m.leaf {
			span.To = instantOf(l.marks[k+1].at)
		}
		out[m.leaf] = out[m.leaf].Append(span)
	}
	return out
}

func (x *explainer) ownerlessBoundary(t trapLimits) ExplainedMeasure {
	m := ExplainedMeasure{Formula: fmt.Sprintf("no team is named as the owner and none of its epics was assigned for %g days; or one of its epics was assigned to somebody else at least "+
		"%d times in %s; or at least %s of the issues in progress are assigned to nobody",
		t["ownerless_days"], t.count("owner_changes"), inDays(x.s.Thresholds.FlowWindow), share100(t["unassigned_share"]))}
	team := x.l.goal.Owner
	if team == "" {
		team = "none"
	}
	m.Inputs = []ExplainedInput{
		{"team that owns it", team}, {"no owner for long", yesNo(x.l.ownerless(t).Contains(x.at))},
		{"in progress", strconv.Itoa(x.load.doing)}, {"of them assigned to nobody", strconv.Itoa(x.load.doing - x.load.doingOwned)},
	}
	for k := range x.l.epics {
		e := &x.l.epics[k]
		for _, at := range e.changes() {
			if !at.After(x.at) && x.at.Sub(at) < x.s.Thresholds.FlowWindow {
				m.Counted = append(m.Counted, Evidence{Site: e.Site, Key: e.Key, At: at, What: "epic assigned to somebody else"})
			}
		}
	}
	for leaf, e := range x.now {
		switch {
		case !e.doing():
		case x.load.stands[leaf]&owned == 0:
			m.Counted = append(m.Counted, x.evidence(leaf, e.at(), "in progress ("+x.l.wording(e).status+"), assigned to nobody"))
		default:
			m.LeftOut = append(m.LeftOut, x.evidence(leaf, e.at(), "in progress ("+x.l.wording(e).status+"), assigned"))
		}
	}
	return m
}
