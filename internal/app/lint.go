package app

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plumbline/internal/config"
	"plumbline/internal/goal"
)

// Severity says how much a finding matters.
type Severity string

// The severities, the gravest first. An error that is not accepted makes check
// fail.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
	SeverityInfo    Severity = "info"
)

func severities() []Severity { return []Severity{SeverityError, SeverityWarning, SeverityInfo} }

// Finding is something doubtful in the map of the goals.
type Finding struct {
	Severity Severity `json:"severity"`
	Rule     string   `json:"rule"` // such as epic-in-two-goals
	At       string   `json:"at"`   // file:line:col
	Goal     string   `json:"goal,omitempty"`
	// About is the key, or another name, that it is about.
	About string `json:"about,omitempty"`
	What  string `json:"what"`
	Mend  string `json:"mend"`
	// Accepted is why the configuration accepts it; empty where it doesn't.
	Accepted string `json:"accepted,omitempty"`

	place config.Place
}

// LintReport is what a lint of the map has found.
type LintReport struct {
	Findings []Finding `json:"findings"` // the gravest first, then by place
	Accepted []Finding `json:"accepted"` // by lint.accept of the configuration
	// NotLookedAt are the rules that could not be judged, by why.
	NotLookedAt map[string][]string `json:"not_looked_at,omitempty"`
}

// Count is how many findings there are of a severity.
func (r *LintReport) Count(s Severity) int {
	n := 0
	for k := range r.Findings {
		if r.Findings[k].Severity == s {
			n++
		}
	}
	return n
}

// need is what a rule has to look at beyond the files.
type need uint8

const (
	filesAlone need = iota
	someStore       // whatever the store holds
	wholeStore      // a store in which every site has been read whole
)

// rule is one question that is asked of the map. Its name stays: people accept
// findings by it.
type rule struct {
	name     string
	severity Severity
	need     need
	find     func(*lint, finder)
}

// rules returns all rules but the one on acceptances, which looks at what the
// others found.
func rules() []rule {
	return []rule{
		{"unsaid-target", SeverityError, someStore, (*lint).unsaidTargets},
		{"target-before-start", SeverityError, filesAlone, (*lint).targetsBeforeStart},
		{"epic-in-two-goals", SeverityWarning, filesAlone, (*lint).epicsInTwoGoals},
		{"parent-and-child-claim-same-epic", SeverityWarning, filesAlone, (*lint).epicsInFamilies},
		{"no-work", SeverityWarning, filesAlone, (*lint).goalsWithoutWork},
		{"no-owner", SeverityWarning, filesAlone, (*lint).goalsWithoutOwner},
		{"owner-misspelt", SeverityWarning, filesAlone, (*lint).misspeltOwners},
		{"rare-sync", SeverityWarning, filesAlone, (*lint).rareSyncs},
		{"matches-nothing", SeverityWarning, wholeStore, (*lint).selectorsOfNothing},
		{"closed-over-open-children", SeverityWarning, someStore, (*lint).epicsClosedTooSoon},
		{"no-target", SeverityInfo, filesAlone, (*lint).goalsWithoutTarget},
		{"no-outcome", SeverityInfo, filesAlone, (*lint).goalsWithoutOutcome},
		{"stale-check-in", SeverityInfo, someStore, (*lint).staleCheckIns},
		{"unknown-resolution", SeverityInfo, someStore, (*lint).unknownResolutions},
	}
}

// unusedAcceptance is the rule on acceptances. It can't be accepted.
const unusedAcceptance = "unused-acceptance"

// LintRules lists the names of all rules.
func LintRules() []string {
	var names []string
	for _, r := range rules() {
		names = append(names, r.name)
	}
	return append(names, unusedAcceptance)
}

// lint is a map that is looked at.
type lint struct {
	config *config.Config
	goals  []goal.Goal
	places map[string]config.Places
	facts  *Facts

	byID     map[string]*goal.Goal
	isParent map[string]bool
}

// finder takes a finding of a rule. Where nothing is said of the place, it is
// the goal's own.
type finder func(f Finding)

