package jira

import (
	"context"
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
	"plumbline/internal/jirasim"
)

// progressWorld is a site with epics whose fields tell of progress: a number
// that was changed, one that was set at creation and an option.
func progressWorld(t *testing.T) *jirasim.World {
	t.Helper()
	epic := func(id int, custom, histories string) string {
		return fmt.Sprintf(`{"id":"%d","key":"PAY-%d","fields":{"created":"2026-01-01T00:00:00.000+0000","updated":"2026-03-01T00:00:00.000+0000",`+
			`"status":{"id":"1","name":"Open","statusCategory":{"key":"new"}},"issuetype":{"id":"5","name":"Epic","subtask":false},"resolution":null,`+
			`"project":{"id":"1","key":"PAY"},"summary":"x"%s},"changelog":{"startAt":0,"maxResults":9,"total":%d,"histories":[%s]}}`,
			id, id, custom, strings.Count(histories, `"created"`), histories)
	}
	entry := func(id int, at, name, from, to string) string {
		return fmt.Sprintf(`{"id":"%d","created":"%sT00:00:00.000+0000","author":{"name":"jo"},"items":[{"field":"%s","fieldtype":"custom","from":null,"fromString":%s,"to":null,"toString":%s}]}`, id, at, name, from, to)
	}
	w, err := jirasim.LoadDump(strings.NewReader(strings.Join([]string{
		epic(1, `,"customfield_10042":60`, entry(11, "2026-01-10", "Progress %", `"25"`, `"50"`)+","+entry(12, "2026-02-10", "Progress %", `"50"`, `"60"`)),
		epic(2, `,"customfield_10042":30`, ""),
		epic(3, `,"customfield_10043":{"id":"7","value":"70 %"}`, entry(31, "2026-01-20", "Done so far", `null`, `"70 %"`)),
	}, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	w.AddField("customfield_10042", "Progress %", schemaFloat)
	w.AddField("customfield_10043", "Done so far", "com.atlassian.jira.plugin.system.customfieldtypes:select")
	return w
}

func day(text string) time.Time {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return at
}

func TestAFieldIsHeardOfItsWholePast(t *testing.T) {
	w := progressWorld(t)
	for name, o := range map[string]jirasim.Options{"Data Center": {}, "Cloud": {Flavour: jirasim.Cloud}} {
		t.Run(name, func(t *testing.T) {
			c, _ := simulated(t, w, o, simAuth)
			if _, err := c.Identify(context.Background()); err != nil {
				t.Fatal(err)
			}
			hear := func(field string, ids ...flow.IssueID) map[flow.IssueID][]flow.Saying {
				t.Helper()
				got := map[flow.IssueID][]flow.Saying{}
				err := c.Hear(context.Background(), field, ids, func(s flow.Said) error {
					if s.Site != "acme" || s.Field != field {
						t.Errorf("said of %s by %s", s.Site, s.Field)
					}
					got[s.ID] = s.History
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				return got
			}
			says := func(at string, v float64) flow.Saying { return flow.Saying{At: day(at), Known: true, Value: v} }
			want := map[flow.IssueID][]flow.Saying{
				1: {says("2026-01-01", 25), says("2026-01-10", 50), says("2026-02-10", 60)},
				2: {says("2026-01-01", 30)},
				3: nil,
			}
			if diff := cmp.Diff(want, hear("progress %", 1, 2, 3, 999)); diff != "" {
				t.Errorf("by name (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want, hear("customfield_10042", 3, 2, 1)); diff != "" {
				t.Errorf("by id (-want +got):\n%s", diff)
			}
			option := map[flow.IssueID][]flow.Saying{3: {{At: day("2026-01-20"), Known: true, Value: 70, Percent: true}}}
			if diff := cmp.Diff(option, hear("Done so far", 3)); diff != "" {
				t.Errorf("an option (-want +got):\n%s", diff)
			}
			err := c.Hear(context.Background(), "Progres", []flow.IssueID{1}, func(flow.Said) error { return nil })
			var refused *APIError
			if !errors.As(err, &refused) || refused.Rejected() != `there is no custom field "Progres"` || !errors.Is(err, ErrConfig) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestTheTypesAreListedWithTheirLevels(t *testing.T) {
	w := progressWorld(t)
	for name, o := range map[string]jirasim.Options{"Data Center": {}, "Cloud": {Flavour: jirasim.Cloud}} {
		c, _ := simulated(t, w, o, simAuth)
		if _, err := c.Identify(context.Background()); err != nil {
			t.Fatal(err)
		}
		types, err := c.Types(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(types, flow.IssueType{ID: "5", Name: "Epic", Level: 1}) {
			t.Errorf("%s: %+v", name, types)
		}
	}
}

func TestWhatAFieldSaysNowIsSoWhateverTheChangelogLacks(t *testing.T) {
	ref := &fieldRef{ID: "customfield_1", Name: "Progress"}
	d := &decoder{site: "acme", fields: &fields{Reported: ref}}
	item := func(id, name, to string) wireItem { return wireItem{FieldID: id, Field: name, ToString: to} }
	log := func(items ...wireItem) *wireChangelog {
		w := &wireChangelog{}
		for k, i := range items {
			w.Histories = append(w.Histories, wireHistory{ID: ident(fmt.Sprint(k + 1)), Created: stamp(fmt.Sprintf("2026-01-%02dT00:00:00Z", k+2)), Items: []wireItem{i}})
		}
		return w
	}
	created, updated := day("2026-01-01"), day("2026-02-01")
	known := func(at time.Time, v float64) flow.Saying { return flow.Saying{At: at, Known: true, Value: v} }
	for _, c := range []struct {
		name, now string
		log       *wireChangelog
		want      []flow.Saying
	}{
		{"nothing was ever said", "null", log(), nil},
		{"without a changelog", "40", nil, []flow.Saying{known(created, 40)}},
		{"a change that is not on record", "40", log(item("customfield_1", "Progress", "20")), []flow.Saying{known(day("2026-01-02"), 20), known(updated, 40)}},
		{"emptied, and not on record", "null", log(item("customfield_1", "Progress", "20")), []flow.Saying{known(day("2026-01-02"), 20), {At: updated}}},
		{"emptied, and on record", "null", log(item("customfield_1", "Progress", "20"), item("customfield_1", "Progress", "")), []flow.Saying{known(day("2026-01-02"), 20), {At: day("2026-01-03")}}},
		{"another field of the same name is another field", "20", log(item("customfield_2", "Progress", "99")), []flow.Saying{known(created, 20)}},
		{"an old changelog names it", "20.0", log(item("", "progress", "20")), []flow.Saying{known(day("2026-01-02"), 20)}},
		{"what is no progress", `["x"]`, log(item("customfield_1", "Progress", "much")), []flow.Saying{{At: day("2026-01-02")}}},
		{"a number with an exponent", "2e1", log(), []flow.Saying{known(created, 20)}},
		{"a truth", "true", log(), nil},
		{"an object without a value", `{"id":1}`, log(), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			one := &decoded{issue: flow.Issue{ID: 7, Created: created, Updated: updated}, log: c.log, reported: json.RawMessage(c.now)}
			said := d.said(one)
			if len(said) != 1 || said[0].ID != 7 {
				t.Fatalf("said %+v", said)
			}
			if diff := cmp.Diff(c.want, said[0].History); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTwoFieldsOfOneNameAreToldApartByID(t *testing.T) {
	w := progressWorld(t)
	w.AddField("customfield_10099", "progress %", schemaFloat)
	c, _ := simulated(t, w, jirasim.Options{}, simAuth)
	if _, err := c.Identify(context.Background()); err != nil {
		t.Fatal(err)
	}
	_, err := c.FieldNamed(context.Background(), "Progress %")
	var refused *APIError
	if !errors.As(err, &refused) || refused.Rejected() != `2 custom fields are called "Progress %": name one by its id, customfield_10042 or customfield_10099` {
		t.Errorf("error %v", err)
	}
}

func TestAFieldThatEveryJiraHasIsNotTakenForACompanysOwn(t *testing.T) {
	const own = `{"id":"customfield_7","name":"Progress","custom":true,"schema":{"type":"number","custom":"` + schemaFloat + `"}}`
	for _, tt := range []struct{ name, listed, field, want string }{
		{"by a name that is Jira's too", `[{"id":"progress","name":"Progress","custom":false,"schema":{"type":"progress"}},` + own + `]`, "progress", "customfield_7"},
		{"by an id", `[` + own + `]`, "customfield_7", "customfield_7"},
		{"where Jira's alone is called so", `[{"id":"progress","name":"Progress","custom":false,"schema":{"type":"progress"}}]`, "Progress", ""},
	} {
		c, _ := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, tt.listed) }))
		got, err := c.FieldNamed(context.Background(), tt.field)
		if got.ID != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: %+v, %v; want %q", tt.name, got, err, tt.want)
		}
	}
}
