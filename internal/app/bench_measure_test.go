package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"testing"
	"time"

	"plumbline/internal/app"
	"plumbline/internal/config"
	"plumbline/internal/flow"
	"plumbline/internal/goal"
	"plumbline/internal/store"
)

// measuredIssues, in the environment, is how many issues BenchmarkMeasuring
// measures; the design speaks of 200000 and 1000000.
const measuredIssues = "PLUMBLINE_BENCH_MEASURED"

// BenchmarkMeasuring measures the way from a filled store to the figures of 500
// goals, and again after syncs that found 100 issues changed, each in its own way
// (DESIGN §7). Issues have twelve changes each; four in five belong to a goal.
func BenchmarkMeasuring(b *testing.B) {
	const goals = 500
	issues := 20_000
	if s := os.Getenv(measuredIssues); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < goals {
			b.Fatalf("%s=%s: a number of issues, such as 200000", measuredIssues, s)
		}
		issues = n
	}
	path := filepath.Join(b.TempDir(), "plumbline.db")
	fill(b, path, issues, goals)
	settings := app.Settings{Config: config.Default(), Goals: goalsOf(goals)}
	settings.Config.Store.Path = path
	now := benchBegin.AddDate(2, 0, 0)
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1)) // which the service changes
	for b.Loop() {
		debug.FreeOSMemory()
		anon, stop := watchAnon(b)
		began, busy := time.Now(), cpu()
		a, err := app.Open(app.Options{Settings: settings, MemoryGoal: app.MemoryGoal, Now: func() time.Time { return now }})
		if err != nil {
			b.Fatal(err)
		}
		ready := whenReady(a, began)
		if err := a.Measure(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric((<-ready).Seconds(), "s-to-ready")
		b.ReportMetric((cpu()-busy).Seconds()*1e6/float64(issues), "cpu-µs/issue")
		again := func(what string) {
			began, busy = time.Now(), cpu()
			if err := a.Measure(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(time.Since(began).Seconds(), "s-"+what)
			b.ReportMetric((cpu() - busy).Seconds(), "cpu-s-"+what)
		}
		again("unchanged")
		for _, e := range edits(issues, goals) {
			putAnew(b, a.Held(), e.issues)
			again(e.what)
		}
		stop()
		b.ReportMetric(float64(*anon)/(1<<20), "peak-MiB")
		if n := len(a.Snapshot().Goals); n != goals {
			b.Fatalf("%d goals are measured", n)
		}
		debug.FreeOSMemory()
		b.ReportMetric(float64(rssAnon())/(1<<20), "MiB")
		if err := a.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// whenReady tells how long it took until there were figures: what is measured
// is given to readers before memory is given back.
func whenReady(a *app.App, began time.Time) <-chan time.Duration {
	ready := make(chan time.Duration, 1)
	go func() {
		for a.Snapshot() == nil {
			time.Sleep(time.Millisecond) // the grain of what is measured
		}
		ready <- time.Since(began)
	}()
	return ready
}

// edited are issues as people left them since the last sync.
type edited struct {
	what   string
	issues []flow.Issue
}

// edits are what syncs find, a hundred issues each.
func edits(issues, goals int) []edited {
	epics := epicsOf(goals)
	lately := benchBegin.AddDate(2, 0, 0).Add(-12 * time.Hour) // shortly before they are measured
	kinds := 0
	hundred := func(do func(n int, i *flow.Issue)) (out []flow.Issue) {
		kinds++ // each has issues of its own
		for n := range 100 {
			i := benchIssue(epics+n*(issues/100)+n+17*kinds, epics) // which lie below as many epics
			do(n, &i)
			i.Histories, i.Announced, i.Updated = len(i.Changes), len(i.Changes), i.Changes[len(i.Changes)-1].At
			out = append(out, i)
		}
		return out
	}
	change := func(i *flow.Issue, at time.Time, author int, f flow.Field, from, to flow.Named) {
		i.Changes = append(i.Changes, flow.Change{
			At: at, History: uint64(at.UnixMilli())<<4 + uint64(len(i.Changes)%16), Author: flow.Pseudonym(author), Field: f, From: from, To: to,
		})
	}
	at := func(n int) time.Time { return lately.Add(time.Duration(n) * time.Minute) }
	doing := flow.Named{ID: "3", Name: "In Progress"}
	reopen := func(i *flow.Issue, when time.Time, author int) {
		change(i, when, author, flow.FieldStatus, i.Now.Status, doing)
		change(i, when, author, flow.FieldResolution, i.Now.Resolution, flow.Named{})
		i.Now.Status, i.Now.Category, i.Now.Resolution, i.Resolved = doing, flow.InProgress, flow.Named{}, time.Time{}
	}
	move := func(i *flow.Issue, to int, when time.Time) {
		ref := flow.Ref{ID: flow.IssueID(10_000 + to), Key: epicKey(to)}
		change(i, when, 7, flow.FieldEpic, flow.Named{ID: strconv.Itoa(int(i.Now.Epic.ID)), Name: i.Now.Epic.Key}, flow.Named{ID: strconv.Itoa(10_000 + to), Name: ref.Key})
		i.Now.Epic = ref
	}
	created := make([]flow.Issue, 100)
	for n := range created {
		created[n] = begun(benchIssue(epics+issues+n, epics), at(200+n))
	}
	return []edited{
		{"100-changed", hundred(func(n int, i *flow.Issue) { change(i, at(n), n, flow.FieldOther, flow.Named{}, flow.Named{}) })},
		{"100-reopened", hundred(func(n int, i *flow.Issue) { reopen(i, at(100+n), n) })},
		{"100-created", created},
		{"100-moved", hundred(func(n int, i *flow.Issue) { move(i, (n*3)%epics, at(300+n)) })},
		{"100-in-bulk", hundred(func(n int, i *flow.Issue) { reopen(i, at(500).Add(time.Duration(n)*100*time.Millisecond), 1) })},
	}
}

// begun is an issue as it is when it has just been created: in an epic, and
// assigned.
func begun(i flow.Issue, created time.Time) flow.Issue {
	i.Created, i.Changes = created, i.Changes[:2]
	for k := range i.Changes {
		i.Changes[k].At = created.Add(time.Duration(k+1) * time.Second)
	}
	i.Now.Status, i.Now.Category, i.Now.Resolution, i.Now.Labels = flow.Named{ID: "1", Name: "Open"}, flow.ToDo, flow.Named{}, nil
	i.Now.Priority, i.Resolved = flow.Named{ID: "3", Name: "Major"}, time.Time{}
	i.Updated, i.Histories, i.Announced = i.Changes[1].At, 2, 2
	return i
}

func putAnew(b *testing.B, st *store.Store, issues []flow.Issue) {
	b.Helper()
	w, err := st.Write(b.Context(), flow.Batch{Site: "bench", Issues: issues}, flow.Checkpoint{Site: "bench", Watermark: benchBegin})
	if err != nil || w.New+w.Changed == 0 {
		b.Fatalf("%+v, %v", w, err)
	}
}

// epicsOf is how many epics there are where so many are goals'.
func epicsOf(goals int) int { return goals + goals/4 }

var benchBegin = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// goalsOf returns n goals, each of which maps an epic.
func goalsOf(n int) *config.Goals {
	g := &config.Goals{}
	for k := range n {
		g.List = append(g.List, goal.Goal{
			ID: fmt.Sprintf("goal-%03d", k), Name: fmt.Sprintf("Goal %d", k), Owner: "team",
			Work:    goal.Work{Epics: []string{epicKey(k)}},
			Targets: []goal.Target{{Date: flow.Date{Year: 2026, Month: 6, Day: 30}}},
		})
	}
	return g
}

func epicKey(k int) string { return fmt.Sprintf("PAY-%d", k+1) }

// fill writes epics and issues below them into a new store: the first epics
// are the goals', and a fifth of the issues lies below others.
func fill(b *testing.B, path string, issues, goals int) {
	b.Helper()
	st, err := store.Open(path, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := st.PseudonymKey(store.KeyFile(path)); err != nil { // as whoever has read a site has
		b.Fatal(err)
	}
	epics := epicsOf(goals)
	batch := flow.Batch{Site: "bench", Statuses: []flow.StatusInfo{
		{ID: "1", Name: "Open", Category: flow.ToDo}, {ID: "3", Name: "In Progress", Category: flow.InProgress},
		{ID: "5", Name: "Resolved", Category: flow.Done},
	}}
	write := func() {
		if _, err := st.Write(b.Context(), batch, flow.Checkpoint{Site: "bench", Watermark: benchBegin}); err != nil {
			b.Fatal(err)
		}
		batch = flow.Batch{Site: "bench"}
	}
	for k := range epics + issues {
		batch.Issues = append(batch.Issues, benchIssue(k, epics))
		if len(batch.Issues) == 2000 {
			write()
		}
	}
	write()
	if err := st.Close(); err != nil {
		b.Fatal(err)
	}
}

// benchIssue returns the k-th issue; the first ones are epics.
func benchIssue(k, epics int) flow.Issue {
	created := benchBegin.Add(time.Duration(k%600_000) * time.Minute)
	i := flow.Issue{Site: "bench", ID: flow.IssueID(10_000 + k), Created: created, Updated: created, Announced: 0}
	i.Now = flow.State{
		Key: fmt.Sprintf("PAY-%d", k+1), Project: flow.Named{ID: "1", Name: "PAY"}, Type: flow.IssueType{ID: "3", Name: "Task"},
		Status: flow.Named{ID: "1", Name: "Open"}, Category: flow.ToDo, Priority: flow.Named{ID: "3", Name: "Major"},
	}
	if k < epics {
		i.Now.Type = flow.IssueType{ID: "10", Name: "Epic", Level: 1}
		return i
	}
	epic := (k - epics) % epics
	open, doing, done := flow.Named{ID: "1", Name: "Open"}, flow.Named{ID: "3", Name: "In Progress"}, flow.Named{ID: "5", Name: "Resolved"}
	at, author := created, flow.Pseudonym(k%400+1)
	change := func(f flow.Field, from, to flow.Named) {
		at = at.Add(time.Duration(1+(k*7+len(i.Changes)*13)%90) * 41 * time.Minute)
		i.Changes = append(i.Changes, flow.Change{At: at, History: uint64(20*k + len(i.Changes) + 1), Author: author, Field: f, From: from, To: to})
	}
	change(flow.FieldEpic, flow.Named{}, flow.Named{ID: strconv.Itoa(10_000 + epic), Name: epicKey(epic)})
	change(flow.FieldAssignee, flow.Named{}, flow.Named{ID: author.String()})
	change(flow.FieldOther, flow.Named{}, flow.Named{})
	change(flow.FieldStatus, open, doing)
	change(flow.FieldLabels, flow.Named{}, flow.Named{Name: "p95"})
	change(flow.FieldPriority, flow.Named{ID: "4", Name: "Minor"}, i.Now.Priority)
	change(flow.FieldOther, flow.Named{}, flow.Named{})
	change(flow.FieldRank, flow.Named{}, flow.Named{})
	change(flow.FieldStatus, doing, done)
	change(flow.FieldResolution, flow.Named{}, flow.Named{ID: "1", Name: "Done"})
	if k%10 == 0 { // which were not finished after all
		change(flow.FieldStatus, done, doing)
		change(flow.FieldResolution, flow.Named{ID: "1", Name: "Done"}, flow.Named{})
		i.Now.Status, i.Now.Category = doing, flow.InProgress
	} else {
		change(flow.FieldOther, flow.Named{}, flow.Named{})
		change(flow.FieldOther, flow.Named{}, flow.Named{})
		i.Now.Status, i.Now.Category, i.Now.Resolution, i.Resolved = done, flow.Done, flow.Named{ID: "1", Name: "Done"}, at
	}
	i.Now.Epic, i.Now.Labels, i.Now.Assignee = flow.Ref{ID: flow.IssueID(10_000 + epic), Key: epicKey(epic)}, []string{"p95"}, author
	i.Updated, i.Histories, i.Announced = at, len(i.Changes), len(i.Changes)
	return i
}
