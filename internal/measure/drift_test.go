package measure_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

func TestDriftByCauseWorkedByHand(t *testing.T) {
	g := epicGoal()
	g.Targets = []goal.Target{{Date: date(t, "2026-03-11"), Said: date(t, "2026-01-05")}}
	issues := []*flow.Issue{
		epic(t).Issue(),
		task(t, 2, "2026-01-02").Moves("2026-01-10", flowtest.Doing).Issue(),                                        // commits: baseline 4
		task(t, 3, "2026-01-02").Resolves("2026-01-20", "Won't Do").Issue(),                                         // dropped
		task(t, 4, "2026-01-02").Joins("2026-01-22", "").Issue(),                                                    // moved out
		task(t, 5, "2026-01-02").Gone("2026-01-23").Issue(),                                                         // deleted
		task(t, 6, "2026-01-12").Issue(),                                                                            // added
		flowtest.New(t, "PAY-7", "2026-01-12").Joins("2026-01-12 20:00", "PAY-1").Issue(),                           // added: filed on its day
		flowtest.New(t, "PAY-8", "2026-01-03").Joins("2026-01-15", "PAY-1").Issue(),                                 // moved in
		task(t, 9, "2026-01-16").Links("2026-01-16 00:01", "is split from", "PAY-6").Issue(),                        // split
		task(t, 10, "2026-02-24").Issue(),                                                                           // added, late
		task(t, 11, "2026-01-16").Resolves("2026-01-17", "Done").Reopens("2026-01-19", flowtest.ToDo).Issue(),       // added, re-opened
		flowtest.New(t, "PAY-12", "2026-01-03").Resolves("2026-01-04", "Done").Joins("2026-01-18", "PAY-1").Issue(), // moved in, done
	}
	h := built(t, []goal.Goal{g}, issues)
	// The time from 10 January to the end of 11 March is 61 days: its last
	// quarter begins on 24 February at 18:00, 15.25 days before the end.
	want := &measure.Drift{
		Baseline: 4, Added: 5, Split: 1, MovedIn: 2, MovedOut: 1, Deleted: 1, Dropped: 1, Reopened: 1,
		Late: 0, Growth: ptr(8.0/4 - 1), Churn: ptr(10.0 / 4), PerMonth: ptr(1.0 / (46.0 / 30)),
	}
	got := status(t, h, "2026-02-25")
	if d := cmp.Diff(want, got.Drift, cmpopts.EquateApprox(0, 1e-12)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if *got.ScopeAdded != 7 || *got.ScopeRemoved != 2 {
		t.Errorf("%d added and %d removed in all, want 7 and 2", *got.ScopeAdded, *got.ScopeRemoved)
	}
	before := status(t, h, "2026-01-16")
	if before.Drift.Split != 0 || status(t, h, "2026-01-16 00:01").Drift.Split != 1 {
		t.Error("a split is known when the link is made, and not before")
	}
}

func TestWhatComesInShortlyBeforeTheTargetIsASurprise(t *testing.T) {
	for _, c := range []struct {
		name, in, target string
		moved            []goal.Target
		want             int
	}{
		{"in the last quarter of the time", "2026-02-24 18:00", "2026-03-11", nil, 1},
		{"not just before it", "2026-02-24 17:59", "2026-03-11", nil, 0},
		{"within two weeks where the time is short", "2026-01-18", "2026-01-31", nil, 1},
		{"after the target", "2026-03-20", "2026-03-11", nil, 1},
		{"moving the target afterwards doesn't make it less of one", "2026-03-01", "2026-03-11",
			[]goal.Target{{Date: date(t, "2026-09-30"), Said: date(t, "2026-03-05")}}, 1},
		{"having moved it before does", "2026-03-01", "2026-03-11",
			[]goal.Target{{Date: date(t, "2026-09-30"), Said: date(t, "2026-02-20")}}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := epicGoal()
			g.Targets = append([]goal.Target{{Date: date(t, c.target), Said: date(t, "2026-01-05")}}, c.moved...)
			h := built(t, []goal.Goal{g}, []*flow.Issue{
				epic(t).Issue(),
				task(t, 2, "2026-01-02").Moves("2026-01-10", flowtest.Doing).Issue(), task(t, 3, c.in).Issue(),
			})
			if got := status(t, h, "2026-04-01").Drift.Late; got != c.want {
				t.Errorf("%d late surprises, want %d", got, c.want)
			}
		})
	}
}

func TestGrowthIsHeldAgainstTheOthersAtTheSameAge(t *testing.T) {
	// Nine goals of one issue each; the k-th has k added on its tenth day, and
	// 100 on its hundredth. The one that is asked is ten days old.
	var goals []goal.Goal
	var issues []*flow.Issue
	n := 1000
	for k := range 9 {
		goals = append(goals, goal.Goal{ID: fmt.Sprintf("g%d", k), Work: goal.Work{Epics: []string{key(k + 1)}}})
		issues = append(issues, flowtest.NewEpic(t, key(k+1), "2026-01-01").Issue())
		begin := date(t, "2026-01-10")
		if k == 3 {
			begin = date(t, "2026-05-10")
		}
		add := func(after, count int) {
			for range count {
				n++
				at := begin.AddDays(after).String()
				issues = append(issues, flowtest.New(t, key(n), at).Joins(at, key(k+1)).Issue())
			}
		}
		n++
		issues = append(issues, flowtest.New(t, key(n), "2026-01-02").Joins("2026-01-02", key(k+1)).Moves(begin.String(), flowtest.Doing).Issue())
		add(10, k)
		add(100, 100)
	}
	h := built(t, goals, issues)
	g, _ := h.Snapshot(flowtest.At(t, "2026-05-20")).Goal("g3")
	// Of the eight others 0, 1 and 2 had grown less.
	if g.Drift.Percentile == nil || *g.Drift.Percentile != 3.0/8 || *g.Drift.Growth != 3 {
		t.Errorf("growth %v, at the percentile %v of %d; want 3, 0.375 of 8", *g.Drift.Growth, g.Drift.Percentile, g.Drift.Peers)
	}
	early, _ := h.Snapshot(flowtest.At(t, "2026-01-30")).Goal("g1")
	if early.Drift.Percentile != nil && early.Drift.Peers < 8 {
		t.Errorf("a percentile of %d others is claimed", early.Drift.Peers)
	}
}

