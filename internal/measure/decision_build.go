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

// heldLeaf is when a leaf in scope waited, open, for a decision: its own, or
// one that it is blocked by.
type heldLeaf struct {
	leaf int
	in   flow.Spans
}

// decider finds the decisions of all issues and of the goals files.
type decider struct {
	settings  *Settings
	asker     *asker
	leaves    map[issueAt][]place
	others    map[issueAt][]ownGoal
	declared  map[string][]declaration // by the issue that they name
	inquiries []*inquiry
}

// decisions is the company's decisions over time.
type decisions struct {
	all     []decision // by when they were asked
	classes []string
	sites   []string
}

func newDecider(members []goal.Members, b *builder) *decider {
	d := &decider{
		settings: &b.settings, asker: newAsker(&b.settings), leaves: b.leaves,
		others: map[issueAt][]ownGoal{}, declared: declarations(b.ledgers),
	}
	for g := range members {
		for k := range members[g].Others {
			o := &members[g].Others[k]
			at := issueAt{o.Site, o.ID}
			d.others[at] = append(d.others[at], ownGoal{ledger: g, in: o.In})
		}
	}
	return d
}

// add takes an issue in.
func (d *decider) add(t *flow.Timeline) {
	q := newInquiry(t, d.asker, func(key string) bool { return len(d.declared[key]) > 0 })
	if q == nil {
		return
	}
	if len(d.leaves[q.issueAt]) == 0 { // that it is blocked matters to no goal
		if q.held = nil; len(q.asks) == 0 && !slices.ContainsFunc(q.keys, func(key string) bool { return len(d.declared[key]) > 0 }) {
			return
		}
	}
	d.inquiries = append(d.inquiries, q)
}

