package syncer_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"plumbline/internal/jira"
	"plumbline/internal/syncer"
)

var aerogearEnd = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestAFullSyncReadsEverythingAndASecondChangesNothing(t *testing.T) {
	w := newWorld(t, aerogearEnd)
	r := w.mustRun(syncer.Full)
	if r.Read != 200 || r.New != 200 || r.Problems != 0 || r.Changes != 1735 {
		t.Errorf("report %+v; want 200 new issues with 1735 changes", r)
	}
	before := w.dump()
	if n := strings.Count(before, "\n"); n != 200 {
		t.Errorf("the store holds %d issues", n)
	}
	w.pass(time.Hour)
	if r = w.mustRun(syncer.Full); r.New+r.Changed+r.Changes != 0 || r.Read != 200 {
		t.Errorf("second full sync: %+v; nothing has changed", r)
	}
	if diff := cmp.Diff(before, w.dump()); diff != "" {
		t.Errorf("the second sync changed the store:\n%s", diff)
	}
}

func TestAnIdleIncrementalSyncMakesThreeRequests(t *testing.T) {
	w := newWorld(t, aerogearEnd)
	w.mustRun(syncer.Full)
	w.restart()
	w.pass(5 * time.Minute)
	r := w.mustRun(syncer.Incremental)
	want := []string{"GET /rest/api/2/serverInfo", "GET /rest/api/2/myself", "POST /rest/api/2/search"}
	if diff := cmp.Diff(want, w.requests); diff != "" || r.Requests != 3 || r.Kind != syncer.Incremental {
		t.Errorf("requests (-want +got):\n%s\nreport %+v", diff, r)
	}
	if cp := w.checkpoint(); !cp.Watermark.Equal(w.now()) || !cp.LastSuccess.Equal(w.now()) {
		t.Errorf("watermark %s, last success %s; want %s", cp.Watermark, cp.LastSuccess, w.now())
	}
}

func TestIncrementalSyncsEndWhereOneFullSyncDoes(t *testing.T) {
	whole := newWorld(t, aerogearEnd)
	whole.mustRun(syncer.Full)
	steps := newWorld(t, time.Date(2012, 3, 1, 0, 0, 0, 0, time.UTC))
	if r := steps.mustRun(syncer.Incremental); r.Kind != syncer.Full {
		t.Errorf("the first sync was %s", r.Kind)
	}
	for _, at := range []time.Time{
		time.Date(2012, 3, 1, 6, 0, 0, 0, time.UTC), time.Date(2012, 6, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2013, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC), aerogearEnd,
	} {
		steps.set(at)
		if r := steps.mustRun(syncer.Incremental); r.Kind != syncer.Incremental {
			t.Errorf("the sync of %s was %s", at, r.Kind)
		}
	}
	if diff := cmp.Diff(whole.dump(), steps.dump()); diff != "" {
		t.Errorf("issues (-full +incremental):\n%s", diff)
	}
}

