package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"plumbline/internal/export"
	"plumbline/internal/jira"
	"plumbline/internal/store"
	"plumbline/internal/syncer"
	"plumbline/internal/web"
)

// The exit codes of the commands.
const (
	ExitFailed  = 1
	ExitUsage   = 2 // wrong use or wrong configuration
	ExitPartial = 3 // done in part
)

// codedError carries the exit code that an error means.
type codedError struct {
	error
	code int
}

func (e codedError) ExitCode() int { return e.code }
func (e codedError) Unwrap() error { return e.error }

// SyncLine is one line of the answer to the command "sync": how far a site's
// run has come, or how it ended.
type SyncLine struct {
	Site     string           `json:"site"`
	Progress *syncer.Progress `json:"progress,omitempty"`
	Report   *syncer.Report   `json:"report,omitempty"`
}

// Run answers a command that needs the store. It is the same whether the
// command's own process has the store open, or the service has and was asked
// over its socket.
func (a *App) Run(ctx context.Context, command string, args url.Values, out io.Writer) error {
	if run, ok := a.commands()[command]; ok {
		return run(ctx, args, out)
	}
	return codedError{fmt.Errorf("the service has no command %q; is it of another version?", command), ExitUsage}
}

// commands are what Run answers, by name.
func (a *App) commands() map[string]func(context.Context, url.Values, io.Writer) error {
	return map[string]func(context.Context, url.Values, io.Writer) error{
		"goals":     a.runGoals,
		"explain":   a.runExplain,
		"preview":   a.runPreview,
		"unlinked":  a.runUnlinked,
		"backtest":  a.runBacktest,
		"backfill":  a.runBackfill,
		"decisions": a.runDecisions,
		"stalls":    a.runStalls,
		"lint":      a.runLint,
		"sync":      a.runSync,
		"ready":     a.runReady,
		"info":      a.runInfo,
		"verify":    a.runVerify,
		"dump":      a.runDump,
		"backup":    a.runBackup,
	}
}

var errEmpty = errors.New("the store is empty: run `plumbline sync` first")

// at reads the argument of that name; now where it is not given.
func (a *App) at(args url.Values) (time.Time, error) {
	if !args.Has("at") {
		return a.now().UTC(), nil
	}
	at, err := time.Parse(time.RFC3339Nano, args.Get("at"))
	if err != nil {
		return time.Time{}, codedError{fmt.Errorf("at: %w", err), ExitUsage}
	}
	return at, nil
}

// measured makes sure that there are figures.
func (a *App) measured(ctx context.Context) error {
	if a.Snapshot() != nil {
		return nil
	}
	if err := a.Measure(ctx); err != nil && !errors.Is(err, export.ErrTooManySeries) { // which are no matter here
		return err
	}
	if a.Snapshot() == nil {
		return errEmpty
	}
	return nil
}

// asOf is the moment that a command asks about, once there are figures.
func (a *App) asOf(ctx context.Context, args url.Values) (time.Time, error) {
	at, err := a.at(args)
	if err != nil {
		return time.Time{}, err
	}
	return at, a.measured(ctx)
}

func (a *App) runGoals(ctx context.Context, args url.Values, out io.Writer) error {
	at, err := a.asOf(ctx, args)
	if err != nil {
		return err
	}
	s, err := a.SnapshotAt(ctx, at)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(s)
}

func (a *App) runExplain(ctx context.Context, args url.Values, out io.Writer) error {
	at, err := a.asOf(ctx, args)
	if err != nil {
		return err
	}
	e, err := a.Explain(ctx, args.Get("goal"), args.Get("measure"), at)
	if errors.Is(err, web.ErrNoGoal) || errors.Is(err, web.ErrNoMeasure) {
		return codedError{err, ExitUsage}
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(e)
}

func (a *App) runSync(ctx context.Context, args url.Values, out io.Writer) error {
	kind := syncer.Kind(cmp.Or(args.Get("kind"), string(syncer.Incremental)))
	lines := json.NewEncoder(out)
	progress := func(site string, p syncer.Progress) {
		// Where whoever asked has gone, the context ends, and the sync with it
		// at its next step; what was read is kept.
		_ = lines.Encode(SyncLine{Site: site, Progress: &p})
	}
	var reports []syncer.Report
	var err error
	if args.Get("accept_missing") != "" {
		reports, err = a.AcceptMissing(ctx, args.Get("site"), progress)
	} else {
		reports, err = a.Sync(ctx, args.Get("site"), kind, progress)
	}
	partial := false
	for k := range reports {
		if e := lines.Encode(SyncLine{Site: reports[k].Site, Report: &reports[k]}); e != nil {
			return errors.Join(err, e)
		}
		partial = partial || reports[k].Result == syncer.Partial
	}
	switch {
	case err == nil && partial:
		return codedError{errors.New("not everything was read; the report says why"), ExitPartial}
	case err == nil:
		return nil
	case errors.Is(err, jira.ErrConfig), errors.Is(err, jira.ErrAuth):
		return codedError{err, ExitUsage}
	case partial:
		return codedError{err, ExitPartial}
	}
	return err
}

func (a *App) runReady(context.Context, url.Values, io.Writer) error {
	if a.Snapshot() == nil {
		return web.ErrNotReady
	}
	return nil
}

func (a *App) runInfo(ctx context.Context, _ url.Values, out io.Writer) error {
	info, err := a.store.Info(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(info)
}

func (a *App) runDump(ctx context.Context, _ url.Values, out io.Writer) error {
	return a.store.Dump(ctx, out)
}

func (a *App) runBackup(ctx context.Context, _ url.Values, out io.Writer) error {
	_, err := a.store.Backup(ctx, out)
	return err
}

func (a *App) runVerify(ctx context.Context, _ url.Values, out io.Writer) error {
	findings, err := a.store.Verify(ctx)
	if err != nil {
		return err
	}
	if findings == nil {
		findings = []store.Finding{}
	}
	if err := json.NewEncoder(out).Encode(findings); err != nil {
		return err
	}
	if len(findings) > 0 {
		return fmt.Errorf("the store has %d defects: restore a backup, or move it away and sync anew", len(findings))
	}
	return nil
}
