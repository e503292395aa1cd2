package measure

import (
	"fmt"
	"strconv"
	"time"
)

// busyNotMoving is T2 of MEASURES §10: much is changed, week after week, and
// nothing more is done.
func busyNotMoving() Trap {
	return Trap{
		Name: "busy_not_moving", Title: "Busy, and not moving",
		Thresholds: []TrapThreshold{
			{"weeks", 4, 1, "weeks that are looked at"},
			{"changes", 20, 1, "changes of its issues in them, of any field, without those by bots and in bulk"},
			{"weekly", 1, 0, "changes that there must be in each of them"},
			{"gain", 0.02, 0, "growth of the real completion from which it moves"},
		},
		weekly: func(x sight) (bool, string) {
			weeks := x.limits.count("weeks")
			from := x.at.AddDate(0, 0, -7*weeks)
			if t0, ok := x.l.commitment(x.at, x.s); !ok || t0.After(from) {
				return false, ""
			}
			all, each := x.l.stirred(x.at, weeks), x.limits.count("weekly")
			sum := 0
			for _, n := range all {
				if sum += n; n < each {
					return false, ""
				}
			}
			if sum < x.limits.count("changes") {
				return false, ""
			}
			if x.l.deliveredMore(from, x.at) <= 0 {
				return true, ""
			}
			gain, known := x.l.realGain(from, x.at)
			return known && gain < x.limits["gain"], ""
		},
		sizeOf: "changes in the weeks looked at",
		size: func(x sight) (float64, bool) {
			sum := 0
			for _, n := range x.l.stirred(x.at, x.limits.count("weeks")) {
				sum += n
			}
			return float64(sum), true
		},
		explain: (*explainer).busyNotMoving,
	}
}

// stirred counts the changes of the goal's leaves, of any field, by people and
// one by one, on the days of each of the weeks before the moment, the latest
// first.
func (l *ledger) stirred(at time.Time, weeks int) []int {
	out := make([]int, weeks)
	for k := range out {
		from, to := at.AddDate(0, 0, -7*(k+1)).Add(-day), at.AddDate(0, 0, -7*k)
		out[k] = l.noiseBetween(from, to) + l.meantBetween(from, to)
	}
	return out
}

// deliveredMore is by how many the delivered leaves in scope grew.
func (l *ledger) deliveredMore(from, to time.Time) int {
	was, is := l.tally(from), l.tally(to)
	return is.parts.Delivered - was.parts.Delivered
}

// realGain is by how much the real completion grew; false where it is not known.
func (l *ledger) realGain(from, to time.Time) (float64, bool) {
	if l.experience == nil {
		return 0, false
	}
	fold := newSituations(l, KindGoal)
	var mids [2]float64
	for k, at := range []time.Time{from, to} {
		now, ok := fold.at(at)
		if !ok || now.All < minLeaves {
			return 0, false
		}
		mids[k] = l.experience.Model(at).Estimate(&now, "", now.Naive()).Median
	}
	return mids[1] - mids[0], true
}

func (x *explainer) busyNotMoving(t trapLimits) ExplainedMeasure {
	weeks := t.count("weeks")
	m := ExplainedMeasure{Formula: fmt.Sprintf("at the beginning of the week: in the %d weeks before, all after the commitment, at least %d changes of its issues "+
		"(bots and bulk edits left out) and at least %d in each, and no more issues delivered than before, or the real completion grown by less than %s",
		weeks, t.count("changes"), t.count("weekly"), share100(t["gain"]))}
	to := x.monday()
	from := to.AddDate(0, 0, -7*weeks)
	for k, n := range x.l.stirred(to, weeks) {
		m.Inputs = append(m.Inputs, ExplainedInput{"changes in the week of " + x.dayOf(to.AddDate(0, 0, -7*(k+1))), strconv.Itoa(n)})
	}
	m.Inputs = append(m.Inputs, ExplainedInput{"more delivered than at their beginning", strconv.Itoa(x.l.deliveredMore(from, to))})
	if gain, ok := x.l.realGain(from, to); ok {
		m.Inputs = append(m.Inputs, ExplainedInput{"growth of the real completion", percent(&gain)})
	}
	for k := range x.l.progress {
		p := &x.l.progress[k]
		if p.leaf == noLeaf || p.discounted(to) || p.at().Before(from) || !p.at().Before(to) {
			continue
		}
		e := x.evidence(int(p.leaf), p.at(), "moved forward")
		if p.delivered() {
			e.What = "delivered"
			m.LeftOut = append(m.LeftOut, e)
		} else {
			m.Counted = append(m.Counted, e)
		}
	}
	return m
}

// monday is when the detectors were asked in the week of the moment.
func (x *explainer) monday() time.Time {
	zone := x.s.Calendar.Location()
	return monday(x.at, zone).Start(zone)
}

// watermelon is T3 of MEASURES §10: reported green, and red inside.
func watermelon() Trap {
	return Trap{
		Name: "watermelon", Title: "Reported on track, and not so",
		Thresholds: []TrapThreshold{
			{"on_time_below", 0.3, 0, "probability to make the target below which it is red"},
			{"overstated_from", 0.5, 0, "probability that what is reported is overstated by more than 15 points from which it is red"},
		},
		weekly: func(x sight) (bool, string) {
			if x.l.experience == nil {
				return false, "nothing has been learnt yet"
			}
			if h, why := x.l.saidHealth(x.at, x.s); h != OnTrack {
				return false, why
			}
			onTime, overstated := x.l.odds.onTime(x.l, x.at, x.s), x.l.odds.overstated(x.l, x.at, x.s)
			return onTime != nil && *onTime < x.limits["on_time_below"] || overstated != nil && *overstated >= x.limits["overstated_from"], ""
		},
		sizeOf: "probability that what is reported is overstated",
		size: func(x sight) (float64, bool) {
			p := x.l.odds.overstated(x.l, x.at, x.s)
			if p == nil {
				return 0, false
			}
			return *p, true
		},
		explain: (*explainer).watermelon,
	}
}

// saidHealth is the reported health at a moment, and why it is not known.
func (l *ledger) saidHealth(at time.Time, s *Settings) (Health, string) {
	t := l.tally(at)
	g := GoalStatus{Missing: map[string]string{}}
	l.setCompletion(&g, at, &t, s)
	l.setTarget(&g, at)
	l.setReportedHealth(&g, at, s)
	return g.ReportedHealth, g.Missing["reported_health"]
}

func (x *explainer) watermelon(t trapLimits) ExplainedMeasure {
	m := ExplainedMeasure{Formula: fmt.Sprintf("at the beginning of the week it is reported on track, and the probability to make the target is under %s, or that "+
		"of its report's being overstated by more than 15 points at least %s", share100(t["on_time_below"]), share100(t["overstated_from"]))}
	at := x.monday()
	said, _ := x.l.saidHealth(at, x.s)
	m.Inputs = []ExplainedInput{
		{"reported", string(said)}, {"on time", percent(x.l.odds.onTime(x.l, at, x.s))}, {"overstated", percent(x.l.odds.overstated(x.l, at, x.s))},
	}
	for k := range m.Inputs {
		if m.Inputs[k].Value == "" {
			m.Inputs[k].Value = "unknown"
		}
	}
	if e := x.status.Estimate; e != nil {
		m.Inputs = append(m.Inputs, ExplainedInput{"real completion now", percent(x.status.Real)})
	}
	return m
}
