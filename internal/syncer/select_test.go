package syncer_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/jirasim"
	"plumbline/internal/syncer"
)

const labelled = "labels = latency"

// selectingDesk is a desk whose goals select issues by a JQL that matches the
// issues of which it is told.
func selectingDesk(t *testing.T, jqls ...string) (d *desk, matching map[flow.IssueID]bool) {
	t.Helper()
	d = newDesk(t, newSite(1, 60))
	matching = map[flow.IssueID]bool{}
	d.jqls = map[string]func(*ticket) bool{labelled: func(t *ticket) bool { return matching[t.ID] }}
	d.o.Selectors = func() []syncer.Selector {
		var out []syncer.Selector
		for _, jql := range jqls {
			out = append(out, syncer.Selector{JQL: jql, Goals: []string{"p95", "trust"}})
		}
		return out
	}
	return d, matching
}

// matched is what the store knows of a JQL.
func (d *desk) matched(jql string) flow.Matching {
	d.tb.Helper()
	m, asked, err := d.store.Matching("acme", jql)
	if err != nil || !asked {
		d.tb.Fatalf("asked %v, %v", asked, err)
	}
	return m
}

func TestAJQLIsAskedWhenSomethingMayHaveChanged(t *testing.T) {
	d, matching := selectingDesk(t, labelled)
	matching[1003], matching[1006] = true, true
	asked := func(kind syncer.Kind) (queries, requests int) {
		t.Helper()
		r := d.must(kind)
		return r.Queries, r.Requests
	}
	if n, _ := asked(syncer.Full); n != 1 {
		t.Errorf("the first run asked %d JQLs", n)
	}
	idle := func() int {
		d.now = d.now.Add(time.Hour)
		n, requests := asked(syncer.Incremental)
		if n != 0 {
			t.Errorf("an idle run asked %d JQLs", n)
		}
		return requests
	}
	with := idle()
	d.o.Selectors = nil
	if without := idle(); with != without {
		t.Errorf("an idle run made %d requests with a JQL, %d without", with, without)
	}
	d.o.Selectors = func() []syncer.Selector { return []syncer.Selector{{JQL: labelled, Goals: []string{"p95"}}} }
	for _, kind := range []syncer.Kind{syncer.AgileOnly, syncer.CensusOnly, syncer.Full} {
		if n, _ := asked(kind); n != 1 {
			t.Errorf("a run of kind %s asked %d JQLs", kind, n)
		}
	}
	d.edit(d.issues[1009])
	if n, requests := asked(syncer.Incremental); n != 1 || requests != with+1 {
		t.Errorf("a run that read a change asked %d JQLs in %d requests, want %d", n, requests, with+1)
	}
	d.jqls["sprint = 7"] = func(*ticket) bool { return false }
	d.o.Selectors = func() []syncer.Selector {
		return []syncer.Selector{{JQL: labelled, Goals: []string{"p95"}}, {JQL: "sprint = 7", Goals: []string{"new"}}}
	}
	d.now = d.now.Add(time.Hour)
	if n, _ := asked(syncer.Incremental); n != 1 {
		t.Errorf("an idle run asked %d JQLs, want the new one alone", n)
	}
}

func TestWhatAJQLWasSeenToMatchIsKeptWithItsTimes(t *testing.T) {
	d, matching := selectingDesk(t, labelled)
	matching[1003], matching[1006] = true, true
	d.must(syncer.Full)
	first := d.now
	d.now = d.now.Add(24 * time.Hour)
	matching[1009], matching[1003] = true, false
	fresh := d.create()
	matching[fresh.ID] = true
	d.must(syncer.Incremental)
	want := []flow.Match{
		{ID: 1003, Seen: first, Left: d.now},
		{ID: 1006, Seen: first},
		{ID: 1009, Missed: first.Add(-5 * time.Minute), Seen: d.now},
		{ID: fresh.ID, Missed: first.Add(-5 * time.Minute), Seen: d.now},
	}
	m := d.matched(labelled)
	if diff := cmp.Diff(want, m.Matches); diff != "" {
		t.Errorf("matches (-want +got):\n%s", diff)
	}
	if !m.Whole || !m.First.Equal(first) || !m.Last.Equal(d.now) {
		t.Errorf("%+v; want a whole answer, the first of %s", m, first)
	}
	if want[2].Backdated(d.issues[1009].Created) || !want[3].Backdated(fresh.Created) {
		t.Error("the issue that did not match before is taken to have, or the new one is not")
	}
}

