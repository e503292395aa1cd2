package jirasim_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/jirasim"
)

func TestPagesAreClampedAndSayHowLargeTheyAre(t *testing.T) {
	w := loadReal(t, "jira-aerogear.jsonl")
	s := serve(t, w, w.Last(), jirasim.Options{MaxResults: 70})
	for _, c := range []struct {
		name                     string
		request                  map[string]any
		start, effective, issues int
	}{
		{"fifty unless told", map[string]any{}, 0, 50, 50},
		{"as told", map[string]any{"maxResults": 7, "startAt": 3}, 3, 7, 7},
		{"no more than the site allows", map[string]any{"maxResults": 1000}, 0, 70, 70},
		{"none at all", map[string]any{"maxResults": 0}, 0, 0, 0},
		{"as many as there may be", map[string]any{"maxResults": -1}, 0, 70, 70},
		{"the rest", map[string]any{"maxResults": 70, "startAt": 190}, 190, 70, 10},
		{"nothing behind the end", map[string]any{"startAt": 5000}, 5000, 50, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := s.search(c.request)
			if p.StartAt != c.start || p.MaxResults != c.effective || len(p.Issues) != c.issues || p.Total != 200 {
				t.Errorf("startAt %d, maxResults %d, %d issues of %d", p.StartAt, p.MaxResults, len(p.Issues), p.Total)
			}
		})
	}
}

func TestBeyondTheResultWindowASearchFails(t *testing.T) {
	w := loadReal(t, "jira-appcelerator.jsonl.gz")
	s := serve(t, w, w.Last(), jirasim.Options{ResultWindow: 10000})
	if a := s.get("/rest/api/2/search?fields=key&startAt=9900&maxResults=100"); a.status != http.StatusOK {
		t.Errorf("within the window: status %d", a.status)
	}
	a := s.get("/rest/api/2/search?fields=key&startAt=10000&maxResults=100")
	want := `{"errorMessages":["Search limit exceeded. We couldn't complete your search because it requests 10,100 results which exceeded the search platform limit of 10,000."],"errors":{}}`
	if a.status != http.StatusInternalServerError || a.body != want {
		t.Errorf("status %d: %s", a.status, a.body)
	}
}

func TestFieldsAreThoseAskedFor(t *testing.T) {
	s := serve(t, load(t, `{"id":"1","key":"A-1","fields":{"created":"2024-01-01T00:00:00.000+0000","status":{"id":"1","name":"Open"},"summary":"x","comment":{"comments":[]},"customfield_10020":5},"changelog":{"histories":[]}}`), date("2024-02-01"), jirasim.Options{})
	names := func(path string) string {
		var p page
		body := s.get(path).body
		if strings.Contains(path, "/issue/") {
			body = `{"issues":[` + body + `]}`
		}
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			t.Fatal(err)
		}
		var all []string
		for name := range p.Issues[0].Fields {
			all = append(all, name)
		}
		slices.Sort(all)
		if p.Issues[0].Changelog != nil {
			all = append(all, "+changelog")
		}
		return strings.Join(all, " ")
	}
	for _, c := range []struct{ name, path, want string }{
		{"a search shows what is navigable", "/rest/api/2/search", "created customfield_10020 status summary"},
		{"all", "/rest/api/2/search?fields=*all", "comment created customfield_10020 status summary"},
		{"a list", "/rest/api/2/search?fields=summary,status", "status summary"},
		{"a repeated parameter", "/rest/api/2/search?fields=summary&fields=created", "created summary"},
		{"all but one", "/rest/api/2/search?fields=*all,-comment", "created customfield_10020 status summary"},
		{"the usual but one", "/rest/api/2/search?fields=-status", "created customfield_10020 summary"},
		{"the usual and one", "/rest/api/2/search?fields=*navigable,comment", "comment created customfield_10020 status summary"},
		{"only the id", "/rest/api/2/search?fields=id", ""},
		{"with its changelog", "/rest/api/2/search?fields=status&expand=names,changelog", "status +changelog"},
		{"an issue shows everything", "/rest/api/2/issue/A-1", "comment created customfield_10020 status summary"},
		{"an issue by its id", "/rest/api/latest/issue/1?fields=status&expand=changelog", "status +changelog"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := names(c.path); got != c.want {
				t.Errorf("%s\n got %q\nwant %q", c.path, got, c.want)
			}
		})
	}
}

