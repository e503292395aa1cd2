package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/measure"
)

// failure is an answer other than the one that was asked for. Its text is
// for whoever asked.
type failure struct {
	status int
	text   string
}

// Error returns the text.
func (f failure) Error() string { return f.text }

// moment is the time that a request asks about. The zero moment is the
// present.
type moment struct {
	at    time.Time
	query string // as links say it again: a date stays one
}

func (m moment) isPast() bool { return !m.at.IsZero() }

// params reads the request's parameters and refuses any that is not named,
// is given twice or can't be read: a misspelt "at" must not pass for the
// present.
func params(r *http.Request, names ...string) (url.Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, failure{http.StatusBadRequest, "the address's parameters can't be read: " + err.Error()}
	}
	for name, values := range q {
		if !slices.Contains(names, name) {
			return nil, failure{http.StatusBadRequest, fmt.Sprintf("unknown parameter %s: this address takes %q", shortened(name), names)}
		}
		if len(values) > 1 {
			return nil, failure{http.StatusBadRequest, fmt.Sprintf("parameter %q is given %d times: give it once", name, len(values))}
		}
	}
	return q, nil
}

func shortened(s string) string {
	const most = 64
	if len(s) > most {
		return strconv.Quote(s[:most]) + "…"
	}
	return strconv.Quote(s)
}

// moment reads the parameter at. It refuses others than that and those named.
func (s *Server) moment(r *http.Request, others ...string) (moment, error) {
	q, err := params(r, append(others, "at")...)
	if err != nil {
		return moment{}, err
	}
	text := q.Get("at")
	if text == "" {
		return moment{}, nil
	}
	at, err := flow.ParseMoment(text, s.now(), s.engine.Zone())
	if err != nil {
		return moment{}, failure{http.StatusBadRequest, "at: " + err.Error()}
	}
	if _, err := flow.ParseDate(text); err != nil {
		text = at.Format(time.RFC3339Nano) // "-14d" would mean another moment tomorrow
	}
	return moment{at, text}, nil
}

// snapshot returns the figures of the moment.
func (s *Server) snapshot(ctx context.Context, m moment) (*measure.Snapshot, error) {
	if !m.isPast() {
		return s.present()
	}
	leave, err := s.enter(ctx, m)
	if err != nil {
		return nil, err
	}
	defer leave()
	return s.engine.SnapshotAt(ctx, m.at)
}

// goal returns a goal's status at the moment with its explanation, both as of
// the very same time.
func (s *Server) goal(ctx context.Context, id string, m moment) (*apiGoal, error) {
	if !possibleGoal(id) {
		return nil, ErrNoGoal
	}
	snap, err := s.snapshot(ctx, m)
	if err != nil {
		return nil, err
	}
	status, ok := snap.Goal(id)
	if !ok {
		return nil, ErrNoGoal
	}
	leave, err := s.enter(ctx, m)
	if err != nil {
		return nil, err
	}
	defer leave()
	e, err := s.engine.Explain(ctx, id, "", snap.At)
	if err != nil {
		return nil, err
	}
	return &apiGoal{At: snap.At, Status: *status, Explanation: *e}, nil
}

// possibleGoal reports whether a goal can have the id.
func possibleGoal(id string) bool {
	return id != "" && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// enter waits for a place among those who replay history up to the moment.
func (s *Server) enter(ctx context.Context, m moment) (leave func(), err error) {
	places, when := s.today, "the present"
	if m.isPast() {
		places, when = s.past, "the past"
	}
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for other answers about %s: %w", when, ctx.Err())
	}
}

// understood turns an error into what may be answered. What is not meant for
// whoever asked is logged, and only said to have happened.
func (s *Server) understood(r *http.Request, err error) failure {
	var f failure
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, ErrNoGoal):
		return failure{http.StatusNotFound, "there is no goal with this id"}
	case errors.Is(err, ErrNotReady):
		return failure{http.StatusServiceUnavailable, "the first snapshot is still being made: ask again in a moment"}
	case errors.Is(err, context.DeadlineExceeded):
		return failure{http.StatusServiceUnavailable, "the answer took too long: ask again later"}
	case errors.Is(err, context.Canceled):
		// Whoever asked has gone, or the service is going.
		return failure{http.StatusServiceUnavailable, "the request was broken off"}
	}
	s.log.Error("a request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	return failure{http.StatusInternalServerError, "the answer could not be made; the service's log says why"}
}
