package measure_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

func TestAStatusThatIsGivenAnotherCategoryChangesNoPastAndIsNoProgress(t *testing.T) {
	issues := []*flow.Issue{
		epic(t).Issue(),
		task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Moves("2026-01-06", flowtest.Review).Issue(),
		task(t, 3, "2026-01-02").Moves("2026-01-06", flowtest.Doing).Moves("2026-01-07", flowtest.Review).Resolves("2026-01-09", "Done").Issue(),
		task(t, 4, "2026-01-02").Issue(),
	}
	changed := flowtest.Catalog()
	changed.Statuses[flowtest.Review] = flow.StatusInfo{ID: flowtest.Review, Name: flowtest.Review, Category: flow.Done}
	changed.Was = map[string][]flow.Categorised{flowtest.Review: {{Category: flow.InProgress, Until: flowtest.At(t, "2026-02-01")}}}
	before := ofEpic(t, issues...)
	after := built(t, []goal.Goal{epicGoal()}, issues, on(changed))
	for _, at := range []string{"2026-01-08", "2026-01-31 23:59"} {
		was, is := status(t, before, at), status(t, after, at)
		if diff := cmp.Diff([]any{was.Issues, was.Reported, was.Delivered, was.LastProgress}, []any{is.Issues, is.Reported, is.Delivered, is.LastProgress}); diff != "" {
			t.Errorf("as of %s, before the change (-as it was told then, +as it is told now):\n%s", at, diff)
		}
	}
	is := status(t, after, "2026-02-10")
	if want := (measure.Parts{ToDo: 1, Delivered: 2}); is.Issues != want {
		t.Errorf("after the change: %+v, want %+v", is.Issues, want)
	}
	if diff := cmp.Diff(instant(t, "2026-01-09"), is.LastProgress); diff != "" {
		t.Errorf("last progress (-want +got):\n%s", diff)
	}
	told, ok := after.Explain("g", "last_progress", flowtest.At(t, "2026-02-10"))
	if !ok || len(told.Measures) == 0 {
		t.Fatalf("last progress is not explained: %+v", told)
	}
	const why = "delivered (Review): the category of the status was changed, and not the issue"
	left := ""
	for _, e := range told.Measures[0].LeftOut {
		left += e.What + "\n"
	}
	if !strings.Contains(left, why) {
		t.Errorf("left out is\n%s\nwant %s", left, why)
	}
}
