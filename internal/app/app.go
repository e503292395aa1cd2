package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plumbline/internal/config"
	"plumbline/internal/export"
	"plumbline/internal/flow"
	"plumbline/internal/jira"
	"plumbline/internal/measure"
	"plumbline/internal/store"
	"plumbline/internal/syncer"
)

// incrementalBudget is how long an incremental run may take before it keeps
// what it has and leaves the rest to the next: long enough for the changes of a
// reorganisation, and short enough for the figures to follow. A full run and a
// census go on until they are done, as no other run continues them.
const incrementalBudget = 30 * time.Minute

// Settings are everything that people have written.
type Settings struct {
	Config *config.Config
	Goals  *config.Goals
}

// Read reads the service's configuration and the goals that it names.
func Read(path string) (Settings, error) {
	c, err := config.Load(path)
	if err != nil {
		return Settings{}, err
	}
	g, err := config.LoadGoals(c.Goals)
	if err != nil {
		return Settings{}, err
	}
	return Settings{c, g}, nil
}

// Options are what an App is made of.
type Options struct {
	Settings Settings
	// Reread returns the settings as they are now, for a reload; nil: they
	// cannot change.
	Reread  func() (Settings, error)
	Logger  *slog.Logger     // nil: silent
	Now     func() time.Time // nil: time.Now
	Version string
	// MemoryGoal is how many bytes of memory the process is to stay below if
	// it can; 0 leaves that to the runtime.
	MemoryGoal int64
	// Secret returns a site's token or password; nil: as its configuration
	// says.
	Secret func(*config.Site) (string, error)
	// Reading is for commands that read the store and ask no site anything:
	// the sites' secrets need not be there.
	Reading bool
}

// App is the service in one process. It holds the store until Close.
type App struct {
	options  Options
	log      *slog.Logger
	now      func() time.Time
	store    *store.Store
	syncers  map[string]*syncer.Syncer
	names    []string // of the sites, in the order of the configuration
	registry *prometheus.Registry
	exporter *export.Exporter
	metrics  *metrics

	settings atomic.Pointer[Settings]
	figures  atomic.Pointer[figures]
	reloaded atomic.Pointer[reloadResult]
	learnt   atomic.Pointer[experience]
	reloads  sync.Mutex // one reload at a time
	measures sync.Mutex // one measuring at a time; guards last
	last     *measuring
	// newAsks holds a token while goals in force want to know something that
	// the sites may not have been asked yet.
	newAsks  chan struct{}
	outcomes outcomes
	serving  atomic.Bool
}

// figures are what was measured last.
type figures struct {
	history  *measure.History
	snapshot *measure.Snapshot
}

// Open opens the store and makes the clients of the sites. It asks no site
// anything.
func Open(o Options) (*App, error) {
	a := bare(o)
	c := o.Settings.Config
	st, err := store.Open(c.Store.Path, store.Options{})
	if err != nil {
		return nil, err
	}
	heed(o.MemoryGoal)
	a.store = st
	a.registry, a.metrics = newMetrics(o.Version)
	a.exporter = export.New(c.Calendar.Location())
	if err := a.openSites(); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return a, nil
}

// bare returns an App without a store: enough to make the clients of sites.
func bare(o Options) *App {
	a := &App{options: o, log: o.Logger, now: o.Now, syncers: map[string]*syncer.Syncer{}, newAsks: make(chan struct{}, 1)}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.now == nil {
		a.now = time.Now
	}
	a.settings.Store(&o.Settings)
	return a
}

// Close lets go of the store.
func (a *App) Close() error { return a.store.Close() }

func (a *App) openSites() error {
	c := a.settings.Load().Config
	if a.options.Reading {
		for k := range c.Sites {
			a.names = append(a.names, c.Sites[k].Name)
		}
		return nil
	}
	pseudonym, err := a.pseudonyms(c)
	if err != nil {
		return err
	}
	clients, syncs := jira.NewMetrics(a.registry), syncer.NewMetrics(a.registry)
	for k := range c.Sites {
		site := &c.Sites[k]
		client, err := a.client(c, site, pseudonym, clients)
		if err != nil {
			return ofSite(site.Name, err)
		}
		a.syncers[site.Name], err = syncer.New(syncer.Options{
			Site: site.Name, Scope: site.Scope, Source: client, Store: a.store, Now: a.now, Logger: a.log, Metrics: syncs,
			Budget:    map[syncer.Kind]time.Duration{syncer.Incremental: incrementalBudget},
			Interval:  func() time.Duration { return a.readEvery(a.now()) },
			Selectors: func() []syncer.Selector { return selectors(a.settings.Load().Goals) },
			Reported:  func() []syncer.Reported { return reported(a.settings.Load().Goals) },
		})
		if err != nil {
			return ofSite(site.Name, err)
		}
		a.names = append(a.names, site.Name)
		a.metrics.expects(site)
	}
	return nil
}

// ofSite names the site in an error that doesn't do so: most that come from
// below do.
func ofSite(name string, err error) error {
	if strings.Contains(err.Error(), "site "+name+":") {
		return err
	}
	return fmt.Errorf("site %s: %w", name, err)
}

// KeyPath is where the key of the pseudonyms lies.
func KeyPath(c *config.Config) string {
	return cmp.Or(c.Privacy.PseudonymKeyFile, store.KeyFile(c.Store.Path))
}

// pseudonyms returns the function that stands pseudonyms in for accounts.
func (a *App) pseudonyms(c *config.Config) (func(string) flow.Pseudonym, error) {
	key, err := a.store.PseudonymKey(KeyPath(c))
	if err != nil {
		return nil, err
	}
	return jira.Pseudonymizer(key), nil
}

