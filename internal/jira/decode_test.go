package jira

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plumbline/internal/flow"
	"plumbline/internal/realdata"
)

func testDecoder(f *fields) *decoder {
	if f == nil {
		f = &fields{}
	}
	o := Options{Site: "acme", Pseudonym: Pseudonymizer([]byte("key")), Bots: []string{"Jira-Automation"}, KeepSummaries: true}
	return newDecoder(&o, f)
}

func lines(tb testing.TB, r io.Reader) [][]byte {
	tb.Helper()
	var out [][]byte
	s := bufio.NewScanner(r)
	s.Buffer(nil, 64<<20)
	for s.Scan() {
		out = append(out, []byte(s.Text()))
	}
	if err := s.Err(); err != nil {
		tb.Fatal(err)
	}
	return out
}

func TestEveryRealIssueOfAeroGearDecodesWhole(t *testing.T) {
	d := testDecoder(nil)
	got := make(map[string]int)
	histories, parentIssue, parentID := 0, 0, 0
	for n, raw := range lines(t, realdata.Open(t, "jira-aerogear.jsonl")) {
		out := d.issue(raw)
		if !out.ok || len(out.problems) > 0 {
			t.Fatalf("line %d: %+v", n+1, out.problems)
		}
		i := &out.issue
		if i.Histories != i.Announced {
			t.Errorf("%s: holds %d of %d histories", i.Now.Key, i.Histories, i.Announced)
		}
		histories += i.Histories
		for _, c := range i.Changes {
			got[c.Field.String()]++
			switch v := named(c.To, c.From); {
			case c.Field != flow.FieldParent:
			case v.ID == "" && isKey(v.Name):
				parentIssue++
			case v.ID != "" && isKey(v.Name):
				parentID++
			}
		}
	}
	want := map[string]int{
		"fix version": 396, "status": 306, "resolution": 224, "assignee": 178, "parent": 37, "issue type": 30,
		"labels": 2, "link": 115, "priority": 95, "component": 82,
		"another field": 124 + 57 + 27 + 20 + 16 + 16 + 8 + 1 + 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("items per field (-want +got):\n%s", diff)
	}
	if histories != 1090 || parentID != 30 || parentIssue != 7 {
		t.Errorf("histories %d, parents by id %d, by key alone %d; want 1090, 30, 7", histories, parentID, parentIssue)
	}
}

func named(vs ...flow.Named) flow.Named {
	for _, v := range vs {
		if !v.IsZero() {
			return v
		}
	}
	return flow.Named{}
}

func TestEveryRealIssueInTheAgileShapeDecodesWhole(t *testing.T) {
	d := testDecoder(nil)
	epics, children, subtasks, versions := 0, 0, 0, 0
	for n, raw := range lines(t, realdata.Open(t, "jira-appcelerator.jsonl.gz")) {
		out := d.issue(raw)
		if !out.ok || len(out.problems) > 0 {
			t.Fatalf("line %d: %+v", n+1, out.problems)
		}
		s := &out.issue.Now
		if out.issue.Announced != -1 {
			t.Fatalf("%s: announces %d histories where Jira sent no changelog", s.Key, out.issue.Announced)
		}
		if s.Type.Level == 1 {
			epics++
		}
		if s.Epic.ID != 0 && s.Epic.Key != "" {
			children++
		}
		if !s.Parent.IsZero() {
			subtasks++
		}
		if len(s.FixVersions) > 0 {
			versions++
		}
		if said := strings.Contains(string(raw), `"flagged":true`); s.Flagged != said {
			t.Errorf("%s: flagged %v, but Jira says %v", s.Key, s.Flagged, said)
		}
	}
	if epics != 134 || children != 890 || subtasks != 1375 || versions != 14557 {
		t.Errorf("epics %d, children %d, sub-tasks %d, with versions %d; want 134, 890, 1375, 14557", epics, children, subtasks, versions)
	}
}