// failSearch answers the n-th search of a run (from 1) and all behind it with
// the status.
func failSearch(n, status int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/search") {
			return false
		}
		if n--; n > 0 {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{}`) // the client reads it or not
		return true
	}
}

func TestAFullSyncThatBreaksOffGoesOnWhereItStopped(t *testing.T) {
	w := newWorld(t, aerogearEnd)
	w.fault = failSearch(4, 500)
	r, err := w.run(syncer.Full)
	if err == nil || r.Result != syncer.Partial || len(r.Reasons) != 1 || r.Read < 100 {
		t.Fatalf("report %+v, %v; want a partial run with its reason", r, err)
	}
	cp := w.checkpoint()
	if !cp.Watermark.IsZero() || cp.FullFrom.IsZero() || !cp.LastSuccess.IsZero() {
		t.Errorf("checkpoint %+v", cp)
	}
	started := cp.FullStarted
	w.fault = nil
	w.restart()
	w.pass(time.Hour)
	again := w.mustRun(syncer.Incremental) // there is no watermark yet
	if !again.Resumed || again.Kind != syncer.Full || again.Read >= 150 {
		t.Errorf("report %+v; want a full sync that goes on", again)
	}
	if cp = w.checkpoint(); !cp.Watermark.Equal(started) || !cp.FullFrom.IsZero() {
		t.Errorf("watermark %s; want the start of the first part, %s", cp.Watermark, started)
	}
	whole := newWorld(t, aerogearEnd)
	whole.mustRun(syncer.Full)
	if diff := cmp.Diff(whole.dump(), w.dump()); diff != "" {
		t.Errorf("issues (-at once +in parts):\n%s", diff)
	}
}

func TestAnUnfinishedFullSyncIsBegunAgain(t *testing.T) {
	tests := []struct {
		name   string
		change func(*world)
	}{
		{"a day later", func(w *world) { w.pass(25 * time.Hour) }},
		{"under another scope", func(w *world) { w.scope = "project = AEROGEAR" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, aerogearEnd)
			w.fault = failSearch(4, 500)
			if _, err := w.run(syncer.Full); err == nil {
				t.Fatal("the first part did not fail")
			}
			w.fault = nil
			tt.change(w)
			w.restart()
			if r := w.mustRun(syncer.Full); r.Resumed || r.Read != 200 {
				t.Errorf("report %+v; want everything read", r)
			}
		})
	}
}

func TestAnotherScopeMakesAnIncrementalSyncFull(t *testing.T) {
	w := newWorld(t, aerogearEnd)
	w.mustRun(syncer.Full)
	w.scope = "project = AEROGEAR"
	w.restart()
	if r := w.mustRun(syncer.Incremental); r.Kind != syncer.Full {
		t.Errorf("kind %s", r.Kind)
	}
}

func TestHowARunEnds(t *testing.T) {
	tests := []struct {
		name   string
		search int
		status int
		result syncer.Result
		is     error
	}{
		{"refused at the first page", 1, 401, syncer.Failed, jira.ErrAuth},
		{"refused in the middle", 3, 401, syncer.Failed, jira.ErrAuth},
		{"a query that Jira refuses", 1, 400, syncer.Failed, jira.ErrConfig},
		{"broken at the first page", 1, 500, syncer.Failed, nil},
		{"broken in the middle", 3, 500, syncer.Partial, nil},
		{"overloaded for good in the middle", 3, 503, syncer.Partial, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, aerogearEnd)
			w.fault = failSearch(tt.search, tt.status)
			r, err := w.run(syncer.Full)
			if err == nil || tt.is != nil && !errors.Is(err, tt.is) || r.Result != tt.result || len(r.Reasons) == 0 {
				t.Errorf("report %+v, error %v; want %s", r, err, tt.result)
			}
			kept, err := w.store.Runs(1)
			if err != nil || len(kept) != 1 {
				t.Fatalf("kept runs %d, %v", len(kept), err)
			}
			var again syncer.Report
			if err := json.Unmarshal(kept[0], &again); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r, again); diff != "" {
				t.Errorf("kept report (-returned +kept):\n%s", diff)
			}
		})
	}
}

func TestAnInterruptedSyncIsPartialAndCanGoOn(t *testing.T) {
	w := newWorld(t, aerogearEnd)
	ctx, cancel := context.WithCancel(context.Background())
	r, err := w.syncer.Run(ctx, syncer.Full, func(p syncer.Progress) {
		if p.Total != 200 {
			t.Errorf("progress %+v", p)
		}
		if p.Read >= 70 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || r.Result != syncer.Partial || fmt.Sprint(r.Reasons) != "[interrupted]" {
		t.Errorf("report %+v, %v", r, err)
	}
	if r := w.mustRun(syncer.Full); !r.Resumed {
		t.Errorf("report %+v; want one that goes on", r)
	}
}

func TestAnotherAccountMakesTheRunPartialUntilAFullSyncTakesItOn(t *testing.T) {
	w := newWorld(t, aerogearEnd)
	w.mustRun(syncer.Full)
	watermark := w.checkpoint().Watermark
	w.fault = func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/myself") {
			return false
		}
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw, `{"key":"other","name":"other"}`) // the client reads it or not
		return true
	}
	w.pass(time.Hour)
	for _, kind := range []syncer.Kind{syncer.Incremental, syncer.Full} {
		r, err := w.run(kind)
		if err != nil || r.Result != syncer.Partial || r.Kind != kind || len(r.Reasons) != 1 || !strings.Contains(r.Reasons[0], "another account") {
			t.Fatalf("%s: report %+v, %v", kind, r, err)
		}
		if cp := w.checkpoint(); kind == syncer.Incremental && !cp.Watermark.Equal(watermark) {
			t.Errorf("the incremental run moved the watermark to %s", cp.Watermark)
		}
	}
	w.mustRun(syncer.Incremental)
}

func TestOneRunAtATimeForASite(t *testing.T) {
	w := newWorld(t, aerogearEnd)
	inside := 0
	_, err := w.syncer.Run(context.Background(), syncer.Full, func(syncer.Progress) {
		inside++
		if _, err := w.syncer.Run(context.Background(), syncer.Full, nil); !errors.Is(err, syncer.ErrRunning) {
			t.Errorf("error %v, want %v", err, syncer.ErrRunning)
		}
	})
	if err != nil || inside == 0 {
		t.Errorf("%d pages, %v", inside, err)
	}
}

func TestABadIssueIsListedAndTheRunComplete(t *testing.T) {
	w := newWorld(t, aerogearEnd)
	w.fault = func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/search") {
			return false
		}
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw, `{"startAt":0,"maxResults":50,"total":1,"issues":[{"id":"7","key":"A-7","fields":{"created":"x","status":{"id":"1"},"issuetype":{"id":"1"}}}]}`)
		return true
	}
	r := w.mustRun(syncer.Full)
	want := []syncer.ProblemIssue{{ID: 7, Key: "A-7", What: "created: not a time"}}
	if diff := cmp.Diff(want, r.ProblemIssues); diff != "" || r.Problems != 1 || r.Read != 0 {
		t.Errorf("report %+v, problems (-want +got):\n%s", r, diff)
	}
}

func TestStatusesNobodyKnowsAreAskedForOnce(t *testing.T) {
	w := newWorld(t, aerogearEnd)
	w.mustRun(syncer.Full)
	w.restart()
	w.fault = func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/search") {
			return false
		}
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw, `{"startAt":0,"maxResults":50,"total":1,"issues":[{"id":"7","key":"A-7","fields":{"created":"2020-01-01T00:00:00Z","status":{"id":"1","name":"Open","statusCategory":{"key":"new"}},"issuetype":{"id":"1"}},`+
			`"changelog":{"total":1,"histories":[{"id":"1","created":"2020-01-02T00:00:00Z","items":[{"field":"status","from":"999","to":"1"}]}]}}]}`)
		return true
	}
	for k, want := range []int{5, 3} {
		w.pass(time.Hour)
		if r := w.mustRun(syncer.Incremental); r.Requests != want {
			t.Errorf("run %d made %d requests, want %d: %v", k, r.Requests, want, w.requests)
		}
	}
}

func TestRunsAreMeasuredAndTheLastSuccessSurvivesARestart(t *testing.T) {
	w := newWorld(t, aerogearEnd)
	w.mustRun(syncer.Full)
	w.reg = prometheus.NewPedanticRegistry()
	w.metrics = syncer.NewMetrics(w.reg)
	w.restart()
	want := fmt.Sprintf(`
# HELP plumbline_sync_last_success_timestamp_seconds When the last sync ended that left nothing of the site's issues unread; absent before the first.
# TYPE plumbline_sync_last_success_timestamp_seconds gauge
plumbline_sync_last_success_timestamp_seconds{site="acme"} %d
`, aerogearEnd.Unix())
	if err := testutil.GatherAndCompare(w.reg, strings.NewReader(want), "plumbline_sync_last_success_timestamp_seconds"); err != nil {
		t.Error(err)
	}
	w.fault = failSearch(1, 401)
	if _, err := w.run(syncer.Incremental); err == nil {
		t.Fatal("no error")
	}
	runs := `
# HELP plumbline_sync_runs_total Syncs by how they ended: complete, partial (what was read is stored, something is missing), failed.
# TYPE plumbline_sync_runs_total counter
plumbline_sync_runs_total{kind="agile",result="complete",site="acme"} 0
plumbline_sync_runs_total{kind="agile",result="failed",site="acme"} 0
plumbline_sync_runs_total{kind="agile",result="partial",site="acme"} 0
plumbline_sync_runs_total{kind="census",result="complete",site="acme"} 0
plumbline_sync_runs_total{kind="census",result="failed",site="acme"} 0
plumbline_sync_runs_total{kind="census",result="partial",site="acme"} 0
plumbline_sync_runs_total{kind="full",result="complete",site="acme"} 0
plumbline_sync_runs_total{kind="full",result="failed",site="acme"} 0
plumbline_sync_runs_total{kind="full",result="partial",site="acme"} 0
plumbline_sync_runs_total{kind="incremental",result="complete",site="acme"} 0
plumbline_sync_runs_total{kind="incremental",result="failed",site="acme"} 1
plumbline_sync_runs_total{kind="incremental",result="partial",site="acme"} 0
`
	if err := testutil.GatherAndCompare(w.reg, strings.NewReader(runs), "plumbline_sync_runs_total"); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(w.reg); err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
}
