package jirasim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/jirasim"
)

// hierarchyDump has an initiative, an epic, a story and a sub-task, the way a
// Data Center links them.
const hierarchyDump = `
{"id":"1","key":"PAY-1","fields":{"created":"2024-01-01T00:00:00.000+0000","updated":"2024-01-01T00:00:00.000+0000","summary":"Initiative","issuetype":{"id":"30","name":"Initiative","subtask":false},"status":{"id":"1","name":"Open","statusCategory":{"key":"new"}}},"changelog":{"histories":[]}}
{"id":"2","key":"PAY-2","fields":{"created":"2024-01-01T00:00:00.000+0000","updated":"2024-01-03T00:00:00.000+0000","summary":"Epic","issuetype":{"id":"31","name":"Epic","subtask":false},"status":{"id":"1","name":"Open","statusCategory":{"key":"new"}},"customfield_10101":"PAY-1","assignee":{"name":"mia","key":"JIRAUSER1","displayName":"Mia","emailAddress":"mia@example.com","self":"https://x/user?username=mia","active":true}},"changelog":{"histories":[{"id":"11","created":"2024-01-03T00:00:00.000+0000","author":{"name":"mia","key":"JIRAUSER1","displayName":"Mia"},"items":[{"field":"Parent Link","fieldtype":"custom","fieldId":"customfield_10101","from":null,"fromString":null,"to":"1","toString":"PAY-1"},{"field":"assignee","fieldtype":"jira","from":null,"fromString":null,"to":"JIRAUSER1","toString":"Mia"}]}]}}
{"id":"3","key":"PAY-3","fields":{"created":"2024-01-01T00:00:00.000+0000","updated":"2024-01-05T00:00:00.000+0000","summary":"Story","description":"One\nTwo","issuetype":{"id":"32","name":"Story","subtask":false},"status":{"id":"3","name":"Doing","statusCategory":{"key":"indeterminate"}},"customfield_10100":"PAY-2","customfield_10102":["com.atlassian.greenhopper.service.sprint.Sprint@1[id=5,rapidViewId=9,state=CLOSED,name=A, b=c],startDate=2024-01-02T00:00:00.000Z,endDate=2024-01-09T00:00:00.000Z,completeDate=2024-01-09T00:00:00.000Z,sequence=5,goal=<null>]"]},"changelog":{"histories":[{"id":"12","created":"2024-01-04T00:00:00.000+0000","items":[{"field":"Epic Link","fieldtype":"custom","fieldId":"customfield_10100","from":null,"fromString":null,"to":"2","toString":"PAY-2"},{"field":"Link","fieldtype":"jira","from":null,"fromString":null,"to":"PAY-1","toString":"This issue blocks PAY-1"},{"field":"Team size","fieldtype":"custom","from":"","fromString":"","to":"","toString":"4"}]},{"id":"13","created":"2024-01-05T00:00:00.000+0000","items":[{"field":"status","fieldtype":"jira","from":"1","fromString":"Open","to":"3","toString":"Doing"},{"field":"Fix Version","fieldtype":"jira","from":null,"fromString":null,"to":"8","toString":"1.0"}]}]}}
{"id":"4","key":"PAY-4","fields":{"created":"2024-01-02T00:00:00.000+0000","updated":"2024-01-02T00:00:00.000+0000","summary":"Sub-task","parent":{"id":"3","key":"PAY-3"},"issuetype":{"id":"33","name":"Sub-task","subtask":true},"status":{"id":"1","name":"Open","statusCategory":{"key":"new"}}},"changelog":{"histories":[]}}
`

func TestCloudHasOneParentForAllLevels(t *testing.T) {
	s := serve(t, load(t, hierarchyDump), date("2024-02-01"), jirasim.Options{Flavour: jirasim.Cloud})
	parents := func() string {
		var all []string
		for _, p := range s.pages("created > 0", 100, `"parent","issuetype"`) {
			for _, i := range p.Issues {
				parent, _ := i.Fields["parent"].(map[string]any)
				all = append(all, fmt.Sprintf("%s<%v:%v", i.Key, parent["key"], i.Fields["issuetype"].(map[string]any)["hierarchyLevel"]))
				if _, has := i.Fields["parent"]; has && parent == nil {
					t.Errorf("%s: parent is null", i.Key)
				}
			}
		}
		return strings.Join(all, " ")
	}
	if got, want := parents(), "PAY-1<<nil>:2 PAY-2<PAY-1:1 PAY-3<PAY-2:0 PAY-4<PAY-3:-1"; got != want {
		t.Errorf("parents %s, want %s", got, want)
	}
	s.clock.at = date("2024-01-03 12:00")
	if got, want := parents(), "PAY-1<<nil>:2 PAY-2<PAY-1:1 PAY-3<<nil>:0 PAY-4<PAY-3:-1"; got != want {
		t.Errorf("before: parents %s, want %s", got, want)
	}
	s.clock.at = date("2024-02-01")
	if got := ids(s.pages("parent = PAY-2", 10, "")); got != "3" {
		t.Errorf("children of the epic: %s", got)
	}
	a := s.get("/rest/api/3/issue/PAY-3?fields=parent")
	if !strings.Contains(a.body, `"parent":{"fields":{"issuetype":{"hierarchyLevel":1,`) || !strings.Contains(a.body, `"summary":"Epic"`) {
		t.Errorf("the parent does not tell what it is: %s", a.body)
	}
}

