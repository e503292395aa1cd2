package store

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/syncer"
)

var _ syncer.Store = (*Store)(nil)

func TestHistoriesThatJiraNoLongerShowsAreKept(t *testing.T) {
	first := statusChange(1, "2026-02-01T00:00:00Z", "1", "3")
	second := statusChange(2, "2026-03-01T00:00:00Z", "3", "5")
	third := statusChange(3, "2026-04-01T00:00:00Z", "5", "3")
	restated := second
	restated.To.Name = "renamed"
	without := anIssue(1, "PAY-1")
	without.Announced = -1
	destroyed := anIssue(1, "PAY-1")
	other := anIssue(1, "PAY-1", third)
	other.Created = at("2026-03-15T00:00:00Z")

	for name, c := range map[string]struct {
		now       flow.Issue
		want      []flow.Change
		announced int
		written   flow.Written
	}{
		"a changelog cut short":              {anIssue(1, "PAY-1", second), []flow.Change{first, second}, 1, flow.Written{Changed: 1}},
		"one cut short with something new":   {anIssue(1, "PAY-1", third), []flow.Change{first, second, third}, 1, flow.Written{Changed: 1, Changes: 1}},
		"no changelog at all":                {without, []flow.Change{first, second}, 2, flow.Written{Unchanged: 1}},
		"an empty changelog":                 {destroyed, []flow.Change{first, second}, 0, flow.Written{Changed: 1}},
		"a history that reads otherwise now": {anIssue(1, "PAY-1", first, restated), []flow.Change{first, restated}, 2, flow.Written{Changed: 1}},
		"the same changelog in disorder":     {anIssue(1, "PAY-1", second, first), []flow.Change{first, second}, 2, flow.Written{Unchanged: 1}},
		"another issue under the same id":    {other, []flow.Change{third}, 1, flow.Written{Changed: 1, Changes: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			s := openTemp(t)
			mustWrite(t, s, anIssue(1, "PAY-1", first, second))
			if w := mustWrite(t, s, c.now); w != c.written {
				t.Errorf("got %+v, want %+v", w, c.written)
			}
			got, err := s.Issue("acme", 1)
			mustDo(t, err)
			if diff := cmp.Diff(c.want, got.Changes); diff != "" {
				t.Errorf("want (-), held (+):\n%s", diff)
			}
			if got.Histories != len(c.want) || got.Announced != c.announced {
				t.Errorf("%d histories of %d announced, want %d of %d", got.Histories, got.Announced, len(c.want), c.announced)
			}
			if w := mustWrite(t, s, c.now); w != (flow.Written{Unchanged: 1}) {
				t.Errorf("written again: got %+v, want it unchanged", w)
			}
		})
	}
}

func TestWritingTheSameTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, done := openRapid(t)
		defer done()
		issues := distinct(rapid.SliceOfN(genIssue, 0, 6).Draw(t, "issues"))
		mustWrite(t, s, issues...)
		before := dump(t, s)
		file, err := os.ReadFile(s.Path())
		mustDo(t, err)
		if w := mustWrite(t, s, issues...); w != (flow.Written{Unchanged: len(issues)}) {
			t.Fatalf("got %+v, want all %d unchanged", w, len(issues))
		}
		if diff := cmp.Diff(before, dump(t, s)); diff != "" {
			t.Fatalf("the dump has changed:\n%s", diff)
		}
		again, err := os.ReadFile(s.Path())
		mustDo(t, err)
		if !slices.Equal(file, again) {
			t.Fatal("the file has changed")
		}
	})
}

func TestTheOrderOfWritingDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		issues := distinct(rapid.SliceOfN(genIssue, 2, 6).Draw(t, "issues"))
		one, done := openRapid(t)
		defer done()
		other, done := openRapid(t)
		defer done()
		mustWrite(t, one, issues...)
		for _, i := range rapid.Permutation(issues).Draw(t, "order") {
			i.Changes = rapid.Permutation(i.Changes).Draw(t, "changes")
			mustWrite(t, other, i)
		}
		if diff := cmp.Diff(dump(t, one), dump(t, other)); diff != "" {
			t.Fatalf("the dumps differ:\n%s", diff)
		}
		for n, got := range allIssues(t, other, "") {
			if len(got.Changes) != len(allIssues(t, one, "")[n].Changes) {
				t.Fatalf("issue %d has other changes", got.ID)
			}
		}
	})
}

// openRapid opens a store for one try of a law. done checks and closes it.
func openRapid(t *rapid.T) (s *Store, done func()) {
	folder, err := os.MkdirTemp("", "plumbline-store-*")
	mustDo(t, err)
	s, err = Open(folder+"/plumbline.db", Options{})
	mustDo(t, err)
	return s, func() {
		findings, err := s.Verify(background)
		if err != nil || len(findings) > 0 {
			t.Errorf("verify: %v, %v", findings, err)
		}
		mustDo(t, errors.Join(s.Close(), os.RemoveAll(folder)))
	}
}

