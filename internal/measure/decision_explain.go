package measure

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// explainedDecisions lists the figures about decisions that can be explained.
func explainedDecisions(t *Thresholds) []explainedBy {
	some := (*explainer).hasDecisions
	return []explainedBy{
		{"decisions_open", fmt.Sprintf("decisions asked for and not made: an open issue of a configured type, label or status, a flag, or a line of a "+
			"goals file; what is asked again within %s is the same decision, from the first time on", inDays(t.DecisionContinues)),
			(*explainer).decisionsOpen, nil},
		{"decisions_overdue", "open decisions that are later than decide_by, else than decide_within allows for their class",
			(*explainer).decisionsOverdue, some},
		{"decision_debt", "the sum of the ages of the open decisions: a day a day for each", (*explainer).decisionDebt, some},
		{"decision_blocked", "open issues that wait for a decision (their own, or one that they are blocked by) ÷ all open issues, in what the goal counts",
			(*explainer).decisionBlocked, some},
		{"decision_latency", fmt.Sprintf("by when half, and 85 %%, of the decisions are made, from being asked for on (Kaplan–Meier with delayed entry, "+
			"over the last %s; open ones last longer than they are old), and the mean up to %s; the whole history where the window holds too little",
			inDays(t.DecisionWindow), inDays(t.DecisionHorizon)), (*explainer).decisionLatency, some},
		{"decisions_reversed", fmt.Sprintf("decisions that were made and asked again after more than %s, or that their goals file calls reversed",
			inDays(t.DecisionContinues)), (*explainer).decisionsReversed, some},
	}
}

func (x *explainer) hasDecisions() bool {
	return len(x.l.decisions) > 0 && !x.l.decisions[0].asked.After(x.at)
}

// ownDecisions yields the goal's decisions that had been asked by the moment
// and were its own when they were last waited for.
func (x *explainer) ownDecisions(f func(o ownDecision, st standing)) {
	for _, o := range x.l.decisions {
		st := o.at(x.at)
		if !st.asked {
			break
		}
		if o.own.in.Contains(lastOf(st, x.at)) {
			f(o, st)
		}
	}
}

// askedSoFar counts the decisions that have ever been asked and were the
// goal's.
func (x *explainer) askedSoFar() int {
	n := 0
	for _, o := range x.l.decisions {
		if len(o.own.in) > 0 && !latest(o.asked, o.own.in[0].From).After(x.at) {
			n++
		}
	}
	return n
}

func (x *explainer) decisionEvidence(o ownDecision, at time.Time, what ...string) Evidence {
	class := OtherDecisions
	if names := classNames(x.s); o.classAt(x.at) < len(names) {
		class = names[o.classAt(x.at)]
	}
	text := fmt.Sprintf("%s: %s, asked by %s", o.label(x.at), class, o.cause)
	if whole := o.root(x.at); whole != o.decision {
		text += ", a part of " + cmp.Or(whole.key, whole.label(x.at))
	}
	for _, w := range what {
		if w != "" {
			text += "; " + w
		}
	}
	return Evidence{Site: o.siteAt(x.at), Key: o.key, At: at, What: text}
}

func (x *explainer) decisionsOpen() ExplainedMeasure {
	d := x.status.Decisions
	if d == nil {
		return ExplainedMeasure{}
	}
	m := ExplainedMeasure{Value: strconv.Itoa(d.Open)}
	if d.OldestOpen != nil {
		m.Value += ", the oldest since " + x.dayOf(*d.OldestOpen)
	}
	for _, c := range d.Classes {
		m.Inputs = append(m.Inputs, ExplainedInput{c.Class, strconv.Itoa(c.Open)})
	}
	if all := x.status.Issues.Total(); all > 0 { // few may mean that few are written down (MEASURES §9)
		m.Inputs = append(m.Inputs, ExplainedInput{"asked for so far, for each 100 issues", strconv.FormatFloat(100*float64(x.askedSoFar())/float64(all), 'f', 1, 64)})
	}
	x.ownDecisions(func(o ownDecision, st standing) {
		switch {
		case st.open():
			m.Counted = append(m.Counted, x.decisionEvidence(o, o.askedAt(x.at), "open for "+inDays(x.at.Sub(o.askedAt(x.at))), x.dueText(o), again(st)))
		case st.end.After(x.at.Add(-x.s.Thresholds.DecisionWindow)):
			m.LeftOut = append(m.LeftOut, x.decisionEvidence(o, st.end, st.how.String()+" after "+inDays(st.end.Sub(o.askedAt(x.at))), again(st)))
		}
	})
	return m
}

func again(s standing) string {
	if s.again == 0 {
		return ""
	}
	return fmt.Sprintf("closed and opened again %d times", s.again)
}

func (x *explainer) dueText(o ownDecision) string {
	if late, ok := o.own.overdue.At(x.at); ok {
		return "overdue since " + moment(late.From)
	}
	if due := dueAt(o.own.due, x.at); !due.IsZero() {
		return "due by " + moment(due)
	}
	return "nobody says by when"
}

