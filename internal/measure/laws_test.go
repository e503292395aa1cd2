package measure_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// deed is one thing that happens to one issue.
type deed struct {
	issue int
	at    string
	do    func(*flowtest.Builder, string)
	// estimate tells that the deed is about the issue's size.
	estimate bool
}

// story is what happens to a handful of issues of the epics PAY-1 and PAY-2.
type story struct {
	created []string
	people  []uint64
	points  []string // at the creation; empty for none
	epics   []string // the same
	deeds   []deed   // in order of time
}

func deeds() map[string]func(*flowtest.Builder, string) {
	return map[string]func(*flowtest.Builder, string){
		"starts":        func(b *flowtest.Builder, at string) { b.Moves(at, flowtest.Doing) },
		"is reviewed":   func(b *flowtest.Builder, at string) { b.Moves(at, flowtest.Review) },
		"vanishes":      func(b *flowtest.Builder, at string) { b.Moves(at, flowtest.Vanished) },
		"goes back":     func(b *flowtest.Builder, at string) { b.Reopens(at, flowtest.ToDo) },
		"is delivered":  func(b *flowtest.Builder, at string) { b.Resolves(at, "Done") },
		"is dropped":    func(b *flowtest.Builder, at string) { b.Resolves(at, "Won't Do") },
		"joins":         func(b *flowtest.Builder, at string) { b.Joins(at, "PAY-1") },
		"moves over":    func(b *flowtest.Builder, at string) { b.Joins(at, "PAY-2") },
		"leaves":        func(b *flowtest.Builder, at string) { b.Joins(at, "") },
		"is labelled":   func(b *flowtest.Builder, at string) { b.Labelled(at, "p95") },
		"unlabelled":    func(b *flowtest.Builder, at string) { b.Labelled(at) },
		"is versioned":  func(b *flowtest.Builder, at string) { b.Versioned(at, "v") },
		"is estimated":  func(b *flowtest.Builder, at string) { b.Estimates(at, "5") },
		"is cut down":   func(b *flowtest.Builder, at string) { b.Estimates(at, "0.1") },
		"is misjudged":  func(b *flowtest.Builder, at string) { b.Estimates(at, "-3") },
		"loses points":  func(b *flowtest.Builder, at string) { b.Estimates(at, "") },
		"is flagged":    func(b *flowtest.Builder, at string) { b.Flagged(at, true) },
		"unflagged":     func(b *flowtest.Builder, at string) { b.Flagged(at, false) },
		"is assigned":   func(b *flowtest.Builder, at string) { b.Assigns(at, 5) },
		"is taken over": func(b *flowtest.Builder, at string) { b.Assigns(at, 6) },
		"is debt":       func(b *flowtest.Builder, at string) { b.Labelled(at, "tech-debt") },
		"unassigned":    func(b *flowtest.Builder, at string) { b.Assigns(at, 0) },
		"waits":         func(b *flowtest.Builder, at string) { b.Links(at, "is blocked by", "PAY-10") },
		"waits no more": func(b *flowtest.Builder, at string) { b.Unlinks(at, "is blocked by", "PAY-10") },
		"is split":      func(b *flowtest.Builder, at string) { b.Links(at, "is split from", "PAY-11") },
		"is urgent":     func(b *flowtest.Builder, at string) { b.Raises(at, "Highest") },
		"is critical":   func(b *flowtest.Builder, at string) { b.Raises(at, "Critical") },
		"can wait":      func(b *flowtest.Builder, at string) { b.Raises(at, "Low") },
		"is touched":    func(b *flowtest.Builder, at string) { b.Touched(at) },
		"subordinates":  func(b *flowtest.Builder, at string) { b.Becomes(at, flowtest.Subtask(), "PAY-10") },
	}
}

func aStory(t *rapid.T) story { return aStoryOf(t, deeds()) }

