package store

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"sync"

	bolt "go.etcd.io/bbolt"

	"plumbline/internal/flow"
)

// How much is remembered of the issues that writes have replaced.
const (
	mostReplaced      = 8192
	mostReplacedBytes = 8 << 20
)

// Changes are the issues that were stored anew between two generations.
type Changes struct {
	// Known tells whether it is known what changed. Where it is not, the store
	// was opened later, or too much has been written since.
	Known bool
	// Issues are sorted by site and id, each once: as it was at the first
	// generation and as it is at the second. What differs in nothing is left out.
	Issues []flow.Changed
	// Generation is the second one: Issues shows exactly what held then.
	Generation uint64
}

// Generation is a number that grows with each write that changes an issue.
// While it stays the same, Issues shows the same: where it is the same before
// a walk and after it, the walk has shown just what held at that generation.
// It says nothing from one opening of the store to the next.
func (s *Store) Generation() uint64 {
	s.replaced.Lock()
	defer s.replaced.Unlock()
	return s.replaced.generation
}

// Changes returns the issues that were stored anew since the generation. What
// a write has replaced is remembered in memory, and not for ever.
func (s *Store) Changes(since uint64) (c Changes, err error) {
	err = guard(s.path, func() error {
		log, tx, err := s.begin(since, &c)
		if err != nil || tx == nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		c.Issues, err = (&reading{tx: tx, book: s.book.Load()}).changed(log)
		return err
	})
	if err != nil {
		return Changes{}, fmt.Errorf("read the issues that changed: %w", err)
	}
	return c, nil
}

// begin returns what was replaced since the generation, and a transaction that
// reads what replaced it; nil where nothing is to be read.
func (s *Store) begin(since uint64, c *Changes) ([]replaced, *bolt.Tx, error) {
	r := &s.replaced
	r.Lock() // no write is committed meanwhile
	defer r.Unlock()
	c.Generation = r.generation
	c.Known = since >= r.from && since <= r.generation
	if !c.Known || since == r.generation {
		return nil, nil, nil
	}
	first, _ := slices.BinarySearchFunc(r.log, since+1, func(x replaced, g uint64) int { return cmp.Compare(x.generation, g) })
	tx, err := s.db.Begin(false)
	return slices.Clone(r.log[first:]), tx, err
}

// changed sets what was replaced beside what is held now.
func (t *reading) changed(log []replaced) ([]flow.Changed, error) {
	slices.SortStableFunc(log, func(a, b replaced) int { return cmp.Or(cmp.Compare(a.site, b.site), cmp.Compare(a.id, b.id)) })
	// Of one issue the first that was replaced is what it was in the beginning.
	log = slices.CompactFunc(log, func(a, b replaced) bool { return a.site == b.site && a.id == b.id })
	out := make([]flow.Changed, 0, len(log))
	for _, r := range log {
		n := t.book.sites[r.site]
		held := t.bucket(bucketIssues).Get(n.issueKey(uint64(r.id)))
		if r.value != nil && bytes.Equal(r.value, held) {
			continue
		}
		var c flow.Changed
		var err error
		if c.After, err = decodeIssue(held, r.site, r.id, t.book.names); err != nil {
			return nil, err
		}
		if r.value != nil {
			if c.Before, err = decodeIssue(r.value, r.site, r.id, t.book.names); err != nil {
				return nil, err
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// replaced is an issue as it was before a write.
type replaced struct {
	generation uint64
	site       string
	id         flow.IssueID
	value      []byte // nil where it was not held
}

// replacements is what one write replaces.
type replacements struct {
	log   []replaced
	bytes int
	lost  bool // more than is remembered
}

func (r *replacements) add(site string, id flow.IssueID, value []byte) {
	if r.lost {
		return
	}
	r.log = append(r.log, replaced{site: site, id: id, value: bytes.Clone(value)})
	r.bytes += len(value)
	if len(r.log) > mostReplaced || r.bytes > mostReplacedBytes {
		*r = replacements{lost: true}
	}
}

// memory is what the latest writes replaced, oldest first. It is locked while
// a write is committed, so that generation and file go together.
type memory struct {
	sync.Mutex
	replacements
	generation uint64
	from       uint64 // of the writes after this generation all is known
}

// commit makes a write hold, and remembers what it replaced.
func (m *memory) commit(tx *bolt.Tx, r *replacements) error {
	m.Lock()
	defer m.Unlock()
	if err := tx.Commit(); err != nil || len(r.log) == 0 && !r.lost {
		return err
	}
	m.generation++
	if r.lost {
		m.from, m.replacements = m.generation, replacements{}
		return nil
	}
	for k := range r.log {
		r.log[k].generation = m.generation
	}
	m.log = append(m.log, r.log...)
	m.bytes += r.bytes
	forgotten := 0
	for len(m.log)-forgotten > mostReplaced || m.bytes > mostReplacedBytes {
		m.from = m.log[forgotten].generation
		for ; m.log[forgotten].generation == m.from; forgotten++ {
			m.bytes -= len(m.log[forgotten].value)
		}
	}
	m.log = slices.Delete(m.log, 0, forgotten)
	return nil
}
