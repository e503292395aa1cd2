package measure_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

func TestFlowEfficiencyWorkedByHand(t *testing.T) {
	const hour = 3600.0
	review := func(s *measure.Settings) { s.Work.Waiting = []string{"review"} }
	for _, c := range []struct {
		name   string
		set    func(*measure.Settings)
		issues []*flow.Issue
		want   *float64
		time   *measure.FlowTime
		why    string
	}{
		{
			"two days at work and six in review are a quarter", review,
			[]*flow.Issue{task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Moves("2026-01-07", flowtest.Review).Resolves("2026-01-13", "Done").Issue()},
			ptr(0.25), &measure.FlowTime{Issues: 1, ActiveSeconds: 48 * hour, WaitingSeconds: 144 * hour, Coverage: 1}, "",
		},
		{
			"the sums are pooled: an hour of one weighs no more than an hour of another", review,
			[]*flow.Issue{
				task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Moves("2026-01-06", flowtest.Review).Resolves("2026-01-15", "Done").Issue(),
				task(t, 3, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-07", "Done").Issue(),
			},
			ptr(3.0 / 12), &measure.FlowTime{Issues: 2, ActiveSeconds: 72 * hour, WaitingSeconds: 216 * hour, Coverage: 1}, "",
		},
		{
			"what is flagged waits, whatever its status", review,
			[]*flow.Issue{task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Flagged("2026-01-06", true).Flagged("2026-01-08", false).Resolves("2026-01-09", "Done").Issue()},
			ptr(0.5), &measure.FlowTime{Issues: 1, ActiveSeconds: 48 * hour, WaitingSeconds: 48 * hour, Coverage: 1}, "",
		},
		{
			"time back in to do, or in a status that vanished, is in neither sum, and said", review,
			[]*flow.Issue{task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Moves("2026-01-06", flowtest.ToDo).Moves("2026-01-07", flowtest.Vanished).
				Moves("2026-01-08", flowtest.Review).Resolves("2026-01-09", "Done").Issue()},
			ptr(0.5), &measure.FlowTime{Issues: 1, ActiveSeconds: 24 * hour, WaitingSeconds: 24 * hour, UnknownSeconds: 48 * hour, Coverage: 0.5}, "",
		},
		{
			"a queue that is named as waiting counts though it is to do",
			func(s *measure.Settings) { s.Work.Waiting = []string{"To Do"} },
			[]*flow.Issue{task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Moves("2026-01-06", flowtest.ToDo).Moves("2026-01-09", flowtest.Doing).Resolves("2026-01-10", "Done").Issue()},
			ptr(0.4), &measure.FlowTime{Issues: 1, ActiveSeconds: 48 * hour, WaitingSeconds: 72 * hour, Coverage: 1}, "",
		},
		{
			"with active statuses of one's own any other status is in neither sum",
			func(s *measure.Settings) { s.Work = measure.WorkStatuses{Active: []string{"DOING"}} },
			[]*flow.Issue{task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Moves("2026-01-06", flowtest.Review).Resolves("2026-01-08", "Done").Issue()},
			ptr(1.0), &measure.FlowTime{Issues: 1, ActiveSeconds: 24 * hour, UnknownSeconds: 48 * hour, Coverage: 1.0 / 3}, "",
		},
		{
			"active statuses that no issue was in make it unknown, not 0",
			func(s *measure.Settings) { s.Work = measure.WorkStatuses{Active: []string{"Coding"}} },
			[]*flow.Issue{task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-06", "Done").Issue()},
			nil, &measure.FlowTime{Issues: 1, UnknownSeconds: 24 * hour},
			"what was delivered spent no time in statuses that are active or waiting by semantics.active_statuses and semantics.waiting_statuses",
		},
		{
			"work that was re-opened counts from its first start to its last delivery, the time between as neither", review,
			[]*flow.Issue{task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-06", "Done").Reopens("2026-01-08", flowtest.Review).Resolves("2026-01-09", "Done").Issue()},
			ptr(0.5), &measure.FlowTime{Issues: 1, ActiveSeconds: 24 * hour, WaitingSeconds: 24 * hour, UnknownSeconds: 48 * hour, Coverage: 0.5}, "",
		},
		{
			"what was discarded, is open again, was never begun, or has left counts for nothing", review,
			[]*flow.Issue{
				task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-06", "Won't Do").Issue(),
				task(t, 3, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-06", "Done").Reopens("2026-01-07", flowtest.Doing).Issue(),
				task(t, 4, "2026-01-02").Resolves("2026-01-06", "Done").Issue(),
				task(t, 5, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-06", "Done").Joins("2026-01-08", "").Issue(),
			},
			nil, nil, "no issue in scope was delivered after having been in progress in the last 90 days",
		},
		{
			"what was delivered 90 days ago is out of the window, a second less is in it", review,
			[]*flow.Issue{
				task(t, 2, "2025-09-02").Moves("2025-10-20", flowtest.Doing).Resolves("2025-10-22 12:00:00", "Done").Issue(),
				task(t, 3, "2025-09-02").Moves("2025-10-20 12:00:01", flowtest.Review).Resolves("2025-10-22 12:00:01", "Done").Issue(),
			},
			ptr(0.0), &measure.FlowTime{Issues: 1, WaitingSeconds: 48 * hour, Coverage: 1}, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := status(t, built(t, []goal.Goal{epicGoal()}, append(c.issues, epic(t).Issue()), but(c.set)), "2026-01-20 12:00")
			approx := cmpopts.EquateApprox(0, 1e-12)
			if d := cmp.Diff(c.want, got.FlowEfficiency, approx); d != "" {
				t.Errorf("flow efficiency (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.time, got.FlowTime, approx); d != "" {
				t.Errorf("what it is made of (-want +got):\n%s", d)
			}
			if got.Missing["flow_efficiency"] != c.why {
				t.Errorf("it is said to be missing since %q, want %q", got.Missing["flow_efficiency"], c.why)
			}
		})
	}
}

// held are tasks in progress of so many issues for each of the people.
func held(t flowtest.TB, from int, each ...int) []*flow.Issue {
	var out []*flow.Issue
	for person, n := range each {
		for range n {
			out = append(out, task(t, from+len(out), "2026-01-02").Assigns("2026-01-03", uint64(1000+person)).Moves("2026-01-05", flowtest.Doing).Issue())
		}
	}
	return out
}

func TestConcentrationWorkedByHand(t *testing.T) {
	withheld := []measure.Suppression{{Measure: "concentration", Reason: "min_group"}}
	five := func(s *measure.Settings) { s.MinGroup = 5 }
	for _, c := range []struct {
		name     string
		set      func(*measure.Settings)
		issues   []*flow.Issue
		want     *float64
		withheld []measure.Suppression
	}{
		{"three and two of eight are held by two", five, held(t, 10, 3, 2, 1, 1, 1), ptr(5.0 / 8), nil},
		{"among equals any two count", five, held(t, 10, 2, 2, 2, 2, 2), ptr(4.0 / 10), nil},
		{"four people are too few", five, held(t, 10, 3, 2, 1, 1), nil, withheld},
		{"five are too few for those who ask for six", func(s *measure.Settings) { s.MinGroup = 6 }, held(t, 10, 3, 2, 1, 1, 1), nil, withheld},
		{"nobody can ask for fewer than five", func(s *measure.Settings) { s.MinGroup = 1 }, held(t, 10, 3, 2, 1, 1), nil, withheld},
		{"work that nobody holds is not held by the two", five, append(held(t, 10, 3, 2, 1, 1, 1),
			task(t, 30, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue(), task(t, 31, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue()), ptr(5.0 / 10), nil},
		{"what is to do, discarded or was delivered long ago doesn't count", five, append(held(t, 10, 3, 2, 1, 1, 1),
			task(t, 30, "2026-01-02").Assigns("2026-01-03", 1000).Issue(),
			task(t, 31, "2026-01-02").Assigns("2026-01-03", 1000).Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-06", "Won't Do").Issue(),
			task(t, 32, "2025-01-02").Assigns("2025-01-03", 1000).Moves("2025-01-05", flowtest.Doing).Resolves("2025-01-06", "Done").Issue()), ptr(5.0 / 8), nil},
		{"what was delivered lately counts for whom it was then, not for whom it was given to after", five, append(held(t, 10, 1, 1, 1, 1, 1),
			task(t, 30, "2026-01-02").Assigns("2026-01-03", 1000).Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-08", "Done").Assigns("2026-01-09", 1001).Issue(),
			task(t, 31, "2026-01-02").Assigns("2026-01-03", 1000).Resolves("2026-01-08", "Done").Assigns("2026-01-09", 1002).Issue(),
			task(t, 32, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Assigns("2026-01-06", 1001).Resolves("2026-01-08", "Done").Assigns("2026-01-09", 1000).Issue(),
		), ptr(5.0 / 8), nil}, // 3 of the first, 2 of the second
		{"what is taken back within the hour counts for whom it was delivered by", five, append(held(t, 10, 2, 2, 1, 1, 1),
			task(t, 40, "2026-01-02").Assigns("2026-01-03", 1000).Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-08", "Done").
				Reopens("2026-01-09 10:00", flowtest.Doing).Assigns("2026-01-09 10:02", 1002).Resolves("2026-01-09 10:05", "Done").Issue()), ptr(5.0 / 8), nil},
		{"what changed hands in progress is held by the last", five, append(held(t, 10, 1, 1, 1, 1, 1),
			task(t, 30, "2026-01-02").Assigns("2026-01-03", 1000).Moves("2026-01-05", flowtest.Doing).Assigns("2026-01-08", 1004).Issue()), ptr(3.0 / 6), nil},
		{"no work is nothing to withhold", five, []*flow.Issue{task(t, 2, "2026-01-02").Issue()}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := built(t, []goal.Goal{epicGoal()}, append(c.issues, epic(t).Issue()), but(c.set))
			got := status(t, h, "2026-01-20")
			if d := cmp.Diff(c.want, got.Concentration); d != "" {
				t.Errorf("concentration (-want +got):\n%s", d)
			}
			told := slices.DeleteFunc(slices.Clone(got.Suppressed), func(s measure.Suppression) bool { return s.Measure != "concentration" })
			if d := cmp.Diff(c.withheld, told, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("withheld (-want +got):\n%s", d)
			}
			if (got.Concentration == nil) != (got.Missing["concentration"] != "") {
				t.Errorf("concentration %v is missing since %q", got.Concentration, got.Missing["concentration"])
			}
			e, _ := h.Explain("g", "concentration", flowtest.At(t, "2026-01-20"))
			if m := e.Measures[0]; (c.want == nil) != (m.Value == "unknown") || m.Why != got.Missing["concentration"] {
				t.Errorf("explained as %s: %q", m.Value, m.Why)
			}
		})
	}
}

func TestTheNextSmallestGoalIsWithheldBesideTheOnlyOneThatIsTooSmall(t *testing.T) {
	under := func(id string, n int) goal.Goal {
		return goal.Goal{ID: id, Parent: "all", Work: goal.Work{Labels: []goal.InProject{{Name: fmt.Sprint(n)}}}}
	}
	// People 1000… of each goal, at one issue each; goal "all" is above them.
	world := func(sizes ...int) ([]goal.Goal, []*flow.Issue) {
		goals := []goal.Goal{{ID: "all"}}
		var issues []*flow.Issue
		for k, n := range sizes {
			goals = append(goals, under(string(rune('a'+k)), k))
			for person := range n {
				issues = append(issues, flowtest.New(t, key(100*(k+1)+person), "2026-01-02").Labelled("2026-01-02", fmt.Sprint(k)).
					Assigns("2026-01-03", uint64(1000+person)).Moves("2026-01-05", flowtest.Doing).Issue())
			}
		}
		return goals, issues
	}
	for _, c := range []struct {
		name  string
		sizes []int
		want  string // of all, a, b, …: s(hown), m(in_group), c(omplementary), - for none
	}{
		{"one that is too small takes the next smallest with it", []int{4, 8, 6}, "smsc"},
		{"two that are too small hide one another", []int{4, 3, 6}, "smms"},
		{"none that is too small hides none", []int{5, 8, 6}, "ssss"},
		{"an only goal hides alone: no other is told apart from the whole", []int{4}, "mm"},
		{"a goal without work is no group", []int{4, 0, 6, 7}, "sm-cs"},
		{"of equals one is taken, always the same", []int{6, 6, 4}, "scsm"},
	} {
		t.Run(c.name, func(t *testing.T) {
			goals, issues := world(c.sizes...)
			for k := range goals {
				goals[k].StopWhen = []goal.StopCriterion{{ID: "held", When: "concentration > 0"}}
			}
			h := built(t, goals, issues)
			got := map[string]string{}
			for _, g := range h.Snapshot(flowtest.At(t, "2026-01-20")).Goals {
				is := "-"
				for _, s := range g.Suppressed {
					is = s.Reason[:1]
				}
				if g.Concentration != nil {
					is += "s"
				}
				got[g.ID] = is
				// A stop criterion must not tell what is withheld, nor must an explanation.
				if met := g.StopCriteria[0].Met; (met != nil) != (g.Concentration != nil) {
					t.Errorf("%s: the criterion is met: %v; concentration %v", g.ID, met, g.Concentration)
				}
				e, _ := h.Explain(g.ID, "concentration", flowtest.At(t, "2026-01-20"))
				if (e.Measures[0].Value == "unknown") != (g.Concentration == nil) {
					t.Errorf("%s is explained as %s, and shown as %v", g.ID, e.Measures[0].Value, g.Concentration)
				}
			}
			says := map[string]string{"-s": "s", "m": "m", "c": "c", "-": "-"}
			all := says[got["all"]]
			for k := range c.sizes {
				all += says[got[string(rune('a'+k))]]
			}
			if all != c.want {
				t.Errorf("all and the goals below are %s, want %s", all, c.want)
			}
		})
	}
}

func TestACriterionOverThePastAsksForNothingThatIsWithheld(t *testing.T) {
	g := epicGoal()
	g.StopWhen = []goal.StopCriterion{{ID: "held", When: "concentration > 60% for 5d"}, {ID: "waits", When: "flow_efficiency < 50% for 2d"}}
	issues := append(held(t, 10, 3, 2, 1, 1, 1), epic(t).Issue(),
		task(t, 40, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Flagged("2026-01-06", true).Resolves("2026-01-18", "Won't Do").Issue(),
		task(t, 41, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Flagged("2026-01-06", true).Resolves("2026-01-17", "Done").Issue())
	h := built(t, []goal.Goal{g}, issues)
	for at, want := range map[string][2]string{ // 5 of 9 or 10 are held by two; 41, 11 days of 12 flagged, was delivered on the 17th
		"2026-01-20": {"unmet", "met"}, "2026-01-18": {"unmet", "unknown"}, "2026-01-04": {"unknown", "unknown"},
	} {
		for k, c := range status(t, h, at).StopCriteria {
			got := "unknown"
			if c.Met != nil {
				got = map[bool]string{true: "met", false: "unmet"}[*c.Met]
			}
			if got != want[k] {
				t.Errorf("%s at %s: %s (%s), want %s", c.ID, at, got, c.Why, want[k])
			}
		}
	}
}

// indebted is a task that bears the label for debt since its creation.
func indebted(t flowtest.TB, n int, created string) *flowtest.Builder {
	return task(t, n, created).Born(func(s *flow.State) { s.Labels = []string{"tech-debt"} })
}

func TestDebtWorkedByHand(t *testing.T) {
	issues := []*flow.Issue{
		epic(t).Issue(),
		indebted(t, 2, "2026-01-02").Issue(),
		indebted(t, 3, "2026-05-01").Moves("2026-05-05", flowtest.Doing).Issue(),
		indebted(t, 4, "2026-01-02").Resolves("2026-01-12", "Done").Issue(),                                     // retired long ago, at 10 days
		indebted(t, 5, "2026-01-02").Moves("2026-05-01", flowtest.Doing).Resolves("2026-05-02", "Done").Issue(), // at 120 days
		indebted(t, 6, "2026-05-15").Resolves("2026-05-25", "Done").Issue(),                                     // at 10 days
		indebted(t, 7, "2026-05-15").Resolves("2026-05-20", "Won't Do").Issue(),                                 // retires nothing
		indebted(t, 8, "2026-05-01").Resolves("2026-05-10", "Done").Reopens("2026-05-12", flowtest.ToDo).Issue(),
		task(t, 9, "2026-05-20").Labelled("2026-05-21", "TECH-debt", "x").Issue(),
		indebted(t, 10, "2026-05-20").Labelled("2026-05-22").Issue(), // no debt any more
		task(t, 11, "2026-05-20").Born(func(s *flow.State) { s.Type = flow.IssueType{ID: "debt", Name: "Technical debt"} }).Resolves("2026-05-28", "Done").Issue(),
		task(t, 12, "2026-05-20").Resolves("2026-05-28", "Done").Issue(),                                               // none at all
		flowtest.New(t, "PAY-13", "2026-05-20").Born(func(s *flow.State) { s.Labels = []string{"tech-debt"} }).Issue(), // in no goal
	}
	h := ofEpic(t, issues...)
	const day = 86400.0
	for _, c := range []struct {
		at   string
		want measure.DebtStatus
		site measure.Parts
	}{
		{"2026-06-01", measure.DebtStatus{
			Issues:          measure.Parts{ToDo: 3, InProgress: 1, Delivered: 4, Discarded: 1}, // 2, 8, 9; 3; 4, 5, 6, 11; 7
			Created:         measure.Windows{Days28: 4, Days90: 6},                             // 6, 7, 9, 11; and 3, 8
			Retired:         measure.Windows{Days7: 1, Days28: 2, Days90: 3},                   // 11 on 28 May, 6 on the 25th, 5 on the 2nd
			RetirementRatio: ptr(3.0 / 6), DropShare: ptr(1.0 / 5),
			// Ages: 8 retired, 10 retired twice, 120 retired; out at 5 (discarded), 12, 31 (twice), 150.
			// S: 8 of 9 left after 5; 8 d: 7/8, 10 d: × 5/7 = 5/8; the rest to 120 d, of 2: 5/16 ≤ 1/2.
			MedianAgeSeconds: ptr(120 * day),
		}, measure.Parts{ToDo: 4, InProgress: 1, Delivered: 4, Discarded: 1}},
		{"2026-08-20", measure.DebtStatus{ // of the last 90 days are the deliveries of 6 and 11
			Issues:  measure.Parts{ToDo: 3, InProgress: 1, Delivered: 4, Discarded: 1},
			Created: measure.Windows{}, Retired: measure.Windows{Days90: 2},
			DropShare: ptr(1.0 / 5), MedianAgeSeconds: ptr(120 * day),
			PayOffSeconds: ptr(4.0 / 2 * 90 * day),
		}, measure.Parts{ToDo: 4, InProgress: 1, Delivered: 4, Discarded: 1}},
		{"2026-01-11", measure.DebtStatus{
			Issues: measure.Parts{ToDo: 3}, Created: measure.Windows{Days28: 3, Days90: 3}, RetirementRatio: ptr(0.0),
		}, measure.Parts{ToDo: 3}},
	} {
		t.Run(c.at, func(t *testing.T) {
			s := h.Snapshot(flowtest.At(t, c.at))
			g, _ := s.Goal("g")
			if d := cmp.Diff(&c.want, g.Debt, cmpopts.EquateApprox(0, 1e-3)); d != "" {
				t.Errorf("debt of the goal (-want +got):\n%s", d)
			}
			if d := cmp.Diff([]measure.SiteDebt{{Site: flowtest.Site, Issues: c.site}}, s.Debt); d != "" {
				t.Errorf("debt of the site (-want +got):\n%s", d)
			}
		})
	}
	none := built(t, []goal.Goal{epicGoal()}, issues, but(func(s *measure.Settings) { s.Debt = measure.Match{} })).Snapshot(flowtest.At(t, "2026-06-01"))
	if g, _ := none.Goal("g"); g.Debt != nil || none.Debt != nil || g.Missing["debt"] != "semantics.debt names no issues" {
		t.Errorf("where nothing is debt: %+v, %+v, missing %q", g.Debt, none.Debt, g.Missing["debt"])
	}
}

func TestTheDebtOfASiteCountsSubtasksWithTheirParents(t *testing.T) {
	label := func(s *flow.State) { s.Labels = []string{"tech-debt"} }
	h := ofEpic(t,
		flowtest.New(t, "PAY-1", "2026-01-01").Born(func(s *flow.State) { s.Type = flowtest.Epic(); label(s) }).Issue(),
		flowtest.New(t, "PAY-2", "2026-01-01").Born(label).Issue(),
		flowtest.New(t, "PAY-3", "2026-01-01").Born(label).Becomes("2026-01-05", flowtest.Subtask(), "PAY-2").Issue(),
		flowtest.New(t, "PAY-4", "2026-01-01").Born(label).Gone("2026-01-08").Issue(),
	)
	for at, want := range map[string]int{"2026-01-04": 3, "2026-01-06": 2, "2026-01-09": 1} {
		if got := h.Snapshot(flowtest.At(t, at)).Debt[0].Issues; got != (measure.Parts{ToDo: want}) {
			t.Errorf("%s: %+v, want %d to do", at, got, want)
		}
	}
}

func TestTheFiguresOfStructureAreExplained(t *testing.T) {
	h := ofEpic(t, append(held(t, 10, 3, 2, 1, 1, 1), epic(t).Issue(),
		indebted(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Flagged("2026-01-06", true).Flagged("2026-01-08", false).Resolves("2026-01-09", "Done").Issue(),
		indebted(t, 3, "2026-01-02").Resolves("2026-01-09", "Done").Issue(),
		indebted(t, 4, "2026-01-02").Resolves("2026-01-09", "Won't Do").Issue(),
	)...)
	for _, c := range []struct {
		measure, value string
		counted, left  int
	}{
		{"flow_efficiency", "50.0 %", 1, 1},
		{"concentration", "50.0 %", 10, 0}, // two of the ten are nobody's
		{"debt", "0 open, 2 delivered, 1 discarded", 2, 1},
	} {
		e, ok := h.Explain("g", c.measure, flowtest.At(t, "2026-01-20"))
		if !ok {
			t.Errorf("%s is not explained", c.measure)
			continue
		}
		m := e.Measures[0]
		if m.Value != c.value || len(m.Counted) != c.counted || len(m.LeftOut) != c.left || m.Formula == "" {
			t.Errorf("%s: %s, %d counted, %d left out; want %s, %d, %d", c.measure, m.Value, len(m.Counted), len(m.LeftOut), c.value, c.counted, c.left)
		}
	}
}

// What is closed without being delivered is called discarded, as the
// configuration and the metrics call it.
func TestDiscardedWorkHasOneNameInAllThatIsExplained(t *testing.T) {
	e, _ := ofEpic(t, append(half(t), indebted(t, 9, "2026-01-02").Resolves("2026-01-09", "Won't Do").Issue())...).Explain("g", "", flowtest.At(t, "2026-01-20"))
	named := 0
	for _, m := range e.Measures {
		texts := []string{m.Formula, m.Value, m.Why}
		for _, in := range m.Inputs {
			texts = append(texts, in.Name, in.Value)
		}
		for _, text := range texts {
			if strings.Contains(text, "drop") {
				t.Errorf("%s: %q", m.Measure, text)
			}
			named += strings.Count(text, "discarded")
		}
	}
	if named == 0 {
		t.Error("nothing is called discarded: that proves nothing")
	}
}
