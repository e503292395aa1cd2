package syncer

import (
	"context"
	"errors"
	"fmt"
	"time"

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
	accept   bool // a census gives up what the one before it could not see
	progress func(Progress)
	report   Report

	id flow.Identity
	cp flow.Checkpoint // as it will be written next
	// fresh are statuses that go to the store with the next batch.
	fresh []flow.StatusInfo

	read     flow.IDSet
	found    map[problemIssue]bool // issues with a problem
	statuses map[string]bool       // that the changelogs mention
	again    flow.IDSet            // that a census saw when it looked again
	// useful tells that the run has something to show for itself.
	useful bool
	// stranger tells that the site takes us for another account than before.
	stranger bool
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
	if r.report.Kind != AgileOnly && (cp.Watermark.IsZero() || cp.Scope != o.Scope) {
		r.report.Kind = Full // there is nothing to build on
	}
	if r.stranger = !cp.Watermark.IsZero() && cp.Account != r.id.Account; r.stranger {
		reason := "the site takes us for another account than before, which may see other issues"
		if r.report.Kind != Full {
			reason += "; a full sync takes it on"
		}
		r.report.Reasons = append(r.report.Reasons, reason)
	}
	work := r.scan
	switch r.report.Kind {
	case CensusOnly:
		work = r.andDeclared(r.census)
	case AgileOnly:
		work = r.andDeclared(r.agile)
	}
	return r.s.within(ctx, r.report.Kind, work)
}

// scan is a full or an incremental run.
func (r *run) scan(ctx context.Context) error {
	q, err := r.prepare(ctx)
	if err != nil {
		return err
	}
	err = r.take(ctx, func(ctx context.Context, each func(Page) error) error { return r.s.o.Source.Scan(ctx, q, each) })
	if err != nil {
		return r.stop(ctx, err)
	}
	if err := r.askAboutStatuses(ctx); err != nil {
		return err
	}
	whole := len(r.report.Reasons) == 0
	asked := r.declared(ctx)
	// Whatever became of that, every change is held: one declaration that the
	// site refuses must not make all goals look as if nobody read their issues.
	if err := r.finish(context.WithoutCancel(ctx), whole); err != nil {
		return errors.Join(err, asked)
	}
	r.useful = true
	return asked
}

// stop makes the next run begin anew where it cannot be told what this one has
// missed.
func (r *run) stop(ctx context.Context, err error) error {
	if incomplete(err) == "" {
		return err
	}
	r.cp.FullFrom, r.cp.PartFrom = time.Time{}, time.Time{}
	return errors.Join(err, r.write(context.WithoutCancel(ctx), flow.Batch{}))
}

// prepare learns the site's fields and chooses what to read.
func (r *run) prepare(ctx context.Context) (Query, error) {
	if r.report.Kind == Full {
		return r.prepareFull(ctx)
	}
	if err := r.useFields(ctx); err != nil {
		return Query{}, err
	}
	cp := &r.cp
	from := cp.Watermark
	if r.id.ServerNow.Before(from) {
		from = r.id.ServerNow // the site's clock was set back
	}
	q := Query{UpdatedFrom: from.Add(-r.overlap())}
	// What was changed behind an unfinished run is left to the run after this
	// one, which begins at the start of the unfinished one.
	if !cp.PartFrom.IsZero() && !r.stranger && !cp.PartStarted.After(r.id.ServerNow) {
		r.report.Resumed = true
		q.CreatedFrom = cp.PartFrom
		return q, nil
	}
	cp.PartFrom, cp.PartStarted = time.Time{}, r.id.ServerNow
	return q, nil
}

// useFields adopts the site's fields as they are known.
func (r *run) useFields(ctx context.Context) error {
	err := r.s.o.Source.Use(r.cp.Fields)
	if err == nil {
		return nil
	}
	r.s.o.Logger.Info("the site's fields are asked for again", "site", r.s.o.Site, "why", err.Error())
	return r.discover(ctx)
}

func (r *run) overlap() time.Duration {
	if r.id.Deployment == "Cloud" {
		return overlapCloud
	}
	return overlapServer
}

// prepareFull begins a full run, or continues the one that was not finished.
// What the checkpoint holds for another scope or account is void at once, so
// that no incremental run builds on it if this run is cut short.
func (r *run) prepareFull(ctx context.Context) (Query, error) {
	if err := r.discover(ctx); err != nil {
		return Query{}, err
	}
	cp, scope := &r.cp, r.s.o.Scope
	same := cp.Scope == scope && cp.Account == r.id.Account
	age := r.id.ServerNow.Sub(cp.FullStarted)
	if same && !cp.FullFrom.IsZero() && age >= 0 && age < resumable {
		r.report.Resumed = true
		return Query{CreatedFrom: cp.FullFrom}, nil
	}
	if cp.Scope != scope && !(cp.Watermark.IsZero() && cp.FullStarted.IsZero()) {
		cp.Rescoped = true
	}
	if r.stranger || cp.Scope != scope {
		cp.Watermark = time.Time{}
	}
	cp.Scope, cp.Account = scope, r.id.Account
	cp.FullFrom, cp.FullStarted = time.Time{}, r.id.ServerNow
	cp.PartFrom, cp.PartStarted = time.Time{}, time.Time{}
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
// began is held now. Where nothing is missing of the issues, the run is a
// success, whatever is wrong with what goals declare.
func (r *run) finish(ctx context.Context, whole bool) error {
	cp := &r.cp
	switch {
	case r.report.Kind == Full:
		cp.Watermark, cp.FullFrom, cp.FullStarted = cp.FullStarted, time.Time{}, time.Time{}
	case !r.stranger:
		cp.Watermark = cp.PartStarted
	}
	cp.PartFrom, cp.PartStarted = time.Time{}, time.Time{}
	if whole {
		cp.LastSuccess = r.s.o.Now().UTC()
	}
	if err := r.write(ctx, flow.Batch{}); err != nil {
		return err
	}
	r.s.o.Metrics.succeeded(r.s.o.Site, cp.LastSuccess)
	return nil
}
