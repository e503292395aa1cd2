package measure_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// half is a goal of four issues, of which two are delivered by 6 January.
func half(t flowtest.TB) []*flow.Issue {
	return []*flow.Issue{
		epic(t).Issue(), task(t, 2, "2026-01-02").Issue(), task(t, 3, "2026-01-02").Issue(),
		task(t, 4, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-06", "Done").Issue(),
		task(t, 5, "2026-01-02").Resolves("2026-01-06", "Done").Issue(),
	}
}

func checkIn(t flowtest.TB, on string, completion float64, health string) goal.CheckIn {
	c := goal.CheckIn{Date: date(t, on), Health: health}
	if completion >= 0 {
		c.Completion = &completion
	}
	return c
}

func TestACheckInStandsAsItWasSaid(t *testing.T) {
	g := epicGoal()
	g.Reported.From = "check_ins"
	g.CheckIns = []goal.CheckIn{
		checkIn(t, "2026-01-20", .9, "on_track"),
		checkIn(t, "2026-01-10", .7, ""), // out of order
		checkIn(t, "2026-01-25", -1, "off_track"),
		checkIn(t, "2026-01-20", .8, ""), // later on the same day
	}
	h := built(t, []goal.Goal{g}, half(t))
	for _, c := range []struct {
		name, at   string
		reported   *float64
		said, last string // empty for never
		health     measure.Health
		missing    string
	}{
		{"before the first nothing is reported, whatever Jira says", "2026-01-09 23:59", nil, "", "", "", "no check-in has given a completion yet"},
		{"it is said from the first instant of its day", "2026-01-10", ptr(.7), "2026-01-10", "2026-01-10", "", ""},
		{"it stands until the next", "2026-01-19 23:59", ptr(.7), "2026-01-10", "2026-01-10", "", ""},
		{"of two of a day the one written later holds", "2026-01-20", ptr(.8), "2026-01-20", "2026-01-20", measure.OnTrack, ""},
		{"what a check-in does not speak of stands", "2026-01-26", ptr(.8), "2026-01-20", "2026-01-25", measure.OffTrack, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := status(t, h, c.at)
			if d := cmp.Diff(c.reported, got.Reported); d != "" {
				t.Errorf("reported (-want +got):\n%s", d)
			}
			moments := []*time.Time{nil, nil}
			for k, on := range []string{c.said, c.last} {
				if on != "" {
					moments[k] = ptr(flowtest.At(t, on))
				}
			}
			if d := cmp.Diff(moments, []*time.Time{got.ReportedAt, got.LastCheckIn}); d != "" {
				t.Errorf("completion said, last check-in (-want +got):\n%s", d)
			}
			if got.ReportedHealth != c.health || got.Missing["reported_completion"] != c.missing || got.ReportedFrom != "check_ins" {
				t.Errorf("reported %q from %s, missing because %q; want %q, %q",
					got.ReportedHealth, got.ReportedFrom, got.Missing["reported_completion"], c.health, c.missing)
			}
			if d := cmp.Diff(ptr(.5), got.Delivered); d != "" {
				t.Errorf("what is delivered is not a matter of words (-want +got):\n%s", d)
			}
		})
	}
}

func TestCheckInsReplaceNothingUnlessTheGoalSaysSo(t *testing.T) {
	g := epicGoal()
	g.CheckIns = []goal.CheckIn{checkIn(t, "2026-01-10", .9, "at_risk")}
	got := status(t, built(t, []goal.Goal{g}, half(t)), "2026-01-12")
	if d := cmp.Diff(ptr(.5), got.Reported); d != "" || got.ReportedFrom != "jira" || got.ReportedAt != nil {
		t.Errorf("from %s, said %v; reported (-want +got):\n%s", got.ReportedFrom, got.ReportedAt, d)
	}
	if got.ReportedHealth != measure.AtRisk || got.LastCheckIn == nil {
		t.Errorf("reported health %q, last check-in %v; want the check-in's", got.ReportedHealth, got.LastCheckIn)
	}
}

