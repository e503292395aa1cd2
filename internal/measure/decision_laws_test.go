package measure_test

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// decisiveDeeds are what can happen to issues that ask for decisions.
func decisiveDeeds() map[string]func(*flowtest.Builder, string) {
	out := maps.Clone(deeds())
	maps.Copy(out, map[string]func(*flowtest.Builder, string){
		"is flagged":   func(b *flowtest.Builder, at string) { b.Flagged(at, true) },
		"is unflagged": func(b *flowtest.Builder, at string) { b.Flagged(at, false) },
		"waits":        func(b *flowtest.Builder, at string) { b.Moves(at, flowtest.Approval) },
		"is asked":     func(b *flowtest.Builder, at string) { b.Labelled(at, "adr") },
		"is blocked":   func(b *flowtest.Builder, at string) { b.BlockedBy(at, "PAY-10") },
		"is unblocked": func(b *flowtest.Builder, at string) { b.Unblocked(at, "PAY-10") },
		"is deleted": func(b *flowtest.Builder, at string) {
			if b.Issue().Gone.IsZero() {
				b.Gone(at)
			}
		},
		"is split off": func(b *flowtest.Builder, at string) { b.Links(at, "split from", "PAY-10") },
		"is split":     func(b *flowtest.Builder, at string) { b.Links(at, "split to", "PAY-12") },
		"is cloned":    func(b *flowtest.Builder, at string) { b.Links(at, "clones", "PAY-13") },
		"waits more":   func(b *flowtest.Builder, at string) { b.BlockedBy(at, "PAY-11") },
	})
	return out
}

// decisiveGoals declare decisions too: of an issue, of one that nobody has, and
// of none.
func decisiveGoals(t flowtest.TB) []goal.Goal {
	gs := goals()
	gs[1].Decisions = []goal.Decision{
		{ID: "a", Issue: "PAY-10", Class: "approval", Asked: date(t, "2026-01-12"), DecideBy: date(t, "2026-01-15")},
		{ID: "b", Issue: "PAY-999", Asked: date(t, "2026-01-11"), Decided: date(t, "2026-01-14")},
		{ID: "c", Asked: date(t, "2026-01-13")},
	}
	gs[2].DecideIn = map[string]time.Duration{"approval": 24 * time.Hour}
	return gs
}

func TestDecisionsOfAMomentDoNotLookPastIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStoryOf(t, decisiveDeeds())
		at, end := s.moment(t, "2026-01-01", 20)
		today := built(t, decisiveGoals(t), s.until(t, end), under(decisive()))
		then := built(t, decisiveGoals(t), s.until(t, at), under(decisive()))
		sameAsOf(t, at, "the figures", then.Snapshot(at), today.Snapshot(at))
		was, _ := then.Decisions("", at)
		is, _ := today.Decisions("", at)
		sameAsOf(t, at, "the register", was, is)
	})
}

func TestDecisionsOfDisjointGoalsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := decisiveDeeds()
		for _, name := range []string{"is blocked", "is unblocked", "waits more", "subordinates", "is labelled"} {
			delete(all, name) // each may give an issue to both goals
		}
		s := aStoryOf(t, all)
		at := s.end(t).Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "days later")) * 24 * time.Hour)
		apart := decisiveGoals(t)
		apart[1].Work.Labels, apart[2].Work.Exclude = nil, nil
		apart[1].Decisions = apart[1].Decisions[1:] // the first names an issue that may be in the other
		snap := built(t, apart, s.until(t, at), under(decisive())).Snapshot(at)
		var open, overdue int
		var debt float64
		var oldest *time.Time
		for _, id := range []string{"g", "h"} {
			g, _ := snap.Goal(id)
			open, overdue, debt = open+g.Decisions.Open, overdue+g.Decisions.Overdue, debt+g.Decisions.DebtSeconds
			if o := g.Decisions.OldestOpen; o != nil && (oldest == nil || o.Before(*oldest)) {
				oldest = o
			}
		}
		both, _ := snap.Goal("both")
		d := both.Decisions
		if d.Open != open || d.Overdue != overdue || d.DebtSeconds != debt || cmp.Diff(oldest, d.OldestOpen) != "" {
			t.Fatalf("above: %d open, %d overdue, debt %v, oldest %v; below: %d, %d, %v, %v",
				d.Open, d.Overdue, d.DebtSeconds, d.OldestOpen, open, overdue, debt, oldest)
		}
	})
}

func TestOrderAndNamesChangeNoDecision(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStoryOf(t, decisiveDeeds())
		at := s.end(t)
		want := built(t, decisiveGoals(t), s.until(t, at), under(decisive()))
		for n := range s.people {
			s.people[n] += 1_000_000
		}
		got := built(t, decisiveGoals(t), rapid.Permutation(s.until(t, at)).Draw(t, "order"), under(decisive()))
		if d := cmp.Diff(want.Snapshot(at), got.Snapshot(at)); d != "" {
			t.Fatalf("in another order and under other names:\n%s", d)
		}
		a, _ := want.Decisions("", at)
		b, _ := got.Decisions("", at)
		if d := cmp.Diff(a, b); d != "" {
			t.Fatalf("the register in another order and under other names:\n%s", d)
		}
	})
}

