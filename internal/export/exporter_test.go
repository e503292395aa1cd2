package export_test

import (
	"flag"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"pgregory.net/rapid"

	"plumbline/internal/export"
	"plumbline/internal/flow"
	"plumbline/internal/measure"
)

var update = flag.Bool("update", false, "rewrite the goldens")

func ptr[T any](v T) *T { return &v }

var at = time.Date(2026, 11, 16, 8, 30, 0, 250_000_000, time.UTC)

// known is a goal of which everything is known.
func known(id string) measure.GoalStatus {
	return measure.GoalStatus{
		ID: id, Name: "Checkout answers within 300 ms", Owner: "team-payments", Parent: "customer-trust",
		Health: measure.Stalled, HealthSince: ptr(at.AddDate(0, 0, -5)),
		Issues: measure.Parts{ToDo: 3, InProgress: 2, Delivered: 12, Discarded: 1},
		Points: &measure.Points{ToDo: 8, InProgress: 5.5, Delivered: 30, Discarded: 1}, CountedIn: "points", EstimateCoverage: ptr(0.9),
		Reported: ptr(13.0 / 18), Delivered: ptr(12.0 / 17), ReportedFrom: "jira",
		Real: ptr(0.64), RealLower: ptr(0.5), RealUpper: ptr(0.82), Overstated: ptr(0.25),
		Forecast50: ptr(at.AddDate(0, 0, 20)), Forecast85: ptr(at.AddDate(0, 0, 55)), OnTime: ptr(0.4), FirstOnTime: ptr(0.0),
		ReportedHealth: measure.OnTrack, LastCheckIn: ptr(at.AddDate(0, 0, -7)),
		ScopeAdded: ptr(7), ScopeRemoved: ptr(0),
		Target: &flow.Date{Year: 2026, Month: 12, Day: 18}, FirstTarget: &flow.Date{Year: 2026, Month: 7, Day: 1},
		TargetMoves: 2, TargetMoves90d: 1, TargetSlipDays: ptr(170),
		LastProgress: ptr(at.AddDate(0, 0, -16)), StallAfterSeconds: ptr(864000.0), Stalled: ptr(true),
		Outcomes:   []measure.OutcomeStatus{{ID: "p95", Value: ptr(0.35), Ratio: ptr(0.75)}, {ID: "sales", Why: "it was not measured by then"}},
		Evidence:   &measure.Confidence{Ratio: 0.4, Weakest: "size", Components: []measure.Component{{Name: "history", Ratio: 1}, {Name: "size", Ratio: 0.4}}},
		Suppressed: []measure.Suppression{{Measure: "points", Reason: "estimates"}},
		Decisions: &measure.DecisionStatus{
			Open: 3, Overdue: 2, OldestOpen: ptr(at.AddDate(0, 0, -40)), DebtSeconds: 4_320_000, BlockedRatio: ptr(0.4), Reversed: 1,
			Classes: []measure.DecisionClassStatus{
				{Class: "architecture", Open: 3, Overdue: 2, Latency: measure.DecisionLatency{P50Seconds: ptr(864000.0), MeanSeconds: ptr(1296000.0)}},
				{Class: "approval", Latency: measure.DecisionLatency{P50Seconds: ptr(86400.0), P85Seconds: ptr(172800.0), MeanSeconds: ptr(93600.0)}},
				{Class: "impediment"},
			},
		},
		Finished:  &measure.Windows{Days7: 1, Days28: 4, Days90: 9},
		CycleTime: &measure.Percentiles{P50: 86400, P85: 345600, P95: 864000, N: 12}, Age: &measure.Percentiles{P50: 172800, P85: 259200, P95: 259200, N: 2},
		Reopened: ptr(0.05), Blocked: ptr(2), Unowned: ptr(0.5), FlowEfficiency: ptr(0.42), Concentration: ptr(0.6),
		Debt: &measure.DebtStatus{
			Issues:  measure.Parts{ToDo: 2, Delivered: 3, Discarded: 1},
			Created: measure.Windows{Days28: 1, Days90: 4}, Retired: measure.Windows{Days90: 2},
		},
		Traps:        []measure.TrapState{{Trap: "deadline_as_goal", On: true}, {Trap: "scope_treadmill"}, {Trap: "orphan_goal", Unknown: "not declared"}},
		StopCriteria: []measure.StopCriterion{{ID: "late", Met: ptr(true)}, {ID: "little", Met: ptr(false)}, {ID: "dear", Why: "not measured"}},
	}
}

// unknown is a goal of which nothing is known, with a name to try the encoder.
func unknown(id string) measure.GoalStatus {
	return measure.GoalStatus{ID: id, Name: "Say \"no\"\nmore\\often \xff", Health: measure.NotStarted}
}

func zurich(tb testing.TB) *time.Location {
	tb.Helper()
	zone, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		tb.Fatal(err)
	}
	return zone
}

