package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"plumbline/internal/jirasim"
)

// endlessAs, in the environment, makes the test's binary an endlessSite: the
// site that a benchmark reads is a process of its own, so that neither its CPU
// nor its memory is counted as the sync's.
const endlessAs = "PLUMBLINE_TEST_ENDLESS_SITE"

func TestMain(m *testing.M) {
	if spec := os.Getenv(endlessAs); spec != "" {
		if err := serveEndless(spec); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// benchSite says what a benchmark's site shows.
type benchSite struct {
	Flavour   string
	Issues    int
	Histories int // of each issue, with one item each
}

// start starts the site and returns its address.
func (s benchSite) start(tb testing.TB) string {
	tb.Helper()
	spec, err := json.Marshal(s)
	if err != nil {
		tb.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), endlessAs+"="+string(spec))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = in.Close() // which ends it
		if err := cmd.Wait(); err != nil {
			tb.Errorf("the site that was read: %v", err)
		}
	})
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		tb.Fatalf("the site that was to be read does not start: %v", err)
	}
	return strings.TrimSpace(url)
}

// serveEndless is the process: it serves until its standard input ends.
func serveEndless(spec string) error {
	var s benchSite
	if err := json.Unmarshal([]byte(spec), &s); err != nil {
		return err
	}
	site, err := newEndlessSite(s)
	if err != nil {
		return err
	}
	server := httptest.NewServer(site)
	defer server.Close()
	fmt.Println(server.URL)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// endlessSite is a site of any number of issues that holds none of them. A
// simulated site renders some patterns of issues in the form of its flavour,
// with the fields that were asked for; each issue of a page is one of them with
// an id, key and times of its own. Everything but searches the simulated site
// answers itself.
type endlessSite struct {
	benchSite
	sim http.Handler

	mu       sync.Mutex
	patterns map[string][]pattern // by the fields asked for
	asked    []asked
}

// asked is a search that was answered.
type asked struct {
	Path string
	Body string
}

func newEndlessSite(s benchSite) (*endlessSite, error) {
	var dump bytes.Buffer
	for n := range patternCount {
		writePattern(&dump, n, s.Histories)
	}
	world, err := jirasim.LoadDump(&dump)
	if err != nil {
		return nil, err
	}
	sim := jirasim.New(world, jirasim.Options{Flavour: s.Flavour, User: "bot@acme.com", Password: "simulated"})
	return &endlessSite{benchSite: s, sim: sim, patterns: map[string][]pattern{}}, nil
}

// askedPath tells the searches that were answered, and forgets them.
const askedPath = "/asked"

func (s *endlessSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case askedPath:
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = json.NewEncoder(w).Encode(s.asked) // who is gone needs no answer
		s.asked = nil
	case "/rest/api/3/search/approximate-count":
		fmt.Fprintf(w, `{"count":%d}`, s.Issues)
	case "/rest/api/2/search", "/rest/api/3/search/jql":
		s.search(w, r)
	default:
		s.sim.ServeHTTP(w, r)
	}
}

var createdFrom = regexp.MustCompile(`created >= (\d+)`)

