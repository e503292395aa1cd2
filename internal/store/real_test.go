package store

import (
	"bufio"
	"encoding/json"
	"hash/fnv"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/realdata"
)

// The folder of real issues is decoded here only as far as it takes to store
// them: what package jira makes of them is its own matter.

type rawNamed struct{ ID, Name, Key string }

func (n *rawNamed) named() flow.Named {
	if n == nil {
		return flow.Named{}
	}
	return flow.Named{ID: n.ID, Name: n.Name}
}

type rawIssue struct {
	ID, Key string
	Fields  struct {
		Summary                          string
		Created, Updated, ResolutionDate string
		Project, IssueType, Resolution   *rawNamed
		Priority, Assignee, Parent       *rawNamed
		Status                           struct {
			rawNamed
			StatusCategory rawStatusCategory
		}
		FixVersions []rawNamed
		Labels      []string
		IssueLinks  []struct {
			Type                      struct{ Name, Inward, Outward string }
			InwardIssue, OutwardIssue *rawNamed
		}
	}
	Changelog struct {
		Total     int
		Histories []struct {
			ID, Created string
			Author      rawNamed
			Items       []map[string]any
		}
	}
}

type rawStatusCategory struct{ Key string }

var realFields = map[string]flow.Field{
	"status": flow.FieldStatus, "resolution": flow.FieldResolution, "Parent": flow.FieldParent,
	"Fix Version": flow.FieldFixVersion, "labels": flow.FieldLabels, "assignee": flow.FieldAssignee,
	"priority": flow.FieldPriority, "issuetype": flow.FieldType, "project": flow.FieldProject,
	"Key": flow.FieldKey, "Link": flow.FieldLink, "Component": flow.FieldComponent, "Rank": flow.FieldRank,
}

func realIssues(tb testing.TB) []flow.Issue {
	tb.Helper()
	var all []flow.Issue
	lines := bufio.NewScanner(realdata.Open(tb, "jira-aerogear.jsonl"))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r rawIssue
		mustDo(tb, json.Unmarshal(lines.Bytes(), &r))
		all = append(all, r.issue(tb))
	}
	mustDo(tb, lines.Err())
	return all
}

func (r *rawIssue) issue(tb testing.TB) flow.Issue {
	f := &r.Fields
	i := flow.Issue{
		Site: "acme", ID: flow.IssueID(number(tb, r.ID)), Summary: f.Summary,
		Created: rawTime(tb, f.Created), Updated: rawTime(tb, f.Updated), Resolved: rawTime(tb, f.ResolutionDate),
		Now: flow.State{
			Key: r.Key, Project: flow.Named{ID: f.Project.ID, Name: f.Project.Key},
			Type: flow.IssueType{ID: f.IssueType.ID, Name: f.IssueType.Name}, Status: f.Status.named(),
			Category: flow.ParseCategory(f.Status.StatusCategory.Key), Resolution: f.Resolution.named(),
			Priority: f.Priority.named(), Labels: f.Labels,
		},
		Histories: len(r.Changelog.Histories), Announced: r.Changelog.Total,
	}
	if f.Parent != nil {
		i.Now.Parent = flow.Ref{ID: flow.IssueID(number(tb, f.Parent.ID)), Key: f.Parent.Key}
	}
	if f.Assignee != nil {
		i.Now.Assignee = pseudonym(f.Assignee.Key)
	}
	for _, v := range f.FixVersions {
		i.Now.FixVersions = append(i.Now.FixVersions, v.ID)
	}
	for _, l := range f.IssueLinks {
		link := flow.Link{Type: l.Type.Name, Description: l.Type.Inward}
		other := l.InwardIssue
		if l.OutwardIssue != nil {
			link.Outward, link.Description, other = true, l.Type.Outward, l.OutwardIssue
		}
		link.Other = flow.Ref{ID: flow.IssueID(number(tb, other.ID)), Key: other.Key}
		i.Links = append(i.Links, link)
	}
	for _, h := range r.Changelog.Histories {
		for n, item := range h.Items {
			i.Changes = append(i.Changes, realChange(tb, h.ID, h.Created, h.Author.Key, n, item))
		}
	}
	return i
}

func realChange(tb testing.TB, history, created, author string, n int, item map[string]any) flow.Change {
	text := func(name string) string {
		s, _ := item[name].(string)
		return s
	}
	c := flow.Change{At: rawTime(tb, created), History: number(tb, history), Item: n, Author: pseudonym(author)}
	c.Field = realFields[text("field")]
	switch c.Field {
	case flow.FieldOther, flow.FieldRank:
	case flow.FieldAssignee:
		c.From.ID, c.To.ID = hexOf(text("from")), hexOf(text("to"))
	default:
		c.From = flow.Named{ID: text("from"), Name: text("fromString")}
		c.To = flow.Named{ID: text("to"), Name: text("toString")}
	}
	return c
}

func number(tb testing.TB, s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	mustDo(tb, err)
	return n
}

func rawTime(tb testing.TB, s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse("2006-01-02T15:04:05.000-0700", s)
	mustDo(tb, err)
	return t.UTC()
}

func pseudonym(key string) flow.Pseudonym {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key))
	return flow.Pseudonym(h.Sum64())
}

