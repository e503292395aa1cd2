package app_test

import (
	"fmt"
	"strings"
	"testing"
)

// tooManyGoals are more goals than 60,000 series have room for.
func tooManyGoals() string {
	var b strings.Builder
	b.WriteString("goals:\n")
	for k := range 3300 {
		fmt.Fprintf(&b, "  - {id: many-%d, name: Goal, owner: t, check_ins: [{date: 2020-01-01, health: on_track}], work: {epics: [PAY-1]}}\n", k)
	}
	return b.String()
}

func TestGoalsBeyondTheBudgetOfSeriesAreRefusedAndTheOldOnesServedOn(t *testing.T) {
	r := run(t)
	r.write("goals/b.yaml", tooManyGoals())
	code, text := r.ask("POST", "/-/reload")
	if code != 500 || !strings.Contains(text, "too many series: its 3301 goals and") || !strings.Contains(text, "more than the 60000 allowed: declare fewer goals") {
		t.Errorf("the answer is %d: %.300s", code, text)
	}
	r.inForce("a", false)
	_, page := r.ask("GET", "/metrics")
	if !strings.Contains(page, `plumbline_goal_info{goal="a"`) || strings.Contains(page, "many-1") {
		t.Error("the metrics are not those of the old goals")
	}
	if strings.Contains(page, "plumbline_snapshots_refused_total 0\n") {
		t.Error("the metrics don't say that a snapshot was refused")
	}
	if code := r.status("/api/v1/goals/many-1"); code != 404 {
		t.Errorf("a goal that was refused answers %d", code)
	}
}

func TestAServiceThatBeginsBeyondTheBudgetHasPagesAndMetricsOfItself(t *testing.T) {
	r := runWith(t, tooManyGoals())
	if code := r.status("/api/v1/goals/many-1"); code != 200 {
		t.Errorf("the page of a goal answers %d", code)
	}
	code, page := r.ask("GET", "/metrics")
	if code != 200 || strings.Contains(page, "plumbline_goal_info") || !strings.Contains(page, "plumbline_sync_runs_total") {
		t.Errorf("the scrape answers %d, with %d bytes", code, len(page))
	}
	r.await("the log says why", func() bool { return strings.Contains(r.log.String(), "too many series") })
}
