package measure

import (
	"cmp"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// Decisions returns the register as of the moment: the decisions that are open,
// and those that ended in the window before it. goal limits it to those of
// one goal; "" is for all. False where there is no such goal. It reads nothing
// that happened later.
func (h *History) Decisions(goal string, at time.Time) (*DecisionRegister, bool) {
	s := &h.settings
	r := &DecisionRegister{
		At: at, Goal: goal, WindowDays: int(s.Thresholds.DecisionWindow / day), Decisions: []Decision{},
	}
	only := slices.IndexFunc(h.ledgers, func(l ledger) bool { return l.goal.ID == goal })
	if goal != "" && only < 0 {
		return nil, false
	}
	each := h.decisions.lifetimes
	if only >= 0 {
		each = h.ledgers[only].lifetimes
	}
	clock := s.Calendar.WorkClock()
	since := at.Add(-s.Thresholds.DecisionWindow)
	other := false
	each(func(d *decision, in flow.Spans) {
		st := d.at(at)
		if !st.asked || !st.open() && !st.end.After(since) || !in.Contains(lastOf(st, at)) {
			return
		}
		other = other || d.classAt(at) == len(h.decisions.classes)
		r.Decisions = append(r.Decisions, h.row(d, st, at, clock))
	})
	slices.SortStableFunc(r.Decisions, compareRows)
	r.Classes = append(r.Classes, ClassLatency{"", latency(each, everyClass, at, clock, s)})
	for k, name := range h.decisions.classes {
		r.Classes = append(r.Classes, ClassLatency{name, latency(each, k, at, clock, s)})
	}
	if k := len(h.decisions.classes); other {
		r.Classes = append(r.Classes, ClassLatency{OtherDecisions, latency(each, k, at, clock, s)})
	}
	return r, true
}

// lastOf is the last moment at which the decision was waited for.
func lastOf(s standing, at time.Time) time.Time {
	if s.open() {
		return at
	}
	return s.end
}

// compareRows puts open decisions first, the oldest first, then the others,
// the latest first.
func compareRows(a, b Decision) int {
	if a.Ended == nil || b.Ended == nil {
		switch {
		case b.Ended != nil:
			return -1
		case a.Ended != nil:
			return 1
		}
		return a.Asked.Compare(b.Asked)
	}
	return b.Ended.Compare(*a.Ended)
}

// lifetimes gives all decisions, from when they were asked on.
func (d *decisions) lifetimes(each func(*decision, flow.Spans)) {
	always := flow.Always()
	for _, one := range d.all {
		each(one, always)
	}
}

func (h *History) row(d *decision, st standing, at time.Time, clock *flow.WorkClock) Decision {
	r := Decision{
		Site: d.siteAt(at), Key: d.key, Class: h.decisions.class(d, at), Goals: []string{},
		State: DecisionOpen, Cause: d.cause, Asked: d.askedAt(at), Reopened: st.again,
		Reversed: !d.reversed.IsZero() && !d.reversed.After(at),
	}
	if r.Site == d.site {
		r.Summary = d.summary
	}
	if whole := d.root(at); whole != d {
		r.SplitFrom = whole.key
	}
	r.OpenParts = d.openParts(at)
	last := lastOf(st, at)
	if !st.open() {
		end := st.end
		r.State, r.Ended, r.How = DecisionMade, &end, st.how.String()
		if !st.how.made() {
			r.State = DecisionWithdrawn
		}
	}
	if said := d.saidAt(at); said != nil {
		r.ID, r.Authority = said.ID, said.Authority
		if st.how.made() {
			r.Outcome = said.Outcome
		}
	}
	due, overdue := h.due(d, st, last)
	if r.Overdue = overdue; !due.IsZero() {
		r.Due = &due
	}
	for _, g := range h.lowest(d, last) {
		r.Goals = append(r.Goals, h.ledgers[g.ledger].goal.ID)
	}
	r.AgeSeconds = last.Sub(r.Asked).Seconds()
	if clock.Runs() {
		worked := clock.Between(r.Asked, last).Seconds()
		r.WorkingSeconds = &worked
	}
	for _, in := range d.holds {
		if st.open() && in.Contains(at) {
			r.Holds++
		}
	}
	return r
}

// due is by when the decision should be, or should have been, made, and
// whether it is open and late.
func (h *History) due(d *decision, st standing, last time.Time) (due time.Time, overdue bool) {
	goals := h.lowest(d, last)
	if len(goals) == 0 {
		due = dueAt(d.usual, last)
		return due, st.open() && !due.IsZero() && !last.Before(due)
	}
	for _, g := range goals {
		if its := dueAt(g.due, last); due.IsZero() || !its.IsZero() && its.Before(due) {
			due = its
		}
		overdue = overdue || st.open() && g.overdue.Contains(last)
	}
	return due, overdue
}

// lowest are the goals that have the decision at the moment, without those
// above another of them.
func (h *History) lowest(d *decision, at time.Time) []*ownGoal {
	var out []*ownGoal
	above := map[string]bool{}
	for k := range d.goals {
		if g := &d.goals[k]; g.in.Contains(at) {
			out = append(out, g)
			for _, up := range h.above[g.ledger] {
				above[h.ledgers[up].goal.ID] = true
			}
		}
	}
	return slices.DeleteFunc(out, func(g *ownGoal) bool { return above[h.ledgers[g.ledger].goal.ID] })
}

func (d *decisions) class(e *decision, at time.Time) string {
	if k := e.classAt(at); k < len(d.classes) {
		return d.classes[k]
	}
	return OtherDecisions
}

// bySite counts the open decisions of each site and class, also those of no
// goal.
func (h *History) bySite(at time.Time) []SiteDecisions {
	classes := h.decisions.classes
	type cell struct{ site, class string }
	counts := map[cell]*SiteDecisions{}
	count := func(site, class string) *SiteDecisions {
		at := cell{site, class}
		if counts[at] == nil {
			counts[at] = &SiteDecisions{Site: site, Class: class}
		}
		return counts[at]
	}
	for _, site := range h.decisions.sites {
		for _, class := range classes {
			count(site, class)
		}
	}
	for _, d := range h.decisions.all {
		if d.asked.After(at) {
			break
		}
		c := count(d.siteAt(at), h.decisions.class(d, at))
		st := d.at(at)
		if !st.open() {
			continue
		}
		c.Open++
		if _, late := h.due(d, st, at); late {
			c.Overdue++
		}
	}
	var out []SiteDecisions
	for _, c := range counts {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b SiteDecisions) int {
		return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(order(classes, a.Class), order(classes, b.Class)))
	})
	return out
}

// order is a class's place in the configuration; the others come last.
func order(classes []string, class string) int {
	if k := slices.Index(classes, class); k >= 0 {
		return k
	}
	return len(classes)
}
