package measure

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
)

// told are the chances of some weeks, in the order in which they were asked
// for.
func told(o *odds, l *ledger, at []time.Time) []chances {
	s := DefaultSettings()
	var out []chances
	for _, at := range at {
		out = append(out, chances{onTime: chance{p: o.onTime(l, at, &s)}, overstated: chance{p: o.overstated(l, at, &s)}})
	}
	return out
}

// promising is a goal of some leaves with a target.
func promising(t *testing.T) *ledger {
	l := *found(t, flowtest.Catalog(), "2026-12-01", eventful(t)...)[0].ledger
	l.goal = &goal.Goal{ID: "g"}
	l.promise(goal.Target{Date: flow.Date{Year: 2026, Month: 3, Day: 15}})
	return &l
}

// promise declares one more target.
func (l *ledger) promise(target goal.Target) {
	s := DefaultSettings()
	l.goal.Targets, l.promises = append(l.goal.Targets, target), nil
	l.setPromises(&s, nil)
}

func noExperience() *Replay { return &Replay{cold: fit(nil, nil, ShippedPrior(), time.Time{})} }

func TestOddsAreTheSameInWhateverOrderWeeksAreAskedFor(t *testing.T) {
	l, x := promising(t), noExperience()
	begin := flowtest.At(t, "2025-12-01")
	rapid.Check(t, func(t *rapid.T) {
		o := newOdds(x)
		var moments []time.Time
		for range rapid.IntRange(1, 20).Draw(t, "asked") {
			moments = append(moments, begin.Add(time.Duration(rapid.IntRange(0, 200*24).Draw(t, "hours"))*time.Hour))
		}
		got := told(o, l, moments)
		for k, at := range moments {
			if d := cmp.Diff(told(newOdds(x), l, []time.Time{at})[0], got[k], cmp.AllowUnexported(chances{}, chance{}, assertion{})); d != "" {
				t.Fatalf("at %v (-asked for alone, +asked for after %v):\n%s", at, moments[:k], d)
			}
		}
	})
}

func TestOddsAreThoseOfTheBeginningOfTheWeek(t *testing.T) {
	l, x := promising(t), noExperience()
	thursday := flowtest.At(t, "2026-01-22") // as 1 January 1970 was
	week := told(newOdds(x), l, []time.Time{thursday, thursday.AddDate(0, 0, 6), thursday.AddDate(0, 0, 7)})
	now, ok := newSituations(l, KindGoal).at(thursday)
	if !ok {
		t.Fatal("no leaf is in scope")
	}
	m := x.Model(thursday)
	if want := m.Overstates(&now, "", now.Naive()); *week[0].overstated.p != want || *week[1].overstated.p != want {
		t.Errorf("overstated by %v and %v, want %v on both days", *week[0].overstated.p, *week[1].overstated.p, want)
	}
	if want := m.Within(&now, 53); *week[0].onTime.p != want { // to the end of 15 March
		t.Errorf("on time with %v, want %v", *week[0].onTime.p, want)
	}
	if *week[2].overstated.p == *week[0].overstated.p {
		t.Errorf("the next week has the odds of the one before, %v", *week[0].overstated.p)
	}
	early := told(newOdds(x), l, []time.Time{l.entries[0].at(), l.entries[0].at().AddDate(-1, 0, 0)})
	if early[0].overstated.p != nil || early[1].onTime.p != nil {
		t.Error("there are odds before the first leaf has come")
	}
}

// What people say can change within the week, and is judged at once.
func TestOddsAreAboutWhatIsPromisedAtTheMoment(t *testing.T) {
	l, x, s := promising(t), noExperience(), DefaultSettings()
	thursday := flowtest.At(t, "2026-01-22")
	half := 0.99
	l.promise(goal.Target{Date: flow.Date{Year: 2026, Month: 6, Day: 15}, Said: flow.Date{Year: 2026, Month: 1, Day: 25}})
	l.goal.Reported = goal.Reported{From: goal.ReportedByCheckIns}
	l.goal.CheckIns = []goal.CheckIn{{Date: flow.Date{Year: 2026, Month: 1, Day: 25}, Completion: &half}}
	o := newOdds(x)
	before, after := thursday.AddDate(0, 0, 2), thursday.AddDate(0, 0, 4)
	soon, claimed := *o.onTime(l, before, &s), *o.overstated(l, before, &s)
	if late := *o.onTime(l, after, &s); late <= soon {
		t.Errorf("three months more make the target with %v instead of %v", late, soon)
	}
	if more := *o.overstated(l, after, &s); more <= claimed {
		t.Errorf("a claim of 99 %% is overstated with %v, what Jira shows with %v", more, claimed)
	}
	if again := *o.onTime(l, before, &s); again != soon {
		t.Errorf("on the days before, the chance is %v after it was %v", again, soon)
	}
}

