package measure

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// Explain says how the figures of a goal as of the moment came about: each
// with its formula, its inputs, and the issues and events behind it. measure
// names one figure, as Measures does; empty means all. False where
// there is no such goal or figure.
func (h *History) Explain(goalID, measure string, at time.Time) (*Explanation, bool) {
	k := slices.IndexFunc(h.ledgers, func(l ledger) bool { return l.goal.ID == goalID })
	if k < 0 {
		return nil, false
	}
	x := newExplainer(h, k, at)
	e := &Explanation{Goal: goalID, At: at}
	for _, m := range explained(&h.settings.Thresholds) {
		if measure == m.name || measure == "" && (m.concerns == nil || m.concerns(x)) {
			one := m.explain(x)
			one.Measure, one.Formula = m.name, cmp.Or(one.Formula, m.formula)
			if one.Value == "" || x.status.hides(m.name) {
				one.Value, one.Why = "unknown", cmp.Or(one.Why, x.status.Missing[m.name])
			}
			e.Measures = append(e.Measures, one)
		}
	}
	return e, len(e.Measures) > 0
}

// Measures returns the names of all figures that can be explained.
func Measures() []string {
	var names []string
	t := DefaultThresholds()
	for _, m := range explained(&t) {
		names = append(names, m.name)
	}
	return names
}

type explainedBy struct {
	name    string
	formula string // unless the explanation has one of its own
	explain func(*explainer) ExplainedMeasure
	// concerns tells goals that the figure says something about; nil: all.
	// Of the others it is explained only to those who ask for it.
	concerns func(*explainer) bool
}

func explained(t *Thresholds) []explainedBy {
	return slices.Concat(explainedHealth(t), explainedDecisions(t), explainedDrift(t), explainedWork(t), explainedStructure(t), explainedTraps(), []explainedBy{
		{"outcomes", "the share of the way from the value at the start to the one to be reached, by the last answer of the outcome's query, " +
			"cut at 0 and 1", (*explainer).outcomesNow, (*explainer).hasOutcomes},
		{"stop_criteria", "each condition as it is declared; what is not known never meets it; \"after\" begins when that day is over; " +
			"\"for\" asks at the moment, at the start of every day since, and at its beginning", (*explainer).stopCriteria, nil},
		{"evidence", fmt.Sprintf("the weakest of the components below; freshness, history or category coverage under %s hide the figures, the last while most issues stand in a status of unknown category",
			percent(&t.EvidenceHides)), (*explainer).evidenceParts, nil},
	})
}

func explainedHealth(t *Thresholds) []explainedBy {
	return []explainedBy{
		{"health", fmt.Sprintf("the first that holds: done (every mapped container closed, and no open issue, or closed for %s), not_started "+
			"(no issue ever in progress or closed), unknown (a defect of the data hides the figures), stalled, off_track (the target day is over, "+
			"or the probability to make it is below %s), at_risk (a decision is overdue, or that probability is below %s, or the probability "+
			"that the reported figure says 15 points too much is at least %s), on_track; "+
			"judged at the start of every day, by the odds of its week; a worse state shows after %s, a better one after %s",
			inDays(t.Grace), percent(&t.OffTrackBelow), percent(&t.AtRiskBelow), percent(&t.OverstatedFrom), inDays(t.WorseAfter), inDays(t.BetterAfter)), (*explainer).health, nil},
		{"reported_health", fmt.Sprintf("what the last check-in that gives one says; where none does, by the reported completion: done (all), "+
			"not_started (nothing, and no work begun or the start ahead), off_track (the target day is over, or completion lies more than %s "+
			"behind the share of the time from start to target that is over), at_risk (more than %s), else on_track",
			percent(&t.ReportedOffTrack), percent(&t.ReportedAtRisk)), (*explainer).reportedHealth, nil},
		{"last_check_in", "the day of the last check-in", (*explainer).lastCheckIn, (*explainer).hasCheckIns},
		{"issues", "each issue in scope is in one part: delivered, discarded (closed with a resolution or " +
			"status that means so), in progress (by its status's category), else to do", (*explainer).issues, nil},
		{"points", fmt.Sprintf("an issue weighs its estimate at that moment; one without weighs the median of the estimated issues in scope of its "+
			"type and project, or of all where that is none; estimates below 0 or above %g are none; points count while at least %s of "+
			"the issues are estimated", t.MaxEstimate, percent(&t.EstimateCoverage)), (*explainer).pointsNow, (*explainer).asksForPoints},
		{"reported_completion", "issues whose status is of category Done ÷ all issues in scope", (*explainer).reported, nil},
		{"delivered_completion", "delivered issues ÷ issues in scope that were not discarded", (*explainer).delivered, nil},
		{"real_completion", "the share of what will finally be delivered that is firmly done: a regression on how past containers of work " +
			"turned out, with the interval that held four in five of those like this one; in what the goal counts", (*explainer).real, nil},
		{"forecast", "when the last issue will have been delivered with 50 and 85 %: by three ways, which are weighed " +
			"by how well they told the containers that have closed", (*explainer).forecast, nil},
		{"scope_added", "issues that came into scope after the commitment: the first issue in progress (while none ever " +
			"was, the first delivery), or the declared start if that is later", (*explainer).added, nil},
		{"scope_removed", "issues that left scope after the commitment", (*explainer).removed, nil},
		{"target", "the last target said by then; a move is a target later than the one before by a day or more",
			(*explainer).target, nil},
		{"last_progress", fmt.Sprintf("the last time that an issue in scope moved forward (to do → in progress → done) for "+
			"the first time since it was created or re-opened, or was delivered, or a decision was made; bulk edits (%d issues by one author in "+
			"a minute), bots and re-openings shorter than %s don't count", t.BulkIssues, t.Bounce), (*explainer).lastProgress, nil},
		{"stalled", fmt.Sprintf("no progress for longer than max(%s, %g × Q), clocks standing still in freezes and while the goal is closed; Q is "+
			"the %g quantile of the goal's own n gaps of a day or more between progress, shrunk towards that of the other goals like it, which weighs as %d gaps: "+
			"(n × own + %d × class) ÷ (n + %d), or the class's alone while n is under %d; it is that of the last progress. The class's is shrunk "+
			"in the same way towards %s. A delivery ends a stall, or progress on two days", inDays(t.StallFloor), t.StallFactor, t.StallQuantile,
			t.StallShrink, t.StallShrink, t.StallShrink, t.StallMinGaps, inDays(t.StallPrior)), (*explainer).stalled, nil},
	}
}

