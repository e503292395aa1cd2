package measure_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// What a sync finds may concern issues that it does not find changed.
func TestWhatHangsOnChangedIssuesIsRenewedWithThem(t *testing.T) {
	free := func(n int, created string) *flowtest.Builder {
		return flowtest.New(t, key(n), created).By(9)
	}
	open := func(n int) *flowtest.Builder { return task(t, n, "2026-01-03").By(9) }
	base := func() flowtest.Issues {
		return flowtest.Issues{
			epic(t).Issue(),
			flowtest.NewEpic(t, "PAY-2", "2026-01-01").Issue(),
			open(20).Moves("2026-01-20 10:00:01", flowtest.Doing).Issue(),
			open(21).Moves("2026-01-20 10:00:02", flowtest.Doing).Issue(),
			open(22).BlockedBy("2026-01-06", "PAY-40").Moves("2026-01-10", flowtest.Doing).Issue(),
			free(40, "2026-01-02").Issue(),
			free(41, "2026-01-02").Links("2026-01-05", "relates to", "PAY-42").Moves("2026-01-19", flowtest.Doing).Issue(),
			free(42, "2026-01-02").Moves("2026-01-19", flowtest.Doing).Issue(),
			free(43, "2026-01-02").Becomes("2026-01-04", flowtest.Subtask(), "PAY-42").Moves("2026-01-05", flowtest.Approval).Issue(),
		}
	}
	// with puts issues in the place of those with their ids.
	with := func(h flowtest.Issues, issues ...*flow.Issue) flowtest.Issues {
		out := append(flowtest.Issues{}, h...)
		for _, i := range issues {
			k := 0
			for k < len(out) && out[k].ID != i.ID {
				k++
			}
			if k == len(out) {
				out = append(out, i)
			}
			out[k] = i
		}
		return out
	}
	for _, c := range []struct {
		name string
		now  flowtest.Issues
		// told is what must read otherwise, so that the case proves something.
		told func(*measure.History) any
	}{
		{
			"the third issue of a bulk edit makes the first two part of it",
			with(base(), open(23).Moves("2026-01-20 10:00:05", flowtest.Doing).Issue()),
			func(h *measure.History) any { return status(t, h, "2026-02-01").LastProgress },
		},
		{
			"what was blocked is free when its blocker is closed",
			with(base(), free(40, "2026-01-02").Resolves("2026-01-21", "Done").Issue()),
			func(h *measure.History) any { return status(t, h, "2026-02-01").Blocked },
		},
		{
			"what was blocked under an old key is free when its blocker is deleted",
			with(base(), renamed(free(40, "2026-01-02").Gone("2026-01-21").Issue(), flowtest.At(t, "2026-01-15"))),
			func(h *measure.History) any { return status(t, h, "2026-02-01").Blocked },
		},
		{
			"a link to an issue hints at the goal that it joins",
			with(base(), free(42, "2026-01-02").Moves("2026-01-19", flowtest.Doing).Joins("2026-01-21", "PAY-1").Issue()),
			func(h *measure.History) any { return h.Unlinked(flowtest.At(t, "2026-01-25")).Groups },
		},
		{
			"a sub-task's question is the goal's once its parent is",
			with(base(), free(42, "2026-01-02").Moves("2026-01-19", flowtest.Doing).Joins("2026-01-21", "PAY-1").Issue()),
			func(h *measure.History) any { return status(t, h, "2026-01-25").Decisions.Open },
		},
		{
			"an epic that moves below another takes its issues along",
			with(base(), epic(t).Joins("2026-01-21", "PAY-2").Issue()),
			func(h *measure.History) any {
				g, _ := h.Snapshot(flowtest.At(t, "2026-02-01")).Goal("h")
				return g.Issues
			},
		},
		{
			"a stalled goal whose issues are touched is busy all the same",
			with(base(), open(20).Moves("2026-01-20 10:00:01", flowtest.Doing).Touched("2026-02-20").Touched("2026-02-21").Issue()),
			func(h *measure.History) any { return status(t, h, "2026-03-25").StalledBusy },
		},
		{
			"so is one of which a bot alone has moved an issue since",
			with(base(), open(20).Moves("2026-01-20 10:00:01", flowtest.Doing).Touched("2026-02-20").ByBot().Moves("2026-02-21", flowtest.ToDo).Issue()),
			func(h *measure.History) any { return status(t, h, "2026-03-25").StalledBusy },
		},
		{
			"an issue that is deleted is none any more",
			with(base(), open(20).Moves("2026-01-20 10:00:01", flowtest.Doing).Gone("2026-01-22").Issue()),
			func(h *measure.History) any { return status(t, h, "2026-02-01").Issues },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			settings := renewedSettings()
			goals := []goal.Goal{epicGoal(), {ID: "h", Work: goal.Work{Epics: []string{"PAY-2"}}}}
			build := func(h flowtest.Issues) *measure.History {
				out, err := measure.Build(renewedInput(settings, goals, h, nil))
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			before, want := build(base()), build(c.now)
			moments := []time.Time{flowtest.At(t, "2026-01-19"), flowtest.At(t, "2026-01-25"), flowtest.At(t, "2026-02-01"), flowtest.At(t, "2026-03-25")}
			everything(before, moments)
			if cmp.Equal(c.told(before), c.told(want)) {
				t.Fatalf("it makes no difference: %v", c.told(want))
			}
			got, ok, err := before.Renew(renewedInput(settings, goals, c.now, nil), changedSince(base(), c.now), c.now)
			if err != nil || !ok {
				t.Fatalf("it is not renewed: %v", err)
			}
			if d := cmp.Diff(everything(want, moments), everything(got, moments)); d != "" {
				t.Errorf("(-made anew +renewed):\n%s", d)
			}
		})
	}
}

// A history is renewed once: what it goes on from belongs to the next.
func TestAHistoryIsRenewedOnce(t *testing.T) {
	issues := flowtest.Issues{epic(t).Issue(), task(t, 3, "2026-01-02").Issue()}
	in := renewedInput(measure.DefaultSettings(), []goal.Goal{epicGoal()}, issues, nil)
	h, err := measure.Build(in)
	if err != nil {
		t.Fatal(err)
	}
	next, ok, err := h.Renew(in, nil, issues)
	if err != nil || !ok {
		t.Fatalf("it is not renewed: %v", err)
	}
	if h.Renewable() || !next.Renewable() || next.Settled().Renewable() {
		t.Errorf("renewable: the old one %v, the new one %v, what is settled %v", h.Renewable(), next.Renewable(), next.Settled().Renewable())
	}
	if _, again, err := h.Renew(in, nil, issues); again || err != nil {
		t.Errorf("it is renewed again: %v", err)
	}
}
