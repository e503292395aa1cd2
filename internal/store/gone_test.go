package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
)

func mustMark(tb failer, s *Store, gone ...flow.Absence) flow.Written {
	tb.Helper()
	w, err := s.Write(background, flow.Batch{Site: "acme", Gone: gone}, flow.Checkpoint{})
	mustDo(tb, err)
	return w
}

func TestAnIssueThatIsGoneKeepsAllAndComesBackWhenItIsSeen(t *testing.T) {
	s := openTemp(t)
	change := statusChange(1, "2026-02-01T00:00:00Z", "1", "3")
	mustWrite(t, s, anIssue(1, "PAY-1", change), anIssue(2, "PAY-2"))
	found, later := at("2026-03-01T00:00:00Z"), at("2026-04-01T00:00:00Z")
	for _, step := range []struct {
		what string
		mark flow.Absence
		want flow.Written
	}{
		{"it is out of the scope", flow.Absence{ID: 1, As: flow.OutOfScope, Since: found}, flow.Written{Gone: 1}},
		{"it still is", flow.Absence{ID: 1, As: flow.OutOfScope, Since: later}, flow.Written{}},
		{"then it is deleted", flow.Absence{ID: 1, As: flow.Deleted, Since: later}, flow.Written{Gone: 1}},
		{"one that nobody has heard of", flow.Absence{ID: 9, As: flow.Deleted, Since: later}, flow.Written{}},
	} {
		if got := mustMark(t, s, step.mark); got != step.want {
			t.Errorf("%s: got %+v, want %+v", step.what, got, step.want)
		}
	}
	want := anIssue(1, "PAY-1", change)
	want.Gone, want.GoneAs = found, flow.Deleted
	got, err := s.Issue("acme", 1)
	mustDo(t, err)
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("want (-), held (+):\n%s", diff)
	}
	if c, err := s.Counts("acme"); err != nil || c.Issues != 2 || c.Present != 1 || c.Changes != 1 {
		t.Errorf("got %+v, %v", c, err)
	}
	if d := dump(t, s); strings.Count(d, `"present":false`) != 1 {
		t.Errorf("one issue is gone:\n%s", d)
	}
	if w := mustWrite(t, s, anIssue(1, "PAY-1", change)); w != (flow.Written{Changed: 1, Restored: 1}) {
		t.Errorf("seen again: got %+v", w)
	}
	if got, err = s.Issue("acme", 1); err != nil || !got.Gone.IsZero() || got.GoneAs != flow.Present {
		t.Errorf("seen again: it is held as %+v, %v", got, err)
	}
	for _, bad := range []flow.Absence{{ID: 1, As: flow.Present, Since: found}, {ID: 1, As: flow.Unconfirmed + 1, Since: found}, {ID: 1, As: flow.Deleted}} {
		if _, err := s.Write(t.Context(), flow.Batch{Site: "acme", Gone: []flow.Absence{bad}}, flow.Checkpoint{}); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

// Whatever is marked and seen in whatever order, nothing but the mark changes.
func TestMarksAndSightingsLeaveTheHistoryAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, done := openRapid(t)
		defer done()
		issues := distinct(rapid.SliceOfN(genIssue, 1, 4).Draw(t, "issues"))
		for n := range issues {
			issues[n].Gone, issues[n].GoneAs = time.Time{}, flow.Present
		}
		mustWrite(t, s, issues...)
		before := dump(t, s)
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, len(issues)-1), 1, 6).Draw(t, "marks") {
			as := flow.Presence(rapid.ByteRange(1, byte(flow.Unconfirmed)).Draw(t, "as"))
			mustMark(t, s, flow.Absence{ID: issues[n].ID, As: as, Since: at("2026-03-01T00:00:00Z")})
			held := heldOf(t, s)
			if k := slices.IndexFunc(held, func(h flow.Held) bool { return h.ID == issues[n].ID }); held[k].As != as {
				t.Fatalf("issue %d is held as %s, want %s", issues[n].ID, held[k].As, as)
			}
		}
		mustWrite(t, s, issues...)
		if diff := cmp.Diff(before, dump(t, s)); diff != "" {
			t.Fatalf("seen again they differ:\n%s", diff)
		}
	})
}

func heldOf(tb failer, s *Store) (all []flow.Held) {
	mustDo(tb, s.Held(background, "acme", func(h flow.Held) error {
		all = append(all, h)
		return nil
	}))
	return all
}

func TestWhatACensusMustKnowComesInTheOrderOfTheIDs(t *testing.T) {
	s := openTemp(t)
	issues := make([]flow.Issue, heldChunk+1)
	for n := range issues {
		issues[n] = anIssue(flow.IssueID(2*n+1), "PAY-1")
	}
	mustWrite(t, s, issues...)
	mustMark(t, s, flow.Absence{ID: 3, As: flow.Archived, Since: at("2026-03-01T00:00:00Z")})
	held := heldOf(t, s)
	if len(held) != len(issues) {
		t.Fatalf("%d of %d issues came", len(held), len(issues))
	}
	for n, h := range held {
		want := flow.Held{ID: issues[n].ID, Project: flow.Named{ID: "10", Name: "PAY"}}
		if h.ID == 3 {
			want.As = flow.Archived
		}
		if h != want {
			t.Fatalf("got %+v, want %+v", h, want)
		}
	}
}

func TestTwoSitesMayHaveTheSameIDsAndKeys(t *testing.T) {
	s := openTemp(t)
	for _, site := range []string{"acme", "beta"} {
		i := anIssue(1, "PAY-1", statusChange(1, "2026-02-01T00:00:00Z", "1", "3"))
		i.Site, i.Summary = site, "of "+site
		_, err := s.Write(t.Context(), flow.Batch{
			Site: site, Issues: []flow.Issue{i}, Versions: []flow.Version{{ID: "9", Name: site}},
			Sprints: []flow.Sprint{{ID: "5", Name: site}}, Problems: []flow.Problem{{ID: 2, Key: "PAY-2", What: site}}, Seen: at("2026-02-01T00:00:00Z"),
		}, flow.Checkpoint{Scope: site})
		mustDo(t, err)
	}
	mustMark(t, s, flow.Absence{ID: 1, As: flow.Deleted, Since: at("2026-03-01T00:00:00Z")})
	for site, gone := range map[string]bool{"acme": true, "beta": false} {
		i, err := s.IssueByKey(site, "PAY-1")
		if err != nil || i.Summary != "of "+site || i.Gone.IsZero() == gone {
			t.Errorf("%s: got %+v, %v", site, i, err)
		}
		history, err := s.VersionHistory(site)
		if err != nil || len(history["9"]) != 1 || history["9"][0].Name != site {
			t.Errorf("%s: versions %+v, %v", site, history, err)
		}
		sprints, err := s.Sprints(site)
		if err != nil || len(sprints) != 1 || sprints[0].Name != site {
			t.Errorf("%s: sprints %+v, %v", site, sprints, err)
		}
		problems, err := s.Problems(site)
		if err != nil || len(problems) != 1 || problems[0].What != site {
			t.Errorf("%s: problems %+v, %v", site, problems, err)
		}
	}
}
