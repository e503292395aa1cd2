package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"plumbline/internal/measure"
)

// maxDepth bounds how far a goal is indented below those above it.
const maxDepth = 4

// boardView is the goal board.
type boardView struct {
	frame
	When   string // the moment of the figures
	WhenAt string // the same for machines
	Age    string // how long ago that was; empty for a view of the past
	Day    string // what the date field shows
	Today  string // the last day that it takes
	Counts []stateCount
	Rows   []boardRow
}

// stateCount is how many goals are in a state.
type stateCount struct {
	State state
	N     int
}

// boardRow is a goal on the board.
type boardRow struct {
	ID, Name, Owner string
	Depth           int
	PartOf          string // name of the goal above; empty for none
	Health          state
	Since           string
	Reported        figure
	Real            figure
	Doubtful        bool // the reported completion is likely overstated
	Delivered       figure
	Scope           figure
	Target          figure
	Overdue         bool
	Forecast        figure
	Decision        figure // since when the oldest open one waits
	Late            bool   // a decision is overdue
	Progress        figure
	Stop            string // the stop criteria that are met, and what they say; empty for none
}

func newBoard(f frame, snap *measure.Snapshot, now time.Time, c clock) boardView {
	v := boardView{
		frame: f, When: c.moment(snap.At), WhenAt: instant(snap.At),
		Day: c.day(snap.At).String(), Today: c.day(now).String(),
		Counts: countStates(snap),
	}
	if f.At == "" {
		v.Age = ago(now.Sub(snap.At))
	}
	for _, n := range snap.Board() {
		v.Rows = append(v.Rows, newRow(n, snap, c))
	}
	return v
}

func countStates(snap *measure.Snapshot) []stateCount {
	counts := map[state]int{}
	for k := range snap.Goals {
		counts[healthOf(snap.Goals[k].Health)]++
	}
	var out []stateCount
	for state, n := range counts {
		out = append(out, stateCount{state, n})
	}
	slices.SortFunc(out, func(a, b stateCount) int { return cmp.Compare(a.State.rank, b.State.rank) })
	return out
}

func newRow(n *measure.Placed, snap *measure.Snapshot, c clock) boardRow {
	g := n.GoalStatus
	row := boardRow{
		ID: g.ID, Name: g.Name, Owner: g.Owner, Depth: min(n.Depth, maxDepth),
		Health: healthOf(g.Health), Since: since(g, c),
		Reported:  reported(g, c),
		Real:      real(g),
		Doubtful:  g.Overstated != nil && *g.Overstated >= measure.DefaultThresholds().OverstatedFrom,
		Delivered: delivered(g),
		Scope:     scope(g),
		Target:    target(g),
		Overdue:   overdue(g, snap.At, c),
		Forecast:  forecast(g, c),
		Decision:  decision(g, snap.At, c),
		Late:      g.Decisions != nil && g.Decisions.Overdue > 0,
		Progress:  progress(g, snap.At, c),
		Stop:      stop(g),
	}
	if n.Above != nil {
		row.PartOf = n.Above.Name
	}
	return row
}

func since(g *measure.GoalStatus, c clock) string {
	if g.HealthSince == nil {
		return ""
	}
	return "since " + c.day(*g.HealthSince).String()
}

// stop tells which stop criteria are met: the goal should be questioned.
func stop(g *measure.GoalStatus) string {
	var met []string
	for _, c := range g.MetCriteria() {
		met = append(met, c.ID+" ("+c.When+")")
	}
	return strings.Join(met, ", ")
}

// reported shows the reported completion, when it was said, and how the owner
// says that the goal stands.
func reported(g *measure.GoalStatus, c clock) figure {
	f := ratio(g.Reported, g.Missing["reported_completion"])
	var details []string
	if g.ReportedAt != nil {
		details = append(details, "said "+c.day(*g.ReportedAt).String())
	}
	if g.LastCheckIn != nil && g.ReportedHealth != "" {
		details = append(details, "reported "+strings.ToLower(g.ReportedHealth.Word()))
	}
	f.Detail = strings.Join(details, ", ")
	return f
}

