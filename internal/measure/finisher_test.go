package measure

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTheNegativeBinomialWorkedByHand(t *testing.T) {
	for _, c := range []struct {
		n       int
		r, p    float64
		want    float64
		because string
	}{
		{0, 1, 0.5, 0.5, "geometric: 1 − ½"},
		{1, 1, 0.5, 0.25, "geometric: 1 − ½ − ¼"},
		{2, 2, 0.5, 0.3125, "1 − ¼ − 2·⅛ − 3·1/16"},
		{0, 0.5, 0.25, 0.5, "1 − √¼"},
		{1, 0.5, 0.25, 0.3125, "1 − ½ − ½·½·¾"},
		{0, 3, 1, 0, "no time, no deliveries"},
		{0, 5000, 0.5, 1, "p^r is too small to write"},
		{5000, 5000, 0.5, 0.5, "as many failures as successes: the median, nearly"},
	} {
		if got := moreThan(c.n, c.r, c.p); math.Abs(got-c.want) > 0.005 || c.n < 100 && math.Abs(got-c.want) > 1e-12 {
			t.Errorf("P(N > %d) with r = %v, p = %v is %v, want %v (%s)", c.n, c.r, c.p, got, c.want, c.because)
		}
	}
}

func TestThePaceWorkedByHand(t *testing.T) {
	for name, c := range map[string]struct {
		s    Situation
		days float64
		want float64
	}{
		// Five weeks without a delivery: r = ½, p = 5½/(5½+16½) = ¼.
		"five weeks of nothing":             {Situation{All: 1, Weekly: []int{0, 0, 0, 0, 0}}, 115.5, 0.5},
		"five weeks of nothing, two leaves": {Situation{All: 2, Weekly: []int{0, 0, 0, 0, 0}}, 115.5, 0.3125},
		"more re-opened than delivered":     {Situation{All: 1, Weekly: []int{-3, 0, 0, 1, 0}}, 115.5, 0.5},
	} {
		if got, ok := c.s.paceWithin(c.days); !ok || math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	done := Situation{All: 5, Delivered: 5, Weekly: []int{3, 2, 0, 0, 0}}
	if _, ok := done.paceWithin(30); ok {
		t.Error("the pace tells when what is finished will be finished")
	}
	young := Situation{All: 5, Delivered: 1, Weekly: []int{1, 0, 0, 0}}
	if _, ok := young.paceWithin(30); ok {
		t.Error("four weeks are told to have a pace")
	}
}

func TestLawsOfTheFinishers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, s := someModel(t), someSituation(t)
		o := m.outlook(&s, &endingsRoom{})
		var last [numFinishers]float64
		for _, h := range []float64{0, 1, 7, 14, 30, 60, 90, 365, 3650} {
			p := o.within(h)
			for f := range numFinishers {
				if !(p[f] >= last[f]-1e-12 && p[f] <= 1) {
					t.Fatalf("%v: %v within %v days, and less before: %v", f, p[f], h, last[f])
				}
			}
			last = p
		}
		more := s
		more.All++
		o, then := m.outlook(&s, &endingsRoom{}), m.outlook(&more, &endingsRoom{})
		for _, h := range []float64{7, 30, 365} {
			p, q := o.within(h), then.within(h)
			if s.Open() == 0 {
				if q[finishInForce] > p[finishInForce]+1e-9 {
					t.Fatalf("where all was done, one open leaf raised %v to %v within %v days", p[finishInForce], q[finishInForce], h)
				}
				continue
			}
			for f := range finishSampled {
				if q[f] > p[f]+1e-9 {
					t.Fatalf("%v: one more open leaf raised %v to %v within %v days", f, p[f], q[f], h)
				}
			}
		}
	})
}

func TestWhereNoLeafIsOpenThePaceIsNotAsked(t *testing.T) {
	m := fit(nil, nil, NeutralPrior(), time.Time{})
	s := Situation{Kind: KindEpic, All: 8, Delivered: 8, Weekly: []int{4, 4}}
	o := m.outlook(&s, &endingsRoom{})
	p := o.within(30)
	if p[finishPace] != p[finishLogistic] || p[finishAdjusted] != p[finishLogistic] || p[finishInForce] > 0.99 {
		t.Errorf("the odds are %v", p)
	}
}

