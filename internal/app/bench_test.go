package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"plumbline/internal/app"
	"plumbline/internal/config"
	"plumbline/internal/jirasim"
	"plumbline/internal/syncer"
)

// manyIssues is a dump of n issues with twelve changes each.
func manyIssues(n int) *bytes.Buffer {
	var dump bytes.Buffer
	begin := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	stamp := func(t time.Time) string { return t.Format("2006-01-02T15:04:05.000-0700") }
	names := []string{"Open", "In Progress", "Reopened", "Resolved"}
	ids := []string{"1", "3", "4", "5"}
	for k := range n {
		created := begin.Add(time.Duration(k) * time.Minute)
		var histories []string
		for h := range 12 {
			from, to := h%4, (h+1)%4
			histories = append(histories, fmt.Sprintf(`{"id":"%d","author":{"name":"user-%02d","key":"user-%02d"},"created":"%s","items":[{"field":"status","fieldtype":"jira","from":"%s","fromString":"%s","to":"%s","toString":"%s"}]}`,
				k*100+h+1, h, h, stamp(created.Add(time.Duration(h+1)*time.Hour)), ids[from], names[from], ids[to], names[to]))
		}
		fmt.Fprintf(&dump, `{"id":"%d","key":"PAY-%d","fields":{"summary":"An issue of middling length, as summaries go","created":"%s","updated":"%s",`+
			`"status":{"id":"1","name":"Open","statusCategory":{"id":2,"key":"new","name":"To Do"}},"issuetype":{"id":"3","name":"Task","subtask":false},`+
			`"project":{"id":"1","key":"PAY","name":"Payments"},"labels":["p95","checkout"],"fixVersions":[],"priority":{"id":"3","name":"Major"},"issuelinks":[],`+
			`"assignee":{"name":"user-01","key":"user-01","displayName":"user-01"}},"changelog":{"startAt":0,"maxResults":12,"total":12,"histories":[%s]}}`+"\n",
			10_000+k, k+1, stamp(created), stamp(created.Add(12*time.Hour)), strings.Join(histories, ","))
	}
	return &dump
}

// tape answers from the simulated site once, and then from memory, so that
// what is measured is the client's work.
type tape struct {
	site http.Handler
	mu   sync.Mutex
	seen map[string]*httptest.ResponseRecorder
	asks []*http.Request
	sent []string
}

func (t *tape) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key := r.Method + r.URL.String() + string(body)
	t.mu.Lock()
	answer := t.seen[key]
	if answer == nil {
		answer = httptest.NewRecorder()
		again := r.Clone(r.Context())
		again.Body = io.NopCloser(bytes.NewReader(body))
		t.site.ServeHTTP(answer, again)
		t.seen[key] = answer
		t.asks, t.sent = append(t.asks, again), append(t.sent, string(body))
	}
	t.mu.Unlock()
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

func record(b *testing.B, n int) (*tape, *httptest.Server) {
	b.Helper()
	world, err := jirasim.LoadDump(manyIssues(n))
	if err != nil {
		b.Fatal(err)
	}
	t := &tape{site: jirasim.New(world, jirasim.Options{PAT: "pat"}), seen: map[string]*httptest.ResponseRecorder{}}
	server := httptest.NewServer(t)
	b.Cleanup(server.Close)
	return t, server
}

func fullSync(b *testing.B, url string, progress func()) {
	b.Helper()
	c := config.Default()
	c.Store.Path = filepath.Join(b.TempDir(), "plumbline.db")
	c.Sites = []config.Site{{Name: "bench", URL: url, Auth: config.Auth{PATEnv: "UNUSED"}, Limits: config.Limits{RequestsPerSecond: 1e6, InFlight: 4}}}
	a, err := app.Open(app.Options{
		Settings: app.Settings{Config: c, Goals: &config.Goals{}},
		Secret:   func(*config.Site) (string, error) { return "pat", nil },
	})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := a.Sync(b.Context(), "", syncer.Full, func(string, syncer.Progress) { progress() }); err != nil {
		b.Fatal(err)
	}
	if err := a.Close(); err != nil {
		b.Fatal(err)
	}
}

// decoded is what any reader of a search page must at least decode.
type decoded struct {
	Issues []struct {
		ID, Key string
		Fields  struct {
			Summary, Created, Updated         string
			Status, Issuetype, Project        named
			Priority, Resolution, Assignee    *named
			Labels                            []string
			FixVersions                       []named
			Parent                            *named
			Issuelinks                        []json.RawMessage
			Resolutiondate, Duedate, Security *string
		}
		Changelog struct {
			Total     int
			Histories []struct {
				ID, Created string
				Author      *named
				Items       []struct {
					Field, FieldID, From, FromString, To, ToString *string
				}
			}
		}
	}
}

type named struct{ ID, Key, Name string }

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSync measures a full sync, from the request to the stored issue,
// against reading and decoding the same bytes (DESIGN §7: at most 1.5 times).
func BenchmarkSync(b *testing.B) {
	const issues = 5000
	t, server := record(b, issues)
	fullSync(b, server.URL, func() {})
	var floor, whole time.Duration
	for b.Loop() {
		began := cpu()
		for k, ask := range t.asks {
			req, err := http.NewRequestWithContext(b.Context(), ask.Method, server.URL+ask.URL.String(), strings.NewReader(t.sent[k]))
			if err != nil {
				b.Fatal(err)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				b.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil {
				b.Fatal(err)
			}
			var page decoded
			if bytes.Contains(body[:min(200, len(body))], []byte(`"issues"`)) {
				if err := json.Unmarshal(body, &page); err != nil {
					b.Fatal(err)
				}
			}
		}
		floor += cpu() - began
		began = cpu()
		fullSync(b, server.URL, func() {})
		whole += cpu() - began
	}
	b.ReportMetric(float64(whole)/float64(floor), "times-decoding")
	b.ReportMetric(float64(whole.Microseconds())/float64(b.N*issues), "cpu-µs/issue")
}

// BenchmarkSyncMemory measures the heap that a sync needs, at ten times as
// many issues.
func BenchmarkSyncMemory(b *testing.B) {
	peak := func(n int) float64 {
		_, server := record(b, n)
		fullSync(b, server.URL, func() {}) // fills the tape, which is not the sync's
		runtime.GC()
		var before, now runtime.MemStats
		runtime.ReadMemStats(&before)
		most := uint64(0)
		fullSync(b, server.URL, func() {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		})
		return float64(most-min(most, before.HeapAlloc)) / (1 << 20)
	}
	for b.Loop() {
		few, many := peak(1000), peak(10_000)
		b.ReportMetric(few, "MiB-at-1000")
		b.ReportMetric(many, "MiB-at-10000")
		b.ReportMetric(many/few, "growth")
	}
}
