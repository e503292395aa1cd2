package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"plumbline/internal/app"
	"plumbline/internal/config"
	"plumbline/internal/jira"
	"plumbline/internal/web"
)

// version is set by the linker for releases.
var version = "" //nolint:gochecknoglobals // the linker needs one

// cli is what all commands share.
type cli struct {
	out, err   io.Writer
	configPath string
	output     format
	logLevel   slog.Level
	logJSON    bool
}

// run runs one command line and returns its exit code.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	c := &cli{out: out, err: errs}
	root := c.root()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	c.tell(err)
	return exitCode(err)
}

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "plumbline",
		Short: "What is really so: reported against real progress, from Jira's own history",
		Long: "plumbline reads Jira's whole history into an embedded store, hangs it against the goals\n" +
			"that a company has declared, and tells Prometheus, Grafana and people what is really so.\n\n" +
			"Exit codes: 0 done, 1 failed, 2 wrong use or wrong configuration, 3 done in part.",
		Example: "  plumbline demo                 # see it at once, without credentials\n" +
			"  plumbline check                # is the configuration right?\n" +
			"  plumbline serve                # the service\n" +
			"  plumbline goals --at -14d      # the board of two weeks ago",
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().StringVar(&c.configPath, "config", config.DefaultPath, "the service's configuration `file`")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see `%s --help`", err, cmd.CommandPath())}
	})
	root.AddCommand(c.demo(), c.serve(), c.sync(), c.starter(), c.check(), c.goals(), c.explain(), c.unlinked(), c.decisions(),
		c.backtest(), c.stalls(), c.backfill(), c.store(),
		c.metrics(), c.healthcheck(), c.version())
	c.shells(root)
	wrapArgs(root)
	return root
}

// shells makes cobra's own command for completion one like the others: it has
// an example, and a shell that it doesn't know is wrong use.
func (c *cli) shells(root *cobra.Command) {
	root.SetOut(c.out) // where its commands write, from now on
	root.InitDefaultCompletionCmd()
	cmd, _, err := root.Find([]string{"completion"})
	if err != nil {
		return // cobra has none
	}
	var known []string
	for _, shell := range cmd.Commands() {
		known = append(known, shell.Name())
	}
	cmd.Example = "  source <(plumbline completion bash)\n  plumbline completion zsh > \"${fpath[1]}/_plumbline\"\n" +
		"  plumbline completion fish | source"
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("there is no completion for %q; the shells are %s", args[0], strings.Join(known, ", "))
		}
		return nil
	}
}

// usageError is wrong use of the command line.
type usageError struct{ error }

func (usageError) ExitCode() int   { return app.ExitUsage }
func (e usageError) Unwrap() error { return e.error }

// wrapArgs makes a wrong number of arguments wrong use, for a command and all
// below it.
func wrapArgs(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usageError{fmt.Errorf("%w; see `%s --help`", err, cmd.CommandPath())}
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		wrapArgs(sub)
	}
}

// exitCode returns what an error means to a shell.
func exitCode(err error) int {
	var coded interface{ ExitCode() int }
	var findings config.Errors
	var finding *config.Error
	switch {
	case errors.As(err, &coded):
		return coded.ExitCode()
	case errors.As(err, &findings), errors.As(err, &finding), errors.Is(err, jira.ErrConfig):
		return app.ExitUsage
	}
	return app.ExitFailed
}

// tell writes an error for a person.
func (c *cli) tell(err error) {
	var findings config.Errors
	if errors.As(err, &findings) {
		_ = findings.Render(c.err) // standard error is the last resort
		return
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(c.err, "plumbline: interrupted; what was read is kept, and the next run goes on from there")
		return
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintln(c.err, "plumbline:", line)
	}
}

func (c *cli) logger() *slog.Logger {
	o := &slog.HandlerOptions{Level: c.logLevel}
	if c.logJSON {
		return slog.New(slog.NewJSONHandler(c.err, o))
	}
	return slog.New(slog.NewTextHandler(c.err, o))
}

// warn writes the configuration's warnings.
func (c *cli) warn(warnings []config.Warning) {
	for _, w := range warnings {
		fmt.Fprintln(c.err, "warning:", w)
	}
}

// ask runs a command that needs the store: in the running service, which
// holds the store, or else in this process.
func (c *cli) ask(ctx context.Context, command string, args url.Values, out io.Writer) error {
	cfg, err := config.Load(c.configPath)
	if err != nil {
		return err
	}
	if socket := app.SocketPath(cfg.Store.Path); web.Available(socket) {
		fmt.Fprintf(c.err, "asking the running service (%s)\n", socket)
		return web.Call(ctx, socket, command, args, out)
	}
	settings, err := app.Read(c.configPath)
	if err != nil {
		return err
	}
	asksJira := command == "sync" || command == "preview"
	a, err := app.Open(app.Options{Settings: settings, Logger: c.quiet(), Version: buildVersion(), Reading: !asksJira})
	if err != nil {
		return err
	}
	return errors.Join(a.Run(ctx, command, args, out), a.Close())
}

// quiet is the logger of commands: problems alone.
func (c *cli) quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// terminal reports whether w is a terminal.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// colours reports whether w takes colours: a terminal, unless NO_COLOR is set.
func colours(w io.Writer) bool {
	return terminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// buildVersion is the version that this program was built as.
func buildVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}

func (c *cli) version() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Example: "  plumbline version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(c.out, "plumbline", buildVersion())
			return err
		},
	}
}
