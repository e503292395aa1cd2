package measure

import (
	"cmp"
	"time"

	"plumbline/internal/flow"
)

// figure returns a figure by its name in expressions.
func (g *GoalStatus) figure(name string, at time.Time, zone *time.Location) Figure {
	if f, is := g.outcome(name); is {
		return f
	}
	v, ok := g.number(name, at, zone)
	switch {
	case !ok:
		return Figure{Why: "this version does not measure it"}
	case v == nil:
		return Figure{Why: cmp.Or(g.whyMissing(name), "there is nothing to make it from")}
	}
	return Figure{Value: *v}
}

// whyMissing says why a figure is not known: many share a reason.
func (g *GoalStatus) whyMissing(name string) string {
	switch name {
	case "scope_removed":
		return g.Missing["scope_added"]
	case "first_target", "target_slip", "target_moves", "target_moves_90d":
		return g.Missing["target"]
	case "last_progress_age", "last_progress":
		return cmp.Or(g.Missing["last_progress"], g.Missing["stalled"])
	case "stall_after":
		return g.Missing["stalled"]
	case "overstated_probability":
		return g.Missing["real_completion"]
	case "on_time_probability", "first_target_probability":
		return cmp.Or(g.Missing["target"], g.Missing["forecast"])
	case "check_in_age":
		return "no check-in was made"
	case "decisions_overdue", "decisions_reversed", "decision_debt":
		return g.Missing["decisions_open"]
	case "decision_oldest_age":
		return cmp.Or(g.Missing["decisions_open"], "no decision is open")
	case "decision_blocked":
		return cmp.Or(g.Missing["decisions_open"], "no work is open")
	}
	return g.Missing[name]
}

// number returns a figure as Eval takes it, nil where it is not known; false
// where it is not measured.
func (g *GoalStatus) number(name string, at time.Time, zone *time.Location) (*float64, bool) {
	if v, ok := g.decisionNumber(name, at); ok {
		return v, true
	}
	if v, ok := g.counted(name); ok {
		return v, true
	}
	switch name {
	case "reported_completion":
		return g.Reported, true
	case "delivered_completion":
		return g.Delivered, true
	case "target_slip":
		return asFloat(g.TargetSlipDays, day.Seconds()), true
	case "reopened":
		return g.Reopened, true
	case "unowned":
		return g.Unowned, true
	case "flow_efficiency":
		return g.FlowEfficiency, true
	case "concentration":
		return g.Concentration, true
	case evidenceFigure:
		if g.Evidence == nil {
			return nil, true
		}
		return &g.Evidence.Ratio, true
	case "stall_after":
		return g.StallAfterSeconds, true
	case "last_progress_age":
		return ageOf(g.LastProgress, at), true
	case "check_in_age":
		return ageOf(g.LastCheckIn, at), true
	case "last_progress":
		if g.LastProgress == nil {
			return nil, true
		}
		return dayStart(flow.DateOf(g.LastProgress.In(zone)), zone), true
	case "target":
		return optionalDay(g.Target, zone), true
	case "first_target":
		return optionalDay(g.FirstTarget, zone), true
	case "stalled":
		if g.Stalled == nil {
			return nil, true
		}
		if *g.Stalled {
			return asNumber(1), true
		}
		return asNumber(0), true
	}
	return g.estimated(name, zone)
}

// counted is number for the counts of issues and of target moves.
func (g *GoalStatus) counted(name string) (*float64, bool) {
	moves := func(n int) *float64 {
		if g.Target == nil {
			return nil
		}
		return asNumber(n)
	}
	switch name {
	case "issues":
		return asNumber(g.Issues.Total()), true
	case "issues_open":
		return asNumber(g.Issues.Open()), true
	case "issues_delivered":
		return asNumber(g.Issues.Delivered), true
	case "issues_discarded":
		return asNumber(g.Issues.Discarded), true
	case "scope_added":
		return asFloat(g.ScopeAdded, 1), true
	case "scope_removed":
		return asFloat(g.ScopeRemoved, 1), true
	case "target_moves":
		return moves(g.TargetMoves), true
	case "target_moves_90d":
		return moves(g.TargetMoves90d), true
	case "blocked_issues":
		return asFloat(g.Blocked, 1), true
	}
	return nil, false
}

// estimated is number for the figures that are estimates.
func (g *GoalStatus) estimated(name string, zone *time.Location) (*float64, bool) {
	switch name {
	case "real_completion":
		return g.Real, true
	case "overstated_probability":
		return g.Overstated, true
	case "on_time_probability":
		return g.OnTime, true
	case "first_target_probability":
		return g.FirstOnTime, true
	case "forecast":
		if g.Forecast50 == nil {
			return nil, true
		}
		return dayStart(flow.DateOf(g.Forecast50.In(zone)), zone), true
	}
	return nil, false
}

// decisionNumber is number for the figures about decisions.
func (g *GoalStatus) decisionNumber(name string, at time.Time) (*float64, bool) {
	d := g.Decisions
	if d == nil {
		d = &DecisionStatus{}
	}
	var v *float64
	switch name {
	case "decisions_open":
		v = asNumber(d.Open)
	case "decisions_overdue":
		v = asNumber(d.Overdue)
	case "decisions_reversed":
		v = asNumber(d.Reversed)
	case "decision_debt":
		v = &d.DebtSeconds
	case "decision_oldest_age":
		v = ageOf(d.OldestOpen, at)
	case "decision_blocked":
		v = d.BlockedRatio
	default:
		return nil, false
	}
	if g.Decisions == nil {
		v = nil
	}
	return v, true
}

func ageOf(t *time.Time, at time.Time) *float64 {
	if t == nil {
		return nil
	}
	v := at.Sub(*t).Seconds()
	return &v
}

func asNumber(n int) *float64 { return asFloat(&n, 1) }

func asFloat(n *int, unit float64) *float64 {
	if n == nil {
		return nil
	}
	v := float64(*n) * unit
	return &v
}

func optionalDay(d *Date, zone *time.Location) *float64 {
	if d == nil {
		return nil
	}
	return dayStart(*d, zone)
}

func dayStart(d Date, zone *time.Location) *float64 {
	v := float64(d.Start(zone).Unix())
	return &v
}
