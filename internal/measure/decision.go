package measure

import "time"

// DecisionStatus is how the decisions of a goal stand (MEASURES §6).
type DecisionStatus struct {
	Open    int `json:"open"`
	Overdue int `json:"overdue"`
	// OldestOpen is when the oldest open decision was asked for.
	OldestOpen *time.Time `json:"oldest_open,omitempty"`
	// DebtSeconds is the sum of the ages of the open decisions: it grows by a
	// day a day for each.
	DebtSeconds float64 `json:"debt_seconds"`
	// BlockedRatio is the share of the open work that waits for a decision:
	// its own, or one that it is blocked by. Nil where no work is open.
	BlockedRatio *float64 `json:"blocked_ratio,omitempty"`
	// Reversed are the decisions that were made and then taken back: asked
	// again after more than a week, or said to be so.
	Reversed int `json:"reversed"`
	// Latency is of all classes together.
	Latency DecisionLatency `json:"latency"`
	// BeyondUsual is the share of the open decisions that are older than the
	// 85 % quantile of the latency; nil where that is not reached.
	BeyondUsual *float64 `json:"beyond_usual_ratio,omitempty"`
	// Classes are the configured classes in their order, then "other" where
	// the goal has decisions of none of them.
	Classes []DecisionClassStatus `json:"classes"`
}

// DecisionClassStatus is the same of one class.
type DecisionClassStatus struct {
	Class   string          `json:"class"`
	Open    int             `json:"open"`
	Overdue int             `json:"overdue"`
	Latency DecisionLatency `json:"latency"`
}

// DecisionLatency is how long decisions take, from being asked for to being
// made, over the window before the moment. Open ones count as lasting longer
// than they are old (Kaplan–Meier with delayed entry), so that leaving one
// open never makes it look shorter.
type DecisionLatency struct {
	Made    int `json:"made"`    // observed to be made, in all of their parts
	Waiting int `json:"waiting"` // observed, and not made yet
	// P50Seconds and P85Seconds are by when half and 85 % are made; nil where
	// too many are open to tell.
	P50Seconds *float64 `json:"p50_seconds,omitempty"`
	P85Seconds *float64 `json:"p85_seconds,omitempty"`
	// MeanSeconds is the mean of the first 30 days: one that takes longer
	// counts 30. Nil where no decision was waited for in the window.
	MeanSeconds *float64 `json:"mean_30d_seconds,omitempty"`
	// WholeHistory tells that the window held too little to tell, so that all
	// that ever was is looked at.
	WholeHistory bool `json:"whole_history,omitempty"`
	// Working is the same by the clock of the working days; nil where the
	// calendar has none.
	Working *WorkingLatency `json:"working,omitempty"`
}

// WorkingLatency is how long decisions take in working time: a working day
// counts 24 hours.
type WorkingLatency struct {
	P50Seconds  *float64 `json:"p50_seconds,omitempty"`
	P85Seconds  *float64 `json:"p85_seconds,omitempty"`
	MeanSeconds float64  `json:"mean_30d_seconds"`
}

// SiteDecisions are the open decisions of a class at one site, those of no
// goal among them.
type SiteDecisions struct {
	Site    string `json:"site"` // "" for decisions that are declared without an issue
	Class   string `json:"class"`
	Open    int    `json:"open"`
	Overdue int    `json:"overdue"`
}

// DecisionRegister is every decision that is open at a moment or was made
// within the window before it, with how long decisions take.
type DecisionRegister struct {
	At         time.Time `json:"at"`
	Goal       string    `json:"goal,omitempty"` // the one that it is limited to
	WindowDays int       `json:"window_days"`
	// Classes are how long decisions take: those of all classes together,
	// whose class is "", then each in the order of the configuration.
	Classes []ClassLatency `json:"classes"`
	// Decisions are the open ones, the oldest first, then those made, the
	// latest first.
	Decisions []Decision `json:"decisions"`
}

// ClassLatency is the latency of one class of decisions.
type ClassLatency struct {
	Class   string          `json:"class"`
	Latency DecisionLatency `json:"latency"`
}

// DecisionState is how a decision stands.
type DecisionState string

// The states of a decision.
const (
	DecisionOpen      DecisionState = "open"
	DecisionMade      DecisionState = "made"
	DecisionWithdrawn DecisionState = "withdrawn" // its issue is gone: nobody knows
)

// Decision is one row of the register.
type Decision struct {
	ID      string        `json:"id,omitempty"` // where a goals file declares it
	Site    string        `json:"site,omitempty"`
	Key     string        `json:"key,omitempty"` // of the issue
	Summary string        `json:"summary,omitempty"`
	Class   string        `json:"class"`
	Goals   []string      `json:"goals"` // those that it belongs to, without the goals above them
	State   DecisionState `json:"state"`
	// Cause is what asked for it: "issue type Decision", "status Awaiting
	// approval", "flag", "goals file".
	Cause     string `json:"cause"`
	Authority string `json:"authority,omitempty"` // as declared: a group, never a person
	// Asked is when it was asked: of a part of another decision, when that was.
	Asked time.Time `json:"asked"`
	// SplitFrom is the key of the decision that it is a part of, empty for none;
	// OpenParts is how many others of the same whole are open.
	SplitFrom string `json:"split_from,omitempty"`
	OpenParts int    `json:"open_parts,omitempty"`
	// Due is by when it should be made; Overdue tells that it is open and
	// later than that.
	Due     *time.Time `json:"due,omitempty"`
	Overdue bool       `json:"overdue"`
	// Ended is when it was made or withdrawn, How what ended it, Outcome what
	// the goals file says of it.
	Ended   *time.Time `json:"ended,omitempty"`
	How     string     `json:"how,omitempty"`
	Outcome string     `json:"outcome,omitempty"`
	// AgeSeconds is how long it has been waited for, or was; WorkingSeconds
	// the same by the clock of the working days.
	AgeSeconds     float64  `json:"age_seconds"`
	WorkingSeconds *float64 `json:"working_seconds,omitempty"`
	Reopened       int      `json:"reopened"` // times that it was closed and opened again within a week
	Reversed       bool     `json:"reversed"` // it was made, and taken back later
	Holds          int      `json:"holds"`    // open issues of goals that are blocked by it
}
