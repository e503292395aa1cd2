package app

import (
	"fmt"
	"slices"
	"strings"

	"plumbline/internal/config"
	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// of returns a finding about a goal, at the first of the paths that its
// declaration has.
func (l *lint) of(g *goal.Goal, what, mend string, paths ...string) Finding {
	return Finding{Goal: g.ID, What: what, Mend: mend, place: l.places[g.ID].At(paths...)}
}

func (l *lint) goalsWithoutWork(find finder) {
	for k := range l.goals {
		if g := &l.goals[k]; g.Work.IsZero() && !l.isParent[g.ID] {
			find(l.of(g, fmt.Sprintf("goal %s has no work, and no goal has it as parent", g.ID),
				"add work: {epics: [PAY-12]}, or fix_versions or labels"))
		}
	}
}

func (l *lint) goalsWithoutOwner(find finder) {
	for k := range l.goals {
		if g := &l.goals[k]; g.Owner == "" {
			find(l.of(g, fmt.Sprintf("goal %s has no owner", g.ID), "add owner: with the team that answers for it"))
		}
	}
}

func (l *lint) goalsWithoutTarget(find finder) {
	for k := range l.goals {
		if g := &l.goals[k]; len(g.Targets) == 0 && !l.isParent[g.ID] {
			find(l.of(g, fmt.Sprintf("goal %s has no target, and so can't be late", g.ID), "add target: with the promised day"))
		}
	}
}

func (l *lint) goalsWithoutOutcome(find finder) {
	for k := range l.goals {
		if g := &l.goals[k]; len(g.Targets) > 0 && len(g.Outcomes) == 0 {
			find(l.of(g, fmt.Sprintf("goal %s has a target and no outcome: its tickets can be closed without it being reached", g.ID),
				"add outcomes: with a query that tells whether the goal itself moves"))
		}
	}
}

func (l *lint) targetsBeforeStart(find finder) {
	for k := range l.goals {
		g := &l.goals[k]
		for i, t := range g.Targets {
			if !g.Start.IsZero() && t.Date.Before(g.Start) {
				find(l.of(g, fmt.Sprintf("the target of goal %s, %s, is before its start, %s", g.ID, t.Date, g.Start),
					"mend the target or the start", fmt.Sprintf("targets[%d].date", i), "target"))
			}
		}
	}
}

// above returns the goals above a goal, the nearest first.
func (l *lint) above(g *goal.Goal) []*goal.Goal {
	var out []*goal.Goal
	for up := l.byID[g.Parent]; up != nil && !slices.Contains(out, up); up = l.byID[up.Parent] {
		out = append(out, up)
	}
	return out
}

// claims returns the goals that map each epic, in the order of their ids.
func (l *lint) claims() (keys []string, by map[string][]*goal.Goal) {
	by = map[string][]*goal.Goal{}
	for k := range l.goals {
		for _, key := range l.goals[k].Work.Epics {
			if by[key] == nil {
				keys = append(keys, key)
			}
			by[key] = append(by[key], &l.goals[k])
		}
	}
	return keys, by
}

// epic returns the path of an epic in a goal's declaration.
func epic(g *goal.Goal, key string) string {
	return fmt.Sprintf("work.epics[%d]", slices.Index(g.Work.Epics, key))
}

func (l *lint) epicsInTwoGoals(find finder) {
	keys, by := l.claims()
	for _, key := range keys {
		for k, g := range by[key] {
			// A goal of the same line is for another rule to tell.
			stranger := slices.IndexFunc(by[key][:k], func(o *goal.Goal) bool {
				return !slices.Contains(l.above(g), o) && !slices.Contains(l.above(o), g)
			})
			if stranger < 0 {
				continue
			}
			other := by[key][stranger]
			f := l.of(g, fmt.Sprintf("goals %s and %s both map %s: its issues count in each", other.ID, g.ID, key),
				fmt.Sprintf("map it in one of them (the other is at %s), or accept it with lint.accept", l.places[other.ID].At(epic(other, key))), epic(g, key))
			f.About = key
			find(f)
		}
	}
}

func (l *lint) epicsInFamilies(find finder) {
	keys, by := l.claims()
	for _, key := range keys {
		for _, g := range by[key] {
			below := slices.IndexFunc(by[key], func(o *goal.Goal) bool { return slices.Contains(l.above(o), g) })
			if below < 0 {
				continue
			}
			child := by[key][below]
			f := l.of(g, fmt.Sprintf("goal %s maps %s, and so does goal %s below it: a parent is measured on the work below it anyway", g.ID, key, child.ID),
				"remove it here", epic(g, key))
			f.About = key
			find(f)
		}
	}
}

// misspeltOwners finds owners that look like a slip in writing another that is
// used more often.
func (l *lint) misspeltOwners(find finder) {
	uses := map[string]int{}
	for k := range l.goals {
		uses[l.goals[k].Owner]++
	}
	delete(uses, "")
	names := sortedKeys(uses)
	for k := range l.goals {
		g := &l.goals[k]
		best := ""
		for _, name := range names {
			if uses[name] > uses[g.Owner] && uses[name] > uses[best] && config.Slip(g.Owner, name) {
				best = name
			}
		}
		if best != "" {
			f := l.of(g, fmt.Sprintf("the owner of goal %s, %q, is unlike that of other goals", g.ID, g.Owner), fmt.Sprintf("did you mean %q?", best), "owner")
			f.About = g.Owner
			find(f)
		}
	}
}

// unsaidTargets finds promises that the store was shown and the history of the
// goal's target leaves out.
func (l *lint) unsaidTargets(find finder) {
	zone := l.config.Calendar.Location()
	for k := range l.goals {
		g := &l.goals[k]
		found := map[flow.Date]bool{}
		for _, seen := range l.facts.Targets[g.ID] {
			if found[seen.Date] || slices.ContainsFunc(g.Targets, func(t goal.Target) bool { return t.Date == seen.Date }) {
				continue
			}
			found[seen.Date] = true
			day := seen.Shown.In(zone).Format("2006-01-02")
			f := l.of(g, fmt.Sprintf("goal %s was promised for %s, which was seen on %s, and its targets do not say so", g.ID, seen.Date, day),
				fmt.Sprintf("add {date: %s, said: %s} to targets, before the promise in force", seen.Date, day), "targets", "target")
			f.About = seen.Date.String()
			find(f)
		}
	}
}

func (l *lint) selectorsOfNothing(find finder) {
	for k := range l.goals {
		g := &l.goals[k]
		for _, s := range selectorsOf(g) {
			fact := l.facts.Selectors[s.name()]
			if what, mend := fact.nothing(s); what != "" {
				f := l.of(g, fmt.Sprintf("goal %s: %s", g.ID, what), mend, s.path)
				f.About = s.about()
				find(f)
			}
		}
	}
}

func (l *lint) epicsClosedTooSoon(find finder) {
	for k := range l.goals {
		g := &l.goals[k]
		for _, s := range selectorsOf(g) {
			fact := l.facts.Selectors[s.name()]
			if fact.Closed == "" || fact.OpenIssues == 0 || s.kind != ofEpic {
				continue
			}
			what := fmt.Sprintf("goal %s: %s is closed (%s), and %d issues below it are open: %s", g.ID, s.value.Name, fact.Closed, fact.OpenIssues, strings.Join(fact.Open, ", "))
			if fact.OpenIssues == 1 {
				what = fmt.Sprintf("goal %s: %s is closed (%s), and an issue below it is open: %s", g.ID, s.value.Name, fact.Closed, fact.Open[0])
			}
			f := l.of(g, what, "close what is over, re-open the epic, or move its issues to where the work goes on", s.path)
			f.About = s.value.Name
			find(f)
		}
	}
}

func (l *lint) staleCheckIns(find finder) {
	zone := l.config.Calendar.Location()
	for k := range l.goals {
		g := &l.goals[k]
		progress, ok := l.facts.Progress[g.ID]
		if !ok || len(g.CheckIns) == 0 {
			continue
		}
		last := 0
		for i := range g.CheckIns {
			if g.CheckIns[last].Date.Before(g.CheckIns[i].Date) {
				last = i
			}
		}
		if said := g.CheckIns[last].Date; !progress.Before(said.End(zone)) {
			find(l.of(g, fmt.Sprintf("the last check-in of goal %s, %s, is older than its last progress, %s", g.ID, said, progress.In(zone).Format("2006-01-02")),
				"add a check-in that says where it stands now", fmt.Sprintf("check_ins[%d]", last)))
		}
	}
}

// delivering are the resolutions that Jira and its people usually give to work
// that was delivered.
func delivering() []string {
	return []string{
		"Done", "Fixed", "Resolved", "Complete", "Completed", "Delivered", "Implemented", "Released", "Closed", "Accepted",
		"Approved", "Deployed", "Finished", "Shipped", "Merged", "Verified",
	}
}

func (l *lint) unknownResolutions(find finder) {
	known := slices.Concat(delivering(), l.config.Semantics.DiscardedResolutions)
	for _, r := range l.facts.Resolutions {
		if slices.ContainsFunc(known, func(name string) bool { return strings.EqualFold(strings.TrimSpace(r.Name), name) }) {
			continue
		}
		find(Finding{
			About: r.Name,
			What:  fmt.Sprintf("issues with the resolution %q (%d of them) count as delivered", r.Name, r.Issues),
			Mend:  "add it to semantics.discarded_resolutions if it means closed without delivering; else accept it with lint.accept",
			place: l.config.Places.At("semantics.discarded_resolutions", "semantics"),
		})
	}
}
