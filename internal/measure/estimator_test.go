package measure

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// someSituation is any that can be: also one that no sane Jira has.
func someSituation(t *rapid.T) Situation {
	s := Situation{
		At: time.Unix(1_770_000_000, 0).UTC(), Kind: rapid.SampledFrom([]Kind{KindEpic, KindVersion, KindParent, KindGoal}).Draw(t, "kind"),
		All: rapid.IntRange(1, 400).Draw(t, "all"), Age: rapid.Float64Range(-1, 5000).Draw(t, "age"),
		SinceDelivery: rapid.Float64Range(-1, 5000).Draw(t, "since"), New30: rapid.Float64Range(0, 1).Draw(t, "new"),
		Younger: rapid.Float64Range(0, 1).Draw(t, "younger"), Growth: rapid.Float64Range(-5, 5).Draw(t, "growth"),
		Weekly: rapid.SliceOfN(rapid.IntRange(-5, 20), 0, forecastWeeks).Draw(t, "weekly"),
	}
	s.Dropped = rapid.IntRange(0, s.All).Draw(t, "dropped")
	s.Delivered = rapid.IntRange(0, s.Scope()).Draw(t, "delivered")
	s.Reported = rapid.IntRange(0, s.All).Draw(t, "reported")
	return s
}

// someModel is fitted on containers that came out anyhow.
func someModel(t *rapid.T) *Model {
	var closed []veteran
	for k := range rapid.IntRange(0, 30).Draw(t, "containers") {
		p := veteran{Container: &Container{Kind: KindEpic, Set: "s", Name: fmt.Sprint(k)}, end: Closing{At: time.Unix(1, 0)}}
		for range rapid.IntRange(1, 4).Draw(t, "cases") {
			s := someSituation(t)
			p.lessons = append(p.lessons, Case{
				Situation: s, Truth: rapid.Float64Range(0, 1).Draw(t, "truth"), final: rapid.IntRange(minFinal, 100).Draw(t, "final"),
				Finish: s.At.Add(time.Duration(rapid.IntRange(-50, 400).Draw(t, "days")) * day),
			})
		}
		p.known = p.lessons[0].At.AddDate(5, 0, 0)
		closed = append(closed, p)
	}
	m := fit(closed, nil, ShippedPrior(), time.Unix(1_900_000_000, 0))
	m.champion = rapid.SampledFrom([]method{byJira, byDelivered, byRegression}).Draw(t, "champion")
	m.stretch = rapid.Float64Range(minStretch, 3).Draw(t, "stretch")
	return m
}

func TestLawsOfTheEstimate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, s := someModel(t), someSituation(t)
		e := m.Estimate(&s, "s", s.Naive())
		for name, v := range map[string]float64{
			"median": e.Median, "lower": e.Lower, "upper": e.Upper, "overstated": e.Overstated, "grew again": e.GrewAgain,
			"within 30 d": m.Within(&s, 30),
		} {
			if !(v >= 0 && v <= 1) {
				t.Fatalf("%s is %v", name, v)
			}
		}
		if e.Lower > e.Median || e.Median > e.Upper {
			t.Fatalf("the interval %v–%v does not hold the median %v", e.Lower, e.Upper, e.Median)
		}
		if quick := m.Overstates(&s, "s", s.Naive()); math.Abs(quick-e.Overstated) > 1e-9 {
			t.Fatalf("overstated by %v at one place and %v at the other", e.Overstated, quick)
		}
	})
}

func TestMoreDoneWorkNeverLowersTheEstimateWhileALeafIsOpen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, s := someModel(t), someSituation(t)
		s.Reported = s.Delivered + s.Dropped
		if s.Open() < 2 {
			return
		}
		more := s
		more.Delivered++
		more.Reported++
		more.SinceDelivery = 0
		before, after := m.Estimate(&s, "s", s.Naive()).Median, m.Estimate(&more, "s", more.Naive()).Median
		if after < before-1e-12 {
			t.Fatalf("one more delivered lowered %v to %v", before, after)
		}
	})
}

