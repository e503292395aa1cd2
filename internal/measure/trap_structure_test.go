package measure_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

func TestNobodyAnswersForIt(t *testing.T) {
	const name = "ownerless_boundary"
	nobodys := epicGoal()
	nobodys.Owner = ""
	h := func(g goal.Goal, issues ...*flow.Issue) *measure.History {
		return built(t, []goal.Goal{g}, issues)
	}
	idle := task(t, 10, "2026-01-02").Issue()
	t.Run("two weeks without a team or an assigned epic, and one in which that holds", func(t *testing.T) {
		shows(t, h(nobodys, epic(t).Issue(), idle), name, "2026-01-23", "")
	})
	t.Run("until a week after the epic is assigned", func(t *testing.T) {
		shows(t, h(nobodys, epic(t).Assigns("2026-02-01", 7).Issue(), idle), name, "2026-01-23", "2026-02-08")
	})
	t.Run("not where a team is named", func(t *testing.T) {
		shows(t, h(epicGoal(), epic(t).Issue(), idle), name, "", "", "2026-03-01")
	})
	t.Run("not in the thirteen days in which it was passed on", func(t *testing.T) {
		shows(t, h(nobodys, epic(t).Assigns("2026-01-02", 7).Assigns("2026-02-01", 0).Assigns("2026-02-14", 8).Issue(), idle), name, "", "", "2026-02-10", "2026-02-20", "2026-02-28")
	})
	changing := func() *flow.Issue {
		return epic(t).Assigns("2026-01-02", 7).Assigns("2026-01-10", 8).Assigns("2026-02-10", 9).Assigns("2026-03-10", 7).Issue()
	}
	crew := held(t, 50, 1, 1, 1, 1, 1) // five people, so that what is counted of them is shown
	t.Run("a third owner more in three months, a week after he has come, until they are over", func(t *testing.T) {
		shows(t, h(epicGoal(), append(crew, changing())...), name, "2026-03-17", "2026-04-17") // 10 January + 90 d = 10 April
	})
	t.Run("not where the same has it again and again", func(t *testing.T) {
		again := epic(t).Assigns("2026-01-02", 7).Assigns("2026-01-10", 0).Assigns("2026-01-11", 7).Assigns("2026-02-10", 0).Assigns("2026-02-11", 7).
			Assigns("2026-03-10", 0).Assigns("2026-03-11", 7).Issue()
		shows(t, h(epicGoal(), append(crew, again)...), name, "", "", "2026-03-20")
	})
	t.Run("not where how often the owners changed is withheld: four people hold the work, or nobody does", func(t *testing.T) {
		shows(t, h(epicGoal(), append(crew[:4:4], changing())...), name, "", "", "2026-03-20", "2026-04-16")
		shows(t, h(epicGoal(), changing(), idle), name, "", "", "2026-03-20", "2026-04-16")
	})
	busy := func(n int) *flowtest.Builder { return task(t, n, "2026-01-02").Moves("2026-01-05", flowtest.Doing) }
	t.Run("two of five in progress are nobody's, until one is taken", func(t *testing.T) {
		shows(t, h(epicGoal(), epic(t).Issue(), busy(10).Issue(), busy(11).Assigns("2026-01-20", 7).Issue(),
			busy(12).Assigns("2026-01-05", 8).Issue(), busy(13).Assigns("2026-01-05", 8).Issue(), busy(14).Assigns("2026-01-05", 9).Issue()), name, "2026-01-12", "2026-01-27")
	})
	t.Run("one of three is under two fifths", func(t *testing.T) {
		shows(t, h(epicGoal(), epic(t).Issue(), busy(10).Issue(), busy(12).Assigns("2026-01-05", 8).Issue(), busy(13).Assigns("2026-01-05", 8).Issue()), name, "", "", "2026-01-20")
	})
}

