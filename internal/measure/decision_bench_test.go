package measure_test

import (
	"testing"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// undecided makes a company of so many issues, a tenth of which were flagged,
// a twentieth of which waited for an approval, and one in fifty of which waits
// for a question of its epic.
func undecided(tb testing.TB, issues, goals int) ([]goal.Goal, []*flow.Issue) {
	gs, all := company(tb, 0, goals)
	begin := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for k := range issues {
		at := begin.Add(time.Duration(k%500) * 24 * time.Hour)
		day := func() string { at = at.Add(17 * time.Hour); return at.Format("2006-01-02 15:04:05") }
		b := flowtest.New(tb, key(goals+k+1), at.Format("2006-01-02 15:04:05")).By(uint64(k%50 + 1))
		b.Joins(day(), key(k%goals+1)).Touched(day()).Moves(day(), flowtest.Doing).Touched(day())
		switch {
		case k < 4*goals:
			b.Labelled(day(), "adr")
		case k%50 == 0:
			b.BlockedBy(day(), key(k%(4*goals)+goals+1))
		case k%10 == 1:
			b.Flagged(day(), true).Flagged(day(), false)
		case k%20 == 2:
			b.Moves(day(), flowtest.Approval).Moves(day(), flowtest.Doing)
		}
		if k%7 != 0 {
			b.Moves(day(), flowtest.Review).Touched(day()).Resolves(day(), "Done").Touched(day())
		}
		all = append(all, b.Issue())
	}
	return gs, all
}

// BenchmarkDecisions measures 500 goals over 200,000 issues, read and figured
// out as of one moment: once with no class of decisions, and once with three.
func BenchmarkDecisions(b *testing.B) {
	goals, issues := undecided(b, 200_000, 500)
	at := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name     string
		settings measure.Settings
	}{{"none", measure.DefaultSettings()}, {"three classes", decisive()}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				h := built(b, goals, issues, under(c.settings))
				h.Snapshot(at)
			}
		})
	}
	h := built(b, goals, issues, under(decisive()))
	b.Run("snapshot", func(b *testing.B) {
		for b.Loop() {
			h.Snapshot(at)
		}
	})
	b.Run("register", func(b *testing.B) {
		for b.Loop() {
			h.Decisions("", at)
		}
	})
}
