package measure_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// handful is the goal g with issues that are in progress from Monday 5 January
// on, each held by the numbered person, and beside it three goals with an issue
// each, in progress since 10 January, of persons 104, 105 and 105. On 3 February the
// first issue of g is handed to person 102.
func handful(t flowtest.TB, place func(g *goal.Goal), persons ...uint64) *measure.History {
	t.Helper()
	goals := []goal.Goal{epicGoal()}
	issues := []*flow.Issue{epic(t).Issue()}
	for n, who := range persons {
		b := task(t, 10+n, "2026-01-02").Assigns("2026-01-03", who).Moves("2026-01-05", flowtest.Doing)
		if n == 0 {
			b.Assigns("2026-02-03", 102)
		}
		issues = append(issues, b.Issue())
	}
	for n, who := range []uint64{104, 105, 105} {
		above := key(100 + 10*n)
		goals = append(goals, goal.Goal{ID: fmt.Sprint("beside-", n), Work: goal.Work{Epics: []string{above}}})
		issues = append(issues, flowtest.NewEpic(t, above, "2026-01-01").Issue(),
			flowtest.NewBelow(t, above, key(101+10*n), "2026-01-02").Assigns("2026-01-03", who).Moves("2026-01-10", flowtest.Doing).Issue())
	}
	for k := range goals {
		place(&goals[k])
	}
	return built(t, append(goals, goal.Goal{ID: "all"}), issues, but(func(s *measure.Settings) { s.Thresholds.GrowthPeers = 3 }))
}

func TestItHangsOnOnePairOfHands(t *testing.T) {
	const name = "key_person_bottleneck"
	belowAll := func(g *goal.Goal) { g.Parent = "all" }
	// Of six issues 101 holds four until 3 February; with 102 and 103, and 104
	// and 105 beside it, five people hold the work of the area.
	four := []uint64{101, 101, 101, 101, 102, 103}
	t.Run("four of six are one's, and older than those beside it: asked on 12 January, until 9 February", func(t *testing.T) {
		shows(t, handful(t, belowAll, four...), name, "2026-01-19", "2026-02-16")
	})
	t.Run("the area of a goal below none is its owner's", func(t *testing.T) {
		shows(t, handful(t, func(g *goal.Goal) { g.Owner = "team" }, four...), name, "2026-01-19", "2026-02-16")
	})
	t.Run("half is not more than half, and what nobody holds counts with the whole", func(t *testing.T) {
		shows(t, handful(t, belowAll, 101, 101, 101, 102, 102, 103), name, "", "", "2026-01-20")
		shows(t, handful(t, belowAll, 101, 101, 101, 102, 103, 0), name, "", "", "2026-01-20")
	})
	t.Run("of four issues no share is claimed", func(t *testing.T) {
		shows(t, handful(t, belowAll, 101, 101, 102, 103), name, "", "", "2026-01-20")
	})
	t.Run("not while its work is younger than that of the goals like it", func(t *testing.T) {
		h := built(t, []goal.Goal{
			{ID: "all"}, {ID: "g", Parent: "all", Work: goal.Work{Epics: []string{"PAY-1"}}}, {ID: "old", Parent: "all", Work: goal.Work{Epics: []string{"PAY-100"}}},
		}, append(held(t, 10, 4, 1, 1, 1, 1), epic(t).Issue(), flowtest.NewEpic(t, "PAY-100", "2026-01-01").Issue(),
			flowtest.NewBelow(t, "PAY-100", "PAY-101", "2025-10-02").Assigns("2025-10-03", 7).Moves("2025-10-05", flowtest.Doing).Issue()),
			but(func(s *measure.Settings) { s.Thresholds.GrowthPeers = 1 }))
		shows(t, h, name, "", "", "2026-01-20", "2026-03-20")
	})
	t.Run("nothing is told of an area of four people", func(t *testing.T) {
		for who, place := range map[string]func(*goal.Goal){"below one goal": belowAll, "of one owner": func(g *goal.Goal) { g.Owner = "team" }} {
			h := handful(t, place, 101, 101, 101, 101, 102, 102)
			shows(t, h, name, "", "", "2026-01-20", "2026-02-10")
			if x := trap(t, h, name, "2026-01-20"); x.Unknown == "" {
				t.Errorf("%s: it is judged", who)
			}
			var got []measure.Suppression
			for _, s := range status(t, h, "2026-01-20").Suppressed {
				if s.Measure == name {
					got = append(got, s)
				}
			}
			if diff := cmp.Diff([]measure.Suppression{{Measure: name, Reason: "min_group"}}, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", who, diff)
			}
			e, _ := h.Explain("g", "trap_"+name, flowtest.At(t, "2026-01-20"))
			if m := e.Measures[0]; m.Value != "unknown" || len(m.Inputs)+len(m.Counted)+len(m.LeftOut) > 0 {
				t.Errorf("%s: it is explained: %+v", who, m)
			}
		}
	})
	t.Run("the evidence lists what waits and what does not, and says of people only what is told of five", func(t *testing.T) {
		inputs := func(persons ...uint64) (measure.ExplainedMeasure, string) {
			e, _ := handful(t, belowAll, persons...).Explain("g", "trap_"+name, flowtest.At(t, "2026-01-20"))
			var out []string
			for _, in := range e.Measures[0].Inputs {
				out = append(out, in.Name+": "+in.Value)
			}
			return e.Measures[0], strings.Join(out, "; ")
		}
		m, got := inputs(four...)
		if len(m.Counted) != 6 || len(m.LeftOut) != 0 || !strings.Contains(got, "one person holds over 50.0 % of them: yes") || strings.Contains(got, "effective contributors") {
			t.Errorf("three people hold it: %d counted, %d left out, %s", len(m.Counted), len(m.LeftOut), got)
		}
		// Ten issues: six of one, four of one each; 100 ÷ (36 + 4).
		if _, got := inputs(101, 101, 101, 101, 101, 101, 102, 103, 106, 107); !strings.Contains(got, "effective contributors: 2.5") {
			t.Errorf("five people hold it: %s", got)
		}
	})
}
