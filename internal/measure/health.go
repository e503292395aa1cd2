package measure

import (
	"math"
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

// shown is the health that shows, and since when others have held that may take
// its place.
type shown struct {
	state Health
	since time.Time
	// asBad is since when the goal has been judged as bad as a state, or worse,
	// asGood since when as good, or better, in minutes since 1970, by badness;
	// neverHeld where it is not so. Facts end them all.
	asBad, asGood [numJudgements]int32
}

// neverHeld stands for since when something has held that does not.
const neverHeld = math.MinInt32

func minutes(at time.Time) int32 { return int32(at.Unix() / 60) }

// judgements are the states that are judgements, the best first; the others are
// facts.
func judgements() [numJudgements]Health { return [...]Health{OnTrack, AtRisk, OffTrack, Stalled} }

const numJudgements = 4

// badness is a judgement's place among them.
func badness(h Health) (int, bool) {
	for k, j := range judgements() {
		if j == h {
			return k, true
		}
	}
	return 0, false
}

// take judges the goal at the moment, which follows those before. Of the states
// that are worse than the one that shows, the worst shows that has held for
// WorseAfter: as long as that the goal was as bad, or worse. So does, of those
// that are better, the best that has held for BetterAfter. Whatever waited
// behind another one, each state has held for itself before it shows.
func (h *shown) take(at time.Time, next Health, t *Thresholds) {
	bad, judged := badness(next)
	if !judged {
		h.forget()
		if next != h.state {
			h.show(at, next)
		}
		return
	}
	old, wasJudged := badness(h.state)
	if !wasJudged {
		h.forget()
	}
	h.hold(at, bad)
	held := func(since int32, long time.Duration) bool {
		return time.Duration(minutes(at)-since)*time.Minute >= long
	}
	switch {
	case !wasJudged:
		h.show(at, next)
	case bad > old:
		for ; bad > old; bad-- {
			if held(h.asBad[bad], t.WorseAfter) {
				h.show(at, judgements()[bad])
				return
			}
		}
	default:
		for ; bad < old; bad++ {
			if held(h.asGood[bad], t.BetterAfter) {
				h.show(at, judgements()[bad])
				return
			}
		}
	}
}

// hold notes how bad the goal is judged.
func (h *shown) hold(at time.Time, bad int) {
	note := func(since *int32, is bool) {
		switch {
		case !is:
			*since = neverHeld
		case *since == neverHeld:
			*since = minutes(at)
		}
	}
	for k := range numJudgements {
		note(&h.asBad[k], bad >= k)
		note(&h.asGood[k], bad <= k)
	}
}

// forget ends whatever has held.
func (h *shown) forget() {
	for k := range numJudgements {
		h.asBad[k], h.asGood[k] = neverHeld, neverHeld
	}
}

func (h *shown) show(at time.Time, next Health) { h.state, h.since = next, at }
