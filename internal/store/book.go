package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Not everything is worth a place in the book, which stands in memory whole: a
// name that is longer, or comes when it is full, is written out where it is
// used.
const (
	maxNameLength = 255
	maxNames      = 1 << 18
)

// book is what the bytes of the store refer to by number. A book that was
// published is never changed: a later one has more at its end.
type book struct {
	names []string // names[0] is the empty one
	sites map[string]siteNumber
}

type siteNumber uint16

// sitesByName returns the known sites in the order of their names.
func (b *book) sitesByName() []string { return slices.Sorted(maps.Keys(b.sites)) }

// load reads the book when the store is opened.
func (s *Store) load() error {
	b := &book{names: []string{""}, sites: map[string]siteNumber{}}
	err := s.view(func(t *reading) error {
		err := t.bucket(bucketNames).ForEach(func(k, v []byte) error {
			if len(k) != 4 || binary.BigEndian.Uint32(k) != uint32(len(b.names)) {
				return fmt.Errorf("names: the key %x stands where %d should", k, len(b.names))
			}
			b.names = append(b.names, string(v))
			return nil
		})
		if err != nil {
			return &DamagedError{Path: s.path, Err: err}
		}
		return t.bucket(bucketSites).ForEach(func(k, v []byte) error {
			r, err := decodeSite(v)
			if err == nil && len(k) != 2 {
				err = errors.New("its number is not of two bytes")
			}
			if err != nil {
				return &DamagedError{Path: s.path, Err: fmt.Errorf("site %x: %w", k, err)}
			}
			b.sites[r.Name] = siteNumber(binary.BigEndian.Uint16(k))
			return nil
		})
	})
	if err != nil {
		return err
	}
	s.book.Store(b)
	s.enc = newEncoder(b.names)
	return nil
}

// siteRecord is what is held of a site beside its issues.
type siteRecord struct {
	Name string `json:"name"`
	Counts
}

// Counts are the numbers of what is held of a site.
type Counts struct {
	Issues    int `json:"issues"`    // gone ones too
	Present   int `json:"present"`   // neither deleted, hidden nor archived
	Changes   int `json:"changes"`   // changelog items
	Histories int `json:"histories"` // changelog entries
	// OldestChange and NewestChange span every change that was ever stored;
	// nil before the first.
	OldestChange *time.Time `json:"oldest_change"`
	NewestChange *time.Time `json:"newest_change"`
}

// cover widens the span of the changes.
func (c *Counts) cover(at time.Time) {
	if c.OldestChange == nil || at.Before(*c.OldestChange) {
		c.OldestChange = &at
	}
	if c.NewestChange == nil || at.After(*c.NewestChange) {
		c.NewestChange = &at
	}
}

func decodeSite(v []byte) (siteRecord, error) {
	var r siteRecord
	if err := json.Unmarshal(v, &r); err != nil {
		return r, err
	}
	return r, nil
}

// The keys of the buckets.

func (n siteNumber) key() []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }

func (n siteNumber) issueKey(id uint64) []byte {
	return binary.BigEndian.AppendUint64(n.key(), id)
}

// claimPrefix begins the entries of every issue that ever had the key.
func (n siteNumber) claimPrefix(key string) []byte {
	return append(append(n.key(), key...), 0)
}

func (n siteNumber) claimKey(key string, id uint64) []byte {
	return binary.BigEndian.AppendUint64(n.claimPrefix(key), id)
}
