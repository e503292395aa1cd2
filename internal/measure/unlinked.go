package measure

import (
	"cmp"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// Unlinked is the active work that no goal claims, as of a moment
// (MEASURES §2.15): leaves that were delivered in the window before it, or
// that are in progress with a meaningful event in the window.
type Unlinked struct {
	At         time.Time `json:"at"`
	WindowDays int       `json:"window_days"`
	// Projects are those with active work, the largest unlinked part first.
	Projects []ProjectShare `json:"projects"`
	// Groups are the unlinked work by epic, the largest first.
	Groups []UnlinkedGroup `json:"groups"`
}

// ProjectShare is how much of a project's active work no goal claims.
type ProjectShare struct {
	Site    string `json:"site"`
	Project string `json:"project"`
	Active  int    `json:"active"`
	// Unlinked is Active less what some goal claims; BusinessAsUsual is the
	// part of it that is configured to be such.
	Unlinked        int     `json:"unlinked"`
	BusinessAsUsual int     `json:"business_as_usual"`
	Ratio           float64 `json:"unlinked_ratio"` // Unlinked over Active
}

// UnlinkedGroup is the unlinked active work of a project below one epic.
type UnlinkedGroup struct {
	Site            string `json:"site"`
	Project         string `json:"project"`
	Epic            string `json:"epic,omitempty"`    // its present key; empty: below none
	Summary         string `json:"summary,omitempty"` // of the epic, as it is at present
	Issues          int    `json:"issues"`
	BusinessAsUsual int    `json:"business_as_usual"`
	// Suggestions are goals that the work may belong to, the likeliest first.
	Suggestions []Suggestion `json:"suggestions,omitempty"`
}

// Suggestion is a goal that work may belong to.
type Suggestion struct {
	Goal string `json:"goal"`
	Why  string `json:"why"`
	// Paste is a line for the goal's work that makes it so.
	Paste string `json:"paste,omitempty"`
}

// Unlinked returns the active work that no goal claims. It reads nothing that
// happened after the moment.
func (h *History) Unlinked(at time.Time) *Unlinked {
	u := &Unlinked{
		At: at, WindowDays: int(h.settings.Thresholds.ActiveWithin / day),
		Projects: h.work.shares(at), Groups: []UnlinkedGroup{},
	}
	s := newSuggester(h, at)
	for _, g := range h.work.byEpic() {
		n, usual := g.at(at)
		if n == 0 {
			continue
		}
		u.Groups = append(u.Groups, UnlinkedGroup{
			Site: g.site, Project: g.project, Epic: g.epic.key, Summary: h.work.summary(&g),
			Issues: n, BusinessAsUsual: usual, Suggestions: s.suggest(&g, n),
		})
	}
	slices.SortStableFunc(u.Groups, func(a, b UnlinkedGroup) int { return cmp.Compare(b.Issues, a.Issues) })
	return u
}

// work is the company's active work over time, by project and by what it lies
// below. Nothing in it is changed once it is made.
type work struct {
	linked   map[projectAt]*tallyOver // active work that some goal claims
	groups   map[groupAt]*groupTallies
	features map[feature]map[int]*tallyOver // of the goals' work, by ledger
	epics    *epics
	began    time.Time // when the first issue of all was created
}

// groupAt is the unlinked work of a project that says of the same issue that
// it lies above. Which epic that is, is looked up when it is asked for.
type groupAt struct {
	projectAt
	above flow.Ref
}

type groupTallies struct {
	unlinked, usual tallyOver
	features        map[feature]*tallyOver // of the unlinked work
	links           map[int]*tallyOver     // unlinked work with a link to work of the goal, by ledger
}

// groupWork is the unlinked work of a project below one epic, or below none.
type groupWork struct {
	projectAt
	epic  epicRef
	parts []*groupTallies
}

// at returns how many issues it is at the moment, and how many of them are
// business as usual.
func (g *groupWork) at(when time.Time) (all, usual int) {
	for _, p := range g.parts {
		all += p.unlinked.at(when)
		usual += p.usual.at(when)
	}
	return all, usual
}

// byEpic returns the groups by site, project and epic.
func (w *work) byEpic() []groupWork {
	type place struct {
		projectAt
		epicRef
	}
	known := map[place]int{}
	var out []groupWork
	for at, tallies := range w.groups {
		p := place{at.projectAt, w.epics.resolve(at.site, at.above)}
		k, ok := known[p]
		if !ok {
			k = len(out)
			known[p] = k
			out = append(out, groupWork{projectAt: p.projectAt, epic: p.epicRef})
		}
		out[k].parts = append(out[k].parts, tallies)
	}
	slices.SortFunc(out, func(a, b groupWork) int {
		return cmp.Or(a.compare(b.projectAt), cmp.Compare(a.epic.key, b.epic.key), cmp.Compare(a.epic.at.id, b.epic.at.id))
	})
	return out
}

// feature is what issues may have in common: a label or a fix version.
type feature struct {
	kind featureKind
	site string
	name string
}

type featureKind uint8

const (
	ofLabel featureKind = iota
	ofVersion
)

// String names the kind in a reason.
func (k featureKind) String() string {
	if k == ofVersion {
		return "fix version"
	}
	return "label"
}

func (w *work) shares(at time.Time) []ProjectShare {
	by := map[projectAt]*ProjectShare{}
	of := func(p projectAt) *ProjectShare {
		if by[p] == nil {
			by[p] = &ProjectShare{Site: p.site, Project: p.project}
		}
		return by[p]
	}
	for p, linked := range w.linked {
		of(p).Active += linked.at(at)
	}
	for p, g := range w.groups {
		s := of(p.projectAt)
		s.Unlinked += g.unlinked.at(at)
		s.BusinessAsUsual += g.usual.at(at)
	}
	out := []ProjectShare{}
	for _, s := range by {
		if s.Active += s.Unlinked; s.Active > 0 {
			s.Ratio = float64(s.Unlinked) / float64(s.Active)
			out = append(out, *s)
		}
	}
	slices.SortFunc(out, func(a, b ProjectShare) int {
		return cmp.Or(cmp.Compare(b.Unlinked, a.Unlinked), projectAt{a.Site, a.Project}.compare(projectAt{b.Site, b.Project}))
	})
	return out
}

func (w *work) summary(g *groupWork) string {
	if c := w.epics.all[g.epic.at]; c != nil {
		return c.summary
	}
	return ""
}
