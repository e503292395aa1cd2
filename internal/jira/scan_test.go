package jira

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plumbline/internal/flow"
)

// shelf is a site with nothing but issues, which change between requests.
type shelf struct {
	mu       sync.Mutex
	rows     []shelfRow
	max      int // rows a page; 0: as asked
	window   int // results beyond which a search fails; 0: none
	noTotal  bool
	searches []search
	before   func(n int) // called before search n is answered
	mangle   func(n int, p map[string]any)
	issue    func(id string) (int, string)
}

type shelfRow struct {
	id      int
	created time.Time
	raw     string // instead of what is made of the others
	log     string // changelog
}

func (r shelfRow) json() string {
	if r.raw != "" {
		return r.raw
	}
	s := fmt.Sprintf(`{"id":"%d","key":"A-%d","fields":{"created":%q,"status":{"id":"1","name":"Open","statusCategory":{"key":"new"}},"issuetype":{"id":"1","name":"Task"}}`,
		r.id, r.id, r.created.Format("2006-01-02T15:04:05.000-0700"))
	if r.log != "" {
		s += `,"changelog":` + r.log
	}
	return s + "}"
}

var createdBound = regexp.MustCompile(`created >= (\d+)`)

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, ok := strings.CutPrefix(r.URL.Path, "/jira/rest/api/2/issue/"); ok {
		status, body := s.issue(id)
		writeJSON(w, status, body)
		return
	}
	var q search
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		writeJSON(w, 400, `{}`)
		return
	}
	n := len(s.searches)
	s.searches = append(s.searches, q)
	if s.before != nil {
		s.before(n)
	}
	var match []json.RawMessage
	for _, row := range s.rows {
		if m := createdBound.FindStringSubmatch(q.JQL); m != nil {
			if ms, _ := strconv.ParseInt(m[1], 10, 64); row.created.UnixMilli() < ms {
				continue
			}
		}
		match = append(match, json.RawMessage(row.json()))
	}
	size := q.MaxResults
	if s.max > 0 {
		size = min(size, s.max)
	}
	if s.window > 0 && q.StartAt+size > s.window {
		writeJSON(w, 500, `{"errorMessages":["Search limit exceeded."]}`)
		return
	}
	page := map[string]any{"startAt": q.StartAt, "maxResults": size, "total": len(match), "issues": match[min(q.StartAt, len(match)):min(q.StartAt+size, len(match))]}
	if s.noTotal {
		delete(page, "total")
	}
	if s.mangle != nil {
		s.mangle(n, page)
	}
	b, err := json.Marshal(page)
	if err != nil {
		panic(err)
	}
	writeJSON(w, 200, string(b))
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// shelfOf has n issues, a minute apart.
func shelfOf(n int) *shelf {
	s := &shelf{}
	for k := range n {
		s.rows = append(s.rows, shelfRow{id: k + 1, created: epoch.Add(time.Duration(k) * time.Minute)})
	}
	return s
}

func (s *shelf) remove(id int) {
	s.rows = slices.DeleteFunc(s.rows, func(r shelfRow) bool { return r.id == id })
}

type scanned struct {
	ids      []int
	problems []flow.Problem
	pages    []flow.Page
}

func scanShelf(t *testing.T, s *shelf, q flow.Query) (scanned, error) {
	t.Helper()
	c, _ := testClient(t, s)
	return scanWith(c, q)
}

func scanWith(c *Client, q flow.Query) (scanned, error) {
	c.flavour, c.fields = &server{c}, fieldsOfTest()
	return collect(c, q)
}

func collect(c *Client, q flow.Query) (scanned, error) {
	var got scanned
	err := c.Scan(context.Background(), q, func(p flow.Page) error {
		for k := range p.Issues {
			got.ids = append(got.ids, int(p.Issues[k].ID))
		}
		got.problems = append(got.problems, p.Problems...)
		got.pages = append(got.pages, p)
		return nil
	})
	return got, err
}

func upTo(n int) []int {
	ids := make([]int, n)
	for k := range ids {
		ids[k] = k + 1
	}
	return ids
}

func TestScanHandsOverEveryIssueOnceOldestFirst(t *testing.T) {
	tests := []struct {
		name     string
		issues   int
		change   func(*shelf)
		searches int
	}{
		{"nothing matches", 0, func(*shelf) {}, 1},
		{"one issue", 1, func(*shelf) {}, 1},
		{"a page exactly", 50, func(*shelf) {}, 1},
		{"one more than a page", 51, func(*shelf) {}, 2},
		{"several pages", 200, func(*shelf) {}, 5},
		{"pages that the server makes smaller", 40, func(s *shelf) { s.max = 10 }, 5},
		{"pages of two", 10, func(s *shelf) { s.max = 2 }, 9},
		{"a server that tells no total", 120, func(s *shelf) { s.noTotal = true }, 4},
		{"more than the result window allows at once", 11_000, func(s *shelf) { s.window = 10_000 }, 225},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := shelfOf(tt.issues)
			tt.change(s)
			got, err := scanShelf(t, s, flow.Query{})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.ids, upTo(tt.issues)) {
				t.Errorf("%d issues, not 1 to %d in order", len(got.ids), tt.issues)
			}
			if len(s.searches) != tt.searches {
				t.Errorf("%d searches, want %d", len(s.searches), tt.searches)
			}
		})
	}
}

