package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plumbline/internal/app"
	"plumbline/internal/config"
	"plumbline/internal/export"
	"plumbline/internal/flow"
)

// backfillFlags are what a back-fill is asked for.
type backfillFlags struct {
	from, to, step string
	file, remote   string
	labels         []string
	user           string
	passwordFile   string
	passwordEnv    string
	bearerFile     string
	bearerEnv      string
}

func (c *cli) backfill() *cobra.Command {
	var b backfillFlags
	cmd := &cobra.Command{
		Use: "backfill", Short: "The metrics' whole past, for Prometheus",
		Long: "backfill makes every goal's and the organisation's metrics as of every step of the range: as\n" +
			"OpenMetrics text with timestamps, which `promtool tsdb create-blocks-from openmetrics` reads, or\n" +
			"by remote write 1.0. Steps of days lie at the beginning of a day in the configured time zone.\n" +
			"Moments before the first issue and in the future are left out, and that is said.\n\n" +
			"Give the labels that the scrape adds, so that past and present are the same series. Prometheus\n" +
			"keeps 15 days unless --storage.tsdb.retention.time says more, and takes the past by remote write\n" +
			"only within storage.tsdb.out_of_order_time_window.\n\n" +
			"While the service runs, it is asked for the figures.",
		Example: "  plumbline backfill --from -365d -o past.txt\n" +
			"  plumbline backfill --from 2026-01-01 --to 2026-07-01 --step 7d -o past.txt\n" +
			"  plumbline backfill --from -365d --label job=plumbline --label instance=127.0.0.1:9847 \\\n" +
			"    --remote-write http://127.0.0.1:9090/api/v1/write",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runBackfill(cmd.Context(), &b) },
	}
	f := cmd.Flags()
	f.StringVar(&b.from, "from", "-365d", "the first `TIME`: 2026-11-20T09:00:00Z, 2026-11-20 or -14d")
	f.StringVar(&b.to, "to", "", "the last `TIME` (default: now)")
	f.StringVar(&b.step, "step", "1d", "`days` like 1d or 7d, or a part of a day like 6h or 30m")
	f.StringVarP(&b.file, "output", "o", "", "write OpenMetrics text to this `file` (default: standard output)")
	f.StringVar(&b.remote, "remote-write", "", "send to this `URL` by remote write 1.0")
	f.StringArrayVar(&b.labels, "label", nil, "put `name=value` on every series; may be given more than once")
	f.StringVar(&b.user, "user", "", "remote write: the `name` for basic authentication")
	f.StringVar(&b.passwordFile, "password-file", "", "remote write: the `file` that holds the password")
	f.StringVar(&b.passwordEnv, "password-env", "", "remote write: the environment `variable` that holds the password")
	f.StringVar(&b.bearerFile, "bearer-file", "", "remote write: the `file` that holds a bearer token")
	f.StringVar(&b.bearerEnv, "bearer-env", "", "remote write: the environment `variable` that holds a bearer token")
	return cmd
}

func (c *cli) runBackfill(ctx context.Context, b *backfillFlags) error {
	if err := b.contradiction(); err != nil {
		return usageError{err}
	}
	cfg, err := config.Load(c.configPath)
	if err != nil {
		return err
	}
	r, err := b.span(time.Now(), cfg.Calendar.Location())
	if err != nil {
		return usageError{err}
	}
	if _, err := export.ParseLabels(b.labels); err != nil {
		return usageError{fmt.Errorf("--label: %w", err)}
	}
	args := app.BackfillArgs(r, b.labels, b.remote != "")
	if b.remote != "" {
		return c.sendBackfill(ctx, b, args)
	}
	if b.file == "" {
		if terminal(c.out) {
			return usageError{errors.New("a back-fill is long: give -o FILE, --remote-write URL, or send the output on to a program")}
		}
		return c.writeBackfill(ctx, args, c.out)
	}
	return writeWhole(b.file, 0o644, func(w io.Writer) error { return c.writeBackfill(ctx, args, w) })
}

// contradiction says which flags don't go together.
func (b *backfillFlags) contradiction() error {
	secrets := 0
	for _, given := range []string{b.passwordFile, b.passwordEnv, b.bearerFile, b.bearerEnv} {
		if given != "" {
			secrets++
		}
	}
	switch {
	case b.file != "" && b.remote != "":
		return errors.New("--output and --remote-write are two ways to go: choose one")
	case b.remote == "" && (secrets > 0 || b.user != ""):
		return errors.New("credentials are for --remote-write alone")
	case secrets > 1:
		return errors.New("--password-file, --password-env, --bearer-file and --bearer-env are four ways to give a secret: choose one")
	}
	return nil
}

// span reads the range. Its ends may lie in the future: that is told, and is
// no error.
func (b *backfillFlags) span(now time.Time, zone *time.Location) (r export.Range, err error) {
	moment := func(flag, s string) (time.Time, error) {
		horizon := now
		if !strings.HasPrefix(s, "-") {
			horizon = now.AddDate(1000, 0, 0)
		}
		at, err := flow.ParseMoment(s, horizon, zone)
		if err != nil {
			return time.Time{}, fmt.Errorf("--%s: %w", flag, err)
		}
		return at, nil
	}
	if r.From, err = moment("from", b.from); err != nil {
		return r, err
	}
	r.To = now
	if b.to != "" {
		if r.To, err = moment("to", b.to); err != nil {
			return r, err
		}
	}
	if r.Step, err = export.ParseStep(b.step); err != nil {
		return r, fmt.Errorf("--step: %w", err)
	}
	return r, nil
}

