//go:build integration

package dashboard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"plumbline/internal/dashboard"
	"plumbline/internal/export"
	"plumbline/internal/flow"
	"plumbline/internal/measure"
)

// patience bounds every wait: for Prometheus to start, to have scraped, and to
// answer.
const patience = time.Minute

// TestPrometheusAnswersEveryQueryOfTheDashboards runs Debian's Prometheus with
// the shipped configuration against a Plumbline, and asks it everything that
// the dashboards and alerts ask. PLUMBLINE_TARGET is the host:port to scrape;
// without it, an invented company is.
func TestPrometheusAnswersEveryQueryOfTheDashboards(t *testing.T) {
	target := os.Getenv("PLUMBLINE_TARGET")
	if target == "" {
		target = inventedTarget(t)
	}
	prom := startPrometheus(t, target)
	prom.await(t, "the first scrape", func() error {
		return prom.answered(dashboard.Query{Expr: measure.MetricSyncLastSuccess, Instant: true})
	})

	for name, file := range files(t) {
		queries, err := dashboard.Queries(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range queries {
			t.Run(name+"/"+q.From+"/"+q.RefID, func(t *testing.T) {
				prom.await(t, q.Expr, func() error { return prom.answered(q) })
			})
		}
	}
	t.Run("the alert rules are evaluated without error", func(t *testing.T) {
		prom.await(t, "every rule's first evaluation", prom.rulesHealthy)
	})
	if os.Getenv("PLUMBLINE_TARGET") == "" {
		t.Run("the stalled goal of the invented company is about to be told of", func(t *testing.T) {
			pending := dashboard.Query{Expr: `ALERTS{alertname="GoalStalled",name="The goal that is stalled"}`, Instant: true}
			prom.await(t, "the alert", func() error { return prom.answered(pending) })
		})
	}
}

func TestPromtoolFindsNothingWrong(t *testing.T) {
	target := os.Getenv("PLUMBLINE_TARGET")
	if target == "" {
		target = inventedTarget(t)
	}
	for _, args := range [][]string{
		{"check", "rules", "alerts.yaml"},
		{"check", "config", "prometheus.yml"},
		{"test", "rules", "alerts.test.yaml"},
	} {
		cmd := exec.CommandContext(t.Context(), "promtool", args...)
		cmd.Dir = rules
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}

	page, err := get(t.Context(), "http://"+target+"/metrics")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
	cmd.Stdin = bytes.NewReader(page)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// inventedTarget serves the metrics of an invented company and returns where.
func inventedTarget(t *testing.T) string {
	t.Helper()
	e := export.New(nil)
	if err := e.Publish(inventedSnapshot(time.Now())); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", export.Handler(e, selfMetrics()))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// inventedSnapshot has a goal in every state of health, with the trouble that
// goes with it.
func inventedSnapshot(at time.Time) *measure.Snapshot {
	day := func(n int) *time.Time { d := at.AddDate(0, 0, n); return &d }
	date := func(n int) *flow.Date { d := flow.DateOf(at.AddDate(0, 0, n)); return &d }
	after := (10 * 24 * time.Hour).Seconds()

	s := &measure.Snapshot{At: at}
	for k, health := range measure.HealthStates() {
		g := measure.GoalStatus{
			ID: fmt.Sprintf("goal-%d", k), Name: fmt.Sprintf("The goal that is %s", health),
			Owner: fmt.Sprintf("team-%d", k%3), Parent: "customer-trust", Health: health, HealthSince: day(-3 * k),
		}
		if health != measure.NotStarted && health != measure.HealthUnknown {
			delivered, discarded, open := 10+k, k, 8-k
			reported := float64(delivered+discarded) / float64(delivered+discarded+open)
			real := float64(delivered) / float64(delivered+open)
			added, removed, slip, stalled := 5*k, k, 14*k, health == measure.Stalled
			g.Issues = measure.Parts{ToDo: open - open/2, InProgress: open / 2, Delivered: delivered, Discarded: discarded}
			g.Reported, g.Delivered, g.ScopeAdded, g.ScopeRemoved = &reported, &real, &added, &removed
			g.Target, g.FirstTarget, g.TargetSlipDays, g.TargetMoves = date(30+14*k), date(30), &slip, k
			g.LastProgress, g.StallAfterSeconds, g.Stalled = day(-4*k), &after, &stalled
		}
		s.Goals = append(s.Goals, g)
	}
	return s
}

// server is a Prometheus that this test started.
type server struct{ url string }

// startPrometheus runs Prometheus with the shipped configuration, but for the
// target and the intervals, until the test ends.
func startPrometheus(t *testing.T, target string) *server {
	t.Helper()
	dir := t.TempDir()
	config := strings.NewReplacer("targets: [127.0.0.1:9847]", "targets: ["+target+"]",
		"_interval: 60s", "_interval: 1s", "scrape_timeout: 10s", "scrape_timeout: 1s").
		Replace(string(read(t, filepath.Join(rules, "prometheus.yml"))))
	for name, content := range map[string][]byte{
		"prometheus.yml": []byte(config),
		"alerts.yaml":    read(t, filepath.Join(rules, "alerts.yaml")),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	addr := freeAddress(t)
	var log bytes.Buffer
	cmd := exec.Command("prometheus",
		"--config.file="+filepath.Join(dir, "prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+addr)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting prometheus: %v", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	t.Cleanup(func() { stop(t, cmd, exited, &log) })

	s := &server{url: "http://" + addr}
	s.await(t, "prometheus to be ready", func() error {
		_, err := get(t.Context(), s.url+"/-/ready")
		return err
	})
	return s
}

// stop asks Prometheus to end, and insists if it doesn't.
func stop(t *testing.T, cmd *exec.Cmd, exited <-chan error, log *bytes.Buffer) {
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("stopping prometheus: %v", err)
	}
	select {
	case err := <-exited:
		if err != nil || t.Failed() {
			t.Errorf("prometheus ended with %v; its log:\n%s", err, log)
		}
	case <-time.After(patience):
		_ = cmd.Process.Kill() // the failure is told below
		<-exited
		t.Errorf("prometheus did not end within %s; its log:\n%s", patience, log)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// await asks until there is no error, and fails when patience ends.
func (s *server) await(t *testing.T, what string, ask func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		err := ask()
		if err == nil {
			return
		}
		if fault, ok := err.(badQuery); ok {
			t.Fatalf("%s: %v", what, fault) // asking again would not help
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waited %s for %s: %v", patience, what, err)
		case <-again.C:
		}
	}
}

// badQuery is Prometheus's word that a query can't be answered.
type badQuery string

func (b badQuery) Error() string { return string(b) }

// answered asks the query; an answer without any series is an error.
func (s *server) answered(q dashboard.Query) error {
	now := time.Now()
	path, args := "/api/v1/query", url.Values{"query": {q.Expr}}
	if !q.Instant {
		path = "/api/v1/query_range"
		args.Set("start", strconv.FormatInt(now.Add(-time.Minute).Unix(), 10))
		args.Set("end", strconv.FormatInt(now.Unix(), 10))
		args.Set("step", "5")
	}
	var answer struct {
		Result []json.RawMessage
	}
	if err := s.ask(path+"?"+args.Encode(), &answer); err != nil {
		return err
	}
	if len(answer.Result) == 0 {
		return fmt.Errorf("no data for %s", q.Expr)
	}
	return nil
}

// rulesHealthy says whether every rule has been evaluated, and without error.
func (s *server) rulesHealthy() error {
	var answer struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	if err := s.ask("/api/v1/rules", &answer); err != nil {
		return err
	}
	rules := 0
	for _, g := range answer.Groups {
		for _, r := range g.Rules {
			rules++
			if r.Health == "err" {
				return badQuery(r.Name + ": " + r.LastError)
			}
			if r.Health != "ok" {
				return fmt.Errorf("the rule %s is %s", r.Name, r.Health)
			}
		}
	}
	if rules == 0 {
		return fmt.Errorf("no rule is loaded")
	}
	return nil
}

// ask reads the data of an answer of Prometheus's API.
func (s *server) ask(path string, data any) error {
	body, err := get(context.Background(), s.url+path)
	var answer struct {
		Status, Error string
		Warnings      []string
		Data          json.RawMessage
	}
	if json.Unmarshal(body, &answer) == nil && (answer.Status == "error" || len(answer.Warnings) > 0) {
		return badQuery(answer.Error + strings.Join(answer.Warnings, "; "))
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(answer.Data, data)
}

// get returns the body of the page, and an error unless it is there.
func get(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", address, resp.Status)
	}
	return body, err
}
