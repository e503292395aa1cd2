package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"plumbline/internal/measure"
)

// reloading is a company whose reload fails where its context has ended.
type reloading struct{ *company }

func (e reloading) Reload(ctx context.Context) error { return ctx.Err() }

func TestAReloadOutlivesWhoAskedForItAndNotTheService(t *testing.T) {
	s := New(Options{Engine: reloading{newCompany()}, Metrics: http.NotFoundHandler()})
	gone, leave := context.WithCancel(t.Context())
	leave()
	reload := func() int {
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequestWithContext(gone, http.MethodPost, "/-/reload", nil))
		return w.Code
	}
	if code := reload(); code != http.StatusOK {
		t.Errorf("a reload whose asker has gone answers %d", code)
	}
	if err := s.HTTPServer().Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-s.life.Done()
	if code := reload(); code != http.StatusInternalServerError {
		t.Errorf("a reload at the end of the service answers %d", code)
	}
}

// slow is a company whose past takes until it is let go.
type slow struct {
	*company
	begun, let chan struct{}
}

func (e slow) SnapshotAt(_ context.Context, at time.Time) (*measure.Snapshot, error) {
	e.begun <- struct{}{}
	<-e.let
	return &measure.Snapshot{At: at}, nil
}

func TestSlowQuestionsAboutThePastKeepNobodyFromThePresent(t *testing.T) {
	e := slow{newCompany(), make(chan struct{}), make(chan struct{})}
	h := serve(t, e)
	var asking sync.WaitGroup
	for range inFlight {
		asking.Go(func() {
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/?at=2026-10-15", nil))
		})
		<-e.begun
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	for target, want := range map[string]int{
		"/goals/checkout-p95": http.StatusOK, "/decisions": http.StatusOK, "/unlinked": http.StatusOK,
		"/goals/checkout-p95?at=2026-10-15": http.StatusServiceUnavailable,
	} {
		ctx := t.Context()
		if want != http.StatusOK {
			ctx = gone // it would wait
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, target, nil))
		if w.Code != want {
			t.Errorf("%s answers %d while the past is busy, want %d", target, w.Code, want)
		}
	}
	close(e.let)
	asking.Wait()
}
