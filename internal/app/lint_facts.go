package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"plumbline/internal/config"
	"plumbline/internal/flow"
	"plumbline/internal/goal"
	"plumbline/internal/store"
)

// Facts are what the store tells of a map of goals, for the lint.
type Facts struct {
	// Unread are the sites that have never been read whole.
	Unread []string `json:"unread,omitempty"`
	// Targets are those that each goal was ever shown with.
	Targets map[string][]store.SeenTarget `json:"targets"`
	// Progress is when each goal with check-ins last progressed.
	Progress    map[string]time.Time    `json:"progress"`
	Selectors   map[string]SelectorFact `json:"selectors"` // by selector.name
	Resolutions []ResolutionFact        `json:"resolutions"`
}

// SelectorFact is what a line of a goal's work leads to.
type SelectorFact struct {
	Found  bool `json:"found"`  // the issue, the version or an issue with the label
	Issues int  `json:"issues"` // that it ever selected
	// Closed is the resolution, or else the status, under which an epic is
	// closed; empty while it is open.
	Closed string `json:"closed,omitempty"`
	// OpenIssues is how many of its issues are open, Open the keys of the first.
	OpenIssues int      `json:"open_issues,omitempty"`
	Open       []string `json:"open,omitempty"`
	// Refused are the sites that don't take a JQL, with their words; Unasked
	// tells that no site has been asked for it yet.
	Refused []string `json:"refused,omitempty"`
	Unasked bool     `json:"unasked,omitempty"`
	// Near is a version that may have been meant.
	Near string `json:"near,omitempty"`
}

// ResolutionFact is a resolution that issues have.
type ResolutionFact struct {
	Name   string `json:"name"`
	Issues int    `json:"issues"`
}

// shownOpen is how many open issues are named.
const shownOpen = 3

// selectorKind is a kind of line of a goal's work.
type selectorKind string

const (
	ofEpic    selectorKind = "epic"
	ofVersion selectorKind = "fix version"
	ofLabel   selectorKind = "label"
	ofJQL     selectorKind = "jql"
	ofExclude selectorKind = "exclude"
)

// selector is a line of a goal's work.
type selector struct {
	kind  selectorKind
	value goal.InProject // of epics and exclusions: the name is the key; of a JQL: its text
	path  string         // in the goal's declaration
}

func (s selector) name() string { return string(s.kind) + " " + s.value.String() }

// about is how an acceptance names it.
func (s selector) about() string { return s.value.Name }

// work returns the work that the line alone selects.
func (s selector) work() goal.Work {
	switch s.kind {
	case ofVersion:
		return goal.Work{FixVersions: []goal.InProject{s.value}}
	case ofLabel:
		return goal.Work{Labels: []goal.InProject{s.value}}
	case ofJQL:
		return goal.Work{JQL: s.value.Name}
	}
	return goal.Work{Epics: []string{s.value.Name}}
}

func selectorsOf(g *goal.Goal) []selector {
	var out []selector
	add := func(kind selectorKind, path string, i int, value goal.InProject) {
		out = append(out, selector{kind, value, fmt.Sprintf("work.%s[%d]", path, i)})
	}
	for i, key := range g.Work.Epics {
		add(ofEpic, "epics", i, goal.InProject{Name: key})
	}
	for i, v := range g.Work.FixVersions {
		add(ofVersion, "fix_versions", i, v)
	}
	for i, v := range g.Work.Labels {
		add(ofLabel, "labels", i, v)
	}
	if g.Work.JQL != "" {
		out = append(out, selector{ofJQL, goal.InProject{Name: g.Work.JQL}, "work.jql"})
	}
	for i, key := range g.Work.Exclude {
		add(ofExclude, "exclude", i, goal.InProject{Name: key})
	}
	return out
}

