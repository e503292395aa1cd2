package main

import (
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plumbline/internal/measure"
)

func (c *cli) explain() *cobra.Command {
	var at, name string
	cmd := &cobra.Command{
		Use: "explain GOAL", Short: "How each figure of a goal came about, and the issues behind it",
		Example: "  plumbline explain checkout-p95\n  plumbline explain checkout-p95 --measure stalled --at -7d",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := c.atArgs(at)
			if err != nil {
				return err
			}
			q.Set("goal", args[0])
			q.Set("measure", name)
			return c.explainTo(cmd, q)
		},
	}
	cmd.Flags().StringVar(&name, "measure", "", "one `figure`: "+strings.Join(measure.Measures(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("measure", cobra.FixedCompletions(measure.Measures(), cobra.ShellCompDirectiveNoFileComp))
	c.addAt(cmd, &at)
	c.addOutput(cmd)
	return cmd
}

func (c *cli) explainTo(cmd *cobra.Command, q url.Values) error {
	var e measure.Explanation
	if err := c.askJSON(cmd.Context(), "explain", q, &e); err != nil {
		return err
	}
	if c.output == "table" {
		return writeExplanation(c.out, &e)
	}
	return c.list(evidence(&e))
}

// evidence lists everything behind the figures, one row an issue or event.
func evidence(e *measure.Explanation) listing {
	l := listing{header: []string{"MEASURE", "VALUE", "COUNTED", "ISSUE", "AT", "WHAT", "VIA", "ALSO IN"}, whole: e}
	for k := range e.Measures {
		m := &e.Measures[k]
		l.lines = append(l.lines, m)
		for n, all := range [][]measure.Evidence{m.Counted, m.LeftOut} {
			for _, ev := range all {
				l.rows = append(l.rows, []string{m.Measure, m.Value, []string{"yes", "no"}[n], ev.Key, instant(ev.At), ev.What, ev.Via, strings.Join(ev.Also, ", ")})
			}
		}
	}
	return l
}

// writeExplanation tells the explanation as a text.
func writeExplanation(w io.Writer, e *measure.Explanation) error {
	var b strings.Builder
	line := func(format string, args ...any) { b.WriteString(clean(fmt.Sprintf(format, args...)) + "\n") }
	line("%s, as of %s", e.Goal, e.At.Format("2006-01-02 15:04 MST"))
	for k := range e.Measures {
		m := &e.Measures[k]
		line("")
		line("%s: %s", m.Measure, m.Value)
		if m.Why != "" {
			line("  because: %s", m.Why)
		}
		line("  formula: %s", m.Formula)
		for _, in := range m.Inputs {
			line("  %s: %s", in.Name, in.Value)
		}
		writeEvidence(line, "counted", m.Counted)
		writeEvidence(line, "left out", m.LeftOut)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeEvidence(line func(format string, args ...any), title string, all []measure.Evidence) {
	if len(all) == 0 {
		return
	}
	line("  %s (%d):", title, len(all))
	for _, ev := range all {
		parts := []string{}
		for _, part := range []string{ev.Key, instant(ev.At), ev.What} {
			if part != "" {
				parts = append(parts, part)
			}
		}
		if ev.Via != "" {
			parts = append(parts, "["+ev.Via+"]")
		}
		if len(ev.Also) > 0 {
			parts = append(parts, "also in "+strings.Join(ev.Also, ", "))
		}
		line("    %s", strings.Join(parts, "  "))
	}
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}
