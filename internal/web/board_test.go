package web

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/measure"
)

func TestTheBoardBeginsWithTroubleAndKeepsFamiliesTogether(t *testing.T) {
	snap := newCompany().snap
	var got []string
	for _, n := range snap.Board() {
		got = append(got, strings.Repeat("  ", n.Depth)+n.ID)
	}
	want := []string{
		"search",
		"archive", "customer-trust", "  checkout-p95", "  refunds", "    refunds-partial",
		"mobile", "vendor", "lake", "audit", "atlas", "login",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the order differs:\n%s", diff)
	}
}

func TestEveryGoalIsOnTheBoardOnceWhateverTheParents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := []string{"a", "b", "c", "d", "e"}
		snap := &measure.Snapshot{}
		for _, id := range ids[:rapid.IntRange(0, len(ids)).Draw(t, "goals")] {
			snap.Goals = append(snap.Goals, measure.GoalStatus{ID: id,
				Parent: rapid.SampledFrom(append(ids, "")).Draw(t, "parent"),
				Health: rapid.SampledFrom(measure.HealthStates()).Draw(t, "health")})
		}
		seen := map[string]int{}
		last := -1
		for _, n := range snap.Board() {
			seen[n.ID]++
			if n.Depth == 0 {
				if n.Urgency < last {
					t.Fatalf("%s stands after lesser trouble", n.ID)
				}
				last = n.Urgency
			}
		}
		if len(seen) != len(snap.Goals) {
			t.Fatalf("%d of %d goals are on the board", len(seen), len(snap.Goals))
		}
		for id, n := range seen {
			if n != 1 {
				t.Fatalf("%s is there %d times", id, n)
			}
		}
	})
}

func TestSharesAreNeverRoundedToAllOrNothing(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		v    *float64
		want string
		bar  int
	}{
		{share(0), "0 %", 0}, {share(.0001), "< 1 %", 0}, {share(.005), "1 %", 1}, {share(.5), "50 %", 50},
		{share(.994), "99 %", 99}, {share(.9999), "> 99 %", 100}, {share(1), "100 %", 100}, {share(2), "200 %", 100},
	} {
		if f := ratio(c.v, ""); strings.ReplaceAll(f.Text, "\u00a0", " ") != c.want || f.Bar != c.bar || f.Why != "" {
			t.Errorf("%v is shown as %+v, want %q and a bar of %d", *c.v, f, c.want, c.bar)
		}
	}
	for _, v := range []*float64{nil, &nan} {
		if f := ratio(v, "no issue is in scope"); f.Text != "" || f.Why != "no issue is in scope" {
			t.Errorf("what is not known is shown as %+v", f)
		}
	}
}

func TestTargetsTellWhatBecameOfThem(t *testing.T) {
	days := func(n int) *int { return &n }
	for _, c := range []struct {
		name  string
		moves int
		slip  *int
		want  string
	}{
		{"never moved", 0, days(0), ""},
		{"moved once", 1, days(1), "moved 1 time, 1 day later"},
		{"moved there and back", 1, days(0), "moved 1 time"},
		{"only ever earlier", 0, days(-3), "3 days earlier"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := measure.GoalStatus{Target: day("2026-12-18"), TargetMoves: c.moves, TargetSlipDays: c.slip}
			if got := target(&g); got.Detail != c.want {
				t.Errorf("is told as %q, want %q", got.Detail, c.want)
			}
		})
	}
}

func TestDurationsReadAsPeopleSpeak(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour: "just now", 59 * time.Second: "just now", 90 * time.Minute: "90 min ago", 47 * time.Hour: "47 h ago", 49 * time.Hour: "2 days ago",
	} {
		if got := ago(d); got != want {
			t.Errorf("%v is told as %q, want %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		-1: "unknown", 820 * time.Millisecond: "820 ms", 5300 * time.Millisecond: "5.3 s", 125 * time.Second: "2 min 05 s",
	} {
		if got := took(d); got != want {
			t.Errorf("%v is told as %q, want %q", d, got, want)
		}
	}
}

func TestALongListOfEvidenceIsCutAndSaysSo(t *testing.T) {
	rows := make([]measure.Evidence, shownEvidence+7)
	l := newList("Counted", "Issues", rows, newClock(nil), func(string, string) string { return "" })
	if len(l.Rows) != shownEvidence || l.Dropped != 7 || l.Total != len(rows) || l.Open {
		t.Errorf("%d rows are shown, %d dropped of %d, open: %v", len(l.Rows), l.Dropped, l.Total, l.Open)
	}
}