func TestInTheColdStartTheMedianIsWhatJiraShowsWhileALeafIsOpen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, s := fit(nil, nil, ShippedPrior(), time.Time{}), someSituation(t)
		m.Containers = rapid.IntRange(0, firstOwn).Draw(t, "closed")
		if s.Open() == 0 {
			return
		}
		if got := m.Estimate(&s, "", s.Naive()).Median; math.Abs(got-s.Naive()) > 1e-9 {
			t.Fatalf("Jira shows %v, the estimate is %v", s.Naive(), got)
		}
	})
}

func TestTheColdStartEndsWithTheEighthToTheTwelfthContainer(t *testing.T) {
	// Of 20 issues 4 are delivered and 6 dropped: Jira shows 10 of 20, delivered
	// are 4 of 14. A regression that says no more than the latter changes nothing.
	s := Situation{Kind: KindEpic, All: 20, Reported: 10, Delivered: 4, Dropped: 6}
	jira, delivered := logit(7.5/15), logit(4.5/15)
	for closed, want := range map[int]float64{0: jira, 8: jira, 10: (jira + delivered) / 2, 12: delivered, 100: delivered} {
		m := fit(nil, nil, NeutralPrior(), time.Time{})
		m.Containers = closed
		v := m.features(&s)
		like := m.like(&v, s.Kind, "", new(room))
		if got := m.center(byRegression, &s, &v, &like); !near(got, want) {
			t.Errorf("with %d closed it lies at %v, want %v", closed, got, want)
		}
	}
}

func TestAllDoneAndNothingElseKnownCanReachOne(t *testing.T) {
	m := fit(nil, nil, NeutralPrior(), time.Time{})
	for _, n := range []int{1, 5, 40, 1000} {
		s := Situation{Kind: KindEpic, All: n, Reported: n, Delivered: n}
		if got := s.completion(s.logit()); math.Abs(got-1) > 1e-9 {
			t.Errorf("%d of %d, there and back, is %v", n, n, got)
		}
		if got := m.Estimate(&s, "", 1).Median; got < 1-1e-9 {
			t.Errorf("%d of %d is told as %v", n, n, got)
		}
	}
}

func TestTheOddsOfFinishingRiseWithTheHorizonAndComeBackAsDates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, s := someModel(t), someSituation(t)
		last := 0.0
		for _, h := range []float64{0, 1, 7, 14, 30, 60, 90, 365, 3650} {
			p := m.Within(&s, h)
			if p < last {
				t.Fatalf("within %v days %v, and less before: %v", h, p, last)
			}
			last = p
		}
		for _, p := range []float64{0.5, 0.85} {
			d := m.Quantile(&s, p)
			if math.IsInf(d, 1) {
				d = farthest
			} else if m.Within(&s, d) < p {
				t.Fatalf("the date of %v has the odds %v", p, m.Within(&s, d))
			}
			if before := m.Within(&s, d-1e-4); before >= p {
				t.Fatalf("%v is reached before the date already: %v", p, before)
			}
		}
	})
}

func TestTheRegressionTrustsThePriorWithoutData(t *testing.T) {
	prior := NeutralPrior().beta()
	if beta, _, _ := ridge(nil, 0, nil, &prior, ridgeLambda); math.Abs(beta[featLogit]-1) > 1e-12 || math.Abs(beta[featSize]) > 1e-12 {
		t.Errorf("β is %v", beta)
	}
}

func TestAGroupIsLeftOutAsIfItHadNeverBeenThere(t *testing.T) {
	var rows []observation // without outliers, so that all weights are 1
	for k := range 40 {
		x := vector{featOne: 1, featLogit: float64(k%7) - 3, featSize: float64(k % 3)}
		rows = append(rows, observation{x: x, y: 0.9*x[featLogit] + 0.1*x[featSize], weight: 1, group: k / 10})
	}
	prior := NeutralPrior().beta()
	_, without, _ := ridge(rows, 4, nil, &prior, ridgeLambda)
	rest, _, _ := ridge(rows[10:], 4, nil, &prior, ridgeLambda)
	for k := range rest {
		if math.Abs(rest[k]-without[0][k]) > 1e-9 {
			t.Errorf("coefficient %d is %v, and %v where the group was never there", k, without[0][k], rest[k])
		}
	}
}

