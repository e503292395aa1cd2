package jirasim

import (
	"math"
	"math/rand/v2"
	"time"
	_ "time/tzdata" // a container without zone files must tell the same story
)

// moment is an instant of the synthetic company: seconds on its wall clock
// since Monday 00:00 of the week that holds the present. What has happened is
// mostly negative. The whole story is told in moments, and only the almanac
// knows dates: so another present shifts the times and nothing else.
type moment int64

const (
	oneMinute moment = 60
	oneHour          = 60 * oneMinute
	oneDay           = 24 * oneHour
	oneWeek          = 7 * oneDay
)

// The story's span, in weeks around the present one.
const (
	firstWeek = -52
	lastWeek  = 6
)

// weekStart returns the Monday 00:00 of the n-th week from the present one.
func weekStart(n int) moment { return moment(n) * oneWeek }

// weekOf returns the week that t lies in.
func (t moment) weekOf() int {
	n := t / oneWeek
	if t < n*oneWeek {
		n--
	}
	return int(n)
}

// almanac turns moments into time in the company's zone.
type almanac struct{ monday time.Time }

// newAlmanac returns the almanac of the company whose present is now.
func newAlmanac(now time.Time) almanac {
	zone, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		panic("the zone that is compiled in is missing: " + err.Error())
	}
	now = now.In(zone).Truncate(time.Minute)
	sinceMonday := (int(now.Weekday()) + 6) % 7
	return almanac{time.Date(now.Year(), now.Month(), now.Day()-sinceMonday, 0, 0, 0, 0, zone)}
}

// time returns the instant of t. It goes by the wall clock, so that nine
// o'clock stays nine o'clock on both sides of a change to summer time.
func (a almanac) time(t moment) time.Time {
	y, m, d := a.monday.Date()
	days := t / oneDay
	return time.Date(y, m, d+int(days), 0, 0, int(t-days*oneDay), 0, a.monday.Location())
}

// stamp writes t as Jira Data Center writes instants.
func (a almanac) stamp(t moment) string { return a.time(t).Format("2006-01-02T15:04:05.000-0700") }

// date writes the day of t.
func (a almanac) date(t moment) string { return a.time(t).Format(time.DateOnly) }

// dice is a source of chance with the questions that the story asks of it.
type dice struct{ *rand.Rand }

// newDice returns the dice of one part of the story. Parts have dice of their
// own, so that a change of one part leaves the others as they were.
func newDice(seed uint64, part string) dice {
	h := uint64(14695981039346656037) // FNV-1a
	for _, b := range []byte(part) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return dice{rand.New(rand.NewPCG(seed, h))}
}

// chance is true with probability p.
func (d dice) chance(p float64) bool { return d.Float64() < p }

// between returns a whole number from lo to hi, both included.
func (d dice) between(lo, hi int) int { return lo + d.IntN(hi-lo+1) }

// tally is what is due of something that comes at a rate.
type tally float64

// count adds a week's rate to the tally and returns how many whole ones come
// in it: a team's weeks differ, its quarters hardly.
func (d dice) count(due *tally, rate float64) int {
	*due += tally(rate)
	n := max(0, int(math.Floor(float64(*due)+2*d.Float64()-0.5)))
	*due -= tally(n)
	return n
}

// in returns a working moment in the given week: mostly Monday to Friday
// between eight and six, now and then an evening or a weekend.
func (d dice) in(n int) moment {
	if d.chance(0.03) {
		return weekStart(n) + moment(d.IntN(7))*oneDay + 7*oneHour + moment(d.IntN(int(16*oneHour)))
	}
	return weekStart(n) + moment(d.IntN(5))*oneDay + d.office()
}

// early returns a working moment on the Monday or Tuesday of the week, when
// work is planned.
func (d dice) early(n int) moment { return weekStart(n) + moment(d.IntN(2))*oneDay + d.office() }

// office returns a time of day within office hours, likelier around one.
func (d dice) office() moment {
	return 8*oneHour + moment(d.IntN(int(5*oneHour))+d.IntN(int(5*oneHour)))
}

// soon returns a working moment at least wait after t.
func (d dice) soon(t, wait moment) moment {
	t += wait + moment(d.IntN(int(2*oneHour)))
	start := weekStart(t.weekOf())
	weekday, clock := (t-start)/oneDay, (t-start)%oneDay
	switch {
	case weekday >= 5:
		return start + oneWeek + d.office()
	case clock < 8*oneHour:
		return start + weekday*oneDay + d.office()
	case clock < 19*oneHour:
		return t
	case weekday == 4:
		return start + oneWeek + d.office()
	}
	return start + (weekday+1)*oneDay + d.office()
}

// pick returns one of the choices.
func pick[T any](d dice, choices []T) T { return choices[d.IntN(len(choices))] }