func TestAPaceIsBelievedAsFarAsThereIsOneToSee(t *testing.T) {
	for _, c := range []struct {
		weekly []int
		want   float64
	}{
		{nil, 0},
		{[]int{0, 0, 0, 0, 0}, 0},
		{[]int{1, 0, 0, 0, 0}, 0.25},
		{[]int{0, 2, 0, 0, 1}, 0.5},
		{[]int{0, 2, 0, 0, -1}, 0.5}, // what is re-opened is seen as well
		{[]int{9, 9, 9}, 0.9},
	} {
		s := Situation{Weekly: c.weekly}
		if got := s.paceBelief(); !near(got, c.want) {
			t.Errorf("of a pace of %v, %v is believed, want %v", c.weekly, got, c.want)
		}
	}
}

func TestTheRegressionKnowsTheOddsOfThePace(t *testing.T) {
	for kind, which := range map[Kind]int{KindEpic: finPace, KindVersion: finVersionPace} {
		m := fit(nil, nil, NeutralPrior(), time.Time{})
		beta := &m.finish[kind].beta
		says := func(weekly ...int) float64 {
			s := Situation{Kind: kind, All: 2, Weekly: weekly}
			o := m.outlook(&s, &endingsRoom{})
			return logit(o.within(115.5)[finishLogistic])
		}
		beta[finPace], beta[finVersionPace] = 0, 0
		without := says(2, -2, 0, 0, 0)
		beta[which] = 2
		// The pace says 0.3125, as worked by hand above; there were 4 to see.
		if got, want := says(2, -2, 0, 0, 0)-without, 2*4.0/7*logit(0.3125)/finPaceScale; !near(got, want) {
			t.Errorf("%s: the odds of the pace move the regression by %v, want %v", kind, got, want)
		}
		if got := says(2, -2, 0, 0); !near(got, without) {
			t.Errorf("%s: before five weeks are over the regression says %v, and %v without a pace", kind, got, without)
		}
		if got := says(0, 0, 0, 0, 0); !near(got, without) {
			t.Errorf("%s: of work that sleeps the regression says %v, and %v without a pace", kind, got, without)
		}
	}
}

// Nothing has closed yet, and the prior knows no data.
func TestOfAGoalThatIsFarTooSlowNoEarlyEndIsToldAndOfAFastOneNoLateOne(t *testing.T) {
	m := fit(nil, nil, NeutralPrior(), time.Time{})
	asleep := make([]int, forecastWeeks)
	says := func(kind Kind, open int, weekly []int) float64 {
		o := m.outlook(&Situation{Kind: kind, All: 7 + open, Delivered: 7, Age: 145, SinceDelivery: 12, Weekly: weekly}, &endingsRoom{})
		return o.within(42)[finishLogistic]
	}
	slow, fast := []int{0, 1, 0, 0, 2, 0, 0, -1, 2, 0, -1, 1}, []int{1, 2, 1, 0, 2, 1, 1, 2, 1, 1, 0, 2}
	// 42 ÷ (42 + √(146·13)): it lasts as long again as it has lasted.
	if got := says(KindGoal, 11, asleep); math.Abs(got-0.491) > 0.001 {
		t.Errorf("without a pace the odds are %v, want 0.491", got)
	}
	if got := says(KindGoal, 11, slow); got < 0.05 || got > 0.25 {
		t.Errorf("where 33 weeks are needed, 6 suffice with odds of %v", got)
	}
	if got := says(KindGoal, 3, fast); got < 0.65 {
		t.Errorf("where under 3 weeks are needed, 6 suffice with odds of %v", got)
	}
	if got, want := says(KindVersion, 11, slow), says(KindVersion, 11, asleep); !near(got, want) {
		t.Errorf("of a version that is too slow the odds are %v, want %v, as of one that sleeps", got, want)
	}
}

