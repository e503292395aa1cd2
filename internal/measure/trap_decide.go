package measure

import (
	"fmt"
	"strconv"
	"time"
)

// decisionDrag is T7 of MEASURES §10: decisions take long, and hold much up.
func decisionDrag() Trap {
	return Trap{
		Name: "decision_drag", Title: "Decisions hold it up",
		Thresholds: []TrapThreshold{
			{"class_percentile", 0.75, 0, "share of the goals like it whose decisions take less time, or as much, from which they take long"},
			{"blocked_share", 0.2, 0, "share of the open issues that wait for a decision"},
			{"times_usual", 3, 1, "times the goal's own 85 % quantile of the latency from which one decision alone is too old"},
		},
		weekly: func(x sight) (bool, string) {
			if len(classNames(x.s)) == 0 && len(x.l.decisions) == 0 {
				return false, "no class of decisions is configured, and none is declared"
			}
			if x.l.overUsual(x.at, x.limits["times_usual"], x.s) > 0 {
				return true, ""
			}
			if b := x.l.blockedShare(x.at); b == nil || *b < x.limits["blocked_share"] {
				return false, ""
			}
			means := x.h.classAt(x.at).means()
			like := others(x.h, x.k, means)
			return means[x.k] >= 0 && len(like) >= x.s.Thresholds.GrowthPeers && means[x.k] >= quantile(like, x.limits["class_percentile"]), ""
		},
		sizeOf: "mean days of its decisions up to 30",
		size: func(x sight) (float64, bool) {
			l := latency(x.l.lifetimes, everyClass, x.at, x.s.Calendar.WorkClock(), x.s)
			if l.MeanSeconds == nil {
				return 0, false
			}
			return *l.MeanSeconds / day.Seconds(), true
		},
		explain: (*explainer).decisionDrag,
	}
}

// blockedShare is the share of the open leaves that wait for a decision, in
// issues; nil where none is open.
func (l *ledger) blockedShare(at time.Time) *float64 {
	t := l.tally(at)
	return ratio(l.heldUp(at), t.parts.Open())
}

// overUsual counts the open decisions that are older than so many times the
// goal's own 85 % quantile.
func (l *ledger) overUsual(at time.Time, times float64, s *Settings) int {
	if l.beyond(0, at) == 0 {
		return 0
	}
	usual := latency(l.lifetimes, everyClass, at, s.Calendar.WorkClock(), s).P85Seconds
	if usual == nil {
		return 0
	}
	return l.beyond(*usual*times, at)
}

func (x *explainer) decisionDrag(t trapLimits) ExplainedMeasure {
	m := ExplainedMeasure{Formula: fmt.Sprintf("at the beginning of the week, a decision is open for more than %g times the goal's own 85 %% quantile of the latency; "+
		"or the mean of the first 30 days is at or above the %s quantile of the other goals like it, of which there are at least %d, and at least %s of its "+
		"open issues wait for one", t["times_usual"], share100(t["class_percentile"]), x.s.Thresholds.GrowthPeers, share100(t["blocked_share"]))}
	at := x.monday()
	means := x.h.classAt(at).means()
	mean := "unknown"
	if means[x.k] >= 0 {
		mean = inDays(seconds(means[x.k]))
	}
	m.Inputs = []ExplainedInput{
		{"mean of the first 30 days", mean}, {"goals like it whose decisions were waited for", strconv.Itoa(len(others(x.h, x.k, means)))},
		{"open issues that wait for a decision", percent(x.l.blockedShare(at))},
		{"open beyond " + strconv.FormatFloat(t["times_usual"], 'g', -1, 64) + " times the usual", strconv.Itoa(x.l.overUsual(at, t["times_usual"], x.s))},
	}
	x.ownDecisions(func(o ownDecision, st standing) {
		if st.open() {
			m.Counted = append(m.Counted, x.decisionEvidence(o, o.askedAt(x.at), "open for "+inDays(x.at.Sub(o.askedAt(x.at)))))
		} else if st.how.made() && st.end.After(x.at.Add(-x.s.Thresholds.DecisionWindow)) {
			m.LeftOut = append(m.LeftOut, x.decisionEvidence(o, st.end, "made after "+inDays(st.end.Sub(o.askedAt(x.at)))))
		}
	})
	return m
}

