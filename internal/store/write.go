package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	bolt "go.etcd.io/bbolt"

	"plumbline/internal/flow"
)

// How much of a page of issues is filled. Issues that are younger than all
// others are written at the end and leave little free; when issues grow where
// they are, room saves splitting pages.
const (
	fillAppending = 0.95
	fillRewriting = 0.6
)

// Write stores the batch and the checkpoint in one transaction. An issue that
// is held in the very same form is not rewritten, and where nothing at all
// differs the file is not touched. Of two forms of an issue the later one
// written counts; histories that only the earlier one has are kept (merge.go).
// An issue that was gone is present again when it is written. One that is
// marked as gone keeps all that is held of it; marking one that is not held
// does nothing.
//
// It fails, and stores nothing, where the batch and an issue or the checkpoint
// name different sites, or an issue has no id.
func (s *Store) Write(ctx context.Context, b flow.Batch, c flow.Checkpoint) (flow.Written, error) {
	var sum flow.Written
	if c.Site == "" {
		c.Site = b.Site
	}
	if b.Site == "" || c.Site != b.Site {
		return sum, fmt.Errorf("write batch of site %q with checkpoint of site %q: they must be one", b.Site, c.Site)
	}
	err := s.update(func(t *writing) error {
		site, err := t.site(b.Site)
		if err != nil {
			return err
		}
		w := issueWriter{t: t, site: site, issues: t.bucket(bucketIssues), keys: t.bucket(bucketKeys), sum: &sum}
		for i := range b.Issues {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := w.write(&b.Issues[i]); err != nil {
				return err
			}
		}
		for _, a := range b.Gone {
			if err := w.depart(a); err != nil {
				return err
			}
		}
		if err := w.close(); err != nil {
			return err
		}
		if sum.Events, err = t.catalog(site.number, b); err != nil {
			return err
		}
		return t.progress(site.number, b, c)
	})
	if err != nil {
		return flow.Written{}, fmt.Errorf("write batch of site %q: %w", b.Site, err)
	}
	return sum, nil
}

// writing is the write transaction.
type writing struct {
	reading
	enc *encoder
	// dirty tells that there is something to commit.
	dirty bool
	// replaced are the issues that are written anew.
	replaced replacements
}

// update runs fn in the write transaction. If it fails, or leaves everything
// as it is, nothing is written, and the book forgets what it had learnt.
func (s *Store) update(fn func(t *writing) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	before := s.book.Load()
	committed := false
	defer func() {
		if !committed {
			s.enc.forget(len(before.names))
			s.book.Store(before)
		}
	}()
	return guard(s.path, func() error {
		tx, err := s.db.Begin(true)
		if err != nil {
			return err
		}
		defer func() {
			if !committed {
				_ = tx.Rollback()
			}
		}()
		after := &book{names: before.names, sites: maps.Clone(before.sites)}
		t := &writing{reading: reading{tx: tx, book: after}, enc: s.enc}
		if err := fn(t); err != nil {
			return err
		}
		if !t.dirty {
			return nil
		}
		if err := t.putNames(); err != nil {
			return err
		}
		// The file grows by an eighth, so that a small store stays small and
		// a large one does not grow at each commit.
		s.db.AllocSize = min(max(int(tx.Size()/8), 32<<10), 16<<20)
		s.book.Store(after)
		if err := s.replaced.commit(tx, &t.replaced); err != nil {
			return err
		}
		committed = true
		return nil
	})
}

// putNames writes the names that the encoder has learnt.
func (t *writing) putNames() error {
	b := t.bucket(bucketNames)
	b.FillPercent = fillAppending
	for n := len(t.book.names); n < len(t.enc.names); n++ {
		key := binary.BigEndian.AppendUint32(nil, uint32(n))
		if err := b.Put(key, []byte(t.enc.names[n])); err != nil {
			return err
		}
	}
	t.book.names = t.enc.names
	return nil
}

// put writes a value unless it is there already.
func (t *writing) put(b *bolt.Bucket, key, value []byte) error {
	if held := b.Get(key); held != nil && bytes.Equal(held, value) {
		return nil
	}
	t.dirty = true
	return b.Put(key, value)
}

func (t *writing) putJSON(b *bolt.Bucket, key []byte, value any) error {
	v, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return t.put(b, key, v)
}

func (t *writing) delete(b *bolt.Bucket, key []byte) error {
	t.dirty = true
	return b.Delete(key)
}

// siteState is a site with its counts, while they are being changed.
type siteState struct {
	number siteNumber
	record siteRecord
}

// site returns the site of that name and makes it where it is new.
func (t *writing) site(name string) (*siteState, error) {
	b := t.bucket(bucketSites)
	if n, ok := t.book.sites[name]; ok {
		r, err := decodeSite(b.Get(n.key()))
		if err != nil {
			return nil, fmt.Errorf("read site %q: %w", name, err)
		}
		return &siteState{n, r}, nil
	}
	if len(t.book.sites) >= 1<<16-1 {
		return nil, errors.New("there are too many sites")
	}
	s := &siteState{siteNumber(len(t.book.sites) + 1), siteRecord{Name: name}}
	t.book.sites[name] = s.number
	return s, t.putJSON(b, s.number.key(), s.record)
}

// issueWriter writes the issues of a batch.
type issueWriter struct {
	t            *writing
	site         *siteState
	issues, keys *bolt.Bucket
	sum          *flow.Written

	last     uint64 // the greatest id of the site, once known
	known    bool
	appended int
}

