package goal_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
)

// members relates the issues to the goals.
func members(goals []goal.Goal, c *flow.Catalog, issues ...*flow.Issue) []goal.Members {
	return membersWith(goals, c, nil, issues...)
}

// membersWith relates them where it is known what JQLs match.
func membersWith(goals []goal.Goal, c *flow.Catalog, matched []flow.Matching, issues ...*flow.Issue) []goal.Members {
	x := goal.NewIndex(goals, map[string]*flow.Catalog{flowtest.Site: c}, matched)
	for _, i := range issues {
		x.Put(flow.NewTimeline(i, c))
	}
	return x.Members()
}

// told writes leaves as "KEY [from, to) …" for comparison.
func told(m goal.Members) []string {
	var out []string
	for _, l := range m.Leaves {
		s := l.Key
		for _, x := range l.In {
			to := "…"
			if !x.To.IsZero() {
				to = x.To.Format("01-02")
			}
			s += fmt.Sprintf(" [%s, %s)", x.From.Format("01-02"), to)
		}
		out = append(out, s+" "+l.Via)
	}
	return out
}

func epicGoal(id, parent string, keys ...string) goal.Goal {
	return goal.Goal{ID: id, Parent: parent, Work: goal.Work{Epics: keys}}
}

func anEpic(t *testing.T, key string) *flowtest.Builder {
	return flowtest.NewEpic(t, key, "2026-01-01")
}

