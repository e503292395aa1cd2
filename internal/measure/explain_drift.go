package measure

import (
	"fmt"
	"strconv"
)

func explainedDrift(t *Thresholds) []explainedBy {
	return []explainedBy{
		{"drift", fmt.Sprintf("what changed the scope since the commitment, by cause: an issue that came in within %s of its creation was added (split: "+
			"a link says that it was split off or cloned), else moved in; late are those in the last %s of the time to the target of their day, "+
			"within %s of it, or later; growth is the undiscarded scope over that at the commitment, less 1; its percentile is the share of the other goals "+
			"like it that had grown as much or less at the same age, unknown while fewer than %d have come to it",
			inDays(t.AddedWithin), percent(&t.LateShare), inDays(t.LateWithin), t.GrowthPeers), (*explainer).drift, nil},
		{"slip", fmt.Sprintf("the present target less the first; a push is a target later than the one before by a day or more, late within %s of the "+
			"old date or after it; the slip rate is the slip over the days since the first was said; the scope's response is its change within %s of a push; "+
			"the due dates of its epics, and the release dates of its versions since they are watched, stand beside it where they moved",
			inDays(t.LatePush), inDays(t.ResponseWithin)), (*explainer).slip, (*explainer).isPromised},
	}
}

func (x *explainer) drift() ExplainedMeasure {
	d := x.status.Drift
	if d == nil {
		return ExplainedMeasure{Why: x.status.Missing["scope_added"]}
	}
	m := ExplainedMeasure{Value: fmt.Sprintf("%d added, %d moved in, %d moved out, %d deleted, %d discarded, %d re-opened",
		d.Added, d.MovedIn, d.MovedOut, d.Deleted, d.Dropped, d.Reopened)}
	m.Inputs = append(x.commitment(),
		ExplainedInput{"scope at the commitment", strconv.Itoa(d.Baseline)},
		ExplainedInput{"split off, of those added", strconv.Itoa(d.Split)}, ExplainedInput{"late surprises", strconv.Itoa(d.Late)})
	if d.Growth != nil {
		m.Inputs = append(m.Inputs, ExplainedInput{"growth", percent(d.Growth)}, ExplainedInput{"churn", percent(d.Churn)})
	}
	if d.PerMonth != nil {
		m.Inputs = append(m.Inputs, ExplainedInput{"growth for each 30 days", percent(d.PerMonth)})
	}
	if d.Reestimated > 0 {
		m.Inputs = append(m.Inputs, ExplainedInput{"re-estimated", fmt.Sprintf("%d×, %+g points in all", d.Reestimated, d.ReestimatedBy)})
	}
	if d.SplitPoints > 0 {
		m.Inputs = append(m.Inputs, ExplainedInput{"points handed to parts that were split off", strconv.FormatFloat(d.SplitPoints, 'g', -1, 64)})
	}
	among := fmt.Sprintf("unknown: %d other goals have come to this age, %d are needed", d.Peers, x.s.Thresholds.GrowthPeers)
	if d.Percentile != nil {
		among = fmt.Sprintf("grew as much as %s of %d other goals at this age, or more", percent(d.Percentile), d.Peers)
	}
	m.Inputs = append(m.Inputs, ExplainedInput{"against the others", among})
	late := x.l.lateness(*x.status.CommittedAt, x.s)
	x.l.eachDrift(*x.status.CommittedAt, x.at, x.s, func(e *entry, c cause) {
		what := c.String()
		if c.enters() && late.at(e.ms) {
			what += ", late"
		}
		m.Counted = append(m.Counted, x.evidence(int(e.leaf), e.at(), what))
	})
	return m
}

func (x *explainer) isPromised() bool { return len(x.l.promises) > 0 }

