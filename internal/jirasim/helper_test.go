package jirasim_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"plumbline/internal/jirasim"
	"plumbline/internal/realdata"
)

// clock is a site's clock that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// site is a simulated site behind real HTTP.
type site struct {
	tb    testing.TB
	url   string
	clock *clock
	// header is sent with every request.
	header http.Header
}

func serve(tb testing.TB, w *jirasim.World, at time.Time, o jirasim.Options) *site {
	tb.Helper()
	c := &clock{at: at}
	o.Now = c.now
	server := httptest.NewServer(jirasim.New(w, o))
	tb.Cleanup(server.Close)
	return &site{tb: tb, url: server.URL + o.ContextPath, clock: c, header: http.Header{}}
}

func load(tb testing.TB, dump string) *jirasim.World {
	tb.Helper()
	w, err := jirasim.LoadDump(strings.NewReader(dump))
	if err != nil {
		tb.Fatalf("load dump: %v", err)
	}
	return w
}

func loadReal(tb testing.TB, name string) *jirasim.World {
	tb.Helper()
	w, err := jirasim.LoadDump(realdata.Open(tb, name))
	if err != nil {
		tb.Fatalf("load %s: %v", name, err)
	}
	return w
}

// answer is what a request got.
type answer struct {
	status int
	header http.Header
	body   string
}

func (s *site) do(method, path, contentType, body string) answer {
	s.tb.Helper()
	r, err := http.NewRequestWithContext(s.tb.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.tb.Fatal(err)
	}
	r.Header = s.header.Clone()
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer got.Body.Close()
	raw, err := io.ReadAll(got.Body)
	if err != nil {
		s.tb.Fatal(err)
	}
	return answer{got.StatusCode, got.Header, strings.TrimSpace(string(raw))}
}

func (s *site) get(path string) answer {
	s.tb.Helper()
	return s.do(http.MethodGet, path, "", "")
}

// page is a page of a search.
type page struct {
	StartAt         int               `json:"startAt"`
	MaxResults      int               `json:"maxResults"`
	Total           int               `json:"total"`
	Issues          []shown           `json:"issues"`
	WarningMessages []string          `json:"warningMessages"`
	Raw             []json.RawMessage `json:"-"`
}

// shown is an issue as the site shows it.
type shown struct {
	ID        string         `json:"id"`
	Key       string         `json:"key"`
	Self      string         `json:"self"`
	Fields    map[string]any `json:"fields"`
	Changelog *struct {
		StartAt, MaxResults, Total int
		Histories                  []shownHistory
	} `json:"changelog"`
}

type shownHistory struct {
	ID      string
	Created string
	Items   []map[string]any
}

func (s *site) search(request map[string]any) page {
	s.tb.Helper()
	body, err := json.Marshal(request)
	if err != nil {
		s.tb.Fatal(err)
	}
	a := s.do(http.MethodPost, "/rest/api/2/search", "application/json", string(body))
	if a.status != http.StatusOK {
		s.tb.Fatalf("search %s: status %d: %s", body, a.status, a.body)
	}
	var p page
	if err := json.NewDecoder(bytes.NewReader([]byte(a.body))).Decode(&p); err != nil {
		s.tb.Fatalf("search %s: %v", body, err)
	}
	return p
}

// all reads all pages of a query.
func (s *site) all(jql string, fields ...string) []shown {
	s.tb.Helper()
	var issues []shown
	for {
		p := s.search(map[string]any{"jql": jql, "startAt": len(issues), "maxResults": 1000, "fields": fields, "expand": []string{"changelog"}})
		issues = append(issues, p.Issues...)
		if len(p.Issues) == 0 || len(issues) >= p.Total {
			return issues
		}
	}
}

// keys returns the keys that the query finds, in order.
func (s *site) keys(jql string) string {
	s.tb.Helper()
	p := s.search(map[string]any{"jql": jql, "maxResults": 1000, "fields": []string{"key"}})
	var keys []string
	for _, i := range p.Issues {
		keys = append(keys, i.Key)
	}
	return strings.Join(keys, " ")
}

// instantOf reads Jira's form of an instant.
func instantOf(tb testing.TB, s string) time.Time {
	tb.Helper()
	t, err := time.Parse("2006-01-02T15:04:05.000-0700", s)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func date(s string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	panic("no date: " + s)
}

// decode reads JSON into v.
func decode(raw []byte, v any) error { return json.Unmarshal(raw, v) }
