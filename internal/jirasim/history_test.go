package jirasim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/jirasim"
)

// movedWorld has an issue that changed in every way that a changelog can tell.
const movedWorld = `
{"id":"9","key":"NEW-1","fields":{"created":"2023-12-01T00:00:00.000+0000","summary":"Epic one","issuetype":{"id":"6","name":"Epic"},"status":{"id":"1","name":"Open","statusCategory":{"key":"new"}},"project":{"id":"2","key":"NEW","name":"New"}},"changelog":{"histories":[{"id":"50","created":"2024-01-20T00:00:00.000+0000","items":[{"field":"summary","fieldId":"summary","fieldtype":"jira","fromString":"Epic zero","toString":"Epic one"}]}]}}
{"id":"10","key":"NEW-5","fields":{
"created":"2024-01-01T00:00:00.000+0000","updated":"2024-02-20T00:00:00.000+0000","resolutiondate":"2024-01-15T00:00:00.000+0000",
"summary":"Now","duedate":"2024-05-01","labels":["b","c"],"issuetype":{"id":"7","name":"Story","subtask":false},
"status":{"id":"900","name":"Live","statusCategory":{"id":3,"key":"done"}},"resolution":{"id":"1","name":"Done"},
"project":{"id":"2","key":"NEW","name":"New"},"parent":{"id":"9","key":"NEW-1","fields":{"summary":"Epic one"}},
"customfield_100":"NEW-1","customfield_200":8,"customfield_300":null,
"fixVersions":[{"id":"1","name":"one","released":true,"releaseDate":"2024-02-01"}],
"issuelinks":[{"id":"77","type":{"name":"Blocks","inward":"is blocked by","outward":"blocks"},"outwardIssue":{"id":"9","key":"NEW-1","fields":{"summary":"Epic one"}}}]},
"changelog":{"total":99,"histories":[
{"id":"4","created":"2024-02-10T00:00:00.000+0000","items":[{"field":"Key","fieldtype":"jira","fromString":"OLD-3","toString":"NEW-5"},{"field":"project","fieldId":"project","fieldtype":"jira","from":"1","fromString":"Old","to":"2","toString":"New"}]},
{"id":"3","created":"2024-01-15T00:00:00.000+0000","items":[{"field":"status","fieldId":"status","fieldtype":"jira","from":"800","fromString":"Vetting","to":"900","toString":"Live"},{"field":"resolution","fieldtype":"jira","to":"1","toString":"Done"},{"field":"Link","fieldtype":"jira","to":"NEW-1","toString":"This issue blocks NEW-1"}]},
{"id":"2","created":"2024-01-10T00:00:00.000+0000","items":[
{"field":"IssueParentAssociation","fieldtype":"jira","from":null,"to":"9","toString":"NEW-1"},
{"field":"Epic Link","fieldtype":"custom","fieldId":"customfield_100","from":null,"fromString":null,"to":"9","toString":"NEW-1"},
{"field":"Story Points","fieldtype":"custom","fieldId":"customfield_200","from":null,"fromString":"3","to":null,"toString":"8"},
{"field":"Flagged","fieldtype":"custom","fieldId":"customfield_300","from":"[10019]","fromString":"Impediment","to":"","toString":""},
{"field":"duedate","fieldtype":"jira","from":"2024-03-01","fromString":"2024-03-01 00:00:00.0","to":"2024-05-01"},
{"field":"labels","fieldtype":"jira","fromString":"a b","toString":"b c"},
{"field":"Fix Version","fieldtype":"jira","from":"2","fromString":"two","to":null},
{"field":"Fix Version","fieldtype":"jira","from":null,"to":"1","toString":"one"},
{"field":"issuetype","fieldtype":"jira","from":"5","fromString":"Sub-task","to":"7","toString":"Story"},
{"field":"assignee","fieldtype":"jira","from":"zoe","fromString":"Zoe Z","to":null},
{"field":"summary","fieldtype":"jira","fromString":"Then","toString":"Now"}]}]}}
`

// moved is the world above, each issue on one line.
func moved(tb testing.TB) *jirasim.World {
	flat := strings.ReplaceAll(movedWorld, "\n", "")
	return load(tb, strings.ReplaceAll(flat, `}{"id":"10","key"`, "}\n"+`{"id":"10","key"`))
}