func TestTheBaseRateIsWhatBecameOfLikeContainers(t *testing.T) {
	m := fit(nil, nil, NeutralPrior(), time.Time{})
	s := Situation{Kind: KindEpic, All: 10, Delivered: 5, Age: 50, SinceDelivery: 10}
	like := pastFinish{age: math.Log1p(50), since: math.Log1p(10), weight: 1, kind: KindEpic}
	for _, left := range []float64{10, 20, 40, 80} {
		e := like
		e.left = left
		m.endings = append(m.endings, e)
	}
	o := m.outlook(&s, &endingsRoom{})
	p := o.within(30)
	// Two of four had finished; each weighs 1.02, the regression 4.
	if want := (2*1.02 + 4*p[finishLogistic]) / (4*1.02 + 4); math.Abs(p[finishBase]-want) > 1e-12 {
		t.Errorf("the base rate is %v, want %v", p[finishBase], want)
	}
	for k := range m.endings {
		m.endings[k].kind = KindVersion
	}
	o = m.outlook(&s, &endingsRoom{})
	if got, want := o.within(30)[finishBase], (2*0.255+4*p[finishLogistic])/(4*0.255+4); math.Abs(got-want) > 1e-12 {
		t.Errorf("with those of another kind it is %v, want %v", got, want)
	}
}

func TestAFinisherThatLosesLosesItsWeight(t *testing.T) {
	var l losses
	if got := l.mixture(); !near(got[finishBase], 0.20) || !near(got[finishAdjusted], 0.04) || !near(got[finishLogistic], 0.76) {
		t.Errorf("without history the weights are %v", got)
	}
	l.finish[finishBase], l.finish[finishAdjusted], l.finish[finishLogistic] = 3, 3, 3+math.Ln2/2
	// 0.20 : 0.04 : 0.38
	if got := l.mixture(); !near(got[finishBase], 0.20/0.62) || !near(got[finishLogistic], 0.38/0.62) || got[finishSampled] != 0 {
		t.Errorf("the weights are %v", got)
	}
}

func TestEveryContainerWeighsTheSameInTheFinishersLosses(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var l losses
	add := func(n int, p float64) {
		told, cases := make([]Told, n), make([]Case, n)
		for k := range n {
			cases[k] = Case{Situation: Situation{At: at}, Finish: at.AddDate(0, 0, 10)}
			for i := range horizonDays() {
				told[k].Within[i], told[k].by[finishBase][i] = p, p
			}
		}
		l.takeFinish(told, cases)
	}
	add(1, 0.5)
	add(100, 1)
	if !near(l.finish[finishBase], 0.25) || !near(l.horizons[0].n, 2) || !near(l.horizons[0].brier, 0.25) {
		t.Errorf("the losses are %v and %+v", l.finish[finishBase], l.horizons[0])
	}
}

func TestTheMonteCarloOfADayIsTheSameAndComesNearTheExactOdds(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := Situation{At: at, All: 1, Weekly: []int{1, 0}}
	got, ok := s.sampledWithin(7)
	again, _ := s.sampledWithin(7)
	if !ok || got != again {
		t.Errorf("%v, and %v", got, again)
	}
	for k, weeks := range []float64{2, 4, 9, 13} { // a week is missed by every second draw
		if want := 1 - math.Pow(0.5, weeks); math.Abs(got[k]-want) > 0.02 {
			t.Errorf("within %v weeks %v, want about %v", weeks, got[k], want)
		}
	}
	s.Weekly = nil
	if _, ok := s.sampledWithin(7); ok {
		t.Error("weeks are drawn where there are none")
	}
}

func TestAScoreOfContainersWeighsTheirSnapshots(t *testing.T) {
	told := make([]*Told, 3)
	for k := range told {
		told[k] = &Told{}
	}
	p, came := []float64{0.8, 0.4, 0.4}, []bool{true, false, false}
	k := -1
	s := scoreProbability(told, []float64{1, 0.5, 0.5}, func(*Told) (float64, bool) { k++; return p[k], came[k] })
	// Brier (0.04+0.16)/2 against ¼; bins |1−0.8|/2 + |0−0.4|/2.
	if !near(s.Base, 0.5) || !near(s.Brier, 0.1) || !near(s.Skill, 0.6) || !near(s.ECE, 0.3) || !near(*s.AUC, 1) {
		t.Errorf("scores %+v, AUC %v", s, *s.AUC)
	}
}
