package store

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
)

func mustChanges(tb failer, s *Store, since uint64) Changes {
	tb.Helper()
	c, err := s.Changes(since)
	mustDo(tb, err)
	return c
}

func TestChangesTellWhatAnIssueWasAndWhatItIs(t *testing.T) {
	s := openTemp(t)
	moved := statusChange(1, "2026-02-01T00:00:00Z", "1", "3")
	old, second := anIssue(1, "PAY-1"), anIssue(2, "PAY-2")
	mustWrite(t, s, old, second, anIssue(3, "PAY-3"))
	first := s.Generation()
	now := anIssue(1, "PAY-1", moved)
	mustWrite(t, s, now, second)
	mustMark(t, s, flow.Absence{ID: 2, As: flow.Deleted, Since: at("2026-03-01T00:00:00Z")})
	mustWrite(t, s, anIssue(4, "PAY-4"))
	if _, err := s.Write(background, flow.Batch{Site: "acme", Issues: []flow.Issue{anIssue(5, "PAY-5"), {}}}, flow.Checkpoint{}); err == nil {
		t.Error("an issue without an id is stored")
	}
	gone, young := second, anIssue(4, "PAY-4")
	gone.Gone, gone.GoneAs = at("2026-03-01T00:00:00Z"), flow.Deleted
	want := Changes{Known: true, Generation: first + 3, Issues: []flow.Changed{
		{Before: &old, After: &now}, {Before: &second, After: &gone}, {After: &young},
	}}
	if diff := cmp.Diff(want, mustChanges(t, s, first)); diff != "" {
		t.Errorf("since the first write (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Changes{Known: true, Generation: first + 3}, mustChanges(t, s, first+3)); diff != "" {
		t.Errorf("since the last write (-want +got):\n%s", diff)
	}
	if got := mustChanges(t, s, 0); !got.Known || len(got.Issues) != 4 || got.Issues[0].Before != nil {
		t.Errorf("since the store was opened: %+v", got)
	}
	if got := mustChanges(t, s, first+4); got.Known {
		t.Errorf("since a generation that is to come: %+v", got)
	}
}

func TestChangesOfBeforeTheStoreWasOpenedAreNotKnown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plumbline.db")
	s, err := Open(path, Options{})
	mustDo(t, err)
	mustWrite(t, s, anIssue(1, "PAY-1"))
	since := s.Generation()
	mustDo(t, s.Close())
	again, err := Open(path, Options{})
	mustDo(t, err)
	defer func() { mustDo(t, again.Close()) }()
	if got := mustChanges(t, again, since); got.Known {
		t.Errorf("got %+v", got)
	}
	if got := mustChanges(t, again, 0); !got.Known || len(got.Issues) > 0 {
		t.Errorf("since the opening: got %+v", got)
	}
}

func TestWhatIsUndoneIsNoChange(t *testing.T) {
	s := openTemp(t)
	there := anIssue(1, "PAY-1")
	mustWrite(t, s, there)
	since := s.Generation()
	there.Summary = "Answer much faster"
	mustWrite(t, s, there)
	mustWrite(t, s, anIssue(1, "PAY-1"))
	if got := mustChanges(t, s, since); !got.Known || len(got.Issues) > 0 || got.Generation != since+2 {
		t.Errorf("got %+v", got)
	}
}

func TestChangesAreForgottenWhenTheyAreTooMany(t *testing.T) {
	many := func(from, n int, summary string) []flow.Issue {
		var all []flow.Issue
		for id := from; id < from+n; id++ {
			i := anIssue(flow.IssueID(id), fmt.Sprintf("PAY-%d", id))
			i.Summary = summary
			all = append(all, i)
		}
		return all
	}
	s := openTemp(t)
	mustWrite(t, s, many(1, mostReplaced+1, "new")...)
	all := s.Generation()
	if got := mustChanges(t, s, 0); got.Known || got.Generation != all {
		t.Errorf("after one write of too many: %v at %d", got.Known, got.Generation)
	}
	mustWrite(t, s, many(1, mostReplaced/2, "old")...)
	half := s.Generation()
	mustWrite(t, s, many(1, mostReplaced/2, "older")...)
	if got := mustChanges(t, s, all); !got.Known || len(got.Issues) != mostReplaced/2 {
		t.Errorf("after as many as are remembered: %v, %d issues", got.Known, len(got.Issues))
	}
	mustWrite(t, s, many(1, 1, "oldest")...)
	if got := mustChanges(t, s, all); got.Known {
		t.Error("after one more: the first are still known")
	}
	if got := mustChanges(t, s, half); !got.Known || len(got.Issues) != mostReplaced/2 {
		t.Errorf("the later ones: %v, %d issues", got.Known, len(got.Issues))
	}
	if s.replaced.bytes > mostReplacedBytes || len(s.replaced.log) > mostReplaced {
		t.Errorf("%d issues of %d bytes are remembered", len(s.replaced.log), s.replaced.bytes)
	}
}

