package measure

import (
	"math"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// rhythm is a goal's progress up to a moment, and the stalls in it.
type rhythm struct {
	events   []*progress     // that count, in order
	left     []*progress     // that look like progress and do not count
	last     time.Time       // of the last event that counts; zero where none does
	limit    time.Duration   // the silence after which the goal is stalled
	gaps     []time.Duration // between events, sorted; without those under StallGap
	stalls   flow.Spans      // the last has no end while the goal is stalled
	declared bool            // the limit is the goal's own setting
}

// rhythm folds the goal's progress events up to the moment (MEASURES §7).
// False where no work has begun: then there is nothing that could stall.
func (l *ledger) rhythm(at time.Time, s *Settings) (rhythm, bool) {
	r := rhythm{declared: l.goal.StallAfter > 0}
	for k := range l.progress {
		p := &l.progress[k]
		if p.at.After(at) {
			break
		}
		if p.discounted(at) {
			r.left = append(r.left, p)
		} else {
			r.events = append(r.events, p)
		}
	}
	begun, ok := l.begun(at)
	// A decision that is made before any work moves begins no work.
	first := slices.IndexFunc(r.events, func(p *progress) bool { return p.leaf != noLeaf })
	if !ok && first < 0 {
		return rhythm{}, false
	}
	if first >= 0 && (!ok || r.events[first].at.Before(begun)) {
		begun = r.events[first].at
	}
	r.events = slices.DeleteFunc(r.events, func(p *progress) bool { return p.leaf == noLeaf && p.at.Before(begun) })
	f := stallFold{rhythm: &r, settings: s, own: l.goal.StallAfter, quietFrom: begun}
	f.adapt()
	for _, p := range r.events {
		f.step(p)
	}
	f.until(at)
	if !f.since.IsZero() {
		r.stalls = r.stalls.Append(flow.Span{From: f.since})
	}
	r.stalls = r.stalls.Less(freezes(&s.Calendar))
	return r, true
}

func (p *progress) discounted(at time.Time) bool {
	return p.discount != counts && (p.discount != byBulk || !p.bulkSince.After(at))
}

// begun is when the first leaf in scope was in progress or delivered.
func (l *ledger) begun(at time.Time) (time.Time, bool) {
	for k := range l.entries {
		e := &l.entries[k]
		if e.at.After(at) {
			break
		}
		if e.after.in && (e.after.cat == flow.InProgress || e.after.out == flow.Delivered) {
			return e.at, true
		}
	}
	return time.Time{}, false
}

// stallFold walks along the progress events. A goal is stalled once the
// silence outlasts its threshold; it takes a delivered leaf, or progress on
// two different days without another such silence between, to wake it.
type stallFold struct {
	*rhythm
	settings  *Settings
	own       time.Duration
	quietFrom time.Time
	since     time.Time // of the present stall; zero while there is none
	wokeOn    flow.Date // first day of progress within the present stall
}

func (f *stallFold) step(p *progress) {
	silent := f.outlasted(p.at)
	f.until(p.at)
	if !f.last.IsZero() {
		if gap := awake(f.last, p.at, &f.settings.Calendar); gap >= f.settings.Thresholds.StallGap {
			k, _ := slices.BinarySearch(f.gaps, gap)
			f.gaps = slices.Insert(f.gaps, k, gap)
		}
	}
	if !f.since.IsZero() {
		today := flow.DateOf(p.at.In(f.settings.Calendar.Location()))
		switch {
		case p.delivered, !silent && !f.wokeOn.IsZero() && f.wokeOn != today:
			f.stalls = f.stalls.Append(flow.Span{From: f.since, To: p.at})
			f.since, f.wokeOn = time.Time{}, flow.Date{}
		case silent || f.wokeOn.IsZero():
			f.wokeOn = today
		}
	}
	f.last, f.quietFrom = p.at, p.at
	f.adapt()
}

// until begins a stall if the silence outlasts the threshold by the moment.
func (f *stallFold) until(at time.Time) {
	if f.since.IsZero() && f.outlasted(at) {
		f.since = later(f.quietFrom, f.limit, &f.settings.Calendar)
	}
}

func (f *stallFold) outlasted(at time.Time) bool {
	return awake(f.quietFrom, at, &f.settings.Calendar) > f.limit
}

// adapt sets the threshold from the gaps seen so far.
func (f *stallFold) adapt() {
	t := &f.settings.Thresholds
	switch {
	case f.own > 0:
		f.limit = f.own
	case len(f.gaps) < t.StallMinGaps:
		f.limit = t.StallDefault
	default:
		q := quantile(f.gaps, t.StallQuantile)
		f.limit = max(t.StallFloor, time.Duration(t.StallFactor*float64(q)))
	}
}

// quantile interpolates linearly between the order statistics of sorted
// values (Hyndman and Fan's type 7).
func quantile(sorted []time.Duration, q float64) time.Duration {
	h := q * float64(len(sorted)-1)
	k := int(math.Floor(h))
	if k+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[k] + time.Duration((h-float64(k))*float64(sorted[k+1]-sorted[k]))
}

// freezes returns the calendar's freezes as moments.
func freezes(c *flow.Calendar) flow.Spans {
	var out flow.Spans
	for _, f := range c.Freezes {
		out = out.Union(flow.Spans{{From: f.From.Start(c.Location()), To: f.To.End(c.Location())}})
	}
	return out
}

// awake is the time from one moment to a later one outside freezes: clocks
// that wait for progress stand still in a freeze.
func awake(from, to time.Time, c *flow.Calendar) time.Duration {
	d := to.Sub(from)
	if len(c.Freezes) == 0 || d <= 0 {
		return max(d, 0)
	}
	for _, x := range freezes(c).Intersect(flow.Spans{{From: from, To: to}}) {
		d -= x.To.Sub(x.From)
	}
	return d
}

// later returns the moment by which d has passed outside freezes.
func later(from time.Time, d time.Duration, c *flow.Calendar) time.Time {
	for _, x := range freezes(c) {
		if !x.To.After(from) {
			continue
		}
		if until := x.From.Sub(from); until >= d {
			break
		} else if until > 0 {
			d -= until
		}
		from = x.To
	}
	return from.Add(d)
}
