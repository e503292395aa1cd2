package measure

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
)

// keyPerson is T8 of MEASURES §10: most of the work hangs on one person, and
// what is in progress grows older than elsewhere. Who that is, and how much
// anybody holds, is not told; nor is anything where the area of the goal has
// fewer people than a figure must be derived from (§9).
func keyPerson() Trap {
	return Trap{
		Name: bottleneck, Title: "It hangs on one pair of hands, and waits",
		Thresholds: []TrapThreshold{
			{"share", 0.5, 0, "share of the issues in progress, and of those delivered in the last 90 days, above which one person holds too much"},
			{"least_issues", 5, 1, "such issues below which no share is claimed"},
			{"class_percentile", 0.85, 0, "share of the goals like it whose issues in progress are younger, or as old, from which on they are old"},
		},
		weekly: func(x sight) (bool, string) {
			own := x.l.gripAt(x.at, x.s)
			switch {
			case own.issues < x.limits.count("least_issues"):
				return false, "" // whoever holds them
			case x.h.classAt(x.at).areas()[x.k] < x.s.leastGroup():
				return false, withheldHands
			case !own.tight(x.limits):
				return false, ""
			}
			aged := x.h.classAt(x.at).aged()
			like := others(x.h, x.k, aged)
			return aged[x.k] >= 0 && len(like) >= x.s.Thresholds.GrowthPeers && aged[x.k] >= quantile(like, x.limits["class_percentile"]), ""
		},
		private: true,
		sizeOf:  "days that 85 % of the issues in progress are old at most",
		size: func(x sight) (float64, bool) {
			aged := x.l.agedAt(x.at, x.l.now(x.at))
			return aged.Hours() / 24, aged >= 0
		},
		explain: (*explainer).keyPerson,
	}
}

const (
	bottleneck    = "key_person_bottleneck"
	withheldHands = "withheld: fewer people than privacy.min_group hold the work of its area"
)

// grip is how the work of a goal hangs on people. It never leaves this package.
type grip struct {
	issues int      // that count for concentration
	most   int      // those of them that one person holds
	who    []uint32 // who hold any, by number
	// aged is how old 85 % of the leaves in progress are at most; −1 of none.
	aged time.Duration
}

// tight reports whether one person holds too much.
func (g *grip) tight(t trapLimits) bool {
	return g.issues >= t.count("least_issues") && float64(g.most) > t["share"]*float64(g.issues)
}

// grips are a goal's at the moments at which they were asked for. A history that
// goes on from another one keeps those of the goals that stay as they are.
type grips struct {
	mu  sync.Mutex
	all map[int64]grip
}

// mostGrips bounds what is remembered of a goal: two weeks are asked for now, and
// any when the past is filled in.
const mostGrips = 16

// gripAt returns the goal's grip at the moment, and finds it where nobody has
// asked before.
func (l *ledger) gripAt(at time.Time, s *Settings) grip {
	l.grips.mu.Lock()
	defer l.grips.mu.Unlock()
	g, known := l.grips.all[at.Unix()]
	if !known {
		g = l.grip(at, s)
		makeRoom(l.grips.all, mostGrips)
		l.grips.all[at.Unix()] = g
	}
	return g
}

func (l *ledger) grip(at time.Time, s *Settings) grip {
	w := load{now: l.now(at), ended: l.stintsAt(at)}
	c, held := l.holders(at, &w, s)
	g := grip{issues: c.issues, who: slices.Sorted(maps.Keys(held)), aged: l.agedAt(at, w.now)}
	for _, n := range held { // in any order
		g.most = max(g.most, n)
	}
	return g
}

// areas returns, by ledger, how many people hold work of the goal's area: the
// goals below the same one or, where it is below none, all goals of the same
// owner (MEASURES §10).
func (h *History) areas(at time.Time) []int {
	all := make([]grip, len(h.ledgers))
	eachOf(len(h.ledgers), func(k int) { all[k] = h.ledgers[k].gripAt(at, &h.settings) })
	below, owners := map[string]map[uint32]bool{}, map[string]map[uint32]bool{}
	for k := range h.ledgers {
		g := h.ledgers[k].goal
		gather(below, g.Parent, all[k].who)
		gather(owners, g.Owner, all[k].who)
	}
	out := make([]int, len(h.ledgers))
	for k := range h.ledgers {
		switch g := h.ledgers[k].goal; {
		case g.Parent != "":
			out[k] = len(below[g.Parent])
		case g.Owner != "":
			out[k] = len(owners[g.Owner])
		default:
			out[k] = len(all[k].who)
		}
	}
	return out
}

