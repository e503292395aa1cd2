package jirasim_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/jirasim"
)

// faultTest tells what a fault does to an answer.
type faultTest struct {
	w                          *jirasim.World
	fault, flavour, path, body string
	want                       []string // in status, header or body
	not                        []string
}

// look is the answer's status, header and body in one text.
func (f *faultTest) look(s *site) string {
	method, kind := http.MethodGet, ""
	if f.body != "" {
		method, kind = http.MethodPost, "application/json"
	}
	a := s.do(method, f.path, kind, f.body)
	return fmt.Sprintf("%d %v\n%s", a.status, a.header, a.body)
}

const (
	jqlPath  = "/rest/api/3/search/jql"
	dcPath   = "/rest/api/2/search?maxResults=3"
	bulkPath = "/rest/api/3/changelog/bulkfetch"
	all      = `{"jql":"created > 0 ORDER BY id ASC","fields":["*all"],"expand":"changelog"}`

	cloud, dc = jirasim.Cloud, jirasim.DataCenter
)

// pagingTests are of faults of pages.
func pagingTests(aerogear, hierarchy *jirasim.World) []faultTest {
	return []faultTest{
		{hierarchy, "token-null", cloud, jqlPath, all, []string{`"nextPageToken":null`}, nil},
		{hierarchy, "token-empty", cloud, jqlPath, all, []string{`"nextPageToken":"","isLast":true`}, nil},
		{aerogear, "token-lost", cloud, jqlPath, all, []string{`"isLast":false`}, []string{"nextPageToken"}},
		{aerogear, "islast-missing", cloud, jqlPath, all, []string{`"nextPageToken":"`}, []string{"isLast"}},
		{aerogear, "islast-early", cloud, jqlPath, all, []string{`"nextPageToken":"`, `"isLast":true`}, nil},
		{aerogear, "empty-page", cloud, jqlPath, all, []string{`{"issues":[],"nextPageToken":"`}, nil},
		{hierarchy, "warnings", cloud, jqlPath, all, []string{`"warnings":[{"type":"CLAUSE_LIMIT_EXCEEDED"`}, nil},
		{hierarchy, "warnings", dc, dcPath, "", []string{`"warningMessages":["The result set was truncated`}, nil},
		{aerogear, "result-window", dc, dcPath + "&startAt=498", "", []string{"500 map", "501 results which exceeded the search platform limit of 500"}, nil},
		{hierarchy, "history-withheld", cloud, bulkPath, `{"issueIdsOrKeys":["3"]}`, []string{`"id":"12"`}, []string{`"id":"13"`}},
		{hierarchy, "history-epoch", cloud, bulkPath, `{"issueIdsOrKeys":["3"]}`, []string{`"created":1704326400000`}, nil},
		{hierarchy, "errors-missing", cloud, "/rest/api/3/issue/bulkfetch", `{"issueIdsOrKeys":["3","99"]}`, []string{`"issueErrors":[]`}, nil},
		{aerogear, "count-off", cloud, "/rest/api/3/search/approximate-count", `{"jql":"created > 0"}`, []string{`{"count":180}`}, nil},
	}
}