func TestMembershipOverTime(t *testing.T) {
	version := flow.Version{ID: "77", Name: "3.2", Project: "PAY"}
	for _, c := range []struct {
		name   string
		work   goal.Work
		issues []*flow.Issue
		want   []string
	}{
		{
			"an issue belongs from when it came under the epic until it left",
			goal.Work{Epics: []string{"PAY-1"}},
			[]*flow.Issue{
				anEpic(t, "PAY-1").Issue(), anEpic(t, "PAY-2").Issue(),
				flowtest.New(t, "PAY-3", "2026-01-02").Joins("2026-01-05", "PAY-1").Joins("2026-01-09", "PAY-2").Joins("2026-01-12", "PAY-1").Issue(),
				flowtest.New(t, "PAY-4", "2026-01-02").Joins("2026-01-05", "PAY-2").Issue(),
				flowtest.New(t, "PAY-5", "2026-01-03").Born(func(s *flow.State) { s.Epic = flow.Ref{Key: "PAY-1"} }).Issue(),
			},
			[]string{"PAY-3 [01-05, 01-09) [01-12, …) epic PAY-1", "PAY-5 [01-03, …) epic PAY-1"},
		},
		{
			"what lies below the epic at any depth belongs, while the whole chain holds",
			goal.Work{Epics: []string{"PAY-1"}},
			[]*flow.Issue{
				anEpic(t, "PAY-1").Issue(),
				anEpic(t, "PAY-2").Born(func(s *flow.State) { s.Parent = flowtest.Ref("PAY-1") }).Issue(),
				flowtest.New(t, "PAY-3", "2026-01-02").Joins("2026-01-05", "PAY-2").Issue(),
			},
			[]string{"PAY-3 [01-05, …) epic PAY-1"},
		},
		{
			"a sub-task counts only while its parent does not",
			goal.Work{Epics: []string{"PAY-1"}, Labels: []goal.InProject{{Project: "PAY", Name: "p95"}}},
			[]*flow.Issue{
				anEpic(t, "PAY-1").Issue(),
				flowtest.New(t, "PAY-3", "2026-01-02").Joins("2026-01-05", "PAY-1").Joins("2026-01-09", "").Issue(),
				flowtest.New(t, "PAY-4", "2026-01-02").Born(func(s *flow.State) {
					s.Type, s.Parent, s.Labels = flowtest.Subtask(), flowtest.Ref("PAY-3"), []string{"p95"}
				}).Issue(),
			},
			[]string{"PAY-3 [01-05, 01-09) epic PAY-1", "PAY-4 [01-02, 01-05) [01-09, …) epic PAY-1, label PAY p95"},
		},
		{
			"a task that becomes a sub-task of a counted task leaves",
			goal.Work{FixVersions: []goal.InProject{{Project: "PAY", Name: "3.2"}}},
			[]*flow.Issue{
				flowtest.New(t, "PAY-3", "2026-01-02").Versioned("2026-01-03", "77").Issue(),
				flowtest.New(t, "PAY-4", "2026-01-02").Versioned("2026-01-03", "77").Becomes("2026-01-06", flowtest.Subtask(), "PAY-3").Issue(),
			},
			[]string{"PAY-3 [01-03, …) fix version PAY 3.2", "PAY-4 [01-03, 01-06) fix version PAY 3.2"},
		},
		{
			"a mapped parent is a container: its sub-tasks count, it does not",
			goal.Work{Epics: []string{"PAY-3"}},
			[]*flow.Issue{
				flowtest.New(t, "PAY-3", "2026-01-02").Issue(),
				flowtest.New(t, "PAY-4", "2026-01-02").Born(func(s *flow.State) { s.Type, s.Parent = flowtest.Subtask(), flowtest.Ref("PAY-3") }).Issue(),
			},
			[]string{"PAY-4 [01-02, …) epic PAY-3"},
		},
		{
			"versions and labels hold from when they were put on until they were taken off",
			goal.Work{FixVersions: []goal.InProject{{Project: "PAY", Name: "3.2"}}, Labels: []goal.InProject{{Name: "p95"}}},
			[]*flow.Issue{
				flowtest.New(t, "PAY-3", "2026-01-02").Versioned("2026-01-03", "77").Unversioned("2026-01-05", "77").Issue(),
				flowtest.New(t, "SHOP-4", "2026-01-02").Labelled("2026-01-04", "p95", "other").Labelled("2026-01-06").Issue(),
				flowtest.New(t, "SHOP-5", "2026-01-02").Versioned("2026-01-03", "99").Issue(),
			},
			[]string{"PAY-3 [01-03, 01-05) fix version PAY 3.2", "SHOP-4 [01-04, 01-06) label p95"},
		},
		{
			"an exclusion takes everything below along",
			goal.Work{Epics: []string{"PAY-1"}, Exclude: []string{"PAY-3"}},
			[]*flow.Issue{
				anEpic(t, "PAY-1").Issue(),
				flowtest.New(t, "PAY-3", "2026-01-02").Joins("2026-01-05", "PAY-1").Issue(),
				flowtest.New(t, "PAY-4", "2026-01-02").Born(func(s *flow.State) { s.Type, s.Parent = flowtest.Subtask(), flowtest.Ref("PAY-3") }).Issue(),
				flowtest.New(t, "PAY-5", "2026-01-02").Joins("2026-01-05", "PAY-1").Issue(),
			},
			[]string{"PAY-5 [01-05, …) epic PAY-1"},
		},
		{
			"an issue that is gone belongs no longer",
			goal.Work{Epics: []string{"PAY-1"}},
			[]*flow.Issue{
				anEpic(t, "PAY-1").Issue(),
				flowtest.New(t, "PAY-3", "2026-01-02").Joins("2026-01-05", "PAY-1").Gone("2026-01-20").Issue(),
			},
			[]string{"PAY-3 [01-05, 01-20) epic PAY-1"},
		},
		{
			"a parent known by an old key is found",
			goal.Work{Epics: []string{"OLD-1"}},
			[]*flow.Issue{
				func() *flow.Issue {
					i := anEpic(t, "PAY-1").Issue()
					i.Changes = []flow.Change{{At: flowtest.At(t, "2026-01-10"), History: 1, Field: flow.FieldKey,
						From: flow.Named{Name: "OLD-1"}, To: flow.Named{Name: "PAY-1"}}}
					return i
				}(),
				flowtest.New(t, "PAY-3", "2026-01-02").Born(func(s *flow.State) { s.Epic = flow.Ref{Key: "OLD-1"} }).Issue(),
			},
			[]string{"PAY-3 [01-02, …) epic OLD-1"},
		},
		{
			"an epic that lies below itself ends the search",
			goal.Work{Epics: []string{"PAY-1"}},
			[]*flow.Issue{
				anEpic(t, "PAY-1").Born(func(s *flow.State) { s.Parent = flowtest.Ref("PAY-2") }).Issue(),
				anEpic(t, "PAY-2").Born(func(s *flow.State) { s.Parent = flowtest.Ref("PAY-1") }).Issue(),
				flowtest.New(t, "PAY-3", "2026-01-02").Joins("2026-01-05", "PAY-2").Issue(),
			},
			[]string{"PAY-3 [01-05, …) epic PAY-1"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := members([]goal.Goal{{ID: "g", Work: c.work}}, flowtest.Catalog(version), c.issues...)
			if d := cmp.Diff(c.want, told(got[0])); d != "" {
				t.Errorf("leaves (-want +got):\n%s", d)
			}
		})
	}
}

