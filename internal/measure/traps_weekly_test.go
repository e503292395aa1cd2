package measure_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// The detectors below are asked on Mondays: 5, 12, 19, 26 January 2026, 2, 9,
// 16, 23 February and so on.

func TestBusyAndNotMoving(t *testing.T) {
	// In progress since 5 January, and touched so many times on each Tuesday
	// from 13 January on.
	h := func(each int, more ...*flow.Issue) *measure.History {
		b := task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing)
		for d := date(t, "2026-01-13"); d.Before(date(t, "2026-04-01")); d = d.AddDays(7) {
			for n := range each {
				b.Touched(fmt.Sprintf("%s 10:%02d", d, n))
			}
		}
		return ofEpic(t, append(more, b.Issue(), epic(t).Issue())...)
	}
	t.Run("five changes a week for four weeks, and nothing delivered: a week later", func(t *testing.T) {
		shows(t, h(5), "busy_not_moving", "2026-02-16", "")
	})
	t.Run("not with four a week", func(t *testing.T) {
		shows(t, h(4), "busy_not_moving", "", "", "2026-03-02", "2026-03-20")
	})
	t.Run("not while something is delivered within the four weeks", func(t *testing.T) {
		shows(t, h(5, task(t, 3, "2026-01-02").Resolves("2026-01-20", "Done").Issue(), task(t, 4, "2026-01-02").Resolves("2026-02-12", "Done").Issue()),
			"busy_not_moving", "2026-03-23", "", "2026-02-20", "2026-03-10")
	})
	t.Run("what bots and bulk edits change is none", func(t *testing.T) {
		b := task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).ByBot()
		for d := date(t, "2026-01-13"); d.Before(date(t, "2026-04-01")); d = d.AddDays(1) {
			b.Touched(d.String())
		}
		shows(t, ofEpic(t, b.Issue(), epic(t).Issue()), "busy_not_moving", "", "", "2026-03-02")
	})
}

func TestAnyChangeByPeopleOneByOneIsStir(t *testing.T) {
	const name = "busy_not_moving"
	begun := func(n int) *flowtest.Builder { return task(t, n, "2026-01-02").Moves("2026-01-05", flowtest.Doing) }
	// Five changes a week, from 12 January to 15 February: twenty by 9 February, and
	// by the 16th, and none in the week before the 23rd.
	weekly := func(b *flowtest.Builder, change func(b *flowtest.Builder, at string, n int)) *flow.Issue {
		for n, d := 0, date(t, "2026-01-12"); d.Before(date(t, "2026-02-16")); d = d.AddDays(1) {
			if wd := d.Start(time.UTC).Weekday(); wd != time.Saturday && wd != time.Sunday {
				change(b, d.String()+" 10:00", n)
				n++
			}
		}
		return b.Issue()
	}
	points := epicGoal()
	points.Count = goal.CountPoints
	estimated := func(b *flowtest.Builder) *flow.Issue {
		return weekly(b, func(b *flowtest.Builder, at string, n int) { b.Estimates(at, fmt.Sprint(n)) })
	}
	of := func(g goal.Goal, issues ...*flow.Issue) *measure.History {
		return built(t, []goal.Goal{g}, append(issues, epic(t).Issue()))
	}
	t.Run("to and fro between two statuses, again and again", func(t *testing.T) {
		b := begun(2)
		for d := date(t, "2026-01-12"); d.Before(date(t, "2026-02-09")); d = d.AddDays(1) {
			b.Moves(d.String()+" 10:00", flowtest.ToDo).Moves(d.String()+" 15:00", flowtest.Doing)
		}
		shows(t, of(epicGoal(), b.Issue()), name, "2026-02-09", "") // of the weeks from 5 January on: one, and 14 in each of three
	})
	t.Run("due dates", func(t *testing.T) {
		i := weekly(begun(2), func(b *flowtest.Builder, at string, n int) { b.Dues(at, date(t, "2026-06-01").AddDays(n).String()) })
		shows(t, of(epicGoal(), i), name, "2026-02-16", "2026-03-02")
	})
	t.Run("estimates, whether or not the goal counts points", func(t *testing.T) {
		shows(t, of(points, estimated(begun(2))), name, "2026-02-16", "2026-03-02")
		shows(t, of(epicGoal(), estimated(begun(2))), name, "2026-02-16", "2026-03-02")
	})
	t.Run("not those by bots", func(t *testing.T) {
		shows(t, of(points, estimated(begun(2).ByBot())), name, "", "", "2026-02-16", "2026-02-20")
	})
	t.Run("not those in bulk", func(t *testing.T) {
		var issues []*flow.Issue
		for n := range 12 {
			issues = append(issues, estimated(begun(10+n).By(99)))
		}
		shows(t, of(points, issues...), name, "", "", "2026-02-16", "2026-02-20")
	})
	t.Run("nor that issues came in", func(t *testing.T) {
		var issues []*flow.Issue
		for n, d := 0, date(t, "2026-01-12"); d.Before(date(t, "2026-02-09")); d, n = d.AddDays(1), n+1 {
			issues = append(issues, task(t, 10+n, d.String()).Issue())
		}
		shows(t, of(points, append(issues, begun(2).Issue())...), name, "", "", "2026-02-16", "2026-02-20")
	})
}

