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
type decision struct {
	issueAt
	key      string // of the issue; empty for none
	summary  string
	class    int // index of the configured classes; their number: OtherDecisions
	cause    string
	asked    time.Time
	waits    flow.Spans // when it was waited for; one more for each time it was opened again
	ends     []ending   // how each of waits ended
	by       closing    // how the first did
	posed    bool       // the issue is itself the question
	declared []declaration
	// reversed is when it was taken back: opened again when the time for it
	// to be the same was over, or said to be so; zero where it was not.
	reversed time.Time
	goals    []ownGoal // that it belongs to, by ledger
	holds    []flow.Spans
	// usual is by when it should be made by the service's own rule; zero for
	// no rule.
	usual time.Time
}

// ownGoal is a goal that a decision belongs to: since its issue does, since it
// blocks the goal's work, or since the goal declares it.
type ownGoal struct {
	ledger  int
	in      flow.Spans
	due     time.Time  // zero: whenever
	overdue flow.Spans // while in the goal
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

// at returns how the decision stands at the moment, by what was known then.
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

// episodes makes decisions of an issue's asks.
func (q *inquiry) episodes(ds []declaration, s *Settings) []decision {
	classes := s.Decisions.Classes
	var out []decision
	var all classSet // that asked in the last of out
	for k := range q.asks {
		a := &q.asks[k]
		if n := len(out); n > 0 {
			last := &out[n-1]
			gap := a.From.Sub(last.waits[len(last.waits)-1].To)
			switch {
			case gap <= s.Thresholds.DecisionContinues && (all&a.all != 0 || last.posed && a.posed):
				last.waits, last.ends = append(last.waits, a.Span), append(last.ends, a.how)
				last.posed, all = last.posed || a.posed, all|a.all
				continue
			case last.posed && a.posed && last.ends[len(last.ends)-1].made() && last.reversed.IsZero():
				last.reversed = a.From
			}
		}
		all = a.all
		out = append(out, decision{
			issueAt: q.issueAt, key: q.key, summary: q.summary, class: a.classIn(classes), cause: a.cause, asked: a.From,
			waits: flow.Spans{a.Span}, ends: []ending{a.how}, by: a.by, posed: a.posed,
		})
	}
	attach(out, ds, s)
	return out
}

// classIn is the class of what asks first, or of what joins it where the goals
// file that asks names none.
func (a *ask) classIn(classes []DecisionClass) int {
	for _, set := range []classSet{a.at &^ asOther, a.all &^ asOther} {
		if set != 0 {
			return set.first()
		}
	}
	return len(classes)
}

// attach gives each declaration to the decision that it speaks of: the one
// that was waited for when it was asked, else the next one.
func attach(decisions []decision, ds []declaration, s *Settings) {
	if len(decisions) == 0 {
		return
	}
	zone := s.Calendar.Location()
	for _, d := range ds {
		asked := d.Asked.Start(zone)
		k := slices.IndexFunc(decisions, func(e decision) bool {
			last := e.waits[len(e.waits)-1]
			return last.To.IsZero() || last.To.After(asked) || last.From.Equal(asked)
		})
		if k < 0 {
			k = len(decisions) - 1
		}
		decisions[k].take(d, s)
	}
}

// take makes the declaration the decision's.
func (e *decision) take(d declaration, s *Settings) {
	e.declared = append(e.declared, d)
	if set := d.class(s.Decisions.Classes); set != asOther {
		e.class = set.first()
	}
	if n := len(e.waits) - 1; d.reversal() && e.ends[n].made() && e.reversed.IsZero() {
		e.reversed = e.waits[n].To
	}
}

// alone makes a decision of a declaration whose issue, if it names one, is not
// held.
func alone(d declaration, s *Settings) decision {
	said := d.span(s.Calendar.Location())
	e := decision{
		key: d.Issue, class: len(s.Decisions.Classes), cause: "goals file", asked: said.From,
		waits: flow.Spans{said}, ends: []ending{unended}, posed: true,
	}
	if !said.To.IsZero() {
		e.ends[0] = byWord
	}
	e.take(d, s)
	return e
}