func TestAParentGoalIsTheUnionOfThoseBelow(t *testing.T) {
	goals := []goal.Goal{
		epicGoal("top", ""), epicGoal("left", "top", "PAY-1"), epicGoal("right", "top", "PAY-1", "PAY-2", "PAY-99"),
	}
	got := members(goals, flowtest.Catalog(),
		anEpic(t, "PAY-1").Issue(), anEpic(t, "PAY-2").Issue(),
		flowtest.New(t, "PAY-3", "2026-01-02").Joins("2026-01-05", "PAY-1").Issue(),
		flowtest.New(t, "PAY-4", "2026-01-02").Joins("2026-01-05", "PAY-2").Issue(),
	)
	want := []string{"PAY-3 [01-05, …) epic PAY-1", "PAY-4 [01-05, …) epic PAY-2"}
	if d := cmp.Diff(want, told(got[0])); d != "" {
		t.Errorf("the parent's leaves, each once (-want +got):\n%s", d)
	}
	if len(got[0].Epics) != 2 {
		t.Errorf("the parent's containers: %v, want PAY-1 and PAY-2 once each", got[0].Epics)
	}
	if d := cmp.Diff([]string{"epic PAY-99"}, got[2].Missing); d != "" {
		t.Errorf("what names nothing (-want +got):\n%s", d)
	}
}

func TestWhatSeveralGoalsMapIsMappedOnceByTheGoalAboveThem(t *testing.T) {
	work := goal.Work{
		Epics:       []string{"PAY-99"},
		FixVersions: []goal.InProject{{Project: "PAY", Name: "3.2"}, {Name: "3.2"}, {Name: "nowhere"}},
	}
	out := flow.Version{ID: "9", Name: "3.2", Project: "PAY"}
	goals := []goal.Goal{{ID: "top", Work: work}, {ID: "a", Parent: "top", Work: work}, {ID: "b", Parent: "top", Work: work}}
	got := members(goals, flowtest.Catalog(out))[0]
	if diff := cmp.Diff([]goal.VersionRef{{Site: flowtest.Site, Version: out}}, got.Versions); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"epic PAY-99", "fix version nowhere"}, got.Missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

// world draws issues in a small hierarchy with arbitrary histories.
func world(t *rapid.T) []*flow.Issue {
	var out []*flow.Issue
	keys := []string{"", "PAY-1", "PAY-2", "PAY-3", "PAY-4", "PAY-5"}
	for n := range 8 {
		b := flowtest.New(t, fmt.Sprintf("PAY-%d", n+1), "2026-01-01").Born(func(s *flow.State) {
			s.Type = rapid.SampledFrom([]flow.IssueType{flowtest.Task(), flowtest.Subtask(), flowtest.Epic()}).Draw(t, "type")
			s.Epic = flowtest.Ref(rapid.SampledFrom(keys).Draw(t, "epic"))
		})
		for k := range rapid.IntRange(0, 4).Draw(t, "changes") {
			at := fmt.Sprintf("2026-01-%02d", 2+k)
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				b.Joins(at, rapid.SampledFrom(keys).Draw(t, "to"))
			case 1:
				b.Becomes(at, rapid.SampledFrom([]flow.IssueType{flowtest.Task(), flowtest.Subtask()}).Draw(t, "becomes"),
					rapid.SampledFrom(keys).Draw(t, "parent"))
			case 2:
				b.Labelled(at, rapid.SampledFrom([]string{"p95", "x"}).Draw(t, "label"))
			case 3:
				b.Moves(at, flowtest.Doing)
			}
		}
		out = append(out, b.Issue())
	}
	return out
}

