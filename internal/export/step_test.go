package export_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/export"
)

func TestStepsLieWhereADayBeginsInTheZone(t *testing.T) {
	for _, c := range []struct {
		name, step, from, to string
		want                 []string // in Zurich
	}{
		{"days are as long as the clock makes them", "1d", "2026-03-28T00:00+01:00", "2026-03-30T12:00+02:00",
			[]string{"2026-03-28T00:00+01:00", "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00"}},
		{"a day that has begun is left to the next", "1d", "2026-10-24T00:01+02:00", "2026-10-26T00:00+01:00",
			[]string{"2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00"}},
		{"weeks are counted from the first day", "7d", "2026-11-02T00:00+01:00", "2026-11-20T00:00+01:00",
			[]string{"2026-11-02T00:00+01:00", "2026-11-09T00:00+01:00", "2026-11-16T00:00+01:00"}},
		{"parts of a day are counted from its beginning, through the hour that is left out", "6h", "2026-03-28T23:00+01:00", "2026-03-30T00:00+02:00",
			[]string{"2026-03-29T00:00+01:00", "2026-03-29T07:00+02:00", "2026-03-29T13:00+02:00", "2026-03-29T19:00+02:00", "2026-03-30T00:00+02:00"}},
		{"a range of one moment has one", "1h", "2026-11-02T05:00+01:00", "2026-11-02T05:00+01:00",
			[]string{"2026-11-02T05:00+01:00"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			step, err := export.ParseStep(c.step)
			if err != nil {
				t.Fatal(err)
			}
			past := export.Past{First: time.Unix(0, 0), Now: at.AddDate(1, 0, 0), Zone: zurich(t)}
			plan, err := past.Plan(export.Range{From: parse(t, c.from), To: parse(t, c.to), Step: step})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range plan.Moments {
				got = append(got, m.In(zurich(t)).Format("2006-01-02T15:04Z07:00"))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("moments (-want +got):\n%s", diff)
			}
		})
	}
}

func parse(tb testing.TB, s string) time.Time {
	tb.Helper()
	when, err := time.Parse("2006-01-02T15:04Z07:00", s)
	if err != nil {
		tb.Fatal(err)
	}
	return when
}

func TestWhatIsNoStepIsRefusedWithTheMend(t *testing.T) {
	for _, s := range []string{"", "d", "0d", "-1d", "367d", "1.5d", "5h", "7h", "90s", "0h", "-6h", "25h", "48h", "1w", "day", strings.Repeat("9", 1000) + "d"} {
		if step, err := export.ParseStep(s); err == nil {
			t.Errorf("%q is taken for %v", s, step)
		} else if !strings.Contains(err.Error(), "6h") || len(err.Error()) > 300 {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func FuzzParseStep(f *testing.F) {
	for _, s := range []string{"1d", "7d", "6h", "30m", "24h", "1h30m", "x", "-1d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		step, err := export.ParseStep(s)
		if err != nil {
			return
		}
		again, err := export.ParseStep(step.String())
		if err != nil || again != step {
			t.Errorf("%q is written as %q, and that is read as %v, %v", s, step, again, err)
		}
	})
}

func TestMomentsGrowStayWithinTheRangeAndAreNoSecretOfItsEnds(t *testing.T) {
	zone := zurich(t)
	rapid.Check(t, func(t *rapid.T) {
		step, err := export.ParseStep(rapid.SampledFrom([]string{"1d", "3d", "12h", "8h", "1h", "15m"}).Draw(t, "step"))
		if err != nil {
			t.Fatal(err)
		}
		from := at.Add(-time.Duration(rapid.IntRange(0, 400*24*60).Draw(t, "from")) * time.Minute)
		to := from.Add(time.Duration(rapid.IntRange(0, 40*24*60).Draw(t, "minutes")) * time.Minute)
		past := export.Past{First: from.Add(time.Duration(rapid.IntRange(-100, 100).Draw(t, "first")) * time.Hour), Now: at, Zone: zone}
		plan, err := past.Plan(export.Range{From: from, To: to, Step: step})
		if err != nil {
			if !strings.Contains(err.Error(), export.ErrNothing.Error()) {
				t.Fatal(err)
			}
			return
		}
		for k, m := range plan.Moments {
			if m.Before(from) || m.After(to) || m.Before(past.First) || m.After(past.Now) || k > 0 && !m.After(plan.Moments[k-1]) {
				t.Fatalf("moment %d of %s to %s by %s is %s", k, from, to, step, m)
			}
		}
		// A part of the range has the same moments: what was broken off can be
		// gone on with.
		if step.String() == "3d" {
			return
		}
		k := rapid.IntRange(0, len(plan.Moments)-1).Draw(t, "k")
		rest, err := past.Plan(export.Range{From: plan.Moments[k], To: to, Step: step})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(plan.Moments[k:], rest.Moments); diff != "" {
			t.Fatalf("from %s on (-whole range +rest):\n%s", plan.Moments[k], diff)
		}
	})
}
