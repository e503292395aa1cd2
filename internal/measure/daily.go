package measure

import (
	"sort"
	"sync"
	"time"

	"plumbline/internal/flow"
)

// settles is how long after a moment it is known how the goal stood then: a
// change may turn out to be part of a bulk edit until its minute is over.
const settles = time.Minute

// daily is the fold of a goal's health over its days, as far as it was asked
// for. How a goal stood on a day is for good, so each day is judged once,
// however many moments are looked at: a year of back-fill would else judge
// each day a year's times. It may be asked by several goroutines at once.
type daily struct {
	mu   sync.Mutex
	runs []shownFrom // the fold where it changed, in order
	// next is the first day that was not judged yet; tally is the ledger's as
	// of the day before, and entries how many of its entries that is.
	next    flow.Date
	tally   tally
	entries int
}

// shownFrom is the fold from the beginning of a day on.
type shownFrom struct {
	day time.Time
	shown
}

// fold returns the fold up to the last day that had begun by the moment. r is
// the goal's rhythm up to the moment.
func (d *daily) fold(l *ledger, at time.Time, r *rhythm, s *Settings) shown {
	d.mu.Lock()
	defer d.mu.Unlock()
	zone := s.Calendar.Location()
	first := flow.DateOf(l.entries[0].at().In(zone))
	if len(d.runs) == 0 {
		start := first.Start(zone)
		d.runs = append(d.runs, shownFrom{start, shown{state: NotStarted, since: start}})
		d.next = first.AddDays(1)
	}
	settled := at.Add(-settles)
	for ; !d.next.Start(zone).After(settled); d.next = d.next.AddDays(1) {
		d.judge(l, d.next.Start(zone), r, s)
	}
	k := sort.Search(len(d.runs), func(k int) bool { return d.runs[k].day.After(settled) })
	h := d.runs[max(k-1, 0)].shown
	// A day that has only just begun is judged by what is known at the moment.
	if today := flow.DateOf(at.In(zone)); first.Before(today) && today.Start(zone).After(settled) {
		t := l.tally(today.Start(zone))
		h.take(today.Start(zone), l.judge(today.Start(zone), &t, r, s), &s.Thresholds)
	}
	return h
}

// judge adds a day to the fold.
func (d *daily) judge(l *ledger, day time.Time, r *rhythm, s *Settings) {
	for ; d.entries < len(l.entries) && !l.entries[d.entries].at().After(day); d.entries++ {
		d.tally.apply(&l.entries[d.entries])
	}
	was := d.runs[len(d.runs)-1].shown
	h := was
	h.take(day, l.judge(day, &d.tally, r, s), &s.Thresholds)
	if h != was {
		d.runs = append(d.runs, shownFrom{day, h})
	}
}
