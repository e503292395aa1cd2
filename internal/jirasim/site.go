package jirasim

import (
	"net/http"
	"strings"
	"time"
)

// Options are how a site is set up. The zero value is a Data Center that
// anybody may read, in UTC, by the real clock.
type Options struct {
	// Now is the site's clock. It may be moved on at any time, also between
	// two requests of one scan. nil: the real clock.
	Now func() time.Time
	// Zone is the time zone in the account's profile: dates in JQL are read
	// in it and instants are written in it. nil: UTC.
	Zone *time.Location
	// MaxResults is the most issues that one page of a search holds
	// (jira.search.views.default.max). 0: 1000.
	MaxResults int
	// ResultWindow is how far a search may page, as where OpenSearch is the
	// search engine; a page that reaches beyond it is a 500. 0: no bound.
	ResultWindow int
	// ContextPath is where the site lives on its host: "" or "/jira".
	ContextPath string
	// PAT is the personal access token that is accepted as bearer, User and
	// Password what is accepted as basic authentication. With none of them,
	// anybody sees everything, and nobody has an account.
	PAT            string
	User, Password string
}

// Site is a simulated Jira site over a world.
type Site struct {
	options Options
	view    *view
	results resultCache
	routes  *http.ServeMux
}

// New returns a Data Center site.
func New(w *World, o Options) *Site {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.MaxResults <= 0 {
		o.MaxResults = 1000
	}
	o.ContextPath = strings.TrimRight(o.ContextPath, "/")
	s := &Site{options: o, view: newView(w, o.Zone), routes: http.NewServeMux()}
	for _, e := range dataCenter() {
		s.routes.HandleFunc(o.ContextPath+e.path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, e) })
	}
	s.routes.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, endpoint{}) })
	return s
}

// ServeHTTP answers a request.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.routes.ServeHTTP(w, r) }

// endpoint is one path of a site's REST API and what answers there. The zero
// endpoint is any path that the site does not have.
type endpoint struct {
	path      string // a pattern of http.ServeMux, without a method
	get, post func(*call)
}

// call is one request under way.
type call struct {
	*Site
	w  http.ResponseWriter
	r  *http.Request
	at int64 // the site's time, in Unix milliseconds
	// account is whom the site takes the caller for; "" for nobody.
	account string
	// blind: an unknown caller of a site that is not public.
	blind bool
}

// serve answers one request: who asks, then whether there is such an endpoint
// and method, then the answer itself.
func (s *Site) serve(w http.ResponseWriter, r *http.Request, e endpoint) {
	c := &call{Site: s, w: w, r: r, at: s.options.Now().UnixMilli()}
	c.limits()
	if !c.identify() {
		return
	}
	switch {
	case e.get == nil && e.post == nil:
		c.notFound()
	case e.get != nil && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		e.get(c)
	case e.post != nil && r.Method == http.MethodPost:
		e.post(c)
	default:
		c.notAllowed(e)
	}
}

// limits tells the state of the account's rate limit, which Data Center sends
// with every answer. Retry-After is 0 while tokens remain; the bucket of this
// site is never empty.
func (c *call) limits() {
	h := c.w.Header()
	h.Set("X-RateLimit-Limit", "1000")
	h.Set("X-RateLimit-Remaining", "999")
	h.Set("X-RateLimit-Interval-Seconds", "1")
	h.Set("X-RateLimit-FillRate", "1000")
	h.Set("Retry-After", "0")
	h.Set("Cache-Control", "no-cache, no-store, no-transform")
}
