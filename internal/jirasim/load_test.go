package jirasim_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/jirasim"
)

const plainIssue = `{"id":"1","key":"A-1","fields":{"created":"2024-01-01T00:00:00.000+0000","status":{"id":"1","name":"Open"}}}`

func TestWhatIsNoIssueIsRefusedByItsLine(t *testing.T) {
	with := func(changelog string) string {
		return strings.TrimSuffix(plainIssue, "}") + `,"changelog":` + changelog + "}"
	}
	for _, c := range []struct{ name, dump, want string }{
		{"no object", plainIssue + "\n[1]", "line 2: not a Jira issue: not a JSON object"},
		{"cut short", "\n\n" + plainIssue[:40], "line 3: not a Jira issue: unexpected end of JSON input"},
		{"no id", `{"key":"A-1","fields":{}}`, "line 1: not a Jira issue: no numeric id"},
		{"an id that is no number", `{"id":"x1","key":"A-1","fields":{}}`, "line 1: not a Jira issue: no numeric id"},
		{"no key", `{"id":"1","fields":{}}`, "line 1: not a Jira issue: no key of the form ABC-123"},
		{"a key that is none", `{"id":"1","key":"../-1","fields":{}}`, "line 1: not a Jira issue: no key of the form ABC-123"},
		{"no fields", `{"id":"1","key":"A-1"}`, "line 1: not a Jira issue: no fields"},
		{"never created", `{"id":"1","key":"A-1","fields":{"status":{"id":"1"}}}`, "line 1: not a Jira issue: no field created"},
		{"created at no time", `{"id":"1","key":"A-1","fields":{"created":"soon"}}`, "line 1: not a Jira issue: field created: not a time such as 2006-01-02T15:04:05.000-0700"},
		{"no status", `{"id":"1","key":"A-1","fields":{"created":"2024-01-01T00:00:00Z","status":null}}`, "line 1: not a Jira issue: no field status"},
		{"a status that is no object", `{"id":"1","key":"A-1","fields":{"created":"2024-01-01T00:00:00Z","status":"Open"}}`, "line 1: not a Jira issue: field status: not an object with an id and a name"},
		{"a history without id", with(`{"histories":[{"created":"2024-01-01T00:00:00Z"}]}`), "line 1: issue A-1: history 1 of 1: no numeric id"},
		{"a history without time", with(`{"histories":[{"id":"5"}]}`), "line 1: issue A-1: history 5: no field created"},
		{"a history twice", with(`{"histories":[{"id":"5","created":"2024-01-01T00:00:00Z"},{"id":"5","created":"2024-01-01T00:00:00Z"}]}`), "line 1: issue A-1: history 5 comes twice"},
		{"items that are none", with(`{"histories":[{"id":"5","created":"2024-01-01T00:00:00Z","items":[{"field":{}}]}]}`), "line 1: issue A-1: history 5: items: neither a text nor a number nor null"},
		{"a line without end", plainIssue + "\n" + strings.Repeat("x", 16<<20+1), "line 2: longer than 16 MiB"},
		{"a broken archive", "\x1f\x8b\x00", "unpack dump: unexpected EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := jirasim.LoadDump(strings.NewReader(c.dump))
			if err == nil || err.Error() != c.want {
				t.Errorf("error %v\nwant  %s", err, c.want)
			}
		})
	}
}

