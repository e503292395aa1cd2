package measure

import (
	"fmt"
	"strconv"
	"time"

	"plumbline/internal/flow"
)

// Ownership is how clear it is who answers for a goal and its work (MEASURES
// §2.12). What is counted of persons is withheld where Concentration is, or
// would be if there were work that somebody could hold.
type Ownership struct {
	// Owned tells that a team is named as the goal's owner, or that one of its
	// epics is assigned to somebody. Of an assignee Jira's issues don't tell
	// whether the account is still active.
	Owned bool `json:"owned"`
	// OwnerChanges90d is how often one of its epics was assigned to somebody
	// else than before; nil where it has none of its own.
	OwnerChanges90d *int `json:"owner_changes_90d,omitempty"`
	// HandOffs is how often a leaf that was delivered in the last 90 days went
	// from one assignee to another while in progress, in the mean.
	HandOffs *float64 `json:"hand_offs,omitempty"`
	// WaitsForOthers is the share of the time for which leaves were blocked in
	// the last 90 days in which an issue of another project blocked them by a
	// link; nil where none was.
	WaitsForOthers *float64 `json:"waits_for_others,omitempty"`
}

// ownerFrom is who an epic is assigned to from a moment on, by number.
type ownerFrom struct {
	ms  int64
	who uint32
}

// owners follows whom an issue is assigned to.
func (b *builder) owners(t *flow.Timeline) []ownerFrom {
	var out []ownerFrom
	for span, st := range t.SpansOf(1 << flow.FieldAssignee) {
		who := b.people.number(st.Assignee)
		if k := len(out) - 1; k < 0 || out[k].who != who {
			out = append(out, ownerFrom{millis(span.From), who})
		}
	}
	return out
}

// owner returns who the epic is assigned to at the moment, 0 for nobody, and
// how often that had become somebody else in the window before.
func (e *epicLife) owner(at time.Time, window time.Duration) (now uint32, changes int) {
	for _, o := range e.owners {
		if o.ms <= at.UnixMilli() {
			now = o.who
		}
	}
	for _, when := range e.changes() {
		if !when.After(at) && at.Sub(when) < window {
			changes++
		}
	}
	return now, changes
}

// changes lists when the epic was assigned to somebody else than before,
// whether or not to nobody in between.
func (e *epicLife) changes() []time.Time {
	var out []time.Time
	before := uint32(0) // the last who was somebody
	for _, o := range e.owners {
		if o.who == 0 {
			continue
		}
		if before != 0 && o.who != before {
			out = append(out, instantOf(o.ms))
		}
		before = o.who
	}
	return out
}

// setOwnership adds what is known of the goal's ownership.
func (l *ledger) setOwnership(g *GoalStatus, at time.Time, w *load, s *Settings) {
	o := Ownership{Owned: l.goal.Owner != ""}
	changes := 0
	for k := range l.epics {
		who, n := l.epics[k].owner(at, s.Thresholds.FlowWindow)
		o.Owned = o.Owned || who != 0
		changes += n
	}
	if len(l.epics) > 0 {
		o.OwnerChanges90d = &changes
	}
	if handed, of := l.handOffs(at, w, s); of > 0 {
		o.HandOffs = ratio(handed, of)
	} else {
		g.miss("hand_offs", "no issue in scope was delivered in the last "+inDays(s.Thresholds.FlowWindow))
	}
	if blocked, elsewhere := l.blockedTime(at, s); blocked > 0 {
		share := elsewhere.Seconds() / blocked.Seconds()
		o.WaitsForOthers = &share
	} else {
		g.miss("waits_for_others", "no issue in scope was blocked in the last "+inDays(s.Thresholds.FlowWindow))
	}
	g.Ownership = &o
}

// handOffs counts how often the leaves that were delivered lately changed
// hands while in progress, and those leaves.
func (l *ledger) handOffs(at time.Time, w *load, s *Settings) (handed, of int) {
	for leaf := range w.now.all() {
		if w.deliveredLately(leaf, at, s) {
			of++
		}
	}
	for k := range l.holdings {
		if h := &l.holdings[k]; h.handed() && !instantOf(h.ms).After(at) && w.deliveredLately(int(h.leaf), at, s) {
			handed++
		}
	}
	return handed, of
}

// blockedTime is how long leaves were blocked, by status, flag or link, while
// open in scope in the window, and how long of it by a link to an issue of
// another project.
func (l *ledger) blockedTime(at time.Time, s *Settings) (blocked, elsewhere time.Duration) {
	l.eachBlocked(at, s, func(_ int, all, far flow.Spans) {
		blocked += length(all)
		elsewhere += length(far)
	})
	return blocked, elsewhere
}

