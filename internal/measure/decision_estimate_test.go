package measure

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plumbline/internal/flow"
)

// asking is a decision by the days on which it was asked and decided; -1 while
// it is open.
type asking struct{ asked, decided int }

const (
	windowFrom = 60 // the days of the window, and the moment
	windowTo   = 150
)

// look collects what an observer sees of the decisions.
func look(all []asking) (observer, func(observer) []survivalTime) {
	moment := func(n int) time.Time { return time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC) }
	return observer{since: moment(windowFrom), at: moment(windowTo), age: wallClock}, func(o observer) []survivalTime {
		var seen []survivalTime
		for _, a := range all {
			d := &decision{asked: moment(a.asked)}
			d.waits, d.ends = append(d.waits, flow.Span{From: moment(a.asked)}), []ending{unended}
			if a.decided >= 0 {
				d.waits[0].To, d.ends[0] = moment(a.decided), byDelivery
			}
			seen = o.see(seen, entire{d, flow.Spans{{From: moment(0)}}})
		}
		return seen
	}
}

func estimated(all []asking) survival {
	o, collect := look(all)
	return o.estimate(collect)
}

func someAskings(t *rapid.T) []asking {
	var all []asking
	for range rapid.IntRange(1, 7).Draw(t, "decisions") {
		a := asking{rapid.IntRange(0, windowTo-1).Draw(t, "asked"), -1}
		if rapid.Bool().Draw(t, "is decided") {
			a.decided = min(a.asked+rapid.IntRange(1, 100).Draw(t, "after"), windowTo)
		}
		all = append(all, a)
	}
	return all
}

// TestLeavingAnyOpenNeverImprovesTheEstimate holds also where what is left open
// changes from what the latency is estimated.
func TestLeavingAnyOpenNeverImprovesTheEstimate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := someAskings(t)
		was := estimated(all)
		o, collect := look(all)
		before := len(collect(o))
		for k := range all {
			if rapid.Bool().Draw(t, "is left open") {
				all[k].decided = -1
			}
		}
		is := estimated(all)
		if before > 0 {
			worse(t, was, is, "left open")
		}
	})
}

func TestWhatALatencyIsEstimatedFrom(t *testing.T) {
	for _, c := range []struct {
		name  string
		all   []asking
		whole bool
		mean  float64
	}{
		{"all asked in the window: the window", []asking{{100, 105}, {100, 110}, {140, -1}}, false, 5 + 5*2./3 + 20./3},
		// Asked on day 55, and decided alone at 10 days. By the history S is 2/3
		// from 4 days on, 1/3 from 10, 0 from 20.
		{"one alone that was entered late: the whole history", []asking{{0, 20}, {0, 4}, {55, 65}}, true, 4 + 6*2./3 + 10./3},
		// Another is open beside it, first seen at 2 days: the window is enough.
		{"with one left open beside it: the window", []asking{{0, 20}, {0, 4}, {55, 65}, {58, -1}}, false, 10 + 20*.5},
		// By the history S is 5/6 from 10 days on; with one more beside the one
		// that was alone, as had it been left open, it would be 1/2.
		{"a slow history is no more severe than the window with one more", []asking{{0, 50}, {0, 50}, {0, 50}, {0, 50}, {0, 50}, {55, 65}}, true, 10 + 20*.5},
		// Decided alone at 5 days, and the other first seen at 50. By the window
		// without that one S is 1 to 5 days and 0 then; by the history 2/3 from 2
		// days on, 1/3 from 5.
		{"the only one entered late is open: no milder than the window without it", []asking{{0, 2}, {10, -1}, {100, 105}}, true, 5 + 25./3},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := estimated(slices.Clone(c.all))
			if got := s.mean(30*day).Hours() / 24; s.starved != c.whole || got < c.mean-1e-6 || got > c.mean+1e-6 {
				t.Errorf("from the whole history: %v, %v days; want %v, %v", s.starved, got, c.whole, c.mean)
			}
		})
	}
}
