package jira

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"plumbline/internal/flow"
)

// sky is a Jira Cloud with nothing but issues and their changelogs.
type sky struct {
	mu       sync.Mutex
	rows     []skyRow
	count    int // what approximate-count says; -1: a 404
	page     int // rows a page; 0: as asked
	capped   int // embedded entries; 0: 40
	searches []tokenSearch
	asked    []string                           // all paths, in order
	refuse   func(q *tokenSearch) (int, string) // instead of an answer
	mangle   func(n int, p map[string]any)      // before search n is answered
	other    http.HandlerFunc                   // for paths that are not a search
}

type skyRow struct {
	id        int
	created   time.Time
	histories int
	gone      bool
}

func (r skyRow) json(fields []string, expand string, capped int) json.RawMessage {
	if slices.Equal(fields, []string{"id"}) {
		return json.RawMessage(fmt.Sprintf(`{"id":"%d"}`, r.id))
	}
	s := fmt.Sprintf(`{"id":"%d","key":"A-%d","fields":{"created":%q,"status":{"id":"1","name":"Open","statusCategory":{"key":"new"}},"issuetype":{"id":"1","name":"Task","hierarchyLevel":0}}`,
		r.id, r.id, r.created.Format("2006-01-02T15:04:05.000-0700"))
	if expand == "changelog" {
		var newest []string
		for n := r.histories; n > max(r.histories-capped, 0); n-- {
			newest = append(newest, r.history(n))
		}
		s += fmt.Sprintf(`,"changelog":{"startAt":0,"maxResults":%d,"total":%d,"histories":[%s]}`, capped, r.histories, strings.Join(newest, ","))
	}
	return json.RawMessage(s + "}")
}

// history is entry n (from 1) of the issue.
func (r skyRow) history(n int) string {
	return fmt.Sprintf(`{"id":"%d","created":%d,"author":null,"items":[{"field":"IssueParentAssociation","fieldtype":"jira","from":null,"to":"7","toString":"A-7"}]}`,
		r.id*1000+n, r.created.UnixMilli()+int64(n))
}

func (s *sky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, strings.TrimPrefix(r.URL.Path, "/jira/rest/api/3/"))
	switch r.URL.Path {
	case "/jira/rest/api/3/search/approximate-count":
		if s.count < 0 {
			writeJSON(w, 404, `{"errorMessages":["no"]}`)
			return
		}
		writeJSON(w, 200, fmt.Sprintf(`{"count":%d}`, s.count))
	case "/jira/rest/api/3/search/jql":
		s.search(w, r)
	default:
		s.other(w, r)
	}
}

func (s *sky) search(w http.ResponseWriter, r *http.Request) {
	var q tokenSearch
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&q); err != nil {
		writeJSON(w, 400, `{"errorMessages":["body"]}`)
		return
	}
	n := len(s.searches)
	s.searches = append(s.searches, q)
	if s.refuse != nil {
		if status, body := s.refuse(&q); status != 0 {
			writeJSON(w, status, body)
			return
		}
	}
	var match []skyRow
	for _, row := range s.rows {
		if m := createdBound.FindStringSubmatch(q.JQL); m != nil {
			if ms, _ := strconv.ParseInt(m[1], 10, 64); row.created.UnixMilli() < ms {
				continue
			}
		}
		match = append(match, row)
	}
	from, _ := strconv.Atoi(q.Token)
	size := q.MaxResults
	if s.page > 0 {
		size = min(size, s.page)
	}
	to := min(from+size, len(match))
	capped := s.capped
	if capped == 0 {
		capped = 40
	}
	issues := []json.RawMessage{}
	for _, row := range match[min(from, to):to] {
		issues = append(issues, row.json(q.Fields, q.Expand, capped))
	}
	p := map[string]any{"issues": issues, "isLast": to == len(match)}
	if to < len(match) {
		p["nextPageToken"] = strconv.Itoa(to)
	}
	if s.mangle != nil {
		s.mangle(n, p)
	}
	b, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	writeJSON(w, 200, string(b))
}