func TestReportedOnTrackAndNotSo(t *testing.T) {
	// Ten issues in progress since 5 January, a target on 3 March that they
	// won't make, and somebody who says that all is well.
	said := func(health string) *measure.History {
		g := epicGoal()
		g.Targets = []goal.Target{{Date: date(t, "2026-03-03")}}
		g.CheckIns = []goal.CheckIn{{Date: date(t, "2026-01-10"), Health: health}}
		issues := []*flow.Issue{epic(t).Issue()}
		for k := 2; k < 12; k++ {
			issues = append(issues, task(t, k, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue())
		}
		return built(t, []goal.Goal{g}, issues, unlearnt(t, "2026-06-01"))
	}
	green, red := said("on_track"), said("off_track")
	if !trap(t, green, "watermelon", "2026-03-02").On || trap(t, red, "watermelon", "2026-03-02").On {
		t.Errorf("said to be on track: %+v; said to be off it: %+v", trap(t, green, "watermelon", "2026-03-02"), trap(t, red, "watermelon", "2026-03-02"))
	}
	if trap(t, green, "watermelon", "2026-01-13").On {
		t.Error("it shows before it has held for a week")
	}
	if got := trap(t, ofEpic(t, twenty(t)...), "watermelon", "2026-03-02"); got.Unknown == "" {
		t.Errorf("where nothing was learnt: %+v, want unknown", got)
	}
	e, _ := green.Explain("g", "trap_watermelon", flowtest.At(t, "2026-03-02"))
	if m := e.Measures[0]; !strings.HasPrefix(m.Value, "yes") || m.Inputs[1].Value != "on_track" || m.Inputs[2].Value == "unknown" {
		t.Errorf("%s, %+v", m.Value, m.Inputs)
	}
}

func TestDecisionsHoldAGoalUp(t *testing.T) {
	quick := func(n int) *flow.Issue { return question(t, n, "2026-01-05").Resolves("2026-01-06", "Done").Issue() }
	nine := []*flow.Issue{epic(t).Issue(), task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue()}
	for n := range 9 {
		nine = append(nine, quick(10+n))
	}
	t.Run("one is open for more than three times as long as 85 % take", func(t *testing.T) {
		// Nine of ten take a day. Asked on 7 January, it is five days old on the 12th.
		h := decided(t, append(nine, question(t, 30, "2026-01-07").Resolves("2026-02-04", "Done").Issue())...)
		shows(t, h, "decision_drag", "2026-01-19", "2026-02-16", "2026-01-12")
	})
	t.Run("not where it is no older", func(t *testing.T) {
		h := decided(t, append(nine, question(t, 30, "2026-01-10").Resolves("2026-01-13", "Done").Issue())...)
		shows(t, h, "decision_drag", "", "", "2026-01-12", "2026-01-19", "2026-01-26")
	})
	t.Run("where nobody keeps any it can't be judged", func(t *testing.T) {
		if got := trap(t, ofEpic(t, twenty(t)...), "decision_drag", "2026-03-02"); got.Unknown == "" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("they take longer than in three of four goals, and a fifth of the work waits", func(t *testing.T) {
		// Eight goals whose question took k days; g's is open since 5 January, and
		// so is a flag on one of its three tasks.
		gs := []goal.Goal{epicGoal()}
		issues := []*flow.Issue{epic(t).Issue(), task(t, 2, "2026-01-02").Flagged("2026-01-05 09:00", true).Issue(), task(t, 3, "2026-01-02").Issue(), task(t, 4, "2026-01-02").Issue()}
		for k := range 8 {
			above := key(100 + k)
			gs = append(gs, goal.Goal{ID: above, Work: goal.Work{Epics: []string{above}}})
			issues = append(issues, flowtest.NewEpic(t, above, "2026-01-01").Issue(),
				flowtest.New(t, key(200+k), "2026-01-02").Joins("2026-01-02", above).Flagged("2026-01-02", true).
					Flagged(date(t, "2026-01-03").AddDays(k).String(), false).Issue())
		}
		shows(t, built(t, gs, issues, under(decisive())), "decision_drag", "2026-01-19", "", "2026-01-18")
		shows(t, built(t, gs[:8], issues, under(decisive())), "decision_drag", "", "", "2026-01-19", "2026-02-09") // seven others are too few
	})
}

// older are nine goals that began so many days apart; g is the first.
func older(t flowtest.TB, more ...*flow.Issue) *measure.History {
	gs := []goal.Goal{epicGoal()}
	issues := append(more, epic(t).Issue(), task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue())
	for k := range 8 {
		above := key(100 + k)
		gs = append(gs, goal.Goal{ID: above, Work: goal.Work{Epics: []string{above}}})
		issues = append(issues, flowtest.NewEpic(t, above, "2026-01-01").Issue(),
			flowtest.New(t, key(200+k), "2026-01-02").Joins("2026-01-02", above).Moves(date(t, "2026-02-01").AddDays(k).String(), flowtest.Doing).Issue())
	}
	return built(t, gs, issues, under(decisive()))
}

func TestNeitherAliveNorEnded(t *testing.T) {
	// Stalled from 27 January on; woken by two days of progress in March, and
	// stalled a second time.
	woken := []*flow.Issue{
		task(t, 50, "2026-01-02").Moves("2026-03-10", flowtest.Doing).Issue(), task(t, 51, "2026-01-02").Moves("2026-03-11", flowtest.Doing).Issue(),
	}
	t.Run("older than the others, stalled twice, nothing delivered for three months and nothing decided", func(t *testing.T) {
		h := older(t, woken...)
		second := time.Time{}
		for d := date(t, "2026-03-12"); d.Before(date(t, "2026-05-01")); d = d.AddDays(1) {
			if g := status(t, h, d.String()); *g.Stalled {
				second = *g.StalledSince
				break
			}
		}
		if second.IsZero() {
			t.Fatal("it did not stall again")
		}
		// 5 April is the ninetieth day; both hold on some Monday after.
		on := latestOf(second, flowtest.At(t, "2026-04-05"))
		for on.Weekday() != time.Monday || on.Hour() != 0 {
			on = on.Add(time.Hour).Truncate(time.Hour)
		}
		shows(t, h, "zombie", on.AddDate(0, 0, 7).Format("2006-01-02 15:04:05"), "")
	})
	t.Run("not after a decision", func(t *testing.T) {
		h := older(t, append(woken, question(t, 40, "2026-05-01").Resolves("2026-05-04", "Won't Do").Issue())...)
		shows(t, h, "zombie", "", "", "2026-05-18", "2026-07-20")
	})
	t.Run("not where it stalled once", func(t *testing.T) {
		shows(t, older(t), "zombie", "", "", "2026-05-18", "2026-07-20")
	})
	t.Run("among too few it can't be judged", func(t *testing.T) {
		if got := trap(t, ofEpic(t, twenty(t)...), "zombie", "2026-06-01"); !strings.Contains(got.Unknown, "0 other goals") {
			t.Errorf("%+v", got)
		}
	})
}

func latestOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func TestEverythingAtTheLastMoment(t *testing.T) {
	// Three goals below one, with targets in February, March and April, and g.
	area := func(parent, owner string, raised ...int) *measure.History {
		own := epicGoal()
		own.Parent = parent
		gs := []goal.Goal{{ID: "area"}, own}
		issues := []*flow.Issue{epic(t).Issue(), task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue()}
		for k, n := range raised {
			above, target := key(100+k), fmt.Sprintf("2026-%02d-20", k+2)
			gs = append(gs, goal.Goal{ID: above, Parent: "area", Owner: owner, Targets: []goal.Target{{Date: date(t, target)}}, Work: goal.Work{Epics: []string{above}}})
			issues = append(issues, flowtest.NewEpic(t, above, "2026-01-01").Issue())
			for m := range n {
				issues = append(issues, flowtest.New(t, key(200+10*k+m), "2026-01-02").Joins("2026-01-02", above).
					Raises(fmt.Sprintf("2026-%02d-10", k+2), "Highest").Issue())
			}
		}
		return built(t, gs, issues)
	}
	h := func(raised ...int) *measure.History { return area("area", "", raised...) }
	t.Run("two of the last three", func(t *testing.T) {
		// The second target passes on 20 March; asked on the 23rd.
		shows(t, h(3, 3, 0), "heroics", "2026-03-30", "")
	})
	t.Run("below no goal, its area are all goals of its owner, wherever they are", func(t *testing.T) {
		shows(t, area("", "team-g", 3, 3, 0), "heroics", "2026-03-30", "")
		shows(t, area("", "team-h", 3, 3, 0), "heroics", "", "", "2026-03-30", "2026-05-04")
		shows(t, area("another", "team-g", 3, 3, 0), "heroics", "", "", "2026-03-30", "2026-05-04")
	})
	t.Run("not where one was", func(t *testing.T) {
		shows(t, h(3, 2, 0), "heroics", "", "", "2026-03-30", "2026-05-04")
	})
	t.Run("of four, the last three are looked at", func(t *testing.T) {
		shows(t, h(3, 3, 0, 0), "heroics", "2026-03-30", "2026-06-01")
	})
	t.Run("before two targets have passed it can't be judged", func(t *testing.T) {
		if got := trap(t, h(3, 3, 0), "heroics", "2026-03-01"); got.Unknown == "" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("deliveries that crowd before the target tell it too", func(t *testing.T) {
		g := epicGoal()
		g.Targets = []goal.Target{{Date: date(t, "2026-03-15")}}
		settings := measure.DefaultSettings()
		settings.Traps = map[string]measure.TrapSetting{"heroics": {Thresholds: map[string]float64{"goals": 1}}}
		delivered := func(late int) *measure.History {
			issues := []*flow.Issue{epic(t).Issue(), task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue()}
			for n := range 10 {
				at := "2026-02-01"
				if n < late {
					at = "2026-03-10" // the last fifth of 5 January to 15 March begins on the 2nd
				}
				issues = append(issues, task(t, 10+n, "2026-01-02").Resolves(at, "Done").Issue())
			}
			return built(t, []goal.Goal{g}, issues, under(settings))
		}
		shows(t, delivered(5), "heroics", "2026-03-23", "")
		shows(t, delivered(4), "heroics", "", "", "2026-03-23", "2026-04-13")
	})
}

func TestWorkThatNoGoalKnowsOf(t *testing.T) {
	// Unclaimed issues are delivered on 14 January, and are active until 11
	// February; g has ten issues in progress, which nothing happened to since.
	h := func(unclaimed int) *measure.History {
		issues := twenty(t)
		for n := range unclaimed {
			issues = append(issues, flowtest.New(t, key(500+n), "2026-01-02").Resolves("2026-01-14", "Done").Issue())
		}
		return ofEpic(t, issues...)
	}
	t.Run("ten issues that no goal claims", func(t *testing.T) { shows(t, h(10), "shadow_work", "2026-01-26", "2026-02-23") })
	t.Run("of the project in which its work was then, whichever it was moved to since", func(t *testing.T) {
		// PAY-10 is the goal's only issue, and became SHOP-10 on 1 February: on the
		// next day, a Monday, none of the work around it is active.
		moved := func(at string) *measure.History {
			i := flowtest.NewBelow(t, "PAY-1", "SHOP-10", "2026-01-02").Touched(at).Issue()
			c := &i.Changes[len(i.Changes)-1]
			c.Field, c.From, c.To = flow.FieldKey, flow.Named{Name: "PAY-10"}, flow.Named{Name: "SHOP-10"}
			issues := []*flow.Issue{epic(t).Issue(), i}
			for n := range 10 {
				issues = append(issues, flowtest.New(t, key(500+n), "2026-01-02").Resolves("2026-01-14", "Done").Issue())
			}
			return ofEpic(t, issues...)
		}
		shows(t, moved("2026-02-01"), "shadow_work", "2026-01-26", "2026-02-09")
		shows(t, moved("2026-01-10"), "shadow_work", "", "", "2026-01-26", "2026-02-16")
	})
	t.Run("not nine", func(t *testing.T) { shows(t, h(9), "shadow_work", "", "", "2026-01-26", "2026-02-02") })
}

func TestAWeekInWhichClocksArePutIsAWeek(t *testing.T) {
	// In Berlin the week of 19 October 2026 has an hour more than others, and
	// that of 23 March one less.
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	h := func(delivered ...string) *measure.History {
		issues := twenty(t)
		for k, at := range delivered {
			for n := range 5 {
				issues = append(issues, flowtest.New(t, key(500+5*k+n), "2026-01-02").Resolves(at, "Done").Issue())
			}
		}
		return built(t, []goal.Goal{epicGoal()}, issues, but(func(s *measure.Settings) { s.Calendar.Zone = berlin }))
	}
	t.Run("what held on one Monday alone doesn't show after it", func(t *testing.T) {
		// Active for 28 days each: ten of them on 19 October alone.
		shows(t, h("2026-09-22", "2026-10-14"), "shadow_work", "", "", "2026-10-25 23:30", "2026-10-27", "2026-11-01 12:00")
	})
	t.Run("what didn't hold on one Monday shows anew a week after the next", func(t *testing.T) {
		// Ten of them from 23 February to 16 March, and again from 30 March on, not
		// on 23 March.
		all := h("2026-02-18", "2026-02-18", "2026-03-25", "2026-03-25")
		shows(t, all, "shadow_work", "2026-03-01 23:00", "2026-03-29 22:00", "2026-04-02", "2026-04-05 21:59")
		shows(t, all, "shadow_work", "2026-04-05 22:00", "")
	})
}

func TestWhatTrapsRememberIsBounded(t *testing.T) {
	h := ofEpic(t, twenty(t)...)
	if answers, classes := h.RememberedOf(1000, 104); answers != 1000 || classes != 104 {
		t.Errorf("of 1,000 answers and 104 weeks %d and %d are remembered", answers, classes)
	}
	// 500 goals under six detectors, over ten years.
	if answers, classes := h.RememberedOf(500*6*520, 520); answers > 1<<17 || classes > 260 {
		t.Errorf("%d answers and %d weeks are remembered", answers, classes)
	}
}

func TestATrapsValueIsHeldAgainstTheOthersOfTheClass(t *testing.T) {
	// Twenty-one goals; the k-th slipped by k days on its twentieth day.
	var gs []goal.Goal
	var issues []*flow.Issue
	for k := range 21 {
		above := key(100 + k)
		gs = append(gs, goal.Goal{ID: above, Work: goal.Work{Epics: []string{above}}, Targets: []goal.Target{
			{Said: date(t, "2026-01-05"), Date: date(t, "2026-06-01")}, {Said: date(t, "2026-01-25"), Date: date(t, "2026-06-01").AddDays(k)},
		}})
		issues = append(issues, flowtest.NewEpic(t, above, "2026-01-01").Issue(),
			flowtest.New(t, key(200+k), "2026-01-02").Joins("2026-01-02", above).Moves("2026-01-05", flowtest.Doing).Issue())
	}
	h := built(t, gs, issues)
	value := func(at string) string {
		e, _ := h.Explain(key(115), "trap_deadline_as_goal", flowtest.At(t, at))
		in := e.Measures[0].Inputs
		return in[len(in)-1].Value
	}
	if got := value("2026-02-01"); got != "15; as much as that of 75.0 % of 20 other goals at this age, or more" {
		t.Errorf("%s", got)
	}
}
