package measure

import (
	"fmt"
	"strconv"
	"time"

	"plumbline/internal/flow"
)

// explainedStructure are the figures of how the work is arranged: what its
// time goes into, how it is spread, and the debt that it leaves.
func explainedStructure(t *Thresholds) []explainedBy {
	window := inDays(t.FlowWindow)
	return []explainedBy{
		{"flow_efficiency", "time in active statuses ÷ (time in active statuses + time in waiting ones), summed over the issues in scope that were delivered " +
			"in the last " + window + ", each from its first entry into progress to its last delivery; waiting are semantics.waiting_statuses, and whatever is " +
			"flagged; active are semantics.active_statuses, or where there are none every other status of category In Progress; time in any other status is " +
			"in neither sum. Statuses say what was declared, never how hard anybody worked", (*explainer).flowEfficiency, nil},
		{"concentration", "issues held by the two people who hold most ÷ issues in progress, and those in scope that were delivered in the last " + window +
			"; one in progress is held by whom it is assigned to, a delivered one by whom it was when it was delivered, and some by nobody. Withheld where " +
			"fewer people than privacy.min_group hold any, and beside the only goal of those below one goal where that is so", (*explainer).concentration, nil},
		{"ownership", "somebody answers for the goal if a team is named as its owner, or one of its epics is assigned; a hand-off is an assignee's giving " +
			"way to another while an issue is in progress, over the issues in scope that were delivered in the last " + window + "; blocked time is what open " +
			"issues in scope spent blocked by status, flag or link in the last " + window + ", and for other projects while an open issue of another project " +
			"blocked them by a link; what is counted of people is withheld where concentration is", (*explainer).ownership, nil},
		{"debt", "issues in scope that semantics.debt names; created: by when the issue was; retired: delivered, and still so, in the last 90 days; the " +
			"retirement ratio is retired ÷ created; the share discarded is discarded ÷ closed; the age at retirement a median by Kaplan and Meier, open and " +
			"discarded debt counting for as long as it was not retired; the pay-off open ÷ (retired − created) × 90 days", (*explainer).debt, nil},
	}
}

func (x *explainer) flowEfficiency() ExplainedMeasure {
	m := ExplainedMeasure{Value: percent(x.status.FlowEfficiency)}
	if f := x.status.FlowTime; f != nil {
		d := func(v float64) string { return inDays(seconds(v)) }
		m.Inputs = []ExplainedInput{
			{"issues", strconv.Itoa(f.Issues)}, {"active", d(f.ActiveSeconds)}, {"waiting", d(f.WaitingSeconds)},
			{"neither, left out", d(f.UnknownSeconds)}, {"coverage", percent(&f.Coverage)},
		}
	}
	for leaf, end := range x.load.ended.all() {
		if !x.load.deliveredLately(leaf, x.at, x.s) {
			continue
		}
		if !end.begun() {
			m.LeftOut = append(m.LeftOut, x.evidence(leaf, end.at(), "delivered without having been in progress"))
			continue
		}
		d := func(seconds uint32) string { return inDays(time.Duration(seconds) * time.Second) }
		what := fmt.Sprintf("delivered; active %s, waiting %s", d(end.working), d(end.waiting))
		if end.undeclared() > 0 {
			what += ", neither " + d(end.undeclared())
		}
		m.Counted = append(m.Counted, x.evidence(leaf, end.at(), what))
	}
	return m
}

func (x *explainer) concentration() ExplainedMeasure {
	m := ExplainedMeasure{Value: percent(x.status.Concentration), Inputs: []ExplainedInput{
		{"issues", strconv.Itoa(x.crowd.issues)}, {"of them held by nobody", strconv.Itoa(x.crowd.unheld)},
		{"people that must hold them for it to be shown, at least", strconv.Itoa(x.s.leastGroup())},
	}}
	for leaf, e := range x.now.all() {
		switch {
		case e.doing():
			m.Counted = append(m.Counted, x.evidence(leaf, e.at(), "in progress ("+x.l.wording(e).status+")"))
		case x.load.deliveredLately(leaf, x.at, x.s):
			m.Counted = append(m.Counted, x.evidence(leaf, x.load.ended.of(leaf).at(), "delivered"))
		}
	}
	return m
}

func (x *explainer) debt() ExplainedMeasure {
	d := x.status.Debt
	if d == nil {
		return ExplainedMeasure{}
	}
	days := func(v *float64, none string) string {
		if v == nil {
			return none
		}
		return inDays(seconds(*v))
	}
	share := func(r *float64, none string) string {
		if r == nil {
			return none
		}
		return percent(r)
	}
	m := ExplainedMeasure{
		Value: fmt.Sprintf("%d open, %d delivered, %d discarded", d.Issues.Open(), d.Issues.Delivered, d.Issues.Discarded),
		Inputs: []ExplainedInput{
			{"created", d.Created.String()}, {"retired", d.Retired.String()},
			{"retirement ratio", share(d.RetirementRatio, "unknown: none was created in the last 90 days")},
			{"share discarded", share(d.DropShare, "unknown: none is closed")},
			{"median age at retirement", days(d.MedianAgeSeconds, "unknown: less than half of it was retired")},
			{"pay-off", days(d.PayOffSeconds, "unknown: no more is retired than created")},
		},
	}
	x.load.eachDebt(func(leaf int, c class) {
		e := x.now.of(leaf)
		what := x.describe(e) + ", created " + moment(instantOf(x.l.lives[leaf].born))
		if c.out == flow.Dropped {
			m.LeftOut = append(m.LeftOut, x.evidence(leaf, e.at(), what+": that retires nothing"))
			return
		}
		m.Counted = append(m.Counted, x.evidence(leaf, e.at(), what))
	})
	return m
}
