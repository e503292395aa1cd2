package store

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"plumbline/internal/flow"
)

func TestANewStoreIsForItsOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lib", "plumbline.db")
	s, err := Open(path, Options{})
	mustDo(t, err)
	mustDo(t, s.Close())
	expectMode(t, filepath.Dir(path), 0o700)
	expectMode(t, path, 0o600)
	mustDo(t, os.Chmod(path, 0o644))
	s, err = Open(path, Options{})
	mustDo(t, err)
	mustDo(t, s.Close())
	expectMode(t, path, 0o600)
	entries, err := os.ReadDir(filepath.Dir(path))
	mustDo(t, err)
	if len(entries) != 1 {
		t.Errorf("the folder holds %v, want the store alone", entries)
	}
}

func expectMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	mustDo(t, err)
	if got := info.Mode().Perm(); got != want {
		t.Errorf("%s has mode %o, want %o", filepath.Base(path), got, want)
	}
}

func TestAStoreInUseSaysByWhom(t *testing.T) {
	s := openTemp(t)
	for name, open := range map[string]func(string, Options) (*Store, error){"Open": Open, "OpenReadOnly": OpenReadOnly} {
		_, err := open(s.Path(), Options{Timeout: time.Millisecond})
		var busy *InUseError
		if !errors.As(err, &busy) {
			t.Fatalf("%s: got %v, want an *InUseError", name, err)
		}
		want := regexp.MustCompile(`^store .*plumbline\.db is in use by process \d+ \(\S+\), started \d+ (s|min) ago; stop it or let commands use its socket$`)
		if busy.PID != os.Getpid() || !want.MatchString(busy.Error()) {
			t.Errorf("%s: got %q of process %d, want %s of process %d", name, busy, busy.PID, want, os.Getpid())
		}
	}
}

func TestTheHolderIsToldInWords(t *testing.T) {
	for want, e := range map[string]InUseError{
		"store /x/plumbline.db is in use by process 1234 (plumbline serve), started 3 min ago; stop it or let commands use its socket": {"/x/plumbline.db", 1234, "plumbline serve", 200 * time.Second},
		"store /x is in use by process 9, started 5 h ago; stop it or let commands use its socket":                                     {"/x", 9, "", 5 * time.Hour},
		"store /x is in use by another process; stop it or let commands use its socket":                                                {"/x", 0, "", 0},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestReadersShareAStoreAndWriteNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plumbline.db")
	if _, err := OpenReadOnly(path, Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("where there is no store: got %v, want fs.ErrNotExist", err)
	}
	s, err := Open(path, Options{})
	mustDo(t, err)
	mustWrite(t, s, sampleIssue())
	mustDo(t, s.Close())
	one, err := OpenReadOnly(path, Options{})
	mustDo(t, err)
	other, err := OpenReadOnly(path, Options{})
	mustDo(t, err)
	if dump(t, one) != dump(t, other) || dump(t, one) == "" {
		t.Error("they see different stores")
	}
	mustBeWhole(t, one)
	if _, err := one.Write(t.Context(), flow.Batch{Site: "acme"}, flow.Checkpoint{}); err == nil {
		t.Error("one has written")
	}
	mustDo(t, errors.Join(one.Close(), other.Close(), other.Close()))
}

// rawStore makes a bbolt file of the given buckets.
func rawStore(t *testing.T, buckets map[string]map[string]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plumbline.db")
	db, err := bolt.Open(path, 0o600, nil)
	mustDo(t, err)
	mustDo(t, db.Update(func(tx *bolt.Tx) error {
		for name, entries := range buckets {
			b, err := tx.CreateBucket([]byte(name))
			mustDo(t, err)
			for k, v := range entries {
				mustDo(t, b.Put([]byte(k), []byte(v)))
			}
		}
		return nil
	}))
	mustDo(t, db.Close())
	return path
}

// unhex reads bytes written as hexadecimal words with what they mean behind a
// "#".
func unhex(t *testing.T, text string) string {
	t.Helper()
	var b []byte
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		part, err := hex.DecodeString(strings.Join(strings.Fields(line), ""))
		mustDo(t, err)
		b = append(b, part...)
	}
	return string(b)
}