// aStoryOf is a story in which the given deeds are done.
func aStoryOf(t *rapid.T, all map[string]func(*flowtest.Builder, string)) story {
	var s story
	names := slices.Sorted(maps.Keys(all)) // rapid needs the same order every time
	for range rapid.IntRange(1, 14).Draw(t, "issues") {
		s.created = append(s.created, fmt.Sprintf("2026-01-%02d", rapid.IntRange(1, 9).Draw(t, "created")))
		s.people = append(s.people, rapid.Uint64Range(1, 3).Draw(t, "person"))
		s.epics = append(s.epics, rapid.SampledFrom([]string{"", "PAY-1", "PAY-1", "PAY-2"}).Draw(t, "epic"))
		s.points = append(s.points, rapid.SampledFrom([]string{"", "1", "3", "8", "8"}).Draw(t, "points"))
	}
	second := 0
	for range rapid.IntRange(0, 40).Draw(t, "deeds") {
		// Many deeds fall into one minute, so that bulk edits come about.
		second += rapid.SampledFrom([]int{0, 0, 1, 2, 60, 1800, 86400, 5 * 86400}).Draw(t, "seconds later")
		at := time.Date(2026, 1, 10, 0, 0, second, 0, time.UTC)
		issue, name := rapid.IntRange(0, len(s.created)-1).Draw(t, "issue"), rapid.SampledFrom(names).Draw(t, "deed")
		s.deeds = append(s.deeds, deed{
			issue: issue, at: at.Format("2006-01-02 15:04:05"), do: all[name],
			estimate: slices.Contains([]string{"is estimated", "is cut down", "is misjudged", "loses points"}, name),
		})
	}
	return s
}

// until returns the issues as Jira showed them at the moment.
func (s story) until(t flowtest.TB, at time.Time) []*flow.Issue {
	above := epic(t).Dues("2026-01-02", "2026-01-20")
	for k, said := range []string{"2026-01-14", "2026-01-21"} {
		if !flowtest.At(t, said).After(at) {
			above.Dues(said, []string{"2026-02-10", "2026-03-10"}[k])
		}
	}
	issues := []*flow.Issue{above.Issue(), flowtest.NewEpic(t, "PAY-2", "2026-01-01").Issue()}
	for n, created := range s.created {
		if flowtest.At(t, created).After(at) {
			continue
		}
		b := flowtest.New(t, key(10+n), created).By(s.people[n])
		if s.epics[n] != "" {
			b.Joins(created, s.epics[n])
		}
		if s.points[n] != "" {
			b.Estimates(created, s.points[n])
		}
		for _, d := range s.deeds {
			if d.issue == n && !flowtest.At(t, d.at).After(at) {
				d.do(b, d.at)
			}
		}
		issues = append(issues, b.Issue())
	}
	return issues
}

func (s story) end(t flowtest.TB) time.Time {
	if len(s.deeds) == 0 {
		return flowtest.At(t, "2026-01-20")
	}
	return flowtest.At(t, s.deeds[len(s.deeds)-1].at)
}

func goals() []goal.Goal {
	return []goal.Goal{
		{ID: "both", Count: goal.CountPoints},
		{ID: "g", Parent: "both", Count: goal.CountPoints, Work: goal.Work{Epics: []string{"PAY-1"}, Labels: []goal.InProject{{Name: "p95"}}}},
		{ID: "h", Parent: "both", Work: goal.Work{Epics: []string{"PAY-2"}, Exclude: []string{"PAY-11"}}},
	}
}

// promisedGoals are the goals with criteria and with targets that moved.
func promisedGoals(t flowtest.TB) []goal.Goal {
	declared := withCriteria(goals())
	for k := range declared {
		declared[k].Targets = []goal.Target{
			{Said: date(t, "2026-01-05"), Date: date(t, "2026-01-31")}, {Said: date(t, "2026-01-18"), Date: date(t, "2026-02-20")},
			{Said: date(t, "2026-02-01"), Date: date(t, "2026-03-20")},
		}
	}
	return declared
}

// moment draws one, from the day on up to some days after the story. Today's
// store ends with the story, or with the moment where that is later.
func (s story) moment(t *rapid.T, from string, daysAfter int) (at, end time.Time) {
	begin, end := flowtest.At(t, from), s.end(t)
	at = begin.Add(time.Duration(rapid.IntRange(0, int(end.Sub(begin).Seconds())+daysAfter*86400).Draw(t, "second")) * time.Second)
	return at, latestOf(at, end)
}

