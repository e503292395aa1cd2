package measure_test

import (
	"maps"
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

// arranged are deeds by which people take work from one another and debt comes
// and goes. None makes an issue part of another.
func arranged() map[string]func(*flowtest.Builder, string) {
	all := deeds()
	delete(all, "subordinates")
	maps.Copy(all, map[string]func(*flowtest.Builder, string){
		"is taken by 7": func(b *flowtest.Builder, at string) { b.Assigns(at, 7) },
		"is taken by 8": func(b *flowtest.Builder, at string) { b.Assigns(at, 8) },
		"is taken by 9": func(b *flowtest.Builder, at string) { b.Assigns(at, 9) },
	})
	return all
}

// apart are two goals without a common issue, and the one above them.
func apart() []goal.Goal {
	return []goal.Goal{
		{ID: "both"},
		{ID: "g", Parent: "both", Work: goal.Work{Epics: []string{"PAY-1"}}},
		{ID: "h", Parent: "both", Work: goal.Work{Epics: []string{"PAY-2"}}},
	}
}

// eagerly looks for every trap that hangs on structure, with thresholds that a
// few issues reach.
func eagerly(s *measure.Settings) {
	s.Thresholds.GrowthPeers = 1
	s.Traps = map[string]measure.TrapSetting{
		"ownerless_boundary":    {Thresholds: map[string]float64{"projects": 2}},
		"key_person_bottleneck": {Thresholds: map[string]float64{"least_issues": 1, "share": 0.2, "persist_days": 1}},
		"process_accretion":     {Thresholds: map[string]float64{"least_deliveries": 1, "window_days": 20, "growth_days": 10, "growth": 0, "persist_days": 1}},
		"priority_inflation":    {Thresholds: map[string]float64{"least_issues": 1, "persist_days": 1}},
	}
}

func reviewWaits(s *measure.Settings) { s.Work.Waiting = []string{flowtest.Review} }

// busy is a story in which five people, 5 to 9, hold an issue in progress each.
func busy(t flowtest.TB, s story, at time.Time) []*flow.Issue {
	issues := s.until(t, at)
	for k := range 5 {
		issues = append(issues, task(t, 60+k, "2026-01-02").Assigns("2026-01-03", uint64(5+k)).Moves("2026-01-04", flowtest.Doing).Issue())
	}
	return issues
}

func TestTheStructureOfAMomentDoesNotLookPastIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStoryOf(t, arranged())
		at, end := s.moment(t, "2026-01-05", 120)
		then, now := built(t, apart(), busy(t, s, at), but(reviewWaits), but(eagerly)), built(t, apart(), busy(t, s, end), but(reviewWaits), but(eagerly))
		sameAsOf(t, at, "the figures", then.Snapshot(at), now.Snapshot(at))
		for _, m := range []string{"flow_efficiency", "concentration", "debt", "trap_ownerless_boundary", "trap_key_person_bottleneck", "trap_process_accretion", "trap_priority_inflation"} {
			want, _ := then.Explain("both", m, at)
			got, _ := now.Explain("both", m, at)
			sameAsOf(t, at, m, want, got, withoutVia())
		}
	})
}

func TestTheStructureIsMadeOfShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStoryOf(t, arranged())
		at := s.end(t)
		for _, g := range built(t, apart(), busy(t, s, at), but(reviewWaits)).Snapshot(at).Goals {
			shares := []*float64{g.FlowEfficiency, g.Concentration, g.Debt.DropShare}
			if g.FlowTime != nil {
				shares = append(shares, &g.FlowTime.Coverage)
			}
			for _, r := range shares {
				if r != nil && !(*r >= 0 && *r <= 1) {
					t.Fatalf("%s: %v is no share: %+v", g.ID, *r, g)
				}
			}
			if (g.FlowEfficiency == nil) != (g.Missing["flow_efficiency"] != "") || (g.Concentration == nil) != (g.Missing["concentration"] != "") {
				t.Fatalf("%s: neither known nor missing: %+v", g.ID, g)
			}
			if parts := g.Debt.Issues; parts.ToDo > g.Issues.ToDo || parts.InProgress > g.Issues.InProgress || parts.Delivered > g.Issues.Delivered || parts.Discarded > g.Issues.Discarded {
				t.Fatalf("%s: debt %+v of %+v", g.ID, parts, g.Issues)
			}
		}
	})
}