// picture is the store as one reads it.
func picture(tb failer, s *Store) map[flow.Ref]flow.Issue {
	out := map[flow.Ref]flow.Issue{}
	for _, i := range allIssues(tb, s, "") {
		out[flow.Ref{Key: i.Site, ID: i.ID}] = i
	}
	return out
}

func TestChangesAppliedToAnOldPictureGiveTheNewOne(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		s, err := Open(fmt.Sprintf("%s/%d.db", dir, n), Options{})
		mustDo(t, err)
		defer func() { mustDo(t, s.Close()) }()
		pictures := []map[flow.Ref]flow.Issue{{}}
		since := []uint64{0}
		for range rapid.IntRange(1, 6).Draw(t, "writes") {
			site := rapid.SampledFrom([]string{"acme", "umbra"}).Draw(t, "site")
			b := flow.Batch{Site: site}
			for range rapid.IntRange(0, 4).Draw(t, "issues") {
				i := anIssue(flow.IssueID(rapid.IntRange(1, 5).Draw(t, "id")), "PAY-1")
				i.Site, i.Summary = site, rapid.SampledFrom([]string{"one", "another"}).Draw(t, "summary")
				b.Issues = append(b.Issues, i)
			}
			for range rapid.IntRange(0, 2).Draw(t, "gone") {
				b.Gone = append(b.Gone, flow.Absence{ID: flow.IssueID(rapid.IntRange(1, 5).Draw(t, "gone id")), As: flow.Deleted, Since: at("2026-03-01T00:00:00Z")})
			}
			fails := rapid.Bool().Draw(t, "fails")
			if fails {
				b.Gone = append(b.Gone, flow.Absence{ID: 1})
			}
			if _, err := s.Write(background, b, flow.Checkpoint{}); (err != nil) != fails {
				t.Fatalf("write: %v", err)
			}
			pictures, since = append(pictures, picture(t, s)), append(since, s.Generation())
		}
		now := pictures[len(pictures)-1]
		for k := range pictures {
			c := mustChanges(t, s, since[k])
			if got := apply(t, pictures[k], c); cmp.Diff(now, got) != "" {
				t.Fatalf("since the write number %d (-want +got):\n%s", k, cmp.Diff(now, got))
			}
		}
	})
}

// apply brings the picture up to date, and sees that it was what the changes
// say.
func apply(t failer, old map[flow.Ref]flow.Issue, c Changes) map[flow.Ref]flow.Issue {
	if !c.Known {
		t.Fatal("the changes are not known")
	}
	out := maps.Clone(old)
	for _, x := range c.Issues {
		at := flow.Ref{Key: x.After.Site, ID: x.After.ID}
		was, held := out[at]
		if held != (x.Before != nil) || held && cmp.Diff(was, *x.Before) != "" {
			t.Fatal(fmt.Sprintf("issue %v was %+v, and is said to have been %+v", at, was, x.Before))
		}
		out[at] = *x.After
	}
	return out
}

func TestChangesFitTheirGenerationWhileOthersWrite(t *testing.T) {
	s := openTemp(t)
	const writes = 40
	done := make(chan error, 1)
	go func() {
		for n := range writes {
			i := anIssue(flow.IssueID(1+n%7), "PAY-1")
			i.Summary = fmt.Sprint("write ", n)
			if _, err := s.Write(background, flow.Batch{Site: "acme", Issues: []flow.Issue{i}}, flow.Checkpoint{}); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	held, since := map[flow.Ref]flow.Issue{}, uint64(0)
	for writing := true; writing; {
		select {
		case err := <-done:
			mustDo(t, err)
			writing = false
		default:
		}
		c := mustChanges(t, s, since)
		held, since = apply(t, held, c), c.Generation
		walked := picture(t, s)
		if s.Generation() == since && !slices.Equal(slices.Sorted(summaries(held)), slices.Sorted(summaries(walked))) {
			t.Fatalf("at generation %d the changes give %v, and the store %v", since, held, walked)
		}
	}
	if diff := cmp.Diff(picture(t, s), held); diff != "" {
		t.Errorf("in the end (-want +got):\n%s", diff)
	}
}

func summaries(held map[flow.Ref]flow.Issue) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, i := range held {
			if !yield(i.Summary) {
				return
			}
		}
	}
}
