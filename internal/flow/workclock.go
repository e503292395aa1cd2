package flow

import (
	"slices"
	"time"
)

// WorkClock runs on the calendar's working days alone: it stands still on the
// other weekdays and on holidays, and a working day counts 24 hours, also
// where summer time begins or ends in it. Freezes don't stop it: a question
// that somebody waits for does not stand still with the work.
type WorkClock struct {
	zone     *time.Location
	workdays [7]bool
	inWeek   int // workdays a week
	holidays []Date
}

// WorkClock returns the calendar's clock.
func (c *Calendar) WorkClock() *WorkClock {
	w := &WorkClock{zone: c.Location()}
	if c == nil {
		return w
	}
	w.workdays = c.Workdays
	for _, works := range w.workdays {
		if works {
			w.inWeek++
		}
	}
	for _, h := range c.Holidays {
		if w.workdays[weekday(h)] {
			w.holidays = append(w.holidays, h)
		}
	}
	slices.SortFunc(w.holidays, func(a, b Date) int { return a.Sub(b) })
	w.holidays = slices.Compact(w.holidays)
	return w
}

// Runs reports whether there is any day on which the clock runs; a calendar
// without a workday has none.
func (w *WorkClock) Runs() bool { return w.inWeek > 0 }

// Between returns how long the clock ran from one moment to another; 0 where
// the second is not the later.
func (w *WorkClock) Between(from, to time.Time) time.Duration {
	if !from.Before(to) {
		return 0
	}
	first, last := DateOf(from.In(w.zone)), DateOf(to.In(w.zone))
	return time.Duration(w.days(first, last))*24*time.Hour + w.within(last, to) - w.within(first, from)
}

// days counts the working days from one day up to and without another.
func (w *WorkClock) days(from, to Date) int {
	n := to.Sub(from)
	days := n / 7 * w.inWeek
	for d, k := weekday(from), 0; k < n%7; d, k = (d+1)%7, k+1 {
		if w.workdays[d] {
			days++
		}
	}
	return days - (w.holidaysBefore(to) - w.holidaysBefore(from))
}

// within is how long the clock has run on the day by the moment.
func (w *WorkClock) within(d Date, at time.Time) time.Duration {
	if !w.workdays[weekday(d)] {
		return 0
	}
	if _, holiday := slices.BinarySearchFunc(w.holidays, d, Date.Sub); holiday {
		return 0
	}
	start := d.Start(w.zone)
	long := d.End(w.zone).Sub(start)
	return time.Duration(float64(at.Sub(start)) / float64(long) * float64(24*time.Hour))
}

func (w *WorkClock) holidaysBefore(d Date) int {
	n, _ := slices.BinarySearchFunc(w.holidays, d, Date.Sub)
	return n
}

func weekday(d Date) time.Weekday { return d.Start(time.UTC).Weekday() }
