package measure

import (
	"fmt"
	"strconv"

	"plumbline/internal/flow"
)

// real explains the real completion: what is known of the goal, which past
// containers it is held against, and what widens the interval.
func (x *explainer) real() ExplainedMeasure {
	g := &x.status
	m := ExplainedMeasure{}
	if g.Real == nil {
		return m
	}
	m.Value = fmt.Sprintf("%s (%s to %s in four cases of five)", percent(g.Real), percent(g.RealLower), percent(g.RealUpper))
	if g.Estimate == nil {
		m.Inputs = append(m.Inputs, ExplainedInput{"the goal is done", "what was delivered is all that there was to deliver"})
		return m
	}
	e := g.Estimate
	m.Inputs = append(m.Inputs, x.situation()...)
	m.Inputs = append(m.Inputs, moved(e)...)
	m.Inputs = append(m.Inputs,
		ExplainedInput{"told by", e.Method},
		ExplainedInput{"closed containers learnt from", strconv.Itoa(e.Own)},
		ExplainedInput{"past containers like this one", fmt.Sprintf("%.0f, weighted by likeness of completion, size and age", e.Reference)},
		ExplainedInput{"probability that the reported figure is more than 15 points too high", percent(&e.Overstated)})
	if e.FromPrior {
		m.Inputs = append(m.Inputs, ExplainedInput{"the interval is wider", fmt.Sprintf(
			"fewer than %d containers have closed here, so that other organisations stand in", enoughOwn)})
	}
	if x.countsPoints() {
		m.Inputs = append(m.Inputs, ExplainedInput{"told in points",
			"how far the work has come is weighed by points; past containers, which tell what that comes to, by issues"})
	}
	if e.GrewAgain > 0 {
		m.Inputs = append(m.Inputs, ExplainedInput{"known work is finished", fmt.Sprintf(
			"containers like this one grew again in %s of the cases", percent(&e.GrewAgain))})
	}
	m.Counted, m.LeftOut = x.leavesNow(func(c class) (bool, string) {
		if c.out == flow.Dropped {
			return false, ": no part of what will be delivered"
		}
		return c.out == flow.Delivered, ""
	})
	return m
}

// moved tells what moved the estimate away from the delivered share, and what
// lies beyond what was learnt from.
func moved(e *Estimate) []ExplainedInput {
	var out []ExplainedInput
	for _, s := range e.Shifts {
		out = append(out, ExplainedInput{"moved it from the delivered share", fmt.Sprintf("%s: %+.1f points", s.What, 100*s.By)})
	}
	for _, b := range e.Beyond {
		text := fmt.Sprintf("%s, %s; counted as %s", b.What, b.Than, b.Taken)
		if b.Widens {
			text += ", and the interval is wider"
		}
		out = append(out, ExplainedInput{"beyond what was learnt from", text})
	}
	return out
}

// situation lists what the estimates are made from.
func (x *explainer) situation() []ExplainedInput {
	s, ok := newSituations(x.l, KindGoal).at(x.at)
	if !ok {
		return nil
	}
	var out []ExplainedInput
	if x.countsPoints() {
		out = append(out, ExplainedInput{"points delivered, of those not discarded", percent(x.points.delivered())})
	}
	return append(out, []ExplainedInput{
		{"delivered, of those not discarded", fmt.Sprintf("%d of %d", s.Delivered, s.Scope())},
		{"age of the work", fmt.Sprintf("%.0f d", s.Age)},
		{"came in within 30 days", percent(&s.New30)},
		{"came in in the younger half of its life", percent(&s.Younger)},
		{"since the last delivery", fmt.Sprintf("%.0f d", s.SinceDelivery)},
		{"net deliveries a week, the latest first", fmt.Sprint(s.Weekly)},
	}...)
}

// forecast explains when the goal will be finished.
func (x *explainer) forecast() ExplainedMeasure {
	g := &x.status
	m := ExplainedMeasure{}
	if g.Forecast50 == nil {
		return m
	}
	m.Value = x.dayOf(*g.Forecast50) + " with 50 %"
	if g.Forecast85 != nil {
		m.Value += ", " + x.dayOf(*g.Forecast85) + " with 85 %"
	}
	m.Inputs = append(x.situation(), x.weighedWays()...)
	if below := g.ForecastWaitsFor; below != "" {
		m.Inputs = append(m.Inputs, ExplainedInput{"waits for", below + ", a goal below it: it is not finished before that"})
	}
	if g.OnTime != nil {
		m.Inputs = append(m.Inputs, ExplainedInput{"probability to make the target, " + g.Target.String(), percent(g.OnTime)})
	}
	if g.FirstOnTime != nil {
		m.Inputs = append(m.Inputs, ExplainedInput{"probability to make the first target, " + g.FirstTarget.String(), percent(g.FirstOnTime)})
	}
	m.Counted, m.LeftOut = x.leavesNow(func(c class) (bool, string) {
		if c.out != flow.Open {
			return false, ": no more to be done"
		}
		return true, ""
	})
	return m
}

// weighedWays tells what the pace comes to, and what is said of the next 30
// days: with the goals below, of the goal alone, and by each of the ways of which that is made, with its weight.
func (x *explainer) weighedWays() []ExplainedInput {
	s, ok := newSituations(x.l, KindGoal).at(x.at)
	if x.l.experience == nil || !ok {
		return nil
	}
	const ahead = 30
	x.l.countPoints(&s, x.s)
	m := x.l.experience.Model(x.at)
	var room endingsRoom
	o := m.outlook(&s, &room)
	p := o.within(ahead)
	whole := x.l.outset(m, &s, x.s)
	all := whole.within(ahead)
	toTarget := 0.0
	if t := x.status.Target; t != nil {
		toTarget = days(t.End(x.s.Calendar.Location()).Sub(s.At))
	}
	out := append(m.needed(&s, toTarget), ExplainedInput{"finished within 30 d", percent(&all)})
	if len(whole.below) > 0 {
		out = append(out, ExplainedInput{"finished within 30 d, its issues looked at as one container", percent(&p[finishInForce])})
	}
	for f, weight := range m.mix {
		if weight > 0 {
			out = append(out, ExplainedInput{"told by: " + finisher(f).words(), fmt.Sprintf("weighs %s, says %s", percent(&weight), percent(&p[f]))})
		}
	}
	return out
}

// words say what the finisher goes by.
func (f finisher) words() string {
	switch f {
	case finishBase:
		return "what became of containers as old, and as long without a delivery"
	case finishAdjusted:
		return "the pace of the last weeks, recalibrated on past containers"
	case finishLogistic:
		return "a logistic regression on past containers"
	default:
		return f.String()
	}
}
