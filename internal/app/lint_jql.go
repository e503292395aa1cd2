package app

import (
	"strings"

	"plumbline/internal/flow"
)

// answered notes what became of asking for a JQL. It is refused where no site
// takes it.
func (f *SelectorFact) answered(jql string, matched []flow.Matching) {
	asked, taken := false, false
	for k := range matched {
		if m := &matched[k]; m.JQL == jql {
			asked, taken = true, taken || m.Refused == ""
			if m.Refused != "" {
				f.Refused = append(f.Refused, "site "+m.Site+": "+m.Refused)
			}
		}
	}
	if f.Unasked = !asked; taken {
		f.Refused = nil
	}
}

// noMatch is nothing for a JQL.
func (f SelectorFact) noMatch() (what, mend string) {
	switch {
	case f.Issues > 0:
		return "", ""
	case f.Unasked:
		return "its JQL has not been asked of Jira yet", "run `plumbline sync`, or `plumbline check --online` to see what it matches"
	case len(f.Refused) > 0:
		return "its JQL is refused: " + strings.Join(f.Refused, "; "), "mend it; Jira's own search, as the same account, shows what it takes"
	}
	return "no issue in scope ever matched its JQL", "mend the JQL, or widen the site's scope"
}
