package measure

import (
	"math"
	"testing"
	"time"
)

func TestAnEstimateBearsAsFarAsTheContainersThatItLeansOn(t *testing.T) {
	for _, c := range []struct {
		name string
		e    *Estimate
		want float64 // -1 for none
	}{
		{"without an estimate there is nothing to bear", nil, -1},
		{"other organisations' containers bear little, however many", &Estimate{FromPrior: true, Own: 3, Reference: 60}, 0.4},
		{"eight like ones bear half", &Estimate{Own: 40, Reference: 8}, 0.5},
		{"72 like ones bear nine tenths", &Estimate{Own: 100, Reference: 72}, 0.9},
	} {
		got := -1.0
		if one := references(&GoalStatus{Estimate: c.e}); one != nil {
			got = one.Ratio
		}
		if math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %g, want %g", c.name, got, c.want)
		}
	}
}

func TestCalibrationIsByTheLastTwentyClosedContainers(t *testing.T) {
	// closed has the containers' shares of truths that the interval held come in, in order.
	closed := func(n int, held float64, more ...float64) *Replay {
		var l losses
		for k := range n + len(more) {
			share := held
			if k >= n {
				share = more[k-n]
			}
			told := []Told{{Estimate: prediction{Estimate: Estimate{Lower: 0.4, Upper: 0.6}}}, {Estimate: prediction{Estimate: Estimate{Lower: 0.4, Upper: 0.6}}}}
			cases := []Case{{Truth: 0.5}, {Truth: 0.5}}
			for i := range cases {
				if float64(i) >= 2*share {
					cases[i].Truth = 0.9
				}
			}
			if _, ok := l.take(told, cases); !ok {
				t.Fatal("a container was not taken in")
			}
		}
		return &Replay{cold: &Model{losses: l}}
	}
	for _, c := range []struct {
		name string
		x    *Replay
		want float64 // -1 for none
	}{
		{"seven closed containers tell nothing", closed(7, 1), -1},
		{"holding all is a fifth too much", closed(8, 1), 1 - 0.2/0.3},
		{"holding half is worth nothing", closed(8, 0.5), 0},
		{"eight halves and twelve wholes hold the 80 % that are meant", closed(8, 0.5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), 1},
		{"what lies further back is forgotten", closed(30, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), 1 - 0.2/0.3},
	} {
		l := ledger{experience: c.x}
		got := -1.0
		if one := l.calibration(&GoalStatus{Estimate: &Estimate{}}, time.Time{}); one != nil {
			got = one.Ratio
		}
		if math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %g, want %g", c.name, got, c.want)
		}
		if l.calibration(&GoalStatus{}, time.Time{}) != nil {
			t.Errorf("%s: calibration of a goal without an estimate", c.name)
		}
	}
}
