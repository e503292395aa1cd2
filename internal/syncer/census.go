package syncer

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// doubtful is how long it is doubted that most issues of a project are out of
// the scope: longer than an index takes to be rebuilt, and less than the day
// between two censuses.
const doubtful = 20 * time.Hour

// census compares the ids of all issues with those that are held.
func (r *run) census(ctx context.Context) error {
	if r.stranger {
		return nil // whose absences mean nothing
	}
	seen, short := r.ids(ctx)
	if short != nil && incomplete(short) == "" {
		return short
	}
	c, err := r.compare(ctx, seen)
	if err != nil {
		return err
	}
	if err := r.fetch(ctx, c.lacking); err != nil {
		return err
	}
	if short != nil {
		return short // and nothing is inferred from what was not seen
	}
	if len(c.absent) > 0 {
		if err := r.inquire(ctx, c); err != nil {
			return err
		}
	} else {
		r.cp.Doubts, r.cp.Hidden = nil, nil
	}
	r.cp.Rescoped = false
	return r.write(ctx, flow.Batch{})
}

// ids returns the ids of all issues of the scope, sorted, each once.
func (r *run) ids(ctx context.Context) ([]flow.IssueID, error) {
	var seen []flow.IssueID
	err := r.s.o.Source.IDs(ctx, func(ids []flow.IssueID) error {
		seen = append(seen, ids...)
		return ctx.Err()
	})
	slices.Sort(seen)
	seen = slices.Compact(seen)
	r.report.Seen, r.useful = len(seen), len(seen) > 0
	return seen, err
}

// comparison is how the site and the store differ.
type comparison struct {
	lacking []flow.IssueID // seen, and not held or held as gone
	absent  []flow.Held    // held as present, and not seen
	known   map[flow.Named]int
}

