package measure_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/measure"
)

func TestMomentsSayTheSameInWhateverOrderTheyAreAskedFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStory(t)
		end := s.end(t)
		begin := flowtest.At(t, "2025-12-30")
		issues, declared := s.until(t, end), withCriteria(goals())
		asked := built(t, declared, issues)
		for range rapid.IntRange(1, 8).Draw(t, "moments") {
			day := begin.AddDate(0, 0, rapid.IntRange(0, int(end.Sub(begin).Hours()/24)+40).Draw(t, "day"))
			at := day.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 59, 60, 61, 40_000}).Draw(t, "second")) * time.Second)
			alone := built(t, declared, issues).Snapshot(at)
			if d := cmp.Diff(alone, asked.Snapshot(at)); d != "" {
				t.Fatalf("as of %v (-asked for alone, +asked for after others):\n%s", at, d)
			}
		}
	})
}

func TestABulkEditOfTheFirstMinuteOfADayIsNotKnownOfAtItsBeginning(t *testing.T) {
	// The first of ten issues that one author closes within a minute is closed
	// at midnight itself: at midnight that is progress, and ends a stall.
	issues := []*flow.Issue{epic(t).Issue(), task(t, 2, "2026-01-02").Moves("2026-01-03", flowtest.Doing).Issue()}
	for n := range 10 {
		at := time.Date(2026, 2, 10, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * 2 * time.Second)
		issues = append(issues, task(t, 10+n, "2026-01-02").By(9).Resolves(at.Format("2006-01-02 15:04:05"), "Done").Issue())
	}
	midnight := flowtest.At(t, "2026-02-10")
	fresh := ofEpic(t, issues...).Snapshot(midnight)
	h := ofEpic(t, issues...)
	h.Snapshot(flowtest.At(t, "2026-03-01")) // judges every day
	if stalled := fresh.Goals[0].Stalled; stalled == nil || *stalled {
		t.Errorf("stalled at midnight: %v", stalled)
	}
	if d := cmp.Diff(fresh, h.Snapshot(midnight)); d != "" {
		t.Errorf("at midnight (-asked for at once, +asked for after a later moment):\n%s", d)
	}
}

func TestMomentsMayBeAskedForAtTheSameTime(t *testing.T) {
	goals, issues := company(t, 300, 5)
	h := built(t, goals, issues)
	begin := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
	got := make([]*measure.Snapshot, 60)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for k := worker; k < len(got); k += 4 {
				got[k] = h.Snapshot(begin.AddDate(0, 0, 7*k))
			}
		})
	}
	wg.Wait()
	alone := built(t, goals, issues)
	for k := len(got) - 1; k >= 0; k-- {
		if d := cmp.Diff(alone.Snapshot(begin.AddDate(0, 0, 7*k)), got[k]); d != "" {
			t.Fatalf("week %d (-alone, +among others):\n%s", k, d)
		}
	}
}

func TestALongLedgerCountsWhatItsIssuesSay(t *testing.T) {
	declared, issues := company(t, 700, 1)
	h := built(t, declared, issues)
	begin := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	settings := measure.DefaultSettings()
	rapid.Check(t, func(t *rapid.T) {
		at := begin.Add(time.Duration(rapid.IntRange(0, 520*24*60).Draw(t, "minute")) * time.Minute)
		var want measure.Parts
		for _, i := range issues {
			st, ok := flow.NewTimeline(i, flowtest.Catalog()).At(at)
			if !ok || st.Epic.Key != "PAY-1" {
				continue
			}
			switch {
			case settings.Semantics.Outcome(&st) == flow.Delivered:
				want.Delivered++
			case st.Category == flow.InProgress:
				want.InProgress++
			default:
				want.ToDo++
			}
		}
		if d := cmp.Diff(want, h.Snapshot(at).Goals[0].Issues); d != "" {
			t.Fatalf("as of %v (-counted issue by issue, +ledger):\n%s", at, d)
		}
	})
}
