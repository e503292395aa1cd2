package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"plumbline/internal/flow"
)

// queryRecord is what is held of a JQL that a site was asked, beside what it
// matches.
type queryRecord struct {
	JQL   string    `json:"jql"`
	First time.Time `json:"first,omitzero"` // the first complete answer
	Last  time.Time `json:"last,omitzero"`  // the latest complete answer
	// Covers is up to when the latest complete answer was sure to know of
	// every issue, under Scope and as Account.
	Covers  time.Time      `json:"covers,omitzero"`
	Scope   string         `json:"scope,omitempty"`
	Account flow.Pseudonym `json:"account,omitempty"`
	// Whole tells that the latest answer was complete.
	Whole bool `json:"whole,omitempty"`
	// Doubted is when the first of the latest answers was given that lack too
	// much to be believed.
	Doubted time.Time `json:"doubted,omitzero"`
	Refused string    `json:"refused,omitempty"`
}

// queryID stands for a JQL in keys: it is a text of any length.
type queryID [16]byte

func queryIDOf(jql string) queryID {
	sum := sha256.Sum256([]byte(jql))
	return queryID(sum[:16])
}

func (n siteNumber) queryKey(q queryID) []byte { return append(n.key(), q[:]...) }

func (n siteNumber) matchKey(q queryID, id flow.IssueID) []byte {
	return binary.BigEndian.AppendUint64(n.queryKey(q), uint64(id))
}

// A match is held as three times in ms; 0 is none.
const (
	matchKeyLength = 2 + 16 + 8
	matchLength    = 3 * 8
)

// Select records what a site answered when it was asked for the issues that a
// JQL matches. An issue that was not seen to match begins to; one that was,
// and is not in a complete answer any more, ends. Nothing else is inferred.
func (s *Store) Select(ctx context.Context, a flow.Selection) error {
	if a.Site == "" || a.JQL == "" || a.At.IsZero() {
		return fmt.Errorf("record what a JQL of site %q matches: it has no site, no text or no time", a.Site)
	}
	err := s.update(func(t *writing) error {
		site, err := t.site(a.Site)
		if err != nil {
			return err
		}
		return t.selected(ctx, site.number, a)
	})
	if err != nil {
		return fmt.Errorf("record what a JQL of site %q matches: %w", a.Site, err)
	}
	return nil
}

func (t *writing) selected(ctx context.Context, n siteNumber, a flow.Selection) error {
	b, q := t.bucket(bucketQueries), queryIDOf(a.JQL)
	r := queryRecord{JQL: a.JQL}
	if v := b.Get(n.queryKey(q)); v != nil {
		if err := json.Unmarshal(v, &r); err != nil {
			return fmt.Errorf("read what is held of it: %w", err)
		}
	}
	r.Refused, r.Whole = a.Refused, a.Complete && a.Refused == ""
	switch {
	case r.Whole:
		r.Doubted = time.Time{}
	case a.Doubted && r.Doubted.IsZero():
		r.Doubted = a.At.UTC()
	}
	if a.Refused == "" {
		missed := r.Covers
		if r.Scope != a.Scope || r.Account != a.Account {
			missed = time.Time{} // what others asked elsewhere contradicts nothing
		}
		if err := t.matches(ctx, n, q, a, missed); err != nil {
			return err
		}
	}
	if r.Whole {
		if r.First.IsZero() {
			r.First = a.At.UTC()
		}
		r.Last, r.Covers, r.Scope, r.Account = a.At.UTC(), a.Covers.UTC(), a.Scope, a.Account
	}
	return t.putJSON(b, n.queryKey(q), r)
}

// matches begins and ends matches as the answer says. Missed is up to when the
// complete answer before was sure to know of every issue.
func (t *writing) matches(ctx context.Context, n siteNumber, q queryID, a flow.Selection, missed time.Time) error {
	b := t.bucket(bucketMatches)
	seen := make(map[flow.IssueID]bool, len(a.IDs))
	for _, id := range a.IDs {
		if err := ctx.Err(); err != nil {
			return err
		}
		key := n.matchKey(q, id)
		seen[id] = true
		held, err := decodeMatches(id, b.Get(key))
		if err != nil {
			return err
		}
		begun := flow.Match{Missed: missed, Seen: a.At}
		if k := len(held) - 1; k >= 0 {
			if held[k].Left.IsZero() {
				continue
			}
			begun.Missed = latest(missed, held[k].Left) // which contradicts in any case
			begun.Seen = latest(a.At, held[k].Left)
		}
		held = append(held, begun)
		if err := t.put(b, key, encodeMatches(held)); err != nil {
			return err
		}
	}
	if !a.Complete {
		return nil
	}
	return t.leave(ctx, b, n.queryKey(q), seen, a.At)
}

