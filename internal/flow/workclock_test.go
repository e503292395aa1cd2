package flow_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"plumbline/internal/flow"
)

func officeWeek() [7]bool {
	return [7]bool{time.Monday: true, time.Tuesday: true, time.Wednesday: true, time.Thursday: true, time.Friday: true}
}

func TestTheWorkClockRunsOnWorkingDaysAlone(t *testing.T) {
	zurich, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	day := func(s string) flow.Date {
		d, err := flow.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	var everyDay []flow.Date
	for d := day("2026-11-01"); d.Before(day("2026-12-01")); d = d.AddDays(1) {
		everyDay = append(everyDay, d)
	}
	const h = time.Hour
	for _, c := range []struct {
		name     string
		calendar flow.Calendar
		from, to string
		want     time.Duration
	}{
		{"within a day", flow.Calendar{Workdays: officeWeek()}, "2026-11-18 09:00", "2026-11-18 17:30", 8*h + 30*time.Minute},
		{"over a night", flow.Calendar{Workdays: officeWeek()}, "2026-11-18 09:00", "2026-11-19 09:00", 24 * h},
		{"over a weekend", flow.Calendar{Workdays: officeWeek()}, "2026-11-20 18:00", "2026-11-23 06:00", 12 * h},
		{"on a weekend", flow.Calendar{Workdays: officeWeek()}, "2026-11-21 08:00", "2026-11-22 20:00", 0},
		{"over four weeks", flow.Calendar{Workdays: officeWeek()}, "2026-10-21 09:00", "2026-11-18 09:00", 20 * 24 * h},
		{"over a holiday, given twice", flow.Calendar{Workdays: officeWeek(), Holidays: []flow.Date{day("2026-11-19"), day("2026-11-19")}}, "2026-11-18 12:00", "2026-11-20 12:00", 24 * h},
		{"a holiday on a Sunday takes nothing away", flow.Calendar{Workdays: officeWeek(), Holidays: []flow.Date{day("2026-11-22")}}, "2026-11-20 12:00", "2026-11-23 12:00", 24 * h},
		{"holidays over the whole range", flow.Calendar{Workdays: officeWeek(), Holidays: everyDay}, "2026-11-02 09:00", "2026-11-27 17:00", 0},
		{"without a workday", flow.Calendar{}, "2026-11-02 09:00", "2026-11-27 17:00", 0},
		{"backwards", flow.Calendar{Workdays: officeWeek()}, "2026-11-19 09:00", "2026-11-18 09:00", 0},
		{"a day of 25 hours counts 24", flow.Calendar{Zone: zurich, Workdays: [7]bool{true, true, true, true, true, true, true}}, "2026-10-24 22:00", "2026-10-25 23:00", 24 * h},
	} {
		t.Run(c.name, func(t *testing.T) {
			moment := func(s string) time.Time {
				m, err := time.Parse("2006-01-02 15:04", s)
				if err != nil {
					t.Fatal(err)
				}
				return m
			}
			if got := c.calendar.WorkClock().Between(moment(c.from), moment(c.to)); got != c.want {
				t.Errorf("from %s to %s the clock ran %v, want %v", c.from, c.to, got, c.want)
			}
		})
	}
	if (&flow.Calendar{}).WorkClock().Runs() {
		t.Error("the clock of a calendar without a workday runs")
	}
}

func TestWorkingTimeAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := flow.Calendar{Zone: time.FixedZone("", rapid.IntRange(-12, 14).Draw(t, "zone")*3600)}
		for d := range c.Workdays {
			c.Workdays[d] = rapid.Bool().Draw(t, "workday")
		}
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for range rapid.IntRange(0, 5).Draw(t, "holidays") {
			c.Holidays = append(c.Holidays, flow.DateOf(begin).AddDays(rapid.IntRange(0, 60).Draw(t, "holiday")))
		}
		draw := func(name string) time.Time {
			return begin.Add(time.Duration(rapid.IntRange(0, 60*24*3600).Draw(t, name)) * time.Second)
		}
		times := []time.Time{draw("a"), draw("b"), draw("c")}
		a, b, m := times[0], times[1], times[2]
		if b.Before(a) {
			a, b = b, a
		}
		if m.Before(a) || m.After(b) {
			m = a
		}
		w := c.WorkClock()
		whole, parts := w.Between(a, b), w.Between(a, m)+w.Between(m, b)
		if d := whole - parts; d < -time.Microsecond || d > time.Microsecond {
			t.Fatalf("%v in one, %v in two parts", whole, parts)
		}
		if whole < 0 || whole > b.Sub(a)+time.Microsecond {
			t.Fatalf("the clock ran %v in %v", whole, b.Sub(a))
		}
	})
}
