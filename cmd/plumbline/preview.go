package main

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"plumbline/internal/app"
)

// checkPreview says what every figure becomes under the goals in dir.
func (c *cli) checkPreview(cmd *cobra.Command, dir string) error {
	args, err := app.PreviewArgs(dir)
	if err != nil {
		return err
	}
	var p app.Preview
	if err := c.askJSON(cmd.Context(), "preview", args, &p); err != nil {
		return err
	}
	if len(p.Lines) == 0 && (c.output == "table" || c.output == "md") {
		_, err := fmt.Fprintf(c.out, "No figure changes under the %d goals of %s.\n", p.Goals, dir)
		return err
	}
	return c.list(previewFigures(&p))
}

func previewFigures(p *app.Preview) listing {
	l := listing{header: []string{"GOAL", "FIGURE", "BEFORE", "AFTER"}, whole: p}
	for _, f := range p.Lines {
		l.lines = append(l.lines, f)
		l.rows = append(l.rows, []string{cmp.Or(f.Goal, unknown), f.Figure, cmp.Or(f.Before, unknown), cmp.Or(f.After, unknown)})
	}
	return l
}
