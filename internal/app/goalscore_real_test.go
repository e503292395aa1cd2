package app_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/measure"
	"plumbline/internal/syncer"
)

// AeroGear's releases are goals that map a fix version each. Goals are told from
// the ledgers that the service keeps, versions from the issues that are read
// again: both must come to the same.
func TestGoalsOfAeroGearAreScoredAsTheVersionsThatTheyMap(t *testing.T) {
	s := open(t, aerogear(t), at(t, "2016-01-01 00:00"))
	s.sync(t, syncer.Full)
	var out bytes.Buffer
	if err := s.Run(t.Context(), "backtest", url.Values{"lines": {"true"}}, &out); err != nil {
		t.Fatal(err)
	}
	var b measure.Backtest
	if err := json.Unmarshal(out.Bytes(), &b); err != nil {
		t.Fatal(err)
	}
	type snapshot struct {
		At           time.Time
		Naive, Truth float64
		Finished     time.Time
	}
	of := map[measure.Kind]map[string][]snapshot{measure.KindGoal: {}, measure.KindVersion: {}}
	for _, l := range b.Lines {
		if of[l.Kind] != nil {
			// "AEROGEAR 1.0.0.M1" is the goal aerogear-1-0-0-m1.
			name := strings.NewReplacer(" ", "-", ".", "-").Replace(strings.ToLower(l.Container))
			of[l.Kind][name] = append(of[l.Kind][name], snapshot{l.At, l.Naive, *l.Truth, *l.Finished})
		}
	}
	same := 0
	for name, version := range of[measure.KindVersion] {
		goal, ok := of[measure.KindGoal][name]
		if !ok {
			continue
		}
		same++
		if d := cmp.Diff(version, goal); d != "" {
			t.Errorf("%s (-version +goal):\n%s", name, d)
		}
	}
	if same < 3 || b.GoalsEnded != len(of[measure.KindGoal]) || b.GoalsEnded < same {
		t.Errorf("%d versions are goals, of which %d have ended and %d have lines", same, b.GoalsEnded, len(of[measure.KindGoal]))
	}
	for k := range b.Scores {
		if g := &b.Scores[k]; g.Group == "kind goal" {
			if g.Containers != b.GoalsEnded || b.Scores[0].Containers != b.Ended {
				t.Errorf("%d of %d goals and %d of %d containers are scored", g.Containers, b.GoalsEnded, b.Scores[0].Containers, b.Ended)
			}
			return
		}
	}
	t.Error("goals have no row")
}
