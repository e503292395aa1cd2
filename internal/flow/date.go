package flow

import (
	"fmt"
	"time"
)

// Date is a calendar day without a time zone, as Jira's due dates, release
// dates and the goals' targets are. The zero Date is no date.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads yyyy-mm-dd and refuses days that no calendar has.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q is no date of the form 2006-01-02", s)
	}
	return DateOf(t), nil
}

// DateOf returns the day of t in t's own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d == Date{} }

// Start returns the first instant of the day in the zone: where clocks go
// forward at midnight, that is the moment at which they do.
func (d Date) Start(zone *time.Location) time.Time {
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
	if t.Day() == d.Day || t.Day() == d.AddDays(0).Day { // which a 30 February is not
		return t
	}
	_, gap := t.ZoneBounds() // t is what the time would be without it
	return gap
}

// End returns the first instant after the day in the zone.
func (d Date) End(zone *time.Location) time.Time { return d.AddDays(1).Start(zone) }

// AddDays returns the date n days later.
func (d Date) AddDays(n int) Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+n, 0, 0, 0, 0, time.UTC))
}

// Sub returns the number of days from o to d.
func (d Date) Sub(o Date) int {
	const day = 24 * 60 * 60 // a Duration counts no more than 292 years
	return int((d.Start(time.UTC).Unix() - o.Start(time.UTC).Unix()) / day)
}

// Before reports whether d is an earlier day than o.
func (d Date) Before(o Date) bool { return d.Sub(o) < 0 }

// String returns yyyy-mm-dd, or "" for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalText writes yyyy-mm-dd, or nothing for no date.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads yyyy-mm-dd, or nothing for no date.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	v, err := ParseDate(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}
