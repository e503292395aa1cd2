package measure

import (
	"fmt"
	"testing"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
)

// manyEpics are epics of 25 issues each that are worked on for about a year, one
// begun after the other over five years. Most of them are closed.
func manyEpics(tb testing.TB, epics int) []*flow.Issue {
	tb.Helper()
	begin, random := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), splitMix(4)
	var out []*flow.Issue
	stamp := func(t time.Time) string { return t.Format(time.DateTime) }
	for e := range epics {
		key := fmt.Sprintf("PAY-%d", e+1)
		from := begin.Add(time.Duration(e) * 5 * 365 * day / time.Duration(epics))
		over := time.Duration(60+random.below(600)) * day
		epic := flowtest.NewEpic(tb, key, stamp(from))
		if e%5 > 0 {
			epic.Resolves(stamp(from.Add(over)), "Done")
		}
		out = append(out, epic.Issue())
		for k := range 25 {
			at := from.Add(time.Duration(random.below(int(over/day))) * day * 2 / 3)
			i := flowtest.NewBelow(tb, key, fmt.Sprintf("PAY-%d", epics+25*e+k+1), stamp(at))
			at = at.Add(time.Duration(1+random.below(60)) * day)
			i.Moves(stamp(at), flowtest.Doing)
			if k%8 > 0 || e%5 > 0 {
				i.Resolves(stamp(at.Add(time.Duration(1+random.below(90))*day)), "Done")
			}
			out = append(out, i.Issue())
		}
	}
	return out
}

// BenchmarkReplay measures the replay of the history of a thousand epics over
// six years, and what of it learning alone takes.
func BenchmarkReplay(b *testing.B) {
	past := someYears(b, 1000)
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			past.Run(nil)
		}
	})
	b.Run("learning", func(b *testing.B) {
		for b.Loop() {
			past.Learn()
		}
	})
}
