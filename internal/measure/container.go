package measure

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// Kind is the kind of a container of work.
type Kind string

// The kinds of containers.
const (
	KindEpic    Kind = "epic"
	KindVersion Kind = "version"
	KindParent  Kind = "parent" // an issue of the base level with sub-tasks
	KindGoal    Kind = "goal"
)

// minFinal is how many delivered leaves a container must have for its
// completion to be scored (MEASURES §3.1).
const minFinal = 5

// Container is a piece of work that holds others and that can be finished: an
// epic, a fix version, or an issue with sub-tasks. Its history is kept by the
// same ledger as a goal's.
type Container struct {
	Set     string // where it comes from: the site, or the dump
	Kind    Kind
	Project string // the project's key
	Name    string // the issue's present key, or "PROJECT version"

	id      flow.IssueID
	keys    []string  // that the issue had before
	known   time.Time // up to when its history is known
	created time.Time // of the container's own issue; zero for a version
	ledger  *ledger
	done    []flow.Spans // by leaf: while it was delivered, bounces bridged
	// ended is when the container's own issue was terminal, and cancelled
	// when it was so without delivering.
	ended, cancelled flow.Spans
	version          flow.Version
}

// children counts the issues that have ever lain directly below others, by
// the reference that they gave.
type children struct {
	byID  map[flow.IssueID]int
	byKey map[string]int
}

func (c *children) count(t *flow.Timeline, versions map[string]int) {
	var met []flow.Ref
	var in []string
	for _, st := range t.Spans() {
		if above := st.Above(); !above.IsZero() && !slices.ContainsFunc(met, above.Is) {
			met = append(met, above)
			if above.ID != 0 {
				c.byID[above.ID]++
			} else {
				c.byKey[above.Key]++
			}
		}
		for _, v := range st.FixVersions {
			if !slices.Contains(in, v) {
				in = append(in, v)
				versions[v]++
			}
		}
	}
}

func (c *children) enough(t *flow.Timeline) bool {
	i := t.Issue
	if c.byID[i.ID]+c.byKey[i.Now.Key] >= minFinal {
		return true
	}
	for k := range i.Changes { // a former key
		if ch := &i.Changes[k]; ch.Field == flow.FieldKey && c.byKey[ch.From.Name] >= minFinal {
			return true
		}
	}
	return false
}