// fieldsOfTest are a site's custom fields as Discover finds them.
func fieldsOfTest() *fields {
	return &fields{
		Format:   fieldsFormat,
		EpicLink: []fieldRef{{"customfield_1", "Ссылка на эпик"}}, EpicName: []fieldRef{{"customfield_2", "Epic Name"}},
		ParentLink: []fieldRef{{"customfield_3", "Parent Link"}}, Flagged: []fieldRef{{"customfield_4", "Flagged"}},
		StoryPoints: []fieldRef{{"customfield_5", "Story Points"}, {"customfield_6", "Story point estimate"}},
		Sprint:      []fieldRef{{"customfield_7", "Sprint"}},
	}
}

// issueJSON is a small issue; extra goes into its fields, changelog behind it.
func issueJSON(extra, changelog string) string {
	if extra != "" {
		extra = "," + extra
	}
	if changelog != "" {
		changelog = `,"changelog":` + changelog
	}
	return `{"id":"10","key":"PAY-1","fields":{"created":"2026-01-02T03:04:05.678+0100","updated":"2026-02-01T00:00:00.000+0000",` +
		`"status":{"id":"3","name":"Doing","statusCategory":{"key":"indeterminate"}},` +
		`"issuetype":{"id":"7","name":"Story","subtask":false},"project":{"id":"100","key":"PAY","name":"Payments"}` + extra + `}` + changelog + `}`
}

