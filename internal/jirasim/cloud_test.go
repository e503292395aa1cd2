package jirasim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"plumbline/internal/jirasim"
)

const unbounded = `{"errorMessages":["Unbounded JQL queries are not allowed here. Please add a search restriction to your query."],"errors":{}}`

func TestCloudSearchRefusesWhatTheRealOneDoes(t *testing.T) {
	s := serve(t, load(t, cloudDump), date("2024-03-10"), jirasim.Options{Flavour: jirasim.Cloud})
	removed := `{"errorMessages":["The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"],"errors":{}}`
	const post, jqlPath = http.MethodPost, "/rest/api/3/search/jql"
	ids := func(n int) string { return "[1" + strings.Repeat(",1", n-1) + "]" }
	names := func(n int) string { return `["1"` + strings.Repeat(`,"1"`, n-1) + `]` }
	for _, c := range []struct {
		name, method, path, kind, body string
		status                         int
		want                           string // in the answer
	}{
		{"the old search", "GET", "/rest/api/3/search?jql=project=KAN", "", "", 410, removed},
		{"the old search by POST", post, "/rest/api/2/search", "application/json", "{}", 410, removed},
		{"no body at all", post, jqlPath, "", "", 415, `{"title":"Unsupported Media Type","detail":"Content-Type 'null' is not supported.","instance":"/rest/api/3/search/jql"}`},
		{"a form", post, jqlPath, "text/plain", "{}", 415, "Content-Type 'text/plain' is not supported."},
		{"an unknown property", post, jqlPath, "application/json", `{"jql":"project = KAN","validateQuery":"warn"}`, 400, "Invalid request payload"},
		{"two bodies", post, jqlPath, "application/json", `{"jql":"project = KAN"}{}`, 400, "Invalid request payload"},
		{"a query in the address of a POST", post, jqlPath + "?jql=project=KAN", "application/json", `{}`, 400, unbounded},
		{"nothing asked for", post, jqlPath, "application/json", `{"jql":"ORDER BY created"}`, 400, unbounded},
		{"none of nothing", "GET", jqlPath, "", "", 400, unbounded},
		{"no results", post, jqlPath, "application/json", `{"jql":"project = KAN","maxResults":0}`, 400, "1-5000"},
		{"fewer than none", post, jqlPath, "application/json", `{"jql":"project = KAN","maxResults":-1}`, 400, "1-5000"},
		{"too many", "GET", jqlPath + "?jql=project=KAN&maxResults=5001", "", "", 400, "1-5000"},
		{"the most", post, jqlPath, "application/json", `{"jql":"project = KAN","maxResults":5000}`, 200, `"isLast":true`},
		{"the least", "GET", jqlPath + "?jql=project=KAN&maxResults=1&startAt=1", "", "", 200, `{"issues":[{"id":"10001"}],"nextPageToken":"`},
		{"eight fields to order by", post, jqlPath, "application/json", `{"jql":"project = KAN ORDER BY key, id, created, updated, status, priority, summary, due"}`, 400, "JQL can be ordered by at most 7 fields."},
		{"a token that is none", post, jqlPath, "application/json", `{"jql":"project = KAN","nextPageToken":"abc"}`, 400, "nextPageToken"},
		{"first the token", post, jqlPath, "application/json", `{"jql":"","maxResults":0,"nextPageToken":"abc"}`, 400, "nextPageToken"},
		{"then the range", post, jqlPath, "application/json", `{"jql":"","maxResults":0}`, 400, "1-5000"},
		{"a null token", post, jqlPath, "application/json", `{"jql":"project = KAN","nextPageToken":null}`, 200, `"isLast":true`},
		{"too many to reconcile", post, jqlPath, "application/json", `{"jql":"project = KAN","reconcileIssues":` + ids(51) + `}`, 400, "50"},
		{"too many properties", post, jqlPath, "application/json", `{"jql":"project = KAN","properties":` + names(6) + `}`, 400, "5 properties"},
		{"a key that is none", post, jqlPath, "application/json", `{"jql":"key in (KAN-99)"}`, 400, "An issue with key 'KAN-99' does not exist"},
		{"a count of everything", post, "/rest/api/3/search/approximate-count", "application/json", `{"jql":""}`, 400, unbounded},
		{"a count", post, "/rest/api/3/search/approximate-count", "application/json", `{"jql":"parent = KAN-1"}`, 200, `{"count":1}`},
		{"an issue that is none", "GET", "/rest/api/3/issue/KAN-99", "", "", 404, "Issue does not exist or you do not have permission to see it."},
		{"101 issues in a bulk", post, "/rest/api/3/issue/bulkfetch", "application/json", `{"issueIdsOrKeys":` + names(101) + `}`, 400, "between 1 and 100"},
		{"1000 with few fields", post, "/rest/api/3/issue/bulkfetch", "application/json", `{"fields":["summary"],"issueIdsOrKeys":` + names(1000) + `}`, 200, `"issueErrors":[{`},
		{"1000 with changelogs", post, "/rest/api/3/issue/bulkfetch", "application/json", `{"fields":["summary"],"expand":["changelog"],"issueIdsOrKeys":` + names(1000) + `}`, 400, "between 1 and 100"},
		{"1000 with comments", post, "/rest/api/3/issue/bulkfetch", "application/json", `{"fields":["comment"],"issueIdsOrKeys":` + names(1000) + `}`, 400, "between 1 and 100"},
		{"an empty bulk", post, "/rest/api/3/issue/bulkfetch", "application/json", `{"issueIdsOrKeys":[]}`, 400, "between 1 and 100"},
		{"histories of nobody", post, "/rest/api/3/changelog/bulkfetch", "application/json", `{"issueIdsOrKeys":["99"]}`, 200, `{"issueChangeLogs":[]}`},
		{"eleven fields", post, "/rest/api/3/changelog/bulkfetch", "application/json", `{"issueIdsOrKeys":["1"],"fieldIds":` + names(11) + `}`, 400, "10 fieldIds"},
		{"issues of a board", "GET", "/rest/agile/1.0/board/3/issue", "", "", 410, "/rest/software/1.0/board/3/issue"},
		{"a board that is none", "GET", "/rest/agile/1.0/board/4", "", "", 404, "board"},
		{"no such endpoint", "GET", "/rest/api/3/plans", "", "", 404, "null for uri"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := s.do(c.method, c.path, c.kind, c.body)
			if a.status != c.status || !strings.Contains(a.body, c.want) {
				t.Errorf("status %d: %s\nwant %d: %s", a.status, a.body, c.status, c.want)
			}
			if a.status == 415 && a.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("content type %s", a.header.Get("Content-Type"))
			}
		})
	}
}

