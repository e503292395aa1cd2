package measure

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"plumbline/internal/flow"
)

// Drift is how a goal's scope has changed since its commitment, by cause
// (MEASURES §2.6). Every count is of leaves or of events on them.
type Drift struct {
	// Baseline is how many leaves were in scope at the commitment, discarded
	// ones not counted.
	Baseline int `json:"baseline"`
	// Added are leaves that came into scope on being created, Split those of
	// them that were split off or cloned from another issue, MovedIn leaves
	// that had existed outside.
	Added   int `json:"added"`
	Split   int `json:"split"`
	MovedIn int `json:"moved_in"`
	// MovedOut are leaves that left scope and live on, Deleted those that were
	// deleted, archived or hidden. Dropped are leaves that were closed without
	// being delivered, Reopened those that were closed and are open again.
	MovedOut int `json:"moved_out"`
	Deleted  int `json:"deleted"`
	Dropped  int `json:"dropped"`
	Reopened int `json:"reopened"`
	// Reestimated counts the changes of estimates of leaves in scope, where
	// the goal counts points; ReestimatedBy is what they add up to.
	Reestimated   int     `json:"reestimated"`
	ReestimatedBy float64 `json:"reestimated_by"`
	// SplitPoints are the points by which the estimates of leaves fell as parts
	// were split off them: they are the parts' now, and no re-estimation.
	SplitPoints float64 `json:"split_points,omitempty"`
	// Late are the leaves that came in in the last quarter of the time to the
	// target that held then, or within 14 days of it, or later: surprises.
	Late int `json:"late"`
	// Growth is the undiscarded scope over Baseline, less 1; nil where nothing
	// was in scope at the commitment. Churn is what came, left and was dropped
	// over Baseline, PerMonth the growth for each 30 days since.
	Growth   *float64 `json:"growth,omitempty"`
	Churn    *float64 `json:"churn,omitempty"`
	PerMonth *float64 `json:"growth_per_30d,omitempty"`
	// Percentile is the share of the other goals like it that had grown less,
	// or as much, at the same age; nil while fewer than GrowthPeers of them
	// have come to it. Peers is how many have.
	Percentile *float64 `json:"growth_percentile,omitempty"`
	Peers      int      `json:"growth_peers"`
}

// cause is why a leaf's step changed the scope.
type cause uint8

const (
	noChange cause = iota
	isAdded
	isSplit
	isMovedIn
	isMovedOut
	isDeleted
	isDropped
	isReopened
)

// String says in words what happened to the leaf.
func (c cause) String() string {
	return [...]string{
		"no change", "added", "split off another issue", "moved in", "moved out", "deleted, archived or hidden",
		"discarded", "re-opened",
	}[c]
}

// enters tells of a cause whether it brings a leaf into scope.
func (c cause) enters() bool { return c == isAdded || c == isSplit || c == isMovedIn }

// causeOf returns why the step changed the scope, as it is known at the moment:
// a link that tells of a split can be made after the issue came into scope. A
// leaf that came in within AddedWithin of its creation was added; it takes
// people some time to file an issue under its epic.
func (l *ledger) causeOf(e *entry, at time.Time, s *Settings) cause {
	before, after := e.before(), e.after()
	switch {
	case !before.in && after.in:
		switch {
		case e.ms-l.lives[e.leaf].born > s.Thresholds.AddedWithin.Milliseconds():
			return isMovedIn
		case by(l.oddities(int(e.leaf)).split, at):
			return isSplit
		}
		return isAdded
	case before.in && !after.in && e.ms != 0 && l.oddities(int(e.leaf)).gone == e.ms:
		return isDeleted
	case before.in && !after.in:
		return isMovedOut
	case after.out == flow.Dropped && before.out != flow.Dropped:
		return isDropped
	case after.out == flow.Open && before.out != flow.Open:
		return isReopened
	}
	return noChange
}

// eachDrift yields the steps in (from, to] that changed the scope.
func (l *ledger) eachDrift(from, to time.Time, s *Settings, f func(*entry, cause)) {
	steps := l.until(to)
	for k := l.firstAfter(from); k < len(steps); k++ {
		if c := l.causeOf(&steps[k], to, s); c != noChange {
			f(&steps[k], c)
		}
	}
}

