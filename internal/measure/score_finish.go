package measure

import (
	"cmp"
	"math"
	"slices"
)

func (r *Replay) scoreFinish(has func(*Life) bool) []Horizon {
	var out []Horizon
	for k, h := range horizonDays() {
		var closed, all weighted
		for i := range r.Lives {
			l := &r.Lives[i]
			if !has(l) {
				continue
			}
			var told []*Told
			for j := range l.Told {
				t := &l.Told[j]
				if l.End != nil && t.Finish.After(t.At) || l.End == nil && l.Open && !t.At.AddDate(0, 0, h).After(l.known) {
					told = append(told, t)
				}
			}
			if l.End != nil {
				closed.add(told)
			}
			all.add(told)
		}
		by := func(f finisher) func(*Told) (float64, bool) {
			return func(t *Told) (float64, bool) {
				return t.by[f][k], !t.Finish.IsZero() && t.finishedWithin(float64(h))
			}
		}
		s := Horizon{
			Days: h, Closed: scoreProbability(closed.told, closed.weights, by(finishInForce)),
			All:        scoreProbability(all.told, all.weights, by(finishInForce)),
			BySnapshot: scoreProbability(closed.told, nil, by(finishInForce)),
		}
		for f := range numFinishers {
			s.ByMethod = append(s.ByMethod, FinishMethod{f.String(), scoreProbability(closed.told, closed.weights, by(f))})
		}
		out = append(out, s)
	}
	return out
}

// weighted are snapshots, those of a container together weighing 1.
type weighted struct {
	told    []*Told
	weights []float64
}

func (w *weighted) add(container []*Told) {
	for _, t := range container {
		w.told = append(w.told, t)
		w.weights = append(w.weights, 1/float64(len(container)))
	}
}

// eceBins are the bins of the expected calibration error.
const eceBins = 10

// foretold is a probability, what came, and what it weighs.
type foretold struct {
	p, weight float64
	came      bool
}

// scoreProbability scores what of gives: a probability and what came. Without
// weights every snapshot weighs the same.
func scoreProbability(told []*Told, weights []float64, of func(*Told) (float64, bool)) Probability {
	s := Probability{Cases: len(told)}
	if len(told) == 0 {
		return s
	}
	all := make([]foretold, len(told))
	total := 0.0
	for k, t := range told {
		w := 1.0
		if weights != nil {
			w = weights[k]
		}
		p, came := of(t)
		all[k] = foretold{p, w, came}
		total += w
	}
	var bin [eceBins]float64 // sum of outcome less probability
	for k := range all {
		c := &all[k]
		c.weight /= total
		y := 0.0
		if c.came {
			y = 1
		}
		s.Base += c.weight * y
		s.Told += c.weight * c.p
		s.Brier += c.weight * (c.p - y) * (c.p - y)
		bin[min(eceBins-1, int(c.p*eceBins))] += c.weight * (y - c.p)
	}
	for _, b := range bin {
		s.ECE += math.Abs(b)
	}
	came := slices.ContainsFunc(all, func(c foretold) bool { return c.came })
	missed := slices.ContainsFunc(all, func(c foretold) bool { return !c.came })
	if came && missed {
		s.Skill = 1 - s.Brier/(s.Base*(1-s.Base))
		auc := discrimination(all, s.Base)
		s.AUC = &auc
	}
	return s
}

// discrimination is the area under the ROC curve: the share of the pairs of
// one that came and one that did not, by weight, that are in order; a tie is
// half. It puts them in order.
func discrimination(all []foretold, base float64) float64 {
	slices.SortFunc(all, func(a, b foretold) int { return cmp.Compare(a.p, b.p) })
	var auc, below float64 // below: weight of those that did not come
	for i := 0; i < len(all); {
		var came, not float64
		j := i
		for ; j < len(all) && all[j].p == all[i].p; j++ {
			if all[j].came {
				came += all[j].weight
			} else {
				not += all[j].weight
			}
		}
		auc += came * (below + not/2)
		below += not
		i = j
	}
	return auc / (base * (1 - base))
}
