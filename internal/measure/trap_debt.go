package measure

import (
	"fmt"
	"strconv"
	"time"

	"plumbline/internal/flow"
)

// debtDiscussed is T11 of MEASURES §10: technical debt is edited and never
// begun, while more of it comes than goes.
func debtDiscussed() Trap {
	return Trap{
		Name: "debt_discussed_not_retired", Title: "Debt is discussed, and not retired",
		Thresholds: []TrapThreshold{
			{"issues", 3, 1, "open debt issues that were discussed and never begun"},
			{"changes", talkedFrom, talkedFrom, "changes of any field, bots' left out, from which on an issue was discussed"},
			{"age_days", 90, 0, "days since its creation from which on one counts"},
			{"retirement_ratio", 0.5, 0, "debt delivered over debt created in 90 days, below which little is retired"},
			{"growth_days", 180, 1, "days over which the open debt has grown"},
		},
		detect: func(l *ledger, s *Settings, t trapLimits) (flow.Spans, string) {
			if !s.Debt.names() {
				return nil, "semantics.debt names no issues"
			}
			return l.debtTalk(s, t).Less(l.shut), ""
		},
		explain: (*explainer).debtDiscussed,
	}
}

// talkedFrom is from how many changes on it is kept when they were made.
const talkedFrom = 3

// talk is when a leaf that may be debt was changed for the n-th time, from the
// talkedFrom-th on.
type talk struct {
	ms   int64
	leaf int32
	n    int32
}

// talks lists the changes of an issue that may be debt.
func talks(t *flow.Timeline, s *Settings) []talk {
	if !mayBe(t, &s.Debt) {
		return nil
	}
	var out []talk
	n := int32(0)
	for k := range t.Issue.Changes {
		c := &t.Issue.Changes[k]
		if c.Bot || c.At.Before(t.Issue.Created) {
			continue
		}
		if n++; n >= talkedFrom {
			out = append(out, talk{ms: millis(c.At), n: n})
		}
	}
	return out
}

// debtLife is one debt leaf of a goal: when it was open debt in scope, and
// when it was delivered debt in scope.
type debtLife struct {
	leaf            int
	open, delivered flow.Spans
	born            time.Time
	talked          time.Time // zero for never
	begun           time.Time // zero for never
}

// stuck is when the leaf was open debt that had been discussed and was never
// begun.
func (d *debtLife) stuck(t trapLimits) flow.Spans {
	if d.talked.IsZero() {
		return nil
	}
	from := d.born.Add(t.days("age_days"))
	if d.talked.After(from) {
		from = d.talked
	}
	if !d.begun.IsZero() && !d.begun.After(from) {
		return nil
	}
	return d.open.Intersect(flow.Spans{{From: from, To: d.begun}})
}

// debtLives tells of every leaf that was ever debt in scope.
func (l *ledger) debtLives(t trapLimits) []debtLife {
	debt := map[int32]flow.Spans{}
	some := make([]bool, l.leaves.len())
	for k := range l.marks {
		m := &l.marks[k]
		if m.is()&isDebt == 0 {
			continue
		}
		span := flow.Span{From: instantOf(m.ms())}
		if k+1 < len(l.marks) && l.marks[k+1].leaf == m.leaf {
			span.To = instantOf(l.marks[k+1].ms())
		}
		some[m.leaf] = true
		debt[m.leaf] = debt[m.leaf].Append(span)
	}
	if len(debt) == 0 {
		return nil
	}
	open, delivered := l.spansOf(some, func(c class) bool { return c.in && c.out == flow.Open }), l.spansOf(some, func(c class) bool { return c.in && c.out == flow.Delivered })
	var out []debtLife
	at := map[int32]int{}
	for leaf := range l.leaves.len() {
		if k := int32(leaf); some[leaf] {
			at[k] = len(out)
			out = append(out, debtLife{leaf: leaf, open: debt[k].Intersect(open[k]), delivered: debt[k].Intersect(delivered[k]), born: instantOf(l.lives[leaf].born)})
		}
	}
	for k := range l.turns {
		if x := &l.turns[k]; x.what() == began && some[x.leaf] && out[at[x.leaf]].begun.IsZero() {
			out[at[x.leaf]].begun = instantOf(x.ms())
		}
	}
	for k := range l.talks {
		if x := &l.talks[k]; some[x.leaf] && int(x.n) == t.count("changes") {
			out[at[x.leaf]].talked = instantOf(x.ms)
		}
	}
	return out
}

