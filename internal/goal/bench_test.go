package goal_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
)

// company makes the timelines of n issues under the epics of the goals, most
// of them put there after their creation, some moved, some sub-tasks.
func company(tb testing.TB, n, goals int) ([]goal.Goal, []*flow.Timeline) {
	gs := []goal.Goal{{ID: "all"}}
	var all []*flow.Timeline
	catalog := flowtest.Catalog()
	add := func(b *flowtest.Builder) { all = append(all, flow.NewTimeline(b.Issue(), catalog)) }
	for g := range goals {
		key := fmt.Sprintf("PAY-%d", g+1)
		gs = append(gs, goal.Goal{ID: fmt.Sprintf("g%03d", g), Parent: "all", Work: goal.Work{Epics: []string{key}}})
		add(flowtest.NewEpic(tb, key, "2025-01-01"))
	}
	begin := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for k := range n {
		at := begin.Add(time.Duration(k%500) * 24 * time.Hour)
		day := func() string { at = at.Add(17 * time.Hour); return at.Format("2006-01-02 15:04:05") }
		b := flowtest.New(tb, fmt.Sprintf("PAY-%d", goals+k+1), day())
		switch {
		case k%5 == 0:
			b.Born(func(s *flow.State) {
				s.Type, s.Parent = flowtest.Subtask(), flowtest.Ref(fmt.Sprintf("PAY-%d", goals+k))
			})
		default:
			b.Joins(day(), fmt.Sprintf("PAY-%d", k%goals+1))
		}
		b.Moves(day(), flowtest.Doing).Labelled(day(), "x").Touched(day()).Moves(day(), flowtest.Review)
		if k%20 == 1 {
			b.Joins(day(), fmt.Sprintf("PAY-%d", (k+1)%goals+1))
		}
		add(b.Resolves(day(), "Done").Touched(day()))
	}
	return gs, all
}

func filled(goals []goal.Goal, issues []*flow.Timeline) *goal.Index {
	x := goal.NewIndex(goals, nil, nil)
	x.Expect(len(issues))
	for _, t := range issues {
		x.Put(t)
	}
	return x
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkIndex measures what the index of 100,000 issues under 100 goals
// takes, to fill, to ask and to keep.
func BenchmarkIndex(b *testing.B) {
	const n = 100_000
	goals, issues := company(b, n, 100)
	b.Run("put", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			filled(goals, issues)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/issue")
	})
	b.Run("members", func(b *testing.B) {
		x := filled(goals, issues)
		b.ReportAllocs()
		for b.Loop() {
			x.Members()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/issue")
	})
	b.Run("rest", func(b *testing.B) {
		var kept float64
		for b.Loop() {
			before := heap()
			x := filled(goals, issues)
			x.Members()
			kept = float64(heap()-before) / n
			runtime.KeepAlive(x)
		}
		b.ReportMetric(kept, "B/issue")
	})
}

// BenchmarkRenew measures what 100 issues cost that leave their goals, or come
// back, of 100 goals of 1,600 issues each.
func BenchmarkRenew(b *testing.B) {
	goals, issues := company(b, 160_000, 100)
	var away, back []*flow.Timeline
	for k := range 100 {
		t := issues[100+1600*k+2]
		gone := *t.Issue
		gone.Gone = gone.Changes[1].At
		away, back = append(away, flow.NewTimeline(&gone, flowtest.Catalog())), append(back, t)
	}
	x := filled(goals, issues)
	have := x.Members()
	b.ReportAllocs()
	for b.Loop() {
		for _, t := range away {
			x.Put(t)
		}
		for _, r := range x.Renew() {
			have[r.Goal] = have[r.Goal].Renewed(&r)
		}
		away, back = back, away
	}
}