func TestEachFieldIsWoundBack(t *testing.T) {
	w := moved(t)
	if w.Truncated() != 1 {
		t.Errorf("%d truncated changelogs, want 1", w.Truncated())
	}
	w.AddStatus(flow.StatusInfo{ID: "800", Name: "Vetting", Category: flow.InProgress})
	s := serve(t, w, date("2024-01-05"), jirasim.Options{})
	i := s.search(map[string]any{"jql": "id = 10"}).Issues[0]
	delete(i.Fields, "created")
	want := map[string]any{
		"updated": "2024-01-01T00:00:00.000+0000", "summary": "Then", "duedate": "2024-03-01",
		"labels": []any{"a", "b"}, "issuetype": map[string]any{"id": "5", "name": "Sub-task", "subtask": false},
		"status": map[string]any{"id": "800", "name": "Vetting", "description": "", "statusCategory": map[string]any{
			"id": 4.0, "key": "indeterminate", "name": "In Progress", "colorName": "yellow"}},
		"resolution": nil, "resolutiondate": nil, "project": map[string]any{"id": "1", "key": "OLD", "name": "Old"},
		"customfield_100": nil, "customfield_200": 3.0, "customfield_300": []any{map[string]any{"id": "10019", "value": "Impediment"}},
		"fixVersions": []any{map[string]any{"id": "2", "name": "two", "archived": false, "released": false}},
		"assignee":    map[string]any{"name": "zoe", "key": "zoe", "displayName": "Zoe Z", "active": false},
		"issuelinks":  []any{},
	}
	if diff := cmp.Diff(want, i.Fields); diff != "" || i.Key != "OLD-3" {
		t.Errorf("key %s, fields (-want +got):\n%s", i.Key, diff)
	}
}

func TestTheParentIsShownAsItWas(t *testing.T) {
	s := serve(t, moved(t), date("2024-01-12"), jirasim.Options{})
	i := s.search(map[string]any{"jql": "id = 10"}).Issues[0]
	if got := i.Fields["parent"].(map[string]any)["fields"].(map[string]any)["summary"]; got != "Epic zero" {
		t.Errorf("the parent's summary was %v", got)
	}
	s.clock.at = date("2024-01-25")
	i = s.search(map[string]any{"jql": "id = 10"}).Issues[0]
	if got := i.Fields["parent"].(map[string]any)["fields"].(map[string]any)["summary"]; got != "Epic one" {
		t.Errorf("the parent's summary is %v", got)
	}
}

func TestAnOldKeyLeadsToTheIssue(t *testing.T) {
	s := serve(t, moved(t), date("2024-02-01"), jirasim.Options{})
	for _, c := range []struct{ name, at, asked, want string }{
		{"before the move by the key of then", "2024-02-01", "OLD-3", "OLD-3"},
		{"before the move not by the key to come", "2024-02-01", "NEW-5", ""},
		{"after the move by the old key", "2024-03-01", "OLD-3", "NEW-5"},
		{"after the move by the new key, in small letters", "2024-03-01", "new-5", "NEW-5"},
		{"by the id at any time", "2024-02-01", "10", "OLD-3"},
		{"not before it was created", "2023-12-31", "10", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.clock.at = date(c.at)
			a := s.get("/rest/api/2/issue/" + c.asked)
			var i shown
			if a.status == http.StatusOK {
				if err := json.Unmarshal([]byte(a.body), &i); err != nil {
					t.Fatal(err)
				}
			}
			if i.Key != c.want {
				t.Errorf("status %d, key %q, want %q", a.status, i.Key, c.want)
			}
		})
	}
}

func TestAVersionIsReleasedWhenItsDayBegins(t *testing.T) {
	s := serve(t, moved(t), date("2024-01-20"), jirasim.Options{Zone: zoneNamed(t, "America/New_York")})
	for _, c := range []struct {
		name, at string
		want     bool
	}{
		{"not before", "2024-01-20 00:00", false},
		{"not where it is still the day before", "2024-02-01 04:59", false},
		{"from midnight on", "2024-02-01 05:00", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.clock.at = date(c.at)
			i := s.search(map[string]any{"jql": "id = 10"}).Issues[0]
			if got := i.Fields["fixVersions"].([]any)[0].(map[string]any)["released"]; got != c.want {
				t.Errorf("released %v, want %v", got, c.want)
			}
		})
	}
}

