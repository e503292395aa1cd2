package measure_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

const aDay = 86400.0

// ledgerGoals are a goal with two below it: g over PAY-1, h over PAY-3.
func decisionGoals() []goal.Goal {
	g, h := epicGoal(), goal.Goal{ID: "h", Parent: "both", Work: goal.Work{Epics: []string{"PAY-3"}}}
	g.Parent = "both"
	return []goal.Goal{{ID: "both"}, g, h}
}

// theirIssues: a question of h that holds up work of g, an approval and a flag
// in g, and a question of nobody.
func theirIssues(t flowtest.TB) []*flow.Issue {
	other := flowtest.NewEpic(t, "PAY-3", "2026-01-01")
	asks := func(n int, created, epic string) *flowtest.Builder {
		return flowtest.New(t, "PAY-"+string(rune('0'+n)), created).Born(func(s *flow.State) {
			s.Type, s.Epic = flow.IssueType{ID: "decision", Name: "Decision"}, flowtest.Ref(epic)
		})
	}
	return []*flow.Issue{
		epic(t).Issue(), other.Issue(),
		asks(4, "2026-01-02", "PAY-3").Issue(), // open since the 2nd
		task(t, 5, "2026-01-02").Moves("2026-01-03", flowtest.Doing).BlockedBy("2026-01-05", "PAY-4").Issue(),                                  // waits for it
		task(t, 6, "2026-01-02").BlockedBy("2026-01-05", "PAY-4").Unblocked("2026-01-07", "PAY-4").Issue(),                                     // waited for it
		task(t, 7, "2026-01-02").Moves("2026-01-10", flowtest.Approval).Issue(),                                                                // waits for an approval
		task(t, 8, "2026-01-02").Moves("2026-01-03", flowtest.Doing).Flagged("2026-01-04", true).Flagged("2026-01-06", false).Issue(),          // was impeded
		task(t, 20, "2026-01-02").BlockedBy("2026-01-03", "PAY-4").Resolves("2026-01-04", "Done").Issue(),                                      // delivered all the same
		flowtest.New(t, "PAY-9", "2026-01-08").Born(func(s *flow.State) { s.Labels = []string{"adr"} }).Resolves("2026-01-09", "Done").Issue(), // of no goal
	}
}

func TestDecisionsOfGoalsWorkedByHand(t *testing.T) {
	h := built(t, decisionGoals(), theirIssues(t), under(decisive()))
	snap := h.Snapshot(flowtest.At(t, "2026-01-12"))
	for _, c := range []struct {
		goal          string
		open, overdue map[string]int
		oldest        string
		debtDays      float64
		blocked       float64
	}{
		// PAY-4 since the 2nd (10 days), overdue since the 7th; PAY-7 since the
		// 10th (2 days). Of the open leaves 5, 6, 7, 8 two wait: 5 and 7.
		{"g", map[string]int{"architecture": 1, "approval": 1}, map[string]int{"architecture": 1}, "2026-01-02", 12, 2. / 4},
		// PAY-4 itself is the only leaf of h, and waits for itself.
		{"h", map[string]int{"architecture": 1}, map[string]int{"architecture": 1}, "2026-01-02", 10, 1},
		// The same decision counts once above: leaves 4, 5, 6, 7, 8.
		{"both", map[string]int{"architecture": 1, "approval": 1}, map[string]int{"architecture": 1}, "2026-01-02", 12, 3. / 5},
	} {
		t.Run(c.goal, func(t *testing.T) {
			g, _ := snap.Goal(c.goal)
			d := g.Decisions
			open, overdue := map[string]int{}, map[string]int{}
			for _, k := range d.Classes {
				if k.Open > 0 {
					open[k.Class] = k.Open
				}
				if k.Overdue > 0 {
					overdue[k.Class] = k.Overdue
				}
			}
			if diff := cmp.Diff([]map[string]int{c.open, c.overdue}, []map[string]int{open, overdue}); diff != "" {
				t.Errorf("open and overdue (-want +got):\n%s", diff)
			}
			if want := flowtest.At(t, c.oldest); d.OldestOpen == nil || !d.OldestOpen.Equal(want) {
				t.Errorf("the oldest is of %v, want %v", d.OldestOpen, want)
			}
			if d.DebtSeconds != c.debtDays*aDay {
				t.Errorf("the debt is %v days, want %v", d.DebtSeconds/aDay, c.debtDays)
			}
			if d.BlockedRatio == nil || *d.BlockedRatio != c.blocked {
				t.Errorf("blocked: %v, want %v", d.BlockedRatio, c.blocked)
			}
		})
	}
	want := []measure.SiteDecisions{
		{Site: flowtest.Site, Class: "architecture", Open: 1, Overdue: 1},
		{Site: flowtest.Site, Class: "approval", Open: 1},
		{Site: flowtest.Site, Class: "impediment"},
	}
	if d := cmp.Diff(want, snap.Decisions); d != "" {
		t.Errorf("by site (-want +got):\n%s", d)
	}
}