func (s *endlessSite) search(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var q struct {
		JQL                 string
		StartAt, MaxResults int
		NextPageToken       string
	}
	if err == nil {
		err = json.Unmarshal(body, &q)
	}
	s.mu.Lock()
	s.asked = append(s.asked, asked{r.URL.Path, string(body)})
	s.mu.Unlock()
	patterns, failed := s.rendered(r, body)
	if err != nil || failed != nil {
		http.Error(w, fmt.Sprint(err, failed), http.StatusBadRequest)
		return
	}
	first := 0 // of the issues that match
	for _, m := range createdFrom.FindAllStringSubmatch(q.JQL, -1) {
		ms, _ := strconv.ParseInt(m[1], 10, 64) // of digits alone
		first = max(first, int((time.UnixMilli(ms).Sub(firstCreated)+time.Minute-1)/time.Minute))
	}
	from := first + q.StartAt
	if q.NextPageToken != "" {
		from, _ = strconv.Atoi(q.NextPageToken) // which is our own
	}
	to := min(from+q.MaxResults, s.Issues)
	var b bytes.Buffer
	b.WriteByte('{')
	if s.Flavour == jirasim.DataCenter {
		fmt.Fprintf(&b, `"expand":"schema,names","startAt":%d,"maxResults":%d,"total":%d,`, q.StartAt, q.MaxResults, s.Issues-first)
	} else if to < s.Issues {
		fmt.Fprintf(&b, `"nextPageToken":"%d",`, to)
	}
	fmt.Fprintf(&b, `"isLast":%t,"issues":[`, to >= s.Issues)
	for n := from; n < to; n++ {
		if n > from {
			b.WriteByte(',')
		}
		patterns[n%len(patterns)].write(&b, n)
	}
	b.WriteString("]}")
	_, _ = w.Write(b.Bytes()) // who is gone needs no answer
}

// rendered returns the patterns in the form that the request asks for.
func (s *endlessSite) rendered(r *http.Request, body []byte) ([]pattern, error) {
	var ask map[string]any
	if err := json.Unmarshal(body, &ask); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	form := fmt.Sprint(ask["fields"], ask["expand"])
	if p := s.patterns[form]; p != nil {
		return p, nil
	}
	ask["jql"], ask["maxResults"] = "created >= 1 ORDER BY key", patternCount
	delete(ask, "startAt")
	delete(ask, "nextPageToken")
	again, err := json.Marshal(ask)
	if err != nil {
		return nil, err
	}
	inner := r.Clone(r.Context())
	inner.Body, inner.ContentLength = io.NopCloser(bytes.NewReader(again)), int64(len(again))
	answer := httptest.NewRecorder()
	s.sim.ServeHTTP(answer, inner)
	var page struct{ Issues []json.RawMessage }
	if err := json.Unmarshal(answer.Body.Bytes(), &page); err != nil || len(page.Issues) != patternCount {
		return nil, fmt.Errorf("%d patterns, %w: %s", len(page.Issues), err, answer.Body)
	}
	for _, raw := range page.Issues {
		s.patterns[form] = append(s.patterns[form], newPattern(raw))
	}
	return s.patterns[form], nil
}

// Issues are created a minute apart.
var firstCreated = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// patternCount is how many patterns there are. Each has persons of its own.
const patternCount = 32

const jiraTime = "2006-01-02T15:04:05.000-0700"

