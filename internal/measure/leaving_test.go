package measure_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
)

// Whoever leaves gets nothing, and leaves nothing half made behind for those
// who come later.
func TestASnapshotEndsWithTheOneWhoAskedForIt(t *testing.T) {
	const goals = 20
	var all []goal.Goal
	for n := range goals {
		g := epicGoal()
		g.ID = fmt.Sprintf("g%02d", n)
		all = append(all, g)
	}
	h, at := built(t, all, half(t)), flowtest.At(t, "2026-01-20")
	want, broken := built(t, all, half(t)).Snapshot(at), 0
	for stays := range int64(3 * goals) {
		var asked atomic.Int64
		got := h.SnapshotWhile(at, func() bool { return asked.Add(1) <= stays })
		if got != nil {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("who stays for %d goals gets another snapshot (-want +got):\n%s", stays, diff)
			}
			continue
		}
		broken++
		if diff := cmp.Diff(want, h.Snapshot(at)); diff != "" {
			t.Fatalf("after one who left after %d goals (-want +got):\n%s", stays, diff)
		}
	}
	if broken != 2*goals+2 { // asked for before each goal twice, and after all goals twice
		t.Errorf("%d snapshots were broken off", broken)
	}
}
