package syncer_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"plumbline/internal/store"
	"plumbline/internal/syncer"
)

// killed names, for the process that TestARunKilledAtAnyMomentLosesNothing
// starts, the store and what to do with it.
const (
	killedStore = "PLUMBLINE_TEST_KILLED_STORE"
	killedDeed  = "PLUMBLINE_TEST_KILLED_DEED"
	// kills is how often to kill; 20 unless it is set.
	kills = "PLUMBLINE_KILLS"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(killedStore); path != "" {
		if err := deed(os.Getenv(killedDeed), path, func() { fmt.Println("ready") }); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// deed does one thing with the store at path, of which always the same comes.
// It calls ready just before.
func deed(what, path string, ready func()) error {
	if what == "compact" {
		ready()
		_, err := store.Compact(context.Background(), path, store.Options{Timeout: time.Minute})
		return err
	}
	s := newSite(3, 1500)
	s.page = 10
	if what != "full" {
		for range 1500 {
			s.now = s.now.Add(time.Minute)
			s.happen()
		}
	}
	ready()
	st, err := store.Open(path, store.Options{Timeout: time.Minute})
	if err != nil {
		return err
	}
	defer st.Close() // the error that counts is the run's
	sync, err := syncer.New(syncer.Options{
		Site: "acme", Source: s, Store: st, Batch: 10, Now: func() time.Time { return s.now },
	})
	if err != nil {
		return err
	}
	r, err := sync.Run(context.Background(), syncer.Kind(what), nil)
	if err == nil && r.Result != syncer.Complete {
		err = fmt.Errorf("the run is %s: %v", r.Result, r.Reasons)
	}
	return err
}

// A process killed at any instant leaves a store that opens and is whole, and
// the next run ends where an uninterrupted one does.
func TestARunKilledAtAnyMomentLosesNothing(t *testing.T) {
	folder := t.TempDir()
	none, filled := "", filepath.Join(folder, "filled.db")
	if err := deed("full", filled, func() {}); err != nil {
		t.Fatal(err)
	}
	edited := filepath.Join(folder, "edited.db")
	copyFile(t, filled, edited)
	if err := deed("incremental", edited, func() {}); err != nil {
		t.Fatal(err)
	}
	deeds := []struct{ what, from string }{{"full", none}, {"incremental", filled}, {"census", filled}, {"compact", edited}}
	times, err := strconv.Atoi(os.Getenv(kills))
	if err != nil {
		times = 20
	}
	random := rand.New(rand.NewPCG(5, uint64(times)))
	for n := range deeds {
		d := deeds[n]
		whole := filepath.Join(folder, d.what+".db")
		copyFile(t, d.from, whole)
		took := run(t, d.what, whole, 0)
		want := wholeDump(t, whole)
		early := 0
		for range (times + len(deeds) - 1) / len(deeds) {
			path := filepath.Join(t.TempDir(), "plumbline.db")
			copyFile(t, d.from, path)
			delay := time.Duration(1 + random.Int64N(int64(took)))
			if run(t, d.what, path, delay) < took {
				early++
			}
			if _, err := os.Stat(path); err == nil {
				wholeDump(t, path)
			}
			if err := deed(d.what, path, func() {}); err != nil {
				t.Fatalf("%s after a kill at %s: %v", d.what, delay, err)
			}
			if got := wholeDump(t, path); got != want {
				t.Errorf("%s after a kill at %s: the store differs from that of an uninterrupted run", d.what, delay)
			}
		}
		t.Logf("%s takes %s; %d kills came earlier", d.what, took, early)
	}
}

// run has a process of its own do the deed, kills it after a while unless that
// is 0, and returns how long the process lived.
func run(t *testing.T, what, path string, delay time.Duration) time.Duration {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), killedStore+"="+path, killedDeed+"="+what)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if !bufio.NewScanner(out).Scan() {
		t.Fatal("the process says nothing")
	}
	began := time.Now()
	if delay > 0 {
		kill := time.AfterFunc(delay, func() { _ = child.Process.Kill() }) // it may have ended by itself
		defer kill.Stop()
	}
	if err := child.Wait(); err != nil && delay == 0 {
		t.Fatalf("%s: %v", what, err)
	}
	return time.Since(began)
}

// wholeDump checks a store and returns its dump.
func wholeDump(t *testing.T, path string) string {
	t.Helper()
	st, err := store.Open(path, store.Options{Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}()
	findings, err := st.Verify(t.Context())
	if err != nil || len(findings) > 0 {
		t.Errorf("verify: %v, %v", findings, err)
	}
	present, gone := dumpOf(t, st)
	return fmt.Sprint(present, gone)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	if from == "" {
		return
	}
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = io.Copy(out, in)
	}
	if err == nil {
		err = out.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}
