package app

import (
	"plumbline/internal/config"
	"plumbline/internal/flow"
	"plumbline/internal/goal"
	"plumbline/internal/syncer"
)

// selectors lists the JQLs of the goals, each once, with the goals that have
// it.
func selectors(goals *config.Goals) []syncer.Selector {
	if goals == nil {
		return nil
	}
	by := map[string][]string{}
	for k := range goals.List { // which is in the order of the ids
		if g := &goals.List[k]; g.Work.JQL != "" {
			by[g.Work.JQL] = append(by[g.Work.JQL], g.ID)
		}
	}
	var out []syncer.Selector
	for _, jql := range sortedKeys(by) {
		out = append(out, syncer.Selector{JQL: jql, Goals: by[jql]})
	}
	return out
}

// matched returns what the sites have told of the goals' JQLs, by JQL and
// site.
func (a *App) matched(goals []goal.Goal) ([]flow.Matching, error) {
	jqls := map[string]bool{}
	for k := range goals {
		jqls[goals[k].Work.JQL] = true
	}
	delete(jqls, "")
	var out []flow.Matching
	for _, jql := range sortedKeys(jqls) {
		for _, site := range a.store.Sites() {
			m, asked, err := a.store.Matching(site, jql)
			if err != nil {
				return nil, err
			}
			if asked {
				out = append(out, m)
			}
		}
	}
	return out, nil
}
