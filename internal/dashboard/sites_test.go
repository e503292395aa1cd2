//go:build integration

package dashboard_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/dashboard"
	"plumbline/internal/measure"
)

// site serves what a Plumbline of one Jira site says of the goal g, of which so
// many issues are delivered and to do there, as of its technical debt. It
// returns its address.
func site(t *testing.T, delivered, todo int, real float64) string {
	t.Helper()
	now := time.Now().Unix()
	var page strings.Builder
	for _, s := range []struct {
		metric, labels string
		value          float64
	}{
		{measure.MetricGoalInfo, `,name="Goal",owner="team",parent=""`, 1},
		{measure.MetricGoalIssues, `,category="delivered"`, float64(delivered)},
		{measure.MetricGoalIssues, `,category="todo"`, float64(todo)},
		{measure.MetricGoalIssues, `,category="in_progress"`, 0},
		{measure.MetricGoalDelivered, "", float64(delivered) / float64(delivered+todo)},
		{measure.MetricGoalReal, "", real},
		{measure.MetricGoalOnTime, "", real / 2},
		{measure.MetricGoalForecast, `,percentile="50"`, float64(now + int64(delivered)*86400)},
		{measure.MetricGoalLastProgress, "", float64(now - int64(delivered))},
		{measure.MetricGoalHealth, `,state="on_track"`, 1},
	} {
		fmt.Fprintf(&page, "%s{goal=\"g\"%s} %v\n", s.metric, s.labels, s.value)
	}
	for category, issues := range map[string]int{"todo": todo, "in_progress": 1, "delivered": delivered, "discarded": 5} {
		fmt.Fprintf(&page, "%s{site=\"of-%d\",category=%q} %d\n", measure.MetricDebt, delivered, category, issues)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		fmt.Fprint(w, page.String())
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// shown asks what a panel shows: the value of each series by the labels that
// it is called after.
func shown(t *testing.T, prom *prometheus, board, panel, metric string, labels ...string) map[string]float64 {
	t.Helper()
	queries, err := dashboard.Queries(files(t)[board])
	if err != nil {
		t.Fatal(err)
	}
	k := slices.IndexFunc(queries, func(q dashboard.Query) bool {
		return q.From == panel && slices.Contains(metricsIn(q.Expr), metric)
	})
	if k < 0 {
		t.Fatalf("%s has no panel %s on %s", board, panel, metric)
	}
	got, err := prom.at(queries[k].Expr, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, s := range got {
		var name []string
		for _, l := range labels {
			name = append(name, s.Metric[l])
		}
		if all[strings.Join(name, "|")], err = s.Value.number(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// Intervals, chances and forecasts of several sites stand beside each other,
// called after where they are from; what can be added is added too. Where
// there is one site, nothing is said of it.
func TestFromJirasOfTwoSitesTheBoardsShowEach(t *testing.T) {
	a, b := site(t, 8, 2, 0.7), site(t, 2, 28, 0.1)
	two := startPrometheus(t, quick(), t.TempDir(), dashboard.Places{Plumbline: []string{a, b}, Alertmanager: "127.0.0.1:1", URL: "http://" + a})
	one := startPrometheus(t, quick(), t.TempDir(), dashboard.Places{Plumbline: []string{a}, Alertmanager: "127.0.0.1:1", URL: "http://" + a})
	await(t, "both sites", func() error {
		return two.has("count(" + measure.MetricGoalInfo + ") == 2 and on () count(" + measure.MetricGoalOnTime + ") == 2")
	})
	await(t, "the one", func() error { return one.has(measure.MetricGoalOnTime) })

	rowA, rowB, row := "g "+a, "g "+b, "g "
	for name, tc := range map[string]struct {
		prom                 *prometheus
		board, panel, metric string
		labels               []string
		want                 map[string]float64
	}{
		"a row for each site and one for the goal": {two, "goal-health.json", "Goals", measure.MetricGoalInfo, []string{"row", "name", "instance"},
			map[string]float64{rowA + "|Goal|" + a: 1, rowB + "|Goal|" + b: 1, row + "|Goal|": 1}},
		"what is real, of each site":            {two, "goal-health.json", "Goals", measure.MetricGoalReal, []string{"row"}, map[string]float64{rowA: 0.7, rowB: 0.1}},
		"the chance, of each site":              {two, "goal-health.json", "Goals", measure.MetricGoalOnTime, []string{"row"}, map[string]float64{rowA: 0.35, rowB: 0.05}},
		"what is delivered, 10 of 40 in sum":    {two, "goal-health.json", "Goals", measure.MetricGoalDelivered, []string{"row"}, map[string]float64{rowA: 0.8, rowB: 2.0 / 30, row: 0.25}},
		"what is real, by the site":             {two, "goal.json", "Reported, and real", measure.MetricGoalReal, []string{"at"}, map[string]float64{" (" + a + ")": 0.7, " (" + b + ")": 0.1}},
		"the scope, added":                      {two, "goal.json", "Burn-up", measure.MetricGoalIssues, nil, map[string]float64{"": 10}},
		"one row without a site where it's one": {one, "goal-health.json", "Goals", measure.MetricGoalInfo, []string{"row", "name", "instance"}, map[string]float64{rowA + "|Goal|": 1}},
		"what is delivered there":               {one, "goal-health.json", "Goals", measure.MetricGoalDelivered, []string{"row"}, map[string]float64{rowA: 0.8}},
		"open debt, of each site":               {two, "goal-health.json", "Technical debt of each Jira", measure.MetricDebt, []string{"site"}, map[string]float64{"of-8": 3, "of-2": 29}},
		"what is real there, of no site":        {one, "goal.json", "Reported, and real", measure.MetricGoalReal, []string{"at"}, map[string]float64{"": 0.7}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, shown(t, tc.prom, tc.board, tc.panel, tc.metric, tc.labels...)); diff != "" {
				t.Errorf("(-want +shown):\n%s", diff)
			}
		})
	}
}
