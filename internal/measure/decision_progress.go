package measure

import (
	"slices"
	"time"
)

// recordDecision notes that a decision was made as a progress event of a goal
// that had it then (MEASURES §7); it is the last of the ledger's decisions. What is opened again within
// Thresholds.DecisionContinues is the same decision and makes no second event:
// closing and re-opening ends no stall twice. Nor does closing it in parts: one
// counts only where no other part is open, and none was closed for good before.
func (b *builder) recordDecision(d *decision, g *ownGoal) {
	first := d.waits[0]
	if first.To.IsZero() || !d.ends[0].made() || !g.in.Contains(first.To) {
		return
	}
	l := &b.ledgers[g.ledger]
	p := newProgress(first.To, noLeaf, uint32(len(l.decisions)-1), false)
	switch {
	case d.goesOnAfter(first.To):
		p.setDiscount(byPart)
	case first.To.Sub(first.From) < b.settings.Thresholds.Bounce:
		p.setDiscount(byBounce)
	case d.by.bot:
		p.setDiscount(byBot)
	}
	l.progress = append(l.progress, p)
	if p.discount() == counts && d.by.minute != (minute{}) {
		b.waiting = append(b.waiting, waiting{place{g.ledger, len(l.progress) - 1}, d.by.minute})
	}
}

// noLeaf is the leaf of a progress event that is not a leaf's.
const noLeaf = -1

// made tells the event for people.
func (d *decision) made(p *progress, s *Settings) string {
	what := d.label(p.at()) + " was made (" + d.ends[0].String() + ")"
	if p.discount() == byBounce {
		what += ": asked for less than " + inHours(s.Thresholds.Bounce) + " before"
	}
	return what + p.discount().reason()
}

// label is the decision for people, behind its issue's key.
func (d *decision) label(at time.Time) string {
	switch said := d.saidAt(at); {
	case said != nil:
		return "the decision " + said.ID
	case d.summary != "" && !d.born.After(at):
		return "“" + d.summary + "”"
	}
	return "a decision"
}

// chains returns for each goal the ledgers of the goal itself and of those
// above it, from the bottom up.
func chains(ledgers []ledger) [][]int {
	byID := make(map[string]int, len(ledgers))
	for k := range ledgers {
		byID[ledgers[k].goal.ID] = k
	}
	out := make([][]int, len(ledgers))
	for g := range ledgers {
		for k, ok := g, true; ok && !slices.Contains(out[g], k); { // which ends, were goals above themselves
			out[g] = append(out[g], k)
			k, ok = byID[ledgers[k].goal.Parent]
		}
	}
	return out
}

// isBelow reports whether a goal is below another.
func (b *builder) isBelow(g, above int) bool { return slices.Contains(b.chains[g][1:], above) }
