package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"plumbline/internal/app"
	"plumbline/internal/flow"
	"plumbline/internal/syncer"
)

func (c *cli) stalls() *cobra.Command {
	var at string
	d := app.Demo{Bare: true, Listen: "127.0.0.1:0"}
	events := 8
	cmd := &cobra.Command{
		Use: "stalls", Short: "How often containers would have been called stalled, and how rightly",
		Long: "stalls replays the rule for stalled goals over the whole past: over the goals, and over every epic\n" +
			"and version of the store, each kind in a class of its own. It counts the alarms for each month that\n" +
			"a container was under way (and of those months, for each in which it was not stalled already), the\n" +
			"share of alarms that ended within 3 days, and how much longer the silence lasted in the median.\n" +
			"With --dump it does so over a file of raw Jira issues, plain or gzipped, without a configuration.",
		Example: "  plumbline stalls\n  plumbline stalls --dump issues.jsonl.gz -o md",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if events < 1 {
				return usageError{errors.New("--events: give 1 or more")}
			}
			var r app.StallReplay
			var err error
			if d.Dump != "" {
				d.Logger, d.Version = c.quiet(), buildVersion()
				err = c.replayDump(cmd.Context(), d, at, events, &r)
			} else {
				var args url.Values
				if args, err = c.atArgs(at); err == nil {
					args.Set("events", strconv.Itoa(events))
					err = c.askJSON(cmd.Context(), "stalls", args, &r)
				}
			}
			if err != nil {
				return err
			}
			return c.list(replayed(&r))
		},
	}
	cmd.Flags().StringVar(&d.Dump, "dump", "", "replay the raw issues of this `file`")
	cmd.Flags().StringVar(&d.Goals, "goals", "", "with --dump: the goals over them, a `folder` of *.yaml or one file")
	cmd.Flags().IntVar(&events, "events", events, "leave out containers that made fewer progress events")
	c.addAt(cmd, &at)
	c.addOutput(cmd)
	return cmd
}

// replayDump replays a file of raw issues up to its newest event, or to the
// moment asked for.
func (c *cli) replayDump(ctx context.Context, d app.Demo, at string, events int, r *app.StallReplay) (err error) {
	m := newMeter(c.err, "issues")
	show, err := d.Stage(ctx, func(p syncer.Progress) { m.at("dump", p.Read, p.Total) })
	m.end()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, show.Close()) }()
	moment := show.Newest
	if at != "" {
		if moment, err = flow.ParseMoment(at, time.Now(), time.UTC); err != nil {
			return usageError{fmt.Errorf("--at: %w", err)}
		}
	}
	var out bytes.Buffer
	args := url.Values{"at": {moment.UTC().Format(time.RFC3339Nano)}, "events": {strconv.Itoa(events)}}
	if err := show.Run(ctx, "stalls", args, &out); err != nil {
		return err
	}
	return json.Unmarshal(out.Bytes(), r)
}

// replayed lists a replay, one row a kind of container.
func replayed(r *app.StallReplay) listing {
	l := listing{
		header: []string{"KIND", "CONTAINERS", "LEFT OUT", "ALARMS", "MONTHS", "A MONTH", "AWAKE MONTHS", "AN AWAKE MONTH", "ENDED IN 3 D", "MEDIAN REST", "NEVER ENDED"},
		right:  []bool{false, true, true, true, true, true, true, true, true, true, true},
		whole:  r,
	}
	rate := func(v *float64) string {
		if v == nil {
			return unknown
		}
		return strconv.FormatFloat(*v, 'f', 3, 64)
	}
	for k := range r.Records {
		x := &r.Records[k]
		rest, share := unknown, unknown
		if x.Short != nil {
			share = fmt.Sprintf("%.1f %%", *x.Short*100)
		}
		if x.Remaining != nil {
			rest = fmt.Sprintf("%.1f d", *x.Remaining/86400)
		}
		l.lines = append(l.lines, x)
		l.rows = append(l.rows, []string{
			x.Kind, strconv.Itoa(x.Containers), strconv.Itoa(x.LeftOut), strconv.Itoa(x.Alarms),
			strconv.FormatFloat(x.Months, 'f', 1, 64), rate(x.PerMonth),
			strconv.FormatFloat(x.AwakeMonths, 'f', 1, 64), rate(x.PerAwakeMonth),
			share, rest, strconv.Itoa(x.Endless),
		})
	}
	return l
}
