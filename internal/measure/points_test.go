package measure_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

func pointsGoal() goal.Goal {
	g := epicGoal()
	g.Count = goal.CountPoints
	return g
}

// sized is a task of the epic with an estimate; "" for none.
func sized(t flowtest.TB, n int, points string) *flowtest.Builder {
	b := task(t, n, "2026-01-02")
	if points != "" {
		b.Estimates("2026-01-02", points)
	}
	return b
}

func TestPointsWorkedByHand(t *testing.T) {
	bug := func(s *flow.State) { s.Type = flow.IssueType{ID: "bug", Name: "Bug"} }
	for _, c := range []struct {
		name      string
		issues    []*flow.Issue
		points    *measure.Points
		coverage  *float64
		reported  *float64
		delivered *float64
		missing   string
	}{
		{
			"each issue weighs its estimate",
			[]*flow.Issue{
				sized(t, 2, "1").Issue(), sized(t, 3, "2").Moves("2026-01-05", flowtest.Doing).Issue(),
				sized(t, 4, "5").Resolves("2026-01-05", "Done").Issue(), sized(t, 5, "8").Resolves("2026-01-05", "Won't Do").Issue(),
			},
			&measure.Points{ToDo: 1, InProgress: 2, Delivered: 5, Discarded: 8}, ptr(1.0), ptr(13.0 / 16), ptr(5.0 / 8), "",
		},
		{
			"without an estimate it weighs the median of those of its type and project",
			[]*flow.Issue{
				sized(t, 2, "1").Issue(), sized(t, 3, "3").Issue(), sized(t, 4, "8").Issue(), sized(t, 5, "").Resolves("2026-01-05", "Done").Issue(),
				sized(t, 6, "100").Born(bug).Issue(),
			},
			&measure.Points{ToDo: 112, Delivered: 3}, ptr(0.8), ptr(3.0 / 115), ptr(3.0 / 115), "",
		},
		{
			"where none of its type and project is estimated, the median of all",
			[]*flow.Issue{
				sized(t, 2, "1").Issue(), sized(t, 3, "2").Issue(), sized(t, 4, "4").Issue(), sized(t, 5, "8").Issue(),
				sized(t, 6, "").Born(bug).Resolves("2026-01-05", "Done").Issue(),
			},
			&measure.Points{ToDo: 15, Delivered: 3}, ptr(0.8), ptr(3.0 / 18), ptr(3.0 / 18), "",
		},
		{
			"below a coverage of 80 % issues are counted, and that is said",
			[]*flow.Issue{
				sized(t, 2, "1").Issue(), sized(t, 3, "5").Issue(), sized(t, 4, "5").Issue(), sized(t, 5, "").Resolves("2026-01-05", "Done").Issue(),
			},
			nil, ptr(0.75), ptr(0.25), ptr(0.25),
			"3 of 4 issues in scope are estimated (75.0 %); points need 80.0 %, so issues are counted",
		},
		{
			"an estimate below 0 or beyond reason is none; one of 0 is one",
			[]*flow.Issue{
				sized(t, 2, "-1").Issue(), sized(t, 3, "28800").Issue(), sized(t, 4, "0").Issue(), sized(t, 5, "1000").Issue(), sized(t, 6, "NaN").Issue(),
			},
			nil, ptr(0.4), ptr(0.0), ptr(0.0),
			"2 of 5 issues in scope are estimated (40.0 %); points need 80.0 %, so issues are counted",
		},
		{
			"where every estimate is 0, issues are counted",
			[]*flow.Issue{sized(t, 2, "0").Issue(), sized(t, 3, "0").Resolves("2026-01-05", "Done").Issue()},
			nil, ptr(1.0), ptr(0.5), ptr(0.5), "every estimate is 0, so issues are counted",
		},
		{
			"where what is left weighs nothing, there is no delivered completion",
			[]*flow.Issue{sized(t, 2, "0").Issue(), sized(t, 3, "5").Resolves("2026-01-05", "Won't Do").Issue()},
			&measure.Points{Discarded: 5}, ptr(1.0), ptr(1.0), nil, "",
		},
		{"without an issue there is nothing to weigh", nil, nil, nil, nil, nil, "no issue is in scope"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := status(t, built(t, []goal.Goal{pointsGoal()}, append(c.issues, epic(t).Issue())), "2026-01-15")
			if d := cmp.Diff(c.points, got.Points); d != "" {
				t.Errorf("points (-want +got):\n%s", d)
			}
			if d := cmp.Diff([]*float64{c.coverage, c.reported, c.delivered}, []*float64{got.EstimateCoverage, got.Reported, got.Delivered}); d != "" {
				t.Errorf("coverage, reported, delivered (-want +got):\n%s", d)
			}
			if got.Missing["points"] != c.missing {
				t.Errorf("points are missing because %q, want %q", got.Missing["points"], c.missing)
			}
			if in := map[bool]string{true: "points", false: "issues"}[c.points != nil]; got.CountedIn != in {
				t.Errorf("counted in %s, want %s", got.CountedIn, in)
			}
		})
	}
}

