package syncer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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
	Scope  string
	Source Source
	Store  Store
	// Selectors returns the JQLs by which the goals in force select issues,
	// each once and always in the same order; nil: none do.
	Selectors func() []Selector
	// Reported returns the fields by which the goals in force report, likewise.
	Reported func() []Reported
	// Interval is how far apart incremental runs are: an answer to a JQL that
	// lacks too much is believed once it comes again so much later. nil: at once.
	Interval func() time.Duration
	Now      func() time.Time // nil: time.Now
	Logger   *slog.Logger     // nil: silent
	Metrics  *Metrics         // nil: measured, but shown nowhere
	// Budget is how long a run of a kind may take, by what it has turned out to
	// be. It then keeps what it has and ends as partial; the next full or
	// incremental one goes on there. 0: as long as it takes.
	Budget map[Kind]time.Duration
	// Batch is how many issues are stored at once; 0: DefaultBatch.
	Batch int
}

// DefaultBatch is how many issues are stored in one transaction unless the
// options say otherwise: each waits for the disk.
const DefaultBatch = 500

// Syncer syncs one site.
type Syncer struct {
	o       Options
	running sync.Mutex

	// What follows belongs to the run under way.

	asked map[string]bool // statuses that the site was asked about in vain
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
	if o.Batch <= 0 {
		o.Batch = DefaultBatch
	}
	cp, err := o.Store.Checkpoint(o.Site)
	if err != nil {
		return nil, fmt.Errorf("site %s: %w", o.Site, err)
	}
	problems, err := o.Store.Problems(o.Site)
	if err != nil {
		return nil, fmt.Errorf("site %s: %w", o.Site, err)
	}
	o.Metrics.init(o.Site, cp.LastSuccess, len(problems))
	return &Syncer{o: o, asked: make(map[string]bool)}, nil
}

// Run syncs once and keeps the report. An incremental run or a census becomes
// a full run where there is nothing to continue. The report tells how the run
// ended even where the error is not nil; a partial run may have either. While
// another run is under way, Run returns ErrRunning at once and reports nothing.
// A panic ends the run as failed and is returned as an error. progress, which
// may be nil, is called after each batch that was stored.
func (s *Syncer) Run(ctx context.Context, kind Kind, progress func(Progress)) (Report, error) {
	return s.run(ctx, kind, false, progress)
}

// AcceptMissing runs a census that takes for gone what the census before it
// could not see any more and did not dare to: half of a project or more, or a
// whole project. Of a project that misses more issues by now it keeps all, and
// says so as any census does.
func (s *Syncer) AcceptMissing(ctx context.Context, progress func(Progress)) (Report, error) {
	return s.run(ctx, CensusOnly, true, progress)
}

func (s *Syncer) run(ctx context.Context, kind Kind, accept bool, progress func(Progress)) (Report, error) {
	if !slices.Contains(Kinds(), kind) {
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
		s: s, accept: accept, progress: progress, read: make(flow.IDSet), found: make(map[problemIssue]bool), statuses: make(map[string]bool),
		report: Report{Site: s.o.Site, Kind: kind, Started: s.o.Now().UTC()},
	}
	made, retried := s.o.Source.Requests()
	err := safely(func() error { return r.do(ctx) })
	m, n := s.o.Source.Requests()
	r.report.Requests, r.report.Retries = m-made, n-retried
	err = r.settle(ctx, err)
	return r.report, errors.Join(err, s.conclude(ctx, r))
}

// within runs fn for no longer than the budget of the kind.
func (s *Syncer) within(ctx context.Context, kind Kind, fn func(context.Context) error) error {
	budget := s.o.Budget[kind]
	if budget <= 0 {
		return fn(ctx)
	}
	spent := &budgetError{budget}
	limited, cancel := context.WithTimeoutCause(ctx, budget, spent)
	defer cancel()
	err := fn(limited)
	if err != nil && ctx.Err() == nil && errors.Is(context.Cause(limited), spent) {
		return spent
	}
	return err
}

// settle decides how the run ended and returns the error that is one: a run
// that stops halfway for a good reason has not failed.
func (r *run) settle(ctx context.Context, err error) error {
	rep := &r.report
	rep.Finished = r.s.o.Now().UTC()
	rep.Result = Complete
	if len(rep.Reasons) > 0 {
		rep.Result = Partial
	}
	if err == nil {
		return nil
	}
	if broken := (*panicError)(nil); errors.As(err, &broken) {
		r.s.o.Logger.Error("a sync broke down", "site", rep.Site, "kind", rep.Kind, "panic", broken.Error(), "stack", string(broken.stack))
		rep.Result, rep.Reasons = Failed, append(rep.Reasons, err.Error())
		return err
	}
	if ctx.Err() != nil {
		rep.Result, rep.Reasons = Partial, append(rep.Reasons, "interrupted")
		return err
	}
	switch {
	case incomplete(err) != "":
		rep.Result, rep.Reasons = Partial, append(rep.Reasons, incomplete(err))
		return nil
	case yields(err):
		rep.Result, rep.Reasons = Partial, append(rep.Reasons, "yielded: "+err.Error())
		return nil
	case r.useful && !refuses(err):
		rep.Result = Partial
	default:
		rep.Result = Failed
	}
	rep.Reasons = append(rep.Reasons, err.Error())
	return err
}

// conclude shows and keeps the report.
func (s *Syncer) conclude(ctx context.Context, r *run) error {
	rep := &r.report
	problems, err := s.o.Store.Problems(s.o.Site)
	if err != nil {
		return fmt.Errorf("site %s: %w", s.o.Site, err)
	}
	s.o.Metrics.ended(rep, len(problems))
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
