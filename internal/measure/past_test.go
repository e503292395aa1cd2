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

// That the midnight's facts had not been read yet when the figure was first
// asked for is no property of the midnight.
func TestAFigureThatWasStaleWhenItWasAskedForIsMadeAnewOnceTheSiteWasRead(t *testing.T) {
	g := epicGoal()
	g.StopWhen = []goal.StopCriterion{{ID: "still", When: "stalled for 14d"}}
	h := built(t, []goal.Goal{g}, tasks(t, 12))
	as := func(last, at string) []measure.StopCriterion {
		read := map[string]time.Time{flowtest.Site: flowtest.At(t, last)}
		return status(t, h.SyncedAt(read, 5*time.Minute), at).StopCriteria
	}
	down := as("2026-03-09 20:00", "2026-03-10 09:00")
	if down[0].Met != nil {
		t.Fatalf("thirteen hours after the last sync: %+v", down)
	}
	back := as("2026-03-10 09:05", "2026-03-10 09:06")
	want := []measure.StopCriterion{{ID: "still", When: "stalled for 14d", Met: ptr(true)}}
	if d := cmp.Diff(want, back); d != "" {
		t.Errorf("after the next sync (-want +got):\n%s", d)
	}
	if d := cmp.Diff(down, as("2026-03-09 20:00", "2026-03-10 09:00")); d != "" {
		t.Errorf("asked again as it was known before (-want +got):\n%s", d)
	}
}