func TestScanAsksForWhatIsWanted(t *testing.T) {
	s := shelfOf(1)
	c, _ := testClient(t, s, func(o *Options) { o.Scope = "project = PAY OR project = SHOP" })
	if _, err := scanWith(c, flow.Query{CreatedFrom: epoch, UpdatedFrom: epoch.Add(time.Second)}); err != nil {
		t.Fatal(err)
	}
	q := s.searches[0]
	if want := "(project = PAY OR project = SHOP) AND created >= 1767225600000 AND updated >= 1767225601000 ORDER BY created ASC, key ASC"; q.JQL != want {
		t.Errorf("jql %q\nwant %q", q.JQL, want)
	}
	if !slices.Equal(q.Expand, []string{"changelog"}) || q.MaxResults != 50 || !slices.Contains(q.Fields, "customfield_1") || !slices.Contains(q.Fields, "epic") {
		t.Errorf("search %+v", q)
	}
}

func TestADeletionBehindTheOffsetHidesNoIssue(t *testing.T) {
	s := shelfOf(200)
	s.before = func(n int) {
		if n == 2 {
			s.remove(5)
			s.remove(17)
		}
	}
	got, err := scanShelf(t, s, flow.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.ids, upTo(200)) {
		t.Errorf("got %d issues: one was skipped or repeated", len(got.ids))
	}
}

func TestScanNeverLosesARowThatIsThereThroughout(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(rt, "issues")
		s := &shelf{max: rapid.IntRange(2, 9).Draw(rt, "page")}
		at := epoch
		for k := range n {
			at = at.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 30, 59, 61, 600}).Draw(rt, "gap")) * time.Second)
			s.rows = append(s.rows, shelfRow{id: k + 1, created: at})
		}
		budget, gone := 12, map[int]bool{}
		s.before = func(int) {
			for budget > 0 && len(s.rows) > 0 && rapid.Bool().Draw(rt, "shifts") {
				budget--
				k := rapid.IntRange(0, len(s.rows)-1).Draw(rt, "where")
				if rapid.Bool().Draw(rt, "delete") {
					gone[s.rows[k].id] = true
					s.rows = slices.Delete(s.rows, k, k+1)
				} else { // an issue comes into the scope behind or before the offset
					s.rows = slices.Insert(s.rows, k, shelfRow{id: 1000 + budget, created: s.rows[k].created})
				}
			}
		}
		got, err := scanShelf(t, s, flow.Query{})
		if err != nil {
			rt.Fatalf("scan: %v", err)
		}
		for id := 1; id <= n; id++ {
			if !gone[id] && !slices.Contains(got.ids, id) {
				rt.Fatalf("issue %d was never handed over: %v", id, got.ids)
			}
		}
		for _, p := range got.pages {
			for _, row := range s.rows {
				if row.created.Before(p.CreatedTo) && row.id <= n && !slices.Contains(got.ids, row.id) {
					rt.Fatalf("a page claims to be complete up to %s without issue %d", p.CreatedTo, row.id)
				}
			}
		}
	})
}

func TestWhatCannotBeReadSafelyIsAnErrorAndNoEndlessLoop(t *testing.T) {
	tests := []struct {
		name   string
		issues int
		change func(*shelf)
		text   string
	}{
		{"a total without rows", 0, func(s *shelf) { s.mangle = func(_ int, p map[string]any) { p["total"] = 7 } }, "the rows keep shifting"},
		{"a server that always gives the first page", 120, func(s *shelf) {
			s.mangle = func(_ int, p map[string]any) { p["issues"], p["startAt"] = s.rowsJSON(0, 50), 0 }
		}, "do not come in order of creation"},
		{"one issue a page", 5, func(s *shelf) { s.max = 1 }, "one issue at a time"},
		{"an order that is not by creation", 3, func(s *shelf) { slices.Reverse(s.rows) }, "do not come in order of creation"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := shelfOf(tt.issues)
			tt.change(s)
			_, err := scanShelf(t, s, flow.Query{})
			if err == nil || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v, want %q", err, tt.text)
			}
			if errors.Is(err, ErrIncomplete) == (tt.issues == 5) {
				t.Errorf("%v: it is told as incomplete: %t", err, tt.issues != 5)
			}
			if len(s.searches) > 20 {
				t.Errorf("%d searches before giving up", len(s.searches))
			}
		})
	}
}

func (s *shelf) rowsJSON(from, to int) []json.RawMessage {
	var out []json.RawMessage
	for _, r := range s.rows[from:to] {
		out = append(out, json.RawMessage(r.json()))
	}
	return out
}

func TestEmptyPagesBeforeTheTotalAreReadAnew(t *testing.T) {
	s := shelfOf(120)
	s.mangle = func(_ int, p map[string]any) {
		if p["startAt"].(int) > 0 {
			p["issues"] = []string{}
		}
	}
	got, err := scanShelf(t, s, flow.Query{})
	if err != nil || !slices.Equal(got.ids, upTo(120)) {
		t.Errorf("%d issues, error %v; want all 120", len(got.ids), err)
	}
}

func TestATotalThatShrinksBelowTheOffsetIsReadAnew(t *testing.T) {
	s := shelfOf(120)
	s.before = func(n int) {
		if n == 1 {
			for id := 1; id <= 100; id++ {
				s.remove(id)
			}
		}
	}
	got, err := scanShelf(t, s, flow.Query{})
	if err != nil {
		t.Fatal(err)
	}
	for id := 101; id <= 120; id++ {
		if !slices.Contains(got.ids, id) {
			t.Errorf("issue %d was not handed over", id)
		}
	}
}
