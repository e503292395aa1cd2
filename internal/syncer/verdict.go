package syncer

import (
	"fmt"
	"slices"
	"strings"

	"plumbline/internal/flow"
)

// When so many of a project's known issues are absent at once, something else
// has happened to them than people deleting issues.
const (
	massLeast = 10
	massShare = 2 // one in
)

func massive(absent, known int) bool { return absent >= massLeast && absent*massShare >= known }

// inquest is what is known of the absent issues of one project, of which all
// but the verdicts is given.
type inquest struct {
	project flow.Named
	known   int // issues of the project that were held as present
	absent  []flow.Held
	sights  map[flow.IssueID]flow.Sighting
	// contrary are issues that were there in one answer and not in another.
	contrary map[flow.IssueID]bool
	roster   *roster
	// rescoped tells that the scope was changed: many issues may be out of it.
	rescoped bool
	// unsteady tells that the first scan had missed issues of the project that
	// are in the scope: then it may have missed the others, too.
	unsteady bool
	// settled tells that it was doubted long enough whether the issues are out
	// of the scope.
	settled bool
	// given is up to how many issues that cannot be seen any more have been
	// given up by somebody who was told of as many.
	given int
}

// verdicts tells what became of each absent issue, why the run is not
// complete, and whether there is doubt that may go away by itself.
func (q *inquest) verdicts() (as []flow.Presence, reasons []string, doubt bool) {
	if q.differs() {
		as = slices.Repeat([]flow.Presence{flow.Unconfirmed}, len(q.absent))
		return as, []string{fmt.Sprintf("the site's answers about project %s differ from one request to the next: its %d absent issues are kept as they are", q.project.Name, len(as))}, false
	}
	as = make([]flow.Presence, len(q.absent))
	counts := map[flow.Presence]int{}
	for k, h := range q.absent {
		as[k] = q.verdict(h.ID)
		counts[as[k]]++
	}
	name := q.project.Name
	state, _ := q.roster.byProject(q.project)
	if n := counts[flow.Deleted]; massive(n, q.known) && !state.Trashed {
		replace(as, flow.Deleted, flow.Hidden)
		if !q.givenUp(n) {
			reasons = append(reasons, fmt.Sprintf("%d of %d issues of project %s cannot be seen any more: that may be a lost permission, so they are kept as they are; give the account access%s", n, q.known, name, orGiveUp))
		}
	}
	if n := counts[flow.OutOfScope]; massive(n, q.known) && !q.rescoped && !q.settled {
		replace(as, flow.OutOfScope, flow.Unconfirmed)
		doubt = true
		reasons = append(reasons, fmt.Sprintf("%d of %d issues of project %s are there but the search does not show them: its index may be broken, so they are kept as they are until a census a day later says the same", n, q.known, name))
	}
	if n := counts[flow.AccessLost]; n > 0 && !q.rescoped && !q.givenUp(n) {
		reasons = append(reasons, fmt.Sprintf("project %s cannot be seen any more: its %d issues are kept as they are; give the account access, or take the project out of the scope%s", name, n, orGiveUp))
	}
	if n := counts[flow.Unconfirmed]; n > 0 {
		reasons = append(reasons, fmt.Sprintf("the site did not say what became of %d issues of project %s", n, name))
	}
	return as, reasons, doubt
}

// orGiveUp is what else can be done about issues that cannot be seen.
const orGiveUp = ", or give the issues up with `plumbline sync --census --accept-missing`"

// unseen is how many of the issues cannot be told from ones that we may not see
// any more: nearly all that is absent of a project, or all of it.
func (q *inquest) unseen(as []flow.Presence) int {
	n := 0
	for _, p := range as {
		if p == flow.Hidden || p == flow.AccessLost && !q.rescoped {
			n++
		}
	}
	return n
}

// givenUp tells whether n issues that cannot be seen have been given up. Of
// more than somebody was told of, nothing is.
func (q *inquest) givenUp(n int) bool { return 0 < n && n <= q.given }

// differs reports whether what the site says of the absent issues contradicts
// itself.
func (q *inquest) differs() bool {
	return len(q.absent) > 0 && (q.unsteady || slices.ContainsFunc(q.absent, func(h flow.Held) bool { return q.contrary[h.ID] }))
}

func replace(as []flow.Presence, from, to flow.Presence) {
	for k := range as {
		if as[k] == from {
			as[k] = to
		}
	}
}

// verdict tells what became of an issue, without regard to the others.
func (q *inquest) verdict(id flow.IssueID) flow.Presence {
	s, answered := q.sights[id]
	if !answered {
		return flow.Unconfirmed
	}
	if s.Found {
		if s.Archived || q.roster.byIssueKey(s.Key).Archived {
			return flow.Archived
		}
		return flow.OutOfScope
	}
	state, listed := q.roster.byProject(q.project)
	switch {
	case !listed:
		return flow.AccessLost
	case state.Archived:
		return flow.Archived
	}
	return flow.Deleted // trashed with its project, or by itself
}

// marks tells whether an issue of which this became is to be marked as gone.
// Of what can't be told from a lost permission, nothing is inferred, unless
// the issues, unseen of their project in number, have been given up, or the
// scope was changed: then nobody asks for the project any more.
func (q *inquest) marks(p flow.Presence, unseen int) bool {
	switch p {
	case flow.Deleted, flow.OutOfScope, flow.Archived:
		return true
	case flow.AccessLost:
		return q.rescoped || q.givenUp(unseen)
	case flow.Hidden:
		return q.givenUp(unseen)
	}
	return false
}

// roster is the projects that the site shows.
type roster struct {
	byID, byKey map[string]flow.ProjectState
}

func newRoster(projects []flow.ProjectState) *roster {
	r := &roster{make(map[string]flow.ProjectState, len(projects)), make(map[string]flow.ProjectState, len(projects))}
	for _, p := range projects {
		r.byID[p.ID], r.byKey[p.Key] = p, p
	}
	return r
}

// byProject finds a project by its id, and by its key where it has none.
func (r *roster) byProject(p flow.Named) (flow.ProjectState, bool) {
	if p.ID == "" {
		s, ok := r.byKey[p.Name]
		return s, ok
	}
	s, ok := r.byID[p.ID]
	return s, ok
}

// byIssueKey finds the project of an issue; the zero state where there is
// none.
func (r *roster) byIssueKey(key string) flow.ProjectState {
	if n := strings.LastIndexByte(key, '-'); n > 0 {
		return r.byKey[key[:n]]
	}
	return flow.ProjectState{}
}
