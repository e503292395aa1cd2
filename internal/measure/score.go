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

// place tells in which tenths of the distribution a value lies. One that many
// members are equal to, as 0 and 1 often are, is spread evenly over them.
func (x *ensemble) place(y float64) (tenths [pitBins]float64) {
	const same = 1e-6
	below, upTo := 0, 0
	for _, v := range x {
		if float64(v) < y-same {
			below++
		}
		if float64(v) <= y+same {
			upTo++
		}
	}
	// Between the ranks of those below and those up to it; where none is equal,
	// in the gap of one rank.
	low := float64(below) / (crpsMembers + 1)
	high := float64(upTo+1) / (crpsMembers + 1)
	for k := range tenths {
		from, to := float64(k)/pitBins, float64(k+1)/pitBins
		tenths[k] = max(0, min(to, high)-max(from, low)) / (high - low)
	}
	return tenths
}