func TestDebtAndTimeOfGoalsWithoutCommonIssuesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStoryOf(t, arranged())
		at := s.end(t)
		snapshot := built(t, apart(), busy(t, s, at), but(reviewWaits)).Snapshot(at)
		both, _ := snapshot.Goal("both")
		var debt measure.DebtStatus
		var spent measure.FlowTime
		for _, id := range []string{"g", "h"} {
			g, _ := snapshot.Goal(id)
			d := g.Debt
			debt.Issues = sum(debt.Issues, d.Issues)
			debt.Created = measure.Windows{Days7: debt.Created.Days7 + d.Created.Days7, Days28: debt.Created.Days28 + d.Created.Days28, Days90: debt.Created.Days90 + d.Created.Days90}
			debt.Retired = measure.Windows{Days7: debt.Retired.Days7 + d.Retired.Days7, Days28: debt.Retired.Days28 + d.Retired.Days28, Days90: debt.Retired.Days90 + d.Retired.Days90}
			if f := g.FlowTime; f != nil {
				spent.Issues += f.Issues
				spent.ActiveSeconds += f.ActiveSeconds
				spent.WaitingSeconds += f.WaitingSeconds
				spent.UnknownSeconds += f.UnknownSeconds
			}
		}
		if debt.Issues != both.Debt.Issues || debt.Created != both.Debt.Created || debt.Retired != both.Debt.Retired {
			t.Fatalf("the goals' debt is %+v in sum, that of the goal above %+v", debt, both.Debt)
		}
		if f := both.FlowTime; f != nil {
			spent.Coverage = f.Coverage
			if spent != *f {
				t.Fatalf("the goals' time is %+v in sum, that of the goal above %+v", spent, *f)
			}
		}
		site := snapshot.Debt[0].Issues
		if site.Total() < both.Debt.Issues.Total() || site.Delivered < both.Debt.Issues.Delivered {
			t.Fatalf("the site's debt is %+v, that of its goals %+v", site, both.Debt.Issues)
		}
	})
}

func sum(a, b measure.Parts) measure.Parts {
	return measure.Parts{ToDo: a.ToDo + b.ToDo, InProgress: a.InProgress + b.InProgress, Delivered: a.Delivered + b.Delivered, Discarded: a.Discarded + b.Discarded}
}

func TestToDiscardDebtIsNotToRetireIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStoryOf(t, arranged())
		end := s.end(t).Add(24 * time.Hour)
		at := end.Add(time.Hour)
		before := built(t, apart(), s.until(t, at), but(reviewWaits)).Snapshot(at)
		open := map[flow.IssueID]bool{}
		for _, i := range s.until(t, at) {
			open[i.ID] = i.Now.Category != flow.Done && i.Now.Resolution.IsZero()
		}
		for n := range s.created {
			if open[flow.IssueID(10+n)] && rapid.Bool().Draw(t, "is given up") {
				s.deeds = append(s.deeds, deed{issue: n, at: end.Format("2006-01-02 15:04:05"), do: deeds()["is dropped"]})
			}
		}
		after := built(t, apart(), s.until(t, at), but(reviewWaits)).Snapshot(at)
		for k := range after.Goals {
			was, is := before.Goals[k].Debt, after.Goals[k].Debt
			if is.Retired != was.Retired || is.Created != was.Created {
				t.Fatalf("%s: discarding made %+v of %+v", after.Goals[k].ID, is, was)
			}
			if cmp.Diff(was.RetirementRatio, is.RetirementRatio) != "" || is.Issues.Delivered != was.Issues.Delivered {
				t.Fatalf("%s: discarding retired: %+v of %+v", after.Goals[k].ID, is, was)
			}
		}
	})
}

func TestNeitherTheOrderOfIssuesNorThePeoplesNamesMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStoryOf(t, arranged())
		at := s.end(t)
		want := built(t, apart(), busy(t, s, at), but(reviewWaits)).Snapshot(at)
		issues := busy(t, s, at)
		slices.Reverse(issues)
		other := rapid.Uint64Range(1, 1<<62).Draw(t, "key")
		renamed := func(p flow.Pseudonym) flow.Pseudonym {
			if p == 0 {
				return 0
			}
			return flow.Pseudonym(uint64(p) * (2*other + 1)) // which is odd: no two become one
		}
		for _, i := range issues {
			i.Now.Assignee = renamed(i.Now.Assignee)
			for k := range i.Changes {
				c := &i.Changes[k]
				c.Author = renamed(c.Author)
				if c.Field == flow.FieldAssignee {
					c.From.ID, c.To.ID = renamed(flow.ParsePseudonym(c.From.ID)).String(), renamed(flow.ParsePseudonym(c.To.ID)).String()
				}
			}
		}
		got := built(t, apart(), issues, but(reviewWaits)).Snapshot(at)
		for k := range want.Goals {
			for _, d := range []string{
				cmp.Diff(want.Goals[k].Concentration, got.Goals[k].Concentration), cmp.Diff(want.Goals[k].Suppressed, got.Goals[k].Suppressed),
				cmp.Diff(want.Goals[k].Debt, got.Goals[k].Debt), cmp.Diff(want.Goals[k].FlowTime, got.Goals[k].FlowTime),
			} {
				if d != "" {
					t.Fatalf("%s (-want +reversed and renamed):\n%s", want.Goals[k].ID, d)
				}
			}
		}
	})
}
