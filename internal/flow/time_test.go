package flow

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func momentZone(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestParseMoment(t *testing.T) {
	now := time.Date(2026, 11, 21, 8, 30, 0, 123456789, time.UTC)
	for _, c := range []struct {
		name, in, zone string
		want           string
	}{
		{"an instant is itself", "2026-11-20T09:00:00Z", "UTC", "2026-11-20T09:00:00Z"},
		{"an instant's own offset counts, not the zone", "2026-11-20T09:00:00-08:00", "Europe/Zurich", "2026-11-20T17:00:00Z"},
		{"finer than a millisecond is cut off", "2026-11-20T09:00:00.1239Z", "UTC", "2026-11-20T09:00:00.123Z"},
		{"a date is the beginning of its day", "2026-11-19", "UTC", "2026-11-19T00:00:00Z"},
		{"a day begins in the zone", "2026-11-19", "Europe/Zurich", "2026-11-18T23:00:00Z"},
		{"today has begun", "2026-11-21", "UTC", "2026-11-21T00:00:00Z"},
		{"a day that has begun elsewhere has begun", "2026-11-21", "Pacific/Auckland", "2026-11-20T11:00:00Z"},
		{"the day after an hour twice begins once", "2026-10-26", "Europe/Zurich", "2026-10-25T23:00:00Z"},
		{"days ago keep the time of day", "-14d", "UTC", "2026-11-07T08:30:00.123Z"},
		{"days ago keep the zone's time of day through a change of clocks", "-30d", "Europe/Zurich", "2026-10-22T07:30:00.123Z"},
		{"no days ago is now", "-0d", "UTC", "2026-11-21T08:30:00.123Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseMoment(c.in, now, momentZone(t, c.zone))
			if err != nil {
				t.Fatal(err)
			}
			if s := got.Format(time.RFC3339Nano); s != c.want {
				t.Errorf("%q in %s is %s, want %s", c.in, c.zone, s, c.want)
			}
		})
	}
}

func TestParseMomentRefuses(t *testing.T) {
	now := time.Date(2026, 11, 21, 8, 30, 0, 0, time.UTC)
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", `"" is no moment: write it like 2026-11-20T09:00:00Z, 2026-11-20 or -14d`},
		{"a word", "yesterday", `"yesterday" is no moment: write it like 2026-11-20T09:00:00Z, 2026-11-20 or -14d`},
		{"a day that no calendar has", "2026-02-30", `"2026-02-30" is no moment: write it like 2026-11-20T09:00:00Z, 2026-11-20 or -14d`},
		{"an instant without a zone", "2026-11-20T09:00:00", `"2026-11-20T09:00:00" is no moment: write it like 2026-11-20T09:00:00Z, 2026-11-20 or -14d`},
		{"tomorrow", "2026-11-22", `"2026-11-22" lies in the future: give a moment up to now, 2026-11-21T08:30:00Z`},
		{"an instant to come", "2026-11-21T08:30:01Z", `"2026-11-21T08:30:01Z" lies in the future: give a moment up to now, 2026-11-21T08:30:00Z`},
		{"days to come", "--14d", `"--14d" is no number of days: write it like -14d`},
		{"another unit", "-14w", `"-14w" is no number of days: write it like -14d`},
		{"no number", "-d", `"-d" is no number of days: write it like -14d`},
		{"an age", "-99999999999999999999d", `"-99999999999999999999d" is too long ago: give fewer days`},
		{"days before 1970", "-36600d", `"-36600d" lies before 1970: give a later moment`},
		{"a year before the calendar", "0000-01-01T00:00:00+23:59", `"0000-01-01T00:00:00+23:59" lies before 1970: give a later moment`},
		{"a flood", strings.Repeat("9", 5000), `"` + strings.Repeat("9", 64) + `"… is no moment: write it like 2026-11-20T09:00:00Z, 2026-11-20 or -14d`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseMoment(c.in, now, nil)
			if err == nil {
				t.Fatalf("%q was taken as %v", c.in, got)
			}
			if err.Error() != c.want {
				t.Errorf("the error is\n%s\nwant\n%s", err, c.want)
			}
		})
	}
}

func TestParseMomentNeverLooksAhead(t *testing.T) {
	zones := []string{"UTC", "Europe/Zurich", "America/Los_Angeles", "Pacific/Auckland", "Asia/Kathmandu"}
	rapid.Check(t, func(t *rapid.T) {
		now := time.UnixMilli(rapid.Int64Range(86400e3, 4e12).Draw(t, "now"))
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		day := DateOf(now.In(zone)).AddDays(-rapid.IntRange(0, 3000).Draw(t, "days"))
		at, err := ParseMoment(day.String(), now, zone)
		if err != nil {
			if day.Start(zone).Unix() < 0 {
				return
			}
			t.Fatal(err)
		}
		if at.After(now) || !at.Equal(day.Start(zone)) {
			t.Fatalf("the beginning of %s in %v is %v; now is %v", day, zone, at, now)
		}
	})
}

func FuzzParseMoment(f *testing.F) {
	for _, s := range []string{"", "-14d", "2026-11-20", "2026-11-20T09:00:00Z", "0000-01-01T00:00:00+23:59"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 21, 8, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		at, err := ParseMoment(s, now, time.UTC)
		if err != nil {
			return
		}
		if at.After(now) || at.Unix() < 0 {
			t.Errorf("%q is taken as %v", s, at)
		}
		again, err := ParseMoment(at.Format(time.RFC3339Nano), now, time.UTC)
		if err != nil || !again.Equal(at) {
			t.Errorf("%q is %v, which is read as %v, %v", s, at, again, err)
		}
	})
}
