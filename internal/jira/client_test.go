package jira

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestEveryRequestSaysWhoAsksAndIsMeasured(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	m := NewMetrics(reg)
	var logged bytes.Buffer
	c, _ := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("User-Agent") != "plumbline/1" || r.Header.Get("Authorization") != "Bearer "+testToken || r.URL.Path != "/jira/rest/api/2/x" {
			t.Errorf("%s with %v", r.URL, r.Header)
		}
		if r.Header.Get("Cookie") == "" {
			http.SetCookie(w, &http.Cookie{Name: "JSESSIONID", Value: "node1", Path: "/"})
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		writeJSON(w, 200, `{}`)
	}), func(o *Options) {
		o.Metrics, o.UserAgent = m, "plumbline/1"
		o.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	if err := ask(c, endpointSearch); err != nil {
		t.Fatal(err)
	}
	want := `
# HELP plumbline_jira_requests_total Requests made to Jira, each repetition counted, by endpoint and HTTP status code; code none where no answer came.
# TYPE plumbline_jira_requests_total counter
plumbline_jira_requests_total{code="200",endpoint="approximate_count",site="acme"} 0
plumbline_jira_requests_total{code="200",endpoint="board",site="acme"} 0
plumbline_jira_requests_total{code="200",endpoint="changelog_bulkfetch",site="acme"} 0
plumbline_jira_requests_total{code="200",endpoint="field",site="acme"} 0
plumbline_jira_requests_total{code="200",endpoint="issue",site="acme"} 0
plumbline_jira_requests_total{code="200",endpoint="issue_bulkfetch",site="acme"} 0
plumbline_jira_requests_total{code="200",endpoint="issue_changelog",site="acme"} 0
plumbline_jira_requests_total{code="200",endpoint="myself",site="acme"} 0
plumbline_jira_requests_total{code="200",endpoint="project",site="acme"} 0
plumbline_jira_requests_total{code="200",endpoint="search",site="acme"} 1
plumbline_jira_requests_total{code="200",endpoint="server_info",site="acme"} 0
plumbline_jira_requests_total{code="200",endpoint="sprint",site="acme"} 0
plumbline_jira_requests_total{code="200",endpoint="status",site="acme"} 0
plumbline_jira_requests_total{code="200",endpoint="tenant_info",site="acme"} 0
plumbline_jira_requests_total{code="200",endpoint="versions",site="acme"} 0
plumbline_jira_requests_total{code="503",endpoint="search",site="acme"} 1
# HELP plumbline_jira_throttled_seconds_total Time spent waiting because Jira refused requests as too many or was overloaded (429, 503).
# TYPE plumbline_jira_throttled_seconds_total counter
plumbline_jira_throttled_seconds_total{site="acme"} 2
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "plumbline_jira_requests_total", "plumbline_jira_throttled_seconds_total"); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
	if strings.Contains(logged.String(), testToken) || !strings.Contains(logged.String(), "repeated") {
		t.Errorf("log: %s", logged.String())
	}
}

func TestIdentifyTakesTwoRequestsAndTheSitesOwnClock(t *testing.T) {
	info := `{"version":"9.12.7","deploymentType":"Server","serverTime":"2026-11-21T13:00:00.000+0100"}`
	me := `{"key":"JIRAUSER1","name":"bot","displayName":"Bot","timeZone":"Europe/Zurich"}`
	tests := []struct {
		name     string
		info, me string
		meStatus int
		auth     Auth
		kind     error
		text     string
	}{
		{"a server", info, me, 200, Auth{PAT: "t"}, nil, ""},
		{"a server that tells strangers no time", `{"version":"9.12.7","deploymentType":"Server"}`, me, 200, Auth{PAT: "t"}, nil, ""},
		{"an old server without deployment type", `{"version":"7.1.0"}`, me, 200, Auth{PAT: "t"}, nil, ""},
		{"a product that is not known", `{"version":"1.0.0","deploymentType":"Moon"}`, me, 200, Auth{PAT: "t"}, ErrConfig, `is a Jira of an unknown kind, "Moon"`},
		{"something that is no Jira", `{"hello":1}`, me, 200, Auth{PAT: "t"}, ErrConfig, "does not answer as Jira does"},
		{"nobody", info, `{}`, 200, Auth{PAT: "t"}, ErrAuth, "takes us for nobody"},
		{"nobody, as configured", info, `{}`, 401, Auth{Anonymous: true}, nil, ""},
		{"a refusal", info, `{}`, 401, Auth{PAT: "t"}, ErrAuth, "credentials are not accepted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mux := http.NewServeMux()
			mux.HandleFunc("GET /jira/rest/api/2/serverInfo", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", "Sat, 21 Nov 2026 12:00:00 GMT")
				writeJSON(w, 200, tt.info)
			})
			mux.HandleFunc("GET /jira/rest/api/2/myself", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, tt.meStatus, tt.me) })
			c, _ := testClient(t, mux, func(o *Options) { o.Auth = tt.auth })
			id, err := c.Identify(context.Background())
			if tt.text != "" {
				if !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.text) {
					t.Fatalf("error %v, want %q", err, tt.text)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if made, _ := c.Requests(); made != 2 || !id.ServerNow.Equal(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)) || id.Deployment != "Server" {
				t.Errorf("%d requests, %+v", made, id)
			}
			if !tt.auth.Anonymous && (id.Account != Pseudonymizer([]byte("key"))("JIRAUSER1") || id.TimeZone != "Europe/Zurich") {
				t.Errorf("identity %+v", id)
			}
			if v := testutil.ToFloat64(c.o.Metrics.authenticated.WithLabelValues("acme")); v != 1 {
				t.Errorf("plumbline_jira_authenticated is %v", v)
			}
		})
	}
}
