package measure

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
)

// All leaves of the epic are done by 5 March 2024. From 4 April on, grace and
// all, it can be known that it closed then, so that the models of 1 May and
// later have learnt from it, until on the first of a month it is open.
func TestWhatWasToldWhileItHadBeenLearntFromIsNotScored(t *testing.T) {
	const until = "2025-01-01"
	grid := func(days ...string) (out []string) {
		for _, day := range days {
			out = append(out, "2024-"+day)
		}
		return out
	}
	before := grid("01-04", "01-18", "02-01", "02-15", "02-29", "03-14", "03-28", "04-11", "04-25")
	between := grid("05-09", "05-23", "06-06", "06-20")
	after := grid("07-04", "07-18", "08-01", "08-15", "08-29", "09-12")
	still := grid("09-26", "10-10", "10-24", "11-07", "11-21", "12-05", "12-19")
	for name, c := range map[string]struct {
		epic *flowtest.Builder
		more []*flow.Issue // that came into it
		want []string
	}{
		"closed once": {
			theEarlyEpic(t).Resolves("2024-03-05", "Done"), nil, before[:5],
		},
		"opened again in June, closed in September": {
			theEarlyEpic(t).Resolves("2024-03-05", "Done").Reopens("2024-06-10", flowtest.ToDo).Resolves("2024-09-20", "Done"),
			[]*flow.Issue{inEpic(t, 7, "2024-06-10").Resolves("2024-09-10", "Done").Issue()},
			slices.Concat(before, after),
		},
		"opened again in June, and open still": {
			theEarlyEpic(t).Resolves("2024-03-05", "Done").Reopens("2024-06-10", flowtest.ToDo),
			[]*flow.Issue{inEpic(t, 7, "2024-06-10").Issue()},
			slices.Concat(before, after, still),
		},
		"opened again before the refit": {
			theEarlyEpic(t).Resolves("2024-03-05", "Done").Reopens("2024-04-28", flowtest.ToDo).Resolves("2024-09-20", "Done"),
			[]*flow.Issue{inEpic(t, 7, "2024-04-28").Resolves("2024-09-10", "Done").Issue()},
			slices.Concat(before, between, after),
		},
		"taken for closed because all was quiet, closed itself in September": {
			theEarlyEpic(t).Resolves("2024-09-20", "Done"), nil, before,
		},
	} {
		t.Run(name, func(t *testing.T) {
			issues := append([]*flow.Issue{c.epic.Issue()}, c.more...)
			for n, done := range []string{"01-20", "02-01", "02-10", "02-20", "03-05"} {
				issues = append(issues, inEpic(t, n+2, "2024-01-01").Resolves("2024-"+done, "Done").Issue())
			}
			past := Past{
				Containers: found(t, flowtest.Catalog(), until, issues...), Until: flowtest.At(t, until), Settings: DefaultSettings(),
				Goals: goalsOver(t, issues, flowtest.At(t, until), goalOf("the-epic", "PAY-1")),
			}
			r := past.Run(nil)
			for of, lives := range map[string][]Life{"the epic": r.Lives, "the goal that maps it": r.Goals} {
				if len(lives) != 1 {
					t.Fatalf("%s: %d lives", of, len(lives))
				}
				if d := cmp.Diff(c.want, daysTold(&lives[0])); d != "" {
					t.Errorf("%s is scored on (-want +got):\n%s", of, d)
				}
			}
			if last := r.Models[len(r.Models)-1]; last.losses.containers != 1 {
				t.Errorf("the epic judged the models %v times", last.losses.containers)
			}
		})
	}
}

func theEarlyEpic(t flowtest.TB) *flowtest.Builder {
	return flowtest.NewEpic(t, "PAY-1", "2024-01-01")
}

func daysTold(l *Life) []string {
	var out []string
	for k := range l.Told {
		out = append(out, l.Told[k].At.Format(time.DateOnly))
	}
	return out
}

// comingAndGoing is an epic that is closed and opened again some times, with a
// leaf more each time.
func comingAndGoing(t *rapid.T) []*flow.Issue {
	at := flowtest.At(t, "2021-07-01")
	stamp := func() string { return at.Format(time.DateTime) }
	later := func(least, most int, what string) {
		at = at.Add(time.Duration(rapid.IntRange(least, most).Draw(t, what)) * day)
	}
	const key = "PAY-9000"
	epic := flowtest.NewEpic(t, key, stamp())
	var out []*flow.Issue
	for n := range 2 * minFinal {
		leaf := flowtest.NewBelow(t, key, fmt.Sprintf("PAY-%d", 9001+n), stamp())
		if later(2, 20, "done after"); n < minFinal || rapid.Bool().Draw(t, "done") {
			leaf.Resolves(stamp(), "Done")
		}
		out = append(out, leaf.Issue())
	}
	for n := range rapid.IntRange(1, 2).Draw(t, "closings") {
		epic.Resolves(stamp(), "Done")
		later(5, 120, "opened again after")
		epic.Reopens(stamp(), flowtest.ToDo)
		leaf := flowtest.NewBelow(t, key, fmt.Sprintf("PAY-%d", 9100+n), stamp())
		if later(5, 120, "closed again after"); rapid.Bool().Draw(t, "done") {
			leaf.Resolves(stamp(), "Done")
		}
		out = append(out, leaf.Issue())
	}
	if rapid.Bool().Draw(t, "closed in the end") {
		epic.Resolves(stamp(), "Done")
	}
	return append(out, epic.Issue())
}

// TestNothingIsScoredByWhatLearntFromIt replays with a container and without it:
// both must tell its completion alike, but for the method and the stretch, which
// hang on how well it was told before it closed. Nothing else may be left out.
func TestNothingIsScoredByWhatLearntFromIt(t *testing.T) {
	const until = "2023-06-01"
	past := Past{
		Containers: found(t, flowtest.Catalog(), until, manyEpicsBy(t, 6, flowtest.At(t, until))...), Until: flowtest.At(t, until),
		Settings: DefaultSettings(),
	}
	without := past.Learn()
	left := 0
	rapid.Check(t, func(t *rapid.T) {
		itself := found(t, flowtest.Catalog(), until, comingAndGoing(t)...)
		with := past
		with.Containers = append(slices.Clone(past.Containers), itself...)
		r := with.Run(nil)
		l := &r.Lives[len(r.Lives)-1]
		for k := range l.Told {
			told := &l.Told[k]
			m, of := *without.ofContainers(told.At), r.ofContainers(told.At)
			m.champion, m.stretch = of.champion, of.stretch
			want := m.predicted(&told.Situation, l.Set, told.Naive())
			if d := cmp.Diff(want, told.Estimate, cmp.AllowUnexported(prediction{})); d != "" {
				t.Fatalf("on %s (-by models without it +as told):\n%s", told.At, d)
			}
		}
		if l.End == nil && !l.Open {
			return
		}
		scored := daysTold(l)
		over := past.Until
		if l.End != nil {
			over = l.End.At
		}
		for _, s := range newTrack(l.Container).before(over) {
			_, closed := l.closing(monthOf(s.At), &past.Settings)
			if day := s.At.Format(time.DateOnly); closed == slices.Contains(scored, day) {
				t.Fatalf("on %s: closed at the refit %v, scored %v", day, closed, closed)
			} else if closed {
				left++
			}
		}
	})
	if left == 0 {
		t.Error("nothing was left out")
	}
}
