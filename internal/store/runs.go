package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// maxRuns is how many reports are kept of each site.
const maxRuns = 200

// AppendRun keeps the report of a run, which must be JSON, and forgets the
// oldest of the site beyond 200; but the last of each kind, its member "kind",
// stays, as a census among incremental runs.
func (s *Store) AppendRun(site string, at time.Time, report []byte) error {
	if site == "" || !json.Valid(report) {
		return fmt.Errorf("keep report of a run of site %q: it has no site or is not JSON", site)
	}
	err := s.update(func(t *writing) error {
		st, err := t.site(site)
		if err != nil {
			return err
		}
		b := t.bucket(bucketRuns)
		sequence, err := b.NextSequence()
		if err != nil {
			return err
		}
		key := binary.BigEndian.AppendUint64(st.number.issueKey(uint64(at.UnixMilli())), sequence)
		if err := t.put(b, key, report); err != nil {
			return err
		}
		var keys [][]byte
		last := map[string][]byte{} // by kind
		c := b.Cursor()
		for k, v := c.Seek(st.number.key()); bytes.HasPrefix(k, st.number.key()); k, v = c.Next() {
			keys = append(keys, bytes.Clone(k))
			last[kindOf(v)] = keys[len(keys)-1]
		}
		kept := slices.Collect(maps.Values(last))
		return t.deleteAll(b, slices.DeleteFunc(keys[:max(len(keys)-maxRuns, 0)], func(k []byte) bool {
			return slices.ContainsFunc(kept, func(l []byte) bool { return bytes.Equal(k, l) })
		}))
	})
	if err != nil {
		return fmt.Errorf("keep report of a run of site %q: %w", site, err)
	}
	return nil
}

// kindOf is the member "kind" of a report, "" where it has none.
func kindOf(report []byte) string {
	var of struct {
		Kind string `json:"kind"`
	}
	if json.Unmarshal(report, &of) != nil {
		return ""
	}
	return of.Kind
}

// Runs returns the reports of the last n runs of all sites, newest first.
func (s *Store) Runs(n int) ([]json.RawMessage, error) {
	type run struct {
		when   []byte // time and sequence
		report json.RawMessage
	}
	var runs []run
	err := s.view(func(t *reading) error {
		return t.bucket(bucketRuns).ForEach(func(k, v []byte) error {
			if len(k) != 18 {
				return fmt.Errorf("the key %x is of no run", k)
			}
			runs = append(runs, run{bytes.Clone(k[2:]), bytes.Clone(v)})
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read reports of runs: %w", err)
	}
	slices.SortFunc(runs, func(a, b run) int { return bytes.Compare(b.when, a.when) })
	reports := make([]json.RawMessage, 0, min(max(n, 0), len(runs)))
	for _, r := range runs[:cap(reports)] {
		reports = append(reports, r.report)
	}
	return reports, nil
}

// SeenTarget is a target date that a goal was shown with, after another or as
// the first.
type SeenTarget struct {
	Date  flow.Date `json:"date"`
	Shown time.Time `json:"shown"` // since when
}

// RecordTarget keeps that a goal is shown with a target date, and tells
// whether it was shown with another before, or with none. A date that comes
// back is kept anew.
func (s *Store) RecordTarget(goal string, date flow.Date, shown time.Time) (differs bool, err error) {
	if goal == "" || len(goal) > maxNameLength || strings.ContainsRune(goal, 0) || date.IsZero() {
		return false, fmt.Errorf("record target %q of goal %q: it has no date or the goal no usable id", date, goal)
	}
	// Nearly always it is known, and then there is nothing to wait for.
	err = s.view(func(t *reading) error {
		last, err := t.lastTarget(goal)
		differs = last.Date != date
		return err
	})
	if err == nil && differs {
		err = s.update(func(t *writing) error {
			last, err := t.lastTarget(goal)
			if differs = last.Date != date; err != nil || !differs {
				return err
			}
			ms := shown.UnixMilli()
			if !last.Date.IsZero() { // behind which it is, whatever the clock says
				ms = max(ms, last.Shown.UnixMilli()+1)
			}
			b, key := t.bucket(bucketTargets), append(targetPrefix(goal), date.String()...)
			return t.put(b, key, binary.BigEndian.AppendUint64(bytes.Clone(b.Get(key)), uint64(ms)))
		})
	}
	if err != nil {
		return false, fmt.Errorf("record target %s of goal %q: %w", date, goal, err)
	}
	return differs, nil
}

// lastTarget returns the date that the goal was shown with last; the zero
// SeenTarget where there is none.
func (t *reading) lastTarget(goal string) (SeenTarget, error) {
	seen, err := t.targets(goal)
	if err != nil || len(seen) == 0 {
		return SeenTarget{}, err
	}
	return seen[len(seen)-1], nil
}

func targetPrefix(goal string) []byte { return append([]byte(goal), 0) }

// Targets returns every target date that the goal was ever shown with, in the
// order in which they came up; one that came back comes again.
func (s *Store) Targets(goal string) (seen []SeenTarget, err error) {
	err = s.view(func(t *reading) error {
		seen, err = t.targets(goal)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read targets of goal %q: %w", goal, err)
	}
	return seen, nil
}

func (t *reading) targets(goal string) ([]SeenTarget, error) {
	var seen []SeenTarget
	prefix := targetPrefix(goal)
	c := t.bucket(bucketTargets).Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		some, err := decodeTarget(k[len(prefix):], v)
		if err != nil {
			return nil, err
		}
		seen = append(seen, some...)
	}
	slices.SortFunc(seen, func(a, b SeenTarget) int {
		return cmp.Or(a.Shown.Compare(b.Shown), cmp.Compare(a.Date.Sub(b.Date), 0))
	})
	return seen, nil
}

func decodeTarget(day, v []byte) (seen []SeenTarget, err error) {
	date, err := flow.ParseDate(string(day))
	if err != nil {
		return nil, err
	}
	if len(v) == 0 || len(v)%8 != 0 {
		return nil, errors.New("the times are not of eight bytes each")
	}
	for ; len(v) > 0; v = v[8:] {
		seen = append(seen, SeenTarget{date, instant(int64(binary.BigEndian.Uint64(v)))})
	}
	return seen, nil
}
