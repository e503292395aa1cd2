package measure_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// measuredHistory is goals without issues whose outcomes were measured.
func measuredHistory(t flowtest.TB, goals []goal.Goal, all ...measure.OutcomeHistory) *measure.History {
	t.Helper()
	return built(t, goals, nil, func(in *measure.Input) { in.Catalogs, in.Outcomes = nil, all })
}

func measuredAt(t flowtest.TB, at string, v float64) flow.Measured {
	return flow.Measured{At: flowtest.At(t, at), Value: v}
}

func latencyGoal() goal.Goal {
	g := epicGoal()
	g.Outcomes = []goal.Outcome{{ID: "p95", Query: "q", From: 0.5, To: 0.3, Unit: "s"}, {ID: "sales", Query: "r", From: 100, To: 200}}
	g.StopWhen = []goal.StopCriterion{{ID: "slow", When: "outcome.p95 > 0.42 for 1d"}}
	return g
}

func TestAnOutcomeIsTheShareOfTheWay(t *testing.T) {
	h := measuredHistory(t, []goal.Goal{latencyGoal()},
		measure.OutcomeHistory{Goal: "g", Outcome: "p95", Values: []flow.Measured{
			measuredAt(t, "2026-01-02", 0.6), measuredAt(t, "2026-01-03", 0.45), measuredAt(t, "2026-01-04", 0.35), measuredAt(t, "2026-01-05", 0.2),
		}},
		measure.OutcomeHistory{Goal: "g", Outcome: "sales", Values: []flow.Measured{measuredAt(t, "2026-01-04", 125)}},
		measure.OutcomeHistory{Goal: "another", Outcome: "p95", Values: []flow.Measured{measuredAt(t, "2026-01-02", 0.3)}})
	for at, want := range map[string]string{
		"2026-01-01 12:00": "p95 - it was not measured by then; sales - it was not measured by then; slow unknown",
		"2026-01-02":       "p95 0.00 ; sales - it was not measured by then; slow unknown",
		"2026-01-03 12:00": "p95 0.25 ; sales - it was not measured by then; slow true",
		"2026-01-04":       "p95 0.75 ; sales 0.25 ; slow false",
		"2026-01-05 23:59": "p95 1.00 ; sales - it was last measured on 2026-01-04; slow false",
		"2026-01-06 02:00": "p95 1.00 ; sales - it was last measured on 2026-01-04; slow false",
		"2026-01-06 02:01": "p95 - it was last measured on 2026-01-05; sales - it was last measured on 2026-01-04; slow false", // it was not so at the beginning of the day
	} {
		g := status(t, h, at)
		got := ""
		for _, o := range g.Outcomes {
			if (o.Ratio == nil) != (o.Value == nil) || (o.At == nil) != (o.Value == nil) || (o.Why == "") != (o.Value != nil) {
				t.Errorf("at %s: %+v is neither known nor unknown", at, o)
			}
			ratio := "-"
			if o.Ratio != nil {
				ratio = fmt.Sprintf("%.2f", *o.Ratio)
			}
			got += fmt.Sprintf("%s %s %s; ", o.ID, ratio, o.Why)
		}
		met := "unknown"
		if c := g.StopCriteria[0]; c.Met != nil {
			met = fmt.Sprint(*c.Met)
		}
		if got += "slow " + met; got != want {
			t.Errorf("at %s:\ngot  %s\nwant %s", at, got, want)
		}
	}
	e, ok := h.Explain("g", "outcomes", flowtest.At(t, "2026-01-04"))
	want := []measure.ExplainedInput{{Name: "p95", Value: "0.35 on 2026-01-04; from 0.5 to 0.3 s by q"}, {Name: "sales", Value: "125 on 2026-01-04; from 100 to 200 by r"}}
	if !ok || e.Measures[0].Value != "p95 75.0 %, sales 25.0 %" || cmp.Diff(want, e.Measures[0].Inputs) != "" {
		t.Errorf("%+v", e)
	}
}

