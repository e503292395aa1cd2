package syncer

import (
	"context"
	"time"

	"plumbline/internal/flow"
)

// Source is one Jira site.
type Source interface {
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
	// that is held in the very same form is not rewritten.
	Write(ctx context.Context, b flow.Batch, c flow.Checkpoint) (flow.Written, error)
	// Catalog returns what is known of the site's statuses and versions.
	Catalog(site string) (*flow.Catalog, error)
	// AppendRun keeps the report of a run, encoded, and forgets the oldest
	// beyond a bound of the store's own.
	AppendRun(site string, at time.Time, report []byte) error
}

// Kind is a kind of sync.
type Kind string

// The kinds of sync.
const (
	Full        Kind = "full"
	Incremental Kind = "incremental"
)

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
	Changes   int       `json:"changes"` // changelog items not held before
	Problems  int       `json:"problems"`
	Requests  int       `json:"requests"`
	Retries   int       `json:"retries"`
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
