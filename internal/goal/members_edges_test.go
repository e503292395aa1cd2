package goal_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
)

func anInitiative() flow.IssueType {
	return flow.IssueType{ID: "initiative", Name: "Initiative", Level: 2}
}

// initiative is an issue of the level above epics.
func initiative(t *testing.T, key string) *flow.Issue {
	return flowtest.New(t, key, "2026-01-01").Born(func(s *flow.State) { s.Type = anInitiative() }).Issue()
}

// below is an issue with the parent from its creation on.
func below(t *testing.T, key, parent string, kind flow.IssueType) *flowtest.Builder {
	return flowtest.New(t, key, "2026-01-02").Born(func(s *flow.State) { s.Type, s.Parent = kind, flowtest.Ref(parent) })
}

func TestMembershipAtTheEdges(t *testing.T) {
	versions := []flow.Version{{ID: "77", Name: "3.2", Project: "PAY"}, {ID: "78", Name: "3.3", Project: "PAY"}}
	renamed := func(key, was string) *flow.Issue {
		i := anEpic(t, key).Issue()
		i.Changes = []flow.Change{{At: flowtest.At(t, "2026-01-10"), History: 1, Field: flow.FieldKey,
			From: flow.Named{Name: was}, To: flow.Named{Name: key}}}
		return i
	}
	for _, c := range []struct {
		name   string
		work   goal.Work
		issues []*flow.Issue
		want   []string
		epics  []string // the containers
	}{
		{
			"an initiative brings its epics' stories, by parent alone, and their sub-tasks count with them",
			goal.Work{Epics: []string{"PAY-1"}},
			[]*flow.Issue{
				initiative(t, "PAY-1"), below(t, "PAY-2", "PAY-1", flowtest.Epic()).Issue(),
				below(t, "PAY-3", "PAY-2", flowtest.Task()).Issue(), below(t, "PAY-4", "PAY-3", flowtest.Subtask()).Issue(),
				below(t, "PAY-5", "PAY-1", flowtest.Task()).Issue(),
			},
			[]string{"PAY-3 [01-02, …) epic PAY-1", "PAY-5 [01-02, …) epic PAY-1"},
			[]string{"PAY-1"},
		},
		{
			"an epic that moves to another initiative takes its stories along, from then on",
			goal.Work{Epics: []string{"PAY-1"}},
			[]*flow.Issue{
				initiative(t, "PAY-1"), initiative(t, "PAY-9"),
				below(t, "PAY-2", "PAY-1", flowtest.Epic()).Becomes("2026-01-08", flowtest.Epic(), "PAY-9").Becomes("2026-01-12", flowtest.Epic(), "PAY-1").Issue(),
				below(t, "PAY-3", "PAY-2", flowtest.Task()).Issue(),
				flowtest.New(t, "PAY-4", "2026-01-02").Joins("2026-01-10", "PAY-2").Issue(),
			},
			[]string{"PAY-3 [01-02, 01-08) [01-12, …) epic PAY-1", "PAY-4 [01-12, …) epic PAY-1"},
			[]string{"PAY-1"},
		},
		{
			"a story that moves between two mapped epics never leaves",
			goal.Work{Epics: []string{"PAY-1", "PAY-2"}},
			[]*flow.Issue{
				anEpic(t, "PAY-1").Issue(), anEpic(t, "PAY-2").Issue(),
				flowtest.New(t, "PAY-3", "2026-01-02").Joins("2026-01-05", "PAY-1").Joins("2026-01-09", "PAY-2").Issue(),
			},
			[]string{"PAY-3 [01-05, …) epic PAY-1, epic PAY-2"},
			[]string{"PAY-1", "PAY-2"},
		},
		{
			"an issue that is moved to the next version leaves",
			goal.Work{FixVersions: []goal.InProject{{Project: "PAY", Name: "3.2"}}},
			[]*flow.Issue{
				flowtest.New(t, "PAY-3", "2026-01-02").Versioned("2026-01-03", "77").Unversioned("2026-01-08", "77").Versioned("2026-01-08", "78").Issue(),
				flowtest.New(t, "PAY-4", "2026-01-02").Versioned("2026-01-03", "78").Versioned("2026-01-05", "77").Unversioned("2026-01-09", "78").Issue(),
			},
			[]string{"PAY-3 [01-03, 01-08) fix version PAY 3.2", "PAY-4 [01-05, …) fix version PAY 3.2"},
			nil,
		},
		{
			"two epics that lay below each other one after the other are each followed at its own time",
			goal.Work{Epics: []string{"PAY-1"}},
			[]*flow.Issue{
				initiative(t, "PAY-1"),
				below(t, "PAY-2", "PAY-3", flowtest.Epic()).Becomes("2026-01-06", flowtest.Epic(), "PAY-1").Issue(),
				below(t, "PAY-3", "PAY-1", flowtest.Epic()).Becomes("2026-01-06", flowtest.Epic(), "PAY-2").Issue(),
				flowtest.New(t, "PAY-4", "2026-01-03").Born(func(s *flow.State) { s.Parent = flowtest.Ref("PAY-2") }).Issue(),
				flowtest.New(t, "PAY-5", "2026-01-03").Born(func(s *flow.State) { s.Parent = flowtest.Ref("PAY-3") }).Issue(),
			},
			[]string{"PAY-4 [01-03, …) epic PAY-1", "PAY-5 [01-03, …) epic PAY-1"},
			[]string{"PAY-1"},
		},
		{
			"an excluded epic takes its subtree along, also while it lies elsewhere, and what left it belongs again",
			goal.Work{Epics: []string{"PAY-1"}, Exclude: []string{"PAY-2"}},
			[]*flow.Issue{
				initiative(t, "PAY-1"), below(t, "PAY-2", "PAY-1", flowtest.Epic()).Issue(), below(t, "PAY-6", "PAY-1", flowtest.Epic()).Issue(),
				below(t, "PAY-3", "PAY-2", flowtest.Task()).Issue(), below(t, "PAY-4", "PAY-3", flowtest.Subtask()).Issue(),
				below(t, "PAY-5", "PAY-2", flowtest.Task()).Becomes("2026-01-07", flowtest.Task(), "PAY-6").Issue(),
			},
			[]string{"PAY-5 [01-07, …) epic PAY-1"},
			[]string{"PAY-1"},
		},
		{
			"an exclusion beats every other selector of its goal",
			goal.Work{Epics: []string{"PAY-1"}, Labels: []goal.InProject{{Name: "p95"}}, Exclude: []string{"PAY-1"}},
			[]*flow.Issue{
				anEpic(t, "PAY-1").Issue(),
				flowtest.New(t, "PAY-3", "2026-01-02").Labelled("2026-01-03", "p95").Joins("2026-01-05", "PAY-1").Issue(),
			},
			[]string{"PAY-3 [01-03, 01-05) label p95"},
			[]string{"PAY-1"},
		},
		{
			"an epic that is named by its old key and its new one is one epic",
			goal.Work{Epics: []string{"OLD-1", "PAY-1"}},
			[]*flow.Issue{renamed("PAY-1", "OLD-1"), flowtest.New(t, "PAY-3", "2026-01-02").Joins("2026-01-05", "PAY-1").Issue()},
			[]string{"PAY-3 [01-05, …) epic OLD-1, epic PAY-1"},
			[]string{"PAY-1"},
		},
		{
			"an epic that is named twice is one epic",
			goal.Work{Epics: []string{"PAY-1", "PAY-1"}},
			[]*flow.Issue{anEpic(t, "PAY-1").Issue(), flowtest.New(t, "PAY-3", "2026-01-02").Joins("2026-01-05", "PAY-1").Issue()},
			[]string{"PAY-3 [01-05, …) epic PAY-1"},
			[]string{"PAY-1"},
		},
		{
			"a label is on the issue itself: on an epic it brings nothing that is below",
			goal.Work{Labels: []goal.InProject{{Name: "p95"}}},
			[]*flow.Issue{
				anEpic(t, "PAY-1").Labelled("2026-01-03", "p95").Issue(),
				flowtest.New(t, "PAY-3", "2026-01-02").Joins("2026-01-05", "PAY-1").Issue(),
				flowtest.New(t, "PAY-4", "2026-01-02").Joins("2026-01-05", "PAY-1").Labelled("2026-01-06", "p95").Issue(),
			},
			[]string{"PAY-4 [01-06, …) label p95"},
			nil,
		},
		{
			"an issue that becomes an epic counts until then",
			goal.Work{Labels: []goal.InProject{{Name: "p95"}}},
			[]*flow.Issue{flowtest.New(t, "PAY-3", "2026-01-02").Labelled("2026-01-03", "p95").Becomes("2026-01-09", flowtest.Epic(), "").Issue()},
			[]string{"PAY-3 [01-03, 01-09) label p95"},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := members([]goal.Goal{{ID: "g", Work: c.work}}, flowtest.Catalog(versions...), c.issues...)[0]
			if d := cmp.Diff(c.want, told(got)); d != "" {
				t.Errorf("leaves (-want +got):\n%s", d)
			}
			var epics []string
			for _, e := range got.Epics {
				epics = append(epics, e.Key)
			}
			if d := cmp.Diff(c.epics, epics); d != "" {
				t.Errorf("containers (-want +got):\n%s", d)
			}
		})
	}
}

