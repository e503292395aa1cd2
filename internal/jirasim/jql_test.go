package jirasim_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // zones, whatever machine the tests run on

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/jirasim"
)

// smallWorld has two projects, one epic with a child by Epic Link, a sub-task
// and issues with and without each field.
const smallWorld = `
{"id":"10001","key":"PAY-1","fields":{"created":"2024-01-01T10:00:00.000+0000","updated":"2024-01-01T10:00:00.000+0000","summary":"Faster checkout","issuetype":{"id":"6","name":"Epic","subtask":false},"status":{"id":"3","name":"In Progress","statusCategory":{"id":4,"key":"indeterminate"}},"project":{"id":"1","key":"PAY","name":"Payments"},"priority":{"id":"2","name":"High"},"labels":[],"resolution":null,"fixVersions":[]},"changelog":{"histories":[]}}
{"id":"10002","key":"PAY-2","fields":{"created":"2024-01-02T10:00:00.000+0000","updated":"2024-02-02T10:00:00.000+0000","resolutiondate":"2024-02-01T10:00:00.000+0000","summary":"Cache the cart","issuetype":{"id":"7","name":"Story","subtask":false},"status":{"id":"6","name":"Closed","statusCategory":{"id":3,"key":"done"}},"project":{"id":"1","key":"PAY","name":"Payments"},"priority":{"id":"10","name":"Low"},"labels":["p95","Cart"],"resolution":{"id":"1","name":"Done"},"fixVersions":[{"id":"501","name":"3.2","released":true,"releaseDate":"2024-03-01"}],"customfield_10014":"PAY-1","duedate":"2024-02-10","assignee":{"name":"anna","key":"anna","displayName":"anna"}},"changelog":{"histories":[{"id":"1","created":"2024-02-01T10:00:00.000+0000","items":[{"field":"status","fieldtype":"jira","from":"1","fromString":"Open","to":"6","toString":"Closed"},{"field":"resolution","fieldtype":"jira","from":null,"to":"1","toString":"Done"}]}]}}
{"id":"10010","key":"PAY-10","fields":{"created":"2024-01-03T10:00:00.000+0000","updated":"2024-01-03T10:00:00.000+0000","summary":"Measure it","issuetype":{"id":"5","name":"Sub-task","subtask":true},"status":{"id":"1","name":"Open","statusCategory":{"id":2,"key":"new"}},"project":{"id":"1","key":"PAY","name":"Payments"},"parent":{"id":"10002","key":"PAY-2"},"resolution":null},"changelog":{"histories":[]}}
{"id":"10005","key":"SHOP-7","fields":{"created":"2024-01-04T10:00:00.000+0000","updated":"2024-03-04T10:00:00.000+0000","summary":"Latency of search","issuetype":{"id":"7","name":"Story","subtask":false},"status":{"id":"10001","name":"Parked"},"project":{"id":"2","key":"SHOP","name":"Shop"},"priority":{"id":"2","name":"High"},"labels":["latency"],"resolution":null,"fixVersions":[{"id":"502","name":"2024.1","released":false},{"id":"501","name":"3.2","released":true,"releaseDate":"2024-03-01"}]},"changelog":{"histories":[]}}
`

