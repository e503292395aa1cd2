package measure

import (
	"math"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// rhythm is a goal's progress up to a moment, and the stalls in it.
type rhythm struct {
	events   int             // that count
	begun    time.Time       // when work began
	last     time.Time       // of the last event that counts; zero where none does
	limit    time.Duration   // the silence after which the goal is stalled
	gaps     []time.Duration // between events, sorted; without those under StallGap
	silent   time.Duration   // since the last event that counts, or since work began
	class    peerView        // that the limit was drawn towards
	stalls   flow.Spans      // without the time in which nothing was expected; the last has no end while the goal is stalled
	alarms   []alarm         // each stall from its beginning
	declared bool            // the limit is the goal's own setting
}

// alarm is a stall, and when the silence that began it ended: with the first
// progress after it, which need not be enough to end the stall. Zero times
// are still to come.
type alarm struct{ since, moved, ended time.Time }

// rhythm folds the goal's progress events up to the moment (MEASURES §7).
// False where no work has begun: then there is nothing that could stall.
func (l *ledger) rhythm(at time.Time, s *Settings) (rhythm, bool) {
	var f stallFold
	var ok bool
	if now := l.presentAt(at, s); now != nil {
		f, ok = now.stalls.goOn(l, s), now.begun
	} else {
		f, ok = l.foldStalls(at, s)
	}
	if !ok {
		return rhythm{}, false
	}
	f.until(at)
	r := f.rhythm
	if !f.since.IsZero() {
		r.stalls = r.stalls.Append(flow.Span{From: f.since})
	}
	r.silent = l.awake(f.quietFrom, at)
	r.stalls = r.stalls.Less(l.idle)
	return r, true
}

// foldStalls takes the progress events up to the moment.
func (l *ledger) foldStalls(at time.Time, s *Settings) (stallFold, bool) {
	begun, ok := l.workBegun(at)
	if !ok {
		return stallFold{}, false
	}
	f := stallFold{
		rhythm: rhythm{declared: l.goal.StallAfter > 0, begun: begun},
		ledger: l, settings: s, own: l.goal.StallAfter, quietFrom: begun,
	}
	f.adapt(begun)
	l.eachProgress(at, begun, func(p *progress, counted bool) {
		if counted {
			f.step(p)
		}
	})
	return f, true
}

// workBegun is when work on the goal began: with the first leaf that was begun,
// or that made progress. A decision that is made before any work moves begins no
// work.
func (l *ledger) workBegun(at time.Time) (time.Time, bool) {
	begun, ok := l.begun(at)
	ms := at.UnixMilli()
	for k := range l.progress {
		p := &l.progress[k]
		if p.ms() > ms {
			break
		}
		if p.leaf != noLeaf && !p.discounted(at) {
			if !ok || p.at().Before(begun) {
				return p.at(), true
			}
			break
		}
	}
	return begun, ok
}

// eachProgress yields what looks like progress up to the moment, in order, and
// whether it counts; but no decision that counts and was made before work began.
func (l *ledger) eachProgress(at, begun time.Time, f func(p *progress, counted bool)) {
	ms := at.UnixMilli()
	for k := range l.progress {
		p := &l.progress[k]
		if p.ms() > ms {
			break
		}
		counted := !p.discounted(at)
		if counted && p.leaf == noLeaf && p.at().Before(begun) {
			continue
		}
		f(p, counted)
	}
}

// begun is when the first leaf in scope was in progress or delivered.
func (l *ledger) begun(at time.Time) (time.Time, bool) {
	for k := range l.entries {
		e := &l.entries[k]
		if e.at().After(at) {
			break
		}
		if e.begins() {
			return e.at(), true
		}
	}
	return time.Time{}, false
}

func (e *entry) begins() bool {
	return e.after().in && (e.after().cat == flow.InProgress || e.after().out == flow.Delivered)
}

// stallFold walks along the progress events. A goal is stalled once the
// silence outlasts its threshold; it takes a delivered leaf, or progress on
// two different days without another such silence between, to wake it.
type stallFold struct {
	rhythm
	ledger    *ledger
	settings  *Settings
	own       time.Duration
	quietFrom time.Time
	since     time.Time // of the present stall; zero while there is none
	wokeOn    flow.Date // first day of progress within the present stall
}

func (f *stallFold) step(p *progress) {
	f.events++
	silent := f.outlasted(p.at())
	f.until(p.at())
	if !f.last.IsZero() {
		if gap := f.ledger.awake(f.last, p.at()); gap >= f.settings.Thresholds.StallGap {
			k, _ := slices.BinarySearch(f.gaps, gap)
			f.gaps = slices.Insert(f.gaps, k, gap)
		}
	}
	if !f.since.IsZero() {
		if now := &f.alarms[len(f.alarms)-1]; now.moved.IsZero() {
			now.moved = p.at()
		}
		today := flow.DateOf(p.at().In(f.settings.Calendar.Location()))
		switch {
		case p.delivered(), !silent && !f.wokeOn.IsZero() && f.wokeOn != today:
			f.stalls = f.stalls.Append(flow.Span{From: f.since, To: p.at()})
			f.alarms[len(f.alarms)-1].ended = p.at()
			f.since, f.wokeOn = time.Time{}, flow.Date{}
		case silent || f.wokeOn.IsZero():
			f.wokeOn = today
		}
	}
	f.last, f.quietFrom = p.at(), p.at()
	f.adapt(p.at())
}

// goOn returns the fold to go on with for a ledger that has the same rows. f stays
// as it is.
func (f *stallFold) goOn(l *ledger, s *Settings) stallFold {
	out := *f
	out.ledger, out.settings = l, s
	out.stalls, out.alarms = slices.Clone(f.stalls), slices.Clone(f.alarms)
	return out
}

// until begins a stall if the silence outlasts the threshold by the moment.
func (f *stallFold) until(at time.Time) {
	if f.since.IsZero() && f.outlasted(at) {
		f.since = f.ledger.later(f.quietFrom, f.limit)
		f.alarms = append(f.alarms, alarm{since: f.since})
	}
}

func (f *stallFold) outlasted(at time.Time) bool {
	return f.ledger.awake(f.quietFrom, at) > f.limit
}

// adapt sets the threshold from the gaps seen so far and from those of the
// class as of the week of the moment.
func (f *stallFold) adapt(at time.Time) {
	t := &f.settings.Thresholds
	if f.own > 0 {
		f.limit = f.own
		return
	}
	f.class = f.ledger.view(at)
	q := f.class.quantile
	if n := len(f.gaps); n >= t.StallMinGaps {
		q = shrunk(quantile(f.gaps, t.StallQuantile), n, q, t.StallShrink)
	}
	f.limit = max(t.StallFloor, time.Duration(t.StallFactor*float64(q)))
}

// movement says whether the goal is within its rhythm at the moment.
func (r *rhythm) movement(at time.Time, stalled, closed bool, s *Settings) Movement {
	switch {
	case closed:
		return ""
	case stalled:
		return StandsStill
	case float64(r.silent) > float64(r.limit)/s.Thresholds.StallQuiet:
		return Quiet
	}
	return Active
}

// busy reports whether nothing of meaning has happened since the silence of a
// stalled goal began, while many other changes were made (MEASURES §7).
func (l *ledger) busy(r *rhythm, at time.Time, s *Settings) bool {
	from := r.begun
	if !r.last.IsZero() {
		from = r.last
	}
	for k := l.firstAfter(from); k < len(l.entries) && !l.entries[k].at().After(at); k++ {
		if !l.byBots(&l.entries[k]) {
			return false // scope was added, or left, or was re-opened
		}
	}
	if l.meantBetween(from, at) > 0 {
		return false // estimates or dates of its issues were changed, by people and one by one
	}
	for k := range l.promises {
		for _, d := range l.promises[k].dates {
			if d.said.After(from) && !d.said.After(at) {
				return false
			}
		}
	}
	return l.noiseBetween(from, at) >= s.Thresholds.StallNoise
}

// quantile interpolates linearly between the order statistics of sorted
// values (Hyndman and Fan's type 7).
func quantile[T ~int64 | ~float64](sorted []T, q float64) T {
	h := q * float64(len(sorted)-1)
	k := int(math.Floor(h))
	if k+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[k] + T((h-float64(k))*float64(sorted[k+1]-sorted[k]))
}
