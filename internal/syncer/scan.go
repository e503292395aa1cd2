package syncer

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"plumbline/internal/flow"
)

const (
	// resumable is how old an unfinished full run may be to be continued.
	resumable = 24 * time.Hour
	// overlapServer is how far before the watermark an incremental run begins:
	// the site's index lags behind, and nodes of a cluster differ. Cloud's lag
	// is longer.
	overlapServer = 5 * time.Minute
	overlapCloud  = 15 * time.Minute
	// listedProblems bounds the problems that a report lists.
	listedProblems = 100
)

// run is one run of a syncer.
type run struct {
	s        *Syncer
	progress func(Progress)
	report   Report

	id flow.Identity
	cp flow.Checkpoint // as it will be written next
	// fresh are statuses that go to the store with the next batch.
	fresh []flow.StatusInfo

	read     map[flow.IssueID]struct{}
	found    map[problemIssue]bool // issues with a problem
	statuses map[string]bool       // that the changelogs mention
}

// do reads and stores. It leaves in the report why the run is not complete
// although nothing failed.
func (r *run) do(ctx context.Context) error {
	o := &r.s.o
	cp, err := o.Store.Checkpoint(o.Site)
	if err != nil {
		return fmt.Errorf("site %s: %w", o.Site, err)
	}
	if r.id, err = o.Source.Identify(ctx); err != nil {
		return err
	}
	r.cp, r.report.ServerNow = cp, r.id.ServerNow
	if r.report.Kind == Incremental && (cp.Watermark.IsZero() || cp.Scope != o.Scope) {
		r.report.Kind = Full
	}
	stranger := !cp.Watermark.IsZero() && cp.Account != r.id.Account
	if stranger {
		r.report.Reasons = append(r.report.Reasons, "the site takes us for another account than before, which may see other issues"+
			map[Kind]string{Full: "", Incremental: "; a full sync takes it on"}[r.report.Kind])
	}
	q, err := r.prepare(ctx, stranger)
	if err != nil {
		return err
	}
	if err := r.scan(ctx, q); err != nil {
		return err
	}
	if err := r.askAboutStatuses(ctx); err != nil {
		return err
	}
	return r.finish(ctx, stranger)
}

// prepare learns the site's fields and chooses what to read.
func (r *run) prepare(ctx context.Context, stranger bool) (Query, error) {
	if r.report.Kind == Full {
		return r.prepareFull(ctx, stranger)
	}
	if err := r.s.o.Source.Use(r.cp.Fields); err != nil {
		r.s.o.Logger.Info("the site's fields are asked for again", "site", r.s.o.Site, "why", err.Error())
		if err := r.discover(ctx); err != nil {
			return Query{}, err
		}
	}
	overlap := overlapServer
	if r.id.Deployment == "Cloud" {
		overlap = overlapCloud
	}
	from := r.cp.Watermark
	if r.id.ServerNow.Before(from) {
		from = r.id.ServerNow // the site's clock was set back
	}
	return Query{UpdatedFrom: from.Add(-overlap)}, nil
}

// prepareFull begins a full run, or continues the one that was not finished.
// What the checkpoint holds for another scope or account is void at once, so
// that no incremental run builds on it if this run is cut short.
func (r *run) prepareFull(ctx context.Context, stranger bool) (Query, error) {
	if err := r.discover(ctx); err != nil {
		return Query{}, err
	}
	cp := &r.cp
	same := cp.Scope == r.s.o.Scope && cp.Account == r.id.Account
	age := r.id.ServerNow.Sub(cp.FullStarted)
	if same && !cp.FullFrom.IsZero() && age >= 0 && age < resumable {
		r.report.Resumed = true
		return Query{CreatedFrom: cp.FullFrom}, nil
	}
	if stranger || cp.Scope != r.s.o.Scope {
		cp.Watermark = time.Time{}
	}
	cp.Scope, cp.Account = r.s.o.Scope, r.id.Account
	cp.FullFrom, cp.FullStarted = time.Time{}, r.id.ServerNow
	return Query{}, nil
}

// discover asks for the site's fields and statuses.
func (r *run) discover(ctx context.Context) error {
	fields, statuses, err := r.s.o.Source.Discover(ctx)
	if err != nil {
		return err
	}
	r.cp.Fields, r.fresh = fields, statuses
	return nil
}

// scan reads and writes at the same time, one page apart.
func (r *run) scan(ctx context.Context, q Query) error {
	r.statuses = make(map[string]bool)
	pages := make(chan Page)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(pages)
		return r.s.o.Source.Scan(ctx, q, func(p Page) error {
			select {
			case pages <- p:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	g.Go(func() error {
		for p := range pages {
			if err := r.store(ctx, &p); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}

// store writes one page, and with it how far a full run has come.
func (r *run) store(ctx context.Context, p *Page) error {
	if r.report.Kind == Full && p.CreatedTo.After(r.cp.FullFrom) {
		r.cp.FullFrom = p.CreatedTo
	}
	if err := r.write(ctx, p.Batch); err != nil {
		return err
	}
	for k := range p.Issues {
		r.note(&p.Issues[k])
	}
	for _, pr := range p.Problems {
		r.trouble(pr)
	}
	r.report.Read, r.report.Problems = len(r.read), len(r.found)
	r.progress(Progress{Kind: r.report.Kind, Read: r.report.Read, Total: p.Total, Problems: r.report.Problems})
	return nil
}

func (r *run) write(ctx context.Context, b flow.Batch) error {
	b.Site = r.s.o.Site
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
	return nil
}

func (r *run) note(i *flow.Issue) {
	r.read[i.ID] = struct{}{}
	delete(r.s.problems, problemIssue{id: i.ID})
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
	r.found[which], r.s.problems[which] = true, true
	if len(r.report.ProblemIssues) < listedProblems {
		r.report.ProblemIssues = append(r.report.ProblemIssues, ProblemIssue(p))
	}
}

// askAboutStatuses asks the site once about statuses that the changelogs
// mention and that nobody has explained: new ones, and those of workflows that
// came into the scope. A status that Jira has forgotten is not asked for
// again.
func (r *run) askAboutStatuses(ctx context.Context) error {
	catalog, err := r.s.o.Store.Catalog(r.s.o.Site)
	if err != nil {
		return fmt.Errorf("site %s: %w", r.s.o.Site, err)
	}
	asked, unknown := r.s.asked, false
	for id := range r.statuses {
		if id != "" && catalog.Category(id) == flow.Unknown && !asked[id] {
			asked[id], unknown = true, true
		}
	}
	if !unknown || r.report.Kind == Full { // which has asked at its start
		return nil
	}
	return r.discover(ctx)
}

// finish moves the watermark: everything that was changed before the run
// began is held now.
func (r *run) finish(ctx context.Context, stranger bool) error {
	cp := r.cp
	switch {
	case r.report.Kind == Full:
		r.cp.Watermark, r.cp.FullFrom, r.cp.FullStarted = cp.FullStarted, time.Time{}, time.Time{}
		if !r.report.Resumed { // else the earlier part's problems stand
			r.s.problems = r.found
		}
	case !stranger:
		r.cp.Watermark = r.id.ServerNow
	}
	if len(r.report.Reasons) == 0 {
		r.cp.LastSuccess = r.s.o.Now().UTC()
	}
	return r.write(ctx, flow.Batch{})
}
