package measure

import (
	"math"
	"slices"
	"time"
)

// finisher is a way to tell the probability that the last leaf will have been
// delivered within so many days (MEASURES §5).
type finisher uint8

// The finishers. The first is in force; the others are what it is made of, or
// what it is held against. Where a way has nothing to go by, as the pace has
// not where no leaf is open or hardly a week is over, the logistic regression
// stands in.
const (
	finishInForce  finisher = iota // the mean of the logits of F0, F1 recalibrated and F2, by their weights
	finishBase                     // F0: what became of like containers
	finishPace                     // F1: the Gamma–Poisson closed form
	finishAdjusted                 // F1, recalibrated on past containers
	finishLogistic                 // F2: the logistic regression
	finishSampled                  // Monte Carlo over the weeks' throughput, for comparison alone
	numFinishers
)

// String is the finisher's name in reports.
func (f finisher) String() string {
	return [numFinishers]string{"in force", "base rate", "pace", "pace, recalibrated", "logistic", "monte carlo"}[f]
}

// mixture is how much each finisher weighs in the one in force; 1 in all.
type mixture [numFinishers]float64

// mixtureRate is how fast a finisher loses weight by what it loses to the best
// one: by e^−2 for each container that it told wholly wrong, and the best one
// wholly right. Rates of 0, 2 and 5 came out alike on the earlier half of
// Appcelerator's and AeroGear's containers.
const mixtureRate = 2

// priorMixture stands while no container has closed: the regression, which
// alone has a prior, weighs most.
// The pace was worse than both on the earlier half of Appcelerator's and
// AeroGear's containers, and must earn its weight.
func priorMixture() mixture {
	return mixture{finishBase: 0.20, finishAdjusted: 0.04, finishLogistic: 0.76}
}

// mixture weighs the finishers by their Brier scores on the containers that
// have closed: one set of weights for all horizons, so that the odds still
// rise with the horizon.
func (l *losses) mixture() mixture {
	m := priorMixture()
	best := math.Inf(1)
	for f, w := range m {
		if w > 0 {
			best = min(best, l.finish[f])
		}
	}
	total := 0.0
	for f := range m {
		m[f] *= math.Exp(-mixtureRate * (l.finish[f] - best))
		total += m[f]
	}
	for f := range m {
		m[f] /= total
	}
	return m
}

// outlook is all that the finishers make of a situation, but for the days.
type outlook struct {
	model     *Model
	situation *Situation
	x         finishBeta
	// came is, for every pastFinish, the weight of those that were as near or
	// nearer; all of them, and of what stands in for more of them, is all.
	came []float64
	all  float64
	// grown is, where no leaf is open, the same with one open leaf.
	grown *outlook
}

// endingsRoom is for what an outlook makes of the endings, so that nothing is
// left to collect.
type endingsRoom [maxContainers * thinned]float64

func (m *Model) outlook(s *Situation, room *endingsRoom) outlook {
	n := len(m.endings)
	o := outlook{model: m, situation: s, x: s.finishVector(), came: slices.Grow(room[:0], n)[:n]}
	like := pastFinish{age: math.Log1p(max(0, s.Age)), since: math.Log1p(max(0, s.SinceDelivery)), kind: s.Kind}
	for k := range m.endings {
		o.all += m.endings[k].weight * m.endings[k].kernel(&like)
		o.came[k] = o.all
	}
	o.all += baseWorth
	if s.Open() == 0 {
		more := *s
		more.All++
		grown := o // F0 does not ask for the open work
		grown.situation, grown.x = &more, more.finishVector()
		o.grown = &grown
	}
	return o
}

// within tells, by every finisher but Monte Carlo, the probability to finish
// within so many days.
func (o *outlook) within(days float64) (p [numFinishers]float64) {
	if days <= 0 {
		return p
	}
	pace, paced := o.situation.paceWithin(days)
	paceLogit := 0.0
	if paced {
		paceLogit = boundedLogit(pace)
	}
	o.x.within(days, o.situation.paceBelief()*paceLogit)
	f := o.model.finish[o.situation.Kind]
	logistical := logistic(o.x.times(&f.beta))
	for k := range p {
		p[k] = logistical
	}
	p[finishBase] = o.base(days, logistical)
	if paced {
		p[finishPace] = pace
		p[finishAdjusted] = f.adjust.of(paceLogit, o.x[finHorizon])
	}
	sum := 0.0
	for k, w := range o.model.mix {
		if w > 0 {
			sum += w * boundedLogit(p[k])
		}
	}
	p[finishInForce] = logistic(sum)
	if o.grown != nil { // one more open leaf must not be told better odds
		p[finishInForce] = max(p[finishInForce], o.grown.within(days)[finishInForce])
	}
	return p
}