func (w *issueWriter) write(given *flow.Issue) error {
	now := inOrder(*given)
	if now.Site == "" {
		now.Site = w.site.record.Name
	}
	if now.Site != w.site.record.Name || now.ID == 0 {
		return fmt.Errorf("issue %d (%s) of site %q does not belong here", now.ID, now.Now.Key, now.Site)
	}
	value, err := w.t.enc.encode(&now)
	if err != nil {
		return err
	}
	if err := w.solve(&now); err != nil {
		return err
	}
	key := w.site.number.issueKey(uint64(now.ID))
	heldValue := w.issues.Get(key)
	if heldValue == nil {
		w.sum.New++
		w.sum.Changes += len(now.Changes)
		return w.put(key, value, nil, nil, &now)
	}
	if bytes.Equal(heldValue, value) {
		w.sum.Unchanged++
		return nil
	}
	held, err := decodeIssue(heldValue, now.Site, now.ID, w.t.enc.names)
	if err != nil {
		return err
	}
	merge(held, &now)
	if value, err = w.t.enc.encode(&now); err != nil {
		return err
	}
	if bytes.Equal(heldValue, value) {
		w.sum.Unchanged++
		return nil
	}
	w.sum.Changed++
	if !held.Gone.IsZero() {
		w.sum.Restored++
	}
	w.sum.Changes += itemsNotIn(held, &now)
	return w.put(key, value, heldValue, held, &now)
}

// depart marks an issue that is held as gone. When it was gone before, it
// stays gone since then; what became of it is as it is found now.
func (w *issueWriter) depart(a flow.Absence) error {
	if a.As == flow.Present || a.As > flow.Unconfirmed || a.Since.IsZero() {
		return fmt.Errorf("issue %d cannot be gone as %d since %s", a.ID, a.As, a.Since)
	}
	key := w.site.number.issueKey(uint64(a.ID))
	heldValue := w.issues.Get(key)
	if heldValue == nil {
		return nil
	}
	held, err := decodeIssue(heldValue, w.site.record.Name, a.ID, w.t.enc.names)
	if err != nil {
		return err
	}
	now := *held
	now.GoneAs = a.As
	if now.Gone.IsZero() {
		now.Gone = a.Since.UTC()
	}
	value, err := w.t.enc.encode(&now)
	if err != nil || bytes.Equal(heldValue, value) {
		return err
	}
	w.sum.Gone++
	return w.put(key, value, heldValue, held, &now)
}

// put writes the issue, its keys, and what it adds to the counts.
func (w *issueWriter) put(key, value, heldValue []byte, held, now *flow.Issue) error {
	w.t.replaced.add(now.Site, now.ID, heldValue)
	if held == nil && w.isYoungest(uint64(now.ID)) {
		w.appended++
	}
	w.t.dirty = true
	if err := w.issues.Put(key, bytes.Clone(value)); err != nil {
		return err
	}
	if err := w.claim(held, now); err != nil {
		return err
	}
	c := &w.site.record.Counts
	if held != nil {
		c.add(held, -1)
	}
	c.add(now, 1)
	if n := len(now.Changes); n > 0 {
		c.cover(now.Changes[0].At)
		c.cover(now.Changes[n-1].At)
	}
	return nil
}

func (c *Counts) add(i *flow.Issue, sign int) {
	c.Issues += sign
	if i.Gone.IsZero() {
		c.Present += sign
	}
	c.Changes += sign * len(i.Changes)
	c.Histories += sign * i.Histories
}

// isYoungest reports whether the id is greater than all of the site.
func (w *issueWriter) isYoungest(id uint64) bool {
	if !w.known {
		w.known = true
		c := w.issues.Cursor()
		k, _ := c.Seek((w.site.number + 1).key())
		if k == nil {
			k, _ = c.Last()
		} else {
			k, _ = c.Prev()
		}
		if len(k) == 10 && bytes.HasPrefix(k, w.site.number.key()) {
			w.last = binary.BigEndian.Uint64(k[2:])
		}
	}
	if id <= w.last {
		return false
	}
	w.last = id
	return true
}

// claim brings the index of the keys from the held form to the new one.
func (w *issueWriter) claim(held, now *flow.Issue) error {
	gone := map[string]bool{}
	if held != nil {
		for _, key := range keysOf(held) {
			gone[key] = true
		}
	}
	for _, key := range keysOf(now) {
		if gone[key] {
			delete(gone, key)
			continue
		}
		if err := w.keys.Put(w.site.number.claimKey(key, uint64(now.ID)), []byte{}); err != nil {
			return err
		}
	}
	for key := range gone {
		if err := w.keys.Delete(w.site.number.claimKey(key, uint64(now.ID))); err != nil {
			return err
		}
	}
	return nil
}

// solve forgets the problems that Jira's answers had with the issue.
func (w *issueWriter) solve(i *flow.Issue) error {
	return w.t.forgetProblems(w.site.number, i.ID, i.Now.Key)
}

// close writes the counts and chooses how full the pages become.
func (w *issueWriter) close() error {
	w.issues.FillPercent = fillRewriting
	if 2*w.appended > w.sum.New+w.sum.Changed {
		w.issues.FillPercent = fillAppending
	}
	return w.t.putJSON(w.t.bucket(bucketSites), w.site.number.key(), w.site.record)
}
