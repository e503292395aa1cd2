package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"github.com/robfig/cron/v3"
	"golang.org/x/sync/errgroup"

	"plumbline/internal/config"
	"plumbline/internal/export"
	"plumbline/internal/syncer"
	pages "plumbline/internal/web"
)

const (
	// tickEvery is how often ages and stalls are brought up to date.
	tickEvery = time.Minute
	// watchEvery is how often the files are looked at for changes.
	watchEvery = 2 * time.Second
	// shutdownWithin bounds an orderly shutdown.
	shutdownWithin = 15 * time.Second
)

// Listen opens the address at which the service answers.
func Listen(addr string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%w; choose another address with listen (0 as port takes any that is free)", err)
	}
	return l, nil
}

// Serve runs the service until the context ends: pages and metrics on the
// listener, the local socket, schedules, reload. When it returns, nothing of it
// is running any more but an answer that a shutdown would not wait for, whose
// connection is closed.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	c := a.settings.Load().Config
	server := a.server(c)
	a.serving.Store(true)
	defer a.serving.Store(false)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.answer(server, l, c.WebConfig) })
	g.Go(func() error {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownWithin)
		defer cancel()
		if err := server.Shutdown(end); err != nil {
			return errors.Join(fmt.Errorf("ending the answers under way: %w", err), server.Close())
		}
		return nil
	})
	g.Go(func() error { return pages.ServeSocket(ctx, SocketPath(c.Store.Path), a, a.log) })
	g.Go(func() error { return a.work(ctx, c) })
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// SocketPath is where commands reach the service that holds the store.
func SocketPath(store string) string { return store + ".sock" }

func (a *App) server(c *config.Config) *http.Server {
	return pages.New(pages.Options{
		Engine: a, Metrics: export.Handler(a.registry, a.exporter), ExternalURL: c.ExternalURL, Logger: a.log, Now: a.now,
	}).HTTPServer()
}

// answer serves on the listener, with TLS and basic authentication where the
// web configuration says so.
func (a *App) answer(server *http.Server, l net.Listener, webConfig string) error {
	flags := &web.FlagConfig{WebConfigFile: &webConfig}
	quiet := slog.New(slog.DiscardHandler) // it logs the address, and so do we
	if err := web.Serve(l, server, flags, quiet); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving %s: %w", l.Addr(), err)
	}
	return nil
}

// work does what the service is there for: it measures what the store holds,
// reads every site, and goes on by schedule.
func (a *App) work(ctx context.Context, c *config.Config) error {
	if err := a.Measure(ctx); errors.Is(err, export.ErrTooManySeries) {
		a.log.Error("the figures are not served as metrics; the pages have them", "error", err)
	} else if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, site := range a.names {
		g.Go(func() error { a.scheduled(ctx, site, syncer.Incremental); return nil })
	}
	g.Go(func() error { a.onSchedule(ctx, c.Schedule); return nil })
	g.Go(func() error { a.onTick(ctx); return nil })
	g.Go(func() error { a.onNewAsks(ctx); return nil })
	if a.options.Reread != nil {
		g.Go(func() error { a.onSignal(ctx); return nil })
		g.Go(func() error {
			config.Watch(ctx, a.watched, watchEvery, func() { _ = a.Reload(ctx) }) // Reload says what failed
			return nil
		})
	}
	return g.Wait()
}

// watched are the files whose change is a reload.
func (a *App) watched() []string {
	c := a.settings.Load().Config
	return []string{c.Path, c.Goals}
}

// tryAgainAfter is how long a scheduled run waits for another of its site.
const tryAgainAfter = 30 * time.Second

// scheduled syncs a site. A failure, a panic too, is told by log and metrics and mended by
// the next run; it never ends the service. An incremental run is left out
// while another run of the site is under way, since the next one is near; the
// other kinds come seldom and wait.
func (a *App) scheduled(ctx context.Context, site string, kind syncer.Kind) {
	for {
		err := a.guarded("syncing", func() error {
			_, err := a.Sync(ctx, site, kind, nil)
			return err
		})
		switch {
		case err == nil, ctx.Err() != nil:
			return
		case !errors.Is(err, syncer.ErrRunning):
			a.log.Error("a sync did not end well", "site", site, "kind", kind, "error", err)
			return
		case kind == syncer.Incremental:
			a.log.Info("a sync was left out, since the one before is still running", "site", site, "kind", kind)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(tryAgainAfter):
		}
	}
}

func (a *App) onSchedule(ctx context.Context, s config.Schedule) {
	runner := cron.New(cron.WithLocation(s.Zone),
		cron.WithChain(cron.SkipIfStillRunning(cron.DiscardLogger))) // what runs is guarded against panics
	for kind, when := range map[syncer.Kind]config.Cron{
		syncer.Incremental: s.Incremental, syncer.AgileOnly: s.Agile, syncer.CensusOnly: s.Census, syncer.Full: s.Full,
	} {
		if when.Off() {
			continue
		}
		for _, site := range a.names {
			if _, err := runner.AddFunc(string(when), func() { a.scheduled(ctx, site, kind) }); err != nil {
				a.log.Error("a schedule cannot run", "kind", kind, "schedule", string(when), "error", err)
			}
		}
	}
	runner.Start()
	<-ctx.Done()
	<-runner.Stop().Done()
}

func (a *App) onTick(ctx context.Context) {
	t := time.NewTicker(tickEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if err := a.Tick(); err != nil {
				a.log.Error("the figures could not be brought up to date", "error", err)
			}
		}
	}
}

func (a *App) onSignal(ctx context.Context) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
			_ = a.Reload(ctx) // it says what failed
		}
	}
}