// finish makes the decisions, and writes them into the ledgers of the goals
// that they belong to.
func (d *decider) finish(b *builder, sites []string) decisions {
	slices.SortFunc(d.inquiries, func(x, y *inquiry) int { return x.compare(y.issueAt) })
	byKey := d.byKey()
	claimed := d.join(byKey)
	blocks := d.block(b, byKey)
	out := decisions{classes: d.classes(), sites: sites}
	for _, q := range d.inquiries {
		for _, e := range q.episodes(claimed[q], d.settings) {
			e.goals = d.goalsOf(q, &e, blocks[q], b)
			if e.posed {
				for _, h := range blocks[q] {
					e.holds = append(e.holds, h.in)
				}
			}
			out.all = append(out.all, e)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(d.declared)) { // those whose issue is not held
		for _, said := range d.declared[key] {
			e := alone(said, d.settings)
			e.goals = d.goalsOf(nil, &e, nil, b)
			out.all = append(out.all, e)
		}
	}
	slices.SortStableFunc(out.all, func(x, y decision) int {
		return cmp.Or(x.asked.Compare(y.asked), x.compare(y.issueAt), cmp.Compare(x.key, y.key), cmp.Compare(x.id(), y.id()))
	})
	d.enter(b, out.all)
	return out
}

func (a issueAt) compare(o issueAt) int {
	return cmp.Or(cmp.Compare(a.site, o.site), cmp.Compare(a.id, o.id))
}

func (d *decider) classes() []string {
	var names []string
	for _, c := range d.asker.classes {
		names = append(names, c.Name)
	}
	return names
}

// byKey finds the issues that ask something by any key that they have had, a
// present key before a former one.
func (d *decider) byKey() map[keyAt]*inquiry {
	out := map[keyAt]*inquiry{}
	put := func(key string, q *inquiry) {
		if _, taken := out[keyAt{q.site, key}]; !taken {
			out[keyAt{q.site, key}] = q
		}
	}
	for _, q := range d.inquiries {
		put(q.key, q)
	}
	for _, q := range d.inquiries {
		for _, key := range q.keys {
			put(key, q)
		}
	}
	return out
}

// join tells the issues what the goals files say of them, and leaves in
// d.declared what is said of none. Of two sites with an issue of the key, the
// first by name is meant.
func (d *decider) join(byKey map[keyAt]*inquiry) map[*inquiry][]declaration {
	claimed := map[*inquiry][]declaration{}
	var sites []string
	for at := range byKey {
		if !slices.Contains(sites, at.site) {
			sites = append(sites, at.site)
		}
	}
	slices.Sort(sites)
	for _, key := range slices.Sorted(maps.Keys(d.declared)) {
		for _, site := range sites {
			if q := byKey[keyAt{site, key}]; q != nil && key != "" {
				claimed[q] = append(claimed[q], d.declared[key]...)
				delete(d.declared, key)
				break
			}
		}
	}
	for q, ds := range claimed {
		q.declare(ds, d.asker.classes, d.settings.Calendar.Location())
	}
	return claimed
}

// blocked is a leaf that waited, open and in scope, for another issue.
type blocked struct {
	place
	in flow.Spans
}

// block finds which leaves waited for which questions, and notes in the
// ledgers when each of their leaves was held up.
func (d *decider) block(b *builder, byKey map[keyAt]*inquiry) map[*inquiry][]blocked {
	out := map[*inquiry][]blocked{}
	for _, q := range d.inquiries {
		own := make([]flow.Span, 0, len(q.asks))
		for k := range q.asks {
			own = append(own, q.asks[k].Span)
		}
		waited := flow.UnionOf(own).Intersect(q.open)
		for _, key := range slices.Sorted(maps.Keys(q.held)) {
			other := byKey[keyAt{q.site, key}]
			if other == nil || other == q || len(other.posed) == 0 {
				continue
			}
			while := q.held[key].Intersect(q.open)
			for _, p := range d.leaves[q.issueAt] {
				if in := b.ledgers[p.ledger].leaves[p.index].In.Intersect(while); len(in) > 0 {
					out[other] = append(out[other], blocked{p, in})
				}
			}
			waited = waited.Union(while.Intersect(other.posed))
		}
		for _, p := range d.leaves[q.issueAt] {
			l := &b.ledgers[p.ledger]
			if in := l.leaves[p.index].In.Intersect(waited); len(in) > 0 {
				l.held = append(l.held, heldLeaf{p.index, in})
			}
		}
	}
	return out
}

// goalsOf are the goals that a decision belongs to, in the order of the
// ledgers, each with when, and by when it should be made there.
func (d *decider) goalsOf(q *inquiry, e *decision, blocks []blocked, b *builder) []ownGoal {
	in := map[int]flow.Spans{}
	if q != nil {
		for _, p := range d.leaves[q.issueAt] {
			in[p.ledger] = in[p.ledger].Union(b.ledgers[p.ledger].leaves[p.index].In)
		}
		for _, o := range d.others[q.issueAt] {
			in[o.ledger] = in[o.ledger].Union(o.in)
		}
	}
	if e.posed {
		for _, h := range blocks {
			in[h.ledger] = in[h.ledger].Union(h.in)
		}
	}
	for _, said := range e.declared {
		for _, g := range b.chains[said.ledger] {
			in[g] = flow.Always()
		}
	}
	var out []ownGoal
	for _, g := range slices.Sorted(maps.Keys(in)) {
		out = append(out, ownGoal{ledger: g, in: in[g]})
	}
	e.usual = e.dueBy(func(func(*goal.Goal) bool) {}, d.settings)
	for k := range out {
		out[k].due = e.dueBy(b.goalsUp(out[k].ledger), d.settings)
	}
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

// dueBy is by when the decision should be made in the first of the goals: by
// the day that its goals file names, or by the time that the goal, the nearest
// above it or the service allows for its class. Zero where nobody says.
func (e *decision) dueBy(goals iter.Seq[*goal.Goal], s *Settings) time.Time {
	var due time.Time
	for k := range e.declared {
		by := e.declared[k].DecideBy
		if by.IsZero() {
			continue
		}
		at := by.End(s.Calendar.Location())
		if due.IsZero() || at.Before(due) {
			due = at
		}
	}
	if !due.IsZero() {
		return due
	}
	class := OtherDecisions
	if e.class < len(s.Decisions.Classes) {
		class = s.Decisions.Classes[e.class].Name
	}
	for g := range goals {
		if d, ok := within(g.DecideIn, class); ok {
			return e.asked.Add(d)
		}
	}
	if d, ok := within(s.Decisions.Within, class); ok {
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
		if !g.due.IsZero() {
			late = late.Union(own.Intersect(e.waits).Intersect(flow.Spans{{From: g.due}}))
		}
		g.overdue = late
	}
}

// enter writes the decisions into their goals' ledgers: each, when one was
// overdue, and as progress that one was made.
func (d *decider) enter(b *builder, all []decision) {
	late := make([][]flow.Span, len(b.ledgers))
	for k := range all {
		e := &all[k]
		for n := range e.goals {
			g := &e.goals[n]
			l := &b.ledgers[g.ledger]
			l.decisions = append(l.decisions, ownDecision{e, g})
			late[g.ledger] = append(late[g.ledger], g.overdue...)
			b.recordDecision(e, g)
		}
	}
	for g := range late {
		b.ledgers[g].overdue = flow.UnionOf(late[g])
	}
}

// id is the decision's id in the first goals file that declares it.
func (d *decision) id() string {
	if len(d.declared) == 0 {
		return ""
	}
	return d.declared[0].ID
}
