//go:build integration

package export_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/export"
)

// patience bounds every wait for a program that is not ours.
const patience = time.Minute

func TestPrometheusShowsTheYearThatPromtoolReadFromABackfill(t *testing.T) {
	p, plan := lastDays(t, 365, 3)
	text, _ := written(t, &export.Text{}, p, plan)
	dir := t.TempDir()
	file := filepath.Join(dir, "past.txt")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=744h", file, filepath.Join(dir, "data"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("promtool: %v\n%s", err, out)
	}
	prom := startPrometheus(t, dir, "")
	want := pointsOf(t, text)
	for _, k := range []int{0, 1, 100, 200, 363, 364} {
		prom.shows(t, plan.Moments[k], want[plan.Moments[k].UnixMilli()])
	}
	// Off midnight, a day apart: the last value of 26 hours.
	noon := plan.Moments[100].Add(12 * time.Hour)
	midnight := map[string]float64{}
	for name, v := range want[plan.Moments[100].UnixMilli()] {
		if strings.HasPrefix(name, "plumbline_goal_delivered_completion_ratio{") {
			midnight[name] = v
		}
	}
	got := prom.values(t, noon, `last_over_time(plumbline_goal_delivered_completion_ratio[26h])`)
	if diff := cmp.Diff(midnight, got); diff != "" || len(got) < 2 {
		t.Errorf("at noon (-midnight +last value of 26 hours):\n%s", diff)
	}
}

func TestPrometheusTakesAYearByRemoteWriteBehindWhatItHas(t *testing.T) {
	prom := startPrometheus(t, t.TempDir(), "storage: {tsdb: {out_of_order_time_window: 750d}}\n")
	p, plan := lastDays(t, 365, 3)
	send := func(from, to int) *export.Delivery {
		t.Helper()
		d := &export.Delivery{Remote: remote(t, export.RemoteOptions{URL: prom.url + "/api/v1/write"})}
		q := export.Requests{Send: func(q export.Request) error { return d.Send(t.Context(), q) }}
		w, err := q.Write(t.Context(), p, export.Plan{Moments: plan.Moments[from:to]})
		if err != nil || d.Taken != w.Samples || d.Refused != 0 {
			t.Fatalf("%v, %+v of %d samples", err, d, w.Samples)
		}
		return d
	}
	send(364, 365) // the present, which is there already
	send(0, 365)   // the past behind it
	send(200, 365) // and a part of it once more, as after an interruption

	text, _ := written(t, &export.Text{}, p, plan)
	want := pointsOf(t, text)
	for _, k := range []int{0, 1, 100, 200, 363, 364} {
		prom.shows(t, plan.Moments[k], want[plan.Moments[k].UnixMilli()])
	}
}

func TestPrometheusWithoutAWindowRefusesThePastAndThatIsSaid(t *testing.T) {
	prom := startPrometheus(t, t.TempDir(), "")
	p, plan := lastDays(t, 30, 1)
	d := &export.Delivery{Remote: remote(t, export.RemoteOptions{URL: prom.url + "/api/v1/write"})}
	q := export.Requests{Send: func(q export.Request) error { return d.Send(t.Context(), q) }}
	for _, moments := range [][]time.Time{plan.Moments[29:], plan.Moments[:29]} {
		if _, err := q.Write(t.Context(), p, export.Plan{Moments: moments}); err != nil {
			t.Fatal(err)
		}
	}
	if d.Requests != 1 || len(d.Refusals) != 1 || !d.Refusals[0].First.Equal(plan.Moments[0]) || !d.Refusals[0].Last.Equal(plan.Moments[28]) {
		t.Errorf("%+v; want one request taken and the 29 days before it refused", d)
	}
}

// realPrometheus is one that this test started.
type realPrometheus struct{ url string }

// startPrometheus runs Debian's Prometheus over the folder's data until the
// test ends; it scrapes nothing.
func startPrometheus(t *testing.T, dir, config string) *realPrometheus {
	t.Helper()
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte("global: {scrape_interval: 1h}\n"+config), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd := exec.Command("prometheus", "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--storage.tsdb.retention.time=2y", "--web.enable-remote-write-receiver", "--web.listen-address="+addr)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting prometheus: %v", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
		select {
		case err := <-exited:
			if err != nil || t.Failed() {
				t.Errorf("prometheus ended with %v; its log:\n%s", err, &log)
			}
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			<-exited
			t.Errorf("prometheus did not end within %s", patience)
		}
	})
	p := &realPrometheus{"http://" + addr}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		if _, err := p.get(ctx, "/-/ready"); err == nil {
			return p
		}
		select {
		case <-ctx.Done():
			t.Fatal("prometheus did not become ready")
		case <-again.C:
		}
	}
}

func (p *realPrometheus) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+path, nil)
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
		err = fmt.Errorf("%s: %s", resp.Status, body)
	}
	return body, err
}

// values asks the query as of a moment: value by series.
func (p *realPrometheus) values(t *testing.T, when time.Time, query string) map[string]float64 {
	t.Helper()
	ask := url.Values{"query": {query}, "time": {strconv.FormatFloat(float64(when.UnixMilli())/1000, 'f', 3, 64)}}
	body, err := p.get(t.Context(), "/api/v1/query?"+ask.Encode())
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, r := range answer.Data.Result {
		var labels []string
		for name, v := range r.Metric {
			if name != "__name__" {
				labels = append(labels, fmt.Sprintf("%s=%q", name, v))
			}
		}
		slices.Sort(labels)
		v, err := strconv.ParseFloat(r.Value[1].(string), 64)
		if err != nil {
			t.Fatal(err)
		}
		out[r.Metric["__name__"]+"{"+strings.Join(labels, ",")+"}"] = v
	}
	return out
}

// shows checks that Prometheus has exactly these samples of the moment.
func (p *realPrometheus) shows(t *testing.T, when time.Time, want map[string]float64) {
	t.Helper()
	plain := map[string]float64{}
	for name, v := range want { // Prometheus keeps no empty label
		plain[strings.ReplaceAll(strings.ReplaceAll(name, `,parent=""`, ""), `,owner=""`, "")] = v
	}
	if diff := cmp.Diff(plain, p.values(t, when, `{__name__=~"plumbline_.+"}`)); diff != "" {
		t.Errorf("at %s (-back-fill +Prometheus):\n%s", when, diff)
	}
}
