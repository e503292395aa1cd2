package syncer

import (
	"maps"
	"testing"

	"pgregory.net/rapid"

	"plumbline/internal/flow"
)

// genInquest draws absences with every kind of answer.
var genInquest = rapid.Custom(func(t *rapid.T) *inquest {
	n := rapid.IntRange(1, 40).Draw(t, "absent")
	q := &inquest{
		project: flow.Named{ID: "10", Name: "PAY"}, known: n + rapid.IntRange(0, 60).Draw(t, "others"),
		sights:   map[flow.IssueID]flow.Sighting{},
		rescoped: rapid.Bool().Draw(t, "rescoped"), settled: rapid.Bool().Draw(t, "settled"),
		given: rapid.SampledFrom([]int{0, 0, n / 2, n, 100}).Draw(t, "given up"),
	}
	projects := []flow.ProjectState{{ID: "11", Key: "SHOP", Archived: rapid.Bool().Draw(t, "other archived")}}
	if rapid.Bool().Draw(t, "listed") {
		projects = append(projects, flow.ProjectState{
			ID: "10", Key: "PAY", Archived: rapid.Bool().Draw(t, "archived"), Trashed: rapid.Bool().Draw(t, "trashed"),
		})
	}
	q.roster = newRoster(projects)
	for id := range flow.IssueID(n) {
		q.absent = append(q.absent, flow.Held{ID: id, Project: q.project})
		if rapid.IntRange(0, 9).Draw(t, "answered") > 0 {
			q.sights[id] = flow.Sighting{
				ID: id, Found: rapid.Bool().Draw(t, "found"), Archived: rapid.Bool().Draw(t, "issue archived"),
				Key: rapid.SampledFrom([]string{"PAY-1", "SHOP-1", "NEW-1", ""}).Draw(t, "key"),
			}
		}
	}
	return q
})

func TestAVerdictIsGivenOnProofAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := genInquest.Draw(t, "inquest")
		as, reasons, doubt := q.verdicts()
		state, listed := q.roster.byProject(q.project)
		marked := map[flow.Presence]int{}
		unsure, unseen := 0, q.unseen(as)
		for k, h := range q.absent {
			s, answered := q.sights[h.ID]
			if !q.marks(as[k], unseen) {
				unsure++
				continue
			}
			marked[as[k]]++
			switch {
			case !answered:
				t.Fatalf("issue %d is marked as %s without an answer", h.ID, as[k])
			case as[k] == flow.Hidden && unseen > q.given, !listed && unseen > q.given && !s.Found && !q.rescoped:
				t.Fatalf("issue %d is given up as one of %d; %d were", h.ID, unseen, q.given)
			case s.Found && as[k] != flow.Archived && as[k] != flow.OutOfScope:
				t.Fatalf("issue %d is there and marked as %s", h.ID, as[k])
			case !s.Found && !listed && as[k] != flow.AccessLost:
				t.Fatalf("issue %d is marked as %s though its project may be hidden from us", h.ID, as[k])
			}
		}
		if n := marked[flow.Deleted]; massive(n, q.known) && !state.Trashed {
			t.Fatalf("%d of %d issues are taken to be deleted", n, q.known)
		}
		if n := marked[flow.OutOfScope]; massive(n, q.known) && !q.rescoped && !q.settled {
			t.Fatalf("%d of %d issues are taken to be out of the scope", n, q.known)
		}
		if (unsure > 0) != (len(reasons) > 0) {
			t.Fatalf("%d issues are kept, for the reasons %q", unsure, reasons)
		}
		if doubt && q.settled {
			t.Fatal("a doubt that was settled is raised again")
		}
	})
}

func TestAVerdictDoesNotDependOnTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := genInquest.Draw(t, "inquest")
		byID := func() map[flow.IssueID]flow.Presence {
			as, _, _ := q.verdicts()
			m := map[flow.IssueID]flow.Presence{}
			for k, h := range q.absent {
				m[h.ID] = as[k]
			}
			return m
		}
		before := byID()
		q.absent = rapid.Permutation(q.absent).Draw(t, "order")
		if !maps.Equal(before, byID()) {
			t.Fatal("another order gives other verdicts")
		}
	})
}
