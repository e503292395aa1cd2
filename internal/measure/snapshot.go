package measure

import (
	"time"

	"plumbline/internal/flow"
)

// Date is flow's calendar day, for those who see the snapshot alone.
type Date = flow.Date

// Snapshot is every figure as of one moment. It is immutable: scrapes, pages
// and commands share it. A pointer that is nil, or a slice that is empty,
// means that the figure is not known; it is never shown as 0.
type Snapshot struct {
	At    time.Time    `json:"at"`
	Goals []GoalStatus `json:"goals"` // sorted by goal id
	// Work is each project's active work and the part that no goal claims.
	Work []ProjectShare `json:"work,omitempty"`
	// Estimator says how well real completion and forecasts have been told so
	// far; nil where nothing has been learnt.
	Estimator *EstimatorStatus `json:"estimator,omitempty"`
	// Decisions are the open decisions by site and class.
	Decisions []SiteDecisions `json:"decisions,omitempty"`
	// Debt is the technical debt of each site, also outside any goal.
	Debt []SiteDebt `json:"debt,omitempty"`
}

// Goal returns the status of the goal with the id.
func (s *Snapshot) Goal(id string) (*GoalStatus, bool) {
	for i := range s.Goals {
		if s.Goals[i].ID == id {
			return &s.Goals[i], true
		}
	}
	return nil, false
}

// GoalStatus is what is so of one goal at the snapshot's moment.
type GoalStatus struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Owner  string `json:"owner"`
	Parent string `json:"parent,omitempty"`

	Health Health `json:"health"`
	// HealthSince is the day on which the health began to show; nil where
	// the goal has had no issue yet.
	HealthSince *time.Time `json:"health_since,omitempty"`

	// Issues are the leaves in scope by what became of them.
	Issues Parts `json:"issues"`
	// Points are their weights, where the goal counts points and enough of
	// the leaves are estimated.
	Points *Points `json:"points,omitempty"`
	// CountedIn says what both completions are counted in: "points" where
	// there are Points, else "issues".
	CountedIn string `json:"counted_in"`
	// EstimateCoverage is the share of the leaves that are estimated, where
	// the goal counts points.
	EstimateCoverage *float64 `json:"estimate_coverage,omitempty"`
	// Reported is the completion as it is reported: by Jira's own epic
	// progress, leaves with a status of category Done over all leaves, or by
	// the last check-in that gives one, or by a field of the goal's epics
	// (MEASURES §2.1).
	Reported *float64 `json:"reported_completion"`
	// ReportedFrom is "jira", "field" or "check_ins", ReportedAt when the
	// check-in, or the latest of the epics' fields, said it.
	ReportedFrom string     `json:"reported_from"`
	ReportedAt   *time.Time `json:"reported_at,omitempty"`
	// ReportedHealth is how the goal is reported to stand: by the last
	// check-in that says so, else by Reported against the time that is over
	// (MEASURES §2.20). Empty where that is not known.
	ReportedHealth Health `json:"reported_health,omitempty"`
	// LastCheckIn is the start of the day of the last check-in.
	LastCheckIn *time.Time `json:"last_check_in,omitempty"`
	// Delivered is delivered over not discarded leaves (MEASURES §2.2).
	Delivered *float64 `json:"delivered_completion"`

	// Real is the share of what will finally be delivered that is firmly done,
	// as far as it can be known: a median, and its 80 % interval (MEASURES
	// §3). CountedIn says in what.
	Real      *float64 `json:"real_completion"`
	RealLower *float64 `json:"real_completion_lower,omitempty"`
	RealUpper *float64 `json:"real_completion_upper,omitempty"`
	// Overstated is the probability that the truth lies more than 15 points
	// below what is reported.
	Overstated *float64 `json:"overstated_probability,omitempty"`
	// Estimate is what Real rests on; nil where it is known for sure.
	Estimate *Estimate `json:"estimate,omitempty"`
	// Forecast50 and Forecast85 are when the last issue will have been
	// delivered with 50 and 85 % probability (MEASURES §5).
	Forecast50 *time.Time `json:"forecast_50,omitempty"`
	Forecast85 *time.Time `json:"forecast_85,omitempty"`
	// ForecastWaitsFor is the goal below it that is finished last with 50 %,
	// where that, and not the goal's own work as a whole, decides.
	ForecastWaitsFor string `json:"forecast_waits_for,omitempty"`
	// OnTime and FirstOnTime are the probabilities to make the target in
	// force and the first one.
	OnTime      *float64 `json:"on_time_probability,omitempty"`
	FirstOnTime *float64 `json:"first_target_probability,omitempty"`

	// CommittedAt is t0 of MEASURES §2.6: the first leaf entering work or the
	// declared start, whichever is later.
	CommittedAt  *time.Time `json:"committed_at,omitempty"`
	ScopeAdded   *int       `json:"scope_added"`   // leaves that entered since CommittedAt
	ScopeRemoved *int       `json:"scope_removed"` // leaves that left since CommittedAt

	Target         *Date `json:"target,omitempty"`       // the promise in force
	FirstTarget    *Date `json:"first_target,omitempty"` // the first promise
	TargetMoves    int   `json:"target_moves"`           // times moved later by a day or more
	TargetMoves90d int   `json:"target_moves_90d"`
	TargetSlipDays *int  `json:"target_slip_days,omitempty"` // present target less first

	LastProgress *time.Time `json:"last_progress,omitempty"`
	// StallAfterSeconds is how long the goal may be without progress before it is
	// stalled, in seconds: its own rhythm (MEASURES §7).
	StallAfterSeconds *float64 `json:"stall_after_seconds,omitempty"`
	Stalled           *bool    `json:"stalled,omitempty"`
	// StalledSince is when the silence outlasted StallAfterSeconds.
	StalledSince *time.Time `json:"stalled_since,omitempty"`

	// Outcomes are the goal's declared outcomes, in their order; where it
	// declares none, that of the goals below it.
	Outcomes []OutcomeStatus `json:"outcomes,omitempty"`

	// Decisions says how the goal's decisions stand; nil where nobody keeps
	// any.
	Decisions *DecisionStatus `json:"decisions,omitempty"`
	// Movement says how the goal moves; empty where no work has begun, and
	// while it is closed. StalledBusy tells that nothing of meaning has happened
	// in the silence of a stalled goal, and much else has.
	Movement    Movement `json:"movement,omitempty"`
	StalledBusy bool     `json:"stalled_despite_activity,omitempty"`
	// WaitsFor is what a quiet or stalled goal waits for.
	WaitsFor []Wait `json:"waits_for,omitempty"`

	// Drift is how the scope changed since CommittedAt, Slip how the target did.
	Drift *Drift `json:"drift,omitempty"`
	Slip  *Slip  `json:"slip,omitempty"`
	// Traps are those that can be judged of the goal, in the order of Traps.
	Traps []TrapState `json:"traps,omitempty"`

	// Finished is how many leaves were delivered for the first time, while in
	// scope (MEASURES §2.7).
	Finished  *Windows     `json:"finished_issues,omitempty"`
	CycleTime *Percentiles `json:"cycle_time,omitempty"`    // of the delivered issues in scope (MEASURES §2.8)
	Age       *Percentiles `json:"work_item_age,omitempty"` // of the issues in progress (MEASURES §2.9)
	// Reopened is the chance that delivered work is re-opened within 30 days
	// (MEASURES §2.11).
	Reopened *float64 `json:"reopened,omitempty"`
	Blocked  *int     `json:"blocked_issues,omitempty"` // open issues that are blocked, by status, flag or link
	// Unowned is the share of the issues in progress that are assigned to
	// nobody (MEASURES §2.12).
	Unowned *float64 `json:"unowned,omitempty"`
	// FlowEfficiency is the share of the time from start to finish in which
	// the issues delivered in the last 90 days were worked on, FlowTime what
	// it is made of (MEASURES §2.10).
	FlowEfficiency *float64  `json:"flow_efficiency,omitempty"`
	FlowTime       *FlowTime `json:"flow_time,omitempty"`
	// Concentration is the share of the issues in progress, and of those
	// delivered in the last 90 days, that two people hold; withheld where fewer
	// people than privacy.min_group hold any (MEASURES §2.13).
	Concentration *float64 `json:"concentration,omitempty"`
	// Ownership is how clear it is who answers for the goal and its work.
	Ownership *Ownership `json:"ownership,omitempty"`
	// Debt is the goal's technical debt; nil where nothing is configured to be
	// such (MEASURES §2.14).
	Debt *DebtStatus `json:"debt,omitempty"`

	// StopCriteria are the goal's declared stop criteria, in their order.
	StopCriteria []StopCriterion `json:"stop_criteria,omitempty"`

	// Evidence is how far the figures can be trusted; nil where no issue is
	// in scope.
	Evidence *Confidence `json:"evidence,omitempty"`
	// Suppressed are the figures that are withheld although they could be
	// made, and why.
	Suppressed []Suppression `json:"suppressed,omitempty"`

	// Missing says, by measure, why a figure that one would expect is not
	// there ("reported_completion": "no issue is in scope").
	Missing map[string]string `json:"missing,omitempty"`
}

