package syncer

import (
	"context"
	"fmt"
	"time"

	"plumbline/internal/flow"
)

// batchAge is how long the first page of a batch waits for others to be stored
// with.
const batchAge = 2 * time.Second

// batch is pages that are stored at once.
type batch struct {
	flow.Batch
	pages     int
	total     int
	createdTo time.Time
}

func (b *batch) add(p Page) {
	b.pages++
	b.total = p.Total
	if p.CreatedTo.After(b.createdTo) {
		b.createdTo = p.CreatedTo
	}
	b.Issues = append(b.Issues, p.Issues...)
	b.Statuses = append(b.Statuses, p.Statuses...)
	b.Versions = append(b.Versions, p.Versions...)
	b.Problems = append(b.Problems, p.Problems...)
}

// take reads pages and stores them at the same time, some together: what waits
// is never more than a batch and a page. What was read before a failure is
// stored, too.
func (r *run) take(ctx context.Context, read func(ctx context.Context, each func(Page) error) error) error {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	pages := make(chan Page)
	var failed error // valid once pages is closed
	go func() {
		defer close(pages)
		failed = safely(func() error {
			return read(reading, func(p Page) error {
				select {
				case pages <- p:
					return nil
				case <-reading.Done():
					return reading.Err()
				}
			})
		})
	}()
	err := safely(func() error { return r.collect(ctx, pages) })
	stop()
	for range pages { // until the reader has ended
	}
	if err != nil {
		return err
	}
	return failed
}

func (r *run) collect(ctx context.Context, pages <-chan Page) error {
	// A run that is called off keeps what it has read.
	ctx = context.WithoutCancel(ctx)
	due := time.NewTimer(batchAge)
	defer due.Stop()
	var b batch
	for {
		select {
		case p, more := <-pages:
			if !more {
				return r.store(ctx, &b)
			}
			if b.pages == 0 {
				due.Reset(batchAge)
			}
			if b.add(p); len(b.Issues) < r.s.o.Batch {
				continue
			}
		case <-due.C:
		}
		if err := r.store(ctx, &b); err != nil {
			return err
		}
		b = batch{}
	}
}

// store writes a batch, and with it how far the run has come.
func (r *run) store(ctx context.Context, b *batch) error {
	if b.pages == 0 {
		return nil
	}
	switch r.report.Kind {
	case Full:
		if b.createdTo.After(r.cp.FullFrom) {
			r.cp.FullFrom = b.createdTo
		}
	case Incremental:
		if b.createdTo.After(r.cp.PartFrom) {
			r.cp.PartFrom = b.createdTo
		}
	}
	if err := r.write(ctx, b.Batch); err != nil {
		return err
	}
	r.useful = true
	for k := range b.Issues {
		r.note(&b.Issues[k])
	}
	for _, p := range b.Problems {
		r.trouble(p)
	}
	r.report.Problems = len(r.found)
	r.progress(Progress{Kind: r.report.Kind, Read: r.report.Read, Total: b.total, Problems: r.report.Problems})
	return nil
}

func (r *run) write(ctx context.Context, b flow.Batch) error {
	b.Site, b.Seen = r.s.o.Site, r.id.ServerNow
	b.Statuses = append(r.fresh, b.Statuses...)
	w, err := r.s.o.Store.Write(ctx, b, r.cp)
	if err != nil {
		return fmt.Errorf("site %s: storing issues: %w", r.s.o.Site, err)
	}
	r.fresh = nil
	r.report.New += w.New
	r.report.Changed += w.Changed
	r.report.Unchanged += w.Unchanged
	r.report.Changes += w.Changes
	r.report.Restored += w.Restored
	r.report.Events += w.Events
	return nil
}

func (r *run) note(i *flow.Issue) {
	if r.read.Add(i.ID) {
		r.report.Read++
	}
	for k := range i.Changes {
		if c := &i.Changes[k]; c.Field == flow.FieldStatus {
			r.statuses[c.From.ID], r.statuses[c.To.ID] = true, true
		}
	}
}

func (r *run) trouble(p flow.Problem) {
	which := problemIssue{id: p.ID}
	if p.ID == 0 {
		which.key = p.Key
	}
	r.found[which] = true
	if len(r.report.ProblemIssues) < listedProblems {
		r.report.ProblemIssues = append(r.report.ProblemIssues, ProblemIssue(p))
	}
}
