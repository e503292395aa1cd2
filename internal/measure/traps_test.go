package measure_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// trap returns what a detector says of the goal g at a moment.
func trap(t flowtest.TB, h *measure.History, name, at string) measure.TrapState {
	t.Helper()
	for _, x := range status(t, h, at).Traps {
		if x.Trap == name {
			return x
		}
	}
	t.Fatal("the detector " + name + " is not there")
	return measure.TrapState{}
}

// shows checks from when until when a trap shows; "" is for never.
func shows(t *testing.T, h *measure.History, name, from, to string, never ...string) {
	t.Helper()
	check := func(at string, want bool) {
		t.Helper()
		got := trap(t, h, name, at)
		if got.On != want {
			t.Errorf("at %s %s shows: %v, want %v", at, name, got.On, want)
		}
		if got.On && got.Since.After(flowtest.At(t, at)) {
			t.Errorf("at %s it shows since %v", at, got.Since)
		}
	}
	before := func(at string) string { return flowtest.At(t, at).Add(-time.Second).Format("2006-01-02 15:04:05") }
	if from != "" {
		check(before(from), false)
		check(from, true)
		if t.Failed() {
			return
		}
	}
	if to != "" {
		check(before(to), true)
		check(to, false)
	}
	for _, at := range never {
		check(at, false)
	}
}