// leave ends the matches of the issues that were not seen.
func (t *writing) leave(ctx context.Context, b *bolt.Bucket, prefix []byte, seen map[flow.IssueID]bool, at time.Time) error {
	ended := map[flow.IssueID][]flow.Match{}
	c := b.Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		id, held, err := decodeMatchEntry(k, v)
		if err != nil {
			return err
		}
		if last := len(held) - 1; !seen[id] && held[last].Left.IsZero() {
			held[last].Left = latest(at, held[last].Seen)
			ended[id] = held
		}
	}
	for id, held := range ended {
		key := binary.BigEndian.AppendUint64(slices.Clone(prefix), uint64(id))
		if err := t.put(b, key, encodeMatches(held)); err != nil {
			return err
		}
	}
	return nil
}

// latest is the later of two times: a site's clock may be set back.
func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func encodeMatches(all []flow.Match) []byte {
	out := make([]byte, 0, len(all)*matchLength)
	for _, m := range all {
		for _, at := range []time.Time{m.Missed, m.Seen, m.Left} {
			ms := uint64(0)
			if !at.IsZero() {
				ms = uint64(min(max(at.UnixMilli(), 0), maxTime))
			}
			out = binary.BigEndian.AppendUint64(out, ms)
		}
	}
	return out
}

func decodeMatches(id flow.IssueID, v []byte) ([]flow.Match, error) {
	if len(v)%matchLength != 0 {
		return nil, fmt.Errorf("the matches of issue %d have %d bytes", id, len(v))
	}
	var out []flow.Match
	for ; len(v) > 0; v = v[matchLength:] {
		var at [3]time.Time
		for k := range at {
			ms := binary.BigEndian.Uint64(v[8*k:])
			if ms > maxTime {
				return nil, fmt.Errorf("a match of issue %d is of no time", id)
			}
			if ms > 0 {
				at[k] = instant(int64(ms))
			}
		}
		out = append(out, flow.Match{ID: id, Missed: at[0], Seen: at[1], Left: at[2]})
	}
	return out, nil
}

func decodeMatchEntry(k, v []byte) (flow.IssueID, []flow.Match, error) {
	if len(k) != matchKeyLength {
		return 0, nil, fmt.Errorf("the key %x is of no match", k)
	}
	id := flow.IssueID(binary.BigEndian.Uint64(k[matchKeyLength-8:]))
	held, err := decodeMatches(id, v)
	if err == nil && len(held) == 0 {
		err = errors.New("an issue without a match is held as one")
	}
	return id, held, err
}

// Matching returns what is known of which issues of the site the JQL matches;
// false where the site was never asked.
func (s *Store) Matching(site, jql string) (_ flow.Matching, asked bool, err error) {
	m := flow.Matching{Site: site, JQL: jql}
	err = s.view(func(t *reading) error {
		n, ok := t.book.sites[site]
		if !ok {
			return nil
		}
		asked, err = t.matching(n, &m)
		return err
	})
	if err != nil {
		return flow.Matching{}, false, fmt.Errorf("read what a JQL of site %q matches: %w", site, err)
	}
	return m, asked, nil
}

// Queried returns, by site, what is known of a JQL that was asked, without the
// matches.
func (s *Store) Queried(jql string) (map[string]flow.Matching, error) {
	all := map[string]flow.Matching{}
	err := s.view(func(t *reading) error {
		for site, n := range t.book.sites {
			m := flow.Matching{Site: site, JQL: jql}
			asked, err := t.queried(n, &m)
			if err != nil {
				return fmt.Errorf("site %q: %w", site, err)
			}
			if asked {
				all[site] = m
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what is known of a JQL: %w", err)
	}
	return all, nil
}

func (t *reading) queried(n siteNumber, m *flow.Matching) (asked bool, err error) {
	v := t.bucket(bucketQueries).Get(n.queryKey(queryIDOf(m.JQL)))
	if v == nil {
		return false, nil
	}
	var r queryRecord
	if err := json.Unmarshal(v, &r); err != nil {
		return false, err
	}
	m.First, m.Last, m.Whole, m.Scope, m.Account, m.Doubted, m.Refused = r.First, r.Last, r.Whole, r.Scope, r.Account, r.Doubted, r.Refused
	return true, nil
}

func (t *reading) matching(n siteNumber, m *flow.Matching) (asked bool, err error) {
	if asked, err = t.queried(n, m); err != nil || !asked {
		return asked, err
	}
	prefix := n.queryKey(queryIDOf(m.JQL))
	c := t.bucket(bucketMatches).Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		_, held, err := decodeMatchEntry(k, v)
		if err != nil {
			return false, err
		}
		m.Matches = append(m.Matches, held...)
	}
	return true, nil
}
