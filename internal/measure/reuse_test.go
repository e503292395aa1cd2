package measure_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/measure"
)

// writtenOver makes the input show a copy of each issue, and write over it as
// soon as nobody looks at it any more; as the store does, by another issue.
func writtenOver(in *measure.Input) {
	shown := in.Issues
	in.Issues = func(each func(*flow.Issue) error) error {
		return shown(func(i *flow.Issue) error {
			c := *i
			c.Changes = slices.Clone(i.Changes)
			return each(&c)
		})
	}
	in.Done = func(i *flow.Issue) {
		for k := range i.Changes {
			i.Changes[k] = flow.Change{Field: flow.FieldLabels, To: flow.Named{Name: "another"}}
		}
		*i = flow.Issue{Site: "another", ID: 1, Changes: i.Changes, Now: flow.State{Key: "NO-1"}}
	}
}

func TestNoHistoryHoldsOnToIssues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStoryOf(t, renewedDeeds())
		end := s.end(t)
		issues := flowtest.Issues(s.until(t, end))
		in := renewedInput(renewedSettings(), renewedGoals(t), issues, nil)
		build := func(in measure.Input) *measure.History {
			h, err := measure.Build(in)
			if err != nil {
				t.Fatal(err)
			}
			return h
		}
		want := build(in)
		writtenOver(&in)
		got := build(in)
		for _, at := range []time.Time{flowtest.At(t, "2026-01-15"), end, end.AddDate(0, 0, 30)} {
			if d := cmp.Diff(want.Snapshot(at), got.Snapshot(at)); d != "" {
				t.Fatalf("the figures as of %v, of issues that are written over (-kept +written over):\n%s", at, d)
			}
			if d := cmp.Diff(want.Unlinked(at), got.Unlinked(at)); d != "" {
				t.Fatalf("the unlinked work as of %v (-kept +written over):\n%s", at, d)
			}
			for _, g := range in.Goals {
				is, _ := got.Explain(g.ID, "", at)
				was, _ := want.Explain(g.ID, "", at)
				if d := cmp.Diff(was, is); d != "" {
					t.Fatalf("the explanation of %s as of %v (-kept +written over):\n%s", g.ID, at, d)
				}
			}
		}
	})
}
