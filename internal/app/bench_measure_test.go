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
// goals, and again after a sync has changed 100 issues (DESIGN §7). Issues have
// twelve changes each; four in five belong to a goal.
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
		if err := a.Measure(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s-to-ready")
		b.ReportMetric((cpu()-busy).Seconds()*1e6/float64(issues), "cpu-µs/issue")
		began = time.Now()
		if err := a.Measure(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s-unchanged")
		edit(b, a.Held(), issues, goals)
		began = time.Now()
		if err := a.Measure(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s-100-changed")
		began = time.Now()
		if err := a.Tick(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s-tick")
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

// edit changes a hundred issues, as people did since the last sync.
func edit(b *testing.B, st *store.Store, issues, goals int) {
	b.Helper()
	epics := epicsOf(goals)
	batch := flow.Batch{Site: "bench"}
	for k := range 100 {
		i := benchIssue(epics+k*issues/100, epics)
		last := i.Changes[len(i.Changes)-1]
		last.At, last.History, last.Field = last.At.Add(time.Hour), last.History+1, flow.FieldOther
		last.From, last.To = flow.Named{}, flow.Named{}
		i.Changes, i.Updated = append(i.Changes, last), last.At
		batch.Issues = append(batch.Issues, i)
	}
	if w, err := st.Write(b.Context(), batch, flow.Checkpoint{Site: "bench", Watermark: benchBegin}); err != nil || w.New+w.Changed == 0 {
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