func TestOverstatedIsMoreThanFifteenPoints(t *testing.T) {
	if overstated(0.75, 0.60) {
		t.Error("15 points are said to be more than 15")
	}
	if !overstated(0.7501, 0.60) {
		t.Error("15.01 points are not said to be more than 15")
	}
}

func TestOddsAreCarriedOverUpToTheChange(t *testing.T) {
	l, x := promising(t), noExperience()
	weeks := []time.Time{flowtest.At(t, "2026-01-22"), flowtest.At(t, "2026-01-29"), flowtest.At(t, "2026-02-05")}
	o := newOdds(x)
	told(o, l, weeks)
	has := func(o *odds) []bool {
		var out []bool
		for _, at := range weeks {
			out = append(out, o.weeks[oddsWeek(at)].overstated.asked)
		}
		return out
	}
	for name, c := range map[string]struct {
		odds *odds
		want []bool
	}{
		"the change came after the second week began": {o.carry(x, weeks[1].Add(time.Second)), []bool{true, true, false}},
		"the change came as the second week began":    {o.carry(x, weeks[1]), []bool{true, false, false}},
		"more was learnt since":                       {o.carry(noExperience(), weeks[2]), []bool{false, false, false}},
		"there was no goal before":                    {(*odds)(nil).carry(x, weeks[2]), []bool{false, false, false}},
	} {
		if got := has(c.odds); !slices.Equal(got, c.want) {
			t.Errorf("%s: the weeks that are known are %v, want %v", name, got, c.want)
		}
	}
	if !slices.Equal(has(o), []bool{true, true, true}) {
		t.Error("what was carried over is gone where it came from")
	}
}

func TestSeveralMayAskForOddsAtOnce(t *testing.T) {
	l, o := promising(t), newOdds(noExperience())
	weeks := make([]time.Time, 40)
	for k := range weeks {
		weeks[k] = flowtest.At(t, "2025-12-01").AddDate(0, 0, 5*k)
	}
	got := make([][]chances, 4)
	var wg sync.WaitGroup
	for k := range got {
		wg.Go(func() {
			got[k] = told(o, l, weeks)
			o.rest()
		})
	}
	wg.Wait()
	want := told(newOdds(o.experience), l, weeks)
	for k := range got {
		if d := cmp.Diff(want, got[k], cmp.AllowUnexported(chances{}, chance{}, assertion{})); d != "" {
			t.Fatalf("(-alone, +at once):\n%s", d)
		}
	}
}

func TestOddsAreWorkedOutOnlyWhereHealthHangsOnThem(t *testing.T) {
	g := goal.Goal{ID: "g", Work: goal.Work{Epics: []string{"PAY-1"}}, Targets: []goal.Target{{Date: flow.Date{Year: 2026, Month: 2, Day: 3}}}}
	h, err := Build(Input{
		Goals: []goal.Goal{g}, Catalogs: map[string]*flow.Catalog{flowtest.Site: flowtest.Catalog()}, Settings: DefaultSettings(),
		Issues: flowtest.Issues(eventful(t)).Each, Experience: noExperience(),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Snapshot(flowtest.At(t, "2026-12-01"))
	var weeks []string
	for _, week := range slices.Sorted(maps.Keys(h.ledgers[0].odds.weeks)) {
		weeks = append(weeks, weekStart(week).Format(time.DateOnly))
	}
	// Work begins on 8 January, and from the end of 3 February on the target is
	// over. What the odds before the first week's beginning were is not known.
	want := []string{"2026-01-08", "2026-01-15", "2026-01-22", "2026-01-29"}
	if d := cmp.Diff(want, weeks); d != "" {
		t.Errorf("(-want +worked out):\n%s", d)
	}
}
