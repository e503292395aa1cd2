package app

import (
	"slices"

	"plumbline/internal/config"
	"plumbline/internal/flow"
	"plumbline/internal/goal"
	"plumbline/internal/syncer"
)

// reported lists the fields by which goals report, each once, with the epics
// that it is read from.
func reported(goals *config.Goals) []syncer.Reported {
	if goals == nil {
		return nil
	}
	by := reportedBy(goals.List)
	var out []syncer.Reported
	for _, field := range sortedKeys(by) {
		r := by[field]
		slices.Sort(r.Epics)
		r.Epics = slices.Compact(r.Epics)
		out = append(out, *r)
	}
	return out
}

func reportedBy(goals []goal.Goal) map[string]*syncer.Reported {
	by := map[string]*syncer.Reported{}
	for k := range goals { // which are in the order of the ids
		g := &goals[k]
		if g.Reported.From != goal.ReportedByField {
			continue
		}
		r := by[g.Reported.Field]
		if r == nil {
			r = &syncer.Reported{Field: g.Reported.Field}
			by[r.Field] = r
		}
		r.Epics, r.Goals = append(r.Epics, g.Work.Epics...), append(r.Goals, g.ID)
	}
	return by
}

// said returns what the fields by which the goals report have said.
func (a *App) said(goals []goal.Goal) ([]flow.Said, error) {
	var out []flow.Said
	for _, field := range sortedKeys(reportedBy(goals)) {
		for _, site := range a.store.Sites() {
			said, err := a.store.Said(site, field)
			if err != nil {
				return nil, err
			}
			out = append(out, said...)
		}
	}
	return out, nil
}
