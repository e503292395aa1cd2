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
	"plumbline/internal/export"
	"plumbline/internal/jirasim"
	"plumbline/internal/syncer"
)

// companySeed gives the demo's company. Any number would do; this one stays,
// so that everybody sees the same story.
const companySeed = 1

// The flavours of Jira that a demo can show.
const (
	DemoCloud  = "cloud"
	DemoServer = "server"
)

// flavour is what the simulated site is.
func (d Demo) flavour(w *jirasim.World) (string, error) {
	switch d.Flavour {
	case "":
		return w.Flavour(), nil
	case DemoCloud:
		return jirasim.Cloud, nil
	case DemoServer:
		return jirasim.DataCenter, nil
	}
	return "", codedError{fmt.Errorf("--flavour %q: it is %s or %s", d.Flavour, DemoCloud, DemoServer), ExitUsage}
}

// Demo says what to show. The zero value shows the synthetic company in a
// temporary folder.
type Demo struct {
	Dump    string // a file of raw Jira issues; empty for the synthetic company
	Goals   string // a folder of goals or one file; needed with Dump, unless Bare
	Bare    bool   // take a dump without goals
	Dir     string // where the store lies; empty: a temporary folder, removed at the end
	Config  *config.Config
	Listen  string    // empty: the usual address, or any free one where that is taken
	At      time.Time // zero: now
	Flavour string    // DemoCloud or DemoServer; empty: as the dump's shape says, and the company's is a server's
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
	Config   string // the file that other commands take beside the demo
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
	world, goals, files, err := d.world()
	if err != nil {
		return nil, err
	}
	flavour, err := d.flavour(world)
	if err != nil {
		return nil, err
	}
	tellDoubles(d.Logger, d.Dump, world.Doubles())
	s.Newest = world.Last()
	if err := s.folder(d.Dir); err != nil {
		return nil, err
	}
	if err := s.listen(d.Listen); err != nil {
		return nil, err
	}
	pat := rand.Text()
	if err := s.simulate(world, flavour, pat); err != nil {
		return nil, err
	}
	c, err := d.configure(s, files, pat)
	if err != nil {
		return nil, err
	}
	now := time.Now
	if !d.At.IsZero() {
		now = func() time.Time { return d.At }
	}
	s.App, err = Open(Options{
		Settings: Settings{c, goals}, Logger: d.Logger, Now: now, Version: d.Version,
		Reread: func() (Settings, error) {
			goals, err := config.LoadGoals(c.Goals)
			return Settings{c, goals}, err
		},
	})
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, s.App.Close)
	return s, s.read(ctx, progress)
}

// read reads the whole simulated site.
func (s *Showing) read(ctx context.Context, progress func(syncer.Progress)) error {
	_, err := s.Sync(ctx, "", syncer.Full, func(_ string, p syncer.Progress) {
		if progress != nil {
			progress(p)
		}
	})
	if errors.Is(err, export.ErrTooManySeries) {
		s.log.Error("the figures are not served as metrics; the pages have them", "error", err)
		return nil
	}
	return err
}

// world loads what the simulated site shows, and the goals over it, with
// their files where they are the company's own.
func (d Demo) world() (*jirasim.World, *config.Goals, map[string][]byte, error) {
	if d.Dump == "" {
		return d.company()
	}
	world, goals, err := d.dumped()
	return world, goals, nil, err
}

func (d Demo) dumped() (*jirasim.World, *config.Goals, error) {
	if d.Goals == "" && !d.Bare {
		return nil, nil, codedError{errors.New("--dump needs --goals: a folder of goals over the dump's issues"), ExitUsage}
	}
	goals := &config.Goals{}
	if d.Goals != "" {
		var err error
		if goals, err = config.LoadGoals(d.Goals); err != nil {
			return nil, nil, err
		}
	}
	f, err := os.Open(d.Dump)
	if err != nil {
		return nil, nil, codedError{fmt.Errorf("reading the dump: %w", err), ExitUsage}
	}
	defer func() { _ = f.Close() }() // it was only read
	world, err := jirasim.LoadDump(f)
	if err != nil {
		return nil, nil, codedError{fmt.Errorf("dump %s: %w", d.Dump, err), ExitUsage}
	}
	return world, goals, nil
}