// firstAfter is the index of the first step after the moment.
func (l *ledger) firstAfter(at time.Time) int {
	ms := at.UnixMilli()
	return sort.Search(len(l.entries), func(k int) bool { return l.entries[k].ms > ms })
}

// sizePoint is the undiscarded scope from a moment on, in Unix milliseconds.
type sizePoint struct {
	at   int64
	size int32
}

// setCourse folds the entries into the course of the scope's size.
func (l *ledger) setCourse() {
	size := int32(0)
	counted := func(c class) bool { return c.in && c.out != flow.Dropped }
	for k := range l.entries {
		e := &l.entries[k]
		if counted(e.before()) == counted(e.after()) {
			continue
		}
		if counted(e.after()) {
			size++
		} else {
			size--
		}
		if n := len(l.course); n > 0 && l.course[n-1].at == millis(e.at()) {
			l.course[n-1].size = size
		} else {
			l.course = append(l.course, sizePoint{millis(e.at()), size})
		}
	}
}

// courseFrom is the index of the first point of the course at the moment or
// after it, and whether it is one at the moment.
func (l *ledger) courseFrom(at time.Time) (int, bool) {
	return slices.BinarySearchFunc(l.course, at.UnixMilli(), func(p sizePoint, ms int64) int { return cmp.Compare(p.at, ms) })
}

// sizeAt is how many undiscarded leaves were in scope at the moment.
func (l *ledger) sizeAt(at time.Time) int {
	k, found := l.courseFrom(at)
	if found {
		return int(l.course[k].size)
	}
	if k == 0 {
		return 0
	}
	return int(l.course[k-1].size)
}

// grown is how much the undiscarded scope had grown over the time; false where
// there was none to grow.
func (l *ledger) grown(from, to time.Time) (float64, bool) {
	base := l.sizeAt(from)
	if base <= 0 {
		return 0, false
	}
	return grownFrom(base, l.sizeAt(to)), true
}

func grownFrom(base, size int) float64 { return float64(size)/float64(base) - 1 }

// drift folds the goal's drift since its commitment.
func (l *ledger) drift(t0, at time.Time, s *Settings) Drift {
	d := Drift{Baseline: l.sizeAt(t0)}
	late := l.lateness(t0, s)
	l.eachDrift(t0, at, s, func(e *entry, c cause) {
		switch c {
		case isAdded:
			d.Added++
		case isSplit:
			d.Added++
			d.Split++
		case isMovedIn:
			d.MovedIn++
		case isMovedOut:
			d.MovedOut++
		case isDeleted:
			d.Deleted++
		case isDropped:
			d.Dropped++
		case isReopened:
			d.Reopened++
		}
		if c.enters() && late.at(e.ms) {
			d.Late++
		}
	})
	d.Reestimated, d.ReestimatedBy, d.SplitPoints = l.reestimated(t0, at, s)
	if g, ok := l.grown(t0, at); ok {
		churn := float64(d.Added+d.MovedIn+d.MovedOut+d.Deleted+d.Dropped) / float64(d.Baseline)
		d.Growth, d.Churn = &g, &churn
		if age := at.Sub(t0); age > 0 {
			rate := g / (float64(age) / float64(30*day))
			d.PerMonth = &rate
		}
	}
	return d
}

// lateness tells what comes in late: a surprise.
type lateness []lateFrom

// lateFrom is from when on what comes in is late, as the target has it that held
// from a moment on; in Unix milliseconds.
type lateFrom struct{ said, late int64 }

// lateness is late in the last quarter of the time from the commitment to the
// target that held then, or within two weeks of that target, or later. Moving
// the target afterwards doesn't make it less so.
func (l *ledger) lateness(t0 time.Time, s *Settings) lateness {
	zone := s.Calendar.Location()
	var out lateness
	p := l.targetHistory()
	if p == nil {
		return nil
	}
	for _, d := range p.dates { // in order of when they were said
		end := d.date.End(zone)
		window := time.Duration(float64(end.Sub(t0)) * s.Thresholds.LateShare)
		late := end.Add(-max(window, s.Thresholds.LateWithin))
		out = append(out, lateFrom{d.said.UnixMilli(), late.Add(time.Millisecond - 1).UnixMilli()}) // rounded up
	}
	return out
}

