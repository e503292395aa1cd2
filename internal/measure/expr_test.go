package measure_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

func names() measure.NameSet { return measure.ExprNames("p95", "churn") }

func TestConditionsAreReadAndWrittenInOneForm(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"real_completion < 0.3 after 2026-11-01", "real_completion < 0.3 after 2026-11-01"},
		{"outcome.p95>0.5 after 2026-12-01   for 2w", "outcome.p95 > 0.5 after 2026-12-01 for 14d"},
		{"delivered_completion <= 30%", "delivered_completion <= 30%"},
		{"stalled and target_moves >= 3 or not target > 2027-01-01", "stalled and target_moves >= 3 or not target > 2027-01-01"},
		{"(stalled or scope_added>10) and last_progress_age > 1w12h", "(stalled or scope_added > 10) and last_progress_age > 7d12h"},
		{"not (stalled and scope_added = 3) for 90m", "not (stalled and scope_added = 3) for 1h30m"},
		{"((stalled))", "stalled"},
		{"not not stalled", "not not stalled"},
		{"(not stalled) for 2d", "(not stalled) for 2d"},
		{"target_slip != 0d", "target_slip != 0d"},
		{"outcome.churn < -0.50", "outcome.churn < -0.5"},
	} {
		e, err := measure.ParseExpr(c.src, names())
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		if got := e.String(); got != c.want {
			t.Errorf("%s is written %s, want %s", c.src, got, c.want)
		}
	}
}

func TestWrongConditionsAreRefusedWithPlaceAndMend(t *testing.T) {
	deep := strings.Repeat("(", 40) + "stalled" + strings.Repeat(")", 40)
	for _, c := range []struct{ name, src, want string }{
		{"nothing", "", `column 1: a condition is missing here; write it like "delivered_completion < 30% after 2026-11-01"`},
		{"a slip of the pen", "real_completon < 0.3", `column 1: there is no figure "real_completon"; did you mean "real_completion"?`},
		{"an outcome that is not declared", "stalled and outcome.p96 > 1", `column 13: the goal declares no outcome "p96"; did you mean "outcome.p95"?`},
		{"no comparison", "real_completion", `column 16: real_completion wants a comparison, and the condition ends here; write one of < <= > >= = !=`},
		{"a comparison of other languages", "scope_added == 3", `column 13: scope_added wants a comparison, has "=="; write =`},
		{"no value", "real_completion <", `column 18: real_completion < wants a value, and the condition ends here; write a share such as 0.3 or 30%`},
		{"a word for a value", "target < tomorrow", `column 10: target < wants a value, has "tomorrow"; write a date such as 2026-12-18`},
		{"a date that no calendar has", "target < 2026-02-30", `column 10: target < wants a value, has "2026-02-30"; write a date such as 2026-12-18`},
		{"a duration against a share", "real_completion < 14d", `column 19: real_completion is a share, and 14d is a duration; write a share such as 0.3 or 30%`},
		{"a percentage against a count", "scope_added > 30%", `column 15: scope_added is a count, and 30% is a percentage; write a number such as 3`},
		{"a number against a duration", "last_progress_age > 14", `column 21: last_progress_age is a duration, and 14 is a number; write a duration such as 14d`},
		{"a share above 1", "real_completion < 30", `column 19: real_completion is a share of 1, and 30 is more; did you mean 30%?`},
		{"a share out of range", "real_completion < 130%", `column 19: real_completion is a share, and 130% is out of range; choose from 0% to 100%`},
		{"true or false compared", "stalled = 1", `column 9: stalled is true or false, and compared with nothing; write stalled, or not stalled`},
		{"the value first", "0.3 > real_completion", `column 1: "0.3" stands before the comparison; write the figure first: scope_added > 10`},
		{"two comparisons in a row", "scope_added > 1 < 3", `column 17: a second comparison follows the first; write a < b and b < c as two comparisons joined by and`},
		{"no operand", "stalled and", `column 12: a condition is missing here; write it like "delivered_completion < 30% after 2026-11-01"`},
		{"an operator first", "and stalled", `column 1: a figure is missing before "and"; write it like "delivered_completion < 30% after 2026-11-01"`},
		{"a misspelt join", "stalled annd stalled", `column 9: "annd" is not expected here; did you mean "and"?`},
		{"capitals", "stalled AND stalled", `column 9: "AND" is not expected here; did you mean "and"?`},
		{"after without a date", "stalled after 14d", `column 15: after wants a date, has "14d"; write a day that exists, such as after 2026-11-01`},
		{"for without a duration", "stalled for 2026-01-01", `column 13: for wants a duration, has "2026-01-01"; write a number with a unit, such as for 14d`},
		{"for no time", "stalled for 0d", `column 13: for wants a duration, has "0d"; write a number with a unit, such as for 14d`},
		{"for too long", "stalled for 60w", `column 13: "60w" is longer than 366d; shorten it`},
		{"for within for, for too many moments", "(stalled for 40d or stalled) for 60d",
			"column 34: one for lies within another, and they look at 2709 moments together, more than 2000; shorten them, or say how long once"},
		{"an open parenthesis", "(stalled or scope_added > 3", `column 1: the parenthesis is not closed; close it with )`},
		{"a closing parenthesis", "stalled)", `column 8: the parenthesis closes nothing; remove it, or open it before`},
		{"too deep", deep, `column 33: the condition is nested more than 32 deep; make several criteria of it`},
		{"a foreign sign", "stalled & stalled", `column 9: "&" is no part of the language; write it like "delivered_completion < 30% after 2026-11-01"`},
		{"columns count characters", "stalled é", `column 9: "é" is no part of the language; write it like "delivered_completion < 30% after 2026-11-01"`},
		{"too long", strings.Repeat(" ", 1001), `column 1000: the condition has 1001 characters, more than 1000; shorten it, or make two criteria of it`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := measure.ParseExpr(c.src, names())
			var at *measure.ExprError
			if !errors.As(err, &at) {
				t.Fatalf("%s: error %v", c.src, err)
			}
			if d := cmp.Diff(c.want, err.Error()); d != "" {
				t.Errorf("%s (-want +got):\n%s", c.src, d)
			}
		})
	}
}