// contentTests are of faults of what is shown.
func contentTests(aerogear, hierarchy *jirasim.World) []faultTest {
	return []faultTest{
		{hierarchy, "fieldid-missing", cloud, jqlPath, all, []string{`"field":"status"`}, []string{"fieldId"}},
		{hierarchy, "fieldid-missing", dc, "/rest/api/2/issue/3?expand=changelog", "", []string{`"field":"Epic Link"`}, []string{"fieldId"}},
		{hierarchy, "author-null", cloud, "/rest/api/3/issue/2/changelog", "", []string{`"author":null`}, nil},
		{aerogear, "author-null", dc, "/rest/api/2/issue/AEROGEAR-2?expand=changelog", "", []string{`"histories"`}, []string{`"author":{`}},
		{hierarchy, "updated-absent", cloud, jqlPath, all, []string{`"created":"`}, []string{`"updated":"`}},
		{hierarchy, "updated-absent", dc, dcPath, "", []string{`"created":"`}, []string{`"updated":"`}},
		{hierarchy, "bad-issue", cloud, jqlPath, all, []string{`"created":[17]`, `"status":"Open"`}, nil},
		{hierarchy, "bad-issue", dc, dcPath, "", []string{`"created":[17]`}, nil},
		{hierarchy, "sprint-text", cloud, jqlPath, all, []string{`"customfield_10102":["com.atlassian.greenhopper.service.sprint.Sprint@`}, nil},
		{hierarchy, "sprint-object", dc, "/rest/api/2/issue/3", "", []string{`"customfield_10102":[{"boardId":9`}, nil},
		{hierarchy, "two-fields", cloud, jqlPath, all, []string{`"customfield_10102":null`, `"customfield_30000":[{"boardId":9`}, nil},
		{hierarchy, "two-fields", dc, "/rest/api/2/issue/3?fields=customfield_30000", "", []string{`"fields":{"customfield_30000":["com.atlassian`}, []string{"customfield_10102"}},
		{hierarchy, "two-fields", dc, "/rest/api/2/field", "", []string{`"id":"customfield_30000"`}, nil},
		{aerogear, "status-deleted", cloud, "/rest/api/3/status", "", []string{`"Closed"`}, []string{"Coding In Progress"}},
		{aerogear, "status-deleted", dc, "/rest/api/2/status", "", []string{`"Closed"`}, []string{"Coding In Progress"}},
		{aerogear, "project-vanishes", cloud, "/rest/api/3/project/search", "", []string{`"total":`}, []string{`"key":"AEROGEAR"`}},
		{hierarchy, "project-vanishes", dc, "/rest/api/2/search?jql=project=PAY", "", []string{"400 map", "The value 'PAY' does not exist for the field 'project'."}, nil},
		{hierarchy, "project-vanishes", cloud, "/rest/api/3/issue/3", "", []string{"404 map"}, nil},
		{hierarchy, "zone-dst", dc, "/rest/api/2/myself", "", []string{`"timeZone":"America/New_York"`}, nil},
		{hierarchy, "zone-dst", cloud, "/rest/api/3/issue/3?fields=created", "", []string{`"created":"2023-12-31T19:00:00.000-0500"`}, nil},
		{hierarchy, "clock-skew", cloud, "/rest/api/3/serverInfo", "", []string{`"serverTime":"2024-01-05T00:02:00.000+0000"`, "Date:[Fri, 05 Jan 2024 00:02:00 GMT]"}, nil},
	}
}

