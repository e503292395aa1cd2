package jira

import (
	"context"
	"hash/fnv"
	"time"

	"plumbline/internal/flow"
)

// scan reads a result page by page, by offset, without losing a row to
// changes that others make meanwhile.
//
// The order is by creation, which no edit changes. What does shift rows is a
// row that leaves or enters the result before the offset: a deletion moves
// every later row one back, and the next page would begin one too far on.
// So each page begins with the last row of the page before it. Where that row
// isn't found there, the scan anchors anew: it asks again for everything
// created since a little before the last row, from offset 0. It does so after
// rowsPerAnchor rows too, which keeps offsets below the number of results that
// a site is willing to count (10,000 with OpenSearch).
type scan struct {
	s       *server
	query   flow.Query
	each    func(flow.Page) error
	fields  []string
	expand  []string
	size    int // rows to ask for
	decoder *decoder
	decode  func(raw []byte) *decoded // of one row
	catalog *sent

	anchor  time.Time // created >= this, beside the query's own bound
	startAt int
	last    uint64    // place of the last row read under this anchor, 0 for none
	reached time.Time // latest creation read under this anchor, or the anchor
	newest  time.Time // latest creation read so far
	// seen are the rows of the present anchor's slice, with their creation;
	// those behind an anchor are forgotten.
	seen      map[uint64]time.Time
	forgotten int // rows read that are no longer in seen
	fresh     int // rows read since the anchor that were not seen before
	futile    int // times that the scan anchored anew without a fresh row between
}

const (
	rowsPerAnchor = 5000
	futileAnchors = 3
	// anchorStep is the resolution in which Jira is sure to compare times.
	anchorStep = time.Minute
)

// anchored is the query under the present anchor.
func (sc *scan) anchored() flow.Query {
	q := sc.query
	if sc.anchor.After(q.CreatedFrom) {
		q.CreatedFrom = sc.anchor
	}
	return q
}

// row is one issue of a page.
type row struct {
	*decoded
	// place tells the row from all others: the issue's id or, where that
	// can't be read, a hash of the row.
	place uint64
}

func rowsOf(issues [][]byte, decode func([]byte) *decoded) []row {
	rows := make([]row, len(issues))
	for k, raw := range issues {
		d := decode(raw)
		rows[k] = row{d, uint64(d.issue.ID)}
		if d.issue.ID == 0 {
			h := fnv.New64a()
			_, _ = h.Write(raw) // a hash takes everything
			rows[k].place = h.Sum64() | 1<<63
		}
	}
	return rows
}

