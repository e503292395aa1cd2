package measure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"plumbline/internal/flow"
)

// priorityInflation is T16 of MEASURES §10: where most of the open work is of
// the first priority, none of it is. It is off by default: nobody has validated
// it.
func priorityInflation() Trap {
	return Trap{
		Name: inflation, Title: "Almost everything comes first", Off: true,
		Thresholds: []TrapThreshold{
			{"top_share", 0.5, 0, "share of the open issues that are of one of the top two priorities"},
			{"least_issues", 10, 1, "open issues below which no share is claimed"},
		},
		detect: func(l *ledger, s *Settings, t trapLimits) (flow.Spans, string) {
			if len(s.Escalation) == 0 {
				return nil, "semantics.escalation names no priorities"
			}
			open := func(c class) bool { return c.in && c.out == flow.Open }
			return l.whileShare(open, slices.Clone(l.ranks), func(top, all int) bool {
				return all >= t.count("least_issues") && float64(top) >= t["top_share"]*float64(all)
			}).Less(l.shut), ""
		},
		sizeOf: "share of the open issues that are of the top two priorities",
		size: func(x sight) (float64, bool) {
			top, all := x.l.topRanked(x)
			if all == 0 {
				return 0, false
			}
			return float64(top) / float64(all), true
		},
		explain: (*explainer).priorityInflation,
	}
}

const inflation = "priority_inflation"

// topPriority reports whether a priority is one of the top two, as far as that
// can be told: Jira's issues don't say in which order priorities come. They are
// those that the company calls an escalation and, where that is the first one of
// a scheme that Jira comes with, the second one of it.
func (s *Settings) topPriority(name string) bool {
	return oneOf(s.Escalation, name) ||
		strings.EqualFold(name, "High") && oneOf(s.Escalation, "Highest") ||
		strings.EqualFold(name, "Critical") && oneOf(s.Escalation, "Blocker")
}

// ranks returns when the issue came to be of a top priority, and ceased to be;
// nothing where nobody looks for that.
func (b *builder) ranks(t *flow.Timeline) []flagging {
	if !b.settings.switchedOn(inflation) {
		return nil
	}
	var out []flagging
	was := false
	for span, st := range t.SpansOf(1 << flow.FieldPriority) {
		if is := b.settings.topPriority(st.Priority.Name); is != was {
			out, was = append(out, flagging{ms: millis(span.From), is: is}), is
		}
	}
	return out
}

func (l *ledger) noteRanks(leaf int, ranks []flagging) {
	for _, r := range ranks {
		r.leaf = int32(leaf)
		l.ranks = append(l.ranks, r)
	}
}

// topRanked counts the open leaves, and those of them that are of a top
// priority.
func (l *ledger) topRanked(x sight) (top, all int) {
	is := l.ranksAt(x.at.UnixMilli())
	for leaf, e := range l.now(x.at).all() {
		if e.open() {
			if all++; is[leaf] {
				top++
			}
		}
	}
	return top, all
}

// ranksAt tells which leaves are of a top priority at the moment.
func (l *ledger) ranksAt(ms int64) []bool {
	is := make([]bool, l.leaves.len())
	for _, r := range l.ranks {
		if r.ms <= ms {
			is[r.leaf] = r.is
		}
	}
	return is
}

func (x *explainer) priorityInflation(t trapLimits) ExplainedMeasure {
	m := ExplainedMeasure{Formula: fmt.Sprintf("at least %d issues are open, and at least %s of them are of a priority of semantics.escalation, or, beside Jira's own "+
		"Highest and Blocker, of the next one, High and Critical; nobody has validated this detector", t.count("least_issues"), share100(t["top_share"]))}
	top, all := x.l.topRanked(x.h.sight(x.k, t, x.at))
	m.Inputs = []ExplainedInput{{"open issues", strconv.Itoa(all)}, {"of a top priority", strconv.Itoa(top)}, {"share", percent(ratio(top, all))}}
	is := x.l.ranksAt(x.at.UnixMilli())
	for leaf, e := range x.now.all() {
		switch {
		case !e.open():
		case is[leaf]:
			m.Counted = append(m.Counted, x.evidence(leaf, e.at(), "open, of a top priority"))
		default:
			m.LeftOut = append(m.LeftOut, x.evidence(leaf, e.at(), "open, of another priority"))
		}
	}
	return m
}