func TestNothingIsCountedTwice(t *testing.T) {
	goals := []goal.Goal{{ID: "g", Work: goal.Work{Epics: []string{"PAY-1"}, Labels: []goal.InProject{{Name: "p95"}}}}}
	rapid.Check(t, func(t *rapid.T) {
		issues := world(t)
		got := members(goals, flowtest.Catalog(), issues...)[0]
		in := map[flow.IssueID]flow.Spans{}
		for _, l := range got.Leaves {
			if _, twice := in[l.ID]; twice {
				t.Fatalf("%s is a leaf twice", l.Key)
			}
			in[l.ID] = l.In
		}
		for _, i := range issues {
			for span, st := range flow.NewTimeline(i, flowtest.Catalog()).Spans() {
				if !in[i.ID].Contains(span.From) {
					continue
				}
				if st.Type.Container() {
					t.Fatalf("%s counts at %v although it is an epic", i.Now.Key, span.From)
				}
				above := st.Above()
				if st.Type.Subtask() && in[above.ID].Contains(span.From) && parentIsNoSubtask(issues, above.ID, span) {
					t.Fatalf("sub-task %s and its parent %s both count at %v", i.Now.Key, above.Key, span.From)
				}
			}
		}
	})
}

func parentIsNoSubtask(issues []*flow.Issue, id flow.IssueID, span flow.Span) bool {
	for _, i := range issues {
		if i.ID == id {
			st, ok := flow.NewTimeline(i, flowtest.Catalog()).At(span.From)
			return ok && !st.Type.Subtask()
		}
	}
	return false
}

func TestTheOrderOfIssuesChangesNothing(t *testing.T) {
	goals := []goal.Goal{
		epicGoal("top", ""),
		{ID: "g", Parent: "top", Work: goal.Work{Epics: []string{"PAY-1"}, Exclude: []string{"PAY-3"}, Labels: []goal.InProject{{Name: "p95"}}}},
		epicGoal("h", "top", "PAY-2"),
	}
	rapid.Check(t, func(t *rapid.T) {
		issues := world(t)
		// Jira allows no cycle; where one closes is cut depends on the order.
		for k, i := range issues {
			if i.Now.Type.Container() {
				issues[k] = flowtest.NewEpic(t, i.Now.Key, "2026-01-01").Issue()
			}
		}
		want := members(goals, flowtest.Catalog(), issues...)
		got := members(goals, flowtest.Catalog(), rapid.Permutation(issues).Draw(t, "order")...)
		for g := range goals {
			if d := cmp.Diff(told(want[g]), told(got[g])); d != "" && acyclic(issues) {
				t.Fatalf("goal %s in another order:\n%s", goals[g].ID, d)
			}
		}
	})
}

// acyclic reports whether no issue was ever below a task that was ever below it.
func acyclic(issues []*flow.Issue) bool {
	above := map[flow.IssueID][]flow.IssueID{}
	for _, i := range issues {
		for _, st := range flow.NewTimeline(i, flowtest.Catalog()).Spans() {
			above[i.ID] = append(above[i.ID], st.Above().ID)
		}
	}
	var climbs func(id flow.IssueID, depth int) bool
	climbs = func(id flow.IssueID, depth int) bool {
		if depth > len(issues) {
			return false
		}
		for _, p := range above[id] {
			if p != 0 && !climbs(p, depth+1) {
				return false
			}
		}
		return true
	}
	for _, i := range issues {
		if !climbs(i.ID, 0) {
			return false
		}
	}
	return true
}
