package measure_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

func TestWhatAStalledGoalWaitsFor(t *testing.T) {
	begun := func(n int) *flowtest.Builder {
		return task(t, n, "2026-01-02").Assigns("2026-01-03", 7).Moves("2026-01-05", flowtest.Doing)
	}
	open := flowtest.New(t, "PAY-90", "2026-01-02").Issue() // of no goal
	answered := flowtest.New(t, "PAY-91", "2026-01-02").Resolves("2026-01-20", "Done").Issue()
	for _, c := range []struct {
		name    string
		issues  []*flow.Issue
		want    []measure.Wait
		blocked int
	}{
		{"for nothing that could be seen, where somebody is at work", []*flow.Issue{begun(2).Issue()}, nil, 0},
		{"for a flag to be taken away", []*flow.Issue{begun(2).Flagged("2026-01-10", true).Issue(), begun(3).Issue()},
			[]measure.Wait{{Kind: "blocked", What: "1 of its 2 open issues is blocked, by status or flag", Issues: 1}}, 1},
		{"not for one that was", []*flow.Issue{begun(2).Flagged("2026-01-10", true).Flagged("2026-01-12", false).Issue()}, nil, 0},
		{"for an open issue of another goal", []*flow.Issue{begun(2).Links("2026-01-10", "is blocked by", "PAY-90").Issue(), open},
			[]measure.Wait{{Kind: "link", What: "1 of its 1 open issue is blocked by PAY-90", Issues: 1}}, 1},
		{"not for one that was closed", []*flow.Issue{begun(2).Links("2026-01-10", "is blocked by", "PAY-91").Issue(), answered}, nil, 0},
		{"not for one whose link was removed", []*flow.Issue{
			begun(2).Links("2026-01-10", "is blocked by", "PAY-90").Unlinks("2026-01-11", "is blocked by", "PAY-90").Issue(), open}, nil, 0},
		{"not for one that it blocks itself", []*flow.Issue{begun(2).Links("2026-01-10", "blocks", "PAY-90").Issue(), open}, nil, 0},
		{"for somebody, where nobody is assigned", []*flow.Issue{task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue()},
			[]measure.Wait{{Kind: "nobody", What: "nobody works on it: what is in progress (1) is assigned to no one", Issues: 1}}, 0},
		{"for somebody, where nothing is in progress", []*flow.Issue{begun(2).Moves("2026-01-06", flowtest.ToDo).Issue(), task(t, 3, "2026-01-02").Issue()},
			[]measure.Wait{{Kind: "nobody", What: "nobody works on it: none of its 2 open issues is in progress", Issues: 2}}, 0},
		{"for its end, where nothing is open", []*flow.Issue{begun(2).Resolves("2026-01-06", "Done").Issue()},
			[]measure.Wait{{Kind: "nothing_open", What: "no issue is open: it waits to be closed, or for its next work"}}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := status(t, ofEpic(t, append(c.issues, epic(t).Issue())...), "2026-02-20")
			if !*got.Stalled {
				t.Fatal("the goal is not stalled")
			}
			if d := cmp.Diff(c.want, got.WaitsFor); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if *got.Blocked != c.blocked {
				t.Errorf("%d blocked issues, want %d", *got.Blocked, c.blocked)
			}
		})
	}
	t.Run("for a decision, which is told of first", func(t *testing.T) {
		g := epicGoal()
		g.Decisions = []goal.Decision{{ID: "vendor", Class: "architecture", Asked: flow.Date{Year: 2026, Month: 1, Day: 10}, DecideBy: flow.Date{Year: 2026, Month: 1, Day: 20}}}
		got := status(t, built(t, []goal.Goal{g}, []*flow.Issue{epic(t).Issue(), begun(2).Flagged("2026-01-10", true).Issue()}), "2026-02-20")
		want := []measure.Wait{
			{Kind: "decision", What: "1 decision is open, 1 overdue; the oldest was asked for on 2026-01-10"},
			{Kind: "blocked", What: "1 of its 1 open issue is blocked, by status or flag", Issues: 1},
		}
		if d := cmp.Diff(want, got.WaitsFor); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
	t.Run("what moves waits for nothing", func(t *testing.T) {
		got := status(t, ofEpic(t, epic(t).Issue(), begun(2).Flagged("2026-01-10", true).Issue()), "2026-01-11")
		if got.WaitsFor != nil {
			t.Errorf("it waits for %v", got.WaitsFor)
		}
	})
}

func TestAMillionFlagTogglesAreCountedAsTheyStand(t *testing.T) {
	const n = 1_000_001
	i := task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue()
	at := flowtest.At(t, "2026-01-06")
	set, none := flow.Named{ID: "1", Name: "Impediment"}, flow.Named{}
	for k := range n {
		c := flow.Change{At: at.Add(time.Duration(k) * time.Millisecond), History: uint64(9_000_000 + k), Field: flow.FieldFlagged, From: none, To: set}
		if k%2 == 1 {
			c.From, c.To = set, none
		}
		i.Changes = append(i.Changes, c)
	}
	i.Histories, i.Announced, i.Now.Flagged = i.Histories+n, i.Announced+n, true
	h := ofEpic(t, epic(t).Issue(), i)
	for at, want := range map[string]int{"2026-01-05 12:00": 0, "2026-01-06": 1, "2026-02-20": 1} {
		if got := status(t, h, at); *got.Blocked != want {
			t.Errorf("at %s %d issues are blocked, want %d", at, *got.Blocked, want)
		}
	}
	if got := status(t, h, "2026-02-20"); !*got.Stalled {
		t.Error("a flag that flutters woke the goal")
	}
}

func TestClocksThatJumpAreTakenAsTheyAre(t *testing.T) {
	// Changes from before the creation hold from the creation on; a change
	// from the far future is not looked at until then.
	i := task(t, 2, "2026-01-10").Moves("2025-12-01", flowtest.Doing).Moves("2199-01-01", flowtest.Done).Issue()
	h := ofEpic(t, epic(t).Issue(), i)
	got := status(t, h, "2026-02-20")
	if got.Issues != (measure.Parts{InProgress: 1}) || got.Age == nil || got.Age.P50 != 41*86400 {
		t.Errorf("parts %+v, age %+v; want one in progress for 41 days", got.Issues, got.Age)
	}
	if later := status(t, h, "2199-06-01"); later.Issues != (measure.Parts{Delivered: 1}) || later.CycleTime == nil {
		t.Errorf("in 2199: %+v, cycle time %v", later.Issues, later.CycleTime)
	}
}

func TestACalendarWithoutAWorkdayChangesNoStall(t *testing.T) {
	for name, c := range map[string]flow.Calendar{
		"without a workday": {},
		"of holidays alone": {Workdays: [7]bool{time.Monday: true}, Holidays: everyDay(t, "2026-01-01", 400)},
	} {
		t.Run(name, func(t *testing.T) {
			settings := measure.DefaultSettings()
			settings.Calendar = c
			h := built(t, []goal.Goal{epicGoal()}, starts(t, "2026-01-05"), under(settings))
			if got := status(t, h, "2026-01-27 12:01"); !*got.Stalled {
				t.Error("stalls are told by the clock on the wall, and this one is not")
			}
		})
	}
}

func everyDay(t flowtest.TB, first string, n int) []flow.Date {
	var out []flow.Date
	for k := range n {
		out = append(out, date(t, first).AddDays(k))
	}
	return out
}
