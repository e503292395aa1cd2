package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"plumbline/internal/flow"
)

// The kinds of entries in the catalogue.
const (
	kindStatus     = 's'
	kindVersion    = 'v'
	kindType       = 't'
	kindResolution = 'r'
)

type statusRecord struct {
	Name     string `json:"name"`
	Category string `json:"category"`
	// Was are the categories that it had before, oldest first.
	Was []wasCategory `json:"was,omitempty"`
}

// wasCategory is a category that a status had until a time, in ms since 1970.
type wasCategory struct {
	Category string `json:"category"`
	Until    int64  `json:"until"`
}

type typeRecord struct {
	Name  string `json:"name"`
	Level int    `json:"level,omitempty"`
}

type versionRecord struct {
	Name     string    `json:"name"`
	Project  string    `json:"project"`
	Released bool      `json:"released,omitempty"`
	Archived bool      `json:"archived,omitempty"`
	Release  flow.Date `json:"release"`
}

// catalog writes what the batch says of statuses and versions, and which types
// and resolutions its issues have at present. What it does not name stays
// known: old changelogs still speak of it. It tells how many versions and
// sprints differ from what was held.
func (t *writing) catalog(n siteNumber, b flow.Batch) (events int, err error) {
	bucket := t.bucket(bucketCatalog)
	for _, st := range b.Statuses {
		if err := t.status(bucket, n, st, b.Seen); err != nil {
			return 0, fmt.Errorf("status %q: %w", st.Name, err)
		}
	}
	for _, v := range b.Versions {
		differs, err := t.version(bucket, n, v, b.Seen)
		if err != nil {
			return 0, fmt.Errorf("version %q: %w", v.Name, err)
		}
		events += differs
	}
	for _, sp := range b.Sprints {
		differs, err := t.sprint(n, sp)
		if err != nil {
			return 0, fmt.Errorf("sprint %q: %w", sp.Name, err)
		}
		events += differs
	}
	return events, t.catalogOf(bucket, n, b.Issues)
}

// status writes a status as it is seen now. Where it has another category than
// the one that is held, that is kept with its end.
func (t *writing) status(catalog *bolt.Bucket, n siteNumber, st flow.StatusInfo, seen time.Time) error {
	key := n.catalogKey(kindStatus, st.ID)
	now := statusRecord{Name: st.Name, Category: st.Category.Key()}
	if value := catalog.Get(key); value != nil {
		var held statusRecord
		if err := json.Unmarshal(value, &held); err != nil {
			return err
		}
		now.Was = held.categories(now.Category, seen)
	}
	return t.putJSON(catalog, key, now)
}

// categories returns the earlier categories of a status that is seen to have
// the given one. One that is learnt late is no change, and neither is one that
// comes back within a day, as answers of different age have it.
func (held *statusRecord) categories(now string, seen time.Time) []wasCategory {
	if now == held.Category || seen.IsZero() {
		return held.Was
	}
	until, unknown := max(seen.UnixMilli(), 0), flow.ParseCategory(held.Category) == flow.Unknown
	if k := len(held.Was) - 1; k >= 0 {
		last := held.Was[k]
		if last.Category == now && (unknown || until-last.Until < (24*time.Hour).Milliseconds()) {
			return held.Was[:k]
		}
		until = max(until, last.Until+1) // the site's clock may have been set back
	}
	if unknown {
		return held.Was
	}
	return append(slices.Clip(held.Was), wasCategory{held.Category, until})
}

// catalogOf writes the types and resolutions of the issues.
func (t *writing) catalogOf(bucket *bolt.Bucket, n siteNumber, issues []flow.Issue) error {
	types, resolutions := map[string]typeRecord{}, map[string]string{}
	for k := range issues {
		now := &issues[k].Now
		if now.Type.ID != "" {
			types[now.Type.ID] = typeRecord{now.Type.Name, now.Type.Level}
		}
		if now.Resolution.ID != "" {
			resolutions[now.Resolution.ID] = now.Resolution.Name
		}
	}
	for id, r := range types {
		if err := t.putJSON(bucket, n.catalogKey(kindType, id), r); err != nil {
			return fmt.Errorf("issue type %q: %w", r.Name, err)
		}
	}
	for id, name := range resolutions {
		if err := t.putJSON(bucket, n.catalogKey(kindResolution, id), name); err != nil {
			return fmt.Errorf("resolution %q: %w", name, err)
		}
	}
	return nil
}

func (n siteNumber) catalogKey(kind byte, id string) []byte {
	return append(append(n.key(), kind), id...)
}

// Catalog returns what is known of the site's statuses, versions, types and
// resolutions; an empty one for a site that the store does not know.
func (s *Store) Catalog(site string) (*flow.Catalog, error) {
	var all *flow.Catalog
	err := s.view(func(t *reading) (err error) {
		all, err = t.catalog(site)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read catalogue of site %q: %w", site, err)
	}
	return all, nil
}

func (t *reading) catalog(site string) (*flow.Catalog, error) {
	all := &flow.Catalog{
		Statuses: map[string]flow.StatusInfo{}, Versions: map[string]flow.Version{},
		Types: map[string]flow.IssueType{}, Resolutions: map[string]flow.Named{},
	}
	n, ok := t.book.sites[site]
	if !ok {
		return all, nil
	}
	c := t.tx.Bucket([]byte(bucketCatalog)).Cursor()
	for k, v := c.Seek(n.key()); bytes.HasPrefix(k, n.key()); k, v = c.Next() {
		if err := addEntry(all, k, v); err != nil {
			return nil, fmt.Errorf("entry %q: %w", k, err)
		}
	}
	return all, nil
}

func addEntry(all *flow.Catalog, k, v []byte) error {
	if len(k) < 3 {
		return errors.New("the key is too short")
	}
	id := string(k[3:])
	switch k[2] {
	case kindStatus:
		var r statusRecord
		if err := json.Unmarshal(v, &r); err != nil {
			return err
		}
		all.Statuses[id] = flow.StatusInfo{ID: id, Name: r.Name, Category: flow.ParseCategory(r.Category)}
		if len(r.Was) > 0 && all.Was == nil {
			all.Was = map[string][]flow.Categorised{}
		}
		for _, was := range r.Was {
			all.Was[id] = append(all.Was[id], flow.Categorised{Category: flow.ParseCategory(was.Category), Until: instant(was.Until)})
		}
	case kindVersion:
		version, err := decodeVersion(id, v)
		if err != nil {
			return err
		}
		all.Versions[id] = version
	case kindType:
		var r typeRecord
		if err := json.Unmarshal(v, &r); err != nil {
			return err
		}
		all.Types[id] = flow.IssueType{ID: id, Name: r.Name, Level: r.Level}
	case kindResolution:
		var name string
		if err := json.Unmarshal(v, &name); err != nil {
			return err
		}
		all.Resolutions[id] = flow.Named{ID: id, Name: name}
	default:
		return fmt.Errorf("kind %q is not known", k[2])
	}
	return nil
}
