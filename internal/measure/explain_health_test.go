package measure_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// What health is judged by must be told: who reads "off track" can check it
// against the chance that made it so.
func TestHealthIsExplainedByAllThatItIsJudgedBy(t *testing.T) {
	g := epicGoal()
	g.Targets = []goal.Target{{Date: date(t, "2026-03-03")}}
	issues := []*flow.Issue{epic(t).Issue()}
	for k := 2; k < 12; k++ {
		issues = append(issues, task(t, k, "2026-01-02").Moves("2026-02-26", flowtest.Doing).Issue())
	}
	at := flowtest.At(t, "2026-03-02")
	h := built(t, []goal.Goal{g}, issues, unlearnt(t, "2026-03-02"))
	e, _ := h.Explain("g", "health", at)
	inputs := map[string]string{}
	for _, in := range e.Measures[0].Inputs {
		inputs[in.Name] = in.Value
	}
	for name, want := range map[string]string{
		"judged at this moment": "off_track", "stalled": "no", "the target day is over": "no", "a decision is overdue": "no",
		"probability that the reported figure says 15 points too much, likewise": "0.0 %",
	} {
		if inputs[name] != want {
			t.Errorf("%s: %q, want %q", name, inputs[name], want)
		}
	}
	if odds := inputs["probability to make the target, at the start of the week"]; !strings.HasSuffix(odds, " %") || len(odds) > len("9.9 %") {
		t.Errorf("ten open issues are finished within a week with a probability of %q, want one below 10 %%", odds)
	}
}

func TestACheckInThatSaysTooMuchPutsTheGoalAtRisk(t *testing.T) {
	g := epicGoal()
	issues := tasks(t, 10)
	for k := range 4 {
		issues = append(issues, task(t, 30+k, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-20", "Done").Issue())
	}
	for _, c := range []struct {
		name string
		from string
		want measure.Health
	}{
		{"Jira's own figure says what is delivered", "jira", measure.OnTrack},
		{"95 % is said where 29 % is delivered", "check_ins", measure.AtRisk},
	} {
		t.Run(c.name, func(t *testing.T) {
			g.Reported.From = c.from
			g.CheckIns = []goal.CheckIn{{Date: date(t, "2026-01-06"), Completion: ptr(0.95)}}
			if got := status(t, built(t, []goal.Goal{g}, issues, unlearnt(t, "2026-01-24")), "2026-01-24"); got.Health != c.want {
				t.Errorf("%s, overstated with a probability of %v; want %s", got.Health, *got.Overstated, c.want)
			}
		})
	}
}

func TestWorkThatWasGivenUpIsNotCompleted(t *testing.T) {
	g := epicGoal()
	dropped := func(n int) *flow.Issue { return task(t, n, "2026-01-02").Resolves("2026-01-20", "Won't Do").Issue() }
	done := func(n int) *flow.Issue { return task(t, n, "2026-01-02").Resolves("2026-01-20", "Done").Issue() }
	open := func(n int) *flow.Issue {
		return task(t, n, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue()
	}
	for _, c := range []struct {
		name   string
		epic   string // its resolution
		issues []*flow.Issue
		want   *float64
		why    string
	}{
		{"an epic that is done", "Done", []*flow.Issue{done(2), done(3), done(4), done(5), open(6)}, ptr(1.0), ""},
		{"an epic that is closed as one that won't be done", "Won't Do", []*flow.Issue{done(2), done(3), done(4), open(5), open(6)}, nil,
			"the goal was given up: its work was closed without being delivered"},
		{"an epic that is done, all of whose work was discarded", "Done", []*flow.Issue{dropped(2), dropped(3), dropped(4), dropped(5), dropped(6)}, nil,
			"the goal is done, and nothing was delivered"},
	} {
		t.Run(c.name, func(t *testing.T) {
			issues := append(c.issues, epic(t).Resolves("2026-01-21", c.epic).Issue())
			got := status(t, built(t, []goal.Goal{g}, issues, unlearnt(t, "2026-03-01")), "2026-03-01")
			if d := cmp.Diff(c.want, got.Real); d != "" || got.Missing["real_completion"] != c.why {
				t.Errorf("%s, unknown since %q; real completion (-want +got):\n%s", got.Health, got.Missing["real_completion"], d)
			}
		})
	}
}