// Lint finds what is doubtful in the map. Without facts (nil, because of why)
// it looks at the files alone.
func Lint(s Settings, facts *Facts, why string) LintReport {
	l := &lint{
		config: s.Config, goals: s.Goals.List, places: s.Goals.Places, facts: facts,
		byID: map[string]*goal.Goal{}, isParent: map[string]bool{},
	}
	for k := range l.goals {
		l.byID[l.goals[k].ID] = &l.goals[k]
		l.isParent[l.goals[k].Parent] = true
	}
	var found []Finding
	skipped := map[string][]string{}
	judged := map[string]bool{}
	for _, r := range rules() {
		if why := l.cannot(r.need, why); why != "" {
			skipped[why] = append(skipped[why], r.name)
			continue
		}
		judged[r.name] = true
		r.find(l, func(f Finding) {
			f.Rule, f.Severity = r.name, cmp.Or(f.Severity, r.severity)
			found = append(found, f)
		})
	}
	report := l.accept(found, judged)
	report.NotLookedAt = skipped
	report.settle()
	return report
}

// cannot says why a rule with the need can't be judged; empty where it can.
func (l *lint) cannot(n need, why string) string {
	switch {
	case n == filesAlone:
		return ""
	case l.facts == nil:
		return why
	case n == wholeStore && len(l.facts.Unread) > 0:
		return "not read whole yet: site " + strings.Join(l.facts.Unread, ", site ") + "; run `plumbline sync`"
	}
	return ""
}

// accept parts the findings into those that the configuration accepts and the
// others, to which it adds the acceptances that accept nothing.
func (l *lint) accept(found []Finding, judged map[string]bool) LintReport {
	report := LintReport{Findings: []Finding{}, Accepted: []Finding{}}
	used := make([]bool, len(l.config.Lint.Accept))
	for _, f := range found {
		for k, a := range l.config.Lint.Accept {
			if a.Rule == f.Rule && (a.At == f.Goal || a.At == f.About) {
				used[k] = true
				f.Accepted = cmp.Or(f.Accepted, a.Why)
			}
		}
		if f.Accepted != "" {
			report.Accepted = append(report.Accepted, f)
			continue
		}
		report.Findings = append(report.Findings, f)
	}
	for k, a := range l.config.Lint.Accept {
		if f, ok := l.unused(a, used[k], judged); ok {
			report.Findings = append(report.Findings, f)
		}
	}
	return report
}

func (l *lint) unused(a config.Acceptance, used bool, judged map[string]bool) (Finding, bool) {
	f := Finding{Severity: SeverityWarning, Rule: unusedAcceptance, About: a.At, place: a.Place}
	switch {
	case used:
		return f, false
	case !slices.Contains(LintRules(), a.Rule):
		f.What = fmt.Sprintf("there is no rule %q", a.Rule)
		f.Mend = "the rules are " + strings.Join(LintRules(), ", ")
		if near, ok := config.Nearest(a.Rule, LintRules()); ok {
			f.Mend = fmt.Sprintf("did you mean %q?", near)
		}
	case !judged[a.Rule] && a.Rule != unusedAcceptance:
		return f, false // nobody can tell
	default:
		f.What = fmt.Sprintf("accepts nothing: there is no finding %s at %s", a.Rule, a.At)
		f.Mend = "remove it, or write the goal's id or the issue's key that check shows"
	}
	return f, true
}

// settle writes the places and puts the findings in order.
func (r *LintReport) settle() {
	for _, list := range [][]Finding{r.Findings, r.Accepted} {
		for k := range list {
			list[k].At = list[k].place.String()
		}
		slices.SortStableFunc(list, func(a, b Finding) int {
			return cmp.Or(
				cmp.Compare(slices.Index(severities(), a.Severity), slices.Index(severities(), b.Severity)),
				cmp.Compare(a.place.File, b.place.File), cmp.Compare(a.place.Line, b.place.Line),
				cmp.Compare(a.place.Column, b.place.Column), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.About, b.About))
		})
	}
}
