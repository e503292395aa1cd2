package export_test

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"testing"
	"time"

	"plumbline/internal/export"
	"plumbline/internal/flow"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// yearIssues, in the environment, is how many issues BenchmarkYear goes over;
// the design speaks of 200000.
const yearIssues = "PLUMBLINE_BENCH_BACKFILL"

// BenchmarkYear measures a year of daily back-fill for 200 goals, from the
// issues to the text: within 60 s over 200,000 issues on 2 cores (issue 7).
func BenchmarkYear(b *testing.B) {
	const goals = 200
	issues := 10_000
	if s := os.Getenv(yearIssues); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < goals {
			b.Fatalf("%s=%s: a number of issues, such as 200000", yearIssues, s)
		}
		issues = n
	}
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	catalog := &flow.Catalog{Statuses: map[string]flow.StatusInfo{
		"1": {ID: "1", Name: "Open", Category: flow.ToDo}, "3": {ID: "3", Name: "Doing", Category: flow.InProgress},
		"5": {ID: "5", Name: "Done", Category: flow.Done},
	}}
	in := measure.Input{
		Catalogs: map[string]*flow.Catalog{"bench": catalog}, Settings: measure.DefaultSettings(),
		Issues: func(each func(*flow.Issue) error) error {
			for k := range goals + issues {
				if err := each(yearIssue(k, goals, now)); err != nil {
					return err
				}
			}
			return nil
		},
	}
	for k := range goals {
		in.Goals = append(in.Goals, goal.Goal{
			ID: fmt.Sprintf("goal-%03d", k), Owner: "team", Work: goal.Work{Epics: []string{fmt.Sprintf("PAY-%d", k+1)}},
			Targets: []goal.Target{{Date: flow.Date{Year: 2026, Month: 12, Day: 1}}},
		})
	}
	for b.Loop() {
		began := time.Now()
		h, err := measure.Build(in)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s-building")
		p := &export.Past{At: h.Snapshot, First: h.Began(), Now: now}
		plan, err := p.Plan(export.Range{From: now.AddDate(-1, 0, 0), To: now, Step: export.Day()})
		if err != nil {
			b.Fatal(err)
		}
		began = time.Now()
		w, err := (&export.Text{Dir: b.TempDir()}).Write(b.Context(), p, plan, io.Discard)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s-back-filling")
		b.ReportMetric(float64(w.Samples), "samples")
		if w.Moments != 366 {
			b.Fatalf("%d moments", w.Moments)
		}
	}
}

// yearIssue is the k-th issue, with twelve changes in the two years before
// now; the first ones are the goals' epics.
func yearIssue(k, epics int, now time.Time) *flow.Issue {
	open, doing, done := flow.Named{ID: "1", Name: "Open"}, flow.Named{ID: "3", Name: "Doing"}, flow.Named{ID: "5", Name: "Done"}
	created := now.AddDate(-2, 0, 0).Add(time.Duration(k%17_000) * time.Hour)
	i := &flow.Issue{Site: "bench", ID: flow.IssueID(k + 1), Created: created, Updated: created}
	i.Now = flow.State{
		Key: fmt.Sprintf("PAY-%d", k+1), Project: flow.Named{ID: "1", Name: "PAY"}, Type: flow.IssueType{ID: "3", Name: "Task"},
		Status: open, Category: flow.ToDo,
	}
	if k < epics {
		i.Now.Type = flow.IssueType{ID: "10", Name: "Epic", Level: 1}
		return i
	}
	at := created
	change := func(f flow.Field, from, to flow.Named) {
		at = at.Add(time.Duration(1+(k*7+len(i.Changes)*13)%40) * 90 * time.Minute)
		i.Changes = append(i.Changes, flow.Change{At: at, History: uint64(20*k + len(i.Changes) + 1), Author: flow.Pseudonym(k%400 + 1), Field: f, From: from, To: to})
	}
	epic := flow.Ref{ID: flow.IssueID(k%epics + 1), Key: fmt.Sprintf("PAY-%d", k%epics+1)}
	change(flow.FieldEpic, flow.Named{}, flow.Named{ID: strconv.Itoa(int(epic.ID)), Name: epic.Key})
	for range 4 {
		change(flow.FieldOther, flow.Named{}, flow.Named{})
	}
	change(flow.FieldStatus, open, doing)
	for range 4 {
		change(flow.FieldOther, flow.Named{}, flow.Named{})
	}
	change(flow.FieldStatus, doing, done)
	fixed := flow.Named{ID: "1", Name: "Fixed"}
	change(flow.FieldResolution, flow.Named{}, fixed)
	i.Now.Epic, i.Now.Status, i.Now.Category, i.Now.Resolution = epic, done, flow.Done, fixed
	i.Resolved, i.Updated, i.Histories = at, at, len(i.Changes)
	return i
}
