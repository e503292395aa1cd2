package syncer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"plumbline/internal/flow"
	"plumbline/internal/syncer"
)

// nth lets the n-th request of a kind (from 1) fail, and all behind it.
func nth(what string, n int, err error) func(string) error {
	return func(asked string) error {
		if asked == what {
			if n--; n <= 0 {
				return err
			}
		}
		return nil
	}
}

func TestARunThatYieldsGoesOnWhereItStopped(t *testing.T) {
	for _, kind := range []syncer.Kind{syncer.Full, syncer.Incremental} {
		t.Run(string(kind), func(t *testing.T) {
			d := newDesk(t, newSite(1, 500))
			d.o.Batch = 50
			if kind == syncer.Incremental {
				d.must(syncer.Full)
				d.now = d.now.Add(time.Hour)
				for _, id := range d.ids() {
					d.edit(d.issues[id])
				}
			}
			started := d.now
			d.fails = nth("scan", 5, &said{yielded: true})
			r, err := d.sync(kind)
			if err != nil || r.Result != syncer.Partial || r.Read != 200 || r.Reasons[0] != "yielded: cut short" {
				t.Fatalf("report %+v, %v", r, err)
			}
			d.fails = nil
			d.now = d.now.Add(time.Hour)
			early := d.issues[d.ids()[0]]
			d.edit(early) // behind the place where the next part begins
			if r = d.must(kind); !r.Resumed || r.Read > 301 {
				t.Errorf("report %+v; want one that goes on", r)
			}
			if cp := d.checkpoint(); !cp.Watermark.Equal(started) || !cp.PartFrom.IsZero() || !cp.FullFrom.IsZero() {
				t.Errorf("checkpoint %+v; want the watermark at the start of the first part, %s", cp, started)
			}
			d.must(syncer.Incremental)
			present, _ := d.dump()
			if diff := cmp.Diff(d.fresh(), present); diff != "" {
				t.Errorf("issues (-fresh +held):\n%s", diff)
			}
		})
	}
}

func TestARunEndsWithItsBudget(t *testing.T) {
	for budget, each := range map[time.Duration]time.Duration{
		time.Minute: 25 * time.Second,
		time.Second: 400 * time.Millisecond, // before any batch is full or old
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t, newSite(1, 300))
			d.o.Budget = map[syncer.Kind]time.Duration{syncer.Full: budget}
			slow := &slowSource{site: d.site, each: each}
			d.o.Source = slow
			r, err := d.sync(syncer.Full)
			why := fmt.Sprintf("yielded: the run has taken its %s; the next one goes on from here", budget)
			if err != nil || r.Result != syncer.Partial || r.Read != 100 || strings.Join(r.Reasons, "") != why {
				t.Errorf("report %+v, %v", r, err)
			}
			slow.each = 0
			if r := d.must(syncer.Full); !r.Resumed {
				t.Errorf("report %+v; want one that goes on", r)
			}
		})
	}
}

func TestABudgetIsOfTheKindThatTheRunTurnsOutToBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, newSite(1, 300))
		d.o.Budget = map[syncer.Kind]time.Duration{syncer.Incremental: time.Second}
		slow := &slowSource{site: d.site, each: 400 * time.Millisecond}
		d.o.Source = slow
		if r := d.must(syncer.Incremental); r.Kind != syncer.Full {
			t.Errorf("the first sync was %s", r.Kind)
		}
		d.now = d.now.Add(time.Hour)
		for _, id := range d.ids() {
			d.edit(d.issues[id])
		}
		if r, err := d.sync(syncer.Incremental); err != nil || r.Result != syncer.Partial || !strings.HasPrefix(r.Reasons[0], "yielded: the run has taken its 1s") {
			t.Errorf("report %+v, %v", r, err)
		}
	})
}

// slowSource waits before each page.
type slowSource struct {
	*site
	each time.Duration
}