func TestNothingIsInferredFromAnAnswerThatIsNotWhole(t *testing.T) {
	d, matching := selectingDesk(t, labelled)
	matching[1003], matching[1006] = true, true
	d.must(syncer.Full)
	before := d.matched(labelled)
	d.now = d.now.Add(time.Hour)
	d.fails = func(asked string) error {
		if strings.HasPrefix(asked, "select") {
			return cutShort{}
		}
		return nil
	}
	delete(matching, 1003) // so that 1006 alone is seen
	r, err := d.sync(syncer.AgileOnly)
	want := []string{"the JQL of goal p95, trust (labels = latency) may match more than was seen: the answer was cut"}
	if diff := cmp.Diff(want, r.Reasons); diff != "" || err != nil || r.Result != syncer.Partial {
		t.Errorf("report %+v, %v:\n%s", r, err, diff)
	}
	if diff := cmp.Diff(before.Matches, d.matched(labelled).Matches); diff != "" {
		t.Errorf("matches:\n%s", diff)
	}
	d.fails = nil
	d.now = d.now.Add(time.Hour)
	if r := d.must(syncer.Incremental); r.Queries != 1 {
		t.Error("the idle run after it did not ask again")
	}
	if m := d.matched(labelled).Matches[0]; !m.Left.Equal(d.now) {
		t.Errorf("%+v; want it left at %s", m, d.now)
	}
}

// cutShort is an answer that lacks something.
type cutShort struct{}

func (cutShort) Error() string      { return "the answer was cut" }
func (cutShort) Incomplete() string { return "the answer was cut" }

func TestAJQLThatJiraRefusesMakesEveryRunPartialUntilItIsMended(t *testing.T) {
	d, matching := selectingDesk(t, "colour = red", labelled)
	matching[1003] = true
	want := []string{"Jira refuses the JQL of goal p95, trust (colour = red): the value does not exist " +
		"(mend it in the goals file; Jira's own search, as the same account, shows what it takes)"}
	for k, kind := range []syncer.Kind{syncer.Full, syncer.Incremental, syncer.AgileOnly, syncer.Incremental} {
		d.now = d.now.Add(time.Hour)
		r, err := d.sync(kind)
		if diff := cmp.Diff(want, r.Reasons); diff != "" || err != nil || r.Result != syncer.Partial {
			t.Errorf("run %d: %+v, %v:\n%s", k, r, err, diff)
		}
		if asked := map[bool]int{true: 0, false: 2}[kind == syncer.Incremental]; r.Queries != asked {
			t.Errorf("run %d, %s, asked %d JQLs, want %d", k, kind, r.Queries, asked)
		}
		if m := d.matched(labelled); len(m.Matches) != 1 {
			t.Errorf("run %d: the other JQL has %d matches", k, len(m.Matches))
		}
		if cp := d.checkpoint(); kind != syncer.AgileOnly && !cp.Watermark.Equal(d.now) {
			t.Errorf("run %d: the watermark is at %s, want %s: every change was read", k, cp.Watermark, d.now)
		} else if kind != syncer.AgileOnly && !cp.LastSuccess.Equal(d.now) {
			t.Errorf("run %d: the last success is at %s, want %s: no issue was left unread", k, cp.LastSuccess, d.now)
		}
	}
	d.o.Selectors = func() []syncer.Selector { return []syncer.Selector{{JQL: labelled, Goals: []string{"p95"}}} }
	d.must(syncer.Incremental)
}

