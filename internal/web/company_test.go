package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/measure"
	"plumbline/internal/syncer"
)

// now is the present of the tests: a Monday morning.
func testNow() time.Time { return time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC) }

// company is an engine with made-up figures.
type company struct {
	snap   *measure.Snapshot
	runs   []syncer.Report
	zone   *time.Location
	reload error // what Reload returns
	fails  error // what all else returns
	panics bool

	asked   []time.Time // of SnapshotAt
	reloads int
}

func newCompany() *company {
	return &company{snap: &measure.Snapshot{At: testNow().Add(-2 * time.Minute), Goals: companyGoals()}, runs: companyRuns()}
}

func (c *company) Snapshot() *measure.Snapshot {
	if c.panics {
		panic("no figure is left standing")
	}
	return c.snap
}

func (c *company) SnapshotAt(_ context.Context, at time.Time) (*measure.Snapshot, error) {
	c.asked = append(c.asked, at)
	if c.fails != nil {
		return nil, c.fails
	}
	return &measure.Snapshot{At: at, Goals: c.snap.Goals}, nil
}

func (c *company) Explain(_ context.Context, goal, _ string, at time.Time) (*measure.Explanation, error) {
	if c.fails != nil {
		return nil, c.fails
	}
	if _, ok := c.snap.Goal(goal); !ok {
		return nil, fmt.Errorf("explain goal %s: %w", goal, ErrNoGoal)
	}
	return &measure.Explanation{Goal: goal, At: at, Measures: companyMeasures()}, nil
}

func (c *company) Unlinked(_ context.Context, at time.Time) (*measure.Unlinked, error) {
	if c.fails != nil {
		return nil, c.fails
	}
	u := &measure.Unlinked{At: at, WindowDays: 28, Projects: []measure.ProjectShare{}, Groups: []measure.UnlinkedGroup{}}
	if len(c.snap.Goals) == 0 {
		return u, nil
	}
	u.Projects = append(u.Projects,
		measure.ProjectShare{Site: "acme", Project: "SHOP", Active: 40, Unlinked: 21, BusinessAsUsual: 6, Ratio: .525},
		measure.ProjectShare{Site: "old-jira", Project: "OPS", Active: 3, Unlinked: 1, Ratio: 1.0 / 3})
	u.Groups = append(u.Groups,
		measure.UnlinkedGroup{Site: "acme", Project: "SHOP", Epic: "SHOP-12", Summary: "A <faster> search", Issues: 14, BusinessAsUsual: 6, Suggestions: []measure.Suggestion{
			{Goal: "search", Why: "9 of 14 have the label latency, as 12 of the goal's issues do", Paste: "epics: [SHOP-1, SHOP-12]"},
			{Goal: "checkout-p95", Why: "2 of 14 link to issues of the goal"}}},
		measure.UnlinkedGroup{Site: "acme", Project: "SHOP", Issues: 7},
		measure.UnlinkedGroup{Site: "old-jira", Project: "OPS", Epic: "OPS-1", Issues: 1})
	return u, nil
}