// writePattern writes the n-th pattern as an issue of a dump. Its numbers and
// times stand for those that the issues made of it will have.
func writePattern(w io.Writer, n, histories int) {
	person := func(h int) string {
		name := fmt.Sprintf("person-%d", (n*12+h)%300)
		return fmt.Sprintf(`{"name":"%[1]s","key":"%[1]s","displayName":"%[1]s","active":true}`, name)
	}
	items := []string{
		`"field":"status","fieldtype":"jira","from":"1","fromString":"Open","to":"3","toString":"In Progress"`,
		`"field":"assignee","fieldtype":"jira","from":null,"fromString":null,"to":"person-7","toString":"Person Seven"`,
		`"field":"labels","fieldtype":"jira","from":null,"fromString":"","to":null,"toString":"checkout p95"`,
		`"field":"description","fieldtype":"jira","from":null,"fromString":null,"to":null,"toString":"` + strings.Repeat("A sentence of a description. ", 12) + `"`,
		`"field":"status","fieldtype":"jira","from":"3","fromString":"In Progress","to":"6","toString":"In Review"`,
		`"field":"priority","fieldtype":"jira","from":"4","fromString":"Minor","to":"3","toString":"Major"`,
		`"field":"status","fieldtype":"jira","from":"6","fromString":"In Review","to":"3","toString":"In Progress"`,
		`"field":"Rank","fieldtype":"custom","from":"","fromString":"","to":"","toString":"Ranked higher"`,
		`"field":"duedate","fieldtype":"jira","from":null,"fromString":null,"to":"2026-12-18","toString":"2026-12-18 00:00:00.0"`,
		`"field":"Fix Version","fieldtype":"jira","from":null,"fromString":null,"to":"301","toString":"3.2"`,
		`"field":"resolution","fieldtype":"jira","from":null,"fromString":null,"to":"1","toString":"Done"`,
		`"field":"status","fieldtype":"jira","from":"3","fromString":"In Progress","to":"5","toString":"Resolved"`,
	}
	var list []string
	begin := firstCreated.AddDate(-1, 0, 0)
	for h := range histories {
		list = append(list, fmt.Sprintf(`{"id":"77%05d","author":%s,"created":"%s","items":[{%s}]}`,
			h, person(h), begin.Add(time.Duration(h+1)*time.Hour).Format(jiraTime), items[h%len(items)]))
	}
	fmt.Fprintf(w, `{"id":"88%05d","key":"PAY-99%05[1]d","fields":{"summary":"An issue of middling length, as summaries go","created":"%s","updated":"%s",`+
		`"status":{"id":"5","name":"Resolved","statusCategory":{"id":3,"key":"done","name":"Done"}},"issuetype":{"id":"3","name":"Task","subtask":false},`+
		`"resolution":{"id":"1","name":"Done"},"resolutiondate":"%[3]s","duedate":"2026-12-18","priority":{"id":"3","name":"Major"},`+
		`"project":{"id":"1","key":"PAY","name":"Payments"},"labels":["checkout","p95"],"issuelinks":[],"assignee":%[4]s,`+
		`"fixVersions":[{"id":"301","name":"3.2","released":false,"archived":false}]},`+
		`"changelog":{"startAt":0,"maxResults":%[5]d,"total":%[5]d,"histories":[%[6]s]}}`+"\n",
		n, begin.Format(jiraTime), begin.Add(13*time.Hour).Format(jiraTime), person(7), histories, strings.Join(list, ","))
}

// pattern is an issue in parts: text, and between it what differs from one
// issue to the next.
type pattern struct {
	text  [][]byte
	slots []slot // one less than texts
}

// slot is the place of a history's id, an issue's number or id, or a time so
// many hours after the issue's creation.
type slot struct {
	kind byte
	n    int
}

var patternSlots = regexp.MustCompile(`99\d{5}\b|77\d{5}\b|88\d{5}\b|2019-01-01T\d\d:00:00\.000\+0000`)

func newPattern(raw []byte) pattern {
	var p pattern
	at := 0
	for _, m := range patternSlots.FindAllIndex(raw, -1) {
		p.text = append(p.text, slices.Clone(raw[at:m[0]]))
		word := string(raw[m[0]:m[1]])
		s := slot{kind: word[0]}
		digits := word[2:]
		if s.kind == '2' {
			digits = word[11:13]
		}
		s.n, _ = strconv.Atoi(digits) // of digits alone
		p.slots = append(p.slots, s)
		at = m[1]
	}
	p.text = append(p.text, slices.Clone(raw[at:]))
	return p
}

// write writes the issue of that number.
func (p *pattern) write(b *bytes.Buffer, number int) {
	created := firstCreated.Add(time.Duration(number) * time.Minute)
	pace := time.Duration(1+number%97) * 37 * time.Minute // an issue's hour
	for k, s := range p.slots {
		b.Write(p.text[k])
		switch s.kind {
		case '9':
			fmt.Fprint(b, number+1)
		case '8':
			fmt.Fprint(b, 100_000+number)
		case '7':
			fmt.Fprint(b, 1_000_000+40*number+s.n)
		default:
			b.Write(created.Add(time.Duration(s.n)*pace).AppendFormat(nil, jiraTime))
		}
	}
	b.Write(p.text[len(p.slots)])
}
