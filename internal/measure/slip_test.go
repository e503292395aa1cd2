package measure

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

func TestTheTargetOfAMomentIsTheOneThatAFoldComesTo(t *testing.T) {
	day0 := flow.Date{Year: 2026, Month: 1, Day: 1}
	rapid.Check(t, func(t *rapid.T) {
		targets := []goal.Target{{Date: day0.AddDays(rapid.IntRange(0, 50).Draw(t, "first"))}}
		for range rapid.IntRange(0, 12).Draw(t, "moves") {
			targets = append(targets, goal.Target{
				Date: day0.AddDays(rapid.IntRange(0, 50).Draw(t, "date")), Said: day0.AddDays(rapid.IntRange(0, 20).Draw(t, "said")),
			})
		}
		if rapid.Bool().Draw(t, "the first said too") {
			targets[0].Said = day0
		}
		history := targetPromises(targets, time.UTC)
		at := day0.Start(time.UTC).Add(time.Duration(rapid.IntRange(-24, 24*25).Draw(t, "hours")) * time.Hour)
		p, wantOK := promised(targets, at, time.UTC)
		if got, ok := history.at(at); ok != wantOK || got != p.now {
			t.Fatalf("at %s: %s, %t; want %s, %t", at, got, ok, p.now, wantOK)
		}
	})
}
