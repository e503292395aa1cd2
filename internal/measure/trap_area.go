package measure

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// raise is that a leaf was raised to one of the priorities that mean an
// escalation, while it was in scope.
type raise struct {
	ms   int64
	leaf int32
}

func compareRaises(a, b raise) int {
	return cmp.Or(cmp.Compare(a.ms, b.ms), cmp.Compare(a.leaf, b.leaf))
}

func (r *raise) at() time.Time { return instantOf(r.ms) }

// raises returns when the issue was raised to a priority that means an
// escalation. That it was created with one is none.
func (b *builder) raises(t *flow.Timeline) []int64 {
	if len(b.settings.Escalation) == 0 {
		return nil
	}
	var out []int64
	was, born := false, true
	for span, st := range t.SpansOf(1 << flow.FieldPriority) {
		is := oneOf(b.settings.Escalation, st.Priority.Name)
		if is && !was && !born {
			out = append(out, millis(span.From))
		}
		was, born = is, false
	}
	return out
}

// noteRaises keeps the raises that fell into the leaf's time in scope.
func (l *ledger) noteRaises(leaf int, raises []int64) {
	for _, ms := range raises {
		if l.leaves.in(leaf).Contains(instantOf(ms)) {
			l.raises = append(l.raises, raise{ms, int32(leaf)})
		}
	}
}

// heroics is T10 of MEASURES §10: the goals of an area make their targets, or
// miss them, by a last effort, again and again.
func heroics() Trap {
	return Trap{
		Name: "heroics", Title: "Everything at the last moment",
		Thresholds: []TrapThreshold{
			{"raised", 3, 1, "issues raised to a priority that means an escalation shortly before the target"},
			{"days", 14, 1, "days before the target in which that is looked at"},
			{"late_share", 0.4, 0, "share of the deliveries that came in the last part of the time to the target, above which they crowd there"},
			{"last_part", 0.2, 0.01, "that last part"},
			{"least_deliveries", 5, 1, "deliveries below which no share is claimed"},
			{"goals", 2, 1, "goals of the area of which that is so"},
			{"of_goals", 3, 1, "the last goals of the area whose target has passed, which are looked at"},
		},
		weekly: func(x sight) (bool, string) {
			last := x.lastOfArea()
			if n := x.limits.count("goals"); len(last) < n {
				return false, fmt.Sprintf("the target of %d goals of its area has passed; %d are needed", len(last), n)
			}
			crowded := 0
			for _, r := range last {
				if x.crowdsOf(r).crowds(x.limits) {
					crowded++
				}
			}
			return crowded >= x.limits.count("goals"), ""
		},
		sizeOf: "share of the deliveries in the last part of the time to the target",
		size: func(x sight) (float64, bool) {
			due, ok := x.l.passedTarget(x.at, x.s)
			if !ok {
				return 0, false
			}
			c := x.crowdsOf(pastDue{x.k, due})
			return c.share(), c.delivered >= x.limits.count("least_deliveries")
		},
		explain: (*explainer).heroics,
	}
}

// pastDue is a goal whose target has passed.
type pastDue struct {
	ledger int
	due    time.Time
}

// lastOfArea returns the last goals of the area whose target had passed, the
// latest first. The area of a goal are the goals below the same one or, where
// it is below none, all goals of the same owner (MEASURES §10).
func (x sight) lastOfArea() []pastDue {
	var out []pastDue
	for _, p := range x.h.classAt(x.at).passed() {
		g := x.h.ledgers[p.ledger].goal
		own := x.l.goal
		same := own.Parent != "" && g.Parent == own.Parent || own.Parent == "" && own.Owner != "" && g.Owner == own.Owner
		if p.ledger != x.k && !same {
			continue
		}
		if len(out) == x.limits.count("of_goals") {
			break
		}
		out = append(out, p)
	}
	return out
}

