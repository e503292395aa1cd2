package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"plumbline/internal/config"
	"plumbline/internal/goal"
	"plumbline/internal/store"
)

func FuzzValueOf(f *testing.F) {
	f.Add([]byte(`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"0.5"]}]}}`))
	f.Add([]byte(`{"status":"success","data":{"resultType":"scalar","result":[1,"NaN"]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if v, err := valueOf(body); err == nil && v != v {
			t.Errorf("%q is read as no number", body)
		}
	})
}

func TestTheOneValueOfAQueryIsRead(t *testing.T) {
	const good, vector = `{"status":"success","data":{"resultType":`, `"vector","result":`
	for _, c := range []struct {
		name, body string
		want       float64
		err        string
	}{
		{"a vector of one", good + vector + `[{"metric":{"job":"x"},"value":[1700000000.5,"0.35"]}]}}`, 0.35, ""},
		{"a scalar", good + `"scalar","result":[1700000000,"-1e3"]}}`, -1000, ""},
		{"no series", good + vector + `[]}}`, 0, "the query gives 0 series, and one is wanted"},
		{"two series", good + vector + `[{"value":[1,"1"]},{"value":[1,"2"]}]}}`, 0, "the query gives 2 series, and one is wanted"},
		{"a hole", good + vector + `[null]}}`, 0, "the query gives 1 series, and one is wanted"},
		{"a matrix", good + `"matrix","result":[]}}`, 0, "the query gives no single value; aggregate it to one, such as with avg or max"},
		{"not a number", good + `"scalar","result":[1,"NaN"]}}`, 0, "the query gives no number"},
		{"infinity", good + `"scalar","result":[1,"+Inf"]}}`, 0, "the query gives no number"},
		{"a refusal", `{"status":"error","errorType":"bad_data","error":"1:5: parse error\nx"}`, 0, "it refuses the query: 1:5: parse error x"},
		{"a page", "<html>", 0, "that is no answer of its query interface; check prometheus.url"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := valueOf([]byte(c.body))
			text := ""
			if err != nil {
				text = err.Error()
			}
			if got != c.want || text != c.err {
				t.Errorf("%v, %q; want %v, %q", got, text, c.want, c.err)
			}
		})
	}
}

func TestOutcomesAreMeasuredHourlyAndKept(t *testing.T) {
	var asked []string
	value := "0.4"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path+" "+r.FormValue("query")+" "+r.FormValue("time"))
		if r.FormValue("query") == "bad" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"status":"error","error":"no"}`))
			return
		}
		_, _ = w.Write([]byte(`{"status":"success","data":{"resultType":"scalar","result":[1,"` + value + `"]}}`))
	}))
	t.Cleanup(server.Close)
	goals, err := config.ParseGoals(map[string][]byte{"g.yaml": []byte("goals:\n  - {id: g, name: G, owner: t, outcomes: [{id: p95, query: good, from: 0.5, to: 0.3}, {id: no, query: bad, from: 0, to: 1}]}\n")})
	if err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.Prometheus.URL = server.URL + "/prom/"
	now := time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
	a := bare(Options{Settings: Settings{Config: c, Goals: goals}, Now: func() time.Time { return now }})
	if a.store, err = store.Open(t.TempDir()+"/p.db", store.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	a.measureOutcomes(t.Context())
	now = now.Add(4 * time.Minute)
	a.measureOutcomes(t.Context()) // which is too soon for either
	now = now.Add(55 * time.Minute)
	a.measureOutcomes(t.Context()) // which asks again for what failed alone
	now, value = now.Add(time.Minute), "0.3"
	a.measureOutcomes(t.Context())
	const good, bad = "POST /prom/api/v1/query good 2026-11-18T", "POST /prom/api/v1/query bad 2026-11-18T"
	want := []string{good + "12:00:00Z", bad + "12:00:00Z", bad + "12:59:00Z", good + "13:00:00Z"}
	if got := strings.Join(asked, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("asked\n%s", got)
	}
	all, err := a.measuredOutcomes(goals.List)
	if err != nil || len(all) != 2 || len(all[0].Values) != 2 || all[0].Values[1].Value != 0.3 || len(all[1].Values) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	now = now.Add(91 * 24 * time.Hour)
	a.measureOutcomes(t.Context())
	if all, err = a.measuredOutcomes(goals.List); err != nil || len(all[0].Values) != 2 || !all[0].Values[1].At.Equal(now) || all[0].Values[0].Value != 0.3 {
		t.Errorf("after 91 days %+v, %v; want the last value of the first day, and the new one", all, err)
	}
	asked, c.Prometheus.URL = nil, ""
	now = now.Add(2 * time.Hour)
	if a.measureOutcomes(t.Context()); len(asked) > 0 {
		t.Errorf("without an address %v was asked", asked)
	}
}

func TestOutcomesThatTakeAllTheTimeComeLastTheNextTime(t *testing.T) {
	goals := []goal.Goal{
		{ID: "a", Outcomes: []goal.Outcome{{ID: "slow", Query: "1"}, {ID: "slower", Query: "2"}}},
		{ID: "b", Outcomes: []goal.Outcome{{ID: "late", Query: "3"}, {ID: "last", Query: "4"}}},
	}
	names := func(due []outcomeKey) (out string) {
		for _, key := range due {
			out += key.outcome + " "
		}
		return out
	}
	start := time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
	var o outcomes
	for _, c := range []struct {
		after time.Duration
		want  string
		asked []asking // of what is due, as far as the time goes
	}{
		{0, "slow slower late last ", []asking{{start, true}, {start.Add(30 * time.Second), true}}},
		{4 * time.Minute, "late last ", []asking{{start.Add(4 * time.Minute), false}}},
		{5 * time.Minute, "last slow ", []asking{{start.Add(5 * time.Minute), true}, {start.Add(6 * time.Minute), false}}},
		{11 * time.Minute, "slower last ", nil},
		{64 * time.Minute, "slower late last ", nil},
		{-time.Minute, "slower late last slow ", nil}, // the clock was set back
	} {
		due := o.due(goals, start.Add(c.after))
		if got := names(due); got != c.want {
			t.Errorf("after %s %q is due, want %q", c.after, got, c.want)
		}
		for k, a := range c.asked {
			o.asked[due[k]] = a
		}
	}
	if o.due(goals[:1], start); len(o.asked) != 2 {
		t.Errorf("of the goals that are left %d outcomes are remembered, want 2", len(o.asked))
	}
}
