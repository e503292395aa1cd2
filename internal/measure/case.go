package measure

import (
	"math"
	"time"
)

// Case is a closed container at a moment of its life: what was known then,
// and what came of it.
type Case struct {
	Situation
	Truth float64
	// Finish is when the last leaf of what was finally delivered was
	// delivered; it can lie before the moment.
	Finish time.Time
	final  int // leaves finally delivered
	// pace is the situation's paceLogits; nil: they were not worked out.
	pace []float64
}

// cases returns the situations of a container that has ended, up to its end,
// with what came of them.
func (c *Container) cases(situations []Situation, end *Closing) []Case {
	var out []Case
	for _, s := range situations {
		if !s.At.Before(end.At) {
			break
		}
		out = append(out, Case{Situation: s, Truth: c.truth(end, s.At), Finish: end.Finished, final: len(end.Final)})
	}
	return out
}

// The features of the regression (MEASURES §3.2), in their order.
const (
	featOne     = iota
	featLogit   // ℓ, the smoothed logit of the delivered share
	featSize    // log(1+s)
	featAge     // log(1+age), days
	featNew30   // share that came in within 30 days
	featYounger // share that came in in the younger half of life
	featGrowth  // log(scope / scope of the first week)
	featSince   // log(1+days since the last delivery)
	featNoOpen  // 1 where no leaf is open
	numFeatures
)

type vector [numFeatures]float64

// vector returns the features as they are, not standardised.
func (s *Situation) vector() vector {
	v := vector{
		featOne:     1,
		featLogit:   s.logit(),
		featSize:    math.Log1p(float64(s.Scope())),
		featAge:     math.Log1p(max(0, s.Age)),
		featNew30:   s.New30,
		featYounger: s.Younger,
		featGrowth:  s.Growth,
		featSince:   math.Log1p(max(0, s.SinceDelivery)),
	}
	if s.Open() == 0 {
		v[featNoOpen] = 1
	}
	return v
}

// logit is ℓ of MEASURES §3.2: the delivered share, smoothed by half a leaf. By
// points it is smoothed alike, as if all leaves weighed the same.
func (s *Situation) logit() float64 {
	n := float64(s.Scope())
	return logit((s.DeliveredShare()*n + 0.5) / (n + 1))
}

// jiraLogit is the logit of what Jira shows, smoothed alike.
func (s *Situation) jiraLogit() float64 {
	n := float64(s.Scope())
	return logit((s.Naive()*n + 0.5) / (n + 1))
}

// issueLogit is logit by issues, also where points count.
func (s *Situation) issueLogit() float64 {
	byIssues := *s
	byIssues.Points = nil
	return byIssues.logit()
}

// completion undoes the smoothing of logit: the completion in 0…1 that a value on
// the logit scale means for this scope. All done, with no other evidence,
// comes back as 1.
func (s *Situation) completion(eta float64) float64 {
	n := float64(s.Scope())
	if n <= 0 {
		return logistic(eta)
	}
	return min(1, max(0, ((n+1)*logistic(eta)-0.5)/n))
}

// target is y of MEASURES §3.2: the truth on the same scale, smoothed alike.
func (c *Case) target() float64 {
	f := float64(c.final)
	return logit((c.Truth*f + 0.5) / (f + 1))
}

func logit(p float64) float64    { return math.Log(p / (1 - p)) }
func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