func TestAnEstimateHoldsFromWhenItWasGiven(t *testing.T) {
	h := built(t, []goal.Goal{pointsGoal()}, []*flow.Issue{
		epic(t).Issue(),
		sized(t, 2, "2").Estimates("2026-01-10", "8").Issue(),
		sized(t, 3, "2").Resolves("2026-01-05", "Done").Estimates("2026-01-12", "").Issue(),
		// It was re-estimated while it was elsewhere.
		sized(t, 4, "1").Joins("2026-01-14", "").Estimates("2026-01-15", "3").Joins("2026-01-16", "PAY-1").Issue(),
	})
	for at, want := range map[string]*measure.Points{
		"2026-01-09": {ToDo: 3, Delivered: 2},
		"2026-01-10": {ToDo: 9, Delivered: 2},
		"2026-01-12": nil,
		"2026-01-14": nil,
		"2026-01-16": nil,
	} {
		if d := cmp.Diff(want, status(t, h, at).Points); d != "" {
			t.Errorf("points on %s (-want +got):\n%s", at, d)
		}
	}
	for at, want := range map[string]float64{"2026-01-12": 2.0 / 3, "2026-01-14": 1.0 / 2, "2026-01-16": 2.0 / 3} {
		if d := cmp.Diff(&want, status(t, h, at).EstimateCoverage); d != "" {
			t.Errorf("coverage on %s (-want +got):\n%s", at, d)
		}
	}
}

func TestIssuesAreCountedUnlessPointsAreAskedFor(t *testing.T) {
	got := status(t, ofEpic(t, epic(t).Issue(), sized(t, 2, "5").Issue()), "2026-01-15")
	if got.Points != nil || got.EstimateCoverage != nil || got.CountedIn != "issues" || got.Missing["points"] != "" {
		t.Errorf("points %v, coverage %v, counted in %s, missing %v; want issues alone", got.Points, got.EstimateCoverage, got.CountedIn, got.Missing)
	}
}

func TestEqualEstimatesSayWhatCountsSay(t *testing.T) {
	inPoints, inIssues := goals(), goals()
	for k := range inIssues {
		inPoints[k].Count, inIssues[k].Count = goal.CountPoints, goal.CountIssues
	}
	rapid.Check(t, func(t *rapid.T) {
		s := aStory(t)
		for n := range s.points {
			s.points[n] = "4"
		}
		s.deeds = slices.DeleteFunc(s.deeds, func(d deed) bool { return d.estimate })
		at := s.end(t)
		points := built(t, inPoints, s.until(t, at)).Snapshot(at)
		issues := built(t, inIssues, s.until(t, at)).Snapshot(at)
		for k := range issues.Goals {
			p, i := &points.Goals[k], &issues.Goals[k]
			if d := cmp.Diff([]*float64{i.Reported, i.Delivered}, []*float64{p.Reported, p.Delivered}); d != "" {
				t.Fatalf("%s: reported and delivered (-in issues +in points):\n%s", i.ID, d)
			}
			if p.Points != nil && p.Points.Total() != 4*float64(p.Issues.Total()) {
				t.Fatalf("%s: %d issues of 4 points make %v", p.ID, p.Issues.Total(), p.Points.Total())
			}
		}
	})
}

func TestSharesByPointsAreShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStory(t)
		at := s.end(t)
		for _, g := range built(t, goals(), s.until(t, at)).Snapshot(at).Goals {
			for name, v := range map[string]*float64{"reported": g.Reported, "delivered": g.Delivered, "coverage": g.EstimateCoverage} {
				if v != nil && (*v < 0 || *v > 1) {
					t.Fatalf("%s: %s is %v", g.ID, name, *v)
				}
			}
			if g.Points == nil {
				continue
			}
			if *g.EstimateCoverage < 0.8 || g.CountedIn != "points" {
				t.Fatalf("%s: points are counted at a coverage of %v, as %s", g.ID, *g.EstimateCoverage, g.CountedIn)
			}
			if p := g.Points; min(p.ToDo, p.InProgress, p.Delivered, p.Discarded) < 0 {
				t.Fatalf("%s: a part is below 0: %v", g.ID, *p)
			}
		}
	})
}

// explanation tells one measure of a goal as text, as of 15 January.
func explanation(t flowtest.TB, h *measure.History, id, name string) string {
	t.Helper()
	e, ok := h.Explain(id, name, flowtest.At(t, "2026-01-15"))
	if !ok || len(e.Measures) != 1 {
		t.Fatal("there is no such explanation: ", id, name)
	}
	m := &e.Measures[0]
	lines := []string{m.Value}
	if m.Why != "" {
		lines = append(lines, "because: "+m.Why)
	}
	for _, i := range m.Inputs {
		lines = append(lines, i.Name+": "+i.Value)
	}
	for k, all := range [][]measure.Evidence{m.Counted, m.LeftOut} {
		for _, e := range all {
			line := fmt.Sprintf("%c %s %s", "+-"[k], e.Key, e.What)
			if e.Via != "" {
				line += " [" + e.Via + "]"
			}
			if len(e.Also) > 0 {
				line += " also in " + strings.Join(e.Also, ", ")
			}
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func TestAnExplanationShowsTheWeights(t *testing.T) {
	bug := func(s *flow.State) { s.Type = flow.IssueType{ID: "bug", Name: "Bug"} }
	issues := []*flow.Issue{
		epic(t).Issue(), sized(t, 2, "1").Estimates("2026-01-10", "3").Issue(), sized(t, 3, "5").Moves("2026-01-05", flowtest.Doing).Issue(),
		sized(t, 4, "5").Issue(), sized(t, 5, "8").Resolves("2026-01-06", "Done").Issue(), sized(t, 6, "0.5").Issue(), sized(t, 8, "2").Issue(),
		sized(t, 9, "2").Issue(), sized(t, 10, "2").Issue(),
		sized(t, 7, "-2").Born(bug).Issue(),
	}
	h := built(t, []goal.Goal{pointsGoal()}, issues)
	got := explanation(t, h, "g", "points")
	want := `17 to do, 5 in progress, 8 delivered, 0 discarded
estimate_coverage: 88.9 % (8 of 9)
re-estimated since the commitment: 1×, +2 points in all`
	if head, _, _ := strings.Cut(got, "\n+"); !strings.HasPrefix(head, want) {
		t.Errorf("points:\n%s\nwant them to begin with\n%s", got, want)
	}
	for _, line := range []string{
		"+ PAY-5 delivered: 8 points [epic PAY-1]",
		"- PAY-7 to do: 2.5 points (its estimate of -2 is none: the median of the 8 estimated issues in scope) [epic PAY-1]",
	} {
		if !slices.Contains(strings.Split(got, "\n"), line) {
			t.Errorf("points:\n%s\nwant the line\n%s", got, line)
		}
	}
	if got := explanation(t, h, "g", "delivered_completion"); !strings.Contains(got, "+ PAY-5 delivered (Done, Done): 8 points") {
		t.Errorf("delivered completion:\n%s\nwant the weight of each issue", got)
	}
	few := built(t, []goal.Goal{pointsGoal()}, []*flow.Issue{epic(t).Issue(), sized(t, 2, "1").Issue(), sized(t, 3, "").Issue()})
	const why = "1 of 2 issues in scope are estimated (50.0 %); points need 80.0 %, so issues are counted"
	for _, name := range []string{"points", "reported_completion", "delivered_completion"} {
		if got := explanation(t, few, "g", name); !strings.Contains(got, why) {
			t.Errorf("%s:\n%s\nwant it to say %q", name, got, why)
		}
	}
}
