package flow

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const momentForms = "2026-11-20T09:00:00Z, 2026-11-20 or -14d"

// ParseMoment reads a moment of the past as people write it:
//
//	2026-11-20T09:00:00+01:00  that instant (RFC 3339)
//	2026-11-20                 the first instant of that day in the zone
//	-14d                       the same time of day, 14 days before now
//
// A nil zone is UTC. The moment is UTC, rounded down to a millisecond, and
// never later than now. What is of no such form, lies in the future or before
// 1970 is refused with the mend.
func ParseMoment(s string, now time.Time, zone *time.Location) (time.Time, error) {
	if zone == nil {
		zone = time.UTC
	}
	at, err := parseMoment(s, now, zone)
	if err != nil {
		return time.Time{}, err
	}
	switch at = at.UTC().Truncate(time.Millisecond); {
	case at.After(now):
		return time.Time{}, fmt.Errorf("%s lies in the future: give a moment up to now, %s",
			quoted(s), now.UTC().Format(time.RFC3339))
	case at.Unix() < 0: // a slip of the pen: no Jira is so old
		return time.Time{}, fmt.Errorf("%s lies before 1970: give a later moment", quoted(s))
	}
	return at, nil
}

func parseMoment(s string, now time.Time, zone *time.Location) (time.Time, error) {
	if days, ok := strings.CutPrefix(s, "-"); ok {
		return daysAgo(s, days, now.In(zone))
	}
	if day, err := ParseDate(s); err == nil {
		return day.Start(zone), nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s is no moment: write it like %s", quoted(s), momentForms)
	}
	return at, nil
}

func daysAgo(s, days string, now time.Time) (time.Time, error) {
	number, ok := strings.CutSuffix(days, "d")
	n, err := strconv.ParseUint(number, 10, 32)
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && n > 366*1000:
		return time.Time{}, fmt.Errorf("%s is too long ago: give fewer days", quoted(s))
	case !ok || err != nil:
		return time.Time{}, fmt.Errorf("%s is no number of days: write it like -14d", quoted(s))
	}
	return now.AddDate(0, 0, -int(n)), nil
}

// quoted quotes what somebody typed, and not a whole page of it.
func quoted(s string) string {
	const most = 64
	if len(s) > most {
		return strconv.Quote(s[:most]) + "…"
	}
	return strconv.Quote(s)
}