// real shows the estimate of what is really done, with its interval.
func real(g *measure.GoalStatus) figure {
	f := ratio(g.Real, g.Missing["real_completion"])
	if g.Real == nil || g.RealLower == nil || g.RealUpper == nil || *g.RealLower == *g.RealUpper {
		return f
	}
	low, high := ratio(g.RealLower, ""), ratio(g.RealUpper, "")
	f.Low, f.High = low.Bar, high.Bar
	f.Detail = strings.TrimSuffix(low.Text, percent) + "–" + high.Text
	return f
}

// forecast shows by when the goal will more likely than not be finished, and
// the chance to make its target.
func forecast(g *measure.GoalStatus, c clock) figure {
	f := unknown(g.Missing["forecast"])
	if g.Forecast50 != nil {
		f = figure{Text: c.day(*g.Forecast50).String()}
	}
	var details []string
	if g.Forecast85 != nil {
		details = append(details, "85 %: "+c.day(*g.Forecast85).String())
	}
	if g.OnTime != nil {
		details = append(details, "chance of the target "+ratio(g.OnTime, "").Text)
	}
	if g.ForecastWaitsFor != "" {
		details = append(details, "waits for "+g.ForecastWaitsFor)
	}
	f.Detail = strings.Join(details, "; ")
	return f
}

// delivered shows the delivered completion, what it is of, and what it is
// counted in where the goal asks for points.
func delivered(g *measure.GoalStatus) figure {
	f := ratio(g.Delivered, g.Missing["delivered_completion"])
	details := []string{fmt.Sprintf("%d of %d", g.Issues.Delivered, g.Issues.Total()-g.Issues.Discarded)}
	if n := g.Issues.Discarded; n > 0 {
		details = append(details, fmt.Sprintf("%d discarded", n))
	}
	switch p := g.Points; {
	case p != nil:
		details = append(details, fmt.Sprintf("%s of %s points", number(p.Delivered), number(p.Total()-p.Discarded)))
	case g.EstimateCoverage != nil:
		details = append(details, fmt.Sprintf("in issues, since %s are estimated", ratio(g.EstimateCoverage, "").Text))
	}
	f.Detail = strings.Join(details, ", ")
	return f
}

func scope(g *measure.GoalStatus) figure {
	if g.ScopeAdded == nil || g.ScopeRemoved == nil {
		return unknown(cmp.Or(g.Missing["scope_added"], g.Missing["scope_removed"]))
	}
	return figure{Text: fmt.Sprintf("+%d −%d", *g.ScopeAdded, *g.ScopeRemoved)}
}

func target(g *measure.GoalStatus) figure {
	if g.Target == nil {
		return unknown(g.Missing["target"])
	}
	f := figure{Text: g.Target.String()}
	if g.TargetMoves > 0 {
		f.Detail = "moved " + many(g.TargetMoves, "time")
	}
	if slip := g.TargetSlipDays; slip != nil && *slip != 0 {
		word := "later"
		if *slip < 0 {
			word = "earlier"
		}
		if f.Detail != "" {
			f.Detail += ", "
		}
		f.Detail += many(max(*slip, -*slip), "day") + " " + word
	}
	return f
}

// overdue reports whether the target is over and the goal is not done.
func overdue(g *measure.GoalStatus, at time.Time, c clock) bool {
	return g.Target != nil && g.Health != measure.Finished && !at.Before(g.Target.End(c.zone))
}

// decision shows for how long the oldest open decision has been waited for.
func decision(g *measure.GoalStatus, at time.Time, c clock) figure {
	d := g.Decisions
	switch {
	case d == nil:
		return unknown(g.Missing["decisions_open"])
	case d.OldestOpen == nil:
		return nothing("no decision is open")
	}
	waits := at.Sub(*d.OldestOpen).Seconds()
	f := lasting(&waits, "")
	f.Detail = "since " + c.day(*d.OldestOpen).String()
	if d.Open > 1 {
		f.Detail = fmt.Sprintf("%d open, the oldest %s", d.Open, f.Detail)
	}
	return f
}

func progress(g *measure.GoalStatus, at time.Time, c clock) figure {
	if g.LastProgress == nil {
		why := g.Missing["last_progress"]
		if why == "" {
			why = g.Missing["stalled"] // "no work has begun"
		}
		return unknown(why)
	}
	return figure{Text: ago(at.Sub(*g.LastProgress)), Detail: c.day(*g.LastProgress).String()}
}
