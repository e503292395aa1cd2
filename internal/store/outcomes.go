package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"plumbline/internal/flow"
)

func outcomePrefix(goal, outcome, query string) []byte {
	q := queryIDOf(query)
	return append(append(append(append([]byte(goal), 0), outcome...), 0), q[:]...)
}

func outcomeKey(goal, outcome, query string, at time.Time) []byte {
	return binary.BigEndian.AppendUint64(outcomePrefix(goal, outcome, query), uint64(at.UnixMilli()))
}

// RecordOutcome keeps what the query of a goal's outcome gave at a time. Under
// another query it is another outcome.
func (s *Store) RecordOutcome(goal, outcome, query string, m flow.Measured) error {
	for _, name := range []string{goal, outcome} {
		if name == "" || len(name) > maxNameLength || strings.ContainsRune(name, 0) {
			return fmt.Errorf("record outcome %q of goal %q: the name is not usable", outcome, goal)
		}
	}
	if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) || m.At.UnixMilli() < 0 {
		return fmt.Errorf("record outcome %q of goal %q: it is no number at no time", outcome, goal)
	}
	err := s.update(func(t *writing) error {
		return t.put(t.bucket(bucketOutcomes), outcomeKey(goal, outcome, query, m.At), binary.BigEndian.AppendUint64(nil, math.Float64bits(m.Value)))
	})
	if err != nil {
		return fmt.Errorf("record outcome %q of goal %q: %w", outcome, goal, err)
	}
	return nil
}

// ThinOutcome keeps the last value of each day in the zone, and drops the
// others, of the days that were over by the time: as of the beginning of any
// day, the outcome is what it was.
func (s *Store) ThinOutcome(goal, outcome, query string, by time.Time, zone *time.Location) error {
	values, err := s.Outcome(goal, outcome, query)
	if err != nil {
		return err
	}
	var drop [][]byte
	for k := 0; k+1 < len(values); k++ {
		end := flow.DateOf(values[k].At.In(zone)).End(zone)
		if end.After(by) {
			break
		}
		if values[k+1].At.Before(end) {
			drop = append(drop, outcomeKey(goal, outcome, query, values[k].At))
		}
	}
	if len(drop) == 0 {
		return nil
	}
	if err := s.update(func(t *writing) error { return t.deleteAll(t.bucket(bucketOutcomes), drop) }); err != nil {
		return fmt.Errorf("thin outcome %q of goal %q: %w", outcome, goal, err)
	}
	return nil
}

// Outcome returns what the query of a goal's outcome gave, in the order of
// time.
func (s *Store) Outcome(goal, outcome, query string) ([]flow.Measured, error) {
	var all []flow.Measured
	err := s.view(func(t *reading) error {
		prefix := outcomePrefix(goal, outcome, query)
		c := t.bucket(bucketOutcomes).Cursor()
		for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
			m, err := decodeOutcome(k[len(prefix):], v)
			if err != nil {
				return err
			}
			all = append(all, m)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read outcome %q of goal %q: %w", outcome, goal, err)
	}
	return all, nil
}

func decodeOutcome(ms, v []byte) (flow.Measured, error) {
	if len(ms) != 8 || len(v) != 8 || binary.BigEndian.Uint64(ms) > maxTime {
		return flow.Measured{}, errors.New("it is held as no number with a time")
	}
	m := flow.Measured{At: instant(int64(binary.BigEndian.Uint64(ms))), Value: math.Float64frombits(binary.BigEndian.Uint64(v))}
	if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
		return m, errors.New("it is held as no number")
	}
	return m, nil
}

// checkOutcome tells what is wrong with an entry; nil where nothing is.
func checkOutcome(k, v []byte) error {
	_, rest, ok := bytes.Cut(k, []byte{0})
	_, rest, also := bytes.Cut(rest, []byte{0})
	if !ok || !also || len(rest) != len(queryID{})+8 {
		return errors.New("it is of no outcome")
	}
	_, err := decodeOutcome(rest[len(queryID{}):], v)
	return err
}