func (s *slowSource) Scan(ctx context.Context, q syncer.Query, each func(syncer.Page) error) error {
	return s.site.Scan(ctx, q, func(p syncer.Page) error {
		select {
		case <-time.After(s.each):
			return each(p)
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

func TestAScanThatIsNotWholeMovesNothing(t *testing.T) {
	d := newDesk(t, newSite(1, 300))
	d.fails = nth("scan", 4, &said{incomplete: "rows are missing"})
	for range 2 {
		r, err := d.sync(syncer.Full)
		if err != nil || r.Result != syncer.Partial || r.Reasons[0] != "rows are missing" || r.Resumed {
			t.Errorf("report %+v, %v", r, err)
		}
		d.fails = nth("scan", 4, &said{incomplete: "rows are missing"})
	}
	if cp := d.checkpoint(); !cp.Watermark.IsZero() || !cp.LastSuccess.IsZero() {
		t.Errorf("checkpoint %+v", cp)
	}
}

func TestAPanicEndsTheRunAndNotTheProcess(t *testing.T) {
	for _, at := range []string{"identify", "scan"} {
		d := newDesk(t, newSite(1, 300))
		d.fails = func(what string) error {
			if what == at {
				panic("the summary of an issue")
			}
			return nil
		}
		r, err := d.sync(syncer.Full)
		if err == nil || r.Result != syncer.Failed || strings.Join(r.Reasons, "") != "the run broke down: a panic with a string" {
			t.Errorf("at %s: report %+v, %v", at, r, err)
		}
		d.fails = nil
		d.must(syncer.Full)
	}
	t.Run("where pages are stored", func(t *testing.T) {
		d := newDesk(t, newSite(1, 300))
		s, err := syncer.New(d.o)
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Run(t.Context(), syncer.Full, func(syncer.Progress) { panic(errors.New("x")) })
		if err == nil || r.Result != syncer.Failed {
			t.Errorf("report %+v, %v", r, err)
		}
	})
}

func TestVersionsAndSprintsAreStoredEachForItself(t *testing.T) {
	d := after(t, 20)
	d.versions = []flow.Version{{ID: "9", Name: "3.2", Project: "PAY", Release: flow.Date{Year: 2026, Month: 11, Day: 27}}, {ID: "8", Name: "x", Project: "ELSE"}}
	d.sprints = []flow.Sprint{{ID: "5", BoardID: "2", Name: "Sprint 5", State: "active"}, {ID: "5", BoardID: "1", Name: "Sprint 5", State: "active"}}
	first := d.now
	last := d.checkpoint().LastSuccess
	if r := d.must(syncer.AgileOnly); r.Events != 2 {
		t.Errorf("report %+v", r)
	}
	d.now = d.now.Add(24 * time.Hour)
	if r := d.must(syncer.AgileOnly); r.Events != 0 {
		t.Errorf("a second time: report %+v", r)
	}
	d.versions[0].Release.Day = 30
	d.fails = nth("sprints", 1, errors.New("no boards today"))
	r, err := d.sync(syncer.AgileOnly)
	if err != nil || r.Result != syncer.Partial || r.Events != 1 || r.Reasons[0] != "no boards today" {
		t.Errorf("report %+v, %v", r, err)
	}
	history, err := d.store.VersionHistory("acme")
	if err != nil || len(history) != 1 || len(history["9"]) != 2 || !history["9"][0].Seen.Equal(first) || !history["9"][1].Seen.Equal(d.now) {
		t.Errorf("versions %+v, %v", history, err)
	}
	sprints, err := d.store.Sprints("acme")
	if err != nil || len(sprints) != 1 || sprints[0].BoardID != "1" {
		t.Errorf("sprints %+v, %v", sprints, err)
	}
	d.fails = func(what string) error {
		if what == "sprints" || what == "versions" {
			return errors.New("neither")
		}
		return nil
	}
	if r, err := d.sync(syncer.AgileOnly); err == nil || r.Result != syncer.Failed {
		t.Errorf("report %+v, %v", r, err)
	}
	if got := d.checkpoint().LastSuccess; !got.Equal(last) {
		t.Errorf("a run that reads no issues moved the last success to %s", got)
	}
}

func TestTheProblemsOfTheStoreAreShownFromTheStart(t *testing.T) {
	d := after(t, 20)
	_, err := d.store.Write(t.Context(), flow.Batch{Site: "acme", Problems: []flow.Problem{{ID: 1, What: "bad"}, {ID: 2, What: "bad"}}}, d.checkpoint())
	if err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewPedanticRegistry()
	d.o.Metrics = syncer.NewMetrics(reg)
	if _, err := syncer.New(d.o); err != nil {
		t.Fatal(err)
	}
	want := `
# HELP plumbline_sync_problem_issues Issues that Jira last sent in a form that could not be taken whole.
# TYPE plumbline_sync_problem_issues gauge
plumbline_sync_problem_issues{site="acme"} 2
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "plumbline_sync_problem_issues"); err != nil {
		t.Error(err)
	}
}

func TestSitesWithTheSameIDsAndKeysDoNotMeet(t *testing.T) {
	d := after(t, 30)
	other := newSite(2, 30)
	for _, t := range other.issues {
		t.Site = "beta"
	}
	o := d.o
	o.Site, o.Source = "beta", other
	beta, err := syncer.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := beta.Run(t.Context(), syncer.Full, nil); err != nil || r.New != 30 {
		t.Fatalf("report %+v, %v", r, err)
	}
	d.issues[d.ids()[0]].deleted = true
	if r := d.must(syncer.CensusOnly); r.Absent["deleted"] != 1 {
		t.Errorf("report %+v", r)
	}
	if r, err := beta.Run(t.Context(), syncer.CensusOnly, nil); err != nil || r.Result != syncer.Complete || r.Seen != 30 || len(r.Absent) != 0 {
		t.Errorf("report %+v, %v", r, err)
	}
	if c, err := d.store.Counts("beta"); err != nil || c.Present != 30 {
		t.Errorf("counts %+v, %v", c, err)
	}
}

func TestTheOverlapCoversWhatTheIndexShowsLate(t *testing.T) {
	for cloud, late := range map[bool]time.Duration{true: 15 * time.Minute, false: 5 * time.Minute} {
		d := after(t, 20)
		d.cloud = cloud
		issue := d.issues[d.ids()[0]]
		d.edit(issue)
		issue.stale = true
		d.now = d.now.Add(late)
		if r := d.must(syncer.Incremental); r.Changed != 0 {
			t.Errorf("report %+v; the index does not show the change yet", r)
		}
		issue.stale = false
		d.now = d.now.Add(time.Hour)
		if r := d.must(syncer.Incremental); r.Changed != 1 {
			t.Errorf("on Cloud: %t: report %+v; want the change of %s before the run before", cloud, r, late)
		}
	}
}
