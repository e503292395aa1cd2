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
	m.Inputs = append(m.Inputs,
		ExplainedInput{"told by", e.Method},
		ExplainedInput{"closed containers learnt from", strconv.Itoa(e.Own)},
		ExplainedInput{"past containers like this one", fmt.Sprintf("%.0f, weighted by likeness of completion, size and age", e.Reference)},
		ExplainedInput{"probability that the reported figure is more than 15 points too high", percent(&e.Overstated)})
	if e.FromPrior {
		m.Inputs = append(m.Inputs, ExplainedInput{"the interval is wider", fmt.Sprintf(
			"fewer than %d containers have closed here, so that other organisations stand in", enoughOwn)})
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

// situation lists what the estimates are made from.
func (x *explainer) situation() []ExplainedInput {
	s, ok := newSituations(x.l, KindGoal).at(x.at)
	if !ok {
		return nil
	}
	return []ExplainedInput{
		{"delivered, of those not dropped", fmt.Sprintf("%d of %d", s.Delivered, s.Scope())},
		{"age of the work", fmt.Sprintf("%.0f d", s.Age)},
		{"came in within 30 days", percent(&s.New30)},
		{"came in in the younger half of its life", percent(&s.Younger)},
		{"since the last delivery", fmt.Sprintf("%.0f d", s.SinceDelivery)},
		{"net deliveries a week, the latest first", fmt.Sprint(s.Weekly)},
	}
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
	m.Inputs = x.situation()
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
