package measure

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// OutcomeHistory is what the query of a goal's outcome gave, in the order of
// time.
type OutcomeHistory struct {
	Goal    string
	Outcome string
	Values  []flow.Measured
}

// OutcomeBelow is the outcome of a goal that declares none and has goals below
// it: the mean of theirs by weight.
const OutcomeBelow = "below"

// OutcomeStatus is how far one outcome of a goal has come.
type OutcomeStatus struct {
	ID   string `json:"id"`
	Unit string `json:"unit,omitempty"`
	// Value is what its query gave last, and At when; nil where it gave
	// nothing of late, and for the outcome of the goals below.
	Value *float64   `json:"value"`
	At    *time.Time `json:"at,omitempty"`
	// Ratio is the share of the way from the value at the start to the one to
	// be reached, 0…1.
	Ratio *float64 `json:"ratio"`
	// Why says why there is none.
	Why string `json:"why,omitempty"`
}

// setOutcomes fills in what the goal's outcomes were last measured at by the
// moment.
func (l *ledger) setOutcomes(g *GoalStatus, at time.Time, s *Settings) {
	for k := range l.goal.Outcomes {
		o := &l.goal.Outcomes[k]
		st := OutcomeStatus{ID: o.ID, Unit: o.Unit}
		values := l.outcomes[o.ID]
		n, _ := slices.BinarySearchFunc(values, at, func(m flow.Measured, at time.Time) int {
			if m.At.After(at) {
				return 1
			}
			return -1
		})
		switch {
		case n == 0:
			st.Why = "it was not measured by then"
		case at.Sub(values[n-1].At) > s.Thresholds.OutcomeStale:
			st.Why = fmt.Sprintf("it was last measured on %s", values[n-1].At.In(s.Calendar.Location()).Format(time.DateOnly))
		default:
			last := values[n-1]
			ratio := way(o, last.Value)
			st.Value, st.At, st.Ratio = &last.Value, &last.At, &ratio
		}
		g.Outcomes = append(g.Outcomes, st)
	}
}

// way is the share of the way from the outcome's start to its end that lies
// behind the value, cut at both ends.
func way(o *goal.Outcome, value float64) float64 {
	return min(max((value-o.From)/(o.To-o.From), 0), 1)
}

// rollUp gives each goal that declares no outcome the mean of those of the
// goals below it, each by its weight. A goal with several outcomes stands for
// their plain mean; one without any that is known doesn't count.
func (h *History) rollUp(s *Snapshot) {
	below := map[string][]int{}
	for k := range h.ledgers {
		below[h.ledgers[k].goal.Parent] = append(below[h.ledgers[k].goal.Parent], k)
	}
	done := make([]bool, len(h.ledgers))
	var mean func(k int) *float64
	mean = func(k int) *float64 {
		g := &s.Goals[k]
		if !done[k] { // which ends, were goals above themselves
			done[k] = true
			if share := weighed(below[g.ID], func(c int) (*float64, float64) { return mean(c), h.ledgers[c].goal.Weight }); share != nil && len(h.ledgers[k].goal.Outcomes) == 0 {
				g.Outcomes = []OutcomeStatus{{ID: OutcomeBelow, Ratio: share}}
			}
		}
		return weighed(g.Outcomes, func(o OutcomeStatus) (*float64, float64) { return o.Ratio, 1 })
	}
	for k := range s.Goals {
		mean(k)
	}
}

// weighed is the mean of what is known, by weight; nil where nothing is.
func weighed[T any](all []T, of func(T) (*float64, float64)) *float64 {
	var sum, weights float64
	for _, one := range all {
		if v, w := of(one); v != nil && w > 0 {
			sum += *v * w
			weights += w
		}
	}
	if weights == 0 {
		return nil
	}
	mean := min(max(sum/weights, 0), 1)
	return &mean
}

// measured notes what the outcomes of the goals were measured at.
func (b *builder) measured(all []OutcomeHistory) { noteOutcomes(b.ledgers, all) }

func noteOutcomes(ledgers []ledger, all []OutcomeHistory) {
	by := map[string]map[string][]flow.Measured{}
	for _, h := range all {
		if by[h.Goal] == nil {
			by[h.Goal] = map[string][]flow.Measured{}
		}
		by[h.Goal][h.Outcome] = h.Values
	}
	for k := range ledgers {
		ledgers[k].outcomes = by[ledgers[k].goal.ID]
	}
}

// WithOutcomes returns the history as if its goals' outcomes had been measured
// at these values. What happened to issues is shared: of all figures, outcomes
// and the stop criteria that ask for them alone hang on these.
func (h *History) WithOutcomes(all []OutcomeHistory) *History {
	other := *h
	other.ledgers = slices.Clone(h.ledgers)
	noteOutcomes(other.ledgers, all)
	for k := range other.ledgers {
		if l := &other.ledgers[k]; l.past != nil {
			l.past = &pastFigures{all: map[pastFigure]Figure{}}
		}
	}
	link(other.ledgers, other.above)
	return &other
}

// outcome returns an outcome's value by its name in expressions.
func (g *GoalStatus) outcome(name string) (f Figure, is bool) {
	id, is := strings.CutPrefix(name, outcomePrefix)
	if !is {
		return f, false
	}
	for k := range g.Outcomes {
		if o := &g.Outcomes[k]; o.ID == id {
			if o.Value == nil {
				return Figure{Why: o.Why}, true
			}
			return Figure{Value: *o.Value}, true
		}
	}
	return Figure{Why: "the goal declares no such outcome"}, true
}

func (x *explainer) hasOutcomes() bool { return len(x.l.goal.Outcomes) > 0 }

// outcomesNow explains how far each outcome has come.
func (x *explainer) outcomesNow() ExplainedMeasure {
	if !x.hasOutcomes() {
		return ExplainedMeasure{Why: "the goal declares no outcome"}
	}
	var m ExplainedMeasure
	var values []string
	for k := range x.status.Outcomes {
		o, st := &x.l.goal.Outcomes[k], &x.status.Outcomes[k]
		text := "unknown: " + st.Why
		if st.Ratio != nil {
			values = append(values, fmt.Sprintf("%s %s", st.ID, percent(st.Ratio)))
			text = fmt.Sprintf("%g on %s", *st.Value, x.dayOf(*st.At))
		}
		unit := ""
		if o.Unit != "" {
			unit = " " + o.Unit
		}
		m.Inputs = append(m.Inputs, ExplainedInput{st.ID, fmt.Sprintf("%s; from %g to %g%s by %s", text, o.From, o.To, unit, o.Query)})
	}
	if m.Value = strings.Join(values, ", "); m.Value == "" {
		m.Why = "no outcome has been measured of late"
	}
	return m
}
