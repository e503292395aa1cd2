package measure_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// What is kept of past days is what would be made anew, in whichever order the
// moments are asked for.
func TestCriteriaOverPastDaysAreTheSameHoweverOftenTheyAreAsked(t *testing.T) {
	g := epicGoal()
	g.StopWhen = []goal.StopCriterion{
		{ID: "slow", When: "delivered_completion < 60% for 6d"}, {ID: "silent", When: "(stalled or last_progress_age > 3d) for 2d"},
	}
	fresh := func() *measure.History {
		return built(t, []goal.Goal{g}, half(t))
	}
	kept, met := fresh(), 0
	for _, hours := range []int{0, 1, 30, 500, 250, 31, 0, 499} {
		at := flowtest.At(t, "2026-01-04").Add(time.Duration(hours) * time.Hour)
		want, _ := fresh().Snapshot(at).Goal("g")
		got, _ := kept.Snapshot(at).Goal("g")
		if diff := cmp.Diff(want.StopCriteria, got.StopCriteria); diff != "" {
			t.Errorf("at %s (-made anew +kept):\n%s", at, diff)
		}
		met += len(got.MetCriteria())
	}
	if met == 0 || met == 16 {
		t.Errorf("%d criteria were met: that proves nothing", met)
	}
}
