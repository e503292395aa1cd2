package jira

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	gojira "github.com/andygrunwald/go-jira"
	"golang.org/x/time/rate"

	"plumbline/internal/flow"
)

// Client reads one site. It may be used by several goroutines.
type Client struct {
	o        Options
	base     *url.URL
	jira     *gojira.Client
	limiter  *rate.Limiter
	inFlight chan struct{}
	gate     gate
	secrets  []string // that no error may quote where a site echoes them

	made, retried atomic.Int64

	mu      sync.Mutex
	flavour flavour // nil before Identify
	fields  *fields // nil before Discover or Use

	now    func() time.Time
	sleep  func(context.Context, time.Duration) error
	random func() float64 // in [0, 1)
}

// flavour is what differs between Jira's products once they are asked for
// issues. Which one a site is, its serverInfo says; custom domains make a
// guess from the address worthless.
type flavour interface {
	// scan is Client.Scan with the site's fields known.
	scan(ctx context.Context, f *fields, q flow.Query, each func(flow.Page) error) error
}

// New makes the client of a site and asks nothing of it. What is wrong with
// the options is an ErrConfig.
func New(o Options) (*Client, error) {
	base, err := o.check()
	if err != nil {
		return nil, err
	}
	o = o.withDefaults()
	hc, err := newHTTP(&o, base)
	if err != nil {
		return nil, fmt.Errorf("site %s: %w: %w", o.Site, ErrConfig, err)
	}
	client, err := gojira.NewClient(hc, base.String())
	if err != nil {
		return nil, fmt.Errorf("site %s: %w: url: %w", o.Site, ErrConfig, err)
	}
	o.Metrics.init(o.Site)
	return &Client{
		o: o, base: base, jira: client, secrets: secrets(o.Auth),
		limiter:  rate.NewLimiter(rate.Limit(o.RequestsPerSecond), 1),
		inFlight: make(chan struct{}, o.InFlight),
		now:      time.Now, sleep: sleep, random: rand.Float64,
	}, nil
}

func secrets(a Auth) []string {
	var s []string
	if a.PAT != "" {
		s = append(s, a.PAT)
	}
	if a.Password != "" {
		s = append(s, a.Password, base64.StdEncoding.EncodeToString([]byte(a.User+":"+a.Password)))
	}
	return s
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
// settles how it is to be read.
func (c *Client) Identify(ctx context.Context) (flow.Identity, error) {
	var info wireServerInfo
	header, err := c.call(ctx, request{endpoint: endpointServerInfo, method: http.MethodGet, path: "rest/api/2/serverInfo"}, into(&info))
	if err != nil {
		return flow.Identity{}, err
	}
	kind, err := c.flavourOf(&info)
	if err != nil {
		return flow.Identity{}, err
	}
	now, err := siteTime(info.ServerTime, header)
	if err != nil {
		return flow.Identity{}, c.errorf(nil, "tells no time: %v", err)
	}
	me, err := c.myself(ctx)
	if err != nil {
		return flow.Identity{}, err
	}
	c.o.Metrics.known(c.o.Site, true)
	c.mu.Lock()
	c.flavour = kind
	c.mu.Unlock()
	id := flow.Identity{Deployment: "Server", Version: plain(info.Version, 40), ServerNow: now, TimeZone: plain(me.TimeZone, 60)}
	if account := me.account(); account != "" {
		id.Account = c.o.Pseudonym(account)
	}
	return id, nil
}

// flavourOf chooses how to read the site.
func (c *Client) flavourOf(info *wireServerInfo) (flavour, error) {
	switch info.DeploymentType {
	case "Server", "":
		if info.Version == "" {
			return nil, c.errorf(ErrConfig, "does not answer as Jira does (check the url)")
		}
		return &server{c}, nil
	case "Cloud":
		return nil, fmt.Errorf("%w: site %s is Jira Cloud; this version reads Jira Data Center and Server only", ErrConfig, c.o.Site)
	}
	return nil, c.errorf(ErrConfig, "is a Jira of an unknown kind, %q", plain(info.DeploymentType, 40))
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
	_, err := c.call(ctx, request{endpoint: endpointMyself, method: http.MethodGet, path: "rest/api/2/myself"}, into(&me))
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
		return fmt.Errorf("site %s: scan: the site must be identified and its fields known first", c.o.Site)
	}
	return kind.scan(ctx, f, q, each)
}
