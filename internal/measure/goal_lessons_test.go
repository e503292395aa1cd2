package measure

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
)

// pairsOf maps so many of manyEpics to goals, two neighbours to each.
func pairsOf(epics int) []goal.Goal {
	var out []goal.Goal
	for k := 1; k < epics; k += 2 {
		out = append(out, goalOf(fmt.Sprintf("pair-%d", k), fmt.Sprintf("PAY-%d", k), fmt.Sprintf("PAY-%d", k+1)))
	}
	return out
}

// onesOf maps each of so many of manyEpics to a goal.
func onesOf(epics int) []goal.Goal {
	var out []goal.Goal
	for k := range epics {
		out = append(out, goalOf(fmt.Sprintf("one-%d", k+1), fmt.Sprintf("PAY-%d", k+1)))
	}
	return out
}

func withGoals(t testing.TB, epics int, goals ...goal.Goal) Past {
	t.Helper()
	past := someYears(t, epics)
	past.Goals = goalsOver(t, manyEpics(t, epics), past.Until, goals...)
	return past
}

func ofModels() cmp.Option {
	return cmp.AllowUnexported(Model{}, edges{}, reference{}, containerClass{}, finishModel{}, losses{}, horizonLoss{}, pastFinish{}, pastNeed{}, goalsTold{})
}

func TestGoalsChangeNothingThatIsToldOfContainers(t *testing.T) {
	without, with := someYears(t, 40), withGoals(t, 40, append(pairsOf(40), onesOf(40)...)...)
	want, got := without.Run(nil), with.Run(nil)
	if len(got.Goals) != 60 {
		t.Fatalf("%d goals are told of", len(got.Goals))
	}
	if d := cmp.Diff(want.Models, got.Models, ofModels()); d != "" {
		t.Errorf("the models of containers (-without goals +with them):\n%s", d)
	}
	if d := cmp.Diff(want.Backtest(without.Prior, false).Scores[0], got.Backtest(with.Prior, false).Scores[0]); d != "" {
		t.Errorf("the pooled scores (-without goals +with them):\n%s", d)
	}
}

func TestGoalsAreLearntFromOnceEightHaveClosed(t *testing.T) {
	for name, c := range map[string]struct {
		goals []goal.Goal
		want  int // at the end
	}{
		"seven epics as goals":            {onesOf(8), 0}, // of eight, two stay open
		"thirty-two epics as goals":       {onesOf(40), 32},
		"each of them twice":              {append(onesOf(40), onesOf(40)...), 32},
		"goals of two epics beside those": {append(onesOf(40), pairsOf(40)...), 40}, // as many as a model takes
	} {
		t.Run(name, func(t *testing.T) {
			for k := range c.goals {
				c.goals[k].ID = fmt.Sprintf("%d-%s", k, c.goals[k].ID)
			}
			past := withGoals(t, 40, c.goals...)
			r := past.Learn()
			last, of := r.Model(past.Until), r.ofContainers(past.Until)
			if last.Goals != c.want || last.Containers != of.Containers {
				t.Fatalf("learnt from %d goals beside %d containers, want %d beside %d", last.Goals, last.Containers, c.want, of.Containers)
			}
			began := 0
			for k, m := range r.ofGoals {
				if m.Goals > 0 && began == 0 {
					began = m.Goals
				}
				if m.Goals > 0 && m.Goals < enoughGoals {
					t.Errorf("in %s it is learnt from %d goals", m.AsOf, m.Goals)
				}
				if m.champion != r.Models[k].champion || m.mix != r.Models[k].mix {
					t.Errorf("in %s another method is in force", m.AsOf)
				}
			}
			if c.want > 0 && (began < enoughGoals || began > enoughGoals+2) { // some close in one month
				t.Errorf("it begins with %d goals", began)
			}
		})
	}
}

