package jira

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// tokenScan reads a result page by page, by continuation token.
//
// A cursor says by itself whether more follows, and is believed as follows. No
// token ends the result, unless the same answer says that it is not the last;
// a token in an answer that claims to be the last is followed once more; pages
// that bring nothing are put up with for a while; a token that was used
// before, or that Jira does not take any more, ends the cursor and not the
// result. What one cursor has not read, another does: a scan consists of
// slices, each created a little before where the slice before it stopped, in
// another order. An approximate count bears witness to the end.
//
// The order is by creation rather than by id, although ids grow too: imported
// issues have old creations and new ids, and a run that is taken up again is
// bounded by creation, which every Jira compares alike.
type tokenScan struct {
	s      *cloud
	query  flow.Query
	fields []string
	expand string
	size   int // rows to ask for
	decode func(raw []byte) *decoded
	take   func(ctx context.Context, rows []row) error // gets rows not taken before
	again  bool                                        // another slice may be read after one that failed

	total    int // about how many match; -1 where that is not known
	slice    uint32
	seen     flow.IDSet // the rows' places
	here     flow.IDSet // those that this slice had
	rows     int        // how many seen are
	fresh    int        // rows of this slice that no slice before it had
	futile   int        // slices in a row without a fresh one
	anchor   time.Time  // created >= this, beside the query's own bound
	newest   time.Time  // latest creation read so far
	reached  time.Time  // latest creation read in this slice, or its anchor
	unsorted bool
	warned   string // Jira's warnings
}

const (
	// barrenPages is how many pages in a row may bring nothing new.
	barrenPages = 50
	// futileSlices is how many slices in a row may fail and bring nothing new
	// before the next is not even tried.
	futileSlices = 1
)

func (sc *tokenScan) run(ctx context.Context) error {
	sc.seen, sc.here, sc.total = make(flow.IDSet), make(flow.IDSet), -1
	if err := sc.count(ctx); err != nil {
		return err
	}
	for {
		failed, err := sc.readSlice(ctx)
		if err == nil && failed == "" && sc.short() {
			// The first count may be old by now.
			if err = sc.count(ctx); err == nil && sc.short() {
				failed = fmt.Sprintf("the search ends after %d issues, and the site counts about %d", sc.rows, sc.total)
			}
		}
		switch {
		case err != nil:
			return err
		case sc.warned != "":
			return sc.s.c.incomplete(endpointSearch, "Jira warns that the result is not whole: %s", sc.warned)
		case failed == "":
			return nil
		case !sc.next():
			return sc.s.c.incomplete(endpointSearch, "%s", failed)
		}
		sc.s.c.o.Logger.Debug("jira search is taken up again", "site", sc.s.c.o.Site, "why", failed, "read", sc.rows)
	}
}

// bounded is the query under the present anchor.
func (sc *tokenScan) bounded() flow.Query {
	q := sc.query
	if sc.anchor.After(q.CreatedFrom) {
		q.CreatedFrom = sc.anchor
	}
	return q
}

// count asks how many issues match. An incremental run is not worth the
// request; a site that does not tell is read without the witness.
func (sc *tokenScan) count(ctx context.Context) error {
	if !sc.query.UpdatedFrom.IsZero() {
		return nil
	}
	var answer struct {
		Count *int `json:"count"`
	}
	ask := map[string]string{"jql": boundedJQL(sc.s.c.o.Scope, sc.query)}
	_, err := sc.s.c.call(ctx, request{endpoint: endpointCount, method: http.MethodPost, path: sc.s.api() + "search/approximate-count", body: ask}, into(&answer))
	if err != nil && !unavailable(err) {
		return err
	}
	if sc.total = -1; err == nil && answer.Count != nil {
		sc.total = *answer.Count
	}
	return nil
}

// short reports whether more than one in a hundred of the issues that the
// site counts are missing.
func (sc *tokenScan) short() bool {
	return sc.rows*100 < sc.total*99
}

// next begins another slice, unless that has been futile.
func (sc *tokenScan) next() bool {
	sc.futile++
	if sc.fresh > 0 {
		sc.futile = 1
	}
	if !sc.again || sc.futile > futileSlices {
		return false
	}
	sc.slice++
	sc.fresh, sc.anchor, sc.here = 0, time.Time{}, make(flow.IDSet)
	if !sc.unsorted && !sc.newest.IsZero() {
		sc.anchor = sc.newest.Truncate(anchorStep).Add(-anchorStep)
	}
	sc.reached = sc.anchor
	return true
}

