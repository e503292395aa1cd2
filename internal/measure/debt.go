package measure

import (
	"time"

	"plumbline/internal/flow"
)

// DebtStatus is a goal's technical debt: its leaves that semantics.debt names
// as they are at the moment (MEASURES §2.14). Only what is delivered retires
// debt: to close it as Won't Fix does not.
type DebtStatus struct {
	Issues  Parts   `json:"issues"`
	Created Windows `json:"created_issues"` // when the issue was created
	Retired Windows `json:"retired_issues"` // delivered, and still so
	// RetirementRatio is what was retired over what was created, in 90 days;
	// nil where nothing was created.
	RetirementRatio *float64 `json:"retirement_ratio,omitempty"`
	// DropShare is the share of the closed debt that was discarded; nil where
	// none is closed.
	DropShare *float64 `json:"drop_share,omitempty"`
	// MedianAgeSeconds is how old debt is when it is retired: by Kaplan and
	// Meier, what is open or was discarded counting for as long as it was not.
	// Nil where fewer than half of it would have been by now.
	MedianAgeSeconds *float64 `json:"median_age_seconds,omitempty"`
	// PayOffSeconds is how long the open debt would last at the pace of the
	// last 90 days; nil while not more is retired than created (MEASURES §2.22).
	PayOffSeconds *float64 `json:"pay_off_seconds,omitempty"`
}

// names reports whether anything is in the set.
func (m *Match) names() bool {
	return m.Flagged || len(m.IssueTypes)+len(m.Labels)+len(m.Statuses) > 0
}

// eachDebt yields the leaves in scope that are debt, each with its class.
func (w *load) eachDebt(f func(leaf int, c class)) {
	for leaf, e := range w.now.all() {
		if e != nil && e.after().in && w.stands[leaf]&isDebt != 0 {
			f(leaf, e.after())
		}
	}
}

// setDebt adds the goal's technical debt.
func (l *ledger) setDebt(g *GoalStatus, at time.Time, w *load, s *Settings) {
	if !s.Debt.names() {
		g.miss("debt", "semantics.debt names no issues")
		return
	}
	var d DebtStatus
	var ages []survivalTime
	w.eachDebt(func(leaf int, c class) {
		d.Issues.add(c, 1)
		born := instantOf(l.lives[leaf].born)
		d.Created.add(at.Sub(born))
		lived := at.Sub(born)
		if end := w.ended.of(leaf); c.out != flow.Open && end != nil {
			lived = end.at().Sub(born)
			if c.out == flow.Delivered {
				d.Retired.add(at.Sub(end.at()))
			}
		}
		ages = append(ages, survivalTime{exit: lived, ended: c.out == flow.Delivered})
	})
	d.RetirementRatio = ratio(d.Retired.Days90, d.Created.Days90)
	d.DropShare = ratio(d.Issues.Discarded, d.Issues.Discarded+d.Issues.Delivered)
	curve := newSurvival(ages)
	if median, ok := curve.quantile(0.5); ok {
		seconds := median.Seconds()
		d.MedianAgeSeconds = &seconds
	}
	if paid := d.Retired.Days90 - d.Created.Days90; paid > 0 {
		seconds := float64(d.Issues.Open()) / float64(paid) * longestWindow.Seconds()
		d.PayOffSeconds = &seconds
	}
	g.Debt = &d
}

// SiteDebt is the technical debt of a site, in and outside of goals.
type SiteDebt struct {
	Site   string `json:"site"`
	Issues Parts  `json:"issues"`
}

// debtOver is a site's technical debt over time, by what became of it.
type debtOver [numParts]tallyOver

func (d *debtOver) at(when time.Time) Parts {
	return Parts{
		ToDo: d[partToDo].at(when), InProgress: d[partInProgress].at(when),
		Delivered: d[partDelivered].at(when), Discarded: d[partDiscarded].at(when),
	}
}

// debtBook counts the technical debt of each site in one pass over the issues.
type debtBook map[string]*debtOver

// add takes any issue.
func (b debtBook) add(t *flow.Timeline, s *Settings) {
	if !mayBe(t, &s.Debt) {
		return
	}
	var during [numParts]flow.Spans
	for span, st := range t.Spans() {
		if !isLeaf(st) || !s.Debt.Applies(st) {
			continue
		}
		in := class{in: true, cat: st.Category, out: s.Semantics.Outcome(st)}.part()
		during[in] = during[in].Append(span)
	}
	d := b.of(t.Issue.Site)
	for in := range d {
		d[in].add(during[in])
	}
}

func (b debtBook) of(site string) *debtOver {
	d := b[site]
	if d == nil {
		d = &debtOver{}
		b[site] = d
	}
	return d
}

// seal makes the book ready to be asked, also of sites without debt.
func (b debtBook) seal(sites []string) {
	for _, site := range sites {
		d := b.of(site)
		for in := range d {
			d[in].seal()
		}
	}
}

// isLeaf reports whether an issue is work of its own where no goal says what
// is: epics and all above hold others, and sub-tasks count with their parents.
func isLeaf(st *flow.State) bool {
	return !st.Type.Container() && (!st.Type.Subtask() || st.Above().IsZero())
}

// mayBe reports, without going through its life, whether an issue may ever have
// been in the set. Most never were.
func mayBe(t *flow.Timeline, m *Match) bool {
	if !m.names() {
		return false
	}
	if m.Applies(&t.Issue.Now) {
		return true
	}
	changes := t.Changes()
	for k := range changes {
		switch changes[k].Field {
		case flow.FieldType, flow.FieldLabels:
			return true
		case flow.FieldStatus:
			if len(m.Statuses) > 0 {
				return true
			}
		case flow.FieldFlagged:
			if m.Flagged {
				return true
			}
		}
	}
	return false
}

// debtBySite is the technical debt of each site, sorted by the site's name; nil
// where nothing is configured to be debt.
func (h *History) debtBySite(at time.Time) []SiteDebt {
	if !h.settings.Debt.names() {
		return nil
	}
	var out []SiteDebt
	for _, site := range h.sites {
		out = append(out, SiteDebt{site, h.debt[site].at(at)})
	}
	return out
}
