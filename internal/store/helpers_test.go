package store

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plumbline/internal/flow"
)

// background is for what goes on after a test has ended, and for rapid, which
// knows no context.
var background = context.Background()

// openTemp opens a new store in a folder of the test's. When the test is over
// the store is checked and closed.
func openTemp(tb testing.TB) *Store {
	tb.Helper()
	s, err := Open(filepath.Join(tb.TempDir(), "plumbline.db"), Options{})
	if err != nil {
		tb.Fatalf("open a new store: %v", err)
	}
	tb.Cleanup(func() {
		mustBeWhole(tb, s)
		mustDo(tb, s.Close())
	})
	return s
}

func mustBeWhole(tb testing.TB, s *Store) {
	tb.Helper()
	findings, err := s.Verify(tb.Context())
	if tb.Context().Err() != nil {
		findings, err = s.Verify(background)
	}
	if err != nil {
		tb.Errorf("verify: %v", err)
	}
	for _, f := range findings {
		tb.Errorf("verify: %s", f)
	}
}

// mustFind puts damage into the bucket of a new store, and fails where checking
// the store does not find it, and it alone, there.
func mustFind(tb testing.TB, bucket, key, value string) {
	tb.Helper()
	s := openTemp(tb)
	mustDo(tb, s.update(func(tx *writing) error { return tx.put(tx.bucket(bucket), []byte(key), []byte(value)) }))
	findings, err := s.Verify(tb.Context())
	if err != nil || len(findings) != 1 || findings[0].Where != bucket {
		tb.Errorf("%v, %v", findings, err)
	}
	mustDo(tb, s.update(func(tx *writing) error { return tx.delete(tx.bucket(bucket), []byte(key)) }))
}

type failer interface {
	Helper()
	Fatal(args ...any)
}

