package measure

import (
	"maps"
	"slices"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// Source looks up single issues as they are held. Both ways return nil for an
// issue that is not held. Of several that had a key, the one that has it now is
// meant, else the youngest.
type Source interface {
	Issue(site string, id flow.IssueID) (*flow.Issue, error)
	IssueByKey(site, key string) (*flow.Issue, error)
}

// mostTouched bounds the issues that a renewal looks at: where there are more,
// everything is read anew.
const mostTouched = 20_000

// Renew returns the history with issues taken in that were stored anew. It is
// what Build would return, but that what hangs on other issues is kept: it reads
// the issues that changed, those whose goals or bulk edits or blockers that
// concerns, and no others. in must be what the history was built from, but for
// Issues, which are not read; source shows the issues as they are now.
//
// It is false where that can't be done exactly, and Build has to do it: the
// history was renewed before, or a renewal of it failed; a minute of days ago
// turns out to have been a bulk edit; a project turns out to use resolutions
// since later; two epics had one key; too many issues are concerned. It fails
// only where source does.
func (h *History) Renew(in Input, changed []flow.Changed, source Source) (*History, bool, error) {
	if !h.Renewable() || len(changed) > mostTouched {
		return nil, false, nil
	}
	r := &renewal{
		in: in, source: source, old: h, kept: h.kept, changed: changed,
		issues: map[issueAt]*touched{}, differ: map[issueAt][]int{}, relays: make([]*relay, len(h.ledgers)),
	}
	r.kept.edition++ // the history can't be renewed again, however this ends
	if ok, err := r.touch(); !ok || err != nil {
		return nil, false, err
	}
	if err := r.write(); err != nil {
		return nil, false, err
	}
	next := &History{
		settings: in.Settings, experience: in.Experience, ledgers: r.next, above: h.above, sites: h.sites,
		kept: r.kept, edition: r.kept.edition, watch: h.watch.carry(r.since()),
	}
	link(next.ledgers, next.above)
	next.decisions = r.decide()
	r.rewrite()
	next.work, next.debt = r.work(), r.debt()
	next.kept.rest(&next.settings)
	return next, true, nil
}

// renewal renews a history.
type renewal struct {
	in      Input
	source  Source
	old     *History
	kept    *kept
	changed []flow.Changed

	issues  map[issueAt]*touched
	order   []*touched // by site and id
	was     bulkBefore
	renewed []goal.Renewed
	differ  map[issueAt][]int // by issue: the goals whose leaf it is otherwise than before, or was, or becomes
	relays  []*relay          // by ledger; nil where it stays as it is
	next    []ledger

	// before writes what the touched issues counted for, after what they count
	// for now. decided holds the decisions, nil where they stay as they are.
	before, after         *builder
	workBefore, workAfter *workBuilder
	decided               *builder
	epics                 *epics
}

// touched is an issue whose rows are written anew: since it changed, or since
// something did that they hang on.
type touched struct {
	issueAt
	before, after *flow.Timeline // the same where the issue did not change; before is nil where it is new
	was, is       []place        // as a leaf
}

// write has the rows of the touched issues written.
func (r *renewal) write() error {
	r.lay()
	r.before, r.after = r.scratch(r.was, r.old.ledgers), r.scratch(r.kept.bulk, r.next)
	for k := range r.after.ledgers {
		is := &r.after.ledgers[k]
		if is.kinds = r.next[k].kinds; r.relays[k] != nil {
			is.lives, is.kinds = r.next[k].lives, maps.Clone(is.kinds)
		}
	}
	r.after.mapEpics(r.next)
	r.after.hear(r.in.Said)
	r.workBefore, r.workAfter = newWorkBuilder(), newWorkBuilder()
	r.workBefore.b, r.workAfter.b = r.before, r.after
	holders := holders{r: r, known: map[keyAt]*flow.Issue{}}
	r.workBefore.members, r.workAfter.members = holders.before, holders.after
	for _, t := range r.order {
		r.before.leaves.put(t.issueAt, t.was...)
		r.after.leaves.put(t.issueAt, t.is...)
	}
	r.before.leaves.sort()
	r.after.leaves.sort()
	for _, t := range r.order {
		catalog := r.in.Catalogs[t.site]
		if t.before != nil {
			r.before.add(t.before)
			r.workBefore.add(t.before, catalog)
		}
		r.after.add(t.after)
		r.workAfter.add(t.after, catalog)
	}
	if holders.err != nil {
		return holders.err
	}
	for _, b := range []*builder{r.before, r.after} {
		b.sortRows()
		b.settle()
		b.debt.seal(slices.Collect(maps.Keys(b.debt)))
		for k := range b.ledgers {
			b.ledgers[k].proof.seal(nil)
		}
	}
	return nil
}

// scratch returns a builder that writes into empty ledgers with the leaves of
// the given ones.
func (r *renewal) scratch(bulk bulkView, ledgers []ledger) *builder {
	b := &builder{
		settings: r.in.Settings, bulk: bulk, words: r.kept.words, people: r.kept.people, debt: debtBook{}, uses: maps.Clone(r.kept.uses),
		leaves: placed{}, epics: map[issueAt][]place{},
		blockers: &blockers{named: map[keyAt]bool{}, open: r.kept.blockers.open},
		ledgers:  make([]ledger, len(ledgers)), noise: make([]dayCounts, len(ledgers)), meant: make([]dayCounts, len(ledgers)),
	}
	for k := range ledgers {
		b.ledgers[k].goal, b.ledgers[k].leaves = ledgers[k].goal, ledgers[k].leaves
	}
	return b
}

// mapEpics takes the goals' epics.
func (b *builder) mapEpics(ledgers []ledger) {
	for g := range ledgers {
		for k := range ledgers[g].epics {
			e := &ledgers[g].epics[k]
			b.ledgers[g].epics = append(b.ledgers[g].epics, epicLife{Epic: e.Epic})
			at := issueAt{e.Site, e.ID}
			b.epics[at] = append(b.epics[at], place{g, k})
		}
	}
}

// lay lays the leaves of the goals anew, and finds where the touched issues are
// among them.
func (r *renewal) lay() {
	r.next = slices.Clone(r.old.ledgers)
	for k := range r.renewed {
		x := &r.renewed[k]
		r.relays[x.Goal] = newRelay(r.next[x.Goal].leaves, x.Leaves, r.kept.origins)
		r.next[x.Goal].leaves = r.relays[x.Goal].leaves
		if x.Remapped {
			r.next[x.Goal].remap(x)
		}
	}
	for _, t := range r.order {
		var goals []int
		for _, b := range r.kept.index.Of(t.site, t.id) {
			if k, ok := r.next[b.Goal].leaves.find(t.issueAt); ok {
				t.is = append(t.is, place{b.Goal, k})
				goals = append(goals, b.Goal)
			}
		}
		goals = append(goals, r.differ[t.issueAt]...)
		slices.Sort(goals)
		for _, g := range slices.Compact(goals) {
			if k, ok := r.old.ledgers[g].leaves.find(t.issueAt); ok {
				t.was = append(t.was, place{g, k})
				r.relay(g).rewrite(k, r.old.ledgers[g].leaves.len())
			}
		}
		for _, p := range t.is {
			r.relay(p.ledger)
		}
	}
	for g := range r.next {
		for k := range r.next[g].epics {
			if e := &r.next[g].epics[k]; r.issues[issueAt{e.Site, e.ID}] != nil {
				r.relay(g)
			}
		}
	}
	for g, x := range r.relays {
		if x != nil {
			r.next[g].lives = x.lives(r.next[g].lives)
		}
	}
}

// relay is that of a goal that some touched issue concerns.
func (r *renewal) relay(g int) *relay {
	if r.relays[g] == nil {
		r.relays[g] = newRelay(r.next[g].leaves, nil, r.kept.origins)
	}
	return r.relays[g]
}

// remap takes the issues that the goal maps now.
func (l *ledger) remap(x *goal.Renewed) {
	old := l.epics
	l.missing, l.epics = x.Missing, nil
	for _, e := range x.Epics {
		life := epicLife{Epic: e}
		if k := slices.IndexFunc(old, func(o epicLife) bool { return o.Site == e.Site && o.ID == e.ID }); k >= 0 {
			life = old[k]
			life.Epic, life.said = e, nil
		}
		l.epics = append(l.epics, life)
	}
}

// holders look up the leaves of goals that have a key.
type holders struct {
	r     *renewal
	known map[keyAt]*flow.Issue
	err   error
}

func (h *holders) issue(at keyAt) *flow.Issue {
	i, known := h.known[at]
	if !known {
		var err error
		if i, err = h.r.source.IssueByKey(at.site, at.key); err != nil {
			h.err = err
		}
		h.known[at] = i
	}
	return i
}

// after are the leaves that have the key now.
func (h *holders) after(at keyAt) (out []place) {
	i := h.issue(at)
	if i == nil || i.Now.Key != at.key {
		return nil
	}
	for _, b := range h.r.kept.index.Of(i.Site, i.ID) {
		if k, ok := h.r.next[b.Goal].leaves.find(issueAt{i.Site, i.ID}); ok {
			out = append(out, place{b.Goal, k})
		}
	}
	return out
}

// before are those that had it before the issues changed.
func (h *holders) before(at keyAt) (out []place) {
	add := func(g int, of issueAt) {
		l := &h.r.old.ledgers[g]
		if k, ok := l.leaves.find(of); ok && l.leaves.key(k).String() == at.key {
			out = append(out, place{g, k})
		}
	}
	for _, p := range h.after(at) {
		if of := h.r.next[p.ledger].leaves.at(p.index); !slices.Contains(h.r.differ[of], p.ledger) {
			add(p.ledger, of)
		}
	}
	for k := range h.r.renewed {
		for n := range h.r.renewed[k].Leaves {
			if d := &h.r.renewed[k].Leaves[n]; d.Site == at.site && len(d.Was.In) > 0 && d.Was.Key == at.key {
				add(h.r.renewed[k].Goal, issueAt{d.Site, d.ID})
			}
		}
	}
	return out
}

func (r *renewal) timeline(i *flow.Issue) *flow.Timeline {
	return flow.NewTimeline(i, r.in.Catalogs[i.Site])
}
