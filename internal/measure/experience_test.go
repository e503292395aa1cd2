package measure

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow/flowtest"
)

// someYears are those of so many epics, most of which are closed.
func someYears(t testing.TB, epics int) Past {
	t.Helper()
	until := "2026-06-01"
	return Past{
		Containers: found(t, flowtest.Catalog(), until, manyEpics(t, epics)...), Until: flowtest.At(t, until),
		Settings: DefaultSettings(), Prior: ShippedPrior(),
	}
}

// What is told of an epic is told by models that knew nothing of its end, and
// the models don't hang on whether anybody wants to see what was told.
func TestLearningAloneComesToTheModelsOfTheWholeReplay(t *testing.T) {
	past := someYears(t, 40)
	whole, alone := past.Run(nil), past.Learn()
	if len(whole.Models) != len(alone.Models) || len(whole.Models) < 70 || alone.Lives != nil {
		t.Fatalf("%d models of the whole, %d of learning alone, with %d lives", len(whole.Models), len(alone.Models), len(alone.Lives))
	}
	for k := range whole.Models {
		if d := cmp.Diff(whole.Models[k], alone.Models[k], ofModels()); d != "" {
			t.Fatalf("of %s (-whole +alone):\n%s", whole.Models[k].AsOf, d)
		}
	}
	if last := whole.Models[len(whole.Models)-1]; last.Containers != 32 || last.losses.containers != 32 || last.stretch == 1 {
		t.Errorf("learnt from %d containers, of which %v were told before, with the intervals stretched by %v", last.Containers, last.losses.containers, last.stretch)
	}
}

func TestTheReplayTellsEverySituationUpToTheEndByItsMonthsModel(t *testing.T) {
	past := someYears(t, 20)
	var shares []float64
	r := past.Run(func(share float64) { shares = append(shares, share) })
	ended, open := 0, 0
	for k := range r.Lives {
		l := &r.Lives[k]
		until := past.Until
		if l.End != nil {
			ended++
			until = l.End.At
		} else if l.Open {
			open++
		} else {
			continue
		}
		at := gridAfter(l.ledger.entries[0].at())
		for i := range l.Told {
			told := &l.Told[i]
			if !told.At.Equal(at) {
				t.Fatalf("%s is told of on %s, want %s", l.Name, told.At, at)
			}
			m := r.Model(told.At)
			want := m.Estimate(&told.Situation, l.Set, told.Naive())
			want.Beyond, want.Shifts = nil, nil // those are explained where they are asked for
			if !cmp.Equal(want, told.Estimate.Estimate) {
				t.Fatalf("%s on %s: told %+v, want %+v", l.Name, told.At, told.Estimate.Estimate, want)
			}
			if want := m.Within(&told.Situation, 30); told.Within[1] != want {
				t.Fatalf("%s on %s: within 30 d %v, want %v", l.Name, told.At, told.Within[1], want)
			}
			at = at.Add(grid)
		}
		if at.Before(until) {
			t.Errorf("%s is told of before %s, and it went on until %s", l.Name, at, until)
		}
	}
	if ended != 16 || open != 4 {
		t.Errorf("%d epics had ended and %d were open, want 16 and 4", ended, open)
	}
	if !slices.IsSorted(shares) || shares[len(shares)-1] != 1 {
		t.Errorf("the progress was %v", shares)
	}
}

// Reopened work is looked at anew, after what was known of it had been let go.
func TestAContainerThatIsOpenedAgainIsFoldedAnew(t *testing.T) {
	c := &someYears(t, 5).Containers[1]
	t1 := newTrack(c)
	whole := slices.Clone(t1.before(c.known))
	if begins, ok := t1.begins(); !ok || !begins.Equal(whole[0].At) {
		t.Errorf("it begins on %v, want %v", begins, whole[0].At)
	}
	middle := whole[len(whole)/2].At
	if n := len(t1.before(middle)); n != len(whole)/2 {
		t.Errorf("%d of %d situations lie before the middle one", n, len(whole))
	}
	t1.forget()
	if d := cmp.Diff(whole[:len(whole)/2], t1.before(middle)); d != "" {
		t.Errorf("(-before +after):\n%s", d)
	}
	if d := cmp.Diff(whole, t1.before(c.known.Add(100*time.Hour))); d != "" {
		t.Errorf("to the end (-before +after):\n%s", d)
	}
}

// Jira's issues can be older than the epic that they were put into. What was
// known before there was the epic is known of no container.
func TestAnOpenEpicTeachesNothingBeforeItExists(t *testing.T) {
	past := someYears(t, 5)
	c := &past.Containers[0] // every fifth stays open
	t1 := newTrack(c)
	at := c.created.Add(200 * day)
	if _, open := t1.stillOpen(at, &past.Settings); !open {
		t.Fatalf("on %s it is not open", at)
	}
	c.created = at.Add(time.Hour)
	if _, open := t1.stillOpen(at, &past.Settings); open {
		t.Errorf("on %s it is open, and was made an hour later", at)
	}
}