// Work that is an epic's and a goal's teaches once: the goal takes the epic's
// place.
func TestAGoalThatIsAnEpicOverAgainTakesItsPlace(t *testing.T) {
	past := withGoals(t, 40, onesOf(40)...)
	r := past.Learn()
	goals, containers := r.Model(past.Until), r.ofContainers(past.Until)
	if len(goals.references) != len(containers.references) {
		t.Errorf("the goals' model leans on %d cases, that of containers on %d", len(goals.references), len(containers.references))
	}
	if d := cmp.Diff(containers.beta, goals.beta); d != "" {
		t.Errorf("the same work teaches otherwise (-containers +goals):\n%s", d)
	}
	if goals.stretch != containers.stretch {
		t.Errorf("intervals are stretched by %v, those of containers by %v: for the same misses", goals.stretch, containers.stretch)
	}
	if goals.told.goals != 32 {
		t.Errorf("%v goals were told", goals.told.goals)
	}
}

// A goal's residual is what it is missed by without it and without its epics.
func TestKinIsLeftOutTogether(t *testing.T) {
	rows := make([]observation, 30)
	random := splitMix(1)
	for k := range rows {
		rows[k] = observation{weight: 1, group: k / 10, y: float64(random.below(100)) / 50}
		for i := range rows[k].x {
			rows[k].x[i] = float64(random.below(100)) / 50
		}
		rows[k].x[featOne] = 1
	}
	prior := NeutralPrior().beta()
	_, without, _ := ridge(rows, 3, [][]int{{1}, {0}, nil}, &prior, 1e6)
	_, alone, _ := ridge(rows, 3, nil, &prior, 1e6)
	for i := range without[0] {
		both := without[0][i] - alone[0][i]
		if one := alone[2][i] - without[2][i]; one != 0 {
			t.Errorf("who has no kin is told otherwise: %v", one)
		}
		if math.Abs(without[0][i]-without[1][i]) > 1e-12 || math.Abs(both) < 1e-9 && i > featLogit && i != featSince {
			t.Errorf("kin are told by the others alone, alike: %v and %v, by one more %v", without[0][i], without[1][i], alone[0][i])
		}
	}
}

