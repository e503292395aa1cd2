package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
)

func TestWhatAVersionWasBeforeIsKeptWithItsTime(t *testing.T) {
	s := openTemp(t)
	planned := flow.Version{ID: "9", Name: "3.2", Project: "PAY", Release: flow.Date{Year: 2026, Month: 11, Day: 27}}
	moved := planned
	moved.Release = flow.Date{Year: 2026, Month: 12, Day: 18}
	released := moved
	released.Released = true
	first, second := at("2026-07-01T00:00:00Z"), at("2026-10-20T00:00:00Z")
	for _, step := range []struct {
		v      flow.Version
		seen   time.Time
		events int
	}{
		{planned, first, 1},
		{planned, first.Add(time.Hour), 0},
		{moved, second, 1},
		{released, second.Add(-time.Hour), 1}, // the site's clock was set back
		{released, second.Add(time.Hour), 0},
	} {
		w, err := s.Write(t.Context(), flow.Batch{Site: "acme", Versions: []flow.Version{step.v}, Seen: step.seen}, flow.Checkpoint{})
		mustDo(t, err)
		if w.Events != step.events {
			t.Errorf("%+v: %d events, want %d", step.v, w.Events, step.events)
		}
	}
	got, err := s.VersionHistory("acme")
	mustDo(t, err)
	want := map[string][]flow.VersionSeen{"9": {
		{Seen: first, Version: planned}, {Seen: second, Version: moved}, {Seen: second.Add(time.Millisecond), Version: released},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	catalog, err := s.Catalog("acme")
	if err != nil || catalog.Versions["9"] != released {
		t.Errorf("at present: %+v, %v", catalog.Versions["9"], err)
	}
	if none, err := s.VersionHistory("nowhere"); err != nil || len(none) != 0 {
		t.Errorf("of a site that is not known: %v, %v", none, err)
	}
}

func TestSprintsAreHeldAsTheyWereSeenLast(t *testing.T) {
	s := openTemp(t)
	one := flow.Sprint{ID: "5", BoardID: "1", Name: "Sprint 5", State: "active", Goal: "faster", Start: 1_790_000_000_000, End: 1_791_000_000_000}
	two := flow.Sprint{ID: "6", BoardID: "1", Name: "Sprint 6", State: "future"}
	write := func(want int, sprints ...flow.Sprint) {
		t.Helper()
		w, err := s.Write(t.Context(), flow.Batch{Site: "acme", Sprints: sprints}, flow.Checkpoint{})
		mustDo(t, err)
		if w.Events != want {
			t.Errorf("%d events, want %d", w.Events, want)
		}
	}
	write(2, one, two)
	write(0, two, one)
	one.State, one.CompleteAt = "closed", 1_791_000_000_001
	write(1, one)
	got, err := s.Sprints("acme")
	mustDo(t, err)
	if diff := cmp.Diff([]flow.Sprint{one, two}, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	if none, err := s.Sprints("nowhere"); err != nil || len(none) != 0 {
		t.Errorf("of a site that is not known: %v, %v", none, err)
	}
}