func (c *company) Decisions(_ context.Context, goal string, at time.Time) (*measure.DecisionRegister, error) {
	if c.fails != nil {
		return nil, c.fails
	}
	if _, ok := c.snap.Goal(goal); goal != "" && !ok {
		return nil, fmt.Errorf("decisions of %s: %w", goal, ErrNoGoal)
	}
	r := &measure.DecisionRegister{At: at, Goal: goal, WindowDays: 90, Classes: []measure.ClassLatency{{}}, Decisions: []measure.Decision{}}
	if len(c.snap.Goals) == 0 {
		return r, nil
	}
	days := func(n float64) *float64 { n *= 86400; return &n }
	r.Classes = []measure.ClassLatency{
		{Latency: measure.DecisionLatency{Made: 4, Waiting: 2, P50Seconds: days(5), MeanSeconds: days(11), Working: &measure.WorkingLatency{MeanSeconds: *days(8)}}},
		{Class: "architecture", Latency: measure.DecisionLatency{Made: 1, Waiting: 1, MeanSeconds: days(21), WholeHistory: true}},
		{Class: "approval"},
	}
	r.Decisions = []measure.Decision{
		{ID: "engine", Site: "acme", Key: "SHOP-55", Summary: "Which <engine>?", Class: "architecture", Goals: []string{"search", "checkout-p95"}, State: measure.DecisionOpen,
			Cause: "issue type Decision", Authority: "architecture-group", Asked: *morning("2026-09-28"), Due: morning("2026-10-03"), Overdue: true,
			AgeSeconds: *days(55.9), WorkingSeconds: days(40), Reopened: 1, Holds: 6},
		{ID: "budget", Class: "other", Goals: []string{}, State: measure.DecisionOpen, Cause: "goals file", Asked: *morning("2026-11-22"), AgeSeconds: 84000},
		{Site: "old-jira", Key: "OPS-7", Class: "approval", Goals: []string{"search"}, State: measure.DecisionMade, Cause: "status Awaiting approval",
			Asked: *morning("2026-11-10"), Ended: morning("2026-11-12"), How: "delivered", Outcome: "reversed: too dear", AgeSeconds: *days(2), WorkingSeconds: days(2), Reversed: true},
	}
	return r, nil
}

func (c *company) Runs(_ context.Context, at time.Time, n int) ([]syncer.Report, error) {
	if c.fails != nil {
		return nil, c.fails
	}
	var out []syncer.Report
	for _, r := range c.runs {
		if !r.Started.After(at) && len(out) < n {
			out = append(out, r)
		}
	}
	return out, nil
}

func (c *company) Reload(context.Context) error {
	c.reloads++
	return c.reload
}

func (c *company) IssueURL(site, key string) string {
	if site != "acme" {
		return ""
	}
	return "https://acme.example/browse/" + key
}

func (c *company) Zone() *time.Location { return c.zone }

// serve returns a handler over the engine.
func serve(t testing.TB, e Engine) http.Handler {
	t.Helper()
	return New(Options{
		Engine: e, Now: testNow, ExternalURL: "https://plumbline.acme.example/",
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("plumbline_goals 12\n"))
		}),
	}).Handler()
}

var errInside = errors.New("bucket issues: secret-looking detail")

func share(v float64) *float64 { return &v }

func day(s string) *flow.Date {
	d, err := flow.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return &d
}

func morning(s string) *time.Time {
	t := day(s).Start(time.UTC).Add(9 * time.Hour)
	return &t
}

// goalWith makes a goal that has begun.
func goalWith(id, name, owner string, h measure.Health, since string, reported, delivered float64, p measure.Parts) measure.GoalStatus {
	added, removed, slip, no, after := 6, 2, 0, h == measure.Stalled, 12.5*86400
	return measure.GoalStatus{
		ID: id, Name: name, Owner: owner, Health: h, HealthSince: morning(since), Issues: p,
		Reported: share(reported), Delivered: share(delivered), CountedIn: "issues", ReportedFrom: "jira",
		CommittedAt: morning("2026-07-01"), ScopeAdded: &added, ScopeRemoved: &removed,
		Target: day("2026-12-18"), FirstTarget: day("2026-12-18"), TargetSlipDays: &slip,
		LastProgress: morning("2026-11-20"), Stalled: &no, StallAfterSeconds: &after,
	}
}

