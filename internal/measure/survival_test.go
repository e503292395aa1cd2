package measure

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// observed is an observation from one age to another, in days; "+" as Kaplan
// and Meier write it: censored.
func ended(from, to float64) survivalTime {
	return survivalTime{time.Duration(from * float64(day)), time.Duration(to * float64(day)), true}
}

func censored(from, to float64) survivalTime {
	o := ended(from, to)
	o.ended = false
	return o
}

func TestSurvivalWorkedByHand(t *testing.T) {
	for _, c := range []struct {
		name     string
		seen     []survivalTime
		steps    []survivalStep
		p50, p85 float64 // days; NaN where not reached
		mean     float64 // days
		starved  bool
	}{
		{
			name: "nothing was observed",
			p50:  math.NaN(), p85: math.NaN(), mean: 30,
		},
		{
			// S = 4/5, 4/5·2/3 = 8/15, 0 at 20 days with one at risk from the
			// start. Area: 2·1 + 4·4/5 + 14·8/15 = 12.6667.
			name: "two of five are still open",
			seen: []survivalTime{ended(0, 2), censored(0, 3), ended(0, 6), censored(0, 10), ended(0, 20)},
			steps: []survivalStep{
				{2 * day, .8}, {6 * day, 8. / 15}, {20 * day, 0},
			},
			p50: 20, p85: 20, mean: 2 + 3.2 + 14*8./15,
		},
		{
			name: "all are open: nothing is reached, and the mean is the horizon",
			seen: []survivalTime{censored(0, 1), censored(0, 400), censored(5, 9)},
			p50:  math.NaN(), p85: math.NaN(), mean: 30,
		},
		{
			// At 4 days those at risk are the first and the second (it entered
			// at 3), not the third (at 8): S = 1/2. At 10: the second and the
			// third, S = 1/4; at 12 the third alone.
			name:    "who enters late is not at risk before",
			seen:    []survivalTime{ended(0, 4), ended(3, 10), censored(8, 12)},
			steps:   []survivalStep{{4 * day, .5}, {10 * day, .25}},
			p50:     4,
			p85:     math.NaN(),
			mean:    4 + 6*.5 + 20*.25,
			starved: false,
		},
		{
			name:    "one alone at risk early drives all to nothing",
			seen:    []survivalTime{ended(0, 1), ended(5, 40), ended(6, 50)},
			steps:   []survivalStep{{day, 0}, {40 * day, 0}, {50 * day, 0}},
			p50:     1,
			p85:     1,
			mean:    1,
			starved: true,
		},
		{
			name:  "what is decided at once took no time",
			seen:  []survivalTime{ended(0, 0), censored(0, 5)},
			steps: []survivalStep{{0, .5}},
			p50:   0, p85: math.NaN(), mean: 15,
		},
		{
			name: "what ends where it was first seen, or before, was not seen",
			seen: []survivalTime{ended(3, 3), ended(4, 2)},
			p50:  math.NaN(), p85: math.NaN(), mean: 30,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSurvival(c.seen)
			if len(s.steps) != len(c.steps) || s.starved != c.starved {
				t.Fatalf("steps %v, starved %v; want %v, %v", s.steps, s.starved, c.steps, c.starved)
			}
			for k, step := range s.steps {
				if step.age != c.steps[k].age || math.Abs(step.share-c.steps[k].share) > 1e-12 {
					t.Errorf("step %d is %v, want %v", k, step, c.steps[k])
				}
			}
			days := func(q float64) float64 {
				d, ok := s.quantile(q)
				if !ok {
					return math.NaN()
				}
				return d.Hours() / 24
			}
			same := func(a, b float64) bool {
				return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) < 1e-9
			}
			if got := days(.5); !same(got, c.p50) {
				t.Errorf("p50 is %v days, want %v", got, c.p50)
			}
			if got := days(.85); !same(got, c.p85) {
				t.Errorf("p85 is %v days, want %v", got, c.p85)
			}
			if got := s.mean(30*day).Hours() / 24; !same(got, c.mean) {
				t.Errorf("the restricted mean is %v days, want %v", got, c.mean)
			}
		})
	}
}

func someTimes(t *rapid.T) []survivalTime {
	var seen []survivalTime
	for range rapid.IntRange(1, 12).Draw(t, "observations") {
		from := rapid.SampledFrom([]int{0, 0, 0, 1, 3, 10}).Draw(t, "entry")
		seen = append(seen, survivalTime{
			entry: time.Duration(from) * day,
			exit:  time.Duration(from+rapid.IntRange(0, 40).Draw(t, "days")) * day,
			ended: rapid.Bool().Draw(t, "ended"),
		})
	}
	return seen
}

func TestLeavingOpenNeverImprovesTheEstimate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seen := someTimes(t)
		seen[0].ended = true
		if seen[0].exit == seen[0].entry {
			seen[0].exit += day
		}
		closed := newSurvival(append([]survivalTime{}, seen...))
		seen[0].ended = false
		seen[0].exit += time.Duration(rapid.IntRange(0, 50).Draw(t, "left open for more days")) * day
		worse(t, closed, newSurvival(seen), "left open")
	})
}

func TestAFurtherOpenOneNeverImprovesTheEstimate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seen := someTimes(t)
		before := newSurvival(append([]survivalTime{}, seen...))
		more := survivalTime{exit: time.Duration(rapid.IntRange(0, 60).Draw(t, "open for days")) * day}
		worse(t, before, newSurvival(append(seen, more)), "with one more open")
	})
}

func worse(t *rapid.T, was, is survival, what string) {
	const horizon = 30 * day
	if a, b := was.mean(horizon), is.mean(horizon); b < a-time.Microsecond {
		t.Fatalf("%s the restricted mean falls from %v to %v", what, a, b)
	}
	for _, q := range []float64{.5, .85} {
		a, reachedBefore := was.quantile(q)
		b, reachedNow := is.quantile(q)
		if reachedNow && (!reachedBefore || b < a) {
			t.Fatalf("%s the quantile %v goes from %v (%v) to %v", what, q, a, reachedBefore, b)
		}
	}
}

func TestTheOrderOfObservationsChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seen := someTimes(t)
		want := newSurvival(append([]survivalTime{}, seen...))
		got := newSurvival(rapid.Permutation(seen).Draw(t, "order"))
		if d := cmp.Diff(want.steps, got.steps, cmp.AllowUnexported(survivalStep{})); d != "" {
			t.Fatal(d)
		}
	})
}
