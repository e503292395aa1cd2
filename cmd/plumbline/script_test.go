package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"plumbline/internal/jirasim"
)

// The behaviour of the command line is written as scripts in testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup:               setup,
		Condition:           func(string) (bool, error) { return false, nil },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"waitready": waitReady,
			"exits":     exits,
			"expand":    expand,
		},
	})
}

// TestMain lets the scripts run this very program as plumbline.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"plumbline": func() { os.Exit(start()) }})
}

// setup gives each script a simulated Jira of its own, over a year-old company.
func setup(env *testscript.Env) error {
	now := time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
	company := jirasim.NewCompany(1, now)
	var dump bytes.Buffer
	if err := company.WriteDump(&dump); err != nil {
		return err
	}
	world, err := jirasim.LoadDump(&dump)
	if err != nil {
		return err
	}
	for _, s := range company.Statuses {
		world.AddStatus(s)
	}
	site := httptest.NewServer(jirasim.New(world, jirasim.Options{
		PAT: "s3cret-pat", Now: func() time.Time { return now }, ContextPath: "/jira",
	}))
	env.Defer(site.Close)
	goals := filepath.Join(env.WorkDir, "goals")
	if err := os.Mkdir(goals, 0o700); err != nil {
		return err
	}
	for name, src := range company.Goals {
		if err := os.WriteFile(filepath.Join(goals, name), src, 0o600); err != nil {
			return err
		}
	}
	config := "sites:\n  - name: acme\n    url: " + site.URL + "/jira\n    auth: {pat_env: JIRA_PAT}\n" +
		"    scope: project is not EMPTY\nstore: {path: plumbline.db}\ngoals: goals\nlisten: 127.0.0.1:0\n"
	env.Setenv("JIRA_PAT", "s3cret-pat")
	env.Setenv("JIRA", site.URL)
	env.Setenv("NO_COLOR", "1")
	receiver := httptest.NewServer(receivers())
	env.Defer(receiver.Close)
	env.Setenv("RECEIVER", receiver.URL)
	return os.WriteFile(filepath.Join(env.WorkDir, "plumbline.yaml"), []byte(config), 0o600)
}

// receivers are receivers of remote write, each of its own mind.
func receivers() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/takes", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/busy", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		http.Error(w, "too many requests", http.StatusTooManyRequests)
	})
	var asked atomic.Int32
	mux.HandleFunc("/refuses-three", func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) <= 3 {
			http.Error(w, "out of bounds", http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

// waitReady waits until the service over the configuration is ready.
func waitReady(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitready CONFIG")
	}
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		if ts.Exec("plumbline", "healthcheck", "--config", args[0]) == nil {
			return
		}
		time.Sleep(50 * time.Millisecond) // between two questions, not instead of one
	}
	ts.Fatalf("the service was not ready within 30 s")
}

// expand puts the values of $VARIABLES into files: expand FILE…
func expand(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		path := ts.MkAbs(name)
		ts.Check(os.WriteFile(path, []byte(os.Expand(ts.ReadFile(name), ts.Getenv)), 0o600))
	}
}

// exits runs a command and checks its exit code: exits CODE COMMAND…
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG…]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "exit status 0"
	if err != nil {
		got = err.Error()
	}
	if want := "exit status " + args[0]; got != want {
		ts.Fatalf("%s: %s, want %s", strings.Join(args[1:], " "), got, want)
	}
}

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	c := &cli{}
	root := c.root()
	all := append(root.Commands(), root)
	for k := 0; k < len(all); k++ {
		all = append(all, all[k].Commands()...)
		if len(all) > 200 {
			break
		}
	}
	for _, cmd := range all {
		if cmd.Name() == "help" || strings.HasPrefix(cmd.CommandPath(), "plumbline completion ") {
			continue
		}
		if cmd.Short == "" || !strings.Contains(cmd.Example, "plumbline ") {
			t.Errorf("%s: no sentence or no example", cmd.CommandPath())
		}
		if cmd.Short != "" && regexp.MustCompile(`\.$`).MatchString(cmd.Short) {
			t.Errorf("%s: the sentence ends in a full stop, unlike the others", cmd.CommandPath())
		}
	}
}
