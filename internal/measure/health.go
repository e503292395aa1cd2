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
	if len(l.entries) == 0 || l.entries[0].at.After(at) {
		return NotStarted, time.Time{}
	}
	h := l.days.fold(l, at, r, s)
	t := l.tally(at)
	h.take(at, l.judge(at, &t, r, s))
	if since, stale := l.staleSince(at, s); stale && h.state != Finished && h.state != NotStarted {
		return HealthUnknown, flow.DateOf(since.In(zone)).Start(zone)
	}
	return h.state, flow.DateOf(h.since.In(zone)).Start(zone)
}

// judge is the health by what is so at one moment, without regard to what was
// so before.
func (l *ledger) judge(at time.Time, t *tally, r *rhythm, s *Settings) Health {
	_, closed := l.closed(at, t, s)
	target, promisedYet := promised(l.goal.Targets, at, s.Calendar.Location())
	switch {
	case l.finished(at, t, s):
		return Finished
	case !t.started:
		return NotStarted
	case l.hidden(at, t, s):
		return HealthUnknown
	case !closed && r.stalls.Contains(at):
		return Stalled
	case promisedYet && !at.Before(target.now.End(s.Calendar.Location())):
		return OffTrack
	}
	odds := l.oddsAt(at).judge(&s.Thresholds)
	if odds == OnTrack && l.overdue.Contains(at) {
		return AtRisk
	}
	return odds
}

// shown is the health that shows, and what may take its place.
type shown struct {
	settings *Settings
	state    Health
	since    time.Time
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

func (h *shown) take(at time.Time, next Health) {
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
	direction, hold := 1, h.settings.Thresholds.BetterAfter
	if bad > old {
		direction, hold = -1, h.settings.Thresholds.WorseAfter
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
