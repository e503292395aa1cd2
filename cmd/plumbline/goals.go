package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plumbline/internal/config"
	"plumbline/internal/flow"
	"plumbline/internal/measure"
)

func (c *cli) goals() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use: "goals", Short: "The board: what is really so of each goal",
		Example: "  plumbline goals\n  plumbline goals --at 2026-11-16\n  plumbline goals --at -14d -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			args, err := c.atArgs(at)
			if err != nil {
				return err
			}
			var s measure.Snapshot
			if err := c.askJSON(cmd.Context(), "goals", args, &s); err != nil {
				return err
			}
			if err := c.list(board(&s)); err != nil {
				return err
			}
			return c.tellStops(&s)
		},
	}
	c.addAt(cmd, &at)
	c.addOutput(cmd)
	return cmd
}

func (c *cli) addAt(cmd *cobra.Command, at *string) {
	cmd.Flags().StringVar(at, "at", "", "as it stood at `TIME`: 2026-11-20T09:00:00Z, 2026-11-20 or -14d")
}

// atArgs reads --at in the configuration's time zone.
func (c *cli) atArgs(at string) (url.Values, error) {
	args := url.Values{}
	if at == "" {
		return args, nil
	}
	cfg, err := config.Load(c.configPath)
	if err != nil {
		return nil, err
	}
	t, err := flow.ParseMoment(at, time.Now(), cfg.Calendar.Location())
	if err != nil {
		return nil, usageError{fmt.Errorf("--at: %w", err)}
	}
	args.Set("at", t.Format(time.RFC3339Nano))
	return args, nil
}

// askJSON runs a command and reads its answer.
func (c *cli) askJSON(ctx context.Context, command string, args url.Values, answer any) error {
	var b bytes.Buffer
	if err := c.ask(ctx, command, args, &b); err != nil {
		return err
	}
	if err := json.Unmarshal(b.Bytes(), answer); err != nil {
		return fmt.Errorf("reading the answer to %s: %w", command, err)
	}
	return nil
}

// board lists the goals, those in trouble first, each below its parent.
func board(s *measure.Snapshot) listing {
	l := listing{
		header: []string{"GOAL", "HEALTH", "SINCE", "REPORTED", "REAL", "DELIVERED", "ISSUES", "DISCARDED", "SCOPE", "TARGET", "MOVED", "FORECAST", "CHANCE", "OLDEST DECISION", "LAST PROGRESS"},
		right:  []bool{false, false, false, true, true, true, true, true, true, false, false, false, true, true, true},
		whole:  s,
	}
	goals := s.Board()
	for _, g := range goals {
		l.lines = append(l.lines, g.GoalStatus)
		l.rows = append(l.rows, boardRow(g.GoalStatus, g.Depth, s.At))
	}
	l.colour = func(row, column int) string {
		if column != 1 {
			return ""
		}
		switch goals[row].Health {
		case measure.Stalled, measure.OffTrack:
			return "31"
		case measure.AtRisk:
			return "33"
		case measure.OnTrack, measure.Finished:
			return "32"
		}
		return "2"
	}
	return l
}

// tellStops says below the table which stop criteria are met.
func (c *cli) tellStops(s *measure.Snapshot) error {
	if c.output != "table" {
		return nil // the other forms hold them
	}
	for _, g := range s.Board() {
		for _, k := range g.MetCriteria() {
			if _, err := fmt.Fprintf(c.out, "stop criterion met: %s: %s (%s)\n", clean(g.ID), clean(k.ID), clean(k.When)); err != nil {
				return err
			}
		}
	}
	return nil
}

func boardRow(g *measure.GoalStatus, depth int, at time.Time) []string {
	return []string{
		strings.Repeat("  ", depth) + g.ID,
		g.Health.Sign() + " " + g.Health.Word(), day(g.HealthSince), reported(g, at), realCompletion(g), delivered(g),
		fmt.Sprintf("%d/%d", g.Issues.Delivered, g.Issues.Total()-g.Issues.Discarded), strconv.Itoa(g.Issues.Discarded),
		scope(g), target(g), moved(g), day(g.Forecast50), percent(g.OnTime), oldestDecision(g, at), age(g.LastProgress, at),
	}
}

const unknown = "–"

// reported shows the reported completion, and how old it is where somebody
// said it.
func reported(g *measure.GoalStatus, at time.Time) string {
	if g.ReportedAt == nil {
		return percent(g.Reported)
	}
	return fmt.Sprintf("%s (%s)", percent(g.Reported), age(g.ReportedAt, at))
}

// realCompletion shows the median and the interval that holds four in five.
func realCompletion(g *measure.GoalStatus) string {
	if g.Real == nil || g.RealLower == nil || g.RealUpper == nil {
		return unknown
	}
	return fmt.Sprintf("%.0f %% (%.0f–%.0f)", 100**g.Real, 100**g.RealLower, 100**g.RealUpper)
}

// delivered shows the delivered completion; a "p" says that it is by points.
func delivered(g *measure.GoalStatus) string {
	if g.Points == nil {
		return percent(g.Delivered)
	}
	return percent(g.Delivered) + " p"
}

func percent(r *float64) string {
	if r == nil {
		return unknown
	}
	return fmt.Sprintf("%.0f %%", *r*100)
}

func day(t *time.Time) string {
	if t == nil {
		return unknown
	}
	return t.Format(time.DateOnly)
}

func scope(g *measure.GoalStatus) string {
	if g.ScopeAdded == nil || g.ScopeRemoved == nil {
		return unknown
	}
	return fmt.Sprintf("+%d −%d", *g.ScopeAdded, *g.ScopeRemoved)
}

func target(g *measure.GoalStatus) string {
	if g.Target == nil {
		return unknown
	}
	return g.Target.String()
}

func moved(g *measure.GoalStatus) string {
	switch {
	case g.Target == nil:
		return unknown
	case g.TargetMoves == 0:
		return "no"
	}
	return fmt.Sprintf("%d×, %+d d", g.TargetMoves, *g.TargetSlipDays)
}

// oldestDecision says for how long the oldest open decision has been waited
// for; "!" says that one is overdue.
func oldestDecision(g *measure.GoalStatus, at time.Time) string {
	if g.Decisions == nil || g.Decisions.OldestOpen == nil {
		return unknown
	}
	waits := at.Sub(*g.Decisions.OldestOpen).Seconds()
	if g.Decisions.Overdue > 0 {
		return span(&waits) + " !"
	}
	return span(&waits)
}

// age says how long ago something was, in days from two days on.
func age(t *time.Time, at time.Time) string {
	if t == nil {
		return unknown
	}
	d := at.Sub(*t)
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d d ago", int(d.Hours()/24))
}