// found is what queries find in the small world.
func found() []struct{ name, jql, want string } {
	return []struct{ name, jql, want string }{
		{"nothing asked is everything, by id", "", "PAY-1 PAY-2 SHOP-7 PAY-10"},
		{"a project by its key in any case", "project = pay ORDER BY key", "PAY-1 PAY-2 PAY-10"},
		{"a project by its name", "project = Shop", "SHOP-7"},
		{"several projects by key and id", "project in (PAY, 2) order by key DESC", "SHOP-7 PAY-10 PAY-2 PAY-1"},
		{"an issue by its key", "key = PAY-10", "PAY-10"},
		{"issues by ids", "id in (10010, 10001) ORDER BY key", "PAY-1 PAY-10"},
		{"keys after one, by number and within the project", "key > PAY-2", "PAY-10"},
		{"ids after one are keys after its key", "id > 10002", "PAY-10"},
		{"keys that are none of these", "issuekey not in (PAY-1, PAY-2)", "SHOP-7 PAY-10"},
		{"children by parent", "parent = PAY-2", "PAY-10"},
		{"children by epic", `"Epic Link" = PAY-1`, "PAY-2"},
		{"children by the epic field's number", `cf[10014] in (PAY-1)`, "PAY-2"},
		{"no epic", `"Epic Link" is EMPTY and project = PAY ORDER BY key`, "PAY-1 PAY-10"},
		{"some epic", `"epic link" IS NOT EMPTY`, "PAY-2"},
		{"types", "issuetype in (Epic, 'Sub-task')", "PAY-1 PAY-10"},
		{"a type by the short name of the field", "type != Story", "PAY-1 PAY-10"},
		{"a status by name", "status = open", "PAY-10"},
		{"a status by id", "status = 10001", "SHOP-7"},
		{"a category by name", `statusCategory = "In Progress"`, "PAY-1"},
		{"a category by key", `statusCategory in (new, done)`, "PAY-2 PAY-10"},
		{"a status without category", `statusCategory = undefined`, "SHOP-7"},
		{"unresolved", "resolution = Unresolved", "PAY-1 SHOP-7 PAY-10"},
		{"resolved as", "resolution = Done", "PAY-2"},
		{"no resolution is not unequal to one", "resolution != Done", ""},
		{"a negation is pushed to the operator", "NOT resolution = Done", ""},
		{"not of or", "not (project = SHOP or status = Closed)", "PAY-1 PAY-10"},
		{"labels, in any case", "labels = CART", "PAY-2"},
		{"labels are unequal only where there are some", "labels != p95", "SHOP-7"},
		{"no labels", "labels is empty", "PAY-1 PAY-10"},
		{"labels that nobody has", "labels = nosuch", ""},
		{"a fix version by name, unquoted", "fixVersion = 3.2", "PAY-2 SHOP-7"},
		{"a fix version or none", "fixVersion in (2024.1, EMPTY)", "PAY-1 SHOP-7 PAY-10"},
		{"created since a moment in milliseconds", "created >= 1704276000000 ORDER BY created", "PAY-10 SHOP-7"},
		{"created before it", "created < 1704276000000", "PAY-1 PAY-2"},
		{"a day begins at midnight", "created > 2024-01-03 and created < '2024/01/04'", "PAY-10"},
		{"a time to the minute", `created = "2024-01-03 10:00"`, "PAY-10"},
		{"a span back from now", "updated >= -7d", "SHOP-7"},
		{"a span in two units", `updated >= "-5w 3d"`, "PAY-2 SHOP-7"},
		{"up to now", "updated <= now() and project = SHOP", "SHOP-7"},
		{"before today", "updated < startOfDay() AND key = SHOP-7", "SHOP-7"},
		{"resolved at all", "resolved is not EMPTY", "PAY-2"},
		{"due", "due <= 2024-02-10", "PAY-2"},
		{"due later", "duedate > '2024-02-10'", ""},
		{"priority", "priority = High", "PAY-1 SHOP-7"},
		{"nobody's", "assignee is EMPTY AND project = PAY", "PAY-1 PAY-10"},
		{"somebody's", "assignee is not EMPTY", "PAY-2"},
		{"words of the summary", `summary ~ "cart CACHE"`, "PAY-2"},
		{"words not in the summary", `summary !~ "the"`, "PAY-1 SHOP-7 PAY-10"},
		{"and binds tighter than or", "project = SHOP or project = PAY and type = Epic", "PAY-1 SHOP-7"},
		{"symbols for words", "project = PAY && !(type = Epic || type = Story)", "PAY-10"},
		{"priorities by number, then the newest", "ORDER BY priority ASC, created DESC", "SHOP-7 PAY-1 PAY-2 PAY-10"},
		{"empty sorts last both ways", "ORDER BY resolved DESC, key", "PAY-2 PAY-1 PAY-10 SHOP-7"},
		{"an escape", `summary ~ c\u0061rt`, "PAY-2"},
	}
}

