package measure

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

func (x *explainer) reported() ExplainedMeasure {
	byJira := x.reportedByJira()
	switch x.status.ReportedFrom {
	case fromField:
		return x.reportedByField(byJira.Value)
	case fromJira:
		return byJira
	}
	m := ExplainedMeasure{
		Formula: "what the last check-in that gives a completion says, as it stands",
		Value:   percent(x.status.Reported), Counted: x.checkIns(),
	}
	if x.status.ReportedAt != nil {
		m.Inputs = append(m.Inputs, ExplainedInput{"said on", x.dayOf(*x.status.ReportedAt)})
	}
	if byJira.Value != "" {
		m.Inputs = append(m.Inputs, ExplainedInput{"by Jira's own epic progress", byJira.Value})
	}
	return m
}

func (x *explainer) reportedByJira() ExplainedMeasure {
	t := x.l.tally(x.at)
	m := ExplainedMeasure{Value: percent(t.reported()), Inputs: []ExplainedInput{
		{"issues with a status of category Done", strconv.Itoa(t.done)},
		{"issues in scope", strconv.Itoa(t.parts.Total())},
	}}
	if x.countsPoints() {
		m.Value = percent(x.points.reported())
		m.Formula = "points of the issues whose status is of category Done ÷ points of all issues in scope"
		m.Inputs = []ExplainedInput{
			{"points of issues with a status of category Done", number(x.points.done)},
			{"points in scope", number(x.points.parts.Total())},
		}
	}
	m.Inputs = append(m.Inputs, x.whyIssues()...)
	m.Counted, m.LeftOut = x.leavesNow(func(c class) (bool, string) {
		if c.cat != flow.Done && c.out != flow.Open {
			return false, ": resolved, but its status is not of category Done"
		}
		return c.cat == flow.Done, ""
	})
	return m
}

func (x *explainer) delivered() ExplainedMeasure {
	p := x.status.Issues
	m := ExplainedMeasure{Value: percent(x.status.Delivered), Inputs: []ExplainedInput{
		{"delivered", strconv.Itoa(p.Delivered)},
		{"in scope and not discarded", strconv.Itoa(p.Total() - p.Discarded)},
	}}
	if x.countsPoints() {
		p := &x.points.parts
		m.Formula = "points of the delivered issues ÷ points of the issues in scope that were not discarded"
		m.Inputs = []ExplainedInput{
			{"points delivered", number(p.Delivered)},
			{"points in scope and not discarded", number(p.ToDo + p.InProgress + p.Delivered)},
		}
	}
	m.Inputs = append(m.Inputs, x.whyIssues()...)
	m.Counted, m.LeftOut = x.leavesNow(func(c class) (bool, string) {
		if c.out == flow.Dropped {
			return false, ": in neither part of the ratio"
		}
		return c.out == flow.Delivered, ""
	})
	return m
}

func (x *explainer) asksForPoints() bool { return x.points != nil }
func (x *explainer) countsPoints() bool  { return x.points != nil && x.points.why == "" }

// whyIssues says why a goal that asks for points is counted in issues.
func (x *explainer) whyIssues() []ExplainedInput {
	if x.points == nil || x.points.why == "" {
		return nil
	}
	return []ExplainedInput{{"points are not counted", x.points.why}}
}

// pointsNow explains the weights. It shows them too where too few issues are
// estimated for them to count: those are what is to be mended.
func (x *explainer) pointsNow() ExplainedMeasure {
	if x.points == nil {
		return ExplainedMeasure{Why: "the goal counts issues; `count: points` in its declaration weighs them"}
	}
	w := x.points
	m := ExplainedMeasure{Why: x.status.Missing["points"], Inputs: []ExplainedInput{
		{"estimate_coverage", fmt.Sprintf("%s (%d of %d)", orNone(percent(w.coverage())), w.estimated, w.inScope)},
	}}
	if x.countsPoints() {
		m.Value = fmt.Sprintf("%s to do, %s in progress, %s delivered, %s discarded",
			number(w.parts.ToDo), number(w.parts.InProgress), number(w.parts.Delivered), number(w.parts.Discarded))
	}
	if d := x.status.Drift; d != nil && d.Reestimated > 0 {
		m.Inputs = append(m.Inputs, ExplainedInput{"re-estimated since the commitment", fmt.Sprintf("%d×, %+g points in all", d.Reestimated, d.ReestimatedBy)})
	}
	for leaf, e := range x.now.all() {
		if e == nil || !e.after().in {
			continue
		}
		ev := x.evidence(leaf, e.at(), e.after().String()+": "+w.leaves[leaf].String())
		if w.leaves[leaf].basis == byEstimate {
			m.Counted = append(m.Counted, ev)
		} else {
			m.LeftOut = append(m.LeftOut, ev)
		}
	}
	return m
}