func (d Demo) company() (*jirasim.World, *config.Goals, map[string][]byte, error) {
	company := jirasim.NewCompany(companySeed, time.Now())
	files := company.Goals
	goals, err := config.ParseGoals(files)
	if d.Goals != "" {
		files = nil
		goals, err = config.LoadGoals(d.Goals)
	}
	if err != nil {
		return nil, nil, nil, err
	}
	var dump bytes.Buffer
	if err := company.WriteDump(&dump); err != nil {
		return nil, nil, nil, err
	}
	world, err := jirasim.LoadDump(&dump)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, status := range company.Statuses {
		world.AddStatus(status)
	}
	return world, goals, files, nil
}

// folder makes the folder that the store lies in.
func (s *Showing) folder(dir string) (err error) {
	if dir != "" {
		if s.Dir, err = filepath.Abs(dir); err != nil {
			return err
		}
		return os.MkdirAll(s.Dir, 0o700)
	}
	dir, err = os.MkdirTemp("", "plumbline-demo-")
	if err != nil {
		return err
	}
	s.Dir = dir
	s.closers = append(s.closers, func() error { return os.RemoveAll(dir) })
	return nil
}

// simulate lets the simulated Jira answer on a port of its own.
func (s *Showing) simulate(world *jirasim.World, flavour, pat string) error {
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           jirasim.New(world, jirasim.Options{Flavour: flavour, PAT: pat, ContextPath: "/jira"}),
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

// configure writes the configuration of a service over the simulated site into
// the demo's folder, so that other commands can be asked beside the demo, and
// returns it.
func (d Demo) configure(s *Showing, files map[string][]byte, pat string) (*config.Config, error) {
	goals, err := d.keepGoals(s.Dir, files)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(s.Dir, "token"), []byte(pat), 0o600); err != nil {
		return nil, err
	}
	s.Config = filepath.Join(s.Dir, "plumbline.yaml")
	src := fmt.Appendf(nil, demoConfig, s.Jira, goals, s.Listener.Addr(), "http://"+s.Listener.Addr().String())
	if err := os.WriteFile(s.Config, src, 0o600); err != nil {
		return nil, err
	}
	c, err := config.Parse(s.Config, src)
	if err != nil {
		return nil, err
	}
	c.Sites[0].Limits = config.Limits{RequestsPerSecond: 1e6, InFlight: 8} // it is our own
	if d.Config == nil {
		return c, nil
	}
	own := *d.Config
	own.Sites, own.Store, own.Goals, own.Listen, own.ExternalURL = c.Sites, c.Store, c.Goals, c.Listen, c.ExternalURL
	return &own, nil
}

// demoConfig takes the site's address, where the goals lie, the service's
// address, and its URL.
const demoConfig = `# What the demo runs on. Beside it, other commands are asked with --config of
# this file; its Jira answers while the demo runs.
sites:
  - name: demo
    url: %q
    auth: {pat_file: token}
    scope: project is not EMPTY
store: {path: plumbline.db}
goals: %q
listen: %q
external_url: %q
`

// keepGoals returns where the goals lie, having written the company's files into
// the demo's folder.
func (d Demo) keepGoals(dir string, files map[string][]byte) (string, error) {
	if files == nil {
		return filepath.Abs(d.Goals)
	}
	folder := filepath.Join(dir, "goals")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	for name, src := range files {
		if err := os.WriteFile(filepath.Join(folder, name), src, 0o600); err != nil {
			return "", err
		}
	}
	return folder, nil
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
