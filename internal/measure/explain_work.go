package measure

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/flow"
)

func explainedWork(t *Thresholds) []explainedBy {
	return []explainedBy{
		{"finished_issues", "issues delivered for the first time, while in scope, in the last 7, 28 and 90 days", (*explainer).finished, nil},
		{"cycle_time", "of the delivered issues in scope: from their first entry into progress to their last delivery; the 50, 85 and 95 % quantiles",
			(*explainer).cycleTime, nil},
		{"work_item_age", "of the issues in progress: since they first entered progress after they were created, or were last re-opened; the 50, 85 and 95 % quantiles",
			(*explainer).workItemAge, nil},
		{"reopened", fmt.Sprintf("the chance that a delivered issue is re-opened within %s, by Kaplan and Meier: those delivered lately count for as long as they "+
			"have been watched; re-openings and deliveries that lasted less than %s are none", inDays(t.ReopenedWithin), t.Bounce), (*explainer).reopened, nil},
		{"blocked_issues", "open issues in a blocked status or flagged, by semantics.blocked, or blocked by an open issue by a link", (*explainer).blocked, nil},
		{"unowned", "issues in progress that are assigned to nobody ÷ issues in progress", (*explainer).unowned, nil},
	}
}

func (x *explainer) finished() ExplainedMeasure {
	f := x.status.Finished
	m := ExplainedMeasure{
		Value:  f.String(),
		Inputs: []ExplainedInput{{"7d", strconv.Itoa(f.Days7)}, {"28d", strconv.Itoa(f.Days28)}, {"90d", strconv.Itoa(f.Days90)}},
	}
	x.l.finishedBy(x.at, longestWindow, func(leaf int, when time.Time) {
		m.Counted = append(m.Counted, x.evidence(leaf, when, "delivered"))
	})
	return m
}

// write tells percentiles in days.
func (p *Percentiles) write() (string, []ExplainedInput) {
	if p == nil {
		return "", nil
	}
	d := func(v float64) string { return inDays(seconds(v)) }
	return fmt.Sprintf("%s in half of them, %s in 85 %%", d(p.P50), d(p.P85)), []ExplainedInput{
		{"issues", strconv.Itoa(p.N)}, {"50 %", d(p.P50)}, {"85 %", d(p.P85)}, {"95 %", d(p.P95)},
	}
}

func (x *explainer) cycleTime() ExplainedMeasure {
	var m ExplainedMeasure
	m.Value, m.Inputs = x.status.CycleTime.write()
	x.l.eachTimes(x.at, func(leaf int, t *times) {
		if e := x.now.of(leaf); e == nil || !e.after().in || e.after().out != flow.Delivered {
			return
		}
		if d, ok := t.cycle(); ok {
			m.Counted = append(m.Counted, x.evidence(leaf, instantOf(t.delivered), "took "+inDays(d)))
		} else {
			m.LeftOut = append(m.LeftOut, x.evidence(leaf, instantOf(t.delivered), "delivered without having been in progress"))
		}
	})
	return m
}

func (x *explainer) workItemAge() ExplainedMeasure {
	var m ExplainedMeasure
	m.Value, m.Inputs = x.status.Age.write()
	x.l.eachTimes(x.at, func(leaf int, t *times) {
		if d, ok := t.age(x.at); ok && x.now.of(leaf).doing() {
			m.Counted = append(m.Counted, x.evidence(leaf, instantOf(t.begun), "in progress for "+inDays(d)))
		}
	})
	return m
}

func (x *explainer) reopened() ExplainedMeasure {
	m := ExplainedMeasure{Value: percent(x.status.Reopened)}
	episodes := x.l.doneEpisodes(x.at, x.s.Thresholds.Bounce)
	back := 0
	for k := range episodes {
		e := &episodes[k]
		if !e.back {
			continue
		}
		ev := x.evidence(e.leaf, instantOf(e.from).Add(e.lived), "re-opened "+inDays(e.lived)+" after it was delivered")
		if e.lived <= x.s.Thresholds.ReopenedWithin {
			back++
			m.Counted = append(m.Counted, ev)
		} else {
			m.LeftOut = append(m.LeftOut, ev)
		}
	}
	m.Inputs = []ExplainedInput{{"deliveries", strconv.Itoa(len(episodes))}, {"re-opened in time", strconv.Itoa(back)}}
	return m
}

func (x *explainer) blocked() ExplainedMeasure {
	m := ExplainedMeasure{Value: strconv.Itoa(x.load.blocked), Inputs: []ExplainedInput{{"open issues", strconv.Itoa(x.load.open)}}}
	m.Counted = x.blockedLeaves()
	return m
}

// blockedLeaves lists the open issues that are held up, and by what.
func (x *explainer) blockedLeaves() []Evidence {
	var out []Evidence
	for leaf, e := range x.now.all() {
		if !e.open() {
			continue
		}
		var why []string
		if x.load.stands[leaf]&isBlocked != 0 {
			why = append(why, "blocked, by status or flag ("+x.l.wording(e).status+")")
		}
		if by := x.load.held[leaf]; len(by) > 0 {
			why = append(why, "blocked by "+strings.Join(by, ", "))
		}
		if len(why) > 0 {
			out = append(out, x.evidence(leaf, e.at(), strings.Join(why, "; ")))
		}
	}
	return out
}

func (x *explainer) unowned() ExplainedMeasure {
	m := ExplainedMeasure{Value: percent(x.status.Unowned), Inputs: []ExplainedInput{
		{"in progress", strconv.Itoa(x.load.doing)}, {"assigned to nobody", strconv.Itoa(x.load.doing - x.load.doingOwned)},
	}}
	for leaf, e := range x.now.all() {
		if e.doing() && x.load.stands[leaf]&owned == 0 {
			m.Counted = append(m.Counted, x.evidence(leaf, e.at(), "in progress ("+x.l.wording(e).status+"), assigned to nobody"))
		}
	}
	return m
}
