package measure

import (
	"cmp"
	"fmt"
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
// epic, a fix version, an issue with sub-tasks, or a goal (MEASURES §2.21). Its
// history is kept by the same ledger as a goal's.
type Container struct {
	Set     string // where it comes from: the site, or the dump; empty for a goal
	Kind    Kind
	Project string // the project's key; of a goal, those of its issues
	Name    string // the issue's present key, or "PROJECT version", or the goal's id

	known   time.Time // up to when its history is known
	created time.Time // of the container's own issue; zero for a version and a goal
	ledger  *ledger
	done    []flow.Spans // by leaf: while it was delivered, bounces bridged
	// ended is when the container's own issue was terminal, and cancelled
	// when it was so without delivering.
	ended, cancelled flow.Spans
	version          flow.Version
}

// FindContainers returns the containers of one site or dump that ever held
// enough issues to be scored, open ones too, in the order of their names, with
// their history up to the moment. Of in only Issues, which is called once,
// Catalogs and Settings are read; held has the same issues. It fails only where
// these do.
//
// A fix version is set late, mostly when the issue is closed. So which issues
// a version had at a moment is known from changelogs alone: in a set without
// any, versions are no containers.
func FindContainers(set, site string, in Input, held Source, until time.Time) ([]Container, error) {
	s := emptySurvey()
	if err := in.eachTimeline(s.meet); err != nil {
		return nil, fmt.Errorf("looking for containers: %w", err)
	}
	return s.Containers(set, site, in, held, until)
}

// Containers is FindContainers for issues that the survey has met: in.Issues is
// not called.
func (s *Survey) Containers(set, site string, in Input, held Source, until time.Time) ([]Container, error) {
	of := s.sites[site]
	if of == nil {
		return nil, nil
	}
	d := discovery{survey: of, held: held, in: &in, set: set, until: until, met: map[flow.IssueID]bool{}}
	if err := d.choose(); err != nil {
		return nil, fmt.Errorf("looking for containers: %w", err)
	}
	return d.write()
}

// discovery finds containers and has their ledgers written, each as that of a
// goal that maps nothing but the container.
type discovery struct {
	*survey
	held       Source
	in         *Input
	set        string
	until      time.Time
	containers []Container
	goals      []goal.Goal
	met        map[flow.IssueID]bool // issues that were looked at
	read       []flow.IssueID        // the containers and what ever lay in them
	leaves     int
}

// The bounds of what is looked at, and so of the time and the memory that it
// takes: containers, and issues in all of them.
const (
	maxFound       = 2000
	maxFoundLeaves = 50_000
)

// choose chooses the containers, in the order of the ranks of their names.
// Those that are too large for what room is left are passed over.
func (d *discovery) choose() error {
	for _, name := range d.ranked() {
		room := maxFoundLeaves - d.leaves
		if len(d.containers) == maxFound || room < minFinal {
			return nil
		}
		if len(d.holders[name].members) > room {
			continue
		}
		if name.version != "" {
			d.addVersion(name)
		} else if err := d.addIssue(name); err != nil {
			return err
		}
	}
	return nil
}

func (d *discovery) addVersion(name holderName) {
	c := d.in.Catalogs[d.site]
	if c == nil || d.histories == 0 {
		return
	}
	v, ok := c.Versions[name.version]
	if !ok {
		return
	}
	in := goal.InProject{Project: v.Project, Name: v.Name}
	d.add(Container{Set: d.set, Kind: KindVersion, Project: v.Project, Name: in.String(), version: v},
		goal.Work{FixVersions: []goal.InProject{in}}, d.lay(name))
}

func (d *discovery) addIssue(name holderName) error {
	i, err := d.issue(name)
	if err != nil || i == nil || d.met[i.ID] {
		return err
	}
	d.met[i.ID] = true
	now := &i.Now
	members := d.lay(namesOf(i)...)
	if now.Type.Level < 0 || now.Type.Level > 1 || len(members) < minFinal || len(members) > maxFoundLeaves-d.leaves {
		return nil
	}
	kind := KindParent
	if now.Type.Container() {
		kind = KindEpic
	}
	d.read = append(d.read, i.ID)
	d.add(Container{Set: d.set, Kind: kind, Project: now.Project.Name, Name: now.Key}, goal.Work{Epics: []string{now.Key}}, members)
	return nil
}

func (d *discovery) issue(name holderName) (*flow.Issue, error) {
	if id := d.holders[name].id; id != 0 {
		return d.held.Issue(d.site, id)
	}
	return d.held.IssueByKey(d.site, name.key)
}

// namesOf lists the names by which references may speak of an issue.
func namesOf(i *flow.Issue) []holderName {
	out := []holderName{{id: i.ID}, {key: i.Now.Key}}
	for k := range i.Changes {
		if c := &i.Changes[k]; c.Field == flow.FieldKey {
			out = append(out, holderName{key: c.From.Name})
		}
	}
	return out
}

func (d *discovery) add(c Container, w goal.Work, members []flow.IssueID) {
	d.goals = append(d.goals, goal.Goal{ID: strconv.Itoa(len(d.containers)), Work: w})
	d.containers = append(d.containers, c)
	d.read, d.leaves = append(d.read, members...), d.leaves+len(members)
}

// write reads the chosen issues twice: for who belongs where, and for what
// happened. What lies deeper is counted by the issue that it lies in.
func (d *discovery) write() ([]Container, error) {
	slices.Sort(d.read)
	d.read = slices.Compact(d.read)
	chosen := Input{Catalogs: d.in.Catalogs, Settings: d.in.Settings, Issues: d.eachChosen}
	index := goal.NewIndex(d.goals, chosen.Catalogs, nil)
	index.Expect(len(d.read))
	if err := chosen.eachTimeline(index.Put); err != nil {
		return nil, fmt.Errorf("relating issues to containers: %w", err)
	}
	b := d.builder(index.Members())
	if err := chosen.eachTimeline(func(t *flow.Timeline) { d.record(b, t) }); err != nil {
		return nil, fmt.Errorf("writing the containers' ledgers: %w", err)
	}
	for k := range d.containers {
		l := &b.ledgers[k]
		l.order()
		l.entries = trimmed(l.entries)
		d.containers[k].ledger, d.containers[k].known = l, d.until
	}
	found := slices.DeleteFunc(d.containers, func(c Container) bool { return c.ledger.leaves.len() < minFinal })
	slices.SortFunc(found, func(a, b Container) int {
		return cmp.Or(cmp.Compare(a.Set, b.Set), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Project, b.Project), cmp.Compare(a.Name, b.Name))
	})
	return found, nil
}

