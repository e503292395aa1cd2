package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/syncer"
)

// syncsView lists the last syncs.
type syncsView struct {
	frame
	When   string
	WhenAt string
	Rows   []syncRow
}

// syncRow is one sync.
type syncRow struct {
	Site, Kind      string
	Resumed         bool
	Result          state
	Reasons         []string
	Began, BeganAt  string
	Age, Took       string
	Read, New       int
	Changed, Same   int
	Changes         int
	Requests        int
	Retries         int
	Problems        int
	ProblemsDropped int // problems that the report counts and does not list
	ProblemIssues   []problemRow
}

type problemRow struct {
	Name, URL, What string
}

func newSyncs(f frame, runs []syncer.Report, at time.Time, c clock, issueURL func(site, key string) string) syncsView {
	v := syncsView{frame: f, When: c.moment(at), WhenAt: instant(at)}
	for k := range runs {
		r := &runs[k]
		row := syncRow{
			Site: r.Site, Kind: string(r.Kind), Resumed: r.Resumed, Result: resultOf(r.Result), Reasons: r.Reasons,
			Began: c.moment(r.Started), BeganAt: instant(r.Started), Age: ago(at.Sub(r.Started)),
			Took: took(r.Finished.Sub(r.Started)),
			Read: r.Read, New: r.New, Changed: r.Changed, Same: r.Unchanged, Changes: r.Changes,
			Requests: r.Requests, Retries: r.Retries,
			Problems: r.Problems, ProblemsDropped: max(r.Problems-len(r.ProblemIssues), 0),
		}
		for _, p := range r.ProblemIssues {
			row.ProblemIssues = append(row.ProblemIssues, newProblem(r.Site, p, issueURL))
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

func newProblem(site string, p syncer.ProblemIssue, issueURL func(site, key string) string) problemRow {
	row := problemRow{Name: p.Key, What: p.What}
	switch {
	case p.Key != "":
		row.URL = issueURL(site, p.Key)
	case p.ID != flow.IssueID(0):
		row.Name = fmt.Sprintf("id %d", p.ID)
	default:
		row.Name = "an issue without id"
	}
	return row
}

// noticesOf warns where the last sync of a kind did not see all of a site. What
// an incremental one missed, a complete full one after it has read.
func noticesOf(runs []syncer.Report, now time.Time) []notice {
	if len(runs) == 0 {
		return []notice{warn("No sync has ended yet: nothing has been read from Jira.")}
	}
	type of struct {
		site string
		kind syncer.Kind
	}
	last := map[of]*syncer.Report{}
	for k := range runs {
		r := &runs[k]
		if l := last[of{r.Site, r.Kind}]; l == nil || r.Started.After(l.Started) {
			last[of{r.Site, r.Kind}] = r
		}
	}
	var wrong []*syncer.Report
	for _, r := range last {
		full := last[of{r.Site, syncer.Full}]
		mended := r.Kind == syncer.Incremental && full != nil && full.Result == syncer.Complete && full.Started.After(r.Started)
		if r.Result != syncer.Complete && !mended {
			wrong = append(wrong, r)
		}
	}
	slices.SortFunc(wrong, func(a, b *syncer.Report) int { return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.Kind, b.Kind)) })
	var out []notice
	for _, r := range wrong {
		why := strings.Join(r.Reasons, "; ")
		if why == "" {
			why = "no reason is on record"
		}
		when := ago(now.Sub(r.Finished))
		if r.Result == syncer.Partial {
			out = append(out, warn(fmt.Sprintf("The last %s sync of %s, %s, was partial: %s. Figures may miss what it did not see.", r.Kind, r.Site, when, why)))
			continue
		}
		out = append(out, bad(fmt.Sprintf("The last %s sync of %s, %s, failed: %s. Figures rest on the syncs before it.", r.Kind, r.Site, when, why)))
	}
	return out
}
