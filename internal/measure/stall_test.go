package measure_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// starts returns tasks that enter progress at the given times, one each.
func starts(t *testing.T, at ...string) []*flow.Issue {
	issues := []*flow.Issue{epic(t).Issue()}
	for k, s := range at {
		issues = append(issues, task(t, 100+k, "2026-01-01").Moves(s, flowtest.Doing).Issue())
	}
	return issues
}

// days returns n days in a row.
func days(t flowtest.TB, first string, n int) []string {
	var out []string
	for k := range n {
		out = append(out, date(t, first).AddDays(k).String())
	}
	return out
}

func TestStallFollowsTheGoalsOwnRhythm(t *testing.T) {
	freeze := flow.DateSpan{From: date(t, "2026-01-10"), To: date(t, "2026-01-16")}
	for _, c := range []struct {
		name    string
		events  []string
		after   time.Duration // declared
		freezes []flow.DateSpan
		at      string
		limit   float64 // days
		since   string  // empty: not stalled
	}{
		// 1.5 × the 15 days that are shipped.
		{"with few gaps and no others like it, what is shipped: not yet at its end", []string{"2026-01-05"}, 0, nil, "2026-01-27 12:00", 22.5, ""},
		{"with few gaps and no others like it, what is shipped: after its end", []string{"2026-01-05"}, 0, nil, "2026-01-27 12:01", 22.5, "2026-01-27 12:00"},
		// Four gaps of a day: Q = (4 · 1 + 10 · 15) ÷ 14 = 11, × 1.5 = 16.5.
		{"four gaps of its own draw it to its own rhythm", []string{"2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08", "2026-01-09"},
			0, nil, "2026-01-30", 16.5, "2026-01-25 12:00"},
		// 30 gaps of a day: Q = (30 + 150) ÷ 40 = 4.5, × 1.5 = 6.75.
		{"a month of daily progress makes the floor of a week", days(t, "2026-01-05", 31), 0, nil, "2026-02-20", 7, "2026-02-11"},
		// Gaps of 2, 4, 6 and 20 days: h = .95 · 3 = 2.85, own Q = 6 + .85 · 14 = 17.9;
		// Q = (4 · 17.9 + 150) ÷ 14 = 15.8286, × 1.5 = 23.7429.
		{"the 95 % quantile of its own gaps", []string{"2026-01-05", "2026-01-07", "2026-01-11", "2026-01-17", "2026-02-06"},
			0, nil, "2026-03-01 17:49", 23.742857, ""},
		{"gaps under an hour are none", []string{"2026-01-05 10:00", "2026-01-05 10:10", "2026-01-05 10:20", "2026-01-05 10:30", "2026-01-05 10:59"},
			0, nil, "2026-01-30", 22.5, "2026-01-27 22:59"},
		{"a declared limit replaces the rhythm", []string{"2026-01-05"}, 10 * 24 * time.Hour, nil, "2026-01-16", 10, "2026-01-15"},
		{"the clock stands still in a freeze", []string{"2026-01-05"}, 0, []flow.DateSpan{freeze}, "2026-02-03 12:00", 22.5, ""},
		{"and goes on after it", []string{"2026-01-05"}, 0, []flow.DateSpan{freeze}, "2026-02-03 12:01", 22.5, "2026-02-03 12:00"},
		{"a freeze over the whole range stops the clock for good", []string{"2026-01-05"}, 0,
			[]flow.DateSpan{{From: date(t, "2000-01-01"), To: date(t, "2099-12-31")}}, "2030-01-01", 22.5, ""},
		{"a freeze that ends before it begins is none", []string{"2026-01-05"}, 0,
			[]flow.DateSpan{{From: date(t, "2026-01-20"), To: date(t, "2026-01-10")}}, "2026-01-30", 22.5, "2026-01-27 12:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := epicGoal()
			g.StallAfter = c.after
			settings := measure.DefaultSettings()
			settings.Calendar.Freezes = c.freezes
			got := status(t, built(t, []goal.Goal{g}, starts(t, c.events...), under(settings)), c.at)
			if got.StallAfterSeconds == nil || math.Abs(*got.StallAfterSeconds-c.limit*86400) > 0.1 {
				t.Errorf("stalled after %v seconds, want %v", *got.StallAfterSeconds, c.limit*86400)
			}
			if d := cmp.Diff(instant(t, c.since), got.StalledSince); d != "" {
				t.Errorf("stalled since (-want +got):\n%s", d)
			}
		})
	}
}

