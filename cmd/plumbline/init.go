package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"plumbline/internal/app"
)

func (c *cli) starter() *cobra.Command {
	s := app.Start{Version: buildVersion()}
	var dir string
	cmd := &cobra.Command{
		Use: "init --url URL", Short: "Ask Jira, and write a commented starter configuration with proposed goals",
		Long: "init asks a site for its fields, issue types, statuses, live epics and unreleased versions, and\n" +
			"writes a configuration and a proposal of goals: to standard output, or with --dir into a folder.\n" +
			"It overwrites nothing. The secret is named by file or environment variable, never given inline.",
		Example: "  JIRA_PAT=… plumbline init --url https://jira.acme.com/jira --pat-env JIRA_PAT\n" +
			"  plumbline init --url https://jira.acme.com/jira --user bot --password-file secret --scope 'project = PAY' --dir config",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.URL == "" {
				return usageError{errors.New("init needs --url with the site's address; see `plumbline init --help`")}
			}
			s.Now = time.Now().UTC()
			for _, file := range []*string{&s.Auth.PATFile, &s.Auth.TokenFile, &s.Auth.PasswordFile, &s.CAFile} {
				if *file == "" {
					continue
				}
				whole, err := filepath.Abs(*file) // the configuration may come to lie elsewhere
				if err != nil {
					return err
				}
				*file = whole
			}
			return c.start(cmd, s, dir)
		},
	}
	f := cmd.Flags()
	f.StringVar(&s.URL, "url", "", "the site's `address`, such as https://jira.acme.com/jira")
	f.StringVar(&s.Name, "name", "", "the site's `name` in the configuration (default: from the address)")
	f.StringVar(&s.Scope, "scope", "", "`JQL` of all work to be seen (default: all that the account sees)")
	f.StringVar(&s.Auth.PATFile, "pat-file", "", "`file` with a personal access token")
	f.StringVar(&s.Auth.PATEnv, "pat-env", "", "environment `variable` with a personal access token")
	f.StringVar(&s.Auth.Email, "email", "", "`account` of Jira Cloud, for a token")
	f.StringVar(&s.Auth.User, "user", "", "`account` of Data Center, for a password")
	f.StringVar(&s.Auth.TokenFile, "token-file", "", "`file` with the account's API token")
	f.StringVar(&s.Auth.TokenEnv, "token-env", "", "environment `variable` with the account's API token")
	f.StringVar(&s.Auth.PasswordFile, "password-file", "", "`file` with the account's password")
	f.StringVar(&s.Auth.PasswordEnv, "password-env", "", "environment `variable` with the account's password")
	f.StringVar(&s.CAFile, "ca-file", "", "PEM `file` of certificate authorities to trust beside the system's")
	f.StringVar(&dir, "dir", "", "write plumbline.yaml and goals/proposed.yaml into this `folder`")
	return cmd
}

func (c *cli) start(cmd *cobra.Command, s app.Start, dir string) error {
	made, err := s.Init(cmd.Context())
	if err != nil {
		return err
	}
	if dir == "" {
		_, err := fmt.Fprintf(c.out, "# ---- plumbline.yaml\n%s\n# ---- goals/proposed.yaml\n%s", made.Config, made.Goals)
		return err
	}
	paths, err := made.Write(dir)
	for _, p := range paths {
		fmt.Fprintln(c.out, clean(fmt.Sprint(p)))
	}
	return err
}