func (x *explainer) decisionsOverdue() ExplainedMeasure {
	d := x.status.Decisions
	if d == nil {
		return ExplainedMeasure{}
	}
	m := ExplainedMeasure{Value: strconv.Itoa(d.Overdue), Inputs: []ExplainedInput{{"open", strconv.Itoa(d.Open)}}}
	x.ownDecisions(func(o ownDecision, st standing) {
		if !st.open() {
			return
		}
		e := x.decisionEvidence(o, o.askedAt(x.at), x.dueText(o))
		if o.own.overdue.Contains(x.at) {
			m.Counted = append(m.Counted, e)
		} else {
			m.LeftOut = append(m.LeftOut, e)
		}
	})
	return m
}

func (x *explainer) decisionDebt() ExplainedMeasure {
	d := x.status.Decisions
	if d == nil {
		return ExplainedMeasure{}
	}
	m := ExplainedMeasure{Value: inDays(seconds(d.DebtSeconds))}
	if d.BeyondUsual != nil {
		m.Inputs = append(m.Inputs, ExplainedInput{"open longer than 85 % of the decisions take", percent(d.BeyondUsual)})
	}
	x.ownDecisions(func(o ownDecision, st standing) {
		if st.open() {
			m.Counted = append(m.Counted, x.decisionEvidence(o, o.askedAt(x.at), "open for "+inDays(x.at.Sub(o.askedAt(x.at)))))
		}
	})
	return m
}

func (x *explainer) decisionBlocked() ExplainedMeasure {
	d := x.status.Decisions
	if d == nil || d.BlockedRatio == nil {
		return ExplainedMeasure{Why: "no work is open"}
	}
	m := ExplainedMeasure{Value: percent(d.BlockedRatio), Inputs: []ExplainedInput{{"open issues", strconv.Itoa(x.status.Issues.Open())}}}
	held := map[int32]bool{}
	for _, h := range x.l.held {
		if span, ok := h.in.At(x.at); ok {
			held[h.leaf] = true
			m.Counted = append(m.Counted, x.evidence(int(h.leaf), span.From, "waits for a decision"+x.weighing(int(h.leaf))))
		}
	}
	for leaf, e := range x.now.all() {
		if e != nil && e.after().in && e.after().out == flow.Open && !held[int32(leaf)] {
			m.LeftOut = append(m.LeftOut, x.evidence(leaf, e.at(), "open, and waits for no decision"+x.weighing(leaf)))
		}
	}
	return m
}

func (x *explainer) decisionLatency() ExplainedMeasure {
	d := x.status.Decisions
	if d == nil || d.Latency.MeanSeconds == nil {
		return ExplainedMeasure{}
	}
	m := ExplainedMeasure{Value: d.Latency.text()}
	for _, c := range d.Classes {
		if c.Latency.MeanSeconds != nil {
			m.Inputs = append(m.Inputs, ExplainedInput{c.Class, c.Latency.text()})
		}
	}
	if w := d.Latency.Working; w != nil {
		working := DecisionLatency{P50Seconds: w.P50Seconds, P85Seconds: w.P85Seconds, MeanSeconds: &w.MeanSeconds}
		m.Inputs = append(m.Inputs, ExplainedInput{"in working days", working.text()})
	}
	window := observer{since: x.at.Add(-x.s.Thresholds.DecisionWindow), at: x.at, age: wallClock}
	if d.Latency.WholeHistory {
		window = window.wholly()
		m.Inputs = append(m.Inputs, ExplainedInput{"window", "the whole history, since the last days hold too little"})
	}
	for _, o := range entirely(x.l.lifetimes, x.at) {
		for _, seen := range window.see(nil, o) {
			what := "open after " + inDays(seen.exit)
			if seen.ended {
				what = "made after " + inDays(seen.exit)
			}
			if seen.entry > 0 {
				what += ", seen from " + inDays(seen.entry) + " on"
			}
			m.Counted = append(m.Counted, x.decisionEvidence(ownDecision{decision: o.decision}, o.askedAt(x.at), what))
		}
	}
	return m
}

// text writes a latency for people.
func (l *DecisionLatency) text() string {
	var parts []string
	for _, q := range []struct {
		share string
		v     *float64
	}{{"half", l.P50Seconds}, {"85 %", l.P85Seconds}} {
		if q.v == nil {
			parts = append(parts, q.share+" not yet")
		} else {
			parts = append(parts, q.share+" within "+inDays(seconds(*q.v)))
		}
	}
	return strings.Join(append(parts, "mean of the first 30 days "+inDays(seconds(*l.MeanSeconds))), ", ")
}

func (x *explainer) decisionsReversed() ExplainedMeasure {
	d := x.status.Decisions
	if d == nil {
		return ExplainedMeasure{}
	}
	m := ExplainedMeasure{Value: strconv.Itoa(d.Reversed)}
	for _, o := range x.l.decisions {
		if !o.reversed.IsZero() && !o.reversed.After(x.at) && o.own.in.Contains(x.at) {
			m.Counted = append(m.Counted, x.decisionEvidence(o, o.reversed, "taken back"))
		}
	}
	return m
}

func seconds(v float64) time.Duration { return time.Duration(v * float64(time.Second)) }
