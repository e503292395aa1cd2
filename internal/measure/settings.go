package measure

import (
	"slices"
	"time"

	"plumbline/internal/flow"
)

// Settings are what the company can set: what its words mean, its calendar,
// and the thresholds.
type Settings struct {
	Semantics  flow.Semantics
	Calendar   flow.Calendar
	Thresholds Thresholds
	// BusinessAsUsual is work that needs no goal.
	BusinessAsUsual Match
	// Blocked is work that is held up.
	Blocked Match
	// Work says in which statuses an issue is worked on and in which it waits.
	Work WorkStatuses
	// Debt is technical debt.
	Debt Match
	// MinGroup is the number of persons below which a figure that is derived
	// from persons is withheld; less than LeastGroup is taken for LeastGroup.
	MinGroup int
	// Escalation are the priorities that mean one, by name.
	Escalation []string
	// Traps are what is set of the trap detectors, by name.
	Traps map[string]TrapSetting
	// Decisions say what asks for one.
	Decisions DecisionRules

	fresh *fresh // nil: not known
}

// Match is a set of issues: those to which any of its parts applies. Names are
// compared without regard to case.
type Match struct {
	IssueTypes []string
	Labels     []string
	Statuses   []string
	Flagged    bool
}

// Applies reports whether an issue in the state is in the set.
func (m *Match) Applies(st *flow.State) bool {
	return m.Flagged && st.Flagged || oneOf(m.IssueTypes, st.Type.Name) || oneOf(m.Statuses, st.Status.Name) ||
		slices.ContainsFunc(st.Labels, func(l string) bool { return oneOf(m.Labels, l) })
}

// Thresholds are the constants of the rules: health, alerts and dashboards are
// made from the same values. The thresholds of traps stand with the traps, and
// windows that a figure's name fixes (Windows, the moves of a target in 90 days)
// with the figure.
type Thresholds struct {
	// BulkIssues is from how many issues on, changed by one author within one
	// minute, a change is part of a bulk edit (MEASURES §1).
	BulkIssues int
	// Bounce is how long an issue must have been open again to count as
	// re-opened (MEASURES §1).
	Bounce time.Duration

	// StallFloor, StallFactor, StallQuantile, StallMinGaps, StallGap and
	// StallShrink make a goal's stall threshold: max(floor, factor × Q̃), where
	// Q̃ is the quantile of its own gaps between progress events, shrunk
	// towards that of its class, which weighs as much as StallShrink own gaps;
	// with fewer than StallMinGaps own gaps it is the class's alone. Gaps under
	// StallGap are none (MEASURES §7, which has an hour; see the package's
	// documentation for why a day).
	StallFloor    time.Duration
	StallFactor   float64
	StallQuantile float64
	StallMinGaps  int
	StallGap      time.Duration
	StallShrink   int
	// StallPrior is the quantile of a class of which nothing is known yet; it
	// weighs as much as StallShrink gaps of the class.
	StallPrior time.Duration
	// StallQuiet divides the threshold: a goal that is silent for longer than
	// that is quiet. StallNoise is from how many changes without meaning on a
	// stalled goal is busy all the same.
	StallQuiet float64
	StallNoise int

	// EstimateCoverage is the share of a goal's issues that must be estimated
	// for its points to count, MaxEstimate the largest estimate that is taken
	// for one: more is a slip of the pen, or seconds in the wrong field
	// (MEASURES §1).
	EstimateCoverage float64
	MaxEstimate      float64
	// ReportedAtRisk and ReportedOffTrack are how far the reported completion
	// must lie behind the share of the time that is over for the reported
	// health to be at risk, and off track (MEASURES §2.20).
	ReportedAtRisk   float64
	ReportedOffTrack float64

	// WorseAfter and BetterAfter are how long a worse and a better health
	// must hold before it shows (MEASURES §2.20).
	WorseAfter  time.Duration
	BetterAfter time.Duration
	// QuietAfter is how long all work of a goal without a container of its
	// own must have been closed for the goal to be done (MEASURES §3.1).
	QuietAfter time.Duration
	// Grace is how long after its containers were closed a goal's open leaves
	// still belong to it (MEASURES §1).
	Grace time.Duration
	// DecisionWindow is over which time the latency of decisions is looked
	// at, DecisionContinues within which time a decision that is opened again
	// is the same one, DecisionHorizon up to which age the restricted mean
	// goes (MEASURES §6).
	DecisionWindow    time.Duration
	DecisionContinues time.Duration
	DecisionHorizon   time.Duration
	// AddedWithin is how long after its creation an issue that comes into
	// scope was added, and not moved in. LateShare and LateWithin are the end
	// of the time to the target in which what comes in is a surprise.
	// GrowthPeers is how many other goals a goal's growth must be compared
	// with (MEASURES §2.6).
	// SplitWithin is how close to a split a fall of the whole's estimate is the
	// split's (MEASURES §1).
	AddedWithin time.Duration
	SplitWithin time.Duration
	LateShare   float64
	LateWithin  time.Duration
	GrowthPeers int
	// TrapPeers is how many other goals the value that a trap is judged by is
	// compared with (MEASURES §10).
	TrapPeers int
	// LatePush is how close before the old date a push is late; ResponseWithin
	// is how far around a push the scope's change answers it (MEASURES §2.16).
	LatePush       time.Duration
	ResponseWithin time.Duration
	// ReopenedWithin is how long delivered work is watched (MEASURES §2.11).
	ReopenedWithin time.Duration
	// OffTrackBelow and AtRiskBelow are chances of keeping the target,
	// OverstatedFrom is a chance that the reported completion is overstated
	// (MEASURES §2.20).
	OffTrackBelow  float64
	AtRiskBelow    float64
	OverstatedFrom float64
	// ActiveWithin is how recently work must have been delivered or moved to
	// be active (MEASURES §2.15).
	ActiveWithin time.Duration
	// FlowWindow is over which time flow efficiency, concentration, hand-offs
	// and changes of owners are looked at (MEASURES §2.10, §2.12, §2.13).
	FlowWindow time.Duration
	// OutcomeStale is how old an outcome's last value may be to stand.
	OutcomeStale time.Duration

	// EvidenceHides is the share below which a defect of the data hides the
	// figures that it spoils (MEASURES §8). A sync is fresh for FreshFor
	// intervals and worthless after StaleAfter; a goal of EvidenceSize issues
	// is large enough; bulk edits of EvidenceBulkWithin count; a check-in is
	// fresh up to CheckInFresh and worthless from CheckInStale on.
	EvidenceHides        float64
	FreshFor, StaleAfter int
	EvidenceSize         int
	EvidenceBulkWithin   time.Duration
	CheckInFresh         time.Duration
	CheckInStale         time.Duration
}