func companyGoals() []measure.GoalStatus {
	trust := goalWith("customer-trust", "Customers trust the checkout", "product", measure.OnTrack, "2026-09-01", .62, .58, measure.Parts{ToDo: 40, InProgress: 12, Delivered: 72, Discarded: 9})
	p95 := goalWith("checkout-p95", "Checkout answers within 300 ms at p95", "team-payments", measure.OffTrack, "2026-11-14", .74, .41, measure.Parts{ToDo: 20, InProgress: 9, Delivered: 20, Discarded: 31})
	p95.Parent, p95.Target, p95.FirstTarget, p95.TargetMoves, p95.TargetMoves90d = "customer-trust", day("2026-11-20"), day("2026-10-02"), 2, 1
	slip := 49
	p95.TargetSlipDays = &slip
	refunds := goalWith("refunds", "Refunds without a phone call", "team-payments", measure.OnTrack, "2026-10-11", .55, .55, measure.Parts{ToDo: 9, InProgress: 2, Delivered: 13})
	refunds.Parent = "customer-trust"
	partial := goalWith("refunds-partial", "Partial refunds", "team-payments", measure.AtRisk, "2026-11-19", .30, .25, measure.Parts{ToDo: 5, InProgress: 1, Delivered: 2, Discarded: 1})
	partial.Parent = "refunds"
	search := goalWith("search", "Search finds what people mean", "team-discovery", measure.Stalled, "2026-10-30", .70, .66, measure.Parts{ToDo: 8, InProgress: 6, Delivered: 27, Discarded: 3})
	search.LastProgress, search.StalledSince = morning("2026-10-09"), morning("2026-10-21")
	audit := goalWith("audit", "Pass the audit", "platform", measure.OnTrack, "2026-08-03", .995, .996, measure.Parts{InProgress: 1, Delivered: 249, Discarded: 1})
	audit.Target, audit.FirstTarget, audit.TargetSlipDays = nil, nil, nil
	audit.Missing = map[string]string{"target": "no target is declared"}
	mobile := goalWith("mobile", "One app for phones and tablets", "team-mobile", measure.AtRisk, "2026-11-02", .48, .39, measure.Parts{ToDo: 51, InProgress: 17, Delivered: 44, Discarded: 12})
	done := goalWith("login", "Log in with a passkey", "team-identity", measure.Finished, "2026-10-01", 1, 1, measure.Parts{Delivered: 38, Discarded: 4})
	done.Target = day("2026-10-02")
	data := goalWith("lake", "Nightly figures by seven", "data", measure.OnTrack, "2026-09-14", .81, .79, measure.Parts{ToDo: 4, InProgress: 3, Delivered: 27})
	long := goalWith("archive", "Retire the archive that every team has wanted gone since the merger and nobody has dared to touch", "platform", measure.OffTrack, "2026-09-30", .004, .003, measure.Parts{ToDo: 300, InProgress: 1, Delivered: 1, Discarded: 40})
	met, not := true, false
	long.StopCriteria = []measure.StopCriterion{
		{ID: "too-little", When: "delivered_completion < 30% after 2026-11-01", Met: &met},
		{ID: "no-effect", When: "outcome.p95 > 0.5 for 14d", Why: "outcome.p95 is unknown: this version does not measure it"},
		{ID: "grows", When: "scope_added > 100", Met: &not},
	}
	search.Decisions = &measure.DecisionStatus{Open: 2, Overdue: 1, OldestOpen: morning("2026-09-28"), DebtSeconds: 5_000_000, BlockedRatio: share(.43),
		Latency: measure.DecisionLatency{Waiting: 2}, Classes: []measure.DecisionClassStatus{{Class: "architecture", Open: 2, Overdue: 1}}}
	data.Decisions = &measure.DecisionStatus{Classes: []measure.DecisionClassStatus{{Class: "architecture"}}}
	p95.Decisions = &measure.DecisionStatus{Open: 1, OldestOpen: morning("2026-11-22"), DebtSeconds: 84000, Classes: []measure.DecisionClassStatus{{Class: "architecture", Open: 1}}}
	refunds.Points, refunds.CountedIn, refunds.EstimateCoverage = &measure.Points{ToDo: 30, InProgress: 5.5, Delivered: 43}, "points", share(.92)
	partial.EstimateCoverage = share(.4)
	mobile.ReportedFrom, mobile.ReportedAt, mobile.LastCheckIn, mobile.ReportedHealth = "check_ins", morning("2026-11-16"), morning("2026-11-16"), measure.OnTrack
	idle := measure.GoalStatus{ID: "atlas", Name: "Atlas", Owner: "team-maps", Health: measure.NotStarted, CountedIn: "issues", ReportedFrom: "jira",
		Missing: map[string]string{"reported_completion": "no issue is in scope", "delivered_completion": "no issue is in scope that was not discarded",
			"stalled": "no work has begun", "scope_added": "no work has begun, or the declared start lies ahead", "target": "no target is declared"}}
	blind := goalWith("vendor", "The vendor's half of the migration", "platform", measure.HealthUnknown, "2026-11-01", .5, .5, measure.Parts{ToDo: 3, Delivered: 3})
	blind.LastProgress, blind.Missing = nil, map[string]string{"last_progress": "work began, but by bulk edits or bots alone"}
	return []measure.GoalStatus{long, idle, audit, p95, trust, data, done, mobile, refunds, partial, search, blind}
}