func TestWhatTheServerRefuses(t *testing.T) {
	s := serve(t, load(t, smallWorld), date("2024-03-10"), jirasim.Options{ContextPath: "/jira"})
	host := strings.TrimSuffix(s.url, "/jira")
	for _, c := range []struct {
		name, method, path, contentType, request string
		status                                   int
		want                                     string
	}{
		{"there is no changelog endpoint", "GET", "/rest/api/2/issue/PAY-1/changelog", "", "", 404, `{"message":"null for uri: ` + host + `/jira/rest/api/2/issue/PAY-1/changelog","status-code":404}`},
		{"nor Cloud's search", "GET", "/rest/api/2/search/jql?jql=x", "", "", 404, `{"message":"null for uri: ` + host + `/jira/rest/api/2/search/jql?jql=x","status-code":404}`},
		{"nor a third version", "GET", "/rest/api/3/serverInfo", "", "", 404, `{"message":"null for uri: ` + host + `/jira/rest/api/3/serverInfo","status-code":404}`},
		{"an issue that is none", "GET", "/rest/api/2/issue/PAY-99", "", "", 404, `{"errorMessages":["Issue does not exist or you do not have permission to see it."],"errors":{}}`},
		{"a project that is none", "GET", "/rest/api/2/project/NO/versions", "", "", 404, `{"errorMessages":["No project could be found with key 'NO'."],"errors":{}}`},
		{"who am I, without an account", "GET", "/rest/api/2/myself", "", "", 401, `{"message":"Client must be authenticated to access this resource.","status-code":401}`},
		{"another method", "DELETE", "/rest/api/2/search", "", "", 405, `{"message":"HTTP 405 Method Not Allowed","status-code":405}`},
		{"a form for a body", "POST", "/rest/api/2/search", "text/plain", "{}", 415, `{"message":"HTTP 415 Unsupported Media Type","status-code":415}`},
		{"a property that is none", "POST", "/rest/api/2/search", "application/json", `{"nextPageToken":"x"}`, 400, `{"errorMessages":["Unrecognized field \"nextPageToken\" (Class com.atlassian.jira.rest.v2.search.SearchRequestBean), not marked as ignorable"],"errors":{}}`},
		{"no JSON", "POST", "/rest/api/2/search", "application/json", `{"jql"`, 400, `{"errorMessages":["Unexpected character or end of input: the request's body is no valid JSON of the expected form."],"errors":{}}`},
		{"a body without end", "POST", "/rest/api/2/search", "application/json", `{"jql":"` + strings.Repeat("x", 2<<20), 413, `{"message":"HTTP 413 Request Entity Too Large","status-code":413}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := s.do(c.method, c.path, c.contentType, c.request)
			if a.status != c.status || a.body != c.want {
				t.Errorf("status %d: %s\nwant %d: %s", a.status, a.body, c.status, c.want)
			}
			if a.header.Get("X-RateLimit-Limit") == "" || a.header.Get("Retry-After") != "0" {
				t.Error("no rate limit in the header")
			}
		})
	}
}

func TestWhoIsWho(t *testing.T) {
	const secret, password = "the-token", "the-password"
	s := serve(t, load(t, smallWorld), date("2024-03-10"), jirasim.Options{PAT: secret, User: "bot", Password: password, Zone: zoneNamed(t, "Europe/Zurich")})
	basic := func(user, password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	}
	for _, c := range []struct {
		name, authorization string
		myself, search      int
		total               int
		user, reason        string
	}{
		{"a token", "Bearer " + secret, 200, 200, 4, "bot", "OK"},
		{"a password", basic("bot", password), 200, 200, 4, "bot", "OK"},
		{"nobody sees an empty site", "", 401, 200, 0, "anonymous", ""},
		{"a wrong token is nobody", "Bearer expired", 401, 200, 0, "anonymous", "AUTHENTICATED_FAILED"},
		{"a wrong password is refused", basic("bot", "x"), 401, 401, 0, "anonymous", "AUTHENTICATED_FAILED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.header.Set("Authorization", c.authorization)
			me, found := s.get("/rest/api/2/myself"), s.get("/rest/api/2/search?fields=key")
			if me.status != c.myself || found.status != c.search {
				t.Fatalf("myself %d, search %d", me.status, found.status)
			}
			if got := found.header.Get("X-AUSERNAME"); got != c.user {
				t.Errorf("X-AUSERNAME %q, want %q", got, c.user)
			}
			if got := found.header.Get("X-Seraph-LoginReason"); got != c.reason {
				t.Errorf("X-Seraph-LoginReason %q, want %q", got, c.reason)
			}
			for _, a := range []answer{me, found} {
				if strings.Contains(a.body+fmt.Sprint(a.header), secret) || strings.Contains(a.body+fmt.Sprint(a.header), password) {
					t.Error("the answer holds the secret")
				}
			}
			switch {
			case found.status != http.StatusOK:
				if !strings.Contains(found.body, "Basic Authentication Failure - Reason : AUTHENTICATED_FAILED") || !strings.HasPrefix(found.header.Get("Content-Type"), "text/html") {
					t.Errorf("%s: %s", found.header.Get("Content-Type"), found.body)
				}
			case !strings.Contains(found.body, fmt.Sprintf(`"total":%d,`, c.total)):
				t.Errorf("found %s", found.body)
			}
		})
	}
	s.header.Del("Authorization")
	if a := s.get("/rest/api/2/search?jql=project=PAY"); a.status != http.StatusBadRequest || !strings.Contains(a.body, "The value 'PAY' does not exist for the field 'project'.") {
		t.Errorf("a project that nobody may see: status %d: %s", a.status, a.body)
	}
	s.header.Set("Authorization", "Bearer "+secret)
	var me struct{ Name, Key, DisplayName, EmailAddress, TimeZone string }
	if err := json.Unmarshal([]byte(s.get("/rest/api/2/myself").body), &me); err != nil {
		t.Fatal(err)
	}
	if me.Name != "bot" || me.Key != "bot" || me.TimeZone != "Europe/Zurich" || me.EmailAddress == "" || me.DisplayName == "" {
		t.Errorf("myself %+v", me)
	}
}

func TestTheWorldMovesUnderARunningScan(t *testing.T) {
	w := loadReal(t, "jira-aerogear.jsonl")
	s := serve(t, w, date("2012-02-01"), jirasim.Options{})
	jql := "created >= 0 ORDER BY created ASC, key ASC"
	seen := map[string]bool{}
	total := 0
	for start := 0; ; {
		p := s.search(map[string]any{"jql": jql, "startAt": start, "maxResults": 10})
		if p.Total < total {
			t.Fatalf("total fell from %d to %d", total, p.Total)
		}
		total = p.Total
		for _, i := range p.Issues {
			if seen[i.ID] {
				t.Errorf("%s comes twice", i.Key)
			}
			seen[i.ID] = true
			if at := instantOf(t, i.Fields["updated"].(string)); at.After(s.clock.at) {
				t.Errorf("%s was updated at %s, and it is %s", i.Key, at, s.clock.at)
			}
		}
		if start += len(p.Issues); start >= p.Total {
			break
		}
		s.clock.at = s.clock.at.Add(72 * time.Hour)
	}
	if len(seen) != total || total < 150 {
		t.Errorf("%d issues seen, total %d", len(seen), total)
	}
	// What changed since is found by its update.
	before := s.clock.at
	s.clock.at = before.Add(30 * 24 * time.Hour)
	changed := s.search(map[string]any{"jql": fmt.Sprintf("updated > %d", before.UnixMilli()), "maxResults": 1000})
	if changed.Total == 0 {
		t.Error("nothing changed in thirty days")
	}
	for _, i := range changed.Issues {
		if !instantOf(t, i.Fields["updated"].(string)).After(before) {
			t.Errorf("%s was not updated since", i.Key)
		}
	}
}

func TestTheSiteDescribesItself(t *testing.T) {
	w := loadReal(t, "jira-aerogear.jsonl")
	s := serve(t, w, date("2012-02-15"), jirasim.Options{})
	var statuses []struct {
		ID, Name       string
		StatusCategory struct{ Key string }
	}
	if err := json.Unmarshal([]byte(s.get("/rest/api/2/status").body), &statuses); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, st := range statuses {
		got = append(got, st.ID+" "+st.Name+" "+st.StatusCategory.Key)
	}
	want := []string{"1 Open new", "3 Coding In Progress indeterminate", "4 Reopened new", "5 Resolved done", "6 Closed done", "10011 Pull Request Sent undefined"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	var versions []struct {
		Name, ReleaseDate string
		Released          bool
		ProjectID         int
	}
	if err := json.Unmarshal([]byte(s.get("/rest/api/2/project/AEROGEAR/versions").body), &versions); err != nil {
		t.Fatal(err)
	}
	if len(versions) != 17 {
		t.Errorf("%d versions, want 17", len(versions))
	}
	for _, v := range versions {
		if want := v.ReleaseDate != "" && v.ReleaseDate <= "2012-02-15"; v.Released != want || v.ProjectID != 12311621 {
			t.Errorf("version %+v: released should be %v", v, want)
		}
	}
	for path, want := range map[string]string{
		"/rest/api/2/issuetype":        `"name":"Sub-task"`,
		"/rest/api/2/resolution":       `"name":"Won't Fix"`,
		"/rest/api/2/priority":         `"name":"Blocker"`,
		"/rest/api/2/project":          `"key":"AEROGEAR"`,
		"/rest/api/2/project/12311621": `"name":"AeroGear"`,
		"/rest/agile/1.0/board":        `"values":[]`,
	} {
		if a := s.get(path); a.status != http.StatusOK || !strings.Contains(a.body, want) {
			t.Errorf("%s: status %d, no %s in %.300s", path, a.status, want, a.body)
		}
	}
}
