package measure

import "math"

// losses are how well the containers that have closed were told, each counting
// as one.
type losses struct {
	containers float64
	errors     [numMethods]float64 // sums of mean absolute errors
	covered    float64             // sum of the shares that the interval held
	// lately are those shares of the last containers, the latest first.
	lately   [calibratedOver]float64
	horizons [numHorizons]horizonLoss
	finish   [numFinishers]float64 // sums of mean Brier scores over snapshots and horizons
}

// horizonLoss sums up the probabilities to finish within a horizon, over the
// snapshots before the finish, which together weigh 1 for each container.
type horizonLoss struct{ n, came, brier float64 }

// take takes in a container that has closed: what was told of it, and what came.
func (l *losses) take(told []Told, cases []Case) (missed float64, ok bool) {
	n := min(len(told), len(cases))
	told, cases = told[:n], cases[:n]
	l.takeFinish(told, cases)
	if n == 0 {
		return 0, false
	}
	l.containers++
	for k := range cases {
		c, t := &cases[k], &told[k]
		if !t.Estimate.holds(c.Truth) {
			missed += 1 / float64(n)
		}
		for m, x := range t.Estimate.each {
			l.errors[m] += math.Abs(x-c.Truth) / float64(n)
		}
	}
	l.covered += 1 - missed
	copy(l.lately[1:], l.lately[:])
	l.lately[0] = 1 - missed
	return missed, true
}

// takeFinish takes in what was told of the finish before it.
func (l *losses) takeFinish(told []Told, cases []Case) {
	before := 0.0
	for k := range cases {
		if cases[k].Finish.After(cases[k].At) {
			before++
		}
	}
	for k := range cases {
		c, t := &cases[k], &told[k]
		if !c.Finish.After(c.At) {
			continue
		}
		for i, h := range horizonDays() {
			y := 0.0
			if c.finishedWithin(float64(h)) {
				y = 1
			}
			o := &l.horizons[i]
			o.n += 1 / before
			o.came += y / before
			o.brier += (t.Within[i] - y) * (t.Within[i] - y) / before
			for f := range t.by {
				l.finish[f] += (t.by[f][i] - y) * (t.by[f][i] - y) / (before * numHorizons)
			}
		}
	}
}

// skill is the Brier skill against the base rate; false where all came out the
// same way.
func (h *horizonLoss) skill() (float64, bool) {
	if h.n == 0 || h.came == 0 || h.came == h.n {
		return 0, false
	}
	base := h.came / h.n
	return 1 - h.brier/h.n/(base*(1-base)), true
}

// championWorth is how many containers what MEASURES §3.2 found is worth
// against one's own history: a challenger must win over about as many.
const championWorth = 20

const (
	// championAfter is from how many closed containers on a challenger may win
	// (MEASURES §11), championMargin by how much of Jira's error it must.
	championAfter  = 20
	championMargin = 0.03
)

// expected are the methods' errors over Jira's as MEASURES §3.2 has them, from
// 166 containers of five public data sets.
func expected() [numMethods]float64 {
	return [numMethods]float64{byJira: 1, byDelivered: 0.96, byReference: 0.96, byRegression: 0.93}
}

// champion is the method with the least error on one's own history, shrunk to
// what is expected while that is short. The reference class's shift of the
// delivered share is scored, but never in force: by it, more delivered work
// can lower the estimate.
func (l *losses) champion() method {
	best := byRegression
	jira := l.errors[byJira]
	if l.containers == 0 || jira == 0 {
		return best
	}
	ratio := func(m method) float64 {
		return (l.containers*l.errors[m]/jira + championWorth*expected()[m]) / (l.containers + championWorth)
	}
	if l.containers < championAfter {
		return best
	}
	for _, m := range []method{byJira, byDelivered} {
		if ratio(m) < ratio(best)-championMargin {
			best = m
		}
	}
	return best
}
