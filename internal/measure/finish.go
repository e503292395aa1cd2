package measure

import (
	"math"
	"time"
)

// horizonDays returns the horizons, in days, at which forecasts are scored.
func horizonDays() []int { return []int{14, 30, 60, 90} }

const numHorizons = 4

// fitHorizons are those that the logistic model is fitted at.
func fitHorizons() []float64 { return []float64{7, 14, 30, 60, 90, 180} }

// The features of the finish model (MEASURES §5, F2), in their order.
const (
	finOne     = iota
	finHorizon // log(h / 30 d)
	finOpen    // log(1+open leaves)
	finLogit   // ℓ
	finPace    // F1's logit, as far as it is believed, but of a fix version
	finAge     // log(1+age)
	finNew30   // share that came in within 30 days
	finSince   // log(1+days since the last delivery)
	finNoOpen  // 1 where no leaf is open
	finGrowth  // log growth
	finNoOpenH // log(h / 30 d) where no leaf is open
	finDropped // share of the leaves that were dropped
	finVersion // 1 for a fix version
	finParent  // 1 for an issue with sub-tasks
	finSmall   // 1 / (1+open): the last leaf is another matter than one of many
	// finVersionPace is finPace of a fix version, which is released on a day,
	// and what is open then is moved on: its pace tells little.
	finVersionPace
	numFinish
)

type finishBeta [numFinish]float64

// finishModel is a logistic regression of "the last leaf is delivered within
// h" on the situation and log h. The odds rise with h, so that the forecasts
// of the horizons are in order.
type finishModel struct {
	beta   finishBeta
	adjust adjustment // of the pace
}

// Age and time since the last delivery are told from these logarithms on, so
// that the penalty on a coefficient is little hindered by the intercept's.
const finAgeCenter, finSinceCenter = 4.5, 3.0

// finPaceScale is about the deviation of F1's logit: it lies between −7 and 7.
const finPaceScale = 3.0

const (
	finishLambda = 2.0
	finishSteps  = 6
	// finishedWeight is what a case weighs whose work was all delivered by then,
	// though nobody could know that nothing would follow. Whether such a case
	// belongs to the question "when will it be finished" can be argued both
	// ways, so it counts half.
	finishedWeight = 0.5
	// minHorizonSlope keeps the odds rising with the horizon.
	minHorizonSlope = 0.3
)

// finishVector returns the features; those of the horizon are left 0.
func (s *Situation) finishVector() finishBeta {
	v := finishBeta{
		finOne:    1,
		finOpen:   math.Log1p(float64(s.Open())) - 2,
		finLogit:  s.issueLogit(),
		finAge:    math.Log1p(max(0, s.Age)) - finAgeCenter,
		finNew30:  s.New30,
		finSince:  math.Log1p(max(0, s.SinceDelivery)) - finSinceCenter,
		finGrowth: s.Growth,
	}
	if s.Open() == 0 {
		v[finNoOpen] = 1
	} else {
		v[finSmall] = 1 / (1 + float64(s.Open()))
	}
	v[finDropped] = portion(s.Dropped, s.All)
	switch s.Kind {
	case KindVersion:
		v[finVersion] = 1
	case KindParent:
		v[finParent] = 1
	}
	return v
}

// within sets the features of a horizon. pace is F1's logit as far as it is
// believed, 0 where there is none.
func (v *finishBeta) within(days, pace float64) {
	h := math.Log(days / 30)
	v[finHorizon] = h
	v[finNoOpenH] = v[finNoOpen] * h
	if v[finVersion] == 1 {
		v[finVersionPace] = pace / finPaceScale
	} else {
		v[finPace] = pace / finPaceScale
	}
}

// finishRow is a case and a horizon, and whether it was finished by then.
type finishRow struct {
	x    finishBeta
	y, w float64
	// pace is F1's logit; paced tells that there is one.
	pace  float64
	paced bool
}

// finishRows asks of every case and horizon that was over at the moment: was
// it finished by then? Of containers that are still open that is known too,
// and it is no; a model that learnt from those that had closed alone would
// know the quick ones alone.
func finishRows(closed, open []veteran, kind Kind, asOf time.Time) []finishRow {
	var rows []finishRow
	add := func(p *veteran, weight float64) {
		until := asOf
		if p.known.Before(until) {
			until = p.known
		}
		if kind != KindGoal && p.Kind != kind {
			weight *= otherClass
		}
		weight *= p.worth()
		for k := range p.lessons {
			c := &p.lessons[k]
			w := weight
			if p.closed() && !c.Finish.After(c.At) {
				w *= finishedWeight
			}
			x, pace, belief := c.finishVector(), c.pace, c.paceBelief()
			if pace == nil {
				pace = c.paceLogits()
			}
			for i, h := range fitHorizons() {
				if c.At.Add(time.Duration(h * float64(day))).After(until) {
					break
				}
				r := finishRow{w: w}
				if p.closed() && c.finishedWithin(h) {
					r.y = 1
				}
				if pace != nil {
					r.pace, r.paced = pace[i], true
				}
				x.within(h, belief*r.pace)
				r.x = x
				rows = append(rows, r)
			}
		}
	}
	for k := range closed {
		add(&closed[k], 1)
	}
	for k := range open {
		add(&open[k], openWeight)
	}
	return rows
}

