package jira

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plumbline/internal/flow"
)

func TestEveryRefusalOfTheCredentialsHasItsOwnWords(t *testing.T) {
	basic := Auth{User: "bot@acme.com", Password: testToken}
	past := Auth{PAT: testToken, Expires: flow.Date{Year: 2026, Month: 11, Day: 20}}
	scoped := "; a Jira Cloud token that was made with scopes needs auth.scoped: true)"
	tests := []struct {
		name    string
		auth    Auth
		cloud   bool
		status  int
		headers []string
		body    string
		text    string // behind "site acme: myself: "
	}{
		{"a wrong token of Cloud, or a scoped one", basic, true, 401, nil, `Client must be authenticated to access this resource.`,
			"401: the credentials are not accepted (check that the token or password is right and has not expired" + scoped},
		{"a wrong access token", Auth{PAT: testToken}, false, 401, nil, ``,
			"401: the credentials are not accepted (check that the token or password is right and has not expired)"},
		{"a wrong password of Data Center", basic, false, 401, []string{headerLoginReason, "AUTHENTICATED_FAILED", "Content-Type", "text/html"},
			`<html>Basic Authentication Failure - Reason : AUTHENTICATED_FAILED`,
			"401: the credentials are not accepted (check that the token or password is right and has not expired)"},
		{"a token that has expired", past, true, 401, nil, `{}`,
			"401: the credentials are not accepted; by auth.expires the token ended on 2026-11-20 (make a new one, put it in its place and change auth.expires)"},
		{"an expired token that Cloud answers for anybody", past, true, 200, []string{headerLoginReason, "AUTHENTICATED_FAILED"}, `{}`,
			"200: the credentials are not accepted; the site answers as it would answer anybody; by auth.expires the token ended on 2026-11-20 (make a new one, put it in its place and change auth.expires)"},
		{"a scope that is missing", basic, true, 401, nil, `{"code":401,"message":"Unauthorized; scope does not match"}`,
			"401: the token lacks a scope that this needs: Unauthorized; scope does not match (make a token with the scopes read:jira-work and read:jira-user, " +
				"and for sprints read:board-scope:jira-software, read:sprint:jira-software and read:project:jira)"},
		{"basic authentication is switched off", basic, false, 403, nil, `{"message":"Basic Authentication has been disabled on this instance."}`,
			"403: basic authentication is switched off at this site: Basic Authentication has been disabled on this instance. (use a personal access token: auth.pat_file)"},
		{"what Cloud says of passwords and of wrong tokens alike", basic, true, 401, nil, `{"message":"Basic authentication with passwords is deprecated."}`,
			"401: the credentials are not accepted: Basic authentication with passwords is deprecated. (check that it is an API token and no password, that it is right and has not expired" + scoped},
		{"a CAPTCHA", basic, false, 403, []string{headerDenied, "CAPTCHA_CHALLENGE; login-url=https://x"}, `{}`,
			"403: Jira asks for a CAPTCHA after too many failed logins and does not even look at the credentials (log in once with a browser as this account and solve it, or use a personal access token)"},
		{"an anonymous visitor", Auth{PAT: testToken}, false, 200, []string{headerUser, "anonymous"}, `{}`,
			"200: the site takes us for an anonymous visitor (check the credentials, and that no proxy removes the Authorization header)"},
		{"a login page", Auth{PAT: testToken}, true, 200, []string{"Content-Type", "text/html"}, `<html>Log in`,
			"200: the site answers with a web page where data was asked for, as a login page does (check the credentials, and let requests with a token pass the single sign-on)"},
		{"a single sign-on", Auth{PAT: testToken}, true, 302, []string{"Location", "https://sso.acme.com/x?secret=1"}, ``,
			"302: the site sends us to another host, sso.acme.com, as a single sign-on does (let requests with a token pass the sign-on, or use the address behind it)"},
		{"no permission", basic, true, 403, nil, `{}`,
			"403: the account may not do this (give it the permission Browse Projects, and check that basic authentication is not switched off)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				for k := 0; k < len(tt.headers); k += 2 {
					w.Header().Set(tt.headers[k], tt.headers[k+1])
				}
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}), func(o *Options) { o.Auth = tt.auth })
			c.flavour = &server{c}
			if tt.cloud {
				c.flavour = &cloud{c}
			}
			err := ask(c, endpointMyself)
			if want := "site acme: myself: " + tt.text; !errors.Is(err, ErrAuth) || err.Error() != want {
				t.Errorf("error %v\nwant  %s", err, want)
			}
		})
	}
}

func TestAnotherAccountInTheMiddleOfARunIsRefused(t *testing.T) {
	for _, header := range []string{headerUser, headerAccount} {
		var n atomic.Int64
		c, _ := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(header, []string{"", "bot", "bot", "", "mallory"}[n.Add(1)])
			writeJSON(w, 200, `{}`)
		}))
		n.Store(0)
		for range 3 {
			if err := ask(c, endpointSearch); err != nil {
				t.Fatal(err)
			}
		}
		const want = "site acme: search: 200: the site takes us for another account than a moment ago (check that no proxy mixes up sessions, and that nothing else changes the credentials)"
		if err := ask(c, endpointSearch); !errors.Is(err, ErrAuth) || err.Error() != want {
			t.Errorf("error %v\nwant  %s", err, want)
		}
	}
}

