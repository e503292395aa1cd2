package syncer_test

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/jirasim"
	"plumbline/internal/syncer"
)

// The clock of the synthetic company goes on in many small steps: after each
// sync the store holds what one full sync of that moment would, and there are
// only as many requests as something has changed.
func TestASyncOfEachMomentHoldsThatMoment(t *testing.T) {
	end := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	company := jirasim.NewCompany(7, end)
	var dump bytes.Buffer
	if err := company.WriteDump(&dump); err != nil {
		t.Fatal(err)
	}
	site, err := jirasim.LoadDump(&dump)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range company.Statuses {
		site.AddStatus(s)
	}
	w := newWorldOf(t, site, end.AddDate(0, 0, -30))
	w.mustRun(syncer.Full)
	random := rand.New(rand.NewPCG(1, 1))
	idle, changed := 0, 0
	for range 40 {
		w.now = w.now.Add(time.Duration(random.Int64N(int64(20 * time.Hour))))
		r := w.mustRun(syncer.Incremental)
		// Two requests tell who is who; pages of 40 overlap by an issue.
		if limit := 3 + r.Read/39; r.Requests > limit {
			t.Errorf("%s: %d requests for %d issues, want at most %d", w.now, r.Requests, r.Read, limit)
		}
		if changed += r.New + r.Changed; r.New+r.Changed == 0 {
			idle++
		}
		if diff := cmp.Diff(fullOf(t, w.client(), syncer.Options{Site: "acme", Now: func() time.Time { return w.now }}), w.dump()); diff != "" {
			t.Fatalf("%s: issues (-fresh +held):\n%s", w.now, diff)
		}
		if r := w.mustRun(syncer.Incremental); r.Requests != 3 || r.New+r.Changed != 0 {
			t.Errorf("%s: a second sync: %+v; want three requests", w.now, r)
		}
	}
	if changed == 0 || idle == 40 {
		t.Errorf("%d issues have changed, %d steps were idle: that is no lapse", changed, idle)
	}
	t.Logf("%d issues were new or changed in 40 steps, %d of them idle", changed, idle)
}
