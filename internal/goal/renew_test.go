package goal_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
)

// everyKind are goals with every kind of selector, over and beside each other.
func everyKind() []goal.Goal {
	return []goal.Goal{
		epicGoal("top", ""),
		{ID: "g", Parent: "top", Reported: goal.Reported{From: goal.ReportedByField, Field: "Progress"}, Work: goal.Work{
			Epics: []string{"PAY-1", "OLD-2"}, Exclude: []string{"PAY-3"}, Labels: []goal.InProject{{Name: "p95"}},
		}},
		{ID: "h", Parent: "top", Work: goal.Work{Epics: []string{"PAY-2"}, FixVersions: []goal.InProject{{Project: "PAY", Name: "3.2"}}, JQL: latency}},
		{ID: "lower", Parent: "g", Work: goal.Work{Epics: []string{"PAY-4"}, Exclude: []string{"PAY-5"}}},
		{ID: "beside", Work: goal.Work{Labels: []goal.InProject{{Project: "PAY", Name: "x"}}, JQL: latency, Exclude: []string{"PAY-2"}}},
	}
}

// drawn draws an issue with an arbitrary history in a small hierarchy.
func drawn(t *rapid.T, n int) *flow.Issue {
	keys := []string{"", "PAY-1", "PAY-2", "PAY-3", "PAY-4", "PAY-5", "OLD-2", "OLD-5", "PAY-x"}
	types := rapid.SampledFrom([]flow.IssueType{flowtest.Task(), flowtest.Task(), flowtest.Subtask(), flowtest.Epic()})
	key := rapid.SampledFrom(keys)
	b := flowtest.New(t, fmt.Sprintf("PAY-%d", n), "2026-01-01").Born(func(s *flow.State) {
		s.Type, s.Epic = types.Draw(t, "type"), flowtest.Ref(key.Draw(t, "epic"))
		if rapid.IntRange(0, 3).Draw(t, "by key alone") == 0 {
			s.Epic.ID = 0
		}
	})
	for k := range rapid.IntRange(0, 3).Draw(t, "changes") {
		at := fmt.Sprintf("2026-01-%02d", 2+k)
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			b.Joins(at, key.Draw(t, "to"))
		case 1:
			b.Becomes(at, types.Draw(t, "becomes"), key.Draw(t, "parent"))
		case 2:
			b.Labelled(at, rapid.SampledFrom([]string{"p95", "x", "y"}).Draw(t, "label"))
		case 3:
			b.Versioned(at, rapid.SampledFrom([]string{"77", "78"}).Draw(t, "version"))
		case 4:
			b.Moves(at, flowtest.Doing)
		case 5:
			b.Gone(at)
		}
	}
	i := b.Issue()
	if rapid.IntRange(0, 4).Draw(t, "moved here") == 0 {
		old := rapid.SampledFrom([]string{"OLD-2", "OLD-5", "PAY-4"}).Draw(t, "old key")
		i.Changes = slices.Insert(slices.Clone(i.Changes), 0, flow.Change{At: flowtest.At(t, "2026-01-01 12:00"), History: 1,
			Field: flow.FieldKey, From: flow.Named{Name: old}, To: flow.Named{Name: i.Now.Key}})
	}
	if rapid.IntRange(0, 4).Draw(t, "elsewhere") == 0 {
		i.Site = "another"
	}
	return i
}

func everyMatch(t flowtest.TB) []flow.Matching {
	match := func(id flow.IssueID, missed, seen string) flow.Match {
		m := flow.Match{ID: id, Seen: flowtest.At(t, seen)}
		if missed != "" {
			m.Missed = flowtest.At(t, missed)
		}
		return m
	}
	return []flow.Matching{{Site: flowtest.Site, JQL: latency, Matches: []flow.Match{
		match(3, "", "2026-01-03"), match(5, "2026-01-04", "2026-01-05"), match(6, "", "2026-01-09"),
	}}}
}

func indexOf(t flowtest.TB, goals []goal.Goal) *goal.Index {
	catalog := flowtest.Catalog(flow.Version{ID: "77", Name: "3.2", Project: "PAY"})
	return goal.NewIndex(goals, map[string]*flow.Catalog{flowtest.Site: catalog}, everyMatch(t))
}

