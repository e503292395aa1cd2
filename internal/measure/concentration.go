package measure

import (
	"cmp"
	"slices"
	"time"
)

// Why a figure that is derived from persons is withheld (MEASURES §9).
const (
	byMinGroup   = "min_group"     // it would be of fewer persons than privacy.min_group
	byComplement = "complementary" // from it and others, a figure that is withheld could be told
)

// crowd is how the work of a goal is spread over people: the leaves in
// progress, and those delivered lately (MEASURES §2.13). It never leaves this
// package; what is shown of it is Concentration.
type crowd struct {
	issues  int // the leaves that count
	unheld  int // those of them that nobody holds
	persons int // who hold any
	topTwo  int // leaves of the two who hold most
}

// contributes reports whether a leaf counts for concentration.
func (w *load) contributes(leaf int, at time.Time, s *Settings) bool {
	return w.now.of(leaf).doing() || w.deliveredLately(leaf, at, s)
}

// crowd counts whom the work is held by: one in progress by whom it is
// assigned to, a delivered one by whom it was when it was delivered.
func (l *ledger) crowd(at time.Time, w *load, s *Settings) crowd {
	c, held := l.holders(at, w, s)
	c.persons = len(held)
	most, second := 0, 0
	for _, n := range held { // in any order
		switch {
		case n > most:
			most, second = n, most
		case n > second:
			second = n
		}
	}
	c.topTwo = most + second
	return c
}

// holders counts the leaves that count by the number of whoever holds them; of
// the crowd it fills in what takes no more than that.
func (l *ledger) holders(at time.Time, w *load, s *Settings) (c crowd, held map[uint32]int) {
	holder := make([]uint32, l.leaves.len())
	ms := at.UnixMilli()
	for k := range l.holdings {
		if h := &l.holdings[k]; h.ms <= ms {
			holder[h.leaf] = h.who()
		}
	}
	held = map[uint32]int{}
	for leaf, who := range holder {
		if !w.contributes(leaf, at, s) {
			continue
		}
		c.issues++
		if who == 0 {
			c.unheld++
			continue
		}
		held[who]++
	}
	return c, held
}

// small reports whether the crowd is too small for anything to be told of it.
// One without a leaf holds nothing to tell.
func (c *crowd) small(s *Settings) bool {
	return c.issues > 0 && c.persons < s.leastGroup()
}

// leastGroup is how many persons a figure must be derived from to be shown.
func (s *Settings) leastGroup() int { return max(s.MinGroup, LeastGroup) }

// concentrate adds each goal's concentration, or why it is withheld.
func (h *History) concentrate(goals []GoalStatus, crowds []crowd) {
	withheld := make([]string, len(crowds))
	for k := range crowds {
		if crowds[k].small(&h.settings) {
			withheld[k] = byMinGroup
		}
	}
	for _, group := range h.siblings() {
		if k, ok := h.complement(group, func(k int) *crowd { return &crowds[k] }); ok {
			withheld[k] = byComplement
		}
	}
	for k := range goals {
		goals[k].setConcentration(&crowds[k], withheld[k], &h.settings)
	}
}

// concentrateOne is concentrate for one goal, whose crowd is given.
func (h *History) concentrateOne(k int, g *GoalStatus, own crowd, at time.Time) {
	withheld := ""
	if own.small(&h.settings) {
		withheld = byMinGroup
	} else if parent := h.ledgers[k].goal.Parent; parent != "" && own.issues > 0 {
		crowds := map[int]*crowd{k: &own}
		for _, o := range h.siblings()[parent] {
			if crowds[o] == nil {
				w := h.ledgers[o].load(at)
				c := h.ledgers[o].crowd(at, &w, &h.settings)
				crowds[o] = &c
			}
		}
		if o, ok := h.complement(h.siblings()[parent], func(k int) *crowd { return crowds[k] }); ok && o == k {
			withheld = byComplement
		}
	}
	g.setConcentration(&own, withheld, &h.settings)
}

// siblings are the goals below one goal, by the one above: together they make
// up its work, so that what is withheld of one could be told from the others
// and the whole.
func (h *History) siblings() map[string][]int {
	out := map[string][]int{}
	for k := range h.ledgers {
		if parent := h.ledgers[k].goal.Parent; parent != "" {
			out[parent] = append(out[parent], k)
		}
	}
	return out
}

// complement returns the goal that must be withheld beside the only one of the
// group that is too small: the next smallest (the remainder rule, MEASURES §9).
func (h *History) complement(group []int, of func(k int) *crowd) (int, bool) {
	var shown []int
	small := 0
	for _, k := range group {
		switch c := of(k); {
		case c.small(&h.settings):
			small++
		case c.issues > 0:
			shown = append(shown, k)
		}
	}
	if small != 1 || len(shown) == 0 {
		return 0, false
	}
	return slices.MinFunc(shown, func(a, b int) int {
		return cmp.Or(cmp.Compare(of(a).persons, of(b).persons), cmp.Compare(of(a).issues, of(b).issues),
			cmp.Compare(h.ledgers[a].goal.ID, h.ledgers[b].goal.ID))
	}), true
}

// setConcentration shows the share of the work that two people hold, or says
// that it is withheld, and withholds with it what else is counted of persons.
// A leaf that nobody holds is held by none of the two.
func (g *GoalStatus) setConcentration(c *crowd, withheld string, s *Settings) {
	if c.issues == 0 {
		g.miss("concentration", "no issue in scope is in progress, or was delivered in the last "+inDays(s.Thresholds.FlowWindow))
	} else if withheld == "" {
		g.Concentration = ratio(c.topTwo, c.issues)
		return
	}
	why := "withheld: fewer people than privacy.min_group hold its work"
	if withheld == byComplement {
		why = "withheld: one of the goals beside it is held by fewer people than privacy.min_group, and could be told from this one"
	}
	if c.issues > 0 {
		g.miss("concentration", why)
		g.Suppressed = append(g.Suppressed, Suppression{"concentration", withheld})
	}
	g.Ownership.withhold(g, why)
}
