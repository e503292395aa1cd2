package measure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"plumbline/internal/flow"
)

// ownerlessBoundary is T6 of MEASURES §10: nobody answers for the goal, or
// somebody else does every month, or for much of what is in progress. Its part
// about boundaries, issues in three projects and blockers that nobody owns, is
// left out: of a blocker it is kept when it was open and in which project, not
// whom it was assigned to.
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
			return l.ownerless(t).Union(l.unassigned(t)).Less(l.shut), ""
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
	w := ownerTally{doing: make([]bool, l.leaves.len()), assigned: make([]bool, l.leaves.len())}
	var out flow.Spans
	for entries, marks := l.entries, l.marksInTime(); len(entries)+len(marks) > 0; {
		// All that happens at one moment happens at once.
		now := int64(math.MaxInt64)
		if len(entries) > 0 {
			now = entries[0].ms
		}
		if len(marks) > 0 {
			now = min(now, marks[0].ms())
		}
		for ; len(entries) > 0 && entries[0].ms == now; entries = entries[1:] {
			leaf, c := entries[0].leaf, entries[0].after()
			w.set(leaf, c.in && c.out == flow.Open && c.cat == flow.InProgress, w.assigned[leaf])
		}
		for ; len(marks) > 0 && marks[0].ms() == now; marks = marks[1:] {
			w.set(marks[0].leaf, w.doing[marks[0].leaf], marks[0].is()&owned != 0)
		}
		open := len(out) > 0 && out[len(out)-1].To.IsZero()
		switch holds := w.unowned > 0 && float64(w.unowned) >= t["unassigned_share"]*float64(w.inProgress); {
		case holds && !open:
			out = out.Append(flow.Span{From: instantOf(now)})
		case !holds && open:
			out[len(out)-1].To = instantOf(now)
		}
	}
	return out
}

// ownerTally counts the leaves in progress, and those of them that are assigned
// to nobody.
type ownerTally struct {
	doing, assigned     []bool // by leaf
	inProgress, unowned int
}

func (w *ownerTally) set(leaf int32, doing, assigned bool) {
	w.count(leaf, -1)
	w.doing[leaf], w.assigned[leaf] = doing, assigned
	w.count(leaf, 1)
}

func (w *ownerTally) count(leaf int32, n int) {
	if !w.doing[leaf] {
		return
	}
	w.inProgress += n
	if !w.assigned[leaf] {
		w.unowned += n
	}
}

// marksInTime returns the marks in order of time.
func (l *ledger) marksInTime() []mark {
	marks := slices.Clone(l.marks)
	slices.SortStableFunc(marks, func(a, b mark) int { return cmp.Compare(a.ms(), b.ms()) })
	return marks
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
