package measure

import (
	"fmt"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// setDecisions sets how the goal's decisions stand. Nothing is set where no
// class is configured and the goal has no decision: then nobody keeps any.
func (l *ledger) setDecisions(g *GoalStatus, at time.Time, t *tally, s *Settings) {
	classes := classNames(s)
	if len(classes) == 0 && len(l.decisions) == 0 {
		g.Missing["decisions_open"] = "no class of decisions is configured, and none is declared"
		return
	}
	d := &DecisionStatus{Classes: make([]DecisionClassStatus, len(classes), len(classes)+1)}
	for k, name := range classes {
		d.Classes[k].Class = name
	}
	for _, o := range l.decisions {
		if o.asked.After(at) {
			break
		}
		if o.classAt(at) == len(d.Classes) {
			d.Classes = append(d.Classes, DecisionClassStatus{Class: OtherDecisions})
		}
		if o.own.in.Contains(at) {
			d.count(o, at)
		}
	}
	d.BlockedRatio = l.blockedRatio(g, at, t, s)
	g.Decisions = d
}

// setLatency adds how long the goal's decisions take.
func (l *ledger) setLatency(g *GoalStatus, at time.Time, s *Settings) {
	d := g.Decisions
	if d == nil {
		return
	}
	clock := s.Calendar.WorkClock()
	d.Latency = latency(l.lifetimes, everyClass, at, clock, s)
	for k := range d.Classes {
		d.Classes[k].Latency = latency(l.lifetimes, k, at, clock, s)
	}
	if usual := d.Latency.P85Seconds; usual != nil && d.Open > 0 {
		d.BeyondUsual = ratio(l.beyond(*usual, at), d.Open)
	}
	if d.Latency.MeanSeconds == nil {
		g.Missing["decision_latency"] = fmt.Sprintf("no decision was waited for in the last %s", inDays(s.Thresholds.DecisionWindow))
	}
}

// count takes one of the goal's decisions in.
func (d *DecisionStatus) count(o ownDecision, at time.Time) {
	if !o.reversed.IsZero() && !o.reversed.After(at) {
		d.Reversed++
	}
	if !o.at(at).open() {
		return
	}
	c := &d.Classes[o.classAt(at)]
	d.Open++
	c.Open++
	asked := o.askedAt(at)
	d.DebtSeconds += at.Sub(asked).Seconds()
	if d.OldestOpen == nil || asked.Before(*d.OldestOpen) {
		d.OldestOpen = &asked
	}
	if o.own.overdue.Contains(at) {
		d.Overdue++
		c.Overdue++
	}
}

// heldUp is how many open leaves wait for a decision.
func (l *ledger) heldUp(at time.Time) int {
	n := 0
	for k := range l.held {
		if l.held[k].in.Contains(at) {
			n++
		}
	}
	return n
}

// blockedRatio is the share of the goal's open work that waits for a decision,
// in what the goal counts.
func (l *ledger) blockedRatio(g *GoalStatus, at time.Time, t *tally, s *Settings) *float64 {
	if g.Points == nil {
		return ratio(l.heldUp(at), t.parts.Open())
	}
	open := g.Points.ToDo + g.Points.InProgress
	if open <= 0 {
		return nil
	}
	w := l.weigh(at, s)
	points := 0.0
	for k := range l.held {
		if l.held[k].in.Contains(at) {
			points += w.leaves[l.held[k].leaf].points
		}
	}
	points = min(points/open, 1) // sums of the same weights in another order
	return &points
}

// beyond counts the goal's open decisions that are older than so many seconds.
func (l *ledger) beyond(age float64, at time.Time) (n int) {
	for _, o := range l.decisions {
		if !o.asked.After(at) && o.own.in.Contains(at) && o.at(at).open() && at.Sub(o.askedAt(at)).Seconds() > age {
			n++
		}
	}
	return n
}

// everyClass asks for the latency of all classes together.
const everyClass = -1

// latency estimates how long decisions of the class took, as observed in the
// window before the moment. each gives the decisions and when they were seen;
// the parts of one count as one.
func latency(each func(func(*decision, flow.Spans)), class int, at time.Time, clock *flow.WorkClock, s *Settings) DecisionLatency {
	l := DecisionLatency{}
	all := entirely(each, at)
	look := observer{since: at.Add(-s.Thresholds.DecisionWindow), at: at, age: wallClock}
	collect := func(o observer) (seen []survivalTime) {
		for _, e := range all {
			if class == everyClass || e.classAt(at) == class {
				seen = o.see(seen, e)
			}
		}
		return seen
	}
	seen := collect(look)
	if len(seen) == 0 {
		return l
	}
	curve := look.estimate(collect)
	if l.WholeHistory = curve.starved; l.WholeHistory {
		seen = collect(look.wholly())
	}
	for _, o := range seen {
		if o.ended {
			l.Made++
		} else {
			l.Waiting++
		}
	}
	var mean float64
	l.P50Seconds, l.P85Seconds, mean = curve.figures(s)
	l.MeanSeconds = &mean
	if clock.Runs() {
		look.age = clock.Between
		worked := look.estimate(collect)
		l.Working = &WorkingLatency{}
		l.Working.P50Seconds, l.Working.P85Seconds, l.Working.MeanSeconds = worked.figures(s)
	}
	return l
}

// estimate estimates from what was seen in the window. Where one alone that was
// entered late drives all to nothing, the whole history stands instead (MEASURES
// §6): it drops the entries, and is starved then.
//
// By that rule alone a decision that is left open could improve the figure: it
// stands beside the one that was alone, and puts the window back in force, which
// may be milder. So the history is held to be no more severe than the window
// with one more at risk wherever one was alone. Or, being the only one that was
// entered late, it takes the window out of force: so where all that was entered
// late is open, the history is no milder than the window without it.
//
// Then no decision's being left open lowers the share that is longer, at any
// age. Let it turn W into W'. Risk sets only grow and events only vanish, so
// that of window and history, each by itself, no share falls. Where W starves
// and W' doesn't, nothing in W' is alone when it ends, as in the window of W
// with one more at risk. Where W' starves and W doesn't, nothing in W was
// entered late, and W is the window of W' without what was.
func (o observer) estimate(collect func(observer) []survivalTime) survival {
	seen := collect(o)
	window := newSurvival(slices.Clone(seen))
	if !window.starved {
		return window
	}
	out := combined(newSurvival(collect(o.wholly())), survivalOf(slices.Clone(seen), 2), smaller)
	late := func(s survivalTime) bool { return s.entry > 0 }
	if !slices.ContainsFunc(seen, func(s survivalTime) bool { return late(s) && s.ended && s.exit > s.entry }) {
		out = combined(out, newSurvival(slices.DeleteFunc(seen, late)), larger)
	}
	out.starved = true
	return out
}

// wholly looks at all that ever was.
func (o observer) wholly() observer { return observer{at: o.at, age: o.age, whole: true} }

func (c *survival) figures(s *Settings) (p50, p85 *float64, mean float64) {
	at := func(q float64) *float64 {
		d, ok := c.quantile(q)
		if !ok {
			return nil
		}
		v := d.Seconds()
		return &v
	}
	return at(.5), at(.85), c.mean(s.Thresholds.DecisionHorizon).Seconds()
}

// observer looks at decisions in the window (since, at]; with whole, at all
// that ever was, and at each from its start.
type observer struct {
	since, at time.Time
	age       func(from, to time.Time) time.Duration
	whole     bool
}

func wallClock(from, to time.Time) time.Duration { return to.Sub(from) }

// see appends what was seen of the decision while it was in view at all: from
// which age to which, and whether it was made then. A decision whose issue is
// gone is censored then.
func (o observer) see(seen []survivalTime, e entire) []survivalTime {
	root := e.root(o.at)
	st := root.altogether(o.at)
	if !st.asked {
		return seen
	}
	end := o.at
	if !st.open() {
		end = st.end
	}
	for _, x := range e.in {
		from, to := latest(root.asked, x.From), end
		if o.since.After(from) {
			from = o.since
		}
		left := !x.To.IsZero() && x.To.Before(end)
		if left {
			to = x.To
		}
		if to.Before(from) || to.Equal(from) && from.After(root.asked) {
			continue
		}
		entry := o.age(root.asked, from)
		if o.whole {
			entry = 0
		}
		seen = append(seen, survivalTime{entry, o.age(root.asked, to), st.how.made() && !left})
	}
	return seen
}

// lifetimes gives the goal's decisions while they are its own.
func (l *ledger) lifetimes(each func(*decision, flow.Spans)) {
	for _, o := range l.decisions {
		each(o.decision, o.own.in)
	}
}

func classNames(s *Settings) []string {
	var names []string
	for _, c := range s.Decisions.Classes[:min(len(s.Decisions.Classes), MaxDecisionClasses)] {
		names = append(names, c.Name)
	}
	return names
}