func TestAParentThatMapsTheSameEpicAsItsChildCountsItOnce(t *testing.T) {
	goals := []goal.Goal{epicGoal("top", "", "PAY-1"), epicGoal("left", "top", "PAY-1"), epicGoal("lower", "left", "PAY-2")}
	got := members(goals, flowtest.Catalog(),
		anEpic(t, "PAY-1").Issue(), below(t, "PAY-2", "PAY-1", flowtest.Task()).Issue(), // the child maps a story of the epic as its own container
		below(t, "PAY-3", "PAY-1", flowtest.Task()).Issue(), below(t, "PAY-4", "PAY-2", flowtest.Subtask()).Issue(),
	)
	for g, want := range [][]string{
		{"PAY-3 [01-02, …) epic PAY-1", "PAY-4 [01-02, …) epic PAY-1, epic PAY-2"},
		{"PAY-3 [01-02, …) epic PAY-1", "PAY-4 [01-02, …) epic PAY-1, epic PAY-2"},
		{"PAY-4 [01-02, …) epic PAY-2"},
	} {
		if d := cmp.Diff(want, told(got[g])); d != "" {
			t.Errorf("leaves of %s (-want +got):\n%s", goals[g].ID, d)
		}
	}
	if len(got[0].Epics) != 2 || len(got[1].Epics) != 2 || len(got[2].Epics) != 1 {
		t.Errorf("containers: %v, %v, %v; want each once", got[0].Epics, got[1].Epics, got[2].Epics)
	}
}

