package jira

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
)

func TestWrongOptionsAreSaidWithoutSecrets(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Options)
		text   string
	}{
		{"a user in the address", func(o *Options) { o.URL = "https://u:hunter22@jira" }, "site acme: wrong configuration: url: must not hold a user or a password: they belong into auth"},
		{"an address that is none", func(o *Options) { o.URL = "https://u:hunter22@jira:port%" }, "site acme: wrong configuration: url: not a URL"},
		{"another scheme", func(o *Options) { o.URL = "ftp://jira" }, "site acme: wrong configuration: url: must begin with https:// or http://"},
		{"a query", func(o *Options) { o.URL = "https://jira/?a=b" }, "site acme: wrong configuration: url: must end with the context path, without ? and #"},
		{"no credentials", func(o *Options) { o.Auth = Auth{} }, "site acme: wrong configuration: auth: no credentials: give a personal access token, or a user with a password"},
		{"two ways", func(o *Options) { o.Auth.User = "u" }, "site acme: wrong configuration: auth: more than one way is given: choose one of token, user with password, anonymous"},
		{"a user alone", func(o *Options) { o.Auth = Auth{User: "u"} }, "site acme: wrong configuration: auth: basic authentication needs both a user and a password or token"},
		{"a token with a newline", func(o *Options) { o.Auth.PAT = "hunter22\n" }, "site acme: wrong configuration: auth: the token holds spaces or control characters: is it the token alone?"},
		{"a scope that orders", func(o *Options) { o.Scope = "project = A order  By created" }, "site acme: wrong configuration: scope: holds ORDER BY: remove it; the order is the service's own"},
		{"a field that is no id", func(o *Options) { o.Fields.StoryPoints = []string{"Story Points"} }, `site acme: wrong configuration: fields.story_points: "Story Points" is no field id such as customfield_10016`},
		{"no pseudonyms", func(o *Options) { o.Pseudonym = nil }, "site acme: wrong configuration: no pseudonyms: persons must not be stored by name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{Site: "acme", URL: "https://jira", Auth: Auth{PAT: "hunter22"}, Pseudonym: Pseudonymizer(nil)}
			tt.change(&o)
			_, err := New(o)
			if err == nil || err.Error() != tt.text || !errors.Is(err, ErrConfig) {
				t.Errorf("error %v\nwant  %s", err, tt.text)
			}
			if s := fmt.Sprintf("%v %+v %#v", o.Auth, o.Auth, o.Auth); strings.Contains(s, "hunter22") {
				t.Errorf("printed credentials: %s", s)
			}
		})
	}
}