func TestAGoalAboveHasTheMeanOfTheOutcomesBelowByWeight(t *testing.T) {
	one := func(id, parent string, weight float64) goal.Goal {
		return goal.Goal{ID: id, Parent: parent, Weight: weight, Outcomes: []goal.Outcome{{ID: "o", Query: "q", From: 0, To: 100}}}
	}
	own := one("own", "top", 1)
	h := measuredHistory(t, []goal.Goal{
		{ID: "top", Weight: 1}, {ID: "middle", Parent: "top", Weight: 3}, one("a", "middle", 2), one("b", "middle", 1), one("silent", "middle", 9), own,
		one("under-own", "own", 1), {ID: "lonely", Weight: 1},
	},
		measure.OutcomeHistory{Goal: "a", Outcome: "o", Values: []flow.Measured{measuredAt(t, "2026-01-02", 60)}},
		measure.OutcomeHistory{Goal: "b", Outcome: "o", Values: []flow.Measured{measuredAt(t, "2026-01-02", 30)}},
		measure.OutcomeHistory{Goal: "own", Outcome: "o", Values: []flow.Measured{measuredAt(t, "2026-01-02", 10)}},
		measure.OutcomeHistory{Goal: "under-own", Outcome: "o", Values: []flow.Measured{measuredAt(t, "2026-01-02", 100)}})
	got := map[string]string{}
	for _, g := range h.Snapshot(flowtest.At(t, "2026-01-02 12:00")).Goals {
		for _, o := range g.Outcomes {
			if o.Ratio != nil {
				got[g.ID] += fmt.Sprintf("%s %.3f", o.ID, *o.Ratio)
			}
		}
	}
	// middle: (2 × 0.6 + 1 × 0.3) ÷ 3; top: (3 × 0.5 + 1 × 0.1) ÷ 4.
	want := map[string]string{"a": "o 0.600", "b": "o 0.300", "middle": "below 0.500", "own": "o 0.100", "under-own": "o 1.000", "top": "below 0.400"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// Whatever was measured, a ratio lies in 0…1 and grows with the way that lies
// behind.
func TestAnOutcomesRatioIsAShare(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		number := rapid.Float64Range(-1e6, 1e6)
		o := goal.Outcome{ID: "o", From: number.Draw(rt, "from"), To: number.Draw(rt, "to")}
		if o.From == o.To {
			return
		}
		g := epicGoal()
		g.Outcomes = []goal.Outcome{o}
		ratio := func(v float64) float64 {
			h := measuredHistory(t, []goal.Goal{g}, measure.OutcomeHistory{Goal: "g", Outcome: "o", Values: []flow.Measured{measuredAt(t, "2026-01-02", v)}})
			return *status(t, h, "2026-01-02").Outcomes[0].Ratio
		}
		a, b := number.Draw(rt, "a"), number.Draw(rt, "b")
		ra, rb := ratio(a), ratio(b)
		if ra < 0 || ra > 1 || (b-a)*(o.To-o.From) > 0 && rb < ra {
			rt.Fatalf("%+v: %v is %v, %v is %v", o, a, ra, b, rb)
		}
	})
}

func TestAHistoryWithOtherOutcomesIsOneMadeOfThem(t *testing.T) {
	below := latencyGoal()
	below.ID, below.Parent = "below", "g"
	goals := []goal.Goal{epicGoal(), below}
	goals[0].StopWhen = []goal.StopCriterion{{ID: "quiet", When: "last_progress_age > 2d for 1d"}}
	issues := []*flow.Issue{
		flowtest.NewEpic(t, "PAY-1", "2026-01-01").Issue(),
		flowtest.NewBelow(t, "PAY-1", "PAY-2", "2026-01-02").Moves("2026-01-03", "In Progress").Issue(),
	}
	rapid.Check(t, func(r *rapid.T) {
		values := func(name string) []measure.OutcomeHistory {
			h := measure.OutcomeHistory{Goal: "below", Outcome: "p95"}
			for d := 2; d < 8; d++ {
				if v := rapid.IntRange(0, 9).Draw(r, fmt.Sprint(name, d)); v > 2 {
					h.Values = append(h.Values, measuredAt(t, fmt.Sprintf("2026-01-0%d", d), float64(v)/10))
				}
			}
			return []measure.OutcomeHistory{h}
		}
		told := func(h *measure.History) map[string]any {
			moments := make([]time.Time, 0, 10)
			for d := 1; d < 10; d++ {
				moments = append(moments, flowtest.At(t, fmt.Sprintf("2026-01-0%d 12:00", d)))
			}
			return everything(h, moments)
		}
		before, after := values("before"), values("after")
		of := func(all []measure.OutcomeHistory) *measure.History {
			return built(t, goals, issues, func(in *measure.Input) { in.Outcomes = all })
		}
		h := of(before)
		was := told(h)
		if diff := cmp.Diff(told(of(after)), told(h.WithOutcomes(after))); diff != "" {
			r.Errorf("(-made of them +with them):\n%s", diff)
		}
		if diff := cmp.Diff(was, told(h)); diff != "" {
			r.Errorf("the first history has changed:\n%s", diff)
		}
	})
}
