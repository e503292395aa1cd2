package measure

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"plumbline/internal/flow"
)

func (x *explainer) added() ExplainedMeasure   { return x.scope(x.status.ScopeAdded, true) }
func (x *explainer) removed() ExplainedMeasure { return x.scope(x.status.ScopeRemoved, false) }

func (x *explainer) scope(n *int, in bool) ExplainedMeasure {
	var m ExplainedMeasure
	if n == nil {
		m.Why = x.status.Missing["scope_added"]
		return m
	}
	m.Value = strconv.Itoa(*n)
	m.Inputs = x.commitment()
	what := "left scope"
	if in {
		what = "came into scope"
	}
	x.l.eachScopeChange(*x.status.CommittedAt, x.at, func(e *entry) {
		if e.after().in == in {
			m.Counted = append(m.Counted, x.evidence(int(e.leaf), e.at(), what))
		}
	})
	return m
}

// commitment tells since when the scope is counted, and what committed to it.
func (x *explainer) commitment() []ExplainedInput {
	_, by, _ := x.l.committedBy(x.at, x.s)
	return []ExplainedInput{{"commitment", moment(*x.status.CommittedAt)}, {"committed", by}}
}

func (x *explainer) target() ExplainedMeasure {
	if x.status.Target == nil {
		return ExplainedMeasure{}
	}
	m := ExplainedMeasure{Value: x.status.Target.String(), Inputs: []ExplainedInput{
		{"first target", x.status.FirstTarget.String()},
		{"moved later", fmt.Sprintf("%d times, %d of them in the last 90 days", x.status.TargetMoves, x.status.TargetMoves90d)},
		{"slip", fmt.Sprintf("%d days", *x.status.TargetSlipDays)},
	}}
	for _, d := range x.l.targetHistory().dates {
		if d.said.After(x.at) {
			break
		}
		what := "target " + d.date.String()
		if d.why != "" {
			what += ": " + d.why
		}
		m.Counted = append(m.Counted, Evidence{At: d.said, What: what})
	}
	return m
}

// shownEvents is how many of the latest progress events an explanation lists.
const shownEvents = 20

func (x *explainer) lastProgress() ExplainedMeasure {
	var m ExplainedMeasure
	if x.status.LastProgress != nil {
		m.Value = moment(*x.status.LastProgress)
	}
	m.Inputs = []ExplainedInput{{"progress events", strconv.Itoa(x.rhythm.events)}}
	if begun := x.rhythm.begun; !begun.IsZero() {
		var counted, left []*progress
		x.l.eachProgress(x.at, begun, func(p *progress, counts bool) {
			if counts {
				counted = append(counted, p)
			} else {
				left = append(left, p)
			}
		})
		m.Counted, m.LeftOut = x.events(counted), x.events(left)
	}
	return m
}

// events lists the latest progress events, newest first.
func (x *explainer) events(all []*progress) []Evidence {
	var out []Evidence
	for k := len(all) - 1; k >= 0 && len(out) < shownEvents; k-- {
		p := all[k]
		if p.leaf == noLeaf {
			d := x.l.decisions[p.what()]
			out = append(out, Evidence{Site: d.siteAt(p.at()), Key: d.key, At: p.at(), What: d.made(p, x.s)})
			continue
		}
		status := x.l.words[p.what()].status
		what := "moved forward to " + status
		if p.delivered() {
			what = "delivered (" + status + ")"
		}
		if p.discount() == byBounce {
			what += ": re-opened for less than " + inHours(x.s.Thresholds.Bounce)
		}
		out = append(out, x.evidence(int(p.leaf), p.at(), what+p.discount().reason()))
	}
	return out
}

// reason says why an event does not count, where that is the same for all.
func (d discount) reason() string {
	switch d {
	case byBulk:
		return ": part of a bulk edit"
	case byBot:
		return ": by a bot"
	case byCategory:
		return ": the category of the status was changed, and not the issue"
	case byPart:
		return ": a part of a decision that goes on, or was made before"
	}
	return ""
}

