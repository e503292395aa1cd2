package measure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// edges are between which values nine in ten of the containers lie that a
// model has learnt from, by feature. A line that was drawn through them says
// nothing of what lies outside: there, a feature counts as if it lay at the
// edge, and the interval widens.
type edges struct{ low, high vector }

// edgeTail is the share of the containers beyond an edge, on each side.
const edgeTail = 0.05

// bounded tells the features that have edges: not the delivered share, whose
// coefficient is nearly 1 wherever one looks, and not what is 0 or 1.
func bounded(feature int) bool { return feature > featLogit && feature < featNoOpen }

// edgesOf finds the edges of the closed containers, each weighing the same. The
// prior's, where there are none.
func edgesOf(closed []veteran, prior edges) edges {
	e := prior
	if len(closed) == 0 {
		return e
	}
	type point struct{ value, weight float64 }
	var columns [numFeatures][]point
	for k := range closed {
		weight := 1 / float64(len(closed[k].lessons))
		for j := range closed[k].lessons {
			for i, x := range closed[k].lessons[j].vector() {
				columns[i] = append(columns[i], point{x, weight})
			}
		}
	}
	for i, points := range columns {
		if !bounded(i) {
			continue
		}
		slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.value, b.value) })
		sum, n := 0.0, float64(len(closed))
		e.low[i], e.high[i] = points[0].value, points[len(points)-1].value
		for _, p := range points {
			before := sum
			sum += p.weight
			if before < edgeTail*n && sum >= edgeTail*n {
				e.low[i] = p.value
			}
			if before < (1-edgeTail)*n && sum >= (1-edgeTail)*n {
				e.high[i] = p.value
			}
		}
	}
	return e
}

// blended are the edges with the prior's among them, which fade as its
// references do.
func (e edges) blended(own int, prior edges) edges {
	share := float64(priorWorth) / float64(priorWorth+own)
	for i := range numFeatures {
		e.low[i] = share*prior.low[i] + (1-share)*e.low[i]
		e.high[i] = share*prior.high[i] + (1-share)*e.high[i]
	}
	return e
}

// hold brings the features to the edges where they lie beyond.
func (e *edges) hold(v vector) vector {
	for i := range v {
		if bounded(i) {
			v[i] = min(e.high[i], max(e.low[i], v[i]))
		}
	}
	return v
}

// remoteness is by what factor the interval of a situation is wider because it
// lies away from what was learnt from: the square root of (1 + h) over that at
// the edge, where h = b²·xᵀA⁻¹x is the variance of what the regression adds in
// units of the residuals', A its normal matrix with the prior's penalty, and b how
// much of it is believed. It is 1 within the edges, where the residuals
// themselves tell it, and where nothing of the regression is believed.
func (m *Model) remoteness(s *Situation, known acquaintance) float64 {
	v := s.vector()
	within := m.edges.hold(v)
	if v == within {
		return 1
	}
	b := known.belief(s)
	far, near := standardised(v), standardised(within)
	return max(1, math.Sqrt((1+b*b*m.leverage(&far))/(1+b*b*m.leverage(&near))))
}

// leverage is xᵀA⁻¹x.
func (m *Model) leverage(x *vector) float64 {
	sum := 0.0
	for i := range x {
		sum += x[i] * dot(&m.inverse[i], x)
	}
	return max(0, sum)
}

// Beyond is a property of a goal that lies outside of what was learnt from.
type Beyond struct {
	What string `json:"what"` // such as "44 issues in scope"
	// Than says how: "more than in 95 % of the containers learnt from".
	Than string `json:"than"`
	// Taken is what it counts as: "as 31".
	Taken string `json:"taken"`
	// Widens tells that the interval is wider for it.
	Widens bool `json:"widens"`
}

// beyond lists what of the situation is held at an edge, where that makes a
// difference that can be seen.
func (m *Model) beyond(s *Situation, known acquaintance) []Beyond {
	v := s.vector()
	within := m.edges.hold(v)
	widens := m.remoteness(s, known) > 1
	var out []Beyond
	for i := range numFeatures {
		if math.Abs(v[i]-within[i]) < beyondNoticed {
			continue
		}
		tell := featureTold(i)
		than := "more than in"
		if v[i] < within[i] {
			than = "less than in"
		}
		out = append(out, Beyond{
			What: tell(v[i]), Than: fmt.Sprintf("%s %.0f %% of the containers learnt from", than, 100*(1-edgeTail)), Taken: tell(within[i]), Widens: widens,
		})
	}
	return out
}

// beyondNoticed is how far beyond an edge a feature must lie to be told of: on
// the logarithms about a quarter.
const beyondNoticed = 0.25

// Shift is by how much a property of the goal moves the estimate away from the
// delivered share.
type Shift struct {
	What string  `json:"what"` // such as "22 issues in scope, counted as 19"
	By   float64 `json:"by"`   // completion, −1…1
}

// shifts tell what moved the estimate away from the delivered share: Jira's own
// figure in the cold start, and each coefficient's part on the logit scale, by the
// completion that a unit of it makes here. What moves it by less than half a
// point is left out.
func (m *Model) shifts(s *Situation, v *vector, known acquaintance) []Shift {
	is, x := s.vector(), standardised(*v)
	belief := known.belief(s)
	var parts vector
	trusted := known.trusted(s, v) - v[featLogit]
	sum := trusted
	for i := range parts {
		parts[i] = belief * m.beta[i] * x[i]
		if i == featLogit {
			parts[i] = belief * (m.beta[i] - 1) * x[i]
		}
		sum += parts[i]
	}
	if math.Abs(sum) < 1e-9 {
		return nil
	}
	point := (s.completion(v[featLogit]+sum) - s.completion(v[featLogit])) / sum
	var out []Shift
	if by := trusted * point; math.Abs(by) >= shiftNoticed {
		out = append(out, Shift{"what Jira shows is trusted while little has closed here", by})
	}
	for i, part := range parts {
		if by := part * point; math.Abs(by) >= shiftNoticed {
			out = append(out, Shift{toldHeld(i, is[i], v[i]), by})
		}
	}
	slices.SortStableFunc(out, func(a, b Shift) int { return cmp.Compare(math.Abs(b.By), math.Abs(a.By)) })
	return out
}

const shiftNoticed = 0.005

// toldHeld writes a feature's value in words, and at which edge it was held,
// where that shows.
func toldHeld(feature int, is, counted float64) string {
	tell := featureTold(feature)
	text, held := tell(is), tell(counted)
	if text == held {
		return text
	}
	return text + ", counted as " + held
}

// featureTold writes a feature's value in words.
func featureTold(feature int) func(float64) string {
	switch feature {
	case featOne:
		return func(float64) string { return "how containers came out here in general" }
	case featLogit:
		return func(float64) string { return "how far the work has come" }
	case featSize:
		return func(x float64) string { return fmt.Sprintf("%.0f issues in scope", math.Expm1(x)) }
	case featAge:
		return func(x float64) string { return fmt.Sprintf("%.0f d of age", math.Expm1(x)) }
	case featNew30:
		return func(x float64) string { return fmt.Sprintf("%.0f %% came in within 30 days", 100*x) }
	case featYounger:
		return func(x float64) string {
			return fmt.Sprintf("%.0f %% came in in the younger half of its life", 100*x)
		}
	case featGrowth:
		return func(x float64) string { return fmt.Sprintf("%.1f times the scope of the first week", math.Exp(x)) }
	case featSince:
		return func(x float64) string { return fmt.Sprintf("%.0f d since the last delivery", math.Expm1(x)) }
	default:
		return func(float64) string { return "no issue is open" }
	}
}