// base is F0 of MEASURES §5: the share of the own closed containers that
// finished within the days, shrunk to what the logistic regression says.
func (o *outlook) base(days, prior float64) float64 {
	endings := o.model.endings
	n, _ := slices.BinarySearchFunc(endings, days, func(e pastFinish, days float64) int {
		if e.left <= days {
			return -1
		}
		return 1
	})
	came := baseWorth * prior
	if n > 0 {
		came += o.came[n-1]
	}
	return came / o.all
}

// boundedLogit keeps a finisher that is sure of itself from silencing others.
func boundedLogit(p float64) float64 {
	const sure = 0.001
	return logit(min(1-sure, max(sure, p)))
}

// pastFinish is what became of a past case, by what F0 asks for.
type pastFinish struct {
	age, since float64
	left       float64 // days until its last leaf was delivered
	weight     float64 // 1 over the cases of its container
	kind       Kind
}

const (
	// baseWorth is how many containers the logistic regression is worth in
	// F0, as the prior is against the reference class (MEASURES §3.2, e0).
	baseWorth = referenceWeight
	// kernelSince is the width of the kernel in the logarithm of the days
	// since the last delivery: its scale in standardise. A container that sleeps
	// is not like one of the same age that is worked on. MEASURES §5 matches by
	// the delivered share too; but then more open work could bring other
	// containers near, and raise the odds.
	kernelSince = 1.3
)

// kernel is how much like the other it is.
func (e *pastFinish) kernel(o *pastFinish) float64 {
	a, s := (e.age-o.age)*(1/kernelAge), (e.since-o.since)*(1/kernelSince)
	k := math.Exp(-0.5*(a*a+s*s)) + kernelFloor
	if e.kind != o.kind && o.kind != KindGoal {
		k *= otherClass
	}
	return k
}

// endings lists what became of the cases that a model learns from, the nearest
// first.
func endings(closed []veteran) []pastFinish {
	var out []pastFinish
	for g := range closed {
		for k := range closed[g].lessons {
			c := &closed[g].lessons[k]
			out = append(out, pastFinish{
				age: math.Log1p(max(0, c.Age)), since: math.Log1p(max(0, c.SinceDelivery)),
				left: days(c.Finish.Sub(c.At)), weight: 1 / float64(len(closed[g].lessons)), kind: closed[g].Kind,
			})
		}
	}
	slices.SortStableFunc(out, func(a, b pastFinish) int {
		switch {
		case a.left < b.left:
			return -1
		case a.left > b.left:
			return 1
		}
		return 0
	})
	return out
}

// sampledRuns are so many that the sampling error is at most half a point.
const sampledRuns = 10_000

// sampledWithin is the usual Monte Carlo, at horizonDays: weeks are drawn with
// replacement from the last full ones, those without a delivery among them.
// The seed hangs on the container and the day, so that a day gives one figure.
func (s *Situation) sampledWithin(container uint64) (out [numHorizons]float64, ok bool) {
	if s.Open() <= 0 || len(s.Weekly) == 0 {
		return out, false
	}
	random := splitMix(container ^ uint64(s.At.Unix()/int64(day/time.Second)))
	var weeks [numHorizons]int
	for k, h := range horizonDays() {
		weeks[k] = (h + 3) / 7 // the nearest number of whole ones
	}
	for range sampledRuns {
		left := s.Open()
		for week := 1; week <= weeks[numHorizons-1]; week++ {
			if left -= s.Weekly[random.below(len(s.Weekly))]; left > 0 {
				continue
			}
			for k := range out {
				if week <= weeks[k] {
					out[k]++
				}
			}
			break
		}
	}
	for k := range out {
		out[k] /= sampledRuns
	}
	return out, true
}