func (a *App) client(c *config.Config, site *config.Site, pseudonym func(string) flow.Pseudonym, m *jira.Metrics) (*jira.Client, error) {
	read := a.options.Secret
	if read == nil {
		read = (*config.Site).Secret
	}
	secret, err := read(site)
	if err != nil {
		return nil, fmt.Errorf("%w; put the secret there for the service's own user to read, or name another place in the site's auth", err)
	}
	if w := site.SecretWarning(); w != "" {
		a.log.Warn(w, "site", site.Name)
	}
	auth := jira.Auth{User: site.Auth.Account(), Password: secret, Scoped: site.Auth.Scoped, Expires: site.Auth.Expires}
	if site.Auth.IsPAT() {
		auth = jira.Auth{PAT: secret, Expires: site.Auth.Expires}
	}
	if soon := auth.Expiry(a.now()); soon != "" {
		a.log.Warn(soon, "site", site.Name)
	}
	return jira.New(jira.Options{
		Site: site.Name, URL: site.URL, Auth: auth, Scope: site.Scope, CAFile: site.CAFile,
		Fields: jira.Fields{
			EpicLink: site.Fields["epic_link"], ParentLink: site.Fields["parent_link"], Sprint: site.Fields["sprint"],
			Flagged: site.Fields["flagged"], StoryPoints: site.Fields["story_points"],
		},
		RequestsPerSecond: site.Limits.RequestsPerSecond, InFlight: site.Limits.InFlight,
		Pseudonym: pseudonym, Bots: c.Semantics.Bots, KeepSummaries: c.Privacy.StoreSummaries,
		UserAgent: "plumbline/" + a.options.Version, Metrics: m, Logger: a.log,
	})
}

// measureSettings are what people have set of the measures.
func measureSettings(c *config.Config) measure.Settings {
	s := measure.DefaultSettings()
	s.Semantics = flow.NewSemantics(c.Semantics.DiscardedResolutions)
	s.Calendar = c.Calendar
	s.BusinessAsUsual = measure.Match(c.Semantics.BusinessAsUsual)
	s.Blocked = measure.Match(c.Semantics.Blocked)
	s.Escalation = c.Semantics.EscalationPriorities
	s.Work = measure.WorkStatuses{Active: c.Semantics.ActiveStatuses, Waiting: c.Semantics.WaitingStatuses}
	s.Debt = measure.Match(c.Semantics.Debt)
	s.MinGroup = c.Privacy.MinGroup
	s.Traps = make(map[string]measure.TrapSetting, len(c.Traps))
	for name, t := range c.Traps {
		s.Traps[name] = measure.TrapSetting(t)
	}
	s.Decisions.Within = c.Semantics.DecideWithin
	for _, d := range c.Semantics.Decisions {
		s.Decisions.Classes = append(s.Decisions.Classes, measure.DecisionClass{Name: d.Name, Match: measure.Match(d.Match)})
	}
	return s
}

// IssueURL returns the address of an issue in its Jira.
func (a *App) IssueURL(site, key string) string {
	for _, s := range a.settings.Load().Config.Sites {
		if s.Name == site && key != "" {
			return s.URL + "/browse/" + url.PathEscape(key)
		}
	}
	return ""
}

// Zone is the one in which a day is a day.
func (a *App) Zone() *time.Location { return a.settings.Load().Config.Calendar.Location() }

// Sync runs one kind of sync of the named site, or of all sites where site is
// empty, one after the other, and then measures anew. It returns a report for
// each site that was tried; the error joins those of all sites.
func (a *App) Sync(ctx context.Context, site string, kind syncer.Kind, progress func(string, syncer.Progress)) ([]syncer.Report, error) {
	return a.syncBy(ctx, site, progress, func(s *syncer.Syncer, progress func(syncer.Progress)) (syncer.Report, error) {
		return s.Run(ctx, kind, progress)
	})
}

// AcceptMissing is Sync with a census that gives up what the one before it
// could not see any more.
func (a *App) AcceptMissing(ctx context.Context, site string, progress func(string, syncer.Progress)) ([]syncer.Report, error) {
	return a.syncBy(ctx, site, progress, func(s *syncer.Syncer, progress func(syncer.Progress)) (syncer.Report, error) {
		return s.AcceptMissing(ctx, progress)
	})
}

func (a *App) syncBy(
	ctx context.Context, site string, progress func(string, syncer.Progress),
	run func(*syncer.Syncer, func(syncer.Progress)) (syncer.Report, error),
) ([]syncer.Report, error) {
	names := a.names
	if site != "" {
		if a.syncers[site] == nil {
			return nil, fmt.Errorf("there is no site %q in the configuration; the sites are %v", site, a.names)
		}
		names = []string{site}
	}
	var reports []syncer.Report
	var errs []error
	for _, name := range names {
		report, err := run(a.syncers[name], func(p syncer.Progress) {
			if progress != nil {
				progress(name, p)
			}
		})
		if !report.Started.IsZero() {
			reports = append(reports, report)
		}
		if err != nil {
			errs = append(errs, ofSite(name, err))
		}
	}
	if slices.ContainsFunc(reports, func(r syncer.Report) bool { return r.Kind == syncer.Full }) {
		a.learnt.Store(nil) // the past may have been told anew
	}
	if len(reports) > 0 && ctx.Err() == nil {
		err := a.Measure(ctx) // which doesn't wait for outcomes
		if a.measureOutcomes(ctx) {
			err = a.Measure(ctx)
		}
		errs = append(errs, err)
	}
	return reports, errors.Join(errs...)
}
