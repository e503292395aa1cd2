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

func estimated(all []asking) (survival, basedOn) {
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
	changed := map[[2]basedOn]int{}
	rapid.Check(t, func(t *rapid.T) {
		all := someAskings(t)
		was, from := estimated(all)
		seen := func() int { o, collect := look(all); return len(collect(o)) }
		before := seen()
		for k := range all {
			if rapid.Bool().Draw(t, "is left open") {
				all[k].decided = -1
			}
		}
		is, now := estimated(all)
		changed[[2]basedOn{from, now}]++
		if before > 0 {
			worse(t, was, is, "left open")
		}
	})
	for _, both := range [][2]basedOn{{theWindow, theSeverer}, {theHistory, theSeverer}, {theSeverer, theSeverer}, {theHistory, theHistory}} {
		if changed[both] == 0 && !testing.Short() {
			t.Errorf("no story went from %d to %d: %v", both[0], both[1], changed)
		}
	}
}

func TestWhatALatencyIsEstimatedFrom(t *testing.T) {
	for _, c := range []struct {
		name string
		all  []asking
		from basedOn
		mean float64
	}{
		{"all asked in the window: the window", []asking{{100, 105}, {100, 110}, {140, -1}}, theWindow, 5 + 5*2./3 + 20./3},
		// Asked on day 55, and decided alone at 10 days: S = 2/3, 1/3 by the
		// others of old, and 0 at 10.
		{"one alone that was entered late: the whole history", []asking{{0, 20}, {0, 4}, {55, 65}}, theHistory, (20. + 4 + 10) / 3},
		// Left open beside it, from day 58 on: by the window 1/2 from 10 days on,
		// by the history 3/4, 1/2, 1/4 at 4, 10 and 20 days.
		{"with one left open beside it: the more severe at each age", []asking{{0, 20}, {0, 4}, {55, 65}, {58, -1}}, theSeverer, 10 + 10*.5 + 10*.5},
		// At 5 days the one that was asked in the window is alone, since the
		// other was first seen at 50: S = 1 up to then, 0 after; with all that ever
		// was, 2/3 from 2 days on and 1/3 from 5 on.
		{"the only one entered late is open: the history beside the window without it", []asking{{0, 2}, {10, -1}, {100, 105}}, theSeverer, 5 + 25./3},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, from := estimated(slices.Clone(c.all))
			if got := s.mean(30*day).Hours() / 24; from != c.from || got < c.mean-1e-6 || got > c.mean+1e-6 {
				t.Errorf("from %d: %v days; want from %d: %v", from, got, c.from, c.mean)
			}
		})
	}
}
