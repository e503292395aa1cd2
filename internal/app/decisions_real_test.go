package app_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/config"
	"plumbline/internal/measure"
	"plumbline/internal/syncer"
)

// reviewed are settings under which AeroGear's people decide: whether a pull
// request is taken, and whether a feature is wanted.
func reviewed(c *config.Config) {
	c.Semantics.Decisions = []config.DecisionClass{
		{Name: "feature", Match: config.Match{IssueTypes: []string{"Feature Request"}}},
		{Name: "approval", Match: config.Match{Statuses: []string{"Pull Request Sent"}}},
	}
}

func TestAeroGearDecisionsWorkedByHand(t *testing.T) {
	// Worked out from the raw file by a separate script: who was in the
	// version when, the visits of the status, and Kaplan–Meier over them.
	s := openWith(t, aerogear(t), at(t, "2016-01-01 00:00"), reviewed)
	s.sync(t, syncer.Full)
	for _, c := range []struct {
		class, goal, at string
		open            []string
		made, waiting   int
		p50, p85        float64 // days; 0: not reached
		mean            float64
	}{
		{"approval", "m2", "2012-02-24 00:00", []string{"AEROGEAR-90", "AEROGEAR-103", "AEROGEAR-117", "AEROGEAR-139", "AEROGEAR-125", "AEROGEAR-37"},
			10, 6, 0.8016, 5.9091, 4.9608},
		{"approval", "m3", "2012-04-05 00:00", []string{"AEROGEAR-112", "AEROGEAR-188", "AEROGEAR-196", "AEROGEAR-195", "AEROGEAR-163", "AEROGEAR-71"},
			4, 7, 0, 0, 19.0589},
		// Three that are still open have left the milestone, and wait no longer in it.
		{"feature", "m2", "2012-02-24 00:00", nil, 4, 3, 15.0795, 0, 17.8415},
	} {
		t.Run(c.class+" of "+c.goal, func(t *testing.T) {
			r, err := s.Decisions(t.Context(), "aerogear-1-0-0-"+c.goal, at(t, c.at))
			if err != nil {
				t.Fatal(err)
			}
			var open []string
			for _, d := range r.Decisions {
				if d.State == measure.DecisionOpen && d.Class == c.class {
					open = append(open, d.Key)
				}
			}
			if d := cmp.Diff(c.open, open); d != "" {
				t.Errorf("open (-want +got):\n%s", d)
			}
			k := slices.IndexFunc(r.Classes, func(l measure.ClassLatency) bool { return l.Class == c.class })
			l := r.Classes[k].Latency
			if l.Made != c.made || l.Waiting != c.waiting {
				t.Errorf("%d made, %d waiting; want %d and %d", l.Made, l.Waiting, c.made, c.waiting)
			}
			for name, v := range map[string][2]float64{"p50": {days(l.P50Seconds), c.p50}, "p85": {days(l.P85Seconds), c.p85}, "mean": {days(l.MeanSeconds), c.mean}} {
				if math.Abs(v[0]-v[1]) > 0.0001 {
					t.Errorf("%s is %.4f days, want %.4f", name, v[0], v[1])
				}
			}
		})
	}
}

func days(seconds *float64) float64 {
	if seconds == nil {
		return 0
	}
	return *seconds / 86400
}

func TestAnAeroGearFeatureHoldsUpWhatItBlocks(t *testing.T) {
	// AEROGEAR-7 became a feature request on 9 February 2012 at 21:49, moved
	// from M2 to M3 on the 20th, and was closed in October. AEROGEAR-15 is
	// blocked by it since 10 January, by a link whose phrase was "depends"
	// then, and was itself in M2 until 13 February.
	s := openWith(t, aerogear(t), at(t, "2016-01-01 00:00"), reviewed)
	s.sync(t, syncer.Full)
	for _, c := range []struct {
		at, goal string
		open     bool
		holds    int
	}{
		{"2012-02-09 21:00", "m2", false, 0},
		{"2012-02-10 00:00", "m2", true, 1},
		{"2012-02-10 00:00", "m3", false, 0},
		{"2012-02-16 00:00", "m2", true, 1}, // in M2 itself
		{"2012-02-16 00:00", "m3", true, 1}, // since it blocks work of M3
		{"2012-02-21 00:00", "m2", false, 0},
		{"2012-04-05 00:00", "m3", true, 0}, // AEROGEAR-15 has left for the future
	} {
		r, err := s.Decisions(t.Context(), "aerogear-1-0-0-"+c.goal, at(t, c.at))
		if err != nil {
			t.Fatal(err)
		}
		k := slices.IndexFunc(r.Decisions, func(d measure.Decision) bool { return d.Key == "AEROGEAR-7" && d.State == measure.DecisionOpen })
		if (k >= 0) != c.open || k >= 0 && r.Decisions[k].Holds != c.holds {
			t.Errorf("%s at %s: open %v, want %v holding up %d; %+v", c.goal, c.at, k >= 0, c.open, c.holds, r.Decisions)
		}
	}
}

func TestTodaysStoreShowsTheSameDecisionsAsAStoreOfThatDay(t *testing.T) {
	samePast(t, reviewed, "2011-12-05 09:00", "2012-01-20 12:00", "2012-02-15 00:00", "2012-02-24 00:00", "2012-03-12 12:00", "2012-06-19 18:00")
}