// anExpr writes a random condition, with as many parentheses as it likes.
func anExpr(t *rapid.T, depth int) string {
	if depth == 0 {
		return rapid.SampledFrom([]string{
			"stalled", "real_completion < 30%", "delivered_completion>=0.25", "scope_added != 7", "last_progress_age > 2w1d",
			"target <= 2026-12-18", "outcome.p95 = -1.5", "target_slip > 90m",
		}).Draw(t, "comparison")
	}
	inner := func() string { return anExpr(t, rapid.IntRange(0, depth-1).Draw(t, "depth")) }
	switch rapid.IntRange(0, 5).Draw(t, "rule") {
	case 0:
		return inner() + " and " + inner()
	case 1:
		return inner() + " or " + inner()
	case 2:
		return "not " + inner()
	case 3:
		return "(" + inner() + ")"
	case 4:
		return "(" + inner() + ") after 2026-11-01"
	}
	return "(" + inner() + ") for 36h"
}

func TestPrintingAndReadingAgainGivesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := anExpr(t, 4)
		e, err := measure.ParseExpr(src, names())
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		again, err := measure.ParseExpr(e.String(), names())
		if err != nil {
			t.Fatalf("%s, printed %s: %v", src, e, err)
		}
		if d := cmp.Diff(e, again, cmp.AllowUnexported(measure.Expr{}, measure.Literal{})); d != "" {
			t.Fatalf("%s, printed %s:\n%s", src, e, d)
		}
	})
}

