package measure_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

func input(t flowtest.TB, h *measure.History, figure, name, at string) string {
	t.Helper()
	e, ok := h.Explain("g", figure, flowtest.At(t, at))
	if !ok {
		t.Fatal(figure + " is not explained")
	}
	for _, in := range e.Measures[0].Inputs {
		if in.Name == name {
			return in.Value
		}
	}
	return ""
}

func TestTheEvidenceSaysWhatCommittedToTheGoal(t *testing.T) {
	issues := []*flow.Issue{
		epic(t).Issue(),
		task(t, 2, "2026-01-02").Resolves("2026-01-10", "Done").Issue(), // never in progress
		task(t, 3, "2026-01-02").Moves("2026-01-20", flowtest.Doing).Issue(),
		task(t, 4, "2026-01-15").Issue(),
	}
	for _, c := range []struct {
		name, start, at   string
		since, by         string
		addedToThatMoment string
	}{
		{"while no issue was in progress, the first delivery", "", "2026-01-18",
			"2026-01-10 00:00 UTC", "first delivery, since no issue was ever in progress", "1"},
		{"once one is, that one", "", "2026-01-25", "2026-01-20 00:00 UTC", "first issue in progress", "0"},
		{"a declared start that is later than the delivery", "2026-01-12", "2026-01-18",
			"2026-01-12 00:00 UTC", "declared start, which is later than the first delivery, since no issue was ever in progress", "1"},
		{"a declared start that is later than the progress", "2026-01-22", "2026-01-25",
			"2026-01-22 00:00 UTC", "declared start, which is later than the first issue in progress", "0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := epicGoal()
			if c.start != "" {
				g.Start = date(t, c.start)
			}
			h := built(t, []goal.Goal{g}, issues)
			for _, figure := range []string{"scope_added", "scope_removed", "drift"} {
				got := []string{input(t, h, figure, "commitment", c.at), input(t, h, figure, "committed", c.at)}
				if d := cmp.Diff([]string{c.since, c.by}, got); d != "" {
					t.Errorf("%s (-want +got):\n%s", figure, d)
				}
			}
			if got := fmt.Sprint(*status(t, h, c.at).ScopeAdded); got != c.addedToThatMoment {
				t.Errorf("%s came in since then, want %s", got, c.addedToThatMoment)
			}
		})
	}
}

func TestWasteIsWhatWasDiscardedAfterHavingBeenInProgress(t *testing.T) {
	h := ofEpic(t,
		epic(t).Issue(),
		task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-10", "Won't Do").Issue(),
		task(t, 3, "2026-01-02").Resolves("2026-01-10", "Won't Do").Issue(),                                                                      // never begun
		task(t, 4, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-10", "Done").Issue(),                                      // delivered
		task(t, 5, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-10", "Won't Do").Joins("2026-01-15", "").Issue(),          // left
		task(t, 6, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-10", "Won't Do").Reopens("2026-01-20", "To Do").Issue(),   // is open again
		task(t, 7, "2026-01-02").Resolves("2026-01-10", "Won't Do").Reopens("2026-01-20", flowtest.Doing).Resolves("2026-01-25", "Done").Issue(), // likewise
	)
	const waste = "discarded after having been in progress (waste)"
	for at, want := range map[string]string{"2026-01-09": "", "2026-01-12": "3", "2026-01-16": "2", "2026-01-30": "1"} {
		if got := input(t, h, "issues", waste, at); got != want {
			t.Errorf("at %s: %s, want %s", at, got, want)
		}
	}
	e, _ := h.Explain("g", "issues", flowtest.At(t, "2026-01-30"))
	var said []string
	for _, ev := range e.Measures[0].Counted {
		said = append(said, ev.Key+" "+ev.What)
	}
	if d := cmp.Diff("PAY-2 discarded (Done, Won't Do), after having been in progress", said[0]); d != "" {
		t.Errorf("PAY-2 (-want +got):\n%s", d)
	}
	if d := cmp.Diff("PAY-3 discarded (Done, Won't Do)", said[1]); d != "" {
		t.Errorf("PAY-3 (-want +got):\n%s", d)
	}
}

func TestAGoalThatIsDoneIsNotOverstated(t *testing.T) {
	issues := []*flow.Issue{epic(t).Resolves("2026-01-12", "Done").Issue()}
	for k := 2; k < 8; k++ {
		issues = append(issues, task(t, k, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-10", "Done").Issue())
	}
	h := built(t, []goal.Goal{epicGoal()}, issues, unlearnt(t, "2026-03-01"))
	g := status(t, h, "2026-03-01")
	want := []*float64{ptr(1.0), ptr(1.0), ptr(1.0), ptr(0.0)}
	if d := cmp.Diff(want, []*float64{g.RealLower, g.Real, g.RealUpper, g.Overstated}); d != "" || g.Health != measure.Finished {
		t.Errorf("%s; interval, median and chance of being overstated (-want +got):\n%s", g.Health, d)
	}
}
