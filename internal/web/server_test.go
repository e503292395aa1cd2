package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/measure"
	"plumbline/internal/syncer"
)

func TestAnswersToGoodAndBadRequests(t *testing.T) {
	failing := newCompany()
	failing.fails = errInside
	slow := newCompany()
	slow.fails = context.DeadlineExceeded
	empty := &company{}
	panicking := newCompany()
	panicking.panics = true
	const hidden = "the answer could not be made; the service's log says why"
	for _, c := range []struct {
		name, method, target string
		engine               *company
		status               int
		says                 string
	}{
		{"metrics are the given handler's", "GET", "/metrics", newCompany(), 200, "plumbline_goals 12\n"},
		{"metrics don't wait for a snapshot", "GET", "/metrics", empty, 200, "plumbline_goals 12\n"},
		{"a service without a snapshot is healthy", "GET", "/-/healthy", empty, 200, "Plumbline is healthy.\n"},
		{"a service without a snapshot is not ready", "GET", "/-/ready", empty, 503, "Plumbline is not ready: the first snapshot is still being made.\n"},
		{"a service with a snapshot is ready", "GET", "/-/ready", newCompany(), 200, "Plumbline is ready.\n"},
		{"reload is a POST", "GET", "/-/reload", newCompany(), 405, "/-/reload takes POST, not GET\n"},
		{"reload says that it was done", "POST", "/-/reload", newCompany(), 200, "The configuration has been read again.\n"},
		{"pages are not posted to", "POST", "/", newCompany(), 405, "/ takes GET and HEAD, not POST"},
		{"the API is not posted to", "DELETE", "/api/v1/goals/search", newCompany(), 405, `{"error":"/api/v1/goals/search takes GET and HEAD, not DELETE"}` + "\n"},
		{"an unknown page", "GET", "/admin", newCompany(), 404, "There is nothing at this address."},
		{"an unknown part of the API", "GET", "/api/v2/goals", newCompany(), 404, `{"error":"there is nothing at this address"}` + "\n"},
		{"a goal that is not there", "GET", "/goals/nobody", newCompany(), 404, "There is no goal with this id."},
		{"a goal that is not there, as JSON", "GET", "/api/v1/goals/nobody", newCompany(), 404, `{"error":"there is no goal with this id"}` + "\n"},
		{"a goal's id that none can have", "GET", "/goals/..%2f..%2fetc%2fpasswd", newCompany(), 404, "There is no goal with this id."},
		{"a bad moment", "GET", "/api/v1/goals?at=noon", newCompany(), 400, `{"error":"at: \"noon\" is no moment: write it like 2026-11-20T09:00:00Z, 2026-11-20 or -14d"}` + "\n"},
		{"a moment to come", "GET", "/api/v1/sync?at=2026-11-24", newCompany(), 400, `{"error":"at: \"2026-11-24\" lies in the future: give a moment up to now, 2026-11-23T08:30:00Z"}` + "\n"},
		{"a moment to come, on a page", "GET", "/goals/search?at=2027-01-01", newCompany(), 400, "lies in the future"},
		{"a bad moment, on the page of syncs", "GET", "/sync?at=-3w", newCompany(), 400, "is no number of days: write it like -14d"},
		{"two moments", "GET", "/api/v1/goals?at=-1d&at=-2d", newCompany(), 400, `{"error":"parameter \"at\" is given 2 times: give it once"}` + "\n"},
		{"a misspelt parameter", "GET", "/api/v1/goals?att=-1d", newCompany(), 400, `{"error":"unknown parameter \"att\": this address takes [\"at\"]"}` + "\n"},
		{"parameters that can't be read", "GET", "/api/v1/goals?at=%zz", newCompany(), 400, `{"error":"the address's parameters can't be read: invalid URL escape \"%zz\""}` + "\n"},
		{"an empty moment is the present", "GET", "/api/v1/goals?at=", newCompany(), 200, `{"at":"2026-11-23T08:28:00Z"`},
		{"the board before the first snapshot", "GET", "/", empty, 503, "The first snapshot is still being made"},
		{"a goal before the first snapshot", "GET", "/goals/search", empty, 503, "The first snapshot is still being made"},
		{"the API before the first snapshot", "GET", "/api/v1/goals", empty, 503, `{"error":"the first snapshot is still being made: ask again in a moment"}` + "\n"},
		{"a fault inside is not told", "GET", "/api/v1/goals?at=-1d", failing, 500, `{"error":"` + hidden + `"}` + "\n"},
		{"a fault inside is not told on a page", "GET", "/goals/search", failing, 500, "The answer could not be made; the service&#39;s log says why."},
		{"decisions before the first snapshot", "GET", "/decisions", empty, 503, "The first snapshot is still being made"},
		{"decisions of no goal", "GET", "/decisions?goal=nobody", newCompany(), 404, "There is no goal with this id"},
		{"decisions of what can be no goal", "GET", "/api/v1/decisions?goal=a%2Fb", newCompany(), 404, "there is no goal with this id"},
		{"decisions of an empty goal", "GET", "/api/v1/decisions?goal=", newCompany(), 404, "there is no goal with this id"},
		{"decisions with another parameter", "GET", "/api/v1/decisions?class=adr", newCompany(), 400, "unknown parameter"},
		{"a fault in the decisions", "GET", "/decisions", failing, 500, "The answer could not be made"},
		{"unlinked work before the first snapshot", "GET", "/unlinked", empty, 503, "The first snapshot is still being made"},
		{"unlinked work at a bad moment", "GET", "/api/v1/unlinked?at=noon", newCompany(), 400, "is no moment"},
		{"a fault in unlinked work", "GET", "/unlinked", failing, 500, "The answer could not be made"},
		{"a fault in reading the syncs", "GET", "/sync", failing, 500, "The answer could not be made"},
		{"the board stands though the syncs can't be read", "GET", "/", failing, 200, "The reports of the last syncs could not be read"},
		{"an answer that takes too long", "GET", "/api/v1/goals?at=-1d", slow, 503, `{"error":"the answer took too long: ask again later"}` + "\n"},
		{"a panic", "GET", "/", panicking, 500, "The service made a mistake; its log says which."},
		{"a panic in the API", "GET", "/api/v1/goals", panicking, 500, `{"error":"the service made a mistake; its log says which"}` + "\n"},
		{"the stylesheet", "GET", "/static/style.css", empty, 200, "prefers-color-scheme: dark"},
		{"no other file", "GET", "/static/openapi.json", empty, 404, "nothing at this address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			serve(t, c.engine).ServeHTTP(w, httptest.NewRequest(c.method, c.target, nil))
			body := w.Body.String()
			if w.Code != c.status {
				t.Errorf("%s %s answers %d, want %d", c.method, c.target, w.Code, c.status)
			}
			exact := strings.HasSuffix(c.says, "\n")
			if exact && body != c.says || !exact && !strings.Contains(body, c.says) {
				t.Errorf("%s %s says\n%s\nwant\n%s", c.method, c.target, body, c.says)
			}
			if strings.Contains(body, "secret-looking") {
				t.Error("the answer tells what is only for the log")
			}
			if (c.status == 503) != (w.Header().Get("Retry-After") != "") {
				t.Error("Retry-After goes with 503, and with nothing else")
			}
			if c.status == 405 && w.Header().Get("Allow") == "" {
				t.Error("an answer 405 says what is allowed")
			}
		})
	}
}