func hexOf(key string) string {
	if key == "" {
		return ""
	}
	return strconv.FormatUint(uint64(pseudonym(key)), 16)
}

func TestRealIssuesTakeLessThanOneKiBEach(t *testing.T) {
	issues := realIssues(t)
	s := openTemp(t)
	for from := 0; from < len(issues); from += 50 {
		mustWrite(t, s, issues[from:min(from+50, len(issues))]...)
	}
	info, err := s.Info(t.Context())
	mustDo(t, err)
	t.Logf("%d issues, %d changes: %.0f bytes of data and %.0f bytes of file an issue",
		info.Issues, info.Sites[0].Changes, info.DataBytesPerIssue, info.FileBytesPerIssue)
	if info.Issues != 200 || info.Sites[0].Changes != 1735 || info.Sites[0].Histories != 1090 {
		t.Errorf("got %+v, want 200 issues with 1735 changes in 1090 histories", info)
	}
	if info.FileBytesPerIssue > 1024 {
		t.Errorf("the file takes %.0f bytes an issue, want at most 1024", info.FileBytesPerIssue)
	}
}

func TestASecondSyncOfTheRealIssuesChangesNoByte(t *testing.T) {
	issues := realIssues(t)
	s := openTemp(t)
	first := mustWrite(t, s, issues...)
	if want := (flow.Written{New: 200, Changes: 1735}); first != want {
		t.Errorf("the first time: got %+v, want %+v", first, want)
	}
	before, err := os.ReadFile(s.Path())
	mustDo(t, err)
	if again, want := mustWrite(t, s, issues...), (flow.Written{Unchanged: 200}); again != want {
		t.Errorf("the second time: got %+v, want %+v", again, want)
	}
	after, err := os.ReadFile(s.Path())
	mustDo(t, err)
	if string(before) != string(after) {
		t.Error("the file has changed")
	}
}

func TestEveryRealIssueIsFoundByItsKeys(t *testing.T) {
	issues := realIssues(t)
	s := openTemp(t)
	mustWrite(t, s, issues...)
	for _, i := range issues {
		for _, key := range keysOf(&i) {
			got, err := s.IssueByKey("acme", key)
			mustDo(t, err)
			if got.ID != i.ID {
				t.Errorf("%s is issue %d, want %d", key, got.ID, i.ID)
			}
		}
	}
}

// BenchmarkStore writes issues as full as DESIGN §7 says and tells what they
// take.
func BenchmarkStore(b *testing.B) {
	const n = 20_000
	for b.Loop() {
		s, err := Open(filepath.Join(b.TempDir(), "plumbline.db"), Options{})
		mustDo(b, err)
		batch := make([]flow.Issue, 0, 100)
		for id := range n {
			batch = append(batch, bulkIssue(id))
			if len(batch) == cap(batch) {
				mustWrite(b, s, batch...)
				batch = batch[:0]
			}
		}
		info, err := s.Info(b.Context())
		mustDo(b, err)
		b.ReportMetric(info.FileBytesPerIssue, "file-bytes/issue")
		b.ReportMetric(info.DataBytesPerIssue, "data-bytes/issue")
		mustDo(b, s.Close())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/issue")
}

// bulkIssue differs from the others in its id, its key and its times.
func bulkIssue(n int) flow.Issue {
	i := sampleIssue()
	i.ID = flow.IssueID(10_000_000 + n*3)
	i.Now.Key = "PAY-" + strconv.Itoa(n)
	i.Created = i.Created.Add(time.Duration(n) * 7919 * time.Millisecond)
	for k := range i.Changes {
		c := &i.Changes[k]
		c.At = i.Created.Add(time.Duration(k/2*(n%97+1))*7717*time.Second + 13*time.Millisecond)
		c.History += uint64(n) * 13
		c.Author += flow.Pseudonym(n % 400)
	}
	return i
}

func BenchmarkWriteUnchanged(b *testing.B) {
	s, err := Open(filepath.Join(b.TempDir(), "plumbline.db"), Options{})
	mustDo(b, err)
	defer func() { mustDo(b, s.Close()) }()
	issues := make([]flow.Issue, 1000)
	for n := range issues {
		issues[n] = bulkIssue(n)
	}
	mustWrite(b, s, issues...)
	for b.Loop() {
		if w := mustWrite(b, s, issues...); w.Unchanged != len(issues) {
			b.Fatalf("got %+v", w)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(issues)), "ns/issue")
}

func BenchmarkIssues(b *testing.B) {
	s, err := Open(filepath.Join(b.TempDir(), "plumbline.db"), Options{})
	mustDo(b, err)
	defer func() { mustDo(b, s.Close()) }()
	const n = 20_000
	for from := 0; from < n; from += 1000 {
		issues := make([]flow.Issue, 1000)
		for k := range issues {
			issues[k] = bulkIssue(from + k)
		}
		mustWrite(b, s, issues...)
	}
	b.ReportAllocs()
	for b.Loop() {
		seen := 0
		mustDo(b, s.Issues(background, "", func(*flow.Issue) error { seen++; return nil }))
		if seen != n {
			b.Fatalf("saw %d issues", seen)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/issue")
}
