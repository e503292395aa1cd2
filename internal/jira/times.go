package jira

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/flow"
)

var errNoTime = errors.New("not a time")

// parseTime reads a time in any of the forms that Jira's products use: ISO
// 8601 with or without fractions of a second, the zone as +0000, +00:00, +00 or
// Z, or an epoch number in seconds or milliseconds. Times before 1970 and after
// the year 9999 are none: they come from broken clocks and imports.
func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, errNoTime
	}
	if strings.IndexByte(s, 'T') < 0 {
		return parseEpoch(s)
	}
	for _, layout := range []string{"2006-01-02T15:04:05Z0700", time.RFC3339, "2006-01-02T15:04:05Z07"} {
		if t, err := time.Parse(layout, s); err == nil {
			return sound(t)
		}
	}
	return time.Time{}, errNoTime
}

// epochMillis is the number from which on an epoch number counts
// milliseconds: in seconds it would be in the year 5138.
const epochMillis = 1e11

func parseEpoch(s string) (time.Time, error) {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || !(n > 0 && n < 1e15) {
		return time.Time{}, errNoTime
	}
	if n < epochMillis {
		n *= 1000
	}
	return sound(time.UnixMilli(int64(math.Round(n))))
}

func sound(t time.Time) (time.Time, error) {
	t = t.UTC()
	if t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}, errNoTime
	}
	return t.Truncate(time.Millisecond), nil
}

// stamp is a time as it stands in JSON. What is wrong with it is said when it
// is read, so that the other fields are not lost to it.
type stamp string

// UnmarshalJSON keeps a string's content or a number's digits; null is "".
func (s *stamp) UnmarshalJSON(b []byte) error {
	switch {
	case len(b) == 0 || b[0] == 'n':
		*s = ""
	case b[0] == '"' && strings.IndexByte(string(b), '\\') < 0:
		*s = stamp(b[1 : len(b)-1])
	case b[0] == '"':
		var text string
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
		*s = stamp(text)
	default:
		*s = stamp(b)
	}
	return nil
}

// parseDay reads a date; one that has a time behind it is cut.
func parseDay(s string) (flow.Date, error) {
	if len(s) > len(time.DateOnly) && (s[10] == ' ' || s[10] == 'T') {
		s = s[:10]
	}
	d, err := flow.ParseDate(s)
	if err != nil {
		return flow.Date{}, errors.New("not a date")
	}
	return d, nil
}
