package measure

import (
	"math"
	"testing"
	"time"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-6 }

func TestTheCRPSOfAPointIsItsErrorAndSpreadIsWorthSomething(t *testing.T) {
	var point, wide ensemble
	for k := range point {
		point[k] = 0.25
		wide[k] = float32(k) / (crpsMembers - 1)
	}
	if got := crps(&point, 0.75); !near(got, 0.5) {
		t.Errorf("a point at 0.25 scores %v against 0.75, want 0.5", got)
	}
	// Uniform on 0…1 in 33 steps against the middle: mean |x−½| = 17·16/33/32,
	// half the mean difference = (n²−1)/(3n)/(n−1)/2·… = 34/(6·33).
	if want := 17.0*16/33/32 - 34.0/(6*33); !near(crps(&wide, 0.5), want) {
		t.Errorf("a uniform spread scores %v, want %v", crps(&wide, 0.5), want)
	}
}

func TestScoresOfAProbabilityWorkedByHand(t *testing.T) {
	told := make([]*Told, 4)
	for k := range told {
		told[k] = &Told{}
	}
	p, came := []float64{0.9, 0.4, 0.4, 0.1}, []bool{true, true, false, false}
	k := -1
	s := scoreProbability(told, nil, func(*Told) (float64, bool) { k++; return p[k], came[k] })
	// Brier (0.01+0.36+0.16+0.01)/4 = 0.135 against 0.25; of four pairs, three
	// are in order and one is a tie; bins: |1−0.9|, |1−0.8|, |0−0.1| over 4.
	if !near(s.Base, 0.5) || !near(s.Brier, 0.135) || !near(s.Skill, 0.46) || !near(*s.AUC, 0.875) || !near(s.ECE, 0.1) {
		t.Errorf("scores %+v, AUC %v", s, *s.AUC)
	}
	all := scoreProbability(told[:1], nil, func(*Told) (float64, bool) { return 1, true })
	if all.AUC != nil || all.Skill != 0 {
		t.Errorf("where all came out alike the scores are %+v", all)
	}
}

func TestErrorsAreMeansOverContainersNotSnapshots(t *testing.T) {
	life := func(misses ...float64) Life {
		l := Life{Container: &Container{Kind: KindEpic}, End: &Closing{}}
		for _, m := range misses {
			told := Told{Case: Case{Situation: Situation{All: 10, Reported: 5, Delivered: 5}, Truth: 0.5 - m}}
			told.Estimate.Median, told.Estimate.Lower, told.Estimate.Upper = 0.5-m/2, 0.4, 0.6
			l.Told = append(l.Told, told)
		}
		return l
	}
	r := &Replay{Lives: []Life{life(0.2, 0.2, 0.2), life(0.1)}}
	s := r.Score("all", func(*Life) bool { return true })
	if s.Containers != 2 || s.Snapshots != 4 {
		t.Fatalf("%d containers, %d snapshots", s.Containers, s.Snapshots)
	}
	if !near(s.Naive.MAE, 0.15) || !near(s.Naive.RMSE, math.Sqrt(0.025)) || !near(s.Naive.Bias, 0.15) {
		t.Errorf("Jira's errors are %+v", s.Naive)
	}
	if !near(s.MAERatio.Value, 0.5) || !near(s.RMSERatio.Value, 0.5) || !near(s.Coverage.Value, 0.5) || !near(s.Width.Value, 0.2) {
		t.Errorf("ratios %v and %v, coverage %v, width %v", s.MAERatio, s.RMSERatio, s.Coverage, s.Width)
	}
	if s.Coverage.Low != 0 || s.Coverage.High != 1 || !near(s.MAERatio.Low, 0.5) {
		t.Errorf("the bootstrap gives %v and %v", s.Coverage, s.MAERatio)
	}
}

func TestAContainerStillOpenPastTheHorizonHadNotFinished(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	told := func(finish time.Time) []Told {
		return []Told{{Case: Case{Situation: Situation{At: at}, Finish: finish}}}
	}
	r := &Replay{Lives: []Life{
		{Container: &Container{}, End: &Closing{}, Told: told(at.AddDate(0, 0, 20))},
		{Container: &Container{}, End: &Closing{}, Told: told(at.AddDate(0, 0, -1))}, // finished before
		{Container: &Container{known: at.AddDate(0, 0, 40)}, Open: true, Told: told(time.Time{})},
	}}
	got := r.scoreFinish(func(*Life) bool { return true })
	want := []struct {
		closed, all int
		base        float64
	}{{1, 2, 0}, {1, 2, 0.5}, {1, 1, 1}, {1, 1, 1}}
	for k, h := range got {
		if h.Closed.Cases != want[k].closed || h.All.Cases != want[k].all || h.All.Base != want[k].base {
			t.Errorf("within %d d: %d closed, %d in all, %v of which had finished; want %+v", h.Days, h.Closed.Cases, h.All.Cases, h.All.Base, want[k])
		}
	}
}

func TestWhereTheTruthLiesInItsDistribution(t *testing.T) {
	var all, spread ensemble
	for k := range spread {
		all[k] = 1
		spread[k] = (float32(k) + 0.5) / crpsMembers
	}
	for name, c := range map[string]struct {
		x    ensemble
		y    float64
		want int // the tenth that holds most of it; −1 for all alike
	}{
		"below all":                  {spread, 0, 0},
		"above all":                  {spread, 1, 9},
		"in the middle of the third": {spread, 0.25, 2},
		"all say what came":          {all, 1, -1},
	} {
		got := c.x.place(c.y)
		sum, most := 0.0, 0
		for k, share := range got {
			sum += share
			if share > got[most] {
				most = k
			}
		}
		if !near(sum, 1) {
			t.Errorf("%s: the shares %v add up to %v", name, got, sum)
		}
		if c.want >= 0 && most != c.want || c.want < 0 && (!near(got[0], 0.1) || !near(got[9], 0.1)) {
			t.Errorf("%s: the shares are %v", name, got)
		}
	}
}