func TestShiftingTimeShiftsOnlyTheTimesOfDecisions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStoryOf(t, decisiveDeeds())
		at := s.end(t)
		const days = 91 // whole weeks: working days stay working days
		shift := days * 24 * time.Hour
		issues := s.until(t, at)
		want, _ := built(t, decisiveGoals(t), issues, under(decisive())).Decisions("", at)
		for k, i := range issues {
			issues[k] = later(i, shift)
		}
		moved := decisiveGoals(t)
		for g := range moved {
			for k := range moved[g].Decisions {
				d := &moved[g].Decisions[k]
				for _, day := range []*flow.Date{&d.Asked, &d.DecideBy, &d.Decided} {
					if !day.IsZero() {
						*day = day.AddDays(days)
					}
				}
			}
		}
		got, _ := built(t, moved, issues, under(decisive())).Decisions("", at.Add(shift))
		got.At = got.At.Add(-shift)
		for k := range got.Decisions {
			d := &got.Decisions[k]
			d.Asked = d.Asked.Add(-shift)
			for _, p := range []*time.Time{d.Due, d.Ended} {
				if p != nil {
					*p = p.Add(-shift)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%d days later:\n%s", days, diff)
		}
	})
}

func later(i *flow.Issue, shift time.Duration) *flow.Issue {
	moved := *i
	moved.Created, moved.Updated = i.Created.Add(shift), i.Updated.Add(shift)
	for _, p := range []*time.Time{&moved.Resolved, &moved.Gone} {
		if !p.IsZero() {
			*p = p.Add(shift)
		}
	}
	moved.Changes = nil
	for _, c := range i.Changes {
		c.At = c.At.Add(shift)
		moved.Changes = append(moved.Changes, c)
	}
	return &moved
}

// questionDays are when a question of the goal was asked and decided, in days
// from the first of January; -1 while it is open.
type questionDays struct{ asked, decided int }

func aBacklog(t *rapid.T) []questionDays {
	var out []questionDays
	for range rapid.IntRange(1, 8).Draw(t, "questions") {
		q := questionDays{rapid.IntRange(1, 160).Draw(t, "asked"), -1}
		if rapid.Bool().Draw(t, "is decided") {
			q.decided = q.asked + rapid.IntRange(1, 40).Draw(t, "after")
		}
		out = append(out, q)
	}
	return out
}

const lastDay = 210 // more than the window after the first

func onDay(n int) string {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n).Format("2006-01-02 15:04:05")
}

func (q questionDays) tell(t flowtest.TB, n int) *flowtest.Builder {
	b := question(t, n, onDay(q.asked))
	if q.decided >= 0 {
		b.Resolves(onDay(q.decided), "Done")
	}
	return b
}

func decisionsOf(t flowtest.TB, builders ...*flowtest.Builder) *measure.DecisionStatus {
	issues := []*flow.Issue{epic(t).Issue()}
	for _, b := range builders {
		issues = append(issues, b.Issue())
	}
	return status(t, decided(t, issues...), onDay(lastDay)).Decisions
}

// noBetter fails where a headline improves.
func noBetter(t *rapid.T, was, is *measure.DecisionStatus, what string) {
	if len(was.Classes) != len(is.Classes) {
		t.Fatalf("%s: %d classes, were %d", what, len(is.Classes), len(was.Classes))
	}
	if is.Open < was.Open || is.Overdue < was.Overdue || is.DebtSeconds < was.DebtSeconds {
		t.Fatalf("%s: open %d → %d, overdue %d → %d, debt %v → %v", what, was.Open, is.Open, was.Overdue, is.Overdue, was.DebtSeconds, is.DebtSeconds)
	}
	if was.OldestOpen != nil && (is.OldestOpen == nil || is.OldestOpen.After(*was.OldestOpen)) {
		t.Fatalf("%s: the oldest is of %v, was of %v", what, is.OldestOpen, was.OldestOpen)
	}
	a, b := was.Latency, is.Latency
	if a.MeanSeconds != nil && (b.MeanSeconds == nil || *b.MeanSeconds < *a.MeanSeconds-1e-3) {
		t.Fatalf("%s: the mean goes from %v to %v days", what, *a.MeanSeconds/aDay, b.MeanSeconds)
	}
	if w := a.Working; w != nil && (b.Working == nil || b.Working.MeanSeconds < w.MeanSeconds-1e-3) {
		t.Fatalf("%s: the mean in working days goes from %v to %v", what, w.MeanSeconds/aDay, b.Working)
	}
	for _, q := range [][2]*float64{{a.P50Seconds, b.P50Seconds}, {a.P85Seconds, b.P85Seconds}} {
		if before, now := q[0], q[1]; now != nil && (before == nil || *now < *before) {
			t.Fatalf("%s: a quantile goes from %v to %v days", what, before, *now/aDay)
		}
	}
}

func TestLeavingADecisionOpenImprovesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := aBacklog(t)
		all[0].decided = all[0].asked + rapid.IntRange(1, 40).Draw(t, "the first is decided after")
		tell := func() (out []*flowtest.Builder) {
			for n, q := range all {
				out = append(out, q.tell(t, 10+n))
			}
			return out
		}
		was := decisionsOf(t, tell()...)
		all[0].decided = -1
		noBetter(t, was, decisionsOf(t, tell()...), "left open")
		for k := range all {
			all[k].decided = -1
		}
		if none := decisionsOf(t, tell()...); *none.Latency.MeanSeconds != 30*aDay || none.Latency.P50Seconds != nil || none.Open != len(all) {
			t.Fatalf("with all left open: %+v", none)
		}
	})
}

func TestClosingAndOpeningAgainImprovesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := aBacklog(t)
		all[0].decided = -1
		closed := all[0].asked + rapid.IntRange(1, 20).Draw(t, "closed after")
		for _, again := range []int{0, 1, rapid.IntRange(2, 7).Draw(t, "opened again after")} {
			tell := func(toggled bool) (out []*flowtest.Builder) {
				for n, q := range all {
					b := q.tell(t, 10+n)
					if n == 0 && toggled {
						b.Resolves(onDay(closed), "Done").Reopens(onDay(closed+again), flowtest.ToDo)
					}
					out = append(out, b)
				}
				return out
			}
			if d := cmp.Diff(decisionsOf(t, tell(false)...), decisionsOf(t, tell(true)...)); d != "" {
				t.Fatalf("closed and opened again after %d days (-not, +so):\n%s", again, d)
			}
		}
	})
}

func TestSplittingADecisionImprovesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := aBacklog(t)
		all[0].decided = -1
		var told []*flowtest.Builder
		for n, q := range all {
			told = append(told, q.tell(t, 10+n))
		}
		was := decisionsOf(t, told...)
		// No link tells that they are one: then it is one more that is open.
		half := questionDays{rapid.IntRange(all[0].asked, lastDay-1).Draw(t, "split on"), -1}
		noBetter(t, was, decisionsOf(t, append(told, half.tell(t, 50))...), "split in two")
	})
}

func TestAMillionTogglesAreOneDecision(t *testing.T) {
	const toggles = 1_000_000
	i := task(t, 2, "2026-01-01").Issue()
	at := flowtest.At(t, "2026-01-02")
	for n := range toggles {
		from, to := flow.Named{}, flow.Named{Name: "Impediment"}
		if n%2 == 1 {
			from, to = to, from
		}
		i.Changes = append(i.Changes, flow.Change{At: at, History: uint64(n + 1), Field: flow.FieldFlagged, From: from, To: to, Author: 3})
		at = at.Add(time.Second)
	}
	i.Histories, i.Announced, i.Updated = toggles, toggles, at
	h := decided(t, epic(t).Issue(), i)
	r, _ := h.Decisions("g", at)
	if len(r.Decisions) != 1 || r.Decisions[0].Reopened != toggles/2-1 || r.Decisions[0].State != measure.DecisionMade {
		t.Errorf("the register holds %d decisions, the first %+v", len(r.Decisions), r.Decisions[:min(1, len(r.Decisions))])
	}
	if s, ok := h.Snapshot(at).Goal("g"); !ok || s.Decisions.Open != 0 || s.LastProgress != nil {
		t.Errorf("as of the end: %+v, last progress %v", s.Decisions, s.LastProgress)
	}
	mid := flowtest.At(t, "2026-01-02 00:10:00")
	if s, _ := h.Snapshot(mid).Goal("g"); s.Decisions.Open != 1 || s.Decisions.DebtSeconds != 600 {
		t.Errorf("after ten minutes: %+v", s.Decisions)
	}
}

func TestClocksThatJumpAreToldInOrderOfTime(t *testing.T) {
	for _, c := range []struct {
		name  string
		issue *flow.Issue
		want  []string
	}{
		{
			"cleared before it was set, by a clock that went back: it was set from the creation on",
			task(t, 2, "2026-01-05").Flagged("2026-01-10", true).Flagged("2026-01-08", false).Issue(),
			[]string{"PAY-2 impediment made asked 01-05 by flag, no longer asked 01-08, 3.0 d"},
		},
		{
			"all before the issue was created: there was no time to wait in",
			task(t, 2, "2026-01-05").Flagged("2026-01-03", true).Flagged("2026-01-02", false).Issue(),
			[]string{},
		},
		{
			"decided before it was asked: it took no time, and nothing was waited for",
			question(t, 2, "2026-01-05").Resolves("2026-01-04", "Done").Issue(),
			[]string{},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, lines(t, decided(t, epic(t).Issue(), c.issue), "g", "2026-01-20")); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
