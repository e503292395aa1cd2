package measure

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
)

// inEpics are issues that lie in so many epics, one after the other.
func inEpics(t flowtest.TB, issues, epics int) []*flow.Issue {
	var out []*flow.Issue
	for k := range issues {
		key := fmt.Sprintf("PAY-%d", k%epics+1)
		out = append(out, flowtest.New(t, fmt.Sprintf("PAY-%d", epics+k+1), "2026-01-01").Born(func(s *flow.State) { s.Epic = flowtest.Ref(key) }).Issue())
	}
	return out
}

func surveyed(most int, issues []*flow.Issue) *survey {
	s := newSurvey()
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
	all, err := FindContainers("test", Input{
		Catalogs: map[string]*flow.Catalog{flowtest.Site: flowtest.Catalog()}, Settings: DefaultSettings(),
		Issues: func(each func(*flow.Issue) error) error { passes++; return h.each(each) },
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
	if len(all) != 1 || len(all[0].ledger.leaves) != 9 {
		t.Fatalf("found %d containers", len(all))
	}
}