func TestTimesInEveryFormThatJiraUses(t *testing.T) {
	at := time.Date(2019, 1, 1, 10, 0, 0, 0, time.UTC)
	tests := []struct {
		text string
		want time.Time
	}{
		{"2019-01-01T10:00:00.000+0000", at},
		{"2019-01-01T03:00:00.000-0700", at},
		{"2019-01-01T03:00:00-07:00", at},
		{"2019-01-01T10:00:00Z", at},
		{"2019-01-01T12:00:00+02", at},
		{"2019-01-01T10:00:00.1239Z", at.Add(123 * time.Millisecond)},
		{"1546336800", at},
		{"1546336800000", at},
		{"1546336800.5", at.Add(500 * time.Millisecond)},
		{"1.5463368e12", at},
		{"", time.Time{}}, {"0", time.Time{}}, {"-5", time.Time{}}, {"NaN", time.Time{}}, {"1e300", time.Time{}},
		{"2019-02-30T10:00:00Z", time.Time{}}, {"0001-01-01T00:00:00Z", time.Time{}}, {"2019-01-01", time.Time{}}, {"T", time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := parseTime(tt.text)
			if (err == nil) == tt.want.IsZero() || !got.Equal(tt.want) {
				t.Errorf("%v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func FuzzParseTime(f *testing.F) {
	f.Add("2019-01-01T10:00:00.000+0000")
	f.Add("1546336800000")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := parseTime(s)
		if err == nil && (got.Year() < 1970 || got.Year() > 9999 || got.Nanosecond()%1e6 != 0 || got.Location() != time.UTC) {
			t.Errorf("%q became %v", s, got)
		}
	})
}

func TestRetryAfterAndReset(t *testing.T) {
	now := time.Date(2026, 3, 26, 15, 59, 0, 0, time.UTC)
	tests := []struct {
		name, retry, reset string
		status             int
		want               time.Duration
	}{
		{"seconds", "7", "", 429, 7 * time.Second},
		{"an HTTP date", "Thu, 26 Mar 2026 16:00:00 GMT", "", 503, time.Minute},
		{"a date that is past", "Thu, 26 Mar 2026 15:00:00 GMT", "", 429, 0},
		{"nothing left to wait", "0", "", 429, 0},
		{"nonsense", "soon", "later", 429, 0},
		{"not a number", "NaN", "", 429, 0},
		{"beyond all measure", "1e300", "", 429, farAway},
		{"a reset without seconds", "", "2026-03-26T16:00Z", 429, time.Minute},
		{"a reset with seconds and zone", "", "2026-03-26T17:00:30+01:00", 429, 90 * time.Second},
		{"the later of both", "5", "2026-03-26T16:00Z", 429, time.Minute},
		{"a success", "5", "", 200, 0},
		{"a gateway's failure", "5", "", 502, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			h.Set("Retry-After", tt.retry)
			h.Set("X-RateLimit-Reset", tt.reset)
			if got := askedPause(tt.status, h, now); got != tt.want {
				t.Errorf("pause %v, want %v", got, tt.want)
			}
		})
	}
}

func TestADateToWaitForIsReadByTheSitesOwnClock(t *testing.T) {
	const site = "Thu, 26 Mar 2026 15:59:00 GMT"
	for _, off := range []time.Duration{-2 * time.Hour, 0, 2 * time.Hour} {
		ours := time.Date(2026, 3, 26, 15, 59, 0, 0, time.UTC).Add(off)
		for name, h := range map[string]http.Header{
			"an HTTP date":              {"Date": {site}, "Retry-After": {"Thu, 26 Mar 2026 16:00:00 GMT"}},
			"a reset":                   {"Date": {site}, "X-Ratelimit-Reset": {"2026-03-26T16:00Z"}},
			"a quota that tells no end": {"Date": {site}, "Ratelimit-Reason": {"jira-quota-tenant-based"}},
		} {
			if got := askedPause(429, h, ours); got != time.Minute {
				t.Errorf("%s, with our clock off by %s: pause %s, want a minute", name, off, got)
			}
		}
	}
}

func FuzzAskedPause(f *testing.F) {
	f.Add("7", "2026-03-26T16:00Z")
	f.Fuzz(func(t *testing.T, retry, reset string) {
		h := http.Header{"Retry-After": {retry}, "X-Ratelimit-Reset": {reset}}
		if d := askedPause(429, h, time.Unix(1e9, 0)); d < 0 || d > farAway {
			t.Errorf("pause %v", d)
		}
	})
}

func FuzzWalk(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":{"c":["}\""]}, "\u0064" : null}`))
	f.Add([]byte(`[1, "x",{}]`))
	f.Add([]byte("{\"0,\x84\x84}\x840\":[\"0\\b\"]}")) // a name that is no text
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := map[string]string{}
		err := members(raw, func(k string, v []byte) error { got[k] = string(v); return nil })
		var want map[string]json.RawMessage
		if json.Unmarshal(raw, &want) != nil || want == nil {
			return // the walk may take what the json package refuses; values are checked when decoded
		}
		if err != nil || len(got) != len(want) {
			t.Fatalf("%q: %v, %d members, want %d", raw, err, len(got), len(want))
		}
		for k, v := range want {
			if got[k] != string(v) {
				t.Errorf("%q: member %q is %q, want %q", raw, k, got[k], v)
			}
		}
	})
}

func TestFieldsAreFoundByTheirKindInAnyLanguage(t *testing.T) {
	listed := `[{"id":"summary","name":"Zusammenfassung","schema":{"type":"string","system":"summary"}},
	 {"id":"customfield_1","name":"Ссылка на эпик","schema":{"type":"any","custom":"com.pyxis.greenhopper.jira:gh-epic-link"}},
	 {"id":"customfield_2","name":"Epic Name","schema":{"type":"string","custom":"com.pyxis.greenhopper.jira:gh-epic-label"}},
	 {"id":"customfield_3","name":"Story Points","schema":{"type":"number","custom":"com.atlassian.jira.plugin.system.customfieldtypes:float"}},
	 {"id":"customfield_4","name":"Cost","schema":{"type":"number","custom":"com.atlassian.jira.plugin.system.customfieldtypes:float"}},
	 {"id":"customfield_5","name":"Flagged","schema":{"type":"array","custom":"com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes"}},
	 {"id":"customfield_6","name":"Sprint","schema":{"type":"array","custom":"com.pyxis.greenhopper.jira:gh-sprint"}},
	 {"id":"customfield_7","name":"Sprint","schema":{"type":"array","custom":"com.pyxis.greenhopper.jira:gh-sprint"}},
	 {"id":"customfield_8","name":"Parent Link","schema":{"type":"any","custom":"com.atlassian.jpo:jpo-custom-field-parent"}},
	 {"id":"../../x","name":"Epic Link","schema":{"custom":"com.pyxis.greenhopper.jira:gh-epic-link"}}]`
	mux := http.NewServeMux()
	mux.HandleFunc("GET /jira/rest/api/2/field", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, listed) })
	mux.HandleFunc("GET /jira/rest/api/2/status", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, 200, `[{"id":"1","name":"Open","statusCategory":{"id":2,"key":"new"}},{"id":"9","name":"Odd","statusCategory":{"key":"undefined"}}]`)
	})
	configured := func(o *Options) { o.Fields.StoryPoints = []string{"customfield_4"} }
	c, _ := testClient(t, mux, configured)
	kept, statuses, err := c.Discover(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := &fields{
		Format: 2, EpicLink: []fieldRef{{"customfield_1", "Ссылка на эпик"}}, EpicName: []fieldRef{{"customfield_2", "Epic Name"}},
		ParentLink: []fieldRef{{"customfield_8", "Parent Link"}}, Sprint: []fieldRef{{"customfield_6", "Sprint"}, {"customfield_7", "Sprint"}},
		Flagged:     []fieldRef{{"customfield_5", "Flagged"}},
		StoryPoints: []fieldRef{{"customfield_4", "Cost"}, {"customfield_3", "Story Points"}}, Configured: Fields{StoryPoints: []string{"customfield_4"}},
	}
	if diff := cmp.Diff(want, c.fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if !slices.Equal(statuses, []flow.StatusInfo{{ID: "1", Name: "Open", Category: flow.ToDo}, {ID: "9", Name: "Odd"}}) {
		t.Errorf("statuses %+v", statuses)
	}
	again, _ := testClient(t, mux, configured)
	if err := again.Use(kept); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c.fields, again.fields); diff != "" {
		t.Errorf("fields after Use (-want +got):\n%s", diff)
	}
	changed, _ := testClient(t, mux)
	if err := changed.Use(kept); err == nil {
		t.Error("fields that were kept under another configuration are used")
	}
	if err := changed.Use([]byte("{")); err == nil {
		t.Error("broken fields are used")
	}
}

func TestPseudonymsAreKeyedStableAndNobodyIsZero(t *testing.T) {
	a, b := Pseudonymizer([]byte("k1")), Pseudonymizer([]byte("k2"))
	if a("jdoe") != a("jdoe") || a("jdoe") == b("jdoe") || a("jdoe") == a("asmith") || a("") != 0 || a("jdoe") == 0 {
		t.Error("pseudonyms are not a keyed function of the account")
	}
}
