package syncer_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plumbline/internal/flow"
	"plumbline/internal/jira"
	"plumbline/internal/jirasim"
	"plumbline/internal/realdata"
	"plumbline/internal/store"
	"plumbline/internal/syncer"
)

var (
	_ syncer.Source = (*jira.Client)(nil)
	_ syncer.Store  = (*store.Store)(nil)
)

// world is a simulated site, a store, and a syncer between them, under one
// clock that goes on only where a test or somebody's waiting makes it.
type world struct {
	t     *testing.T
	clock atomic.Int64 // nanoseconds since 1970
	store *store.Store
	// fault, where set, may answer a request instead of the site.
	fault    func(w http.ResponseWriter, r *http.Request) bool
	serving  sync.Mutex // guards the fault and the requests: some come at a time
	faults   *jirasim.Faults
	requests []string
	url      string
	scope    string
	// selectors are those of the goals in force.
	selectors []syncer.Selector
	pat       string
	reg       *prometheus.Registry
	metrics   *syncer.Metrics
	syncer    *syncer.Syncer
}

// newWorld serves AeroGear as it was at now.
func newWorld(t *testing.T, now time.Time) *world {
	t.Helper()
	dump, err := jirasim.LoadDump(realdata.Open(t, "jira-aerogear.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return newWorldOf(t, dump, now, jirasim.DataCenter)
}

// newWorldOf serves a world as a site of the flavour.
func newWorldOf(t *testing.T, dump *jirasim.World, now time.Time, flavour string) *world {
	t.Helper()
	w := &world{t: t, pat: "token", reg: prometheus.NewPedanticRegistry()}
	w.set(now)
	w.metrics, w.faults = syncer.NewMetrics(w.reg), jirasim.NewFaults()
	site := jirasim.New(dump, jirasim.Options{
		Flavour: flavour, Now: w.now, PAT: "token", MaxResults: 40, Faults: w.faults,
	})
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !w.interferes(rw, r) {
			site.ServeHTTP(rw, r)
		}
	}))
	t.Cleanup(srv.Close)
	w.url = srv.URL
	var err error
	w.store, err = store.Open(filepath.Join(t.TempDir(), "plumbline.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	w.restart()
	return w
}

func (w *world) now() time.Time       { return time.Unix(0, w.clock.Load()).UTC() }
func (w *world) set(now time.Time)    { w.clock.Store(now.UnixNano()) }
func (w *world) pass(d time.Duration) { w.clock.Add(int64(d)) }

// sleep lets the time pass that somebody wants to wait; several wait at once.
func (w *world) sleep(ctx context.Context, d time.Duration) error {
	until := w.clock.Load() + int64(d)
	for at := w.clock.Load(); at < until && !w.clock.CompareAndSwap(at, until); {
		at = w.clock.Load()
	}
	return ctx.Err()
}

// interferes notes a request and tells whether a fault has answered it.
func (w *world) interferes(rw http.ResponseWriter, r *http.Request) bool {
	w.serving.Lock()
	defer w.serving.Unlock()
	w.requests = append(w.requests, r.Method+" "+r.URL.Path)
	return w.fault != nil && w.fault(rw, r)
}

// restart makes the syncer anew, as another process would.
func (w *world) restart() {
	w.t.Helper()
	var err error
	w.syncer, err = syncer.New(syncer.Options{
		Site: "acme", Scope: w.scope, Source: w.client(), Store: w.store, Now: w.now, Metrics: w.metrics,
		Selectors: func() []syncer.Selector { return w.selectors },
		Batch:     40, // a page, so that a run can be stopped within
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) client() *jira.Client {
	w.t.Helper()
	c, err := jira.New(jira.Options{
		Site: "acme", URL: w.url, Auth: jira.Auth{PAT: w.pat}, Scope: w.scope, Pseudonym: jira.Pseudonymizer([]byte("k")),
		RequestsPerSecond: 1e6, Now: w.now, Sleep: w.sleep,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) run(kind syncer.Kind) (syncer.Report, error) {
	w.serving.Lock() // a run before that was cut off may have left a request behind
	w.requests = nil
	w.serving.Unlock()
	return w.syncer.Run(context.Background(), kind, nil)
}

func (w *world) mustRun(kind syncer.Kind) syncer.Report {
	w.t.Helper()
	r, err := w.run(kind)
	if err != nil || r.Result != syncer.Complete {
		w.t.Fatalf("%s sync: %+v, %v", kind, r, err)
	}
	return r
}

func (w *world) checkpoint() flow.Checkpoint {
	w.t.Helper()
	cp, err := w.store.Checkpoint("acme")
	if err != nil {
		w.t.Fatal(err)
	}
	return cp
}

func (w *world) dump() string {
	w.t.Helper()
	var b bytes.Buffer
	if err := w.store.Dump(context.Background(), &b); err != nil {
		w.t.Fatal(err)
	}
	return b.String()
}
