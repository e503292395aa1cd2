package app

import (
	"path/filepath"
	"testing"
	"time"

	"plumbline/internal/config"
	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

func TestWhatIsMeasuredAnewIsWhatDiffers(t *testing.T) {
	begin := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	now := begin
	c := config.Default()
	c.Store.Path = filepath.Join(t.TempDir(), "plumbline.db")
	settings := Settings{Config: c, Goals: &config.Goals{List: []goal.Goal{{ID: "g", Work: goal.Work{Epics: []string{"PAY-1"}}}}}}
	a, err := Open(Options{Settings: settings, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	write := func(b flow.Batch) {
		t.Helper()
		b.Site = "acme"
		if _, err := a.store.Write(t.Context(), b, flow.Checkpoint{Site: "acme", Watermark: now}); err != nil {
			t.Fatal(err)
		}
	}
	issue := flow.Issue{Site: "acme", ID: 1, Created: begin, Now: flow.State{
		Key: "PAY-1", Status: flow.Named{ID: "1", Name: "Open"}, Type: flow.IssueType{ID: "10", Name: "Epic", Level: 1},
	}}
	write(flow.Batch{Issues: []flow.Issue{issue}})
	for _, step := range []struct {
		what string
		do   func()
		anew bool
	}{
		{"the first time", func() {}, true},
		{"time goes by", func() {}, false},
		{"a sync finds every issue as it was", func() { write(flow.Batch{Issues: []flow.Issue{issue}}) }, false},
		{"a sync finds an issue changed", func() { issue.Now.Labels = []string{"x"}; write(flow.Batch{Issues: []flow.Issue{issue}}) }, true},
		{"an issue is gone", func() {
			write(flow.Batch{Gone: []flow.Absence{{ID: 1, As: flow.Deleted, Since: now}}})
		}, true},
		{"a status gets another category", func() {
			write(flow.Batch{Statuses: []flow.StatusInfo{{ID: "1", Name: "Open", Category: flow.InProgress}}})
		}, true},
		{"a version is released", func() {
			write(flow.Batch{Versions: []flow.Version{{ID: "7", Name: "1.0", Released: true}}})
		}, true},
		{"a goal is mapped otherwise", func() {
			s := settings
			s.Goals = &config.Goals{List: []goal.Goal{{ID: "g", Work: goal.Work{Epics: []string{"PAY-1", "PAY-2"}}}}}
			a.settings.Store(&s)
		}, true},
		{"the calendar is another", func() {
			s := *a.settings.Load()
			other := *s.Config
			other.Calendar.Holidays = []flow.Date{{Year: 2026, Month: 1, Day: 6}}
			s.Config = &other
			a.settings.Store(&s)
		}, true},
		{"nothing more", func() {}, false},
	} {
		now = now.Add(time.Hour)
		step.do()
		before := a.last
		if err := a.Measure(t.Context()); err != nil {
			t.Fatal(err)
		}
		after := a.figures.Load()
		if anew := before != a.last; anew != step.anew {
			t.Errorf("%s: measured anew %v, want %v", step.what, anew, step.anew)
		}
		if !after.snapshot.At.Equal(now) {
			t.Errorf("%s: the figures are as of %s, want %s", step.what, after.snapshot.At, now)
		}
	}
}

func TestANewValueOfAnOutcomeHasNoIssueReadAgain(t *testing.T) {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	c := config.Default()
	c.Store.Path = filepath.Join(t.TempDir(), "plumbline.db")
	one := goal.Goal{ID: "g", Work: goal.Work{Epics: []string{"PAY-1"}}, Outcomes: []goal.Outcome{{ID: "p95", Query: "q", From: 0.5, To: 0.3}}}
	a, err := Open(Options{Settings: Settings{Config: c, Goals: &config.Goals{List: []goal.Goal{one}}}, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := a.store.Write(t.Context(), flow.Batch{Site: "acme"}, flow.Checkpoint{Site: "acme", Watermark: now}); err != nil {
		t.Fatal(err)
	}
	for k, value := range []float64{0.6, 0.45, 0.35} {
		now = now.Add(time.Hour)
		if err := a.store.RecordOutcome("g", "p95", "q", flow.Measured{At: now, Value: value}); err != nil {
			t.Fatal(err)
		}
		if err := a.Measure(t.Context()); err != nil {
			t.Fatal(err)
		}
		g, ok := a.Snapshot().Goal("g")
		if !ok || len(g.Outcomes) != 1 || g.Outcomes[0].Value == nil || *g.Outcomes[0].Value != value {
			t.Errorf("after the value %v the goal is %+v", value, g)
		}
		if all := !a.last.renewed; all != (k == 0) {
			t.Errorf("value %d: all issues were read: %v", k, all)
		}
	}
}
