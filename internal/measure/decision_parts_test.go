package measure_test

import (
	"fmt"
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

// parted writes the register's rows with what they are parts of.
func parted(t flowtest.TB, h *measure.History, at string) []string {
	t.Helper()
	r, _ := h.Decisions("g", flowtest.At(t, at))
	out := []string{}
	for _, d := range r.Decisions {
		line := fmt.Sprintf("%s %s asked %s, %.0f d", d.Key, d.State, d.Asked.Format("01-02"), d.AgeSeconds/aDay)
		if d.SplitFrom != "" {
			line += ", part of " + d.SplitFrom
		}
		if d.OpenParts > 0 {
			line += fmt.Sprintf(", %d other open", d.OpenParts)
		}
		if d.Overdue {
			line += ", overdue"
		}
		out = append(out, line)
	}
	return out
}

func TestADecisionGoesOnInItsParts(t *testing.T) {
	for _, c := range []struct {
		name   string
		issues []*flow.Issue
		want   []string
	}{
		{
			"a part has the clock of the whole",
			[]*flow.Issue{question(t, 2, "2026-01-05").Issue(), question(t, 3, "2026-01-10").Links("2026-01-10", "split from", "PAY-2").Issue()},
			[]string{
				"PAY-2 open asked 01-05, 20 d, 1 other open, overdue",
				"PAY-3 open asked 01-05, 20 d, part of PAY-2, 1 other open, overdue",
			},
		},
		{
			"closed, and split into two: both have been asked since the first was, and are as late",
			[]*flow.Issue{
				question(t, 2, "2026-01-05").Resolves("2026-01-12", "Done").Issue(),
				question(t, 3, "2026-01-22").Links("2026-01-22", "split from", "PAY-4").Issue(),
				question(t, 4, "2026-01-16").Links("2026-01-16", "clones", "PAY-2").Issue(),
			},
			[]string{
				"PAY-4 open asked 01-05, 20 d, part of PAY-2, 1 other open, overdue",
				"PAY-3 open asked 01-05, 20 d, part of PAY-2, 1 other open, overdue",
				"PAY-2 made asked 01-05, 7 d, 2 other open",
			},
		},
		{
			"the whole's own word tells it too, and a present link from the part's creation on",
			[]*flow.Issue{
				question(t, 2, "2026-01-05").Links("2026-01-11", "split to", "PAY-3").Resolves("2026-01-12", "Done").Issue(),
				question(t, 3, "2026-01-10").Issue(),
				question(t, 4, "2026-01-13").Shows("split from", "PAY-2").Issue(),
			},
			[]string{
				"PAY-3 open asked 01-05, 20 d, part of PAY-2, 1 other open, overdue",
				"PAY-4 open asked 01-05, 20 d, part of PAY-2, 1 other open, overdue",
				"PAY-2 made asked 01-05, 7 d, 2 other open",
			},
		},
		{
			"what is cloned more than a week after the decision was made is another",
			[]*flow.Issue{
				question(t, 2, "2026-01-05").Resolves("2026-01-12", "Done").Issue(),
				question(t, 3, "2026-01-21").Links("2026-01-21", "clones", "PAY-2").Issue(),
			},
			[]string{"PAY-3 open asked 01-21, 4 d", "PAY-2 made asked 01-05, 7 d"},
		},
		{
			"a link that is taken away gives no new clock",
			[]*flow.Issue{question(t, 2, "2026-01-05").Issue(), question(t, 3, "2026-01-10").
				Links("2026-01-10", "split from", "PAY-2").Unlinks("2026-01-11", "split from", "PAY-2").Issue()},
			[]string{
				"PAY-2 open asked 01-05, 20 d, 1 other open, overdue",
				"PAY-3 open asked 01-05, 20 d, part of PAY-2, 1 other open, overdue",
			},
		},
		{
			"links in a circle",
			[]*flow.Issue{
				question(t, 2, "2026-01-05").Links("2026-01-11", "split from", "PAY-3").Issue(),
				question(t, 3, "2026-01-10").Links("2026-01-10", "split from", "PAY-2").Links("2026-01-12", "split from", "PAY-3").Issue(),
			},
			[]string{
				"PAY-2 open asked 01-05, 20 d, 1 other open, overdue",
				"PAY-3 open asked 01-05, 20 d, part of PAY-2, 1 other open, overdue",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := decided(t, append(c.issues, epic(t).Issue())...)
			if d := cmp.Diff(c.want, parted(t, h, "2026-01-25")); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestADecisionTakesUntilItsLastPartIsMade(t *testing.T) {
	// Asked on the 5th, closed on the 12th, its parts on the 15th and the 25th.
	h := decided(t, epic(t).Issue(), task(t, 9, "2026-01-02").Moves("2026-01-03", flowtest.Doing).Issue(),
		question(t, 2, "2026-01-05").Resolves("2026-01-12", "Done").Issue(),
		question(t, 3, "2026-01-11").Links("2026-01-11", "split from", "PAY-2").Resolves("2026-01-15", "Done").Issue(),
		question(t, 4, "2026-01-11").Links("2026-01-11", "split from", "PAY-2").Resolves("2026-01-25", "Done").Issue())
	for at, want := range map[string]measure.DecisionLatency{
		"2026-01-20": {Waiting: 1, MeanSeconds: ptr(30 * aDay)},
		"2026-01-26": {Made: 1, P50Seconds: ptr(20 * aDay), P85Seconds: ptr(20 * aDay), MeanSeconds: ptr(20 * aDay)},
	} {
		got := status(t, h, at).Decisions.Latency
		got.Working = nil
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("at %s (-want +got):\n%s", at, d)
		}
	}
	// Neither the closing of the whole nor that of the first part is progress;
	// that of the last is no second closing of what was closed before. As
	// leaves they are delivered, which tells of the work.
	e, _ := h.Explain("g", "last_progress", flowtest.At(t, "2026-01-26"))
	var discounted int
	for _, x := range e.Measures[0].LeftOut {
		if strings.Contains(x.What, "a part of a decision that goes on, or was made before") {
			discounted++
		}
	}
	if discounted != 3 {
		t.Errorf("%d closings are left out as parts, want 3: %+v", discounted, e.Measures[0].LeftOut)
	}
}

func TestAPartIsOfTheWholesGoalsWhileItIsOfNone(t *testing.T) {
	other := flowtest.NewEpic(t, "PAY-90", "2026-01-01").Issue()
	alone := func(n int, at string) *flowtest.Builder {
		return flowtest.New(t, key(n), at).Born(func(s *flow.State) { s.Type = flow.IssueType{ID: "decision", Name: "Decision"} })
	}
	gs := []goal.Goal{epicGoal(), {ID: "h", Work: goal.Work{Epics: []string{"PAY-90"}}}}
	h := built(t, gs, []*flow.Issue{
		epic(t).Issue(), other,
		question(t, 2, "2026-01-05").Resolves("2026-01-12", "Done").Issue(),
		alone(3, "2026-01-12").Links("2026-01-12", "split from", "PAY-2").Joins("2026-01-20", "PAY-90").Issue(),
	}, under(decisive()))
	for at, want := range map[string][2]int{"2026-01-15": {1, 0}, "2026-01-21": {0, 1}} {
		snap := h.Snapshot(flowtest.At(t, at))
		for k, id := range []string{"g", "h"} {
			if g, _ := snap.Goal(id); g.Decisions.Open != want[k] {
				t.Errorf("at %s %d decisions of %s are open, want %d", at, g.Decisions.Open, id, want[k])
			}
		}
	}
}

// splitOn lets a question be closed or left open, and go on in parts of other
// classes, some outside any goal, told by a changelog or by a present link alone.
func splitOn(t *rapid.T, whole *flowtest.Builder, first, on int) []*flowtest.Builder {
	at := onDay(on)
	if closed := rapid.IntRange(-1, min(on-first, 7)).Draw(t, "closed so many days before the split"); closed >= 0 && on-closed > first {
		whole.Resolves(onDay(on-closed), rapid.SampledFrom([]string{"Done", "Won't Do"}).Draw(t, "as"))
	}
	out := []*flowtest.Builder{whole}
	for n := range rapid.IntRange(1, 3).Draw(t, "parts") {
		part := question(t, 50+n, at)
		if rapid.Bool().Draw(t, "outside the epic") {
			part.Joins(at, "")
		}
		phrase := rapid.SampledFrom([]string{"split from", "clones"}).Draw(t, "phrase")
		switch rapid.SampledFrom([]string{"part", "whole", "present"}).Draw(t, "told by the") {
		case "part":
			part.Links(at, phrase, "PAY-10")
		case "whole":
			whole.Links(at, map[string]string{"split from": "split to", "clones": "is cloned by"}[phrase], key(50+n))
		default:
			part.Shows(phrase, "PAY-10")
		}
		out = append(out, part)
	}
	return out
}

func TestSplittingADecisionBeforeOrAfterItsClosingImprovesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := aBacklog(t)
		all[0].decided = -1
		var others, told []*flowtest.Builder
		for n, q := range all[1:] {
			others = append(others, q.tell(t, 11+n))
		}
		was := decisionsOf(t, append(others[:len(others):len(others)], all[0].tell(t, 10))...)
		told = splitOn(t, all[0].tell(t, 10), all[0].asked, rapid.IntRange(all[0].asked+1, lastDay-1).Draw(t, "split on"))
		noBetter(t, was, decisionsOf(t, append(others, told...)...), "split")
	})
}

func TestDecidingAPartIsNotDecidingTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := aBacklog(t)
		on := all[0].asked + rapid.IntRange(1, 10).Draw(t, "split after")
		all[0].decided = on + rapid.IntRange(1, 30).Draw(t, "decided after")
		var others []*flowtest.Builder
		for n, q := range all[1:] {
			others = append(others, q.tell(t, 11+n))
		}
		was := decisionsOf(t, append(others[:len(others):len(others)], all[0].tell(t, 10))...)
		early := question(t, 50, onDay(on)).Links(onDay(on), "split from", "PAY-10").Resolves(onDay(on+rapid.IntRange(0, all[0].decided-on).Draw(t, "the part")), "Done")
		if d := cmp.Diff(was, decisionsOf(t, append(others, all[0].tell(t, 10), early)...)); d != "" {
			t.Fatalf("with a part that was decided earlier (-without, +with):\n%s", d)
		}
	})
}

