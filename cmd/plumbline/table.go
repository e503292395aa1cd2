package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// format is a value of -o.
type format string

func formats() []string { return []string{"table", "json", "ndjson", "csv", "md"} }

// String, Set and Type make format a flag's value.
func (f *format) String() string { return string(*f) }

func (f *format) Set(s string) error {
	if !slices.Contains(formats(), s) {
		return fmt.Errorf("it is none of %s", strings.Join(formats(), ", "))
	}
	*f = format(s)
	return nil
}

func (f *format) Type() string { return "format" }

// listing is something to be listed: as a table for people, as values for
// programs.
type listing struct {
	header []string
	right  []bool // columns of numbers
	rows   [][]string
	// whole is what -o json prints, lines what -o ndjson prints, one a line.
	whole any
	lines []any
	// colour paints a cell of the table on a terminal; nil paints none.
	colour func(row, column int) string
}

// addOutput gives a command the flag -o.
func (c *cli) addOutput(cmd *cobra.Command) {
	c.output = "table"
	cmd.Flags().VarP(&c.output, "output", "o", strings.Join(formats(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions( // fails for an unknown flag alone
		formats(), cobra.ShellCompDirectiveNoFileComp))
}

// list writes a listing in the format asked for.
func (c *cli) list(l listing) error {
	switch c.output {
	case "json":
		e := json.NewEncoder(c.out)
		e.SetIndent("", "  ")
		return e.Encode(l.whole)
	case "ndjson":
		e := json.NewEncoder(c.out)
		for _, line := range l.lines {
			if err := e.Encode(line); err != nil {
				return err
			}
		}
		return nil
	}
	for _, row := range l.rows {
		for k := range row {
			row[k] = clean(row[k])
		}
	}
	switch c.output {
	case "csv":
		w := csv.NewWriter(c.out)
		if err := w.WriteAll(append([][]string{l.header}, l.rows...)); err != nil {
			return err
		}
		return w.Error()
	case "md":
		return l.markdown(c.out)
	}
	return l.table(c.out, colours(c.out))
}

func (l listing) markdown(w io.Writer) error {
	escape := strings.NewReplacer("|", "\\|", "\n", " ")
	var b bytes.Buffer
	line := func(cells []string) {
		b.WriteString("|")
		for _, cell := range cells {
			b.WriteString(" " + escape.Replace(cell) + " |")
		}
		b.WriteString("\n")
	}
	line(l.header)
	rule := make([]string, len(l.header))
	for k := range rule {
		rule[k] = "---"
		if l.isRight(k) {
			rule[k] = "--:"
		}
	}
	line(rule)
	for _, row := range l.rows {
		line(row)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (l listing) isRight(column int) bool { return column < len(l.right) && l.right[column] }

func (l listing) table(w io.Writer, colour bool) error {
	widths := make([]int, len(l.header))
	for _, row := range slices.Concat([][]string{l.header}, l.rows) {
		for k, cell := range row {
			widths[k] = max(widths[k], utf8.RuneCountInString(cell))
		}
	}
	var b bytes.Buffer
	line := func(row []string, paint func(column int) string) {
		for k, cell := range row {
			pad := strings.Repeat(" ", widths[k]-utf8.RuneCountInString(cell))
			if code := paint(k); code != "" {
				cell = "\x1b[" + code + "m" + cell + "\x1b[0m"
			}
			switch {
			case l.isRight(k):
				b.WriteString(pad + cell)
			case k == len(row)-1:
				b.WriteString(cell)
			default:
				b.WriteString(cell + pad)
			}
			if k < len(row)-1 {
				b.WriteString("  ")
			}
		}
		b.WriteString("\n")
	}
	line(l.header, func(int) string {
		if colour {
			return "1"
		}
		return ""
	})
	for r, row := range l.rows {
		line(row, func(k int) string {
			if !colour || l.colour == nil {
				return ""
			}
			return l.colour(r, k)
		})
	}
	_, err := w.Write(b.Bytes())
	return err
}

// clean makes a text from Jira or a file safe to print: control characters
// could drive the terminal, and signs of direction turn the rest of a line.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, s)
}
