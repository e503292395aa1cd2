package syncer_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/jirasim"
	"plumbline/internal/syncer"
)

var lapseEnd = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// companyWorld returns the projects of the synthetic company, or all of it, and
// the ids of the issues.
func companyWorld(t *testing.T, projects ...string) (w *jirasim.World, ids []string) {
	t.Helper()
	company := jirasim.NewCompany(7, lapseEnd)
	var dump bytes.Buffer
	for _, raw := range company.Issues {
		var i struct{ ID, Key string }
		if err := json.Unmarshal(raw, &i); err != nil {
			t.Fatal(err)
		}
		if project, _, _ := strings.Cut(i.Key, "-"); len(projects) == 0 || slices.Contains(projects, project) {
			dump.Write(append(raw, '\n'))
			ids = append(ids, i.ID)
		}
	}
	w, err := jirasim.LoadDump(&dump)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range company.Statuses {
		w.AddStatus(s)
	}
	return w, ids
}

func (w *world) fresh() string {
	w.t.Helper()
	return fullOf(w.t, w.client(), syncer.Options{Site: "acme", Now: w.now})
}

// The clock of the synthetic company goes on in many small steps: after each
// sync the store holds what one full sync of that moment would, and there are
// only as many requests as something has changed.
func TestASyncOfEachMomentHoldsThatMoment(t *testing.T) {
	t.Parallel()
	for _, flavour := range []string{jirasim.DataCenter, jirasim.Cloud} {
		t.Run(flavour, func(t *testing.T) {
			site, _ := companyWorld(t)
			w := newWorldOf(t, site, lapseEnd.AddDate(0, 0, -30), flavour)
			w.mustRun(syncer.Full)
			random := rand.New(rand.NewPCG(1, 1))
			idle, changed := 0, 0
			for range 20 {
				w.pass(time.Duration(random.Int64N(int64(20 * time.Hour))))
				r := w.mustRun(syncer.Incremental)
				// Two requests tell who is who. Pages of 40 overlap by an
				// issue; Cloud gives changelogs by themselves.
				if limit := 3 + 2*(r.Read+38)/39; r.Requests > limit {
					t.Errorf("%s: %d requests for %d issues, want at most %d", w.now(), r.Requests, r.Read, limit)
				}
				if changed += r.New + r.Changed; r.Read == 0 {
					idle++
				}
				if diff := cmp.Diff(w.fresh(), w.dump()); diff != "" {
					t.Fatalf("%s: issues (-fresh +held):\n%s", w.now(), diff)
				}
				w.pass(time.Hour)
				if r := w.mustRun(syncer.Incremental); r.Read == 0 && r.Requests != 3 {
					t.Errorf("%s: a sync of nothing: %+v; want three requests", w.now(), r)
				}
			}
			if changed == 0 || idle == 20 {
				t.Errorf("%d issues have changed, %d steps were idle: that is no lapse", changed, idle)
			}
			t.Logf("%d issues were new or changed in 20 steps, %d of them idle", changed, idle)
		})
	}
}

// Besides, issues are deleted, hidden, archived and brought back, of which no
// changelog tells.
func TestACensusOfEachMomentHoldsThatMoment(t *testing.T) {
	t.Parallel()
	for _, flavour := range []string{jirasim.DataCenter, jirasim.Cloud} {
		t.Run(flavour, func(t *testing.T) {
			site, ids := companyWorld(t)
			random := rand.New(rand.NewPCG(2, 1))
			now := lapseEnd.AddDate(0, 0, -30)
			for range 60 {
				id := ids[random.IntN(len(ids))]
				at := now.Add(time.Duration(random.Int64N(int64(12 * 24 * time.Hour))))
				happens := []jirasim.Change{jirasim.Delete(id), jirasim.Hide(id), jirasim.Archive(id)}[random.IntN(3)]
				if err := site.Alter(at, happens); err != nil {
					t.Fatal(err)
				}
				if err := site.Alter(at.Add(time.Duration(random.Int64N(int64(9*24*time.Hour)))), jirasim.Restore(id)); err != nil {
					t.Fatal(err)
				}
			}
			w := newWorldOf(t, site, now, flavour)
			w.mustRun(syncer.Full)
			absent, restored := map[string]int{}, 0
			for range 12 {
				w.pass(time.Duration(random.Int64N(int64(36 * time.Hour))))
				w.mustRun(syncer.Incremental)
				r := w.mustRun(syncer.CensusOnly)
				w.mustRun(syncer.AgileOnly)
				for as, n := range r.Absent {
					absent[as] += n
				}
				restored += r.Restored
				present, _ := dumpOf(t, w.store)
				if diff := cmp.Diff(w.fresh(), present); diff != "" {
					t.Fatalf("%s: issues (-fresh +held):\n%s", w.now(), diff)
				}
			}
			if r := w.mustRun(syncer.Full); r.Events+r.New+r.Changed != 0 {
				t.Errorf("a full sync at the end: %+v; nothing has changed", r)
			}
			if absent["deleted"] == 0 || absent["archived"] == 0 || restored == 0 {
				t.Errorf("absent %v, restored %d: that is no lapse", absent, restored)
			}
			t.Logf("absent %v, restored %d", absent, restored)
		})
	}
}
