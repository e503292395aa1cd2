package app_test

import (
	"testing"
	"time"

	"plumbline/internal/config"
	"plumbline/internal/measure"
	"plumbline/internal/syncer"
)

// story measures the demo's company as it stands at the moment.
func story(t *testing.T, now time.Time) *measure.Snapshot {
	t.Helper()
	company, world := theCompany(t, now)
	goals, err := config.ParseGoals(company.Goals)
	if err != nil {
		t.Fatal(err)
	}
	s := openGoals(t, world, now, goals)
	s.sync(t, syncer.Full)
	return s.Snapshot()
}

func TestTheDemosCompanyShowsItsTroublesOnEveryDayOfTheWeek(t *testing.T) {
	for day := 16; day <= 22; day++ {
		now := time.Date(2026, 11, day, 9, 0, 0, 0, time.UTC)
		t.Run(now.Weekday().String(), func(t *testing.T) {
			snap := story(t, now)
			shown := func(goal, trap string) bool {
				g, ok := snap.Goal(goal)
				if !ok {
					t.Fatalf("there is no goal %s", goal)
				}
				for _, x := range g.ShownTraps() {
					if x.Trap == trap {
						return true
					}
				}
				return false
			}
			sepa, _ := snap.Goal("sepa-instant")
			if sepa.TargetMoves != 3 || !shown("sepa-instant", "deadline_as_goal") {
				t.Errorf("sepa-instant: its target moved %d times, %+v", sepa.TargetMoves, sepa.Traps)
			}
			if !shown("self-service-refunds", "scope_treadmill") {
				t.Error("self-service-refunds is on no treadmill")
			}
			for _, id := range []string{"fraud-screening", "ledger-cutover"} {
				if g, _ := snap.Goal(id); g.Movement != measure.StandsStill {
					t.Errorf("%s is %s, and not stalled", id, g.Movement)
				}
			}
			if g, _ := snap.Goal("checkout-p95"); g.FlowEfficiency == nil || *g.FlowEfficiency < 0.5 || *g.FlowEfficiency > 0.9 || g.Concentration == nil {
				t.Errorf("checkout-p95: flow efficiency %v, concentration %v", g.FlowEfficiency, g.Concentration)
			}
			if g, _ := snap.Goal("sepa-instant"); g.Concentration != nil || g.Missing["concentration"] == "" {
				t.Errorf("sepa-instant: concentration %v, missing %q", g.Concentration, g.Missing["concentration"])
			}
			if g, _ := snap.Goal("customer-trust"); g.Debt == nil || g.Debt.Issues.Delivered < 2 || g.Debt.Issues.Open() < 1 || g.Concentration == nil {
				t.Errorf("customer-trust: debt %+v, concentration %v", g.Debt, g.Concentration)
			}
			ledger, _ := snap.Goal("ledger-cutover")
			waits := map[string]int{}
			for _, w := range ledger.WaitsFor {
				waits[w.Kind] = w.Issues
			}
			if waits["link"] < 2 {
				t.Errorf("ledger-cutover waits for %+v, and not for an open decision by links", ledger.WaitsFor)
			}
		})
	}
}