// askBackfill asks for a back-fill and hands on what comes of it.
func (c *cli) askBackfill(ctx context.Context, args url.Values, r *app.BackfillReader) error {
	m := newMeter(c.err, "moments")
	r.Progress = func(p export.Progress) { m.at("back-fill", p.Done, p.Total) }
	err := c.ask(ctx, "backfill", args, r)
	m.end()
	if r.Err() != nil {
		return r.Err()
	}
	if err == nil && r.Report == nil {
		err = errors.New("the back-fill was broken off")
	}
	return err
}

func (c *cli) writeBackfill(ctx context.Context, args url.Values, w io.Writer) error {
	r := &app.BackfillReader{Text: func(b []byte) error {
		_, err := w.Write(b)
		return err
	}}
	if err := c.askBackfill(ctx, args, r); err != nil {
		return err
	}
	c.tellBackfill("written", r.Report)
	return nil
}

// tellBackfill says what was made, and what was not and why.
func (c *cli) tellBackfill(verb string, r *app.BackfillReport) {
	fmt.Fprintf(c.err, "%s: %d samples of %d series at %s, %s to %s\n",
		verb, r.Samples, r.Series, moments(r.Moments), r.First.Format(time.RFC3339), r.Last.Format(time.RFC3339))
	if r.Before > 0 {
		fmt.Fprintf(c.err, "left out: %s before the first issue, which was created at %s\n", moments(r.Before), r.FirstIssue.Format(time.RFC3339))
	}
	if r.After > 0 {
		fmt.Fprintf(c.err, "left out: %s in the future\n", moments(r.After))
	}
}

func moments(n int) string {
	if n == 1 {
		return "1 moment"
	}
	return fmt.Sprintf("%d moments", n)
}

// sendBackfill sends by remote write and says what was taken.
func (c *cli) sendBackfill(ctx context.Context, b *backfillFlags, args url.Values) error {
	o, err := b.remoteOptions()
	if err != nil {
		return usageError{err}
	}
	o.Notify = func(why string, pause time.Duration) {
		fmt.Fprintf(c.err, "remote write: %s; again in %s\n", clean(why), pause.Round(time.Millisecond))
	}
	remote, err := export.NewRemote(o)
	if err != nil {
		return usageError{fmt.Errorf("--remote-write: %w", err)}
	}
	d := &export.Delivery{Remote: remote}
	r := &app.BackfillReader{Request: func(q export.Request) error { return d.Send(ctx, q) }}
	err = c.askBackfill(ctx, args, r)
	if r.Report != nil {
		c.tellBackfill("made", r.Report)
	}
	fmt.Fprintf(c.err, "taken: %d samples in %d requests\n", d.Taken, d.Requests)
	for _, x := range d.Refusals {
		fmt.Fprintf(c.err, "not taken: %d samples of %s to %s: %s\n", x.Samples, x.First.Format(time.RFC3339), x.Last.Format(time.RFC3339), clean(x.What))
	}
	switch {
	case !d.Stopped.IsZero():
		args.Set("from", d.Stopped.Format(time.RFC3339Nano))
		before := "everything before " + d.Stopped.Format(time.RFC3339) + " was sent"
		if d.Taken+d.Refused == 0 {
			before = "nothing was sent"
		}
		fmt.Fprintf(c.err, "%s; once the receiver is well, go on with the same command and --from %s --to %s\n", before, args.Get("from"), args.Get("to"))
		return partlySent{fmt.Errorf("remote write: %w", err), d.Taken > 0}
	case err != nil:
		return err
	case d.Refused > 0:
		return partlySent{fmt.Errorf("remote write: %d of %d samples were not taken; for samples that are too old, set storage.tsdb.out_of_order_time_window",
			d.Refused, d.Refused+d.Taken), d.Taken > 0}
	}
	return nil
}

// partlySent is a delivery that did not go through, or not wholly.
type partlySent struct {
	error
	some bool // was taken
}

func (e partlySent) Unwrap() error { return e.error }

func (e partlySent) ExitCode() int {
	if e.some {
		return app.ExitPartial
	}
	return app.ExitFailed
}

// remoteOptions reads where to send, and the credentials by file or
// environment.
func (b *backfillFlags) remoteOptions() (export.RemoteOptions, error) {
	o := export.RemoteOptions{URL: b.remote, User: b.user, UserAgent: "plumbline/" + buildVersion()}
	var err error
	switch {
	case b.passwordFile != "":
		o.Password, err = config.ReadSecret(b.passwordFile)
	case b.passwordEnv != "":
		o.Password, err = config.SecretFromEnv(b.passwordEnv)
	case b.bearerFile != "":
		o.Bearer, err = config.ReadSecret(b.bearerFile)
	case b.bearerEnv != "":
		o.Bearer, err = config.SecretFromEnv(b.bearerEnv)
	}
	switch {
	case err != nil:
		return o, err
	case (o.User == "") != (o.Password == ""):
		return o, errors.New("basic authentication takes both --user and --password-file or --password-env")
	}
	return o, nil
}