func TestAJQLThatAnotherSiteTakesMayBeRefused(t *testing.T) {
	d, _ := selectingDesk(t, "project = ELSEWHERE")
	if r, err := d.sync(syncer.Full); err != nil || r.Result != syncer.Partial {
		t.Fatalf("%+v, %v", r, err)
	}
	other := flow.Selection{Site: "old-jira", JQL: "project = ELSEWHERE", At: d.now, IDs: []flow.IssueID{7}, Complete: true}
	if err := d.store.Select(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	d.must(syncer.Incremental)
	d.must(syncer.AgileOnly)
	if m := d.matched("project = ELSEWHERE"); m.Refused != "the value does not exist" {
		t.Errorf("%+v", m)
	}
}

func TestAFailureOfAJQLLosesNothingElse(t *testing.T) {
	d, matching := selectingDesk(t, labelled)
	matching[1003] = true
	broken := errors.New("connection reset")
	d.fails = func(asked string) error {
		if strings.HasPrefix(asked, "select") {
			return broken
		}
		return nil
	}
	r, err := d.sync(syncer.Full)
	if !errors.Is(err, broken) || r.Result != syncer.Partial || r.New != 60 {
		t.Errorf("%+v, %v", r, err)
	}
	if cp := d.checkpoint(); cp.Watermark.IsZero() || !cp.LastSuccess.Equal(d.now) {
		t.Errorf("%+v; want every change held, and the issues told as read", cp)
	}
	d.fails = nil
	if r := d.must(syncer.Incremental); r.Queries != 1 {
		t.Errorf("%+v", r)
	}
}

func TestAnotherAccountIsNotAskedWhatAJQLMatches(t *testing.T) {
	d, matching := selectingDesk(t, labelled)
	matching[1003], matching[1006] = true, true
	d.must(syncer.Full)
	d.account, d.issues[1003].unseen = 8, true
	d.edit(d.issues[1009])
	last := d.checkpoint().LastSuccess
	d.now = d.now.Add(time.Hour)
	if r, err := d.sync(syncer.Incremental); err != nil || r.Queries != 0 || r.Result != syncer.Partial {
		t.Errorf("%+v, %v", r, err)
	}
	if got := d.checkpoint().LastSuccess; !got.Equal(last) {
		t.Errorf("the last success went from %s to %s, though another account may see other issues", last, got)
	}
	if m := d.matched(labelled); len(m.Matches) != 2 || !m.Matches[0].Left.IsZero() {
		t.Errorf("%+v", m)
	}
}

func TestAWiderScopeContradictsNoMatch(t *testing.T) {
	d, matching := selectingDesk(t, labelled)
	matching[1003] = true
	d.o.Scope = "project = PAY"
	d.must(syncer.Full)
	d.now = d.now.Add(time.Hour)
	matching[1006], d.o.Scope = true, "project in (PAY, SHOP)"
	d.must(syncer.Incremental)
	if m := d.matched(labelled).Matches[1]; !m.Missed.IsZero() || !m.Backdated(d.issues[1006].Created) {
		t.Errorf("%+v: the narrower scope's answer did not concern it", m)
	}
}

// Both kinds of site are asked over HTTP, and what is held is what each says.
func TestBothKindsOfSiteAreAskedWhatAJQLMatches(t *testing.T) {
	for _, flavour := range []string{jirasim.DataCenter, jirasim.Cloud} {
		t.Run(flavour, func(t *testing.T) {
			site, _ := companyWorld(t)
			w := newWorldOf(t, site, lapseEnd.AddDate(0, 0, -30), flavour)
			const open, bad = "statusCategory != Done", "colour = red"
			w.selectors = []syncer.Selector{{JQL: open, Goals: []string{"open-work"}}}
			w.restart()
			w.mustRun(syncer.Full)
			w.pass(time.Minute)
			if r := w.mustRun(syncer.Incremental); r.Requests != 3 {
				t.Errorf("an idle run made %d requests: %v", r.Requests, w.requests)
			}
			for range 6 {
				w.pass(41 * time.Hour)
				w.mustRun(syncer.Incremental)
			}
			m, _, err := w.store.Matching("acme", open)
			if err != nil {
				t.Fatal(err)
			}
			var held, left []flow.IssueID
			for _, one := range m.Matches {
				if one.Left.IsZero() {
					held = append(held, one.ID)
				} else {
					left = append(left, one.ID)
				}
			}
			var want []flow.IssueID
			err = w.store.Issues(t.Context(), "acme", func(i *flow.Issue) error {
				if i.Now.Category != flow.Done {
					want = append(want, i.ID)
				}
				return nil
			})
			if diff := cmp.Diff(want, held); err != nil || diff != "" || len(left) == 0 {
				t.Errorf("%v; %d have left; those that match (-want +got):\n%s", err, len(left), diff)
			}
			w.selectors = append(w.selectors, syncer.Selector{JQL: bad, Goals: []string{"bad"}})
			r, err := w.run(syncer.Incremental)
			if err != nil || r.Result != syncer.Partial || len(r.Reasons) != 1 || !strings.HasPrefix(r.Reasons[0], "Jira refuses the JQL of goal bad (colour = red): Field 'colour' does not exist") {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}
