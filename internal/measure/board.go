package measure

import (
	"cmp"
	"slices"
)

// Word is the state as people read it.
func (h Health) Word() string {
	switch h {
	case OnTrack:
		return "On track"
	case AtRisk:
		return "At risk"
	case OffTrack:
		return "Off track"
	case Stalled:
		return "Stalled"
	case Finished:
		return "Done"
	case NotStarted:
		return "Not started"
	}
	return "Unknown"
}

// Sign stands beside the word wherever colour does, for those who don't see
// the colour.
func (h Health) Sign() string {
	switch h {
	case OnTrack:
		return "✓"
	case AtRisk:
		return "▲"
	case OffTrack:
		return "✕"
	case Stalled:
		return "■"
	case Finished:
		return "●"
	case NotStarted:
		return "○"
	}
	return "?"
}

// Urgency orders the states by how soon somebody should look: the least first.
func (h Health) Urgency() int {
	order := []Health{Stalled, OffTrack, AtRisk, HealthUnknown, OnTrack, NotStarted, Finished}
	if k := slices.Index(order, h); k >= 0 {
		return k
	}
	return slices.Index(order, HealthUnknown)
}

// Placed is a goal at its place on the board.
type Placed struct {
	*GoalStatus
	Above *Placed // the parent; nil for none
	Depth int
	// Urgency is that of the worst goal here or below.
	Urgency int
	below   []*Placed
}

// Board orders the goals for people: those in trouble first, each followed by
// the goals below it. A goal comes as early as the worst one below it, so that
// no trouble hides under a parent that looks well.
func (s *Snapshot) Board() []*Placed {
	byID := map[string]*Placed{}
	all := make([]*Placed, len(s.Goals))
	for k := range s.Goals {
		all[k] = &Placed{GoalStatus: &s.Goals[k], Urgency: s.Goals[k].Health.Urgency()}
		byID[s.Goals[k].ID] = all[k]
	}
	var roots []*Placed
	for _, p := range all {
		p.Above = byID[p.Parent]
		if p.Above == nil || p.circular() {
			p.Above = nil
			roots = append(roots, p)
			continue
		}
		p.Above.below = append(p.Above.below, p)
	}
	for _, p := range all {
		for a := p.Above; a != nil; a = a.Above {
			a.Urgency = min(a.Urgency, p.Urgency)
		}
	}
	return inOrder(nil, roots, 0)
}

// circular reports whether the goal is above itself by the parents known so
// far. Goals are validated; a board must not hang all the same.
func (p *Placed) circular() bool {
	for a := p.Above; a != nil; a = a.Above {
		if a == p {
			return true
		}
	}
	return false
}

func inOrder(out, level []*Placed, depth int) []*Placed {
	slices.SortFunc(level, func(a, b *Placed) int {
		return cmp.Or(
			cmp.Compare(a.Urgency, b.Urgency),
			cmp.Compare(a.Health.Urgency(), b.Health.Urgency()),
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	for _, p := range level {
		p.Depth = depth
		out = append(out, p)
		out = inOrder(out, p.below, depth+1)
	}
	return out
}