func (r *run) compare(ctx context.Context, seen []flow.IssueID) (*comparison, error) {
	c := &comparison{known: map[flow.Named]int{}}
	err := r.s.o.Store.Held(ctx, r.s.o.Site, func(h flow.Held) error {
		if h.As == flow.Present {
			c.known[h.Project]++
		}
		for len(seen) > 0 && seen[0] < h.ID {
			c.lacking = append(c.lacking, seen[0])
			seen = seen[1:]
		}
		switch there := len(seen) > 0 && seen[0] == h.ID; {
		case there && h.As != flow.Present:
			c.lacking = append(c.lacking, h.ID)
			seen = seen[1:]
		case there:
			seen = seen[1:]
		case h.As == flow.Present:
			c.absent = append(c.absent, h)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("site %s: %w", r.s.o.Site, err)
	}
	c.lacking = append(c.lacking, seen...)
	return c, nil
}

// fetch reads issues that the store lacks.
func (r *run) fetch(ctx context.Context, ids []flow.IssueID) error {
	if len(ids) == 0 {
		return nil
	}
	if err := r.useFields(ctx); err != nil {
		return err
	}
	err := r.take(ctx, func(ctx context.Context, each func(Page) error) error { return r.s.o.Source.Fetch(ctx, ids, each) })
	r.report.Fetched = r.report.Read
	if err != nil {
		return err
	}
	if err := r.askAboutStatuses(ctx); err != nil {
		return err
	}
	left := slices.DeleteFunc(slices.Clone(ids), func(id flow.IssueID) bool { return r.read.Has(id) || r.found[problemIssue{id: id}] })
	if len(left) == 0 {
		return nil
	}
	sights, err := r.s.o.Source.Sight(ctx, left)
	if err != nil {
		return err
	}
	// Those that are not there were deleted since; the index lags behind.
	if n := len(slices.DeleteFunc(sights, func(s flow.Sighting) bool { return !s.Found })); n > 0 {
		r.report.Reasons = append(r.report.Reasons, fmt.Sprintf("%d issues that the search shows could not be read", n))
	}
	return nil
}

// inquire finds out what became of the absent issues, project by project: what
// is known of one is stored before the next is looked at.
func (r *run) inquire(ctx context.Context, c *comparison) error {
	projects, err := r.s.o.Source.Projects(ctx)
	if err != nil {
		return err
	}
	known := newRoster(projects)
	groups := map[flow.Named][]flow.Held{}
	for _, h := range c.absent {
		groups[h.Project] = append(groups[h.Project], h)
	}
	doubts, hidden := map[string]time.Time{}, map[string]int{}
	for _, p := range sortedProjects(groups) {
		q := &inquest{project: p, known: c.known[p], absent: groups[p], roster: known, rescoped: r.cp.Rescoped}
		since, doubted := r.cp.Doubts[p.ID]
		q.settled = doubted && r.id.ServerNow.Sub(since) >= doubtful
		which := cmp.Or(p.ID, p.Name)
		if r.accept {
			q.given = r.cp.Hidden[which]
		}
		if err := r.sight(ctx, q); err != nil {
			return err
		}
		doubt, unseen, err := r.record(ctx, q)
		if err != nil {
			return err
		}
		if doubt && !doubted {
			since = r.id.ServerNow
		}
		if doubt {
			doubts[p.ID] = since
		}
		if unseen > 0 && !q.givenUp(unseen) {
			hidden[which] = unseen
		}
	}
	if r.cp.Doubts = doubts; len(doubts) == 0 {
		r.cp.Doubts = nil
	}
	if r.cp.Hidden = hidden; len(hidden) == 0 {
		r.cp.Hidden = nil
	}
	return nil
}

func sortedProjects(groups map[flow.Named][]flow.Held) []flow.Named {
	projects := make([]flow.Named, 0, len(groups))
	for p := range groups {
		projects = append(projects, p)
	}
	slices.SortFunc(projects, func(a, b flow.Named) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return projects
}

// sight asks for the absent issues one by one, and a second time for those of
// which it would be inferred that they are gone: the nodes of a site may
// differ, and its index may lag behind.
func (r *run) sight(ctx context.Context, q *inquest) error {
	ids := make([]flow.IssueID, len(q.absent))
	for k, h := range q.absent {
		ids[k] = h.ID
	}
	answers, err := r.s.o.Source.Sight(ctx, ids)
	if err != nil {
		return err
	}
	q.sights, q.contrary = make(map[flow.IssueID]flow.Sighting, len(answers)), map[flow.IssueID]bool{}
	var denied []flow.IssueID
	there := false
	for _, s := range answers {
		q.sights[s.ID] = s
		if !s.Found {
			denied = append(denied, s.ID)
		}
		there = there || s.Found && !s.Archived
	}
	if err := r.sightAgain(ctx, q, denied); err != nil || !there {
		return err
	}
	return r.scanAgain(ctx)
}

// sightAgain asks once more for what the site has denied.
func (r *run) sightAgain(ctx context.Context, q *inquest, denied []flow.IssueID) error {
	if len(denied) == 0 {
		return nil
	}
	answers, err := r.s.o.Source.Sight(ctx, denied)
	if err != nil {
		return err
	}
	for _, id := range denied {
		delete(q.sights, id)
	}
	for _, s := range answers {
		q.sights[s.ID], q.contrary[s.ID] = s, s.Found
	}
	return nil
}

// scanAgain looks once more, in each run at most once, which issues the search
// shows: none that is there is out of the scope because one scan missed it.
func (r *run) scanAgain(ctx context.Context) error {
	if r.again != nil {
		return nil
	}
	again := make(flow.IDSet)
	err := r.s.o.Source.IDs(ctx, func(ids []flow.IssueID) error {
		for _, id := range ids {
			again.Add(id)
		}
		return ctx.Err()
	})
	if err == nil {
		r.again = again
	}
	return err
}

// record stores and reports what became of the absent issues of a project, and
// returns how many cannot be seen any more.
func (r *run) record(ctx context.Context, q *inquest) (doubt bool, unseen int, err error) {
	before := len(q.absent)
	q.absent = slices.DeleteFunc(q.absent, func(h flow.Held) bool { return r.again.Has(h.ID) })
	q.unsteady = len(q.absent) < before
	as, reasons, doubt := q.verdicts()
	unseen = q.unseen(as)
	r.report.Reasons = append(r.report.Reasons, reasons...)
	if r.report.Absent == nil && len(as) > 0 {
		r.report.Absent = map[string]int{}
	}
	var b flow.Batch
	for k, h := range q.absent {
		r.report.Absent[as[k].String()]++
		if q.marks(as[k], unseen) {
			b.Gone = append(b.Gone, flow.Absence{ID: h.ID, As: as[k], Since: r.id.ServerNow})
		}
	}
	return doubt, unseen, r.write(context.WithoutCancel(ctx), b)
}