func (x *explainer) stalled() ExplainedMeasure {
	if x.status.Stalled == nil {
		return ExplainedMeasure{}
	}
	m := ExplainedMeasure{Value: "no", Inputs: x.limit()}
	switch x.status.Movement {
	case Quiet:
		m.Value = "no, but quiet"
	case StandsStill:
		m.Value = "yes, since " + moment(*x.status.StalledSince)
	}
	m.Inputs = append(m.Inputs, ExplainedInput{"silence", inDays(x.rhythm.silent)})
	if *x.status.Stalled {
		if last := x.status.LastProgress; last != nil && last.After(*x.status.StalledSince) {
			m.Inputs = append(m.Inputs, ExplainedInput{"progress since then", "too little to end the stall: that takes a delivery, or progress on two days"})
		}
		m.Inputs = append(m.Inputs, ExplainedInput{"busy all the same", yesNo(x.status.StalledBusy)})
	}
	for _, w := range x.status.WaitsFor {
		m.Inputs = append(m.Inputs, ExplainedInput{"waits for", w.What})
	}
	for leaf, e := range x.now.all() {
		if e.doing() {
			m.Counted = append(m.Counted, x.evidence(leaf, e.at(), "in progress ("+x.l.wording(e).status+") and silent"))
		}
	}
	if len(x.status.WaitsFor) > 0 {
		m.Counted = append(m.Counted, x.blockedLeaves()...)
	}
	return m
}

// limit tells how the silence after which the goal is stalled came about.
func (x *explainer) limit() []ExplainedInput {
	if x.rhythm.declared {
		return []ExplainedInput{{"stalled after (declared)", inDays(x.rhythm.limit)}}
	}
	t, n, class := &x.s.Thresholds, len(x.rhythm.gaps), &x.rhythm.class
	out := []ExplainedInput{{"stalled after", inDays(x.rhythm.limit)}, {"quiet after", inDays(time.Duration(float64(x.rhythm.limit) / t.StallQuiet))},
		{"own gaps between progress", strconv.Itoa(n)}}
	if n >= t.StallMinGaps {
		out = append(out, ExplainedInput{percent(&t.StallQuantile) + " quantile of its own gaps", inDays(quantile(x.rhythm.gaps, t.StallQuantile))})
	}
	others := fmt.Sprintf("%s, of %d gaps of the other goals like it, shrunk towards %s", inDays(class.quantile), class.gaps, inDays(t.StallPrior))
	if class.gaps == 0 {
		others = inDays(class.quantile) + ", which is shipped: no other goal like it had a gap"
	}
	return append(out, ExplainedInput{"that of its class", others})
}

func (x *explainer) health() ExplainedMeasure {
	t := x.l.tally(x.at)
	_, closed := x.l.closed(x.at, &t, x.s)
	signals := x.l.signals(x.at, &t, &x.rhythm, x.s)
	m := ExplainedMeasure{Value: string(x.status.Health), Inputs: []ExplainedInput{
		{"judged at this moment", string(signals.health(&x.s.Thresholds))},
		{"containers closed", yesNo(closed)},
		{"open issues", strconv.Itoa(t.parts.Open())},
		{"stalled", yesNo(signals.stalled)},
		{"the target day is over", yesNo(signals.targetOver)},
		{"a decision is overdue", yesNo(signals.overdue)},
	}}
	// Also where what comes before them decides.
	if p := x.l.odds.onTime(x.l, x.at, x.s); p != nil {
		m.Inputs = append(m.Inputs, ExplainedInput{"probability to make the target, at the start of the week", percent(p)})
	}
	if p := x.l.odds.overstated(x.l, x.at, x.s); p != nil {
		m.Inputs = append(m.Inputs, ExplainedInput{"probability that the reported figure says 15 points too much, likewise", percent(p)})
	}
	if x.status.HealthSince != nil {
		m.Inputs = append(m.Inputs, ExplainedInput{"shown since", x.dayOf(*x.status.HealthSince)})
	}
	for k := range x.l.epics {
		e := &x.l.epics[k]
		m.Counted = append(m.Counted, Evidence{Site: e.Site, Key: e.Key, What: "container, closed: " + yesNo(e.closed.Contains(x.at))})
	}
	for k := range x.l.versions {
		v := &x.l.versions[k]
		_, out := released(&v.Version, x.at, &t, x.s)
		m.Counted = append(m.Counted, Evidence{Site: v.Site, What: fmt.Sprintf("fix version %s %s, released: %s", v.Project, v.Name, yesNo(out))})
	}
	return m
}

// dayOf is the day of a moment where the company is.
func (x *explainer) dayOf(t time.Time) string {
	return flow.DateOf(t.In(x.s.Calendar.Location())).String()
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// inHours writes a duration in hours, as what is shorter than a day.
func inHours(d time.Duration) string { return strconv.FormatFloat(d.Hours(), 'g', 3, 64) + " h" }

// inDays writes a duration in days, as people speak of stalls.
func inDays(d time.Duration) string {
	return strconv.FormatFloat(math.Round(d.Hours()/24*10)/10, 'f', -1, 64) + " days"
}
