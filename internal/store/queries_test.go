package store

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
)

// Whatever the answers are, an issue is held as matching exactly from an answer
// that had it until a whole one that had it not.
func TestMatchesFollowFromTheAnswers(t *testing.T) {
	s, sites := openTemp(t), 0
	rapid.Check(t, func(rt *rapid.T) {
		sites++
		site := fmt.Sprint("site", sites)
		ids := []flow.IssueID{1, 2, 300, 1 << 40}
		want := map[flow.IssueID][]flow.Match{}
		now, covers, scope := at("2026-01-05T08:00:00Z"), time.Time{}, ""
		for range rapid.IntRange(1, 8).Draw(rt, "answers") {
			now = now.Add(time.Hour)
			a := flow.Selection{
				Site: site, JQL: "labels = latency", At: now, Covers: now.Add(-time.Minute), Complete: rapid.Bool().Draw(rt, "complete"),
				Scope: rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "scope"),
			}
			if rapid.IntRange(0, 5).Draw(rt, "refused") == 0 {
				a.Refused, a.Complete = "no", false
			} else {
				a.IDs = rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 0, len(ids), rapid.ID).Draw(rt, "ids")
			}
			mustDo(rt, s.Select(t.Context(), a))
			if a.Refused != "" {
				continue
			}
			missed := covers
			if a.Scope != scope {
				missed = time.Time{}
			}
			for _, id := range ids {
				k := len(want[id]) - 1
				matched := k >= 0 && want[id][k].Left.IsZero()
				switch has := slices.Contains(a.IDs, id); {
				case has && !matched:
					m := flow.Match{ID: id, Missed: missed, Seen: now}
					if k >= 0 && want[id][k].Left.After(missed) {
						m.Missed = want[id][k].Left
					}
					want[id] = append(want[id], m)
				case !has && matched && a.Complete:
					want[id][k].Left = now
				}
			}
			if a.Complete {
				covers, scope = a.Covers, a.Scope
			}
		}
		var all []flow.Match
		for _, id := range ids {
			all = append(all, want[id]...)
		}
		got, asked, err := s.Matching(site, "labels = latency")
		if diff := cmp.Diff(all, got.Matches); err != nil || !asked || diff != "" {
			rt.Fatalf("asked %v, %v; matches (-want +got):\n%s", asked, err, diff)
		}
	})
}

func TestWhatIsKnownOfAJQLIsToldBySite(t *testing.T) {
	s := openTemp(t)
	first, second := at("2026-01-05T08:00:00Z"), at("2026-01-06T08:00:00Z")
	for _, a := range []flow.Selection{
		{Site: "acme", JQL: "a = b", Scope: "x", Account: 1<<64 - 1, At: first, Covers: first, IDs: []flow.IssueID{7}, Complete: true},
		{Site: "acme", JQL: "a = b", Scope: "x", Account: 1<<64 - 1, At: second, Covers: second, IDs: []flow.IssueID{7}, Complete: true},
		{Site: "acme", JQL: "a = b ", At: second, IDs: []flow.IssueID{8}},
		{Site: "old", JQL: "a = b", At: second, Refused: "there is no field a"},
	} {
		mustDo(t, s.Select(t.Context(), a))
	}
	got, err := s.Queried("a = b")
	mustDo(t, err)
	want := map[string]flow.Matching{
		"acme": {Site: "acme", JQL: "a = b", First: first, Last: second, Whole: true, Scope: "x", Account: 1<<64 - 1},
		"old":  {Site: "old", JQL: "a = b", Refused: "there is no field a"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	m, asked, err := s.Matching("acme", "a = b")
	if diff := cmp.Diff([]flow.Match{{ID: 7, Seen: first}}, m.Matches); err != nil || !asked || diff != "" {
		t.Errorf("asked %v, %v; matches:\n%s", asked, err, diff)
	}
	if _, asked, err := s.Matching("acme", "never asked"); asked || err != nil {
		t.Errorf("asked %v, %v", asked, err)
	}
	if _, asked, err := s.Matching("nowhere", "a = b"); asked || err != nil {
		t.Errorf("asked %v, %v", asked, err)
	}
}

func TestAnAnswerWithoutSiteTextOrTimeIsRefused(t *testing.T) {
	s := openTemp(t)
	for _, a := range []flow.Selection{
		{JQL: "a", At: time.Now()}, {Site: "acme", At: time.Now()}, {Site: "acme", JQL: "a"},
	} {
		if err := s.Select(t.Context(), a); err == nil {
			t.Errorf("%+v was taken", a)
		}
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Select(ended, flow.Selection{Site: "acme", JQL: "a", At: time.Now(), IDs: []flow.IssueID{1}}); err == nil {
		t.Error("an answer was stored after the context had ended")
	}
	if all, err := s.Queried("a"); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
}

func TestADamagedMatchIsFound(t *testing.T) {
	for name, damage := range map[string]struct{ key, value string }{
		"a value of odd length":       {"0001 00000000000000000000000000000000 0000000000000001", "00"},
		"a match without a key":       {"0001", "000000000000000000000000000000000000000000000000"},
		"no match":                    {"0001 00000000000000000000000000000000 0000000000000001", ""},
		"a JQL that is not held":      {"0001 00000000000000000000000000000000 0000000000000001", "000000000000000000000000000000000000000000000000"},
		"a time beyond all calendars": {"0001 00000000000000000000000000000000 0000000000000001", "ffffffffffffffff00000000000000000000000000000000"},
	} {
		t.Run(name, func(t *testing.T) { mustFind(t, bucketMatches, unhex(t, damage.key), unhex(t, damage.value)) })
	}
}
