package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plumbline/internal/flow"
)

func keyChange(history uint64, when, from, to string) flow.Change {
	return flow.Change{At: at(when), History: history, Field: flow.FieldKey, From: flow.Named{Name: from}, To: flow.Named{Name: to}}
}

func TestAnIssueIsFoundByEveryKeyItHad(t *testing.T) {
	s := openTemp(t)
	mustWrite(t, s,
		anIssue(5, "SHOP-9", keyChange(1, "2026-02-01T00:00:00Z", "PAY-1", "PAY-2"), keyChange(2, "2026-03-01T00:00:00Z", "PAY-2", "SHOP-9")),
		anIssue(7, "SHOP-1", keyChange(3, "2026-02-01T00:00:00Z", "PAY-1", "SHOP-1")),
		anIssue(3, "PAY-2"), // the key was given away anew
		anIssue(8, "OLD-1"),
	)
	mustWrite(t, s, anIssue(8, "NEW-1")) // moved, and no changelog says so
	for key, want := range map[string]flow.IssueID{"SHOP-9": 5, "PAY-1": 7, "PAY-2": 3, "SHOP-1": 7, "NEW-1": 8} {
		got, err := s.IssueByKey("acme", key)
		if err != nil || got.ID != want {
			t.Errorf("%s: got %v, %v, want issue %d", key, got, err, want)
		}
	}
	for _, key := range []string{"", "PAY", "PAY-", "PAY-22", "pay-1", "PAY-2\x00", strings.Repeat("P", 300)} {
		if got, err := s.IssueByKey("acme", key); !errors.Is(err, ErrNotFound) {
			t.Errorf("%.20q: got %v, %v, want ErrNotFound", key, got, err)
		}
	}
	if _, err := s.IssueByKey("beta", "PAY-1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("at a site that is not known: got %v, want ErrNotFound", err)
	}
	if _, err := s.Issue("acme", 99); !errors.Is(err, ErrNotFound) {
		t.Errorf("an id that is not held: got %v, want ErrNotFound", err)
	}
}

