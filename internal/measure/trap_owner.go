package measure

import (
	"fmt"
	"strconv"

	"plumbline/internal/flow"
)

// ownerlessBoundary is T6 of MEASURES §10: nobody answers for the goal, or
// somebody else does every month, or for much of what is in progress, or for
// what other projects have to do for it.
func ownerlessBoundary() Trap {
	return Trap{
		Name: "ownerless_boundary", Title: "Nobody answers for it",
		Thresholds: []TrapThreshold{
			{"ownerless_days", 14, 0, "days for which no team was named and none of its epics was assigned"},
			{"owner_changes", 3, 1, "times in 90 days that one of its epics was assigned to somebody else"},
			{"unassigned_share", 0.4, 0, "share of the issues in progress that are assigned to nobody"},
			{"projects", 3, 2, "projects with open issues of the goal from which on it matters that no blocker in another project is assigned to anybody"},
		},
		detect: func(l *ledger, s *Settings, t trapLimits) (flow.Spans, string) {
			if len(l.entries) == 0 {
				return nil, ""
			}
			return l.ownerless(t).Union(l.unassigned(t)).Union(l.untended(t)).Less(l.shut), ""
		},
		ofPersons: func(l *ledger, s *Settings, t trapLimits) flow.Spans { return l.changesOwners(s, t).Less(l.shut) },
		explain:   (*explainer).ownerlessBoundary,
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
	assigned := make([]flagging, len(l.marks))
	for k := range l.marks {
		m := &l.marks[k]
		assigned[k] = flagging{m.ms(), m.leaf, m.is()&owned != 0}
	}
	doing := func(c class) bool { return c.in && c.out == flow.Open && c.cat == flow.InProgress }
	return l.whileShare(doing, assigned, func(assigned, all int) bool {
		return assigned < all && float64(all-assigned) >= t["unassigned_share"]*float64(all)
	})
}

func (x *explainer) ownerlessBoundary(t trapLimits) ExplainedMeasure {
	m := ExplainedMeasure{Formula: fmt.Sprintf("no team is named as the owner and none of its epics was assigned for %g days; or one of its epics was assigned to somebody else at least "+
		"%d times in %s; or at least %s of the issues in progress are assigned to nobody; or its open issues are in at least %d projects, and none of the open "+
		"issues of other projects that block them by a link is assigned to anybody",
		t["ownerless_days"], t.count("owner_changes"), inDays(x.s.Thresholds.FlowWindow), share100(t["unassigned_share"]), t.count("projects"))}
	team := x.l.goal.Owner
	if team == "" {
		team = "none"
	}
	m.Inputs = []ExplainedInput{
		{"team that owns it", team}, {"no owner for long", yesNo(x.l.ownerless(t).Contains(x.at))},
		{"in progress", strconv.Itoa(x.load.doing)}, {"of them assigned to nobody", strconv.Itoa(x.load.doing - x.load.doingOwned)},
		{"projects with open issues", strconv.Itoa(len(x.h.sight(x.k, t, x.at).projects()))},
	}
	x.boundary(&m)
	if x.status.tellsOfPersons() {
		m.Counted = x.ownerChanges()
	} else if why := x.status.Missing["owner_changes_90d"]; why != "" {
		m.Inputs = append(m.Inputs, ExplainedInput{"epics assigned to somebody else", "not looked at: " + why})
	}
	for leaf, e := range x.now.all() {
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

// ownerChanges are when the epics were assigned to somebody else of late.
func (x *explainer) ownerChanges() []Evidence {
	var out []Evidence
	for k := range x.l.epics {
		e := &x.l.epics[k]
		for _, at := range e.changes() {
			if !at.After(x.at) && x.at.Sub(at) < x.s.Thresholds.FlowWindow {
				out = append(out, Evidence{Site: e.Site, Key: e.Key, At: at, What: "epic assigned to somebody else"})
			}
		}
	}
	return out
}