// Open issues of the goal are in three projects, and one of them waits for an
// issue of a fourth from 5 January on.
func TestNobodyHasWhatOtherProjectsMustDo(t *testing.T) {
	const name = "ownerless_boundary"
	leaf := func(key string) *flowtest.Builder { return flowtest.NewBelow(t, "PAY-1", key, "2026-01-02") }
	waits := func(on ...string) *flow.Issue {
		b := leaf("PAY-10")
		for _, other := range on {
			b.BlockedBy("2026-01-05", other)
		}
		return b.Issue()
	}
	three := []*flow.Issue{epic(t).Issue(), leaf("SHOP-11").Issue(), leaf("OPS-12").Issue()}
	blocker := func(key string) *flowtest.Builder { return flowtest.New(t, key, "2026-01-01") }
	with := func(issues []*flow.Issue, more ...*flow.Issue) *measure.History {
		return ofEpic(t, append(issues[:len(issues):len(issues)], more...)...)
	}
	t.Run("for a week, until a week after somebody takes the blocker", func(t *testing.T) {
		shows(t, with(three, waits("SEC-90"), blocker("SEC-90").Assigns("2026-02-02", 7).Issue()), name, "2026-01-12", "2026-02-09")
	})
	t.Run("until a week after the blocker is closed, the issue that waits is, or one of three projects has none open", func(t *testing.T) {
		shows(t, with(three, waits("SEC-90"), blocker("SEC-90").Resolves("2026-02-02", "Done").Issue()), name, "2026-01-12", "2026-02-09")
		shows(t, with(three, leaf("PAY-10").BlockedBy("2026-01-05", "SEC-90").Resolves("2026-02-02", "Done").Issue(), leaf("PAY-13").Issue(), blocker("SEC-90").Issue()),
			name, "2026-01-12", "2026-02-09")
		shows(t, with(three[:2], waits("SEC-90"), leaf("OPS-12").Resolves("2026-02-02", "Done").Issue(), blocker("SEC-90").Issue()), name, "2026-01-12", "2026-02-09")
	})
	t.Run("not where one of the blockers is assigned", func(t *testing.T) {
		shows(t, with(three, waits("SEC-90", "SEC-91"), blocker("SEC-90").Issue(), blocker("SEC-91").Assigns("2026-01-02", 7).Issue()), name, "", "", "2026-01-20")
	})
	t.Run("not where the blocker is of the same project, or the goal's issues are in two", func(t *testing.T) {
		shows(t, with(three, waits("PAY-90"), blocker("PAY-90").Issue()), name, "", "", "2026-01-20")
		shows(t, with(three[:2], waits("SEC-90"), blocker("SEC-90").Issue()), name, "", "", "2026-01-20")
	})
	t.Run("the evidence says what waits for which, and whether it is assigned", func(t *testing.T) {
		h := with(three, waits("SEC-90", "SEC-91"), blocker("SEC-90").Issue(), blocker("SEC-91").Assigns("2026-01-02", 7).Issue())
		e, _ := h.Explain("g", "trap_"+name, flowtest.At(t, "2026-01-20"))
		var counted, left []string
		for _, row := range e.Measures[0].Counted {
			counted = append(counted, row.Key+" "+row.What)
		}
		for _, row := range e.Measures[0].LeftOut {
			left = append(left, row.Key+" "+row.What)
		}
		if d := cmp.Diff([]string{"PAY-10 blocked by SEC-90 of another project, which is assigned to nobody"}, counted); d != "" {
			t.Errorf("counted (-want +got):\n%s", d)
		}
		if d := cmp.Diff([]string{"PAY-10 blocked by SEC-91 of another project, which is assigned"}, left); d != "" {
			t.Errorf("left out (-want +got):\n%s", d)
		}
	})
}

// What withholds how often the owners changed withholds the changes too, each of
// which would be told with its day.
func TestATrapTellsNothingOfPersonsThatIsWithheld(t *testing.T) {
	changing := epic(t).Assigns("2026-01-02", 7).Assigns("2026-01-10", 8).Assigns("2026-02-10", 9).Assigns("2026-03-10", 7).Issue()
	beside := func(people int) []*flow.Issue { // the work of the goal beside it, below the same goal
		var out []*flow.Issue
		for n := range people {
			out = append(out, flowtest.NewBelow(t, key(100), key(101+n), "2026-01-02").Assigns("2026-01-03", uint64(2000+n)).Moves("2026-01-05", flowtest.Doing).Issue())
		}
		return append(out, flowtest.NewEpic(t, key(100), "2026-01-01").Issue())
	}
	own := epicGoal()
	own.Parent = "all"
	goals := []goal.Goal{{ID: "all"}, own, {ID: "beside", Parent: "all", Work: goal.Work{Epics: []string{key(100)}}}}
	for _, c := range []struct {
		name          string
		people, other int
		changes       int // that the evidence lists
	}{
		{"five people hold the work, and as many that of the goal beside it", 5, 5, 3},
		{"four people hold the work", 4, 5, 0},
		{"four people hold the work of the goal beside it, and could be told from this one", 5, 4, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := built(t, goals, append(append(held(t, 50, slices.Repeat([]int{1}, c.people)...), changing), beside(c.other)...))
			if on := trap(t, h, "ownerless_boundary", "2026-03-20").On; on != (c.changes > 0) {
				t.Errorf("it shows: %v", on)
			}
			e, _ := h.Explain("g", "trap_ownerless_boundary", flowtest.At(t, "2026-03-20"))
			told := 0
			for _, row := range e.Measures[0].Counted {
				if row.What == "epic assigned to somebody else" {
					told++
				}
			}
			if told != c.changes {
				t.Errorf("%d changes of the epic's owner are told, want %d: %+v", told, c.changes, e.Measures[0].Counted)
			}
		})
	}
}

