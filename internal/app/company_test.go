package app_test

import (
	"bytes"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"plumbline/internal/app"
	"plumbline/internal/config"
	"plumbline/internal/jirasim"
	"plumbline/internal/measure"
	"plumbline/internal/syncer"
)

// story measures the demo's company as it stands at the moment.
func story(t *testing.T, now time.Time) *measure.Snapshot {
	t.Helper()
	company := jirasim.NewCompany(1, now)
	goals, err := config.ParseGoals(company.Goals)
	if err != nil {
		t.Fatal(err)
	}
	var dump bytes.Buffer
	if err := company.WriteDump(&dump); err != nil {
		t.Fatal(err)
	}
	world, err := jirasim.LoadDump(&dump)
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(jirasim.New(world, jirasim.Options{PAT: "pat", Now: func() time.Time { return now }}))
	t.Cleanup(site.Close)
	c := config.Default()
	c.Store.Path = filepath.Join(t.TempDir(), "plumbline.db")
	c.Sites = []config.Site{{Name: "demo", URL: site.URL, Auth: config.Auth{PATEnv: "UNUSED"}, Limits: config.Limits{RequestsPerSecond: 1e6, InFlight: 4}}}
	a, err := app.Open(app.Options{
		Settings: app.Settings{Config: c, Goals: goals}, Now: func() time.Time { return now },
		Secret: func(*config.Site) (string, error) { return "pat", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := a.Sync(t.Context(), "", syncer.Full, nil); err != nil {
		t.Fatal(err)
	}
	return a.Snapshot()
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
