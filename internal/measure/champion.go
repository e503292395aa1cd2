package measure

// losses are the methods' mean absolute errors over the containers that have
// closed, each container counting as one.
type losses struct {
	containers float64
	sum        [numMethods]float64
}

func (l *losses) add(errs [numMethods]float64) {
	l.containers++
	for m := range errs {
		l.sum[m] += errs[m]
	}
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
// what is expected while that is short.
func (l *losses) champion() method {
	best := byRegression
	jira := l.sum[byJira]
	if l.containers == 0 || jira == 0 {
		return best
	}
	ratio := func(m method) float64 {
		return (l.containers*l.sum[m]/jira + championWorth*expected()[m]) / (l.containers + championWorth)
	}
	if l.containers < championAfter {
		return best
	}
	for m := range numMethods {
		if ratio(m) < ratio(best)-championMargin {
			best = m
		}
	}
	return best
}
