package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"plumbline/internal/flow"
)

// Finding is something in the store that should not be as it is.
type Finding struct {
	Where string `json:"where"` // the bucket, and the site and issue where there is one
	What  string `json:"what"`
}

// String returns the finding as a line of text.
func (f Finding) String() string { return f.Where + ": " + f.What }

// maxFindings bounds what one check reports: a store with more is to be
// restored, not read about.
const maxFindings = 1000

// errEnough ends a check that has found too much.
var errEnough = errors.New("there is more")

// Verify reads every byte of the store and returns what is wrong with it: that
// the file's pages hold together, that every value can be read, that the book
// has every name, that the issues' changes are in order, that the index of
// keys and the counts say what the issues say. It returns no more than a
// thousand findings. Writing waits until it is done.
func (s *Store) Verify(ctx context.Context) ([]Finding, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	v := verifier{ctx: ctx}
	err := s.view(func(t *reading) error {
		v.t = t
		for _, check := range []func() error{v.names, v.issues, v.claims, v.sites, v.rest} {
			if err := check(); err != nil {
				return err
			}
		}
		// bbolt's own check runs in a goroutine where a memory fault would
		// be fatal. By now every page has been touched here.
		return v.pages()
	})
	var damaged *DamagedError
	switch {
	case errors.Is(err, errEnough):
	case errors.As(err, &damaged):
		v.findings = append(v.findings, Finding{"file", damaged.Err.Error()})
	case err != nil:
		return v.findings, fmt.Errorf("verify store %s: %w", s.path, err)
	}
	return v.findings, nil
}

type verifier struct {
	ctx      context.Context
	t        *reading
	findings []Finding
	counts   map[siteNumber]*Counts
	claimed  int // keys that issues had
}

func (v *verifier) found(where, format string, args ...any) error {
	if len(v.findings) >= maxFindings {
		return errEnough
	}
	v.findings = append(v.findings, Finding{where, fmt.Sprintf(format, args...)})
	return nil
}

func (v *verifier) names() error {
	seen := map[string]int{}
	n := 1
	return v.t.bucket(bucketNames).ForEach(func(k, name []byte) error {
		var err error
		if len(k) != 4 || binary.BigEndian.Uint32(k) != uint32(n) {
			err = v.found(bucketNames, "the key %x stands where %d should", k, n)
		} else if at, twice := seen[string(name)]; twice {
			err = v.found(bucketNames, "%q is both %d and %d", name, at, n)
		}
		seen[string(name)] = n
		n++
		return err
	})
}

func (v *verifier) issues() error {
	v.counts = map[siteNumber]*Counts{}
	byNumber := map[siteNumber]string{}
	for name, n := range v.t.book.sites {
		byNumber[n] = name
		v.counts[n] = &Counts{}
	}
	return v.t.bucket(bucketIssues).ForEach(func(k, value []byte) error {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		id, err := issueIDOf(k)
		if err != nil {
			return v.found(bucketIssues, "%v", err)
		}
		n := siteNumber(binary.BigEndian.Uint16(k))
		site, ok := byNumber[n]
		if !ok {
			return v.found(bucketIssues, "issue %d is of site number %d, which there is not", id, n)
		}
		i, err := decodeIssue(value, site, id, v.t.book.names)
		if err != nil {
			return v.found(bucketIssues, "%v", err)
		}
		v.counts[n].add(i, 1)
		if len(i.Changes) > 0 {
			v.counts[n].cover(i.Changes[0].At)
			v.counts[n].cover(i.Changes[len(i.Changes)-1].At)
		}
		return v.issue(n, i)
	})
}

func (v *verifier) issue(n siteNumber, i *flow.Issue) error {
	where := fmt.Sprintf("%s: issue %d of site %q", bucketIssues, i.ID, i.Site)
	if !slices.IsSortedFunc(i.Changes, compareChanges) {
		if err := v.found(where, "its changes are not in the order of time"); err != nil {
			return err
		}
	}
	if !slices.IsSorted(i.Now.Labels) || !slices.IsSorted(i.Now.FixVersions) {
		if err := v.found(where, "its labels or fix versions are not sorted"); err != nil {
			return err
		}
	}
	keys := v.t.bucket(bucketKeys)
	for _, key := range keysOf(i) {
		v.claimed++
		if keys.Get(n.claimKey(key, uint64(i.ID))) == nil {
			if err := v.found(where, "it cannot be found by its key %q", key); err != nil {
				return err
			}
		}
	}
	return nil
}

