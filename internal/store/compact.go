package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// compactBatch is how many bytes a compaction writes at once.
const compactBatch = 16 << 20

// Compacted tells what a compaction did.
type Compacted struct {
	Before int64 `json:"before"` // bytes of the file
	After  int64 `json:"after"`
}

// Compact writes the store at path anew without the pages that are free. Until
// the copy is whole, checked and on the disk, the store stays as it is; a
// process that is killed meanwhile leaves at most a file beside it, which the
// next compaction removes. It fails as Open does, also where there is no
// store, and with *DamagedError where the copy does not hold together.
func Compact(ctx context.Context, path string, o Options) (c Compacted, err error) {
	if _, err := os.Stat(path); err != nil {
		return c, fmt.Errorf("compact store: %w", err)
	}
	s, err := Open(path, o)
	if err != nil {
		return c, err
	}
	// The old file is let go of only when the new one has its place: who waits
	// for it sees that (openBolt).
	defer func() { err = errors.Join(err, s.Close()) }()
	if c.Before, err = s.Size(); err != nil {
		return c, err
	}
	err = removeLeft(path)
	if err == nil {
		err = writeBeside(path, func(f *os.File) error { return s.compactTo(ctx, f.Name()) },
			func(temporary string) error { return os.Rename(temporary, path) })
	}
	if err != nil {
		return c, fmt.Errorf("compact store %s: %w", path, err)
	}
	c.After, err = s.Size()
	return c, err
}

// compactTo writes a compact copy to an empty file and checks it.
func (s *Store) compactTo(ctx context.Context, path string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := guard(s.path, func() error {
		to, err := bolt.Open(path, 0o600, &bolt.Options{
			Timeout: DefaultTimeout, PageSize: pageSize, FreelistType: bolt.FreelistMapType,
			NoSync: true, // the whole file is synced before it gets its name
		})
		if err != nil {
			return err
		}
		return errors.Join(bolt.Compact(to, s.db, compactBatch), to.Close())
	})
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	copied, err := OpenReadOnly(path, Options{})
	if err != nil {
		return err
	}
	findings, err := copied.Verify(ctx)
	if err == nil && len(findings) > 0 {
		err = &DamagedError{Path: s.path, Err: errors.New(findings[0].String())}
	}
	return errors.Join(err, copied.Close())
}

// removeLeft removes the files that killed processes have left beside a store
// that is ours.
func removeLeft(path string) error {
	folder := filepath.Dir(path)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), temporaryPrefix(path)) {
			continue
		}
		if err := os.Remove(filepath.Join(folder, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