func (sc *scan) run(ctx context.Context) error {
	sc.seen = make(map[uint64]time.Time)
	for {
		p, err := sc.s.page(ctx, sc)
		if sc.startAt > 0 && tooFar(err) {
			if err := sc.anchorAgain(&wirePage{}); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		rows := rowsOf(p.Issues, sc.decode)
		if sc.joins(p, rows) {
			if err := sc.take(ctx, p, rows); err != nil {
				return err
			}
			if sc.ends(p, rows) {
				return nil
			}
			if len(rows) > 1 {
				sc.moveOn(rows)
				continue
			}
			if p.MaxResults == 1 {
				return sc.s.errorf("the site gives one issue at a time, which cannot be read safely (raise jira.search.views.default.max)")
			}
		}
		if err := sc.anchorAgain(p); err != nil {
			return err
		}
	}
}

// joins reports whether the page continues what was read: it begins with the
// last row, at the place that was asked for. The first page under an anchor
// may be empty only if nothing matches.
func (sc *scan) joins(p *wirePage, rows []row) bool {
	switch {
	case p.StartAt != nil && *p.StartAt != sc.startAt && len(rows) > 0:
		return false
	case sc.last != 0:
		return len(rows) > 0 && rows[0].place == sc.last
	}
	return len(rows) > 0 || p.Total == nil || *p.Total <= 0
}

// take hands over the page's new rows.
func (sc *scan) take(ctx context.Context, p *wirePage, rows []row) error {
	page := flow.Page{Batch: flow.Batch{Site: sc.s.c.o.Site}, Total: -1}
	for _, r := range rows {
		if err := sc.inOrder(r.issue.Created); err != nil {
			return err
		}
		if _, again := sc.seen[r.place]; again {
			continue
		}
		d, err := sc.s.whole(ctx, sc, r.decoded)
		if err != nil {
			return err
		}
		sc.fresh++
		sc.seen[r.place] = d.issue.Created
		page.Problems = append(page.Problems, d.problems...)
		if d.ok {
			page.Issues = append(page.Issues, d.issue)
			sc.catalog.into(&page.Batch, d)
		}
	}
	if p.Total != nil {
		page.Total = sc.forgotten + *p.Total
	}
	page.CreatedTo = sc.newest.Truncate(anchorStep)
	if len(page.Issues)+len(page.Problems) == 0 {
		return nil
	}
	return sc.each(page)
}

// inOrder keeps the latest creation, and refuses an answer that is not in
// order of creation: anchors would lose rows then. Within a minute sites
// compare too coarsely to be held to it.
func (sc *scan) inOrder(created time.Time) error {
	if created.IsZero() {
		return nil // a problem, which is told elsewhere
	}
	if created.Before(sc.reached.Add(-anchorStep)) {
		return sc.s.c.incomplete(endpointSearch, "issues do not come in order of creation, so that it can't be known whether any is missing (check the site's index)")
	}
	if created.After(sc.reached) {
		sc.reached = created
	}
	if created.After(sc.newest) {
		sc.newest = created
	}
	return nil
}

// ends reports whether nothing lies behind the page.
func (sc *scan) ends(p *wirePage, rows []row) bool {
	if p.Total != nil {
		return sc.startAt+len(rows) >= *p.Total
	}
	return len(rows) == 0 || len(rows) == 1 && sc.last != 0
}

// moveOn chooses the next page: it begins with the last row of this one.
func (sc *scan) moveOn(rows []row) {
	read := sc.startAt + len(rows)
	sc.last, sc.startAt = rows[len(rows)-1].place, read-1
	if next := sc.nextAnchor(); read >= rowsPerAnchor && next.After(sc.anchored().CreatedFrom) {
		sc.futile = 0
		sc.moveAnchor(next)
	}
}

// nextAnchor is a little before the last creation: times are compared by the
// minute, and rows of one minute stand in any order.
func (sc *scan) nextAnchor() time.Time {
	if sc.newest.IsZero() {
		return time.Time{}
	}
	return sc.newest.Truncate(anchorStep).Add(-anchorStep)
}

func (sc *scan) moveAnchor(to time.Time) {
	for id, created := range sc.seen {
		if created.Before(to.Add(-anchorStep)) {
			delete(sc.seen, id)
			sc.forgotten++
		}
	}
	sc.anchor, sc.startAt, sc.last, sc.fresh, sc.reached = to, 0, 0, 0, to
}

// anchorAgain is for rows that have shifted, and for a site that counts fewer
// results than others do. It gives up when that brings nothing new several
// times in a row.
func (sc *scan) anchorAgain(p *wirePage) error {
	sc.futile++
	if sc.fresh > 0 {
		sc.futile = 1
	}
	if sc.futile > futileAnchors {
		total := -1
		if p.Total != nil {
			total = *p.Total
		}
		return sc.s.c.incomplete(endpointSearch, "the rows keep shifting: read %d, the site says that %d match since the last creation, and asking again brings none of them", sc.forgotten+len(sc.seen), total)
	}
	sc.s.c.o.Logger.Debug("jira rows have shifted", "site", sc.s.c.o.Site, "offset", sc.startAt, "read", sc.forgotten+len(sc.seen))
	to := sc.nextAnchor()
	if to.Before(sc.anchor) {
		to = sc.anchor
	}
	sc.moveAnchor(to)
	return nil
}
