package measure_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// epicGoal is a goal over the issues of the epic PAY-1.
func epicGoal() goal.Goal {
	return goal.Goal{ID: "g", Name: "G", Owner: "team-g", Work: goal.Work{Epics: []string{"PAY-1"}}}
}

func epic(t flowtest.TB) *flowtest.Builder {
	return flowtest.NewEpic(t, "PAY-1", "2026-01-01")
}

// task is a task of the epic from its creation on.
func task(t flowtest.TB, n int, created string) *flowtest.Builder {
	return flowtest.NewBelow(t, "PAY-1", key(n), created)
}

func status(t flowtest.TB, h *measure.History, at string) measure.GoalStatus {
	t.Helper()
	g, ok := h.Snapshot(flowtest.At(t, at)).Goal("g")
	if !ok {
		t.Fatal("the goal is not in the snapshot")
	}
	return *g
}

func ptr[T any](v T) *T { return &v }

func TestCompletionWorkedByHand(t *testing.T) {
	// Ten leaves: two to do, one in progress, one in a status that vanished,
	// four delivered (one of them resolved while its status is in progress),
	// two discarded.
	issues := []*flow.Issue{epic(t).Issue()}
	for n := 2; n <= 3; n++ {
		issues = append(issues, task(t, n, "2026-01-02").Issue())
	}
	issues = append(issues,
		task(t, 4, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue(),
		task(t, 5, "2026-01-02").Moves("2026-01-05", flowtest.Vanished).Issue(),
		task(t, 6, "2026-01-02").Resolves("2026-01-06", "Done").Issue(),
		task(t, 7, "2026-01-02").Resolves("2026-01-06", "Fixed").Issue(),
		task(t, 8, "2026-01-02").Moves("2026-01-06", flowtest.Done).Issue(),
		func() *flow.Issue {
			i := task(t, 9, "2026-01-02").Resolves("2026-01-07", "Done").Moves("2026-01-07 10:00", flowtest.Review).Issue()
			return i
		}(),
		task(t, 10, "2026-01-02").Resolves("2026-01-06", "Won't Do").Issue(),
		task(t, 11, "2026-01-02").Resolves("2026-01-06", "Duplicate").Issue(),
	)
	h := ofEpic(t, issues...)
	g := status(t, h, "2026-01-08")
	if d := cmp.Diff(measure.Parts{ToDo: 3, InProgress: 1, Delivered: 4, Discarded: 2}, g.Issues); d != "" {
		t.Errorf("parts (-want +got):\n%s", d)
	}
	// Category Done: 6, 7, 8, 10, 11; 9 is resolved but in Review.
	if d := cmp.Diff(ptr(5.0/10), g.Reported); d != "" {
		t.Errorf("reported (-want +got):\n%s", d)
	}
	if d := cmp.Diff(ptr(4.0/8), g.Delivered); d != "" {
		t.Errorf("delivered (-want +got):\n%s", d)
	}
	before := status(t, h, "2026-01-04")
	if d := cmp.Diff(measure.Parts{ToDo: 10}, before.Issues); d != "" {
		t.Errorf("parts before anything moved (-want +got):\n%s", d)
	}
	none := status(t, h, "2025-12-31")
	if none.Reported != nil || none.Delivered != nil || none.Missing["reported_completion"] == "" {
		t.Errorf("before the first issue: reported %v, delivered %v, missing %v", none.Reported, none.Delivered, none.Missing)
	}
}

func TestScopeSinceCommitment(t *testing.T) {
	issues := []*flow.Issue{
		epic(t).Issue(),
		task(t, 2, "2026-01-02").Moves("2026-01-10", flowtest.Doing).Issue(),                                // commits
		task(t, 3, "2026-01-05").Issue(),                                                                    // breakdown before: no creep
		task(t, 4, "2026-01-12").Issue(),                                                                    // added
		flowtest.New(t, "PAY-5", "2026-01-03").Joins("2026-01-15", "PAY-1").Joins("2026-01-20", "").Issue(), // in and out
		task(t, 6, "2026-01-04").Gone("2026-01-18").Issue(),                                                 // removed
	}
	for _, c := range []struct {
		name, start, at string
		added, removed  *int
	}{
		{"before anything is in progress nothing is committed", "", "2026-01-09", nil, nil},
		{"what was there at the commitment is no growth", "", "2026-01-10", ptr(0), ptr(0)},
		{"what came later was added", "", "2026-01-16", ptr(2), ptr(0)},
		{"what left or vanished was removed", "", "2026-01-25", ptr(2), ptr(2)},
		{"a later declared start is the commitment", "2026-01-14", "2026-01-25", ptr(1), ptr(2)},
		{"an earlier declared start is not", "2026-01-01", "2026-01-25", ptr(2), ptr(2)},
		{"a start that lies ahead commits to nothing yet", "2026-03-01", "2026-01-25", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := epicGoal()
			if c.start != "" {
				g.Start = date(t, c.start)
			}
			got := status(t, built(t, []goal.Goal{g}, issues), c.at)
			if d := cmp.Diff([]*int{c.added, c.removed}, []*int{got.ScopeAdded, got.ScopeRemoved}); d != "" {
				t.Errorf("added and removed (-want +got):\n%s", d)
			}
		})
	}
}