// explainer holds a goal at a moment, ready to be asked.
type explainer struct {
	h      *History
	k      int // of the ledger
	l      *ledger
	at     time.Time
	s      *Settings
	status GoalStatus
	rhythm rhythm
	points *weights // nil where the goal does not ask for points
	now    latestRows[entry]
	load   load
	crowd  crowd
}

func newExplainer(h *History, k int, at time.Time) *explainer {
	l, s := &h.ledgers[k], &h.settings
	x := &explainer{h: h, k: k, l: l, at: at, s: s, now: l.now(at), load: l.load(at)}
	x.status, x.crowd = h.statusOf(k, h.outgrown(at)[k], h.work.shares(at), at)
	h.concentrateOne(k, &x.status, x.crowd, at)
	h.setTrapStates(&x.status, k, at)
	h.setCriteria(k, &x.status, at)
	x.rhythm, _ = l.rhythm(at, s)
	if l.goal.Count == goal.CountPoints {
		x.points = l.weigh(at, s)
	}
	return x
}

func (x *explainer) evidence(leaf int, at time.Time, what string) Evidence {
	from := x.l.leaves.origin(leaf)
	return Evidence{Site: from.site, Key: x.l.leaves.key(leaf).String(), At: at, What: what, Via: from.via, Also: x.l.also(leaf, x.at)}
}

// leavesNow splits the leaves in scope by whether they count.
func (x *explainer) leavesNow(counts func(class) (bool, string)) (counted, left []Evidence) {
	for leaf, e := range x.now.all() {
		if e == nil || !e.after().in {
			continue
		}
		ok, why := counts(e.after())
		ev := x.evidence(leaf, e.at(), x.describe(e)+x.weighing(leaf)+why)
		if ok {
			counted = append(counted, ev)
		} else {
			left = append(left, ev)
		}
	}
	return counted, left
}

// describe tells a leaf's class in words, and in Jira's: "delivered (Resolved,
// Done)".
func (x *explainer) describe(e *entry) string {
	w := x.l.wording(e)
	jira := slices.DeleteFunc([]string{w.status, w.resolution}, func(s string) bool { return s == "" })
	if len(jira) == 0 {
		return e.after().String()
	}
	return fmt.Sprintf("%s (%s)", e.after(), strings.Join(jira, ", "))
}

func (x *explainer) issues() ExplainedMeasure {
	p := x.status.Issues
	m := ExplainedMeasure{
		Value: fmt.Sprintf("%d to do, %d in progress, %d delivered, %d discarded", p.ToDo, p.InProgress, p.Delivered, p.Discarded),
		Inputs: []ExplainedInput{
			{"to do", strconv.Itoa(p.ToDo)}, {"in progress", strconv.Itoa(p.InProgress)},
			{"delivered", strconv.Itoa(p.Delivered)}, {"discarded", strconv.Itoa(p.Discarded)},
		},
	}
	wasted := x.wasted()
	if p.Discarded > 0 {
		m.Inputs = append(m.Inputs, ExplainedInput{"discarded after having been in progress (waste)", strconv.Itoa(len(wasted))})
	}
	if share := x.shared(); share != "" {
		m.Inputs = append(m.Inputs, ExplainedInput{"multi_goal_share", share})
	}
	if share := x.approximate(); share != "" {
		m.Inputs = append(m.Inputs, ExplainedInput{"by_jql_share", share})
	}
	for leaf, e := range x.now.all() {
		switch {
		case e == nil:
		case e.after().in:
			what := x.describe(e) + x.weighing(leaf)
			if wasted[leaf] {
				what += ", after having been in progress"
			}
			m.Counted = append(m.Counted, x.evidence(leaf, e.at(), what))
		default:
			m.LeftOut = append(m.LeftOut, x.evidence(leaf, e.at(), "has left scope"))
		}
	}
	for _, what := range x.l.missing {
		m.LeftOut = append(m.LeftOut, Evidence{What: what + " is mapped, but no issue of that name was seen"})
	}
	for _, why := range x.l.unanswered {
		m.LeftOut = append(m.LeftOut, Evidence{What: why})
	}
	return m
}

// wasted are the leaves in scope that were discarded after work on them had
// begun (MEASURES §2.22).
func (x *explainer) wasted() map[int]bool {
	out := map[int]bool{}
	x.l.eachTimes(x.at, func(leaf int, t *times) {
		if e := x.now.of(leaf); e != nil && e.after().in && e.after().out == flow.Dropped && t.first != 0 {
			out[leaf] = true
		}
	})
	return out
}

func percent(r *float64) string {
	if r == nil {
		return ""
	}
	return fmt.Sprintf("%.1f %%", *r*100)
}
