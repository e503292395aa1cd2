package app_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/measure"
	"plumbline/internal/syncer"
)

func TestFiguresOfASiteThatIsNoLongerReadAreWithheldUntilItIs(t *testing.T) {
	s := open(t, aerogear(t), at(t, "2012-02-15 00:00"))
	s.sync(t, syncer.Full)
	look := func(days int) *measure.GoalStatus {
		t.Helper()
		s.now = at(t, "2012-02-15 00:00").AddDate(0, 0, days)
		if err := s.Tick(); err != nil {
			t.Fatal(err)
		}
		g, ok := s.Snapshot().Goal("aerogear-1-0-0-m2")
		if !ok || g.Evidence == nil {
			t.Fatalf("after %d days there is no evidence", days)
		}
		return g
	}
	then := look(0)
	if then.Delivered == nil || then.Health == measure.HealthUnknown {
		t.Fatalf("read just now: %+v", then)
	}
	stale := func(x measure.Suppression) bool { return x.Reason == "freshness" }
	if g := look(13); g.Delivered == nil || slices.ContainsFunc(g.Suppressed, stale) {
		t.Errorf("read 13 days ago by hand: delivered %v, suppressed %v", g.Delivered, g.Suppressed)
	}
	g := look(14)
	if g.Delivered != nil || g.Health != measure.HealthUnknown || g.Evidence.Weakest != "freshness" {
		t.Errorf("read 14 days ago: delivered %v, health %s, weakest %s", g.Delivered, g.Health, g.Evidence.Weakest)
	}
	past, err := s.SnapshotAt(t.Context(), at(t, "2012-02-15 00:00"))
	if err != nil {
		t.Fatal(err)
	}
	if was, _ := past.Goal(then.ID); cmp.Diff(then, was) != "" {
		t.Errorf("the past has changed (-then +as of then):\n%s", cmp.Diff(then, was))
	}
	s.sync(t, syncer.Incremental)
	if g := look(14); g.Delivered == nil || g.Health == measure.HealthUnknown {
		t.Errorf("read again: delivered %v, health %s", g.Delivered, g.Health)
	}
	if g, _ := s.Snapshot().Goal(then.ID); g.HealthSince.After(s.now.Add(-24 * time.Hour)) {
		t.Errorf("after the outage the health shows since %s, as if it were new", g.HealthSince)
	}
}

func TestWhatOneTeamDeclaresWronglyHidesNoFigureOfTheOthers(t *testing.T) {
	goals := parseGoals(t, `goals:
  - {id: refused, name: A, owner: t, work: {jql: colour = red}}
  - {id: misspelt, name: B, owner: t, reported: {field: Progres}, work: {epics: [PAY-4]}}
  - {id: right, name: C, owner: t, work: {epics: [PAY-1]}}
`)
	s := openGoals(t, progressWorld(t), at(t, "2026-11-18 12:00"), goals)
	for _, kind := range []syncer.Kind{syncer.Full, syncer.Incremental} {
		reports, err := s.Sync(t.Context(), "", kind, nil)
		if err != nil || len(reports) != 1 || reports[0].Result != syncer.Partial || len(reports[0].Reasons) != 2 {
			t.Fatalf("%s: %v, %+v; want it partial, for two reasons", kind, err, reports)
		}
		g, ok := s.Snapshot().Goal("right")
		if !ok || g.Delivered == nil || *g.Delivered != 0.5 || slices.ContainsFunc(g.Suppressed, func(x measure.Suppression) bool { return x.Reason == "freshness" }) {
			t.Errorf("%s: the right goal is %+v; want one of its two issues delivered", kind, g)
		}
		s.now = s.now.AddDate(0, 0, 15) // by when figures that nobody read again are withheld
	}
}