func TestReportedHealthByTheTimeThatIsOver(t *testing.T) {
	// Half is reported. From 1 January to the end of the target's day, the
	// share of the time that is over decides.
	dropped := []*flow.Issue{epic(t).Issue(), task(t, 2, "2026-01-02").Resolves("2026-01-05", "Won't Do").Issue(), task(t, 3, "2026-01-02").Issue()}
	for _, c := range []struct {
		name, start, target, at string
		issues                  []*flow.Issue
		want                    measure.Health
		missing                 string
	}{
		{"level with time", "2026-01-01", "2026-01-20", "2026-01-11", half(t), measure.OnTrack, ""},
		{"10 points behind is on track still", "2026-01-01", "2026-01-20", "2026-01-13", half(t), measure.OnTrack, ""},
		{"more is at risk", "2026-01-01", "2026-01-20", "2026-01-13 01:00", half(t), measure.AtRisk, ""},
		{"25 points behind is at risk still", "2026-01-01", "2026-01-20", "2026-01-16", half(t), measure.AtRisk, ""},
		{"more is off track", "2026-01-01", "2026-01-20", "2026-01-16 01:00", half(t), measure.OffTrack, ""},
		{"on the target's day time is not over", "2026-01-01", "2026-01-06", "2026-01-06 23:59", half(t), measure.OffTrack, ""},
		{"the target's day is over", "2026-01-20", "2026-01-20", "2026-01-21", half(t), measure.OffTrack, ""},
		{"all is reported, however late", "2026-01-01", "2026-01-03", "2026-02-01",
			[]*flow.Issue{epic(t).Issue(), task(t, 2, "2026-01-02").Resolves("2026-01-05", "Done").Issue()}, measure.Finished, ""},
		{"without a declared start the commitment is the start", "", "2026-01-14", "2026-01-12", half(t), measure.AtRisk, ""},
		{"nothing begun", "", "2026-01-03", "2026-02-01", []*flow.Issue{epic(t).Issue(), task(t, 2, "2026-01-02").Issue()}, measure.NotStarted, ""},
		{"nothing reported, the start ahead", "2026-03-01", "2026-04-01", "2026-02-01",
			[]*flow.Issue{epic(t).Issue(), task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue()}, measure.NotStarted, ""},
		{"nothing reported, begun by declaration", "2026-01-01", "2026-01-20", "2026-01-11",
			[]*flow.Issue{epic(t).Issue(), task(t, 2, "2026-01-02").Issue()}, measure.OffTrack, ""},
		{"the half was dropped, and nothing begun", "", "2026-03-01", "2026-02-01", dropped, "", "no check-in says one, and no work has begun"},
		{"nothing begun by the end of the target's day", "", "2026-01-20", "2026-01-21", dropped, measure.OffTrack, ""},
		{"no target", "2026-01-01", "", "2026-01-11", half(t), "", "no check-in says one, and without a target there is no time to hold the completion against"},
		{"no issue", "2026-01-01", "2026-01-20", "2026-01-11", []*flow.Issue{epic(t).Issue()}, "", "no check-in says one, and no issue is in scope"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := epicGoal()
			if c.start != "" {
				g.Start = date(t, c.start)
			}
			if c.target != "" {
				g.Targets = []goal.Target{{Date: date(t, c.target)}}
			}
			got := status(t, built(t, []goal.Goal{g}, c.issues), c.at)
			if got.ReportedHealth != c.want || got.Missing["reported_health"] != c.missing {
				t.Errorf("%q, missing because %q; want %q, %q", got.ReportedHealth, got.Missing["reported_health"], c.want, c.missing)
			}
		})
	}
}

func TestWhatWasSaidLaterChangesNothingBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStory(t)
		at := flowtest.At(t, "2026-01-15")
		late := goals()
		for k := range late {
			late[k].Reported.From = rapid.SampledFrom([]string{"jira", "check_ins"}).Draw(t, "from")
			for range rapid.IntRange(0, 6).Draw(t, "check-ins") {
				on := date(t, "2026-01-01").AddDays(rapid.IntRange(0, 29).Draw(t, "day"))
				late[k].CheckIns = append(late[k].CheckIns, checkIn(t, on.String(),
					rapid.SampledFrom([]float64{-1, 0, .5, 1}).Draw(t, "completion"),
					rapid.SampledFrom([]string{"", "on_track", "stalled"}).Draw(t, "health")))
			}
		}
		then := slices.Clone(late)
		for k := range then {
			then[k].CheckIns = slices.DeleteFunc(slices.Clone(then[k].CheckIns), func(c goal.CheckIn) bool {
				return c.Date.Start(time.UTC).After(at)
			})
		}
		issues := s.until(t, s.end(t))
		want := built(t, then, issues).Snapshot(at)
		if d := cmp.Diff(want, built(t, late, issues).Snapshot(at)); d != "" {
			t.Fatalf("as of %v (-without the later check-ins, +with them):\n%s", at, d)
		}
	})
}

