package store

import (
	"encoding/binary"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// The buckets, drawn in doc.go.
const (
	bucketMeta        = "meta"
	bucketNames       = "names"
	bucketSites       = "sites"
	bucketCheckpoints = "checkpoints"
	bucketIssues      = "issues"
	bucketKeys        = "keys"
	bucketCatalog     = "catalog"
	bucketProblems    = "problems"
	bucketRuns        = "runs"
	bucketTargets     = "targets"
	bucketVersions    = "versions"
	bucketSprints     = "sprints"
	bucketQueries     = "queries"
	bucketMatches     = "matches"
	bucketSaid        = "said"
	bucketOutcomes    = "outcomes"
)

// keySchema is where the meta bucket says which schema the store has.
const keySchema = "schema"

// migration brings a store from the schema before it to its own. Its number
// is its place in the list, counted from 1.
type migration struct {
	name string
	run  func(tx *bolt.Tx) error
}

// migrations are all there ever were, oldest first. One that was released is
// never changed: what is wrong in it is mended by the next.
func migrations() []migration {
	return []migration{
		{"make the buckets", func(tx *bolt.Tx) error {
			for _, name := range []string{
				bucketMeta, bucketNames, bucketSites, bucketCheckpoints, bucketIssues,
				bucketKeys, bucketCatalog, bucketProblems, bucketRuns, bucketTargets,
			} {
				if _, err := tx.CreateBucket([]byte(name)); err != nil {
					return err
				}
			}
			return nil
		}},
		{"keep sprints, and what versions said before", keepVersions},
		{"keep what goals ask for: what JQLs match, what fields say, what outcomes measure", func(tx *bolt.Tx) error {
			for _, name := range []string{bucketQueries, bucketMatches, bucketSaid, bucketOutcomes} {
				if _, err := tx.CreateBucket([]byte(name)); err != nil {
					return err
				}
			}
			return nil
		}},
	}
}

// keepVersions begins the history of each version with what is known of it.
func keepVersions(tx *bolt.Tx) error {
	for _, name := range []string{bucketVersions, bucketSprints} {
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	versions := tx.Bucket([]byte(bucketVersions))
	return tx.Bucket([]byte(bucketCatalog)).ForEach(func(k, v []byte) error {
		if len(k) < 3 || k[2] != kindVersion {
			return nil
		}
		n := siteNumber(binary.BigEndian.Uint16(k))
		return versions.Put(n.versionKey(string(k[3:]), 0), v)
	})
}

// schemaOf returns the schema of an existing store.
func schemaOf(db *bolt.DB, path string) (int, error) {
	schema := 0
	err := db.View(func(tx *bolt.Tx) error {
		meta := tx.Bucket([]byte(bucketMeta))
		if meta == nil {
			return &DamagedError{Path: path, Err: errors.New("it is a bbolt file that plumbline did not make")}
		}
		v := meta.Get([]byte(keySchema))
		if len(v) != 4 || binary.BigEndian.Uint32(v) == 0 {
			return &DamagedError{Path: path, Err: errors.New("it does not say which schema it has")}
		}
		schema = int(binary.BigEndian.Uint32(v))
		return nil
	})
	return schema, err
}

// checkSchema refuses a store that is not of the last migration's schema.
func checkSchema(db *bolt.DB, path string, all []migration) error {
	schema, err := schemaOf(db, path)
	switch {
	case err != nil:
		return err
	case schema > len(all):
		return &NewerError{Path: path, Schema: schema, Known: len(all)}
	case schema < len(all):
		return &OlderError{Path: path, Schema: schema, Known: len(all)}
	}
	return nil
}

// migrate runs the migrations that an existing store lacks and refuses a store
// that is newer than all of them.
func migrate(db *bolt.DB, path string, all []migration) error {
	schema, err := schemaOf(db, path)
	if err != nil {
		return err
	}
	if schema > len(all) {
		return &NewerError{Path: path, Schema: schema, Known: len(all)}
	}
	return migrateFrom(db, schema, all)
}

// migrateFrom runs the migrations behind the given one, each in a transaction
// of its own that also counts the schema up: a process killed meanwhile goes
// on where it stopped.
func migrateFrom(db *bolt.DB, schema int, all []migration) error {
	for ; schema < len(all); schema++ {
		m := all[schema]
		err := db.Update(func(tx *bolt.Tx) error {
			if err := m.run(tx); err != nil {
				return err
			}
			return mustBucket(tx, bucketMeta).Put([]byte(keySchema), binary.BigEndian.AppendUint32(nil, uint32(schema+1)))
		})
		if err != nil {
			return fmt.Errorf("migrate store %s to schema %d (%s): %w", db.Path(), schema+1, m.name, err)
		}
	}
	return nil
}