func TestAnOutlierCountsLinearly(t *testing.T) {
	prior := vector{}
	rows := []observation{{x: vector{featOne: 1}, y: 0, weight: 1000}, {x: vector{featOne: 1}, y: 1000, weight: 1, group: 1}}
	beta, _, _ := ridge(rows, 2, nil, &prior, 0)
	if want := huberK / 1000; math.Abs(beta[featOne]-want) > 1e-4 {
		t.Errorf("the mean moved by %v, want %v", beta[featOne], want)
	}
}

func TestTheShippedPriorIsWhole(t *testing.T) {
	p := ShippedPrior()
	if len(p.Source) != 2 || len(p.Fitted) < 60 || len(p.References) < 200 {
		t.Errorf("it is of %v, with %d containers and %d references", p.Source, len(p.Fitted), len(p.References))
	}
	if p.Beta[featLogit] <= 0 || p.Finish[finHorizon] < minHorizonSlope {
		t.Errorf("its coefficients are %v and %v", p.Beta, p.Finish)
	}
}

func TestAPriorThatCannotBeIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*Prior)
		want  string
	}{
		"too few coefficients": {func(p *Prior) { p.Beta = p.Beta[1:] }, "8 numbers in beta, not 9"},
		"absurd":               {func(p *Prior) { p.High[2] = 1e9 }, "a number beyond ±1000 in high"},
		"no references":        {func(p *Prior) { p.References = nil }, "0 references, not 1 to 10000"},
		"an absurd reference":  {func(p *Prior) { p.References[1][6] = -1 }, "a number that cannot be in reference 1"},
		"the wrong sign":       {func(p *Prior) { p.Finish[finOpen] = 1 }, "finish 2 by which more open work would raise the odds"},
		"time runs backwards":  {func(p *Prior) { p.Finish[finHorizon] = -1 }, "coefficients by which less done work, or less time, would mean more"},
		"edges":                {func(p *Prior) { p.Low[3], p.High[3] = 2, 1 }, "edge 3 upside down"},
	} {
		p := NeutralPrior()
		c.spoil(p)
		want := "the prior has " + c.want + ": fit it anew with backtest --fit-prior"
		if err := p.check(); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if err := NeutralPrior().check(); err != nil {
		t.Error(err)
	}
}

// FuzzParsePrior: what is accepted tells odds and an interval that can be.
func FuzzParsePrior(f *testing.F) {
	f.Add(shippedPrior)
	f.Add([]byte(`{"beta":[]}`))
	f.Fuzz(func(t *testing.T, written []byte) {
		p, err := ParsePrior(written)
		if err != nil {
			return
		}
		m := fit(nil, nil, p, time.Time{})
		s := Situation{Kind: KindGoal, All: 12, Delivered: 7, Reported: 8, Age: 40, SinceDelivery: 3}
		e := m.Estimate(&s, "", 0.7)
		if !(0 <= e.Lower && e.Lower <= e.Median && e.Median <= e.Upper && e.Upper <= 1) {
			t.Errorf("%+v", e)
		}
		if a, b := m.Within(&s, 14), m.Within(&s, 90); !(0 <= a && a <= b && b <= 1) {
			t.Errorf("within 14 days %v, within 90 days %v", a, b)
		}
	})
}

