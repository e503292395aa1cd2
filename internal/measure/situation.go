package measure

import (
	"math"
	"sort"
	"time"

	"plumbline/internal/flow"
)

// Situation is what is known of a container or a goal at a moment: a fold over
// the events up to it, and all that an estimate may be made from (MEASURES
// §3.2).
type Situation struct {
	At   time.Time
	Kind Kind

	All       int // leaves in scope
	Reported  int // of them, in a status of category Done: what Jira counts
	Delivered int
	Dropped   int
	Started   int // in progress

	// Age is since a tenth of the leaves had come in, SinceDelivery since one
	// was last delivered, or since the first came in. In days.
	Age, SinceDelivery float64
	// New30 is the share of the scope that came in within the last 30 days,
	// Younger that which came in within the younger half of its life.
	New30, Younger float64
	// Growth is the natural logarithm of the scope over that of the first week.
	Growth float64
	// Weekly is the net number delivered in each of the last full weeks, the
	// latest first, at most forecastWeeks.
	Weekly []int
	// Points are the shares by points, where points are what counts; nil: issues
	// are. Only how far the work has come is told by them: what has happened
	// since, and what is left to finish, are issues.
	Points *PointShares
}

// PointShares are completion ratios by points, 0…1.
type PointShares struct {
	Reported  float64 // of a status of category Done, over all
	Delivered float64 // delivered, over what is not dropped
}

// forecastWeeks is how many weeks tell the present pace (MEASURES §5, F1).
const forecastWeeks = 12

// Scope is the number of leaves that are not dropped.
func (s *Situation) Scope() int { return s.All - s.Dropped }

// Open is the number of leaves neither delivered nor dropped.
func (s *Situation) Open() int { return s.Scope() - s.Delivered }

// Naive is what Jira shows: done over all.
func (s *Situation) Naive() float64 {
	if s.Points != nil {
		return s.Points.Reported
	}
	return portion(s.Reported, s.All)
}

// DeliveredShare is delivered over what is not dropped.
func (s *Situation) DeliveredShare() float64 {
	if s.Points != nil {
		return s.Points.Delivered
	}
	return portion(s.Delivered, s.Scope())
}