func TestAClosingThatIsSplitIsKnownFromTheLinkOn(t *testing.T) {
	h := decided(t, epic(t).Issue(), question(t, 2, "2026-01-05").Resolves("2026-01-12", "Done").Issue(),
		question(t, 3, "2026-01-13").Links("2026-01-15", "split from", "PAY-2").Issue())
	for at, want := range map[string]time.Time{
		"2026-01-14": flowtest.At(t, "2026-01-13"), "2026-01-15": flowtest.At(t, "2026-01-05"),
	} {
		if got := status(t, h, at).Decisions; got.Open != 1 || !got.OldestOpen.Equal(want) {
			t.Errorf("at %s %d are open, the oldest since %v; want one, since %v", at, got.Open, got.OldestOpen, want)
		}
	}
}

func TestALabelThatIsExchangedForAnotherChangesNothing(t *testing.T) {
	settings := decisive()
	settings.Decisions.Classes[1].Labels = []string{"sign-off"}
	rapid.Check(t, func(t *rapid.T) {
		all := aBacklog(t)
		on := all[0].asked + rapid.IntRange(1, 30).Draw(t, "exchanged after")
		gap := rapid.IntRange(0, 7).Draw(t, "without a label for days")
		of := func(exchanged bool) *measure.DecisionStatus {
			issues := []*flow.Issue{epic(t).Issue()}
			b := task(t, 10, onDay(all[0].asked)).Labelled(onDay(all[0].asked), "adr")
			if exchanged {
				if gap > 0 {
					b.Labelled(onDay(on))
				}
				b.Labelled(onDay(on+gap), rapid.SampledFrom([]string{"sign-off", "ADR"}).Draw(t, "label"))
			}
			issues = append(issues, b.Issue())
			for n, q := range all[1:] {
				issues = append(issues, q.tell(t, 11+n).Issue())
			}
			return status(t, built(t, []goal.Goal{epicGoal()}, issues, under(settings)), onDay(lastDay)).Decisions
		}
		if d := cmp.Diff(of(false), of(true)); d != "" {
			t.Fatalf("under another label (-not, +so):\n%s", d)
		}
	})
}

func TestWhatIsOpenedAgainAfterMoreThanAWeekIsToldOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := aBacklog(t)
		all[0].decided = all[0].asked + rapid.IntRange(1, 20).Draw(t, "decided after")
		again := all[0].decided + rapid.IntRange(8, 20).Draw(t, "opened again after")
		var others []*flowtest.Builder
		for n, q := range all[1:] {
			others = append(others, q.tell(t, 11+n))
		}
		was := decisionsOf(t, append(others[:len(others):len(others)], all[0].tell(t, 10))...)
		is := decisionsOf(t, append(others, all[0].tell(t, 10).Reopens(onDay(again), flowtest.ToDo))...)
		if is.Reversed != was.Reversed+1 || is.Open != was.Open+1 || is.DebtSeconds <= was.DebtSeconds {
			t.Fatalf("a decision that is asked again after more than a week: %+v, was %+v; want one more open, and one more reversed", is, was)
		}
	})
}