// sameAsOf fails where what a store of the moment tells of it is not what
// today's store tells of it.
func sameAsOf(t *rapid.T, at time.Time, what string, then, today any, opts ...cmp.Option) {
	t.Helper()
	if d := cmp.Diff(then, today, opts...); d != "" {
		t.Fatalf("%s as of %v (-from a store of that moment, +from today's store):\n%s", what, at, d)
	}
}

// withoutVia leaves out by which selectors an issue came in: it tells of every
// one that ever held.
func withoutVia() cmp.Option { return cmpopts.IgnoreFields(measure.Evidence{}, "Via") }

func TestTheFiguresOfAMomentDoNotLookPastIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStory(t)
		at, end := s.moment(t, "2026-01-01", 20)
		declared := promisedGoals(t)
		today := built(t, declared, s.until(t, end)).Snapshot(at)
		then := built(t, declared, s.until(t, at)).Snapshot(at)
		sameAsOf(t, at, "the figures", then, today)
	})
}

func TestTheExplanationsOfAMomentDoNotLookPastIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStory(t)
		at, end := s.moment(t, "2026-01-01", 20)
		declared := promisedGoals(t)
		today := built(t, declared, s.until(t, end))
		then := built(t, declared, s.until(t, at))
		want, _ := then.Explain("g", "", at)
		got, _ := today.Explain("g", "", at)
		sameAsOf(t, at, "the explanations", want, got, withoutVia())
	})
}

func TestScopeIsConserved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStory(t)
		at := s.end(t)
		h := built(t, goals(), s.until(t, at))
		for _, g := range h.Snapshot(at).Goals {
			if g.CommittedAt == nil {
				continue
			}
			before, _ := h.Snapshot(*g.CommittedAt).Goal(g.ID)
			if got, want := g.Issues.Total(), before.Issues.Total()+*g.ScopeAdded-*g.ScopeRemoved; got != want {
				t.Fatalf("%s: %d in scope; %d at the commitment, %d added, %d removed make %d",
					g.ID, got, before.Issues.Total(), *g.ScopeAdded, *g.ScopeRemoved, want)
			}
		}
	})
}

func TestDisjointGoalsAddUpToTheirParent(t *testing.T) {
	apart := goals()
	apart[1].Work.Labels, apart[2].Work.Exclude = nil, nil
	rapid.Check(t, func(t *rapid.T) {
		s := aStory(t)
		at := s.end(t)
		// Sub-tasks may have their parent in the other goal, so they are left out.
		s.deeds = nil
		for range rapid.IntRange(0, 20).Draw(t, "plain deeds") {
			name := rapid.SampledFrom([]string{"starts", "goes back", "is delivered", "is dropped", "joins", "moves over", "leaves", "is flagged", "unflagged", "waits"}).Draw(t, "deed")
			s.deeds = append(s.deeds, deed{issue: rapid.IntRange(0, len(s.created)-1).Draw(t, "issue"), at: at.Format("2006-01-02 15:04"), do: deeds()[name]})
		}
		snap := built(t, apart, s.until(t, at)).Snapshot(at)
		var issues measure.Parts
		var finished measure.Windows
		blocked := 0
		for _, id := range []string{"g", "h"} {
			g, _ := snap.Goal(id)
			issues = sum(issues, g.Issues)
			finished.Days7 += g.Finished.Days7
			finished.Days28 += g.Finished.Days28
			finished.Days90 += g.Finished.Days90
			blocked += *g.Blocked
		}
		both, _ := snap.Goal("both")
		if d := cmp.Diff(issues, both.Issues); d != "" {
			t.Fatalf("the parts of the parent (-sum of the goals below, +parent):\n%s", d)
		}
		if d := cmp.Diff(finished, *both.Finished); d != "" || blocked != *both.Blocked {
			t.Fatalf("%d blocked, want %d; finished (-sum of the goals below, +parent):\n%s", *both.Blocked, blocked, d)
		}
	})
}

func TestOrderAndNamesChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStory(t)
		at := s.end(t)
		want := built(t, goals(), s.until(t, at)).Snapshot(at)
		for n := range s.people {
			s.people[n] += 1_000_000
		}
		issues := rapid.Permutation(s.until(t, at)).Draw(t, "order")
		if d := cmp.Diff(want, built(t, goals(), issues).Snapshot(at)); d != "" {
			t.Fatalf("in another order and under other names:\n%s", d)
		}
	})
}

func TestNoiseNeverEndsAStall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := func() []*flow.Issue {
			return []*flow.Issue{epic(t).Issue(), task(t, 3, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue()}
		}
		noisy := base()
		g := epicGoal()
		quiet := ofEpic(t, base()...)
		for n := range rapid.IntRange(0, 30).Draw(t, "noise") {
			at := fmt.Sprintf("2026-02-%02d %02d:00", 1+n%28, n%24)
			switch rapid.IntRange(0, 8).Draw(t, "kind") {
			case 4: // a flag that flutters, and another assignee
				noisy = append(noisy, task(t, 1000+n, "2026-01-03").Flagged(at, true).Assigns(at, 9).Flagged(at, false).Issue())
			case 5: // done work that is open again
				noisy = append(noisy, task(t, 1000+n, "2026-01-03").ByBot().Resolves("2026-01-04", "Done").Reopens(at, flowtest.ToDo).Issue())
			case 6: // a moved target, and a due date
				g.Targets = append(g.Targets, goal.Target{Said: date(t, at[:10]), Date: date(t, "2026-03-01").AddDays(n)})
				noisy[0] = epic(t).Dues(at, "2026-09-30").Issue()
			case 7: // an estimate, and a split
				noisy = append(noisy, task(t, 1000+n, "2026-01-03").Estimates(at, "5").Links(at, "is split from", "PAY-3").Issue())
			case 8: // scope that leaves
				noisy = append(noisy, task(t, 1000+n, "2026-01-03").Joins(at, "").Issue())
			case 0: // added scope
				noisy = append(noisy, task(t, 1000+n, at).Issue())
			case 1: // a bot at work
				noisy = append(noisy, task(t, 1000+n, "2026-01-03").ByBot().Moves(at, flowtest.Doing).Issue())
			case 2: // comments, ranks, labels
				noisy = append(noisy, task(t, 1000+n, "2026-01-03").Touched(at).Labelled(at, "x").Issue())
			case 3: // a bulk edit
				for k := range 10 {
					noisy = append(noisy, task(t, 2000+100*n+k, "2026-01-03").By(7).Resolves(at, "Done").Issue())
				}
			}
		}
		want, got := status(t, quiet, "2026-03-01"), status(t, built(t, []goal.Goal{g}, noisy), "2026-03-01")
		if d := cmp.Diff(want.StalledSince, got.StalledSince); d != "" || !*got.Stalled {
			t.Fatalf("stalled: %v; since (-without the noise, +with it):\n%s", *got.Stalled, d)
		}
	})
}

func TestShiftingTimeShiftsOnlyTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStory(t)
		at := s.end(t)
		const days = 91
		shift := days * 24 * time.Hour
		issues := s.until(t, at)
		want := built(t, goals(), issues).Snapshot(at)
		for k, i := range issues {
			issues[k] = later(i, shift)
		}
		got := built(t, goals(), issues).Snapshot(at.Add(shift))
		back := cmp.Transformer("back", func(t time.Time) int64 { return t.Unix() })
		for k := range got.Goals {
			for _, p := range []*time.Time{got.Goals[k].HealthSince, got.Goals[k].CommittedAt, got.Goals[k].LastProgress, got.Goals[k].StalledSince} {
				if p != nil {
					*p = p.Add(-shift)
				}
			}
			for n := range got.Goals[k].Traps {
				if since := got.Goals[k].Traps[n].Since; since != nil {
					*since = since.Add(-shift)
				}
			}
		}
		if d := cmp.Diff(want.Goals, got.Goals, back); d != "" {
			t.Fatalf("%d days later:\n%s", days, d)
		}
	})
}
