package jirasim_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// cloudDump is a dump as Cloud's third API gives it.
const cloudDump = `
{"id":"10001","key":"KAN-1","fields":{"summary":"Epic","created":"2024-01-01T09:00:00.000+0000","updated":"2024-01-05T09:00:00.000+0000","statuscategorychangedate":"2024-01-05T09:00:00.000+0000","project":{"id":"10000","key":"KAN","name":"Kanban"},"issuetype":{"id":"10010","name":"Epic","subtask":false,"hierarchyLevel":1,"scope":{"type":"PROJECT","project":{"id":"10000"}}},"status":{"id":"3","name":"Doing","statusCategory":{"id":4,"key":"indeterminate","name":"In Progress"},"scope":{"type":"PROJECT","project":{"id":"10000"}}},"reporter":{"accountId":"5b10ac8d82e05b22cc7d4ef5","accountType":"atlassian","displayName":"Mia","active":true}},"changelog":{"startAt":0,"maxResults":1,"total":1,"histories":[{"id":"501","created":"2024-01-05T09:00:00.000+0000","author":{"accountId":"5b10ac8d82e05b22cc7d4ef5","displayName":"Mia","active":true},"items":[{"field":"status","fieldtype":"jira","fieldId":"status","from":"1","fromString":"To Do","to":"3","toString":"Doing"}]}]}}
{"id":"10002","key":"KAN-2","fields":{"summary":"Story","description":{"type":"doc","version":1,"content":[]},"created":"2024-01-02T09:00:00.000+0000","updated":"2024-01-06T09:00:00.000+0000","project":{"id":"10000","key":"KAN","name":"Kanban"},"parent":{"id":"10001","key":"KAN-1","fields":{"summary":"Epic"}},"issuetype":{"id":"10011","name":"Story","subtask":false,"hierarchyLevel":0},"status":{"id":"1","name":"To Do","statusCategory":{"id":2,"key":"new","name":"To Do"}},"assignee":{"accountId":"5b10ac8d82e05b22cc7d4ef5","displayName":"Mia","active":true},"customfield_10020":[{"id":7,"name":"Sprint 1","state":"closed","boardId":3,"goal":"Ship","startDate":"2024-01-03T09:00:00.000Z","endDate":"2024-01-10T09:00:00.000Z","completeDate":"2024-01-08T09:00:00.000Z"}]},"changelog":{"startAt":0,"maxResults":1,"total":1,"histories":[{"id":"502","created":"2024-01-06T09:00:00.000+0000","items":[{"field":"IssueParentAssociation","fieldtype":"jira","from":null,"fromString":null,"to":"10001","toString":"KAN-1"},{"field":"Sprint","fieldtype":"custom","fieldId":"customfield_10020","from":"","fromString":"","to":"7","toString":"Sprint 1"}]}]}}
`

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// jqlPage is a page of Cloud's search. Token and Last are nil where the page
// has none.
type jqlPage struct {
	Issues   []shown `json:"issues"`
	Token    *string `json:"nextPageToken"`
	Last     *bool   `json:"isLast"`
	Warnings []any   `json:"warnings"`
}

func decodeJQL(tb testing.TB, a answer) jqlPage {
	tb.Helper()
	var p jqlPage
	if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.status != http.StatusOK {
		tb.Fatalf("status %d, %v: %.300s", a.status, err, a.body)
	}
	return p
}

// jql asks for a page with what rest adds to the request's body.
func (s *site) jql(jql, rest string) answer {
	s.tb.Helper()
	return s.do(http.MethodPost, "/rest/api/3/search/jql", "application/json", `{"jql":`+string(mustJSON(jql))+rest+`}`)
}

// pages reads all pages, of so many rows each.
func (s *site) pages(jql string, size int, fields string) []jqlPage {
	s.tb.Helper()
	var all []jqlPage
	token := ""
	for {
		p := decodeJQL(s.tb, s.jql(jql, fmt.Sprintf(`,"maxResults":%d,"nextPageToken":%q,"fields":[%s]`, size, token, fields)))
		all = append(all, p)
		if p.Token == nil || *p.Token == "" {
			return all
		}
		token = *p.Token
		if len(all) > 1000 {
			s.tb.Fatal("more than 1000 pages")
		}
	}
}

// ids lists the ids of the pages' issues, in order.
func ids(pages []jqlPage) string {
	var all []string
	for _, p := range pages {
		for _, i := range p.Issues {
			all = append(all, i.ID)
		}
	}
	return strings.Join(all, " ")
}