// refusalTests are of answers that are none.
func refusalTests(aerogear, hierarchy *jirasim.World) []faultTest {
	return []faultTest{
		{aerogear, "result-window", dc, dcPath + "&startAt=498", "", []string{"500 map", "501 results which exceeded the search platform limit of 500"}, nil},
		{hierarchy, "429-quota-tenant", cloud, jqlPath, all, []string{"429 map", "Ratelimit-Reason:[jira-quota-tenant-based]", "Retry-After:[1]"}, nil},
		{hierarchy, "429-seconds", dc, dcPath, "", []string{"429 map", "Retry-After:[1]"}, []string{"Ratelimit-Reason"}},
		{hierarchy, "429-date", cloud, jqlPath, all, []string{"429 map", "Retry-After:[Fri, 05 Jan 2024 00:00:02 GMT]"}, nil},
		{hierarchy, "429-reset", cloud, jqlPath, all, []string{"429 map", "X-Ratelimit-Reset:[2024-01-05T00:00:01Z]"}, []string{"Retry-After"}},
		{hierarchy, "429-reset-minutes", cloud, jqlPath, all, []string{"429 map", "X-Ratelimit-Reset:[2024-01-05T00:01Z]"}, []string{"Retry-After"}},
		{hierarchy, "429-bare", cloud, jqlPath, all, []string{"429 map", "text/html", "FAILURE CLIENT RATE LIMITED"}, []string{"Retry-After"}},
		{hierarchy, "503-html", dc, dcPath, "", []string{"503 map", "text/html"}, []string{"Retry-After"}},
		{hierarchy, "503-retry", cloud, jqlPath, all, []string{"503 map", "Retry-After:[1]"}, nil},
		{hierarchy, "502", cloud, jqlPath, all, []string{"502 map", "text/html"}, nil},
		{hierarchy, "504", dc, dcPath, "", []string{"504 map", "text/html"}, nil},
		{hierarchy, "500", dc, dcPath, "", []string{"500 map", `{"errorMessages":["Internal server error"]`}, nil},
		{hierarchy, "login-page", cloud, jqlPath, all, []string{"200 map", "text/html", "os_password"}, nil},
		{hierarchy, "401-message", cloud, jqlPath, all, []string{"401 map", `"message":"Client must be authenticated`}, nil},
		{hierarchy, "401-errors", dc, dcPath, "", []string{"401 map", `"errorMessages":["You are not authenticated`}, nil},
		{hierarchy, "401-text", cloud, jqlPath, all, []string{"401 map", "text/plain", "deprecated"}, nil},
		{hierarchy, "401-scope", cloud, jqlPath, all, []string{`{"code":401,"message":"Unauthorized; scope does not match"}`}, nil},
		{hierarchy, "401-html", dc, dcPath, "", []string{"401 map", "Basic Authentication Failure"}, nil},
		{hierarchy, "anonymous", cloud, jqlPath, all, []string{"200 map", "X-Seraph-Loginreason:[AUTHENTICATED_FAILED]", `{"issues":[],"isLast":true}`}, nil},
		{hierarchy, "anonymous", dc, dcPath, "", []string{"200 map", "X-Ausername:[anonymous]", `"total":0`}, nil},
		{hierarchy, "captcha", dc, dcPath, "", []string{"403 map", "AUTHENTICATION_DENIED", "CAPTCHA_CHALLENGE; login-url=http://"}, nil},
		{hierarchy, "no-admin", cloud, "/rest/api/3/statuses/search", "", []string{"403 map"}, nil},
		{hierarchy, "no-admin", cloud, "/rest/api/3/status", "", []string{"200 map"}, nil},
		{hierarchy, "slow-body", cloud, jqlPath, all, []string{"200 map", `"isLast":true}`}, nil},
	}
}

// limitTests are of the reasons of a 429.
func limitTests(hierarchy *jirasim.World) []faultTest {
	var tests []faultTest
	for _, reason := range []string{"burst", "quota-global", "quota-legacy", "cost", "threads", "per-issue"} {
		tests = append(tests, faultTest{hierarchy, "429-" + reason, cloud, jqlPath, all, []string{"429 map", "Ratelimit-Reason:[jira-", "Retry-After:[1]"}, nil})
	}
	return tests
}

func TestEachFaultDoesWhatItSays(t *testing.T) {
	aerogear, hierarchy := loadReal(t, "jira-aerogear.jsonl"), load(t, hierarchyDump)
	told := map[string]bool{ // by the tests of several pages and of the connection
		"token-repeated": true, "token-expired": true, "short-pages": true, "index-lag": true, "reorder": true, "reorder-ties": true,
		"duplicate-rows": true, "clamp-lowered": true, "history-split": true, "redirect": true, "truncated": true, "reset": true,
	}
	for _, c := range slices.Concat(pagingTests(aerogear, hierarchy), contentTests(aerogear, hierarchy), refusalTests(aerogear, hierarchy), limitTests(hierarchy)) {
		told[c.fault] = true
		t.Run(c.fault+" on "+c.flavour, func(t *testing.T) {
			got := c.look(trouble(t, c.w, c.flavour, c.fault).site)
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %s in %.1500s", want, got)
				}
			}
			for _, not := range c.not {
				if strings.Contains(got, not) {
					t.Errorf("%s in %.1500s", not, got)
				}
			}
		})
	}
	faults := jirasim.NewFaults()
	for _, name := range faults.Names("") {
		if !told[name] || faults.About(name) == "" {
			t.Errorf("fault %s is not tried, or not described", name)
		}
	}
}