func TestOfLinesWithTheSameIssueTheLaterStateIsTaken(t *testing.T) {
	line := func(id, key, updated, status string) string {
		if updated != "" {
			updated = `"updated":"2024-01-` + updated + `T00:00:00Z",`
		}
		return `{"id":"` + id + `","key":"` + key + `","fields":{"created":"2024-01-01T00:00:00Z",` + updated + `"status":{"id":"1","name":"` + status + `"}}}`
	}
	for _, c := range []struct {
		name    string
		lines   []string
		want    string // key and status of each issue
		doubles []jirasim.Double
	}{
		{"the one below is later", []string{line("1", "A-1", "02", "Old"), "", line("1", "A-1", "03", "New")}, "A-1 New", []jirasim.Double{{Key: "A-1", Line: 1, For: 3}}},
		{"the one above is later", []string{line("1", "A-1", "03", "New"), line("1", "A-1", "02", "Old")}, "A-1 New", []jirasim.Double{{Key: "A-1", Line: 2, For: 1}}},
		{"both are as late", []string{line("1", "A-1", "02", "Old"), line("1", "A-1", "02", "New")}, "A-1 New", []jirasim.Double{{Key: "A-1", Line: 1, For: 2}}},
		{"one says not when it was updated", []string{line("1", "A-1", "02", "Old"), line("1", "A-1", "", "New")}, "A-1 New", []jirasim.Double{{Key: "A-1", Line: 1, For: 2}}},
		{"it stands three times", []string{line("1", "A-1", "03", "New"), line("1", "A-1", "02", "Old"), line("1", "A-1", "01", "Older")}, "A-1 New",
			[]jirasim.Double{{Key: "A-1", Line: 2, For: 1}, {Key: "A-1", Line: 3, For: 1}}},
		{"it was moved in between", []string{line("1", "A-1", "02", "Old"), line("1", "B-7", "03", "New")}, "B-7 New", []jirasim.Double{{Key: "A-1", Line: 1, For: 2}}},
		{"two issues have one key", []string{line("1", "A-1", "02", "Old"), line("2", "A-1", "03", "New"), line("3", "A-3", "02", "Else")}, "A-1 New, A-3 Else",
			[]jirasim.Double{{Key: "A-1", Line: 1, For: 2}}},
		{"a line has the id of one and the key of another", []string{line("1", "A-1", "02", "Old"), line("2", "A-2", "02", "Old"), line("1", "A-2", "03", "New")}, "A-2 New",
			[]jirasim.Double{{Key: "A-1", Line: 1, For: 3}, {Key: "A-2", Line: 2, For: 3}}},
		{"none stands twice", []string{line("1", "A-1", "02", "Old"), line("2", "A-2", "03", "New")}, "A-1 Old, A-2 New", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := load(t, strings.Join(c.lines, "\n"))
			if diff := cmp.Diff(c.doubles, w.Doubles()); diff != "" {
				t.Errorf("lines left out (-want +got):\n%s", diff)
			}
			r := ask(jirasim.New(w, jirasim.Options{Now: func() time.Time { return date("2024-02-01") }}), "/rest/api/2/search?fields=status&jql=ORDER+BY+key")
			var p struct {
				Issues []struct {
					Key    string
					Fields struct{ Status struct{ Name string } }
				}
			}
			if err := json.Unmarshal(r.Body.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, i := range p.Issues {
				got = append(got, i.Key+" "+i.Fields.Status.Name)
			}
			if got := strings.Join(got, ", "); got != c.want {
				t.Errorf("the site shows %s, want %s", got, c.want)
			}
		})
	}
}

func TestADumpMayBePackedAndHaveBlankLines(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte("\ufeff\n" + plainIssue + "\r\n\n")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	w, err := jirasim.LoadDump(&packed)
	if err != nil {
		t.Fatal(err)
	}
	if w.Len() != 1 || w.Projects()[0] != "A" || !w.First().Equal(date("2024-01-01")) || !w.Last().Equal(date("2024-01-01")) {
		t.Errorf("%d issues of %v from %s to %s", w.Len(), w.Projects(), w.First(), w.Last())
	}
}

func TestAnEmptyDumpIsAnEmptyWorld(t *testing.T) {
	w := load(t, "\n")
	if w.Len() != 0 || len(w.Projects()) != 0 || !w.First().IsZero() || !w.Last().IsZero() {
		t.Errorf("%d issues of %v from %s to %s", w.Len(), w.Projects(), w.First(), w.Last())
	}
	if got := serve(t, w, date("2024-01-01"), jirasim.Options{}).keys(""); got != "" {
		t.Errorf("found %s", got)
	}
}

