package config_test

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"plumbline/internal/config"
)

func TestEachChangeIsToldOnce(t *testing.T) {
	folder := t.TempDir()
	service := filepath.Join(folder, "plumbline.yaml")
	goals := filepath.Join(folder, "goals")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	version := func(name, text string) {
		t.Helper()
		must(os.MkdirAll(filepath.Join(goals, name), 0o755))
		must(os.WriteFile(filepath.Join(goals, name, "a.yaml"), []byte(text), 0o600))
	}
	version("..1", "one")
	must(os.Symlink("..1", filepath.Join(goals, "..data")))
	must(os.Symlink("..data/a.yaml", filepath.Join(goals, "a.yaml")))

	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var told atomic.Int64
		done := make(chan struct{})
		go func() {
			defer close(done)
			config.Watch(ctx, func() []string { return []string{service, goals} }, 8*time.Second, func() { told.Add(1) })
		}()
		synctest.Wait()
		expect := func(what string, want int64) {
			t.Helper()
			time.Sleep(time.Minute) // of the test's own clock
			synctest.Wait()
			if n := told.Load(); n != want {
				t.Errorf("%s: told %d times, not %d", what, n, want)
			}
		}
		expect("nothing has happened", 0)
		must(os.WriteFile(service, []byte("x"), 0o600))
		expect("a file has come", 1)
		must(os.WriteFile(service, []byte("x"), 0o600))
		expect("a file was saved as it was", 1)
		must(os.WriteFile(filepath.Join(goals, "notes.md"), []byte("x"), 0o600))
		expect("a file that is no goals file has come", 1)
		version("..2", "two")
		expect("Kubernetes has laid a new version beside the old", 1)
		must(os.Symlink("..2", filepath.Join(goals, "..tmp")))
		must(os.Rename(filepath.Join(goals, "..tmp"), filepath.Join(goals, "..data")))
		expect("Kubernetes has swapped the link", 2)
		must(os.Remove(service))
		expect("a file has gone", 3)

		// Half a file is never told of: it changes again before it was seen
		// twice.
		time.Sleep(8 * time.Second)
		synctest.Wait()
		before := told.Load()
		for i := range 4 {
			must(os.WriteFile(service, []byte{byte('a' + i)}, 0o600))
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if told.Load() > before {
			t.Errorf("told of a file that was still being written")
		}
		expect("the file is whole", before+1)
		stop()
		<-done
	})
}
