package measure

import (
	"cmp"
	"slices"

	"plumbline/internal/flow"
)

// botStep is that a step of a leaf was made by bots alone: it changes what is
// so, and tells nothing of people.
type botStep struct {
	ms   int64
	leaf int32
}

func compareBotSteps(a, b botStep) int {
	return cmp.Or(cmp.Compare(a.ms, b.ms), cmp.Compare(a.leaf, b.leaf))
}

// noteBotSteps keeps which of the leaf's steps, the last entries of the ledger,
// were made by bots: at their moments bots changed the issue, and nobody else.
func (l *ledger) noteBotSteps(leaf int, t *flow.Timeline) {
	changes := t.Issue.Changes
	some := false
	for k := range changes {
		some = some || changes[k].Bot
	}
	if !some {
		return
	}
	for k := len(l.entries) - 1; k >= 0 && l.entries[k].leaf == int32(leaf); k-- {
		ms := l.entries[k].ms
		first, _ := slices.BinarySearchFunc(changes, ms, func(c flow.Change, ms int64) int { return cmp.Compare(c.At.UnixMilli(), ms) })
		bots := false
		for ; first < len(changes) && changes[first].At.UnixMilli() == ms; first++ {
			if bots = changes[first].Bot; !bots {
				break
			}
		}
		if bots {
			l.bots = append(l.bots, botStep{ms, int32(leaf)})
		}
	}
}

// byBots reports whether bots alone made the step.
func (l *ledger) byBots(e *entry) bool {
	_, is := slices.BinarySearchFunc(l.bots, botStep{e.ms, e.leaf}, compareBotSteps)
	return is
}
