package measure

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
)

// held are issues in memory that count how often each was asked for.
type held struct {
	flowtest.Issues
	by    map[flow.IssueID]*flow.Issue
	asked map[flow.IssueID]int
}

func inMemory(issues []*flow.Issue) held {
	h := held{issues, map[flow.IssueID]*flow.Issue{}, map[flow.IssueID]int{}}
	for _, i := range issues {
		h.by[i.ID] = i
	}
	return h
}

func (h held) Issue(_ string, id flow.IssueID) (*flow.Issue, error) {
	h.asked[id]++
	return h.by[id], nil
}

func found(t flowtest.TB, c *flow.Catalog, until string, issues ...*flow.Issue) []Container {
	t.Helper()
	h := inMemory(issues)
	all, err := FindContainers("test", flowtest.Site, Input{
		Catalogs: map[string]*flow.Catalog{flowtest.Site: c}, Settings: DefaultSettings(), Issues: h.Each,
	}, h, flowtest.At(t, until))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func inEpic(t flowtest.TB, n int, created string) *flowtest.Builder {
	return flowtest.NewBelow(t, "PAY-1", fmt.Sprintf("PAY-%d", n), created)
}

func theEpic(t flowtest.TB) *flowtest.Builder {
	return flowtest.NewEpic(t, "PAY-1", "2026-01-01")
}

// eventful is an epic to which everything happens that MEASURES §1 rules on.
func eventful(t flowtest.TB) []*flow.Issue {
	return []*flow.Issue{
		theEpic(t).Resolves("2026-03-01", "Done").Issue(),
		inEpic(t, 2, "2026-01-01").Resolves("2026-01-10", "Done").Issue(),
		inEpic(t, 3, "2026-01-01").Resolves("2026-01-10", "Done").Reopens("2026-02-01", flowtest.ToDo).Resolves("2026-02-05", "Done").Issue(),
		inEpic(t, 4, "2026-01-01").Resolves("2026-01-12", "Done").Reopens("2026-01-20 10:00", flowtest.ToDo).Resolves("2026-01-20 10:30", "Done").Issue(), // a bounce
		flowtest.New(t, "PAY-5", "2026-01-05").Joins("2026-02-01", "PAY-1").Resolves("2026-02-10", "Done").Issue(),                                        // late
		inEpic(t, 6, "2026-01-01").Resolves("2026-01-15", "Won't Do").Issue(),
		inEpic(t, 7, "2026-01-01").Resolves("2026-01-08", "Done").Joins("2026-01-25", "PAY-99").Issue(), // moved out
		inEpic(t, 8, "2026-01-01").Resolves("2026-03-20", "Done").Issue(),                               // within the grace
		inEpic(t, 9, "2026-01-01").Resolves("2026-06-01", "Done").Issue(),                               // residue
	}
}

func TestTheTruthOfAnEpicWorkedByHand(t *testing.T) {
	all := found(t, flowtest.Catalog(), "2026-12-01", eventful(t)...)
	if len(all) != 1 || all[0].Kind != KindEpic || all[0].Name != "PAY-1" || all[0].Project != "PAY" {
		t.Fatalf("found %+v", all)
	}
	s := DefaultSettings()
	end, ok := all[0].closing(flowtest.At(t, "2026-12-01"), &s)
	if !ok {
		t.Fatal("the epic has not ended")
	}
	if want := flowtest.At(t, "2026-03-01"); !end.At.Equal(want) {
		t.Errorf("it ended at %v, want %v", end.At, want)
	}
	if want := flowtest.At(t, "2026-03-20"); !end.Finished.Equal(want) {
		t.Errorf("it was finished at %v, want %v", end.Finished, want)
	}
	if len(end.Final) != 5 { // 2, 3, 4, 5 and 8
		t.Errorf("%d leaves were finally delivered, want 5", len(end.Final))
	}
	for at, want := range map[string]float64{
		"2026-01-09":       0,      // 7 is no part of it in the end
		"2026-01-18":       2. / 5, // 2 and 4; 3 will be re-opened
		"2026-01-20 10:15": 2. / 5, // in the middle of the bounce
		"2026-02-15":       4. / 5, // 3 and 5 too
		"2026-03-20":       5. / 5,
	} {
		if got := all[0].truth(&end, flowtest.At(t, at)); got != want {
			t.Errorf("the truth at %s is %v, want %v", at, got, want)
		}
	}
	if _, ok := all[0].closing(flowtest.At(t, "2026-03-30"), &s); ok {
		t.Error("it counts as ended before its grace is over")
	}
}

func TestASituationWorkedByHand(t *testing.T) {
	all := found(t, flowtest.Catalog(), "2026-12-01", eventful(t)...)
	got, ok := newSituations(all[0].ledger, KindEpic).at(flowtest.At(t, "2026-02-01 12:00"))
	if !ok {
		t.Fatal("no leaf is in scope")
	}
	want := Situation{
		At: flowtest.At(t, "2026-02-01 12:00"), Kind: KindEpic,
		All: 7, Reported: 3, Delivered: 2, Dropped: 1, // 2, 4 done, 6 dropped; 3 open again; 5, 8, 9 open; 7 gone
		Age: 31.5, SinceDelivery: 20.5, // since 4 was done on 12 January; the bounce is no completion
		New30: 1. / 6, Younger: 1. / 6, // 5 of 2, 3, 4, 5, 8, 9
		Growth: math.Log(6.5 / 7.5), // seven were there after a week, 6 not dropped yet
		Weekly: []int{-1, 0, 1, 3},  // 3 re-opened; the bounce; 4; 2, 3 and 7
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestContainersEndByTheirKind(t *testing.T) {
	s := DefaultSettings()
	five := func(b func(n int) *flowtest.Builder) []*flow.Issue {
		var out []*flow.Issue
		for n := range 5 {
			out = append(out, b(n+2).Resolves(fmt.Sprintf("2026-02-%02d", n+1), "Done").Issue())
		}
		return out
	}
	inVersion := func(n int) *flowtest.Builder {
		return flowtest.New(t, fmt.Sprintf("PAY-%d", n), "2026-01-01").Versioned("2026-01-02", "v")
	}
	below := func(n int) *flowtest.Builder {
		return flowtest.New(t, fmt.Sprintf("PAY-%d", n), "2026-01-01").Born(func(st *flow.State) {
			st.Type, st.Parent = flowtest.Subtask(), flowtest.Ref("PAY-1")
		})
	}
	inIt := func(n int) *flowtest.Builder { return inEpic(t, n, "2026-01-01") }
	version := flow.Version{ID: "v", Name: "v", Project: "PAY"}
	out, dated := version, version
	out.Released, dated.Released = true, true
	dated.Release = flow.Date{Year: 2026, Month: 3, Day: 1}
	for name, c := range map[string]struct {
		catalog *flow.Catalog
		issues  []*flow.Issue
		kind    Kind
		want    string // empty: not ended
	}{
		"a version on the day after its release":         {flowtest.Catalog(dated), five(inVersion), KindVersion, "2026-03-02"},
		"a version without a date by its deliveries":     {flowtest.Catalog(out), five(inVersion), KindVersion, "2026-02-05"},
		"a version that nobody released, when quiet":     {flowtest.Catalog(version), five(inVersion), KindVersion, "2026-02-05"},
		"an issue with sub-tasks":                        {flowtest.Catalog(), append(five(below), flowtest.New(t, "PAY-1", "2026-01-01").Resolves("2026-02-20", "Done").Issue()), KindParent, "2026-02-20"},
		"an epic that nobody closed, with its last leaf": {flowtest.Catalog(), append(five(inIt), theEpic(t).Issue()), KindEpic, "2026-02-05"},
		"an epic that was given up, never":               {flowtest.Catalog(), append(five(inIt), theEpic(t).Resolves("2026-03-01", "Won't Do").Issue()), KindEpic, ""},
		"an epic that was opened again, not yet":         {flowtest.Catalog(), append(append(five(inIt), inEpic(t, 9, "2026-01-01").Issue()), theEpic(t).Resolves("2026-03-01", "Done").Reopens("2026-05-01", flowtest.ToDo).Issue()), KindEpic, ""},
	} {
		t.Run(name, func(t *testing.T) {
			all := found(t, c.catalog, "2026-12-01", c.issues...)
			if len(all) != 1 || all[0].Kind != c.kind {
				t.Fatalf("found %d containers", len(all))
			}
			end, ok := all[0].closing(flowtest.At(t, "2026-12-01"), &s)
			if ok != (c.want != "") || ok && !end.At.Equal(flowtest.At(t, c.want)) {
				t.Errorf("ended %v at %v, want %q", ok, end.At, c.want)
			}
		})
	}
}

func TestAVersionIsNoContainerWhereNothingIsKnownOfThePast(t *testing.T) {
	var issues []*flow.Issue
	for n := range 6 {
		i := flowtest.New(t, fmt.Sprintf("PAY-%d", n+2), "2026-01-01").Born(func(s *flow.State) { s.FixVersions = []string{"v"} }).Issue()
		i.Announced, i.Histories = -1, 0
		issues = append(issues, i)
	}
	if all := found(t, flowtest.Catalog(flow.Version{ID: "v", Name: "v", Project: "PAY"}), "2026-12-01", issues...); len(all) != 0 {
		t.Errorf("found %d containers", len(all))
	}
}

func TestAnEpicThatContainsItselfEndsTheSearch(t *testing.T) {
	issues := append(eventful(t), flowtest.New(t, "PAY-20", "2026-01-01").Born(func(s *flow.State) {
		s.Type, s.Parent = flowtest.Epic(), flowtest.Ref("PAY-20")
	}).Issue())
	if all := found(t, flowtest.Catalog(), "2026-12-01", issues...); len(all) != 1 {
		t.Errorf("found %d containers, want the one that is none of its own", len(all))
	}
}

// TestWhatCameLaterChangesNoFeature deletes everything that happened after a
// moment and asks for the same bits.
func TestWhatCameLaterChangesNoFeature(t *testing.T) {
	whole := found(t, flowtest.Catalog(), "2026-12-01", eventful(t)...)[0].ledger
	rapid.Check(t, func(t *rapid.T) {
		at := flowtest.At(t, "2026-01-01").Add(time.Duration(rapid.IntRange(0, 200*24*60).Draw(t, "minutes")) * time.Minute)
		cut := *whole
		cut.entries = nil
		for _, e := range whole.entries {
			if !e.at().After(at) {
				cut.entries = append(cut.entries, e)
			}
		}
		if len(cut.entries) == 0 {
			return
		}
		want, known := newSituations(whole, KindEpic).at(at)
		got, ok := newSituations(&cut, KindEpic).at(at)
		if d := cmp.Diff(want, got); d != "" || ok != known {
			t.Fatalf("at %v (-with the future +without):\n%s", at, d)
		}
		if want.All > 0 && want.vector() != got.vector() {
			t.Fatalf("at %v the features differ", at)
		}
	})
}
