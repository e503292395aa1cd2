package measure_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// other is an issue of the epic PAY-50, which no goal maps.
func other(t flowtest.TB, n int) *flowtest.Builder {
	return flowtest.NewBelow(t, "PAY-50", key(n), "2026-01-02")
}

func anEpic(t flowtest.TB, key, parent string) *flow.Issue {
	i := flowtest.New(t, key, "2026-01-01").Born(func(s *flow.State) {
		s.Type = flowtest.Epic()
		if parent != "" {
			s.Parent = flowtest.Ref(parent)
		}
	}).Issue()
	i.Summary = "Epic " + key
	return i
}

func TestWhichWorkIsActiveAndUnlinked(t *testing.T) {
	subtask := func(s *flow.State) { s.Type, s.Epic, s.Parent = flowtest.Subtask(), flow.Ref{}, flowtest.Ref("PAY-51") }
	for _, c := range []struct {
		name  string
		issue *flow.Issue
		at    string
		want  int
	}{
		{"to do is not active", other(t, 51).Issue(), "2026-01-10", 0},
		{"in progress and begun lately is", other(t, 51).Moves("2026-01-05", flowtest.Doing).Issue(), "2026-01-10", 1},
		{"before it began it was not", other(t, 51).Moves("2026-01-05", flowtest.Doing).Issue(), "2026-01-04 23:59", 0},
		{"on the last second of four weeks it is", other(t, 51).Moves("2026-01-05", flowtest.Doing).Issue(), "2026-02-01 23:59:59", 1},
		{"after four silent weeks it is not", other(t, 51).Moves("2026-01-05", flowtest.Doing).Issue(), "2026-02-02", 0},
		{"a comment or a label is no event", other(t, 51).Moves("2026-01-05", flowtest.Doing).Touched("2026-02-01").Labelled("2026-02-01", "x").Issue(), "2026-02-03", 0},
		{"a move to another epic is one", other(t, 51).Moves("2026-01-05", flowtest.Doing).Joins("2026-02-10", "PAY-60").Issue(), "2026-02-12", 1},
		{"what a bot does is none", other(t, 51).Moves("2026-01-05", flowtest.Doing).ByBot().Versioned("2026-02-10", "v").Issue(), "2026-02-12", 0},
		{"delivered lately is", other(t, 51).Resolves("2026-01-05", "Done").Issue(), "2026-02-01", 1},
		{"delivered four weeks ago is not", other(t, 51).Resolves("2026-01-05", "Done").Issue(), "2026-02-02", 0},
		{"dropped is not", other(t, 51).Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-06", "Won't Do").Issue(), "2026-01-08", 0},
		{"deleted is not", other(t, 51).Moves("2026-01-05", flowtest.Doing).Gone("2026-01-07").Issue(), "2026-01-08", 0},
		{"what a goal claims is not", task(t, 51, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue(), "2026-01-08", 0},
		{"what left its goal is", task(t, 51, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Joins("2026-01-06", "PAY-50").Issue(), "2026-01-08", 1},
		{"an epic is no work", flowtest.NewEpic(t, "PAY-51", "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue(), "2026-01-08", 0},
		{"a sub-task counts with its parent", other(t, 52).Born(subtask).Moves("2026-01-05", flowtest.Doing).Issue(), "2026-01-08", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := ofEpic(t, epic(t).Issue(), anEpic(t, "PAY-50", ""), c.issue)
			got := 0
			for _, g := range h.Unlinked(flowtest.At(t, c.at)).Groups {
				got += g.Issues
			}
			if got != c.want {
				t.Errorf("%d unlinked, want %d", got, c.want)
			}
		})
	}
}

func TestTheShareOfWorkThatNoGoalClaims(t *testing.T) {
	settings := measure.DefaultSettings()
	settings.BusinessAsUsual = measure.Match{Labels: []string{"Support"}}
	issues := []*flow.Issue{
		epic(t).Issue(), anEpic(t, "PAY-50", ""),
		task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue(),
		task(t, 3, "2026-01-02").Resolves("2026-01-05", "Done").Issue(),
		other(t, 51).Moves("2026-01-05", flowtest.Doing).Issue(),
		other(t, 52).Labelled("2026-01-03", "support").Moves("2026-01-05", flowtest.Doing).Issue(),
		flowtest.New(t, "SHOP-70", "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue(),
	}
	h := built(t, []goal.Goal{epicGoal()}, issues, under(settings))
	at := flowtest.At(t, "2026-01-10")
	want := &measure.Unlinked{
		At: at, WindowDays: 28,
		Projects: []measure.ProjectShare{
			{Site: "test", Project: "PAY", Active: 4, Unlinked: 2, BusinessAsUsual: 1, Ratio: .5},
			{Site: "test", Project: "SHOP", Active: 1, Unlinked: 1, Ratio: 1},
		},
		Groups: []measure.UnlinkedGroup{
			{Site: "test", Project: "PAY", Epic: "PAY-50", Summary: "Epic PAY-50", Issues: 2, BusinessAsUsual: 1},
			{Site: "test", Project: "SHOP", Issues: 1},
		},
	}
	if d := cmp.Diff(want, h.Unlinked(at)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if d := cmp.Diff(want.Projects, h.Snapshot(at).Work); d != "" {
		t.Errorf("in the snapshot (-want +got):\n%s", d)
	}
}

func TestABulkEditMakesNoWorkActive(t *testing.T) {
	issues := []*flow.Issue{epic(t).Issue(), anEpic(t, "PAY-50", "")}
	for k := range 10 {
		issues = append(issues, other(t, 60+k).By(99).Moves(fmt.Sprintf("2026-02-08 10:00:%02d", 2*k), flowtest.Doing).Issue())
	}
	h := ofEpic(t, issues...)
	for at, want := range map[string]int{"2026-02-08 10:00:17": 9, "2026-02-08 10:00:18": 0, "2026-02-09": 0} {
		got := 0
		for _, g := range h.Unlinked(flowtest.At(t, at)).Groups {
			got += g.Issues
		}
		// The last issue's own creation, in January, is too long ago to count.
		if got != want {
			t.Errorf("as of %s: %d, want %d", at, got, want)
		}
	}
}

func TestSuggestionsSayWhyAndWhatToPaste(t *testing.T) {
	goals := []goal.Goal{
		{ID: "all"},
		{ID: "g", Parent: "all", Work: goal.Work{Epics: []string{"PAY-1"}, Labels: []goal.InProject{{Project: "PAY", Name: "p95"}}}},
		{ID: "sib", Work: goal.Work{Epics: []string{"PAY-40"}}},
		{ID: "ver", Work: goal.Work{FixVersions: []goal.InProject{{Project: "PAY", Name: "3.2"}}}},
	}
	catalog := flowtest.Catalog(flow.Version{ID: "v", Name: "3.2", Project: "PAY"})
	linked := other(t, 51).Moves("2026-01-05", flowtest.Doing).Issue()
	linked.Links = []flow.Link{{Type: "Relates", Other: flowtest.Ref("PAY-2")}}
	issues := []*flow.Issue{
		epic(t).Issue(), anEpic(t, "PAY-50", "PAY-9"), anEpic(t, "PAY-40", "PAY-9"), anEpic(t, "PAY-9", ""),
		task(t, 2, "2026-01-02").Labelled("2026-01-03", "p95").Issue(),
		flowtest.New(t, "PAY-3", "2026-01-02").Versioned("2026-01-03", "v").Issue(),
		linked,
		other(t, 52).Labelled("2026-01-03", "noise").Moves("2026-01-05", flowtest.Doing).Issue(),
		flowtest.New(t, "SHOP-70", "2026-01-02").Labelled("2026-01-03", "p95").Moves("2026-01-05", flowtest.Doing).Issue(),
		flowtest.New(t, "SHOP-71", "2026-01-02").Versioned("2026-01-03", "v").Moves("2026-01-05", flowtest.Doing).Issue(),
	}
	u := built(t, goals, issues, on(catalog)).Unlinked(flowtest.At(t, "2026-01-10"))
	want := map[string][]measure.Suggestion{
		"PAY-50": {
			{Goal: "g", Why: "1 of 2 link to issues of the goal", Paste: "epics: [PAY-1, PAY-50]"},
			{Goal: "sib", Why: "it is below PAY-9, as PAY-40 is, which the goal maps", Paste: "epics: [PAY-40, PAY-50]"},
		},
		"": {
			{Goal: "g", Why: "1 of 2 have the label p95, as 1 of the goal's issues do", Paste: `labels: [{project: PAY, name: "p95"}, {project: SHOP, name: "p95"}]`},
			{Goal: "ver", Why: "1 of 2 have the fix version 3.2, as 1 of the goal's issues do", Paste: `fix_versions: [{project: PAY, name: "3.2"}, {project: SHOP, name: "3.2"}]`},
		},
	}
	got := map[string][]measure.Suggestion{}
	for _, g := range u.Groups {
		got[g.Epic] = g.Suggestions
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if before := built(t, goals, issues, on(catalog)).Unlinked(flowtest.At(t, "2026-01-02 12:00")); len(before.Groups) != 0 {
		t.Errorf("before anything began there is %+v", before.Groups)
	}
}

func TestALinkCountsFromItsMakingToItsRemoval(t *testing.T) {
	i := other(t, 51).Moves("2026-01-05", flowtest.Doing).Issue()
	link := func(at string, from, to string) {
		i.Changes = append(i.Changes, flow.Change{
			At: flowtest.At(t, at), History: uint64(len(i.Changes) + 90000), Author: 1, Field: flow.FieldLink,
			From: flow.Named{ID: from}, To: flow.Named{ID: to},
		})
	}
	link("2026-01-08", "", "PAY-2")
	link("2026-01-10", "PAY-2", "")
	h := ofEpic(t, epic(t).Issue(), anEpic(t, "PAY-50", ""), task(t, 2, "2026-01-02").Issue(), i)
	for at, want := range map[string]int{"2026-01-07": 0, "2026-01-09": 1, "2026-01-11": 0} {
		u := h.Unlinked(flowtest.At(t, at))
		if len(u.Groups) != 1 || len(u.Groups[0].Suggestions) != want {
			t.Errorf("as of %s: %+v, want %d suggestions", at, u.Groups, want)
		}
	}
}

func TestOneOfTwoLinksToAnIssueEndsAlone(t *testing.T) {
	active := func() *flowtest.Builder { return other(t, 51).Moves("2026-01-05", flowtest.Doing) }
	for _, c := range []struct {
		name   string
		issue  *flowtest.Builder
		linked map[string]bool // by day
	}{
		{"both were made by a change",
			active().Links("2026-01-08", "relates to", "PAY-2").Links("2026-01-09", "blocks", "PAY-2").Unlinks("2026-01-10", "relates to", "PAY-2"),
			map[string]bool{"2026-01-07": false, "2026-01-09": true, "2026-01-11": true}},
		{"one was there from the creation on",
			active().Shows("blocks", "PAY-2").Links("2026-01-08", "relates to", "PAY-2").Unlinks("2026-01-10", "relates to", "PAY-2"),
			map[string]bool{"2026-01-07": true, "2026-01-11": true}},
		{"both are gone",
			active().Links("2026-01-08", "relates to", "PAY-2").Links("2026-01-09", "blocks", "PAY-2").
				Unlinks("2026-01-10", "relates to", "PAY-2").Unlinks("2026-01-12", "blocks", "PAY-2"),
			map[string]bool{"2026-01-11": true, "2026-01-13": false}},
		{"the type of the only one was given another phrase",
			active().Links("2026-01-08", "relates to", "PAY-2").Rephrased("relates to", "goes with"),
			map[string]bool{"2026-01-07": false, "2026-01-09": true, "2026-01-11": true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := ofEpic(t, epic(t).Issue(), anEpic(t, "PAY-50", ""), task(t, 2, "2026-01-02").Issue(), c.issue.Issue())
			for at, want := range c.linked {
				u := h.Unlinked(flowtest.At(t, at))
				if len(u.Groups) != 1 || (len(u.Groups[0].Suggestions) == 1) != want {
					t.Errorf("as of %s: %+v, want it linked: %t", at, u.Groups, want)
				}
			}
		})
	}
}

func TestUnlinkedWorkOfAMomentDoesNotLookPastIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStory(t)
		at, end := s.moment(t, "2026-01-01", 40)
		only := goals()[:2] // PAY-2 is nobody's
		catalog := flowtest.Catalog(flow.Version{ID: "v", Name: "3.2", Project: "PAY"})
		today := built(t, only, s.until(t, end), on(catalog)).Unlinked(at)
		then := built(t, only, s.until(t, at), on(catalog)).Unlinked(at)
		sameAsOf(t, at, "the unlinked work", then, today)
		sum := 0
		for _, g := range today.Groups {
			sum += g.Issues
		}
		for _, p := range today.Projects {
			sum -= p.Unlinked
			if p.BusinessAsUsual > p.Unlinked || p.Unlinked > p.Active {
				t.Fatalf("parts of %+v", p)
			}
		}
		if sum != 0 {
			t.Fatalf("the groups and the projects differ by %d: %+v", sum, today)
		}
	})
}
