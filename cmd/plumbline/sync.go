package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plumbline/internal/app"
	"plumbline/internal/syncer"
)

func (c *cli) sync() *cobra.Command {
	var full, census, agile, accept bool
	var site string
	cmd := &cobra.Command{
		Use: "sync", Short: "Read Jira once and print what came of it",
		Long: "sync reads what has changed since the last run, or everything with --full or the first time.\n" +
			"While the service runs, it is asked to sync.\n\n" +
			"A census that cannot see half of a project's issues any more keeps them, since that may be a lost\n" +
			"permission, and says so each time. Where they are gone indeed, --accept-missing says that: it takes\n" +
			"for gone what the census before it has reported, and no more. It also believes JQLs of goals that\n" +
			"suddenly match hardly anything, which other runs doubt until they do so again an interval later.",
		Example: "  plumbline sync\n  plumbline sync --full --site acme -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			args := url.Values{}
			for kind, asked := range map[syncer.Kind]bool{syncer.Full: full, syncer.CensusOnly: census, syncer.AgileOnly: agile} {
				if asked {
					args.Add("kind", string(kind))
				}
			}
			if len(args["kind"]) > 1 {
				return usageError{errors.New("--full, --census and --agile are three kinds of sync: choose one")}
			}
			if accept && !census {
				return usageError{errors.New("--accept-missing goes with --census")}
			}
			if accept {
				args.Set("accept_missing", "true")
			}
			if site != "" {
				args.Set("site", site)
			}
			p := &progressReader{meter: newMeter(c.err, "issues")}
			err := c.ask(cmd.Context(), "sync", args, p)
			p.meter.end()
			if errors.Is(err, context.Canceled) {
				err = resumable{err}
			}
			if p.err != nil {
				return p.err
			}
			if err != nil && len(p.reports) == 0 {
				return err // no run began: there is nothing to tabulate
			}
			if e := c.list(reports(p.reports)); e != nil {
				return e
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&full, "full", false, "read everything again")
	cmd.Flags().BoolVar(&census, "census", false, "find out which issues are still there, and fetch those that were missed")
	cmd.Flags().BoolVar(&accept, "accept-missing", false,
		"with --census: give up the issues that the census before it could not see any more and kept")
	cmd.Flags().BoolVar(&agile, "agile", false, "read sprints and versions")
	cmd.Flags().StringVar(&site, "site", "", "only the site of this `name`")
	c.addOutput(cmd)
	return cmd
}

func reports(all []syncer.Report) listing {
	l := listing{
		header: []string{"SITE", "KIND", "RESULT", "READ", "NEW", "CHANGED", "CHANGES", "PROBLEMS", "REQUESTS", "RETRIES", "TOOK", "WHY"},
		right:  []bool{false, false, false, true, true, true, true, true, true, true, true},
		whole:  all,
	}
	for _, r := range all {
		l.lines = append(l.lines, r)
		why := slices.Clone(r.Reasons)
		for _, what := range slices.Sorted(maps.Keys(r.Absent)) {
			why = append(why, fmt.Sprintf("%d %s", r.Absent[what], what))
		}
		for _, p := range r.ProblemIssues {
			why = append(why, fmt.Sprintf("%s: %s", p.Key, p.What))
		}
		l.rows = append(l.rows, []string{
			r.Site, string(r.Kind), string(r.Result), strconv.Itoa(r.Read), strconv.Itoa(r.New), strconv.Itoa(r.Changed),
			strconv.Itoa(r.Changes), strconv.Itoa(r.Problems), strconv.Itoa(r.Requests), strconv.Itoa(r.Retries),
			r.Finished.Sub(r.Started).Round(time.Millisecond).String(), strings.Join(why, "; "),
		})
	}
	return l
}

// progressReader takes the lines that the command "sync" answers with.
type progressReader struct {
	meter   *meter
	rest    []byte
	reports []syncer.Report
	err     error
}

func (p *progressReader) Write(b []byte) (int, error) {
	p.rest = append(p.rest, b...)
	for {
		line, rest, whole := bytes.Cut(p.rest, []byte("\n"))
		if !whole {
			return len(b), nil
		}
		p.rest = rest
		var l app.SyncLine
		if err := json.Unmarshal(line, &l); err != nil {
			p.err = fmt.Errorf("reading the answer to sync: %w", err)
			return 0, p.err
		}
		if l.Progress != nil {
			p.meter.at(l.Site, l.Progress.Read, l.Progress.Total)
		}
		if l.Report != nil {
			p.reports = append(p.reports, *l.Report)
		}
	}
}
