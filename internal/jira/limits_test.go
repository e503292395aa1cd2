package jira

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// refusing answers one request to the endpoint /limited with the headers, and
// all else well.
func refusing(status int, headers ...string) http.Handler {
	var n atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/jira/limited" && n.Add(1) == 1 {
			w.Header().Set("Date", "Sat, 21 Nov 2026 12:00:00 GMT")
			for k := 0; k < len(headers); k += 2 {
				w.Header().Set(headers[k], headers[k+1])
			}
			w.WriteHeader(status)
			return
		}
		writeJSON(w, 200, `{}`)
	})
}

func TestARefusalStopsWhatItIsAbout(t *testing.T) {
	tests := []struct {
		name    string
		cloud   bool
		status  int
		headers []string
		itself  time.Duration // how long the refused endpoint is left alone
		others  time.Duration
	}{
		{"a burst is one endpoint's", true, 429, []string{"RateLimit-Reason", "jira-burst-based", "Retry-After", "5"}, 6 * time.Second, 0},
		{"a quota is everybody's", true, 429, []string{"RateLimit-Reason", "jira-quota-tenant-based", "Retry-After", "60"}, 61 * time.Second, 61 * time.Second},
		{"a quota lasts until its reset", true, 429, []string{"RateLimit-Reason", "jira-quota-global-based", "X-RateLimit-Reset", "2026-11-21T12:02Z"}, 121 * time.Second, 121 * time.Second},
		{"an old name of a quota", true, 429, []string{"RateLimit-Reason", "jira-quota-based", "Retry-After", "5"}, 6 * time.Second, 6 * time.Second},
		{"a quota that tells no time lasts until the hour is over", true, 429, []string{"RateLimit-Reason", "jira-quota-global-based"}, time.Hour + time.Second, time.Hour + time.Second},
		{"an unknown reason is taken for a burst, but its pause is kept", true, 429, []string{"RateLimit-Reason", "jira-cost-based", "Retry-After", "100"}, 101 * time.Second, 0},
		{"no reason is one", true, 429, []string{"Retry-After", "7"}, 8 * time.Second, 0},
		{"a gateway's refusal has a reset alone", true, 429, []string{"X-Failure-Category", "FAILURE CLIENT RATE LIMITED", "X-RateLimit-Reset", "2026-11-21T12:00:30Z"}, 31 * time.Second, 0},
		{"a gateway's refusal may have nothing", true, 429, []string{"X-Failure-Category", "FAILURE CLIENT RATE LIMITED"}, 0, 0},
		{"a pause of nothing", true, 429, []string{"RateLimit-Reason", "jira-burst-based", "Retry-After", "0"}, 0, 0},
		{"a date", true, 429, []string{"Retry-After", "Sat, 21 Nov 2026 12:00:10 GMT"}, 11 * time.Second, 0},
		{"headers of a trial mean nothing", true, 429, []string{"Beta-RateLimit", `"global-app-quota";r=0;t=600`, "Beta-RateLimit-Policy", "%%", "X-RateLimit-NearLimit", "true"}, 0, 0},
		{"Data Center counts all requests of a user", false, 429, []string{"Retry-After", "5"}, 6 * time.Second, 6 * time.Second},
		{"maintenance is everybody's", true, 503, []string{"Retry-After", "20"}, 21 * time.Second, 21 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, k := testClient(t, refusing(tt.status, tt.headers...))
			if tt.cloud {
				c.flavour = &cloud{c}
			} else {
				c.flavour = &server{c}
			}
			_, _ = c.attempt(context.Background(), request{endpoint: endpointSearch, method: http.MethodGet, path: "limited"}, false)
			if got := c.gates.left(endpointSearch, k.at); got != tt.itself {
				t.Errorf("the endpoint is left alone for %s, want %s", got, tt.itself)
			}
			if got := c.gates.left(endpointField, k.at); got != tt.others {
				t.Errorf("the others are left alone for %s, want %s", got, tt.others)
			}
		})
	}
}

func TestWaitsAreCountedAndBoundedByTheRunsBudget(t *testing.T) {
	var n atomic.Int64
	c, k := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1)%2 == 1 { // every other request
			w.Header().Set("Retry-After", "49")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		writeJSON(w, 200, `{}`)
	}), func(o *Options) { o.Budget = 2 * time.Minute })
	for range 2 {
		if err := ask(c, endpointSearch); err != nil {
			t.Fatal(err)
		}
	}
	err := ask(c, endpointSearch)
	const want = "site acme: search: 429: yielded: the site asked to wait until 2026-11-21T12:02:30Z"
	if !errors.Is(err, ErrYield) || err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
	if got := fmt.Sprint(k.slept); got != "[50s 50s]" {
		t.Errorf("slept %s", got)
	}
	if s := testutil.ToFloat64(c.o.Metrics.throttled.WithLabelValues("acme")); s != 100 {
		t.Errorf("plumbline_jira_throttled_seconds_total is %v, want 100", s)
	}
	c.waits.begin() // as Identify does: another run has a budget of its own
	if err := ask(c, endpointSearch); err != nil {
		t.Error(err)
	}
}

func TestFailuresOfCloudItselfAreRepeatedWithJitter(t *testing.T) {
	for _, status := range []int{500, 502, 503, 504} {
		c, k := testClient(t, refusing(status))
		c.flavour, c.random = &cloud{c}, func() float64 { return 0 }
		_, err := c.call(context.Background(), request{endpoint: endpointSearch, method: http.MethodGet, path: "limited"}, into(&struct{}{}))
		if err != nil || fmt.Sprint(k.slept) != "[1.4s]" {
			t.Errorf("%d: error %v, slept %v; want 1.4s", status, err, k.slept)
		}
	}
}

func TestSeveralRequestsThatWaitAtOnceTakeFromTheBudgetOnce(t *testing.T) {
	c, k := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, `{}`) }),
		func(o *Options) { o.Budget, o.InFlight = 2*time.Minute, 8 })
	arrived, release := make(chan struct{}, 8), make(chan struct{})
	c.sleep = func(ctx context.Context, _ time.Duration) error {
		arrived <- struct{}{}
		<-release
		return k.sleep(ctx, 0)
	}
	c.gates.close("", k.at.Add(time.Minute))
	errs := make(chan error, 8)
	for range 8 {
		go func() { errs <- ask(c, endpointIssue) }()
	}
	for range 8 {
		select {
		case <-arrived:
		case err := <-errs:
			t.Fatal(err)
		}
	}
	k.at = k.at.Add(time.Minute)
	close(release)
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if s := testutil.ToFloat64(c.o.Metrics.throttled.WithLabelValues("acme")); s != 60 {
		t.Errorf("plumbline_jira_throttled_seconds_total is %v, want 60: the run waited for a minute", s)
	}
}
