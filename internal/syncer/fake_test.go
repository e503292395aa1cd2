package syncer_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/store"
	"plumbline/internal/syncer"
)

// site is a Jira site in memory that changes by itself.
type site struct {
	now      time.Time
	account  flow.Pseudonym
	cloud    bool
	page     int
	issues   map[flow.IssueID]*ticket
	projects []flow.ProjectState
	lost     map[string]bool // projects that we may not see, by key
	versions []flow.Version
	sprints  []flow.Sprint
	// jqls are those that the site takes: which issues each matches.
	jqls map[string]func(*ticket) bool
	// said is what its field Progress says, by issue.
	said map[flow.IssueID][]flow.Saying
	// fails, where set, may let a request fail; asked names it.
	fails    func(asked string) error
	requests int
	history  uint64
	random   *rand.Rand
}

// ticket is an issue with what Jira knows of it beside.
type ticket struct {
	flow.Issue
	deleted, outside, unseen, archived bool
	// stale tells that the search index does not have it.
	stale bool
}

// epic is 1 for an issue that others live below. It stays in the scope: the key
// of one that moves where we may not look is not known to us.
func (t *ticket) epic() int {
	if t.ID%5 == 0 {
		return 1
	}
	return 0
}

func newSite(seed uint64, issues int) *site {
	s := &site{
		now: time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC), account: 7, page: 50, issues: map[flow.IssueID]*ticket{},
		projects: []flow.ProjectState{{ID: "10", Key: "PAY"}, {ID: "11", Key: "SHOP"}, {ID: "12", Key: "ELSE"}},
		lost:     map[string]bool{}, random: rand.New(rand.NewPCG(seed, 1)),
	}
	for range issues {
		s.now = s.now.Add(time.Minute)
		s.create()
	}
	return s
}

func (s *site) create() *ticket {
	n := len(s.issues) + 1
	p := s.projects[n%2]
	t := &ticket{Issue: flow.Issue{
		Site: "acme", ID: flow.IssueID(1000 + 3*n), Summary: fmt.Sprint("work ", n), Created: s.now, Updated: s.now,
		Now: flow.State{
			Key: fmt.Sprintf("%s-%d", p.Key, n), Project: flow.Named{ID: p.ID, Name: p.Key},
			Type: flow.IssueType{ID: "3", Name: "Task"}, Status: flow.Named{ID: "1", Name: "Open"}, Category: flow.ToDo,
		},
	}}
	s.issues[t.ID] = t
	for range 3 {
		s.edit(t)
	}
	return t
}

// edit changes the status, and says so in the changelog.
func (s *site) edit(t *ticket) {
	to := []flow.Named{{ID: "1", Name: "Open"}, {ID: "3", Name: "In Progress"}, {ID: "5", Name: "Done"}}[s.random.IntN(3)]
	s.change(t, flow.FieldStatus, t.Now.Status, to)
	t.Now.Status, t.Now.Category = to, map[string]flow.Category{"1": flow.ToDo, "3": flow.InProgress, "5": flow.Done}[to.ID]
}

func (s *site) change(t *ticket, f flow.Field, from, to flow.Named) {
	s.history++
	t.Updated = s.now
	t.Changes = append(slices.Clip(t.Changes), flow.Change{At: s.now, History: s.history, Author: 9, Field: f, From: from, To: to})
	t.Histories++
	t.Announced = t.Histories
}

// move gives the issue to another project; ELSE is out of the scope.
func (s *site) move(t *ticket, p flow.ProjectState) {
	key := fmt.Sprintf("%s-%d", p.Key, 100_000+s.history)
	s.change(t, flow.FieldKey, flow.Named{Name: t.Now.Key}, flow.Named{Name: key})
	t.Now.Key, t.Now.Project = key, flow.Named{ID: p.ID, Name: p.Key}
}