// readSlice reads one cursor to its end, and returns why that is not the
// result's.
func (sc *tokenScan) readSlice(ctx context.Context) (failed string, err error) {
	var token string
	var final bool // the page before claimed to be the last
	barren, seed, used := 0, maphash.MakeSeed(), make(map[uint64]bool)
	for {
		p, err := sc.page(ctx, token)
		switch {
		case token != "" && rejected(err) && final:
			return "", nil
		case token != "" && rejected(err):
			return "Jira does not take its own continuation token any more", nil
		case err != nil:
			return "", err
		}
		added, err := sc.read(ctx, p)
		if err != nil {
			return "", err
		}
		if barren++; added > 0 {
			barren = 0
		}
		last, next := p.IsLast != nil && *p.IsLast, maphash.String(seed, p.Token)
		switch {
		case final && added == 0:
			return "", nil
		case p.Token == "" && p.IsLast != nil && !last:
			return "Jira says that more issues follow, and gives no continuation token", nil
		case p.Token == "", used[next] && last:
			return "", nil
		case used[next]:
			return "the continuation token does not advance", nil
		case barren > barrenPages:
			return fmt.Sprintf("%d pages in a row bring nothing new", barren), nil
		}
		used[next], token, final = true, p.Token, last
	}
}

// page asks for one page. Where the answer grows too large, it asks for fewer
// issues from then on.
func (sc *tokenScan) page(ctx context.Context, token string) (*wireTokenPage, error) {
	order := byCreation
	if sc.slice%2 == 1 {
		order = byCreationAnew
	}
	for {
		var p wireTokenPage
		ask := tokenSearch{
			JQL: boundedJQL(sc.s.c.o.Scope, sc.bounded()) + order, Token: token,
			MaxResults: sc.size, Fields: sc.fields, Expand: sc.expand,
		}
		_, err := sc.s.c.call(ctx, request{endpoint: endpointSearch, method: http.MethodPost, path: sc.s.api() + "search/jql", body: ask}, p.decode)
		if errors.Is(err, errTooLarge) && sc.size > 1 {
			sc.size /= 2
			continue
		}
		return &p, err
	}
}

// rejected reports a refusal of a question whose only new part is the token:
// that the rest is well, the page before has shown.
func rejected(err error) bool {
	var api *APIError
	return errors.As(err, &api) && api.Status == http.StatusBadRequest
}

// read takes the page's new rows, and counts those that the slice had not had.
func (sc *tokenScan) read(ctx context.Context, p *wireTokenPage) (added int, err error) {
	sc.warn(p.Warnings)
	all := rowsOf(p.Issues, sc.decode)
	rows := all[:0]
	for _, r := range all {
		if sc.here.Add(flow.IssueID(r.place)) {
			added++
		}
		sc.order(r.issue.Created)
		if sc.seen.Add(flow.IssueID(r.place)) {
			sc.rows++
			sc.fresh++
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return added, nil
	}
	return added, sc.take(ctx, rows)
}

// order keeps the latest creation. The cursor does not depend on the order,
// but where the scan has got to does.
func (sc *tokenScan) order(created time.Time) {
	if created.IsZero() {
		return
	}
	if created.Before(sc.reached.Add(-anchorStep)) && !sc.unsorted {
		sc.unsorted = true
		sc.s.c.o.Logger.Warn("jira issues do not come in order of creation, so that a run that is cut short can go on only from before that", "site", sc.s.c.o.Site)
	}
	if created.After(sc.reached) {
		sc.reached = created
	}
	if created.After(sc.newest) {
		sc.newest = created
	}
}

// createdTo is up to where every issue has been read.
func (sc *tokenScan) createdTo() time.Time {
	if sc.unsorted || sc.warned != "" {
		return time.Time{}
	}
	return sc.newest.Truncate(anchorStep)
}

func (sc *tokenScan) warn(ws []wireWarning) {
	for _, w := range ws {
		text := plain(strings.TrimSpace(w.Type+" "+w.Message), 200)
		if len(sc.warned) < 500 && !strings.Contains(sc.warned, text) || sc.warned == "" {
			sc.warned = strings.TrimPrefix(sc.warned+"; "+text, "; ")
		}
	}
}
