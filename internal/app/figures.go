package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"plumbline/internal/config"
	"plumbline/internal/flow"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
	"plumbline/internal/store"
	"plumbline/internal/syncer"
	"plumbline/internal/web"
)

// Measure reads the store and publishes new figures as of now. It does nothing
// while no site has been read yet. A panic is an error, too; the figures stay
// those before.
func (a *App) Measure(ctx context.Context) error {
	a.measures.Lock()
	defer a.measures.Unlock()
	return a.guarded("measuring", func() error { return a.measure(ctx) })
}

func (a *App) measure(ctx context.Context) error {
	began := a.now()
	if known, err := a.anythingRead(); err != nil || !known {
		return err
	}
	s, before := a.settings.Load(), a.last
	h, err := a.history(ctx, s)
	if err != nil {
		return err
	}
	err = a.publish(h)
	if a.last != before && !a.last.renewed { // a renewal takes little
		settle(a.options.MemoryGoal)
	}
	a.metrics.measured(a.now().Sub(began))
	return errors.Join(err, a.metrics.holds(a.store, a.names))
}

// Tick publishes the figures of the last measuring as of now: ages grow and
// goals stall while Jira is silent.
func (a *App) Tick() error {
	a.measures.Lock()
	defer a.measures.Unlock()
	f := a.figures.Load()
	if f == nil {
		return nil
	}
	return a.guarded("bringing the figures up to date", func() error { return a.publish(f.history) })
}

// publish shows the figures as of now. Where Prometheus can't have them, since
// they are too many series, the pages have them all the same.
func (a *App) publish(h *measure.History) error {
	last, err := a.lastComplete()
	if err != nil {
		return err
	}
	now := a.now().UTC()
	h = h.SyncedAt(last, a.readEvery(now))
	f := &figures{history: h, snapshot: h.Snapshot(now)}
	a.figures.Store(f)
	err = a.exporter.Publish(f.snapshot)
	a.metrics.published(err)
	return err
}

// anythingRead reports whether any site has ever been read.
func (a *App) anythingRead() (bool, error) {
	for _, name := range a.store.Sites() {
		n, err := a.store.Counts(name)
		if err != nil {
			return false, err
		}
		c, err := a.store.Checkpoint(name)
		if err != nil {
			return false, err
		}
		if n.Issues > 0 || !c.Watermark.IsZero() {
			return true, nil
		}
	}
	return false, nil
}

// history measures the goals in force, and records the targets that they show.
// Where nothing that figures are made from differs from the last time, that
// time's history holds good: most syncs find nothing new. Where issues alone
// changed, it is renewed by these; new values of outcomes are put beside it.
func (a *App) history(ctx context.Context, s *Settings) (*measure.History, error) {
	goals, err := a.promised(s.Goals.List)
	if err != nil {
		return nil, err
	}
	next := measuring{generation: a.store.Generation()} // asked for before the issues are
	if next.input, err = a.input(ctx, s.Config, goals); err != nil {
		return nil, err
	}
	same := next.same(a.last)
	if same && !slices.EqualFunc(next.input.Outcomes, a.last.input.Outcomes, sameOutcome) {
		a.last = a.last.withOutcomes(next.input.Outcomes)
	}
	if same && next.generation == a.last.generation {
		return a.last.history, nil
	}
	if same {
		if next.renewed, err = a.renew(&next); err != nil {
			return nil, err
		}
	}
	if !next.renewed {
		defer unhurried(a.options.MemoryGoal)()
		if next.history, err = measure.Build(next.input); err != nil {
			return nil, err
		}
		if a.store.Generation() != next.generation { // an issue may have been read in two forms
			next.history = next.history.Settled()
		}
	}
	if next.input.Learn != nil {
		x := next.history.Experience()
		a.learnt.Store(&experience{s.Config, monthOf(x.Until), x})
	}
	next.input.Issues, next.input.Done = nil, nil // which the generation stands for
	next.input.Learn, next.input.Experience = nil, next.history.Experience()
	a.last = &next
	return next.history, nil
}

// measuring is a history and what it was made from.
type measuring struct {
	input      measure.Input
	generation uint64 // of the store's issues
	history    *measure.History
	renewed    bool // from the measuring before
}

// withOutcomes is the measuring as it would have been with other values of the
// outcomes.
func (m *measuring) withOutcomes(all []measure.OutcomeHistory) *measuring {
	other := *m
	other.input.Outcomes, other.history, other.renewed = all, m.history.WithOutcomes(all), true
	return &other
}

func sameOutcome(a, b measure.OutcomeHistory) bool {
	return a.Goal == b.Goal && a.Outcome == b.Outcome && slices.Equal(a.Values, b.Values)
}

// same reports whether what came before was made from the same, but for the
// issues and the values of outcomes.
func (m *measuring) same(before *measuring) bool {
	if before == nil {
		return false
	}
	now, then := m.input, before.input
	now.Issues, now.Done, now.Expect, then.Expect = nil, nil, 0, 0
	now.Outcomes, then.Outcomes = nil, nil
	return reflect.DeepEqual(now, then)
}

// renew makes the measuring from the last one and the issues that changed since.
// It is false where all have to be read.
func (a *App) renew(next *measuring) (bool, error) {
	changes, err := a.store.Changes(a.last.generation)
	if err != nil || !changes.Known || !a.last.history.Renewable() {
		return false, err
	}
	h, ok, err := a.last.history.Renew(next.input, changes.Issues, heldAt{a.store, changes.Generation})
	if errors.Is(err, errMoved) {
		return false, nil
	}
	next.history, next.generation = h, changes.Generation
	return ok, err
}

// heldAt looks issues up as they were held at a generation, while the store
// stands at it.
type heldAt struct {
	store      *store.Store
	generation uint64
}