func TestAStatusThatNobodyKnowsHasNoCategory(t *testing.T) {
	s := serve(t, moved(t), date("2024-01-12"), jirasim.Options{})
	i := s.search(map[string]any{"jql": "statusCategory = undefined"}).Issues[0]
	want := map[string]any{"id": "800", "name": "Vetting", "description": "", "statusCategory": map[string]any{
		"id": 1.0, "key": "undefined", "name": "No Category", "colorName": "medium-gray"}}
	if diff := cmp.Diff(want, i.Fields["status"]); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

func TestFieldsAreKnownByTheirSchema(t *testing.T) {
	const shapes = `
{"id":"1","key":"A-1","fields":{"created":"2024-01-01T00:00:00.000+0000","status":{"id":"1","name":"Open"},"issuetype":{"id":"6","name":"Epic"},"customfield_1":null,"customfield_5":"0|hzzzzz:"}}
{"id":"2","key":"A-2","fields":{"created":"2024-01-01T00:00:00.000+0000","status":{"id":"1","name":"Open"},"customfield_1":"A-1","customfield_2":["com.atlassian.greenhopper.service.sprint.Sprint@1bf75fd[id=1,state=CLOSED,name=x]"],"customfield_3":[{"value":"Impediment","id":"10019"}],"customfield_4":"2024-01-01T00:00:00.000+0000","customfield_6":"A-1 and more","customfield_7":2.5}}
`
	w := load(t, shapes)
	w.AddField("customfield_7", "Story Points", "com.atlassian.jira.plugin.system.customfieldtypes:float")
	s := serve(t, w, date("2024-02-01"), jirasim.Options{})
	var fields []struct {
		ID, Name string
		Custom   bool
		Key      *string
		Schema   struct{ Custom string }
	}
	if err := json.Unmarshal([]byte(s.get("/rest/api/2/field").body), &fields); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	system := map[string]bool{}
	for _, f := range fields {
		if f.Key != nil {
			t.Errorf("%s has a key, as on Cloud alone", f.ID)
		}
		if f.Custom {
			got[f.ID] = f.Name + " " + f.Schema.Custom[strings.IndexByte(f.Schema.Custom, ':')+1:]
		} else {
			system[f.ID] = true
		}
	}
	want := map[string]string{
		"customfield_1": "Epic Link gh-epic-link", "customfield_2": "Sprint gh-sprint", "customfield_3": "Flagged multicheckboxes",
		"customfield_4": "customfield_4 datetime", "customfield_5": "Rank gh-lexo-rank", "customfield_6": "customfield_6 textfield",
		"customfield_7": "Story Points float",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("custom fields (-want +got):\n%s", diff)
	}
	for _, id := range []string{"issuekey", "status", "fixVersions", "labels", "duedate", "parent"} {
		if !system[id] {
			t.Errorf("no system field %s", id)
		}
	}
}

func TestEpicsAreFoundByTheirLinksThoughTheDumpLacksSomeOfThem(t *testing.T) {
	line := func(id int, issueType, fields string) string {
		return fmt.Sprintf(`{"id":"%d","key":"A-%d","fields":{"created":"2024-01-01T00:00:00.000+0000",`+
			`"status":{"id":"1","name":"Open"},"issuetype":{"id":"%s","name":"%[3]s"}%[4]s}}`+"\n", id, id, issueType, fields)
	}
	for _, c := range []struct{ name, linked, want string }{
		{"all epics are there", `,"customfield_12311120":"A-1"`, "A-3 A-4"},
		{"another project's epic is not", `,"customfield_12311120":"OTHER-7"`, "A-3 A-4"},
		{"a field of any issues' keys links no epics", `,"customfield_12311120":"A-2"`, ""},
		{"a text that names an epic is none", `,"customfield_12311120":"A-1, mostly"`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, load(t, line(1, "Epic", "")+line(2, "Story", "")+
				line(3, "Story", `,"customfield_12311120":"A-1"`)+line(4, "Story", c.linked)), date("2024-02-01"), jirasim.Options{})
			if got := s.keys(`"Epic Link" is not EMPTY ORDER BY key`); got != c.want {
				t.Errorf("issues below an epic: %q, want %q", got, c.want)
			}
		})
	}
}

func TestTheAgileShapeBecomesCustomFields(t *testing.T) {
	w := loadReal(t, "jira-appcelerator.jsonl.gz")
	s := serve(t, w, w.Last(), jirasim.Options{})
	if p := s.search(map[string]any{"jql": `"Epic Link" is not EMPTY`, "maxResults": 0}); p.Total != 890 {
		t.Errorf("%d issues have an epic, want 890", p.Total)
	}
	if got := s.keys(`"Epic Link" = ALOY-974 ORDER BY key`); !strings.HasPrefix(got, "ALOY-975 ALOY-976") {
		t.Errorf("the epic's children are %s", got)
	}
}

func TestAnOldServersOwnStatusesHaveTheirCategories(t *testing.T) {
	line := func(id int, status string) string {
		return fmt.Sprintf(`{"id":"%d","key":"A-%[1]d","fields":{"created":"2012-01-01T00:00:00.000+0000","status":%s}}`+"\n", id, status)
	}
	s := serve(t, load(t, line(1, `{"id":"1","name":"Open"}`)+line(2, `{"id":"3","name":"In Progress"}`)+line(3, `{"id":"6","name":"Closed"}`)+
		line(4, `{"id":"10001","name":"Vetted"}`)+line(5, `{"id":"5","name":"Resolved","statusCategory":{"key":"undefined"}}`)), date("2024-02-01"), jirasim.Options{})
	for category, want := range map[string]string{"new": "A-1", "indeterminate": "A-2", "done": "A-3", "undefined": "A-4 A-5"} {
		if got := s.keys("statusCategory = " + category + " ORDER BY key"); got != want {
			t.Errorf("%s: %s, want %s", category, got, want)
		}
	}
}
