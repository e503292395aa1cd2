package config

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Cron is a schedule: five fields of cron, or "@every 5m", "@daily" and their
// like. The empty Cron is off: it never runs.
type Cron string

// leastEvery is the shortest time between two runs of a schedule.
const leastEvery = time.Second

// ParseCron reads a schedule; "off" is the empty Cron. It refuses a time zone
// of the schedule's own, and schedules that never run.
func ParseCron(s string) (Cron, error) {
	if s == "off" {
		return "", nil
	}
	// The parser panics on a zone without fields after it.
	if strings.HasPrefix(s, "TZ=") || strings.HasPrefix(s, "CRON_TZ=") {
		return "", fmt.Errorf("%s has a time zone of its own", quoted(s))
	}
	parsed, err := cron.ParseStandard(s)
	if err != nil {
		return "", fmt.Errorf("%s is no schedule", quoted(s))
	}
	if every, ok := parsed.(cron.ConstantDelaySchedule); ok {
		given, err := time.ParseDuration(strings.TrimPrefix(s, "@every "))
		if err != nil || given < leastEvery {
			return "", fmt.Errorf("%s runs more often than once a second", quoted(s))
		}
		if every.Delay > 5*366*day {
			return "", fmt.Errorf("%s does not run within five years", quoted(s))
		}
	}
	// The parser takes days that no month has, and looks five years ahead.
	if parsed.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return "", fmt.Errorf("%s never runs", quoted(s))
	}
	return Cron(s), nil
}

// Off reports whether the schedule never runs.
func (c Cron) Off() bool { return c == "" }

// Next returns the first time after t at which the schedule runs, on the
// clock of the zone; ok is false where it is off or not valid.
func (c Cron) Next(t time.Time, zone *time.Location) (next time.Time, ok bool) {
	if _, err := ParseCron(string(c)); err != nil || c.Off() {
		return time.Time{}, false
	}
	parsed, err := cron.ParseStandard(string(c))
	if err != nil {
		return time.Time{}, false
	}
	next = parsed.Next(t.In(zone))
	return next, !next.IsZero()
}

// LongestGap returns how far apart two runs in a row can be; 0 where the
// schedule is off or not valid. Of five fields it looks at some eight days and
// the run after them.
func (c Cron) LongestGap() time.Duration {
	if _, err := ParseCron(string(c)); err != nil || c.Off() {
		return 0
	}
	parsed, err := cron.ParseStandard(string(c))
	if err != nil {
		return 0
	}
	if every, ok := parsed.(cron.ConstantDelaySchedule); ok {
		return every.Delay
	}
	var longest time.Duration
	last := parsed.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	for until := last.Add(8 * day); !last.IsZero() && last.Before(until); {
		next := parsed.Next(last)
		longest = max(longest, next.Sub(last))
		last = next
	}
	return longest
}
