package app_test

import (
	"strings"
	"testing"

	"plumbline/internal/config"
	"plumbline/internal/syncer"
)

func TestAeroGearTrapsOfStructureWorkedByHand(t *testing.T) {
	// Worked out from the raw file by a separate script: the versions, priorities
	// and resolutions of a moment, and the statuses up to the first delivery;
	// whom the
	// delivered were assigned to then; sub-tasks with their parents.
	s := openWith(t, aerogear(t), at(t, "2016-01-01 00:00"), func(c *config.Config) {
		c.Traps = map[string]config.Trap{"priority_inflation": {}, "process_accretion": {Thresholds: map[string]float64{"window_days": 42, "growth_days": 42}}}
	})
	s.sync(t, syncer.Full)
	for _, c := range []struct{ goal, measure, at, value, inputs string }{
		{"m2", "trap_priority_inflation", "2012-02-15 00:00", "not yet", "open issues: 18; of a top priority: 11"}, // since 9 February
		{"m2", "trap_priority_inflation", "2012-02-01 00:00", "no", "open issues: 32; of a top priority: 12"},
		{"m2", "trap_process_accretion", "2012-04-03 00:00", "no",
			"now: 16 delivered, 2.50 statuses in the mean, 1.5 transitions in the median; 42 days before: 8 delivered, 2.25 statuses in the mean, 1 transitions in the median"},
		{"m3", "trap_key_person_bottleneck", "2012-05-01 00:00", "no", "issues in progress, or delivered lately: 21; one person holds over 50.0 % of them: no; goals like it with work in progress: 0; effective contributors: 4.3"}, // 7, 5, 4, 3 and 2 of five people
	} {
		t.Run(c.goal+" "+c.at, func(t *testing.T) {
			e, err := s.Explain(t.Context(), "aerogear-1-0-0-"+c.goal, c.measure, at(t, c.at))
			if err != nil {
				t.Fatal(err)
			}
			var inputs []string
			for _, in := range e.Measures[0].Inputs {
				inputs = append(inputs, in.Name+": "+in.Value)
			}
			if m := e.Measures[0]; m.Value != c.value || !strings.Contains(strings.Join(inputs, "; "), c.inputs) {
				t.Errorf("%s (%s): %s", m.Value, m.Why, strings.Join(inputs, "; "))
			}
		})
	}
}
