package measure_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// component returns one component of the evidence; -1 where it is not told.
func component(g measure.GoalStatus, name string) float64 {
	if g.Evidence != nil {
		for _, c := range g.Evidence.Components {
			if c.Name == name {
				return c.Ratio
			}
		}
	}
	return -1
}

// tasks are n tasks of the epic that were begun on 5 January.
func tasks(t flowtest.TB, n int) []*flow.Issue {
	issues := []*flow.Issue{epic(t).Issue()}
	for k := range n {
		issues = append(issues, task(t, 10+k, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue())
	}
	return issues
}

func TestTheComponentsOfEvidenceWorkedByHand(t *testing.T) {
	truncated := func(n, of int) []*flow.Issue {
		issues := tasks(t, of)
		for _, i := range issues[1 : n+1] {
			i.Announced = i.Histories + 1
		}
		return issues
	}
	closed := func(with, without, undone int) []*flow.Issue {
		issues := []*flow.Issue{epic(t).Issue()}
		for range with {
			issues = append(issues, task(t, 10+len(issues), "2026-01-02").Resolves("2026-01-06", "Done").Issue())
		}
		for range without {
			issues = append(issues, task(t, 10+len(issues), "2026-01-02").Moves("2026-01-06", flowtest.Done).Issue())
		}
		for range undone {
			issues = append(issues, task(t, 10+len(issues), "2026-01-02").Resolves("2026-01-06", "Done").Moves("2026-01-06", flowtest.Review).Issue())
		}
		return issues
	}
	bulk := func(n, alone int) []*flow.Issue {
		issues := []*flow.Issue{epic(t).Issue()}
		for k := range n {
			issues = append(issues, task(t, 10+k, "2026-01-02").By(9).Resolves("2026-01-08 10:00", "Done").Issue())
		}
		for k := range alone {
			issues = append(issues, task(t, 100+k, "2026-01-02").Resolves(fmt.Sprintf("2026-01-08 11:%02d", k), "Done").Issue())
		}
		return issues
	}
	unclaimed := func(n int) []*flow.Issue {
		issues := tasks(t, 6)
		for k := range n {
			issues = append(issues, flowtest.New(t, key(500+k), "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue())
		}
		return issues
	}
	vanished := []*flow.Issue{epic(t).Issue(), task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Vanished).Issue()}
	checkedIn := epicGoal()
	checkedIn.Reported.From, checkedIn.CheckIns = "check_ins", []goal.CheckIn{{Date: date(t, "2026-01-05"), Completion: ptr(0.5)}}
	byPoints := epicGoal()
	byPoints.Count = goal.CountPoints
	sized := []*flow.Issue{epic(t).Issue()}
	for k := range 10 {
		b := task(t, 10+k, "2026-01-02")
		if k < 9 {
			b.Estimates("2026-01-02", "3")
		}
		sized = append(sized, b.Issue())
	}
	for _, c := range []struct {
		name, component, at string
		issues              []*flow.Issue
		goal                *goal.Goal
		want                float64
	}{
		{"every changelog is whole", "history", "2026-01-10", tasks(t, 10), nil, 1},
		{"three of ten changelogs came truncated", "history", "2026-01-10", truncated(3, 10), nil, 0.7},
		{"every status has a category", "category_coverage", "2026-01-10", tasks(t, 3), nil, 1},
		{"three of eight days were spent in a status that vanished", "category_coverage", "2026-01-08", vanished, nil, 0.5},
		{"and five of the first ten", "category_coverage", "2026-01-12", vanished, nil, 0.3},
		{"all that is closed has a resolution", "terminal_consistency", "2026-01-10", closed(4, 0, 0), nil, 1},
		{"one of five is done without a resolution", "terminal_consistency", "2026-01-10", closed(4, 1, 0), nil, 0.8},
		{"one of five is resolved without being done", "terminal_consistency", "2026-01-10", closed(4, 0, 1), nil, 0.8},
		{"a project that uses no resolutions needs none", "terminal_consistency", "2026-01-10", closed(0, 5, 0), nil, 1},
		{"nothing is closed", "terminal_consistency", "2026-01-10", tasks(t, 3), nil, -1},
		{"issues are counted", "estimates", "2026-01-10", sized, nil, -1},
		{"nine of ten are estimated", "estimates", "2026-01-10", sized, &byPoints, 0.9},
		{"four issues", "size", "2026-01-10", tasks(t, 4), nil, 0.4},
		{"ten issues", "size", "2026-01-10", tasks(t, 10), nil, 1},
		{"twelve issues", "size", "2026-01-10", tasks(t, 12), nil, 1},
		{"no delivery was a bulk edit", "bulk", "2026-01-10", bulk(9, 1), nil, 1},
		{"ten of forty were", "bulk", "2026-01-10", bulk(10, 30), nil, 0.75},
		{"all were", "bulk", "2026-01-10", bulk(10, 0), nil, 0},
		{"but that was more than 30 days ago", "bulk", "2026-02-08", bulk(10, 30), nil, -1},
		{"a goal claims all active work", "mapping", "2026-01-10", unclaimed(0), nil, 1},
		{"no goal claims two of eight", "mapping", "2026-01-10", unclaimed(2), nil, 0.875},
		{"no work is active", "mapping", "2026-05-01", unclaimed(2), nil, -1},
		{"Jira says what is reported", "check_in_age", "2026-01-10", tasks(t, 2), nil, -1},
		{"the check-in is 14 days old", "check_in_age", "2026-01-19", tasks(t, 2), &checkedIn, 1},
		{"the check-in is 37 days old", "check_in_age", "2026-02-11", tasks(t, 2), &checkedIn, 0.5},
		{"the check-in is 60 days old", "check_in_age", "2026-03-06", tasks(t, 2), &checkedIn, 0},
		{"nobody has said when the site was read", "freshness", "2026-01-10", tasks(t, 2), nil, -1},
	} {
		t.Run(c.component+": "+c.name, func(t *testing.T) {
			g := epicGoal()
			if c.goal != nil {
				g = *c.goal
			}
			got := component(status(t, built(t, []goal.Goal{g}, c.issues), c.at), c.component)
			if d := cmp.Diff(c.want, got, about()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// about compares sums of fractions, which don't add up to the last bit.
func about() cmp.Option {
	return cmp.Comparer(func(a, b float64) bool { return a-b < 1e-12 && b-a < 1e-12 })
}

func TestFreshnessFallsFromTwoIntervalsToTwentyFour(t *testing.T) {
	at := flowtest.At(t, "2026-01-20 12:00")
	h := ofEpic(t, tasks(t, 12)...)
	for _, c := range []struct {
		name   string
		age    time.Duration // of the last complete sync; below 0: it was later
		every  time.Duration
		want   float64
		health measure.Health
	}{
		{"a moment that was read later", -time.Hour, time.Hour, 1, measure.OnTrack},
		{"two intervals old", 2 * time.Hour, time.Hour, 1, measure.OnTrack},
		{"thirteen intervals old", 13 * time.Hour, time.Hour, 0.5, measure.OnTrack},
		{"a little older", 13*time.Hour + time.Minute, time.Hour, 0.5 - 1.0/60/22, measure.HealthUnknown},
		{"twenty-four intervals old", 24 * time.Hour, time.Hour, 0, measure.HealthUnknown},
		{"read every second, thirteen times five minutes old", 65 * time.Minute, time.Second, 0.5, measure.OnTrack},
	} {
		t.Run(c.name, func(t *testing.T) {
			known := h.SyncedAt(map[string]time.Time{flowtest.Site: at.Add(-c.age)}, c.every)
			g := status(t, known, "2026-01-20 12:00")
			if d := cmp.Diff(c.want, component(g, "freshness"), about()); d != "" || g.Health != c.health {
				t.Errorf("health %s, want %s; freshness (-want +got):\n%s", g.Health, c.health, d)
			}
		})
	}
	never := status(t, h.SyncedAt(nil, time.Hour), "2026-01-20 12:00")
	if component(never, "freshness") != 0 || never.Health != measure.HealthUnknown {
		t.Errorf("never read: %+v, %s", never.Evidence, never.Health)
	}
	before := status(t, h, "2026-01-20 12:00")
	if component(before, "freshness") != -1 || before.Health != measure.OnTrack {
		t.Errorf("the history itself has changed: %+v, %s", before.Evidence, before.Health)
	}
}

func TestADefectOfTheDataHidesTheFiguresAndSaysWhy(t *testing.T) {
	broken := tasks(t, 12)
	for _, i := range broken[1:8] { // seven of twelve
		i.Announced = i.Histories + 1
	}
	promised := epicGoal()
	promised.Targets = []goal.Target{{Date: date(t, "2026-06-01")}}
	h := built(t, []goal.Goal{promised}, broken, unlearnt(t, "2026-01-20"))
	g := status(t, h, "2026-01-20")
	if g.Real != nil || g.RealLower != nil || g.RealUpper != nil || g.Overstated != nil || g.Estimate != nil {
		t.Errorf("real completion %v, overstated %v", g.Real, g.Overstated)
	}
	if g.Forecast50 != nil || g.Forecast85 != nil || g.OnTime != nil || g.FirstOnTime != nil || g.ReportedHealth != "" {
		t.Errorf("forecast %v, on time %v, reported health %q", g.Forecast50, g.OnTime, g.ReportedHealth)
	}
	if g.Reported != nil || g.Delivered != nil || g.Stalled != nil || g.StalledSince != nil || g.Health != measure.HealthUnknown {
		t.Errorf("reported %v, delivered %v, stalled %v, health %s", g.Reported, g.Delivered, g.Stalled, g.Health)
	}
	want := []measure.Suppression{
		{Measure: "reported_completion", Reason: "history"}, {Measure: "delivered_completion", Reason: "history"},
		{Measure: "reported_health", Reason: "history"}, {Measure: "real_completion", Reason: "history"}, {Measure: "forecast", Reason: "history"},
		{Measure: "stalled", Reason: "history"},
		{Measure: "concentration", Reason: "min_group"}, // which no defect has to do with, nor the next
		{Measure: "key_person_bottleneck", Reason: "min_group"},
	}
	if d := cmp.Diff(want, g.Suppressed); d != "" {
		t.Errorf("suppressed (-want +got):\n%s", d)
	}
	const why = "withheld: the changelog of 7 of 12 issues is broken"
	for _, figure := range []string{"reported_completion", "delivered_completion", "reported_health", "real_completion", "forecast", "stalled"} {
		if g.Missing[figure] != why {
			t.Errorf("%s is missing, since %q", figure, g.Missing[figure])
		}
		e, ok := h.Explain("g", figure, flowtest.At(t, "2026-01-20"))
		if !ok || e.Measures[0].Value != "unknown" || e.Measures[0].Why != why {
			t.Errorf("%s is explained as %+v", figure, e)
		}
	}
	if d := cmp.Diff(measure.Parts{InProgress: 12}, g.Issues); d != "" {
		t.Errorf("what is counted stays (-want +got):\n%s", d)
	}
	if d := cmp.Diff(ptr(flowtest.At(t, "2026-01-05")), g.HealthSince); d != "" {
		t.Errorf("unknown since the first day after work began (-want +got):\n%s", d)
	}
	e, ok := h.Explain("g", "evidence", flowtest.At(t, "2026-01-20"))
	if !ok || e.Measures[0].Value != "41.7 %, by history" {
		t.Errorf("the evidence is explained as %+v", e)
	}
}

func TestStatusesThatAreGoneHideOnlyWhatStandsInThem(t *testing.T) {
	var issues []*flow.Issue
	for k := range 12 {
		issues = append(issues, task(t, 10+k, "2026-01-02").Moves("2026-01-03", flowtest.Vanished).Resolves("2026-01-20", "Done").Issue())
	}
	h := ofEpic(t, append(issues, epic(t).Issue())...)
	during, after := status(t, h, "2026-01-15"), status(t, h, "2026-01-21")
	if during.Delivered != nil || during.Health != measure.HealthUnknown && during.Health != measure.NotStarted {
		t.Errorf("while all stand in a status that is gone: delivered %v, health %s", during.Delivered, during.Health)
	}
	if d := cmp.Diff(ptr(1.0), after.Delivered); d != "" || component(after, "category_coverage") >= 0.5 {
		t.Errorf("once all are done: %v; delivered (-want +got):\n%s", after.Evidence, d)
	}
}

func TestAnIssueWithoutAChangelogIsKnownToBeOpenUntilItsResolution(t *testing.T) {
	bare := task(t, 10, "2026-01-02").Issue()
	bare.Now.Status, bare.Now.Category = flow.Named{ID: flowtest.Done, Name: flowtest.Done}, flow.Done
	bare.Now.Resolution, bare.Resolved, bare.Announced = flow.Named{ID: "1", Name: "Done"}, flowtest.At(t, "2026-01-20"), -1
	h := ofEpic(t, bare, epic(t).Issue())
	for at, want := range map[string]float64{"2026-01-15": 0, "2026-01-21": 1} {
		g := status(t, h, at)
		if d := cmp.Diff(ptr(want), g.Delivered); d != "" || component(g, "category_coverage") != 1 {
			t.Errorf("%s: %+v; delivered (-want +got):\n%s", at, g.Evidence, d)
		}
	}
}

func TestAGoalThatReportsByCheckInsKeepsWhatWasSaid(t *testing.T) {
	g := epicGoal()
	g.Reported.From, g.CheckIns = "check_ins", []goal.CheckIn{{Date: date(t, "2026-01-05"), Completion: ptr(0.7)}}
	h := built(t, []goal.Goal{g}, tasks(t, 12)).SyncedAt(nil, time.Hour)
	got := status(t, h, "2026-01-20")
	if d := cmp.Diff(ptr(0.7), got.Reported); d != "" || got.Delivered != nil {
		t.Errorf("delivered %v; reported (-want +got):\n%s", got.Delivered, d)
	}
}

func TestAGoalWithoutIssuesHasNoEvidence(t *testing.T) {
	g := status(t, ofEpic(t, epic(t).Issue()), "2026-01-20")
	if g.Evidence != nil || g.Missing["evidence"] != "no issue is in scope" || g.Suppressed != nil {
		t.Errorf("evidence %+v, since %q; suppressed %v", g.Evidence, g.Missing["evidence"], g.Suppressed)
	}
}

func TestEvidenceIsItsWeakestComponentAndEveryComponentIsAShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStory(t)
		at := s.end(t)
		for _, g := range built(t, goals(), s.until(t, at)).Snapshot(at).Goals {
			if (g.Evidence == nil) != (g.Issues.Total() == 0) {
				t.Fatalf("%s: %d issues, evidence %+v", g.ID, g.Issues.Total(), g.Evidence)
			}
			if g.Evidence == nil {
				continue
			}
			least, weakest := 2.0, ""
			for _, c := range g.Evidence.Components {
				if c.Ratio < -1e-12 || c.Ratio > 1+1e-12 {
					t.Fatalf("%s: %s is %v", g.ID, c.Name, c.Ratio)
				}
				if c.Ratio < least {
					least, weakest = c.Ratio, c.Name
				}
			}
			if g.Evidence.Ratio != least || g.Evidence.Weakest != weakest {
				t.Fatalf("%s: %+v", g.ID, g.Evidence)
			}
			hidden := slices.ContainsFunc(g.Suppressed, func(s measure.Suppression) bool { return s.Measure == "delivered_completion" })
			if hidden && (g.Delivered != nil || g.Stalled != nil) || g.Health == measure.HealthUnknown && g.Delivered != nil {
				t.Fatalf("%s: hidden %v, and yet %+v", g.ID, hidden, g)
			}
		}
	})
}