func FuzzParseExpr(f *testing.F) {
	for _, s := range []string{
		"real_completion < 0.3 after 2026-11-01", "outcome.p95 > 0.5 after 2026-12-01 for 14d", "not (stalled or scope_added >= 1w)",
		"((", "stalled for 99999999999999999999w", "\xff", "target = 0001-01-01", "outcome.p95 = -0",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		e, err := measure.ParseExpr(src, names())
		if err != nil {
			var at *measure.ExprError
			if !errors.As(err, &at) || at.Column < 1 || at.What == "" || at.Mend == "" {
				t.Fatalf("%q: %#v", src, err)
			}
			return
		}
		again, err := measure.ParseExpr(e.String(), names())
		if err != nil || again.String() != e.String() {
			t.Fatalf("%q is printed %q, which reads as %v, %v", src, e, again, err)
		}
		e.Eval(time.Unix(1.8e9, 0), nil, func(string, time.Time) measure.Figure { return measure.Figure{Value: 1} })
	})
}

func TestConditionsAreJudgedInThreeValues(t *testing.T) {
	figures := map[string]measure.Figure{
		"stalled": {Value: 1}, "scope_added": {Value: 5}, "delivered_completion": {Value: 0.25},
		"last_progress_age": {Value: 20 * 86400}, "real_completion": {Why: "no estimate"}, "target": {Value: float64(flowtest.At(t, "2026-12-18").Unix())},
	}
	lookup := func(name string, _ time.Time) measure.Figure { return figures[name] }
	met, not := measure.Verdict{Met: true}, measure.Verdict{}
	unknown := measure.Verdict{Unknown: true, Why: "real_completion is unknown: no estimate"}
	for src, want := range map[string]measure.Verdict{
		"stalled":                                             met,
		"not stalled":                                         not,
		"delivered_completion < 30%":                          met,
		"delivered_completion = 0.25":                         met,
		"delivered_completion != 25%":                         not,
		"last_progress_age >= 20d":                            met,
		"last_progress_age > 20d":                             not,
		"target <= 2026-12-18":                                met,
		"scope_added < 5":                                     not,
		"real_completion < 30%":                               unknown,
		"not real_completion < 30%":                           unknown,
		"real_completion < 1 and stalled":                     unknown,
		"real_completion < 1 and not stalled":                 not,
		"not stalled and real_completion < 1":                 not,
		"real_completion < 1 or stalled":                      met,
		"real_completion < 1 or not stalled":                  unknown,
		"stalled after 2026-11-01":                            met,
		"stalled after 2026-11-20":                            not, // the day is not over
		"real_completion < 1 after 2026-12-01":                not, // so that its being unknown does not matter yet
		"stalled and scope_added >= 5 or real_completion < 1": met,
	} {
		e, err := measure.ParseExpr(src, names())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, e.Eval(flowtest.At(t, "2026-11-20 12:00"), nil, lookup)); d != "" {
			t.Errorf("%s (-want +got):\n%s", src, d)
		}
	}
}

