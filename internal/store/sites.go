package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"plumbline/internal/flow"
)

// Sites returns the names of the sites that the store knows of, sorted.
func (s *Store) Sites() []string { return s.book.Load().sitesByName() }

// Counts returns how much is held of a site, without looking at the issues;
// zeros for a site that the store does not know.
func (s *Store) Counts(site string) (Counts, error) {
	var r siteRecord
	err := s.view(func(t *reading) (err error) {
		n, ok := t.book.sites[site]
		if !ok {
			return nil
		}
		r, err = decodeSite(t.bucket(bucketSites).Get(n.key()))
		return err
	})
	if err != nil {
		return Counts{}, fmt.Errorf("read counts of site %q: %w", site, err)
	}
	return r.Counts, nil
}

// Checkpoint returns how far the site's syncs have come; the zero Checkpoint
// with the site's name before the first.
func (s *Store) Checkpoint(site string) (flow.Checkpoint, error) {
	c := flow.Checkpoint{Site: site}
	err := s.view(func(t *reading) error {
		n, ok := t.book.sites[site]
		if !ok {
			return nil
		}
		return t.checkpoint(n, &c)
	})
	if err != nil {
		return flow.Checkpoint{}, fmt.Errorf("read checkpoint of site %q: %w", site, err)
	}
	return c, nil
}

func (t *reading) checkpoint(n siteNumber, c *flow.Checkpoint) error {
	v := t.bucket(bucketCheckpoints).Get(n.key())
	if v == nil {
		return nil
	}
	return json.Unmarshal(v, c)
}

// progress writes the checkpoint and the problems. When a full run has come
// to its end, the problems that it did not meet are forgotten.
func (t *writing) progress(n siteNumber, b flow.Batch, c flow.Checkpoint) error {
	before := flow.Checkpoint{}
	if err := t.checkpoint(n, &before); err != nil {
		return fmt.Errorf("read checkpoint: %w", err)
	}
	run := c.FullStarted
	if run.IsZero() && !before.FullStarted.IsZero() {
		run = before.FullStarted
		if err := t.forgetOtherProblems(n, run); err != nil {
			return err
		}
	}
	for _, p := range b.Problems {
		if err := t.putProblem(n, p, run); err != nil {
			return err
		}
	}
	return t.putJSON(t.bucket(bucketCheckpoints), n.key(), c)
}

// problem is a held problem. Run is the start of the full run that met it
// last; zero if none did.
type problem struct {
	What string    `json:"what"`
	Run  time.Time `json:"run,omitzero"`
}

func (n siteNumber) problemKey(id flow.IssueID, key string) []byte {
	return append(n.issueKey(uint64(id)), key[:min(len(key), maxNameLength)]...)
}

func (t *writing) putProblem(n siteNumber, p flow.Problem, run time.Time) error {
	return t.putJSON(t.bucket(bucketProblems), n.problemKey(p.ID, p.Key), problem{p.What, run})
}

// forgetProblems forgets the problems of an issue that has come through well.
func (t *writing) forgetProblems(n siteNumber, id flow.IssueID, key string) error {
	b := t.bucket(bucketProblems)
	c := b.Cursor()
	var gone [][]byte
	prefix := n.problemKey(id, "")
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		gone = append(gone, bytes.Clone(k))
	}
	if k := n.problemKey(0, key); key != "" && b.Get(k) != nil {
		gone = append(gone, k)
	}
	return t.deleteAll(b, gone)
}

func (t *writing) forgetOtherProblems(n siteNumber, run time.Time) error {
	b := t.bucket(bucketProblems)
	c := b.Cursor()
	var gone [][]byte
	for k, v := c.Seek(n.key()); bytes.HasPrefix(k, n.key()); k, v = c.Next() {
		var p problem
		if err := json.Unmarshal(v, &p); err != nil {
			return fmt.Errorf("read problem %x: %w", k, err)
		}
		if !p.Run.Equal(run) {
			gone = append(gone, bytes.Clone(k))
		}
	}
	return t.deleteAll(b, gone)
}

func (t *writing) deleteAll(b *bolt.Bucket, keys [][]byte) error {
	for _, k := range keys {
		if err := t.delete(b, k); err != nil {
			return err
		}
	}
	return nil
}

// Problems returns the issues of a site that Jira sent and that could not be
// taken as they were, by id. A problem is forgotten when its issue comes
// through well, or when a full run ends that has not met it.
func (s *Store) Problems(site string) ([]flow.Problem, error) {
	var all []flow.Problem
	err := s.view(func(t *reading) error {
		n, ok := t.book.sites[site]
		if !ok {
			return nil
		}
		c := t.bucket(bucketProblems).Cursor()
		for k, v := c.Seek(n.key()); bytes.HasPrefix(k, n.key()); k, v = c.Next() {
			var p problem
			if err := json.Unmarshal(v, &p); err != nil || len(k) < 10 {
				return fmt.Errorf("problem %x: not readable", k)
			}
			all = append(all, flow.Problem{
				ID: flow.IssueID(binary.BigEndian.Uint64(k[2:])), Key: string(k[10:]), What: p.What,
			})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read problems of site %q: %w", site, err)
	}
	return all, nil
}
