package measure_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// pace returns the tasks of an epic, one entering progress on each of the days.
func pace(t flowtest.TB, epicKey string, first int, days ...string) []*flow.Issue {
	issues := []*flow.Issue{flowtest.NewEpic(t, epicKey, "2026-01-01").Issue()}
	for k, at := range days {
		issues = append(issues, flowtest.New(t, key(first+k), "2026-01-01").Joins("2026-01-01", epicKey).Moves(at, flowtest.Doing).Issue())
	}
	return issues
}

func limitDays(t flowtest.TB, h *measure.History, id, at string) float64 {
	t.Helper()
	g, ok := h.Snapshot(flowtest.At(t, at)).Goal(id)
	if !ok || g.StallAfterSeconds == nil {
		t.Fatal("the goal has no stall threshold")
	}
	return *g.StallAfterSeconds / 86400
}

func TestAGoalsRhythmIsDrawnTowardsThatOfTheOthers(t *testing.T) {
	// The other goal moves every 10 days from 5 January on: by Monday 16
	// February it has made 4 gaps (the last step is that of the 14th). Its
	// class's Q is (4 · 10 + 10 · 15) ÷ 14 = 13.5714.
	other := pace(t, "PAY-2", 200, "2026-01-05", "2026-01-15", "2026-01-25", "2026-02-04", "2026-02-14")
	goals := []goal.Goal{
		{ID: "mine", Work: goal.Work{Epics: []string{"PAY-1"}}},
		{ID: "other", Work: goal.Work{Epics: []string{"PAY-2"}}},
	}
	for _, c := range []struct {
		name string
		mine []string
		want float64
	}{
		{"with three gaps of its own, the class's alone", []string{"2026-02-13", "2026-02-14", "2026-02-15", "2026-02-16"}, 1.5 * 190 / 14},
		// Q = (4 · 1 + 10 · 13.5714) ÷ 14.
		{"with four, both", []string{"2026-02-12", "2026-02-13", "2026-02-14", "2026-02-15", "2026-02-16"}, 1.5 * (4 + 10*190.0/14) / 14},
		{"the class is as of the week of the last progress: two gaps by 2 February", []string{"2026-02-03"}, 1.5 * (2*10 + 150) / 12},
		{"a week without others has what is shipped", []string{"2026-01-06"}, 22.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := built(t, goals, append(pace(t, "PAY-1", 100, c.mine...), other...))
			if got := limitDays(t, h, "mine", "2026-02-20"); math.Abs(got-c.want) > 1e-6 {
				t.Errorf("stalled after %v days, want %v", got, c.want)
			}
		})
	}
	t.Run("the goal above is of another class, and lends no rhythm of its own", func(t *testing.T) {
		above := append([]goal.Goal{{ID: "above"}}, goals...)
		above[1].Parent, above[2].Parent = "above", "above"
		h := built(t, above, append(pace(t, "PAY-1", 100, "2026-02-16"), other...))
		if got, want := limitDays(t, h, "mine", "2026-02-20"), 1.5*190/14; math.Abs(got-want) > 1e-6 {
			t.Errorf("below: stalled after %v days, want %v", got, want)
		}
		// Above: five gaps of 10, 10, 10, 10 and 2 days, and no class.
		if got, want := limitDays(t, h, "above", "2026-02-20"), 1.5*(5*10+150)/15; math.Abs(got-want) > 1e-6 {
			t.Errorf("above: stalled after %v days, want %v", got, want)
		}
	})
}

func TestTheOthersProgressNeverEndsAStall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		goals := []goal.Goal{
			{ID: "mine", Work: goal.Work{Epics: []string{"PAY-1"}}},
			{ID: "other", Work: goal.Work{Epics: []string{"PAY-2"}}},
		}
		at := flowtest.At(t, "2026-01-05")
		var steps []string
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			at = at.Add(time.Duration(rapid.IntRange(1, 40*24).Draw(t, "hours")) * time.Hour)
			steps = append(steps, at.Format("2006-01-02 15:04"))
		}
		h := built(t, goals, append(pace(t, "PAY-1", 100, "2026-01-05", "2026-01-07"), pace(t, "PAY-2", 200, steps...)...))
		stalled := false
		for d := flowtest.At(t, "2026-01-08"); d.Before(at.AddDate(0, 2, 0)); d = d.AddDate(0, 0, 3) {
			g, _ := h.Snapshot(d).Goal("mine")
			if stalled && !*g.Stalled {
				t.Fatalf("the goal woke by %v without progress of its own", d)
			}
			stalled = *g.Stalled
		}
	})
}

