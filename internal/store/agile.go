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

// version writes a version as it is seen now. Where that differs from what is
// held, it begins a new entry of the version's history.
func (t *writing) version(catalog *bolt.Bucket, n siteNumber, v flow.Version, seen time.Time) (differs int, err error) {
	value, err := json.Marshal(versionRecord{v.Name, v.Project, v.Released, v.Archived, v.Release})
	if err != nil {
		return 0, err
	}
	key := n.catalogKey(kindVersion, v.ID)
	if bytes.Equal(catalog.Get(key), value) {
		return 0, nil
	}
	if err := t.put(catalog, key, value); err != nil {
		return 0, err
	}
	history := t.bucket(bucketVersions)
	return 1, t.put(history, n.versionKey(v.ID, t.after(history, n, v.ID, seen)), value)
}

// after returns the time of the next entry of a version's history: when it was
// seen, unless the site's clock was set back behind the last entry.
func (t *writing) after(history *bolt.Bucket, n siteNumber, id string, seen time.Time) (ms uint64) {
	if !seen.IsZero() {
		ms = uint64(max(seen.UnixMilli(), 0))
	}
	prefix := n.versionPrefix(id)
	c := history.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		if len(k) == len(prefix)+8 {
			ms = max(ms, binary.BigEndian.Uint64(k[len(prefix):])+1)
		}
	}
	return ms
}

// versionPrefix begins the entries of a version's history.
func (n siteNumber) versionPrefix(id string) []byte { return append(append(n.key(), id...), 0) }

func (n siteNumber) versionKey(id string, ms uint64) []byte {
	return binary.BigEndian.AppendUint64(n.versionPrefix(id), ms)
}

func decodeVersion(id string, value []byte) (flow.Version, error) {
	var r versionRecord
	if err := json.Unmarshal(value, &r); err != nil {
		return flow.Version{}, err
	}
	return flow.Version{
		ID: id, Name: r.Name, Project: r.Project, Released: r.Released, Archived: r.Archived, Release: r.Release,
	}, nil
}

// VersionHistory returns what each version of a site was seen as, by the
// version's id and in the order of time.
func (s *Store) VersionHistory(site string) (map[string][]flow.VersionSeen, error) {
	all := map[string][]flow.VersionSeen{}
	err := s.view(func(t *reading) error {
		n, ok := t.book.sites[site]
		if !ok {
			return nil
		}
		return t.versions(n, func(v flow.VersionSeen) { all[v.ID] = append(all[v.ID], v) })
	})
	if err != nil {
		return nil, fmt.Errorf("read versions of site %q: %w", site, err)
	}
	return all, nil
}

func (t *reading) versions(n siteNumber, each func(flow.VersionSeen)) error {
	c := t.bucket(bucketVersions).Cursor()
	for k, value := c.Seek(n.key()); bytes.HasPrefix(k, n.key()); k, value = c.Next() {
		if len(k) < 2+1+8 || k[len(k)-9] != 0 {
			return fmt.Errorf("the key %x is of no version", k)
		}
		v, err := decodeVersion(string(k[2:len(k)-9]), value)
		if err != nil {
			return fmt.Errorf("version %x: %w", k, err)
		}
		seen := flow.VersionSeen{Version: v}
		if ms := binary.BigEndian.Uint64(k[len(k)-8:]); ms != 0 && ms <= maxTime {
			seen.Seen = instant(int64(ms))
		}
		each(seen)
	}
	return nil
}

// sprintRecord is a sprint as it is held; times in ms since 1970.
type sprintRecord struct {
	Board    string `json:"board,omitempty"`
	Name     string `json:"name"`
	State    string `json:"state"`
	Goal     string `json:"goal,omitempty"`
	Start    int64  `json:"start,omitempty"`
	End      int64  `json:"end,omitempty"`
	Complete int64  `json:"complete,omitempty"`
}

func (t *writing) sprint(n siteNumber, s flow.Sprint) (differs int, err error) {
	value, err := json.Marshal(sprintRecord{s.BoardID, s.Name, s.State, s.Goal, s.Start, s.End, s.CompleteAt})
	if err != nil {
		return 0, err
	}
	b, key := t.bucket(bucketSprints), append(n.key(), s.ID...)
	if bytes.Equal(b.Get(key), value) {
		return 0, nil
	}
	return 1, t.put(b, key, value)
}

// Sprints returns the sprints of a site as they were seen last, in the order
// of their ids as text.
func (s *Store) Sprints(site string) ([]flow.Sprint, error) {
	var all []flow.Sprint
	err := s.view(func(t *reading) (err error) {
		if n, ok := t.book.sites[site]; ok {
			all, err = t.sprints(n)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read sprints of site %q: %w", site, err)
	}
	return all, nil
}

func (t *reading) sprints(n siteNumber) (all []flow.Sprint, err error) {
	c := t.bucket(bucketSprints).Cursor()
	for k, value := c.Seek(n.key()); bytes.HasPrefix(k, n.key()); k, value = c.Next() {
		var r sprintRecord
		if err := json.Unmarshal(value, &r); err != nil {
			return nil, fmt.Errorf("sprint %x: %w", k, err)
		}
		all = append(all, flow.Sprint{
			ID: string(k[2:]), BoardID: r.Board, Name: r.Name, State: r.State, Goal: r.Goal,
			Start: r.Start, End: r.End, CompleteAt: r.Complete,
		})
	}
	return all, nil
}