// ids lists all issues there ever were, by id.
func (s *site) ids() []flow.IssueID {
	var ids []flow.IssueID
	for id := range s.issues {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (s *site) any() *ticket { ids := s.ids(); return s.issues[ids[s.random.IntN(len(ids))]] }

// happen lets one thing happen.
func (s *site) happen() {
	t := s.any()
	switch s.random.IntN(9) {
	case 0:
		s.create()
	case 1, 2, 3:
		s.edit(t)
	case 4:
		s.move(t, s.projects[s.random.IntN(3-t.epic())])
	case 5:
		t.deleted = t.epic() == 0
	case 6:
		t.deleted = false // restored from a backup, and not even updated
	case 7:
		t.outside = !t.outside && t.epic() == 0 // by a clause that no change of the issue shows
	case 8:
		above := s.any()
		if above.epic() == 0 {
			return
		}
		t.Now.Parent = flow.Ref{ID: above.ID, Key: above.Now.Key}
		s.change(t, flow.FieldParent, flow.Named{}, flow.Named{ID: fmt.Sprint(above.ID), Name: above.Now.Key})
	}
}

func (s *site) project(key string) flow.ProjectState {
	return s.projects[slices.IndexFunc(s.projects, func(p flow.ProjectState) bool { return p.Key == key })]
}

// live reports whether the issue can be read.
func (s *site) live(t *ticket) bool {
	p := t.Now.Project.Name
	return !t.deleted && !t.unseen && !s.lost[p] && !s.project(p).Trashed
}

// matches reports whether a search under the scope shows the issue.
func (s *site) matches(t *ticket) bool {
	p := s.project(t.Now.Project.Name)
	return s.live(t) && !t.outside && !t.archived && !t.stale && !p.Archived && p.Key != "ELSE"
}

func (s *site) ask(what string) error {
	s.requests++
	if s.fails != nil {
		return s.fails(what)
	}
	return nil
}

func (s *site) Requests() (made, retried int) { return s.requests, 0 }
func (s *site) Use([]byte) error              { return nil }

func (s *site) Identify(context.Context) (flow.Identity, error) {
	s.requests++
	id := flow.Identity{Deployment: "Server", ServerNow: s.now, Account: s.account}
	if s.cloud {
		id.Deployment = "Cloud"
	}
	return id, s.ask("identify")
}

func (s *site) Discover(context.Context) ([]byte, []flow.StatusInfo, error) {
	s.requests++
	return []byte("{}"), []flow.StatusInfo{
		{ID: "1", Name: "Open", Category: flow.ToDo}, {ID: "3", Name: "In Progress", Category: flow.InProgress}, {ID: "5", Name: "Done", Category: flow.Done},
	}, s.ask("discover")
}

func (s *site) Scan(ctx context.Context, q syncer.Query, each func(syncer.Page) error) error {
	var found []flow.Issue
	for _, id := range s.ids() {
		if t := s.issues[id]; s.matches(t) && !t.Created.Before(q.CreatedFrom) && !t.Updated.Before(q.UpdatedFrom) {
			found = append(found, s.shown(t))
		}
	}
	slices.SortStableFunc(found, func(a, b flow.Issue) int { return a.Created.Compare(b.Created) })
	return s.pages(ctx, "scan", found, each)
}

// shown is the issue as an answer has it: the issue above by its present key.
func (s *site) shown(t *ticket) flow.Issue {
	i := t.Issue
	if above := s.issues[i.Now.Parent.ID]; above != nil {
		i.Now.Parent.Key = above.Now.Key
	}
	return i
}

func (s *site) pages(ctx context.Context, asked string, all []flow.Issue, each func(syncer.Page) error) error {
	for first := true; first || len(all) > 0; first = false {
		if err := cmp.Or(ctx.Err(), s.ask(asked)); err != nil {
			return err
		}
		n := min(s.page, len(all))
		p := syncer.Page{Total: -1}
		p.Issues, all = all[:n:n], all[n:]
		if n > 0 {
			p.CreatedTo = p.Issues[n-1].Created
		}
		if err := each(p); err != nil {
			return err
		}
	}
	return nil
}

func (s *site) IDs(_ context.Context, each func([]flow.IssueID) error) error {
	if err := s.ask("ids"); err != nil && !strings.Contains(err.Error(), "cut") {
		return err
	} else if err != nil {
		return cmp.Or(each(s.ids()[:1]), err)
	}
	for chunk := range slices.Chunk(s.ids(), 1000) {
		slices.Reverse(chunk)
		if err := each(slices.DeleteFunc(chunk, func(id flow.IssueID) bool { return !s.matches(s.issues[id]) })); err != nil {
			return err
		}
	}
	return nil
}

func (s *site) Sight(_ context.Context, ids []flow.IssueID) (all []flow.Sighting, err error) {
	for _, id := range ids {
		g := flow.Sighting{ID: id}
		if t := s.issues[id]; t != nil && s.live(t) {
			g = flow.Sighting{ID: id, Found: true, Key: t.Now.Key, Archived: t.archived}
		}
		all = append(all, g)
	}
	return all, s.ask("sight")
}

func (s *site) Projects(context.Context) ([]flow.ProjectState, error) {
	return slices.DeleteFunc(slices.Clone(s.projects), func(p flow.ProjectState) bool { return s.lost[p.Key] }), s.ask("projects")
}

func (s *site) Fetch(ctx context.Context, ids []flow.IssueID, each func(syncer.Page) error) error {
	var found []flow.Issue
	for _, id := range ids {
		if t := s.issues[id]; s.live(t) {
			found = append(found, s.shown(t))
		}
	}
	return s.pages(ctx, "fetch", found, each)
}

func (s *site) Versions(_ context.Context, projects []string) (all []flow.Version, err error) {
	for _, v := range s.versions {
		if slices.Contains(projects, v.Project) {
			all = append(all, v)
		}
	}
	return all, s.ask("versions")
}

func (s *site) Sprints(context.Context) ([]flow.Sprint, error) { return s.sprints, s.ask("sprints") }

// desk is a syncer over a site in memory, with its store.
type desk struct {
	tb testing.TB
	*site
	store *store.Store
	o     syncer.Options
}

func newDesk(tb testing.TB, s *site) *desk {
	tb.Helper()
	st, err := store.Open(filepath.Join(tb.TempDir(), "plumbline.db"), store.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	d := &desk{tb: tb, site: s, store: st}
	d.o = syncer.Options{Site: "acme", Source: s, Store: st, Now: func() time.Time { return s.now }}
	tb.Cleanup(func() {
		findings, err := st.Verify(context.Background())
		if err != nil || len(findings) > 0 {
			tb.Errorf("verify: %v, %v", findings, err)
		}
		if err := st.Close(); err != nil {
			tb.Error(err)
		}
	})
	return d
}

// sync runs once, with a syncer made anew as by another process.
func (d *desk) sync(kind syncer.Kind) (syncer.Report, error) {
	d.tb.Helper()
	s, err := syncer.New(d.o)
	if err != nil {
		d.tb.Fatal(err)
	}
	return s.Run(context.Background(), kind, nil)
}

func (d *desk) must(kind syncer.Kind) syncer.Report {
	d.tb.Helper()
	r, err := d.sync(kind)
	if err != nil || r.Result != syncer.Complete {
		d.tb.Fatalf("%s sync: %+v, %v", kind, r, err)
	}
	return r
}

func (d *desk) checkpoint() flow.Checkpoint {
	d.tb.Helper()
	cp, err := d.store.Checkpoint("acme")
	if err != nil {
		d.tb.Fatal(err)
	}
	return cp
}

// dump returns the lines of the issues that are present, and how many are not.
func (d *desk) dump() (present string, gone int) {
	d.tb.Helper()
	return dumpOf(d.tb, d.store)
}

func dumpOf(tb testing.TB, st *store.Store) (present string, gone int) {
	tb.Helper()
	var b bytes.Buffer
	if err := st.Dump(context.Background(), &b); err != nil {
		tb.Fatal(err)
	}
	var kept strings.Builder
	for line := range strings.Lines(b.String()) {
		if strings.Contains(line, `"present":true`) {
			kept.WriteString(line)
		} else {
			gone++
		}
	}
	return kept.String(), gone
}

// fresh is what one full sync of this moment would hold.
func (d *desk) fresh() string {
	d.tb.Helper()
	quiet := *d.site
	quiet.fails = nil
	return fullOf(d.tb, &quiet, d.o)
}

// fullOf returns what a full sync of the source puts into a new store.
func fullOf(tb testing.TB, source syncer.Source, o syncer.Options) string {
	tb.Helper()
	st, err := store.Open(filepath.Join(tb.TempDir(), "plumbline.db"), store.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	o.Source, o.Store, o.Metrics = source, st, nil
	s, err := syncer.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	if r, err := s.Run(context.Background(), syncer.Full, nil); err != nil || r.Result != syncer.Complete {
		tb.Fatalf("full sync: %+v, %v", r, err)
	}
	present, _ := dumpOf(tb, st)
	if err := st.Close(); err != nil {
		tb.Fatal(err)
	}
	return present
}

func (d *desk) as(id flow.IssueID) flow.Presence {
	d.tb.Helper()
	i, err := d.store.Issue("acme", id)
	if err != nil {
		d.tb.Fatal(err)
	}
	if (i.GoneAs == flow.Present) != i.Gone.IsZero() {
		d.tb.Errorf("issue %d is gone since %s as %s", id, i.Gone, i.GoneAs)
	}
	return i.GoneAs
}
