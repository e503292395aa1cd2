package measure

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
)

// inEpics are issues that lie in so many epics, one after the other.
func inEpics(t flowtest.TB, issues, epics int) []*flow.Issue {
	var out []*flow.Issue
	for k := range issues {
		key := fmt.Sprintf("PAY-%d", k%epics+1)
		out = append(out, flowtest.NewBelow(t, key, fmt.Sprintf("PAY-%d", epics+k+1), "2026-01-01").Issue())
	}
	return out
}

func surveyed(most int, issues []*flow.Issue) *survey {
	s := newSurvey(flowtest.Site)
	s.most = most
	for _, i := range issues {
		s.meet(flow.NewTimeline(i, nil))
	}
	return s
}

func TestASurveyKeepsTheSameNamesInWhateverOrderIssuesCome(t *testing.T) {
	issues := inEpics(t, 1000, 100)
	want := surveyed(200, issues)
	if n := len(want.holders); want.members > 200 || n < 5 || n > 20 {
		t.Fatalf("it keeps %d memberships of %d epics of ten", want.members, n)
	}
	rapid.Check(t, func(t *rapid.T) {
		got := surveyed(200, rapid.Permutation(issues).Draw(t, "order"))
		if d := cmp.Diff(want.ranked(), got.ranked(), cmp.AllowUnexported(holderName{})); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
		for _, name := range want.ranked() {
			if d := cmp.Diff(want.lay(name), got.lay(name)); d != "" {
				t.Fatalf("in %v (-want +got):\n%s", name, d)
			}
		}
	})
	if n := len(surveyed(1000, issues).holders); n != 100 {
		t.Errorf("where there is room for all, %d of 100 are kept", n)
	}
	if s := surveyed(50, inEpics(t, 200, 1)); s.members != 0 {
		t.Errorf("of what alone is too large, %d memberships are kept", s.members)
	}
}

func TestASurveyTakesTheNamesOfOneIssueTogether(t *testing.T) {
	var issues []*flow.Issue
	for n, above := range []flow.Ref{{ID: 7, Key: "OLD-7"}, {ID: 7, Key: "OLD-7"}, {ID: 7}, {ID: 7, Key: "PAY-7"}, {Key: "PAY-7"}, {Key: "PAY-8"}} {
		issues = append(issues, flowtest.New(t, fmt.Sprintf("PAY-%d", 20+n), "2026-01-01").Born(func(s *flow.State) { s.Epic = above }).Issue())
	}
	s := surveyed(100, issues)
	names := []holderName{{key: "OLD-7"}, {id: 7}, {key: "PAY-7"}}
	got := map[holderName]bool{}
	for _, name := range s.ranked() {
		got[name] = true
	}
	if d := cmp.Diff(map[holderName]bool{names[0]: true, names[1]: true, names[2]: true}, got, cmp.AllowUnexported(holderName{})); d != "" {
		t.Errorf("that may hold enough (-want +got):\n%s", d)
	}
	if n := len(s.lay(names...)); n != 5 {
		t.Errorf("%d issues lay in it, want 5", n)
	}
}

func TestOnlyWhatLayInContainersIsReadAgain(t *testing.T) {
	issues := append(manyEpics(t, 4), flowtest.New(t, "PAY-9000", "2020-01-01").Issue())
	h, passes := inMemory(issues), 0
	all, err := FindContainers("test", flowtest.Site, Input{
		Catalogs: map[string]*flow.Catalog{flowtest.Site: flowtest.Catalog()}, Settings: DefaultSettings(),
		Issues: func(each func(*flow.Issue) error) error { passes++; return h.Each(each) },
	}, h, flowtest.At(t, "2026-06-01"))
	if err != nil || len(all) != 4 || passes != 1 {
		t.Fatalf("%d containers in %d passes, %v", len(all), passes, err)
	}
	epics := 0
	for _, n := range h.asked {
		if n > 2 {
			epics++ // which were looked at to see what they are
		}
	}
	if len(h.asked) != 4*26 || epics != 4 || slices.Max(slices.Collect(maps.Values(h.asked))) != 3 {
		t.Errorf("%d issues are read again, %d of them thrice", len(h.asked), epics)
	}
}

// An epic that was moved to another project is spoken of by either key.
func TestAContainerIsFoundByAllItsKeys(t *testing.T) {
	issues := []*flow.Issue{theEpic(t).Issue()}
	i := issues[0]
	i.Changes = append(i.Changes, flow.Change{At: flowtest.At(t, "2026-01-20"), History: 1, Field: flow.FieldKey, From: flow.Named{Name: "OLD-1"}, To: flow.Named{Name: "PAY-1"}})
	for n := range 9 {
		ref := flow.Ref{Key: "PAY-1"}
		if n%3 == 0 {
			ref = flow.Ref{ID: i.ID, Key: "OLD-1"}
		}
		issues = append(issues, flowtest.New(t, fmt.Sprintf("PAY-%d", 2+n), "2026-01-01").Born(func(s *flow.State) { s.Epic = ref }).
			Resolves(fmt.Sprintf("2026-02-%02d", n+1), "Done").Issue())
	}
	all := found(t, flowtest.Catalog(), "2026-12-01", issues...)
	if len(all) != 1 || all[0].ledger.leaves.len() != 9 {
		t.Fatalf("found %d containers", len(all))
	}
}

func TestAHistoryLearnsFromTheIssuesThatItReads(t *testing.T) {
	issues, passes := inMemory(manyEpics(t, 8)), 0
	in := Input{
		Goals:    []goal.Goal{{ID: "g", Work: goal.Work{Epics: []string{"PAY-1"}}}},
		Catalogs: map[string]*flow.Catalog{flowtest.Site: flowtest.Catalog()}, Settings: DefaultSettings(),
		Issues: func(each func(*flow.Issue) error) error { passes++; return issues.Each(each) },
	}
	until := flowtest.At(t, "2026-06-01")
	want := Past{Containers: found(t, flowtest.Catalog(), "2026-06-01", issues.Issues...), Until: until, Settings: in.Settings}
	var got Past
	in.Learn = func(s *Survey) (*Past, error) {
		all, err := s.Containers("test", flowtest.Site, in, issues, until)
		if err != nil {
			t.Error(err)
		}
		if none, err := s.Containers("test", "elsewhere", in, issues, until); len(none) != 0 || err != nil {
			t.Errorf("on a site that was never met there are %d containers, %v", len(none), err)
		}
		got = Past{Containers: all, Until: until, Settings: in.Settings}
		return &got, nil
	}
	h, err := Build(in)
	if err != nil || passes != 2 {
		t.Fatalf("%d passes, %v", passes, err)
	}
	if len(got.Containers) != 8 || len(want.Containers) != 8 {
		t.Fatalf("%d containers, want %d", len(got.Containers), len(want.Containers))
	}
	if x := h.Experience(); x == nil || x.Model(until).Containers != want.Learn().Model(until).Containers {
		t.Errorf("learnt from %+v", x)
	}
	if g := h.Snapshot(until).Goals[0]; g.Real == nil {
		t.Errorf("the real completion is not told: %v", g.Missing)
	}
	in.Learn = func(*Survey) (*Past, error) { return nil, errors.New("no more") }
	if _, err := Build(in); err == nil || err.Error() != "no more" {
		t.Errorf("where learning fails, building says %v", err)
	}
}