func TestClocksStandStillWhileAGoalIsClosed(t *testing.T) {
	closed := epic(t).Resolves("2026-01-10", "Done").Reopens("2026-06-01", flowtest.Doing).Issue()
	h := ofEpic(t, closed,
		task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue())
	// Five days of silence before the closing and 17.5 after it make 22.5.
	for at, want := range map[string]bool{"2026-05-31": false, "2026-06-18 11:00": false, "2026-06-18 13:00": true} {
		if got := status(t, h, at); *got.Stalled != want {
			t.Errorf("at %s stalled: %v, want %v", at, *got.Stalled, want)
		}
	}
}

func TestAGoalWithoutContainersIsNotStalledWhileNothingIsOpen(t *testing.T) {
	g := goal.Goal{ID: "g", Work: goal.Work{Labels: []goal.InProject{{Name: "p95"}}}}
	h := built(t, []goal.Goal{g}, []*flow.Issue{flowtest.New(t, "PAY-2", "2026-01-02").Labelled("2026-01-02", "p95").Resolves("2026-01-12", "Done").Issue()})
	if got := status(t, h, "2026-02-10"); *got.Stalled {
		t.Error("it is called stalled while it waits to be called done")
	}
}

func TestQuietComesBeforeStalled(t *testing.T) {
	h := ofEpic(t, starts(t, "2026-01-05")...)
	// Stalled after 22.5 days, quiet after 15.
	for at, want := range map[string]measure.Movement{
		"2026-01-20": measure.Active, "2026-01-20 00:01": measure.Quiet, "2026-01-27 12:00": measure.Quiet, "2026-01-27 12:01": measure.StandsStill,
	} {
		if got := status(t, h, at); got.Movement != want {
			t.Errorf("at %s: %q, want %q", at, got.Movement, want)
		}
	}
}

func TestAStalledGoalCanBeBusyAllTheSame(t *testing.T) {
	begun := func() *flowtest.Builder { return task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing) }
	touched := func(b *flowtest.Builder, n int) *flowtest.Builder {
		for k := range n {
			b.Touched(date(t, "2026-01-10").AddDays(k).String())
		}
		return b
	}
	for _, c := range []struct {
		name   string
		issues []*flow.Issue
		want   bool
	}{
		{"five changes without meaning", []*flow.Issue{touched(begun(), 5).Issue()}, true},
		{"four are too few", []*flow.Issue{touched(begun(), 4).Issue()}, false},
		{"added scope has a meaning", []*flow.Issue{touched(begun(), 5).Issue(), task(t, 3, "2026-01-20").Issue()}, false},
		{"an estimate that somebody changes has one", []*flow.Issue{touched(begun(), 5).Estimates("2026-01-20", "5").Issue()}, false},
		{"an estimate that a bot changes has none", []*flow.Issue{touched(begun(), 5).ByBot().Estimates("2026-01-20", "5").Issue()}, true},
		{"a due date that somebody changes has one too", []*flow.Issue{touched(begun(), 5).Dues("2026-01-20", "2026-03-01").Issue()}, false},
		{"nor has that a bot moves an issue on or back, or out of the goal", []*flow.Issue{touched(begun(), 5).Issue(),
			task(t, 3, "2026-01-02").ByBot().Moves("2026-01-20", flowtest.Doing).Moves("2026-01-21", flowtest.ToDo).Issue(),
			task(t, 4, "2026-01-02").ByBot().Joins("2026-01-20", "").Issue()}, true},
		{"it has where somebody does", []*flow.Issue{touched(begun(), 5).Issue(), task(t, 4, "2026-01-02").Joins("2026-01-20", "").Issue()}, false},
		{"it has where somebody and a bot do at one moment", []*flow.Issue{touched(begun(), 5).Issue(),
			task(t, 4, "2026-01-02").Joins("2026-01-20", "").ByBot().Estimates("2026-01-20", "3").Issue()}, false},
		{"what bots do is nothing", []*flow.Issue{touched(begun().ByBot(), 9).Issue()}, false},
		{"today's changes are not known to be whole", []*flow.Issue{touched(begun(), 4).Touched("2026-02-01 10:00").Issue()}, false},
		{"a bulk edit is nothing", func() []*flow.Issue {
			issues := []*flow.Issue{begun().Issue()}
			for k := range 12 {
				issues = append(issues, task(t, 10+k, "2026-01-03").By(7).Touched("2026-01-20 10:00").Issue())
			}
			return issues
		}(), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := epicGoal()
			g.Count = goal.CountPoints
			got := status(t, built(t, []goal.Goal{g}, append(c.issues, epic(t).Issue())), "2026-02-01 12:00")
			if !*got.Stalled || got.StalledBusy != c.want {
				t.Errorf("stalled %v, busy %v, want true and %v", *got.Stalled, got.StalledBusy, c.want)
			}
		})
	}
}
