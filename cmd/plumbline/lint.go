package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"plumbline/internal/app"
	"plumbline/internal/web"
)

// checkMap tells what is doubtful in the map. It fails where there is an error
// that is not accepted.
func (c *cli) checkMap(ctx context.Context, s app.Settings) error {
	facts, why := c.lintFacts(ctx, s)
	report := app.Lint(s, facts, why)
	for _, why := range sortedKeys(report.NotLookedAt) {
		fmt.Fprintf(c.err, "not looked at: %s: %s\n", strings.Join(report.NotLookedAt[why], ", "), why)
	}
	people := c.output == "table"
	if !people || len(report.Findings) > 0 {
		if err := c.list(findings(&report)); err != nil {
			return err
		}
	}
	errs := report.Count(app.SeverityError)
	if people {
		fmt.Fprintf(c.out, "%s: %s, %s: %s\n", s.Config.Path, many(len(s.Config.Sites), "site"), many(len(s.Goals.List), "goal"), summary(&report))
	}
	if errs > 0 {
		return usageError{fmt.Errorf("the map has %s: mend it, or accept it with lint.accept and a reason", many(errs, "error"))}
	}
	return nil
}

// lintFacts asks for what the store knows of the map: the running service,
// which holds it, or else the store itself. Without facts it says why.
func (c *cli) lintFacts(ctx context.Context, s app.Settings) (*app.Facts, string) {
	socket := app.SocketPath(s.Config.Store.Path)
	if !web.Available(socket) {
		facts, err := app.FactsOf(ctx, s, time.Now())
		if err != nil {
			return nil, firstLine(err)
		}
		return facts, ""
	}
	fmt.Fprintf(c.err, "asking the running service (%s)\n", socket)
	args, err := app.LintArgs(s)
	if err != nil {
		return nil, firstLine(err)
	}
	var b bytes.Buffer
	if err := web.Call(ctx, socket, "lint", args, &b); err != nil {
		return nil, firstLine(err)
	}
	var facts app.Facts
	if err := json.Unmarshal(b.Bytes(), &facts); err != nil {
		return nil, "the answer of the service cannot be read: " + firstLine(err)
	}
	return &facts, ""
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

func findings(r *app.LintReport) listing {
	l := listing{header: []string{"SEVERITY", "RULE", "AT", "WHAT", "MEND"}, whole: r}
	for _, f := range r.Findings {
		l.lines = append(l.lines, f)
		l.rows = append(l.rows, []string{string(f.Severity), f.Rule, clean(f.At), clean(f.What), clean(f.Mend)})
	}
	l.colour = func(row, column int) string {
		if column > 0 {
			return ""
		}
		return map[app.Severity]string{app.SeverityError: "31", app.SeverityWarning: "33"}[r.Findings[row].Severity]
	}
	return l
}

// summary counts the findings: "no error, 2 warnings, 1 note, 3 accepted".
func summary(r *app.LintReport) string {
	parts := []string{"no error"}
	if n := r.Count(app.SeverityError); n > 0 {
		parts[0] = many(n, "error")
	}
	if n := r.Count(app.SeverityWarning); n > 0 {
		parts = append(parts, many(n, "warning"))
	}
	if n := r.Count(app.SeverityInfo); n > 0 {
		parts = append(parts, many(n, "note"))
	}
	if n := len(r.Accepted); n > 0 {
		parts = append(parts, fmt.Sprintf("%d accepted", n))
	}
	return strings.Join(parts, ", ")
}

func many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