// nothing says what a selector leaves to be desired; empty for one that
// selects something.
func (f SelectorFact) nothing(s selector) (what, mend string) {
	const widen = "mend the key, or widen the site's scope"
	switch {
	case s.kind == ofJQL:
		return f.noMatch()
	case !f.Found && (s.kind == ofEpic || s.kind == ofExclude):
		return fmt.Sprintf("no issue %s was ever seen", s.value.Name), widen
	case !f.Found && s.kind == ofVersion:
		what, mend = fmt.Sprintf("no fix version %q was ever seen", s.value.String()), "mend the name, or widen the site's scope"
		if f.Near != "" {
			mend = fmt.Sprintf("did you mean %q?", f.Near)
		}
		return what, mend
	case f.Issues > 0 || s.kind == ofExclude:
		return "", ""
	case s.kind == ofEpic:
		return fmt.Sprintf("nothing ever lay below %s", s.value.Name), "put its issues below it in Jira, or remove it here"
	case s.kind == ofVersion:
		return fmt.Sprintf("no issue ever had the fix version %q", s.value.String()), "give it to its issues in Jira, or remove it here"
	}
	return fmt.Sprintf("no issue ever had the label %q", s.value.String()), "mend the label, give it to its issues in Jira, or remove it here"
}

// LintArgs makes the arguments of the command "lint" of the settings: the
// goals as they are on disk, which need not be those in force.
func LintArgs(s Settings) (url.Values, error) {
	args, err := PreviewArgs(s.Config.Goals)
	if err != nil {
		return nil, err
	}
	args["discarded"] = s.Config.Semantics.DiscardedResolutions
	for k := range s.Config.Sites {
		args.Add("site", s.Config.Sites[k].Name)
	}
	return args, nil
}

// runLint tells what the store knows of the goals that were sent.
func (a *App) runLint(ctx context.Context, args url.Values, out io.Writer) error {
	goals, err := unpackGoals(args.Get("goals"))
	if err != nil {
		return codedError{fmt.Errorf("reading the goals to look at: %w", err), ExitUsage}
	}
	facts, err := a.facts(ctx, goals.List, flow.NewSemantics(args["discarded"]), args["site"])
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(facts)
}

// FactsOf looks into the store of the settings, which no process may hold.
func FactsOf(ctx context.Context, s Settings, now time.Time) (_ *Facts, err error) {
	st, err := store.OpenReadOnly(s.Config.Store.Path, store.Options{})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no store at %s yet; run `plumbline sync`", s.Config.Store.Path)
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	a := &App{store: st, now: func() time.Time { return now }}
	a.settings.Store(&s)
	var names []string
	for k := range s.Config.Sites {
		names = append(names, s.Config.Sites[k].Name)
	}
	return a.facts(ctx, s.Goals.List, flow.NewSemantics(s.Config.Semantics.DiscardedResolutions), names)
}

// facts reads the whole store twice: once to relate the issues to the lines of
// the goals' work, once to see how those stand that belong to one.
func (a *App) facts(ctx context.Context, goals []goal.Goal, semantics flow.Semantics, sites []string) (*Facts, error) {
	f := &Facts{Targets: map[string][]store.SeenTarget{}, Progress: map[string]time.Time{}, Selectors: map[string]SelectorFact{}}
	for k := range goals {
		seen, err := a.store.Targets(goals[k].ID)
		if err != nil {
			return nil, err
		}
		if len(seen) > 0 {
			f.Targets[goals[k].ID] = seen
		}
	}
	for _, name := range sites {
		c, err := a.store.Checkpoint(name)
		if err != nil {
			return nil, err
		}
		if c.Watermark.IsZero() {
			f.Unread = append(f.Unread, name)
		}
	}
	catalogs, err := a.catalogs()
	if err != nil {
		return nil, err
	}
	if err := a.selected(ctx, f, goals, semantics, catalogs); err != nil {
		return nil, err
	}
	return f, a.lastProgress(ctx, f, goals)
}

func (a *App) catalogs() (map[string]*flow.Catalog, error) {
	out := map[string]*flow.Catalog{}
	for _, name := range a.store.Sites() {
		c, err := a.store.Catalog(name)
		if err != nil {
			return nil, err
		}
		out[name] = c
	}
	return out, nil
}

// lastProgress measures the goals that have check-ins.
func (a *App) lastProgress(ctx context.Context, f *Facts, goals []goal.Goal) error {
	if !slices.ContainsFunc(goals, func(g goal.Goal) bool { return len(g.CheckIns) > 0 }) {
		return nil
	}
	history, err := a.build(ctx, a.settings.Load().Config, goals)
	if err != nil {
		return err
	}
	snapshot := history.Snapshot(a.now().UTC())
	for k := range goals {
		if g, ok := snapshot.Goal(goals[k].ID); ok && len(goals[k].CheckIns) > 0 && g.LastProgress != nil {
			f.Progress[goals[k].ID] = *g.LastProgress
		}
	}
	return nil
}

