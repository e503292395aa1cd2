package web

import (
	"cmp"
	"fmt"
	"slices"
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
	Delivered       figure
	Issues          figure
	Scope           figure
	Target          figure
	Overdue         bool
	Progress        figure
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
	for _, n := range family(snap) {
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

// relative is a goal in the tree.
type relative struct {
	*measure.GoalStatus
	parent *relative
	below  []*relative
	depth  int
	rank   int // of the worst trouble here or below
}

// family orders the goals: those in trouble first, each followed by the goals
// below it. A goal comes as early as the worst one below it, so that no
// trouble hides under a parent that looks well.
func family(snap *measure.Snapshot) []*relative {
	byID := map[string]*relative{}
	all := make([]*relative, len(snap.Goals))
	for k := range snap.Goals {
		all[k] = &relative{GoalStatus: &snap.Goals[k], rank: healthOf(snap.Goals[k].Health).rank}
		byID[snap.Goals[k].ID] = all[k]
	}
	var roots []*relative
	for _, n := range all {
		n.parent = byID[n.Parent]
		if n.parent == nil || circular(n) {
			n.parent = nil
			roots = append(roots, n)
			continue
		}
		n.parent.below = append(n.parent.below, n)
	}
	for _, n := range all {
		for p := n.parent; p != nil; p = p.parent {
			p.rank = min(p.rank, n.rank)
		}
	}
	return walk(nil, roots, 0)
}

// circular reports whether the goal is above itself by the parents known so
// far. Goals are validated; a page must not hang all the same.
func circular(n *relative) bool {
	for p := n.parent; p != nil; p = p.parent {
		if p == n {
			return true
		}
	}
	return false
}

func walk(out, level []*relative, depth int) []*relative {
	slices.SortFunc(level, func(a, b *relative) int {
		return cmp.Or(
			cmp.Compare(a.rank, b.rank),
			cmp.Compare(healthOf(a.Health).rank, healthOf(b.Health).rank),
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	for _, n := range level {
		n.depth = depth
		out = append(out, n)
		out = walk(out, n.below, depth+1)
	}
	return out
}

func newRow(n *relative, snap *measure.Snapshot, c clock) boardRow {
	g := n.GoalStatus
	row := boardRow{
		ID: g.ID, Name: g.Name, Owner: g.Owner, Depth: min(n.depth, maxDepth),
		Health: healthOf(g.Health), Since: since(g, c),
		Reported:  ratio(g.Reported, g.Missing["reported_completion"]),
		Delivered: ratio(g.Delivered, g.Missing["delivered_completion"]),
		Issues:    issues(g.Issues),
		Scope:     scope(g),
		Target:    target(g),
		Overdue:   overdue(g, snap.At, c),
		Progress:  progress(g, snap.At, c),
	}
	if n.parent != nil {
		row.PartOf = n.parent.Name
	}
	return row
}

func since(g *measure.GoalStatus, c clock) string {
	if g.HealthSince == nil {
		return ""
	}
	return "since " + c.day(*g.HealthSince).String()
}

func issues(p measure.Parts) figure {
	f := figure{Text: fmt.Sprintf("%d of %d", p.Delivered, p.Total()-p.Discarded)}
	if p.Discarded > 0 {
		f.Detail = fmt.Sprintf("%d discarded", p.Discarded)
	}
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