func (d *discovery) eachChosen(each func(*flow.Issue) error) error {
	for _, id := range d.read {
		i, err := d.held.Issue(d.site, id)
		if err == nil && i != nil {
			err = each(i)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *discovery) builder(members []goal.Members) *builder {
	b := &builder{settings: d.in.Settings, leaves: placed{}, epics: map[issueAt][]place{}, origins: newOrigins()}
	for k, m := range members {
		b.ledgers = append(b.ledgers, ledger{goal: m.Goal, bounce: b.settings.Thresholds.Bounce})
		d.containers[k].done = make([]flow.Spans, len(m.Leaves))
		for n := range m.Leaves {
			l := &m.Leaves[n]
			b.ledgers[k].leaves.add(l, b.origins)
			b.leaves.put(issueAt{l.Site, l.ID}, place{k, n})
		}
		for n, e := range m.Epics {
			at := issueAt{e.Site, e.ID}
			b.epics[at] = append(b.epics[at], place{k, n})
		}
	}
	for k := range b.ledgers {
		b.ledgers[k].leaves.origins = b.origins.all
	}
	b.leaves.sort()
	return b
}

// record writes what happened to an issue where it is a leaf or a container.
func (d *discovery) record(b *builder, t *flow.Timeline) {
	at := issueAt{t.Issue.Site, t.Issue.ID}
	for _, p := range b.leaves.at(at) {
		l := &b.ledgers[p.ledger]
		steps := b.enterAs(p, l.leaves.in(p.index))
		for span, st := range t.Spans() {
			steps.step(span, st, b.settings.Semantics.Outcome(st))
		}
		l.entries = steps.end(t)
		d.containers[p.ledger].done[p.index] = bridged(spansOf(t, func(st *flow.State) bool {
			return b.settings.Semantics.Outcome(st) == flow.Delivered
		}), b.settings.Thresholds.Bounce)
	}
	for _, p := range b.epics[at] {
		c := &d.containers[p.ledger]
		c.created = t.Created()
		c.ended = b.closed(t)
		c.cancelled = spansOf(t, func(st *flow.State) bool { return b.settings.Semantics.Outcome(st) == flow.Dropped })
	}
}
