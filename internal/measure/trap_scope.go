package measure

import (
	"fmt"
	"strconv"
	"time"

	"plumbline/internal/flow"
)

// ninetyNineTail is T4 of MEASURES §10: all but done for a month, and never
// done, because more is added.
func ninetyNineTail() Trap {
	return Trap{
		Name: "ninety_nine_tail", Title: "The last per cent never end",
		Thresholds: []TrapThreshold{
			{"completion", 0.95, 0, "reported completion, by Jira and in issues, from which it is all but done"},
			{"days", 30, 1, "days that it must have been so"},
			{"added", 1, 1, "issues that must have come into scope in that time"},
			{"least_issues", 5, 1, "issues in scope below which no percentage is claimed"},
		},
		detect: func(l *ledger, _ *Settings, t trapLimits) (flow.Spans, string) {
			return l.tails(t).Less(l.shut), ""
		},
		sizeOf: "share of its issues that are closed",
		size: func(x sight) (float64, bool) {
			t := x.l.tally(x.at)
			r := t.reported()
			if r == nil {
				return 0, false
			}
			return *r, true
		},
		explain: (*explainer).ninetyNineTail,
	}
}

// tails returns when the goal had been all but done for long enough, with
// enough added since.
func (l *ledger) tails(t trapLimits) flow.Spans {
	var out flow.Spans
	var sum tally
	var since, enough time.Time // since when it is all but done, and when enough had been added
	added := 0
	end := func(at time.Time) {
		if from := latest(since.Add(t.days("days")), enough); !since.IsZero() && !enough.IsZero() && (at.IsZero() || from.Before(at)) {
			out = out.Append(flow.Span{From: from, To: at})
		}
		since, enough, added = time.Time{}, time.Time{}, 0
	}
	for k := range l.entries {
		e := &l.entries[k]
		sum.apply(e)
		if !since.IsZero() && !e.before().in && e.after().in {
			if added++; added == t.count("added") {
				enough = e.at()
			}
		}
		if k+1 < len(l.entries) && l.entries[k+1].at().Equal(e.at()) {
			continue // what happens at one moment is judged as one
		}
		switch almost := sum.almost(t); {
		case almost && since.IsZero():
			since = e.at()
		case !almost && !since.IsZero():
			end(e.at())
		}
	}
	end(time.Time{})
	return out
}

// almost reports whether all but nothing is closed.
func (t *tally) almost(limits trapLimits) bool {
	all := t.parts.Total()
	return all >= limits.count("least_issues") && (t.parts.Open() == 0 || float64(t.done) >= limits["completion"]*float64(all))
}

func (x *explainer) ninetyNineTail(t trapLimits) ExplainedMeasure {
	m := ExplainedMeasure{Formula: fmt.Sprintf("no issue is open, or at least %s are closed, for %g days, while the goal is not closed and at least %d "+
		"issues came into scope; with fewer than %d issues nothing is claimed", share100(t["completion"]), t["days"], t.count("added"), t.count("least_issues"))}
	var sum tally
	since := time.Time{}
	var came []Evidence
	for k := range x.l.entries {
		e := &x.l.entries[k]
		if e.at().After(x.at) {
			break
		}
		sum.apply(e)
		if !since.IsZero() && !e.before().in && e.after().in {
			came = append(came, x.evidence(int(e.leaf), e.at(), "came into scope while all but done"))
		}
		if k+1 < len(x.l.entries) && x.l.entries[k+1].at().Equal(e.at()) {
			continue
		}
		switch almost := sum.almost(t); {
		case almost && since.IsZero():
			since, came = e.at(), nil
		case !almost:
			since, came = time.Time{}, nil
		}
	}
	m.Inputs = []ExplainedInput{{"closed", fmt.Sprintf("%d of %d", sum.done, sum.parts.Total())}, {"open issues", strconv.Itoa(sum.parts.Open())}}
	if !since.IsZero() {
		m.Inputs = append(m.Inputs, ExplainedInput{"all but done since", moment(since)})
	}
	m.Counted = came
	return m
}

// orphanGoal is T5 of MEASURES §10: declared and promised, and nobody works
// on it.
func orphanGoal() Trap {
	return Trap{
		Name: "orphan_goal", Title: "A promise without work",
		Thresholds: []TrapThreshold{{"days", 14, 0, "days after the declaration, or after the declared start if that is later"}},
		detect: func(l *ledger, s *Settings, t trapLimits) (flow.Spans, string) {
			declared, why := l.declared(s)
			if why != "" {
				return nil, why
			}
			from := declared.Add(t.days("days"))
			raw := l.unworked(declared).Intersect(flow.Spans{{From: from}})
			return raw.Less(l.shut), ""
		},
		explain: (*explainer).orphanGoal,
	}
}

// declared is when the goal was declared with a target: the day on which its
// first target was said, or its start, whichever is later.
func (l *ledger) declared(s *Settings) (at time.Time, why string) {
	if len(l.goal.Targets) == 0 {
		return at, "no target is declared"
	}
	zone := s.Calendar.Location()
	if p := l.targetHistory(); !p.dates[0].said.IsZero() {
		at = p.dates[0].said
	}
	if !l.goal.Start.IsZero() {
		at = latest(at, l.goal.Start.Start(zone))
	}
	if at.IsZero() {
		return at, "it is not known when the goal was declared: give it a start, or its first target a day on which it was said"
	}
	return at, ""
}

// unworked returns when the goal had no leaf in scope, and when nothing of
// meaning had happened to its leaves since the moment.
func (l *ledger) unworked(since time.Time) flow.Spans {
	first := time.Time{}
	if k := l.firstAfter(since); k < len(l.entries) {
		first = l.entries[k].at()
	}
	for k := range l.sizes {
		if z := &l.sizes[k]; z.at().After(since) {
			if first.IsZero() || z.at().Before(first) {
				first = z.at()
			}
			break
		}
	}
	out := flow.Spans{{From: since, To: first}}
	if first.IsZero() {
		return out
	}
	in := 0
	var empty flow.Spans
	from := time.Time{}
	for k := range l.entries {
		e := &l.entries[k]
		was := in
		switch {
		case !e.before().in && e.after().in:
			in++
		case e.before().in && !e.after().in:
			in--
		}
		switch {
		case was == 0 && in > 0 && e.at().After(from):
			empty = empty.Append(flow.Span{From: from, To: e.at()})
		case was > 0 && in == 0:
			from = e.at()
		}
	}
	if in == 0 {
		empty = empty.Append(flow.Span{From: from})
	}
	return out.Union(empty)
}

func (x *explainer) orphanGoal(t trapLimits) ExplainedMeasure {
	m := ExplainedMeasure{Formula: fmt.Sprintf("%g days after it was declared (its first target said, or its start if later), the goal has no issue in scope, "+
		"or nothing of meaning has happened to its issues since: none came, left, moved or was estimated", t["days"])}
	declared, why := x.l.declared(x.s)
	if why != "" {
		return m
	}
	m.Inputs = []ExplainedInput{{"declared", x.dayOf(declared)}, {"issues in scope", strconv.Itoa(x.status.Issues.Total())}}
	n := 0
	for k := x.l.firstAfter(declared); k < len(x.l.entries) && !x.l.entries[k].at().After(x.at); k++ {
		if e := &x.l.entries[k]; n < shownEvents {
			m.LeftOut = append(m.LeftOut, x.evidence(int(e.leaf), e.at(), "since the declaration: "+e.after().String()))
		}
		n++
	}
	m.Inputs = append(m.Inputs, ExplainedInput{"steps of its issues since then", strconv.Itoa(n)})
	return m
}
