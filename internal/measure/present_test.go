package measure_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow/flowtest"
	"plumbline/internal/measure"
)

// While nothing happens to a goal, its figures are told from what all its rows
// came to: they are those that the rows tell one by one, however late it is, and
// whatever moments were asked for before.
func TestWhileTimeAlonePassesFiguresAreThoseThatTheRowsTell(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStoryOf(t, renewedDeeds())
		settings := renewedSettings()
		var learnt *measure.Replay
		if rapid.Bool().Draw(t, "learnt") {
			learnt = (&measure.Past{Until: s.end(t), Settings: settings, Prior: measure.ShippedPrior()}).Learn()
		}
		h, err := measure.Build(renewedInput(settings, renewedGoals(t), s.until(t, s.end(t)), learnt))
		if err != nil {
			t.Fatal(err)
		}
		begin := flowtest.At(t, "2026-01-01")
		late := int(s.end(t).Add(200*24*time.Hour).Sub(begin) / time.Minute)
		var moments []time.Time
		for range 4 {
			moments = append(moments, begin.Add(time.Duration(rapid.IntRange(0, late).Draw(t, "minute"))*time.Minute))
		}
		if d := cmp.Diff(everything(h.RowByRow(), moments), everything(h, moments)); d != "" {
			t.Fatalf("(-row by row +at once):\n%s", d)
		}
	})
}
