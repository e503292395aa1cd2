package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"plumbline/internal/flow"
)

// filledStore returns the bytes of a store of some pages.
func filledStore(tb testing.TB) []byte {
	tb.Helper()
	s, err := Open(filepath.Join(tb.TempDir(), "plumbline.db"), Options{})
	mustDo(tb, err)
	for n := range 300 {
		if n%60 == 0 {
			mustWrite(tb, s, bulkIssue(n), bulkIssue(n+1), bulkIssue(n+2))
		}
	}
	mustWrite(tb, s, func() (issues []flow.Issue) {
		for n := range 300 {
			issues = append(issues, bulkIssue(n))
		}
		return issues
	}()...)
	mustDo(tb, s.Close())
	b, err := os.ReadFile(s.Path())
	mustDo(tb, err)
	return b
}

func TestWhatIsNoStoreIsRefusedWithTheMend(t *testing.T) {
	whole := filledStore(t)
	for name, content := range map[string][]byte{
		"an empty file":             {},
		"a text":                    []byte("this is no store"),
		"a longer text":             bytes.Repeat([]byte("this is no store\n"), 5000),
		"zeros":                     make([]byte, 1<<16),
		"the first page of a store": whole[:4096],
		"the first half of a store": whole[:len(whole)/2],
		"a store without its heads": slices.Concat(make([]byte, 8192), whole[8192:]),
		"a store with zeros inside": slices.Concat(whole[:8192], make([]byte, len(whole)-8192)),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "plumbline.db")
			mustDo(t, os.WriteFile(path, content, 0o600))
			for _, open := range []func(string, Options) (*Store, error){Open, OpenReadOnly} {
				s, err := open(path, Options{})
				if err == nil {
					_, err = s.Verify(t.Context())
					t.Fatalf("it was opened; verify says %v", err)
				}
				var damaged *DamagedError
				if !errors.As(err, &damaged) || !strings.Contains(err.Error(), "restore a backup, or delete it and sync anew") {
					t.Fatalf("got %v, want a *DamagedError with the mend", err)
				}
			}
			got, err := os.ReadFile(path)
			mustDo(t, err)
			if !bytes.Equal(got, content) {
				t.Error("the file has been changed")
			}
		})
	}
	t.Run("a bbolt file of somebody else", func(t *testing.T) {
		_, err := Open(rawStore(t, map[string]map[string]string{"theirs": {"a": "b"}}), Options{})
		if err == nil || !strings.Contains(err.Error(), "that plumbline did not make") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a folder", func(t *testing.T) {
		if _, err := Open(t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), "not a file") {
			t.Errorf("got %v", err)
		}
	})
}

// Whatever happens to a page, the store says so; it does not fall over.
func TestDamagedPagesAreReportedNotPanickedOver(t *testing.T) {
	whole := filledStore(t)
	random := rand.New(rand.NewPCG(1, 2))
	reported := 0
	const tries = 200
	for range tries {
		path := filepath.Join(t.TempDir(), "plumbline.db")
		content := bytes.Clone(whole)
		at := 8192 + 16*random.IntN((len(content)-8192)/16)
		for k := range 16 {
			content[at+k] = byte(random.Uint32())
		}
		mustDo(t, os.WriteFile(path, content, 0o600))
		s, err := Open(path, Options{})
		if err != nil {
			reported++
			continue
		}
		findings, err := s.Verify(t.Context())
		if len(findings) > 0 || err != nil {
			reported++
		}
		_ = s.Issues(t.Context(), "", func(*flow.Issue) error { return nil })
		_ = s.Close()
		mustDo(t, os.Remove(path))
	}
	if reported < tries/4 {
		t.Errorf("only %d of %d damages were noticed", reported, tries)
	}
	t.Logf("%d of %d damages were noticed; the others lay in free pages or changed a value into another", reported, tries)
}

