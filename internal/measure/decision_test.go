package measure_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// decisive are settings with the three classes of the example and five days
// for each decision.
func decisive() measure.Settings {
	s := measure.DefaultSettings()
	s.Decisions = measure.DecisionRules{
		Classes: []measure.DecisionClass{
			{Name: "architecture", Match: measure.Match{IssueTypes: []string{"decision"}, Labels: []string{"adr"}}},
			{Name: "approval", Match: measure.Match{Statuses: []string{flowtest.Approval}}},
			{Name: "impediment", Match: measure.Match{Flagged: true}},
		},
		Within: map[string]time.Duration{"": 5 * 24 * time.Hour},
	}
	return s
}

// decided is the history of the one goal, under decisive settings.
func decided(t flowtest.TB, issues ...*flow.Issue) *measure.History {
	t.Helper()
	return built(t, []goal.Goal{epicGoal()}, issues, under(decisive()))
}

// question is a decision issue of the epic.
func question(t flowtest.TB, n int, created string) *flowtest.Builder {
	return task(t, n, created).Born(func(s *flow.State) { s.Type = flow.IssueType{ID: "decision", Name: "Decision"} })
}

// lines writes the register in one line a decision.
func lines(t flowtest.TB, h *measure.History, goalID, at string) []string {
	t.Helper()
	r, ok := h.Decisions(goalID, flowtest.At(t, at))
	if !ok {
		t.Fatal("the goal is not known")
	}
	short := func(w time.Time) string { return strings.TrimSuffix(w.Format("01-02 15:04"), " 00:00") }
	out := []string{}
	for _, d := range r.Decisions {
		line := fmt.Sprintf("%s %s %s asked %s by %s", d.Key, d.Class, d.State, short(d.Asked), d.Cause)
		if d.Ended != nil {
			line += fmt.Sprintf(", %s %s", d.How, short(*d.Ended))
		}
		line += fmt.Sprintf(", %.1f d", d.AgeSeconds/86400)
		if d.Overdue {
			line += ", overdue"
		}
		if d.Reopened > 0 {
			line += fmt.Sprintf(", again %d", d.Reopened)
		}
		if d.Reversed {
			line += ", reversed"
		}
		if d.Holds > 0 {
			line += fmt.Sprintf(", holds %d", d.Holds)
		}
		out = append(out, line)
	}
	return out
}