func TestPagesOfCloudAreAsLargeAsTheirRowsAllow(t *testing.T) {
	w := loadReal(t, "jira-appcelerator.jsonl.gz")
	s := serve(t, w, w.Last(), jirasim.Options{Flavour: jirasim.Cloud})
	for _, c := range []struct {
		fields string
		asked  int
		want   int
	}{
		{``, 5000, 5000}, {`"id"`, 5000, 5000}, {`"key"`, 4000, 4000}, {`"summary"`, 5000, 100}, {`"id","summary"`, 99, 99}, {`"*all"`, 101, 100},
	} {
		p := decodeJQL(t, s.jql("created > 0", fmt.Sprintf(`,"maxResults":%d,"fields":[%s]`, c.asked, c.fields)))
		if len(p.Issues) != c.want || p.Token == nil || p.Last == nil || *p.Last {
			t.Errorf("fields [%s], %d asked: %d rows, token %v, last %v", c.fields, c.asked, len(p.Issues), p.Token, p.Last)
		}
		if c.fields == "" && (p.Issues[0].Key != "" || p.Issues[0].Fields != nil) {
			t.Errorf("more than an id: %+v", p.Issues[0])
		}
	}
	all := s.pages("created > 0 ORDER BY id ASC", 5000, "")
	last := all[len(all)-1]
	rows := strings.Fields(ids(all))
	if len(rows) != w.Len() || last.Token != nil || !*last.Last {
		t.Errorf("%d rows of %d, last page %v %v", len(rows), w.Len(), last.Token, *last.Last)
	}
	if !slices.IsSortedFunc(rows, func(a, b string) int { return len(a)*1e7 - len(b)*1e7 + strings.Compare(a, b) }) {
		t.Error("not by numeric id")
	}
}

func TestATokenLivesAWeekAndBelongsToItsQuery(t *testing.T) {
	w := loadReal(t, "jira-aerogear.jsonl")
	s := serve(t, w, w.Last(), jirasim.Options{Flavour: jirasim.Cloud})
	p := decodeJQL(t, s.jql("created > 0", ""))
	rest := `,"nextPageToken":"` + *p.Token + `"`
	if a := s.jql("created > 1", rest); a.status != http.StatusBadRequest {
		t.Errorf("for another query: status %d", a.status)
	}
	s.clock.at = s.clock.at.Add(7 * 24 * time.Hour)
	if a := s.jql("created > 0", rest); a.status != http.StatusOK {
		t.Errorf("after a week: status %d", a.status)
	}
	s.clock.at = s.clock.at.Add(time.Second)
	if a := s.jql("created > 0", rest); a.status != http.StatusBadRequest || !strings.Contains(a.body, "invalid or expired") {
		t.Errorf("after more: status %d: %s", a.status, a.body)
	}
}

func TestACloudScanLosesNothingWhileTheWorldMoves(t *testing.T) {
	w := loadReal(t, "jira-aerogear.jsonl")
	for _, order := range []string{"id ASC", "created ASC, key ASC", "updated ASC, key ASC"} {
		s := serve(t, w, date("2012-02-01"), jirasim.Options{Flavour: jirasim.Cloud})
		before := strings.Fields(ids(s.pages("created > 0", 5000, "")))
		var seen []string
		token := ""
		for {
			p := decodeJQL(t, s.jql("created > 0 ORDER BY "+order, fmt.Sprintf(`,"maxResults":10,"nextPageToken":%q`, token)))
			for _, i := range p.Issues {
				seen = append(seen, i.ID)
			}
			if p.Token == nil {
				break
			}
			token = *p.Token
			s.clock.at = s.clock.at.Add(24 * time.Hour)
		}
		for _, id := range before {
			if !slices.Contains(seen, id) {
				t.Errorf("by %s: issue %s was not seen", order, id)
			}
		}
	}
}

