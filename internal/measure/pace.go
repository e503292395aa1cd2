package measure

import "math"

// paceWithin is F1 of MEASURES §5: with a prior Gamma(½, ½) on the weekly
// rate, the deliveries of so many weeks are negative binomial, and
// P(T ≤ h) = 1 − F_NB(R−1). False where there is none: where no leaf is open, as
// the pace of what is finished says nothing of what is still to be found, and
// before paceWeeks full weeks are over.
func (s *Situation) paceWithin(days float64) (p float64, ok bool) {
	if !s.paced() {
		return 0, false
	}
	known := 0.5 + float64(len(s.Weekly))
	return moreThan(s.Open()-1, 0.5+float64(max(0, s.netLately())), known/(known+days/7)), true
}

// paceWeeks is from how many full weeks on there is a pace: fewer tell nothing
// of it (MEASURES §5, pitfalls). On the earlier half of Appcelerator's containers,
// and on its kinds that were left out of the prior, the odds were better for it.
const paceWeeks = 5

func (s *Situation) paced() bool { return s.Open() > 0 && len(s.Weekly) >= paceWeeks }

// paceWorth is how many deliveries make a pace half believed. 1, 3 and 6 came out
// alike on Appcelerator's and AeroGear's containers.
const paceWorth = 3

// paceBelief is how much of the pace the regression believes, 0…1: as much as
// there was to see of it, each week's net deliveries, or what was re-opened more
// than delivered, by the credibility n ÷ (n + paceWorth) (Bühlmann 1967). Where
// nothing happened for twelve weeks the work sleeps, and when it will be woken
// its pace does not tell. It does not hang on the open work.
func (s *Situation) paceBelief() float64 {
	n := 0
	for _, net := range s.Weekly {
		n += max(net, -net)
	}
	return float64(n) / float64(n+paceWorth)
}

// moreThan is 1 − F(n) of the negative binomial distribution of size r with
// the parameter p: the probability of more than n.
func moreThan(n int, r, p float64) float64 {
	if p >= 1 {
		return 0
	}
	// The first term, p^r, can be too small to write: the sum is over it, and
	// over e^scale.
	term, below, scale := 1.0, 0.0, 0.0
	for k := range n + 1 {
		below += term
		more := (float64(k) + r) / float64(k+1) * (1 - p)
		if term *= more; more < 1 && term*float64(n-k) < below*negligible {
			break // the terms grow smaller from here on
		}
		if term > largeTerm {
			term, below, scale = term/largeTerm, below/largeTerm, scale+math.Log(largeTerm)
		}
	}
	return min(1, max(0, 1-math.Exp(r*math.Log(p)+scale+math.Log(below))))
}

const (
	// negligible is what is lost in rounding.
	negligible = 1e-17
	largeTerm  = 1e250
)

// paceLogits are the logits of F1 at fitHorizons, which every month's fit asks
// for again; nil where there is no pace.
func (s *Situation) paceLogits() []float64 {
	if !s.paced() {
		return nil
	}
	var out []float64
	for _, h := range fitHorizons() {
		p, _ := s.paceWithin(h)
		out = append(out, boundedLogit(p))
	}
	return out
}

// adjustment recalibrates F1: P' = σ(a + b·logit P + c·log(h / 30 d)). MEASURES
// §5 has a and b for each horizon; with c they serve all. As b and c are not
// below 0, the odds rise with the horizon and fall with the open work.
type adjustment [3]float64

const (
	adjustLambda = 2.0 // as finishLambda
	adjustSteps  = 8
)

// of recalibrates; horizon is log(h / 30 d).
func (a *adjustment) of(pace, horizon float64) float64 {
	return logistic(a[0] + a[1]*pace + a[2]*horizon)
}

// adjust fits the recalibration by ridge logistic regression towards "the pace
// is right".
func adjust(rows []finishRow) adjustment {
	start := adjustment{0, 1, 0}
	m := start
	for range adjustSteps {
		var a [3][3]float64
		var b [3]float64
		for i := range a {
			l := adjustLambda
			if i == 0 {
				l *= ridgeIntercept
			}
			a[i][i], b[i] = l, -l*(m[i]-start[i])
		}
		for k := range rows {
			r := &rows[k]
			if !r.paced {
				continue
			}
			x := [3]float64{1, r.pace, r.x[finHorizon]}
			p := m.of(x[1], x[2])
			h := r.w * max(p*(1-p), 1e-4)
			for i := range a {
				b[i] += r.w * (r.y - p) * x[i]
				for j := range a[i][:i+1] {
					a[i][j] += h * x[i] * x[j]
				}
			}
		}
		for i, step := range solve([][]float64{a[0][:], a[1][:], a[2][:]}, b[:]) {
			m[i] += step
		}
		m[1], m[2] = max(0, m[1]), max(0, m[2])
	}
	return m
}