func TestWhatAsksForADecision(t *testing.T) {
	for _, c := range []struct {
		name     string
		issue    func(t *testing.T) *flowtest.Builder
		declared []goal.Decision
		at       map[string]string // the register's one line at a moment; empty for none
	}{
		{
			name: "an issue of the type, from its creation until it is delivered",
			issue: func(t *testing.T) *flowtest.Builder {
				return question(t, 2, "2026-01-02").Resolves("2026-01-12", "Done")
			},
			at: map[string]string{
				"2026-01-01": "",
				"2026-01-05": "PAY-2 architecture open asked 01-02 by issue type Decision, 3.0 d",
				"2026-01-07": "PAY-2 architecture open asked 01-02 by issue type Decision, 5.0 d, overdue",
				"2026-01-12": "PAY-2 architecture made asked 01-02 by issue type Decision, delivered 01-12, 10.0 d",
				"2026-06-01": "", // out of the window
			},
		},
		{
			name: "a no is a decision too",
			issue: func(t *testing.T) *flowtest.Builder {
				return question(t, 2, "2026-01-02").Resolves("2026-01-04", "Won't Do")
			},
			at: map[string]string{"2026-01-20": "PAY-2 architecture made asked 01-02 by issue type Decision, discarded 01-04, 2.0 d"},
		},
		{
			name: "a label, from when it is set until it is removed",
			issue: func(t *testing.T) *flowtest.Builder {
				return task(t, 2, "2026-01-01").Labelled("2026-01-03", "adr", "x").Labelled("2026-01-09", "x")
			},
			at: map[string]string{
				"2026-01-04": "PAY-2 architecture open asked 01-03 by label adr, 1.0 d",
				"2026-01-10": "PAY-2 architecture made asked 01-03 by label adr, no longer asked 01-09, 6.0 d",
			},
		},
		{
			name: "a status, for each visit",
			issue: func(t *testing.T) *flowtest.Builder {
				return task(t, 2, "2026-01-01").Moves("2026-01-03", flowtest.Approval).Moves("2026-01-05", flowtest.Doing)
			},
			at: map[string]string{"2026-01-10": "PAY-2 approval made asked 01-03 by status Approval, no longer asked 01-05, 2.0 d"},
		},
		{
			name: "a flag that nobody cleared ends with its issue",
			issue: func(t *testing.T) *flowtest.Builder {
				return task(t, 2, "2026-01-01").Flagged("2026-01-03", true).Resolves("2026-01-06", "Done")
			},
			at: map[string]string{"2026-01-10": "PAY-2 impediment made asked 01-03 by flag, delivered 01-06, 3.0 d"},
		},
		{
			name: "what overlaps in one issue is one decision, of the class that asked first",
			issue: func(t *testing.T) *flowtest.Builder {
				return task(t, 2, "2026-01-01").Flagged("2026-01-02", true).Moves("2026-01-03", flowtest.Approval).
					Flagged("2026-01-04", false).Moves("2026-01-06", flowtest.Doing)
			},
			at: map[string]string{"2026-01-10": "PAY-2 impediment made asked 01-02 by flag, no longer asked 01-06, 4.0 d"},
		},
		{
			name: "what is closed and opened again within a week goes on, the gap counted",
			issue: func(t *testing.T) *flowtest.Builder {
				return question(t, 2, "2026-01-02").Resolves("2026-01-06", "Done").Reopens("2026-01-13", flowtest.ToDo).Resolves("2026-01-20", "Done")
			},
			at: map[string]string{
				"2026-01-08": "PAY-2 architecture made asked 01-02 by issue type Decision, delivered 01-06, 4.0 d",
				"2026-01-14": "PAY-2 architecture open asked 01-02 by issue type Decision, 12.0 d, overdue, again 1",
				"2026-01-21": "PAY-2 architecture made asked 01-02 by issue type Decision, delivered 01-20, 18.0 d, again 1",
			},
		},
		{
			name: "what is opened again later was reversed, and is another decision",
			issue: func(t *testing.T) *flowtest.Builder {
				return question(t, 2, "2026-01-02").Resolves("2026-01-06", "Done").Reopens("2026-01-13 00:01", flowtest.ToDo)
			},
			at: map[string]string{
				"2026-01-13": "PAY-2 architecture made asked 01-02 by issue type Decision, delivered 01-06, 4.0 d",
				"2026-01-14": "PAY-2 architecture open asked 01-13 00:01 by issue type Decision, 1.0 d\n" +
					"PAY-2 architecture made asked 01-02 by issue type Decision, delivered 01-06, 4.0 d, reversed",
			},
		},
		{
			name: "another visit of a status is another approval, and reverses nothing",
			issue: func(t *testing.T) *flowtest.Builder {
				return task(t, 2, "2026-01-01").Moves("2026-01-02", flowtest.Approval).Moves("2026-01-03", flowtest.Doing).Moves("2026-01-20", flowtest.Approval)
			},
			at: map[string]string{"2026-01-21": "PAY-2 approval open asked 01-20 by status Approval, 1.0 d\n" +
				"PAY-2 approval made asked 01-02 by status Approval, no longer asked 01-03, 1.0 d"},
		},
		{
			name:  "nobody knows what became of a question whose issue is gone",
			issue: func(t *testing.T) *flowtest.Builder { return question(t, 2, "2026-01-02").Gone("2026-01-09") },
			at:    map[string]string{"2026-01-20": "PAY-2 architecture withdrawn asked 01-02 by issue type Decision, the issue is gone 01-09, 7.0 d"},
		},
		{
			name:     "a goals file joins its issue: asked when either says so",
			issue:    func(t *testing.T) *flowtest.Builder { return question(t, 2, "2026-01-05") },
			declared: []goal.Decision{{ID: "cdn", Issue: "PAY-2", Asked: flow.Date{Year: 2026, Month: 1, Day: 2}}},
			at:       map[string]string{"2026-01-06": "PAY-2 architecture open asked 01-02 by goals file, 4.0 d"},
		},
		{
			name:  "decided when the file says so, although the ticket is open",
			issue: func(t *testing.T) *flowtest.Builder { return question(t, 2, "2026-01-02") },
			declared: []goal.Decision{{ID: "cdn", Class: "approval", Issue: "PAY-2", Asked: flow.Date{Year: 2026, Month: 1, Day: 4},
				Decided: flow.Date{Year: 2026, Month: 1, Day: 9}}},
			at: map[string]string{
				"2026-01-08": "PAY-2 approval open asked 01-02 by issue type Decision, 6.0 d, overdue",
				"2026-01-09": "PAY-2 approval made asked 01-02 by issue type Decision, decided, says the goals file 01-09, 7.0 d",
			},
		},
		{
			name:     "or when the ticket is closed, although the file says nothing",
			issue:    func(t *testing.T) *flowtest.Builder { return task(t, 2, "2026-01-01").Resolves("2026-01-09", "Done") },
			declared: []goal.Decision{{ID: "cdn", Issue: "PAY-2", Asked: flow.Date{Year: 2026, Month: 1, Day: 4}}},
			at:       map[string]string{"2026-01-10": "PAY-2 other made asked 01-04 by goals file, delivered 01-09, 5.0 d"},
		},
		{
			name:  "decided before it was asked: it took no time",
			issue: func(t *testing.T) *flowtest.Builder { return task(t, 2, "2026-01-01") },
			declared: []goal.Decision{{ID: "cdn", Issue: "PAY-99", Asked: flow.Date{Year: 2026, Month: 1, Day: 8},
				Decided: flow.Date{Year: 2026, Month: 1, Day: 5}, Outcome: "Reversed: the vendor is gone"}},
			at: map[string]string{
				"2026-01-07": "",
				"2026-01-10": "PAY-99 other made asked 01-08 by goals file, decided, says the goals file 01-08, 0.0 d, reversed",
			},
		},
		{
			name:     "asked of a ticket that was closed before",
			issue:    func(t *testing.T) *flowtest.Builder { return task(t, 2, "2026-01-01").Resolves("2026-01-03", "Done") },
			declared: []goal.Decision{{ID: "cdn", Class: "architecture", Issue: "PAY-2", Asked: flow.Date{Year: 2026, Month: 1, Day: 8}}},
			at:       map[string]string{"2026-01-10": "PAY-2 architecture made asked 01-08 by goals file, decided, says the goals file 01-08, 0.0 d"},
		},
		{
			name:  "its own day beats the time that is allowed",
			issue: func(t *testing.T) *flowtest.Builder { return task(t, 2, "2026-01-01") },
			declared: []goal.Decision{{ID: "cdn", Class: "architecture", Asked: flow.Date{Year: 2026, Month: 1, Day: 2},
				DecideBy: flow.Date{Year: 2026, Month: 1, Day: 10}}},
			at: map[string]string{
				"2026-01-10 23:59": " architecture open asked 01-02 by goals file, 9.0 d",
				"2026-01-11":       " architecture open asked 01-02 by goals file, 9.0 d, overdue",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := epicGoal()
			g.Decisions = c.declared
			h := built(t, []goal.Goal{g}, []*flow.Issue{epic(t).Issue(), c.issue(t).Issue()}, under(decisive()))
			for at, want := range c.at {
				for _, of := range []string{"", "g"} {
					got := strings.Join(lines(t, h, of, at), "\n")
					if of == "g" && strings.Contains(want, "withdrawn") {
						want = "" // an issue that is gone is no goal's
					}
					if d := cmp.Diff(want, got); d != "" {
						t.Errorf("goal %q at %s (-want +got):\n%s", of, at, d)
					}
				}
			}
		})
	}
}