func (x *explainer) slip() ExplainedMeasure {
	m := ExplainedMeasure{Why: x.status.Missing["target"]}
	if s := x.status.Slip; s != nil {
		m.Value = fmt.Sprintf("%d days", s.Days)
	}
	for k := range x.l.promises {
		p := &x.l.promises[k]
		s, ok := x.l.slip(p, x.at, x.s)
		if !ok || p.of != ofTarget && len(s.Pushes) == 0 {
			continue
		}
		m.Inputs = append(m.Inputs, ExplainedInput{p.of, fmt.Sprintf("pushed %d times, %d of them late, by %d days in all%s",
			len(s.Pushes), s.LatePushes, s.Days, slipRate(s.Rate))})
		for _, push := range s.Pushes {
			m.Counted = append(m.Counted, x.pushed(p, &push))
		}
	}
	return m
}

// pushed tells of a push, and what the scope did around it.
func (x *explainer) pushed(p *promises, push *Push) Evidence {
	e := Evidence{Site: p.site, Key: p.key, At: push.Said, What: fmt.Sprintf("%s moved from %s to %s; the scope around it %+d of %d",
		p.of, push.From, push.To, push.Response, push.Scope)}
	if push.Late {
		e.What += "; late"
	}
	return e
}

// explainedTraps are the detectors. One that sees nothing is explained to those
// who ask for it.
func explainedTraps() []explainedBy {
	var out []explainedBy
	for _, t := range Traps() {
		out = append(out, explainedBy{
			name: "trap_" + t.Name, formula: t.Title,
			explain: func(x *explainer) ExplainedMeasure { return x.trap(&t) },
			concerns: func(x *explainer) bool {
				life := x.trapLife(t.Name)
				if life == nil {
					return false
				}
				raw, shown, _ := x.h.lifeAt(x.k, life, x.at, &x.status)
				return raw.Contains(x.at) || shown.Contains(x.at)
			},
		})
	}
	return out
}

// trapLife returns what a detector found; nil where it is switched off.
func (x *explainer) trapLife(name string) *trapLife {
	for k := range x.l.traps {
		if x.l.traps[k].trap.Name == name {
			return &x.l.traps[k]
		}
	}
	return nil
}

func (x *explainer) trap(t *Trap) ExplainedMeasure {
	life := x.trapLife(t.Name)
	switch {
	case life == nil && t.Off:
		return ExplainedMeasure{Why: "it is off unless the configuration switches it on"}
	case life == nil:
		return ExplainedMeasure{Why: "the configuration switches it off"}
	}
	raw, shown, why := x.h.lifeAt(x.k, life, x.at, &x.status)
	if why != "" {
		return ExplainedMeasure{Why: why}
	}
	m := t.explain(x, life.limits)
	m.Value = "no"
	held, holds := raw.At(x.at)
	span, shows := shown.At(x.at)
	switch {
	case shows:
		m.Value = "yes, since " + x.dayOf(span.From)
	case holds:
		m.Value = "not yet"
	}
	rule := ExplainedInput{"the rule holds", yesNo(holds)}
	if holds {
		rule.Value = "since " + moment(held.From)
	}
	m.Inputs = append([]ExplainedInput{rule}, m.Inputs...)
	if among, ok := x.among(life); ok {
		m.Inputs = append(m.Inputs, among)
	}
	m.Formula += fmt.Sprintf(". It shows once the rule has held for %g days, until it has not for as long", life.limits["persist_days"])
	return m
}

// among says where the goal's value lies among those of the goals like it at
// the same age (MEASURES §10): false where the detector has none.
func (x *explainer) among(life *trapLife) (ExplainedInput, bool) {
	value, share, peers, ok := x.h.standing(x.k, life.trap, life.limits, x.at)
	if !ok {
		return ExplainedInput{}, false
	}
	in := ExplainedInput{life.trap.sizeOf, strconv.FormatFloat(value, 'g', 3, 64)}
	if least := x.s.Thresholds.TrapPeers; peers < least {
		in.Value += fmt.Sprintf("; %d other goals have come to this age, %d are needed to compare it", peers, least)
	} else {
		in.Value += fmt.Sprintf("; as much as that of %s of %d other goals at this age, or more", percent(&share), peers)
	}
	return in, true
}