// at reports whether what comes in at the moment is late.
func (l lateness) at(ms int64) bool {
	k := sort.Search(len(l), func(k int) bool { return l[k].said > ms })
	return k > 0 && l[k-1].late <= ms
}

// reestimated counts the changes of estimates of issues in scope in (t0, at],
// and what they add up to. What fell because parts were split off is none of
// that: it is split.
func (l *ledger) reestimated(t0, at time.Time, s *Settings) (n int, by, split float64) {
	most := s.Thresholds.MaxEstimate
	last := map[int32]float64{}
	for k := range l.sizes {
		z := &l.sizes[k]
		if z.at().After(at) {
			break
		}
		was, known := last[z.leaf]
		last[z.leaf] = z.said
		if !known || !usable(was, most) || !usable(z.said, most) || was == z.said || !z.at().After(t0) {
			continue
		}
		change := z.said - was
		if change < 0 && len(l.splits) > 0 {
			handed := l.handedOver(z, -change, at, s)
			split += handed
			change += handed
		}
		if change != 0 {
			n++
			by += change
		}
	}
	return n, by, split
}

// committed is a goal whose work had begun by a snapshot's moment.
type committed struct {
	ledger int
	t0     time.Time
	base   int // its undiscarded scope then
}

// committed lists the goals that are committed by the moment, by the levels of
// goals below them, the oldest first: a goal is compared with those before it,
// which have come to its age.
func (h *History) committed(at time.Time) map[int][]committed {
	out := map[int][]committed{}
	for k := range h.ledgers {
		if t0, ok := h.ledgers[k].commitment(at, &h.settings); ok {
			out[h.ledgers[k].height] = append(out[h.ledgers[k].height], committed{k, t0, h.ledgers[k].sizeAt(t0)})
		}
	}
	for _, like := range out {
		slices.SortFunc(like, func(a, b committed) int { return cmp.Or(a.t0.Compare(b.t0), cmp.Compare(a.ledger, b.ledger)) })
	}
	return out
}

// outgrown is how much a committed goal has grown, beside the goals like it that
// have come to its age: peers, and how many of them had grown as much, or less.
type outgrown struct {
	growth       float64
	grown        bool // growth is known: there was something to grow
	peers, below int
}

// outgrown tells so of all goals as of the moment, by ledger.
func (h *History) outgrown(at time.Time) []outgrown {
	out := make([]outgrown, len(h.ledgers))
	for _, like := range h.committed(at) {
		for _, c := range like {
			if c.base > 0 {
				out[c.ledger].growth, out[c.ledger].grown = grownFrom(c.base, h.ledgers[c.ledger].sizeAt(at)), true
			}
		}
		h.compare(like, out, at)
	}
	return out
}

// comparedAtOnce is how many goals are compared with one goal before the next one
// is looked at, so that its course is at hand for all of them.
const comparedAtOnce = 64

// compare sets beside one another goals that are alike, the oldest first.
func (h *History) compare(like []committed, out []outgrown, at time.Time) {
	eachOf((len(like)+comparedAtOnce-1)/comparedAtOnce, func(n int) {
		some := like[n*comparedAtOnce : min((n+1)*comparedAtOnce, len(like))]
		for _, o := range like {
			if o.t0.After(some[len(some)-1].t0) {
				break
			}
			for _, c := range some {
				if own := &out[c.ledger]; own.grown && o.base > 0 && o.ledger != c.ledger && !o.t0.After(c.t0) {
					own.peers++
					if grownFrom(o.base, h.ledgers[o.ledger].sizeAt(o.t0.Add(at.Sub(c.t0)))) <= own.growth {
						own.below++
					}
				}
			}
		}
	})
}

// setDrift adds the goal's drift, with its place among the goals like it.
func (h *History) setDrift(g *GoalStatus, k int, place outgrown, at time.Time) {
	if g.CommittedAt == nil {
		return
	}
	d := h.ledgers[k].drift(*g.CommittedAt, at, &h.settings)
	g.Drift = &d
	if d.Growth == nil {
		return
	}
	if d.Peers = place.peers; d.Peers >= h.settings.Thresholds.GrowthPeers {
		d.Percentile = ratio(place.below, d.Peers)
	}
}
