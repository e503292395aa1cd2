package syncer

import (
	"context"
	"time"

	"plumbline/internal/flow"
)

// Source is one Jira site. What its errors mean beyond a failure they tell by
// methods: Refused() bool, that the same will fail until somebody changes
// something; Yielded() bool, that the site asked to be left alone for longer
// than a run should wait; Incomplete() string, that what was handed over is
// sound and what is missing, unless it is empty; Rejected() string, why it
// does not take the JQL of a Select or the field of a Hear, unless it is empty.
type Source interface {
	Census
	Agile
	// Select hands over the id of every issue of the scope that the JQL
	// matches, in any order and perhaps more than once. When it returns nil,
	// none is left out.
	Select(ctx context.Context, jql string, each func([]flow.IssueID) error) error
	// Hear hands over what a field, named by its name or its id, has said of
	// the issues. One that is not there is left out.
	Hear(ctx context.Context, field string, ids []flow.IssueID, each func(flow.Said) error) error
	// Identify asks the site who it is and who we are. It makes two requests.
	// It fails where the site takes us for nobody.
	Identify(ctx context.Context) (flow.Identity, error)
	// Discover asks for the site's fields and statuses and adopts the fields.
	// What it returns as fields is given back to Use by a later process.
	Discover(ctx context.Context) (fields []byte, statuses []flow.StatusInfo, err error)
	// Use adopts the fields found by an earlier Discover; it asks nothing.
	Use(fields []byte) error
	// Scan reads every issue that matches q with its whole changelog, oldest
	// creation first, and hands it over page by page. An issue may come more
	// than once; none is left out. When Scan returns nil, everything that
	// matched at its start has been handed over. An error from each ends the
	// scan and is returned as it is.
	Scan(ctx context.Context, q Query, each func(Page) error) error
	// Requests returns how many requests have been made and how many of them
	// were repetitions, since the source was made.
	Requests() (made, retried int)
}

// Census is what it takes to find out which issues there are.
type Census interface {
	// IDs hands over the id of every issue of the scope, in any order and
	// perhaps more than once. When it returns nil, none is left out.
	IDs(ctx context.Context, each func([]flow.IssueID) error) error
	// Sight asks for issues one by one, without regard to the scope and past
	// any index. An issue that no answer came for is left out.
	Sight(ctx context.Context, ids []flow.IssueID) ([]flow.Sighting, error)
	// Projects lists the projects that we may see, archived and trashed ones
	// too.
	Projects(ctx context.Context) ([]flow.ProjectState, error)
	// Fetch reads the issues with their whole changelogs. One that is not
	// there is left out.
	Fetch(ctx context.Context, ids []flow.IssueID, each func(flow.Page) error) error
}

// Agile is what no issue tells of.
type Agile interface {
	// Versions lists the versions of the projects.
	Versions(ctx context.Context, projectKeys []string) ([]flow.Version, error)
	// Sprints lists the sprints of all boards; none where the site has no
	// boards.
	Sprints(ctx context.Context) ([]flow.Sprint, error)
}

// Query says which issues of the site's scope to read.
type Query = flow.Query

// Page is one answer of a scan.
type Page = flow.Page

// Store is where the facts go.
type Store interface {
	// Checkpoint returns how far the site's syncs have come; the zero
	// Checkpoint (with the site's name) before the first.
	Checkpoint(site string) (flow.Checkpoint, error)
	// Write stores the batch and the checkpoint in one transaction. An issue
	// that is held in the very same form is not rewritten; one that was gone
	// is present again.
	Write(ctx context.Context, b flow.Batch, c flow.Checkpoint) (flow.Written, error)
	// Catalog returns what is known of the site's statuses and versions.
	Catalog(site string) (*flow.Catalog, error)
	// Held calls fn with each issue that is held of the site, by ascending id,
	// outside of any transaction.
	Held(ctx context.Context, site string, fn func(flow.Held) error) error
	// Problems returns the issues that Jira last sent in a form that could not
	// be taken whole.
	Problems(site string) ([]flow.Problem, error)
	// Queried returns, by site, what is known of a JQL that was asked, without
	// the matches.
	Queried(jql string) (map[string]flow.Matching, error)
	// Matching returns what is known of which issues of the site a JQL matches;
	// false where the site was never asked.
	Matching(site, jql string) (m flow.Matching, asked bool, err error)
	// Select records what a site answered when it was asked for the issues
	// that a JQL matches.
	Select(ctx context.Context, a flow.Selection) error
	// Speakers returns which of the issues with the keys are present, and
	// whether the field was ever heard of each.
	Speakers(site, field string, keys []string) ([]flow.Speaker, error)
	// Hear records what a field has said of issues.
	Hear(ctx context.Context, site, field string, said []flow.Said) error
	// AppendRun keeps the report of a run, encoded, and forgets the oldest
	// beyond a bound of the store's own.
	AppendRun(site string, at time.Time, report []byte) error
}

// Kind is a kind of sync.
type Kind string

// The kinds of sync.
const (
	Full        Kind = "full"        // every issue, in slices that can be gone on with
	Incremental Kind = "incremental" // what was changed since the watermark
	// CensusOnly asks which issues there are: those that the store lacks are
	// fetched, and those that only the store has are looked for one by one.
	CensusOnly Kind = "census"
	AgileOnly  Kind = "agile" // versions and sprints
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{Full, Incremental, CensusOnly, AgileOnly} }

// Result is how a run ended.
type Result string

// How a run can end. A partial run has stored what it read and says what is
// missing; nothing may be inferred from what it did not see.
const (
	Complete Result = "complete"
	Partial  Result = "partial"
	Failed   Result = "failed"
)

// Report is what one run did.
type Report struct {
	Site      string    `json:"site"`
	Kind      Kind      `json:"kind"`
	Result    Result    `json:"result"`
	Reasons   []string  `json:"reasons,omitempty"` // why not complete
	Started   time.Time `json:"started"`
	Finished  time.Time `json:"finished"`
	Read      int       `json:"read"` // distinct issues
	New       int       `json:"new"`
	Changed   int       `json:"changed"`
	Unchanged int       `json:"unchanged"`
	Changes   int       `json:"changes"`            // changelog items not held before
	Restored  int       `json:"restored,omitempty"` // issues that were gone and are back
	Events    int       `json:"events,omitempty"`   // versions and sprints that are new or otherwise than before
	Queries   int       `json:"queries,omitempty"`  // JQLs of goals that the site was asked
	// What a census saw: the number of issues, how many of them it had to
	// fetch, and what became of the absent ones, by flow.Presence.
	Seen     int            `json:"seen,omitempty"`
	Fetched  int            `json:"fetched,omitempty"`
	Absent   map[string]int `json:"absent,omitempty"`
	Problems int            `json:"problems"`
	Requests int            `json:"requests"`
	Retries  int            `json:"retries"`
	// ServerNow is the site's clock at the start.
	ServerNow time.Time `json:"server_now"`
	// Resumed tells that a full run went on where an earlier one stopped.
	Resumed bool `json:"resumed,omitempty"`
	// ProblemIssues lists the first of the issues that could not be taken as
	// they came; Problems counts them all.
	ProblemIssues []ProblemIssue `json:"problem_issues,omitempty"`
}

// ProblemIssue is a flow.Problem as a report lists it.
type ProblemIssue struct {
	ID   flow.IssueID `json:"id,omitempty"`
	Key  string       `json:"key,omitempty"`
	What string       `json:"what"`
}
