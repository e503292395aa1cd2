package goal

import (
	"time"

	"plumbline/internal/flow"
)

// Goal is one declared goal. It has been validated: ids are unique and of the
// form [a-z0-9-]+, parents exist and form no cycle, dates are in order.
type Goal struct {
	ID     string
	Name   string
	Owner  string // a team, never a person
	Parent string // id of the goal above; empty for none
	Weight float64

	// Start is the declared start; zero where none is declared.
	Start flow.Date
	// Targets is the history of the promise, oldest first by Said. Empty
	// where the goal has no target. The last one is in force.
	Targets []Target

	Count      Count
	Work       Work
	Reported   Reported
	CheckIns   []CheckIn
	Decisions  []Decision
	DecideIn   map[string]time.Duration // by decision class; "" is for all others
	Outcomes   []Outcome
	StopWhen   []StopCriterion
	StallAfter time.Duration // 0: found from the goal's own rhythm
	DeclaredAt string        // file:line of the declaration, for messages
}

// Target is a promised date, and since when it has been the promise. A zero
// Said means "from the goal's beginning".
type Target struct {
	Date flow.Date
	Said flow.Date
	Why  string
}

// Count says what a goal's completion is counted in.
type Count string

// The ways to count.
const (
	CountIssues Count = "issues"
	CountPoints Count = "points"
)

// Work selects the issues of a goal: the union of the selectors, less Exclude.
type Work struct {
	Epics       []string // keys; each with all that is below it
	FixVersions []InProject
	Labels      []InProject
	JQL         string
	Exclude     []string // keys; each with all that is below it
}

// IsZero reports whether w selects nothing.
func (w Work) IsZero() bool {
	return len(w.Epics) == 0 && len(w.FixVersions) == 0 && len(w.Labels) == 0 && w.JQL == ""
}

// InProject is a name that has meaning within a project: a version or a label.
// An empty Project means any project.
type InProject struct {
	Project string
	Name    string
}

// The sources of what is reported.
const (
	ReportedByJira     = "jira"
	ReportedByField    = "field"
	ReportedByCheckIns = "check_ins"
)

// Reported says where a goal's reported completion comes from; Field is the
// field's name or id where it is a field.
type Reported struct {
	From  string
	Field string
}

// CheckIn is what the owner said of the goal on a day.
type CheckIn struct {
	Date       flow.Date
	Completion *float64 // 0…1
	Health     string
	Note       string
}

// Decision is a decision declared in the goals file.
type Decision struct {
	ID, Class, Issue, Authority, Outcome string
	Asked, DecideBy, Decided             flow.Date
}

// Outcome is a measurement of whether the goal itself moves.
type Outcome struct {
	ID, Query, Unit string
	From, To        float64
}

// StopCriterion is a condition under which the goal should be questioned.
type StopCriterion struct {
	ID   string
	When string
}
