package jira

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const testToken = "very-secret-token"

// clock is a time that moves only when somebody sleeps. Several may at once;
// what it holds is looked at when none does.
type clock struct {
	mu    sync.Mutex
	at    time.Time
	slept []time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slept = append(c.slept, d)
	c.at = c.at.Add(d)
	return nil
}

// testClient is a client of the handler whose pauses take no time.
func testClient(t *testing.T, h http.Handler, change ...func(*Options)) (*Client, *clock) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	o := Options{
		Site: "acme", URL: srv.URL + "/jira", Auth: Auth{PAT: testToken}, Pseudonym: Pseudonymizer([]byte("key")),
		RequestsPerSecond: 1e6, Metrics: NewMetrics(nil), KeepSummaries: true,
	}
	for _, f := range change {
		f(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	k := &clock{at: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	c.now, c.sleep, c.random = k.now, k.sleep, func() float64 { return 0.5 }
	return c, k
}

func writeJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // a client that went away is the test's own
}

// ask makes one request through call.
func ask(c *Client, e endpoint) error {
	var out json.RawMessage
	_, err := c.call(context.Background(), request{endpoint: e, method: http.MethodGet, path: "rest/api/2/x"}, into(&out))
	return err
}

func TestAnswersThatAreNoSuccessAreSaidInWordsWithTheMend(t *testing.T) {
	headers := func(kv ...string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			for k := 0; k < len(kv); k += 2 {
				w.Header().Set(kv[k], kv[k+1])
			}
		}
	}
	tests := []struct {
		name     string
		endpoint endpoint
		headers  func(http.ResponseWriter)
		status   int
		body     string
		kind     error
		requests int
		text     string
	}{
		{"401", endpointMyself, headers(), 401, `{"message":"Client must be authenticated to access this resource.","status-code":401}`, ErrAuth, 1,
			"site acme: myself: 401: the credentials are not accepted: Client must be authenticated to access this resource. (check that the token or password is right and has not expired)"},
		{"a gateway's 401 in another form", endpointMyself, headers(), 401, `{"code":401,"message":"Unauthorized; scope does not match"}`, ErrAuth, 1, "Unauthorized; scope does not match"},
		{"401 with a web page", endpointMyself, headers("Content-Type", "text/html"), 401, `<html>Basic Authentication Failure</html>`, ErrAuth, 1, "401: the credentials are not accepted (check"},
		{"a CAPTCHA", endpointMyself, headers(headerDenied, "CAPTCHA_CHALLENGE; login-url=https://x"), 403, `{}`, ErrAuth, 1, "asks for a CAPTCHA"},
		{"a CAPTCHA told by the login reason", endpointMyself, headers(headerLoginReason, "AUTHENTICATION_DENIED"), 401, `{}`, ErrAuth, 1, "asks for a CAPTCHA"},
		{"403", endpointSearch, headers(), 403, `{}`, ErrAuth, 1, "the account may not do this"},
		{"404 with a web page at the start", endpointServerInfo, headers("Content-Type", "text/html"), 404, `<html>`, ErrConfig, 1, "there is no Jira at this address (check the url, its context path above all"},
		{"404 of an issue", endpointIssue, headers(), 404, `{"errorMessages":["Issue does not exist or you do not have permission to see it."],"errors":{}}`, nil, 1, "not found, or the account may not see it: Issue does not exist"},
		{"410", endpointSearch, headers(), 410, `{"errorMessages":["The requested API has been removed."],"errors":{}}`, ErrConfig, 1, "has removed this part"},
		{"400 of a query", endpointSearch, headers(), 400, `{"errorMessages":["The value 'PAYY' does not exist for the field 'project'."],"errors":{}}`, ErrConfig, 1,
			"site acme: search: 400: Jira refuses the query: The value 'PAYY' does not exist for the field 'project'. (try the scope"},
		{"a login page as a success", endpointSearch, headers("Content-Type", "text/html; charset=utf-8"), 200, `<html>Log in</html>`, ErrAuth, 1, "answers with a web page where data was asked for"},
		{"a web page at the start", endpointServerInfo, headers("Content-Type", "text/html"), 200, `<html>`, ErrConfig, 1, "context path"},
		{"a success for nobody", endpointSearch, headers(headerLoginReason, "AUTHENTICATED_FAILED"), 200, `{}`, ErrAuth, 1, "answers as it would answer anybody"},
		{"a success for an anonymous visitor", endpointSearch, headers(headerUser, "anonymous"), 200, `{}`, ErrAuth, 1, "takes us for an anonymous visitor"},
		{"an overloaded site that says so anonymously", endpointSearch, headers(headerUser, "anonymous", "Content-Type", "text/html"), 503, `<html>`, nil, 5, "503: Jira is overloaded"},
		{"502 for good", endpointSearch, headers(), 502, ``, nil, 5, "502: Jira is overloaded"},
		{"429 for good", endpointSearch, headers(), 429, `{}`, nil, 5, "429: too many requests (lower limits.requests_per_second)"},
		{"500", endpointSearch, headers(), 500, `{"errorMessages":["Search limit exceeded."]}`, nil, 1, "500: unexpected answer: Search limit exceeded."},
		{"truncated JSON", endpointSearch, headers(), 200, `{"issues":[`, nil, 5, "no whole JSON"},
		{"an echo of the token", endpointSearch, headers(), 500, `{"errorMessages":["Bearer ` + testToken + ` is odd"]}`, nil, 5, "Bearer *** is odd"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var n atomic.Int64
			c, _ := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				n.Add(1)
				w.Header().Set("Content-Type", "application/json")
				tt.headers(w)
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			err := ask(c, tt.endpoint)
			var api *APIError
			if !errors.As(err, &api) || api.Status != tt.status || !strings.Contains(err.Error(), tt.text) {
				t.Fatalf("error %q (%+v); want status %d and %q", err, api, tt.status, tt.text)
			}
			if errors.Is(err, ErrAuth) != (tt.kind == ErrAuth) || errors.Is(err, ErrConfig) != (tt.kind == ErrConfig) || api.Refused() != (tt.kind != nil) {
				t.Errorf("class of %q is wrong, want %v", err, tt.kind)
			}
			made, retried := c.Requests()
			if int(n.Load()) != tt.requests || made != tt.requests || retried != tt.requests-1 {
				t.Errorf("%d requests arrived, %d counted, %d of them repetitions; want %d", n.Load(), made, retried, tt.requests)
			}
			if strings.Contains(err.Error(), testToken) {
				t.Errorf("the token stands in %q", err)
			}
		})
	}
}

