package app_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"plumbline/internal/app"
	"plumbline/internal/config"
	"plumbline/internal/jirasim"
)

// running is a service that runs over files that the test writes.
type running struct {
	t    *testing.T
	dir  string
	base string // the address of its pages
	log  *lockedBuffer
	app  *app.App
}

// lockedBuffer is a log that is written and read at the same time.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const (
	goalA = "goals:\n  - {id: a, name: Goal A, owner: t, work: {epics: [PAY-1]}}\n"
	goalB = "goals:\n  - {id: b, name: Goal B, owner: t, work: {epics: [PAY-2]}}\n"
)

// run starts a service over a simulated site, with one goal.
func run(t *testing.T) *running { t.Helper(); return runWith(t, goalA) }

// runWith starts one with the goals of a file.
func runWith(t *testing.T, goals string) *running {
	t.Helper()
	now := time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
	_, world := theCompany(t, now)
	site := httptest.NewServer(jirasim.New(world, jirasim.Options{PAT: "pat", Now: func() time.Time { return now }}))
	t.Cleanup(site.Close)
	r := &running{t: t, dir: t.TempDir(), log: &lockedBuffer{}}
	r.write("plumbline.yaml", "sites: [{name: acme, url: \""+site.URL+"\", auth: {pat_env: UNUSED}, scope: project is not EMPTY}]\nstore: {path: p.db}\nlisten: 127.0.0.1:0\n")
	r.write("goals/a.yaml", goals)
	path := filepath.Join(r.dir, "plumbline.yaml")
	settings, err := app.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(app.Options{
		Settings: settings, Reread: func() (app.Settings, error) { return app.Read(path) },
		Logger: slog.New(slog.NewTextHandler(r.log, nil)), Secret: func(*config.Site) (string, error) { return "pat", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	r.app = a
	l, err := app.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.base = "http://" + l.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	r.await("the service is ready", func() bool { return r.status("/-/ready") == 200 })
	return r
}

func (r *running) write(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		r.t.Fatal(err)
	}
	write(r.t, path, text)
}

func (r *running) ask(method, path string) (int, string) {
	r.t.Helper()
	q, err := http.NewRequestWithContext(r.t.Context(), method, r.base+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func (r *running) status(path string) int {
	code, _ := r.ask("GET", path)
	return code
}

// await asks until it is so.
func (r *running) await(what string, so func() bool) {
	r.t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !so() {
		select {
		case <-again.C:
		case <-deadline.C:
			r.t.Fatalf("not within 30 s: %s; the log:\n%s", what, r.log)
		}
	}
}

// inForce checks which goals there are, and whether the last reload went well.
func (r *running) inForce(ids string, well bool) {
	r.t.Helper()
	for _, id := range []string{"a", "b"} {
		want := 404
		if strings.Contains(ids, id) {
			want = 200
		}
		if got := r.status("/api/v1/goals/" + id); got != want {
			r.t.Errorf("goal %s answers %d, want %d", id, got, want)
		}
	}
	metric := "plumbline_config_last_reload_successful 0"
	if well {
		metric = "plumbline_config_last_reload_successful 1"
	}
	if _, text := r.ask("GET", "/metrics"); !strings.Contains(text, metric+"\n") {
		r.t.Errorf("the metrics don't say %s", metric)
	}
	_, board := r.ask("GET", "/")
	if strings.Contains(board, "is not in force") == well {
		r.t.Errorf("reload well: %v, and the board says\n%s", well, board)
	}
}

func TestABadFileLeavesTheOldGoalsInForceAndSaysWhy(t *testing.T) {
	r := run(t)
	r.inForce("a", true)
	// One file is right and one is not: neither is taken.
	r.write("goals/b.yaml", goalB)
	r.write("goals/c.yaml", "goals:\n  - {id: c, namee: C, owner: t}\n")
	const why = `c.yaml:2:13: goals[0].namee: unknown key "namee"; did you mean "name"?`
	code, text := r.ask("POST", "/-/reload")
	if code != 500 || !strings.Contains(text, why) || !strings.Contains(text, "the old one stays in force") {
		t.Errorf("the answer is %d: %s", code, text)
	}
	r.inForce("a", false)
	if _, board := r.ask("GET", "/"); !strings.Contains(board, "c.yaml:2:5: goals[0]: name is missing; add name: with what is to be reached (and 1 more finding)") {
		t.Errorf("the board does not say why:\n%s", board)
	}
	if !strings.Contains(r.log.String(), `c.yaml:2:13: goals[0].namee: unknown key`) {
		t.Errorf("the log does not say why:\n%s", r.log)
	}
	if err := os.Remove(filepath.Join(r.dir, "goals/c.yaml")); err != nil {
		t.Fatal(err)
	}
	if code, text := r.ask("POST", "/-/reload"); code != 200 {
		t.Errorf("the answer is %d: %s", code, text)
	}
	r.inForce("ab", true)
}

func TestASavedFileIsLiveByItself(t *testing.T) {
	r := run(t)
	r.write("goals/b.yaml", goalB)
	r.await("goal b is there", func() bool { return r.status("/api/v1/goals/b") == 200 })
	r.inForce("ab", true)
	r.write("goals/b.yaml", "goals: [\n")
	r.await("the board tells of the bad file", func() bool {
		_, board := r.ask("GET", "/")
		return strings.Contains(board, "b.yaml:1:8: is no YAML")
	})
	r.inForce("ab", false)
}

func TestAHangUpIsAReload(t *testing.T) {
	// Should the service not listen, the signal must not end the tests.
	ours := make(chan os.Signal, 1)
	signal.Notify(ours, syscall.SIGHUP)
	defer signal.Stop(ours)
	r := run(t)
	r.write("goals/b.yaml", goalB)
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	r.await("goal b is there", func() bool { return r.status("/api/v1/goals/b") == 200 })
	r.inForce("ab", true)
}
