package measure

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
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
			hands := x.h.classAt(x.at).hands()
			own := hands.of[x.k]
			switch {
			case own.issues < x.limits.count("least_issues"):
				return false, "" // whoever holds them
			case own.area < x.s.leastGroup():
				return false, withheldHands
			case float64(own.most) <= x.limits["share"]*float64(own.issues):
				return false, ""
			}
			like := others(x.h, x.k, hands.aged)
			return hands.aged[x.k] >= 0 && len(like) >= x.s.Thresholds.GrowthPeers && hands.aged[x.k] >= quantile(like, x.limits["class_percentile"]), ""
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
	issues int // that count for concentration
	most   int // those of them that one person holds
	area   int // people who hold any of the area's
}

// hands are the grips of all goals at a moment, and how old 85 % of what is in
// progress is at most; −1 where nothing is.
type hands struct {
	of   []grip
	aged []time.Duration
}

// hands looks at all goals. The area of a goal are the goals below the same one
// or, where it is below none, all goals of the same owner (MEASURES §10).
func (h *History) hands(at time.Time) *hands {
	out := &hands{of: make([]grip, len(h.ledgers)), aged: make([]time.Duration, len(h.ledgers))}
	held := make([]map[uint32]int, len(h.ledgers))
	eachOf(len(h.ledgers), func(k int) {
		l := &h.ledgers[k]
		w := load{now: l.now(at), ended: l.stintsAt(at)}
		c, by := l.holders(at, &w, &h.settings)
		out.of[k] = grip{issues: c.issues}
		for _, n := range by { // in any order
			out.of[k].most = max(out.of[k].most, n)
		}
		out.aged[k], held[k] = l.agedAt(at, w.now), by
	})
	below, owners := map[string]map[uint32]bool{}, map[string]map[uint32]bool{}
	for k := range h.ledgers {
		g := h.ledgers[k].goal
		gather(below, g.Parent, held[k])
		gather(owners, g.Owner, held[k])
	}
	for k := range h.ledgers {
		x := &out.of[k]
		switch g := h.ledgers[k].goal; {
		case g.Parent != "":
			x.area = len(below[g.Parent])
		case g.Owner != "":
			x.area = len(owners[g.Owner])
		default:
			x.area = len(held[k])
		}
	}
	return out
}

func gather(all map[string]map[uint32]bool, name string, held map[uint32]int) {
	if all[name] == nil {
		all[name] = map[uint32]bool{}
	}
	for who := range held {
		all[name][who] = true
	}
}

// agedAt is how old 85 % of the leaves in progress are at most; −1 of none.
func (l *ledger) agedAt(at time.Time, now []*entry) time.Duration {
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
	hands := x.h.classAt(at).hands()
	own, like := hands.of[x.k], others(x.h, x.k, hands.aged)
	one := own.issues >= t.count("least_issues") && float64(own.most) > t["share"]*float64(own.issues)
	m.Inputs = []ExplainedInput{
		{"issues in progress, or delivered lately", strconv.Itoa(own.issues)}, {"one person holds over " + share100(t["share"]) + " of them", yesNo(one)},
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
	if hands.aged[x.k] >= 0 {
		m.Inputs = append(m.Inputs, ExplainedInput{"85 % of its own are at most as old as", inDays(hands.aged[x.k])})
	}
	x.l.eachTimes(x.at, func(leaf int, times *times) {
		age, ok := times.age(x.at)
		if !ok || !x.now[leaf].doing() {
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
