//go:build integration

package dashboard_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"plumbline/internal/dashboard"
	"plumbline/internal/measure"
)

// What the chain's Prometheus says of the past that was filled in, and of the
// future that is forecast.

// checkHistory asks for all that the boards on goals show, over time and at the
// end of a range in the past, off midnight and before anything was scraped: the
// samples are those of the back-fill, a day apart.
func checkHistory(t *testing.T, prom *prometheus) {
	t.Helper()
	boards := files(t)
	for _, daysAgo := range []int{3, 150} {
		off := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -daysAgo).Add(15*time.Hour + 37*time.Minute)
		for _, name := range []string{"goal-health.json", "goal.json"} {
			queries, err := dashboard.Queries(boards[name])
			if err != nil {
				t.Fatal(err)
			}
			for _, q := range queries {
				if strings.HasPrefix(q.From, "variable") || tellsOfTheFuture(q) || begunSince(q, daysAgo) {
					continue
				}
				got, err := prom.at(q.Expr, off)
				if !q.Instant {
					got, err = prom.during(q.Expr, off.Add(-time.Minute), off, 5*time.Second)
				}
				if err == nil && len(got) == 0 {
					err = errors.New("no data")
				}
				if err == nil {
					err = inUnit(q, got)
				}
				if err != nil {
					t.Errorf("%s, %s %s, at %s: %v: %s", name, q.From, q.RefID, off.Format(time.RFC3339), err, q.Expr)
				}
			}
		}
	}
}

// tellsOfTheFuture says whether the query has no answer about the past: where a
// forecast led then, nobody is shown.
func tellsOfTheFuture(q dashboard.Query) bool {
	return q.From == "Burn-up" && strings.Contains(q.Expr, ":1d]") ||
		slices.Contains([]string{"annotation Target", "annotation Forecast, 50 %", "annotation Forecast, 85 %"}, q.From)
}

// begunSince says whether nothing of what is asked for was there so long ago:
// outcomes, and what is about Plumbline itself, are known from its first day
// on, and the only check-in and stop criterion are of a goal that is younger.
func begunSince(q dashboard.Query, daysAgo int) bool {
	return slices.ContainsFunc(metricsIn(q.Expr), func(m string) bool {
		switch m {
		case measure.MetricGoalOutcome, measure.MetricSnapshot, measure.MetricSyncLastSuccess:
			return !strings.Contains(q.Expr, "reason")
		case measure.MetricGoalCheckIn, measure.MetricGoalStopCriterion:
			return daysAgo > haltingSince && !strings.Contains(q.Expr, "reason")
		}
		return false
	})
}

// checkProjection holds that the burn-up leads from what is delivered to the
// scope, and gets there when the forecast says.
func checkProjection(t *testing.T, prom *prometheus) {
	t.Helper()
	queries, err := dashboard.Queries(files(t)["goal.json"])
	if err != nil {
		t.Fatal(err)
	}
	k := slices.IndexFunc(queries, func(q dashboard.Query) bool {
		return q.From == "Burn-up" && strings.Contains(q.Expr, `percentile="50"`)
	})
	if k < 0 {
		t.Fatal("the burn-up has no forecast")
	}
	parts := func(categories string) float64 {
		return prom.value(t, fmt.Sprintf("sum(%s{goal=%q,category=~%q})", measure.MetricGoalIssues, forecastGoal, categories))
	}
	delivered, scope := parts("delivered"), parts("delivered|in_progress|todo")
	due := time.Unix(int64(prom.value(t, fmt.Sprintf("max(%s{goal=%q,percentile=\"50\"})", measure.MetricGoalForecast, forecastGoal))), 0)
	at := func(moment time.Time) (float64, bool) {
		got, err := prom.at(queries[k].Expr, moment)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range got {
			if s.Metric["goal"] == forecastGoal {
				v, err := s.Value.number()
				if err != nil {
					t.Fatal(err)
				}
				return v, true
			}
		}
		return 0, false
	}
	now := time.Now()
	for _, share := range []float64{0.25, 0.5, 0.98} { // the day moves on while it is asked for
		got, ok := at(now.Add(time.Duration(share * float64(due.Sub(now)))))
		if want := delivered + share*(scope-delivered); !ok || math.Abs(got-want) > 0.02*scope {
			t.Errorf("after %v of the way to the forecast %v issues are shown (%t), want %v: from %v to %v", share, got, ok, want, delivered, scope)
		}
	}
	for name, moment := range map[string]time.Time{"the past": now.AddDate(0, 0, -3), "the present": now, "what comes after the forecast": due.AddDate(0, 0, 2)} {
		if got, ok := at(moment); ok {
			t.Errorf("of %s %v issues are forecast", name, got)
		}
	}
}

// checkAgreement holds that the past of one moment and what was scraped at it
// are the same series, with the same values but for what changes from one
// measuring to the next: within a minute, and on the halting goal anything.
func checkAgreement(t *testing.T, p *plumbline, prom *prometheus) {
	t.Helper()
	moment := time.Now().Truncate(time.Minute)
	filled := samplesOf(t, p.backfill(t, "--from", moment.Format(time.RFC3339), "--to", moment.Format(time.RFC3339), "--step", "1m"))
	got, err := prom.at(fmt.Sprintf(`{job="plumbline",instance=%q,__name__=~"plumbline_.*"}`, p.address), moment)
	if err != nil {
		t.Fatal(err)
	}
	scraped := map[string]float64{}
	for _, s := range got {
		if scraped[labels(s.Metric)], err = s.Value.number(); err != nil {
			t.Fatal(err)
		}
	}
	if len(filled) < 1000 {
		t.Errorf("the back-fill of %s has %d series", moment, len(filled))
	}
	for name, v := range filled {
		is, ok := scraped[name]
		drift := 1e-3 * max(1, math.Abs(v))
		if strings.Contains(name, "_seconds") {
			drift = 150
		}
		if !ok || math.Abs(is-v) > drift && !strings.Contains(name, "goal="+haltingGoal) {
			t.Errorf("%s is %v by back-fill, and %v (%t) as scraped", name, v, is, ok)
		}
	}
	for name := range scraped {
		if _, ok := filled[name]; !ok && strings.HasPrefix(name, "{__name__=plumbline_goal") {
			t.Errorf("%s is scraped and not back-filled", name)
		}
	}
}

// samplesOf reads OpenMetrics text of one moment.
func samplesOf(t *testing.T, text []byte) map[string]float64 {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	samples := map[string]float64{}
	for name, f := range families {
		for _, m := range f.Metric {
			series := map[string]string{"__name__": name}
			for _, l := range m.Label {
				if l.GetValue() != "" { // to Prometheus, an empty label is none
					series[l.GetName()] = l.GetValue()
				}
			}
			samples[labels(series)] = m.GetGauge().GetValue()
		}
	}
	return samples
}

// labels writes a series' labels in one order.
func labels(series map[string]string) string {
	var all []string
	for _, name := range sorted(series) {
		all = append(all, name+"="+series[name])
	}
	return "{" + strings.Join(all, ",") + "}"
}
