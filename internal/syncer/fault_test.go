package syncer_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"plumbline/internal/jirasim"
	"plumbline/internal/store"
	"plumbline/internal/syncer"
)

// seeds is how many mixtures of faults are tried with each kind of sync on each
// flavour; a fault by itself is tried with a twentieth of that, at least once.
var seeds = flag.Int("seeds", 4, "mixtures of faults for each kind of sync and flavour")

// ordeal is one kind of sync of a site where something goes wrong.
type ordeal struct {
	flavour string
	kind    syncer.Kind
	faults  []string
	seed    uint64
	rate    float64
}

// String is what an error tells of it.
func (o ordeal) String() string {
	return fmt.Sprintf("%s %s sync under %s (seed %d, rate %v)", o.flavour, o.kind, strings.Join(o.faults, " + "), o.seed, o.rate)
}

const (
	// mostRuns is how many syncs are made while things go wrong.
	mostRuns = 6
	// betweenRuns is how far apart they are.
	betweenRuns = 5 * time.Minute
)

// Whatever goes wrong at a site, alone or together, syncs one after the other
// bring the store to what it would be without, or say why not; what is there is
// never marked as gone, and no sync calls itself complete over a store that
// is not right. Once all is well again the store holds what it should.
func TestFaultsDelayASyncAndNeverFalsifyIt(t *testing.T) {
	t.Parallel()
	var results faultTable
	t.Run("each", func(t *testing.T) {
		for _, flavour := range []string{jirasim.DataCenter, jirasim.Cloud} {
			for _, kind := range []syncer.Kind{syncer.Full, syncer.Incremental, syncer.CensusOnly} {
				t.Run(flavour+" "+string(kind), func(t *testing.T) {
					t.Parallel()
					s := newStage(t, flavour, kind)
					for _, o := range ordeals(s.w.faults.Names(flavour), flavour, kind) {
						e := s.endure(o)
						if e.struck == 0 && len(o.faults) == 1 && o.rate < 1 {
							o.rate = 1
							e = s.endure(o)
						}
						results.add(o, e)
					}
				})
			}
		}
	})
	results.check(t)
	t.Log("\n" + results.each())
	t.Log("\n" + results.byClass())
}

// ordeals are each fault by itself, and mixtures.
func ordeals(names []string, flavour string, kind syncer.Kind) []ordeal {
	var all []ordeal
	for _, name := range names {
		for seed := range uint64(max(1, *seeds/20)) {
			all = append(all, ordeal{flavour, kind, []string{name}, seed + 1, 0.3})
		}
	}
	var waiting []string
	for _, name := range names {
		if anyOf([]string{name}, waits) {
			waiting = append(waiting, name)
		}
	}
	for seed := range uint64(*seeds) {
		random := rand.New(rand.NewPCG(seed, uint64(len(flavour)+len(kind))))
		mixed := []string{waiting[random.IntN(len(waiting))]}
		for len(mixed) < 2+int(seed%3) {
			if name := names[random.IntN(len(names))]; !slices.Contains(mixed, name) {
				mixed = append(mixed, name)
			}
		}
		all = append(all, ordeal{flavour, kind, mixed, seed, []float64{0.1, 0.2, 0.3}[random.IntN(3)]})
	}
	return all
}

// stage is a site of one flavour before one kind of sync, which is set up anew
// for each ordeal.
type stage struct {
	t    *testing.T
	w    *world
	kind syncer.Kind
	// begin is when the first sync is made; from settled on, nothing changes
	// any more.
	begin, settled time.Time
	start          string // a copy of the store that the syncs begin with; "" for none
	want, there    string // the store without any fault, and what it held before that must stay
}

func newStage(t *testing.T, flavour string, kind syncer.Kind) *stage {
	base, ids := companyWorld(t, "PAY", "DATA")
	t.Logf("%d issues", len(ids))
	over := base.Last().Add(time.Hour)
	altered := over.Add(100 * time.Hour)
	if err := base.Alter(altered, jirasim.Delete(ids[3]), jirasim.Archive(ids[40]), jirasim.Hide(ids[77])); err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, kind: kind, begin: over, settled: over}
	filled := over
	switch kind {
	case syncer.Incremental:
		filled, s.begin = over.AddDate(0, 0, -60), over.AddDate(0, 0, -30)
	case syncer.CensusOnly:
		s.begin, s.settled = altered.Add(time.Hour), altered.Add(time.Hour)
	}
	s.w = newWorldOf(t, base, filled, flavour)
	if kind != syncer.Full {
		s.w.mustRun(syncer.Full)
		s.start = snapshot(t, s.w.store)
	}
	held := s.w.dump()
	s.w.set(s.settled)
	s.want = s.w.fresh()
	s.there = common(s.want, held)
	return s
}