func gather(all map[string]map[uint32]bool, name string, who []uint32) {
	if all[name] == nil {
		all[name] = map[uint32]bool{}
	}
	for _, n := range who {
		all[name][n] = true
	}
}

// aged returns, by ledger, how old 85 % of the leaves in progress are at most.
func (h *History) aged(at time.Time) []time.Duration {
	out := make([]time.Duration, len(h.ledgers))
	for k := range h.ledgers {
		out[k] = h.ledgers[k].gripAt(at, &h.settings).aged
	}
	return out
}

// agedAt is how old 85 % of the leaves in progress are at most; −1 of none.
func (l *ledger) agedAt(at time.Time, now latestRows[entry]) time.Duration {
	_, doing := l.flowTimes(at, now)
	if len(doing) == 0 {
		return -1
	}
	ages := make([]time.Duration, len(doing))
	for k, since := range doing {
		ages[k] = at.Sub(instantOf(since))
	}
	slices.Sort(ages)
	return quantile(ages, 0.85)
}

func (x *explainer) keyPerson(t trapLimits) ExplainedMeasure {
	m := ExplainedMeasure{Formula: fmt.Sprintf("at the beginning of the week, one person holds over %s of at least %d issues in progress or delivered in the last %s, and the age that 85 %% "+
		"of those in progress have at most is at or above the %s quantile of that of the goals like it, of which there are at least %d; only where at least %d people hold "+
		"the work of its area (below the same goal, else of the same owner). Who holds what is never told",
		share100(t["share"]), t.count("least_issues"), inDays(x.s.Thresholds.FlowWindow), share100(t["class_percentile"]), x.s.Thresholds.GrowthPeers, x.s.leastGroup())}
	at := x.monday()
	own, like := x.l.gripAt(at, x.s), others(x.h, x.k, x.h.classAt(at).aged())
	m.Inputs = []ExplainedInput{
		{"issues in progress, or delivered lately", strconv.Itoa(own.issues)}, {"one person holds over " + share100(t["share"]) + " of them", yesNo(own.tight(t))},
		{"goals like it with work in progress", strconv.Itoa(len(like))},
	}
	if x.status.Concentration != nil {
		m.Inputs = append(m.Inputs, ExplainedInput{"effective contributors", fmt.Sprintf("%.1f", x.l.effective(x.at, &x.load, x.s))})
	}
	limit := time.Duration(-1)
	if len(like) > 0 {
		limit = quantile(like, t["class_percentile"])
		m.Inputs = append(m.Inputs, ExplainedInput{"85 % of their issues in progress are at most as old as, at the " + share100(t["class_percentile"]) + " quantile", inDays(limit)})
	}
	if own.aged >= 0 {
		m.Inputs = append(m.Inputs, ExplainedInput{"85 % of its own are at most as old as", inDays(own.aged)})
	}
	x.l.eachTimes(x.at, func(leaf int, times *times) {
		age, ok := times.age(x.at)
		if !ok || !x.now.of(leaf).doing() {
			return
		}
		row := x.evidence(leaf, instantOf(times.begun), "in progress for "+inDays(age))
		if limit >= 0 && age >= limit {
			m.Counted = append(m.Counted, row)
		} else {
			m.LeftOut = append(m.LeftOut, row)
		}
	})
	return m
}

// effective is how many people would hold as much, were it spread evenly: one
// over the sum of the squares of their shares (MEASURES §2.13).
func (l *ledger) effective(at time.Time, w *load, s *Settings) float64 {
	_, held := l.holders(at, w, s)
	all, squares := 0, 0
	for _, n := range slices.Sorted(maps.Values(held)) {
		all, squares = all+n, squares+n*n
	}
	if squares == 0 {
		return 0
	}
	return float64(all) * float64(all) / float64(squares)
}
