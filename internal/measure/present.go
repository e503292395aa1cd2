package measure

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"time"
)

// present is what all rows of a ledger come to. As of any moment after the last
// of them, the figures differ by the time alone that has passed: while nothing
// happens to a goal, they are told from this, and its rows are left alone.
type present struct {
	once  sync.Once
	since int64 // the last thing that happened, in Unix milliseconds

	stalls    stallFold // without a ledger
	begun     bool      // there are stalls to be told of: work has begun
	situation gathered
	cycle     *Percentiles
	doing     []int64       // since when leaves are in progress
	finished  []int64       // first deliveries in the longest of Windows
	done      int           // stretches during which leaves were delivered
	short     []episodeDone // those of them that are over and were short
	standing  []int64       // since when others last that are, or may still be, short
}

// presentAt returns what holds from the last row on; nil for a moment before it.
func (l *ledger) presentAt(at time.Time, s *Settings) *present {
	p := l.present
	if p == nil {
		return nil
	}
	p.once.Do(func() { p.fold(l, s) })
	if at.UnixMilli() < p.since {
		return nil
	}
	return p
}

// fold takes all rows in.
func (p *present) fold(l *ledger, s *Settings) {
	p.since = l.lastRow()
	at := instantOf(p.since)
	if p.stalls, p.begun = l.foldStalls(at, s); p.begun {
		p.stalls.ledger, p.stalls.settings = nil, nil // which would keep older histories alive
	}
	all := newSituations(l, KindGoal)
	all.until(at)
	p.situation = all.gathered
	p.situation.arrived = slices.Clone(all.arrived)
	first, _ := slices.BinarySearchFunc(all.weekly, at.Add(-forecastWeeks*7*day).UnixMilli(), func(d delivery, ms int64) int { return cmp.Compare(d.ms, ms) })
	p.situation.weekly = slices.Clone(all.weekly[first:])
	cycles, doing := l.flowTimes(at, l.now(at))
	p.cycle, p.doing = percentiles(cycles), slices.Clip(doing)
	l.finishedBy(at, longestWindow, func(_ int, when time.Time) { p.finished = append(p.finished, when.UnixMilli()) })
	p.episodes(l, s)
}

// episodes takes in the stretches during which leaves were delivered.
func (p *present) episodes(l *ledger, s *Settings) {
	within := s.Thresholds.ReopenedWithin
	all := l.doneEpisodes(instantOf(p.since), s.Thresholds.Bounce)
	p.done = len(all)
	for _, e := range all {
		switch {
		case e.lived > within:
		case e.back, l.oddities(e.leaf).gone != 0:
			p.short = append(p.short, e)
		default:
			p.standing = append(p.standing, e.from)
		}
	}
}

// shortEpisodes returns the stretches that have lasted no longer than the time
// that re-openings are looked for, and how many there are in all.
func (p *present) shortEpisodes(at time.Time, within time.Duration) (short []episodeDone, all int) {
	short = slices.Clone(p.short)
	for _, from := range p.standing {
		if lived := at.Sub(instantOf(from)); lived <= within {
			short = append(short, episodeDone{from: from, lived: lived})
		}
	}
	return short, p.done
}

// situationAt is the goal's situation as of the moment; false where no leaf is
// in scope.
func (l *ledger) situationAt(at time.Time, s *Settings) (Situation, bool) {
	if p := l.presentAt(at, s); p != nil {
		return p.situation.at(at)
	}
	return newSituations(l, KindGoal).at(at)
}

// lastRow is when the last thing happened that the ledger tells of.
func (l *ledger) lastRow() int64 {
	last := int64(math.MinInt64)
	if n := len(l.entries); n > 0 {
		last = l.entries[n-1].ms
	}
	if n := len(l.progress); n > 0 { // a bulk edit is known to be one within the minute
		last = max(last, l.progress[n-1].ms()+math.MaxUint16)
	}
	for k := range l.turns {
		last = max(last, l.turns[k].ms())
	}
	for k := range l.odd {
		last = max(last, l.odd[k].gone)
	}
	return last
}