func timeline(i *flow.Issue) *flow.Timeline { return flow.NewTimeline(i, flowtest.Catalog()) }

func TestWhatIsRenewedIsAsIfReadAnew(t *testing.T) {
	goals := everyKind()
	type issueAt struct {
		site string
		id   flow.IssueID
	}
	rapid.Check(t, func(t *rapid.T) {
		x := indexOf(t, goals)
		world := map[issueAt]*flow.Issue{}
		put := func() {
			i := drawn(t, rapid.IntRange(1, 8).Draw(t, "issue"))
			world[issueAt{i.Site, i.ID}] = i
			x.Put(timeline(i))
		}
		for range rapid.IntRange(0, 8).Draw(t, "at first") {
			put()
		}
		have := x.Members()
		for range rapid.IntRange(0, 4).Draw(t, "times") {
			for range rapid.IntRange(0, 3).Draw(t, "puts") {
				put()
			}
			for _, r := range x.Renew() {
				if !r.Remapped && len(r.Leaves)+len(r.Others) == 0 {
					t.Fatalf("goal %s differs in nothing", goals[r.Goal].ID)
				}
				have[r.Goal] = have[r.Goal].Renewed(&r)
			}
			fresh := indexOf(t, goals)
			for _, at := range slices.SortedFunc(maps.Keys(world), func(a, b issueAt) int {
				return cmp.Or(cmp.Compare(a.site, b.site), cmp.Compare(a.id, b.id))
			}) {
				fresh.Put(timeline(world[at]))
			}
			want := fresh.Members()
			if d := gocmp.Diff(want, have); d != "" {
				t.Fatalf("(-anew +renewed):\n%s", d)
			}
			if d := gocmp.Diff(want, x.Members()); d != "" {
				t.Fatalf("asked for anew (-anew +renewed):\n%s", d)
			}
			for at := range world {
				sees(t, want, x, at.site, at.id)
			}
		}
	})
}

// sees checks that what an issue is to the goals is what the goals have.
func sees(t *rapid.T, want []goal.Members, x *goal.Index, site string, id flow.IssueID) {
	got := map[int]goal.Belonging{}
	for _, b := range x.Of(site, id) {
		got[b.Goal] = b
	}
	for g, m := range want {
		b := goal.Belonging{}
		for _, l := range m.Leaves {
			if l.Site == site && l.ID == id {
				b.Goal, b.Leaf = g, l
			}
		}
		for _, o := range m.Others {
			if o.Site == site && o.ID == id {
				b.Goal, b.Other = g, o
			}
		}
		if d := gocmp.Diff(b, got[g]); d != "" {
			t.Fatalf("issue %d of %s in goal %d (-members +of):\n%s", id, site, g, d)
		}
	}
}

func TestWhatChangesNoMembershipRenewsNoGoal(t *testing.T) {
	x := indexOf(t, everyKind())
	x.Put(timeline(anEpic(t, "PAY-1").Issue()))
	story := flowtest.New(t, "PAY-8", "2026-01-02").Joins("2026-01-05", "PAY-1")
	x.Put(timeline(story.Issue()))
	if m := x.Members(); len(m[0].Leaves) != 1 || len(m[1].Leaves) != 1 {
		t.Fatalf("leaves: %v, %v", m[0].Leaves, m[1].Leaves)
	}
	x.Put(timeline(story.Moves("2026-01-07", flowtest.Doing).Issue()))
	x.Put(timeline(flowtest.New(t, "SHOP-7", "2026-01-02").Issue()))
	if got := x.Renew(); len(got) > 0 {
		t.Errorf("a step of a story and a story of nobody renew %+v", got)
	}
	x.Put(timeline(story.Joins("2026-01-09", "").Issue()))
	got := x.Renew()
	if len(got) != 2 || got[0].Goal != 0 || got[1].Goal != 1 || len(got[0].Leaves) != 1 || got[0].Leaves[0].Key != "PAY-8" {
		t.Fatalf("a story that leaves renews %+v", got)
	}
	if is := got[1].Leaves[0].Is.In; len(is) != 1 || !is[0].To.Equal(flowtest.At(t, "2026-01-09")) {
		t.Errorf("it is in %v", is)
	}
	if got := x.Renew(); len(got) > 0 {
		t.Errorf("what was renewed is renewed again: %+v", got)
	}
}