// Progress on 5 January, stalled from the 27th at noon on; what is to come cuts
// the stall in two, and changes nothing about when it began.
func TestAStallBeganWhenItBeganWhateverIsToCome(t *testing.T) {
	freeze := flow.DateSpan{From: date(t, "2026-02-10"), To: date(t, "2026-02-16")}
	frozen := func(in *measure.Input) { in.Settings.Calendar.Freezes = []flow.DateSpan{freeze} }
	closed := epic(t).Resolves("2026-02-10", "Done").Reopens("2026-02-20", flowtest.Doing).Issue()
	issues := starts(t, "2026-01-05")
	since := flowtest.At(t, "2026-01-27 12:00")
	for name, h := range map[string]*measure.History{
		"a freeze":        built(t, []goal.Goal{epicGoal()}, issues, frozen),
		"a closed period": ofEpic(t, append([]*flow.Issue{closed}, issues[1:]...)...),
	} {
		for _, at := range []string{"2026-02-01", "2026-02-25"} {
			if got := status(t, h, at).StalledSince; got == nil || !got.Equal(since) {
				t.Errorf("with %s, as of %s: stalled since %v, want %v", name, at, got, since)
			}
		}
		if got := status(t, h, "2026-02-12"); *got.Stalled || got.StalledSince != nil {
			t.Errorf("with %s, in the middle of it: stalled since %v", name, got.StalledSince)
		}
	}
}

func TestWhatWakesAStalledGoal(t *testing.T) {
	// Progress on 5 January, stalled from the 27th at noon on.
	for _, c := range []struct {
		name  string
		then  []*flow.Issue
		wakes string // empty: still stalled on 1 March
	}{
		{"nothing, while nothing moves", nil, ""},
		{"one step forward does not", starts(t, "2026-02-20"), ""},
		{"two steps on one day do not", starts(t, "2026-02-20 09:00", "2026-02-20 17:00"), ""},
		{"steps on two days do, with the second", starts(t, "2026-02-20", "2026-02-23"), "2026-02-23"},
		{"steps with another long silence between do not", starts(t, "2026-01-28", "2026-02-20"), ""},
		{"one delivery does", []*flow.Issue{task(t, 200, "2026-01-02").Resolves("2026-02-20", "Done").Issue()}, "2026-02-20"},
		{"a dropped issue does not", []*flow.Issue{task(t, 200, "2026-01-02").Resolves("2026-02-20", "Won't Do").Issue()}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			issues := append([]*flow.Issue{task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue(), epic(t).Issue()}, c.then...)
			h := ofEpic(t, issues...)
			if before := status(t, h, "2026-01-31"); before.Stalled == nil || !*before.Stalled {
				t.Fatal("the goal is not stalled to begin with")
			}
			if c.wakes == "" {
				if got := status(t, h, "2026-03-01"); !*got.Stalled {
					t.Error("the goal woke up")
				}
				return
			}
			if got := status(t, h, c.wakes); *got.Stalled {
				t.Errorf("still stalled on %s", c.wakes)
			}
			if got := status(t, h, flowtest.At(t, c.wakes).Add(-time.Minute).Format("2006-01-02 15:04")); !*got.Stalled {
				t.Errorf("awake before %s", c.wakes)
			}
		})
	}
}

func TestStallOnlyBetweenBeginningAndEnd(t *testing.T) {
	t.Run("a goal that never began is not stalled", func(t *testing.T) {
		got := status(t, ofEpic(t, epic(t).Issue(), task(t, 2, "2026-01-02").Issue()), "2026-06-01")
		if got.Stalled != nil || got.Health != measure.NotStarted || got.Missing["stalled"] == "" {
			t.Errorf("stalled %v, health %s, missing %v", got.Stalled, got.Health, got.Missing)
		}
	})
	t.Run("a goal whose epic is closed is not stalled", func(t *testing.T) {
		got := status(t, ofEpic(t,
			epic(t).Resolves("2026-01-10", "Done").Issue(), task(t, 2, "2026-01-02").Resolves("2026-01-08", "Done").Issue()), "2026-06-01")
		if *got.Stalled || got.Health != measure.Finished {
			t.Errorf("stalled %v, health %s", *got.Stalled, got.Health)
		}
	})
	t.Run("a goal begun by a bulk edit alone counts its silence from there", func(t *testing.T) {
		issues := []*flow.Issue{epic(t).Issue()}
		for k := range 12 {
			issues = append(issues, task(t, 10+k, "2026-01-02").By(99).Moves("2026-01-05 10:00", flowtest.Doing).Issue())
		}
		got := status(t, ofEpic(t, issues...), "2026-01-31")
		if got.LastProgress != nil || !*got.Stalled || !got.StalledSince.Equal(flowtest.At(t, "2026-01-27 22:00")) {
			t.Errorf("last progress %v, stalled %v since %v", got.LastProgress, *got.Stalled, got.StalledSince)
		}
	})
}

