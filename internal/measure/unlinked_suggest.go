package measure

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/goal"
)

const (
	// maxSuggestions bounds the goals suggested for a group, leastHint is how
	// sure a hint must be to be worth a line: one issue in ten that has what
	// only one goal's work has.
	maxSuggestions = 3
	leastHint      = 0.1
	// siblingHint is the weight of a goal that maps another epic below the
	// same parent: half as sure as if all issues were linked to the goal's.
	siblingHint = 0.5
	// longestLine bounds the entries of a list that are written again.
	longestLine = 20
)

// suggester knows what the goals' work is like at a moment.
type suggester struct {
	h    *History
	at   time.Time
	open []bool // by goal: it has work of its own, and is not done
	// below are the goals' mapped epics by what is above them.
	below map[epicRef][]mapped
}

type mapped struct {
	goal int
	key  string
}

func newSuggester(h *History, at time.Time) *suggester {
	s := &suggester{h: h, at: at, open: make([]bool, len(h.ledgers)), below: map[epicRef][]mapped{}}
	for g := range h.ledgers {
		l := &h.ledgers[g]
		t := l.tally(at)
		s.open[g] = !l.goal.Work.IsZero() && !l.finished(at, &t, &h.settings)
		for k := range l.epics {
			if e := &l.epics[k]; s.open[g] && slices.Contains(l.goal.Work.Epics, e.Key) {
				if above, ok := h.work.epics.above(issueAt{e.Site, e.ID}, at); ok {
					s.below[above] = append(s.below[above], mapped{g, e.Key})
				}
			}
		}
	}
	return s
}

// hint is what speaks for a goal.
type hint struct {
	goal    int
	weight  float64
	why     string
	feature *feature
}

// suggest returns the goals that the n issues of the group may belong to.
func (s *suggester) suggest(g *groupWork, n int) []Suggestion {
	byGoal := map[int][]hint{}
	total := map[int]float64{}
	for _, h := range slices.Concat(s.shared(g, n), s.linked(g, n), s.siblings(g)) {
		byGoal[h.goal] = append(byGoal[h.goal], h)
		total[h.goal] += h.weight
	}
	var goals []int
	for goal, weight := range total {
		if weight >= leastHint {
			goals = append(goals, goal)
		}
	}
	slices.SortFunc(goals, func(a, b int) int { return cmp.Or(cmp.Compare(total[b], total[a]), cmp.Compare(a, b)) })
	var out []Suggestion
	for _, k := range goals[:min(len(goals), maxSuggestions)] {
		hints := byGoal[k]
		slices.SortStableFunc(hints, func(a, b hint) int { return cmp.Compare(b.weight, a.weight) })
		var why []string
		for _, h := range hints[:min(len(hints), 2)] {
			why = append(why, h.why)
		}
		declared := s.h.ledgers[k].goal
		out = append(out, Suggestion{Goal: declared.ID, Why: strings.Join(why, "; "), Paste: paste(&declared.Work, g, hints)})
	}
	return out
}

// shared are the labels and versions that the group's work has in common with
// goals' work. What many goals have weighs less in each.
func (s *suggester) shared(g *groupWork, n int) []hint {
	var out []hint
	for _, f := range g.features(s.at) {
		there, all := map[int]int{}, 0
		for goal, issues := range s.h.work.features[f.feature] {
			if m := issues.at(s.at); m > 0 && s.open[goal] {
				there[goal], all = m, all+m
			}
		}
		for goal, m := range there {
			out = append(out, hint{
				goal: goal, weight: float64(f.issues) / float64(n) * float64(m) / float64(all), feature: &f.feature,
				why: fmt.Sprintf("%d of %d have the %s %s, as %d of the goal's issues do", f.issues, n, f.kind, f.name, m),
			})
		}
	}
	return out
}

// featureCount is how many issues of a group have the feature.
type featureCount struct {
	feature
	issues int
}

// features are those of the group's issues at the moment, in order.
func (g *groupWork) features(at time.Time) []featureCount {
	n := map[feature]int{}
	for _, p := range g.parts {
		for f, issues := range p.features {
			n[f] += issues.at(at)
		}
	}
	var out []featureCount
	for f, issues := range n {
		if issues > 0 {
			out = append(out, featureCount{f, issues})
		}
	}
	slices.SortFunc(out, func(a, b featureCount) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name)) })
	return out
}

func (s *suggester) linked(g *groupWork, n int) []hint {
	linked := map[int]int{}
	for _, p := range g.parts {
		for goal, issues := range p.links {
			linked[goal] += issues.at(s.at)
		}
	}
	var out []hint
	for goal, m := range linked {
		if m > 0 && s.open[goal] {
			out = append(out, hint{goal: goal, weight: float64(m) / float64(n), why: fmt.Sprintf("%d of %d link to issues of the goal", m, n)})
		}
	}
	return out
}

// siblings are the goals that map epics below the same parent.
func (s *suggester) siblings(g *groupWork) []hint {
	above, ok := s.h.work.epics.above(g.epic.at, s.at)
	if !ok {
		return nil
	}
	var out []hint
	others := s.below[above]
	for k, m := range others {
		if k > 0 && others[k-1].goal == m.goal {
			continue // one sibling says enough
		}
		out = append(out, hint{
			goal: m.goal, weight: siblingHint / float64(len(others)),
			why: fmt.Sprintf("it is below %s, as %s is, which the goal maps", above.key, m.key),
		})
	}
	return out
}

// paste is the line of the goal's work with the group put in: by its epic, or
// by the label or version that speaks most for the goal.
func paste(w *goal.Work, g *groupWork, hints []hint) string {
	if g.epic.key != "" {
		return line("epics", g.epic.key, w.Epics)
	}
	for _, h := range hints {
		if h.feature == nil {
			continue
		}
		list, key := w.Labels, "labels"
		if h.feature.kind == ofVersion {
			list, key = w.FixVersions, "fix_versions"
		}
		written := make([]string, len(list))
		for k, p := range list {
			written[k] = inProject(p)
		}
		return line(key, inProject(goal.InProject{Project: g.project, Name: h.feature.name}), written)
	}
	return ""
}

func inProject(p goal.InProject) string {
	if p.Project == "" {
		return "{name: " + strconv.Quote(p.Name) + "}"
	}
	return "{project: " + p.Project + ", name: " + strconv.Quote(p.Name) + "}"
}

func line(key, entry string, before []string) string {
	if slices.Contains(before, entry) {
		return ""
	}
	if len(before) > longestLine {
		return "- " + entry + "  # one more of " + key
	}
	return key + ": [" + strings.Join(append(slices.Clone(before), entry), ", ") + "]"
}
