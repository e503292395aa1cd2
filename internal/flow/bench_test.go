package flow_test

import (
	"testing"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
)

// BenchmarkTimeline measures the replaying of an issue with twelve changes, and
// a way along it.
func BenchmarkTimeline(b *testing.B) {
	i := flowtest.New(b, "PAY-9", "2026-01-01").Joins("2026-01-02", "PAY-1").Assigns("2026-01-02", 7).Touched("2026-01-03").
		Moves("2026-01-04", flowtest.Doing).Labelled("2026-01-05", "p95").Touched("2026-01-06").Versioned("2026-01-06", "77").
		Moves("2026-01-07", flowtest.Review).Touched("2026-01-08").Resolves("2026-01-09", "Done").Touched("2026-01-10").Issue()
	catalog := flowtest.Catalog()
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			flow.NewTimeline(i, catalog)
		}
	})
	b.Run("spans of its outcome", func(b *testing.B) {
		t, n := flow.NewTimeline(i, catalog), 0
		b.ReportAllocs()
		for b.Loop() {
			for range t.SpansOf(flow.OutcomeFields) {
				n++
			}
		}
	})
	b.Run("spans", func(b *testing.B) {
		t, n := flow.NewTimeline(i, catalog), 0
		b.ReportAllocs()
		for b.Loop() {
			for range t.Spans() {
				n++
			}
		}
	})
}
