package jira

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// The defaults of Options.
const (
	DefaultRequestsPerSecond = 10
	DefaultInFlight          = 4
	DefaultBackoff           = 2 * time.Second
	DefaultTimeout           = 60 * time.Second
	DefaultBudget            = 5 * time.Minute
	DefaultGateway           = "https://api.atlassian.com"
)

// Options says which site to read, and how.
type Options struct {
	Site string // the site's name in the configuration
	// URL is the site's address with its context path, if it has one.
	URL  string
	Auth Auth
	// Scope is the JQL of all work to be seen; empty for everything that the
	// account sees. It must not order.
	Scope  string
	Fields Fields
	// RequestsPerSecond and InFlight bound the load put on the site;
	// zero means the default.
	RequestsPerSecond float64
	InFlight          int
	// CAFile names a PEM file of certificate authorities to be trusted beside
	// the system's.
	CAFile string
	// Pseudonym makes the stand-in of an account; see Pseudonymizer.
	Pseudonym func(account string) flow.Pseudonym
	// Bots are accounts whose edits are noise, by account id, name, key or
	// display name, in any case.
	Bots []string
	// KeepSummaries asks for the issues' summaries. Without it they are not
	// even read.
	KeepSummaries bool
	UserAgent     string
	Metrics       *Metrics     // nil: measured, but shown nowhere
	Logger        *slog.Logger // nil: silent
	// Backoff is the pause before the first repetition of a request; it
	// doubles with each. Zero means the default.
	Backoff time.Duration
	// Timeout bounds one request and the reading of its answer. Zero means
	// the default.
	Timeout time.Duration
	// Budget is how long one run, from Identify on, may wait in sum because
	// the site asks it to. A wait that would exceed it is not begun: the
	// request fails with ErrYield. Zero means the default.
	Budget time.Duration
	// Gateway is where Jira Cloud takes scoped tokens; empty means the
	// default. Credentials go there only where Auth.Scoped says so.
	Gateway string
	// Now is the clock, and Sleep waits for the time, or for the context's
	// end, which it then returns: before a repetition, and where the site asks
	// for it. nil: the real ones.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
}

// Fields are the custom fields that the configuration names, by their ids.
// They come before those that are discovered; of several, the first that holds
// a value counts.
type Fields struct {
	EpicLink    []string `json:"epic_link,omitempty"`
	ParentLink  []string `json:"parent_link,omitempty"`
	Sprint      []string `json:"sprint,omitempty"`
	Flagged     []string `json:"flagged,omitempty"`
	StoryPoints []string `json:"story_points,omitempty"`
}

// meaning is what the configuration calls a list of fields.
type meaning struct {
	name string
	ids  []string
}

func (f *Fields) meanings() []meaning {
	return []meaning{
		{"epic_link", f.EpicLink}, {"parent_link", f.ParentLink}, {"sprint", f.Sprint},
		{"flagged", f.Flagged}, {"story_points", f.StoryPoints},
	}
}

// Auth says who we are. Exactly one way is set.
type Auth struct {
	PAT      string // personal access token
	User     string // with Password: basic authentication
	Password string // a password or an API token
	// Scoped tells that Password is a scoped API token of Jira Cloud, which is
	// taken at Atlassian's gateway alone and not at the site's own address.
	Scoped bool
	// Anonymous goes without credentials: for tests and the demo.
	Anonymous bool
	// Expires is the day on which the token ends; zero where it is not known.
	Expires flow.Date
}

// String names the way of authentication and never the credentials.
func (a Auth) String() string {
	switch {
	case a.PAT != "":
		return "personal access token"
	case a.Scoped:
		return "scoped token"
	case a.User != "" || a.Password != "":
		return "basic"
	case a.Anonymous:
		return "anonymous"
	}
	return "none"
}

// GoString keeps the credentials out of %#v.
func (a Auth) GoString() string { return "jira.Auth(" + a.String() + ")" }