func companyMeasures() []measure.ExplainedMeasure {
	return []measure.ExplainedMeasure{
		{Measure: "health", Value: "off_track", Formula: "the first that holds: done, not_started, stalled, off_track, on_track",
			Inputs:  []measure.ExplainedInput{{Name: "judged at this moment", Value: "off_track"}, {Name: "open issues", Value: "29"}},
			Counted: []measure.Evidence{{Site: "acme", Key: "PAY-12", What: "container, closed: no"}, {Site: "acme", What: "fix version PAY 3.2, released: no"}}},
		{Measure: "delivered_completion", Value: "41 %", Formula: "delivered issues ÷ issues in scope that were not discarded",
			Inputs: []measure.ExplainedInput{{Name: "delivered", Value: "20"}, {Name: "not discarded", Value: "49"}},
			Counted: []measure.Evidence{
				{Site: "acme", Key: "PAY-13", At: *morning("2026-10-05"), What: "delivered (Closed, Fixed)", Via: "epic PAY-12", Also: []string{"refunds", "search"}},
				{Site: "old-jira", Key: "SHOP-7", At: *morning("2026-10-07"), What: "delivered (Done)", Via: "label p95"}},
			LeftOut: []measure.Evidence{{Site: "acme", Key: "PAY-14", At: *morning("2026-10-09"), What: "discarded (Closed, Won't Do)", Via: "epic PAY-12"}}},
		{Measure: "target", Value: "unknown", Why: "no target is declared", Formula: "the last target said by then"},
	}
}

func companyRuns() []syncer.Report {
	at := func(minutes int) time.Time { return testNow().Add(-time.Duration(minutes) * time.Minute) }
	return []syncer.Report{
		{Site: "acme", Kind: syncer.Incremental, Result: syncer.Complete, Started: at(3), Finished: at(3).Add(820 * time.Millisecond), ServerNow: at(3), Read: 7, New: 1, Changed: 4, Unchanged: 2, Changes: 9, Requests: 3},
		{Site: "old-jira", Kind: syncer.Full, Result: syncer.Partial, Reasons: []string{"project SHOP could not be seen", "stopped after 5 failures in a row"}, Started: at(90), Finished: at(88), ServerNow: at(90), Read: 10412, New: 12, Changed: 30, Unchanged: 10370, Changes: 77, Problems: 3, Requests: 120, Retries: 9, Resumed: true,
			ProblemIssues: []syncer.ProblemIssue{{ID: 1007, Key: "SHOP-7", What: "history: a change without a time"}, {What: "an issue without fields"}}},
		{Site: "acme", Kind: syncer.Incremental, Result: syncer.Failed, Reasons: []string{"acme answered 503"}, Started: at(60 * 26), Finished: at(60*26 - 1), ServerNow: at(60 * 26), Requests: 6, Retries: 5},
	}
}
