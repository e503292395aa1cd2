package syncer_test

import (
	"context"
	"testing"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/store"
	"plumbline/internal/syncer"
)

// counted counts what is written.
type counted struct {
	*store.Store
	writes int
}

func (c *counted) Write(ctx context.Context, b flow.Batch, cp flow.Checkpoint) (flow.Written, error) {
	c.writes++
	return c.Store.Write(ctx, b, cp)
}

// BenchmarkBatches reads issues with 12 changes in pages of 50 and stores each
// page by itself, as we did, and then some together, as we do. How much that
// saves depends on how long the disk takes to sync.
func BenchmarkBatches(b *testing.B) {
	const issues = 5000
	s := newSite(1, issues)
	for _, t := range s.issues {
		for range 9 {
			s.edit(t)
		}
	}
	took, writes := map[int]time.Duration{}, map[int]int{}
	for b.Loop() {
		for _, size := range []int{1, syncer.DefaultBatch} {
			d := newDesk(b, s)
			c := &counted{Store: d.store}
			d.o.Batch, d.o.Store = size, c
			began := time.Now()
			d.must(syncer.Full)
			took[size] += time.Since(began)
			writes[size] += c.writes
		}
	}
	const one, some = 1, syncer.DefaultBatch
	per := func(size int) float64 { return float64(took[size].Microseconds()) / float64(b.N*issues) }
	b.ReportMetric(per(one), "before-µs/issue")
	b.ReportMetric(per(some), "after-µs/issue")
	b.ReportMetric(float64(took[one])/float64(took[some]), "ratio")
	b.ReportMetric(float64(writes[one])/float64(writes[some]), "syncs-ratio")
}