func TestJQLFindsWhatJiraFinds(t *testing.T) {
	s := serve(t, load(t, smallWorld), date("2024-03-10 12:00"), jirasim.Options{})
	for _, c := range found() {
		t.Run(c.name, func(t *testing.T) {
			if got := s.keys(c.jql); got != c.want {
				t.Errorf("%s\nfound %q\n want %q", c.jql, got, c.want)
			}
		})
	}
}

func TestWrongJQLIsRefusedInJirasWords(t *testing.T) {
	s := serve(t, load(t, smallWorld), date("2024-03-10 12:00"), jirasim.Options{})
	const operators = " The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'."
	for _, c := range []struct {
		name, jql string
		want      []string
	}{
		{"a field that is none", "foo = 1", []string{"Field 'foo' does not exist or you do not have permission to view it."}},
		{"a project that is none", "project in (PAY, X)", []string{"The value 'X' does not exist for the field 'project'."}},
		{"every mistake is told", "project = X and status = Y", []string{"The value 'X' does not exist for the field 'project'.", "The value 'Y' does not exist for the field 'status'."}},
		{"a key that is none", "key = PAY-99", []string{"An issue with key 'PAY-99' does not exist for field 'key'."}},
		{"an id that is none", "id = 99", []string{"A value with ID '99' does not exist for the field 'id'."}},
		{"no key at all", "issue = 'pay!'", []string{"The issue key 'pay!' for field 'issue' is invalid."}},
		{"a date that is none", "created > soon", []string{"Date value 'soon' for field 'created' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."}},
		{"milliseconds in quotes are no date", "created > '1704276000000'", []string{"Date value '1704276000000' for field 'created' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."}},
		{"an operator that the field has not", "labels > x", []string{"The operator '>' is not supported by the 'labels' field."}},
		{"a text is not equal", "summary = x", []string{"The operator '=' is not supported by the 'summary' field."}},
		{"is takes empty alone", "status is Open", []string{"The operator 'is' only supports 'EMPTY' or 'NULL' as an operand."}},
		{"equal takes no list", "project = (PAY)", []string{"Operator '=' does not support list values for field 'project'."}},
		{"in takes a list", "project in PAY", []string{"Operator 'in' does not support the non-list value 'PAY' for field 'project'."}},
		{"a function that is none", "key in childIssuesOf(PAY-1)", []string{"Unable to find JQL function 'childIssuesOf(PAY-1)'."}},
		{"a field that can't sort", "ORDER BY foo", []string{"Not able to sort using field 'foo'."}},
		{"eight fields to sort by", "ORDER BY key,key,key,key,key,key,key,key", []string{"JQL can be ordered by at most 7 fields."}},
		{"an end before the operator", "project", []string{"Error in the JQL Query: Expecting operator before the end of the query." + operators}},
		{"no operator", "project PAY", []string{"Error in the JQL Query: Expecting operator but got 'PAY'." + operators + " (line 1, character 9)"}},
		{"an end before the value", "project =", []string{"Error in the JQL Query: Expecting either a value, list or function before the end of the query."}},
		{"an end within the list", "project in (PAY", []string{"Error in the JQL Query: Expecting ')' before the end of the query."}},
		{"an end before the field", "project = PAY and", []string{"Error in the JQL Query: Expecting a field name before the end of the query."}},
		{"no word between clauses", "project = PAY\ntype = Epic", []string{"Error in the JQL Query: Expecting either 'OR' or 'AND' but got 'type'. (line 2, character 1)"}},
		{"quotes left open", "summary ~ 'x", []string{"Error in the JQL Query: The quoted string 'x' has not been completed. (line 1, character 11)"}},
		{"a reserved word", "set = 1", []string{"Error in the JQL Query: 'set' is a reserved JQL word. You must surround it in quotation marks to use it in a query. (line 1, character 1)"}},
		{"a reserved character", "created > 2024/01/01", []string{`Error in the JQL Query: The character '/' is a reserved JQL character. You must enclose it in a string or use the escape '\u002f' instead. (line 1, character 15)`}},
		{"an escape that is none", `summary ~ \q`, []string{`Error in the JQL Query: '\q' is an illegal JQL escape sequence. The valid escape sequences are \', \", \t, \n, \r, \\, '\ ' and \uXXXX. (line 1, character 11)`}},
		{"deep nesting", strings.Repeat("(", 1000), []string{"Error in the JQL Query: The query is nested too deeply. (line 1, character 201)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := s.get("/rest/api/2/search?jql=" + url.QueryEscape(c.jql))
			var got struct {
				ErrorMessages []string
				Errors        map[string]string
			}
			if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != http.StatusBadRequest || got.Errors == nil {
				t.Fatalf("status %d, %v: %s", a.status, err, a.body)
			}
			if diff := cmp.Diff(c.want, got.ErrorMessages); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.jql, diff)
			}
		})
	}
}

