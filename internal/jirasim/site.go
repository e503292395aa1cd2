package jirasim

import (
	"cmp"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options are how a site is set up. The zero value is a Data Center that
// anybody may read, in UTC, by the real clock.
type Options struct {
	// Flavour is DataCenter or Cloud. "": DataCenter.
	Flavour string
	// Now is the site's clock. It may be moved on at any time, also between
	// two requests of one scan. nil: the real clock.
	Now func() time.Time
	// Zone is the time zone in the account's profile: dates in JQL are read
	// in it and instants are written in it. nil: UTC.
	Zone *time.Location
	// MaxResults is the most issues that one page of a Data Center's search
	// holds (jira.search.views.default.max). 0: 1000.
	MaxResults int
	// ResultWindow is how far a Data Center's search may page, as where
	// OpenSearch is the search engine; a page that reaches beyond it is a 500.
	// 0: no bound.
	ResultWindow int
	// ContextPath is where the site lives on its host: "" or "/jira".
	ContextPath string
	// PAT is the token that is accepted as bearer: a Data Center's personal
	// access token, or what OAuth gives on Cloud. User and Password are what
	// is accepted as basic authentication; on Cloud, an e-mail address and an
	// API token. With none of them, anybody sees everything, and nobody has an
	// account.
	PAT            string
	User, Password string
	// ScopedToken is a Cloud API token with scopes: it is accepted like
	// Password and like PAT, but at the gateway only. At the site itself it is
	// answered with 401.
	ScopedToken string
	// CloudID is Cloud's id of the site. The gateway serves it at
	// /ex/jira/{cloudId}, on whatever host. "": DefaultCloudID.
	CloudID string
	// LegacyParents: a Cloud site that still shows Epic Link and Parent Link,
	// as fields beside the parent and as such in changelogs.
	LegacyParents bool
	// Faults are what goes wrong. nil: none, until they are set in the site's
	// own Faults.
	Faults *Faults
	// SSO is the address to which the fault "redirect" sends callers.
	// "": a host that does not exist.
	SSO string
}

// DefaultCloudID is the id of a Cloud site that is not told another.
const DefaultCloudID = "5d8f1ab7-0c52-4c4e-9f0b-3a6f6d1c2e90"

// Site is a simulated Jira site over a world.
type Site struct {
	// Faults are what goes wrong at the site.
	Faults *Faults

	options Options
	view    *view
	results resultCache
	routes  *http.ServeMux
	sprints []sprint
	boards  []uint64

	summer     sync.Once // makes summerView
	summerView *view
}

// New returns a site over the world.
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
	if o.Faults == nil {
		o.Faults = NewFaults()
	}
	o.Flavour = cmp.Or(o.Flavour, DataCenter)
	o.CloudID = cmp.Or(o.CloudID, DefaultCloudID)
	o.SSO = cmp.Or(o.SSO, "https://sso.plumbline.invalid/login")
	o.ContextPath = strings.TrimRight(o.ContextPath, "/")
	s := &Site{options: o, Faults: o.Faults, routes: http.NewServeMux()}
	s.sprints, s.boards = w.sprints()
	if o.Flavour == Cloud {
		s.view = newView(w, o.Zone, newCloudShape(w, o.LegacyParents))
		gateway := "/ex/jira/" + o.CloudID
		s.handle(gateway, cloudEndpoints())
		s.handle(o.ContextPath, cloudEndpoints())
		s.handle(o.ContextPath, []endpoint{{path: "/_edge/tenant_info", get: (*call).tenantInfo, open: true}})
	} else {
		s.view = newView(w, o.Zone, nil)
		s.handle(o.ContextPath, dataCenter())
	}
	s.routes.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, endpoint{}, o.ContextPath) })
	return s
}

func (s *Site) handle(root string, endpoints []endpoint) {
	for _, e := range endpoints {
		s.routes.HandleFunc(root+e.path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, e, root) })
	}
}

// ServeHTTP answers a request.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.routes.ServeHTTP(w, r) }

// endpoint is one path of a site's REST API and what answers there. The zero
// endpoint is any path that the site does not have.
type endpoint struct {
	path      string // a pattern of http.ServeMux, without a method
	get, post func(*call)
	open      bool // who asks is not asked
}

// call is one request under way.
type call struct {
	*Site
	view *view // as the account sees the world
	w    http.ResponseWriter
	r    *http.Request
	root string // the path before the endpoint's own
	at   int64  // the site's time, in Unix milliseconds
	// account is whom the site takes the caller for; "" for nobody.
	account string
	// blind: an unknown caller of a site that is not public.
	blind bool
	// without is the key of a project that can't be seen; "" for none.
	without string
	// calm: no fault is set. blows are those that were asked for.
	calm  bool
	blows map[string]struck
}

// serve answers one request: who asks, then whether there is such an endpoint
// and method, then the answer itself.
func (s *Site) serve(w http.ResponseWriter, r *http.Request, e endpoint, root string) {
	c := &call{Site: s, view: s.view, w: w, r: r, root: root, at: s.options.Now().UnixMilli(), calm: s.Faults.none()}
	c.disturb()
	send := c.spoil()
	defer send()
	c.limits()
	if c.struckDown() || !e.open && !c.identify() {
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

// disturb lets the faults of the site itself take effect.
func (c *call) disturb() {
	if skew, ok := c.suffers("clock-skew"); ok {
		c.at += int64(skew.amount) * 1000
	}
	if _, ok := c.suffers("zone-dst"); ok {
		c.summer.Do(func() {
			if zone, err := time.LoadLocation("America/New_York"); err == nil {
				c.summerView = newView(c.view.w, zone, c.view.cloud)
			}
		})
		if c.summerView != nil {
			c.view = c.summerView
		}
	}
	if vanished, ok := c.suffers("project-vanishes"); ok {
		if all := c.view.w.Projects(); len(all) > 0 {
			c.without = all[vanished.pick%uint64(len(all))]
		}
	}
}

// limits tells the state of the account's rate limit, which Data Center sends
// with every answer. Retry-After is 0 while tokens remain; the bucket of this
// site is never empty.
func (c *call) limits() {
	h := c.w.Header()
	h.Set("Date", time.UnixMilli(c.at).UTC().Format(http.TimeFormat))
	h.Set("X-RateLimit-Limit", "1000")
	h.Set("X-RateLimit-Remaining", "999")
	h.Set("Cache-Control", "no-cache, no-store, no-transform")
	if c.options.Flavour == Cloud {
		return
	}
	h.Set("X-RateLimit-Interval-Seconds", "1")
	h.Set("X-RateLimit-FillRate", "1000")
	h.Set("Retry-After", "0")
}
