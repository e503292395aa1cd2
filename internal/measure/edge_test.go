package measure

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTheEdgesHoldNineInTenContainers(t *testing.T) {
	var closed []veteran
	for k := range 20 { // of 1 … 20 leaves, the k-th twice as many cases as the first
		s := Situation{All: k + 1}
		closed = append(closed, veteran{lessons: make([]Case, 1+k%2)})
		for j := range closed[k].lessons {
			closed[k].lessons[j].Situation = s
		}
	}
	e := edgesOf(closed, NeutralPrior().edges())
	if low, high := math.Expm1(e.low[featSize]), math.Expm1(e.high[featSize]); !near(low, 1) || !near(high, 19) {
		t.Errorf("nine in ten of 1 … 20 lie between %v and %v, want 1 and 19", low, high)
	}
	half := e.blended(priorWorth, edges{})
	if want := e.high[featSize] / 2; !near(half.high[featSize], want) {
		t.Errorf("beside a prior as heavy the edge is %v, want %v", half.high[featSize], want)
	}
}

func TestWhatLiesBeyondTheEdgesMovesNothingAndWidensTheInterval(t *testing.T) {
	m := fit(nil, nil, ShippedPrior(), time.Time{})
	m.Containers = enoughOwn
	s := Situation{Kind: KindGoal, All: 18, Delivered: 9, Reported: 9, Age: 100, SinceDelivery: 5, Growth: 1}
	if got := m.Estimate(&s, "", 0.5); len(got.Beyond) != 0 || !near(m.remoteness(&s, m.acquaintance("")), 1) {
		t.Errorf("a usual goal lies beyond %v, %v times as wide", got.Beyond, m.remoteness(&s, m.acquaintance("")))
	}
	grown := s
	grown.Growth = 5
	more := grown
	more.Growth = 9
	a, b := m.Estimate(&grown, "", 0.5), m.Estimate(&more, "", 0.5)
	if !near(a.Median, b.Median) {
		t.Errorf("growth beyond the edge moves %v to %v", a.Median, b.Median)
	}
	if b.Upper-b.Lower <= a.Upper-a.Lower {
		t.Errorf("farther beyond the edge the interval %v–%v is no wider than %v–%v", b.Lower, b.Upper, a.Lower, a.Upper)
	}
	if len(b.Beyond) != 1 || !b.Beyond[0].Widens || b.Beyond[0].What != "8103.1 times the scope of the first week" || b.Beyond[0].Than != "more than in 95 % of the containers learnt from" {
		t.Errorf("it is told of as %+v", b.Beyond)
	}
	m.Containers = firstOwn // nothing of the regression is believed, so nothing of it can be wrong
	if c := m.Estimate(&more, "", 0.5); !near(m.remoteness(&more, m.acquaintance("")), 1) || c.Beyond[0].Widens {
		t.Errorf("in the cold start it is %v times as wide, and told of as %+v", m.remoteness(&more, m.acquaintance("")), c.Beyond)
	}
}

func TestAShiftTellsWhatIsSoAndWhatItIsCountedAs(t *testing.T) {
	for _, c := range []struct {
		feature     int
		is, counted float64
		want        string
	}{
		{featSize, math.Log1p(22), math.Log1p(19), "22 issues in scope, counted as 19 issues in scope"},
		{featSize, math.Log1p(22), math.Log1p(22.2), "22 issues in scope"},
		{featAge, math.Log1p(201), math.Log1p(192), "201 d of age, counted as 192 d of age"},
	} {
		if got := toldHeld(c.feature, c.is, c.counted); got != c.want {
			t.Errorf("told as %q, want %q", got, c.want)
		}
	}
}

func TestTheShiftsAddUpToTheDistanceFromTheDeliveredShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, s := someModel(t), someSituation(t)
		m.champion = byRegression
		e := m.Estimate(&s, "s", s.Naive())
		sum := 0.0
		for _, shift := range e.Shifts {
			sum += shift.By
		}
		v := m.features(&s)
		moved := e.Median - s.completion(v[featLogit])
		if math.Abs(sum-moved) > shiftNoticed*float64(numFeatures) {
			t.Fatalf("the shifts add up to %v, the estimate moved by %v: %+v", sum, moved, e.Shifts)
		}
	})
}

func TestPointsTellHowFarTheWorkHasComeAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, s := someModel(t), someSituation(t)
		within := m.Within(&s, 30)
		if s.Scope() > 0 {
			same := s
			same.Points = &PointShares{Reported: s.Naive(), Delivered: s.DeliveredShare()}
			if a, b := m.Estimate(&s, "s", 0.5), m.Estimate(&same, "s", 0.5); math.Abs(a.Median-b.Median) > 1e-9 {
				t.Fatalf("where all issues weigh the same, %v becomes %v", a.Median, b.Median)
			}
		}
		s.Points = &PointShares{Reported: 0.3, Delivered: 0.3}
		few := m.Estimate(&s, "s", 0.5)
		s.Points = &PointShares{Reported: 0.3, Delivered: 0.6}
		more := m.Estimate(&s, "s", 0.5)
		if more.Median < few.Median-1e-12 && m.champion != byJira {
			t.Fatalf("more points delivered lower %v to %v", few.Median, more.Median)
		}
		if again := m.Within(&s, 30); again != within {
			t.Fatalf("points move the odds to finish from %v to %v", within, again)
		}
	})
}

func TestContainersOfOtherSetsCountAQuarter(t *testing.T) {
	m := &Model{Containers: 12, sets: map[string]int{"a": 4, "b": 8}}
	for set, want := range map[string]acquaintance{"a": 4 + 8.0/4, "b": 8 + 4.0/4, "another": 12.0 / 4, "": 12} {
		if got := m.acquaintance(set); got != want {
			t.Errorf("of set %q %v containers are known, want %v", set, got, want)
		}
	}
	if got := (&Model{Containers: 9, sets: map[string]int{"a": 9}}).acquaintance("a"); got != 9 {
		t.Errorf("of the only set %v containers are known, want 9", got)
	}
	if got := (&Model{}).acquaintance("a"); got != 0 {
		t.Errorf("of nothing %v containers are known", got)
	}
}
