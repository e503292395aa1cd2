package measure

import (
	"fmt"
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
		d.BeyondUsual = l.beyond(*usual, at, d.Open)
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
	d.DebtSeconds += at.Sub(o.asked).Seconds()
	if d.OldestOpen == nil || o.asked.Before(*d.OldestOpen) {
		asked := o.asked
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

// beyond is the share of the goal's open decisions that are older than usual.
func (l *ledger) beyond(usual float64, at time.Time, open int) *float64 {
	n := 0
	for _, o := range l.decisions {
		if !o.asked.After(at) && o.own.in.Contains(at) && o.at(at).open() && at.Sub(o.asked).Seconds() > usual {
			n++
		}
	}
	return ratio(n, open)
}

// everyClass asks for the latency of all classes together.
const everyClass = -1

// latency estimates how long decisions of the class took, as observed in the
// window before the moment. each gives the decisions and when they were seen.
func latency(each func(func(*decision, flow.Spans)), class int, at time.Time, clock *flow.WorkClock, s *Settings) DecisionLatency {
	l := DecisionLatency{}
	collect := func(seenBy observer) []survivalTime {
		var seen []survivalTime
		each(func(d *decision, in flow.Spans) {
			if class == everyClass || d.classAt(at) == class {
				seen = seenBy.see(seen, d, in)
			}
		})
		return seen
	}
	window := observer{since: at.Add(-s.Thresholds.DecisionWindow), at: at, age: wallClock}
	seen := collect(window)
	if len(seen) == 0 {
		return l
	}
	curve := newSurvival(seen)
	if l.WholeHistory = curve.starved; l.WholeHistory {
		window = observer{at: at, age: wallClock, whole: true}
		seen = collect(window)
		curve = newSurvival(seen)
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
		window.age = clock.Between
		worked := newSurvival(collect(window))
		l.Working = &WorkingLatency{}
		l.Working.P50Seconds, l.Working.P85Seconds, l.Working.MeanSeconds = worked.figures(s)
	}
	return l
}

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
func (o observer) see(seen []survivalTime, d *decision, in flow.Spans) []survivalTime {
	st := d.at(o.at)
	if !st.asked {
		return seen
	}
	end := o.at
	if !st.open() {
		end = st.end
	}
	for _, x := range in {
		from, to := d.asked, end
		if x.From.After(from) {
			from = x.From
		}
		if o.since.After(from) {
			from = o.since
		}
		left := !x.To.IsZero() && x.To.Before(end)
		if left {
			to = x.To
		}
		if to.Before(from) || to.Equal(from) && from.After(d.asked) {
			continue
		}
		entry := o.age(d.asked, from)
		if o.whole {
			entry = 0
		}
		seen = append(seen, survivalTime{entry, o.age(d.asked, to), st.how.made() && !left})
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