func TestAnExclusionHoldsForItsOwnGoalAlone(t *testing.T) {
	goals := []goal.Goal{
		epicGoal("top", ""),
		{ID: "left", Parent: "top", Work: goal.Work{Epics: []string{"PAY-1"}, Exclude: []string{"PAY-3"}}},
		epicGoal("right", "top", "PAY-1"),
	}
	got := members(goals, flowtest.Catalog(), anEpic(t, "PAY-1").Issue(), below(t, "PAY-3", "PAY-1", flowtest.Task()).Issue())
	for g, want := range [][]string{{"PAY-3 [01-02, …) epic PAY-1"}, nil, {"PAY-3 [01-02, …) epic PAY-1"}} {
		if d := cmp.Diff(want, told(got[g])); d != "" {
			t.Errorf("leaves of %s (-want +got):\n%s", goals[g].ID, d)
		}
	}
}

func TestOthersBelongWithoutCounting(t *testing.T) {
	x := goal.NewIndex([]goal.Goal{{ID: "g", Work: goal.Work{Epics: []string{"PAY-1"}}}}, nil, nil)
	for _, i := range []*flow.Issue{
		initiative(t, "PAY-1"), below(t, "PAY-2", "PAY-1", flowtest.Epic()).Issue(), below(t, "PAY-3", "PAY-2", flowtest.Task()).Issue(),
		below(t, "PAY-4", "PAY-3", flowtest.Task()).Becomes("2026-01-10", flowtest.Subtask(), "PAY-3").Issue(),
		below(t, "PAY-5", "PAY-9", flowtest.Task()).Issue(),
	} {
		x.Put(flow.NewTimeline(i, flowtest.Catalog()))
	}
	got := map[string]flow.Spans{}
	for _, o := range x.Members()[0].Others {
		got[o.Key] = o.In
	}
	want := map[string]flow.Spans{
		"PAY-1": flow.Always(), "PAY-2": {{From: flowtest.At(t, "2026-01-02")}},
		"PAY-4": {{From: flowtest.At(t, "2026-01-10")}}, // a sub-task from then on, and its parent counts
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestIssuesOfAnEpicThatMovedToAnotherProjectBelongWithoutABreak(t *testing.T) {
	moved := anEpic(t, "NEW-1").Issue()
	moved.Changes = append(moved.Changes, flow.Change{At: flowtest.At(t, "2026-01-10"), History: 99, Field: flow.FieldKey,
		From: flow.Named{Name: "PAY-1"}, To: flow.Named{Name: "NEW-1"}})
	moved.Histories++
	below := flowtest.New(t, "PAY-2", "2026-01-02").Joins("2026-01-06", "PAY-1").Touched("2026-01-20").Issue()
	below.Now.Epic = flow.Ref{Key: "NEW-1"} // as a server's Epic Link shows it
	got := members([]goal.Goal{epicGoal("g", "", "PAY-1")}, flowtest.Catalog(), moved, below)[0].Leaves
	want := flow.Spans{{From: flowtest.At(t, "2026-01-06")}}
	if len(got) != 1 || cmp.Diff(want, got[0].In) != "" {
		t.Errorf("leaves %+v, want one from 6 January on", got)
	}
}
