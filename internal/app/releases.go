package app

import (
	"fmt"
	"slices"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// releases returns the release dates that the goals' versions were seen with,
// and since when. A date that was taken away is the zero date.
func (a *App) releases(goals []goal.Goal) (map[measure.ReleaseOf][]goal.Target, error) {
	out := map[measure.ReleaseOf][]goal.Target{}
	for _, site := range a.store.Sites() {
		histories, err := a.store.VersionHistory(site)
		if err != nil {
			return nil, fmt.Errorf("reading the release dates of %s: %w", site, err)
		}
		for id, history := range histories {
			if len(history) == 0 || !mapped(goals, &history[len(history)-1].Version) {
				continue
			}
			of := measure.ReleaseOf{Site: site, Version: id}
			for k := range history {
				if k == 0 || history[k].Release != history[k-1].Release {
					out[of] = append(out[of], goal.Target{Date: history[k].Release, Said: a.dayOf(&history[k])})
				}
			}
		}
	}
	return out, nil
}

// dayOf is the day on which a version was seen; none where that was not kept.
func (a *App) dayOf(v *flow.VersionSeen) flow.Date {
	if v.Seen.IsZero() {
		return flow.Date{}
	}
	return flow.DateOf(v.Seen.In(a.Zone()))
}

// mapped reports whether a goal maps the version.
func mapped(goals []goal.Goal, v *flow.Version) bool {
	return slices.ContainsFunc(goals, func(g goal.Goal) bool {
		return slices.ContainsFunc(g.Work.FixVersions, func(w goal.InProject) bool {
			return w.Name == v.Name && (w.Project == "" || w.Project == v.Project)
		})
	})
}
