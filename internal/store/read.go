package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"plumbline/internal/flow"
)

func issueIDOf(key []byte) (flow.IssueID, error) {
	if len(key) != 10 {
		return 0, fmt.Errorf("the key %x is of no issue", key)
	}
	return flow.IssueID(binary.BigEndian.Uint64(key[2:])), nil
}

// Issue returns an issue by its id. It fails with ErrNotFound where it is not
// held.
func (s *Store) Issue(site string, id flow.IssueID) (*flow.Issue, error) {
	var i *flow.Issue
	err := s.view(func(t *reading) (err error) {
		n, ok := t.book.sites[site]
		if !ok {
			return nil
		}
		i, err = t.issue(n, site, id)
		return err
	})
	if err == nil && i == nil {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("issue %d of site %q: %w", id, site, err)
	}
	return i, nil
}

// issue returns nil for an issue that is not held.
func (t *reading) issue(n siteNumber, site string, id flow.IssueID) (*flow.Issue, error) {
	v := t.bucket(bucketIssues).Get(n.issueKey(uint64(id)))
	if v == nil {
		return nil, nil
	}
	return decodeIssue(v, site, id, t.book.names)
}

// IssueByKey returns an issue by its key, the present one or any that it ever
// had. Where several issues had the key, the one that has it now is meant,
// else the youngest. It fails with ErrNotFound where none is held.
func (s *Store) IssueByKey(site, key string) (*flow.Issue, error) {
	var found *flow.Issue
	err := s.view(func(t *reading) error {
		n, ok := t.book.sites[site]
		if !ok || len(key) > maxNameLength {
			return nil
		}
		prefix := n.claimPrefix(key)
		c := t.bucket(bucketKeys).Cursor()
		for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
			if len(k) != len(prefix)+8 {
				continue
			}
			id := flow.IssueID(binary.BigEndian.Uint64(k[len(prefix):]))
			i, err := t.issue(n, site, id)
			if err != nil {
				return err
			}
			// The ids ascend: the last is the youngest.
			if i != nil && (found == nil || i.Now.Key == key || found.Now.Key != key) {
				found = i
			}
		}
		return nil
	})
	if err == nil && found == nil {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("issue %s of site %q: %w", key, site, err)
	}
	return found, nil
}

// heldChunk is how many issues Held reads in one transaction.
const heldChunk = 4096

// Held calls fn with what a census must know of each issue of a site, in the
// order of the numeric ids. Like Issues it holds no transaction meanwhile and
// returns an error from fn as it is.
func (s *Store) Held(ctx context.Context, site string, fn func(flow.Held) error) error {
	ready := make([]flow.Held, 0, heldChunk)
	for from, more := uint64(0), true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := s.view(func(t *reading) (err error) {
			ready, more, err = t.held(site, from, ready[:0])
			return err
		})
		if err != nil {
			return fmt.Errorf("read issues of site %q: %w", site, err)
		}
		for _, h := range ready {
			if err := fn(h); err != nil {
				return err
			}
			from = uint64(h.ID) + 1
		}
	}
	return nil
}

// held fills ready with the issues from the given id on and tells whether
// there are more.
func (t *reading) held(site string, from uint64, ready []flow.Held) (_ []flow.Held, more bool, err error) {
	n, ok := t.book.sites[site]
	if !ok {
		return ready, false, nil
	}
	c := t.bucket(bucketIssues).Cursor()
	for k, v := c.Seek(n.issueKey(from)); bytes.HasPrefix(k, n.key()); k, v = c.Next() {
		if len(ready) == cap(ready) {
			return ready, true, nil
		}
		id, err := issueIDOf(k)
		if err != nil {
			return nil, false, err
		}
		h, err := decodeHeld(v, site, id, t.book.names)
		if err != nil {
			return nil, false, err
		}
		ready = append(ready, h)
	}
	return ready, false, nil
}