func TestATokensEndIsToldInTime(t *testing.T) {
	now := time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC)
	for day, want := range map[string]string{
		"2026-12-22": "",
		"2026-12-21": "the token expires in 30 days, on 2026-12-21 (make a new one, put it in its place and change auth.expires)",
		"2026-11-22": "the token expires tomorrow (make a new one, put it in its place and change auth.expires)",
		"2026-11-21": "the token expires today (make a new one, put it in its place and change auth.expires)",
		"2026-11-20": "the token expired on 2026-11-20 (make a new one, put it in its place and change auth.expires)",
	} {
		d, err := flow.ParseDate(day)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Auth{Expires: d}).Expiry(now); got != want {
			t.Errorf("on %s, of %s: %q, want %q", now, day, got, want)
		}
	}
	if got := (Auth{}).Expiry(now); got != "" {
		t.Errorf("without a known end: %q", got)
	}
}

const cloudInfo = `{"version":"1001.0.0-SNAPSHOT","deploymentType":"Cloud","serverTime":"2026-11-21T12:00:00.000+0000"}`

// gatewayed is a client with a scoped token: a site, and the gateway.
func gatewayed(t *testing.T, site, gateway http.Handler) *Client {
	t.Helper()
	g := httptest.NewServer(gateway)
	t.Cleanup(g.Close)
	c, _ := testClient(t, site, func(o *Options) {
		o.Auth = Auth{User: "bot@acme.com", Password: testToken, Scoped: true}
		o.Gateway = g.URL
	})
	return c
}

func TestAScopedTokenGoesToTheGatewayAlone(t *testing.T) {
	site := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/_edge/tenant_info" || r.Header.Get("Authorization") != "" {
			t.Errorf("the site is asked for %s with %q", r.URL, r.Header.Get("Authorization"))
		}
		writeJSON(w, 200, `{"cloudId":"11111111-2222-3333"}`)
	})
	var asked []string
	c := gatewayed(t, site, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, token, _ := r.BasicAuth()
		if user != "bot@acme.com" || token != testToken {
			t.Errorf("%s comes with the wrong credentials", r.URL)
		}
		asked = append(asked, r.URL.Path)
		if strings.HasSuffix(r.URL.Path, "myself") {
			writeJSON(w, 200, `{"accountId":"5b10","timeZone":"UTC"}`)
			return
		}
		writeJSON(w, 200, cloudInfo)
	}))
	for range 2 {
		id, err := c.Identify(context.Background())
		if err != nil || id.Deployment != "Cloud" || id.Account != Pseudonymizer([]byte("key"))("5b10") {
			t.Fatalf("identity %+v, %v", id, err)
		}
	}
	const base = "/ex/jira/11111111-2222-3333/rest/api/"
	if got, want := strings.Join(asked, " "), base+"3/myself "+base+"2/serverInfo "+base+"3/myself"; got != want {
		t.Errorf("asked %s\nwant  %s", got, want)
	}
	if made, _ := c.Requests(); made != 4 {
		t.Errorf("%d requests, want 4: the cloud id is asked for once, in place of who the site is", made)
	}
}

func TestASiteThatIsNotAtTheGatewayIsSaid(t *testing.T) {
	never := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the gateway is asked for %s", r.URL) })
	tests := []struct {
		name, body string
		status     int
		text       string
	}{
		{"no such page", `{}`, 404, "site acme: tenant_info: 404: the site has no place at Atlassian's gateway, as Jira Cloud has (remove auth.scoped, or check the url: scoped tokens are Jira Cloud's)"},
		{"no id", `{}`, 200, "site acme: identify: tells no cloud id (scoped tokens are Jira Cloud's: remove auth.scoped, or check the url)"},
		{"an id that leads elsewhere", `{"cloudId":"../../x"}`, 200, "site acme: identify: tells no cloud id (scoped tokens are Jira Cloud's: remove auth.scoped, or check the url)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := gatewayed(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, tt.status, tt.body) }), never)
			_, err := c.Identify(context.Background())
			if !errors.Is(err, ErrConfig) || err.Error() != tt.text {
				t.Errorf("error %v\nwant  %s", err, tt.text)
			}
			if err := ask(c, endpointField); err == nil || err.Error() != "site acme: field: the site must be identified first" {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestTheGatewayRefusesATokenInWords(t *testing.T) {
	c := gatewayed(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, `{"cloudId":"1"}`) }),
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, 401, `{"code":401,"message":"Unauthorized"}`)
		}))
	_, err := c.Identify(context.Background())
	const want = "site acme: myself: 401: the credentials are not accepted: Unauthorized (check that the token belongs to this account, has not expired, and was made with scopes for Jira)"
	if !errors.Is(err, ErrAuth) || err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
}

func TestCloudIsKnownByItsOwnWordAndATokensEndIsLogged(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /jira/rest/api/2/serverInfo", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, cloudInfo) })
	mux.HandleFunc("GET /jira/rest/api/3/myself", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, `{"accountId":"5b10"}`) })
	var logged bytes.Buffer
	c, _ := testClient(t, mux, func(o *Options) {
		o.Auth.Expires = flow.Date{Year: 2026, Month: 11, Day: 28}
		o.Logger = slog.New(slog.NewTextHandler(&logged, nil))
	})
	id, err := c.Identify(context.Background())
	if err != nil || id.Deployment != "Cloud" || !c.isCloud() {
		t.Fatalf("identity %+v, %v", id, err)
	}
	if !strings.Contains(logged.String(), "the token expires in 7 days, on 2026-11-28") {
		t.Errorf("log %s", logged.String())
	}
}