func TestWithoutValidationWrongValuesWarnAndFindNothing(t *testing.T) {
	s := serve(t, load(t, smallWorld), date("2024-03-10 12:00"), jirasim.Options{})
	p := s.search(map[string]any{"jql": "project in (X, SHOP)", "validateQuery": false})
	if p.Total != 1 || cmp.Diff([]string{"The value 'X' does not exist for the field 'project'."}, p.WarningMessages) != "" {
		t.Errorf("total %d, warnings %q", p.Total, p.WarningMessages)
	}
}

func zoneNamed(tb testing.TB, name string) *time.Location {
	tb.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return zone
}

func TestQuotedDatesAreReadInTheAccountsZone(t *testing.T) {
	const world = `
{"id":"1","key":"A-1","fields":{"created":"2024-03-30T22:59:00.000+0000","status":{"id":"1","name":"Open"}}}
{"id":"2","key":"A-2","fields":{"created":"2024-03-30T23:00:00.000+0000","status":{"id":"1","name":"Open"}}}
{"id":"3","key":"A-3","fields":{"created":"2024-03-31T21:59:00.000+0000","status":{"id":"1","name":"Open"}}}
{"id":"4","key":"A-4","fields":{"created":"2024-03-31T22:00:00.000+0000","status":{"id":"1","name":"Open"}}}
`
	// Zurich put its clocks forward on 31 March 2024: the day had 23 hours.
	for _, c := range []struct{ name, zone, jql, want string }{
		{"the day as it is in UTC", "UTC", `created >= "2024-03-31" and created < "2024-04-01"`, "A-3 A-4"},
		{"the day as it is in Zurich", "Europe/Zurich", `created >= "2024-03-31" and created < "2024-04-01"`, "A-2 A-3"},
		{"the time before the change", "Europe/Zurich", `created < "2024/03/31 00:00"`, "A-1"},
		{"the time after the change", "Europe/Zurich", `created >= "2024-03-31 23:59"`, "A-3 A-4"},
		{"the day in New York", "America/New_York", `created >= "2024-03-31"`, "A-3 A-4"},
		{"milliseconds know no zone", "America/New_York", `created >= 1711839600000`, "A-2 A-3 A-4"},
		{"spans know no zone", "America/New_York", `created >= -24h`, "A-3 A-4"},
		{"today in Zurich", "Europe/Zurich", `created >= startOfDay()`, "A-4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, load(t, world), date("2024-04-01 12:00").Add(9*time.Hour), jirasim.Options{Zone: zoneNamed(t, c.zone)})
			if got := s.keys(c.jql); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

func TestInstantsAreWrittenInTheAccountsZone(t *testing.T) {
	s := serve(t, load(t, smallWorld), date("2024-06-01"), jirasim.Options{Zone: zoneNamed(t, "Europe/Zurich")})
	i := s.search(map[string]any{"jql": "key = PAY-2", "expand": "changelog"}).Issues[0]
	if got := i.Fields["created"]; got != "2024-01-02T11:00:00.000+0100" {
		t.Errorf("created %v", got)
	}
	if got := i.Changelog.Histories[0].Created; got != "2024-02-01T11:00:00.000+0100" {
		t.Errorf("history created %v", got)
	}
	var info struct{ ServerTime, DeploymentType, Version string }
	if err := json.Unmarshal([]byte(s.get("/rest/api/2/serverInfo").body), &info); err != nil {
		t.Fatal(err)
	}
	if info.ServerTime != "2024-06-01T02:00:00.000+0200" || info.DeploymentType != "Server" || info.Version != "9.12.7" {
		t.Errorf("server info %+v", info)
	}
}