// Parts are the additive parts of all completion ratios. Every leaf in scope
// is in exactly one. A leaf whose status's category is unknown and that is not
// resolved is not known to be started, and so is in ToDo.
type Parts struct {
	ToDo       int `json:"todo"`
	InProgress int `json:"in_progress"`
	Delivered  int `json:"delivered"`
	Discarded  int `json:"discarded"`
}

// Total is the number of leaves in scope.
func (p Parts) Total() int { return p.ToDo + p.InProgress + p.Delivered + p.Discarded }

// Open is the number of leaves neither delivered nor discarded.
func (p Parts) Open() int { return p.ToDo + p.InProgress }

// Movement is whether a goal moves, by its own rhythm (MEASURES §7).
type Movement string

// The ways to move: within its rhythm, silent for longer than usual, and
// stalled.
const (
	Active      Movement = "active"
	Quiet       Movement = "quiet"
	StandsStill Movement = "stalled"
)

// Health is the state of a goal (MEASURES §2.20).
type Health string

// The health states.
const (
	OnTrack       Health = "on_track"
	AtRisk        Health = "at_risk"
	OffTrack      Health = "off_track"
	Stalled       Health = "stalled"
	Finished      Health = "done"
	NotStarted    Health = "not_started"
	HealthUnknown Health = "unknown"
)

// HealthStates lists every state, in the order of the documentation.
func HealthStates() []Health {
	return []Health{OnTrack, AtRisk, OffTrack, Stalled, Finished, NotStarted, HealthUnknown}
}