func TestChangesAreAsCloudWritesThem(t *testing.T) {
	items := func(s *site, id string) []string {
		var page struct {
			Values []struct{ Items []map[string]any }
		}
		a := s.get("/rest/api/3/issue/" + id + "/changelog")
		if err := json.Unmarshal([]byte(a.body), &page); err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, h := range page.Values {
			for _, it := range h.Items {
				all = append(all, fmt.Sprintf("%v %v %v→%v", it["field"], it["fieldId"], it["from"], it["to"]))
			}
		}
		return all
	}
	now := serve(t, load(t, hierarchyDump), date("2024-02-01"), jirasim.Options{Flavour: jirasim.Cloud})
	old := serve(t, load(t, hierarchyDump), date("2024-02-01"), jirasim.Options{Flavour: jirasim.Cloud, LegacyParents: true})
	mia := jirasim.AccountID("mia")
	for _, c := range []struct {
		name string
		site *site
		id   string
		want []string
	}{
		{"an initiative's epic", now, "2", []string{"IssueParentAssociation <nil> <nil>→1", "assignee assignee <nil>→" + mia}},
		{"an epic's story", now, "3", []string{"IssueParentAssociation <nil> <nil>→2", "Link <nil> <nil>→PAY-1", "Team size customfield_20000 →", "status status 1→3", "Fix Version fixVersions <nil>→8"}},
		{"before 2023", old, "3", []string{"Epic Link customfield_10100 <nil>→2", "Link <nil> <nil>→PAY-1", "Team size customfield_20000 →", "status status 1→3", "Fix Version fixVersions <nil>→8"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, items(c.site, c.id)); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCloudShowsNoNamesButAccountIDs(t *testing.T) {
	s := serve(t, load(t, hierarchyDump), date("2024-02-01"), jirasim.Options{Flavour: jirasim.Cloud})
	mia := jirasim.AccountID("mia")
	a := s.get("/rest/api/3/issue/PAY-2?expand=changelog")
	for _, leak := range []string{`"mia"`, "JIRAUSER1", "mia@example.com", "username="} {
		if strings.Contains(a.body, leak) {
			t.Errorf("%s in %s", leak, a.body)
		}
	}
	if strings.Count(a.body, `"accountId":"`+mia+`"`) != 2 {
		t.Errorf("assignee and author are not %s: %s", mia, a.body)
	}
	if got := ids(s.pages("assignee = '"+mia+"'", 10, "")); got != "2" {
		t.Errorf("found by account id: %s", got)
	}
}

func TestTextsAndSprintsHaveCloudsForm(t *testing.T) {
	s := serve(t, load(t, hierarchyDump), date("2024-01-05"), jirasim.Options{Flavour: jirasim.Cloud})
	third, second := s.get("/rest/api/3/issue/3").body, s.get("/rest/api/2/issue/3").body
	if !strings.Contains(third, `"description":{"content":[{"content":[{"text":"One","type":"text"}],"type":"paragraph"}`) {
		t.Errorf("no document: %s", third)
	}
	if !strings.Contains(second, `"description":"One\nTwo"`) {
		t.Errorf("no text: %s", second)
	}
	want := `"customfield_10102":[{"boardId":9,"endDate":"2024-01-09T00:00:00.000Z","goal":"","id":5,"name":"A, b=c]","startDate":"2024-01-02T00:00:00.000Z","state":"active"}]`
	if !strings.Contains(third, want) {
		t.Errorf("no sprint %s in %s", want, third)
	}
	if !strings.Contains(third, `"statuscategorychangedate":"2024-01-05T00:00:00.000+0000"`) {
		t.Errorf("no statuscategorychangedate: %s", third)
	}
	if strings.Contains(third, "customfield_10100") {
		t.Errorf("still has an Epic Link: %s", third)
	}
	s.clock.at = date("2024-01-04 12:00")
	if a := s.get("/rest/api/3/issue/3"); !strings.Contains(a.body, `"statuscategorychangedate":"2024-01-01T00:00:00.000+0000"`) {
		t.Errorf("before: %s", a.body)
	}
}
