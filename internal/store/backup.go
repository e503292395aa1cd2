package store

import (
	"context"
	"fmt"
	"io"

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
