package jira

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"plumbline/internal/flow"
)

// Client reads one site. It may be used by several goroutines, but for one run
// at a time.
type Client struct {
	o        Options
	limiter  *rate.Limiter
	inFlight chan struct{}
	gates    gates
	secrets  *strings.Replacer // of what no error may quote where a site echoes it
	// site is the site's own address without credentials, where they are
	// scoped and belong to the gateway; else nil.
	site *link

	made, retried atomic.Int64
	waits         waits       // of this run, because the site asked for them
	answered      atomic.Bool // the site has answered something in this run

	mu      sync.Mutex
	link    *link    // with the credentials; nil until the gateway's address is known
	flavour flavour  // nil before Identify
	fields  *fields  // nil before Discover or Use
	caller  callerID // nobody before Identify

	now    func() time.Time
	sleep  func(context.Context, time.Duration) error
	random func() float64 // in [0, 1)
}

// flavour is what differs between Jira's products once they are asked for
// issues. Which one a site is, its serverInfo says; custom domains make a
// guess from the address worthless.
type flavour interface {
	// api is the path of the interface's version.
	api() string
	// scan is Client.Scan with the site's fields known.
	scan(ctx context.Context, f *fields, q flow.Query, each func(flow.Page) error) error
	// ids is Client.IDs of those that match q.
	ids(ctx context.Context, q flow.Query, each func([]flow.IssueID) error) error
	// The rest are the methods of Client of these names.
	sight(ctx context.Context, ids []flow.IssueID) ([]flow.Sighting, error)
	projects(ctx context.Context) ([]flow.ProjectState, error)
	fetch(ctx context.Context, f *fields, ids []flow.IssueID, each func(flow.Page) error) error
}

// New makes the client of a site and asks nothing of it. What is wrong with
// the options is an ErrConfig.
func New(o Options) (*Client, error) {
	base, err := o.check()
	if err != nil {
		return nil, err
	}
	o = o.withDefaults()
	c := &Client{
		o: o, secrets: secrets(o.Auth),
		limiter:  rate.NewLimiter(rate.Limit(o.RequestsPerSecond), 1),
		inFlight: make(chan struct{}, o.InFlight),
		now:      o.Now, sleep: o.Sleep, random: rand.Float64,
	}
	if o.Auth.Scoped {
		root := *base
		root.Path = "/"
		c.site, err = newLink(&o, &root, Auth{Anonymous: true})
	} else {
		c.link, err = newLink(&o, base, o.Auth)
	}
	if err != nil {
		return nil, fmt.Errorf("site %s: %w: %w", o.Site, ErrConfig, err)
	}
	o.Metrics.init(o.Site)
	return c, nil
}

// secrets blots out the credentials, in the forms in which they are sent.
func secrets(a Auth) *strings.Replacer {
	var pairs []string
	if a.Password != "" {
		pairs = append(pairs, base64.StdEncoding.EncodeToString([]byte(a.User+":"+a.Password)), "***", a.Password, "***")
	}
	if a.PAT != "" {
		pairs = append(pairs, a.PAT, "***")
	}
	return strings.NewReplacer(pairs...)
}

// Requests returns how many requests have been made and how many of them were
// repetitions.
func (c *Client) Requests() (made, retried int) {
	return int(c.made.Load()), int(c.retried.Load())
}

// wireServerInfo is the answer of serverInfo.
type wireServerInfo struct {
	Version        string `json:"version"`
	DeploymentType string `json:"deploymentType"` // absent before Jira 7.2
	ServerTime     string `json:"serverTime"`     // absent for strangers
}

// wireMyself is the answer of myself.
type wireMyself struct {
	wireUser
	TimeZone string `json:"timeZone"`
}

// Identify asks the site who it is and who we are, in two requests, and
// settles how it is to be read. A run begins with it.
func (c *Client) Identify(ctx context.Context) (flow.Identity, error) {
	c.waits.begin()
	c.answered.Store(false)
	c.mu.Lock()
	c.caller = callerID{}
	c.mu.Unlock()
	if w := c.o.Auth.Expiry(c.now()); w != "" {
		c.o.Logger.Warn(w, "site", c.o.Site)
	}
	kind, id, err := c.introduce(ctx)
	if err != nil {
		return flow.Identity{}, err
	}
	c.mu.Lock()
	c.flavour = kind
	c.mu.Unlock()
	me, err := c.myself(ctx)
	if err != nil {
		return flow.Identity{}, err
	}
	c.o.Metrics.known(c.o.Site, true)
	id.TimeZone = plain(me.TimeZone, 60)
	if account := me.account(); account != "" {
		id.Account = c.o.Pseudonym(account)
	}
	return id, nil
}