// skyOf has n issues, a minute apart, and counts them.
func skyOf(n int) *sky {
	s := &sky{count: n}
	for k := range n {
		s.rows = append(s.rows, skyRow{id: k + 1, created: epoch.Add(time.Duration(k) * time.Minute), histories: 2})
	}
	s.other = func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, 404, `{"errorMessages":["`+r.URL.Path+`"]}`)
	}
	return s
}

func scanSky(t *testing.T, s *sky, q flow.Query, change ...func(*Options)) (scanned, error) {
	t.Helper()
	c, _ := testClient(t, s, change...)
	return scanCloud(c, q)
}

func scanCloud(c *Client, q flow.Query) (scanned, error) {
	c.flavour, c.fields = &cloud{c}, fieldsOfTest()
	return collect(c, q)
}

func TestCloudIsAskedForWhatIsWantedAndNoMore(t *testing.T) {
	s := skyOf(150)
	got, err := scanSky(t, s, flow.Query{}, func(o *Options) { o.Scope = "project = PAY OR project = SHOP" })
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.ids, upTo(150)) || len(got.problems) != 0 {
		t.Errorf("%d issues, problems %v", len(got.ids), got.problems)
	}
	if want := []string{"search/approximate-count", "search/jql", "search/jql"}; !slices.Equal(s.asked, want) {
		t.Errorf("asked %v, want %v", s.asked, want)
	}
	q := s.searches[0]
	if want := "(project = PAY OR project = SHOP) ORDER BY created ASC, key ASC"; q.JQL != want || q.Token != "" || q.MaxResults != 100 || q.Expand != "changelog" {
		t.Errorf("search %+v, want the jql %q", q, want)
	}
	if slices.Contains(q.Fields, "epic") || slices.Contains(q.Fields, "description") || !slices.Contains(q.Fields, "customfield_1") {
		t.Errorf("fields %v", q.Fields)
	}
	if s.searches[1].Token != "100" {
		t.Errorf("the second page has the token %q", s.searches[1].Token)
	}
	for k, last := range []int{99, 149} {
		if want := epoch.Add(time.Duration(last) * time.Minute); !got.pages[k].CreatedTo.Equal(want) || got.pages[k].Total != 150 {
			t.Errorf("page %d: complete to %s of %d, want %s of 150", k, got.pages[k].CreatedTo, got.pages[k].Total, want)
		}
	}
}

func TestAnIncrementalScanOfCloudTakesOneRequest(t *testing.T) {
	s := skyOf(3)
	got, err := scanSky(t, s, flow.Query{UpdatedFrom: epoch})
	if err != nil || len(got.ids) != 3 || got.pages[0].Total != -1 {
		t.Fatalf("%v, error %v", got.ids, err)
	}
	if want := []string{"search/jql"}; !slices.Equal(s.asked, want) {
		t.Errorf("asked %v, want %v", s.asked, want)
	}
}

func TestAScopeOfEverythingIsBoundedForCloud(t *testing.T) {
	s := skyOf(1)
	if _, err := scanSky(t, s, flow.Query{}); err != nil {
		t.Fatal(err)
	}
	if want := "created >= 1 ORDER BY created ASC, key ASC"; s.searches[0].JQL != want {
		t.Errorf("jql %q, want %q", s.searches[0].JQL, want)
	}
}

func TestCloudAnswersInEnglish(t *testing.T) {
	var got http.Header
	c, _ := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		writeJSON(w, 200, `{}`)
	}))
	c.flavour = &cloud{c}
	if err := ask(c, endpointField); err != nil {
		t.Fatal(err)
	}
	if got.Get("Accept-Language") != "en" || got.Get("X-Force-Accept-Language") != "true" {
		t.Errorf("headers %v", got)
	}
}