func TestADecisionIsAGoalsOnlyWhileItHoldsTheGoalUp(t *testing.T) {
	h := built(t, decisionGoals(), theirIssues(t), under(decisive()))
	for at, want := range map[string]int{
		"2026-01-02": 0, // asked in h
		"2026-01-03": 1, // PAY-20 waits for it
		"2026-01-04": 1, // PAY-20 is delivered; PAY-8 is flagged
		"2026-01-05": 2, // PAY-5 and PAY-6 wait; the flag
		"2026-01-08": 1,
	} {
		if d := status(t, h, at).Decisions; d.Open != want {
			t.Errorf("%d decisions are open at %s, want %d", d.Open, at, want)
		}
	}
}

func TestHowLongAGoalAllowsBeatsTheService(t *testing.T) {
	own := decisionGoals()
	own[0].DecideIn = map[string]time.Duration{"": 24 * time.Hour}                                 // both: inherited by h
	own[1].DecideIn = map[string]time.Duration{"architecture": 20 * 24 * time.Hour, "": time.Hour} // g
	h := built(t, own, theirIssues(t), under(decisive()))
	snap := h.Snapshot(flowtest.At(t, "2026-01-04 12:00"))
	for id, want := range map[string]int{"g": 1, "h": 1, "both": 2} {
		// In g the flag of twelve hours is late; in h the question of two days
		// and a half. Above, each is late where it is below.
		if g, _ := snap.Goal(id); g.Decisions.Overdue != want {
			t.Errorf("%d decisions of %s are overdue, want %d", g.Decisions.Overdue, id, want)
		}
	}
	snap = h.Snapshot(flowtest.At(t, "2026-01-12"))
	if g, _ := snap.Goal("g"); g.Decisions.Overdue != 1 {
		t.Errorf("%d decisions of g are overdue, want the approval alone", g.Decisions.Overdue)
	}
}

func TestLatencyWorkedByHand(t *testing.T) {
	// Asked on Mondays: decided after 2, 4 and 9 days, and open since the 26th
	// of January. As of the 4th of February the open one is 9 days old: at 2
	// days 4 are at risk, S = 3/4; at 4 days S = 1/2; at 9 days two are left,
	// one ends: S = 1/4, and so on to 30 days: 2 + 2·3/4 + 5·1/2 + 21·1/4.
	issues := []*flow.Issue{
		epic(t).Issue(),
		question(t, 2, "2026-01-05").Resolves("2026-01-07", "Done").Issue(),
		question(t, 3, "2026-01-12").Resolves("2026-01-16", "Done").Issue(),
		question(t, 4, "2026-01-19").Resolves("2026-01-28", "Won't Do").Issue(),
		question(t, 5, "2026-01-26").Issue(),
	}
	h := decided(t, issues...)
	d := status(t, h, "2026-02-04").Decisions
	if diff := cmp.Diff(measure.DecisionLatency{
		Made: 3, Waiting: 1, P50Seconds: ptr(4 * aDay), MeanSeconds: ptr((2 + 1.5 + 2.5 + 5.25) * aDay),
		// By working days: 2 and 4; Monday to the Wednesday after the next: 7
		// of 9, as is the open one.
		Working: &measure.WorkingLatency{P50Seconds: ptr(4 * aDay), MeanSeconds: (2 + 1.5 + 1.5 + 5.75) * aDay},
	}, d.Latency); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// 90 days later all but the open one are out of the window: it was seen
	// from 10 days on, and nothing ended.
	later := status(t, h, "2026-05-06").Decisions.Latency
	if later.P50Seconds != nil || later.MeanSeconds == nil || *later.MeanSeconds != 30*aDay || later.Made != 0 || later.Waiting != 1 {
		t.Errorf("while one is open and none was made: %+v", later)
	}
	// It is decided alone in the window, at 120 days: that says nothing of the
	// others, so all that ever was is looked at: S = 3/4, 1/2, 1/4, 0.
	alone := decided(t, append(issues[:4:4], question(t, 5, "2026-01-26").Resolves("2026-05-26", "Done").Issue())...)
	if got := status(t, alone, "2026-05-27").Decisions.Latency; !got.WholeHistory || got.Made != 4 || *got.P50Seconds != 4*aDay || *got.P85Seconds != 120*aDay {
		t.Errorf("one alone, entered late: %+v", got)
	}
	if got := status(t, alone, "2027-05-27"); got.Decisions.Latency.MeanSeconds != nil || got.Missing["decision_latency"] == "" {
		t.Errorf("long after the last: %+v, missing %v", got.Decisions.Latency, got.Missing)
	}
}

