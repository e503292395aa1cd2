package measure_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
)

// leaving is the context of somebody who goes after having been asked for so
// often.
type leaving struct {
	context.Context
	stays, asked atomic.Int64
}

func (l *leaving) Err() error {
	if l.asked.Add(1) > l.stays.Load() {
		return context.Canceled
	}
	return nil
}

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
		caller := &leaving{Context: t.Context()}
		caller.stays.Store(stays)
		got, err := h.SnapshotFor(caller, at)
		if err == nil {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("who stays for %d goals gets another snapshot (-want +got):\n%s", stays, diff)
			}
			continue
		}
		broken++
		if got != nil || !errors.Is(err, context.Canceled) {
			t.Fatalf("who leaves after %d goals gets %v and %v", stays, got, err)
		}
		if diff := cmp.Diff(want, h.Snapshot(at)); diff != "" {
			t.Fatalf("after one who left after %d goals (-want +got):\n%s", stays, diff)
		}
	}
	if broken != 2*goals+2 { // asked for before each goal twice, and after all goals twice
		t.Errorf("%d snapshots were broken off", broken)
	}
}
