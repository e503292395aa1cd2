package flow_test

import (
	"testing"
	"time"

	"plumbline/internal/flow"
)

// inZone loads a time zone.
func inZone(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestADayBeginsWithItsFirstInstantAlsoWhereClocksGoForwardAtMidnight(t *testing.T) {
	for _, c := range []struct{ zone, day, start string }{
		{"Europe/Zurich", "2026-03-29", "2026-03-28T23:00:00Z"},
		{"America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z"}, // 24:00 became 01:00
		{"America/Havana", "2026-03-08", "2026-03-08T05:00:00Z"},
		{"Atlantic/Azores", "2026-03-29", "2026-03-29T01:00:00Z"},
		{"America/Santiago", "2026-04-05", "2026-04-05T04:00:00Z"}, // 24:00 became 23:00
		{"America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"},   // 01:00 became 00:00: the first of two midnights
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"},     // a day that was left out: its end is its start
		{"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"},
	} {
		day, err := flow.ParseDate(c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := day.Start(inZone(t, c.zone)).UTC().Format(time.RFC3339); got != c.start {
			t.Errorf("%s in %s begins at %s, want %s", c.day, c.zone, got, c.start)
		}
	}
}

func TestDaysFollowOneAnotherWithoutAGapInEveryZone(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Zurich", "America/Santiago", "America/Havana", "America/Sao_Paulo", "Atlantic/Azores", "Africa/Cairo", "Asia/Beirut", "Australia/Lord_Howe"} {
		zone := inZone(t, name)
		for d := (flow.Date{Year: 2009, Month: time.January, Day: 1}); d.Year < 2027; d = d.AddDays(1) {
			start, end := d.Start(zone), d.End(zone)
			if flow.DateOf(start) != d || flow.DateOf(start.Add(-time.Millisecond)) != d.AddDays(-1) {
				t.Fatalf("%s in %s begins at %s", d, name, start)
			}
			if next := d.AddDays(1).Start(zone); !end.Equal(next) {
				t.Fatalf("%s in %s ends at %s, and the next day begins at %s", d, name, end, next)
			}
		}
	}
}

func TestDatesThatLieCenturiesApartAreCountedExactly(t *testing.T) {
	far, today := flow.Date{Year: 9999, Month: time.December, Day: 31}, flow.Date{Year: 2026, Month: time.November, Day: 21}
	if got, want := far.Sub(today), 2_912_118; got != want {
		t.Errorf("%s lies %d days after %s, want %d", far, got, today, want)
	}
	if later := far.AddDays(-1); !later.Before(far) || far.Before(later) {
		t.Errorf("%s is not before %s", later, far)
	}
}

func TestADayThatNoCalendarHasBeginsWithTheOneThatItComesTo(t *testing.T) {
	for _, zone := range []string{"UTC", "Europe/Zurich"} {
		wrong, right := flow.Date{Year: 2026, Month: time.February, Day: 30}, flow.Date{Year: 2026, Month: time.March, Day: 2}
		if got, want := wrong.Start(inZone(t, zone)), right.Start(inZone(t, zone)); !got.Equal(want) {
			t.Errorf("30 February begins at %s in %s, want %s", got, zone, want)
		}
	}
	if none := (flow.Date{}); !none.Before(flow.Date{Year: 1970, Month: time.January, Day: 1}) || none.Before(none) {
		t.Error("no date is not before every date")
	}
}
