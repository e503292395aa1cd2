package config

import (
	"net"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/measure"
)

// DefaultPath is where the service's configuration is looked for.
const DefaultPath = "config/plumbline.yaml"

// DefaultListen is the address that the service answers on.
const DefaultListen = "127.0.0.1:9847"

// Config is the service's configuration. What Load returns has been
// validated: names are unique, schedules run, paths are complete.
type Config struct {
	// Path is the file that it was read from.
	Path string
	// ExternalURL is how people reach the service, for links in alerts, pages
	// and reviews; without a slash at the end. By default it is made from
	// Listen.
	ExternalURL string
	Sites       []Site
	Schedule    Schedule
	Store       Store
	// Goals is the folder of *.yaml or the one file that declares the goals.
	Goals      string
	Listen     string // host:port
	WebConfig  string // exporter-toolkit file for TLS and basic auth; empty for none
	Prometheus Prometheus
	Calendar   flow.Calendar
	Semantics  Semantics
	Traps      map[string]Trap // by detector
	Lint       Lint
	Privacy    Privacy
	// Places are those of everything that the file says.
	Places Places
	// Warnings are in order of position.
	Warnings []Warning
}

// Site is one Jira site.
type Site struct {
	Name  string // [a-z0-9-]{1,32}
	URL   string // without a slash at the end
	Auth  Auth
	Scope string // JQL of all work to be seen, without ORDER BY
	// Limits bound the load that the site is put under.
	Limits Limits
	// CAFile is a PEM file of further certificate authorities; empty for none.
	CAFile string
	// WebhookSecretFile holds the secret that webhooks are signed with; empty
	// for no webhook.
	WebhookSecretFile string
	// Fields are ids of custom fields by meaning (FieldMeanings), best first,
	// where they are not to be discovered.
	Fields map[string][]string
}

// Limits bound the load on a site.
type Limits struct {
	RequestsPerSecond float64
	InFlight          int // requests at once
}

// Auth is how a site is logged in to: by an account (Email or User) with a
// token or password, or by a personal access token. Exactly one of the files
// and variables is set.
type Auth struct {
	Email string // Cloud
	User  string // Data Center

	TokenFile, TokenEnv       string
	PasswordFile, PasswordEnv string
	PATFile, PATEnv           string

	// Expires is when the token ends; zero where it is not said.
	Expires flow.Date
	// Scoped tells that the token is one of Jira Cloud's that were made with
	// scopes. Those are taken at Atlassian's gateway alone.
	Scoped bool
}

// IsPAT reports whether the site is logged in to by a personal access token
// (a bearer token) and not by an account.
func (a *Auth) IsPAT() bool { return a.PATFile != "" || a.PATEnv != "" }

// Account returns the name that goes with the token or password; empty for a
// personal access token.
func (a *Auth) Account() string {
	if a.Email != "" {
		return a.Email
	}
	return a.User
}

// FieldMeanings lists the meanings of custom fields that may be set by hand.
func FieldMeanings() []string {
	return []string{"epic_link", "flagged", "parent_link", "sprint", "story_points"}
}

// Schedule says when the sites are read.
type Schedule struct {
	Incremental Cron
	Agile       Cron // sprints and versions
	Census      Cron // which issues are still there
	Full        Cron
	Zone        *time.Location // the zone of the schedules and of the calendar's days
}

// Store is the embedded database.
type Store struct{ Path string }

// Prometheus is the server that outcome queries are asked of.
type Prometheus struct{ URL string }

// Semantics says what names in Jira mean. Names are compared without regard
// to case.
type Semantics struct {
	// DiscardedResolutions are resolutions and terminal statuses that mean
	// "closed without delivering".
	DiscardedResolutions []string
	// ActiveStatuses are the statuses in which work is done. Empty: every
	// status of category In Progress that is not waiting.
	ActiveStatuses  []string
	WaitingStatuses []string
	// Decisions are the classes of issues that are decisions, at most 6.
	Decisions []DecisionClass
	// DecideWithin is how long a decision may take, by class; "" is for all
	// others.
	DecideWithin    map[string]time.Duration
	Blocked         Match
	Debt            Match
	BusinessAsUsual Match
	// EscalationPriorities are the priorities that mean an escalation.
	EscalationPriorities []string
	// Bots are accounts whose edits are noise.
	Bots []string
}

// Match is a set of issues: those to which any of its parts applies.
type Match struct {
	IssueTypes []string
	Labels     []string
	Statuses   []string
	Flagged    bool
}

// DecisionClass is a class of decisions and the issues that are of it.
type DecisionClass struct {
	Name string // [a-z0-9][a-z0-9_-]{0,31}
	Match
}

// Trap is what is set of a trap detector.
type Trap struct {
	Off        bool
	Thresholds map[string]float64
}

// Lint lists findings of the map's lint that are accepted.
type Lint struct{ Accept []Acceptance }

// Acceptance is one finding that is accepted, and why.
type Acceptance struct {
	Rule string
	At   string // the goal's id or the issue's key that the finding is about
	Why  string
	// Place is where it stands.
	Place Place
}

// Privacy says what is kept of persons and texts.
type Privacy struct {
	// PseudonymKeyFile holds the key of the pseudonyms; empty where none is
	// named.
	PseudonymKeyFile string
	// MinGroup is the number of persons below which a figure that is derived
	// from persons is withheld; at least 5.
	MinGroup       int
	StoreSummaries bool
}

// Default returns the configuration that holds where a file says nothing. It
// has no site and no store path: those have no default.
func Default() *Config {
	return &Config{
		ExternalURL: "http://" + DefaultListen,
		Schedule: Schedule{
			Incremental: "@every 5m",
			Agile:       "@every 30m",
			Census:      "17 3 * * *",
			Full:        "0 4 * * 0",
			Zone:        time.UTC,
		},
		Goals:  "goals",
		Listen: DefaultListen,
		Calendar: flow.Calendar{
			Zone:     time.UTC,
			Workdays: [7]bool{time.Monday: true, time.Tuesday: true, time.Wednesday: true, time.Thursday: true, time.Friday: true},
		},
		Semantics: defaultSemantics(),
		Privacy:   Privacy{MinGroup: LeastGroup, StoreSummaries: true},
	}
}

// LeastGroup is the least number of persons that a figure may be derived from.
const LeastGroup = measure.LeastGroup

// DefaultLimits returns the limits of a site that sets none: half of what
// Atlassian's guidance allows at once.
func DefaultLimits() Limits { return Limits{RequestsPerSecond: 10, InFlight: 4} }

func defaultSemantics() Semantics {
	return Semantics{
		DiscardedResolutions: flow.DefaultDiscarded(),
		WaitingStatuses:      []string{"In review", "Blocked"},
		Decisions: []DecisionClass{
			{Name: "architecture", Match: Match{IssueTypes: []string{"Decision"}, Labels: []string{"adr"}}},
			{Name: "approval", Match: Match{Statuses: []string{"Awaiting approval"}}},
			{Name: "impediment", Match: Match{Flagged: true}},
		},
		DecideWithin:         map[string]time.Duration{"": 5 * day},
		Blocked:              Match{Statuses: []string{"Blocked"}, Flagged: true},
		Debt:                 Match{Labels: []string{"tech-debt"}, IssueTypes: []string{"Technical Debt"}},
		BusinessAsUsual:      Match{IssueTypes: []string{"Support"}},
		EscalationPriorities: []string{"Highest", "Blocker"},
	}
}

// urlOf returns the address at which a browser on this machine finds what
// listens there.
func urlOf(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "http://" + listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}
