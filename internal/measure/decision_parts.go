package measure

import (
	"cmp"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// A decision that is split goes on in its parts (MEASURES §6: splitting must
// not improve a headline). Each part is a row of the register with the clock
// of the whole, due when the whole was if that is earlier, and of the whole's
// goals while it is of none itself. How long it took is one observation: from
// when the whole was asked until the last part is decided.
//
// A part is what a link says to be split off, or cloned from, a decision that
// was waited for when the part was asked, or had been within
// Thresholds.DecisionContinues before. What is cloned later is a decision of
// its own, as is what is opened again later.

// seam is a link between a decision and a part of it.
type seam struct {
	whole, part *decision
	at          time.Time // since when it is known
}

// unite joins the parts to their wholes, in the order in which the links
// became known: of two families that a link joins, the one asked first is the
// whole from then on. So no circle of links goes round for ever, and what was
// known at a moment can be asked later.
func (d *decider) unite(of map[*inquiry][]*decision, byKey map[keyAt]*inquiry) {
	seams := d.seams(of, byKey)
	slices.SortStableFunc(seams, func(a, b seam) int {
		return cmp.Or(a.at.Compare(b.at), a.whole.order(b.whole), a.part.order(b.part))
	})
	for _, s := range seams {
		whole, part := s.whole.root(s.at), s.part.root(s.at)
		if whole == part {
			continue
		}
		if part.order(whole) < 0 {
			whole, part = part, whole
		}
		part.whole, part.joined = whole, s.at
		whole.parts = append(whole.parts, part)
	}
}

// seams lists the links between decisions that make one a part of the other.
func (d *decider) seams(of map[*inquiry][]*decision, byKey map[keyAt]*inquiry) []seam {
	type pair struct{ whole, part *inquiry }
	told := map[pair]time.Time{} // by a changelog; zero where only a present link tells
	note := func(whole, part *inquiry, at time.Time) {
		if whole == nil || part == nil || whole == part {
			return
		}
		p := pair{whole, part}
		if known, ok := told[p]; !ok || known.IsZero() || !at.IsZero() && at.Before(known) {
			told[p] = at
		}
	}
	for _, q := range d.inquiries {
		for _, l := range q.from {
			note(byKey[keyAt{q.site, l.key}], q, l.at)
		}
		for _, l := range q.into {
			note(q, byKey[keyAt{q.site, l.key}], l.at)
		}
	}
	var out []seam
	for p, at := range told { // which unite puts in order
		if len(of[p.part]) == 0 {
			continue
		}
		part := of[p.part][0]
		at = latest(at, latest(part.asked, p.part.born))
		for _, whole := range of[p.whole] {
			if whole.continuesIn(part, at, d.settings) {
				out = append(out, seam{whole, part, at})
				break
			}
		}
	}
	return out
}

// continuesIn reports whether the decision goes on in one that was split off
// it, as far as is known at the moment.
func (d *decision) continuesIn(part *decision, at time.Time, s *Settings) bool {
	st := d.at(part.asked)
	if !st.asked || !st.open() && part.asked.Sub(st.end) > s.Thresholds.DecisionContinues {
		return false
	}
	posed := func(d *decision) bool { return !d.posed.IsZero() && !d.posed.After(at) }
	return posed(d) && posed(part) || d.classAt(at) == part.classAt(at)
}

// root is the decision that this one was a part of at the moment: itself where
// it was whole.
func (d *decision) root(at time.Time) *decision {
	for d.whole != nil && !d.joined.After(at) {
		d = d.whole
	}
	return d
}

// askedAt is when the decision was asked, as was known at the moment: when the
// whole was that it is a part of.
func (d *decision) askedAt(at time.Time) time.Time { return d.root(at).asked }

// eachPart yields the decision and all of its parts that were known at the
// moment.
func (d *decision) eachPart(at time.Time, f func(*decision)) {
	f(d)
	for _, p := range d.parts {
		if !p.joined.After(at) {
			p.eachPart(at, f)
		}
	}
}

// altogether is how the decision stands with its parts: open while one of them
// is, else as the last ended.
func (d *decision) altogether(at time.Time) standing {
	all := standing{}
	d.eachPart(at, func(p *decision) {
		st := p.at(at)
		switch {
		case !st.asked:
		case !all.asked, !all.open() && (st.open() || st.end.After(all.end)):
			all = st
		}
	})
	return all
}

// openParts counts the other parts of the whole that are open at the moment.
func (d *decision) openParts(at time.Time) int {
	n := 0
	d.root(at).eachPart(at, func(p *decision) {
		if p != d && p.at(at).open() {
			n++
		}
	})
	return n
}

// entire is a decision with all of its parts that a goal has.
type entire struct {
	*decision            // the first of them
	in        flow.Spans // while any of them was the goal's
}

// entirely takes the parts of one decision together. each gives the decisions,
// the first asked first.
func entirely(each func(func(*decision, flow.Spans)), at time.Time) []entire {
	var out []entire
	known := map[*decision]int{}
	each(func(d *decision, in flow.Spans) {
		root := d.root(at)
		if root == d && len(d.parts) == 0 {
			out = append(out, entire{d, in})
			return
		}
		k, ok := known[root]
		if !ok {
			known[root] = len(out)
			out = append(out, entire{d, in})
			return
		}
		out[k].in = out[k].in.Union(in)
	})
	return out
}

// inherit gives a part the goals of its whole while its issue is in none.
func (e *decision) inherit(in map[int]flow.Spans) {
	if e.whole == nil {
		return
	}
	var own flow.Spans
	for _, spans := range in {
		own = own.Union(spans)
	}
	since := flow.Spans{{From: e.joined}}
	for k := range e.whole.goals {
		g := &e.whole.goals[k]
		if more := g.in.Intersect(since).Less(own); len(more) > 0 {
			in[g.ledger] = in[g.ledger].Union(more)
		}
	}
}

// earliest returns, from when the part is known to be one on, the earlier of
// its own due moment and its whole's.
func (e *decision) earliest(own, whole []dueFrom) []dueFrom {
	var from []time.Time
	for _, d := range own {
		from = append(from, d.from)
	}
	for _, d := range whole {
		from = append(from, latest(d.from, e.joined))
	}
	slices.SortFunc(from, time.Time.Compare)
	var out []dueFrom
	for _, at := range slices.CompactFunc(from, time.Time.Equal) {
		due := dueAt(own, at)
		if its := dueAt(whole, at); !at.Before(e.joined) && !its.IsZero() && (due.IsZero() || its.Before(due)) {
			due = its
		}
		out = append(out, dueFrom{at, due})
	}
	return out
}

// goesOnAfter reports whether, when a part was decided, the decision was not,
// or had been once before: as far as was known then.
func (d *decision) goesOnAfter(at time.Time) bool {
	goesOn := false
	d.root(at).eachPart(at, func(p *decision) {
		if p == d {
			return
		}
		st := p.at(at)
		goesOn = goesOn || st.open() || st.asked && st.end.Before(at)
	})
	return goesOn
}