func TestEveryAnswerHasTheSafetyHeaders(t *testing.T) {
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":  "nosniff",
		"Referrer-Policy":         "no-referrer",
	}
	h := serve(t, newCompany())
	for _, target := range []string{"/", "/goals/search", "/sync", "/nowhere", "/metrics", "/-/ready", "/static/style.css",
		"/api/v1/goals", "/api/v1/goals/nobody", "/api/v1/openapi.json", "/?at=bad"} {
		w := get(t, h, target)
		for name, value := range want {
			if got := w.Header().Get(name); got != value {
				t.Errorf("%s: %s is %q, want %q", target, name, got, value)
			}
		}
		if w.Header().Get("Content-Type") == "" && target != "/metrics" {
			t.Errorf("%s has no Content-Type", target)
		}
	}
}

func TestReloadIsRefusedToOtherSites(t *testing.T) {
	for _, c := range []struct {
		name, host     string
		origin, site   string
		status, reload int
	}{
		{"a program that is no browser", "plumbline:9847", "", "", 200, 1},
		{"a page of this site", "plumbline.acme.example", "https://plumbline.acme.example", "same-origin", 200, 1},
		{"a page of this machine", "127.0.0.1:9847", "http://127.0.0.1:9847", "", 200, 1},
		{"a page of this machine by its IPv6 address", "[::1]:9847", "http://[::1]:9847", "", 200, 1},
		{"a page of localhost", "localhost:9847", "http://localhost:9847", "same-origin", 200, 1},
		{"a page of another site", "plumbline.acme.example", "https://evil.example", "cross-site", 403, 0},
		{"a page of another site, by an old browser", "127.0.0.1:9847", "https://evil.example", "", 403, 0},
		{"a page of a sister site", "plumbline.acme.example", "https://wiki.acme.example", "same-site", 403, 0},
		{"a page without an origin", "127.0.0.1:9847", "null", "", 403, 0},
		{"a foreign name pointed at this address", "evil.example:9847", "http://evil.example:9847", "same-origin", 403, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newCompany()
			r := httptest.NewRequest(http.MethodPost, "/-/reload", nil)
			r.Host = c.host
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			if c.site != "" {
				r.Header.Set("Sec-Fetch-Site", c.site)
			}
			w := httptest.NewRecorder()
			serve(t, e).ServeHTTP(w, r)
			if w.Code != c.status || e.reloads != c.reload {
				t.Errorf("answers %d after %d reloads, want %d after %d: %s", w.Code, e.reloads, c.status, c.reload, w.Body)
			}
		})
	}
}

