package measure_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

func TestTimesOfWorkWorkedByHand(t *testing.T) {
	h := ofEpic(t,
		epic(t).Issue(),
		// Two days, four days, and ten of which some were spent re-opened.
		task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-07", "Done").Issue(),
		task(t, 3, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-09", "Done").Issue(),
		task(t, 4, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-08", "Done").Reopens("2026-01-12", flowtest.ToDo).
			Moves("2026-01-13", flowtest.Doing).Resolves("2026-01-15", "Done").Issue(),
		// Never in progress; dropped; begun outside and moved in; delivered outside and moved in.
		task(t, 5, "2026-01-02").Resolves("2026-01-10", "Done").Issue(),
		task(t, 6, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-10", "Won't Do").Issue(),
		flowtest.New(t, "PAY-7", "2026-01-02").Moves("2026-01-04", flowtest.Doing).Joins("2026-01-15", "PAY-1").Assigns("2026-01-16", 3).Issue(),
		flowtest.New(t, "PAY-8", "2026-01-02").Resolves("2026-01-04", "Done").Joins("2026-01-15", "PAY-1").Issue(),
		// In progress, back to do and in progress again: one episode.
		task(t, 9, "2026-01-02").Moves("2026-01-10", flowtest.Doing).Moves("2026-01-12", flowtest.ToDo).Moves("2026-01-14", flowtest.Review).Issue(),
	)
	got := status(t, h, "2026-01-20")
	const day = 86400.0
	for _, c := range []struct {
		name      string
		want, got *measure.Percentiles
	}{
		// 2, 4 and 10 days: h = .85 · 2 = 1.7, .95 · 2 = 1.9.
		{"cycle time", &measure.Percentiles{P50: 4 * day, P85: 8.2 * day, P95: 9.4 * day, N: 3}, got.CycleTime},
		{"work item age", &measure.Percentiles{P50: 13 * day, P85: 15.1 * day, P95: 15.7 * day, N: 2}, got.Age},
	} {
		if d := cmp.Diff(c.want, c.got, cmpopts.EquateApprox(0, 1e-3)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
	// PAY-8 was delivered before it moved in; PAY-4 counts when it was first.
	if d := cmp.Diff(&measure.Windows{Days7: 0, Days28: 4, Days90: 4}, got.Finished); d != "" {
		t.Errorf("finished (-want +got):\n%s", d)
	}
	if d := cmp.Diff(&measure.Windows{Days7: 3, Days28: 3, Days90: 3}, status(t, h, "2026-01-09 12:00").Finished); d != "" {
		t.Errorf("finished by 9 January (-want +got):\n%s", d)
	}
	if *got.Unowned != 0.5 {
		t.Errorf("unowned %v, want 0.5: PAY-7 is assigned, PAY-9 is not", *got.Unowned)
	}
	if before := status(t, h, "2026-01-03"); before.CycleTime != nil || before.Age != nil || before.Unowned != nil || before.Missing["cycle_time"] == "" {
		t.Errorf("before anything began: %+v", before)
	}
}

func TestReopenedByKaplanAndMeier(t *testing.T) {
	closed := func(n int, at string) *flowtest.Builder { return task(t, n, "2026-01-02").Resolves(at, "Done") }
	for _, c := range []struct {
		name   string
		issues []*flow.Issue
		at     string
		want   *float64
	}{
		{"nothing delivered is not known", []*flow.Issue{task(t, 2, "2026-01-02").Issue()}, "2026-02-01", nil},
		{"what stays is not re-opened", []*flow.Issue{closed(2, "2026-01-05").Issue()}, "2026-06-01", ptr(0.0)},
		// Of four, one after 2 days (3/4 stay), one is watched for 5 days only,
		// one after 10 days (of the two left: 1/2): 1 − 3/4 · 1/2.
		{"one that is watched briefly counts while it is", []*flow.Issue{
			closed(2, "2026-01-05").Reopens("2026-01-07", flowtest.ToDo).Issue(), closed(3, "2026-01-05").Reopens("2026-01-15", flowtest.ToDo).Issue(),
			closed(4, "2026-01-05").Issue(), closed(5, "2026-05-27").Issue()}, "2026-06-01", ptr(1 - 3.0/4/2)},
		{"after more than 30 days is none", []*flow.Issue{closed(2, "2026-01-05").Reopens("2026-02-05", flowtest.ToDo).Issue()}, "2026-06-01", ptr(0.0)},
		{"a delivery of less than an hour was none", []*flow.Issue{
			closed(2, "2026-01-05 10:00").Reopens("2026-01-05 10:30", flowtest.ToDo).Issue(), closed(3, "2026-01-05").Issue()}, "2026-06-01", ptr(0.0)},
		{"a re-opening of less than an hour is none", []*flow.Issue{
			closed(2, "2026-01-05").Reopens("2026-01-08 10:00", flowtest.ToDo).Resolves("2026-01-08 10:30", "Done").Issue()}, "2026-06-01", ptr(0.0)},
		{"delivered twice is watched twice", []*flow.Issue{
			closed(2, "2026-01-05").Reopens("2026-01-08", flowtest.ToDo).Resolves("2026-01-20", "Done").Issue()}, "2026-06-01", ptr(0.5)},
		{"what is delivered outside the goal is not watched", []*flow.Issue{
			flowtest.New(t, "PAY-2", "2026-01-02").Resolves("2026-01-05", "Done").Joins("2026-01-06", "PAY-1").Reopens("2026-01-08", flowtest.ToDo).Issue()},
			"2026-06-01", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := status(t, ofEpic(t, append(c.issues, epic(t).Issue())...), c.at)
			if d := cmp.Diff(c.want, got.Reopened, cmpopts.EquateApprox(0, 1e-12)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestHealthByEverySignal(t *testing.T) {
	for _, c := range []struct {
		name string
		s    measure.Signals
		want measure.Health
	}{
		{"nothing known but that it began", measure.Signals{Started: true}, measure.OnTrack},
		{"done comes before all", measure.Signals{Finished: true, Started: true, Defect: true, Stalled: true, TargetOver: true}, measure.Finished},
		{"then not started", measure.Signals{Defect: true, TargetOver: true}, measure.NotStarted},
		{"then a defect of the data", measure.Signals{Started: true, Defect: true, Stalled: true}, measure.HealthUnknown},
		{"then a stall", measure.Signals{Started: true, Stalled: true, TargetOver: true}, measure.Stalled},
		{"then a target that is over", measure.Signals{Started: true, TargetOver: true, OnTime: ptr(1.0)}, measure.OffTrack},
		{"a chance below 30 %", measure.Signals{Started: true, OnTime: ptr(0.29)}, measure.OffTrack},
		{"a chance of 30 %", measure.Signals{Started: true, OnTime: ptr(0.3)}, measure.AtRisk},
		{"a chance of 70 %", measure.Signals{Started: true, OnTime: ptr(0.7)}, measure.OnTrack},
		{"as likely overstated as not", measure.Signals{Started: true, OnTime: ptr(0.9), Overstated: ptr(0.5)}, measure.AtRisk},
		{"less likely", measure.Signals{Started: true, Overstated: ptr(0.49)}, measure.OnTrack},
		{"a decision overdue", measure.Signals{Started: true, Overdue: true}, measure.AtRisk},
	} {
		if got := c.s.Health(measure.DefaultThresholds()); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestEveryFigureIsExplainedByItsEvents(t *testing.T) {
	g := epicGoal()
	g.Targets = []goal.Target{{Date: date(t, "2026-03-31"), Said: date(t, "2026-01-05")}, {Date: date(t, "2026-04-30"), Said: date(t, "2026-02-01")}}
	h := built(t, []goal.Goal{g}, []*flow.Issue{
		epic(t).Issue(),
		task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-07", "Done").Reopens("2026-01-10", flowtest.Doing).Issue(),
		task(t, 3, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-09", "Done").Issue(),
		task(t, 4, "2026-01-08").Flagged("2026-01-09", true).Issue(),
		task(t, 5, "2026-01-02").Resolves("2026-01-09", "Done").Issue(),
	})
	for _, c := range []struct {
		measure, value string
		counted, left  int
	}{
		{"drift", "1 added, 0 moved in, 0 moved out, 0 deleted, 0 discarded, 1 re-opened", 2, 0},
		{"slip", "30 days", 1, 0},
		{"finished_issues", "0 in 7 days, 0 in 28, 3 in 90", 3, 0},
		{"cycle_time", "4 days in half of them, 4 days in 85 %", 1, 1},
		{"work_item_age", "51 days in half of them, 51 days in 85 %", 1, 0},
		{"reopened", "33.3 %", 1, 0},
		{"blocked_issues", "1", 1, 0},
		{"unowned", "100.0 %", 1, 0},
		{"stalled", "yes, since 2026-01-31 12:00 UTC", 2, 0},
	} {
		e, ok := h.Explain("g", c.measure, flowtest.At(t, "2026-03-02"))
		if !ok {
			t.Errorf("%s is not explained", c.measure)
			continue
		}
		m := e.Measures[0]
		if got := fmt.Sprint(m.Value, len(m.Counted), len(m.LeftOut)); got != fmt.Sprint(c.value, c.counted, c.left) {
			t.Errorf("%s: %s, %d counted, %d left out; want %s, %d, %d", c.measure, m.Value, len(m.Counted), len(m.LeftOut), c.value, c.counted, c.left)
		}
	}
}