func published(tb testing.TB, goals ...measure.GoalStatus) *export.Exporter {
	tb.Helper()
	e := export.New(zurich(tb))
	if err := e.Publish(&measure.Snapshot{At: at, Goals: goals, Work: []measure.ProjectShare{{Site: "acme", Project: "PAY", Active: 8, Unlinked: 2, Ratio: .25}},
		Estimator: &measure.EstimatorStatus{
			Containers: 40, Errors: map[string]float64{"jira": 1, "regression": 0.9}, Coverage: ptr(0.8), GoalCoverage: ptr(0.75), Skills: map[int]float64{14: 0.1, 90: -0.1},
		},
		Debt:      []measure.SiteDebt{{Site: "acme", Issues: measure.Parts{ToDo: 5, InProgress: 1, Delivered: 4, Discarded: 2}}},
		Decisions: []measure.SiteDecisions{{Site: "acme", Class: "architecture", Open: 4, Overdue: 2}, {Class: "other", Open: 1}}}); err != nil {
		tb.Fatal(err)
	}
	return e
}

// text is what a scrape that asks for the format gets.
func text(tb testing.TB, h http.Handler, accept string) string {
	tb.Helper()
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		tb.Fatalf("a scrape got %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestExpositionIsTheGolden(t *testing.T) {
	h := export.Handler(published(t, known("checkout-p95"), unknown("quiet")))
	for file, accept := range map[string]string{
		"testdata/metrics.txt":     "text/plain",
		"testdata/openmetrics.txt": "application/openmetrics-text; version=1.0.0",
	} {
		got := text(t, h, accept)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

func TestLintFindsNothing(t *testing.T) {
	problems, err := testutil.GatherAndLint(published(t, known("a"), unknown("b")))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestBeforeTheFirstSnapshotThereIsNothing(t *testing.T) {
	families, err := export.New(nil).Gather()
	if err != nil || len(families) != 0 {
		t.Errorf("gathered %v, %v; want nothing", families, err)
	}
}

func TestWhatIsNotKnownIsAbsent(t *testing.T) {
	broken := known("broken")
	broken.Reported, broken.Delivered = ptr(math.NaN()), ptr(math.Inf(1))
	broken.LastProgress = &time.Time{}
	got := text(t, export.Handler(published(t, broken, unknown("quiet"))), "text/plain")

	for _, line := range strings.Split(got, "\n") {
		name, rest, _ := strings.Cut(line, "{")
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.Contains(line, "NaN"), strings.Contains(line, "Inf"):
			t.Errorf("a figure that is not known is shown: %s", line)
		case strings.Contains(rest, `goal="quiet"`):
			switch name {
			case measure.MetricGoalInfo, measure.MetricGoalHealth, measure.MetricGoalIssues:
			default:
				t.Errorf("nothing is known of the goal, but there is %s", line)
			}
		case strings.Contains(rest, `goal="broken"`):
			switch name {
			case measure.MetricGoalReported, measure.MetricGoalDelivered, measure.MetricGoalLastProgress:
				t.Errorf("no number, but there is %s", line)
			}
		}
	}
}

// values returns the values of a family's series by the named labels.
func values(tb testing.TB, g prometheus.Gatherer, family string, labels ...string) map[string]float64 {
	tb.Helper()
	families, err := g.Gather()
	if err != nil {
		tb.Fatal(err)
	}
	out := map[string]float64{}
	for _, mf := range families {
		if mf.GetName() != family {
			continue
		}
		for _, m := range mf.Metric {
			var key []string
			for _, l := range m.Label {
				for _, want := range labels {
					if l.GetName() == want {
						key = append(key, l.GetValue())
					}
				}
			}
			out[strings.Join(key, " ")] += m.GetGauge().GetValue()
		}
	}
	return out
}

func TestAGoalIsInExactlyOneStateAndTheStatesCountTheGoals(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		healths := append(measure.HealthStates(), "", "no such state")
		var goals []measure.GoalStatus
		for k := range rapid.IntRange(0, 20).Draw(rt, "goals") {
			g := unknown(fmt.Sprintf("g%d", k))
			g.Health = rapid.SampledFrom(healths).Draw(rt, "health")
			goals = append(goals, g)
		}
		e := published(t, goals...)

		perGoal := values(t, e, measure.MetricGoalHealth, "goal")
		if len(perGoal) != len(goals) {
			rt.Fatalf("%d goals have a health, of %d", len(perGoal), len(goals))
		}
		for goal, sum := range perGoal {
			if sum != 1 {
				rt.Errorf("%s is in %v states", goal, sum)
			}
		}
		var total float64
		byState := values(t, e, measure.MetricGoals, "state")
		for state, n := range byState {
			total += n
			if in := values(t, e, measure.MetricGoalHealth, "state")[state]; in != n {
				rt.Errorf("%v goals are counted as %s, but %v are", n, state, in)
			}
		}
		if len(byState) != 7 || total != float64(len(goals)) {
			rt.Errorf("%d states count %v goals, of %d", len(byState), total, len(goals))
		}
	})
}

func TestATargetIsTheFirstInstantOfItsDayInTheReportingZone(t *testing.T) {
	got := values(t, published(t, known("a")), measure.MetricGoalTarget, "goal")
	want := map[string]float64{"a": float64(time.Date(2026, 12, 17, 23, 0, 0, 0, time.UTC).Unix())}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("target (-want +got):\n%s", diff)
	}
}

