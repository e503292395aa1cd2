package measure

import (
	"fmt"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// Windows is to how many issues something happened in the windows that end at
// the snapshot's moment (MEASURES §2.7, §2.14).
type Windows struct {
	Days7  int `json:"7d"`
	Days28 int `json:"28d"`
	Days90 int `json:"90d"`
}

// longestWindow is the longest of Windows.
const longestWindow = 90 * day

// add counts what happened so long before the moment.
func (w *Windows) add(age time.Duration) {
	if age < longestWindow {
		w.Days90++
	}
	if age < 28*day {
		w.Days28++
	}
	if age < 7*day {
		w.Days7++
	}
}

// String says in words how many there are in each window.
func (w Windows) String() string {
	return fmt.Sprintf("%d in 7 days, %d in 28, %d in 90", w.Days7, w.Days28, w.Days90)
}

// Percentiles are durations in seconds.
type Percentiles struct {
	P50 float64 `json:"50"`
	P85 float64 `json:"85"`
	P95 float64 `json:"95"`
	N   int     `json:"n"` // how many issues they are of
}

func percentiles(all []time.Duration) *Percentiles {
	if len(all) == 0 {
		return nil
	}
	slices.Sort(all)
	p := func(q float64) float64 { return quantile(all, q).Seconds() }
	return &Percentiles{P50: p(0.5), P85: p(0.85), P95: p(0.95), N: len(all)}
}

// finishedBy lists the moments at which leaves were delivered for the first
// time, in the window that ends at the moment.
func (l *ledger) finishedBy(at time.Time, window time.Duration, f func(leaf int, when time.Time)) {
	for leaf := range l.lives {
		ms := l.lives[leaf].delivered
		if !by(ms, at) {
			continue
		}
		if when := instantOf(ms); at.Sub(when) < window && l.leaves.contains(leaf, when) {
			f(leaf, when)
		}
	}
}

func (l *ledger) finishedIn(at time.Time, s *Settings) Windows {
	var f Windows
	if p := l.presentAt(at, s); p != nil {
		for _, ms := range p.finished {
			f.add(at.Sub(instantOf(ms)))
		}
		return f
	}
	l.finishedBy(at, longestWindow, func(_ int, when time.Time) { f.add(at.Sub(when)) })
	return f
}

// times is what a leaf's turns by a moment say of it.
type times struct {
	first     int64 // entered progress for the first time
	begun     int64 // and for the first time in its present episode
	delivered int64 // delivered for the last time
}

// eachTimes yields the leaves that have turned by the moment.
func (l *ledger) eachTimes(at time.Time, f func(leaf int, t *times)) {
	ms := at.UnixMilli()
	var t times // one for all leaves: it is given away
	for k := 0; k < len(l.turns); {
		leaf := l.turns[k].leaf
		t = times{}
		seen := false
		for ; k < len(l.turns) && l.turns[k].leaf == leaf; k++ {
			if x := &l.turns[k]; x.ms() <= ms {
				seen = true
				t.turn(x)
			}
		}
		if seen {
			f(int(leaf), &t)
		}
	}
}

func (t *times) turn(x *turn) {
	switch x.what() {
	case began:
		t.begun = x.ms()
		if t.first == 0 {
			t.first = x.ms()
		}
	case delivered:
		t.delivered = x.ms()
	case reopened:
		t.begun = 0
	}
}

// cycle is a leaf's cycle time: from its first entry into progress to its last
// delivery. False where it was never in progress (MEASURES §2.8).
func (t *times) cycle() (time.Duration, bool) {
	if t.first == 0 || t.delivered < t.first {
		return 0, false
	}
	return instantOf(t.delivered).Sub(instantOf(t.first)), true
}

// age is how long a leaf in progress has been so, in its present episode.
func (t *times) age(at time.Time) (time.Duration, bool) {
	if t.begun == 0 {
		return 0, false
	}
	return at.Sub(instantOf(t.begun)), true
}

// flowTimes returns the cycle times of the leaves that are delivered at the
// moment, and since when those in progress have been so, in their present
// episode.
func (l *ledger) flowTimes(at time.Time, now latestRows[entry]) (cycles []time.Duration, doing []int64) {
	l.eachTimes(at, func(leaf int, t *times) {
		switch e := now.of(leaf); {
		case e == nil || !e.after().in:
		case e.after().out == flow.Delivered:
			if d, ok := t.cycle(); ok {
				cycles = append(cycles, d)
			}
		case e.doing() && t.begun != 0:
			doing = append(doing, t.begun)
		}
	})
	return cycles, doing
}

// cycleAndAge are the percentiles of the leaves' flow times; nil of none.
func (l *ledger) cycleAndAge(at time.Time, now latestRows[entry], s *Settings) (cycle, age *Percentiles) {
	var doing []int64
	if p := l.presentAt(at, s); p != nil {
		if cycle, doing = p.cycle, p.doing; cycle != nil {
			own := *cycle
			cycle = &own
		}
	} else {
		var cycles []time.Duration
		cycles, doing = l.flowTimes(at, now)
		cycle = percentiles(cycles)
	}
	ages := make([]time.Duration, len(doing))
	for k, since := range doing {
		ages[k] = at.Sub(instantOf(since))
	}
	return cycle, percentiles(ages)
}
