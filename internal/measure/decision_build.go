package measure

import (
	"cmp"
	"maps"
	"slices"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// heldLeaf is when a leaf in scope waited, open, for a decision: its own, or
// one that it is blocked by.
type heldLeaf struct {
	leaf int32
	in   flow.Spans
}

// decider finds the decisions of all issues and of the goals files.
type decider struct {
	settings  *Settings
	asker     *asker
	isLeaf    func(issueAt) bool
	belongs   func(issueAt) belonging
	declared  map[string][]declaration // by the issue that they name
	inquiries []*inquiry
}

// decisions is the company's decisions over time.
type decisions struct {
	all     []*decision // by when they were asked
	classes []string
	sites   []string
}

// belonging is where an issue belongs: as a leaf, and without counting.
type belonging struct {
	leaves []place
	others []ownGoal
}

func newDecider(b *builder) *decider {
	return &decider{
		settings: &b.settings, asker: newAsker(&b.settings), declared: declarations(b.ledgers, b.settings.Calendar.Location()),
		isLeaf: func(at issueAt) bool { return len(b.leaves.at(at)) > 0 },
	}
}

// belongings looks up where issues belong.
func belongings(index *goal.Index, ledgers []ledger) func(issueAt) belonging {
	return func(at issueAt) (out belonging) {
		for _, b := range index.Of(at.site, at.id) {
			if k, ok := ledgers[b.Goal].leaves.find(at); ok {
				out.leaves = append(out.leaves, place{b.Goal, k})
			}
			if len(b.Other.In) > 0 {
				out.others = append(out.others, ownGoal{ledger: b.Goal, in: b.Other.In})
			}
		}
		return out
	}
}

// learn tells the names that statuses have at present: a changelog keeps those
// of its day.
func (d *decider) learn(catalogs map[string]*flow.Catalog) {
	for _, c := range catalogs {
		if c == nil {
			continue
		}
		for id, s := range c.Statuses {
			if d.asker.statusSet(s.Name) != 0 {
				d.asker.statusIDs[id] = true
			}
		}
	}
}

// add takes an issue in.
func (d *decider) add(t *flow.Timeline) {
	if !d.asker.mayAsk(t.Issue) && !d.isDeclared(t.Issue) {
		return
	}
	q := newInquiry(t, d.asker, func(key string) bool { return len(d.declared[key]) > 0 })
	if q == nil {
		return
	}
	if !d.isLeaf(q.issueAt) { // that it is blocked matters to no goal
		if q.held = nil; len(q.asks) == 0 && !slices.ContainsFunc(q.keys, func(key string) bool { return len(d.declared[key]) > 0 }) {
			return
		}
	}
	d.inquiries = append(d.inquiries, q)
}

// isDeclared reports whether a goals file names the issue by any key that it
// may have had.
func (d *decider) isDeclared(i *flow.Issue) bool {
	if len(d.declared) == 0 {
		return false
	}
	return len(d.declared[i.Now.Key]) > 0 || slices.ContainsFunc(i.Changes, func(c flow.Change) bool {
		return c.Field == flow.FieldKey && (len(d.declared[c.From.Name]) > 0 || len(d.declared[c.To.Name]) > 0)
	})
}

// finish makes the decisions, and writes them into the ledgers of the goals
// that they belong to.
func (d *decider) finish(b *builder, sites []string) decisions {
	d = d.settled()
	byKey := d.byKey()
	claimed := d.join(byKey)
	blocks := d.block(b, byKey)
	out := decisions{classes: d.classes(), sites: sites}
	of := map[*inquiry][]*decision{}
	asked := map[*decision]*inquiry{}
	add := func(e decision, q *inquiry) {
		out.all = append(out.all, &e)
		if q != nil {
			of[q] = append(of[q], &e)
			asked[&e] = q
		}
	}
	for _, q := range d.inquiries {
		for _, e := range q.episodes(claimed[q], d.settings) {
			add(e, q)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(d.declared)) { // those whose issue is not held
		for _, said := range d.declared[key] {
			add(alone(said, d.settings), nil)
		}
	}
	slices.SortStableFunc(out.all, (*decision).order)
	d.unite(of, byKey)
	for _, e := range out.all { // a whole before its parts
		q := asked[e]
		e.goals = d.goalsOf(q, e, blocks[q], b)
	}
	d.enter(b, out.all)
	return out
}

// order is the order of the register: by when they were asked.
func (d *decision) order(o *decision) int {
	return cmp.Or(d.asked.Compare(o.asked), d.compare(o.issueAt), cmp.Compare(d.key, o.key), cmp.Compare(d.id(), o.id()))
}

// settled returns a copy of the decider with the inquiries in order, each with
// where it belongs. What the goals files say is put into the copy alone, so that
// decisions can be made again once more is known.
func (d *decider) settled() *decider {
	out := *d
	out.declared, out.inquiries = maps.Clone(d.declared), make([]*inquiry, len(d.inquiries))
	slices.SortFunc(d.inquiries, func(x, y *inquiry) int { return x.compare(y.issueAt) })
	for k, q := range d.inquiries {
		own := *q
		own.asks, own.posed = slices.Clone(q.asks), slices.Clone(q.posed)
		own.belonging = d.belongs(q.issueAt)
		out.inquiries[k] = &own
	}
	return &out
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
		q.declare(ds, d.asker.classes)
	}
	return claimed
}

// blocked is a leaf that waited, open and in scope, for another issue.
type blocked struct {
	issueAt
	ledger int
	in     flow.Spans
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
			for _, p := range q.leaves {
				if in := b.ledgers[p.ledger].leaves.in(p.index).Intersect(while); len(in) > 0 {
					out[other] = append(out[other], blocked{q.issueAt, p.ledger, in})
				}
			}
			waited = waited.Union(while.Intersect(other.posed))
		}
		for _, p := range q.leaves {
			l := &b.ledgers[p.ledger]
			if in := l.leaves.in(p.index).Intersect(waited); len(in) > 0 {
				l.held = append(l.held, heldLeaf{int32(p.index), in})
			}
		}
	}
	return out
}

// enter writes the decisions into their goals' ledgers: each, when one was
// overdue, and as progress that one was made.
func (d *decider) enter(b *builder, all []*decision) {
	late := make([][]flow.Span, len(b.ledgers))
	for _, e := range all {
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