func mustDo(tb failer, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func mustWrite(tb failer, s *Store, issues ...flow.Issue) flow.Written {
	tb.Helper()
	w, err := s.Write(background, flow.Batch{Site: "acme", Issues: issues}, flow.Checkpoint{})
	mustDo(tb, err)
	return w
}

func dump(tb failer, s *Store) string {
	tb.Helper()
	var b bytes.Buffer
	mustDo(tb, s.Dump(background, &b))
	return b.String()
}

func allIssues(tb failer, s *Store, site string) []flow.Issue {
	tb.Helper()
	var all []flow.Issue
	mustDo(tb, s.Issues(background, site, func(i *flow.Issue) error {
		all = append(all, *i)
		return nil
	}))
	return all
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// anIssue returns an issue with one status change an id: enough to tell issues
// apart.
func anIssue(id flow.IssueID, key string, changes ...flow.Change) flow.Issue {
	histories := map[uint64]bool{}
	for _, c := range changes {
		histories[c.History] = true
	}
	return flow.Issue{
		Site: "acme", ID: id, Summary: "Answer faster", Created: at("2026-01-05T08:00:00Z"),
		Now: flow.State{
			Key: key, Project: flow.Named{ID: "10", Name: "PAY"},
			Type:   flow.IssueType{ID: "3", Name: "Task"},
			Status: flow.Named{ID: "1", Name: "Open"}, Category: flow.ToDo,
		},
		Changes: changes, Histories: len(histories), Announced: len(histories),
	}
}

func statusChange(history uint64, when, from, to string) flow.Change {
	return flow.Change{
		At: at(when), History: history, Author: 77, Field: flow.FieldStatus,
		From: flow.Named{ID: from, Name: "status " + from}, To: flow.Named{ID: to, Name: "status " + to},
	}
}

// The generators of the laws. Texts and ids are taken from few, so that they
// meet, and from all there are.

var (
	genText = rapid.OneOf(
		rapid.SampledFrom([]string{"", "Open", "Done", "PAY-1", "PAY-2", "p95 latency", "naïve 日本", "a\x00b", "\xff\xfe"}),
		rapid.String(),
	)
	genNamed = rapid.Custom(func(t *rapid.T) flow.Named {
		return flow.Named{ID: genText.Draw(t, "id"), Name: genText.Draw(t, "name")}
	})
	genRef = rapid.Custom(func(t *rapid.T) flow.Ref {
		return flow.Ref{ID: flow.IssueID(rapid.Uint64().Draw(t, "id")), Key: genText.Draw(t, "key")}
	})
	genTime = rapid.Custom(func(t *rapid.T) time.Time {
		return time.UnixMilli(rapid.OneOf(
			rapid.Just(time.Time{}.UnixMilli()),
			rapid.Int64Range(1_300_000_000_000, 1_300_000_100_000),
			rapid.Int64Range(minTime, maxTime),
		).Draw(t, "ms")).UTC()
	})
	genChange = rapid.Custom(func(t *rapid.T) flow.Change {
		return flow.Change{
			At:      genTime.Draw(t, "at"),
			History: rapid.OneOf(rapid.Uint64Range(0, 3), rapid.Uint64()).Draw(t, "history"),
			Item:    rapid.OneOf(rapid.IntRange(0, 3), rapid.Int()).Draw(t, "item"),
			Author:  flow.Pseudonym(rapid.OneOf(rapid.Uint64Range(0, 2), rapid.Uint64()).Draw(t, "author")),
			Bot:     rapid.Bool().Draw(t, "bot"),
			Field:   rapid.SampledFrom(flow.Fields()).Draw(t, "field"),
			From:    genNamed.Draw(t, "from"), To: genNamed.Draw(t, "to"),
		}
	})
	genLink = rapid.Custom(func(t *rapid.T) flow.Link {
		return flow.Link{
			Type: genText.Draw(t, "type"), Description: genText.Draw(t, "description"),
			Outward: rapid.Bool().Draw(t, "outward"), Other: genRef.Draw(t, "other"),
		}
	})
	genState = rapid.Custom(func(t *rapid.T) flow.State {
		return flow.State{
			Key: genText.Draw(t, "key"), Project: genNamed.Draw(t, "project"),
			Type:   flow.IssueType{ID: genText.Draw(t, "type id"), Name: genText.Draw(t, "type"), Level: rapid.Int().Draw(t, "level")},
			Status: genNamed.Draw(t, "status"), Category: flow.Category(rapid.Byte().Draw(t, "category")),
			Resolution: genNamed.Draw(t, "resolution"), Parent: genRef.Draw(t, "parent"), Epic: genRef.Draw(t, "epic"),
			FixVersions: genList.Draw(t, "fix versions"), Labels: genList.Draw(t, "labels"),
			Due: flow.Date{
				Year: rapid.Int().Draw(t, "year"), Month: time.Month(rapid.IntRange(0, 12).Draw(t, "month")), Day: rapid.IntRange(0, 31).Draw(t, "day"),
			},
			Priority: genNamed.Draw(t, "priority"), Assignee: flow.Pseudonym(rapid.Uint64().Draw(t, "assignee")),
			Estimate:  rapid.OneOf(rapid.Just(0.0), rapid.Float64()).Draw(t, "estimate"),
			Estimated: rapid.Bool().Draw(t, "estimated"), Flagged: rapid.Bool().Draw(t, "flagged"),
		}
	})
	genList = rapid.Custom(func(t *rapid.T) []string {
		l := rapid.SliceOfN(genText, 0, 4).Draw(t, "list")
		slices.Sort(l)
		return orNil(l)
	})
	genIssue = rapid.Custom(func(t *rapid.T) flow.Issue {
		i := flow.Issue{
			Site: "acme", ID: flow.IssueID(rapid.OneOf(rapid.Uint64Range(1, 5), rapid.Uint64Min(1)).Draw(t, "id")),
			Summary: genText.Draw(t, "summary"),
			Created: genTime.Draw(t, "created"), Updated: genTime.Draw(t, "updated"),
			Resolved: genTime.Draw(t, "resolved"), Gone: genTime.Draw(t, "gone"),
			Now:       genState.Draw(t, "now"),
			Links:     orNil(rapid.SliceOfN(genLink, 0, 3).Draw(t, "links")),
			Changes:   orNil(rapid.SliceOfN(genChange, 0, 8).Draw(t, "changes")),
			Histories: rapid.IntRange(0, 9).Draw(t, "histories"), Announced: rapid.IntRange(-1, 9).Draw(t, "announced"),
			GoneAs: flow.Presence(rapid.ByteMax(byte(flow.Unconfirmed)).Draw(t, "gone as")),
		}
		return inOrder(i)
	})
)

func orNil[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return s
}
