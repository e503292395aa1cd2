package measure_test

import (
	"fmt"
	"strings"
	"testing"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// looksFor switches a detector on.
func looksFor(name string) func(*measure.Input) {
	return but(func(s *measure.Settings) { s.Traps = map[string]measure.TrapSetting{name: {}} })
}

func TestTrapsThatNobodyHasValidatedAreOff(t *testing.T) {
	for _, name := range []string{"process_accretion", "priority_inflation"} {
		for _, x := range status(t, ofEpic(t, half(t)...), "2026-01-20").Traps {
			if x.Trap == name {
				t.Errorf("%s is looked for", name)
			}
		}
		e, _ := ofEpic(t, half(t)...).Explain("g", "trap_"+name, flowtest.At(t, "2026-01-20"))
		if m := e.Measures[0]; m.Value != "unknown" || m.Why != "it is off unless the configuration switches it on" {
			t.Errorf("%s is explained as %s: %q", name, m.Value, m.Why)
		}
		trap(t, built(t, []goal.Goal{epicGoal()}, half(t), looksFor(name)), name, "2026-01-20")
	}
}

func TestAlmostEverythingComesFirst(t *testing.T) {
	const name = "priority_inflation"
	// Ten open issues, of which some get another priority on 5 January.
	of := func(raised int, priority string, more ...*flow.Issue) *measure.History {
		issues := append(more, epic(t).Issue())
		for n := range 10 {
			b := task(t, 10+n, "2026-01-02").Born(func(s *flow.State) { s.Priority = flow.Named{ID: "3", Name: "Medium"} })
			if n < raised {
				b.Raises("2026-01-05", priority)
			}
			if n == 0 && raised > 0 {
				b.Raises("2026-02-02", "Low")
			}
			issues = append(issues, b.Issue())
		}
		return built(t, []goal.Goal{epicGoal()}, issues, looksFor(name))
	}
	t.Run("five of ten for a week, until a week after they are four", func(t *testing.T) {
		shows(t, of(5, "Highest"), name, "2026-01-12", "2026-02-09")
	})
	t.Run("the priority below Jira's first is one of the top two", func(t *testing.T) {
		shows(t, of(5, "high"), name, "2026-01-12", "2026-02-09")
		shows(t, of(5, "Critical"), name, "2026-01-12", "2026-02-09")
	})
	t.Run("not the one below that, nor four of ten", func(t *testing.T) {
		shows(t, of(5, "Medium"), name, "", "", "2026-01-20")
		shows(t, of(4, "Highest"), name, "", "", "2026-01-20")
	})
	t.Run("closed issues don't count: five of nine open are more than half", func(t *testing.T) {
		closed := task(t, 30, "2026-01-02").Born(func(s *flow.State) { s.Priority.Name = "Highest" }).Resolves("2026-01-03", "Done").Issue()
		shows(t, of(4, "Highest", closed), name, "", "", "2026-01-20")
	})
	t.Run("of fewer than ten open issues nothing is claimed", func(t *testing.T) {
		b := task(t, 2, "2026-01-02").Raises("2026-01-05", "Highest").Issue()
		shows(t, built(t, []goal.Goal{epicGoal()}, []*flow.Issue{b, epic(t).Issue()}, looksFor(name)), name, "", "", "2026-01-20")
	})
	t.Run("which are it is told by", func(t *testing.T) {
		e, _ := of(5, "Highest").Explain("g", "trap_"+name, flowtest.At(t, "2026-01-20"))
		if m := e.Measures[0]; m.Value != "yes, since 2026-01-12" || len(m.Counted) != 5 || len(m.LeftOut) != 5 || !strings.Contains(m.Formula, "nobody has validated") {
			t.Errorf("%+v", m)
		}
	})
	t.Run("unknown where no priority means an escalation", func(t *testing.T) {
		h := built(t, []goal.Goal{epicGoal()}, half(t), looksFor(name), but(func(s *measure.Settings) { s.Escalation = nil }))
		if x := trap(t, h, name, "2026-01-20"); x.Unknown != "semantics.escalation names no priorities" {
			t.Errorf("%+v", x)
		}
	})
}

func TestTheWayToDoneGrowsLonger(t *testing.T) {
	const name = "process_accretion"
	// So many are delivered on 20 January through three statuses in two
	// transitions, and as many on 15 July by the way that is given.
	of := func(n int, way ...string) *measure.History {
		issues := []*flow.Issue{epic(t).Issue(), task(t, 2, "2026-01-02").Issue()}
		for k := range n {
			issues = append(issues, task(t, 10+k, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-20", "Done").Issue())
			b := task(t, 50+k, "2026-07-01")
			for day, status := range way {
				b.Moves(fmt.Sprint("2026-07-", 10+day), status)
			}
			issues = append(issues, b.Resolves("2026-07-15", "Done").Issue())
		}
		return built(t, []goal.Goal{epicGoal()}, issues, looksFor(name))
	}
	t.Run("four statuses for three, and three transitions for two", func(t *testing.T) {
		// Asked on Mondays: on 20 July both are within the two windows of 90 days
		// that end then and 180 days before, until 12 October; and a week later.
		shows(t, of(5, flowtest.Doing, flowtest.Review), name, "2026-07-27", "2026-10-26")
	})
	t.Run("not where it goes to and fro between the same", func(t *testing.T) {
		shows(t, of(5, flowtest.Doing, flowtest.ToDo, flowtest.Doing), name, "", "", "2026-07-28", "2026-09-01")
	})
	t.Run("not where it is as before", func(t *testing.T) {
		shows(t, of(5, flowtest.Doing), name, "", "", "2026-07-28", "2026-09-01")
	})
	t.Run("of four nothing is claimed", func(t *testing.T) {
		h := of(4, flowtest.Doing, flowtest.Review)
		shows(t, h, name, "", "", "2026-07-28", "2026-09-01")
		if x := trap(t, h, name, "2026-07-28"); x.Unknown != "4 issues were delivered in the last 90 days, 4 in as many 180 days before; 5 are needed of each" {
			t.Errorf("%+v", x)
		}
	})
	t.Run("both sides are told, by month too", func(t *testing.T) {
		e, _ := of(5, flowtest.Doing, flowtest.Review).Explain("g", "trap_"+name, flowtest.At(t, "2026-07-28"))
		m := e.Measures[0]
		if m.Value != "yes, since 2026-07-27" || len(m.Counted) != 5 || len(m.LeftOut) != 5 || m.Counted[0].What != "delivered through 4 statuses in 3 transitions" {
			t.Errorf("%+v", m)
		}
		var inputs []string
		for _, in := range m.Inputs {
			inputs = append(inputs, in.Name+": "+in.Value)
		}
		want := "now: 5 delivered, 4.00 statuses in the mean, 3 transitions in the median; 180 days before: 5 delivered, 3.00 statuses in the mean, 2 transitions in the median; " +
			"delivered in 2026-01: 5, through 3.00 statuses; delivered in 2026-07: 5, through 4.00 statuses"
		if got := strings.Join(inputs, "; "); !strings.Contains(got, want) {
			t.Errorf("inputs %s\nwant   %s", got, want)
		}
	})
}