func TestAnExplanationTellsWhatWasSaidAndWhatJiraSays(t *testing.T) {
	g := epicGoal()
	g.Reported.From = "check_ins"
	c := checkIn(t, "2026-01-10", .7, "on_track")
	c.Note = "vendor fix landed"
	g.CheckIns = []goal.CheckIn{c}
	h := built(t, []goal.Goal{g}, half(t))
	for name, want := range map[string]string{
		"reported_completion": "70.0 %\nsaid on: 2026-01-10\nby Jira's own epic progress: 50.0 %\n+  check-in: 70.0 %, on_track: vendor fix landed",
		"last_check_in":       "2026-01-10\nage: 5 days\n+  check-in: 70.0 %, on_track: vendor fix landed",
		"reported_health":     "on_track\nsaid on: 2026-01-10\n+  check-in: 70.0 %, on_track: vendor fix landed",
	} {
		if d := cmp.Diff(want, explanation(t, h, "g", name)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	e, _ := ofEpic(t, half(t)...).Explain("g", "", flowtest.At(t, "2026-01-15"))
	for _, m := range e.Measures {
		if strings.Contains("points last_check_in", m.Measure) {
			t.Errorf("a goal that counts issues and has no check-ins is told of %s", m.Measure)
		}
	}
}

func TestAnIssueOfSeveralGoalsCountsInEachAndOnceAboveThem(t *testing.T) {
	declared := []goal.Goal{
		{ID: "top", Work: goal.Work{Epics: []string{"PAY-1"}}},
		{ID: "left", Parent: "top", Work: goal.Work{Epics: []string{"PAY-1"}}},
		{ID: "right", Parent: "top", Work: goal.Work{Labels: []goal.InProject{{Name: "p95"}}}},
		{ID: "apart", Work: goal.Work{Labels: []goal.InProject{{Name: "p95"}}}},
	}
	h := built(t, declared, []*flow.Issue{
		epic(t).Issue(),
		task(t, 2, "2026-01-02").Labelled("2026-01-05", "p95").Issue(),
		task(t, 3, "2026-01-02").Labelled("2026-01-05", "p95").Labelled("2026-01-10").Issue(),
		task(t, 4, "2026-01-02").Issue(),
	})
	for id, want := range map[string]string{
		"top": `3 to do, 0 in progress, 0 delivered, 0 discarded
to do: 3
in progress: 0
delivered: 0
discarded: 0
multi_goal_share: 33.3 % (1 of 3) are in other goals too, and count in full in each
+ PAY-2 to do (To Do) [epic PAY-1, label p95] also in apart
+ PAY-3 to do (To Do) [epic PAY-1, label p95]
+ PAY-4 to do (To Do) [epic PAY-1]`,
		"left": `3 to do, 0 in progress, 0 delivered, 0 discarded
to do: 3
in progress: 0
delivered: 0
discarded: 0
multi_goal_share: 33.3 % (1 of 3) are in other goals too, and count in full in each
+ PAY-2 to do (To Do) [epic PAY-1] also in apart, right
+ PAY-3 to do (To Do) [epic PAY-1]
+ PAY-4 to do (To Do) [epic PAY-1]`,
		"apart": `1 to do, 0 in progress, 0 delivered, 0 discarded
to do: 1
in progress: 0
delivered: 0
discarded: 0
multi_goal_share: 100.0 % (1 of 1) are in other goals too, and count in full in each
+ PAY-2 to do (To Do) [label p95] also in left, right, top
- PAY-3 has left scope [label p95]`,
	} {
		got := explanation(t, h, id, "issues")
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", id, d)
		}
	}
}