func date(t flowtest.TB, s string) flow.Date {
	t.Helper()
	d, err := flow.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTargetsThatMoved(t *testing.T) {
	g := epicGoal()
	g.Targets = []goal.Target{
		{Date: date(t, "2026-03-31"), Said: date(t, "2026-01-10")},
		{Date: date(t, "2026-05-31"), Said: date(t, "2026-03-15")}, // later
		{Date: date(t, "2026-05-15"), Said: date(t, "2026-04-01")}, // pulled in
		{Date: date(t, "2026-08-31"), Said: date(t, "2026-05-10")}, // later
	}
	h := built(t, []goal.Goal{g}, []*flow.Issue{epic(t).Issue(), task(t, 2, "2026-01-02").Issue()})
	for _, c := range []struct {
		name, at, target string
		moves, moves90d  int
		slip             *int
	}{
		{"before the first promise there is none", "2026-01-09", "", 0, 0, nil},
		{"the first promise", "2026-01-10", "2026-03-31", 0, 0, ptr(0)},
		{"moved later", "2026-03-16", "2026-05-31", 1, 1, ptr(61)},
		{"pulling in is no move and resets nothing", "2026-04-02", "2026-05-15", 1, 1, ptr(45)},
		{"moved again", "2026-06-01", "2026-08-31", 2, 2, ptr(153)},
		{"90 days forget the first move, not the whole history", "2026-06-30", "2026-08-31", 2, 1, ptr(153)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := status(t, h, c.at)
			target := ""
			if got.Target != nil {
				target = got.Target.String()
			}
			if target != c.target || got.TargetMoves != c.moves || got.TargetMoves90d != c.moves90d {
				t.Errorf("target %s, %d moves, %d in 90 days; want %s, %d, %d",
					target, got.TargetMoves, got.TargetMoves90d, c.target, c.moves, c.moves90d)
			}
			if d := cmp.Diff(c.slip, got.TargetSlipDays); d != "" {
				t.Errorf("slip in days (-want +got):\n%s", d)
			}
		})
	}
}