func TestIssuesComeBySiteAndNumericID(t *testing.T) {
	s := openTemp(t)
	var want []string
	for _, site := range []string{"zeta", "acme"} {
		var b flow.Batch
		for n := range 2*chunk + 1 {
			i := anIssue(flow.IssueID((n*7919)%100_003+1), fmt.Sprintf("PAY-%d", n))
			i.Site = site
			b.Issues = append(b.Issues, i)
		}
		b.Site = site
		_, err := s.Write(t.Context(), b, flow.Checkpoint{})
		mustDo(t, err)
		for _, i := range b.Issues {
			want = append(want, fmt.Sprintf("%s %07d", site, i.ID))
		}
	}
	slices.Sort(want)
	var got []string
	for _, i := range allIssues(t, s, "") {
		got = append(got, fmt.Sprintf("%s %07d", i.Site, i.ID))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	if n := len(allIssues(t, s, "zeta")); n != 2*chunk+1 {
		t.Errorf("one site has %d issues", n)
	}
	if n := len(allIssues(t, s, "nowhere")); n != 0 {
		t.Errorf("a site that is not known has %d issues", n)
	}
	stop := errors.New("stop")
	if err := s.Issues(t.Context(), "", func(*flow.Issue) error { return stop }); err != stop {
		t.Errorf("got %v, want the error of the function", err)
	}
}

func TestIssuesThatAreUsedAgainAreShownAsTheyAre(t *testing.T) {
	s := openTemp(t)
	all := make([]flow.Issue, 3*chunk+1)
	for n := range all {
		all[n] = bulkIssue(n)
		all[n].Site, all[n].Changes = "acme", all[n].Changes[:n%(len(all[n].Changes)+1)] // so that some take the place of longer ones
	}
	mustWrite(t, s, all...)
	want := allIssues(t, s, "acme")
	for range 2 {
		k := 0
		mustDo(t, s.Issues(t.Context(), "acme", func(i *flow.Issue) error {
			if diff := cmp.Diff(&want[k], i, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("issue %d (-want +got):\n%s", k, diff)
			}
			k++
			s.Reuse(i)
			return nil
		}))
		if k != len(want) {
			t.Errorf("%d issues are shown, want %d", k, len(want))
		}
	}
}

func TestWhoIsShownAnIssueMayAskTheStoreAndWriteToIt(t *testing.T) {
	s := openTemp(t)
	for n := range chunk + 10 {
		mustWrite(t, s, anIssue(flow.IssueID(n+1), "PAY-"+fmt.Sprint(n)))
	}
	mustDo(t, s.Issues(t.Context(), "acme", func(i *flow.Issue) error {
		i.Summary = strings.Repeat("grown ", 200)
		mustWrite(t, s, *i)
		_, err := s.IssueByKey("acme", i.Now.Key)
		return err
	}))
}

func TestTheDumpIsAsTheDesignSays(t *testing.T) {
	s := openTemp(t)
	full := sampleIssue()
	full.Now.FixVersions = []string{"1", "2", "3", "4"}
	full.Changes = append(full.Changes, flow.Change{
		At: at("2026-07-01T00:00:00Z"), History: 99, Field: flow.FieldFixVersion, From: flow.Named{ID: "3", Name: "alpha"},
	})
	full.Now.Epic = flow.Ref{ID: 12} // the key is to be looked up
	epic := anIssue(12, "PAY-12")
	epic.Now.Category = flow.Unknown
	epic.Now.Labels = []string{"b", "a<b>"}
	lost := anIssue(4712, "PAY-124")
	lost.Now.Parent = flow.Ref{ID: 999}
	lost.Gone = at("2026-08-01T00:00:00Z")
	_, err := s.Write(t.Context(), flow.Batch{
		Site: "acme", Issues: []flow.Issue{lost, full, epic},
		Versions: []flow.Version{{ID: "1", Name: "3.2"}, {ID: "2", Name: "3.10"}},
	}, flow.Checkpoint{})
	mustDo(t, err)
	twin := anIssue(12, "B-1")
	twin.Site = "beta"
	_, err = s.Write(t.Context(), flow.Batch{Site: "beta", Issues: []flow.Issue{twin}}, flow.Checkpoint{})
	mustDo(t, err)

	want := `{"id":12,"key":"PAY-12","site":"acme","type":"Task","status":"Open","statusCategory":"undefined","parent":null,"resolution":null,"created":"2026-01-05T08:00:00.000Z","updated":null,"resolved":null,"dueDate":null,"fixVersions":[],"labels":["a<b>","b"],"histories":0,"present":true}
{"id":12,"key":"B-1","site":"beta","type":"Task","status":"Open","statusCategory":"new","parent":null,"resolution":null,"created":"2026-01-05T08:00:00.000Z","updated":null,"resolved":null,"dueDate":null,"fixVersions":[],"labels":[],"histories":0,"present":true}
{"id":4711,"key":"PAY-123","site":"acme","type":"Task","status":"Done","statusCategory":"done","parent":"PAY-12","resolution":"Fixed","created":"2026-01-05T08:00:00.000Z","updated":"2026-06-01T10:11:12.000Z","resolved":"2026-06-01T10:11:12.000Z","dueDate":"2026-06-30","fixVersions":["3.10","3.2","4","alpha"],"labels":["latency","p95"],"histories":6,"present":true}
{"id":4712,"key":"PAY-124","site":"acme","type":"Task","status":"Open","statusCategory":"new","parent":null,"resolution":null,"created":"2026-01-05T08:00:00.000Z","updated":null,"resolved":null,"dueDate":null,"fixVersions":[],"labels":[],"histories":0,"present":false}
`
	if diff := cmp.Diff(want, dump(t, s)); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

func TestTheCatalogueKeepsWhatItOnceKnew(t *testing.T) {
	s := openTemp(t)
	write := func(b flow.Batch) {
		b.Site = "acme"
		_, err := s.Write(t.Context(), b, flow.Checkpoint{})
		mustDo(t, err)
	}
	write(flow.Batch{
		Statuses: []flow.StatusInfo{{ID: "1", Name: "Open", Category: flow.ToDo}, {ID: "9", Name: "Obsolete", Category: flow.Done}},
		Versions: []flow.Version{{ID: "1", Name: "3.2", Project: "PAY", Release: flow.Date{Year: 2026, Month: 12, Day: 1}}},
	})
	write(flow.Batch{
		Statuses: []flow.StatusInfo{{ID: "1", Name: "Opened", Category: flow.InProgress}},
		Versions: []flow.Version{{ID: "1", Name: "3.2", Project: "PAY", Released: true, Release: flow.Date{Year: 2026, Month: 12, Day: 8}}},
	})
	issue := func(resolution string) flow.Issue {
		i := flow.Issue{Site: "acme", ID: 7, Created: at("2026-05-01T00:00:00Z")}
		i.Now.Key, i.Now.Type = "PAY-7", flow.IssueType{ID: "5", Name: "Sub-task", Level: -1}
		i.Now.Resolution = flow.Named{ID: "5", Name: resolution}
		return i
	}
	write(flow.Batch{Issues: []flow.Issue{issue("Cannot Reproduce Bug")}})
	write(flow.Batch{Issues: []flow.Issue{issue("Cannot Reproduce")}})
	got, err := s.Catalog("acme")
	mustDo(t, err)
	want := &flow.Catalog{
		Types:       map[string]flow.IssueType{"5": {ID: "5", Name: "Sub-task", Level: -1}},
		Resolutions: map[string]flow.Named{"5": {ID: "5", Name: "Cannot Reproduce"}},
		Statuses:    map[string]flow.StatusInfo{"1": {ID: "1", Name: "Opened", Category: flow.InProgress}, "9": {ID: "9", Name: "Obsolete", Category: flow.Done}},
		Versions:    map[string]flow.Version{"1": {ID: "1", Name: "3.2", Project: "PAY", Released: true, Release: flow.Date{Year: 2026, Month: 12, Day: 8}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if empty, err := s.Catalog("beta"); err != nil || empty.Statuses == nil {
		t.Errorf("of a site that is not known: got %v, %v, want an empty one", empty, err)
	}
}

func TestAProblemIsForgottenWhenItIsSolved(t *testing.T) {
	s := openTemp(t)
	started := at("2026-05-01T00:00:00Z")
	write := func(full time.Time, issues []flow.Issue, problems ...flow.Problem) {
		t.Helper()
		b := flow.Batch{Site: "acme", Issues: issues, Problems: problems}
		_, err := s.Write(t.Context(), b, flow.Checkpoint{FullStarted: full})
		mustDo(t, err)
	}
	expect := func(when string, want ...flow.Problem) {
		t.Helper()
		got, err := s.Problems("acme")
		mustDo(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: want (-), got (+):\n%s", when, diff)
		}
	}
	one := flow.Problem{ID: 1, Key: "PAY-1", What: "created is no time"}
	two := flow.Problem{ID: 2, Key: "PAY-2", What: "it has no status"}
	noID := flow.Problem{Key: "PAY-3", What: "the id is no number"}
	nothing := flow.Problem{What: "it is no object"}
	write(time.Time{}, nil, one, two, noID, nothing)
	expect("after the first run", nothing, noID, one, two)
	write(time.Time{}, []flow.Issue{anIssue(1, "PAY-1"), anIssue(3, "PAY-3")})
	expect("after two issues came through well", nothing, two)
	write(started, nil, two)
	expect("while a full run is under way", nothing, two)
	write(time.Time{}, nil, noID)
	expect("after the full run, which met one of them", noID, two)
}

func TestTheLast200RunsOfASiteAreKept(t *testing.T) {
	s := openTemp(t)
	report := func(n int) []byte { return fmt.Appendf(nil, `{"n":%d}`, n) }
	start := at("2026-01-01T00:00:00Z")
	mustDo(t, s.AppendRun("quiet", start, report(-1)))
	for n := range maxRuns + 20 {
		mustDo(t, s.AppendRun("acme", start.Add(time.Duration(n)*time.Minute), report(n)))
	}
	runs, err := s.Runs(3)
	mustDo(t, err)
	want := []json.RawMessage{report(219), report(218), report(217)}
	if diff := cmp.Diff(want, runs); diff != "" {
		t.Error(diff)
	}
	runs, err = s.Runs(1000)
	mustDo(t, err)
	if len(runs) != maxRuns+1 || string(runs[maxRuns]) != `{"n":-1}` || string(runs[maxRuns-1]) != `{"n":20}` {
		t.Errorf("%d runs are kept, the last two %s", len(runs), runs[max(len(runs)-2, 0):])
	}
	if err := s.AppendRun("acme", start, []byte("{")); err == nil {
		t.Error("a report that is not JSON was kept")
	}
}

func TestTheLastRunOfAKindIsKeptAmongManyOfAnother(t *testing.T) {
	s := openTemp(t)
	start := at("2026-01-01T00:00:00Z")
	for n, kind := range []string{"full", "census", "census"} {
		mustDo(t, s.AppendRun("acme", start.Add(time.Duration(n)*time.Minute), fmt.Appendf(nil, `{"kind":%q,"n":%d}`, kind, n)))
	}
	for n := range 2 * maxRuns {
		mustDo(t, s.AppendRun("acme", start.Add(time.Duration(n)*time.Hour), []byte(`{"kind":"incremental"}`)))
	}
	runs, err := s.Runs(1000)
	mustDo(t, err)
	want := []json.RawMessage{[]byte(`{"kind":"census","n":2}`), []byte(`{"kind":"full","n":0}`)}
	if diff := cmp.Diff(want, runs[len(runs)-2:]); diff != "" || len(runs) != maxRuns+2 {
		t.Errorf("%d runs are kept, the oldest (-want +got):\n%s", len(runs), diff)
	}
}

func TestEveryTargetThatAGoalWasShownWithIsKept(t *testing.T) {
	s := openTemp(t)
	december, november := flow.Date{Year: 2026, Month: 12, Day: 18}, flow.Date{Year: 2026, Month: 11, Day: 27}
	first, later, again := at("2026-07-01T00:00:00Z"), at("2026-10-20T00:00:00Z"), at("2026-11-01T00:00:00Z")
	for _, c := range []struct {
		goal  string
		date  flow.Date
		shown time.Time
		first bool
	}{
		{"p95", december, first, true},
		{"p95", december, later, false},
		{"p95", november, later, true},
		{"p95", november, again, false},
		{"p95", december, first, true}, // it came back, and the clock was set back
		{"p95", december, first, false},
		{"p95-too", december, later, true},
	} {
		got, err := s.RecordTarget(c.goal, c.date, c.shown)
		if err != nil || got != c.first {
			t.Errorf("%s %s: differs %t, %v; want %t", c.goal, c.date, got, err, c.first)
		}
	}
	got, err := s.Targets("p95")
	mustDo(t, err)
	if diff := cmp.Diff([]SeenTarget{{december, first}, {november, later}, {december, later.Add(time.Millisecond)}}, got); diff != "" {
		t.Error(diff)
	}
	for _, goal := range []string{"", "a\x00b", strings.Repeat("g", 300)} {
		if _, err := s.RecordTarget(goal, december, first); err == nil {
			t.Errorf("the goal %.9q was taken", goal)
		}
	}
	if _, err := s.RecordTarget("p95", flow.Date{}, first); err == nil {
		t.Error("no date was taken for one")
	}
}
