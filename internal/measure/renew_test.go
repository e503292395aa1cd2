package measure_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// changedSince returns how the issues differ from those held before.
func changedSince(before, now flowtest.Issues) (changed []flow.Changed) {
	for _, i := range now {
		was, _ := before.Issue(i.Site, i.ID)
		if was == nil || !reflect.DeepEqual(was, i) {
			changed = append(changed, flow.Changed{Before: was, After: i})
		}
	}
	return changed
}

// renewedInput is what figures are made from, and made anew.
func renewedInput(s measure.Settings, goals []goal.Goal, issues flowtest.Issues, x *measure.Replay) measure.Input {
	return inputOf(goals, issues, under(s), on(flowtest.Catalog(flow.Version{ID: "v", Name: "3.2", Project: "PAY"})),
		func(in *measure.Input) { in.Experience = x })
}

// renewedDeeds are what can happen to issues that measuring goes on from.
func renewedDeeds() map[string]func(*flowtest.Builder, string) {
	out := decisiveDeeds()
	maps.Copy(out, map[string]func(*flowtest.Builder, string){
		"becomes an epic": func(b *flowtest.Builder, at string) { b.Becomes(at, flowtest.Epic(), "") },
		"is below 12":     func(b *flowtest.Builder, at string) { b.Joins(at, "PAY-12") },
		"is below none":   func(b *flowtest.Builder, at string) { b.Joins(at, "PAY-77") },
		"relates":         func(b *flowtest.Builder, at string) { b.Links(at, "relates to", "PAY-13") },
		"is a sub-task":   func(b *flowtest.Builder, at string) { b.Becomes(at, flowtest.Subtask(), "PAY-14") },
		"moves a project": func(b *flowtest.Builder, at string) { b.Estimates(at, "8") },
	})
	return out
}

// renewedGoals are goals that share issues, map an epic that may come later, and
// declare decisions.
func renewedGoals(t flowtest.TB) []goal.Goal {
	gs := promisedGoals(t)
	gs[1].Decisions = decisiveGoals(t)[1].Decisions
	gs[2].Decisions = []goal.Decision{{ID: "d", Issue: "PAY-13", Asked: date(t, "2026-01-11")}}
	return append(gs,
		goal.Goal{ID: "other", Work: goal.Work{Epics: []string{"PAY-12", "SHOP-11"}, FixVersions: []goal.InProject{{Name: "3.2"}}}},
		goal.Goal{ID: "share", Work: goal.Work{Epics: []string{"PAY-1"}, Exclude: []string{"PAY-15"}}})
}

func renewedSettings() measure.Settings {
	s := decisive()
	eagerly(&s)
	s.Thresholds.BulkIssues, s.Thresholds.StallNoise = 3, 1
	s.Debt = measure.Match{Labels: []string{"p95"}}
	s.BusinessAsUsual = measure.Match{Labels: []string{"adr"}}
	s.Calendar.Freezes = []flow.DateSpan{{From: flow.Date{Year: 2026, Month: 1, Day: 20}, To: flow.Date{Year: 2026, Month: 1, Day: 22}}}
	return s
}

// renamed is the issue, moved to another project at the moment.
func renamed(i *flow.Issue, at time.Time) *flow.Issue {
	moved := *i
	moved.Now.Key = "SHOP-" + i.Now.Key[len("PAY-"):]
	moved.Now.Project.Name = "SHOP"
	moved.Changes = append(slices.Clone(i.Changes), flow.Change{
		At: at, History: 1 << 40, Author: 1, Field: flow.FieldKey, From: flow.Named{Name: i.Now.Key}, To: flow.Named{Name: moved.Now.Key},
	})
	slices.SortStableFunc(moved.Changes, func(a, b flow.Change) int { return a.At.Compare(b.At) })
	moved.Histories++
	moved.Announced++
	return &moved
}

// everything is all that a history tells as of some moments.
func everything(h *measure.History, moments []time.Time) map[string]any {
	out := map[string]any{"began": h.Began()}
	for _, at := range moments {
		snap := h.Snapshot(at)
		out[fmt.Sprint("snapshot ", at)] = snap
		out[fmt.Sprint("unlinked ", at)] = h.Unlinked(at)
		out[fmt.Sprint("stalls ", at)] = h.Stalls("goal", at, 1)
		out[fmt.Sprint("ended ", at)] = h.Ended(at.Add(90 * 24 * time.Hour))
		decisions, _ := h.Decisions("", at)
		out[fmt.Sprint("decisions ", at)] = decisions
		for k := range snap.Goals {
			id := snap.Goals[k].ID
			out[fmt.Sprintf("%s %s", id, at)], _ = h.Explain(id, "", at)
		}
	}
	return out
}

// tried counts how a law was tried.
type tried struct{ renewed, rebuilt int }

// A history that takes in what changed, sync by sync, tells what one tells that
// was made from nothing.
func TestARenewedHistoryIsOneMadeAnew(t *testing.T) {
	var n tried
	rapid.Check(t, func(t *rapid.T) {
		s := aStoryOf(t, renewedDeeds())
		settings, declared := renewedSettings(), renewedGoals(t)
		var learnt *measure.Replay
		if rapid.Bool().Draw(t, "learnt") {
			learnt = (&measure.Past{Until: s.end(t), Settings: settings, Prior: measure.ShippedPrior()}).Learn()
		}
		begin, end := flowtest.At(t, "2026-01-01"), s.end(t).Add(20*24*time.Hour)
		moment := rapid.Custom(func(t *rapid.T) time.Time {
			return begin.Add(time.Duration(rapid.IntRange(0, int(end.Sub(begin).Seconds())).Draw(t, "second")) * time.Second)
		})
		rename := moment.Draw(t, "renamed")
		var now flowtest.Issues
		var h *measure.History
		cuts := rapid.SliceOfN(moment, 1, 5).Draw(t, "syncs")
		slices.SortFunc(cuts, time.Time.Compare)
		for k, cut := range append(cuts, end) {
			before := now
			now = nil
			for _, i := range s.until(t, cut) {
				if i.ID == 11 && !cut.Before(rename) && len(i.Now.Key) > 4 {
					i = renamed(i, rename)
				}
				was, _ := before.Issue(i.Site, i.ID)
				// A sync may find some of what happened, and the next one the rest.
				if k == len(cuts) || rapid.IntRange(0, 9).Draw(t, "found") > 1 {
					was = i
				}
				if was != nil {
					now = append(now, was)
				}
			}
			in := renewedInput(settings, declared, now, learnt)
			want, err := measure.Build(in)
			if err != nil {
				t.Fatal(err)
			}
			if h == nil {
				h = want
				continue
			}
			moments := []time.Time{moment.Draw(t, "at"), moment.Draw(t, "at"), cut, cut.Add(12 * 24 * time.Hour)}
			if rapid.Bool().Draw(t, "read before") { // so that there is something to carry
				everything(h, moments[:2])
			}
			next, ok, err := h.Renew(in, changedSince(before, now), now)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				n.rebuilt++
				h = want
				want, _ = measure.Build(in)
			} else {
				n.renewed++
				h = next
			}
			if d := cmp.Diff(everything(want, moments), everything(h, moments)); d != "" {
				t.Fatalf("sync %d, at %v (-made anew +renewed):\n%s", k, cut, d)
			}
		}
	})
	if n.renewed < 10*n.rebuilt {
		t.Errorf("%d renewed and %d made anew: that proves little", n.renewed, n.rebuilt)
	}
}