const (
	// finishWorth is how many independent cases a container of finishTypical
	// snapshots is worth, whatever it has of cases and horizons: they tell much
	// of the same. A longer life tells more, but not in proportion.
	finishWorth   = 2.0
	finishTypical = 6
	finishGrowth  = 0.5
	finishLongest = 40
	// openWeight is what a container that is still open weighs. That it was not
	// finished is known for sure; but forecasts are asked for, and scored on,
	// what is finished at last, and some containers never are.
	openWeight = 0.4
)

// worth is what a row of the container, a case and a horizon, weighs.
func (p *veteran) worth() float64 {
	life := min(finishLongest, float64(p.snapshots)) / finishTypical
	return finishWorth * math.Pow(life, finishGrowth) / float64(len(p.lessons)*len(fitHorizons()))
}

// closed tells that the container is known to have ended.
func (p *veteran) closed() bool { return !p.end.At.IsZero() }

func fitFinish(closed, open []veteran, kind Kind, prior *Prior, asOf time.Time) *finishModel {
	rows := finishRows(closed, open, kind, asOf)
	return &finishModel{beta: regressFinish(rows, prior.finish(), finishLambda), adjust: adjust(rows)}
}

// finishSigns are the signs that coefficients must have, so that more open work
// never raises the odds: 1 for at least 0, −1 for at most 0, 0 for any.
func finishSigns() (signs [numFinish]float64) {
	signs[finOpen] = -1
	signs[finLogit], signs[finPace], signs[finVersionPace], signs[finDropped], signs[finSmall] = 1, 1, 1, 1, 1
	return signs
}

// heldAtZero is the penalty that holds a coefficient at 0.
const heldAtZero = 1e6

// regressFinish is a logistic regression that is pulled towards where it
// starts. A coefficient that would take a sign that it must not have is held at
// 0 from then on, and the others take up what it would have told.
func regressFinish(rows []finishRow, start finishBeta, lambda float64) finishBeta {
	beta, signs := start, finishSigns()
	var penalty finishBeta
	for i := range penalty {
		penalty[i] = lambda
	}
	penalty[finOne] *= ridgeIntercept     // how fast work ends here, and how alike,
	penalty[finHorizon] *= ridgeIntercept // is learnt first
	hold := func() {
		for i, sign := range signs {
			if sign*beta[i] < 0 {
				beta[i], start[i], penalty[i] = 0, 0, heldAtZero
			}
		}
	}
	for range finishSteps {
		hold()
		var a [numFinish][numFinish]float64
		var b finishBeta
		for i := range a {
			a[i][i] = penalty[i]
			b[i] = -penalty[i] * (beta[i] - start[i])
		}
		for k := range rows {
			r := &rows[k]
			p := logistic(r.x.times(&beta))
			h := r.w * max(p*(1-p), 1e-4)
			for i := range a {
				b[i] += r.w * (r.y - p) * r.x[i]
				for j := range a[i][:i+1] {
					a[i][j] += h * r.x[i] * r.x[j]
				}
			}
		}
		lower := make([][]float64, numFinish)
		for i := range a {
			lower[i] = a[i][:]
		}
		step := solve(lower, b[:])
		for i := range step {
			beta[i] += step[i]
		}
		beta[finHorizon] = max(beta[finHorizon], minHorizonSlope)
		beta[finNoOpenH] = max(beta[finNoOpenH], 0.1-beta[finHorizon])
	}
	hold()
	return beta
}

// finishedWithin reports whether the last leaf was delivered within the days.
func (c *Case) finishedWithin(days float64) bool {
	return !c.Finish.After(c.At.Add(time.Duration(days * float64(day))))
}

// quantileSteps halve five years to less than a second.
const quantileSteps = 28

// quantile is the least number of days within which the last leaf will have
// been delivered with the probability, by the finisher in force. It is infinite
// where that is more than five years.
func (o *outlook) quantile(p float64) float64 {
	low, high := 0.0, float64(farthest)
	if o.within(high)[finishInForce] < p {
		return math.Inf(1)
	}
	for range quantileSteps {
		middle := (low + high) / 2
		if o.within(middle)[finishInForce] < p {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

func (v *finishBeta) times(beta *finishBeta) float64 {
	sum := 0.0
	for i := range v {
		sum += v[i] * beta[i]
	}
	return sum
}
