package measure

import (
	"cmp"
	"maps"
)

func compareDays(a, b dayNoise) int { return cmp.Compare(a.day, b.day) }

// work takes what the touched issues counted for in the company's work out, and
// puts in what they count for now.
func (r *renewal) work() work {
	before, after := r.workBefore.finish(), r.workAfter.finish()
	w := r.old.work
	w.linked = renewedTallies(w.linked, before.linked, after.linked)
	w.groups = maps.Clone(w.groups)
	for at := range union(before.groups, after.groups) {
		g := or(w.groups[at]).renewed(or(before.groups[at]), or(after.groups[at]))
		if w.groups[at] = g; g.unlinked.isZero() {
			delete(w.groups, at)
		}
	}
	w.features = maps.Clone(w.features)
	for f := range union(before.features, after.features) {
		w.features[f] = renewedTallies(w.features[f], before.features[f], after.features[f])
	}
	w.epics = r.epics
	for _, t := range r.order {
		if t.before == nil && (w.began.IsZero() || t.after.Issue.Created.Before(w.began)) {
			w.began = t.after.Issue.Created
		}
	}
	return w
}

func or(g *groupTallies) *groupTallies {
	if g == nil {
		return &groupTallies{}
	}
	return g
}

func (g *groupTallies) renewed(before, after *groupTallies) *groupTallies {
	return &groupTallies{
		unlinked: g.unlinked.renewed(&before.unlinked, &after.unlinked), usual: g.usual.renewed(&before.usual, &after.usual),
		features: renewedTallies(g.features, before.features, after.features),
		links:    renewedTallies(g.links, before.links, after.links),
	}
}

func union[K comparable, V any](a, b map[K]V) map[K]bool {
	out := make(map[K]bool, len(a)+len(b))
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}

// putEpics takes in those that changed. False where two had one key: whom it
// meant before is not remembered.
func (r *renewal) putEpics() bool {
	e := r.old.work.epics
	for k := range r.changed {
		c := &r.changed[k]
		was := c.Before != nil && c.Before.Now.Type.Container()
		if !was && !c.After.Now.Type.Container() {
			continue
		}
		if e == r.old.work.epics {
			e = e.clone()
		}
		at := issueAt{c.After.Site, c.After.ID}
		if was {
			e.remove(at)
		}
		if c.After.Now.Type.Container() {
			e.put(r.issues[at].after)
		}
	}
	r.epics = e
	return e == r.old.work.epics || !e.disputed
}

// debt takes what the touched issues counted for in their sites' debt out, and
// puts in what they count for now.
func (r *renewal) debt() debtBook {
	out := maps.Clone(r.old.debt)
	for site := range union(r.before.debt, r.after.debt) {
		all, before, after := out.of(site), r.before.debt.of(site), r.after.debt.of(site)
		now := &debtOver{}
		for in := range now {
			now[in] = all[in].renewed(&before[in], &after[in])
		}
		out[site] = now
	}
	return out
}

// decide makes the decisions anew where a touched issue asks, or asked, for one
// or waited for one; else they stay as they are.
func (r *renewal) decide() decisions {
	d := r.kept.decider
	d.isLeaf = func(at issueAt) bool { return len(r.after.leaves.at(at)) > 0 }
	concerned := false
	stay := make([]*inquiry, 0, len(d.inquiries))
	for _, q := range d.inquiries {
		if r.issues[q.issueAt] != nil {
			concerned = true
			continue
		}
		stay = append(stay, q)
	}
	d.inquiries = stay
	for _, t := range r.order {
		d.add(t.after)
	}
	if !concerned && len(d.inquiries) == len(stay) {
		return r.old.decisions
	}
	d.belongs = belongings(r.kept.index, r.next)
	r.decided = r.scratch(r.kept.bulk, r.next)
	r.decided.chains = chains(r.next)
	made := d.finish(r.decided, r.old.sites)
	r.decided.sortRows()
	for g := range r.next {
		from, l := &r.decided.ledgers[g], &r.next[g]
		l.decisions, l.overdue, l.held = from.decisions, from.overdue, from.held
		if len(from.decisions) > 0 || len(r.old.ledgers[g].decisions) > 0 || len(from.held) > 0 || len(r.old.ledgers[g].held) > 0 {
			r.relay(g)
		}
	}
	return made
}