// introduce asks the site who it is, in one request: for serverInfo or, with a
// scoped token and for the first time, for its address at the gateway, which
// only Cloud has. That tells no version.
func (c *Client) introduce(ctx context.Context) (kind flavour, id flow.Identity, err error) {
	var info wireServerInfo
	var header http.Header
	if c.site != nil && c.connection() == nil {
		kind, id.Deployment = &cloud{c}, "Cloud"
		header, err = c.locate(ctx)
	} else {
		header, err = c.call(ctx, request{endpoint: endpointServerInfo, method: http.MethodGet, path: "rest/api/2/serverInfo"}, into(&info))
		if err == nil {
			kind, id.Deployment, err = c.flavourOf(&info)
		}
	}
	if err != nil {
		return nil, id, err
	}
	id.Version = plain(info.Version, 40)
	if id.ServerNow, err = siteTime(info.ServerTime, header); err != nil {
		return nil, id, c.errorf(nil, "tells no time: %v", err)
	}
	return kind, id, nil
}

// flavourOf chooses how to read the site.
func (c *Client) flavourOf(info *wireServerInfo) (_ flavour, deployment string, err error) {
	switch info.DeploymentType {
	case "Server", "":
		if info.Version == "" {
			return nil, "", c.errorf(ErrConfig, "does not answer as Jira does (check the url)")
		}
		return &server{c}, "Server", nil
	case "Cloud":
		return &cloud{c}, "Cloud", nil
	}
	return nil, "", c.errorf(ErrConfig, "is a Jira of an unknown kind, %q", plain(info.DeploymentType, 40))
}

var cloudID = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// locate finds the site's address at the gateway, which alone takes scoped
// tokens. The site tells it to anybody, and is asked without credentials.
func (c *Client) locate(ctx context.Context) (http.Header, error) {
	var tenant struct {
		CloudID string `json:"cloudId"`
	}
	header, err := c.call(ctx, request{endpoint: endpointTenant, method: http.MethodGet, path: "_edge/tenant_info", bare: true}, into(&tenant))
	if err != nil {
		return nil, err
	}
	if !cloudID.MatchString(tenant.CloudID) {
		return nil, c.errorf(ErrConfig, "tells no cloud id (scoped tokens are Jira Cloud's: remove auth.scoped, or check the url)")
	}
	base, err := baseURL(c.o.Gateway)
	if err != nil {
		return nil, fmt.Errorf("site %s: %w: the gateway's %w", c.o.Site, ErrConfig, err)
	}
	l, err := newLink(&c.o, base.JoinPath("ex", "jira", tenant.CloudID, "/"), c.o.Auth)
	if err != nil {
		return nil, fmt.Errorf("site %s: %w: %w", c.o.Site, ErrConfig, err)
	}
	c.mu.Lock()
	c.link = l
	c.mu.Unlock()
	return header, nil
}

// connection is where authenticated requests go; nil where that is not known.
func (c *Client) connection() *link {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.link
}

// kind is how the site is read; nil before Identify.
func (c *Client) kind() flavour {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.flavour
}

func (c *Client) isCloud() bool {
	_, is := c.kind().(*cloud)
	return is
}

// api is the path of the version of the interface that the site is asked by.
func (c *Client) api() string {
	if kind := c.kind(); kind != nil {
		return kind.api()
	}
	return "rest/api/2/"
}

// siteTime reads the site's clock: its own words, else the answer's date.
func siteTime(told string, h http.Header) (time.Time, error) {
	if told != "" {
		return parseTime(told)
	}
	t, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}, errors.New("neither serverTime nor a Date header")
	}
	return t.UTC(), nil
}

// myself asks who we are. Nobody is a right answer only where the
// configuration wants it so.
func (c *Client) myself(ctx context.Context) (wireMyself, error) {
	var me wireMyself
	_, err := c.call(ctx, request{endpoint: endpointMyself, method: http.MethodGet, path: c.api() + "myself"}, into(&me))
	var refused *APIError
	switch {
	case c.o.Auth.Anonymous && errors.As(err, &refused) && refused.Status == http.StatusUnauthorized:
		return wireMyself{}, nil
	case err != nil:
		return wireMyself{}, err
	case me.account() == "" && !c.o.Auth.Anonymous:
		c.o.Metrics.known(c.o.Site, false)
		return wireMyself{}, c.errorf(ErrAuth, "takes us for nobody (check the credentials)")
	}
	return me, nil
}

// Scan reads every issue of the scope that matches q; see syncer.Source.
// Identify and either Discover or Use come before it.
func (c *Client) Scan(ctx context.Context, q flow.Query, each func(flow.Page) error) error {
	c.mu.Lock()
	kind, f := c.flavour, c.fields
	c.mu.Unlock()
	if kind == nil || f == nil {
		return c.unprepared()
	}
	return kind.scan(ctx, f, q, each)
}

func (c *Client) unprepared() error {
	return fmt.Errorf("site %s: the site must be identified and its fields known first", c.o.Site)
}