func TestWhatIsProgress(t *testing.T) {
	// Each history ends on 15 January at noon; the question is which event was
	// the goal's last progress.
	for _, c := range []struct {
		name, want string // want: empty for none
		issues     []*flow.Issue
	}{
		{"moving forward is", "2026-01-05", []*flow.Issue{task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue()}},
		{"moving back and forth is only the first time", "2026-01-05", []*flow.Issue{
			task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Moves("2026-01-06", flowtest.ToDo).Moves("2026-01-07", flowtest.Doing).Issue()}},
		{"moving within a category is not", "2026-01-05", []*flow.Issue{
			task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Moves("2026-01-06", flowtest.Review).Issue()}},
		{"delivery is", "2026-01-08", []*flow.Issue{
			task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Resolves("2026-01-08", "Done").Issue()}},
		{"re-opening is not, delivering again is", "2026-01-12", []*flow.Issue{
			task(t, 2, "2026-01-02").Resolves("2026-01-05", "Done").Reopens("2026-01-09", flowtest.ToDo).Resolves("2026-01-12", "Done").Issue()}},
		{"re-opening alone is not", "2026-01-05", []*flow.Issue{
			task(t, 2, "2026-01-02").Resolves("2026-01-05", "Done").Reopens("2026-01-09", flowtest.ToDo).Issue()}},
		{"closing what was open for less than an hour is not", "2026-01-05", []*flow.Issue{
			task(t, 2, "2026-01-02").Resolves("2026-01-05", "Done").Reopens("2026-01-09 10:00", flowtest.ToDo).Resolves("2026-01-09 10:59", "Done").Issue()}},
		{"closing what was open for an hour is", "2026-01-09 11:00", []*flow.Issue{
			task(t, 2, "2026-01-02").Resolves("2026-01-05", "Done").Reopens("2026-01-09 10:00", flowtest.ToDo).Resolves("2026-01-09 11:00", "Done").Issue()}},
		{"what a bot does is not", "2026-01-05", []*flow.Issue{
			task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).ByBot().Resolves("2026-01-08", "Done").Issue()}},
		{"adding scope, labels and versions is not", "2026-01-05", []*flow.Issue{
			task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Labelled("2026-01-08", "x").Versioned("2026-01-09", "v").Touched("2026-01-10").Issue(),
			task(t, 3, "2026-01-11").Issue()}},
		{"a done issue that moves in is not", "2026-01-05", []*flow.Issue{
			task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue(),
			flowtest.New(t, "PAY-3", "2026-01-02").Resolves("2026-01-06", "Done").Joins("2026-01-08", "PAY-1").Issue()}},
		{"progress of an issue after it left the goal is not", "2026-01-05", []*flow.Issue{
			task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Joins("2026-01-06", "").Resolves("2026-01-08", "Done").Issue()}},
		{"nothing begun is none", "", []*flow.Issue{task(t, 2, "2026-01-02").Issue()}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := status(t, ofEpic(t, append(c.issues, epic(t).Issue())...), "2026-01-15 12:00")
			if d := cmp.Diff(instant(t, c.want), got.LastProgress); d != "" {
				t.Errorf("last progress (-want +got):\n%s", d)
			}
		})
	}
}

func TestABulkEditIsNoProgress(t *testing.T) {
	bulk := func(n int) []*flow.Issue {
		issues := []*flow.Issue{epic(t).Issue(), task(t, 2, "2026-01-02").Moves("2026-01-05", flowtest.Doing).Issue()}
		for k := range n {
			issues = append(issues, task(t, 10+k, "2026-01-02").By(99).Resolves("2026-01-08 10:00", "Done").Issue())
		}
		return issues
	}
	for n, want := range map[int]string{9: "2026-01-08 10:00", 10: "2026-01-05"} {
		got := status(t, ofEpic(t, bulk(n)...), "2026-01-15")
		if d := cmp.Diff(ptr(flowtest.At(t, want)), got.LastProgress); d != "" {
			t.Errorf("%d issues closed by one author in a minute (-want +got):\n%s", n, d)
		}
		if got.Issues.Delivered != n {
			t.Errorf("a bulk edit changes the state all the same: %d delivered, want %d", got.Issues.Delivered, n)
		}
	}
}

func TestABulkEditIsKnownForOneWhenItsTenthIssueChanges(t *testing.T) {
	issues := []*flow.Issue{epic(t).Issue()}
	for k := range 10 {
		issues = append(issues, task(t, 10+k, "2026-01-02").By(99).Moves(fmt.Sprintf("2026-01-08 10:00:%02d", 2*k), flowtest.Doing).Issue())
	}
	h := ofEpic(t, issues...)
	ninth := status(t, h, "2026-01-08 10:00:17")
	if d := cmp.Diff(ptr(flowtest.At(t, "2026-01-08 10:00:16")), ninth.LastProgress); d != "" {
		t.Errorf("while nine have changed (-want +got):\n%s", d)
	}
	if tenth := status(t, h, "2026-01-08 10:00:18"); tenth.LastProgress != nil {
		t.Errorf("once the tenth has changed, progress was made at %v", tenth.LastProgress)
	}
}

// instant is the time that is written; nil where none is.
func instant(t flowtest.TB, s string) *time.Time {
	t.Helper()
	if s == "" {
		return nil
	}
	return ptr(flowtest.At(t, s))
}

func key(n int) string { return fmt.Sprintf("PAY-%d", n) }