func portion(part, whole int) float64 {
	if whole <= 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// situations folds a ledger along ascending moments.
type situations struct {
	gathered
	ledger *ledger
	next   int
	now    []class
	came   []arrival           // in order of time
	met    []bool              // by leaf: it has come
	opened map[int32]time.Time // by leaf: when it was last re-opened
	bounce time.Duration
}

// gathered is what a situation is told from, up to some event: the rest is told
// by the time that has passed since.
type gathered struct {
	kind   Kind
	weekly []delivery
	last   time.Time // of the last delivery
	first  time.Time // when the first leaf came
	week1  int       // scope at the end of the first week
	// arrived is when the leaves came that are in scope and not dropped, in
	// order, in Unix milliseconds; stale tells that it is to be made anew.
	arrived []int64
	stale   bool
	// The leaves in scope, and of them.
	all, reported, delivered, dropped, started int
}

// arrival is a leaf's first coming into scope, in Unix milliseconds.
type arrival struct {
	ms   int64
	leaf int32
}

// delivery is a leaf that was delivered (1) or re-opened (-1) in scope, in Unix
// milliseconds.
type delivery struct {
	ms int64
	n  int
}

func newSituations(l *ledger, kind Kind) *situations {
	n := l.leaves.len()
	f := &situations{
		ledger: l, gathered: gathered{kind: kind, weekly: make([]delivery, 0, n), week1: -1}, now: make([]class, n), met: make([]bool, n), opened: map[int32]time.Time{},
		came: make([]arrival, 0, n), bounce: l.bounce,
	}
	if len(l.entries) > 0 {
		f.first = l.entries[0].at()
	}
	return f
}

// at returns the situation at the moment, which is not before that of the call
// before; false where no leaf is in scope.
func (f *situations) at(at time.Time) (Situation, bool) {
	f.until(at)
	return f.gathered.at(at)
}

// until takes the steps up to the moment.
func (f *situations) until(at time.Time) {
	ms, entries := at.UnixMilli(), f.ledger.entries
	for ; f.next < len(entries) && entries[f.next].ms <= ms; f.next++ {
		f.step(&entries[f.next])
		f.stale = true
	}
	if !f.stale {
		return
	}
	f.arrived, f.stale = f.arrived[:0], false
	for k := range f.came {
		if c := &f.now[f.came[k].leaf]; c.in && c.out != flow.Dropped {
			f.arrived = append(f.arrived, f.came[k].ms)
		}
	}
}

// at returns the situation at a moment that is not before the last event.
func (g *gathered) at(at time.Time) (Situation, bool) {
	if g.all == 0 {
		return Situation{}, false
	}
	s := Situation{
		At: at, Kind: g.kind, All: g.all, Reported: g.reported, Delivered: g.delivered, Dropped: g.dropped, Started: g.started,
	}
	g.times(&s)
	g.pace(&s)
	return s, true
}

// reached is when the nth leaf first came into scope; zero where none did.
func (l *ledger) reached(n int) time.Time {
	seen := make([]bool, l.leaves.len())
	for k := range l.entries {
		e := &l.entries[k]
		if !e.after().in || seen[e.leaf] {
			continue
		}
		seen[e.leaf] = true
		if n--; n == 0 {
			return e.at()
		}
	}
	return time.Time{}
}

func (f *situations) step(e *entry) {
	at, before, after := e.at(), e.before(), e.after()
	if f.week1 < 0 && at.Sub(f.first) > 7*day {
		f.week1 = f.all - f.dropped
	}
	f.count(&f.now[e.leaf], -1)
	f.now[e.leaf] = after
	f.count(&after, 1)
	if after.in && !f.met[e.leaf] {
		f.met[e.leaf] = true
		f.came = append(f.came, arrival{e.ms, e.leaf})
	}
	if !before.in || !after.in {
		return
	}
	was, is := before.out == flow.Delivered, after.out == flow.Delivered
	switch {
	case is && !was:
		f.weekly = append(f.weekly, delivery{e.ms, 1})
		if at.Sub(f.opened[e.leaf]) >= f.bounce { // a bounce is no completion
			f.last = at
		}
	case was && !is:
		f.weekly = append(f.weekly, delivery{e.ms, -1})
		f.opened[e.leaf] = at
	}
}

// count puts n leaves of the class where they belong.
func (f *situations) count(c *class, n int) {
	if !c.in {
		return
	}
	f.all += n
	if c.cat == flow.Done {
		f.reported += n
	}
	switch c.part() {
	case partInProgress:
		f.started += n
	case partDelivered:
		f.delivered += n
	case partDiscarded:
		f.dropped += n
	}
}

// times sets what is told by when leaves came in.
func (g *gathered) times(s *Situation) {
	since := g.last
	if since.IsZero() {
		since = g.first
	}
	s.SinceDelivery = days(s.At.Sub(since))
	scope, week1 := s.Scope(), g.week1
	if week1 < 0 {
		week1 = scope
	}
	s.Growth = math.Log((float64(scope) + 0.5) / (float64(week1) + 0.5))
	if scope == 0 {
		s.Age = days(s.At.Sub(g.first))
		return
	}
	oldest := instantOf(g.arrived[0])
	s.Age = days(s.At.Sub(instantOf(g.arrived[scope/10])))
	s.New30 = portion(g.arrivedAfter(s.At.Add(-30*day-1)), scope)
	s.Younger = portion(g.arrivedAfter(oldest.Add(s.At.Sub(oldest)/2)), scope)
}

// arrivedAfter is how many of the leaves came after the moment.
func (g *gathered) arrivedAfter(at time.Time) int {
	return len(g.arrived) - sort.Search(len(g.arrived), func(k int) bool { return instantOf(g.arrived[k]).After(at) })
}

// pace sets the net deliveries of the last full weeks since the first leaf.
func (g *gathered) pace(s *Situation) {
	weeks := min(forecastWeeks, int(s.At.Sub(g.first)/(7*day)))
	s.Weekly = make([]int, max(0, weeks))
	for k := len(g.weekly) - 1; k >= 0; k-- {
		week := int(s.At.Sub(instantOf(g.weekly[k].ms)) / (7 * day))
		if week >= len(s.Weekly) {
			break
		}
		s.Weekly[week] += g.weekly[k].n
	}
}

func days(d time.Duration) float64 { return d.Hours() / 24 }
