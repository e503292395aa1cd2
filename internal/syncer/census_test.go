package syncer_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/syncer"
)

// after returns a filled store and its site some time later.
func after(t *testing.T, issues int) *desk {
	d := newDesk(t, newSite(1, issues))
	d.must(syncer.Full)
	d.now = d.now.Add(48 * time.Hour)
	return d
}

func TestACensusTellsWhatBecameOfEachIssueThatIsAbsent(t *testing.T) {
	d := after(t, 60)
	ids := d.ids()
	d.issues[ids[0]].deleted = true
	d.issues[ids[1]].outside = true
	d.issues[ids[2]].archived = true
	d.move(d.issues[ids[3]], d.projects[2])
	d.issues[ids[4]].unseen = true
	r := d.must(syncer.CensusOnly)
	want := map[string]int{"deleted": 2, "out of scope": 2, "archived": 1}
	if diff := cmp.Diff(want, r.Absent); diff != "" || r.Seen != 55 || r.Fetched != 0 {
		t.Errorf("report %+v (-want +got):\n%s", r, diff)
	}
	for k, want := range []flow.Presence{flow.Deleted, flow.OutOfScope, flow.Archived, flow.OutOfScope, flow.Deleted, flow.Present} {
		if got := d.as(ids[k]); got != want {
			t.Errorf("issue %d is %s, want %s", k, got, want)
		}
	}
	present, gone := d.dump()
	if diff := cmp.Diff(d.fresh(), present); diff != "" || gone != 5 {
		t.Errorf("%d are gone; issues (-fresh +held):\n%s", gone, diff)
	}
	if i, err := d.store.Issue("acme", ids[1]); err != nil || len(i.Changes) != 3 || !i.Gone.Equal(d.now) {
		t.Errorf("out of scope: it is held as %+v, %v", i, err)
	}
	before := d.requests
	if r := d.must(syncer.CensusOnly); len(r.Absent) != 0 || d.requests-before != 3 {
		t.Errorf("a second census: %+v with %d requests; nothing has changed", r, d.requests-before)
	}
}

func TestACensusFetchesWhatWasMissedAndWhatCameBack(t *testing.T) {
	d := after(t, 60)
	ids := d.ids()
	d.issues[ids[0]].deleted, d.issues[ids[1]].outside = true, true
	d.must(syncer.CensusOnly)
	d.issues[ids[0]].deleted, d.issues[ids[1]].outside = false, false
	missed := d.create()
	missed.Created, missed.Updated = d.now.Add(-300*time.Hour), d.now.Add(-300*time.Hour)
	r := d.must(syncer.CensusOnly)
	if r.Fetched != 3 || r.Restored != 2 || r.New != 1 || len(r.Absent) != 0 {
		t.Errorf("report %+v", r)
	}
	present, gone := d.dump()
	if diff := cmp.Diff(d.fresh(), present); diff != "" || gone != 0 {
		t.Errorf("%d are gone; issues (-fresh +held):\n%s", gone, diff)
	}
}

func TestWhatHappensToAProject(t *testing.T) {
	tests := []struct {
		name    string
		happens func(*desk)
		as      flow.Presence // of its issues, in the store
		absent  string        // in the report
		reason  string        // empty: the run is complete
	}{
		{"it is archived", func(d *desk) { d.projects[0].Archived = true }, flow.Archived, "archived", ""},
		{"it is put into the bin", func(d *desk) { d.projects[0].Trashed = true }, flow.Deleted, "deleted", ""},
		{"it cannot be seen any more", func(d *desk) { d.lost["PAY"] = true }, flow.Present, "access lost",
			"project PAY cannot be seen any more: its 30 issues are kept as they are; give the account access, or take the project out of the scope, or give the issues up"},
		{"half of its issues cannot be seen any more", func(d *desk) {
			for k, id := range d.in("PAY") {
				d.issues[id].unseen = k%2 == 0
			}
		}, flow.Present, "hidden", "15 of 30 issues of project PAY cannot be seen any more: that may be a lost permission, so they are kept as they are; give the account access, or give the issues up with `plumbline sync --census --accept-missing`"},
		{"less than half of its issues are deleted", func(d *desk) {
			for k, id := range d.in("PAY") {
				d.issues[id].deleted = k < 14
			}
		}, flow.Deleted, "deleted", ""},
		{"the index has lost most of it", func(d *desk) {
			for k, id := range d.in("PAY") {
				d.issues[id].stale = k < 20
			}
		}, flow.Present, "unconfirmed", "its index may be broken"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := after(t, 60)
			first := d.in("PAY")[0]
			tt.happens(d)
			r, err := d.sync(syncer.CensusOnly)
			if err != nil || (r.Result == syncer.Complete) != (tt.reason == "") || !strings.Contains(strings.Join(r.Reasons, "\n"), tt.reason) {
				t.Errorf("report %+v, %v; want the reason %q", r, err, tt.reason)
			}
			if kinds := slices.Collect(maps.Keys(r.Absent)); !slices.Equal(kinds, []string{tt.absent}) {
				t.Errorf("absent %v, want %s", r.Absent, tt.absent)
			}
			if got := d.as(first); got != tt.as {
				t.Errorf("its first issue is held as %s, want %s", got, tt.as)
			}
			// And back.
			d.projects[0].Archived, d.projects[0].Trashed, d.lost = false, false, map[string]bool{}
			for _, t := range d.issues {
				t.deleted, t.unseen, t.stale = false, false, false
			}
			d.must(syncer.CensusOnly)
			if present, gone := d.dump(); present != d.fresh() || gone != 0 {
				t.Errorf("afterwards %d issues are gone", gone)
			}
		})
	}
}

