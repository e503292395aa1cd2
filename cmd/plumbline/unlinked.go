package main

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"plumbline/internal/measure"
)

func (c *cli) unlinked() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use: "unlinked", Short: "Active work that no goal claims, and the goals it may belong to",
		Long: "unlinked lists the work that was delivered, or is in progress and moved, in the last 28 days and\n" +
			"that no goal claims: by project and epic, the largest first. Where labels, versions, links or a\n" +
			"common parent hint at a goal, it says so, with a line to paste into that goal's work.",
		Example: "  plumbline unlinked\n  plumbline unlinked --at -28d -o md",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			args, err := c.atArgs(at)
			if err != nil {
				return err
			}
			var u measure.Unlinked
			if err := c.askJSON(cmd.Context(), "unlinked", args, &u); err != nil {
				return err
			}
			if c.output == "table" {
				for _, p := range u.Projects {
					fmt.Fprintf(c.out, "%s %s: no goal claims %d of %d active issues (%s), %d of them business as usual\n",
						clean(p.Site), clean(p.Project), p.Unlinked, p.Active, percent(&p.Ratio), p.BusinessAsUsual)
				}
				if len(u.Groups) == 0 {
					_, err := fmt.Fprintln(c.out, "every active issue is some goal's")
					return err
				}
				fmt.Fprintln(c.out)
			}
			return c.list(unlinkedGroups(&u))
		},
	}
	c.addAt(cmd, &at)
	c.addOutput(cmd)
	return cmd
}

// unlinkedGroups lists the work, one row a suggestion: the first of a group
// tells what it is of.
func unlinkedGroups(u *measure.Unlinked) listing {
	l := listing{
		header: []string{"SITE", "PROJECT", "EPIC", "SUMMARY", "ISSUES", "USUAL", "GOAL?", "WHY", "PASTE"},
		right:  []bool{false, false, false, false, true, true},
		whole:  u,
	}
	for k := range u.Groups {
		g := &u.Groups[k]
		l.lines = append(l.lines, g)
		row := []string{g.Site, g.Project, cmp.Or(g.Epic, unknown), g.Summary, strconv.Itoa(g.Issues), strconv.Itoa(g.BusinessAsUsual)}
		if len(g.Suggestions) == 0 {
			l.rows = append(l.rows, append(row, unknown, "", ""))
		}
		for _, s := range g.Suggestions {
			l.rows = append(l.rows, append(row[:len(row):len(row)], s.Goal, s.Why, s.Paste))
		}
	}
	return l
}
