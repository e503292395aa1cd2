package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"plumbline/internal/config"
	"plumbline/internal/flow"
	"plumbline/internal/measure"
	"plumbline/internal/store"
	"plumbline/internal/syncer"
)

// Backtest says what to test the estimator on.
type Backtest struct {
	Dumps  []string // files of raw Jira issues
	Config *config.Config
	Open   bool // lines of containers that are still open, too
	// Kinds are those of the containers to test on; none: all.
	Kinds []measure.Kind
	// Prior stands in while there is little history; nil: the shipped one.
	Prior *measure.Prior
	// Reading is told how far the reading of a dump has come, Replaying which
	// share of the history has been replayed. Both may be nil.
	Reading   func(dump string, p syncer.Progress)
	Replaying func(share float64)
	Logger    *slog.Logger // nil: silent
}

// Run reads the dumps, pools their containers, and replays their history.
// Containers that the shipped prior was fitted on are never judged by it: with
// any of them, the neutral one takes its place.
func (b Backtest) Run(ctx context.Context) (*measure.Backtest, error) {
	past, err := b.pooled(ctx)
	if err != nil {
		return nil, err
	}
	past.Prior = b.Prior
	return tested(past, b.Open, b.Replaying), nil
}

// FitPrior fits a prior on the dumps, as JSON.
func (b Backtest) FitPrior(ctx context.Context) ([]byte, error) {
	past, err := b.pooled(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, path := range b.Dumps {
		names = append(names, filepath.Base(path))
	}
	return json.Marshal(past.FitPrior(names))
}

func (b Backtest) pooled(ctx context.Context) (measure.Past, error) {
	var all measure.Past
	for _, path := range b.Dumps {
		p, err := b.dumpContainers(ctx, path, func(p syncer.Progress) {
			if b.Reading != nil {
				b.Reading(filepath.Base(path), p)
			}
		})
		if err != nil {
			return measure.Past{}, err
		}
		for _, c := range p.Containers {
			if len(b.Kinds) == 0 || slices.Contains(b.Kinds, c.Kind) {
				all.Containers = append(all.Containers, c)
			}
		}
		all.Settings = p.Settings
		if p.Until.After(all.Until) {
			all.Until = p.Until
		}
	}
	return all, nil
}

func tested(past measure.Past, open bool, progress func(float64)) *measure.Backtest {
	if past.Prior == nil {
		past.Prior = measure.ShippedPrior()
	}
	if past.Prior.Knows(past.Containers) {
		past.Prior = measure.NeutralPrior()
	}
	return past.Run(progress).Backtest(past.Prior, open)
}

// runBacktest answers the command "backtest" on the store's containers and the
// goals in force.
func (a *App) runBacktest(ctx context.Context, args url.Values, out io.Writer) error {
	if err := a.measured(ctx); err != nil {
		return err
	}
	past, err := a.allPast(ctx, a.now().UTC(), nil)
	if err != nil {
		return err
	}
	past.Goals = a.figures.Load().history.Containers(past.Until)
	b := tested(past, args.Has("open"), nil)
	if !args.Has("lines") {
		b.Lines = nil
	}
	return json.NewEncoder(out).Encode(b)
}

// allPast finds the containers of all sites, as past does.
func (a *App) allPast(ctx context.Context, until time.Time, met *measure.Survey) (measure.Past, error) {
	all := measure.Past{Until: until}
	for _, site := range a.store.Sites() {
		p, err := a.past(ctx, site, site, until, met)
		if err != nil {
			return measure.Past{}, err
		}
		all.Settings = p.Settings
		all.Containers = append(all.Containers, p.Containers...)
	}
	return all, nil
}

// dumpContainers reads a file of raw Jira issues in the same way as the demo
// does, and returns its containers and when its last event happened.
func (b Backtest) dumpContainers(ctx context.Context, path string, progress func(syncer.Progress)) (_ measure.Past, err error) {
	d := Demo{Dump: path, Listen: "127.0.0.1:0", Config: b.Config, Bare: true, Logger: b.Logger}
	s, err := d.Stage(ctx, progress)
	if err != nil {
		return measure.Past{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	name := filepath.Base(path)
	for _, ending := range []string{".gz", ".jsonl", ".ndjson", ".json"} {
		name = strings.TrimSuffix(name, ending)
	}
	return s.past(ctx, name, "demo", s.Newest, nil)
}

// past finds the containers of one site. The set is how they are called. Without
// a survey that has met the issues it reads them all.
func (a *App) past(ctx context.Context, set, site string, until time.Time, met *measure.Survey) (measure.Past, error) {
	catalogs, err := a.catalogs()
	if err != nil {
		return measure.Past{}, err
	}
	p := measure.Past{Until: until, Settings: measureSettings(a.settings.Load().Config)}
	in := measure.Input{
		Catalogs: map[string]*flow.Catalog{site: catalogs[site]}, Settings: p.Settings,
		Issues: func(each func(*flow.Issue) error) error { return a.store.Issues(ctx, site, each) },
	}
	if met != nil {
		p.Containers, err = met.Containers(set, site, in, held{a.store}, until)
	} else {
		p.Containers, err = measure.FindContainers(set, site, in, held{a.store}, until)
	}
	return p, err
}

// held has the store say nothing of issues that it does not hold.
type held struct{ *store.Store }

func (h held) Issue(site string, id flow.IssueID) (*flow.Issue, error) {
	return unlessMissing(h.Store.Issue(site, id))
}

func (h held) IssueByKey(site, key string) (*flow.Issue, error) {
	return unlessMissing(h.Store.IssueByKey(site, key))
}

func unlessMissing(i *flow.Issue, err error) (*flow.Issue, error) {
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return i, err
}
