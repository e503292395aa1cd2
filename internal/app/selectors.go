package app

import (
	"context"
	"fmt"
	"slices"

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
	return selectorsOfAll(goals.List)
}

func selectorsOfAll(goals []goal.Goal) []syncer.Selector {
	by := map[string][]string{}
	for k := range goals { // which are in the order of the ids
		if g := &goals[k]; g.Work.JQL != "" {
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
	var out []flow.Matching
	for _, s := range selectorsOfAll(goals) {
		for _, site := range a.store.Sites() {
			m, asked, err := a.store.Matching(site, s.JQL)
			if err != nil {
				return nil, err
			}
			if asked {
				// When it was asked is of no account: where nothing else
				// differs, nothing needs to be measured anew.
				out = append(out, flow.Matching{Site: site, JQL: s.JQL, Refused: m.Refused, Matches: m.Matches})
			}
		}
	}
	return out, nil
}

// matchedOrTried is matched for goals that are not in force: a JQL that a site
// was never asked it is asked now, and nothing of that is kept.
func (a *App) matchedOrTried(ctx context.Context, goals []goal.Goal) ([]flow.Matching, error) {
	matched, err := a.matched(goals)
	if err != nil {
		return nil, err
	}
	for _, s := range selectorsOfAll(goals) {
		for _, site := range a.names {
			known := func(m flow.Matching) bool { return m.JQL == s.JQL && m.Site == site }
			if slices.ContainsFunc(matched, known) {
				continue
			}
			m, err := a.syncers[site].Try(ctx, s.JQL)
			if err != nil {
				return nil, fmt.Errorf("asking what the JQL of %s matches: %w", s, err)
			}
			matched = append(matched, m)
		}
	}
	return matched, nil
}

// announceAsks asks for a sync where the goals now in force want to know
// something of the sites that those before did not, a JQL's issues or a field
// of an epic: a saved file is live within seconds.
func (a *App) announceAsks(before, now *config.Goals) {
	old := map[string]bool{}
	for _, ask := range asks(before) {
		old[ask] = true
	}
	if !slices.ContainsFunc(asks(now), func(ask string) bool { return !old[ask] }) {
		return
	}
	select {
	case a.newAsks <- struct{}{}:
	default: // it is asked for already
	}
}

// asks names what the goals want to know of the sites.
func asks(goals *config.Goals) []string {
	var out []string
	for _, s := range selectors(goals) {
		out = append(out, "JQL "+s.JQL)
	}
	for _, r := range reported(goals) {
		for _, key := range r.Epics {
			out = append(out, "field "+r.Field+" of "+key)
		}
	}
	return out
}

// onNewAsks syncs when goals that ask for something new have come into force.
func (a *App) onNewAsks(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.newAsks:
			for _, site := range a.names {
				a.scheduled(ctx, site, syncer.Incremental)
			}
		}
	}
}
