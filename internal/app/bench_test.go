package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"plumbline/internal/jira"
	"plumbline/internal/jirasim"
	"plumbline/internal/store"
	"plumbline/internal/syncer"
)

// fullSync reads the whole site into a new store, as `plumbline sync --full`
// does: from the requests to the stored issues.
func fullSync(b *testing.B, url string, progress func()) (syncer.Report, store.Info) {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	st, err := store.Open(filepath.Join(b.TempDir(), "plumbline.db"), store.Options{})
	must(err)
	client, err := jira.New(jira.Options{
		Site: "bench", URL: url, Auth: jira.Auth{User: "bot@acme.com", Password: "simulated"},
		RequestsPerSecond: 1e6, InFlight: 4, Pseudonym: jira.Pseudonymizer([]byte("key")), KeepSummaries: true,
	})
	must(err)
	s, err := syncer.New(syncer.Options{Site: "bench", Source: client, Store: st})
	must(err)
	report, err := s.Run(b.Context(), syncer.Full, func(syncer.Progress) { progress() })
	must(err)
	if report.Result != syncer.Complete || report.Problems > 0 {
		b.Fatalf("the sync is not complete: %+v", report)
	}
	info, err := st.Info(b.Context())
	must(err)
	must(st.Close())
	return report, info
}

// page is what any reader of a search must at least decode, into types that
// name every member that we make use of.
type page struct {
	Issues []struct {
		ID     string `json:"id"`
		Key    string `json:"key"`
		Fields struct {
			Summary        string            `json:"summary"`
			Created        string            `json:"created"`
			Updated        string            `json:"updated"`
			ResolutionDate string            `json:"resolutiondate"`
			Due            string            `json:"duedate"`
			Status         status            `json:"status"`
			Type           issueType         `json:"issuetype"`
			Project        named             `json:"project"`
			Priority       *named            `json:"priority"`
			Resolution     *named            `json:"resolution"`
			Assignee       *user             `json:"assignee"`
			Labels         []string          `json:"labels"`
			FixVersions    []version         `json:"fixVersions"`
			Parent         *named            `json:"parent"`
			Links          []json.RawMessage `json:"issuelinks"`
		} `json:"fields"`
		Changelog struct {
			Total     int `json:"total"`
			Histories []struct {
				ID      string `json:"id"`
				Created string `json:"created"`
				Author  *user  `json:"author"`
				Items   []struct {
					Field      string `json:"field"`
					FieldType  string `json:"fieldtype"`
					FieldID    string `json:"fieldId"`
					From       string `json:"from"`
					FromString string `json:"fromString"`
					To         string `json:"to"`
					ToString   string `json:"toString"`
				} `json:"items"`
			} `json:"histories"`
		} `json:"changelog"`
	} `json:"issues"`
}

type (
	named struct {
		ID   string `json:"id"`
		Key  string `json:"key"`
		Name string `json:"name"`
	}
	status struct {
		named
		Category struct {
			Key string `json:"key"`
		} `json:"statusCategory"`
	}
	issueType struct {
		named
		Subtask bool `json:"subtask"`
		Level   *int `json:"hierarchyLevel"`
	}
	version struct {
		named
		Archived bool   `json:"archived"`
		Released bool   `json:"released"`
		Release  string `json:"releaseDate"`
	}
	user struct {
		AccountID   string `json:"accountId"`
		Key         string `json:"key"`
		Name        string `json:"name"`
		DisplayName string `json:"displayName"`
	}
)

// flavours are the sites that every benchmark of the sync reads.
func flavours() []string { return []string{jirasim.DataCenter, jirasim.Cloud} }

// searches returns the searches that the site has answered since it was last
// asked.
func searches(b *testing.B, url string) []asked {
	b.Helper()
	var list []asked
	if err := json.Unmarshal(fetch(b, url+askedPath, ""), &list); err != nil {
		b.Fatal(err)
	}
	return list
}

func fetch(b *testing.B, url, body string) []byte {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	return answer
}

// cpu is what this process has used of the processors, the collector's work
// among it. The site's is not: it is another process.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSync measures the CPU of a full sync, from the request to the stored
// issue, against reading the same answers and decoding them with encoding/json
// (DESIGN §7: at most 1.5 times), and with that what an issue takes in the
// store. Issues have twelve changes each.
func BenchmarkSync(b *testing.B) {
	const issues = 5000
	for _, flavour := range flavours() {
		b.Run(flavour, func(b *testing.B) {
			url := benchSite{flavour, issues, 12}.start(b)
			fullSync(b, url, func() {}) // what is made once is not counted
			same := searches(b, url)
			var floor, whole time.Duration
			var info store.Info
			for b.Loop() {
				floor += spent(func() {
					for _, ask := range same {
						var p page
						if err := json.Unmarshal(fetch(b, url+ask.Path, ask.Body), &p); err != nil || len(p.Issues) == 0 {
							b.Fatalf("decoding a page of %d issues: %v", len(p.Issues), err)
						}
					}
				})
				whole += spent(func() { _, info = fullSync(b, url, func() {}) })
			}
			b.ReportMetric(float64(whole)/float64(floor), "times-decoding")
			b.ReportMetric(float64(whole.Microseconds())/float64(b.N*issues), "cpu-µs/issue")
			b.ReportMetric(info.FileBytesPerIssue, "stored-B/issue")
		})
	}
}