func TestAReloadThatFailsSaysWhy(t *testing.T) {
	e := newCompany()
	e.reload = errors.New("config/goals/payments.yaml:3:5: goals[0].id: twice, rename one")
	w := httptest.NewRecorder()
	serve(t, e).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/-/reload", nil))
	want := "The new configuration is not usable, the old one stays in force:\n" + e.reload.Error() + "\n"
	if w.Code != 500 || w.Body.String() != want {
		t.Errorf("answers %d %q, want 500 %q", w.Code, w.Body, want)
	}
}

func TestNamesFromOutsideStayText(t *testing.T) {
	const hostile = `"><script>alert(1)</script><img src=x onerror='x'>`
	e := newCompany()
	g := goalWith("search", hostile, hostile, measure.Stalled, "2026-10-30", .7, .66, measure.Parts{ToDo: 1})
	g.Missing, g.Target = map[string]string{"target": hostile}, nil
	e.snap.Goals = []measure.GoalStatus{g}
	e.runs = []syncer.Report{{Site: hostile, Kind: hostile, Result: hostile, Reasons: []string{hostile}, Started: testNow(), Finished: testNow(),
		Problems: 1, ProblemIssues: []syncer.ProblemIssue{{Key: hostile, What: hostile}}}}
	h := serve(t, hostileLinks{e, hostile})
	for _, target := range []string{"/", "/goals/search", "/sync", "/?at=" + "%22%3E%3Cscript%3E", "/%22%3E%3Cscript%3E"} {
		w := get(t, h, target)
		body := w.Body.String()
		if strings.Contains(body, "<script") || strings.Contains(body, "<img") {
			t.Errorf("%s carries an element from outside:\n%s", target, body)
		}
		if strings.Contains(body, "javascript:") || strings.Contains(body, "ZgotmplZ") {
			t.Errorf("%s carries a link that runs:\n%s", target, body)
		}
		checkMarkup(t, w.Body.Bytes())
	}
	if body := get(t, h, "/api/v1/goals").Body.String(); strings.Contains(body, "<") {
		t.Errorf("the JSON carries a bare <: %s", body)
	}
}

// hostileLinks is a company whose Jira and whose changelogs are up to no good.
type hostileLinks struct {
	*company
	text string
}

func (h hostileLinks) IssueURL(string, string) string { return "javascript:alert(1)" }

