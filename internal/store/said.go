package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"plumbline/internal/flow"
)

// sayingRecord is a saying as it is held.
type sayingRecord struct {
	At      time.Time `json:"at"`
	Value   *float64  `json:"v,omitempty"` // nil: none that makes sense
	Percent bool      `json:"p,omitempty"`
}

// Speakers returns which of the issues with the keys are present at a site,
// and whether the field was ever heard of each.
func (s *Store) Speakers(site, field string, keys []string) ([]flow.Speaker, error) {
	var all []flow.Speaker
	for _, key := range keys {
		i, err := s.IssueByKey(site, key)
		if errors.Is(err, ErrNotFound) || err == nil && !i.Gone.IsZero() {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, flow.Speaker{ID: i.ID})
	}
	err := s.view(func(t *reading) error {
		for k := range all {
			key := t.book.sites[site].matchKey(queryIDOf(field), all[k].ID)
			all[k].Heard = t.bucket(bucketSaid).Get(key) != nil
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what a field of site %q has said: %w", site, err)
	}
	return all, nil
}

// Hear records what a field of issues has said of their progress, in place of
// what it was known to have said before.
func (s *Store) Hear(ctx context.Context, site, field string, said []flow.Said) error {
	err := s.update(func(t *writing) error {
		st, err := t.site(site)
		if err != nil {
			return err
		}
		for k := range said {
			if err := ctx.Err(); err != nil {
				return err
			}
			records := []sayingRecord{}
			for _, h := range said[k].History {
				r := sayingRecord{At: h.At.UTC(), Percent: h.Percent}
				if h.Known {
					r.Value = &h.Value
				}
				records = append(records, r)
			}
			if err := t.putJSON(t.bucket(bucketSaid), st.number.matchKey(queryIDOf(field), said[k].ID), records); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record what a field of site %q has said: %w", site, err)
	}
	return nil
}

// Said returns what the field has said of each issue of a site, by id.
func (s *Store) Said(site, field string) ([]flow.Said, error) {
	var all []flow.Said
	err := s.view(func(t *reading) error {
		n, ok := t.book.sites[site]
		if !ok {
			return nil
		}
		prefix := n.queryKey(queryIDOf(field))
		c := t.bucket(bucketSaid).Cursor()
		for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
			one, err := decodeSaid(k, v)
			if err != nil {
				return err
			}
			one.Site, one.Field = site, field
			all = append(all, one)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what a field of site %q has said: %w", site, err)
	}
	return all, nil
}

func decodeSaid(k, v []byte) (flow.Said, error) {
	if len(k) != matchKeyLength {
		return flow.Said{}, fmt.Errorf("the key %x is of no issue", k)
	}
	one := flow.Said{ID: flow.IssueID(binary.BigEndian.Uint64(k[matchKeyLength-8:]))}
	var records []sayingRecord
	if err := json.Unmarshal(v, &records); err != nil {
		return one, fmt.Errorf("issue %d: %w", one.ID, err)
	}
	for _, r := range records {
		h := flow.Saying{At: r.At, Percent: r.Percent}
		if r.Value != nil {
			h.Known, h.Value = true, *r.Value
		}
		one.History = append(one.History, h)
	}
	return one, nil
}
