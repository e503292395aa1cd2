package measure

import (
	"slices"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// A goal is one container (MEASURES §2.21): its leaves are the de-duplicated
// union of its own and those of the goals below it, and it is finished when the
// last container that it maps closes. Its ledger is kept already, so that
// scoring it takes no issue to be read again.

// Containers returns the goals as containers of work, in their order, with
// their history up to the moment: those that ever had enough issues to be
// scored, open ones too, and of which it is not known by hindsight alone which
// issues they had.
func (h *History) Containers(until time.Time) []Container {
	var out []Container
	for k := range h.ledgers {
		l := &h.ledgers[k]
		if l.leaves.len() < minFinal || !l.hindsight.Before(until) || len(l.unanswered) > 0 {
			continue
		}
		out = append(out, Container{Kind: KindGoal, Project: l.projects(), Name: l.goal.ID, known: until, ledger: l})
	}
	return out
}

// projects are the keys of the projects that the goal's leaves lie in now, with
// commas between them.
func (l *ledger) projects() string {
	var out []string
	last := ""
	for k := range l.leaves.len() {
		if project := l.leaves.origin(k).project; project != last {
			out, last = append(out, project), project
		}
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ",")
}

// goalEndAt is when the last of the containers that a goal maps had closed, as
// that was known at the moment; false while one is open or was never seen, and
// where all of them were given up (MEASURES §2.21). A goal that maps one ends as
// that one does, and one that maps none as a container that nobody closes: with
// the last of its issues, once all are closed and nothing has happened for the
// quiet time (MEASURES §3.1). Of several, that says nothing while one is open:
// its work may not have been broken down yet.
func (c *Container) goalEndAt(at time.Time, s *Settings) (end time.Time, ok bool) {
	l := c.ledger
	mapped := len(l.epics) + len(l.versions) + len(l.missing)
	open := mapped == 0 || len(l.missing) > 0
	for k := range l.epics {
		since, closed := heldSince(l.epics[k].closed, at, s.Thresholds.Bounce)
		open = open || !closed
		end = latest(end, since)
	}
	for k := range l.versions {
		v := &l.versions[k].Version
		if !v.Released {
			open = true
			continue
		}
		out, closed := c.released(v, at, s)
		if !closed {
			return time.Time{}, false
		}
		end = latest(end, out)
	}
	switch {
	case open && mapped > 1:
		return time.Time{}, false
	case open:
		return c.quiet(at, s)
	}
	return end, !l.givenUp(at)
}

// givenUp reports whether the container was closed at the moment without being
// delivered.
func (c *Container) givenUp(at time.Time) bool {
	if c.Kind == KindGoal {
		return c.ledger.givenUp(at)
	}
	return c.cancelled.Contains(at)
}

// doneOf is while a leaf was delivered, bounces bridged. Of a goal that is
// looked for where it is first asked for, as most goals are open.
func (c *Container) doneOf(leaf int) flow.Spans {
	if c.done == nil {
		c.done = c.ledger.delivered()
	}
	return c.done[leaf]
}

// delivered returns while each leaf was delivered, in scope or not, bounces
// bridged.
func (l *ledger) delivered() []flow.Spans {
	out := make([]flow.Spans, l.leaves.len())
	since, is := time.Time{}, false
	for k := range l.turns {
		x := &l.turns[k]
		at := instantOf(x.ms())
		switch what := x.what(); {
		case what == delivered || what == restored:
			since, is = at, true
		case is && (what == reopened || what == withdrawn):
			out[x.leaf], is = append(out[x.leaf], flow.Span{From: since, To: at}), false
		}
		if is && (k+1 == len(l.turns) || l.turns[k+1].leaf != x.leaf) {
			out[x.leaf], is = append(out[x.leaf], flow.Span{From: since}), false
		}
	}
	for k := range out {
		out[k] = bridged(out[k], l.bounce)
	}
	return out
}

// changelogSites are those of which any changelog is known.
type changelogSites map[string]bool

// meet takes in an issue.
func (p changelogSites) meet(i *flow.Issue) {
	if i.Histories > 0 && !p[i.Site] {
		p[i.Site] = true
	}
}

// all reports whether the sites of all the leaves are among them.
func (p changelogSites) all(ls *leaves) bool {
	for k := range ls.len() {
		if !p[ls.origin(k).site] {
			return false
		}
	}
	return true
}

// setHindsight finds up to when it is known by hindsight alone which issues a
// goal had. A JQL is taken to have matched since an issue's creation what it
// matched when it was first answered; of versions and labels, which are mostly
// set late, nothing is known where no changelog tells when. What is known so may
// be shown, for want of better, but a forecast that was made with it proves
// nothing: the issues that came later are among those that it was made from.
func (b *builder) setHindsight(matched []flow.Matching, told changelogSites) {
	own := make([]time.Time, len(b.ledgers))
	for g := range b.ledgers {
		w := &b.ledgers[g].goal.Work
		for k := range matched {
			switch m := &matched[k]; {
			case w.JQL == "" || m.JQL != w.JQL || len(m.Matches) == 0:
			case m.First.IsZero(): // no answer was complete
				own[g] = never()
			default:
				own[g] = latest(own[g], m.First)
			}
		}
		if len(w.FixVersions)+len(w.Labels) > 0 && !told.all(&b.ledgers[g].leaves) {
			own[g] = never()
		}
	}
	for g, chain := range b.chains { // itself and the goals above it
		for _, above := range chain {
			b.ledgers[above].hindsight = latest(b.ledgers[above].hindsight, own[g])
		}
	}
}
