package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"plumbline/internal/app"
	"plumbline/internal/config"
	"plumbline/internal/export"
	"plumbline/internal/web"
)

func (c *cli) check() *cobra.Command {
	var online bool
	var preview string
	cmd := &cobra.Command{
		Use: "check", Short: "Is the configuration right, and the map of the goals?",
		Long: "check validates the configuration and the goals and tells what is doubtful in the map: by the files\n" +
			"alone, and by what the store holds. lint.accept of the configuration accepts a finding by its rule\n" +
			"and the goal or issue that it is about. An error that is not accepted is exit code 2.\n" +
			"With --online it also asks each site: credentials, scope, fields, and what the goals' JQLs match.\n" +
			"With --preview it says instead what every figure becomes under the goals in a folder or file.",
		Example: "  plumbline check\n  plumbline check -o json\n  plumbline check --online\n  plumbline check --preview ../branch/config/goals -o md",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if preview != "" {
				return c.checkPreview(cmd, preview)
			}
			settings, err := app.Read(c.configPath)
			if err != nil {
				return err
			}
			c.warn(settings.Config.Warnings)
			c.warn(settings.Goals.Warnings)
			if online {
				return errors.Join(c.checkMap(cmd.Context(), settings), c.checkOnline(cmd.Context(), settings))
			}
			return c.checkMap(cmd.Context(), settings)
		},
	}
	cmd.Flags().BoolVar(&online, "online", false, "also ask the sites")
	cmd.Flags().StringVar(&preview, "preview", "", "what every figure becomes under the goals in this `DIR`")
	c.addOutput(cmd)
	return cmd
}

func (c *cli) checkOnline(ctx context.Context, settings app.Settings) error {
	out := c.out
	if c.output != "table" {
		out = c.err // the listing is alone on standard output
	}
	var errs []error
	results := app.CheckOnline(ctx, settings, buildVersion())
	for _, r := range results {
		if r.Err != nil {
			errs = append(errs, r.Err)
			continue
		}
		if _, err := fmt.Fprintln(out, r); err != nil {
			return err
		}
	}
	return errors.Join(append(errs, app.Refusals(results))...)
}

func (c *cli) metrics() *cobra.Command {
	cmd := &cobra.Command{
		Use: "metrics", Short: "The reference of every exported metric",
		Example: "  plumbline metrics\n  plumbline metrics -o md", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := app.Reference(cmd.Context(), buildVersion())
			if err != nil {
				return err
			}
			return c.list(reference(all))
		},
	}
	c.addOutput(cmd)
	return cmd
}

func reference(all []export.Metric) listing {
	l := listing{header: []string{"METRIC", "TYPE", "LABELS", "MEANING"}, whole: all}
	for _, m := range all {
		l.lines = append(l.lines, m)
		l.rows = append(l.rows, []string{m.Name, m.Type, strings.Join(m.Labels, ", "), m.Help})
	}
	return l
}

// askService runs a command in the running service, and in it alone. A
// configuration that is not right is none of its business: the service goes on
// with the one before, and restarting it would be the end of that.
func (c *cli) askService(ctx context.Context, command string) error {
	store, err := config.StorePath(c.configPath)
	if err != nil {
		return err
	}
	socket := app.SocketPath(store)
	if !web.Available(socket) {
		return fmt.Errorf("no service answers on %s; start it with `plumbline serve`", socket)
	}
	return web.Call(ctx, socket, command, url.Values{}, io.Discard)
}
