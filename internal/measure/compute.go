package measure

import "time"

// Snapshot returns every figure as of the moment. It reads nothing that
// happened later.
func (h *History) Snapshot(at time.Time) *Snapshot {
	return h.SnapshotWhile(at, func() bool { return true })
}

// SnapshotWhile is Snapshot for somebody who may go while it is made: once it is
// not wanted any more no further goal is begun, and nil is returned. wanted is
// called by several goroutines.
func (h *History) SnapshotWhile(at time.Time, wanted func() bool) *Snapshot {
	s := &Snapshot{At: at, Goals: make([]GoalStatus, len(h.ledgers)), Work: h.work.shares(at)}
	among := h.outgrown(at)
	crowds := make([]crowd, len(h.ledgers))
	eachOf(len(h.ledgers), func(k int) {
		if wanted() {
			s.Goals[k], crowds[k] = h.statusOf(k, among[k], s.Work, at)
		}
	})
	if !wanted() {
		return nil
	}
	h.concentrate(s.Goals, crowds)
	eachOf(len(h.ledgers), func(k int) {
		if wanted() {
			h.setTrapStates(&s.Goals[k], k, at)
			h.setCriteria(k, &s.Goals[k], at)
		}
	})
	if !wanted() {
		return nil
	}
	h.rollUp(s)
	s.Decisions, s.Debt = h.bySite(at), h.debtBySite(at)
	if x := h.experience; x != nil {
		s.Estimator = x.Model(at).status()
	}
	return s
}

// statusOf returns what is so of a goal, but for what takes the goals beside it
// to tell, and what is judged by that: its concentration, traps and stop criteria.
func (h *History) statusOf(k int, among outgrown, work []ProjectShare, at time.Time) (GoalStatus, crowd) {
	g, c := h.ledgers[k].status(at, &h.settings)
	h.setDrift(&g, k, among, at)
	h.ledgers[k].setEvidence(&g, at, work, &h.settings)
	return g, c
}

func (l *ledger) status(at time.Time, s *Settings) (GoalStatus, crowd) {
	g, r := l.figures(at, s)
	var since time.Time
	if g.Health, since = l.health(at, &r, s); !since.IsZero() {
		g.HealthSince = &since
	}
	l.setLatency(&g, at, s)
	l.setSlip(&g, at, s)
	w := l.load(at)
	l.setWork(&g, at, &w, s)
	if len(g.Missing) == 0 {
		g.Missing = nil
	}
	return g, l.crowd(at, &w, s)
}

// figures returns what is so of the goal at the moment itself, without what is
// judged from its past: health and stop criteria.
func (l *ledger) figures(at time.Time, s *Settings) (GoalStatus, rhythm) {
	t := l.tally(at)
	g := GoalStatus{
		ID: l.goal.ID, Name: l.goal.Name, Owner: l.goal.Owner, Parent: l.goal.Parent,
		Issues: t.parts, Missing: map[string]string{},
	}
	l.setCompletion(&g, at, &t, s)
	l.setScope(&g, at, s)
	l.setTarget(&g, at)
	l.setReportedHealth(&g, at, s)
	l.setForecast(&g, at, &t, s)
	l.setOutcomes(&g, at, s)
	l.setDecisions(&g, at, &t, s)
	r, begun := l.rhythm(at, s)
	if begun {
		l.setRhythm(&g, at, &r, &t, s)
	} else {
		g.Missing["stalled"] = "no work has begun"
	}
	l.withhold(&g, at, &t, s)
	return g, r
}

func (l *ledger) setScope(g *GoalStatus, at time.Time, s *Settings) {
	t0, ok := l.commitment(at, s)
	if !ok {
		g.Missing["scope_added"] = "no work has begun, or the declared start lies ahead"
		return
	}
	added, removed := l.scope(t0, at)
	g.CommittedAt, g.ScopeAdded, g.ScopeRemoved = &t0, &added, &removed
}

func (l *ledger) setTarget(g *GoalStatus, at time.Time) {
	p, ok := l.promised(at)
	if !ok {
		g.Missing["target"] = "no target is declared"
		return
	}
	now, first, slip := p.now.date, p.first.date, p.days()
	g.Target, g.FirstTarget, g.TargetSlipDays = &now, &first, &slip
	g.TargetMoves, g.TargetMoves90d = len(p.pushes), p.pushedSince(at.Add(-movesWindow))
}

func (l *ledger) setRhythm(g *GoalStatus, at time.Time, r *rhythm, t *tally, s *Settings) {
	if r.events > 0 {
		last := r.last
		g.LastProgress = &last
	} else {
		g.Missing["last_progress"] = "work began, but by bulk edits or bots alone"
	}
	after := r.limit.Seconds()
	_, closed := l.closed(at, t, s)
	stalled := !closed && r.stalls.Contains(at)
	g.StallAfterSeconds, g.Stalled = &after, &stalled
	if stalled {
		since := r.alarms[len(r.alarms)-1].since // a freeze to come cuts the stall in two
		g.StalledSince = &since
		g.StalledBusy = l.busy(r, at, s)
	}
	g.Movement = r.movement(at, stalled, closed, s)
}

func (l *ledger) setSlip(g *GoalStatus, at time.Time, s *Settings) {
	if p := l.targetHistory(); p != nil {
		if slip, ok := l.slip(p, at, s); ok {
			g.Slip = &slip
		}
	}
}

// setWork adds what is so of the goal's open and finished work.
func (l *ledger) setWork(g *GoalStatus, at time.Time, w *load, s *Settings) {
	blocked := w.blocked // a pointer into the load would keep all of it alive
	g.Blocked = &blocked
	if g.Unowned = ratio(w.doing-w.doingOwned, w.doing); g.Unowned == nil {
		g.Missing["unowned"] = "no issue is in progress"
	}
	f := l.finishedIn(at, s)
	g.Finished = &f
	if g.CycleTime, g.Age = l.cycleAndAge(at, w.now, s); g.CycleTime == nil {
		g.Missing["cycle_time"] = "no issue in scope was delivered after having been in progress"
	}
	if g.Age == nil {
		g.Missing["work_item_age"] = "no issue is in progress"
	}
	if g.Reopened = l.reopened(at, s); g.Reopened == nil {
		g.Missing["reopened"] = "nothing was delivered"
	}
	l.setFlowEfficiency(g, at, w, s)
	l.setDebt(g, at, w, s)
	l.setOwnership(g, at, w, s)
	if g.Movement == Quiet || g.Movement == StandsStill {
		g.WaitsFor = w.waits(g.Decisions, l.heldUp(at), s.Calendar.Location())
	}
}
