package measure

import (
	"time"

	"plumbline/internal/flow"
)

// health folds the goal's health day by day (MEASURES §2.20): at the first
// instant of every day since its first leaf, and at the moment itself. A worse
// state shows once it has held for WorseAfter, a better one for BetterAfter.
// That a goal is done, not started or unknown is a fact and shows at once.
// It returns the state that shows and the day on which it began to; the zero
// time where the goal has had no issue yet.
func (l *ledger) health(at time.Time, r *rhythm, s *Settings) (Health, time.Time) {
	zone := s.Calendar.Location()
	if len(l.entries) == 0 || l.entries[0].at().After(at) {
		return NotStarted, time.Time{}
	}
	defer l.odds.rest()
	h := l.days.fold(l, at, r, s)
	t := l.tally(at)
	h.take(at, l.judge(at, &t, r, s), &s.Thresholds)
	if since, stale := l.staleSince(at, s); stale && h.state != Finished && h.state != NotStarted {
		return HealthUnknown, flow.DateOf(since.In(zone)).Start(zone)
	}
	return h.state, flow.DateOf(h.since.In(zone)).Start(zone)
}

// judge is the health by what is so at one moment, without regard to what was
// so before.
func (l *ledger) judge(at time.Time, t *tally, r *rhythm, s *Settings) Health {
	g := l.signals(at, t, r, s)
	return g.health(&s.Thresholds)
}

// signals are what the health of a goal is judged by at one moment (MEASURES
// §2.20). What is not known is nil, and judges nothing.
type signals struct {
	finished   bool
	started    bool // some leaf has ever been in progress or closed
	defect     bool // a data defect hides the figures (MEASURES §8)
	stalled    bool
	targetOver bool
	onTime     *float64 // the chance of keeping the target
	overstated *float64 // the chance that the reported completion is overstated
	overdue    bool     // a decision is
}

// signals gathers what is known of the goal, as far as its health hangs on it.
func (l *ledger) signals(at time.Time, t *tally, r *rhythm, s *Settings) signals {
	_, closed := l.closed(at, t, s)
	target, promisedYet := l.targetAt(at)
	g := signals{
		finished:   l.finished(at, t, s),
		started:    t.started,
		defect:     l.hidden(at, t, s),
		overdue:    l.overdue.Contains(at),
		stalled:    !closed && r.stalls.Contains(at),
		targetOver: promisedYet && !at.Before(target.End(s.Calendar.Location())),
	}
	if g.certain() {
		return g
	}
	if g.onTime = l.odds.onTime(l, at, s); !below(g.onTime, s.Thresholds.AtRiskBelow) && !g.overdue {
		g.overstated = l.odds.overstated(l, at, s)
	}
	return g
}

// certain tells that the odds, which are the dearest of the signals, can change
// nothing.
func (g *signals) certain() bool {
	return g.finished || !g.started || g.defect || g.stalled || g.targetOver
}

func below(p *float64, limit float64) bool { return p != nil && *p < limit }

// health is the first state that the signals hold for.
func (g *signals) health(t *Thresholds) Health {
	switch {
	case g.finished:
		return Finished
	case !g.started:
		return NotStarted
	case g.defect:
		return HealthUnknown
	case g.stalled:
		return Stalled
	case g.targetOver, below(g.onTime, t.OffTrackBelow):
		return OffTrack
	case below(g.onTime, t.AtRiskBelow), g.overstated != nil && *g.overstated >= t.OverstatedFrom, g.overdue:
		return AtRisk
	}
	return OnTrack
}

// shown is the health that shows, and what may take its place.
type shown struct {
	state Health
	since time.Time
	// direction is -1 while a worse state waits to show, 1 while a better one
	// does, 0 while none does; waiting is since when.
	direction int
	waiting   time.Time
}

// badness orders the states that are judgements; facts have none.
func badness(h Health) (int, bool) {
	switch h {
	case OnTrack:
		return 0, true
	case AtRisk:
		return 1, true
	case OffTrack:
		return 2, true
	case Stalled:
		return 3, true
	}
	return 0, false
}

func (h *shown) take(at time.Time, next Health, t *Thresholds) {
	if next == h.state {
		h.direction = 0
		return
	}
	old, wasJudged := badness(h.state)
	bad, judged := badness(next)
	if !wasJudged || !judged {
		h.show(at, next)
		return
	}
	direction, hold := 1, t.BetterAfter
	if bad > old {
		direction, hold = -1, t.WorseAfter
	}
	if h.direction != direction {
		h.direction, h.waiting = direction, at
	}
	if at.Sub(h.waiting) >= hold {
		h.show(at, next)
	}
}

func (h *shown) show(at time.Time, next Health) {
	h.state, h.since, h.direction = next, at, 0
}
