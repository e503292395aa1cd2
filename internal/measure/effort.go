package measure

import (
	"time"

	"plumbline/internal/flow"
)

// WorkStatuses say in which statuses an issue is worked on and in which it
// waits. Names are compared without regard to case.
type WorkStatuses struct {
	// Active are those in which work is done; empty: every status of category
	// In Progress that is not waiting.
	Active  []string
	Waiting []string
}

// effort is what a stretch of an issue's life was spent on, as far as its
// status and flag declare it.
type effort uint8

const (
	undeclared effort = iota // by a status that is neither active nor waiting
	working
	waits
)

// of tells what an issue in the state is at. A flag is an impediment: whatever
// the status, the issue waits (MEASURES §2.10).
func (w *WorkStatuses) of(st *flow.State) effort {
	switch {
	case st.Flagged || oneOf(w.Waiting, st.Status.Name):
		return waits
	case oneOf(w.Active, st.Status.Name) || len(w.Active) == 0 && st.Category == flow.InProgress:
		return working
	}
	return undeclared
}

// stint is a leaf's way to its being closed, whether or not it was in scope
// then: what its life was spent on since its first entry into progress, in
// whole seconds.
type stint struct {
	ms               int64 // when it was closed
	working, waiting uint32
	packed           uint32 // at the top whether it had been in progress, then the seconds of the rest
	leaf             int32
}

const stintBegun = 1 << 31

func (s *stint) at() time.Time      { return instantOf(s.ms) }
func (s *stint) begun() bool        { return s.packed&stintBegun != 0 }
func (s *stint) undeclared() uint32 { return s.packed &^ stintBegun }

// holding is who a leaf was assigned to from a moment on, while it was in
// progress and when it was delivered; what it was assigned to at other times
// says nothing about who works on it.
type holding struct {
	ms   int64
	leaf int32
	// packed is the holder's number, 0 for nobody, and at the top whether
	// somebody else had it just before, and it was in progress all the while.
	packed uint32
}

const handedOn = 1 << 31

func (h *holding) who() uint32  { return h.packed &^ handedOn }
func (h *holding) handed() bool { return h.packed&handedOn != 0 }

// people numbers those who hold work, in the order in which they are met: to
// tell them apart takes no pseudonym.
type people map[flow.Pseudonym]uint32

func (p people) number(who flow.Pseudonym) uint32 {
	if who == 0 {
		return 0
	}
	n, ok := p[who]
	if !ok {
		n = uint32(len(p)) + 1
		p[who] = n
	}
	return n
}

// toil follows what an issue's life is spent on, and by whom it is held.
type toil struct {
	statuses *WorkStatuses
	people   people

	stints   []stint
	holdings []holding
	talks    []talk

	began  bool
	last   int64            // up to when spent is
	now    effort           // since then
	spent  [waits + 1]int64 // milliseconds since the first entry into progress
	doing  bool
	holder flow.Pseudonym // as the last holding says
	gave   flow.Pseudonym // who had it when it was delivered
	before flow.Pseudonym // the last that was somebody since it has been in progress
}

// step takes the next stretch of the issue's life, in order, and what it does to
// its end.
func (w *toil) step(at int64, st *flow.State, out flow.Outcome, end endStep) {
	if w.began {
		w.spent[w.now] += at - w.last
	}
	wasDoing := w.doing
	w.doing = out == flow.Open && st.Category == flow.InProgress
	w.began = w.began || w.doing
	w.last, w.now = at, w.statuses.of(st)
	holder := w.holder
	switch {
	case w.doing:
		holder = st.Assignee
	case end == endsNow && out == flow.Delivered:
		holder, w.gave = st.Assignee, st.Assignee
	case end == endRestored && out == flow.Delivered:
		holder = w.gave
	}
	if end == endsNow {
		w.end(at)
	}
	if holder != w.holder {
		w.holder = holder
		h := holding{ms: at, packed: w.people.number(w.holder)}
		if w.doing && wasDoing && w.before != 0 && w.holder != 0 && w.holder != w.before {
			h.packed |= handedOn
		}
		w.holdings = append(w.holdings, h)
	}
	switch {
	case !w.doing:
		w.before = 0
	case w.holder != 0:
		w.before = w.holder
	}
}

