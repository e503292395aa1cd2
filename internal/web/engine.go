package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"plumbline/internal/measure"
	"plumbline/internal/syncer"
)

// Errors that an Engine wraps, so that the answer gets the right status.
var (
	// ErrNoGoal: no goal has the id. The answer is 404.
	ErrNoGoal = errors.New("there is no such goal")
	// ErrNoMeasure: goals have no measure of the name.
	ErrNoMeasure = errors.New("goals have no such measure")
	// ErrNotReady: there is nothing to measure yet. The answer is 503.
	ErrNotReady = errors.New("there is no snapshot yet")
)

// Engine is the running service, as far as pages need it. All of it may be
// called at the same time from many goroutines.
type Engine interface {
	Figures
	Operations
	Place
}

// Figures are what is measured.
type Figures interface {
	// Snapshot returns the last complete snapshot, nil before the first. It
	// returns at once.
	Snapshot() *measure.Snapshot
	// SnapshotAt returns the figures as of a moment of the past.
	SnapshotAt(ctx context.Context, at time.Time) (*measure.Snapshot, error)
	// Explain says how the goal's figures as of the moment came about; all of
	// them where measure is empty. It fails with ErrNoGoal or
	// ErrNoMeasure where there is no such goal or measure.
	Explain(ctx context.Context, goal, measure string, at time.Time) (*measure.Explanation, error)
	// Unlinked returns the active work that no goal claims.
	Unlinked(ctx context.Context, at time.Time) (*measure.Unlinked, error)
	// Decisions returns the register of decisions; with a goal, of that goal
	// alone. It fails with ErrNoGoal where there is no such goal.
	Decisions(ctx context.Context, goal string, at time.Time) (*measure.DecisionRegister, error)
}

// Operations are what operators look at and do.
type Operations interface {
	// Runs returns the latest syncs of all sites that had begun by the moment,
	// at most n, the latest begun first.
	Runs(ctx context.Context, at time.Time, n int) ([]syncer.Report, error)
	// Reload reads the configuration again. When it fails the old one stays
	// in force; the error is shown to whoever asked, and holds no secret.
	Reload(ctx context.Context) error
	// ReloadFailed returns when and why the last attempt to read the
	// configuration failed; nil where it succeeded. It holds no secret.
	ReloadFailed() (at time.Time, why error)
}

// Place says where things are.
type Place interface {
	// IssueURL returns the address of an issue in its Jira, "" where the site
	// is not known.
	IssueURL(site, key string) string
	// Zone is the one in which a day is a day; nil is UTC.
	Zone() *time.Location
}

// Options are what a Server is made of.
type Options struct {
	Engine  Engine       // required
	Metrics http.Handler // answers /metrics; required
	// ExternalURL is the service's address as browsers know it. A browser's
	// POST must name its host, a numeric address or localhost.
	ExternalURL string
	Logger      *slog.Logger     // nil: silent
	Now         func() time.Time // nil: time.Now
}
