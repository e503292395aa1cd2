package export

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
)

// Step is the distance between the moments of a back-fill: whole days, or a
// part of a day that a day is a multiple of. Days begin when they do in the
// zone, whatever the clock was turned to; parts of a day are counted from its
// beginning.
type Step struct {
	days int
	part time.Duration // where days is 0
}

// Day is the step of one day.
func Day() Step { return Step{days: 1} }

const (
	wholeDay = 24 * time.Hour
	maxDays  = 366
	minPart  = time.Minute
)

// ParseStep reads a step as people write it: 1d, 7d, 6h, 30m.
func ParseStep(s string) (Step, error) {
	if n, ok := strings.CutSuffix(s, "d"); ok {
		days, err := strconv.ParseUint(n, 10, 16)
		if err != nil || days < 1 || days > maxDays {
			return Step{}, fmt.Errorf("%q is no step: give 1d to %dd, or a part of a day like 6h or 30m", shorten(s), maxDays)
		}
		return Step{days: int(days)}, nil
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil || d < minPart || d > wholeDay || d%time.Minute != 0 || wholeDay%d != 0:
		return Step{}, fmt.Errorf("%q is no step: give days like 1d or 7d, or a part of a day that divides it, like 6h or 30m", shorten(s))
	case d == wholeDay:
		return Day(), nil
	}
	return Step{part: d}, nil
}

// shorten cuts what somebody typed.
func shorten(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// String writes the step as ParseStep reads it.
func (s Step) String() string {
	switch {
	case s.days > 0:
		return strconv.Itoa(s.days) + "d"
	case s.part%time.Hour == 0:
		return strconv.Itoa(int(s.part/time.Hour)) + "h"
	}
	return strconv.Itoa(int(s.part/time.Minute)) + "m"
}

// least is no more than the step ever is.
func (s Step) least() time.Duration {
	if s.days > 0 {
		return time.Duration(s.days) * wholeDay * 9 / 10 // clocks are turned
	}
	return s.part
}

// moments are those of the range, both ends included. The first is the first
// beginning of a day, or part of one, that is not before from.
func (s Step) moments(from, to time.Time, zone *time.Location) iter.Seq[time.Time] {
	y, m, d := from.In(zone).Date()
	day := func(n int) time.Time { return time.Date(y, m, d+n, 0, 0, 0, 0, zone) }
	return func(yield func(time.Time) bool) {
		if s.days > 0 {
			n := 0
			if day(0).Before(from) {
				n = 1
			}
			for ; !day(n).After(to); n += s.days {
				if !yield(day(n).UTC()) {
					return
				}
			}
			return
		}
		for n := 0; !day(n).After(to); n++ {
			for at := day(n); at.Before(day(n + 1)); at = at.Add(s.part) {
				if at.Before(from) || at.After(to) {
					continue
				}
				if !yield(at.UTC()) {
					return
				}
			}
		}
	}
}
