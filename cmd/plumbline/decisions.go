package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plumbline/internal/measure"
)

func (c *cli) decisions() *cobra.Command {
	var at, goal string
	cmd := &cobra.Command{
		Use: "decisions", Short: "The register: what waits for a decision, since when, and how long decisions take",
		Long: "decisions lists what is to be decided, the oldest first, and then what was decided in the last 90\n" +
			"days: issues of the types, labels, statuses and flags that semantics.decisions names, and what the\n" +
			"goals files declare. Above it stands how long decisions take by class, open ones counted as\n" +
			"lasting longer than they are old.",
		Example: "  plumbline decisions\n  plumbline decisions --goal checkout-p95 --at -28d -o md",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			args, err := c.atArgs(at)
			if err != nil {
				return err
			}
			if goal != "" {
				args.Set("goal", goal)
			}
			var r measure.DecisionRegister
			if err := c.askJSON(cmd.Context(), "decisions", args, &r); err != nil {
				return err
			}
			if c.output == "table" {
				if err := c.tellLatencies(&r); err != nil {
					return err
				}
			}
			return c.list(register(&r))
		},
	}
	cmd.Flags().StringVar(&goal, "goal", "", "the decisions of the `GOAL` alone, and of those below it")
	c.addAt(cmd, &at)
	c.addOutput(cmd)
	return cmd
}

// tellLatencies says above the table how long decisions take.
func (c *cli) tellLatencies(r *measure.DecisionRegister) error {
	for k := range r.Classes {
		class, l := r.Classes[k].Class, &r.Classes[k].Latency
		if l.MeanSeconds == nil {
			continue
		}
		if class == "" {
			class = "all decisions"
		}
		text := fmt.Sprintf("%s: half are made within %s, 85 %% within %s; mean of the first 30 days %s (%d made, %d waiting",
			clean(class), span(l.P50Seconds), span(l.P85Seconds), span(l.MeanSeconds), l.Made, l.Waiting)
		if l.WholeHistory {
			text += ", of the whole history"
		}
		if _, err := fmt.Fprintln(c.out, text+")"); err != nil {
			return err
		}
	}
	if len(r.Decisions) == 0 {
		_, err := fmt.Fprintf(c.out, "nothing waits for a decision, and none was made in the last %d days\n", r.WindowDays)
		return err
	}
	_, err := fmt.Fprintln(c.out)
	return err
}

// register lists the decisions, the open ones first.
func register(r *measure.DecisionRegister) listing {
	l := listing{
		header: []string{"DECISION", "CLASS", "STATE", "ASKED", "DUE", "AGE", "WORKING", "HOLDS", "GOALS", "ASKED BY", "WHAT"},
		right:  []bool{false, false, false, false, false, true, true, true},
		whole:  r,
	}
	for k := range r.Decisions {
		d := &r.Decisions[k]
		l.lines = append(l.lines, d)
		name := d.Key
		if d.ID != "" {
			name = strings.TrimSpace(d.Key + " " + d.ID)
		}
		what := d.Summary
		if d.Outcome != "" {
			what = strings.TrimSpace(what + " → " + d.Outcome)
		}
		l.rows = append(l.rows, []string{
			name, d.Class, decisionState(d), day(&d.Asked), day(d.Due), span(&d.AgeSeconds), span(d.WorkingSeconds),
			strconv.Itoa(d.Holds), strings.Join(d.Goals, ", "), d.Cause, what,
		})
	}
	l.colour = func(row, column int) string {
		if d := &r.Decisions[row]; column == 2 && d.Overdue {
			return "31"
		}
		return ""
	}
	return l
}

// decisionState says how a decision stands, never by colour alone.
func decisionState(d *measure.Decision) string {
	state := string(d.State)
	if d.Ended != nil {
		state += " " + day(d.Ended)
	}
	if d.Overdue {
		state += ", overdue"
	}
	if d.Reopened > 0 {
		state += fmt.Sprintf(", opened again %d×", d.Reopened)
	}
	if d.Reversed {
		state += ", reversed"
	}
	return state
}

// span writes a duration in seconds as people speak of it.
func span(seconds *float64) string {
	if seconds == nil {
		return unknown
	}
	if d := time.Duration(*seconds * float64(time.Second)); d < 48*time.Hour {
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(math.Floor(*seconds/86400)))
}
