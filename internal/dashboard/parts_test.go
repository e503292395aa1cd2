//go:build integration

package dashboard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"plumbline/internal/dashboard"
)

// The real parts of the chain: programs that the test starts and asks.

// patience bounds every wait: for a program to start, to have scraped, and to
// answer.
const patience = 90 * time.Second

// run starts a program that lasts until the test ends, or until what it returns
// is called, and waits for its page.
func run(t *testing.T, page string, env []string, name string, args ...string) (end func()) {
	t.Helper()
	var log bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", name, err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait(); close(exited) }()
	end = sync.OnceFunc(func() { stop(t, name, cmd, exited, &log) })
	t.Cleanup(end)
	await(t, page, func() error {
		select {
		case err := <-exited:
			return lost(fmt.Sprintf("%s ended before it answered: %v; its log:\n%s", name, err, &log))
		default:
			_, err := get(t.Context(), page)
			return err
		}
	})
	return end
}

// stop asks a program to end, and insists if it doesn't.
func stop(t *testing.T, name string, cmd *exec.Cmd, exited <-chan error, log *bytes.Buffer) {
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("stopping %s: %v", name, err)
		return
	}
	select {
	case err := <-exited:
		if err != nil || t.Failed() {
			t.Errorf("%s ended with %v; its log:\n%s", name, err, log)
		}
	case <-time.After(patience):
		_ = cmd.Process.Kill() // the failure is told below
		<-exited
		t.Errorf("%s did not end within %s; its log:\n%s", name, patience, log)
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

func save(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// lost is what asking again would not mend: a program that ended, a query that
// Prometheus can't answer, an answer that is wrong.
type lost string

func (l lost) Error() string { return string(l) }

// await asks until there is no error, and fails when patience ends.
func await(t *testing.T, what string, ask func() error) {
	t.Helper()
	awaitWithin(t, patience, what, ask)
}

// awaitWithin is await with less patience.
func awaitWithin(t *testing.T, patience time.Duration, what string, ask func() error) {
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
		if fault, ok := errors.AsType[lost](err); ok {
			t.Fatalf("%s: %v", what, fault) // asking again would not help
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waited %s for %s: %v", patience, what, err)
		case <-again.C:
		}
	}
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

// prometheus is a Prometheus that the test started.
type prometheus struct {
	url     string
	restart func()
}

// startPrometheus runs Prometheus over the data, with configuration and rules
// of these durations.
func startPrometheus(t *testing.T, d dashboard.Durations, data string, places dashboard.Places) *prometheus {
	t.Helper()
	dir, address := t.TempDir(), freeAddress(t)
	made, err := dashboard.Rules(d)
	if err != nil {
		t.Fatal(err)
	}
	made["prometheus.yml"] = dashboard.ScrapeConfig(d, places)
	for name, content := range made {
		save(t, filepath.Join(dir, name), content)
	}
	p := &prometheus{url: "http://" + address}
	start := func() (end func()) {
		return run(t, p.url+"/-/ready", nil, "prometheus",
			"--config.file="+filepath.Join(dir, "prometheus.yml"),
			"--storage.tsdb.path="+data,
			"--storage.tsdb.retention.time=2y",
			"--web.listen-address="+address)
	}
	end := start()
	p.restart = func() {
		end()
		end = start()
	}
	return p
}

// series is one series of an answer: its labels and its values over time.
type series struct {
	Metric map[string]string
	Value  sample
	Values []sample
}

type sample [2]any

func (s sample) number() (float64, error) {
	text, ok := s[1].(string)
	if !ok {
		return 0, fmt.Errorf("the sample %v has no value", s)
	}
	return strconv.ParseFloat(text, 64)
}

// values are the series' numbers, one or many.
func (s *series) values() ([]float64, error) {
	samples := s.Values
	if len(samples) == 0 {
		samples = []sample{s.Value}
	}
	var all []float64
	for _, v := range samples {
		n, err := v.number()
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

// answer asks the query as of now: for a moment, or for the last minute and
// what its board shows of the future.
func (p *prometheus) answer(q dashboard.Query) ([]series, error) {
	now := time.Now()
	if q.Instant {
		return p.at(q.Expr, now)
	}
	got, err := p.during(q.Expr, now.Add(-time.Minute), now, 5*time.Second)
	if err == nil && len(got) == 0 && q.Ahead > 0 {
		return p.during(q.Expr, now, now.Add(q.Ahead), 6*time.Hour)
	}
	return got, err
}

// at asks for one moment, during for each step of a range.
func (p *prometheus) at(expr string, t time.Time) ([]series, error) {
	return p.query("query", url.Values{"query": {expr}, "time": {unix(t)}})
}

func (p *prometheus) during(expr string, from, to time.Time, step time.Duration) ([]series, error) {
	return p.query("query_range", url.Values{"query": {expr}, "start": {unix(from)}, "end": {unix(to)}, "step": {step.String()}})
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

func (p *prometheus) query(path string, args url.Values) ([]series, error) {
	var answer struct{ Result []series }
	err := p.ask("/api/v1/"+path+"?"+args.Encode(), &answer)
	return answer.Result, err
}

// value is the only number of an answer as of now.
func (p *prometheus) value(t *testing.T, expr string) float64 {
	t.Helper()
	got, err := p.at(expr, time.Now())
	if err != nil || len(got) != 1 {
		t.Fatalf("%s has the answer %v, %v", expr, got, err)
	}
	v, err := got[0].Value.number()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// has is an error unless the query has an answer.
func (p *prometheus) has(expr string) error {
	got, err := p.answer(dashboard.Query{Expr: expr, Instant: true})
	if err == nil && len(got) == 0 {
		err = fmt.Errorf("no data for %s", expr)
	}
	return err
}

// rulesHealthy says whether every rule has been evaluated, and without error.
func (p *prometheus) rulesHealthy() error {
	var answer struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	if err := p.ask("/api/v1/rules", &answer); err != nil {
		return err
	}
	rules := 0
	for _, g := range answer.Groups {
		for _, r := range g.Rules {
			rules++
			if r.Health == "err" {
				return lost(r.Name + ": " + r.LastError)
			}
			if r.Health != "ok" {
				return fmt.Errorf("the rule %s is %s", r.Name, r.Health)
			}
		}
	}
	if rules == 0 {
		return errors.New("no rule is loaded")
	}
	return nil
}

// ask reads the data of an answer of Prometheus's API.
func (p *prometheus) ask(path string, data any) error {
	body, err := get(context.Background(), p.url+path)
	var answer struct {
		Status, Error string
		Warnings      []string
		Data          json.RawMessage
	}
	if json.Unmarshal(body, &answer) == nil && (answer.Status == "error" || len(answer.Warnings) > 0) {
		return lost(answer.Error + strings.Join(answer.Warnings, "; "))
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(answer.Data, data)
}

// sorted are the keys of a map, so that tests come in one order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
