package measure_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// saidHistory is a goal over the epics PAY-1 (three issues) and PAY-90 (one)
// that reports by a field.
func saidHistory(t flowtest.TB, field string, said map[string][]flow.Saying) *measure.History {
	t.Helper()
	other := flowtest.NewEpic(t, "PAY-90", "2026-01-01").Issue()
	below := flowtest.NewBelow(t, "PAY-90", "PAY-91", "2026-01-02")
	issues := []*flow.Issue{
		epic(t).Issue(), other, task(t, 2, "2026-01-02").Issue(), task(t, 3, "2026-01-02").Issue(),
		task(t, 4, "2026-01-12").Resolves("2026-01-13", "Won't Do").Issue(), below.Issue(),
	}
	g := epicGoal()
	g.Work.Epics = []string{"PAY-1", "PAY-90"}
	g.Reported = goal.Reported{From: goal.ReportedByField, Field: field}
	above := goal.Goal{ID: "above", Reported: g.Reported, Work: goal.Work{Epics: []string{"PAY-77"}}}
	g.Parent = "above"
	var told []flow.Said
	for key, all := range said {
		told = append(told, flow.Said{Site: flowtest.Site, Field: field, ID: flowtest.Ref(key).ID, History: all},
			flow.Said{Site: flowtest.Site, Field: "another", ID: flowtest.Ref(key).ID, History: []flow.Saying{{Known: true, Value: 1}}},
			flow.Said{Site: "another", Field: field, ID: flowtest.Ref(key).ID, History: []flow.Saying{{Known: true, Value: 2}}})
	}
	return built(t, []goal.Goal{g, above}, issues, func(in *measure.Input) { in.Said = told })
}

func says(t flowtest.TB, at string, value float64) flow.Saying {
	return flow.Saying{At: flowtest.At(t, at), Known: true, Value: value}
}

func TestAFieldReportsByTheIssuesBelowEachEpic(t *testing.T) {
	emptied := flow.Saying{At: flowtest.At(t, "2026-01-20")}
	percent := says(t, "2026-01-05", 1)
	percent.Percent = true
	for _, c := range []struct {
		name, field, at string
		said            map[string][]flow.Saying
		want            *float64
		when            string
	}{
		{"two issues to one", "Progress", "2026-01-10", map[string][]flow.Saying{"PAY-1": {says(t, "2026-01-05", 60)}, "PAY-90": {says(t, "2026-01-07", 30)}}, ptr(.5), "2026-01-07"},
		{"three to one, with one that was dropped since", "Progress", "2026-01-15", map[string][]flow.Saying{"PAY-1": {says(t, "2026-01-05", 60)}, "PAY-90": {says(t, "2026-01-07", 20)}}, ptr(.5), "2026-01-07"},
		{"before it was said", "Progress", "2026-01-06", map[string][]flow.Saying{"PAY-1": {says(t, "2026-01-05", 60)}, "PAY-90": {says(t, "2026-01-07", 30)}}, ptr(.6), "2026-01-05"},
		{"a later saying holds", "Progress", "2026-01-10", map[string][]flow.Saying{"PAY-1": {says(t, "2026-01-05", 60), says(t, "2026-01-08", 70)}}, ptr(.7), "2026-01-08"},
		{"an epic that was emptied doesn't count", "Progress", "2026-01-20", map[string][]flow.Saying{"PAY-1": {says(t, "2026-01-05", 60), emptied}, "PAY-90": {says(t, "2026-01-07", 30)}}, ptr(.3), "2026-01-07"},
		{"shares of 1", "Progress", "2026-01-10", map[string][]flow.Saying{"PAY-1": {says(t, "2026-01-05", .6)}, "PAY-90": {says(t, "2026-01-07", .3)}}, ptr(.5), "2026-01-07"},
		{"1 is all of a share of 1", "Progress", "2026-01-10", map[string][]flow.Saying{"PAY-1": {says(t, "2026-01-05", 1)}}, ptr(1.), "2026-01-05"},
		{"1 is a hundredth where the name says so", "Progress %", "2026-01-10", map[string][]flow.Saying{"PAY-1": {says(t, "2026-01-05", 1)}}, ptr(.01), "2026-01-05"},
		{"1 is a hundredth where the field says so", "Progress", "2026-01-10", map[string][]flow.Saying{"PAY-1": {percent}}, ptr(.01), "2026-01-05"},
		{"1 is a hundredth where another epic is at more", "Progress", "2026-01-10", map[string][]flow.Saying{"PAY-1": {says(t, "2026-01-05", 1)}, "PAY-90": {says(t, "2026-01-04", 2), says(t, "2026-01-05", 1)}}, ptr(.01), "2026-01-05"},
		{"what is said later tells nothing of before", "Progress", "2026-01-06", map[string][]flow.Saying{"PAY-1": {says(t, "2026-01-05", 1), says(t, "2026-01-08", 50)}}, ptr(1.), "2026-01-05"},
		{"epics without issues weigh alike", "Progress", "2026-01-01 12:00", map[string][]flow.Saying{"PAY-1": {says(t, "2026-01-01", 60)}, "PAY-90": {says(t, "2026-01-01", 30)}}, ptr(.45), "2026-01-01"},
		{"nothing is said", "Progress", "2026-01-10", nil, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := saidHistory(t, c.field, c.said)
			got := status(t, h, c.at)
			if d := cmp.Diff(c.want, got.Reported, within()); d != "" || got.ReportedFrom != "field" {
				t.Errorf("reported from %s (-want +got):\n%s", got.ReportedFrom, d)
			}
			if want := `the field "Progress" says nothing of the goal's epics`; c.when == "" && got.Missing["reported_completion"] != want {
				t.Errorf("missing because %q", got.Missing["reported_completion"])
			}
			if d := cmp.Diff(instant(t, c.when), got.ReportedAt); d != "" {
				t.Errorf("said (-want +got):\n%s", d)
			}
			if above, _ := h.Snapshot(flowtest.At(t, c.at)).Goal("above"); above.Reported != nil {
				t.Errorf("the goal above reports %v by the epics of the one below", *above.Reported)
			}
		})
	}
}