func TestDriftIsWhatScopeAddedAndRemovedAreMadeOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStory(t)
		at := s.end(t)
		for _, g := range built(t, goals(), s.until(t, at)).Snapshot(at).Goals {
			if (g.Drift == nil) != (g.CommittedAt == nil) {
				t.Fatalf("%s: drift %v, committed at %v", g.ID, g.Drift, g.CommittedAt)
			}
			if d := g.Drift; d != nil && (d.Added+d.MovedIn != *g.ScopeAdded || d.MovedOut+d.Deleted != *g.ScopeRemoved || d.Split > d.Added) {
				t.Fatalf("%s: %+v; %d added, %d removed", g.ID, *d, *g.ScopeAdded, *g.ScopeRemoved)
			}
		}
	})
}

func TestTargetsSlipAndTheScopeAnswersOrNot(t *testing.T) {
	g := epicGoal()
	g.Targets = []goal.Target{
		{Date: date(t, "2026-03-31"), Said: date(t, "2026-01-10")},
		{Date: date(t, "2026-05-31"), Said: date(t, "2026-03-17")}, // 14 days and a day's end before: not late
		{Date: date(t, "2026-05-15"), Said: date(t, "2026-04-01")}, // pulled in
		{Date: date(t, "2026-08-31"), Said: date(t, "2026-05-10")}, // late
	}
	h := built(t, []goal.Goal{g}, []*flow.Issue{
		epic(t).Issue(),
		task(t, 2, "2026-01-02").Moves("2026-01-10", flowtest.Doing).Issue(), task(t, 3, "2026-01-02").Issue(),
		task(t, 4, "2026-01-02").Resolves("2026-05-20", "Won't Do").Issue(), task(t, 5, "2026-05-01").Issue(), task(t, 6, "2026-05-24 12:00").Issue(),
	})
	at := func(s string) *measure.Slip { return status(t, h, s).Slip }
	want := &measure.Slip{
		Pushes: []measure.Push{
			{Said: flowtest.At(t, "2026-03-17"), From: date(t, "2026-03-31"), To: date(t, "2026-05-31"), Scope: 3},
			// In: PAY-5 on 1 May, out: PAY-4 on the 20th; PAY-6 comes half a day too late.
			{Said: flowtest.At(t, "2026-05-10"), From: date(t, "2026-05-15"), To: date(t, "2026-08-31"), Late: true, Scope: 4},
		},
		LatePushes: 1, Days: 153, Rate: ptr(153.0 / 161), // 10 January to 20 June
	}
	if d := cmp.Diff(want, at("2026-06-20"), cmpopts.EquateApprox(0, 1e-12)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := at("2026-05-11").Pushes[1].Response; got != 1 {
		t.Errorf("the response on the day after the push is %+d, want +1: what has happened by then", got)
	}
	if at("2026-01-09") != nil {
		t.Error("a target slips before it was said")
	}
}

func TestReleaseDatesThatWereSeenToMoveTellOfTheDeadlineToo(t *testing.T) {
	g := goal.Goal{ID: "g", Work: goal.Work{FixVersions: []goal.InProject{{Project: "PAY", Name: "3.2"}}}}
	version := flow.Version{ID: "v", Name: "3.2", Project: "PAY", Release: date(t, "2026-05-31")}
	issues := []*flow.Issue{task(t, 2, "2026-01-02").Versioned("2026-01-03", "v").Moves("2026-01-05", flowtest.Doing).Issue()}
	h := built(t, []goal.Goal{g}, issues, on(flowtest.Catalog(version)), func(in *measure.Input) {
		in.Releases = map[measure.ReleaseOf][]goal.Target{{Site: flowtest.Site, Version: "v"}: {
			{Said: date(t, "2026-01-05"), Date: date(t, "2026-03-31")}, {Said: date(t, "2026-03-20"), Date: date(t, "2026-04-30")},
			{Said: date(t, "2026-04-01")}, {Said: date(t, "2026-04-20"), Date: date(t, "2026-05-31")},
		}}
	})
	shows(t, h, "deadline_as_goal", "2026-04-27", "")
	e, _ := h.Explain("g", "slip", flowtest.At(t, "2026-05-01"))
	want := []measure.ExplainedInput{{Name: "release date of PAY 3.2", Value: "pushed 2 times, 2 of them late, by 61 days in all, 0.53 days a day"}}
	if d := cmp.Diff(want, e.Measures[0].Inputs); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := status(t, h, "2026-05-01"); got.Target != nil || got.Slip != nil {
		t.Errorf("a release date is no target of the goal: %v", got.Target)
	}
}
