package measure

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// goalsOf are the goals that a decision belongs to, in the order of the
// ledgers, each with when, and by when it should be made there.
func (d *decider) goalsOf(q *inquiry, e *decision, blocks []blocked, b *builder) []ownGoal {
	in := map[int]flow.Spans{}
	if q != nil {
		for _, p := range q.leaves {
			in[p.ledger] = in[p.ledger].Union(b.ledgers[p.ledger].leaves.in(p.index))
		}
		for _, o := range q.others {
			in[o.ledger] = in[o.ledger].Union(o.in)
		}
	}
	if !e.posed.IsZero() {
		holds := map[issueAt]flow.Spans{}
		for _, h := range blocks {
			if while := h.in.Intersect(flow.Spans{{From: e.posed}}); len(while) > 0 {
				in[h.ledger] = in[h.ledger].Union(while)
				holds[h.issueAt] = holds[h.issueAt].Union(while)
			}
		}
		e.holds = slices.Collect(maps.Values(holds)) // counted, and so in any order
	}
	for _, said := range e.declared {
		for _, g := range b.chains[said.ledger] {
			in[g] = in[g].Union(flow.Spans{{From: said.said.From}})
		}
	}
	e.inherit(in)
	var out []ownGoal
	for _, g := range slices.Sorted(maps.Keys(in)) {
		out = append(out, ownGoal{ledger: g, in: in[g], due: e.dueIn(b.goalsUp(g), d.settings)})
	}
	e.usual = e.dueIn(func(func(*goal.Goal) bool) {}, d.settings)
	e.setOverdue(out, b)
	return out
}

// goalsUp yields a goal and those above it, from the bottom up.
func (b *builder) goalsUp(g int) iter.Seq[*goal.Goal] {
	return func(yield func(*goal.Goal) bool) {
		for _, k := range b.chains[g] {
			if !yield(b.ledgers[k].goal) {
				return
			}
		}
	}
}

// dueIn is by when the decision should be made in the first of the goals: by
// the day that its goals file names, or by the time that the goal, the nearest
// above it or the service allows for its class. It changes when the decision
// gets a class, or is declared. A part is due with its whole at the latest.
func (e *decision) dueIn(goals iter.Seq[*goal.Goal], s *Settings) []dueFrom {
	own := e.dueAlone(goals, s)
	if e.whole == nil {
		return own
	}
	return e.earliest(own, e.whole.dueIn(goals, s))
}

func (e *decision) dueAlone(goals iter.Seq[*goal.Goal], s *Settings) []dueFrom {
	var out []dueFrom
	for _, c := range e.classes {
		out = append(out, dueFrom{c.from, e.allowed(c.class, goals, s)})
	}
	k := slices.IndexFunc(e.declared, func(d declaration) bool { return !d.DecideBy.IsZero() })
	if k < 0 {
		return out
	}
	said := &e.declared[k]
	out = slices.DeleteFunc(out, func(d dueFrom) bool { return !d.from.Before(said.said.From) })
	return append(out, dueFrom{said.said.From, said.DecideBy.End(s.Calendar.Location())})
}

// allowed is by when a decision of the class should be made; zero where nobody
// says.
func (e *decision) allowed(class int, goals iter.Seq[*goal.Goal], s *Settings) time.Time {
	name := OtherDecisions
	if class < len(s.Decisions.Classes) {
		name = s.Decisions.Classes[class].Name
	}
	for g := range goals {
		if d, ok := within(g.DecideIn, name); ok {
			return e.asked.Add(d)
		}
	}
	if d, ok := within(s.Decisions.Within, name); ok {
		return e.asked.Add(d)
	}
	return time.Time{}
}

// setOverdue finds when the decision was overdue in each of its goals. A goal
// above others goes by theirs while one of them has it, so that disjoint goals
// add up.
func (e *decision) setOverdue(goals []ownGoal, b *builder) {
	order := make([]int, len(goals))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(x, y int) int { // the lowest first
		return cmp.Compare(len(b.chains[goals[y].ledger]), len(b.chains[goals[x].ledger]))
	})
	for n, k := range order {
		g := &goals[k]
		own := g.in
		var late flow.Spans
		for _, j := range order[:n] {
			if b.isBelow(goals[j].ledger, g.ledger) {
				own = own.Less(goals[j].in)
				late = late.Union(goals[j].overdue)
			}
		}
		g.overdue = late.Union(own.Intersect(e.waits).Intersect(past(g.due)))
	}
}

// past returns when a due moment was behind, as was known then.
func past(dues []dueFrom) flow.Spans {
	var out []flow.Span
	for k, d := range dues {
		if d.due.IsZero() {
			continue
		}
		span := flow.Span{From: latest(d.from, d.due)}
		if k+1 < len(dues) {
			span.To = dues[k+1].from
		}
		if span.To.IsZero() || span.From.Before(span.To) {
			out = append(out, span)
		}
	}
	return flow.UnionOf(out)
}
