package jira

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"plumbline/internal/flow"
)

// logs answers for the changelogs of a sky: in bulk, and one by one.
type logs struct {
	s       *sky
	bulks   []bulkLogs
	singles int
	perPage int             // entries of a bulk page
	lost    map[string]bool // ids of entries that a bulk leaves out
	gone    map[string]bool // and single changelogs too
	bulk    int             // status of a bulk, if not 200
	single  int
	repeat  bool // the bulk's token does not advance
}

func (l *logs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/jira/rest/api/3/changelog/bulkfetch" {
		l.inBulk(w, r)
		return
	}
	l.singles++
	if l.single != 0 {
		writeJSON(w, l.single, `{"errorMessages":["no"]}`)
		return
	}
	id, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/jira/rest/api/3/issue/"), "/changelog"))
	from, _ := strconv.Atoi(r.URL.Query().Get("startAt"))
	row := l.s.rows[id-1]
	values := []string{}
	for n := from + 1; n <= min(row.histories, from+100); n++ {
		if h := row.history(n); !l.gone[historyID(h)] {
			values = append(values, h)
		}
	}
	writeJSON(w, 200, fmt.Sprintf(`{"startAt":%d,"maxResults":100,"total":%d,"isLast":%v,"values":[%s]}`,
		from, row.histories, from+100 >= row.histories, strings.Join(values, ",")))
}

func (l *logs) inBulk(w http.ResponseWriter, r *http.Request) {
	var q bulkLogs
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&q); err != nil {
		writeJSON(w, 400, `{}`)
		return
	}
	l.bulks = append(l.bulks, q)
	if l.bulk != 0 {
		writeJSON(w, l.bulk, `{"errorMessages":["no"]}`)
		return
	}
	type entry struct{ issue, json string }
	var all []entry
	for _, id := range q.IDs {
		n, _ := strconv.Atoi(id)
		for k := 1; k <= l.s.rows[n-1].histories; k++ {
			if h := l.s.rows[n-1].history(k); !l.lost[historyID(h)] {
				all = append(all, entry{id, h})
			}
		}
	}
	from, _ := strconv.Atoi(q.Token)
	to := min(from+min(l.perPage, q.MaxResults), len(all))
	var out []string
	for _, e := range all[from:to] {
		out = append(out, fmt.Sprintf(`{"issueId":%q,"changeHistories":[%s]}`, e.issue, e.json))
	}
	token := "null"
	if to < len(all) {
		token = fmt.Sprintf("%q", strconv.Itoa(to))
	}
	if l.repeat {
		token = `"1"`
	}
	writeJSON(w, 200, fmt.Sprintf(`{"issueChangeLogs":[%s],"nextPageToken":%s}`, strings.Join(out, ","), token))
}

func historyID(h string) string {
	var w struct{ ID string }
	if err := json.Unmarshal([]byte(h), &w); err != nil {
		panic(err)
	}
	return w.ID
}

func TestChangelogsOfCloudAreWhole(t *testing.T) {
	const missing = "changelog: Jira announces 130 entries and gives 129"
	tests := []struct {
		name           string
		change         func(*sky, *logs)
		bulks, singles int
		held           int // of the first issue, which has 130
		problem        string
	}{
		{"short ones need no further request", func(s *sky, _ *logs) { s.rows[0].histories = 19 }, 0, 0, 19, ""},
		{"long ones come in bulk, in pieces of any size", func(_ *sky, l *logs) { l.perPage = 7 }, 26, 0, 130, ""},
		{"one at the cap may be cut, whatever it announces", func(s *sky, _ *logs) { s.rows[0].histories = 20 }, 1, 0, 20, ""},
		{"what a bulk leaves out is asked for by itself", func(_ *sky, l *logs) { l.lost = map[string]bool{"1003": true} }, 1, 2, 130, ""},
		{"a bulk that is refused is done without", func(_ *sky, l *logs) { l.bulk = 400 }, 1, 2 + 1, 130, ""},
		{"a bulk whose token does not advance is done without", func(_ *sky, l *logs) { l.repeat, l.perPage = true, 2 }, 2, 2 + 1, 130, ""},
		{"what is missing everywhere is a problem", func(_ *sky, l *logs) {
			l.lost, l.gone = map[string]bool{"1003": true}, map[string]bool{"1003": true}
		}, 1, 2, 129, missing},
		{"what can't be had at all is a problem", func(_ *sky, l *logs) { l.lost, l.single = map[string]bool{"1003": true}, 404 }, 1, 1, 129,
			"changelog: it can't be had whole, 129 entries are held; " + missing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := skyOf(3)
			s.rows[0].histories, s.rows[2].histories = 130, 50
			l := &logs{s: s, perPage: 10_000}
			if s.other = l.ServeHTTP; strings.HasPrefix(tt.name, "short") || strings.HasPrefix(tt.name, "one at") {
				s.rows[2].histories = 3
			}
			tt.change(s, l)
			got, err := scanSky(t, s, flow.Query{})
			if err != nil {
				t.Fatal(err)
			}
			i := got.pages[0].Issues[0]
			if i.Histories != tt.held || i.Announced != s.rows[0].histories || len(l.bulks) != tt.bulks || l.singles != tt.singles {
				t.Errorf("%d entries held of %d announced, after %d bulks and %d single requests; want %d after %d and %d",
					i.Histories, i.Announced, len(l.bulks), l.singles, tt.held, tt.bulks, tt.singles)
			}
			if what := problemText(got.problems); what != tt.problem {
				t.Errorf("problem %q, want %q", what, tt.problem)
			}
			if h := got.pages[0].Issues[2].Histories; h != s.rows[2].histories {
				t.Errorf("%d entries of the third issue, want %d", h, s.rows[2].histories)
			}
			if len(l.bulks) > 0 && slices.Contains(l.bulks[0].IDs, "2") {
				t.Error("the changelog that came whole is fetched again")
			}
			for k, c := range i.Changes {
				if c.Field != flow.FieldParent || c.To != (flow.Named{ID: "7", Name: "A-7"}) || c.Author != 0 {
					t.Fatalf("change %d is %+v", k, c)
				}
			}
			if !slices.IsSortedFunc(i.Changes, func(a, b flow.Change) int { return a.At.Compare(b.At) }) {
				t.Error("the changes are not in order")
			}
		})
	}
}