// claims looks for entries of the index that no issue accounts for. As every
// key of an issue has been looked up, a number that agrees is proof.
func (v *verifier) claims() error {
	held := 0
	err := v.t.bucket(bucketKeys).ForEach(func(k, _ []byte) error {
		held++
		return v.ctx.Err()
	})
	if err != nil || held == v.claimed {
		return err
	}
	return v.found(bucketKeys, "%d keys lead to issues, but the issues have had %d", held, v.claimed)
}

func (v *verifier) sites() error {
	for _, name := range v.t.book.sitesByName() {
		n := v.t.book.sites[name]
		r, err := decodeSite(v.t.bucket(bucketSites).Get(n.key()))
		if err != nil {
			if err := v.found(bucketSites, "site %q: %v", name, err); err != nil {
				return err
			}
			continue
		}
		is, held := *v.counts[n], r.Counts
		if spanIncludes(held, is) {
			is.OldestChange, is.NewestChange = held.OldestChange, held.NewestChange
		}
		if is != held {
			err := v.found(bucketSites, "site %q: it counts %s, but there are %s", name, held.text(), is.text())
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// spanIncludes reports whether the changes of inner lie within outer's span.
func spanIncludes(outer, inner Counts) bool {
	if inner.OldestChange == nil {
		return true
	}
	return outer.OldestChange != nil && !inner.OldestChange.Before(*outer.OldestChange) &&
		outer.NewestChange != nil && !inner.NewestChange.After(*outer.NewestChange)
}

func (c Counts) text() string {
	b, err := json.Marshal(c)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// rest reads the buckets that hold no issues.
func (v *verifier) rest() error {
	for _, name := range slices.Sorted(maps.Keys(v.t.book.sites)) {
		if err := v.entities(name); err != nil {
			return err
		}
	}
	for _, bucket := range []string{bucketCheckpoints, bucketProblems, bucketRuns, bucketQueries} {
		err := v.t.bucket(bucket).ForEach(func(k, value []byte) error {
			if !json.Valid(value) {
				return v.found(bucket, "%x is not JSON", k)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := v.matches(); err != nil {
		return err
	}
	err := v.t.bucket(bucketSaid).ForEach(func(k, value []byte) error {
		if _, err := decodeSaid(k, value); err != nil {
			return v.found(bucketSaid, "%v", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = v.t.bucket(bucketOutcomes).ForEach(func(k, value []byte) error {
		if err := checkOutcome(k, value); err != nil {
			return v.found(bucketOutcomes, "%x: %v", k, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.t.bucket(bucketTargets).ForEach(func(k, value []byte) error {
		_, day, ok := bytes.Cut(k, []byte{0})
		if _, err := decodeTarget(day, value); !ok || err != nil {
			return v.found(bucketTargets, "%q is not a goal with a date and a time", k)
		}
		return nil
	})
}

// matches reads what JQLs match.
func (v *verifier) matches() error {
	queries := v.t.bucket(bucketQueries)
	return v.t.bucket(bucketMatches).ForEach(func(k, value []byte) error {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		if _, _, err := decodeMatchEntry(k, value); err != nil {
			return v.found(bucketMatches, "%v", err)
		}
		if queries.Get(k[:matchKeyLength-8]) == nil {
			return v.found(bucketMatches, "%x is of a JQL that is not held", k)
		}
		return nil
	})
}

// entities reads what is held of a site's statuses, types, versions and
// sprints.
func (v *verifier) entities(site string) error {
	n := v.t.book.sites[site]
	for bucket, read := range map[string]func() error{
		bucketCatalog:  func() error { _, err := v.t.catalog(site); return err },
		bucketVersions: func() error { return v.t.versions(n, func(flow.VersionSeen) {}) },
		bucketSprints:  func() error { _, err := v.t.sprints(n); return err },
	} {
		if err := read(); err != nil {
			if err := v.found(bucket, "site %q: %v", site, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// pages has bbolt check that its pages hold together.
func (v *verifier) pages() error {
	var enough error
	for err := range v.t.tx.Check() {
		if enough == nil {
			enough = v.found("file", "%v", err)
		}
	}
	return enough
}