func TestWhatIsTheSameWorkAndWhatIsKin(t *testing.T) {
	past := withGoals(t, 5, append(pairsOf(5), goalOf("one", "PAY-1"), goalOf("all", "PAY-1", "PAY-2", "PAY-3", "PAY-4", "PAY-5"))...)
	var all []piece
	name := map[int]string{}
	for _, some := range [][]Container{past.Containers, past.Goals} {
		for k := range some {
			name[len(all)] = some[k].Name
			p := piece{ledger: some[k].ledger}
			for leaf := range p.ledger.leaves.len() {
				p.leaves = append(p.leaves, leaf)
			}
			all = append(all, p)
		}
	}
	k := kinships(all, len(past.Containers))
	names := func(of [][]int) map[string][]string {
		out := map[string][]string{}
		for n, others := range of {
			for _, o := range others {
				out[name[n]] = append(out[name[n]], name[o])
			}
		}
		return out
	}
	if d := cmp.Diff(map[string][]string{"PAY-1": {"one"}, "one": {"PAY-1"}}, names(k.same)); d != "" {
		t.Errorf("the same work (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"PAY-1", "pair-1"}, names(k.kin)["one"][:2]); d != "" {
		t.Errorf("kin of one (-want +got):\n%s", d)
	}
	if n := len(names(k.kin)["all"]); n != 8 {
		t.Errorf("all has %d kin, want five epics and three goals", n)
	}
	if d := cmp.Diff(make([]int, len(all)), k.families()); d != "" {
		t.Errorf("what all holds is one family (-want +got):\n%s", d)
	}
	apart := kinships(all[:len(past.Containers)], 0)
	if d := cmp.Diff([]int{0, 1, 2, 3, 4}, apart.families()); d != "" {
		t.Errorf("epics share nothing (-want +got):\n%s", d)
	}
}

// TestWhatCameLaterTeachesGoalsNothing deletes everything that happened after a
// moment, and asks for the same model, of goals too.
func TestWhatCameLaterTeachesGoalsNothing(t *testing.T) {
	goals := append(pairsOf(40), onesOf(40)...)
	whole := withGoals(t, 40, goals...)
	today := whole.Learn()
	for _, day := range []string{"2022-03-10", "2023-07-01", "2024-11-20"} {
		at := flowtest.At(t, day)
		issues := manyEpicsBy(t, 40, at)
		then := Past{
			Containers: found(t, flowtest.Catalog(), day, issues...), Goals: goalsOver(t, issues, at, goals...), Until: at,
			Settings: whole.Settings, Prior: whole.Prior,
		}
		want, got := then.Learn().Model(at), today.Model(at)
		if d := cmp.Diff(want, got, ofModels()); d != "" {
			t.Errorf("as of %s (-without what came later +with it):\n%s", day, d)
		}
		if day > "2023" && (want.Goals < enoughGoals || want.told.goals < enoughGoals) {
			t.Errorf("as of %s it had learnt from %d goals, and told %v", day, want.Goals, want.told.goals)
		}
	}
}

func TestAGoalIsToldByTheModelOfItsMonthWhichKnowsNothingOfItsEnd(t *testing.T) {
	past := withGoals(t, 40, pairsOf(40)...)
	r := past.Run(nil)
	ended, held := 0, 0.0
	for k := range r.Goals {
		l := &r.Goals[k]
		if l.End == nil {
			continue
		}
		ended++
		for i := range l.Told {
			told := &l.Told[i]
			if !told.At.Before(l.End.At) {
				t.Fatalf("%s is told of on %s, after its end", l.Name, told.At)
			}
			m := r.Model(told.At)
			if want := m.predicted(&told.Situation, "", told.Naive()).Estimate; !cmp.Equal(want, told.Estimate.Estimate) {
				t.Fatalf("%s on %s: told %+v, want %+v", l.Name, told.At, told.Estimate.Estimate, want)
			}
			if told.Estimate.holds(told.Truth) {
				held += 1 / float64(len(l.Told))
			}
		}
	}
	last := r.Model(past.Until)
	if ended < 10 || int(last.told.goals) != ended || math.Abs(last.told.covered-held) > 1e-9 {
		t.Errorf("%d goals had ended, and held %v in all; the model says %+v", ended, held, last.told)
	}
	if last.stretch == r.ofContainers(past.Until).stretch {
		t.Error("what goals missed has not moved their intervals")
	}
	status := last.status()
	if status.GoalCoverage == nil || math.Abs(*status.GoalCoverage-held/float64(ended)) > 1e-9 || status.Goals != ended {
		t.Errorf("the status is %+v", status)
	}
	b := r.Backtest(past.Prior, false)
	for k := range b.Scores {
		if s := &b.Scores[k]; s.Group == "kind goal" {
			if s.Containers != ended || math.Abs(s.Coverage.Value-held/float64(ended)) > 1e-9 || b.Goals != len(past.Goals) || b.GoalsEnded != ended {
				t.Errorf("the goals' scores are %+v of %d goals, %d of them ended", s, b.Goals, b.GoalsEnded)
			}
			return
		}
	}
	t.Error("goals have no row")
}

// Goals that began before there was any container are told by what is known
// without one.
func TestGoalsOlderThanAllContainersAreTold(t *testing.T) {
	past := withGoals(t, 40, pairsOf(40)...)
	past.Containers = past.Containers[len(past.Containers)-3:]
	r := past.Run(nil)
	if first := r.Models[0].AsOf; !first.Equal(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)) || len(r.Goals) != 20 {
		t.Errorf("the first model is of %v, and %d goals are told of", first, len(r.Goals))
	}
	if m := r.Model(past.Until); m.Goals < enoughGoals {
		t.Errorf("at the end it is learnt from %d goals", m.Goals)
	}
}

func TestGoalsThatShareWorkAreDrawnTogether(t *testing.T) {
	alike := func(family ...int) [][]int {
		var all []lifeError
		for _, f := range family {
			all = append(all, lifeError{family: f})
		}
		return familiesOf(all)
	}
	if d := cmp.Diff([][]int{{0}, {1, 3}, {2}}, alike(1, 2, 3, 2)); d != "" {
		t.Errorf("goals (-want +got):\n%s", d)
	}
	if d := cmp.Diff([][]int{{0}, {1}, {2}}, alike(0, 0, 0)); d != "" {
		t.Errorf("containers (-want +got):\n%s", d)
	}
	s := Scores{ByMethod: map[string]Errors{}}
	s.setErrors([]lifeError{{family: 1, coverage: 0.5, snapshots: 1}, {family: 1, coverage: 0.9, snapshots: 1}})
	if s.Coverage.Low != 0 || s.Coverage.High != 1 {
		t.Errorf("of one family alone the range is %v: nothing is known of its like", s.Coverage)
	}
}