// end notes that the issue was closed, and what it took.
func (w *toil) end(at int64) {
	seconds := func(e effort) uint32 { return uint32((w.spent[e] + 500) / 1000) }
	s := stint{ms: at, working: seconds(working), waiting: seconds(waits), packed: min(seconds(undeclared), stintBegun-1)}
	if w.began {
		s.packed |= stintBegun
	}
	w.stints = append(w.stints, s)
}

// toiled writes what was followed down for a leaf.
func (l *ledger) toiled(leaf int, w *toil) {
	n := l.leaves.len()
	l.stints, l.holdings, l.talks = roomFor(l.stints, len(w.stints), leaf, n), roomFor(l.holdings, len(w.holdings), leaf, n), roomFor(l.talks, len(w.talks), leaf, n)
	for _, e := range w.stints {
		e.leaf = int32(leaf)
		l.stints = append(l.stints, e)
	}
	for _, h := range w.holdings {
		h.leaf = int32(leaf)
		l.holdings = append(l.holdings, h)
	}
	for _, x := range w.talks {
		x.leaf = int32(leaf)
		l.talks = append(l.talks, x)
	}
}

// stintsAt returns each leaf's last stint by the moment; nil before its first.
func (l *ledger) stintsAt(at time.Time) latestRows[stint] {
	out := newLatestRows(l.stints, l.leaves.len())
	ms := at.UnixMilli()
	for k := range l.stints {
		if e := &l.stints[k]; e.ms <= ms {
			out.byLeaf[e.leaf] = int32(k + 1)
		}
	}
	return out
}

// deliveredLately reports whether a leaf, by its last step and stint by the
// moment, stands delivered in scope and came to be so in the window before.
func (w *load) deliveredLately(leaf int, at time.Time, s *Settings) bool {
	end := w.ended.of(leaf) // that of most is long ago
	if end == nil || end.ms <= at.Add(-s.Thresholds.FlowWindow).UnixMilli() {
		return false
	}
	e := w.now.of(leaf)
	return e != nil && e.after().in && e.after().out == flow.Delivered
}

// FlowTime is what the leaves that were delivered of late spent their time on,
// from their first entry into progress to their last delivery (MEASURES
// §2.10). Its parts can be added up; their ratio is the flow efficiency.
type FlowTime struct {
	Issues int `json:"issues"` // delivered in the window after having been in progress
	// ActiveSeconds were spent in active statuses, WaitingSeconds in waiting
	// ones or flagged, UnknownSeconds in statuses that are neither.
	ActiveSeconds  float64 `json:"active_seconds"`
	WaitingSeconds float64 `json:"waiting_seconds"`
	UnknownSeconds float64 `json:"unknown_seconds"`
	// Coverage is the share of the time that is known to be one or the other.
	Coverage float64 `json:"coverage"`
}

// setFlowEfficiency adds the share of the time from start to finish in which
// the leaves that were delivered lately were worked on. The sums are pooled:
// the mean of the leaves' own ratios would weigh an hour as much as a month.
func (l *ledger) setFlowEfficiency(g *GoalStatus, at time.Time, w *load, s *Settings) {
	var f FlowTime
	for leaf, end := range w.ended.all() {
		if !w.deliveredLately(leaf, at, s) || !end.begun() {
			continue
		}
		f.Issues++
		f.ActiveSeconds += float64(end.working)
		f.WaitingSeconds += float64(end.waiting)
		f.UnknownSeconds += float64(end.undeclared())
	}
	if f.Issues == 0 {
		g.miss("flow_efficiency", "no issue in scope was delivered after having been in progress in the last "+inDays(s.Thresholds.FlowWindow))
		return
	}
	known := f.ActiveSeconds + f.WaitingSeconds
	if all := known + f.UnknownSeconds; all > 0 {
		f.Coverage = known / all
	}
	g.FlowTime = &f
	if known == 0 {
		g.miss("flow_efficiency", "what was delivered spent no time in statuses that are active or waiting by semantics.active_statuses and semantics.waiting_statuses")
		return
	}
	efficiency := f.ActiveSeconds / known
	g.FlowEfficiency = &efficiency
}