// twenty are the issues of an epic with twenty tasks, one of them in progress.
func twenty(t flowtest.TB) []*flow.Issue {
	issues := []*flow.Issue{epic(t).Issue(), task(t, 10, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue()}
	for n := 11; n < 30; n++ {
		issues = append(issues, task(t, n, "2026-01-02").Issue())
	}
	return issues
}

func TestTheDeadlineBecameTheGoal(t *testing.T) {
	pushed := func(dates ...[2]string) goal.Goal {
		g := epicGoal()
		for _, d := range dates {
			g.Targets = append(g.Targets, goal.Target{Said: date(t, d[0]), Date: date(t, d[1])})
		}
		return g
	}
	twice := [][2]string{{"2026-01-05", "2026-03-31"}, {"2026-03-20", "2026-04-30"}, {"2026-04-20", "2026-05-31"}}
	h := func(g goal.Goal, more ...*flow.Issue) *measure.History {
		return built(t, []goal.Goal{g}, append(twenty(t), more...))
	}
	t.Run("a week after the second push that nothing answered", func(t *testing.T) {
		shows(t, h(pushed(twice...)), "deadline_as_goal", "2026-04-27", "")
	})
	t.Run("not after one push", func(t *testing.T) {
		shows(t, h(pushed(twice[:2]...)), "deadline_as_goal", "", "", "2026-06-01")
	})
	t.Run("not where it lies less than two weeks behind the first promise", func(t *testing.T) {
		shows(t, h(pushed([2]string{"2026-01-05", "2026-03-31"}, [2]string{"2026-03-20", "2026-04-05"}, [2]string{"2026-04-02", "2026-04-13"})),
			"deadline_as_goal", "", "", "2026-06-01")
	})
	t.Run("not where the scope answered the last push", func(t *testing.T) {
		// Two issues of twenty-two are 9 %.
		shows(t, h(pushed(twice...), task(t, 40, "2026-04-15").Issue(), task(t, 41, "2026-04-16").Issue()), "deadline_as_goal", "", "", "2026-06-01")
	})
	t.Run("no more, a week after the scope answered", func(t *testing.T) {
		shows(t, h(pushed(twice...), task(t, 40, "2026-04-29").Issue()), "deadline_as_goal", "2026-04-27", "2026-05-06")
	})
	t.Run("an answer two weeks and a day later comes too late", func(t *testing.T) {
		shows(t, h(pushed(twice...), task(t, 40, "2026-05-05").Issue()), "deadline_as_goal", "2026-04-27", "", "2026-04-01")
		if !trap(t, h(pushed(twice...), task(t, 40, "2026-05-05").Issue()), "deadline_as_goal", "2026-06-01").On {
			t.Error("it no longer shows")
		}
	})
	t.Run("the due date of an epic tells it too", func(t *testing.T) {
		issues := twenty(t)
		issues[0] = epic(t).Dues("2026-01-05", "2026-03-31").Dues("2026-03-20", "2026-04-30").Dues("2026-04-20", "2026-05-31").Issue()
		shows(t, ofEpic(t, issues...), "deadline_as_goal", "2026-04-27", "")
	})
	t.Run("what has no date can't be judged", func(t *testing.T) {
		if got := trap(t, h(epicGoal()), "deadline_as_goal", "2026-06-01"); got.Unknown == "" || got.On {
			t.Errorf("%+v", got)
		}
	})
}

func TestTheTailThatNeverEnds(t *testing.T) {
	done := func(open int, more ...*flow.Issue) *measure.History {
		issues := []*flow.Issue{epic(t).Issue()}
		for n := range 40 {
			b := task(t, 10+n, "2026-01-02").Moves("2026-01-05", flowtest.Doing)
			if n >= open {
				b.Resolves("2026-02-01", "Done")
			}
			issues = append(issues, b.Issue())
		}
		return ofEpic(t, append(issues, more...)...)
	}
	t.Run("95 % for a month, and one more came in: a week later", func(t *testing.T) {
		shows(t, done(1, task(t, 90, "2026-02-10").Resolves("2026-02-11", "Done").Issue()), "ninety_nine_tail", "2026-03-10", "")
	})
	t.Run("what comes in after the month counts from then", func(t *testing.T) {
		shows(t, done(1, task(t, 90, "2026-03-10").Issue()), "ninety_nine_tail", "2026-03-17", "")
	})
	t.Run("not where nothing came in", func(t *testing.T) {
		shows(t, done(1), "ninety_nine_tail", "", "", "2026-06-01")
	})
	t.Run("not below 95 %", func(t *testing.T) {
		shows(t, done(3, task(t, 90, "2026-02-10").Issue()), "ninety_nine_tail", "", "", "2026-06-01")
	})
	t.Run("no more, a week after much came in", func(t *testing.T) {
		more := []*flow.Issue{task(t, 90, "2026-02-10").Issue()}
		for n := range 10 {
			more = append(more, task(t, 200+n, "2026-04-01").Issue())
		}
		shows(t, done(1, more...), "ninety_nine_tail", "2026-03-10", "2026-04-08")
	})
}

func TestAPromiseWithoutWork(t *testing.T) {
	declared := func(start string) goal.Goal {
		g := epicGoal()
		g.Targets = []goal.Target{{Said: date(t, "2026-02-01"), Date: date(t, "2026-09-30")}}
		if start != "" {
			g.Start = date(t, start)
		}
		return g
	}
	h := func(g goal.Goal, issues ...*flow.Issue) *measure.History {
		return built(t, []goal.Goal{g}, append(issues, epic(t).Issue()))
	}
	t.Run("three weeks after it was declared without an issue", func(t *testing.T) {
		shows(t, h(declared("")), "orphan_goal", "2026-02-22", "")
	})
	t.Run("three weeks after its start, where that is later", func(t *testing.T) {
		shows(t, h(declared("2026-03-01")), "orphan_goal", "2026-03-22", "")
	})
	t.Run("issues that nothing has happened to since don't make it less of one", func(t *testing.T) {
		shows(t, h(declared(""), task(t, 2, "2026-01-02").Issue()), "orphan_goal", "2026-02-22", "")
	})
	t.Run("no more, a week after work on it began", func(t *testing.T) {
		shows(t, h(declared(""), task(t, 2, "2026-01-02").Moves("2026-03-10", flowtest.Doing).Issue()), "orphan_goal", "2026-02-22", "2026-03-17")
	})
	t.Run("again, three weeks after the last issue left", func(t *testing.T) {
		shows(t, h(declared(""), task(t, 2, "2026-02-03").Joins("2026-05-01", "").Issue()), "orphan_goal", "2026-05-08", "", "2026-04-01")
	})
	t.Run("without a day on which it was declared it can't be judged", func(t *testing.T) {
		g := epicGoal()
		g.Targets = []goal.Target{{Date: date(t, "2026-09-30")}}
		if got := trap(t, h(g), "orphan_goal", "2026-06-01"); got.Unknown == "" {
			t.Errorf("%+v", got)
		}
	})
}

// treadmill are weeks from Monday 12 January 2026 on: what came in and what was
// delivered in each.
func treadmill(t flowtest.TB, weeks ...[2]int) []*flow.Issue {
	issues := []*flow.Issue{epic(t).Issue(), task(t, 2, "2026-01-02").Moves("2026-01-08", flowtest.Doing).Issue()}
	n := 100
	for k, w := range weeks {
		monday := date(t, "2026-01-12").AddDays(7 * k)
		for range w[0] {
			issues = append(issues, task(t, n, monday.AddDays(1).String()).Issue())
			n++
		}
		for range w[1] {
			issues = append(issues, task(t, n, "2026-01-02").Resolves(monday.AddDays(2).String(), "Done").Issue())
			n++
		}
	}
	return issues
}

func TestAsMuchComesInAsIsDelivered(t *testing.T) {
	h := func(weeks ...[2]int) *measure.History {
		return ofEpic(t, treadmill(t, weeks...)...)
	}
	t.Run("four weeks of six, a week later", func(t *testing.T) {
		// Six weeks end on Monday 23 February; two more keep the balance.
		shows(t, h([2]int{1, 1}, [2]int{0, 3}, [2]int{2, 1}, [2]int{1, 2}, [2]int{1, 0}, [2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}),
			"scope_treadmill", "2026-03-02", "")
	})
	t.Run("not three weeks of six", func(t *testing.T) {
		shows(t, h([2]int{1, 1}, [2]int{0, 3}, [2]int{2, 1}, [2]int{1, 2}, [2]int{1, 0}, [2]int{1, 3}), "scope_treadmill", "", "", "2026-03-10", "2026-04-01")
	})
	t.Run("not where nothing comes in and nothing is delivered: that is a stall", func(t *testing.T) {
		shows(t, h([2]int{0, 0}, [2]int{0, 0}, [2]int{0, 0}, [2]int{0, 0}, [2]int{0, 0}, [2]int{0, 0}), "scope_treadmill", "", "", "2026-03-10", "2026-04-01")
	})
	t.Run("not before six whole weeks since the commitment are over", func(t *testing.T) {
		shows(t, h([2]int{1, 0}, [2]int{1, 0}, [2]int{1, 0}, [2]int{1, 0}, [2]int{1, 0}, [2]int{1, 0}, [2]int{1, 0}), "scope_treadmill", "2026-03-02", "")
	})
}

func TestTheTargetWasMetByTakingWorkOut(t *testing.T) {
	goalTo := func(target string) goal.Goal {
		g := epicGoal()
		g.Targets = []goal.Target{{Date: date(t, target)}}
		return g
	}
	// Ten tasks; out of them are taken out before the epic closes on 1 April.
	h := func(target string, out int, on string) *measure.History {
		issues := []*flow.Issue{epic(t).Resolves("2026-04-01", "Done").Issue()}
		for n := range 10 {
			b := task(t, 10+n, "2026-01-02").Moves("2026-01-05", flowtest.Doing)
			switch {
			case n >= out:
				b.Resolves("2026-03-20", "Done")
			case n%2 == 0:
				b.Joins(on, "")
			default:
				b.Resolves(on, "Won't Do")
			}
			issues = append(issues, b.Issue())
		}
		return built(t, []goal.Goal{goalTo(target)}, issues)
	}
	t.Run("a fifth of the scope: from a week after the closing until three months and a week after", func(t *testing.T) {
		shows(t, h("2026-04-03", 2, "2026-03-25"), "silent_descoping", "2026-04-08", "2026-07-07")
	})
	t.Run("not a tenth", func(t *testing.T) {
		shows(t, h("2026-04-03", 1, "2026-03-25"), "silent_descoping", "", "", "2026-04-20")
	})
	t.Run("not three weeks and more before the closing", func(t *testing.T) {
		shows(t, h("2026-04-03", 2, "2026-03-10"), "silent_descoping", "", "", "2026-04-20")
	})
	t.Run("not where the target was missed", func(t *testing.T) {
		shows(t, h("2026-03-31", 2, "2026-03-25"), "silent_descoping", "", "", "2026-04-20")
	})
}

func TestDetectorsAreSetByTheCompany(t *testing.T) {
	g := epicGoal()
	g.Targets = []goal.Target{{Said: date(t, "2026-02-01"), Date: date(t, "2026-09-30")}}
	settings := measure.DefaultSettings()
	settings.Traps = map[string]measure.TrapSetting{
		"orphan_goal": {Thresholds: map[string]float64{"days": 30, "persist_days": 0}}, "scope_treadmill": {Off: true},
	}
	h := built(t, []goal.Goal{g}, []*flow.Issue{epic(t).Issue()}, under(settings))
	shows(t, h, "orphan_goal", "2026-03-03", "")
	var names []string
	for _, x := range status(t, h, "2026-04-01").Traps {
		names = append(names, x.Trap)
	}
	want := []string{
		"deadline_as_goal", "busy_not_moving", "watermelon", "ninety_nine_tail", "orphan_goal", "ownerless_boundary", "decision_drag",
		"key_person_bottleneck", "zombie", "heroics", "debt_discussed_not_retired", "silent_descoping", "shadow_work",
	}
	if d := cmp.Diff(want, names); d != "" {
		t.Errorf("detectors (-want +got):\n%s", d)
	}
	e, ok := h.Explain("g", "trap_scope_treadmill", flowtest.At(t, "2026-04-01"))
	if !ok || e.Measures[0].Value != "unknown" || e.Measures[0].Why != "the configuration switches it off" {
		t.Errorf("%+v", e)
	}
}

func TestATrapIsExplainedWithEvidenceAndCounterEvidence(t *testing.T) {
	g := epicGoal()
	g.Targets = []goal.Target{
		{Said: date(t, "2026-01-05"), Date: date(t, "2026-03-31")},
		{Said: date(t, "2026-03-20"), Date: date(t, "2026-04-30")}, // answered by PAY-40
		{Said: date(t, "2026-04-20"), Date: date(t, "2026-05-31")},
		{Said: date(t, "2026-05-20"), Date: date(t, "2026-06-30")},
	}
	h := built(t, []goal.Goal{g}, append(twenty(t), task(t, 40, "2026-03-22").Issue()))
	e, ok := h.Explain("g", "trap_deadline_as_goal", flowtest.At(t, "2026-06-01"))
	if !ok {
		t.Fatal("it is not explained")
	}
	m := e.Measures[0]
	if m.Value != "yes, since 2026-05-27" || len(m.Counted) != 3 {
		t.Errorf("%s, %d pushes counted; want yes, since 2026-05-27, 3", m.Value, len(m.Counted))
	}
	want := []measure.ExplainedInput{
		{Name: "the rule holds", Value: "since 2026-05-20 00:00 UTC"},
		{Name: "target", Value: "pushed 3 times, 3 of them late, by 91 days in all, 0.62 days a day; severe: yes"},
		{Name: "days behind the first promise, at most", Value: "91; 0 other goals have come to this age, 20 are needed to compare it"},
	}
	if d := cmp.Diff(want, m.Inputs); d != "" {
		t.Errorf("inputs (-want +got):\n%s", d)
	}
	early, _ := h.Explain("g", "trap_deadline_as_goal", flowtest.At(t, "2026-05-01"))
	if m := early.Measures[0]; m.Value != "no" || len(m.LeftOut) != 1 || m.LeftOut[0].What != "target moved from 2026-03-31 to 2026-04-30; the scope around it +1 of 20; late" {
		t.Errorf("on 1 May: %s, counter-evidence %+v", m.Value, m.LeftOut)
	}
}
