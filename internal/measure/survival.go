package measure

import (
	"cmp"
	"slices"
	"time"
)

// survivalTime is one duration as far as it was observed: from the age at
// which observation began (delayed entry; 0: from the start) to the age at
// which it ended. ended tells that the duration itself was over then; without
// it the duration is censored, and all that is known is that it is longer.
type survivalTime struct {
	entry, exit time.Duration
	ended       bool
}

// survival is the Kaplan–Meier estimate of how long durations last, with
// delayed entry (MEASURES §6): S(x) is the share of durations longer than x.
// It is a falling staircase.
type survival struct {
	steps []survivalStep
	// starved tells that S fell to 0 at an age at which one duration alone
	// was under observation, while some were not observed from their start:
	// then it says nothing about the others.
	starved bool
}

// survivalStep is an age at which durations ended and the share that is longer.
type survivalStep struct {
	age   time.Duration
	share float64
}

// newSurvival estimates from the observations; it puts them in another order.
// Those that end before they begin were not observed at all.
func newSurvival(seen []survivalTime) survival { return survivalOf(seen, 1) }

// survivalOf is newSurvival where no fewer than so many count as being at risk
// when something ends.
func survivalOf(seen []survivalTime, atLeast int) survival {
	seen = slices.DeleteFunc(seen, func(o survivalTime) bool { return o.exit < o.entry || o.exit == o.entry && o.entry > 0 })
	var s survival
	entries := make([]time.Duration, len(seen))
	late := false
	for k, o := range seen {
		entries[k] = o.entry
		late = late || o.entry > 0
	}
	slices.Sort(entries)
	slices.SortFunc(seen, func(a, b survivalTime) int { return cmp.Compare(a.exit, b.exit) })
	share := 1.0
	entered := 0
	for k := 0; k < len(seen); {
		age, ended, next := seen[k].exit, 0, k
		for ; next < len(seen) && seen[next].exit == age; next++ {
			if seen[next].ended {
				ended++
			}
		}
		// Under observation just before the age: whoever entered before it,
		// or from the start, and has not left before it.
		for entered < len(entries) && (entries[entered] < age || entries[entered] == 0) {
			entered++
		}
		if atRisk := entered - k; ended > 0 {
			share *= 1 - float64(ended)/float64(max(atRisk, atLeast))
			s.steps = append(s.steps, survivalStep{age, share})
			s.starved = s.starved || late && atRisk == 1
		}
		k = next
	}
	return s
}

// quantile returns the least age by which the share q of the durations is
// over; false where the estimate does not reach it.
func (s *survival) quantile(q float64) (time.Duration, bool) {
	const rounding = 1e-9 // of products of fractions that are equal on paper
	for _, step := range s.steps {
		if step.share <= 1-q+rounding {
			return step.age, true
		}
	}
	return 0, false
}

// mean returns the restricted mean: the area below S up to the horizon. After
// the last observation S is carried on as it is, so that what is left open
// can't lower it.
func (s *survival) mean(horizon time.Duration) time.Duration {
	area, from, share := 0.0, time.Duration(0), 1.0
	for _, step := range s.steps {
		if step.age >= horizon {
			break
		}
		area += share * float64(step.age-from)
		from, share = step.age, step.share
	}
	return time.Duration(area + share*float64(horizon-from))
}

// combined is at each age what pick makes of the two shares: the larger, or the
// smaller.
func combined(a, b survival, pick func(x, y float64) float64) survival {
	out := survival{starved: a.starved || b.starved}
	shareA, shareB, last := 1.0, 1.0, 1.0
	for len(a.steps)+len(b.steps) > 0 {
		first := a.steps
		if len(a.steps) == 0 || len(b.steps) > 0 && b.steps[0].age < a.steps[0].age {
			first = b.steps
		}
		age := first[0].age
		if len(a.steps) > 0 && a.steps[0].age == age {
			shareA, a.steps = a.steps[0].share, a.steps[1:]
		}
		if len(b.steps) > 0 && b.steps[0].age == age {
			shareB, b.steps = b.steps[0].share, b.steps[1:]
		}
		if share := pick(shareA, shareB); share < last {
			out.steps = append(out.steps, survivalStep{age, share})
			last = share
		}
	}
	return out
}

func larger(x, y float64) float64  { return max(x, y) }
func smaller(x, y float64) float64 { return min(x, y) }
