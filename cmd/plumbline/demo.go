package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"plumbline/internal/app"
	"plumbline/internal/config"
	"plumbline/internal/flow"
	"plumbline/internal/syncer"
)

func (c *cli) demo() *cobra.Command {
	var d app.Demo
	var at string
	var once bool
	cmd := &cobra.Command{
		Use: "demo", Short: "See it at once: a simulated Jira and the whole service, without credentials",
		Long: "demo serves a simulated Jira and runs the whole service over it, in one process. Without more it\n" +
			"shows a synthetic company, each goal with its own trouble. With --dump it serves real issues: any\n" +
			"file of raw Jira issues as the REST API gives them, one a line, plain or gzipped.",
		Example: "  plumbline demo\n  plumbline demo --once\n" +
			"  plumbline demo --dump issues.jsonl --goals goals/ --at 2012-02-15",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d.Logger, d.Version = c.quiet(), buildVersion()
			if cmd.Flags().Changed("config") {
				cfg, err := config.Load(c.configPath)
				if err != nil {
					return err
				}
				d.Config = cfg
			}
			if at != "" {
				zone := time.UTC
				if d.Config != nil {
					zone = d.Config.Calendar.Location()
				}
				t, err := flow.ParseMoment(at, time.Now(), zone)
				if err != nil {
					return usageError{fmt.Errorf("--at: %w", err)}
				}
				d.At = t
			}
			return c.runDemo(cmd, d, once)
		},
	}
	f := cmd.Flags()
	f.StringVar(&d.Dump, "dump", "", "serve the raw issues of this `file`")
	f.StringVar(&d.Goals, "goals", "", "the goals: a `folder` of *.yaml or one file")
	f.StringVar(&d.Flavour, "flavour", "", "simulate Jira `cloud` or server (default: what the dump was taken from)")
	f.StringVar(&d.Listen, "listen", "", "the service's `address` (default "+config.DefaultListen+", or any free port)")
	f.StringVar(&d.Dir, "dir", "", "keep the store in this `folder` (default: a temporary one)")
	f.BoolVar(&once, "once", false, "print the board and exit")
	c.addAt(cmd, &at)
	c.addOutput(cmd)
	return cmd
}

func (c *cli) runDemo(cmd *cobra.Command, d app.Demo, once bool) error {
	ctx := cmd.Context()
	m := newMeter(c.err, "issues")
	show, err := d.Stage(ctx, func(p syncer.Progress) { m.at("demo", p.Read, p.Total) })
	m.end()
	if err != nil {
		return err
	}
	if err := c.list(board(show.Snapshot())); err != nil {
		return errors.Join(err, show.Close())
	}
	if d.Dump != "" && d.At.IsZero() && time.Since(show.Newest) > 90*24*time.Hour {
		fmt.Fprintf(c.err, "\nThe newest event of the dump is of %s: --at shows the board as it stood then.\n", show.Newest.Format(time.DateOnly))
	}
	if once {
		return show.Close()
	}
	url := "http://" + show.Listener.Addr().String()
	fmt.Fprintf(c.err, "\nBoard    %s/\nMetrics  %s/metrics\nJira     %s (simulated)\nConfig   %s (for other commands, such as plumbline goals --config)\n\nCtrl-C ends the demo.\n",
		url, url, show.Jira, show.Config)
	return errors.Join(show.Serve(ctx, show.Listener), show.Close())
}
