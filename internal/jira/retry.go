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
	// patience bounds the pause that a site can ask for within a run. A
	// longer one ends the run; the next goes on where it stopped.
	patience = 5 * time.Minute
)

// askedPause returns how long an answer asks us to wait. Only refusals count:
// Data Center sends Retry-After with every answer.
func askedPause(status int, h http.Header, now time.Time) time.Duration {
	if status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
		return 0
	}
	return max(retryAfter(h.Get("Retry-After"), now), resetAt(h.Get("X-RateLimit-Reset"), now))
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

// gate is where all requests of a site wait while it wants to be left alone.
type gate struct {
	mu    sync.Mutex
	until time.Time
}

func (g *gate) close(until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until.After(g.until) {
		g.until = until
	}
}

// left returns how long the gate stays closed.
func (g *gate) left(now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(g.until.Sub(now), 0)
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
