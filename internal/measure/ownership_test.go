package measure_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

func TestOwnershipWorkedByHand(t *testing.T) {
	owned := func(g goal.Goal) goal.Goal { g.Owner = "team-g"; return g }
	nobodys := func(g goal.Goal) goal.Goal { g.Owner = ""; return g }
	plain := func() *flow.Issue { return epic(t).Issue() }
	crew := held(t, 50, 1, 1, 1, 1, 1) // five people, so that they can be counted
	for _, c := range []struct {
		name   string
		goal   goal.Goal
		issues []*flow.Issue
		want   measure.Ownership
	}{
		{"a team is an owner", owned(epicGoal()), append([]*flow.Issue{plain()}, crew...), measure.Ownership{Owned: true, OwnerChanges90d: ptr(0)}},
		{"without a team, an epic that is assigned is owned", nobodys(epicGoal()),
			append([]*flow.Issue{epic(t).Assigns("2026-01-04", 7).Issue()}, crew...), measure.Ownership{Owned: true, OwnerChanges90d: ptr(0)}},
		{"an epic that was taken from somebody and given to nobody is not", nobodys(epicGoal()),
			append([]*flow.Issue{epic(t).Assigns("2026-01-04", 7).Assigns("2026-01-05", 0).Issue()}, crew...), measure.Ownership{OwnerChanges90d: ptr(0)}},
		{"owners change when somebody else has it, at once or later; not when the same has it again", owned(epicGoal()),
			append([]*flow.Issue{epic(t).Assigns("2026-01-04", 7).Assigns("2026-01-05", 8).Assigns("2026-01-06", 0).Assigns("2026-01-07", 9).
				Assigns("2026-01-08", 0).Assigns("2026-01-09", 9).Issue()}, crew...), measure.Ownership{Owned: true, OwnerChanges90d: ptr(2)}},
		{"with four people nothing is counted of them", owned(epicGoal()),
			append([]*flow.Issue{epic(t).Assigns("2026-01-04", 7).Assigns("2026-01-05", 8).Issue(),
				task(t, 2, "2026-01-02").Assigns("2026-01-03", 1000).Moves("2026-01-04", flowtest.Doing).Assigns("2026-01-05", 1001).Resolves("2026-01-06", "Done").Issue()},
				crew[:4]...), measure.Ownership{Owned: true}},
		{"hand-offs are changes of hands in progress, for each delivered issue", owned(epicGoal()),
			append([]*flow.Issue{plain(),
				// Two hand-offs, one of them over nobody; before it began, and after, none.
				task(t, 2, "2026-01-02").Assigns("2026-01-03", 1001).Assigns("2026-01-04", 1002).Moves("2026-01-05", flowtest.Doing).Assigns("2026-01-06", 1003).
					Assigns("2026-01-07", 0).Assigns("2026-01-08", 1001).Resolves("2026-01-09", "Done").Assigns("2026-01-10", 1004).Issue(),
				// Put back between the two who had it.
				task(t, 3, "2026-01-02").Assigns("2026-01-03", 1001).Moves("2026-01-04", flowtest.Doing).Moves("2026-01-05", flowtest.ToDo).
					Assigns("2026-01-06", 1002).Moves("2026-01-07", flowtest.Doing).Resolves("2026-01-09", "Done").Issue(),
				// Not delivered.
				task(t, 4, "2026-01-02").Assigns("2026-01-03", 1001).Moves("2026-01-04", flowtest.Doing).Assigns("2026-01-05", 1002).Issue(),
			}, crew...), measure.Ownership{Owned: true, OwnerChanges90d: ptr(0), HandOffs: ptr(1.0)}},
		{"of four days flagged, three of them behind another project's issue too, and of two behind one's own, a half is for others", owned(epicGoal()),
			append([]*flow.Issue{plain(),
				task(t, 2, "2026-01-02").Flagged("2026-01-05", true).Links("2026-01-06", "is blocked by", "SHOP-30").Flagged("2026-01-09", false).Issue(),
				task(t, 3, "2026-01-02").Links("2026-01-05", "is blocked by", "PAY-31").Issue(),
				flowtest.New(t, "SHOP-30", "2026-01-01").Resolves("2026-01-09", "Done").Issue(),
				flowtest.New(t, "PAY-31", "2026-01-01").Resolves("2026-01-07", "Done").Issue(),
			}, crew...), measure.Ownership{Owned: true, OwnerChanges90d: ptr(0), WaitsForOthers: ptr(0.5)}},
		{"a blocker counts for others while it was in another project", owned(epicGoal()),
			append([]*flow.Issue{plain(),
				task(t, 2, "2026-01-02").Links("2026-01-05", "is blocked by", "SHOP-30").Resolves("2026-01-09", "Done").Issue(),
				movedOver(t, flowtest.New(t, "SHOP-30", "2026-01-01"), "2026-01-06"),
			}, crew...), measure.Ownership{Owned: true, OwnerChanges90d: ptr(0), HandOffs: ptr(0.0), WaitsForOthers: ptr(0.25)}},
		{"what was blocked while closed, or out of scope, was not", owned(epicGoal()),
			append([]*flow.Issue{plain(),
				task(t, 2, "2026-01-02").Resolves("2026-01-03", "Won't Do").Flagged("2026-01-05", true).Issue(),
				task(t, 3, "2026-01-02").Joins("2026-01-04", "").Flagged("2026-01-05", true).Issue(),
			}, crew...), measure.Ownership{Owned: true, OwnerChanges90d: ptr(0)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := status(t, built(t, []goal.Goal{c.goal}, c.issues), "2026-01-20")
			if d := cmp.Diff(&c.want, got.Ownership, cmpopts.EquateApprox(0, 1e-9)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			for figure, known := range map[string]bool{
				"hand_offs": c.want.HandOffs != nil, "owner_changes_90d": c.want.OwnerChanges90d != nil, "waits_for_others": c.want.WaitsForOthers != nil,
			} {
				if known == (got.Missing[figure] != "") {
					t.Errorf("%s is known: %v, and missing since %q", figure, known, got.Missing[figure])
				}
			}
		})
	}
}

// movedOver ends the story of an issue that came into the project PAY.
func movedOver(t flowtest.TB, b *flowtest.Builder, at string) *flow.Issue {
	t.Helper()
	i := b.Touched(at).Issue()
	c := &i.Changes[len(i.Changes)-1]
	c.Field, c.From, c.To = flow.FieldProject, i.Now.Project, flow.Named{ID: "PAY", Name: "PAY"}
	i.Now.Project = c.To
	return i
}