// What may be a lost permission is given up when somebody who was told of it
// says so, and no more than that.
func TestIssuesThatCannotBeSeenAnyMoreAreGivenUpByWhoWasToldOfThem(t *testing.T) {
	tests := []struct {
		name string
		lose func(*desk, int) // this many of the 30 issues of a project
		as   flow.Presence
		lost []int // before the first census, and between it and the acceptance
		gone bool
	}{
		{"half of a project", (*desk).hide, flow.Hidden, []int{15, 15}, true},
		{"fewer than were told of", (*desk).hide, flow.Hidden, []int{20, 15}, true},
		{"more than were told of", (*desk).hide, flow.Hidden, []int{15, 16}, false},
		{"a whole project", func(d *desk, _ int) { d.lost["PAY"] = true }, flow.AccessLost, []int{30, 30}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := after(t, 60)
			first := d.in("PAY")[0]
			tt.lose(d, tt.lost[0])
			for _, round := range []string{"not asked yet", "asked"} {
				s, err := syncer.New(d.o)
				if err != nil {
					t.Fatal(err)
				}
				r, err := s.AcceptMissing(t.Context(), nil)
				gone := tt.gone && round == "asked"
				if err != nil || (r.Result == syncer.Complete) != gone || (len(r.Reasons) == 0) != gone {
					t.Errorf("%s: report %+v, %v", round, r, err)
				}
				if want := map[bool]flow.Presence{false: flow.Present, true: tt.as}[gone]; d.as(first) != want {
					t.Errorf("%s: an issue is held as %s, want %s", round, d.as(first), want)
				}
				tt.lose(d, tt.lost[1])
			}
			if !tt.gone {
				return
			}
			if r := d.must(syncer.CensusOnly); len(r.Absent) != 0 {
				t.Errorf("the census after it: %+v", r)
			}
			d.lost = map[string]bool{}
			d.hide(0)
			if r := d.must(syncer.CensusOnly); r.Restored == 0 || d.as(first) != flow.Present {
				t.Errorf("seen again: %+v; the issue is held as %s", r, d.as(first))
			}
		})
	}
}

// hide hides the first n issues of a project, and shows its others.
func (d *desk) hide(n int) {
	for k, id := range d.in("PAY") {
		d.issues[id].unseen = k < n
	}
}

func (s *site) in(project string) []flow.IssueID {
	return slices.DeleteFunc(s.ids(), func(id flow.IssueID) bool { return s.issues[id].Now.Project.Name != project })
}

func TestThatMostOfAProjectIsOutOfTheScopeIsDoubtedForADay(t *testing.T) {
	d := after(t, 60)
	pay := d.in("PAY")
	for _, id := range pay[:20] {
		d.issues[id].outside = true
	}
	for k, want := range []flow.Presence{flow.Unconfirmed, flow.Unconfirmed, flow.OutOfScope} {
		r, err := d.sync(syncer.CensusOnly)
		if err != nil || r.Absent[want.String()] != 20 {
			t.Errorf("census %d: %+v, %v; want 20 %s", k, r, err, want)
		}
		d.now = d.now.Add([]time.Duration{time.Hour, 23 * time.Hour, 0}[k])
	}
	if cp := d.checkpoint(); cp.Doubts != nil {
		t.Errorf("doubts are left: %v", cp.Doubts)
	}
}

func TestAfterAnotherScopeManyIssuesMayBeOutOfIt(t *testing.T) {
	d := after(t, 60)
	d.o.Scope = "project = SHOP"
	for _, id := range d.in("PAY") {
		d.issues[id].outside = true
	}
	if r := d.must(syncer.CensusOnly); r.Kind != syncer.Full {
		t.Errorf("the first run under another scope is %s", r.Kind)
	}
	if r := d.must(syncer.CensusOnly); r.Absent["out of scope"] != 30 {
		t.Errorf("report %+v", r)
	}
	if d.checkpoint().Rescoped {
		t.Error("the scope still counts as changed")
	}
}