// passedTargets lists the goals whose target had passed, the latest first.
func (h *History) passedTargets(at time.Time) []pastDue {
	var out []pastDue
	for k := range h.ledgers {
		if due, ok := h.ledgers[k].passedTarget(at, &h.settings); ok {
			out = append(out, pastDue{k, due})
		}
	}
	slices.SortStableFunc(out, func(a, b pastDue) int { return b.due.Compare(a.due) })
	return out
}

// passedTarget is when the target of the moment was over; false where it is
// still to come, or there is none.
func (l *ledger) passedTarget(at time.Time, s *Settings) (time.Time, bool) {
	zone := s.Calendar.Location()
	target, ok := l.targetAt(at)
	if !ok || target.End(zone).After(at) {
		return time.Time{}, false
	}
	return target.End(zone), true
}

// crowding is how a goal came to its target.
type crowding struct {
	raised, delivered, late int
}

func (c crowding) share() float64 {
	if c.delivered == 0 {
		return 0
	}
	return float64(c.late) / float64(c.delivered)
}

func (c crowding) crowds(t trapLimits) bool {
	return c.raised >= t.count("raised") || c.delivered >= t.count("least_deliveries") && c.share() > t["late_share"]
}

// crowdsOf counts what was raised shortly before the target of a goal, and what
// was delivered by then and when.
func (x sight) crowdsOf(g pastDue) (c crowding) {
	l := &x.h.ledgers[g.ledger]
	raised := map[int32]bool{}
	for k := range l.raises {
		if r := &l.raises[k]; r.at().Before(g.due) && !r.at().Before(g.due.Add(-x.limits.days("days"))) {
			raised[r.leaf] = true
		}
	}
	c.raised = len(raised)
	t0, ok := l.commitment(g.due, x.s)
	if !ok {
		return c
	}
	whole := g.due.Sub(t0)
	last := g.due.Add(-time.Duration(float64(whole) * x.limits["last_part"]))
	l.finishedBy(g.due, whole, func(_ int, when time.Time) {
		if c.delivered++; when.After(last) {
			c.late++
		}
	})
	return c
}

func (x *explainer) heroics(t trapLimits) ExplainedMeasure {
	m := ExplainedMeasure{Formula: fmt.Sprintf("at the beginning of the week: of the last %d goals of its area (below the same goal, else of the same owner) whose target "+
		"has passed, at least %d had %d issues or more raised to a priority that means an escalation in the %g days before it, or over %s of at least %d "+
		"deliveries since the commitment in the last %s of the time to it", t.count("of_goals"), t.count("goals"), t.count("raised"), t["days"],
		share100(t["late_share"]), t.count("least_deliveries"), share100(t["last_part"]))}
	now := x.h.sight(x.k, t, x.monday())
	for _, g := range now.lastOfArea() {
		c := now.crowdsOf(g)
		l := &x.h.ledgers[g.ledger]
		m.Inputs = append(m.Inputs, ExplainedInput{"target of " + l.goal.ID + " on " + x.dayOf(g.due.Add(-time.Second)), fmt.Sprintf(
			"%d raised before it; %d of %d delivered in the last part; crowded: %s", c.raised, c.late, c.delivered, yesNo(c.crowds(t)))})
		for k := range l.raises {
			r := &l.raises[k]
			if r.at().Before(g.due) && !r.at().Before(g.due.Add(-t.days("days"))) {
				leaf := int(r.leaf)
				m.Counted = append(m.Counted, Evidence{Site: l.leaves.origin(leaf).site, Key: l.leaves.key(leaf).String(), At: r.at(), What: "raised shortly before the target of " + l.goal.ID})
			}
		}
	}
	return m
}