// LogValue keeps the credentials out of logs.
func (a Auth) LogValue() slog.Value { return slog.StringValue(a.String()) }

func (a Auth) check() error {
	ways := 0
	for _, set := range []bool{a.PAT != "", a.User != "" || a.Password != "", a.Anonymous} {
		if set {
			ways++
		}
	}
	switch {
	case ways == 0:
		return errors.New("auth: no credentials: give a personal access token, or a user with a password")
	case ways > 1:
		return errors.New("auth: more than one way is given: choose one of token, user with password, anonymous")
	case a.PAT == "" && !a.Anonymous && (a.User == "" || a.Password == ""):
		return errors.New("auth: basic authentication needs both a user and a password or token")
	case a.Scoped && a.User == "":
		return errors.New("auth: scoped goes with an account and its API token")
	case strings.ContainsFunc(a.PAT, unprintable) || strings.ContainsFunc(a.PAT, func(r rune) bool { return r == ' ' }):
		return errors.New("auth: the token holds spaces or control characters: is it the token alone?")
	case strings.ContainsFunc(a.User+a.Password, unprintable) || strings.Contains(a.User, ":"):
		return errors.New("auth: the user or password holds characters that basic authentication cannot carry")
	}
	return nil
}

func unprintable(r rune) bool { return r < ' ' || r == 0x7f }

// baseURL checks the site's address. Its errors never quote the address,
// which may hold a password.
func baseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	switch {
	case err != nil:
		return nil, errors.New("url: not a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("url: must begin with https:// or http://")
	case u.User != nil:
		return nil, errors.New("url: must not hold a user or a password: they belong into auth")
	case u.Hostname() == "":
		return nil, errors.New("url: names no host")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("url: must end with the context path, without ? and #")
	}
	u.Path = strings.TrimRight(u.Path, "/") + "/"
	u.RawPath = ""
	return u, nil
}

var fieldID = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)

// check returns what is wrong with the options, as an ErrConfig.
func (o *Options) check() (*url.URL, error) {
	wrong := func(err error) error {
		return fmt.Errorf("site %s: %w: %w", o.Site, ErrConfig, err)
	}
	if o.Site == "" {
		return nil, fmt.Errorf("%w: a site without a name", ErrConfig)
	}
	u, err := baseURL(o.URL)
	if err != nil {
		return nil, wrong(err)
	}
	if err := o.Auth.check(); err != nil {
		return nil, wrong(err)
	}
	if err := flow.CheckJQL(o.Scope); err != nil {
		return nil, wrong(fmt.Errorf("scope: %w", err))
	}
	for _, m := range o.Fields.meanings() {
		for _, id := range m.ids {
			if !fieldID.MatchString(id) {
				return nil, wrong(fmt.Errorf("fields.%s: %q is no field id such as customfield_10016", m.name, id))
			}
		}
	}
	if _, err := baseURL(o.Gateway); o.Gateway != "" && err != nil {
		return nil, wrong(fmt.Errorf("the gateway's %w", err))
	}
	if o.Pseudonym == nil {
		return nil, wrong(errors.New("no pseudonyms: persons must not be stored by name"))
	}
	if o.RequestsPerSecond < 0 || o.InFlight < 0 {
		return nil, wrong(errors.New("limits: must be positive"))
	}
	return u, nil
}

// withDefaults fills what was left open.
func (o Options) withDefaults() Options {
	if o.RequestsPerSecond == 0 {
		o.RequestsPerSecond = DefaultRequestsPerSecond
	}
	if o.InFlight == 0 {
		o.InFlight = DefaultInFlight
	}
	if o.Backoff <= 0 {
		o.Backoff = DefaultBackoff
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Budget <= 0 {
		o.Budget = DefaultBudget
	}
	if o.Gateway == "" {
		o.Gateway = DefaultGateway
	}
	if o.UserAgent == "" {
		o.UserAgent = "plumbline"
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(nil)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	return o
}
