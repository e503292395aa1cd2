package jira

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// repetitions is how often a request is made again: Atlassian's own
	// recipe, 2, 4, 8 and 16 seconds apart.
	repetitions = 4
	// A site that has not answered anything in this run and to which no
	// connection can be made is tried once more, soon: most often its address
	// is wrong, and who has just typed it is waiting.
	firstRepetitions = 1
	firstPause       = 300 * time.Millisecond

	headerLimitReason = "RateLimit-Reason"
)

// askedPause returns how long an answer asks us to wait. Only refusals count:
// Data Center sends Retry-After with every answer. Moments are read by the
// site's clock, where the answer tells it: ours may be off.
func askedPause(status int, h http.Header, now time.Time) time.Duration {
	if status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
		return 0
	}
	if told, err := http.ParseTime(h.Get("Date")); err == nil {
		now = told
	}
	asked := max(retryAfter(h.Get("Retry-After"), now), resetAt(h.Get("X-RateLimit-Reset"), now))
	if asked == 0 && status == http.StatusTooManyRequests && overQuota(h) {
		return now.Truncate(time.Hour).Add(time.Hour).Sub(now) // when quotas are filled anew
	}
	return asked
}

// overQuota tells a spent hourly quota, which holds for all that we ask, from
// a burst, which holds for one endpoint and for seconds.
func overQuota(h http.Header) bool {
	return strings.Contains(strings.ToLower(h.Get(headerLimitReason)), "quota")
}

// stops returns the endpoint that a refusal is about, or "" where it is about
// all: Cloud counts bursts by endpoint, and everything else counts requests of
// any kind.
func (c *Client) stops(e endpoint, status int, h http.Header) endpoint {
	if status == http.StatusTooManyRequests && c.isCloud() && !overQuota(h) {
		return e
	}
	return ""
}

// farAway bounds what a header can make us compute with.
const farAway = 30 * 24 * time.Hour

// retryAfter reads a Retry-After header: seconds or an HTTP date. What is
// neither, or past, is 0.
func retryAfter(v string, now time.Time) time.Duration {
	v = strings.TrimSpace(v)
	if s, err := strconv.ParseFloat(v, 64); err == nil {
		if !(s > 0) {
			return 0
		}
		return time.Duration(min(s, farAway.Seconds()) * float64(time.Second))
	}
	t, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	return until(t, now)
}

// resetAt reads an X-RateLimit-Reset header: ISO 8601, in which Jira leaves
// the seconds out at times.
func resetAt(v string, now time.Time) time.Duration {
	v = strings.TrimSpace(v)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, v); err == nil {
			return until(t, now)
		}
	}
	return 0
}

func until(t, now time.Time) time.Duration {
	return min(max(t.Sub(now), 0), farAway)
}

// pause returns how long to wait before repetition n (from 0): the doubled
// base give or take 30 %, and never less than the site asked for.
func pause(base time.Duration, n int, asked time.Duration, random float64) time.Duration {
	own := time.Duration(float64(base<<n) * (0.7 + 0.6*random))
	if asked > 0 {
		asked += time.Duration(float64(base) * random)
	}
	return max(own, asked)
}

// gates are where requests wait while the site wants to be left alone: all of
// them, or those to one endpoint.
type gates struct {
	mu    sync.Mutex
	until map[endpoint]time.Time // "" is for all
}

func (g *gates) close(e endpoint, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.until == nil {
		g.until = make(map[endpoint]time.Time)
	}
	if until.After(g.until[e]) {
		g.until[e] = until
	}
}

// left returns how long a request to the endpoint has to wait.
func (g *gates) left(e endpoint, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(g.until[""].Sub(now), g.until[e].Sub(now), 0)
}

// waits is how long a run has waited. What several requests wait through at
// once is one wait.
type waits struct {
	mu    sync.Mutex
	sum   time.Duration
	until time.Time // when the last of them ends
}

// begin forgets the run before.
func (w *waits) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sum, w.until = 0, time.Time{}
}

// take adds a wait from now on, and returns what of it is no other request's
// already; false, and adds nothing, where the sum would exceed the budget.
func (w *waits) take(now time.Time, d, budget time.Duration) (more time.Duration, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	more = d
	if w.until.After(now) {
		more = max(now.Add(d).Sub(w.until), 0)
	}
	if w.sum+more > budget {
		return 0, false
	}
	w.sum, w.until = w.sum+more, later(w.until, now.Add(d))
	return more, true
}

// sleep waits for d, or returns the context's error as soon as it ends.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