// versionOne is a store of schema 1 as it must be readable for ever.
func versionOne(t *testing.T) map[string]map[string]string {
	issue := unhex(t, `
		01              # version of the encoding
		13              # 19 bytes of text
		02              # flags: resolved
		80 b0 dc d2 f1 66   # created 2026-01-05 08:00:00, zig-zag ms
		80 cc ff 66         # resolved 30 h later
		1d              # summary: 7 bytes of text
		04              # two histories
		04              # two announced
		15              # key: 5 bytes of text
		04 08           # project: names 1 and 2
		00 0c 00        # type: name 3, level 0
		10 14           # status: names 4 and 5
		03              # done
		00 00           # no fix versions, no labels
		01              # one link
		01 18 18 07 1d  # outward, name 6 twice, issue 7, 7 bytes of text
		02              # two changes
		08              # status
		80 d0 a5 4c     # 80,000 s after creation
		c8 01           # history 100
		03 1c           # a bot: name 7
		00 00 10 14     # from nothing to names 4 and 5
		0d              # status, the same history, no values, the next item
		`) + "FasterXPAY-1SHOP-77"
	return map[string]map[string]string{
		"meta": {"schema": unhex(t, "00000001")},
		"names": {
			unhex(t, "00000001"): "10", unhex(t, "00000002"): "PAY", unhex(t, "00000003"): "Task",
			unhex(t, "00000004"): "5", unhex(t, "00000005"): "Done", unhex(t, "00000006"): "Blocks",
			unhex(t, "00000007"): unhex(t, "0102030405060708"),
		},
		"sites": {unhex(t, "0001"): `{"name":"acme","issues":1,"present":1,"changes":2,"histories":2,` +
			`"oldest_change":"2026-01-05T00:00:00Z","newest_change":"2026-02-05T00:00:00Z"}`},
		"checkpoints": {unhex(t, "0001"): `{"site":"acme","scope":"project = PAY","account":18446744073709551615,"watermark":"2026-02-06T00:00:00Z","fields":"AQI="}`},
		"issues":      {unhex(t, "0001 000000000000002a"): issue},
		"keys":        {unhex(t, "0001") + "PAY-1" + unhex(t, "00 000000000000002a"): ""},
		"catalog": {
			unhex(t, "0001") + "s5": `{"name":"Done","category":"done"}`,
			unhex(t, "0001") + "v9": `{"name":"3.2","project":"PAY","released":true,"release":"2026-02-01"}`,
		},
		"problems": {unhex(t, "0001 000000000000002b") + "PAY-2": `{"what":"it has no status"}`},
		"runs":     {unhex(t, "0001 0000019b8d3c4000 0000000000000001"): `{"result":"complete"}`},
		"targets":  {"p95\x002026-12-18": unhex(t, "0000019b8d3c4000")},
	}
}