func TestVerifyFindsWhatDoesNotAgree(t *testing.T) {
	key := siteNumber(1).issueKey
	for name, c := range map[string]struct {
		spoil func(tx *bolt.Tx) error
		want  string
	}{
		"an issue that cannot be read": {func(tx *bolt.Tx) error {
			return tx.Bucket([]byte(bucketIssues)).Put(key(1), []byte{9})
		}, `issues: read issue 1 of site "acme": byte 1: version 9 of the encoding is not known`},
		"a key that leads to no issue": {func(tx *bolt.Tx) error {
			return tx.Bucket([]byte(bucketKeys)).Put(siteNumber(1).claimKey("X-1", 1), nil)
		}, "keys: 3 keys lead to issues, but the issues have had 2"},
		"an issue that its key does not lead to": {func(tx *bolt.Tx) error {
			return tx.Bucket([]byte(bucketKeys)).Delete(siteNumber(1).claimKey("PAY-1", 1))
		}, `issues: issue 1 of site "acme": it cannot be found by its key "PAY-1"`},
		"an issue of no site": {func(tx *bolt.Tx) error {
			return tx.Bucket([]byte(bucketIssues)).Put(siteNumber(9).issueKey(1), []byte{1})
		}, "issues: issue 1 is of site number 9, which there is not"},
		"an issue that is not counted": {func(tx *bolt.Tx) error {
			return tx.Bucket([]byte(bucketIssues)).Delete(key(2))
		}, `sites: site "acme": it counts {"issues":2,`},
		"a name that is there twice": {func(tx *bolt.Tx) error {
			b := tx.Bucket([]byte(bucketNames))
			return b.Put([]byte{0, 0, 0, 1}, b.Get([]byte{0, 0, 0, 2}))
		}, `is both 1 and 2`},
		"a run that is not JSON": {func(tx *bolt.Tx) error {
			return tx.Bucket([]byte(bucketRuns)).Put(make([]byte, 18), []byte("{"))
		}, "runs: 000000000000000000000000000000000000 is not JSON"},
		"a version whose time is cut off": {func(tx *bolt.Tx) error {
			return tx.Bucket([]byte(bucketVersions)).Put(append(siteNumber(1).versionPrefix("9"), 1), []byte("{}"))
		}, "versions: site \"acme\": the key 0001390001 is of no version"},
		"a sprint that is not JSON": {func(tx *bolt.Tx) error {
			return tx.Bucket([]byte(bucketSprints)).Put(append(siteNumber(1).key(), '9'), []byte("{"))
		}, `sprints: site "acme": sprint 000139: `},
		"a target without a date": {func(tx *bolt.Tx) error {
			return tx.Bucket([]byte(bucketTargets)).Put([]byte("p95\x00soon"), make([]byte, 8))
		}, `targets: "p95\x00soon" is not a goal`},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(filepath.Join(t.TempDir(), "plumbline.db"), Options{})
			mustDo(t, err)
			defer func() { mustDo(t, s.Close()) }()
			mustWrite(t, s, anIssue(1, "PAY-1"), anIssue(2, "PAY-2"))
			mustBeWhole(t, s)
			mustDo(t, s.db.Update(c.spoil))
			findings, err := s.Verify(t.Context())
			mustDo(t, err)
			if !slices.ContainsFunc(findings, func(f Finding) bool { return strings.Contains(f.String(), c.want) }) {
				t.Errorf("got %v, want %s", findings, c.want)
			}
		})
	}
}

func TestABackupIsWholeWhileTheStoreIsWritten(t *testing.T) {
	s := openTemp(t)
	for n := range 50 {
		mustWrite(t, s, bulkIssue(n))
	}
	before := dump(t, s)
	path := filepath.Join(t.TempDir(), "copy.db")
	mustDo(t, os.WriteFile(path, []byte("an older copy"), 0o644))
	more := 50
	var b bytes.Buffer
	n, err := s.Backup(t.Context(), writerFunc(func(p []byte) (int, error) {
		mustWrite(t, s, bulkIssue(more))
		more++
		return b.Write(p)
	}))
	mustDo(t, err)
	if int64(b.Len()) != n || more == 50 {
		t.Errorf("%d bytes were written of %d, and %d issues meanwhile", b.Len(), n, more-50)
	}
	mustDo(t, os.WriteFile(path, b.Bytes(), 0o600))
	expectCopy(t, path, before)

	now := dump(t, s)
	mustBackUp(t, s, path)
	expectCopy(t, path, now)

	ended, stop := context.WithCancel(t.Context())
	stop()
	if n, err := s.Backup(ended, io.Discard); !errors.Is(err, context.Canceled) || n != 0 {
		t.Errorf("called off: got %d bytes, %v", n, err)
	}
}

// mustBackUp writes a copy of the store to a file.
func mustBackUp(t *testing.T, s *Store, path string) {
	t.Helper()
	f, err := os.Create(path)
	mustDo(t, err)
	_, err = s.Backup(t.Context(), f)
	mustDo(t, errors.Join(err, f.Close()))
}