func TestCalendarsThatNeverWork(t *testing.T) {
	never, always := decisive(), decisive()
	never.Calendar.Workdays = [7]bool{}
	for d := range 365 {
		always.Calendar.Holidays = append(always.Calendar.Holidays, flow.Date{Year: 2026, Month: 1, Day: 1}.AddDays(d))
	}
	issues := []*flow.Issue{epic(t).Issue(), question(t, 2, "2026-01-05").Resolves("2026-01-07", "Done").Issue()}
	g := status(t, built(t, []goal.Goal{epicGoal()}, issues, under(never)), "2026-01-20").Decisions
	if g.Latency.Working != nil || *g.Latency.P50Seconds != 2*aDay {
		t.Errorf("without a workday: %+v, want no working time", g.Latency)
	}
	h := built(t, []goal.Goal{epicGoal()}, issues, under(always))
	g = status(t, h, "2026-01-20").Decisions
	if *g.Latency.Working.P50Seconds != 0 || g.Latency.Working.MeanSeconds != 0 || *g.Latency.P50Seconds != 2*aDay {
		t.Errorf("with holidays throughout: %+v, want no time to have been worked", g.Latency)
	}
	r, _ := h.Decisions("g", flowtest.At(t, "2026-01-20"))
	if *r.Decisions[0].WorkingSeconds != 0 {
		t.Errorf("the register says %v working seconds", *r.Decisions[0].WorkingSeconds)
	}
}

func TestAnOverdueDecisionPutsItsGoalAtRisk(t *testing.T) {
	// Overdue from the 14th on; the worse state shows after two days.
	work := task(t, 3, "2026-01-02").Moves("2026-01-05", flowtest.Doing)
	h := decided(t, epic(t).Issue(), work.Issue(), question(t, 2, "2026-01-09").Resolves("2026-01-17", "Done").Issue())
	for at, want := range map[string]measure.Health{
		"2026-01-13": measure.OnTrack, "2026-01-15": measure.OnTrack, "2026-01-16 12:00": measure.AtRisk,
		"2026-01-21": measure.AtRisk, "2026-01-22": measure.OnTrack, // better shows after five days
	} {
		if g := status(t, h, at); g.Health != want {
			t.Errorf("at %s the goal is %s, want %s", at, g.Health, want)
		}
	}
}

func TestADecisionThatIsMadeIsProgress(t *testing.T) {
	work := func() *flow.Issue { return task(t, 3, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue() }
	last := func(at string, issues ...*flow.Issue) string {
		g := status(t, decided(t, append(issues, epic(t).Issue())...), at)
		if g.LastProgress == nil {
			return ""
		}
		return g.LastProgress.Format("01-02")
	}
	for _, c := range []struct {
		name, want string
		issues     []*flow.Issue
	}{
		{"a flag that is cleared", "01-20", []*flow.Issue{work(), task(t, 4, "2026-01-02").Flagged("2026-01-10", true).Flagged("2026-01-20", false).Issue()}},
		{"not one that stood for minutes", "01-05", []*flow.Issue{work(), task(t, 4, "2026-01-02").Flagged("2026-01-20", true).Flagged("2026-01-20 00:20", false).Issue()}},
		{"not one that a bot cleared", "01-05", []*flow.Issue{work(), task(t, 4, "2026-01-02").Flagged("2026-01-10", true).ByBot().Flagged("2026-01-20", false).Issue()}},
		{"not a second time within a week", "01-20", []*flow.Issue{work(), task(t, 4, "2026-01-02").Flagged("2026-01-10", true).Flagged("2026-01-20", false).
			Flagged("2026-01-24", true).Flagged("2026-01-28", false).Issue()}},
		{"not before any work began", "", []*flow.Issue{task(t, 4, "2026-01-02").Flagged("2026-01-10", true).Flagged("2026-01-20", false).Issue()}},
		{"not by the deletion of its issue", "01-05", []*flow.Issue{work(), question(t, 4, "2026-01-10").Gone("2026-01-20").Issue()}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := last("2026-02-01", c.issues...); got != c.want {
				t.Errorf("the last progress was on %q, want %q", got, c.want)
			}
		})
	}
	var bulk []*flow.Issue
	for n := range 10 {
		bulk = append(bulk, task(t, 10+n, "2026-01-02").By(7).Flagged("2026-01-10", true).Flagged("2026-01-20", false).Issue())
	}
	if got := last("2026-02-01", append(bulk, work())...); got != "01-05" {
		t.Errorf("a bulk edit that clears ten flags was progress on %s", got)
	}
	g := epicGoal()
	g.Decisions = []goal.Decision{{ID: "cdn", Asked: date(t, "2026-01-10"), Decided: date(t, "2026-01-20")}}
	h := built(t, []goal.Goal{g}, []*flow.Issue{epic(t).Issue(), work()}, under(decisive()))
	e, _ := h.Explain("g", "last_progress", flowtest.At(t, "2026-02-01"))
	if got := e.Measures[0]; !strings.HasPrefix(got.Value, "2026-01-20") || !strings.Contains(got.Counted[0].What, "the decision cdn was made") {
		t.Errorf("a declared decision: %s, %+v", got.Value, got.Counted)
	}
}