func TestNoCredentialFollowsARedirect(t *testing.T) {
	var leaked atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { leaked.Add(1) }))
	defer other.Close()
	for name, auth := range map[string]Auth{"token": {PAT: testToken}, "basic": {User: "u", Password: "p"}} {
		t.Run(name, func(t *testing.T) {
			c, _ := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, other.URL+"/login?token=x", http.StatusFound)
			}), func(o *Options) { o.Auth = auth })
			err := ask(c, endpointServerInfo)
			if !errors.Is(err, ErrAuth) || !strings.Contains(err.Error(), "single sign-on") || strings.Contains(err.Error(), "token=x") {
				t.Errorf("error %v; want one about a single sign-on, without the address's query", err)
			}
			if leaked.Load() != 0 {
				t.Error("the other host was asked")
			}
		})
	}
}

func TestARedirectWithinTheSiteIsAWrongAddress(t *testing.T) {
	c, _ := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere/rest", http.StatusMovedPermanently)
	}))
	if err := ask(c, endpointServerInfo); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "right context path") {
		t.Errorf("error %v; want one about the address", err)
	}
}

func TestPausesBetweenRepetitions(t *testing.T) {
	tests := []struct {
		name    string
		status  int
		headers map[string]string
		want    []time.Duration // before each repetition
	}{
		{"double where nothing is asked for", 503, nil, []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second}},
		{"are at least what Retry-After says", 429, map[string]string{"Retry-After": "30"}, []time.Duration{31 * time.Second, 31 * time.Second, 31 * time.Second, 31 * time.Second}},
		{"last until the limit's reset", 429, map[string]string{"X-RateLimit-Reset": "2026-11-21T12:01Z"}, []time.Duration{61 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second}},
		{"do not grow by a Retry-After that comes with another error", 502, map[string]string{"Retry-After": "100"}, []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var k *clock
			c, ours := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", k.now().Format(http.TimeFormat))
				for h, v := range tt.headers {
					w.Header().Set(h, v)
				}
				w.WriteHeader(tt.status)
			}))
			k = ours
			_ = ask(c, endpointSearch)
			if fmt.Sprint(k.slept) != fmt.Sprint(tt.want) {
				t.Errorf("pauses %v, want %v", k.slept, tt.want)
			}
		})
	}
}

func TestASuccessWithRetryAfterIsNotWaitedFor(t *testing.T) {
	c, k := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "10")
		writeJSON(w, 200, `{}`)
	}))
	for range 2 {
		if err := ask(c, endpointSearch); err != nil {
			t.Fatal(err)
		}
	}
	if len(k.slept) != 0 {
		t.Errorf("slept %v: Data Center sends Retry-After with every answer", k.slept)
	}
}

func TestALongRetryAfterEndsTheRunAndIsKept(t *testing.T) {
	var n atomic.Int64
	c, k := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n.Add(1)
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	first, second := ask(c, endpointSearch), ask(c, endpointSearch)
	if n.Load() != 1 || len(k.slept) != 0 {
		t.Errorf("%d requests, slept %v; want one request and then silence", n.Load(), k.slept)
	}
	for _, err := range []error{first, second} {
		const want = "site acme: search: 429: yielded: the site asked to wait until 2026-11-21T13:00:01Z"
		var api *APIError
		if !errors.As(err, &api) || !errors.Is(err, ErrYield) || err.Error() != want {
			t.Fatalf("error %v, want %s", err, want)
		}
		if !api.Yielded() || !api.Until.Equal(time.Date(2026, 11, 21, 13, 0, 1, 0, time.UTC)) || api.Refused() || api.Incomplete() != "" {
			t.Errorf("yielded %v until %v, refused %v, incomplete %q", api.Yielded(), api.Until, api.Refused(), api.Incomplete())
		}
	}
	k.at = k.at.Add(time.Hour + time.Second)
	_ = ask(c, endpointSearch)
	if n.Load() != 2 {
		t.Error("the site is not asked again when the time is over")
	}
}

