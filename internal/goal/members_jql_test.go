package goal_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
)

const latency = "labels = latency"

// seen is a stretch in which the issue matches; a day that is empty is none.
func seen(t *testing.T, i *flow.Issue, missed, from, left string) flow.Match {
	t.Helper()
	m := flow.Match{ID: i.ID}
	if m.Seen = flowtest.At(t, from); missed != "" {
		m.Missed = flowtest.At(t, missed)
	}
	if left != "" {
		m.Left = flowtest.At(t, left)
	}
	return m
}

func TestMembershipByJQL(t *testing.T) {
	old := flowtest.New(t, "PAY-3", "2026-01-02").Issue()
	young := flowtest.New(t, "PAY-4", "2026-01-12").Issue()
	under := flowtest.New(t, "PAY-5", "2026-01-02").Joins("2026-01-05", "PAY-1").Issue()
	mapped := anEpic(t, "PAY-1").Issue()
	sub := flowtest.New(t, "PAY-6", "2026-01-04").Born(func(s *flow.State) { s.Type, s.Parent = flowtest.Subtask(), flowtest.Ref("PAY-3") }).Issue()
	byJQL := goal.Work{JQL: latency}
	for _, c := range []struct {
		name    string
		work    goal.Work
		matches []flow.Match
		want    []string
	}{
		{
			"what matches when Jira is first asked is taken to have matched since its creation", byJQL,
			[]flow.Match{seen(t, old, "", "2026-01-10", "")},
			[]string{"PAY-3 [01-02, …) by JQL, seen since 2026-01-10, taken to match since its creation (approximate)"},
		},
		{
			"what did not match before belongs from when it was seen", byJQL,
			[]flow.Match{seen(t, old, "2026-01-10", "2026-01-11", "")},
			[]string{"PAY-3 [01-11, …) by JQL, seen since 2026-01-11 (approximate)"},
		},
		{
			"what was created after Jira was asked before belongs since its creation", byJQL,
			[]flow.Match{seen(t, young, "2026-01-10", "2026-01-13", "")},
			[]string{"PAY-4 [01-12, …) by JQL, seen since 2026-01-13, taken to match since its creation (approximate)"},
		},
		{
			"what does not match any more has left, and can come back", byJQL,
			[]flow.Match{seen(t, old, "", "2026-01-10", "2026-01-15"), seen(t, old, "2026-01-15", "2026-01-20", "")},
			[]string{"PAY-3 [01-02, 01-15) [01-20, …) by JQL, seen since 2026-01-10, taken to match since its creation (approximate)"},
		},
		{
			"what left before it was created never belonged", byJQL,
			[]flow.Match{seen(t, young, "", "2026-01-10", "2026-01-11")}, nil,
		},
		{
			"another selector is united with it", goal.Work{JQL: latency, Epics: []string{"PAY-1"}},
			[]flow.Match{seen(t, under, "2026-01-02", "2026-01-03", "2026-01-04")},
			[]string{"PAY-5 [01-03, 01-04) [01-05, …) by JQL, seen since 2026-01-03 (approximate), epic PAY-1"},
		},
		{
			"an exclusion takes out of it", goal.Work{JQL: latency, Exclude: []string{"PAY-3"}},
			[]flow.Match{seen(t, old, "", "2026-01-10", ""), seen(t, young, "", "2026-01-12", "")},
			[]string{"PAY-4 [01-12, …) by JQL, seen since 2026-01-12, taken to match since its creation (approximate)"},
		},
		{
			"an epic that matches counts as little as any other, and nothing below it", byJQL,
			[]flow.Match{seen(t, mapped, "", "2026-01-10", "")}, nil,
		},
		{
			"a sub-task whose parent matches too does not count", byJQL,
			[]flow.Match{seen(t, old, "", "2026-01-10", ""), seen(t, sub, "", "2026-01-10", "")},
			[]string{"PAY-3 [01-02, …) by JQL, seen since 2026-01-10, taken to match since its creation (approximate)"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := membersWith([]goal.Goal{{ID: "g", Work: c.work}, {ID: "other", Work: goal.Work{JQL: "another"}}}, flowtest.Catalog(),
				[]flow.Matching{
					{Site: flowtest.Site, JQL: latency, Matches: c.matches},
					{Site: "another", JQL: latency, Matches: []flow.Match{seen(t, under, "", "2026-01-10", "")}},
				}, mapped, old, young, under, sub)
			if diff := cmp.Diff(c.want, told(m[0])); diff != "" {
				t.Errorf("leaves (-want +got):\n%s", diff)
			}
			for _, leaf := range m[0].Leaves {
				if leaf.Approximate != (len(c.work.Epics) == 0) {
					t.Errorf("%s: approximate is %v", leaf.Key, leaf.Approximate)
				}
			}
			if m[0].Unanswered != nil || cmp.Diff([]string{"the JQL of goal other has not been asked of any site yet"}, m[1].Unanswered) != "" {
				t.Errorf("unanswered: %v, %v", m[0].Unanswered, m[1].Unanswered)
			}
		})
	}
}

func TestTheGoalAboveHasWhatTheJQLsBelowMatchAndSaysWhatIsRefused(t *testing.T) {
	i := flowtest.New(t, "PAY-3", "2026-01-02").Issue()
	m := membersWith(
		[]goal.Goal{{ID: "above"}, {ID: "a", Parent: "above", Work: goal.Work{JQL: latency}}, {ID: "b", Parent: "above", Work: goal.Work{JQL: "colour = red"}}},
		flowtest.Catalog(),
		[]flow.Matching{
			{Site: flowtest.Site, JQL: latency, Matches: []flow.Match{seen(t, i, "", "2026-01-10", "")}},
			{Site: "old", JQL: latency, Refused: "there is no such project"}, // which matters to nobody
			{Site: "old", JQL: "colour = red", Refused: "there is no such field"},
		}, i)
	if len(m[0].Leaves) != 1 || len(m[1].Leaves) != 1 || len(m[2].Leaves) != 0 {
		t.Errorf("leaves: %v, %v, %v", m[0].Leaves, m[1].Leaves, m[2].Leaves)
	}
	want := []string{"the JQL of goal b is refused by site old: there is no such field"}
	if cmp.Diff(want, m[0].Unanswered) != "" || cmp.Diff(want, m[2].Unanswered) != "" || m[1].Unanswered != nil {
		t.Errorf("unanswered: %q, %q, %q", m[0].Unanswered, m[1].Unanswered, m[2].Unanswered)
	}
}
