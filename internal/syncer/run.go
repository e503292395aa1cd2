package syncer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"plumbline/internal/flow"
)

// ErrRunning is returned by Run while another run of the site is under way.
var ErrRunning = errors.New("a sync of this site is already running")

// Options is what a Syncer is made of.
type Options struct {
	Site string // the site's name
	// Scope is the JQL that the source reads under. Where it differs from the
	// checkpoint's, everything is read again.
	Scope   string
	Source  Source
	Store   Store
	Now     func() time.Time // nil: time.Now
	Logger  *slog.Logger     // nil: silent
	Metrics *Metrics         // nil: measured, but shown nowhere
}

// Syncer syncs one site.
type Syncer struct {
	o       Options
	running sync.Mutex

	// What follows belongs to the run under way.

	asked    map[string]bool // statuses that the site was asked about in vain
	problems map[problemIssue]bool
}

// problemIssue is an issue that could not be taken whole: by its id or, where
// that can't be read, by its key.
type problemIssue struct {
	id  flow.IssueID
	key string
}

// Progress is how far a run has come.
type Progress struct {
	Kind     Kind
	Read     int // distinct issues
	Total    int // how many the site says match; -1 where it does not say
	Problems int
}

// New makes the syncer of a site and shows its last success, which the store
// knows.
func New(o Options) (*Syncer, error) {
	if o.Site == "" || o.Source == nil || o.Store == nil {
		return nil, errors.New("a syncer needs a site, a source and a store")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(nil)
	}
	cp, err := o.Store.Checkpoint(o.Site)
	if err != nil {
		return nil, fmt.Errorf("site %s: %w", o.Site, err)
	}
	o.Metrics.init(o.Site, cp.LastSuccess)
	return &Syncer{o: o, asked: make(map[string]bool), problems: make(map[problemIssue]bool)}, nil
}

// Run syncs once and keeps the report. An incremental run becomes a full one
// where there is nothing to continue. The report tells how the run ended even
// where the error is not nil; a partial run may have either. While another
// run is under way, Run returns ErrRunning at once and reports nothing.
// progress, which may be nil, is called after each page that was stored.
func (s *Syncer) Run(ctx context.Context, kind Kind, progress func(Progress)) (Report, error) {
	if kind != Full && kind != Incremental {
		return Report{}, fmt.Errorf("site %s: there is no kind of sync called %q", s.o.Site, kind)
	}
	if !s.running.TryLock() {
		return Report{}, fmt.Errorf("site %s: %w", s.o.Site, ErrRunning)
	}
	defer s.running.Unlock()
	if progress == nil {
		progress = func(Progress) {}
	}
	r := &run{
		s: s, progress: progress, read: make(map[flow.IssueID]struct{}), found: make(map[problemIssue]bool),
		report: Report{Site: s.o.Site, Kind: kind, Started: s.o.Now().UTC()},
	}
	made, retried := s.o.Source.Requests()
	err := r.do(ctx)
	m, n := s.o.Source.Requests()
	r.report.Requests, r.report.Retries = m-made, n-retried
	r.settle(ctx, err)
	return r.report, errors.Join(err, s.conclude(ctx, r))
}

// refused tells errors that stay until somebody changes credentials or
// settings from those that may pass.
type refused interface{ Refused() bool }

// settle decides how the run ended.
func (r *run) settle(ctx context.Context, err error) {
	rep := &r.report
	rep.Finished = r.s.o.Now().UTC()
	rep.Result = Complete
	if len(rep.Reasons) > 0 {
		rep.Result = Partial
	}
	if err == nil {
		return
	}
	var ref refused
	hopeless := errors.As(err, &ref) && ref.Refused()
	switch {
	case ctx.Err() != nil:
		rep.Result = Partial
		rep.Reasons = append(rep.Reasons, "interrupted")
		return
	case len(r.read) > 0 && !hopeless:
		rep.Result = Partial
	default:
		rep.Result = Failed
	}
	rep.Reasons = append(rep.Reasons, err.Error())
}

// conclude shows and keeps the report.
func (s *Syncer) conclude(ctx context.Context, r *run) error {
	rep := &r.report
	s.o.Metrics.ended(rep, len(s.problems))
	if rep.Result == Complete {
		s.o.Metrics.succeeded(s.o.Site, r.cp.LastSuccess)
	}
	level := slog.LevelInfo
	if rep.Result != Complete {
		level = slog.LevelWarn
	}
	s.o.Logger.Log(ctx, level, "sync ended", "site", s.o.Site, "kind", rep.Kind, "result", rep.Result,
		"reasons", rep.Reasons, "issues", rep.Read, "new", rep.New, "changed", rep.Changed, "problems", rep.Problems,
		"requests", rep.Requests, "retries", rep.Retries, "duration", rep.Finished.Sub(rep.Started))
	encoded, err := json.Marshal(rep)
	if err != nil {
		return fmt.Errorf("site %s: encoding the report: %w", s.o.Site, err)
	}
	if err := s.o.Store.AppendRun(s.o.Site, rep.Finished, encoded); err != nil {
		return fmt.Errorf("site %s: keeping the report: %w", s.o.Site, err)
	}
	return nil
}