func TestDecisionsInStopCriteriaAndExplanations(t *testing.T) {
	own := decisionGoals()
	own[1].StopWhen = []goal.StopCriterion{
		{ID: "waits", When: "decision_blocked >= 50% and decisions_open > 1 and decision_debt > 11d and decision_oldest_age > 9d"},
		{ID: "late", When: "decisions_overdue > 1 or decisions_reversed > 0"},
	}
	h := built(t, own, theirIssues(t), under(decisive()))
	g := status(t, h, "2026-01-12")
	var met []string
	for _, c := range g.MetCriteria() {
		met = append(met, c.ID)
	}
	if d := cmp.Diff([]string{"waits"}, met); d != "" {
		t.Errorf("met (-want +got):\n%s", d)
	}
	e, _ := h.Explain("g", "", flowtest.At(t, "2026-01-12"))
	values := map[string]string{}
	for _, m := range e.Measures {
		values[m.Measure] = m.Value
	}
	for name, want := range map[string]string{
		"decisions_open": "2, the oldest since 2026-01-02", "decisions_overdue": "1", "decision_debt": "12 days",
		"decision_blocked": "50.0 %", "decisions_reversed": "0",
	} {
		if values[name] != want {
			t.Errorf("%s is explained as %q, want %q", name, values[name], want)
		}
	}
	e, _ = h.Explain("g", "decisions_open", flowtest.At(t, "2026-01-12"))
	want := []measure.Evidence{
		{Site: flowtest.Site, Key: "PAY-4", At: flowtest.At(t, "2026-01-02"), What: "a decision: architecture, asked by issue type Decision; open for 10 days; overdue since 2026-01-07 00:00 UTC"},
		{Site: flowtest.Site, Key: "PAY-7", At: flowtest.At(t, "2026-01-10"), What: "a decision: approval, asked by status Approval; open for 2 days; due by 2026-01-15 00:00 UTC"},
	}
	if d := cmp.Diff(want, e.Measures[0].Counted); d != "" {
		t.Errorf("evidence (-want +got):\n%s", d)
	}
}

func TestWhatIsBlockedIsWeighedInPoints(t *testing.T) {
	// Of 3 + 5 + 8 open points the 8 wait; what is delivered does not count.
	g := epicGoal()
	g.Count = goal.CountPoints
	h := built(t, []goal.Goal{g}, []*flow.Issue{
		epic(t).Issue(),
		task(t, 2, "2026-01-02").Estimates("2026-01-02", "3").Issue(),
		task(t, 3, "2026-01-02").Estimates("2026-01-02", "5").Issue(),
		task(t, 4, "2026-01-02").Estimates("2026-01-02", "8").Flagged("2026-01-03", true).Issue(),
		task(t, 5, "2026-01-02").Estimates("2026-01-02", "100").Flagged("2026-01-03", true).Resolves("2026-01-04", "Done").Issue(),
	}, under(decisive()))
	if got := status(t, h, "2026-01-05").Decisions.BlockedRatio; got == nil || *got != .5 {
		t.Errorf("blocked: %v, want a half", got)
	}
}

func TestSubtasksAndEpicsAskForTheirGoals(t *testing.T) {
	// Neither counts as work of its own, and both hold the goal up.
	h := decided(t, epic(t).Flagged("2026-01-03", true).Issue(), task(t, 2, "2026-01-02").Issue(),
		flowtest.New(t, "PAY-3", "2026-01-02").Born(func(s *flow.State) { s.Type, s.Parent = flowtest.Subtask(), flowtest.Ref("PAY-2") }).
			Moves("2026-01-04", flowtest.Approval).Issue())
	g := status(t, h, "2026-01-05")
	if g.Issues.Total() != 1 || g.Decisions.Open != 2 {
		t.Errorf("%d issues count and %d decisions are open, want 1 and 2", g.Issues.Total(), g.Decisions.Open)
	}
}
