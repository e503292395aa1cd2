package measure

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

func TestLateIsJudgedByTheTargetThatAFoldComesTo(t *testing.T) {
	s, day0 := DefaultSettings(), flow.Date{Year: 2026, Month: 1, Day: 1}
	t0 := day0.Start(time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		l := ledger{goal: &goal.Goal{Targets: []goal.Target{{Date: day0.AddDays(rapid.IntRange(0, 90).Draw(t, "first"))}}}}
		for range rapid.IntRange(0, 12).Draw(t, "moves") {
			l.goal.Targets = append(l.goal.Targets, goal.Target{
				Date: day0.AddDays(rapid.IntRange(0, 90).Draw(t, "date")), Said: day0.AddDays(rapid.IntRange(0, 20).Draw(t, "said")),
			})
		}
		if rapid.Bool().Draw(t, "the first said too") {
			l.goal.Targets[0].Said = day0
		}
		l.setPromises(&s, nil)
		at := t0.Add(time.Duration(rapid.IntRange(-24, 24*95).Draw(t, "hours")) * time.Hour)
		want := false
		if target, ok := l.targetAt(at); ok {
			end := target.End(time.UTC)
			want = !at.Before(end.Add(-max(end.Sub(t0)/4, 14*day)))
		}
		if got := l.lateness(t0, &s).at(at.UnixMilli()); got != want {
			t.Fatalf("at %s late: %t, want %t", at, got, want)
		}
	})
}
