package measure_test

import (
	"fmt"
	"testing"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
)

// company makes n issues with twelve changes each under as many epics as there
// are goals, and the goals that map them.
func company(tb testing.TB, issues, goals int) ([]goal.Goal, []*flow.Issue) {
	var gs []goal.Goal
	var all []*flow.Issue
	for g := range goals {
		above := key(g + 1)
		gs = append(gs, goal.Goal{ID: fmt.Sprintf("g%03d", g), Work: goal.Work{Epics: []string{above}},
			Targets: []goal.Target{{Date: flow.Date{Year: 2026, Month: 12, Day: 1}}}})
		all = append(all, flowtest.NewEpic(tb, above, "2025-01-01").Issue())
	}
	begin := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for k := range issues {
		at := begin.Add(time.Duration(k%500) * 24 * time.Hour)
		day := func() string { at = at.Add(17 * time.Hour); return at.Format("2006-01-02 15:04:05") }
		b := flowtest.New(tb, key(goals+k+1), at.Format("2006-01-02 15:04:05")).By(uint64(k%50 + 1))
		b.Joins(day(), key(k%goals+1)).Touched(day()).Moves(day(), flowtest.Doing).Labelled(day(), "x").
			Touched(day()).Moves(day(), flowtest.Review).Touched(day()).Resolves(day(), "Done").Touched(day())
		if k%20 == 0 {
			b.Reopens(day(), flowtest.Doing).Resolves(day(), "Done")
		}
		all = append(all, b.Issue())
	}
	return gs, all
}

// BenchmarkBuild measures the reading of a whole store's issues into the
// goals' ledgers: 200 goals over 20,000 issues.
func BenchmarkBuild(b *testing.B) {
	const n = 20_000
	goals, issues := company(b, n, 200)
	for b.Loop() {
		built(b, goals, issues)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/issue")
}

// BenchmarkSnapshot measures the figures of 200 goals of 100 issues each, as
// of one moment.
func BenchmarkSnapshot(b *testing.B) {
	goals, issues := company(b, 20_000, 200)
	h := built(b, goals, issues)
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for b.Loop() {
		h.Snapshot(at)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*200), "µs/goal")
}

// BenchmarkSnapshotOfALargeCompany measures every figure of 500 goals over
// 200,000 issues, as of one moment: what is made anew after a sync, and every
// minute.
func BenchmarkSnapshotOfALargeCompany(b *testing.B) {
	goals, issues := company(b, 200_000, 500)
	h := built(b, goals, issues)
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for b.Loop() {
		h.Snapshot(at)
	}
}

// BenchmarkATargetThatMovedOften measures a goal of 20,000 issues by how often
// its target moved: what it takes must not grow with the one times the other.
func BenchmarkATargetThatMovedOften(b *testing.B) {
	goals, issues := company(b, 20_000, 1)
	for _, moves := range []int{1, 334} {
		first := flow.Date{Year: 2025, Month: 6, Day: 1}
		goals[0].Targets = []goal.Target{{Date: first, Said: first.AddDays(-30)}}
		for k := range moves {
			goals[0].Targets = append(goals[0].Targets, goal.Target{Date: first.AddDays(2 * k), Said: first.AddDays(k - 29)})
		}
		h := built(b, goals, issues, unlearnt(b, "2026-11-01"))
		b.Run(fmt.Sprintf("%d moves", moves), func(b *testing.B) {
			for b.Loop() {
				h.Snapshot(time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC))
			}
		})
	}
}