// talkedOf is open debt that was changed so many times on the second day.
func talkedOf(t flowtest.TB, n, changes int, created string) *flowtest.Builder {
	b := indebted(t, n, created)
	for range changes {
		b.Touched(created)
	}
	return b
}

func TestDebtIsDiscussedAndNotRetired(t *testing.T) {
	const name = "debt_discussed_not_retired"
	h := func(issues ...*flow.Issue) *measure.History {
		return ofEpic(t, append(issues, epic(t).Issue())...)
	}
	// Three of 1 January, 90 days old on 1 April, a Wednesday; new ones of
	// April keep the debt growing until 90 days after they were created.
	three := func() []*flow.Issue {
		var out []*flow.Issue
		for n := 10; n < 13; n++ {
			out = append(out, talkedOf(t, n, 3, "2026-01-01").Issue())
		}
		return out
	}
	fresh := []*flow.Issue{indebted(t, 20, "2026-04-02").Issue(), indebted(t, 21, "2026-04-02").Issue()}
	t.Run("from a week after the Monday on which all of it holds, until a week after nothing new comes", func(t *testing.T) {
		shows(t, h(append(three(), fresh...)...), name, "2026-04-13", "2026-07-13") // 6 April; created until 1 July, so not on 6 July
	})
	t.Run("not with two that were changed three times and one that was twice", func(t *testing.T) {
		shows(t, h(append(append(three()[:2], talkedOf(t, 12, 2, "2026-01-01").Issue()), fresh...)...), name, "", "", "2026-05-01")
	})
	t.Run("not where one of them was begun", func(t *testing.T) {
		shows(t, h(append(append(three()[:2], talkedOf(t, 12, 3, "2026-01-01").Moves("2026-02-01", flowtest.Doing).Moves("2026-02-02", flowtest.ToDo).Issue()), fresh...)...), name, "", "", "2026-05-01")
	})
	t.Run("not what bots have changed", func(t *testing.T) {
		edited := indebted(t, 12, "2026-01-01").ByBot().Touched("2026-01-02").Touched("2026-01-03").Touched("2026-01-04").Issue()
		shows(t, h(append(append(three()[:2], edited), fresh...)...), name, "", "", "2026-05-01")
	})
	t.Run("not while half of what comes is delivered", func(t *testing.T) {
		paid := []*flow.Issue{indebted(t, 20, "2026-04-02").Issue(), indebted(t, 21, "2026-04-02").Resolves("2026-04-04", "Done").Issue()}
		shows(t, h(append(three(), paid...)...), name, "", "", "2026-05-01")
	})
	t.Run("to discard half of it is no payment", func(t *testing.T) {
		dropped := []*flow.Issue{indebted(t, 20, "2026-04-02").Issue(), indebted(t, 21, "2026-04-02").Resolves("2026-04-04", "Won't Do").Issue()}
		shows(t, h(append(three(), dropped...)...), name, "2026-04-13", "")
	})
	t.Run("not where the debt of half a year before was larger", func(t *testing.T) {
		var old []*flow.Issue
		for n := 30; n < 40; n++ {
			old = append(old, indebted(t, n, "2025-06-01").Resolves("2025-12-01", "Done").Issue())
		}
		shows(t, h(append(append(three(), fresh...), old...)...), name, "", "", "2026-04-20")
	})
	t.Run("its evidence are the issues, with what speaks against", func(t *testing.T) {
		paid := indebted(t, 22, "2026-04-02").Moves("2026-04-03", flowtest.Doing).Resolves("2026-04-04", "Done").Issue()
		e, ok := h(append(append(three(), fresh...), paid)...).Explain("g", "trap_"+name, flowtest.At(t, "2026-04-20"))
		if !ok || e.Measures[0].Value != "yes, since 2026-04-13" || len(e.Measures[0].Counted) != 3 || len(e.Measures[0].LeftOut) != 1 {
			t.Errorf("%+v", e)
		}
	})
	t.Run("it can't be judged where nothing is debt", func(t *testing.T) {
		none := built(t, []goal.Goal{epicGoal()}, append(three(), epic(t).Issue()), but(func(s *measure.Settings) { s.Debt = measure.Match{} }))
		if d := cmp.Diff("semantics.debt names no issues", trap(t, none, name, "2026-04-20").Unknown); d != "" {
			t.Error(d)
		}
	})
}