func TestAChallengerMustWinClearlyAndOften(t *testing.T) {
	errs := func(jira, delivered, regression float64) [numMethods]float64 {
		return [numMethods]float64{byJira: jira, byDelivered: delivered, byReference: 1, byRegression: regression}
	}
	for name, c := range map[string]struct {
		times int
		errs  [numMethods]float64
		want  method
	}{
		"nothing is known":         {0, errs(1, 1, 1), byRegression},
		"too few have closed":      {19, errs(1, 0.1, 9), byRegression},
		"the regression loses":     {30, errs(0.10, 0.10, 0.14), byJira},
		"it loses by a little":     {30, errs(0.10, 0.10, 0.101), byRegression},
		"the delivered share wins": {30, errs(0.10, 0.05, 0.09), byDelivered},
		"nothing was ever missed":  {30, errs(0, 0, 0), byRegression},
	} {
		var l losses
		l.containers = float64(c.times)
		for m, e := range c.errs {
			l.errors[m] = float64(c.times) * e
		}
		if got := l.champion(); got != c.want {
			t.Errorf("%s: %v is in force, want %v", name, got, c.want)
		}
	}
}

// likened is how much three references, by whose residuals 1, 2 and 5 the
// delivered share came out, are like something.
func likened(weights ...float64) likeness {
	m := &Model{}
	l := likeness{model: m, weights: weights}
	for k, w := range weights {
		r := reference{}
		r.residual[byDelivered] = []float64{2, 5, 1}[k]
		r.residual[byReference] = r.residual[byDelivered]
		m.references = append(m.references, r)
		l.total += w
	}
	m.sort()
	return l
}

func TestQuantilesAndTailsOfResiduals(t *testing.T) {
	l, none := likened(2, 1, 1), likened()
	for q, want := range map[float64]float64{0: 1, 0.25: 1, 0.5: 2, 0.75: 2, 0.76: 5, 1: 5} {
		if low, high := l.quantiles(byDelivered, q, q); low != want || high != want {
			t.Errorf("the %v quantile is %v and %v, want %v", q, low, high, want)
		}
	}
	if low, high := l.quantiles(byReference, 0.1, 0.9); low != 1 || high != 5 {
		t.Errorf("of ten, the second and the last are %v and %v, want 1 and 5", low, high)
	}
	for x, want := range map[float64]float64{0: 0, 1: 0, 2: 1, 3: 3, 6: 4} {
		if got := l.below(byDelivered, &Situation{}, 0, logistic(x)); got != want {
			t.Errorf("%v weigh what lies below %v, want %v", got, x, want)
		}
		if got := l.below(byDelivered, &Situation{}, -7, logistic(x-7)); got != want {
			t.Errorf("around -7, %v weigh what lies below %v, want %v", got, x, want)
		}
	}
	if low, high := none.quantiles(byDelivered, 0.1, 0.9); low != 0 || high != 0 {
		t.Errorf("the quantiles of nothing are %v and %v", low, high)
	}
}

func TestAnEnsembleHasEachValueAsOftenAsItWeighs(t *testing.T) {
	l := likened(2, 1, 1)
	s := &Situation{}
	times := func(e ensemble) map[float32]int {
		out := map[float32]int{}
		for _, v := range e {
			out[v]++
		}
		return out
	}
	at := func(x float64) float32 { return float32(logistic(x)) }
	one := l.ensemble(s, part{byDelivered, 0, 1})
	if d := cmp.Diff(map[float32]int{at(1): 8, at(2): 17, at(5): 8}, times(one)); d != "" {
		t.Errorf("of one part (-want +got):\n%s", d)
	}
	// Of 8: -2 weighs 1, -1 2, 1 1, 2 2 and once more 1, and 5 1.
	both := l.ensemble(s, part{byDelivered, 0, 0.5}, part{byReference, -3, 0.5})
	if d := cmp.Diff(map[float32]int{at(-2): 4, at(-1): 8, at(1): 5, at(2): 12, at(5): 4}, times(both)); d != "" {
		t.Errorf("of two parts (-want +got):\n%s", d)
	}
	if !slices.IsSorted(both[:]) {
		t.Errorf("it is not in order: %v", both)
	}
}