const day = 24 * time.Hour

// DefaultThresholds returns the thresholds of MEASURES. MaxEstimate and those
// of the reported health are ours, and so are AddedWithin and GrowthPeers. StallPrior comes from AeroGear's public
// Jira: the median of the quantiles of its fix versions with seven gaps or more
// is 363 hours (three versions).
func DefaultThresholds() Thresholds {
	return Thresholds{
		BulkIssues: 10,
		Bounce:     time.Hour,

		StallFloor:    7 * day,
		StallFactor:   1.5,
		StallQuantile: 0.95,
		StallMinGaps:  4,
		StallGap:      day,
		StallShrink:   10,
		StallPrior:    15 * day,
		StallQuiet:    1.5,
		StallNoise:    5,

		EstimateCoverage: 0.8,
		MaxEstimate:      1000,
		ReportedAtRisk:   0.10,
		ReportedOffTrack: 0.25,

		WorseAfter:  2 * day,
		BetterAfter: 5 * day,
		QuietAfter:  30 * day,
		Grace:       30 * day,

		DecisionWindow:    90 * day,
		DecisionContinues: 7 * day,
		DecisionHorizon:   30 * day,
		AddedWithin:       day,
		SplitWithin:       time.Hour,
		LateShare:         0.25,
		LateWithin:        14 * day,
		GrowthPeers:       8,
		TrapPeers:         20,

		LatePush:       14 * day,
		ResponseWithin: 14 * day,
		ReopenedWithin: 30 * day,

		OffTrackBelow:  0.3,
		AtRiskBelow:    0.7,
		OverstatedFrom: 0.5,

		ActiveWithin: 28 * day,
		FlowWindow:   90 * day,
		OutcomeStale: 26 * time.Hour,

		EvidenceHides:      0.5,
		FreshFor:           2,
		StaleAfter:         24,
		EvidenceSize:       10,
		EvidenceBulkWithin: 30 * day,
		CheckInFresh:       14 * day,
		CheckInStale:       60 * day,
	}
}

// DefaultSettings returns the settings of a company that has set nothing.
func DefaultSettings() Settings {
	return Settings{
		Semantics: flow.NewSemantics(flow.DefaultDiscarded()),
		Calendar: flow.Calendar{Workdays: [7]bool{
			time.Monday: true, time.Tuesday: true, time.Wednesday: true, time.Thursday: true, time.Friday: true,
		}},
		Thresholds: DefaultThresholds(),
		Blocked:    Match{Statuses: []string{"Blocked"}, Flagged: true},
		Escalation: []string{"Highest", "Blocker"},
		Work:       WorkStatuses{Waiting: []string{"In review", "Blocked"}},
		Debt:       Match{Labels: []string{"tech-debt"}, IssueTypes: []string{"Technical Debt"}},
		MinGroup:   LeastGroup,
	}
}

// LeastGroup is the least number of persons that a figure may be derived from.
const LeastGroup = 5