func TestAChangelogThatWasNotEmbeddedIsCountedByItself(t *testing.T) {
	s := skyOf(2)
	l := &logs{s: s, perPage: 100}
	s.other = l.ServeHTTP
	s.mangle = func(_ int, p map[string]any) {
		for k := range p["issues"].([]json.RawMessage) {
			p["issues"].([]json.RawMessage)[k] = s.rows[k].json(nil, "", 0)
		}
	}
	got, err := scanSky(t, s, flow.Query{})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range got.pages[0].Issues {
		if i.Histories != 2 || i.Announced != 2 {
			t.Errorf("issue %d: %d of %d", i.ID, i.Histories, i.Announced)
		}
	}
	if len(l.bulks) != 1 || l.singles != 2 {
		t.Errorf("%d bulks, %d single requests", len(l.bulks), l.singles)
	}
}

func FuzzCloudAnswers(f *testing.F) {
	f.Add([]byte(`{"issues":[{"id":"1"},{"id":2}],"nextPageToken":"x","isLast":false,"warnings":[{"type":"T","message":"m"}],"issueErrors":[{"id":"3"}]}`))
	f.Add([]byte(`{"issueChangeLogs":[{"issueId":"1","changeHistories":[{"id":"2","created":1700000000000,"author":null,"items":[{}]}]}],"nextPageToken":null}`))
	f.Add([]byte(`{"values":[{"id":1,"type":"scrum","key":"A","archived":true}],"total":1,"isLast":true}`))
	f.Add([]byte(`{"id":"7","key":"A-1","startDate":"2026-01-01T00:00:00Z","fields":{"created":"2026-01-01T00:00:00Z","archiveddate":null}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var page wireTokenPage
		if page.decode(raw) == nil {
			for _, r := range rowsOf(page.Issues, placeByID) {
				if r.place == 0 || r.ok != (r.issue.ID != 0) {
					t.Errorf("row %+v", r)
				}
			}
		}
		var issues wireIssues
		if issues.decode(raw) == nil && len(issues.refused()) > len(issues.Errors) {
			t.Error("more refused than there are errors")
		}
		var bulk wireLogs
		if bulk.decode(raw) == nil {
			log := &wireChangelog{}
			for _, l := range bulk.Logs {
				if log.merge(l.Histories); l.ID == 0 {
					t.Error("a changelog of no issue")
				}
			}
			n := len(log.Histories)
			if log.merge(log.Histories); len(log.Histories) != n {
				t.Error("merging the same again adds entries")
			}
		}
		var values wireList
		_ = values.decode(raw) // must only not panic
		d := testDecoder(nil).place(raw)
		if d.ok && (d.issue.ID == 0 || d.issue.Created.IsZero()) || d.ok == (len(d.problems) > 0) {
			t.Errorf("place %+v", d)
		}
		var sprint wireSprint
		if json.Unmarshal(raw, &sprint) == nil {
			sprint.sprint("1")
		}
		var seen wireSighting
		if json.Unmarshal(raw, &seen) == nil {
			if s, ok := seen.sighting(); ok && s.ID == 0 {
				t.Error("a sighting of no issue")
			}
		}
	})
}