// errMoved tells that the store has moved on.
var errMoved = errors.New("the issues are others by now")

func (h heldAt) Issue(site string, id flow.IssueID) (*flow.Issue, error) {
	return h.held(h.store.Issue(site, id))
}

func (h heldAt) IssueByKey(site, key string) (*flow.Issue, error) {
	return h.held(h.store.IssueByKey(site, key))
}

func (h heldAt) held(i *flow.Issue, err error) (*flow.Issue, error) {
	switch {
	case h.store.Generation() != h.generation:
		return nil, errMoved
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	}
	return i, err
}

// build measures goals that are not in force.
func (a *App) build(ctx context.Context, c *config.Config, goals []goal.Goal) (*measure.History, error) {
	in, err := a.input(ctx, c, goals)
	if err != nil {
		return nil, err
	}
	return measure.Build(in)
}

// input is the whole store. A sync that goes on while it is read can show an
// issue in two forms; the measuring after it mends that.
func (a *App) input(ctx context.Context, c *config.Config, goals []goal.Goal) (measure.Input, error) {
	in := measure.Input{
		Goals: goals, Settings: measureSettings(c), Expect: a.expected(),
		Issues: func(each func(*flow.Issue) error) error { return a.store.Issues(ctx, "", each) },
		Done:   a.store.Reuse,
	}
	a.experienced(ctx, c, &in)
	var err error
	if in.Catalogs, err = a.catalogs(); err != nil {
		return in, err
	}
	if in.Releases, err = a.releases(goals); err != nil {
		return in, err
	}
	if in.Matched, err = a.matched(goals); err != nil {
		return in, err
	}
	if in.Said, err = a.said(goals); err != nil {
		return in, err
	}
	in.Outcomes, err = a.measuredOutcomes(goals)
	return in, err
}

// expected is how many issues there are to measure, as far as that is known.
func (a *App) expected() int {
	n := 0
	for _, site := range a.store.Sites() {
		if counts, err := a.store.Counts(site); err == nil { // else it is found out on the way
			n += counts.Issues
		}
	}
	return n
}

// promised records the targets that the goals show, and adds to each goal
// those that it showed before and doesn't own up to: a promise can't be moved
// unseen.
func (a *App) promised(goals []goal.Goal) ([]goal.Goal, error) {
	goals = slices.Clone(goals)
	for k := range goals {
		g := &goals[k]
		if n := len(g.Targets); n > 0 {
			if _, err := a.store.RecordTarget(g.ID, g.Targets[n-1].Date, a.now()); err != nil {
				return nil, fmt.Errorf("recording the target of goal %s: %w", g.ID, err)
			}
		}
		seen, err := a.store.Targets(g.ID)
		if err != nil {
			return nil, fmt.Errorf("reading the targets of goal %s: %w", g.ID, err)
		}
		g.Targets = withUnsaid(g.Targets, seen, a.Zone())
	}
	return goals, nil
}

// Snapshot returns the last complete snapshot; nil before the first.
func (a *App) Snapshot() *measure.Snapshot {
	if f := a.figures.Load(); f != nil {
		return f.snapshot
	}
	return nil
}

// latest returns what was measured last. For whoever has gone, no work is
// begun.
func (a *App) latest(ctx context.Context) (*figures, error) {
	f := a.figures.Load()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case f == nil:
		return nil, web.ErrNotReady
	}
	return f, nil
}

// SnapshotAt returns the figures as of the moment. For whoever goes meanwhile
// they are not made to the end.
func (a *App) SnapshotAt(ctx context.Context, at time.Time) (*measure.Snapshot, error) {
	f, err := a.latest(ctx)
	if err != nil {
		return nil, err
	}
	s := f.history.SnapshotWhile(at, func() bool { return ctx.Err() == nil })
	if s == nil {
		return nil, ctx.Err()
	}
	return s, nil
}

// Explain says how a goal's figures came about.
func (a *App) Explain(ctx context.Context, goal, name string, at time.Time) (*measure.Explanation, error) {
	f, err := a.latest(ctx)
	if err != nil {
		return nil, err
	}
	if _, ok := f.snapshot.Goal(goal); !ok {
		return nil, f.noGoal(goal)
	}
	e, ok := f.history.Explain(goal, name, at)
	if !ok {
		known := measure.Measures()
		return nil, unknownName(web.ErrNoMeasure, name, known, "the measures are "+strings.Join(known, ", "))
	}
	return e, nil
}

func (f *figures) noGoal(id string) error {
	var known []string
	for k := range f.snapshot.Goals {
		known = append(known, f.snapshot.Goals[k].ID)
	}
	return unknownName(web.ErrNoGoal, id, known, "`plumbline goals` lists them")
}

// unknownName is an error about a name that is none of the known ones, with the
// nearest of them as the mend, or another where none is near.
func unknownName(err error, name string, known []string, mend string) error {
	if near, ok := config.Nearest(name, known); ok {
		mend = fmt.Sprintf("did you mean %q?", near)
	}
	return fmt.Errorf("%q: %w; %s", name, err, mend)
}

// Runs returns the latest syncs that had begun by the moment, newest first.
func (a *App) Runs(_ context.Context, at time.Time, n int) ([]syncer.Report, error) {
	all, err := a.store.Runs(math.MaxInt) // the store bounds how many it keeps
	if err != nil {
		return nil, err
	}
	var out []syncer.Report
	for _, raw := range all {
		var r syncer.Report
		if err := json.Unmarshal(raw, &r); err != nil {
			return nil, fmt.Errorf("reading the report of a sync: %w", err)
		}
		if !r.Started.After(at) && len(out) < n {
			out = append(out, r)
		}
	}
	return out, nil
}
