package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"plumbline/internal/app"
	"plumbline/internal/config"
	"plumbline/internal/store"
)

func (c *cli) store() *cobra.Command {
	cmd := &cobra.Command{
		Use: "store", Short: "Look at, verify, dump or back up the store",
		Example: "  plumbline store info\n  plumbline store verify\n  plumbline store dump > issues.ndjson\n  plumbline store backup plumbline.bak",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.storeInfo(), c.storeVerify(), c.storeDump(), c.storeBackup(), c.storeCompact())
	return cmd
}

func (c *cli) storeInfo() *cobra.Command {
	cmd := &cobra.Command{
		Use: "info", Short: "What the store holds, by site", Example: "  plumbline store info -o json", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var info store.Info
			if err := c.askJSON(cmd.Context(), "info", url.Values{}, &info); err != nil {
				return err
			}
			if c.output == "table" {
				fmt.Fprintf(c.out, "store %s, schema %d: %d issues in %s\n%.0f bytes of data an issue, %.0f bytes of file\n\n", info.Path,
					info.Schema, info.Issues, size(info.FileBytes), info.DataBytesPerIssue, info.FileBytesPerIssue)
			}
			return c.list(storeSites(&info))
		},
	}
	c.addOutput(cmd)
	return cmd
}

func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.0f KiB", float64(n)/(1<<10))
}

func storeSites(info *store.Info) listing {
	l := listing{
		header: []string{"SITE", "ISSUES", "PRESENT", "HISTORIES", "CHANGES", "PROBLEMS", "OLDEST CHANGE", "NEWEST CHANGE", "LAST SUCCESS"},
		right:  []bool{false, true, true, true, true, true},
		whole:  info,
	}
	when := func(t *time.Time) string {
		if t == nil {
			return unknown
		}
		return instant(*t)
	}
	for _, s := range info.Sites {
		l.lines = append(l.lines, s)
		l.rows = append(l.rows, []string{
			s.Name, strconv.Itoa(s.Issues), strconv.Itoa(s.Present), strconv.Itoa(s.Histories), strconv.Itoa(s.Changes),
			strconv.Itoa(s.Problems), when(s.OldestChange), when(s.NewestChange), when(s.LastSuccess),
		})
	}
	return l
}

func (c *cli) storeVerify() *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Read every byte of the store and say what is wrong with it", Example: "  plumbline store verify", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var b bytes.Buffer
			err := c.ask(cmd.Context(), "verify", url.Values{}, &b)
			var findings []store.Finding
			if b.Len() > 0 {
				if e := json.Unmarshal(b.Bytes(), &findings); e != nil {
					return errors.Join(err, e)
				}
			}
			for _, f := range findings {
				fmt.Fprintln(c.out, f)
			}
			if err == nil {
				fmt.Fprintln(c.out, "the store is sound")
			}
			return err
		},
	}
}

func (c *cli) storeDump() *cobra.Command {
	return &cobra.Command{
		Use: "dump", Short: "Print every issue as one line of JSON, by numeric id", Args: cobra.NoArgs,
		Example: "  plumbline store dump | jq 'select(.present | not)'",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.ask(cmd.Context(), "dump", url.Values{}, c.out)
		},
	}
}

func (c *cli) storeCompact() *cobra.Command {
	return &cobra.Command{
		Use: "compact", Short: "Give back the space that the store no longer uses", Args: cobra.NoArgs,
		Long:    "compact writes the store anew and puts it in its own place once it is whole. The service must not run.",
		Example: "  plumbline store compact",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(c.configPath)
			if err != nil {
				return err
			}
			done, err := store.Compact(cmd.Context(), cfg.Store.Path, store.Options{})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.out, "%s before, %s after\n", size(done.Before), size(done.After))
			return err
		},
	}
}

func (c *cli) storeBackup() *cobra.Command {
	return &cobra.Command{
		Use: "backup FILE", Short: "Write a whole, consistent copy of the store to a file", Args: cobra.ExactArgs(1),
		Example: "  plumbline store backup /var/backups/plumbline.db",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := c.spareStore(args[0]); err != nil {
				return err
			}
			err := writeWhole(args[0], 0o600, func(w io.Writer) error { return c.ask(cmd.Context(), "backup", url.Values{}, w) })
			if err != nil {
				return err
			}
			fmt.Fprintf(c.err, "the store is backed up to %s\n", args[0])
			return nil
		},
	}
}

// spareStore refuses to write to a path that is, by whatever name or link, the
// store itself or the key of its pseudonyms: the service would write on into a
// file that nobody can open any more.
func (c *cli) spareStore(path string) error {
	cfg, err := config.Load(c.configPath)
	if err != nil {
		return err
	}
	for own, what := range map[string]string{
		cfg.Store.Path:   "the store itself",
		app.KeyPath(cfg): "the key of the store's pseudonyms",
	} {
		if sameFile(path, own) {
			return usageError{fmt.Errorf("%s is %s, which is in use: choose another file for the backup", path, what)}
		}
	}
	return nil
}

// sameFile reports whether there is one file at both paths.
func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}
