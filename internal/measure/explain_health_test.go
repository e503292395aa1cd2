package measure_test

import (
	"strings"
	"testing"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// What health is judged by must be told: who reads "off track" can check it
// against the chance that made it so.
func TestHealthIsExplainedByAllThatItIsJudgedBy(t *testing.T) {
	g := epicGoal()
	g.Targets = []goal.Target{{Date: date(t, "2026-03-03")}}
	issues := []*flow.Issue{epic(t).Issue()}
	for k := 2; k < 12; k++ {
		issues = append(issues, task(t, k, "2026-01-02").Moves("2026-02-26", flowtest.Doing).Issue())
	}
	at := flowtest.At(t, "2026-03-02")
	settings := measure.DefaultSettings()
	h, err := measure.Build(measure.Input{
		Goals: []goal.Goal{g}, Catalogs: map[string]*flow.Catalog{flowtest.Site: flowtest.Catalog()}, Settings: settings,
		Experience: (&measure.Past{Until: at, Settings: settings}).Run(nil),
		Issues: func(each func(*flow.Issue) error) error {
			for _, i := range issues {
				if err := each(i); err != nil {
					return err
				}
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	e, _ := h.Explain("g", "health", at)
	inputs := map[string]string{}
	for _, in := range e.Measures[0].Inputs {
		inputs[in.Name] = in.Value
	}
	for name, want := range map[string]string{
		"judged at this moment": "off_track", "stalled": "no", "the target day is over": "no", "a decision is overdue": "no",
		"probability that the reported figure says 15 points too much, likewise": "0.0 %",
	} {
		if inputs[name] != want {
			t.Errorf("%s: %q, want %q", name, inputs[name], want)
		}
	}
	if odds := inputs["probability to make the target, at the start of the week"]; !strings.HasSuffix(odds, " %") || len(odds) > len("9.9 %") {
		t.Errorf("ten open issues are finished within a week with a probability of %q, want one below 10 %%", odds)
	}
}