// FindContainers returns the containers of one site or dump that ever held
// enough issues to be scored, open ones too, in the order of their names, with
// their history up to the moment. Of
// in only Issues, which is called four times, Catalogs and Settings are read.
// It fails only where Issues does.
//
// A fix version is set late, mostly when the issue is closed. So which issues
// a version had at a moment is known from changelogs alone: in a set without
// any, versions are no containers.
func FindContainers(set string, in Input, until time.Time) ([]Container, error) {
	d := discovery{set: set, until: until, children: children{map[flow.IssueID]int{}, map[string]int{}}, versions: map[string]int{}}
	err := in.Issues(func(i *flow.Issue) error {
		t := flow.NewTimeline(i, in.Catalogs[i.Site])
		d.histories += i.Histories
		d.children.count(t, d.versions)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for containers: %w", err)
	}
	if err := in.Issues(func(i *flow.Issue) error {
		d.meet(flow.NewTimeline(i, in.Catalogs[i.Site]))
		return nil
	}); err != nil {
		return nil, fmt.Errorf("looking for containers: %w", err)
	}
	if d.histories > 0 {
		d.addVersions(in.Catalogs)
	}
	return d.write(in)
}

// discovery finds containers and has their ledgers written, each as that of a
// goal that maps nothing but the container.
type discovery struct {
	set        string
	until      time.Time
	children   children
	histories  int            // changelog entries of the whole set
	versions   map[string]int // issues that ever had the version, by its id
	containers []Container
	goals      []goal.Goal
}

func (d *discovery) meet(t *flow.Timeline) {
	now := &t.Issue.Now
	if now.Type.Level < 0 || now.Type.Level > 1 || !d.children.enough(t) {
		return
	}
	kind := KindParent
	if now.Type.Container() {
		kind = KindEpic
	}
	c := Container{Set: d.set, Kind: kind, Project: now.Project.Name, Name: now.Key, id: t.Issue.ID}
	for k := range t.Issue.Changes {
		if ch := &t.Issue.Changes[k]; ch.Field == flow.FieldKey {
			c.keys = append(c.keys, ch.From.Name)
		}
	}
	d.add(c, goal.Work{Epics: []string{now.Key}})
}

func (d *discovery) addVersions(catalogs map[string]*flow.Catalog) {
	for _, site := range slices.Sorted(maps.Keys(catalogs)) {
		for _, id := range slices.Sorted(maps.Keys(catalogs[site].Versions)) {
			if d.versions[id] < minFinal {
				continue
			}
			v := catalogs[site].Versions[id]
			in := goal.InProject{Project: v.Project, Name: v.Name}
			d.add(Container{Set: d.set, Kind: KindVersion, Project: v.Project, Name: in.String(), version: v},
				goal.Work{FixVersions: []goal.InProject{in}})
		}
	}
}

func (d *discovery) add(c Container, w goal.Work) {
	d.goals = append(d.goals, goal.Goal{ID: strconv.Itoa(len(d.containers)), Work: w})
	d.containers = append(d.containers, c)
}

// maxFound bounds the containers that are looked at, and so the memory that
// their ledgers take.
const maxFound = 2000

// sample drops containers where there are too many of them. Which, hangs on
// their names alone, so that the same ones are left at any time.
func (d *discovery) sample() {
	if len(d.containers) <= maxFound {
		return
	}
	rank := make([]uint64, len(d.containers))
	for k := range rank {
		h := fnv.New64a()
		fmt.Fprintf(h, "%s %s", d.containers[k].Kind, d.containers[k].Name)
		rank[k] = h.Sum64()
	}
	limit := slices.Sorted(slices.Values(rank))[maxFound]
	var containers []Container
	var goals []goal.Goal
	for k := range d.containers {
		if rank[k] < limit {
			d.goals[k].ID = strconv.Itoa(len(containers))
			containers, goals = append(containers, d.containers[k]), append(goals, d.goals[k])
		}
	}
	d.containers, d.goals = containers, goals
}

// chosen tells which issues are containers or have ever lain in one. What lies
// deeper is counted by the issue that it lies in.
type chosen struct {
	ids      map[flow.IssueID]bool
	keys     map[string]bool
	versions map[string]bool
}

func (d *discovery) chosen() chosen {
	c := chosen{map[flow.IssueID]bool{}, map[string]bool{}, map[string]bool{}}
	for k := range d.containers {
		if o := &d.containers[k]; o.Kind == KindVersion {
			c.versions[o.version.ID] = true
		} else {
			c.ids[o.id], c.keys[o.Name] = true, true
			for _, key := range o.keys {
				c.keys[key] = true
			}
		}
	}
	return c
}

func (c *chosen) has(t *flow.Timeline) bool {
	if c.ids[t.Issue.ID] {
		return true
	}
	for _, st := range t.Spans() {
		above := st.Above()
		if above.ID != 0 && c.ids[above.ID] || c.keys[above.Key] {
			return true
		}
		for _, v := range st.FixVersions {
			if c.versions[v] {
				return true
			}
		}
	}
	return false
}

// write reads the issues twice more: for who belongs where, and for what
// happened.
func (d *discovery) write(in Input) ([]Container, error) {
	d.sample()
	chosen := d.chosen()
	index := goal.NewIndex(d.goals, in.Catalogs, nil)
	each := func(f func(*flow.Timeline)) error {
		return in.Issues(func(i *flow.Issue) error {
			if t := flow.NewTimeline(i, in.Catalogs[i.Site]); chosen.has(t) {
				f(t)
			}
			return nil
		})
	}
	if err := each(index.Put); err != nil {
		return nil, fmt.Errorf("relating issues to containers: %w", err)
	}
	b := &builder{settings: in.Settings, leaves: map[issueAt][]place{}, epics: map[issueAt][]place{}}
	for k, m := range index.Members() {
		b.ledgers = append(b.ledgers, ledger{goal: m.Goal, leaves: make([]leaf, len(m.Leaves))})
		d.containers[k].done = make([]flow.Spans, len(m.Leaves))
		for n := range m.Leaves {
			b.ledgers[k].leaves[n] = newLeaf(&m.Leaves[n])
			at := b.ledgers[k].leaves[n].issueAt
			b.leaves[at] = append(b.leaves[at], place{k, n})
		}
		for n, e := range m.Epics {
			at := issueAt{e.Site, e.ID}
			b.epics[at] = append(b.epics[at], place{k, n})
		}
	}
	if err := each(func(t *flow.Timeline) { d.record(b, t) }); err != nil {
		return nil, fmt.Errorf("writing the containers' ledgers: %w", err)
	}
	for k := range d.containers {
		b.ledgers[k].order()
		d.containers[k].ledger, d.containers[k].known = &b.ledgers[k], d.until
	}
	found := slices.DeleteFunc(d.containers, func(c Container) bool { return len(c.ledger.leaves) < minFinal })
	slices.SortFunc(found, func(a, b Container) int {
		return cmp.Or(cmp.Compare(a.Set, b.Set), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Project, b.Project), cmp.Compare(a.Name, b.Name))
	})
	return found, nil
}

// record writes what happened to an issue where it is a leaf or a container.
func (d *discovery) record(b *builder, t *flow.Timeline) {
	at := issueAt{t.Issue.Site, t.Issue.ID}
	for _, p := range b.leaves[at] {
		l := &b.ledgers[p.ledger]
		l.entries = append(l.entries, b.entries(t, p.index, l.leaves[p.index].in())...)
		d.containers[p.ledger].done[p.index] = bridged(spansOf(t, func(st *flow.State) bool {
			return b.settings.Semantics.Outcome(st) == flow.Delivered
		}), b.settings.Thresholds.Bounce)
	}
	for _, p := range b.epics[at] {
		c := &d.containers[p.ledger]
		c.created = t.Created()
		c.ended = bridged(spansOf(t, func(st *flow.State) bool { return b.settings.Semantics.Outcome(st) != flow.Open }), b.settings.Thresholds.Bounce)
		c.cancelled = spansOf(t, func(st *flow.State) bool { return b.settings.Semantics.Outcome(st) == flow.Dropped })
	}
}

// spansOf returns while the issue was in such a state.
func spansOf(t *flow.Timeline, such func(*flow.State) bool) flow.Spans {
	var out flow.Spans
	for span, st := range t.Spans() {
		if such(st) {
			out = out.Append(span)
		}
	}
	return out
}

// bridged joins spans between which lies less than the bounce: an issue that
// is open for so short was not re-opened (MEASURES §1, noise filter a).
func bridged(s flow.Spans, bounce time.Duration) flow.Spans {
	var out flow.Spans
	for _, x := range s {
		if k := len(out) - 1; k >= 0 && x.From.Sub(out[k].To) < bounce {
			out[k].To = x.To
			continue
		}
		out = append(out, x)
	}
	return out
}