func TestHealthDayByDay(t *testing.T) {
	g := epicGoal()
	g.Targets = []goal.Target{{Date: date(t, "2026-02-10")}}
	// In progress on 5 January, delivered in steps that keep it moving until
	// the 12th, silent until a delivery on 20 March; the epic closes on 2 April.
	h := built(t, []goal.Goal{g}, []*flow.Issue{
		epic(t).Resolves("2026-04-02 15:00", "Done").Issue(),
		task(t, 2, "2026-01-02").Moves("2026-01-05 09:00", flowtest.Doing).Resolves("2026-01-12 09:00", "Done").Issue(),
		task(t, 3, "2026-01-02").Resolves("2026-03-20 09:00", "Done").Issue(),
		task(t, 4, "2026-01-02").Moves("2026-03-24 09:00", flowtest.Doing).Resolves("2026-04-01 09:00", "Done").Issue(),
	})
	for _, c := range []struct {
		name, at string
		want     measure.Health
		since    string
	}{
		{"planned work is not started", "2026-01-04", measure.NotStarted, "2026-01-02"},
		{"begun work is on track at once: that it began is a fact", "2026-01-05 10:00", measure.OnTrack, "2026-01-05"},
		{"three weeks and a day of silence don't show yet", "2026-02-04 12:00", measure.OnTrack, "2026-01-06"},
		// Stalled from 3 February 21:00, judged so on the 4th, shown two days later.
		{"a stall shows when it was judged so for two days", "2026-02-06", measure.Stalled, "2026-02-06"},
		{"a target that passes does not hide the stall", "2026-02-20", measure.Stalled, "2026-02-06"},
		// Awake on 20 March 09:00, judged off track (the target is over) from the 21st on.
		{"a better state waits five days", "2026-03-25 23:00", measure.Stalled, "2026-02-06"},
		{"then shows", "2026-03-26", measure.OffTrack, "2026-03-26"},
		{"an epic that closes without open issues is done at once", "2026-04-02 16:00", measure.Finished, "2026-04-02"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := status(t, h, c.at)
			if got.Health != c.want || got.HealthSince == nil || !got.HealthSince.Equal(flowtest.At(t, c.since)) {
				t.Errorf("at %s: %s since %v, want %s since %s", c.at, got.Health, got.HealthSince, c.want, c.since)
			}
		})
	}
}

func TestReleasedVersionsCloseAGoal(t *testing.T) {
	g := goal.Goal{ID: "g", Work: goal.Work{FixVersions: []goal.InProject{{Project: "PAY", Name: "3.2"}}}}
	version := flow.Version{ID: "v", Name: "3.2", Project: "PAY", Released: true, Release: date(t, "2026-02-10")}
	issue := task(t, 2, "2026-01-02").Versioned("2026-01-03", "v").Resolves("2026-01-12", "Done").Issue()
	for at, want := range map[string]measure.Health{"2026-02-10 23:00": measure.Stalled, "2026-02-11": measure.Finished} {
		h := built(t, []goal.Goal{g}, []*flow.Issue{issue}, on(flowtest.Catalog(version)))
		if got := status(t, h, at); got.Health != want {
			t.Errorf("at %s: %s, want %s", at, got.Health, want)
		}
	}
	unreleased := version
	unreleased.Released = false
	if got := status(t, built(t, []goal.Goal{g}, []*flow.Issue{issue}, on(flowtest.Catalog(unreleased))), "2026-02-20"); got.Health != measure.Stalled {
		t.Errorf("unreleased: %s, want stalled", got.Health)
	}
}

func TestAGoalByLabelIsDoneWhenItHasBeenQuietForAMonth(t *testing.T) {
	g := goal.Goal{ID: "g", Work: goal.Work{Labels: []goal.InProject{{Name: "p95"}}}}
	h := built(t, []goal.Goal{g}, []*flow.Issue{flowtest.New(t, "PAY-2", "2026-01-02").Labelled("2026-01-02", "p95").Resolves("2026-01-12", "Done").Issue()})
	for at, want := range map[string]bool{"2026-02-10": false, "2026-02-11": true} {
		if got := status(t, h, at); (got.Health == measure.Finished) != want {
			t.Errorf("at %s: %s", at, got.Health)
		}
	}
	if s := fmt.Sprint(measure.HealthStates()); len(measure.HealthStates()) != 7 {
		t.Errorf("health states: %s", s)
	}
}