// endure makes syncs while things go wrong, until the store is right and the
// sync says so, and one when all is well again.
func (s *stage) endure(o ordeal) (e ending) {
	w := s.w
	defer s.anew()()
	for _, name := range o.faults {
		rate := o.rate
		if anyOf([]string{name}, always) {
			rate = 1 // the fault is of the site: there or not
		}
		if err := w.faults.Set(name, o.seed, rate); err != nil {
			s.t.Fatal(err)
		}
	}
	for n := range mostRuns {
		if n > 0 {
			w.pass(max(s.settled.Sub(w.now()), betweenRuns))
		}
		settled := !w.now().Before(s.settled)
		r, _ := w.run(s.kind) // the report tells the error
		e.add(r, settled)
		e.right = s.judge(o, r, settled)
		if e.right || settled && r.Result == syncer.Complete && anyOf(o.faults, falsifies) {
			break // what was told falsely stays so
		}
	}
	for _, name := range o.faults {
		e.struck += w.faults.Struck(name)
	}
	w.faults.Clear()
	w.restart()
	w.pass(max(s.settled.Sub(w.now()), betweenRuns))
	s.recover(o, &e)
	if findings, err := w.store.Verify(s.t.Context()); err != nil || len(findings) > 0 {
		s.t.Errorf("%s: verify: %v, %v", o, findings, err)
	}
	return e
}

// anew puts back the store and the clock, and returns what ends the ordeal.
func (s *stage) anew() func() {
	before := s.w.store
	s.w.store = reopened(s.t, s.start)
	s.w.set(s.begin)
	s.w.restart()
	return func() {
		if err := s.w.store.Close(); err != nil {
			s.t.Error(err)
		}
		s.w.store = before
	}
}

// judge checks what a sync says while things go wrong, and reports whether the
// store is right.
func (s *stage) judge(o ordeal, r syncer.Report, settled bool) bool {
	s.t.Helper()
	held := s.w.present()
	if missing := lost(s.there, held); missing != "" {
		s.t.Errorf("%s: these are marked as gone:\n%s", o, missing)
	}
	if r.Result != syncer.Complete {
		if len(r.Reasons) == 0 {
			s.t.Errorf("%s: %s, and does not say why", o, r.Result)
		}
		for _, reason := range r.Reasons {
			if !explained(o.faults, reason) {
				s.t.Errorf("%s: %s because %q: that is not what went wrong", o, r.Result, reason)
			}
		}
		return false
	}
	if held == s.want || !settled {
		return settled
	}
	if r.Resumed {
		return false // it is complete up to when the run that it goes on with began
	}
	if !anyOf(o.faults, falsifies) && !anyOf(o.faults, hides) {
		s.t.Errorf("%s: it says that it is complete (-fresh +held):\n%s", o, gocmp.Diff(s.want, held))
	}
	problems, err := s.w.store.Problems("acme")
	if err != nil || anyOf(o.faults, isProblem) && len(problems) == 0 {
		s.t.Errorf("%s: an issue is held otherwise than it is, and no problem is on record (%v)", o, err)
	}
	return false
}

// recover makes the syncs that the schedule would once all is well again, and
// checks that none but the first is needed where nothing was false or hidden.
func (s *stage) recover(o ordeal, e *ending) {
	s.t.Helper()
	var held string
	for _, kind := range []syncer.Kind{s.kind, syncer.CensusOnly, syncer.Full} {
		r, err := s.w.run(kind)
		if err == nil && r.Resumed {
			r, err = s.w.run(kind)
		}
		if err != nil || r.Result != syncer.Complete {
			s.t.Errorf("%s: once all is well again, a %s sync is %s, %v, %v", o, kind, r.Result, r.Reasons, err)
			return
		}
		e.mended, held = kind, s.w.present()
		if held == s.want {
			break
		}
	}
	if held != s.want {
		s.t.Errorf("%s: once all is well again (-fresh +held):\n%s", o, gocmp.Diff(s.want, held))
	}
	if e.mended != s.kind && !anyOf(o.faults, falsifies) && !anyOf(o.faults, hides) {
		s.t.Errorf("%s: once all is well again, it takes a %s sync to mend the store", o, e.mended)
	}
}

// present are the lines of the store's dump of what is not gone.
func (w *world) present() string {
	w.t.Helper()
	present, _ := dumpOf(w.t, w.store)
	return present
}

// lost returns the lines of want whose issues the dump does not show as
// present.
func lost(want, dump string) string { return lines(want, dump, false) }

// common returns the lines of want whose issues the dump shows as present.
func common(want, dump string) string { return lines(want, dump, true) }

func lines(want, dump string, shown bool) string {
	present := map[string]bool{}
	for line := range strings.Lines(dump) {
		if id, _, _ := strings.Cut(line, ","); strings.Contains(line, `"present":true`) {
			present[id] = true
		}
	}
	var chosen strings.Builder
	for line := range strings.Lines(want) {
		if id, _, _ := strings.Cut(line, ","); present[id] == shown {
			chosen.WriteString(line)
		}
	}
	return chosen.String()
}

// snapshot copies a store to a file and returns its path.
func snapshot(t *testing.T, st *store.Store) string {
	t.Helper()
	path := t.TempDir() + "/copy.db"
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Backup(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// reopened opens a copy of the store file; an empty store where from is "".
func reopened(t *testing.T, from string) *store.Store {
	t.Helper()
	path := t.TempDir() + "/plumbline.db"
	copyFile(t, from, path)
	st, err := store.Open(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	if from == "" {
		return
	}
	whole, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, whole, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
