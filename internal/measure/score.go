package measure

import "math"

// crpsMembers is how many quantiles stand for a distribution in the score.
const crpsMembers = 33

// ensemble is a distribution by its quantiles, in ascending order.
type ensemble [crpsMembers]float32

// crps is the continuous ranked probability score of a predictive
// distribution against what came, by an ensemble of its quantiles:
// mean|x−y| − ½·mean|x−x'| (MEASURES §3.3).
func crps(x *ensemble, y float64) float64 {
	far, wide := 0.0, 0.0
	for k := range x {
		far += math.Abs(float64(x[k]) - y)
		// Of values in order, x[k] is taken from 2k+1−n of the differences.
		wide += float64(x[k]) * float64(2*k+1-crpsMembers)
	}
	return far/crpsMembers - wide/(crpsMembers*crpsMembers)
}
