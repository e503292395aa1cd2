package measure

import (
	"math/bits"
	"slices"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// MaxDecisionClasses is how many classes of decisions there may be.
const MaxDecisionClasses = 6

// OtherDecisions is the class of a decision that a goal declares without one
// of the configured classes.
const OtherDecisions = "other"

// DecisionRules say which issues ask for a decision, and how long one may take.
type DecisionRules struct {
	// Classes are at most MaxDecisionClasses; of several that apply to an
	// issue at once the first is its class.
	Classes []DecisionClass
	// Within is how long a decision may take, by class; "" is for all others.
	Within map[string]time.Duration
}

// DecisionClass is a class of decisions and the issues that are of it.
type DecisionClass struct {
	Name string
	Match
}

// within looks up how long a decision of the class may take; false where
// nobody has said.
func within(by map[string]time.Duration, class string) (time.Duration, bool) {
	if d, ok := by[class]; ok {
		return d, true
	}
	d, ok := by[""]
	return d, ok
}

// classSet is a set of decision classes, by their index; asOther stands for
// none of the configured ones.
type classSet uint8

const asOther classSet = 1 << MaxDecisionClasses

func (s classSet) first() int { return bits.TrailingZeros8(uint8(s)) }

// asker tells of issues' states which classes of decisions they ask for. It
// knows every name that it has met, so that a store's millions of states are
// looked up and not compared.
type asker struct {
	classes   []DecisionClass
	semantics flow.Semantics
	types     map[string]classSet
	labels    map[string]classSet
	statuses  map[string]classSet
	statusIDs map[string]bool // of the statuses that ask, by their present names
	flagged   classSet
}

func newAsker(s *Settings) *asker {
	a := &asker{
		classes: s.Decisions.Classes[:min(len(s.Decisions.Classes), MaxDecisionClasses)], semantics: s.Semantics,
		types: map[string]classSet{}, labels: map[string]classSet{}, statuses: map[string]classSet{},
		statusIDs: map[string]bool{},
	}
	for k := range a.classes {
		if a.classes[k].Flagged {
			a.flagged |= 1 << k
		}
	}
	return a
}

// asks returns the classes of decisions that the state asks for: all, and
// those whose issue is itself the question, by its type or a label (K1 of
// MEASURES §6), rather than work that waits for one (K2, K3).
func (a *asker) asks(st *flow.State) (all, posed classSet) {
	if len(a.classes) == 0 || a.semantics.Outcome(st) != flow.Open {
		return 0, 0
	}
	posed = a.typeSet(st.Type.Name)
	for _, l := range st.Labels {
		posed |= a.labelSet(l)
	}
	all = posed | a.statusSet(st.Status.Name)
	if st.Flagged {
		all |= a.flagged
	}
	return all, posed
}

// mayAsk reports whether the issue has ever had what asks for a decision, or a
// link. It is quick, and says yes too often rather than too seldom.
func (a *asker) mayAsk(i *flow.Issue) bool {
	now := &i.Now
	if now.Flagged && a.flagged != 0 || a.typeSet(now.Type.Name)|a.statusSet(now.Status.Name) != 0 ||
		slices.ContainsFunc(now.Labels, func(l string) bool { return a.labelSet(l) != 0 }) || len(i.Links) > 0 {
		return true
	}
	for k := range i.Changes {
		if a.mayChange(&i.Changes[k]) {
			return true
		}
	}
	return false
}

// mayChange is mayAsk for one change.
func (a *asker) mayChange(c *flow.Change) bool {
	switch c.Field {
	case flow.FieldStatus:
		return a.statusIDs[c.From.ID] || a.statusIDs[c.To.ID] || a.statusSet(c.From.Name)|a.statusSet(c.To.Name) != 0
	case flow.FieldType:
		return a.typeSet(c.From.Name)|a.typeSet(c.To.Name) != 0
	case flow.FieldLabels:
		for _, list := range []string{c.From.Name, c.To.Name} {
			for l := range strings.FieldsSeq(list) {
				if a.labelSet(l) != 0 {
					return true
				}
			}
		}
	case flow.FieldFlagged:
		return a.flagged != 0
	case flow.FieldLink:
		return true
	}
	return false
}

func (a *asker) typeSet(name string) classSet {
	return a.look(a.types, name, func(m *Match) []string { return m.IssueTypes })
}

func (a *asker) labelSet(name string) classSet {
	return a.look(a.labels, name, func(m *Match) []string { return m.Labels })
}

func (a *asker) statusSet(name string) classSet {
	return a.look(a.statuses, name, func(m *Match) []string { return m.Statuses })
}

func (a *asker) look(known map[string]classSet, name string, names func(*Match) []string) classSet {
	set, ok := known[name]
	if !ok {
		for k := range a.classes {
			if oneOf(names(&a.classes[k].Match), name) {
				set |= 1 << k
			}
		}
		known[lasting(name)] = set
	}
	return set
}

// cause says what in the state asks for a decision of the class.
func (a *asker) cause(st *flow.State, class int) string {
	m := &a.classes[class].Match
	switch {
	case oneOf(m.IssueTypes, st.Type.Name):
		return "issue type " + st.Type.Name
	case oneOf(m.Statuses, st.Status.Name):
		return "status " + st.Status.Name
	case m.Flagged && st.Flagged:
		return "flag"
	}
	for _, l := range st.Labels {
		if oneOf(m.Labels, l) {
			return "label " + l
		}
	}
	return "class " + a.classes[class].Name
}