// eachBlocked yields the leaves that were blocked while open in scope in the
// window that ends at the moment: when, and when by an issue of another
// project.
func (l *ledger) eachBlocked(at time.Time, s *Settings, f func(leaf int, all, far flow.Spans)) {
	window := flow.Spans{{From: at.Add(-s.Thresholds.FlowWindow), To: at}}
	all, far := map[int32][]flow.Span{}, map[int32][]flow.Span{}
	some := make([]bool, l.leaves.len())
	note := func(leaf int32, blocked, others flow.Spans) {
		if blocked = blocked.Intersect(window); len(blocked) > 0 {
			some[leaf] = true
			all[leaf], far[leaf] = append(all[leaf], blocked...), append(far[leaf], others...)
		}
	}
	for k := range l.marks {
		m := &l.marks[k]
		if m.is()&isBlocked == 0 {
			continue
		}
		span := flow.Span{From: instantOf(m.ms())}
		if k+1 < len(l.marks) && l.marks[k+1].leaf == m.leaf {
			span.To = instantOf(l.marks[k+1].ms())
		}
		note(m.leaf, flow.Spans{span}, nil)
	}
	for k := range l.holds {
		note(l.holds[k].leaf, l.holds[k].in, l.holds[k].far)
	}
	if len(all) == 0 {
		return
	}
	open := l.spansOf(some, func(c class) bool { return c.in && c.out == flow.Open })
	for leaf := range l.leaves.len() {
		if !some[leaf] {
			continue
		}
		during := open[int32(leaf)].Intersect(window)
		if blocked := flow.UnionOf(all[int32(leaf)]).Intersect(during); len(blocked) > 0 {
			f(leaf, blocked, flow.UnionOf(far[int32(leaf)]).Intersect(during))
		}
	}
}

// spansOf tells of some leaves when they were of such a class.
func (l *ledger) spansOf(some []bool, such func(class) bool) map[int32]flow.Spans {
	out := map[int32]flow.Spans{}
	for k := range l.entries {
		e := &l.entries[k]
		if !some[e.leaf] {
			continue
		}
		spans, is := out[e.leaf], such(e.after())
		n := len(spans) - 1
		switch lasting := n >= 0 && spans[n].To.IsZero(); {
		case lasting && !is:
			spans[n].To = e.at()
		case !lasting && is:
			out[e.leaf] = spans.Append(flow.Span{From: e.at()})
		}
	}
	return out
}

// length is how long the spans are together; each of them has an end.
func length(spans flow.Spans) time.Duration {
	var d time.Duration
	for _, s := range spans {
		d += s.To.Sub(s.From)
	}
	return d
}

// withhold takes away what is counted of too few persons.
func (o *Ownership) withhold(g *GoalStatus, why string) {
	if o == nil {
		return
	}
	if o.HandOffs != nil {
		o.HandOffs = nil
		g.miss("hand_offs", why)
	}
	if o.OwnerChanges90d != nil {
		o.OwnerChanges90d = nil
		g.miss("owner_changes_90d", why)
	}
}

// tellsOfPersons reports whether what is counted of persons is shown.
func (g *GoalStatus) tellsOfPersons() bool {
	return g.Ownership != nil && g.Ownership.OwnerChanges90d != nil
}

func (x *explainer) ownership() ExplainedMeasure {
	o := x.status.Ownership
	if o == nil {
		return ExplainedMeasure{}
	}
	m := ExplainedMeasure{Value: "somebody answers for it"}
	if !o.Owned {
		m.Value = "nobody answers for it"
	}
	orWhy := func(value, figure string) string {
		if value == "" {
			return "unknown: " + x.status.Missing[figure]
		}
		return value
	}
	handOffs, changes := "", "none of its own epics"
	if o.HandOffs != nil {
		handOffs = fmt.Sprintf("%.2f", *o.HandOffs)
	}
	if o.OwnerChanges90d != nil {
		changes = strconv.Itoa(*o.OwnerChanges90d)
	} else if why := x.status.Missing["owner_changes_90d"]; why != "" {
		changes = "unknown: " + why
	}
	team := x.status.Owner
	if team == "" {
		team = "none"
	}
	m.Inputs = []ExplainedInput{
		{"team that owns it", team}, {"changes of its epics' owners in " + inDays(x.s.Thresholds.FlowWindow), changes},
		{"hand-offs for each delivered issue", orWhy(handOffs, "hand_offs")},
		{"share of the blocked time that is for other projects", orWhy(percent(o.WaitsForOthers), "waits_for_others")},
		{"whether an assignee's account is active", "unknown: Jira's issues do not tell it"},
	}
	x.l.eachBlocked(x.at, x.s, func(leaf int, all, far flow.Spans) {
		last := all[len(all)-1].From
		if len(far) > 0 {
			m.Counted = append(m.Counted, x.evidence(leaf, last, "blocked for "+inDays(length(all))+", "+inDays(length(far))+" of it by an issue of another project"))
		} else {
			m.LeftOut = append(m.LeftOut, x.evidence(leaf, last, "blocked for "+inDays(length(all))+", by nothing of another project"))
		}
	})
	return m
}
