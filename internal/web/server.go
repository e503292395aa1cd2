package web

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"plumbline/internal/measure"
)

//go:embed templates/*.html static/style.css static/openapi.json
var files embed.FS

const (
	// inFlight bounds how many answers about the past are computed at the same
	// time, each of which replays the whole history, and as many about the
	// present: slow questions about the past keep nobody from those.
	inFlight = 2
	// answerWithin is how long one answer may wait and be worked on. The figures
	// of a moment are broken off then; an explanation that was begun is brought
	// to its end.
	answerWithin = 60 * time.Second
	// reloadWithin bounds a reload, which measures anew and does not end with
	// who asked for it.
	reloadWithin = 10 * time.Minute
	// maxBody bounds what a request may send, in bytes.
	maxBody = 64 << 10
	// maxHeader bounds a request's headers, in bytes.
	maxHeader = 64 << 10
)

// Server answers HTTP.
type Server struct {
	engine   Engine
	log      *slog.Logger
	now      func() time.Time
	external string // host of ExternalURL, in lower case
	pages    *pages
	past     chan struct{} // a place for each answer about the past
	today    chan struct{} // a place for each that explains the present
	handler  http.Handler
	life     context.Context // ends when the HTTP server is shut down
	end      func()
}

// New returns a server that answers from the engine.
func New(o Options) *Server {
	s := &Server{
		engine: o.Engine, log: o.Logger, now: o.Now,
		pages: parsePages(),
		past:  make(chan struct{}, inFlight), today: make(chan struct{}, inFlight),
	}
	s.life, s.end = context.WithCancel(context.Background())
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if u, err := url.Parse(o.ExternalURL); err == nil {
		s.external = strings.ToLower(u.Hostname())
	}
	s.handler = s.wrap(s.mux(o.Metrics))
	return s
}

// Handler answers every request to the service.
func (s *Server) Handler() http.Handler { return s.handler }

// HTTPServer returns a server with limits and timeouts for the handler,
// not yet listening.
func (s *Server) HTTPServer() *http.Server {
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      2 * answerWithin,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(s.end)
	return server
}

// route is one address and what it answers.
type route struct {
	path    string // as http.ServeMux takes it
	methods []string
	api     bool // errors are JSON
	answer  http.HandlerFunc
}

func (s *Server) routes(metrics http.Handler) []route {
	get, post := []string{http.MethodGet, http.MethodHead}, []string{http.MethodPost}
	return []route{
		{"/{$}", get, false, s.orFail(s.board)},
		{"/goals/{id}", get, false, s.orFail(s.evidence)},
		{"/decisions", get, false, s.orFail(s.decisions)},
		{"/unlinked", get, false, s.orFail(s.unlinked)},
		{"/sync", get, false, s.orFail(s.syncs)},
		{"/README.md", get, false, s.runbooks},
		{"/static/style.css", get, false, s.static("static/style.css", "text/css; charset=utf-8")},
		{"/api/v1/goals", get, true, s.orFail(s.apiGoals)},
		{"/api/v1/goals/{id}", get, true, s.orFail(s.apiGoal)},
		{"/api/v1/decisions", get, true, s.orFail(s.apiDecisions)},
		{"/api/v1/unlinked", get, true, s.orFail(s.apiUnlinked)},
		{"/api/v1/sync", get, true, s.orFail(s.apiSync)},
		{"/api/v1/openapi.json", get, true, s.static("static/openapi.json", "application/json")},
		{"/metrics", get, false, metrics.ServeHTTP},
		{"/-/healthy", get, false, s.healthy},
		{"/-/ready", get, false, s.ready},
		{"/-/reload", post, false, s.reload},
	}
}

// orFail answers, or says why there is no answer. What returns an error has
// written nothing yet.
func (s *Server) orFail(answer func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := answer(w, r); err != nil {
			s.fail(w, r, s.understood(r, err))
		}
	}
}

func (s *Server) mux(metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.routes(metrics) {
		mux.HandleFunc(r.path, func(w http.ResponseWriter, q *http.Request) {
			if slices.Contains(r.methods, q.Method) {
				r.answer(w, q)
				return
			}
			w.Header().Set("Allow", strings.Join(r.methods, ", "))
			s.fail(w, q, failure{http.StatusMethodNotAllowed, fmt.Sprintf("%s takes %s, not %s",
				q.URL.Path, strings.Join(r.methods, " and "), q.Method)})
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, q *http.Request) {
		s.fail(w, q, failure{http.StatusNotFound, "there is nothing at this address"})
	})
	return mux
}

// static answers with an embedded file.
func (s *Server) static(name, kind string) http.HandlerFunc {
	body, err := files.ReadFile(name)
	if err != nil {
		panic(err) // the file is embedded: it can only be missing from the source
	}
	sum := fnv.New64a()
	_, _ = sum.Write(body)
	tag := fmt.Sprintf("%q", fmt.Sprintf("%016x", sum.Sum64()))
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("ETag", tag)
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(body)))
	}
}

func (s *Server) healthy(w http.ResponseWriter, _ *http.Request) {
	text(w, http.StatusOK, "Plumbline is healthy.")
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.engine.Snapshot() == nil {
		w.Header().Set("Retry-After", retryAfter)
		text(w, http.StatusServiceUnavailable, "Plumbline is not ready: the first snapshot is still being made.")
		return
	}
	text(w, http.StatusOK, "Plumbline is ready.")
}

func (s *Server) reload(w http.ResponseWriter, r *http.Request) {
	if err := s.sameSite(r); err != nil {
		text(w, http.StatusForbidden, "Refused: "+err.Error()+".")
		return
	}
	// Whoever asked may go before it is done; new settings must not be taken
	// back for that.
	ctx, cancel := context.WithTimeout(s.life, reloadWithin)
	defer cancel()
	if err := s.engine.Reload(ctx); err != nil { // who reloads logs it
		text(w, http.StatusInternalServerError,
			"The new configuration is not usable, the old one stays in force:\n"+err.Error())
		return
	}
	text(w, http.StatusOK, "The configuration has been read again.")
}

// sameSite refuses what a page of another site makes a browser send. A
// program that is no browser sends neither header and is let through. The
// host is looked at so that no foreign name, pointed at this address, passes
// for this site (DNS rebinding).
func (s *Server) sameSite(r *http.Request) error {
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		return errors.New("the request comes from another site")
	}
	if r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == "" {
		return nil
	}
	host := (&url.URL{Host: r.Host}).Hostname()
	if net.ParseIP(host) != nil || strings.EqualFold(host, "localhost") ||
		host != "" && strings.EqualFold(host, s.external) {
		return nil
	}
	return errors.New("the request is for another host; set external_url to the address that browsers use")
}

// present returns the snapshot that a request without a moment is about.
func (s *Server) present() (*measure.Snapshot, error) {
	if snap := s.engine.Snapshot(); snap != nil {
		return snap, nil
	}
	return nil, ErrNotReady
}
