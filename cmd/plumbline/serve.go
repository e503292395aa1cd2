package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"plumbline/internal/app"
)

func (c *cli) serve() *cobra.Command {
	cmd := &cobra.Command{
		Use: "serve", Short: "Run the service: schedules, metrics, pages",
		Long: "serve reads the sites by schedule and answers with the board, the evidence and the metrics.\n" +
			"It reads the goals again when they change, on SIGHUP, and on POST /-/reload.\n" +
			"While it runs, the other commands reach the store through it.",
		Example: "  plumbline serve\n  plumbline serve --config /etc/plumbline/plumbline.yaml --log-format json",
		Args:    cobra.NoArgs,
	}
	var format, level string
	cmd.Flags().StringVar(&format, "log-format", "text", "`form` of the log: text or json")
	cmd.Flags().StringVar(&level, "log-level", "info", "least `level` that is logged: debug, info, warn or error")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := c.logLevel.UnmarshalText([]byte(level)); err != nil {
			return usageError{fmt.Errorf("--log-level: %q is none of debug, info, warn, error", level)}
		}
		if format != "text" && format != "json" {
			return usageError{fmt.Errorf("--log-format: %q is neither text nor json", format)}
		}
		c.logJSON = format == "json"
		return c.runServe(cmd)
	}
	return cmd
}

func (c *cli) runServe(cmd *cobra.Command) error {
	log := c.logger()
	settings, err := app.Read(c.configPath)
	if err != nil {
		return err
	}
	c.warn(settings.Config.Warnings)
	c.warn(settings.Goals.Warnings)
	goal := int64(app.MemoryGoal)
	if os.Getenv("GOMEMLIMIT") != "" {
		goal = 0 // the operator has one
	}
	a, err := app.Open(app.Options{
		Settings: settings, Reread: func() (app.Settings, error) { return app.Read(c.configPath) },
		Logger: log, Version: buildVersion(), MemoryGoal: goal,
	})
	if err != nil {
		return err
	}
	l, err := app.Listen(settings.Config.Listen)
	if err != nil {
		return errors.Join(err, a.Close())
	}
	log.Info("serving", "version", buildVersion(), "address", l.Addr().String(), "goals", len(settings.Goals.List),
		"sites", len(settings.Config.Sites), "pid", os.Getpid())
	err = errors.Join(a.Serve(cmd.Context(), l), a.Close())
	log.Log(cmd.Context(), slog.LevelInfo, "stopped")
	return err
}

func (c *cli) healthcheck() *cobra.Command {
	return &cobra.Command{
		Use: "healthcheck", Short: "Exit 0 if the running service is ready",
		Long:    "healthcheck asks the running service over its local socket: for containers without a shell.",
		Example: "  plumbline healthcheck --config /etc/plumbline/plumbline.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.askService(cmd.Context(), "ready")
		},
	}
}