// ask puts a request to a site without a network.
func ask(s *jirasim.Site, path string) *httptest.ResponseRecorder {
	r := httptest.NewRecorder()
	s.ServeHTTP(r, httptest.NewRequest(http.MethodGet, path, nil))
	return r
}

func FuzzJQLIsAnsweredWhateverItSays(f *testing.F) {
	for _, seed := range []string{
		"", "project = PAY order by key", `"Epic Link" in (PAY-1, EMPTY)`, "not (a = 1 or !b ~ 'c')", "created >= -5w and updated < now()",
		"cf[10014] is not empty", `summary ~ "\u0061\"b"`, "id > 10002 AND resolution = Unresolved", "order by", "key in (((", "due = startOfDay('-1d')",
		"created > 99999999999999999999", "updated >= -99999999999w", "status was Open", "labels not in (a,b,)", "\\", "a&&b||!c",
	} {
		f.Add(seed)
	}
	w := load(f, smallWorld)
	s := jirasim.New(w, jirasim.Options{Now: func() time.Time { return date("2024-03-10") }})
	f.Fuzz(func(t *testing.T, jql string) {
		for _, validate := range []string{"true", "false"} {
			r := ask(s, "/rest/api/2/search?validateQuery="+validate+"&jql="+url.QueryEscape(jql))
			if r.Code != http.StatusOK && r.Code != http.StatusBadRequest {
				t.Errorf("%q: status %d: %s", jql, r.Code, r.Body)
			}
		}
	})
}

func FuzzADumpIsRefusedOrServed(f *testing.F) {
	for line := range strings.Lines(smallWorld) {
		f.Add([]byte(line))
	}
	f.Add([]byte(strings.ReplaceAll(movedWorld, "\n", "")))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, dump []byte) {
		w, err := jirasim.LoadDump(bytes.NewReader(dump))
		if err != nil || w.Len() == 0 {
			return
		}
		now := w.First()
		s := jirasim.New(w, jirasim.Options{Now: func() time.Time { return now }})
		for _, at := range []time.Time{w.First(), w.First().Add(w.Last().Sub(w.First()) / 2), w.Last(), w.Last().Add(time.Hour)} {
			now = at
			r := ask(s, "/rest/api/2/search?fields=*all&expand=changelog&jql="+url.QueryEscape("ORDER BY key, status, resolved"))
			var p page
			if err := decode(r.Body.Bytes(), &p); err != nil || r.Code != http.StatusOK || len(p.Issues) == 0 {
				t.Fatalf("at %s: status %d, %v: %s", at, r.Code, err, r.Body)
			}
			for _, path := range []string{"field", "status", "project", "issuetype", "project/" + w.Projects()[0] + "/versions"} {
				if r := ask(s, "/rest/api/2/"+path); r.Code != http.StatusOK {
					t.Fatalf("%s: status %d: %s", path, r.Code, r.Body)
				}
			}
		}
	})
}

func TestAWorldKnowsTheProductThatItsDumpWasTakenFrom(t *testing.T) {
	if got := load(t, cloudDump).Flavour(); got != jirasim.Cloud {
		t.Errorf("a dump of Cloud is taken for one of %s", got)
	}
	if got := loadReal(t, "jira-aerogear.jsonl").Flavour(); got != jirasim.DataCenter {
		t.Errorf("a dump of a server is taken for one of %s", got)
	}
}

func TestAFaultTellsHowOftenItHasStruck(t *testing.T) {
	s := trouble(t, load(t, hierarchyDump), jirasim.DataCenter, "503-html")
	for range 3 {
		s.get("/rest/api/2/serverInfo")
	}
	if n := s.faults.Struck("503-html"); n != 3 {
		t.Errorf("it says that it has struck %d times, not 3", n)
	}
	if n := s.faults.Struck("502"); n != 0 {
		t.Errorf("one that is off says that it has struck %d times", n)
	}
}
