package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"plumbline/internal/flow"
)

func TestACompactStoreIsSmallerAndTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plumbline.db")
	mustDo(t, os.WriteFile(path, filledStore(t), 0o600))
	left := filepath.Join(filepath.Dir(path), ".plumbline.db.new-123")
	mustDo(t, os.WriteFile(left, []byte("of a process that was killed"), 0o600))
	s, err := Open(path, Options{})
	mustDo(t, err)
	before := dump(t, s)
	mustDo(t, s.AppendRun("acme", at("2026-02-01T00:00:00Z"), []byte("1")))
	mustDo(t, s.Close())

	c, err := Compact(t.Context(), path, Options{})
	mustDo(t, err)
	if info, err := os.Stat(path); err != nil || c.After >= c.Before || info.Size() != c.After {
		t.Errorf("got %+v and a file of %d bytes, %v", c, info.Size(), err)
	}
	expectMode(t, path, 0o600)
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v, want the store alone", entries, err)
	}
	s, err = Open(path, Options{})
	mustDo(t, err)
	mustBeWhole(t, s)
	if diff := cmp.Diff(before, dump(t, s)); diff != "" {
		t.Errorf("the dump has changed:\n%s", diff)
	}
	// Reports of one moment are told apart by a sequence, which goes on.
	mustDo(t, s.AppendRun("acme", at("2026-02-01T00:00:00Z"), []byte("2")))
	if runs, err := s.Runs(9); err != nil || len(runs) != 2 {
		t.Errorf("runs %s, %v", runs, err)
	}
	mustDo(t, s.Close())
}

func TestWhoWaitsForACompactionOpensTheNewStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plumbline.db")
	mustDo(t, os.WriteFile(path, filledStore(t), 0o600))
	holder, err := openBolt(path, Options{}, false)
	mustDo(t, err)
	opened := make(chan error, 1)
	go func() {
		s, err := Open(path, Options{Timeout: time.Minute})
		if err == nil {
			_, err = s.Write(context.Background(), flow.Batch{Site: "acme", Issues: []flow.Issue{anIssue(1, "NEW-1")}}, flow.Checkpoint{})
			err = errors.Join(err, s.Close())
		}
		opened <- err
	}()
	mustDo(t, writeBeside(path, func(f *os.File) error {
		return holder.View(func(tx *bolt.Tx) error { _, err := tx.WriteTo(f); return err })
	}, func(temporary string) error { return os.Rename(temporary, path) }))
	mustDo(t, holder.Close())
	mustDo(t, <-opened)
	s, err := Open(path, Options{})
	mustDo(t, err)
	if _, err := s.IssueByKey("acme", "NEW-1"); err != nil {
		t.Errorf("what was written went to the old file: %v", err)
	}
	mustDo(t, s.Close())
}

func TestACompactionThatCannotSucceedLeavesTheStoreAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plumbline.db")
	if _, err := Compact(t.Context(), path, Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("where there is no store: got %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("it made a store")
	}
	s, err := Open(path, Options{})
	mustDo(t, err)
	mustWrite(t, s, anIssue(1, "PAY-1"), anIssue(2, "PAY-2"))
	var busy *InUseError
	if _, err := Compact(t.Context(), path, Options{Timeout: time.Millisecond}); !errors.As(err, &busy) {
		t.Errorf("in use: got %v", err)
	}
	mustDo(t, s.db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte(bucketIssues)).Delete(siteNumber(1).issueKey(2))
	}))
	mustDo(t, s.Close())
	before, err := os.ReadFile(path)
	mustDo(t, err)
	ended, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Compact(ended, path, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("called off: got %v", err)
	}
	var damaged *DamagedError
	if _, err := Compact(t.Context(), path, Options{}); !errors.As(err, &damaged) {
		t.Errorf("a store that does not hold together: got %v", err)
	}
	after, err := os.ReadFile(path)
	mustDo(t, err)
	if string(before) != string(after) {
		t.Error("the store has changed")
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v, want the store alone", entries, err)
	}
}
