package app

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"plumbline/internal/config"
	"plumbline/internal/jirasim"
	"plumbline/internal/syncer"
)

// companySeed gives the demo's company. Any number would do; this one stays,
// so that everybody sees the same story.
const companySeed = 1

// Demo says what to show. The zero value shows the synthetic company in a
// temporary folder.
type Demo struct {
	Dump    string // a file of raw Jira issues; empty for the synthetic company
	Goals   string // a folder of goals or one file; needed with Dump
	Dir     string // where the store lies; empty: a temporary folder, removed at the end
	Config  *config.Config
	Listen  string    // empty: the usual address, or any free one where that is taken
	At      time.Time // zero: now
	Logger  *slog.Logger
	Version string
}

// Showing is a demo that has been set up: a simulated Jira that answers, and
// the service over it.
type Showing struct {
	*App
	Listener net.Listener // where the service is to answer: for Serve
	Jira     string       // the simulated site's address
	Dir      string
	// Newest is when the last event of a dump happened.
	Newest time.Time

	closers []func() error // undone last in, first out
}

// Stage sets the demo up and reads the simulated site. Close ends it.
func (d Demo) Stage(ctx context.Context, progress func(syncer.Progress)) (_ *Showing, err error) {
	s := &Showing{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	world, goals, err := d.world()
	if err != nil {
		return nil, err
	}
	return s, d.show(ctx, s, world, goals, progress)
}

// show sets the service up over the world, and reads it.
func (d Demo) show(ctx context.Context, s *Showing, world *jirasim.World, goals *config.Goals, progress func(syncer.Progress)) (err error) {
	s.Newest = world.Last()
	if err := s.folder(d.Dir); err != nil {
		return err
	}
	if err := s.listen(d.Listen); err != nil {
		return err
	}
	pat := rand.Text()
	if err := s.simulate(world, pat); err != nil {
		return err
	}
	now := time.Now
	if !d.At.IsZero() {
		now = func() time.Time { return d.At }
	}
	s.App, err = Open(Options{
		Settings: Settings{d.configure(s), goals}, Logger: d.Logger, Now: now, Version: d.Version,
		Secret: func(*config.Site) (string, error) { return pat, nil },
	})
	if err != nil {
		return err
	}
	s.closers = append(s.closers, s.App.Close)
	_, err = s.Sync(ctx, "", syncer.Full, func(_ string, p syncer.Progress) {
		if progress != nil {
			progress(p)
		}
	})
	return err
}

// world loads what the simulated site shows, and the goals over it.
func (d Demo) world() (*jirasim.World, *config.Goals, error) {
	if d.Dump == "" {
		return d.company()
	}
	if d.Goals == "" {
		return nil, nil, codedError{errors.New("--dump needs --goals: a folder of goals over the dump's issues"), ExitUsage}
	}
	goals, err := config.LoadGoals(d.Goals)
	if err != nil {
		return nil, nil, err
	}
	world, err := loadDump(d.Dump)
	return world, goals, err
}

// loadDump reads a file of raw Jira issues.
func loadDump(path string) (*jirasim.World, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, codedError{fmt.Errorf("reading the dump: %w", err), ExitUsage}
	}
	defer func() { _ = f.Close() }() // it was only read
	world, err := jirasim.LoadDump(f)
	if err != nil {
		return nil, codedError{fmt.Errorf("dump %s: %w", path, err), ExitUsage}
	}
	return world, nil
}

func (d Demo) company() (*jirasim.World, *config.Goals, error) {
	company := jirasim.NewCompany(companySeed, time.Now())
	goals, err := config.ParseGoals(company.Goals)
	if err != nil {
		return nil, nil, err
	}
	if d.Goals != "" {
		if goals, err = config.LoadGoals(d.Goals); err != nil {
			return nil, nil, err
		}
	}
	var dump bytes.Buffer
	if err := company.WriteDump(&dump); err != nil {
		return nil, nil, err
	}
	world, err := jirasim.LoadDump(&dump)
	if err != nil {
		return nil, nil, err
	}
	for _, status := range company.Statuses {
		world.AddStatus(status)
	}
	return world, goals, nil
}

// folder makes the folder that the store lies in.
func (s *Showing) folder(dir string) error {
	if dir != "" {
		s.Dir = dir
		return os.MkdirAll(dir, 0o700)
	}
	dir, err := os.MkdirTemp("", "plumbline-demo-")
	if err != nil {
		return err
	}
	s.Dir = dir
	s.closers = append(s.closers, func() error { return os.RemoveAll(dir) })
	return nil
}

// simulate lets the simulated Jira answer on a port of its own.
func (s *Showing) simulate(world *jirasim.World, pat string) error {
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           jirasim.New(world, jirasim.Options{PAT: pat, ContextPath: "/jira"}),
		ReadHeaderTimeout: 5 * time.Second,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	s.Jira = "http://" + l.Addr().String() + "/jira"
	s.closers = append(s.closers, func() error {
		err := server.Close()
		if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		return err
	})
	return nil
}

// configure returns the configuration of a service over the simulated site.
func (d Demo) configure(s *Showing) *config.Config {
	c := config.Default()
	if d.Config != nil {
		copied := *d.Config
		c = &copied
	}
	c.Sites = []config.Site{{
		Name: "demo", URL: s.Jira, Auth: config.Auth{PATEnv: "unused"},
		Limits: config.Limits{RequestsPerSecond: 1e6, InFlight: 8}, // it is our own
	}}
	c.Store.Path = filepath.Join(s.Dir, "plumbline.db")
	c.Listen = s.Listener.Addr().String()
	c.ExternalURL = "http://" + c.Listen
	return c
}

// listen opens the address at which the service will answer.
func (s *Showing) listen(addr string) (err error) {
	if s.Listener, err = Listen(cmp.Or(addr, config.DefaultListen)); addr == "" && errors.Is(err, syscall.EADDRINUSE) {
		s.Listener, err = Listen("127.0.0.1:0")
	}
	if err != nil {
		return err
	}
	s.closers = append(s.closers, func() error {
		if err := s.Listener.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return nil
}

// Close ends the demo.
func (s *Showing) Close() error {
	var errs []error
	for k := len(s.closers) - 1; k >= 0; k-- {
		errs = append(errs, s.closers[k]())
	}
	s.closers = nil
	return errors.Join(errs...)
}
