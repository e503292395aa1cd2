package measure_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

func TestWhatIsTakenBackWithinTheHourWasNotDeliveredAnew(t *testing.T) {
	// Worked on from 2 to 5 January, and re-opened on 1 June at 10:00.
	old := func() *flowtest.Builder {
		return indebted(t, 2, "2026-01-02").Moves("2026-01-02", flowtest.Doing).Resolves("2026-01-05", "Done").Reopens("2026-06-01 10:00", flowtest.ToDo)
	}
	const day = 86400.0
	for _, c := range []struct {
		name    string
		issue   *flow.Issue
		at      string
		issues  measure.Parts
		retired measure.Windows
		flow    *measure.FlowTime
		cycle   float64 // in days; 0 for none
	}{
		{"closed after five minutes, it was delivered in January", old().Resolves("2026-06-01 10:05", "Done").Issue(),
			"2026-06-02", measure.Parts{Delivered: 1}, measure.Windows{}, nil, 3},
		{"again and again too", old().Resolves("2026-06-01 10:05", "Done").Reopens("2026-06-01 10:30", flowtest.Doing).Resolves("2026-06-01 11:29", "Done").Issue(),
			"2026-06-02", measure.Parts{Delivered: 1}, measure.Windows{}, nil, 3},
		{"while it is open, nobody knows of how soon it is closed", old().Resolves("2026-06-01 10:05", "Done").Issue(),
			"2026-06-01 10:02", measure.Parts{ToDo: 1}, measure.Windows{}, nil, 0},
		{"closed after an hour, it is delivered anew", old().Resolves("2026-06-01 11:00", "Done").Issue(),
			"2026-06-02", measure.Parts{Delivered: 1}, measure.Windows{Days7: 1, Days28: 1, Days90: 1},
			&measure.FlowTime{Issues: 1, ActiveSeconds: 3 * day, UnknownSeconds: 147*day + 11*3600, Coverage: 3 * day / (150*day + 11*3600)}, 150 + 11.0/24},
		{"discarded after five minutes, it is no longer delivered", old().Resolves("2026-06-01 10:05", "Won't Do").Issue(),
			"2026-06-02", measure.Parts{Discarded: 1}, measure.Windows{}, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := ofEpic(t, epic(t).Issue(), c.issue)
			got := status(t, h, c.at)
			if d := cmp.Diff(c.issues, got.Debt.Issues); d != "" {
				t.Errorf("debt (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.retired, got.Debt.Retired); d != "" {
				t.Errorf("retired (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.flow, got.FlowTime); d != "" {
				t.Errorf("time (-want +got):\n%s", d)
			}
			var cycle float64
			if got.CycleTime != nil {
				cycle = got.CycleTime.P50 / day
			}
			if cycle != c.cycle {
				t.Errorf("it took %v days, want %v", cycle, c.cycle)
			}
		})
	}
}

func TestDebtThatIsTakenBackWithinTheHourIsNotRetiredAnew(t *testing.T) {
	retired := func(closedAt string) string {
		h := ofEpic(t, epic(t).Issue(), indebted(t, 2, "2026-01-02").Resolves("2026-01-05", "Done").Reopens("2026-06-01 10:00", flowtest.ToDo).Resolves(closedAt, "Done").Issue(),
			indebted(t, 3, "2026-01-02").Issue())
		e, _ := h.Explain("g", "trap_debt_discussed_not_retired", flowtest.At(t, "2026-06-10"))
		for _, in := range e.Measures[0].Inputs {
			if in.Name == "delivered in 90 days" {
				return in.Value
			}
		}
		t.Fatalf("what was delivered is not told: %+v", e)
		return ""
	}
	if soon, late := retired("2026-06-01 10:05"), retired("2026-06-01 11:00"); soon != "0" || late != "1" {
		t.Errorf("delivered in 90 days: %s after five minutes, %s after an hour", soon, late)
	}
}

func TestAGoalThatIsTakenBackWithinTheHourWasNotClosedAnew(t *testing.T) {
	// Closed on 10 January with an issue open, which is residue thirty days later:
	// by 9 February it is finished, and shown to be five days after.
	h := func(opened, closed string) *measure.History {
		return ofEpic(t, epic(t).Resolves("2026-01-10", "Done").Reopens(opened, flowtest.ToDo).Resolves(closed, "Done").Issue(),
			task(t, 2, "2026-01-02").Resolves("2026-01-08", "Done").Issue(), task(t, 3, "2026-01-02").Issue())
	}
	for _, c := range []struct {
		name, closed string
		want         measure.Health
	}{
		{"re-opened for five minutes", "2026-02-05 10:05", measure.Finished},
		{"re-opened for an hour", "2026-02-05 11:00", measure.OnTrack},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := status(t, h("2026-02-05 10:00", c.closed), "2026-02-20").Health; got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
	t.Run("while it is open it is not closed", func(t *testing.T) {
		g := status(t, h("2026-02-05 10:00", "2026-02-05 10:05"), "2026-02-05 10:02")
		if g.Movement == "" {
			t.Error("it is taken for closed")
		}
	})
}

func TestADescopingIsNotToldOfLongerForAClosingThatIsTakenBack(t *testing.T) {
	// The target was met on 10 February, with three of ten issues moved out on the
	// 5th: told of for 90 days, until 11 May, and a week.
	g := epicGoal()
	g.Targets = []goal.Target{{Date: date(t, "2026-03-01")}}
	issues := []*flow.Issue{epic(t).Resolves("2026-02-10", "Done").Reopens("2026-05-01 10:00", flowtest.ToDo).Resolves("2026-05-01 10:05", "Done").Issue()}
	for n := range 10 {
		b := task(t, 10+n, "2026-01-02")
		if n < 3 {
			issues = append(issues, b.Joins("2026-02-05", "").Issue())
		} else {
			issues = append(issues, b.Resolves("2026-02-08", "Done").Issue())
		}
	}
	shows(t, built(t, []goal.Goal{g}, issues), "silent_descoping", "2026-02-17", "2026-05-18")
}