func within() cmp.Option {
	return cmp.Comparer(func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 })
}

func TestAReportByAFieldIsExplained(t *testing.T) {
	h := saidHistory(t, "Progress %", map[string][]flow.Saying{"PAY-1": {says(t, "2026-01-05", 60)}})
	e, ok := h.Explain("g", "reported_completion", flowtest.At(t, "2026-01-10"))
	if !ok {
		t.Fatal("there is no explanation")
	}
	m := e.Measures[0]
	var lines []string
	for _, ev := range append(m.Counted, m.LeftOut...) {
		lines = append(lines, ev.Key+" "+ev.What)
	}
	want := []string{"PAY-1 says 60.0 %; issues in scope: 2", "PAY-90 says nothing that is a number from 0 to 100; issues in scope: 1"}
	if d := cmp.Diff(want, lines); d != "" || m.Value != "60.0 %" {
		t.Errorf("%s; evidence (-want +got):\n%s", m.Value, d)
	}
	wantInputs := []measure.ExplainedInput{{Name: "said last on", Value: "2026-01-05"}, {Name: "by Jira's own epic progress", Value: "0.0 %"}}
	if d := cmp.Diff(wantInputs, m.Inputs); d != "" {
		t.Errorf("inputs (-want +got):\n%s", d)
	}
}

// What a field reports lies between the least and the most that the epics say,
// and as of a moment does not depend on what is said later.
func TestAReportByAFieldLiesBetweenWhatIsSaid(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(label string) []flow.Saying {
			var out []flow.Saying
			at := flowtest.At(t, "2026-01-03")
			for _, v := range rapid.SliceOfN(rapid.IntRange(0, 100), 0, 4).Draw(rt, label) {
				at = at.Add(24 * time.Hour)
				out = append(out, flow.Saying{At: at, Known: true, Value: float64(v)})
			}
			return out
		}
		one, two := draw("one"), draw("two")
		at := flowtest.At(t, "2026-01-05")
		until := func(all []flow.Saying) (kept []flow.Saying) {
			for _, s := range all {
				if !s.At.After(at) {
					kept = append(kept, s)
				}
			}
			return kept
		}
		get := func(one, two []flow.Saying) *float64 {
			g, _ := saidHistory(t, "Progress %", map[string][]flow.Saying{"PAY-1": one, "PAY-90": two}).Snapshot(at).Goal("g")
			return g.Reported
		}
		got := get(one, two)
		if d := cmp.Diff(get(until(one), until(two)), got); d != "" {
			rt.Fatalf("what was said later counts:\n%s", d)
		}
		var said []float64
		for _, all := range [][]flow.Saying{until(one), until(two)} {
			if len(all) > 0 {
				said = append(said, all[len(all)-1].Value/100)
			}
		}
		switch {
		case len(said) == 0:
			if got != nil {
				rt.Fatalf("reported %v where nothing is said", *got)
			}
		case got == nil || *got < min(said[0], said[len(said)-1])-1e-9 || *got > max(said[0], said[len(said)-1])+1e-9:
			rt.Fatalf("reported %v of %v", got, said)
		}
	})
}