func TestPresentStateOfAnIssue(t *testing.T) {
	ref := func(id flow.IssueID, key string) flow.Ref { return flow.Ref{ID: id, Key: key} }
	tests := []struct {
		name  string
		extra string
		want  func(*flow.Issue)
	}{
		{"an issue with nothing set", ``, func(*flow.Issue) {}},
		{"nulls are nothing", `"assignee":null,"resolution":null,"parent":null,"priority":null,"duedate":null,"customfield_1":null,"customfield_5":null,"customfield_4":null,"resolutiondate":null`, func(*flow.Issue) {}},
		{"a parent by id and key", `"parent":{"id":"9","key":"PAY-9"}`, func(i *flow.Issue) { i.Now.Parent = ref(9, "PAY-9") }},
		{"an epic link names the epic by key", `"customfield_1":"PAY-5"`, func(i *flow.Issue) { i.Now.Epic = ref(0, "PAY-5") }},
		{"the agile shape's epic has a number as id", `"epic":{"id":128563,"key":"ALOY-974","done":false}`, func(i *flow.Issue) { i.Now.Epic = ref(128563, "ALOY-974") }},
		{"a parent link by key", `"customfield_3":"INI-2"`, func(i *flow.Issue) { i.Now.Parent = ref(0, "INI-2") }},
		{"a parent link as an object with data", `"customfield_3":{"showField":true,"data":{"id":77,"key":"INI-2"}}`, func(i *flow.Issue) { i.Now.Parent = ref(77, "INI-2") }},
		{"the parent field goes before the parent link", `"parent":{"id":"9","key":"PAY-9"},"customfield_3":"INI-2"`, func(i *flow.Issue) { i.Now.Parent = ref(9, "PAY-9") }},
		{"a sub-task by the server's own flag", `"issuetype":{"id":"8","name":"Teilaufgabe","subtask":true}`, func(i *flow.Issue) { i.Now.Type = flow.IssueType{ID: "8", Name: "Teilaufgabe", Level: -1} }},
		{"the hierarchy level goes before all else", `"issuetype":{"id":"8","name":"Epic","subtask":false,"hierarchyLevel":2}`, func(i *flow.Issue) { i.Now.Type = flow.IssueType{ID: "8", Name: "Epic", Level: 2} }},
		{"an epic by its type's name", `"issuetype":{"id":"8","name":"EPIC"}`, func(i *flow.Issue) { i.Now.Type = flow.IssueType{ID: "8", Name: "EPIC", Level: 1} }},
		{"an epic by its epic name", `"issuetype":{"id":"8","name":"Эпик"},"customfield_2":"Faster checkout"`, func(i *flow.Issue) { i.Now.Type = flow.IssueType{ID: "8", Name: "Эпик", Level: 1} }},
		{"an epic name that is left of an epic which became a story makes none", `"customfield_2":"Faster checkout"`, func(*flow.Issue) {}},
		{"nor does one of an issue that lies below an epic", `"issuetype":{"id":"8","name":"Aufgabe"},"customfield_2":"Faster checkout","customfield_1":"PAY-5"`, func(i *flow.Issue) {
			i.Now.Type, i.Now.Epic = flow.IssueType{ID: "8", Name: "Aufgabe"}, ref(0, "PAY-5")
		}},
		{"an empty epic name makes no epic", `"customfield_2":""`, func(*flow.Issue) {}},
		{"story points of the first field that has any", `"customfield_5":null,"customfield_6":3.5`, func(i *flow.Issue) { i.Now.Estimate, i.Now.Estimated = 3.5, true }},
		{"story points of nought are an estimate", `"customfield_5":0`, func(i *flow.Issue) { i.Now.Estimated = true }},
		{"flagged by the option's list", `"customfield_4":[{"value":"Impediment","id":"10019"}]`, func(i *flow.Issue) { i.Now.Flagged = true }},
		{"flagged in the agile shape", `"flagged":true`, func(i *flow.Issue) { i.Now.Flagged = true }},
		{"labels are a sorted set", `"labels":["b","a","b"]`, func(i *flow.Issue) { i.Now.Labels = []string{"a", "b"} }},
		{"a due date", `"duedate":"2026-03-01"`, func(i *flow.Issue) { i.Now.Due = flow.Date{Year: 2026, Month: 3, Day: 1} }},
		{"an assignee is a pseudonym", `"assignee":{"name":"jdoe","key":"JIRAUSER1","displayName":"Jane"}`, func(i *flow.Issue) { i.Now.Assignee = Pseudonymizer([]byte("key"))("JIRAUSER1") }},
		{"an issue without time of its last update", `"updated":null`, func(i *flow.Issue) { i.Updated = time.Time{} }},
		{"creation as epoch milliseconds", `"created":1767319445678`, func(*flow.Issue) {}},
		{"links on both sides", `"issuelinks":[{"type":{"name":"Blocks","inward":"is blocked by","outward":"blocks"},"inwardIssue":{"id":"5","key":"A-5"}},{"type":{"name":"Blocks","inward":"is blocked by","outward":"blocks"},"outwardIssue":{"id":"6","key":"A-6"}}]`, func(i *flow.Issue) {
			i.Links = []flow.Link{{Type: "Blocks", Description: "is blocked by", Other: ref(5, "A-5")}, {Type: "Blocks", Description: "blocks", Outward: true, Other: ref(6, "A-6")}}
		}},
		{"fix versions by id, sorted", `"fixVersions":[{"id":"21","name":"2"},{"id":"20","name":"1"}]`, func(i *flow.Issue) { i.Now.FixVersions = []string{"20", "21"} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := flow.Issue{
				Site: "acme", ID: 10, Created: time.Date(2026, 1, 2, 2, 4, 5, 678e6, time.UTC), Updated: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), Announced: -1,
				Now: flow.State{Key: "PAY-1", Project: flow.Named{ID: "100", Name: "PAY"}, Type: flow.IssueType{ID: "7", Name: "Story"}, Status: flow.Named{ID: "3", Name: "Doing"}, Category: flow.InProgress},
			}
			tt.want(&want)
			got := testDecoder(fieldsOfTest()).issue([]byte(issueJSON(tt.extra, "")))
			if !got.ok || len(got.problems) > 0 {
				t.Fatalf("problems: %+v", got.problems)
			}
			if diff := cmp.Diff(want, got.issue); diff != "" {
				t.Errorf("issue (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChangelogItemsTakeTheFormThatFlowDocuments(t *testing.T) {
	person := func(account string) string { return Pseudonymizer([]byte("key"))(account).String() }
	tests := []struct {
		name     string
		item     string
		field    flow.Field
		from, to flow.Named
	}{
		{"status", `"field":"status","fieldId":"status","fieldtype":"jira","from":"1","fromString":"Open","to":"5","toString":"Resolved"`, flow.FieldStatus, flow.Named{ID: "1", Name: "Open"}, flow.Named{ID: "5", Name: "Resolved"}},
		{"a fix version put in", `"field":"Fix Version","fieldtype":"jira","from":null,"fromString":null,"to":"12","toString":"1.0"`, flow.FieldFixVersion, flow.Named{}, flow.Named{ID: "12", Name: "1.0"}},
		{"the parent on Cloud", `"field":"IssueParentAssociation","fieldtype":"jira","from":null,"to":"10164","toString":"KAN-127"`, flow.FieldParent, flow.Named{}, flow.Named{ID: "10164", Name: "KAN-127"}},
		{"the server's parent issue has keys in both places", `"field":"Parent Issue","fieldtype":"custom","from":"A-16","fromString":"A-16","to":"A-66","toString":"A-66"`, flow.FieldParent, flow.Named{Name: "A-16"}, flow.Named{Name: "A-66"}},
		{"an epic link under its name on this site", `"field":"Ссылка на эпик","fieldtype":"custom","to":"77404","toString":"MIB-18"`, flow.FieldEpic, flow.Named{}, flow.Named{ID: "77404", Name: "MIB-18"}},
		{"a field is known by its id under any name", `"field":"Whatever","fieldId":"customfield_1","fieldtype":"custom","to":"77404","toString":"MIB-18"`, flow.FieldEpic, flow.Named{}, flow.Named{ID: "77404", Name: "MIB-18"}},
		{"another field of the same name is another field", `"field":"Story Points","fieldId":"customfield_99","fieldtype":"custom","toString":"8"`, flow.FieldOther, flow.Named{}, flow.Named{}},
		{"a custom field called status is no status", `"field":"Status","fieldtype":"custom","from":"1","to":"2"`, flow.FieldOther, flow.Named{}, flow.Named{}},
		{"labels as lists", `"field":"labels","fieldtype":"jira","fromString":"a","toString":"a b"`, flow.FieldLabels, flow.Named{Name: "a"}, flow.Named{Name: "a b"}},
		{"a due date with a time behind it", `"field":"duedate","fieldtype":"jira","from":null,"fromString":"2026-01-31 00:00:00.0","to":"2026-02-01","toString":"2026-02-01 00:00:00.0"`, flow.FieldDue, flow.Named{ID: "2026-01-31"}, flow.Named{ID: "2026-02-01"}},
		{"an assignee is hidden", `"field":"assignee","fieldtype":"jira","from":"jdoe","fromString":"Jane Doe","to":null,"toString":null`, flow.FieldAssignee, flow.Named{ID: person("jdoe")}, flow.Named{}},
		{"story points stand in the strings", `"field":"Story Points","fieldtype":"custom","fromString":"3","toString":"8.50"`, flow.FieldEstimate, flow.Named{ID: "3"}, flow.Named{ID: "8.5"}},
		{"flagging", `"field":"Flagged","fieldtype":"custom","from":null,"fromString":"","to":"[10019]","toString":"Impediment"`, flow.FieldFlagged, flow.Named{}, flow.Named{Name: "Impediment"}},
		{"a link keeps key and sentence", `"field":"Link","fieldtype":"jira","to":"D-220","toString":"This issue is related to D-220"`, flow.FieldLink, flow.Named{}, flow.Named{ID: "D-220", Name: "This issue is related to D-220"}},
		{"a link to no issue keeps nothing", `"field":"Link","fieldtype":"jira","to":"https://x","toString":"a page"`, flow.FieldLink, flow.Named{}, flow.Named{}},
		{"sprints by their ids", `"field":"Sprint","fieldtype":"custom","from":"8066, 8363","fromString":"A, B","to":""`, flow.FieldSprint, flow.Named{ID: "8066,8363"}, flow.Named{}},
		{"the rank's values are dropped", `"field":"Rank","fieldtype":"custom","from":"","toString":"Ranked higher"`, flow.FieldRank, flow.Named{}, flow.Named{}},
		{"any other field's values are dropped", `"field":"description","fieldtype":"jira","fromString":"secret","toString":"words"`, flow.FieldOther, flow.Named{}, flow.Named{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := `{"total":1,"histories":[{"id":"5","created":"2026-01-03T00:00:00.000+0000","author":{"name":"jira-automation"},"items":[{` + tt.item + `}]}]}`
			got := testDecoder(fieldsOfTest()).issue([]byte(issueJSON("", log)))
			want := []flow.Change{{
				At: time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC), History: 5, Field: tt.field, From: tt.from, To: tt.to,
				Author: Pseudonymizer([]byte("key"))("jira-automation"), Bot: true,
			}}
			if diff := cmp.Diff(want, got.issue.Changes); diff != "" || len(got.problems) > 0 {
				t.Errorf("changes (-want +got):\n%s\nproblems: %v", diff, got.problems)
			}
		})
	}
}

func TestAProjectMoveNamesTheProjectsByKey(t *testing.T) {
	log := `{"total":1,"histories":[{"id":"5","created":"2026-01-03T00:00:00.000+0000","items":[` +
		`{"field":"project","fieldtype":"jira","from":"1","fromString":"Design","to":"100","toString":"Payments"},` +
		`{"field":"Key","fieldtype":"jira","from":null,"fromString":"DESIGN-22","to":null,"toString":"PAY-1"}]}]}`
	got := testDecoder(nil).issue([]byte(issueJSON("", log))).issue.Changes
	want := []flow.Change{
		{Field: flow.FieldProject, From: flow.Named{ID: "1", Name: "DESIGN"}, To: flow.Named{ID: "100", Name: "PAY"}},
		{Field: flow.FieldKey, Item: 1, From: flow.Named{Name: "DESIGN-22"}, To: flow.Named{Name: "PAY-1"}},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(flow.Change{}, "At", "History")); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

func TestHistoriesAreSortedAndEachIsTakenOnce(t *testing.T) {
	entry := func(id, at string) string {
		return fmt.Sprintf(`{"id":%q,"created":%q,"author":null,"items":[{"field":"labels"},{"field":"status"}]}`, id, at)
	}
	log := `{"total":4,"histories":[` + strings.Join([]string{
		entry("9", "2026-01-05T00:00:00.000+0000"), entry("10", "2026-01-03T00:00:00.000+0000"),
		entry("8", "2026-01-03T00:00:00Z"), entry("9", "2026-01-05T00:00:00.000+0000"),
	}, ",") + `]}`
	i := testDecoder(nil).issue([]byte(issueJSON("", log))).issue
	var got []string
	for _, c := range i.Changes {
		got = append(got, fmt.Sprintf("%d/%d", c.History, c.Item))
	}
	if diff := cmp.Diff([]string{"8/0", "8/1", "10/0", "10/1", "9/0", "9/1"}, got); diff != "" {
		t.Errorf("history/item (-want +got):\n%s", diff)
	}
	if i.Histories != 3 || i.Announced != 3 {
		t.Errorf("histories %d, announced %d; the repeated entry is no other", i.Histories, i.Announced)
	}
}

func TestWhatIsWrongWithAnIssueIsSaidWithoutItsValues(t *testing.T) {
	tests := []struct {
		name   string
		json   string
		what   string
		usable bool
	}{
		{"no object", `[1]`, "not what Jira documents as an issue", false},
		{"no JSON", `{"id":`, "not what Jira documents as an issue", false},
		{"id is no number", strings.Replace(issueJSON("", ""), `"10"`, `"x1"`, 1), "id: not a number", false},
		{"id is negative", strings.Replace(issueJSON("", ""), `"10"`, `"-10"`, 1), "id: not a number", false},
		{"id is too large", strings.Replace(issueJSON("", ""), `"10"`, `"99999999999999999999"`, 1), "id: not a number", false},
		{"key is none", strings.Replace(issueJSON("", ""), `"PAY-1"`, `"PAY/1"`, 1), "key: not an issue key", false},
		{"created is no time", issueJSON(`"created":"yesterday"`, ""), "created: not a time", false},
		{"created is null", issueJSON(`"created":null`, ""), "created: not a time", false},
		{"status is null", issueJSON(`"status":null`, ""), "status: missing", false},
		{"status is of another kind", issueJSON(`"status":"secret"`, ""), "fields.status: of another kind than Jira documents", false},
		{"labels are numbers", issueJSON(`"labels":[1]`, ""), "fields.labels: of another kind than Jira documents", false},
		{"updated is no time", issueJSON(`"updated":"soon"`, ""), "updated: not a time", true},
		{"due date does not exist", issueJSON(`"duedate":"2026-02-30"`, ""), "duedate: not a date", true},
		{"epic link is no key", issueJSON(`"customfield_1":"some text"`, ""), "epic link: names no issue", true},
		{"story points are text", issueJSON(`"customfield_5":"XL"`, ""), "story points: not a number", true},
		{"an entry without time", issueJSON("", `{"total":1,"histories":[{"id":"4","created":"x","items":[]}]}`), "changelog: entry 4: created: not a time", true},
		{"an entry without id", issueJSON("", `{"total":1,"histories":[{"created":"2026-01-01T00:00:00Z","items":[]}]}`), "changelog: an entry's id is not a number", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := testDecoder(fieldsOfTest()).issue([]byte(tt.json))
			if len(got.problems) != 1 || got.problems[0].What != tt.what || got.ok != tt.usable {
				t.Errorf("usable %v, problems %+v; want usable %v, %q", got.ok, got.problems, tt.usable, tt.what)
			}
		})
	}
}

func FuzzDecodeIssue(f *testing.F) {
	f.Add([]byte(issueJSON(`"customfield_1":"PAY-5","customfield_3":{"data":{"id":7,"key":"A-1"}},"epic":{"id":1,"key":"A-2"}`,
		`{"total":3,"histories":[{"id":"5","created":1767319445678,"items":[{"field":"Sprint","fieldtype":"custom","from":"1, 2"}]}]}`)))
	f.Add([]byte(`{"id":10,"key":"A-1","fields":null,"changelog":{"total":-1}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		out := testDecoder(fieldsOfTest()).issue(raw)
		i := &out.issue
		if !out.ok {
			if len(out.problems) == 0 {
				t.Fatal("an issue is refused without a word")
			}
			return
		}
		if i.ID == 0 || !isKey(i.Now.Key) || i.Created.IsZero() || i.Now.Status.ID == "" {
			t.Fatalf("an issue without identity or state was accepted: %+v", i)
		}
		if i.Histories > out.served || i.Announced < i.Histories && i.Announced >= 0 {
			t.Fatalf("%d histories of %d served, %d announced", i.Histories, out.served, i.Announced)
		}
		if _, err := json.Marshal(i); err != nil {
			t.Fatal(err)
		}
		flow.NewTimeline(i, nil)
	})
}

// BenchmarkDecodeIssue compares the decoder with the least that reading the
// same bytes can cost; the ratio is reported.
func BenchmarkDecodeIssue(b *testing.B) {
	raws := lines(b, realdata.Open(b, "jira-aerogear.jsonl"))
	d := testDecoder(fieldsOfTest())
	var least, own time.Duration
	for b.Loop() {
		start := time.Now()
		for _, raw := range raws {
			var m struct{ ID, Key string }
			if err := json.Unmarshal(raw, &m); err != nil {
				b.Fatal(err)
			}
		}
		middle := time.Now()
		for _, raw := range raws {
			if !d.issue(raw).ok {
				b.Fatal("not usable")
			}
		}
		least += middle.Sub(start)
		own += time.Since(middle)
	}
	b.ReportMetric(float64(own)/float64(least), "x-minimal")
	b.ReportMetric(float64(own.Nanoseconds())/float64(b.N*len(raws)), "ns/issue")
}