func (h hostileLinks) Explain(_ context.Context, goal, _ string, at time.Time) (*measure.Explanation, error) {
	e := []measure.Evidence{{Site: h.text, Key: h.text, What: h.text, Via: h.text}}
	return &measure.Explanation{Goal: goal, At: at, Measures: []measure.ExplainedMeasure{
		{Measure: "health", Value: h.text, Why: h.text, Formula: h.text, Counted: e, LeftOut: e, Inputs: []measure.ExplainedInput{{Name: h.text, Value: h.text}}}}}, nil
}

func TestTheMomentAskedForIsTheOneAnswered(t *testing.T) {
	e := newCompany()
	h := serve(t, e)
	for _, target := range []string{"/?at=2026-11-01", "/goals/search?at=-14d", "/api/v1/goals?at=2026-10-01T12:00:00%2B02:00"} {
		if w := get(t, h, target); w.Code != 200 {
			t.Fatalf("%s answers %d: %s", target, w.Code, w.Body)
		}
	}
	want := []time.Time{
		time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 9, 8, 30, 0, 0, time.UTC), time.Date(2026, 10, 1, 10, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, e.asked); diff != "" {
		t.Errorf("the moments asked of the engine differ:\n%s", diff)
	}
	body := get(t, h, "/goals/search?at=-14d").Body.String()
	if link := `href="../?at=2026-11-09T08%3A30%3A00Z"`; !strings.Contains(body, link) {
		t.Errorf("links don't keep the moment, want %s in\n%s", link, body)
	}
}

func TestHeadAndConditionalRequestsOverTheWire(t *testing.T) {
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = New(Options{Engine: newCompany(), Now: testNow, Metrics: http.NotFoundHandler()}).HTTPServer()
	if srv.Config.ReadHeaderTimeout == 0 || srv.Config.ReadTimeout == 0 || srv.Config.WriteTimeout == 0 || srv.Config.IdleTimeout == 0 {
		t.Error("the server waits without end")
	}
	srv.Start()
	defer srv.Close()
	for _, path := range []string{"/", "/goals/search", "/sync", "/api/v1/goals", "/-/ready", "/static/style.css"} {
		resp, err := srv.Client().Head(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK || len(body) > 0 || err != nil {
			t.Errorf("HEAD %s answers %d with %d bytes, %v", path, resp.StatusCode, len(body), err)
		}
	}
	first := get(t, srv.Config.Handler, "/static/style.css")
	r := httptest.NewRequest(http.MethodGet, "/static/style.css", nil)
	r.Header.Set("If-None-Match", first.Header().Get("ETag"))
	w := httptest.NewRecorder()
	srv.Config.Handler.ServeHTTP(w, r)
	if w.Code != http.StatusNotModified {
		t.Errorf("a stylesheet that is held answers %d, want 304", w.Code)
	}
}

func TestTheLogHasPanicsAndFaultsAndRequestsOnlyForDebugging(t *testing.T) {
	for _, c := range []struct {
		name   string
		level  slog.Level
		engine *company
		want   []string
	}{
		{"a good request leaves no line", slog.LevelInfo, newCompany(), nil},
		{"a good request leaves a line for debugging", slog.LevelDebug, newCompany(), []string{"level=DEBUG msg=answered method=GET path=/api/v1/sync status=200"}},
		{"a fault is told to the log", slog.LevelInfo, &company{snap: newCompany().snap, fails: errInside}, []string{`msg="a request failed"`, "secret-looking detail"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			h := New(Options{Engine: c.engine, Now: testNow, Metrics: http.NotFoundHandler(),
				Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: c.level}))}).Handler()
			get(t, h, "/api/v1/sync")
			for _, want := range c.want {
				if !strings.Contains(log.String(), want) {
					t.Errorf("the log has no %q:\n%s", want, &log)
				}
			}
			if len(c.want) == 0 && log.Len() > 0 {
				t.Errorf("the log says:\n%s", &log)
			}
		})
	}
}

func TestAnAnswerThatPanicsHalfwayIsBrokenOff(t *testing.T) {
	srv := httptest.NewServer(New(Options{Engine: newCompany(), Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("half of it"))
		_ = http.NewResponseController(w).Flush()
		panic("the other half")
	})}).Handler())
	defer srv.Close()
	resp, err := srv.Client().Get(srv.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if body, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("half an answer passes for a whole one: %q", body)
	}
}