// shadowWork is T15 of MEASURES §10: much of the work around the goal is no
// goal's.
func shadowWork() Trap {
	return Trap{
		Name: "shadow_work", Title: "Work that no goal knows of",
		Thresholds: []TrapThreshold{
			{"share", 0.4, 0, "share of the active work of the goal's projects that no goal claims and business as usual doesn't explain"},
			{"least_issues", 10, 1, "such issues below which nothing is claimed"},
		},
		weekly: func(x sight) (bool, string) {
			u := x.unexplained(x.h.classAt(x.at).work())
			return u.unexplained >= x.limits.count("least_issues") && u.share() >= x.limits["share"], ""
		},
		sizeOf: "share of the work around it that no goal claims",
		size: func(x sight) (float64, bool) {
			u := x.unexplained(x.h.work.shares(x.at))
			return u.share(), u.active > 0
		},
		explain: (*explainer).shadowWork,
	}
}

// unexplained is the active work of some projects that no goal claims.
type unexplained struct{ unexplained, active int }

func (u unexplained) share() float64 {
	if u.active == 0 {
		return 0
	}
	return float64(u.unexplained) / float64(u.active)
}

// unexplained sums up the shares of the projects in which the goal has open work.
func (x sight) unexplained(shares []ProjectShare) (u unexplained) {
	own := x.projects()
	for _, s := range shares {
		if own[projectAt{s.Site, s.Project}] {
			u.unexplained += s.Unlinked - s.BusinessAsUsual
			u.active += s.Active
		}
	}
	return u
}

// stay is that a leaf was in a project, by its key, from a moment on.
type stay struct {
	ms      int64
	leaf    int32
	project string
}

func compareStays(a, b stay) int {
	return cmp.Or(cmp.Compare(a.leaf, b.leaf), cmp.Compare(a.ms, b.ms))
}

// stays lists the projects of an issue that was moved; any other is where its key
// says.
func stays(t *flow.Timeline) []stay {
	if !slices.ContainsFunc(t.Changes(), func(c flow.Change) bool { return c.Field == flow.FieldKey }) {
		return nil
	}
	var out []stay
	for span, st := range t.Spans() {
		if k := len(out) - 1; k < 0 || out[k].project != st.Project.Name {
			out = append(out, stay{ms: millis(span.From), project: strings.Clone(st.Project.Name)})
		}
	}
	return out
}

func (l *ledger) noteStays(leaf int, was []stay) {
	for _, s := range was {
		s.leaf = int32(leaf)
		l.stays = append(l.stays, s)
	}
}

// projects are those in which the goal has open work at the moment.
func (x sight) projects() map[projectAt]bool {
	moved := map[int32]string{}
	for k := range x.l.stays {
		if s := &x.l.stays[k]; s.ms <= x.at.UnixMilli() {
			moved[s.leaf] = s.project
		}
	}
	out := map[projectAt]bool{}
	for leaf, e := range x.l.now(x.at).all() {
		if e == nil || !e.after().in || e.after().out != flow.Open {
			continue
		}
		from := x.l.leaves.origin(leaf)
		project, there := moved[int32(leaf)]
		if !there {
			project = from.project
		}
		out[projectAt{from.site, project}] = true
	}
	return out
}

func (x *explainer) shadowWork(t trapLimits) ExplainedMeasure {
	m := ExplainedMeasure{Formula: fmt.Sprintf("at the beginning of the week, at least %s of the active work of the projects in which the goal has open work, and at least "+
		"%d issues, are claimed by no goal and not business as usual (see unlinked)", share100(t["share"]), t.count("least_issues"))}
	now := x.h.sight(x.k, t, x.monday())
	own := now.projects()
	shares := x.h.work.shares(now.at)
	slices.SortStableFunc(shares, func(a, b ProjectShare) int {
		return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.Project, b.Project))
	})
	for _, s := range shares {
		if own[projectAt{s.Site, s.Project}] {
			m.Inputs = append(m.Inputs, ExplainedInput{s.Project, fmt.Sprintf("%d active issues, %d claimed by no goal, %d of them business as usual",
				s.Active, s.Unlinked, s.BusinessAsUsual)})
		}
	}
	u := now.unexplained(shares)
	share := u.share()
	m.Inputs = append(m.Inputs, ExplainedInput{"unexplained", strconv.Itoa(u.unexplained) + " of " + strconv.Itoa(u.active) + ", " + percent(&share)})
	return m
}
