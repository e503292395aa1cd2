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
	return manyEpicsBy(tb, epics, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC))
}

// manyEpicsBy are manyEpics as Jira showed them at the moment.
func manyEpicsBy(tb testing.TB, epics int, by time.Time) []*flow.Issue {
	tb.Helper()
	begin, random := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), splitMix(4)
	var out []*flow.Issue
	stamp := func(t time.Time) string { return t.Format(time.DateTime) }
	add := func(created time.Time, b *flowtest.Builder) {
		if !created.After(by) {
			out = append(out, b.Issue())
		}
	}
	for e := range epics {
		key := fmt.Sprintf("PAY-%d", e+1)
		from := begin.Add(time.Duration(e) * 5 * 365 * day / time.Duration(epics))
		over := time.Duration(60+random.below(600)) * day
		epic := flowtest.NewEpic(tb, key, stamp(from))
		if e%5 > 0 && !from.Add(over).After(by) {
			epic.Resolves(stamp(from.Add(over)), "Done")
		}
		add(from, epic)
		for k := range 25 {
			at := from.Add(time.Duration(random.below(int(over/day))) * day * 2 / 3)
			i, created := flowtest.NewBelow(tb, key, fmt.Sprintf("PAY-%d", epics+25*e+k+1), stamp(at)), at
			if at = at.Add(time.Duration(1+random.below(60)) * day); !at.After(by) {
				i.Moves(stamp(at), flowtest.Doing)
			}
			if k%8 > 0 || e%5 > 0 {
				if at = at.Add(time.Duration(1+random.below(90)) * day); !at.After(by) {
					i.Resolves(stamp(at), "Done")
				}
			}
			add(created, i)
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
	past.Goals = goalsOver(b, manyEpics(b, 1000), past.Until, pairsOf(1000)...)
	b.Run("learning with 500 goals", func(b *testing.B) {
		for b.Loop() {
			past.Learn()
		}
	})
}