func TestAConditionHoldsForATimeOnlyWithoutABreak(t *testing.T) {
	at := flowtest.At(t, "2026-11-20 12:00")
	since := func(s string) func(time.Time) measure.Figure {
		return func(when time.Time) measure.Figure {
			if when.Before(flowtest.At(t, s)) {
				return measure.Figure{}
			}
			return measure.Figure{Value: 1}
		}
	}
	for _, c := range []struct {
		name    string
		stalled func(time.Time) measure.Figure
		want    measure.Verdict
	}{
		{"it held from before", since("2026-10-01"), measure.Verdict{Met: true}},
		{"it held exactly so long", since("2026-11-06 12:00"), measure.Verdict{Met: true}},
		{"it held a minute less", since("2026-11-06 12:01"), measure.Verdict{}},
		{"it does not hold", since("2027-01-01"), measure.Verdict{}},
		{"it broke on one day", func(w time.Time) measure.Figure {
			if w.Day() == 15 {
				return measure.Figure{}
			}
			return measure.Figure{Value: 1}
		}, measure.Verdict{}},
		{"it is unknown on one day", func(w time.Time) measure.Figure {
			if w.Day() == 15 {
				return measure.Figure{Why: "no data"}
			}
			return measure.Figure{Value: 1}
		}, measure.Verdict{Unknown: true, Why: "on 2026-11-15 stalled is unknown: no data"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := measure.ParseExpr("stalled for 14d", names())
			if err != nil {
				t.Fatal(err)
			}
			got := e.Eval(at, nil, func(_ string, when time.Time) measure.Figure {
				if when.After(at) || when.Before(at.AddDate(0, 0, -14)) {
					t.Errorf("asked for %v", when)
				}
				return c.stalled(when)
			})
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// criteriaOf is what the property tests hang on goals.
func criteriaOf() []goal.StopCriterion {
	return []goal.StopCriterion{
		{ID: "little", When: "delivered_completion < 50% for 5d"},
		{ID: "wide", When: "scope_added >= 2 or (stalled and last_progress_age > 3d)"},
		{ID: "later", When: "real_completion < 0.3 after 2026-01-12"},
	}
}

func withCriteria(all []goal.Goal) []goal.Goal {
	for k := range all {
		all[k].StopWhen = criteriaOf()
	}
	return all
}

func TestStopCriteriaAreJudgedFromTheGoalsOwnHistory(t *testing.T) {
	g := epicGoal()
	g.StopWhen = append(criteriaOf(), goal.StopCriterion{ID: "broken", When: "nonsense"})
	h := built(t, []goal.Goal{g}, []*flow.Issue{
		epic(t).Issue(),
		task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-20", "Done").Issue(),
		task(t, 3, "2026-01-10").Issue(),
	})
	unknown := func(id, when, why string) measure.StopCriterion {
		return measure.StopCriterion{ID: id, When: when, Why: why}
	}
	broken := unknown("broken", "nonsense", `it cannot be read: column 1: there is no figure "nonsense"; known here: `+known())
	for at, want := range map[string][]measure.StopCriterion{
		"2026-01-10": {
			{ID: "little", When: "delivered_completion < 50% for 5d", Met: ptr(true)},
			{ID: "wide", When: "scope_added >= 2 or stalled and last_progress_age > 3d", Met: ptr(false)},
			{ID: "later", When: "real_completion < 0.3 after 2026-01-12", Met: ptr(false)},
			broken,
		},
		"2026-01-21": {
			{ID: "little", When: "delivered_completion < 50% for 5d", Met: ptr(false)},
			{ID: "wide", When: "scope_added >= 2 or stalled and last_progress_age > 3d", Met: ptr(false)},
			unknown("later", "real_completion < 0.3 after 2026-01-12", "real_completion is unknown: nothing has been learnt yet"),
			broken,
		},
	} {
		// The canonical form keeps the parentheses that structure needs alone.
		got := status(t, h, at).StopCriteria
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("as of %s (-want +got):\n%s", at, d)
		}
	}
	e, ok := h.Explain("g", "stop_criteria", flowtest.At(t, "2026-01-10"))
	if !ok || e.Measures[0].Value != "met: little" || len(e.Measures[0].Inputs) < 5 {
		t.Errorf("the explanation is %+v", e)
	}
}

func TestHowFarTheFiguresCanBeTrustedCanStopAGoal(t *testing.T) {
	g := epicGoal()
	g.StopWhen = []goal.StopCriterion{{ID: "thin", When: "evidence < 50% for 2d"}, {ID: "fine", When: "evidence > 90%"}}
	got := status(t, built(t, []goal.Goal{g}, half(t)), "2026-01-21")
	if r := got.Evidence.Ratio; r >= 0.5 {
		t.Fatalf("the evidence of two issues is %v", r)
	}
	want := []measure.StopCriterion{{ID: "thin", When: "evidence < 50% for 2d", Met: ptr(true)}, {ID: "fine", When: "evidence > 90%", Met: ptr(false)}}
	if d := cmp.Diff(want, got.StopCriteria); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func known() string {
	_, err := measure.ParseExpr("nonsense", measure.ExprNames())
	_, list, _ := strings.Cut(err.Error(), "known here: ")
	return list
}