func expectCopy(t *testing.T, path, want string) {
	t.Helper()
	c, err := OpenReadOnly(path, Options{})
	mustDo(t, err)
	mustBeWhole(t, c)
	if diff := cmp.Diff(want, dump(t, c)); diff != "" {
		t.Errorf("the copy differs:\n%s", diff)
	}
	mustDo(t, c.Close())
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestThePseudonymKeyIsMadeOnceAndNeverWeak(t *testing.T) {
	s := openTemp(t)
	path := KeyFile(s.path)
	one, err := s.PseudonymKey(path)
	mustDo(t, err)
	expectMode(t, path, 0o600)
	again, err := s.PseudonymKey(path)
	mustDo(t, err)
	if len(one) != 32 || !bytes.Equal(one, again) || bytes.Equal(one, make([]byte, 32)) {
		t.Errorf("got a key of %d bytes, then another: %t", len(one), !bytes.Equal(one, again))
	}
	for what, content := range map[string][]byte{"empty": {}, "short": one[:31], "too long": make([]byte, 5000)} {
		mustDo(t, os.WriteFile(path, content, 0o600))
		if _, err := s.PseudonymKey(path); err == nil || strings.Contains(err.Error(), string(one[:8])) {
			t.Errorf("a key that is %s: got %v", what, err)
		}
	}
}

func TestALostPseudonymKeyIsNotMadeAnew(t *testing.T) {
	s := openTemp(t)
	path := KeyFile(s.path)
	key, err := s.PseudonymKey(path)
	mustDo(t, err)
	_, err = s.Write(t.Context(), flow.Batch{Site: "acme", Issues: []flow.Issue{anIssue(1, "PAY-1")}}, flow.Checkpoint{})
	mustDo(t, err)
	mustDo(t, os.Rename(path, path+".away"))
	const mend = "restore the key, or move the store away and sync anew"
	if _, err := s.PseudonymKey(path); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), mend) {
		t.Errorf("without its key a store with a site gives %v; want the mend %q", err, mend)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key was made all the same: %v", err)
	}
	mustDo(t, os.Rename(path+".away", path))
	if again, err := s.PseudonymKey(path); err != nil || !bytes.Equal(key, again) {
		t.Errorf("the key that was restored is not taken: %v", err)
	}
}

// killedStore is where the process that TestAKilledWriterLosesNothing starts
// writes to.
const killedStore = "PLUMBLINE_TEST_KILLED_STORE"

func TestMain(m *testing.M) {
	if path := os.Getenv(killedStore); path != "" {
		writeUntilKilled(path)
	}
	os.Exit(m.Run())
}

func writeUntilKilled(path string) {
	s, err := Open(path, Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	c, err := s.Counts("acme")
	for n := c.Issues; err == nil; n += 3 {
		b := flow.Batch{Site: "acme", Issues: []flow.Issue{bulkIssue(n), bulkIssue(n + 1), bulkIssue(n + 2)}}
		_, err = s.Write(context.Background(), b, flow.Checkpoint{Scope: fmt.Sprint(n + 3)})
		fmt.Println(n + 3)
	}
	fmt.Println(err)
	os.Exit(1)
}

func TestAKilledWriterLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plumbline.db")
	for round := range 5 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), killedStore+"="+path)
		out, err := child.StdoutPipe()
		mustDo(t, err)
		mustDo(t, child.Start())
		lines := bufio.NewScanner(out)
		told := 0
		for range 10 + 7*round {
			if !lines.Scan() {
				t.Fatal("the writer has ended by itself")
			}
			if _, err := fmt.Sscan(lines.Text(), &told); err != nil {
				t.Fatalf("the writer says %s", lines.Text())
			}
		}
		mustDo(t, child.Process.Kill())
		_ = child.Wait() // it was killed
		s, err := Open(path, Options{})
		mustDo(t, err)
		mustBeWhole(t, s)
		c, err := s.Counts("acme")
		mustDo(t, err)
		mark, err := s.Checkpoint("acme")
		mustDo(t, err)
		if c.Issues < told || c.Issues%3 != 0 || mark.Scope != fmt.Sprint(c.Issues) {
			t.Errorf("%d issues are held and the checkpoint says %s; %d were told to be written", c.Issues, mark.Scope, told)
		}
		mustDo(t, s.Close())
	}
}

func TestEveryBackupUnderLoadIsOfOneMoment(t *testing.T) {
	s := openTemp(t)
	mustWrite(t, s, bulkIssue(0))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		n := 1
		for ; ctx.Err() == nil; n += 2 {
			b := flow.Batch{Site: "acme", Issues: []flow.Issue{bulkIssue(n), bulkIssue(n + 1)}}
			if _, err := s.Write(background, b, flow.Checkpoint{Scope: fmt.Sprint(n + 2)}); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for range 5 {
		path := filepath.Join(t.TempDir(), "copy.db")
		mustBackUp(t, s, path)
		c, err := OpenReadOnly(path, Options{})
		mustDo(t, err)
		mustBeWhole(t, c)
		mark, err := c.Checkpoint("acme")
		mustDo(t, err)
		if n := len(allIssues(t, c, "acme")); n%2 != 1 || n > 1 && mark.Scope != fmt.Sprint(n) {
			t.Errorf("the copy has %d issues and a checkpoint of %s", n, mark.Scope)
		}
		mustDo(t, c.Close())
	}
	stop()
	mustDo(t, <-done)
}
