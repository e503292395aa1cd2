package measure_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
)

func TestASplitIsToldByAPresentLinkToo(t *testing.T) {
	for phrase, want := range map[string]int{
		"split from": 1, "is split from": 1, "Clones": 1, "split to": 0, "is cloned by": 0, "relates to": 0, "cyclones": 0,
	} {
		h := ofEpic(t, epic(t).Issue(),
			task(t, 2, "2026-01-02").Moves("2026-01-10", flowtest.Doing).Issue(),
			task(t, 3, "2026-01-16").Shows(phrase, "PAY-2").Issue())
		if got := status(t, h, "2026-01-16").Drift; got.Split != want || got.Added != 1 {
			t.Errorf("%q: %d split of %d added, want %d of 1", phrase, got.Split, got.Added, want)
		}
	}
}

func TestPhrasesOfTheChangelogInServersAndCloudsWords(t *testing.T) {
	for sentence, want := range map[string]int{
		"This issue split from PAY-2": 1, "This issue is split from PAY-2": 1, "This work item clones PAY-2": 1,
		"This issue split to PAY-2": 0, "This work item is cloned by PAY-2": 0,
	} {
		i := task(t, 3, "2026-01-16").Issue()
		i.Changes = append(i.Changes, flow.Change{At: flowtest.At(t, "2026-01-17"), History: 9, Field: flow.FieldLink, To: flow.Named{ID: "PAY-2", Name: sentence}})
		h := ofEpic(t, epic(t).Issue(), task(t, 2, "2026-01-02").Moves("2026-01-10", flowtest.Doing).Issue(), i)
		if got := status(t, h, "2026-01-18").Drift.Split; got != want {
			t.Errorf("%q: %d split, want %d", sentence, got, want)
		}
	}
}

func TestPointsThatAPartTookAlongAreNoReestimation(t *testing.T) {
	whole := func(at, points string) *flow.Issue {
		return task(t, 2, "2026-01-02").Estimates("2026-01-02", "8").Moves("2026-01-10", flowtest.Doing).Estimates(at, points).Issue()
	}
	part := func(at, points string) *flow.Issue {
		b := task(t, 3, at).Links(at, "split from", "PAY-2")
		if points != "" {
			b.Estimates(at, points)
		}
		return b.Issue()
	}
	type figures struct {
		Reestimated       int
		By, Split, Points float64
	}
	for _, c := range []struct {
		name   string
		issues []*flow.Issue
		want   figures
	}{
		{"8 become 5, and 3 of the part", []*flow.Issue{whole("2026-01-20 10:30", "5"), part("2026-01-20 10:00", "3")}, figures{0, 0, 3, 8}},
		{"the fall can come first", []*flow.Issue{whole("2026-01-20 09:30", "5"), part("2026-01-20 10:00", "3")}, figures{0, 0, 3, 8}},
		{"what fell by more was re-estimated", []*flow.Issue{whole("2026-01-20 10:30", "1"), part("2026-01-20 10:00", "3")}, figures{1, -4, 3, 4}},
		{"a part that nobody estimated took all of it", []*flow.Issue{whole("2026-01-20 10:30", "5"), part("2026-01-20 10:00", "")}, figures{0, 0, 3, 0}},
		{"not what fell more than an hour later", []*flow.Issue{whole("2026-01-20 11:01", "5"), part("2026-01-20 10:00", "3")}, figures{1, -3, 0, 8}},
		{"nor what rose", []*flow.Issue{whole("2026-01-20 10:30", "13"), part("2026-01-20 10:00", "3")}, figures{1, 5, 0, 16}},
		{"nor the fall of another", []*flow.Issue{
			whole("2026-01-12", "9"), part("2026-01-20 10:00", "3"),
			task(t, 4, "2026-01-02").Estimates("2026-01-02", "5").Estimates("2026-01-20 10:00", "2").Issue(),
		}, figures{2, -2, 0, 14}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := epicGoal()
			g.Count = goal.CountPoints
			s := status(t, built(t, []goal.Goal{g}, append(c.issues, epic(t).Issue())), "2026-02-01")
			got := figures{s.Drift.Reestimated, s.Drift.ReestimatedBy, s.Drift.SplitPoints, 0}
			if s.Points != nil { // nil where half of the issues are not estimated
				got.Points = s.Points.Total()
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