func TestAPassingFailureIsRepeatedUntilItSucceeds(t *testing.T) {
	failures := map[string]func(http.ResponseWriter){
		"a broken connection": func(w http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"a cut body": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"a":`)
		},
		"a restart": func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
	}
	for name, fail := range failures {
		t.Run(name, func(t *testing.T) {
			var n atomic.Int64
			c, _ := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if body, _ := io.ReadAll(r.Body); string(bytes.TrimSpace(body)) != `{"jql":"x"}` {
					t.Errorf("attempt %d has the body %q", n.Load(), body)
				}
				if n.Add(1) < 3 {
					fail(w)
					return
				}
				writeJSON(w, 200, `{}`)
			}))
			var out json.RawMessage
			_, err := c.call(context.Background(), request{endpoint: endpointSearch, method: http.MethodPost, path: "rest/x", body: map[string]string{"jql": "x"}}, into(&out))
			if err != nil || n.Load() != 3 {
				t.Errorf("error %v after %d requests; want success at the third", err, n.Load())
			}
		})
	}
}

func TestASlowAnswerIsGivenUpAndCancellingEndsAtOnce(t *testing.T) {
	release := make(chan struct{})
	slow := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	c, _ := testClient(t, slow, func(o *Options) { o.Timeout = 20 * time.Millisecond })
	defer close(release)
	if err := ask(c, endpointSearch); err == nil || !strings.Contains(err.Error(), "no complete answer in time") {
		t.Errorf("error %v; want one about time", err)
	}
	if made, _ := c.Requests(); made != 5 {
		t.Errorf("%d requests, want 5: a timeout is repeated", made)
	}

	c, _ = testClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }))
	ctx, cancel := context.WithCancel(context.Background())
	c.sleep = func(ctx context.Context, d time.Duration) error { cancel(); return sleep(ctx, time.Hour) }
	_, err := c.call(ctx, request{endpoint: endpointSearch, method: http.MethodGet, path: "x"}, into(&struct{}{}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}

func TestAnAnswerBeyondTheBoundIsRefused(t *testing.T) {
	c, _ := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		chunk := bytes.Repeat([]byte(" "), 1<<20)
		for range maxBody>>20 + 1 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	if err := ask(c, endpointSearch); !errors.Is(err, errTooLarge) {
		t.Errorf("error %v, want %v", err, errTooLarge)
	}
}

func TestHostAndCertificateFailuresNameTheSetting(t *testing.T) {
	tls := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, `{}`) }))
	defer tls.Close()
	tls.Config.ErrorLog = nil
	plainHTTP := httptest.NewServer(http.NotFoundHandler())
	defer plainHTTP.Close()
	tests := []struct{ name, url, text string }{
		{"an unknown authority", tls.URL, "tls.ca_file"},
		{"no TLS there", strings.Replace(plainHTTP.URL, "http://", "https://", 1), "begins with http://"},
		{"no such host", "https://no-such-host.invalid", "no such host"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := testClient(t, http.NotFoundHandler(), func(o *Options) { o.URL = tt.url })
			err := ask(c, endpointServerInfo)
			if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v; want a wrong setting and %q", err, tt.text)
			}
		})
	}
}

// Who has mistyped an address is told at once. A site that goes away in the
// middle of a run is waited for.
func TestASiteThatCannotBeReachedIsSoonGivenUpAtTheStartAlone(t *testing.T) {
	unused := httptest.NewServer(http.NotFoundHandler())
	unused.Close()
	tests := []struct {
		name, url, text string
		config          bool
		requests        int
	}{
		{"a connection refused", unused.URL, "site acme: server_info: nothing answers at this address: dial tcp", false, 2},
		{"a host that nobody knows", "https://no-such-host.invalid", "site acme: server_info: no such host: no-such-host.invalid (check the url, and the machine's name servers)", true, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, k := testClient(t, http.NotFoundHandler(), func(o *Options) { o.URL = tt.url })
			_, err := c.Identify(context.Background())
			made, _ := c.Requests()
			if err == nil || !strings.Contains(err.Error(), tt.text) || errors.Is(err, ErrConfig) != tt.config || made != tt.requests {
				t.Errorf("%d requests, error %v; want %q", made, err, tt.text)
			}
			if fmt.Sprint(k.slept) != "[300ms]" {
				t.Errorf("it waited for %v", k.slept)
			}
			c.answered.Store(true)
			k.slept = nil
			if err := ask(c, endpointSearch); err == nil || errors.Is(err, ErrConfig) {
				t.Errorf("in the middle of a run: error %v; want one that may pass", err)
			}
			if fmt.Sprint(k.slept) != "[2s 4s 8s 16s]" {
				t.Errorf("in the middle of a run it waited for %v", k.slept)
			}
		})
	}
}