// spent returns what CPU fn takes; it begins with a clean heap.
func spent(fn func()) time.Duration {
	runtime.GC()
	began := cpu()
	fn()
	return cpu() - began
}

// sizesOf, in the environment, are the two numbers of issues between which
// BenchmarkSyncMemory compares; "10000,200000" is what the design speaks of.
const sizesOf = "PLUMBLINE_BENCH_ISSUES"

// BenchmarkSyncMemory measures the memory that a full sync needs at its peak,
// at two numbers of issues with twelve changes each: what the process holds
// beside files (RssAnon), and what of it is in use after a collection.
func BenchmarkSyncMemory(b *testing.B) {
	few, many := 5_000, 30_000
	if s := os.Getenv(sizesOf); s != "" {
		if _, err := fmt.Sscanf(s, "%d,%d", &few, &many); err != nil {
			b.Fatalf("%s=%s: two numbers of issues, such as 10000,200000: %v", sizesOf, s, err)
		}
	}
	for _, flavour := range flavours() {
		b.Run(flavour, func(b *testing.B) {
			fullSync(b, benchSite{flavour, 1000, 12}.start(b), func() {}) // what any first sync allocates
			for b.Loop() {
				small := peakOf(b, benchSite{flavour, few, 12})
				large := peakOf(b, benchSite{flavour, many, 12})
				b.ReportMetric(small.anon, fmt.Sprintf("MiB-at-%d", few))
				b.ReportMetric(large.anon, fmt.Sprintf("MiB-at-%d", many))
				b.ReportMetric(large.anon/small.anon, "growth")
				b.ReportMetric((large.live-small.live)*(1<<20)/float64(many-few), "live-B/issue")
			}
		})
	}
}

// peak is the most memory that a sync held, in MiB.
type peak struct{ anon, live float64 }

func peakOf(b *testing.B, site benchSite) peak {
	b.Helper()
	url := site.start(b)
	debug.FreeOSMemory()
	var most peak
	anon, stop := watchAnon(b)
	batches := 0
	fullSync(b, url, func() {
		if batches++; batches%(1+site.Issues/syncer.DefaultBatch/20) == 0 { // twenty times in all
			var now runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&now)
			most.live = max(most.live, float64(now.HeapAlloc)/(1<<20))
		}
	})
	stop()
	most.anon = float64(*anon) / (1 << 20)
	return most
}

// watchAnon follows the process's anonymous memory until stop is called; then
// anon is the most that it was, in bytes.
func watchAnon(b *testing.B) (anon *int64, stop func()) {
	b.Helper()
	anon = new(int64)
	done := make(chan struct{})
	var over sync.WaitGroup
	over.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			*anon = max(*anon, rssAnon())
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	return anon, func() { close(done); over.Wait() }
}

// rssAnon is the process's anonymous memory in bytes; 0 where the system does
// not tell.
func rssAnon() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("RssAnon:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}

// BenchmarkSyncOfTwentyThousand is the collection of which figures of other
// programs are known: 20,000 issues with ten histories each.
func BenchmarkSyncOfTwentyThousand(b *testing.B) {
	const issues = 20_000
	for _, flavour := range flavours() {
		b.Run(flavour, func(b *testing.B) {
			url := benchSite{flavour, issues, 10}.start(b)
			var took time.Duration
			for b.Loop() {
				debug.FreeOSMemory()
				anon, stop := watchAnon(b)
				began := cpu()
				report, info := fullSync(b, url, func() {})
				took += cpu() - began
				stop()
				if report.New != issues || report.Changes != 10*issues {
					b.Fatalf("%d issues and %d changes are stored", report.New, report.Changes)
				}
				b.ReportMetric(float64(report.Requests), "requests")
				b.ReportMetric(float64(*anon)/(1<<20), "peak-MiB")
				b.ReportMetric(float64(info.FileBytes)/(1<<20), "stored-MiB")
				b.ReportMetric(info.FileBytesPerIssue, "stored-B/issue")
			}
			b.ReportMetric(took.Seconds()/float64(b.N), "cpu-s")
		})
	}
}