// weighing says what a leaf weighs, where points are counted.
func (x *explainer) weighing(leaf int) string {
	if !x.countsPoints() {
		return ""
	}
	return ": " + x.points.leaves[leaf].String()
}

// String says what a leaf weighs and why.
func (w *weight) String() string {
	points := number(w.points) + " points"
	if w.points == 1 {
		points = "1 point"
	}
	if w.basis == byEstimate {
		return points
	}
	why := "not estimated"
	if !math.IsNaN(w.said) {
		why = "its estimate of " + number(w.said) + " is none"
	}
	of := "of its type and project"
	if w.basis == byAll {
		of = "in scope"
	}
	if w.peers == 0 {
		return points + " (" + why + ")"
	}
	return fmt.Sprintf("%s (%s: the median of the %d estimated issues %s)", points, why, w.peers, of)
}

// number writes a sum of points without the noise of its last bits.
func number(v float64) string {
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// shared says which part of the issues in scope belongs to other goals too;
// empty where nothing is in scope.
func (x *explainer) shared() string {
	all, shared := 0, 0
	for leaf, e := range x.now.all() {
		if e == nil || !e.after().in {
			continue
		}
		all++
		if len(x.l.also(leaf, x.at)) > 0 {
			shared++
		}
	}
	if all == 0 {
		return ""
	}
	return fmt.Sprintf("%s (%d of %d) are in other goals too, and count in full in each", percent(ratio(shared, all)), shared, all)
}

// approximate says which part of the issues in scope belongs by JQL alone;
// empty where none does. Jira keeps no past of what a JQL matches.
func (x *explainer) approximate() string {
	all, byJQL := 0, 0
	for leaf, e := range x.now.all() {
		if e == nil || !e.after().in {
			continue
		}
		all++
		if x.l.leaves.origin(leaf).approximate {
			byJQL++
		}
	}
	if byJQL == 0 {
		return ""
	}
	return fmt.Sprintf("%s (%d of %d) belong by JQL alone: since when is approximate, because Jira keeps no past of what a JQL matches", percent(ratio(byJQL, all)), byJQL, all)
}

func (x *explainer) hasCheckIns() bool {
	return len(x.l.goal.CheckIns) > 0 || x.l.goal.Reported.From == fromCheckIns
}

func (x *explainer) lastCheckIn() ExplainedMeasure {
	if x.status.LastCheckIn == nil {
		return ExplainedMeasure{Why: "no check-in was made by then"}
	}
	return ExplainedMeasure{
		Value: x.dayOf(*x.status.LastCheckIn), Counted: x.checkIns(),
		Inputs: []ExplainedInput{{"age", inDays(x.at.Sub(*x.status.LastCheckIn))}},
	}
}

// checkIns lists the latest check-ins, newest first.
func (x *explainer) checkIns() []Evidence {
	zone := x.s.Calendar.Location()
	all := saidBy(x.l.goal.CheckIns, x.at, zone).history
	var out []Evidence
	for k := len(all) - 1; k >= 0 && len(out) < shownEvents; k-- {
		out = append(out, Evidence{At: all[k].Date.Start(zone), What: "check-in: " + describe(&all[k])})
	}
	return out
}

// describe writes what a check-in says: "70.0 %, on_track: vendor fix landed".
func describe(c *goal.CheckIn) string {
	var parts []string
	if c.Completion != nil {
		parts = append(parts, percent(c.Completion))
	}
	if c.Health != "" {
		parts = append(parts, c.Health)
	}
	what := strings.Join(parts, ", ")
	if c.Note != "" {
		what += ": " + c.Note
	}
	return what
}

func (x *explainer) reportedHealth() ExplainedMeasure {
	m := ExplainedMeasure{Value: string(x.status.ReportedHealth)}
	zone := x.s.Calendar.Location()
	if s := saidBy(x.l.goal.CheckIns, x.at, zone); s.health != nil {
		m.Inputs = []ExplainedInput{{"said on", s.health.Date.String()}}
		m.Counted = []Evidence{{At: s.health.Date.Start(zone), What: "check-in: " + describe(s.health)}}
		return m
	}
	if x.status.Reported != nil {
		m.Inputs = append(m.Inputs, ExplainedInput{"reported completion", percent(x.status.Reported)})
	}
	if start, ok := x.l.start(&x.status, x.s); ok && x.status.Target != nil {
		over := elapsed(start, x.status.Target.End(zone), x.at)
		m.Inputs = append(m.Inputs, ExplainedInput{"share of the time that is over", percent(&over)},
			ExplainedInput{"from", x.dayOf(start)}, ExplainedInput{"to the end of", x.status.Target.String()})
	}
	return m
}