// zombie is T9 of MEASURES §10: older than almost all, hardly anything is
// delivered, it has stalled more than once or its target is long past, and
// nobody has decided anything about it.
func zombie() Trap {
	return Trap{
		Name: "zombie", Title: "Neither alive nor ended",
		Thresholds: []TrapThreshold{
			{"class_percentile", 0.9, 0, "share of the goals like it that did not become as old, from which it is too old"},
			{"stalls", 2, 1, "times that it has stalled"},
			{"past_target_days", 60, 0, "days by which its target may have passed instead"},
			{"delivered_per_30d", 1, 0, "issues delivered in 30 days under which hardly anything is delivered"},
			{"days", 90, 30, "days in which that is looked at, and in which nothing was decided"},
		},
		weekly: func(x sight) (bool, string) {
			ages := x.h.classAt(x.at).ages()
			like := others(x.h, x.k, ages)
			if n := len(like); n < x.s.Thresholds.GrowthPeers {
				return false, fmt.Sprintf("%d other goals like it have begun; %d are needed to tell how old they become", n, x.s.Thresholds.GrowthPeers)
			}
			if ages[x.k] < 0 || ages[x.k] <= quantile(like, x.limits["class_percentile"]) || ages[x.k] < x.limits.days("days") {
				return false, ""
			}
			delivered, decided := x.l.aliveSince(x.at, x.limits.days("days"))
			if float64(delivered)*30 >= x.limits["delivered_per_30d"]*x.limits["days"] || decided > 0 {
				return false, ""
			}
			return x.l.stallsBy(x.at, x.s) >= x.limits.count("stalls") || x.l.pastTarget(x.at, x.s) > x.limits.days("past_target_days"), ""
		},
		sizeOf: "days since the commitment",
		size: func(x sight) (float64, bool) {
			age := x.l.age(x.at, x.s)
			return age.Hours() / 24, age >= 0
		},
		explain: (*explainer).zombie,
	}
}

// aliveSince counts what was delivered in the time before the moment, and the
// decisions of the goal that were made in it.
func (l *ledger) aliveSince(at time.Time, within time.Duration) (delivered, decided int) {
	l.finishedBy(at, within, func(int, time.Time) { delivered++ })
	for _, o := range l.decisions {
		if st := o.at(at); st.asked && st.how.made() && at.Sub(st.end) < within && o.own.in.Contains(st.end) {
			decided++
		}
	}
	return delivered, decided
}

// stallsBy counts the goal's stalls up to the moment.
func (l *ledger) stallsBy(at time.Time, s *Settings) int {
	r, ok := l.rhythm(at, s)
	if !ok {
		return 0
	}
	return len(r.alarms)
}

// pastTarget is for how long the target of the moment has been over.
func (l *ledger) pastTarget(at time.Time, s *Settings) time.Duration {
	target, ok := l.targetAt(at)
	if !ok {
		return 0
	}
	return max(at.Sub(target.End(s.Calendar.Location())), 0)
}

func (x *explainer) zombie(t trapLimits) ExplainedMeasure {
	m := ExplainedMeasure{Formula: fmt.Sprintf("at the beginning of the week it is older than %s of the goals like it are, or became, with under %g issues delivered "+
		"for each 30 days of the last %g, no decision made in them, and %d stalls or more, or a target that passed over %g days ago",
		share100(t["class_percentile"]), t["delivered_per_30d"], t["days"], t.count("stalls"), t["past_target_days"])}
	at := x.monday()
	ages := x.h.classAt(at).ages()
	like := others(x.h, x.k, ages)
	delivered, decided := x.l.aliveSince(at, t.days("days"))
	m.Inputs = []ExplainedInput{{"goals like it", strconv.Itoa(len(like))}}
	if ages[x.k] >= 0 {
		m.Inputs = append(m.Inputs, ExplainedInput{"its age", inDays(ages[x.k])})
	}
	if len(like) > 0 {
		m.Inputs = append(m.Inputs, ExplainedInput{share100(t["class_percentile"]) + " of them are younger than", inDays(quantile(like, t["class_percentile"]))})
	}
	m.Inputs = append(m.Inputs, ExplainedInput{"delivered", strconv.Itoa(delivered)}, ExplainedInput{"decisions made", strconv.Itoa(decided)},
		ExplainedInput{"target passed for", inDays(x.l.pastTarget(at, x.s))}, ExplainedInput{"stalls", strconv.Itoa(x.l.stallsBy(at, x.s))})
	if r, ok := x.l.rhythm(at, x.s); ok {
		for _, a := range r.alarms {
			what := "stalled"
			if !a.ended.IsZero() {
				what += " until " + moment(a.ended)
			}
			m.Counted = append(m.Counted, Evidence{At: a.since, What: what})
		}
	}
	x.l.finishedBy(at, t.days("days"), func(leaf int, when time.Time) {
		m.LeftOut = append(m.LeftOut, x.evidence(leaf, when, "delivered"))
	})
	return m
}