func TestAStoreOfSchemaOneIsReadForEver(t *testing.T) {
	s, err := Open(rawStore(t, versionOne(t)), Options{})
	mustDo(t, err)
	defer func() { mustDo(t, s.Close()) }()
	mustBeWhole(t, s)

	created := at("2026-01-05T08:00:00Z")
	change := flow.Change{
		At: created.Add(80_000 * time.Second), History: 100, Author: 0x0102030405060708, Bot: true,
		Field: flow.FieldStatus, To: flow.Named{ID: "5", Name: "Done"},
	}
	second := change
	second.Item, second.To = 1, flow.Named{}
	want := flow.Issue{
		Site: "acme", ID: 42, Summary: "FasterX", Created: created, Resolved: created.Add(30 * time.Hour),
		Now: flow.State{
			Key: "PAY-1", Project: flow.Named{ID: "10", Name: "PAY"}, Type: flow.IssueType{Name: "Task"},
			Status: flow.Named{ID: "5", Name: "Done"}, Category: flow.Done,
		},
		Links:   []flow.Link{{Type: "Blocks", Description: "Blocks", Outward: true, Other: flow.Ref{ID: 7, Key: "SHOP-77"}}},
		Changes: []flow.Change{change, second}, Histories: 2, Announced: 2,
	}
	got, err := s.IssueByKey("acme", "PAY-1")
	mustDo(t, err)
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	mark, err := s.Checkpoint("acme")
	if err != nil || mark.Account != 1<<64-1 || len(mark.Fields) != 2 {
		t.Errorf("checkpoint: %+v, %v", mark, err)
	}
	catalog, err := s.Catalog("acme")
	if err != nil || catalog.Category("5") != flow.Done || !catalog.Versions["9"].Released {
		t.Errorf("catalogue: %+v, %v", catalog, err)
	}
	history, err := s.VersionHistory("acme")
	if diff := cmp.Diff(map[string][]flow.VersionSeen{"9": {{Version: catalog.Versions["9"]}}}, history); diff != "" || err != nil {
		t.Errorf("versions (-want +got), %v:\n%s", err, diff)
	}
	if seen, err := s.Targets("p95"); err != nil || len(seen) != 1 {
		t.Errorf("targets: %v, %v", seen, err)
	}
	if runs, err := s.Runs(9); err != nil || len(runs) != 1 {
		t.Errorf("runs: %s, %v", runs, err)
	}
	if w := mustWrite(t, s, want); w.Unchanged != 1 {
		t.Errorf("written again: got %+v, want it unchanged", w)
	}
}

func TestANewerStoreIsRefused(t *testing.T) {
	buckets := versionOne(t)
	buckets["meta"]["schema"] = string(binary.BigEndian.AppendUint32(nil, 99))
	path := rawStore(t, buckets)
	for _, open := range []func(string, Options) (*Store, error){Open, OpenReadOnly} {
		_, err := open(path, Options{})
		var newer *NewerError
		if !errors.As(err, &newer) || newer.Schema != 99 || newer.Known != len(migrations()) {
			t.Errorf("got %v, want a *NewerError", err)
		}
	}
}

func TestMigrationsRunInOrderAndGoOnWhereTheyFailed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plumbline.db")
	s, err := Open(path, Options{})
	mustDo(t, err)
	mustDo(t, s.Close())
	db, err := openBolt(path, Options{}, false)
	mustDo(t, err)
	defer func() { mustDo(t, db.Close()) }()
	note := func(text string) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error {
			b := tx.Bucket([]byte(bucketMeta))
			return b.Put([]byte("notes"), append(bytes.Clone(b.Get([]byte("notes"))), text...))
		}
	}
	broken := errors.New("no space")
	released := len(migrations())
	all := append(migrations(), migration{"second", note("2")}, migration{"third", func(tx *bolt.Tx) error {
		return errors.Join(note("lost")(tx), broken)
	}})
	err = migrate(db, path, all)
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), fmt.Sprintf("to schema %d (third)", released+2)) {
		t.Errorf("got %v, want the failure of the third migration", err)
	}
	var older *OlderError
	if err := checkSchema(db, path, all); !errors.As(err, &older) || older.Schema != released+1 {
		t.Errorf("for reading alone: got %v, want an *OlderError of schema %d", err, released+1)
	}
	all[released+1].run = note("3")
	mustDo(t, migrate(db, path, all))
	mustDo(t, migrate(db, path, all))
	mustDo(t, db.View(func(tx *bolt.Tx) error {
		if got := tx.Bucket([]byte(bucketMeta)).Get([]byte("notes")); string(got) != "23" {
			t.Errorf("the migrations left %q, want 23", got)
		}
		return nil
	}))
}
