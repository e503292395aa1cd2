package syncer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/jirasim"
	"plumbline/internal/store"
	"plumbline/internal/syncer"
)

// seeds is how many seeds each fault is tried with.
const seeds = 1

// Whatever goes wrong at a site, a census marks no issue as gone that is there,
// and once all is well again the store holds what it would without any fault.
func TestNoFaultMakesACensusRemoveWhatIsThere(t *testing.T) {
	for _, flavour := range []string{jirasim.DataCenter, jirasim.Cloud} {
		t.Run(flavour, func(t *testing.T) {
			base, ids := companyWorld(t)
			now := lapseEnd.AddDate(0, 0, -30)
			if err := base.Alter(now.Add(time.Minute), jirasim.Delete(ids[3]), jirasim.Archive(ids[40]), jirasim.Hide(ids[77])); err != nil {
				t.Fatal(err)
			}
			w := newWorldOf(t, base, now, flavour)
			w.mustRun(syncer.Full)
			w.now = now.Add(time.Hour)
			want := w.fresh()
			start := snapshot(t, w.store)
			for _, name := range w.faults.Names(flavour) {
				if strings.HasPrefix(name, "429") || strings.HasPrefix(name, "slow") || strings.HasPrefix(name, "503-retry") {
					continue // which are waited for
				}
				for seed := range uint64(seeds) {
					w.store = reopened(t, start)
					w.restart()
					if err := w.faults.Set(name, seed, 0.3); err != nil {
						t.Fatal(err)
					}
					for range 2 {
						r, err := w.run(syncer.CensusOnly)
						if r.Result != syncer.Complete && len(r.Reasons) == 0 {
							t.Errorf("%s: report %+v, %v: it does not say why", name, r, err)
						}
					}
					if missing := lost(want, w.dump()); missing != "" {
						t.Errorf("%s, seed %d: the store lacks\n%s", name, seed, missing)
					}
					w.faults.Clear(name)
					w.restart()
					w.mustRun(syncer.Full)
					w.mustRun(syncer.CensusOnly)
					if present, _ := dumpOf(t, w.store); present != want {
						t.Errorf("%s, seed %d: afterwards (-fresh +held):\n%s", name, seed, cmp.Diff(want, present))
					}
				}
			}
		})
	}
}

// lost returns the lines of want whose issues the dump does not show as
// present.
func lost(want, dump string) string {
	present := map[string]bool{}
	for line := range strings.Lines(dump) {
		if id, _, _ := strings.Cut(line, ","); strings.Contains(line, `"present":true`) {
			present[id] = true
		}
	}
	var missing strings.Builder
	for line := range strings.Lines(want) {
		if id, _, _ := strings.Cut(line, ","); !present[id] {
			missing.WriteString(line)
		}
	}
	return missing.String()
}

// snapshot copies a store to a file and returns its path.
func snapshot(t *testing.T, st *store.Store) string {
	t.Helper()
	path := t.TempDir() + "/copy.db"
	if _, err := st.BackupFile(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	return path
}

// reopened opens a copy of the store file.
func reopened(t *testing.T, from string) *store.Store {
	t.Helper()
	path := t.TempDir() + "/plumbline.db"
	copyFile(t, from, path)
	st, err := store.Open(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}