func distinct(issues []flow.Issue) []flow.Issue {
	seen := map[flow.IssueID]bool{}
	return slices.DeleteFunc(issues, func(i flow.Issue) bool {
		twice := seen[i.ID]
		seen[i.ID] = true
		return twice
	})
}

func TestABatchIsWrittenWholeOrNotAtAll(t *testing.T) {
	mark := flow.Checkpoint{Site: "acme", Scope: "project = PAY"}
	foreign := anIssue(3, "PAY-3")
	foreign.Site = "other"
	for name, c := range map[string]struct {
		ctx   func() context.Context
		batch flow.Batch
	}{
		"the last issue has no id":            {nil, flow.Batch{Site: "acme", Issues: []flow.Issue{anIssue(2, "PAY-2"), anIssue(0, "PAY-0")}}},
		"the last issue is of another site":   {nil, flow.Batch{Site: "acme", Issues: []flow.Issue{anIssue(2, "PAY-2"), foreign}}},
		"a status that cannot be stored":      {nil, flow.Batch{Site: "acme", Issues: []flow.Issue{anIssue(2, "PAY-2")}, Statuses: []flow.StatusInfo{{ID: strings.Repeat("1", 40_000)}}}},
		"the checkpoint is of another site":   {nil, flow.Batch{Site: "beta", Issues: []flow.Issue{anIssue(2, "PAY-2")}}},
		"the run is called off in the middle": {calledOff, flow.Batch{Site: "acme", Issues: []flow.Issue{anIssue(2, "PAY-2"), anIssue(3, "PAY-3")}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := openTemp(t)
			_, err := s.Write(t.Context(), flow.Batch{Site: "acme", Issues: []flow.Issue{anIssue(1, "PAY-1")}}, mark)
			mustDo(t, err)
			before := dump(t, s)
			ctx := t.Context()
			if c.ctx != nil {
				ctx = c.ctx()
			}
			c.batch.Issues[0].Now.Status.Name = "never heard of"
			if _, err := s.Write(ctx, c.batch, flow.Checkpoint{Site: "acme", Scope: "all"}); err == nil {
				t.Fatal("it was written")
			}
			if diff := cmp.Diff(before, dump(t, s)); diff != "" {
				t.Errorf("the dump has changed:\n%s", diff)
			}
			got, err := s.Checkpoint("acme")
			mustDo(t, err)
			if diff := cmp.Diff(mark, got); diff != "" {
				t.Errorf("the checkpoint has changed:\n%s", diff)
			}
			// The names that the failed batch brought are given out anew.
			mustWrite(t, s, anIssue(9, "PAY-9"), anIssue(10, "NEW-1"))
			if got, err := s.Issue("acme", 9); err != nil || got.Now.Status.Name != "Open" {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

// calledOff returns a context that ends when it has been asked twice.
func calledOff() context.Context { return &countdown{Context: context.Background(), left: 1} }

type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left == 0 {
		return context.Canceled
	}
	c.left--
	return nil
}

func TestASiteIsKnownByItsCheckpointFromTheFirstBatchOn(t *testing.T) {
	s := openTemp(t)
	zero, err := s.Checkpoint("acme")
	mustDo(t, err)
	if diff := cmp.Diff(flow.Checkpoint{Site: "acme"}, zero); diff != "" {
		t.Error(diff)
	}
	want := flow.Checkpoint{
		Site: "acme", Scope: "project = PAY", Account: 5, Watermark: at("2026-01-02T03:04:05Z"),
		FullFrom: at("2026-01-01T00:00:00Z"), Fields: []byte{1, 2, 3},
	}
	_, err = s.Write(t.Context(), flow.Batch{Site: "acme"}, want)
	mustDo(t, err)
	got, err := s.Checkpoint("acme")
	mustDo(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if sites := s.Sites(); !slices.Equal(sites, []string{"acme"}) {
		t.Errorf("got sites %q", sites)
	}
}

func TestReadersSeeWholeBatchesWhileOneWrites(t *testing.T) {
	s := openTemp(t)
	mustWrite(t, s, bulkIssue(0))
	var all sync.WaitGroup
	written := make(chan struct{})
	all.Go(func() {
		defer close(written)
		for n := range 40 {
			a, b := bulkIssue(2*n+1), bulkIssue(2*n+2)
			// A name that no reader has met before.
			a.Now.Status.Name = "status " + a.Now.Key
			b.Now.Status.Name = a.Now.Status.Name
			if _, err := s.Write(t.Context(), flow.Batch{Site: "acme", Issues: []flow.Issue{a, b}}, flow.Checkpoint{}); err != nil {
				t.Error(err)
			}
		}
	})
	for range 3 {
		all.Go(func() {
			for running := true; running; {
				select {
				case <-written:
					running = false
				default:
				}
				seen := 0
				err := s.Issues(t.Context(), "acme", func(i *flow.Issue) error {
					if i.Now.Status.Name == "" || len(i.Changes) != 12 {
						t.Errorf("issue %d is half there", i.ID)
					}
					seen++
					return nil
				})
				if err != nil || seen%2 != 1 {
					t.Errorf("saw %d issues, want an odd number: %v", seen, err)
				}
			}
		})
	}
	all.Wait()
}