func TestWhoIsWhoOnCloud(t *testing.T) {
	s := serve(t, load(t, cloudDump), date("2024-03-10"), jirasim.Options{
		Flavour: jirasim.Cloud, User: "bot@example.com", Password: "api", PAT: "oauth", ScopedToken: "scoped", CloudID: "abc",
	})
	for _, c := range []struct {
		name, authorization, root string
		myself, search            int
		rows                      bool
		reason                    string
	}{
		{"an API token", basic("bot@example.com", "api"), "", 200, 200, true, ""},
		{"a bearer", "Bearer oauth", "", 200, 200, true, ""},
		{"nobody", "", "", 401, 400, false, ""},
		{"an expired token", basic("bot@example.com", "old"), "", 401, 400, false, "AUTHENTICATED_FAILED"},
		{"another's token", basic("else@example.com", "api"), "", 401, 400, false, "AUTHENTICATED_FAILED"},
		{"a scoped token at the site", basic("bot@example.com", "scoped"), "", 401, 401, false, ""},
		{"a scoped token at the gateway", basic("bot@example.com", "scoped"), "/ex/jira/abc", 200, 200, true, ""},
		{"a scoped bearer at the gateway", "Bearer scoped", "/ex/jira/abc", 200, 200, true, ""},
		{"nobody at the gateway", "", "/ex/jira/abc", 401, 401, false, ""},
		{"another site at the gateway", basic("bot@example.com", "scoped"), "/ex/jira/xyz", 404, 404, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.header.Set("Authorization", c.authorization)
			if c.authorization == "" {
				s.header.Del("Authorization")
			}
			me := s.get(c.root + "/rest/api/3/myself")
			found := s.get(c.root + "/rest/api/3/search/jql?jql=project=KAN")
			if c.root != "/ex/jira/xyz" && (me.status != c.myself || found.status != c.search) {
				t.Errorf("myself %d: %s\nsearch %d: %s", me.status, me.body, found.status, found.body)
			}
			if got := strings.Contains(found.body, "10001"); got != c.rows || me.header.Get("X-Seraph-LoginReason") != c.reason {
				t.Errorf("rows %v, reason %q", got, me.header.Get("X-Seraph-LoginReason"))
			}
			if open := s.get(c.root + "/rest/api/3/search/jql?jql=created%3E0"); c.myself == 401 && c.search == 400 && open.body != `{"issues":[],"isLast":true}` {
				t.Errorf("nobody sees %s", open.body)
			}
		})
	}
	s.header.Del("Authorization")
	if a := s.get("/_edge/tenant_info"); a.body != `{"cloudId":"abc"}` {
		t.Errorf("tenant: %s", a.body)
	}
	if a := s.get("/ex/jira/abc/rest/api/3/myself"); a.body != `{"code":401,"message":"Unauthorized"}` {
		t.Errorf("gateway: %s", a.body)
	}
}

func TestBoardsAndSprintsAreAsTheyWere(t *testing.T) {
	for _, flavour := range []string{jirasim.DataCenter, jirasim.Cloud} {
		s := serve(t, load(t, cloudDump), date("2024-01-02"), jirasim.Options{Flavour: flavour})
		for _, c := range []struct{ day, state string }{{"2024-01-02", "future"}, {"2024-01-05", "active"}, {"2024-01-09", "closed"}} {
			s.clock.at = date(c.day)
			var page struct {
				Values []struct{ State, Goal, StartDate, CompleteDate string }
			}
			a := s.get("/rest/agile/1.0/board/3/sprint?state=active,closed,future")
			if err := json.Unmarshal([]byte(a.body), &page); err != nil || len(page.Values) != 1 {
				t.Fatalf("%v: %s", err, a.body)
			}
			v := page.Values[0]
			if v.State != c.state || v.Goal != "Ship" || (v.CompleteDate != "") != (c.state == "closed") || (v.StartDate != "") != (c.state != "future") {
				t.Errorf("%s: %+v, want %s", c.day, v, c.state)
			}
			if one := s.get("/rest/agile/1.0/sprint/7"); !strings.Contains(one.body, `"state":"`+c.state+`"`) || !strings.Contains(one.body, `"originBoardId":3`) {
				t.Errorf("sprint: %s", one.body)
			}
			if other := s.get("/rest/agile/1.0/board/3/sprint?state=none"); !strings.Contains(other.body, `"total":0`) {
				t.Errorf("no such state: %s", other.body)
			}
		}
		if a := s.get("/rest/agile/1.0/board"); !strings.Contains(a.body, `"total":1`) {
			t.Errorf("boards: %s", a.body)
		}
		if a := s.get("/rest/agile/1.0/board/3/configuration"); !strings.Contains(a.body, `"columnConfig"`) {
			t.Errorf("configuration: %s", a.body)
		}
	}
}
