package measure_test

import (
	"testing"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
)

func TestTheEvidenceOfAForecastSaysWhatThePaceComesTo(t *testing.T) {
	goals := []goal.Goal{{ID: "g", Targets: []goal.Target{{Date: date(t, "2026-03-20")}}, Work: goal.Work{Epics: []string{"PAY-1"}}}}
	issues := []*flow.Issue{epic(t).Issue()}
	for k := range 8 {
		i := task(t, 10+k, "2026-01-02").Moves("2026-01-05", flowtest.Doing)
		if k < 3 {
			i.Resolves("2026-02-10", "Done")
		}
		issues = append(issues, i.Issue())
	}
	// 3 in the 8 full weeks since 2 January, 5 are left: 13⅓ weeks; the target is
	// 20 days away, and nobody's containers have been learnt from.
	got := inputs(t, built(t, goals, issues, unlearnt(t, "2026-03-01")), "g", "forecast", flowtest.At(t, "2026-03-01"))
	for name, want := range map[string]string{
		"needs, at the pace of the last 8 weeks":                                      "13 weeks for 5 open issues",
		"epics and issues with sub-tasks here that needed from half to twice as long": "0: too few to tell which share was finished within 3 weeks, which is up to the target",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
}