// probes are goals of one line each, so that each line's issues are known.
type probes struct {
	selectors []selector
	members   []goal.Members
	matched   []flow.Matching
}

// selected finds what each line of the goals' work leads to, and which
// resolutions there are.
func (a *App) selected(ctx context.Context, f *Facts, goals []goal.Goal, semantics flow.Semantics, catalogs map[string]*flow.Catalog) error {
	var p probes
	known := map[string]bool{}
	for k := range goals {
		for _, s := range selectorsOf(&goals[k]) {
			if !known[s.name()] {
				known[s.name()] = true
				p.selectors = append(p.selectors, s)
			}
		}
	}
	alone := make([]goal.Goal, len(p.selectors))
	for k, s := range p.selectors {
		alone[k] = goal.Goal{ID: fmt.Sprint(k), Work: s.work()}
	}
	matched, err := a.matched(alone)
	if err != nil {
		return err
	}
	index := goal.NewIndex(alone, catalogs, matched)
	err = a.store.Issues(ctx, "", func(i *flow.Issue) error {
		index.Put(flow.NewTimeline(i, catalogs[i.Site]))
		return nil
	})
	if err != nil {
		return err
	}
	p.members = index.Members()
	p.matched = matched
	return a.standing(ctx, f, &p, semantics, catalogs)
}

// standing sees how the issues stand that the lines select.
func (a *App) standing(ctx context.Context, f *Facts, p *probes, semantics flow.Semantics, catalogs map[string]*flow.Catalog) error {
	type issueAt struct {
		site string
		id   flow.IssueID
	}
	wanted := map[issueAt]*flow.State{}
	for _, m := range p.members {
		for _, e := range m.Epics {
			wanted[issueAt{e.Site, e.ID}] = nil
		}
		for _, leaf := range m.Leaves {
			wanted[issueAt{leaf.Site, leaf.ID}] = nil
		}
	}
	resolutions := map[string]int{}
	err := a.store.Issues(ctx, "", func(i *flow.Issue) error {
		if !i.Gone.IsZero() {
			return nil
		}
		if name := i.Now.Resolution.Name; name != "" {
			resolutions[name]++
		}
		if _, ok := wanted[issueAt{i.Site, i.ID}]; ok {
			wanted[issueAt{i.Site, i.ID}] = &flow.State{Status: i.Now.Status, Category: i.Now.Category, Resolution: i.Now.Resolution}
		}
		return nil
	})
	if err != nil {
		return err
	}
	now := a.now()
	for k, s := range p.selectors {
		m := &p.members[k]
		fact := SelectorFact{Found: len(m.Missing) == 0, Issues: len(m.Leaves)}
		for _, e := range m.Epics {
			if st := wanted[issueAt{e.Site, e.ID}]; st != nil && semantics.Outcome(st) != flow.Open {
				fact.Closed = cmp.Or(st.Resolution.Name, st.Status.Name)
			}
		}
		for _, leaf := range m.Leaves {
			if st := wanted[issueAt{leaf.Site, leaf.ID}]; st != nil && leaf.In.Contains(now) && semantics.Outcome(st) == flow.Open {
				if fact.OpenIssues++; len(fact.Open) < shownOpen {
					fact.Open = append(fact.Open, leaf.Key)
				}
			}
		}
		if s.kind == ofVersion && !fact.Found {
			fact.Near = nearVersion(s.value, catalogs)
		}
		if s.kind == ofJQL {
			fact.answered(s.value.Name, p.matched)
		}
		f.Selectors[s.name()] = fact
	}
	for _, name := range slices.Sorted(maps.Keys(resolutions)) {
		f.Resolutions = append(f.Resolutions, ResolutionFact{name, resolutions[name]})
	}
	return nil
}

// nearVersion returns the version that was most likely meant; empty for none.
func nearVersion(v goal.InProject, catalogs map[string]*flow.Catalog) string {
	names := map[string]string{}
	for _, c := range catalogs {
		for _, known := range c.Versions {
			if v.Project == "" || v.Project == known.Project {
				names[strings.ToLower(known.Name)] = known.Name
			}
		}
	}
	near, _ := config.Nearest(v.Name, sortedKeys(names))
	return names[near]
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
