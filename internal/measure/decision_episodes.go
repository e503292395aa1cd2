package measure

import (
	"slices"
	"sort"
	"time"

	"plumbline/internal/flow"
)

// decision is one question: asked once, and decided or still open. What is
// asked again within Thresholds.DecisionContinues is the same one (MEASURES
// §6), so that closing and re-opening resets no clock.
//
// Whatever is asked of it is asked as of a moment, and answered from what was
// known then: an issue that was written after the question, a class or a due
// day that came later change nothing before.
type decision struct {
	issueAt
	key     string    // of the issue; empty for none
	born    time.Time // when the issue was created; zero for none
	summary string
	cause   string
	asked   time.Time
	waits   flow.Spans // when it was waited for; one more for each time it was opened again
	ends    []ending   // how each of waits ended
	by      closing    // how the first did
	classes []classFrom
	// posed is from when on the issue is itself the question; zero: never.
	posed    time.Time
	declared []declaration
	// reversed is when it was taken back: opened again when the time for it
	// to be the same was over, or said to be so; zero where it was not.
	reversed time.Time
	goals    []ownGoal // that it belongs to, by ledger
	holds    []flow.Spans
	usual    []dueFrom // by when it should be made by the service's own rule
	// whole is the decision that it is a part of, nil for none, as is known
	// from joined on; parts are those split off it.
	whole  *decision
	joined time.Time
	parts  []*decision
}

// classFrom is the class of a decision from a moment on: the index of a
// configured one, or their number for OtherDecisions.
type classFrom struct {
	from  time.Time
	class int
}

// dueFrom is by when a decision should be made, as is known from a moment on;
// zero where nobody says.
type dueFrom struct{ from, due time.Time }

// ownGoal is a goal that a decision belongs to: since its issue does, since it
// blocks the goal's work, or since the goal declares it.
type ownGoal struct {
	ledger  int
	in      flow.Spans
	due     []dueFrom
	overdue flow.Spans // while in the goal
}

// dueAt is by when it should be made, as was known at the moment.
func dueAt(dues []dueFrom, at time.Time) time.Time {
	var due time.Time
	for _, d := range dues {
		if d.from.After(at) {
			break
		}
		due = d.due
	}
	return due
}

// standing is how a decision stands at a moment.
type standing struct {
	asked bool // it has been asked by then
	how   ending
	end   time.Time // when the wait ended; zero while it is open
	again int       // times that it was opened again
}

// open reports whether the decision is waited for.
func (s standing) open() bool { return s.asked && s.how == unended }

// at returns how the decision stands at the moment.
func (d *decision) at(when time.Time) standing {
	n := sort.Search(len(d.waits), func(k int) bool { return d.waits[k].From.After(when) })
	if n == 0 {
		return standing{}
	}
	s := standing{asked: true, again: n - 1}
	if last := d.waits[n-1]; !last.To.IsZero() && !last.To.After(when) {
		s.end, s.how = last.To, d.ends[n-1]
	}
	return s
}

// classAt is the decision's class at the moment.
func (d *decision) classAt(at time.Time) int {
	class := d.classes[0].class
	for _, c := range d.classes[1:] {
		if !c.from.After(at) {
			class = c.class
		}
	}
	return class
}

// siteAt is the site of the decision's issue; "" while there is none.
func (d *decision) siteAt(at time.Time) string {
	if d.born.After(at) {
		return ""
	}
	return d.site
}

// saidAt is the first declaration of the decision; nil while there is none.
func (d *decision) saidAt(at time.Time) *declaration {
	if len(d.declared) == 0 || d.declared[0].said.From.After(at) {
		return nil
	}
	return &d.declared[0]
}

// episodes makes decisions of an issue's asks.
func (q *inquiry) episodes(ds []declaration, s *Settings) []decision {
	var out []decision
	var all classSet // that asked in the last of out
	for k := range q.asks {
		a := &q.asks[k]
		if n := len(out); n > 0 {
			last := &out[n-1]
			again := !last.posed.IsZero() && a.posed
			gap := a.From.Sub(last.waits[len(last.waits)-1].To)
			switch {
			case gap <= s.Thresholds.DecisionContinues && (all&a.at != 0 || again):
				last.goesOn(a, s)
				all |= a.all
				q.pose(last)
				continue
			case again && last.ends[len(last.ends)-1].made():
				last.reversed = a.From
			}
		}
		all = a.all
		out = append(out, decision{
			issueAt: q.issueAt, key: q.key, born: q.born, summary: q.summary, cause: a.cause, asked: a.From,
			waits: flow.Spans{a.Span}, ends: []ending{a.how}, by: a.by,
		})
		last := &out[len(out)-1]
		last.name(naming{a.From, a.at}, s)
		last.name(a.named, s)
		q.pose(last)
	}
	attach(out, ds, s)
	return out
}

// goesOn takes in that the decision is asked again.
func (d *decision) goesOn(a *ask, s *Settings) {
	d.waits, d.ends = append(d.waits, a.Span), append(d.ends, a.how)
	d.name(naming{a.From, a.at}, s)
	d.name(a.named, s)
}

// name gives the decision a class, unless it has a configured one already.
func (d *decision) name(n naming, s *Settings) {
	class := len(s.Decisions.Classes)
	if set := n.set &^ asOther; set != 0 {
		class = set.first()
	}
	last := len(d.classes) - 1
	if n.set != 0 && (last < 0 || d.classes[last].class == len(s.Decisions.Classes) && class != d.classes[last].class) {
		d.classes = append(d.classes, classFrom{n.from, class})
	}
}

// pose finds from when on the issue is itself the question.
func (q *inquiry) pose(d *decision) {
	if !d.posed.IsZero() {
		return
	}
	if parts := q.posed.Intersect(d.waits); len(parts) > 0 {
		d.posed = parts[0].From
	}
}

// attach gives each declaration to the decision that it speaks of: the one
// that was waited for when it was asked.
func attach(decisions []decision, ds []declaration, s *Settings) {
	for _, d := range ds {
		for k := range decisions {
			if e := &decisions[k]; slices.ContainsFunc(e.waits, func(w flow.Span) bool { return w.From.Equal(d.said.From) || w.Contains(d.said.From) }) {
				e.take(d, s)
				break
			}
		}
	}
}

// take makes the declaration the decision's, from when it was asked on.
func (d *decision) take(said declaration, s *Settings) {
	d.declared = append(d.declared, said)
	if set := said.class(s.Decisions.Classes); set != asOther {
		d.classes = slices.DeleteFunc(d.classes, func(c classFrom) bool { return !c.from.Before(said.said.From) })
		d.classes = append(d.classes, classFrom{said.said.From, set.first()})
	}
	if !said.reversal() {
		return
	}
	for k, w := range d.waits {
		if !w.To.IsZero() && !w.To.Before(said.said.From) && d.ends[k].made() {
			if d.reversed.IsZero() || w.To.Before(d.reversed) {
				d.reversed = w.To
			}
			return
		}
	}
}

// alone makes a decision of a declaration whose issue, if it names one, is not
// held.
func alone(said declaration, s *Settings) decision {
	d := decision{
		key: said.Issue, cause: "goals file", asked: said.said.From,
		waits: flow.Spans{said.said}, ends: []ending{unended}, posed: said.said.From,
	}
	if !said.said.To.IsZero() {
		d.ends[0] = byWord
	}
	d.name(naming{d.asked, asOther}, s)
	d.take(said, s)
	return d
}