func TestAnIssueThatTheIndexShowsLateIsNotTakenToBeOutOfScope(t *testing.T) {
	d := after(t, 60)
	late := d.create()
	d.must(syncer.Incremental)
	late.stale = true
	asked := 0
	d.fails = func(what string) error {
		if what == "sight" {
			late.stale = false // the index has caught up
		}
		asked++
		return nil
	}
	if r := d.must(syncer.CensusOnly); len(r.Absent) != 0 || d.as(late.ID) != flow.Present {
		t.Errorf("report %+v; the issue is held as %s", r, d.as(late.ID))
	}
}

func TestAnswersThatContradictEachOtherProveNothing(t *testing.T) {
	d := after(t, 60)
	pay := d.in("PAY")
	d.issues[pay[0]].deleted, d.issues[pay[1]].deleted, d.issues[d.in("SHOP")[0]].deleted = true, true, true
	d.fails = func(what string) error {
		if what == "sight" {
			d.issues[pay[0]].deleted = false // for the second answer
		}
		return nil
	}
	r, err := d.sync(syncer.CensusOnly)
	want := "the site's answers about project PAY differ from one request to the next: its 2 absent issues are kept as they are"
	if err != nil || r.Result != syncer.Partial || !slices.Equal(r.Reasons, []string{want}) {
		t.Errorf("report %+v, %v", r, err)
	}
	if diff := cmp.Diff(map[string]int{"unconfirmed": 2, "deleted": 1}, r.Absent); diff != "" {
		t.Errorf("absent (-want +got):\n%s", diff)
	}
	d.must(syncer.CensusOnly)
	if d.as(pay[0]) != flow.Present || d.as(pay[1]) != flow.Deleted {
		t.Errorf("afterwards they are %s and %s", d.as(pay[0]), d.as(pay[1]))
	}
}

// said is an error that says by a method what it means.
type said struct {
	refused, yielded bool
	incomplete       string
}

func (e *said) Error() string      { return "cut short" }
func (e *said) Refused() bool      { return e.refused }
func (e *said) Yielded() bool      { return e.yielded }
func (e *said) Incomplete() string { return e.incomplete }

func TestNothingIsInferredFromACensusThatIsNotWhole(t *testing.T) {
	broken := errors.New("503")
	tests := []struct {
		at     string
		fails  error
		result syncer.Result
		reason string
		is     error
	}{
		{"ids", broken, syncer.Failed, "503", broken},
		{"ids", &said{incomplete: "the site warned that rows are missing"}, syncer.Partial, "the site warned that rows are missing", nil},
		{"projects", broken, syncer.Partial, "503", broken},
		{"sight", broken, syncer.Partial, "503", broken},
		{"sight", &said{yielded: true}, syncer.Partial, "yielded: cut short", nil},
		{"sight", &said{refused: true}, syncer.Failed, "cut short", nil},
		{"identify", broken, syncer.Failed, "503", broken},
	}
	for _, tt := range tests {
		t.Run(tt.at+" "+tt.reason, func(t *testing.T) {
			d := after(t, 60)
			for _, id := range d.ids()[:5] {
				d.issues[id].deleted = true
			}
			before, _ := d.dump()
			d.fails = func(what string) error {
				if what == tt.at {
					return tt.fails
				}
				return nil
			}
			r, err := d.sync(syncer.CensusOnly)
			if r.Result != tt.result || !slices.Contains(r.Reasons, tt.reason) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("report %+v, %v", r, err)
			}
			if now, gone := d.dump(); now != before || gone != 0 {
				t.Errorf("%d issues were marked", gone)
			}
			d.fails = nil
			if d.must(syncer.CensusOnly); d.as(d.ids()[0]) != flow.Deleted {
				t.Error("the next census finds nothing")
			}
		})
	}
	t.Run("another account", func(t *testing.T) {
		d := after(t, 60)
		d.issues[d.ids()[0]].deleted = true
		d.account = 8
		r, err := d.sync(syncer.CensusOnly)
		if err != nil || r.Result != syncer.Partial || r.Seen != 0 || d.as(d.ids()[0]) != flow.Present {
			t.Errorf("report %+v, %v", r, err)
		}
	})
}

// However the world goes on, an incremental sync and a census hold what one
// full sync of that moment would.
func TestIncrementalSyncsAndCensusesFollowTheWorld(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := newDesk(t, newSite(rapid.Uint64().Draw(rt, "seed"), 40))
		d.cloud = rapid.Bool().Draw(rt, "cloud")
		d.must(syncer.Full)
		for range rapid.IntRange(1, 4).Draw(rt, "steps") {
			for range rapid.IntRange(0, 6).Draw(rt, "happenings") {
				d.now = d.now.Add(time.Duration(rapid.IntRange(1, 2000).Draw(rt, "seconds")) * time.Second)
				d.happen()
			}
			d.must(syncer.Incremental)
			d.must(syncer.CensusOnly)
			present, _ := d.dump()
			if diff := cmp.Diff(d.fresh(), present); diff != "" {
				rt.Fatalf("issues (-fresh +held):\n%s", diff)
			}
		}
	})
}
