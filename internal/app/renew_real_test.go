package app_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/measure"
	"plumbline/internal/syncer"
)

// Day by day, what is measured of the AeroGear issues from the measuring before
// and what a sync found is what is measured of all of them.
func TestRenewedFiguresOfAeroGearAreThoseMeasuredAnew(t *testing.T) {
	s := open(t, aerogear(t), at(t, "2012-02-02 06:00"))
	s.sync(t, syncer.Full)
	if err := s.Measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	renewed := 0
	for range 27 {
		s.now = s.now.AddDate(0, 0, 1)
		s.sync(t, syncer.Incremental)
		if err := s.Measure(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !s.Renewed() { // a version was made or released, or there was nothing new
			continue
		}
		renewed++
		anew, err := s.Anew(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, when := range []time.Time{s.now.AddDate(0, 0, -20), s.now.AddDate(0, 0, -4), s.now} {
			if d := cmp.Diff(told(anew, when), told(s.Figures(), when)); d != "" {
				t.Fatalf("on %s, as of %s (-measured anew +renewed):\n%s", s.now, when, d)
			}
		}
	}
	if renewed < 10 {
		t.Errorf("the figures of %d days were renewed: that proves little", renewed)
	}
}

// told is all that a history tells as of a moment.
func told(h *measure.History, when time.Time) map[string]any {
	snap := h.Snapshot(when)
	out := map[string]any{"snapshot": snap, "unlinked": h.Unlinked(when)}
	out["decisions"], _ = h.Decisions("", when)
	for k := range snap.Goals {
		out[snap.Goals[k].ID], _ = h.Explain(snap.Goals[k].ID, "", when)
	}
	return out
}
