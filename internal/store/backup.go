package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	bolt "go.etcd.io/bbolt"
)

// Backup writes a whole, consistent copy of the store, itself a store, and
// returns its length in bytes. Reading and writing go on meanwhile; but the
// file grows by what is written, so w should not be slow.
func (s *Store) Backup(ctx context.Context, w io.Writer) (int64, error) {
	var n int64
	err := guard(s.path, func() error {
		return s.db.View(func(tx *bolt.Tx) (err error) {
			n, err = tx.WriteTo(&untilDone{ctx, w})
			return err
		})
	})
	if err != nil && ctx.Err() != nil {
		err = ctx.Err() // bbolt hands on the text of errors alone
	}
	if err != nil {
		return n, fmt.Errorf("back up store %s: %w", s.path, err)
	}
	return n, nil
}

// BackupFile writes a copy as Backup does to a file of mode 0600. What was at
// path stays there until the copy is whole and on the disk. It refuses to put
// the copy in the place of the store itself.
func (s *Store) BackupFile(ctx context.Context, path string) (int64, error) {
	if there, err := os.Stat(path); err == nil {
		own, err := os.Stat(s.path)
		if err == nil && os.SameFile(there, own) {
			err = errors.New("that is the store itself")
		}
		if err == nil && !there.Mode().IsRegular() {
			err = errors.New("there is something else than a file")
		}
		if err != nil {
			return 0, fmt.Errorf("back up store to %s: %w", path, err)
		}
	}
	var n int64
	err := writeBeside(path, func(f *os.File) (err error) {
		n, err = s.Backup(ctx, f)
		return err
	}, func(temporary string) error { return os.Rename(temporary, path) })
	if err != nil {
		return n, fmt.Errorf("back up store to %s: %w", path, err)
	}
	return n, nil
}

// untilDone fails each write after the context has ended.
type untilDone struct {
	ctx context.Context
	w   io.Writer
}

func (u *untilDone) Write(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.w.Write(b)
}