// debtTallies are the numbers that T11 looks at, over time.
type debtTallies struct{ open, stuck, created, retired tallyOver }

func (l *ledger) debtTallies(t trapLimits, s *Settings) (*debtTallies, []debtLife) {
	lives := l.debtLives(t)
	d := &debtTallies{}
	for k := range lives {
		x := &lives[k]
		d.open.add(x.open)
		d.stuck.add(x.stuck(t))
		young := flow.Spans{{From: x.born, To: x.born.Add(longestWindow)}}
		d.created.add(x.open.Union(x.delivered).Intersect(young))
		for k, span := range x.delivered {
			since := x.delivered[bridgedTo(x.delivered, k, s.Thresholds.Bounce)].From
			if lately, ok := span.Intersect(flow.Span{From: since, To: since.Add(longestWindow)}); ok {
				d.retired.add(flow.Spans{lately})
			}
		}
	}
	for _, x := range []*tallyOver{&d.open, &d.stuck, &d.created, &d.retired} {
		x.seal()
	}
	return d, lives
}

// holds reports whether the rule holds at the moment.
func (d *debtTallies) holds(at time.Time, t trapLimits) bool {
	created := d.created.at(at)
	return d.stuck.at(at) >= t.count("issues") && created > 0 &&
		float64(d.retired.at(at)) < t["retirement_ratio"]*float64(created) &&
		d.open.at(at) > d.open.at(at.Add(-t.days("growth_days")))
}

// debtTalk returns the weeks at whose beginning debt was discussed and not
// retired.
func (l *ledger) debtTalk(s *Settings, t trapLimits) flow.Spans {
	d, _ := l.debtTallies(t, s)
	from, any := d.stuck.came.first()
	if !any {
		return nil
	}
	last := from
	for _, x := range []*tallyOver{&d.stuck, &d.open, &d.created, &d.retired} {
		if ms, any := x.last(); any {
			last = max(last, ms)
		}
	}
	zone := s.Calendar.Location()
	first := monday(instantOf(from), zone).AddDays(7)
	end := monday(instantOf(last).Add(t.days("growth_days")), zone).AddDays(7)
	var out flow.Spans
	for w := first; !end.Before(w); w = w.AddDays(7) {
		if from := w.Start(zone); d.holds(from, t) {
			out = out.Append(flow.Span{From: from, To: w.AddDays(7).Start(zone)})
		}
	}
	return out
}

func (x *explainer) debtDiscussed(t trapLimits) ExplainedMeasure {
	m := ExplainedMeasure{Formula: fmt.Sprintf("at the beginning of the week at least %d open debt issues, older than %g days, had been changed %d times or more and were never in progress; "+
		"less than %s of the debt that was created in the last 90 days had been delivered in them; and more debt was open than %g days before",
		t.count("issues"), t["age_days"], t.count("changes"), share100(t["retirement_ratio"]), t["growth_days"])}
	zone := x.s.Calendar.Location()
	at := monday(x.at, zone).Start(zone)
	d, lives := x.l.debtTallies(t, x.s)
	m.Inputs = []ExplainedInput{
		{"week of", flow.DateOf(at.In(zone)).String()}, {"discussed, never begun", strconv.Itoa(d.stuck.at(at))},
		{"created in 90 days, and still debt", strconv.Itoa(d.created.at(at))}, {"delivered in 90 days", strconv.Itoa(d.retired.at(at))},
		{"open", strconv.Itoa(d.open.at(at))}, {"open " + strconv.FormatFloat(t["growth_days"], 'f', -1, 64) + " days before", strconv.Itoa(d.open.at(at.Add(-t.days("growth_days"))))},
	}
	for k := range lives {
		one := &lives[k]
		if one.stuck(t).Contains(at) {
			m.Counted = append(m.Counted, x.evidence(one.leaf, one.talked, fmt.Sprintf("changed %d times by then, and never in progress", t.count("changes"))))
		}
		if since, ok := heldSince(one.delivered, at, x.s.Thresholds.Bounce); ok && at.Sub(since) < longestWindow {
			m.LeftOut = append(m.LeftOut, x.evidence(one.leaf, since, "delivered"))
		}
	}
	return m
}