func many(n int) *measure.Snapshot {
	s := &measure.Snapshot{At: at}
	for k := range n {
		s.Goals = append(s.Goals, known(fmt.Sprintf("goal-%05d", k)))
	}
	return s
}

func TestARefusedSnapshotLeavesTheLastGoodOneInForce(t *testing.T) {
	for name, bad := range map[string]struct {
		snapshot *measure.Snapshot
		want     string
	}{
		"more series than the budget":        {many(3000), "publishing the snapshot of 2026-11-16T08:30:00Z: too many series: its 3000 goals and 0 projects make "},
		"two goals that claim the same name": {&measure.Snapshot{At: at, Goals: []measure.GoalStatus{known("a"), known("a")}}, "is there twice"},
	} {
		t.Run(name, func(t *testing.T) {
			e := published(t, known("good"))
			before, _ := e.Gather()
			err := e.Publish(bad.snapshot)
			if err == nil || !strings.Contains(err.Error(), bad.want) {
				t.Errorf("error %v, want one with %q", err, bad.want)
			}
			if after, _ := e.Gather(); &after[0] != &before[0] {
				t.Error("the last good snapshot is no longer served")
			}
		})
	}
}

func TestFiveHundredGoalsAreWithinTheBudget(t *testing.T) {
	if err := export.New(nil).Publish(many(500)); err != nil {
		t.Error(err)
	}
}

func TestScrapesAndPublishingDoNotDisturbEachOther(t *testing.T) {
	e := published(t, known("a"))
	h := export.Handler(e)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := range 20 {
				if err := e.Publish(many(n%5 + 1)); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 20 {
				text(t, h, "text/plain")
			}
		})
	}
	wg.Wait()
}

func TestAGathererThatFailsFailsTheScrape(t *testing.T) {
	failing := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		return nil, fmt.Errorf("no idea")
	})
	w := httptest.NewRecorder()
	export.Handler(published(t, known("a")), failing).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusInternalServerError {
		t.Errorf("the scrape got %d, want 500", w.Code)
	}
}

func TestReferenceListsEveryMetricEvenBeforeTheFirstSnapshot(t *testing.T) {
	own := prometheus.NewRegistry()
	sync := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: measure.MetricSyncLastSuccess, Help: "Last."}, []string{"site"})
	sync.WithLabelValues("acme")
	own.MustRegister(sync)

	got, err := export.Reference(own, published(t, known("a")))
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]export.Metric{}
	for _, m := range got {
		if m.Help == "" || m.Type == "" {
			t.Errorf("%s has no help or no type", m.Name)
		}
		byName[m.Name] = m
	}
	if len(byName) != len(got) {
		t.Errorf("%d lines, but %d names", len(got), len(byName))
	}
	want := export.Metric{Name: measure.MetricSyncLastSuccess, Type: "gauge", Labels: []string{"site"}, Help: "Last."}
	if diff := cmp.Diff(want, byName[want.Name]); diff != "" {
		t.Errorf("self-metric (-want +got):\n%s", diff)
	}
	families, err := published(t, known("a")).Gather()
	if err != nil {
		t.Fatal(err)
	}
	if len(families)+1 != len(got) {
		t.Errorf("%d families are exported, but the reference has %d of them", len(families), len(got)-1)
	}
}

// BenchmarkScrape measures /metrics as Prometheus asks for it: within 20 ms for
// 50 goals, within 200 ms for 500 (DESIGN §7).
func BenchmarkScrape(b *testing.B) {
	for _, goals := range []int{50, 500} {
		for _, format := range []string{"text/plain", "application/openmetrics-text; version=1.0.0"} {
			b.Run(fmt.Sprintf("%d goals/%s", goals, strings.TrimPrefix(strings.Split(format, ";")[0], "application/")), func(b *testing.B) {
				e := export.New(nil)
				if err := e.Publish(many(goals)); err != nil {
					b.Fatal(err)
				}
				h := export.Handler(prometheus.NewRegistry(), e)
				bytes := 0
				for b.Loop() {
					bytes = len(text(b, h, format))
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/scrape")
				b.ReportMetric(float64(bytes), "page-bytes")
			})
		}
	}
}

func BenchmarkPublish(b *testing.B) {
	e, s := export.New(nil), many(500)
	for b.Loop() {
		if err := e.Publish(s); err != nil {
			b.Fatal(err)
		}
	}
}
