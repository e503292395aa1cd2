package measure

import (
	"slices"
	"time"

	"plumbline/internal/flow"
)

// proof is what a ledger knows of the soundness of its leaves' facts.
type proof struct {
	broken     tallyOver // leaves whose changelog is not whole
	unfinished tallyOver // leaves with a resolution that are not done
	// unresolved are leaves that are done and have no resolution, by project.
	unresolved map[projectAt]*tallyOver
	// uses is since when the project has used resolutions.
	uses map[projectAt]time.Time
	// sites are those of the leaves, sorted.
	sites []string
}

// inconsistent is how many leaves are closed by status or resolution alone.
func (p *proof) inconsistent(at time.Time) int {
	n := p.unfinished.at(at)
	for project, t := range p.unresolved {
		if since, ok := p.uses[project]; ok && !since.After(at) {
			n += t.at(at)
		}
	}
	return n
}

// proving takes in a leaf that is in scope during in.
type proving struct {
	*proof
	site               string
	in                 flow.Spans
	undone, unresolved flow.Spans
	project            projectAt // of unresolved
}

// prove begins to take a leaf in.
func (p *proof) prove(t *flow.Timeline, in flow.Spans) proving {
	if k, known := slices.BinarySearch(p.sites, t.Issue.Site); !known {
		p.sites = slices.Insert(p.sites, k, t.Issue.Site)
	}
	if broken(t) {
		p.broken.add(in.Intersect(flow.Spans{{From: t.Issue.Created, To: t.Issue.Gone}}))
	}
	return proving{proof: p, site: t.Issue.Site, in: in}
}

// step takes the next stretch of the leaf's life, in order.
func (p *proving) step(span flow.Span, st *flow.State) {
	done, resolved := st.Category == flow.Done, !st.Resolution.IsZero()
	switch {
	case resolved && !done:
		p.undone = p.undone.Append(span)
	case done && !resolved:
		if here := (projectAt{p.site, st.Project.ID}); here != p.project {
			p.unresolvedIn(p.project, p.unresolved.Intersect(p.in))
			p.project, p.unresolved = here, nil
		}
		p.unresolved = p.unresolved.Append(span)
	}
}

func (p *proving) end() {
	p.unfinished.add(p.undone.Intersect(p.in))
	p.unresolvedIn(p.project, p.unresolved.Intersect(p.in))
}

func (p *proof) unresolvedIn(project projectAt, during flow.Spans) {
	if len(during) == 0 {
		return
	}
	if p.unresolved == nil {
		p.unresolved = map[projectAt]*tallyOver{}
	}
	tallyOf(p.unresolved, project).add(during)
}

// seal makes the proof ready to be asked.
func (p *proof) seal(uses map[projectAt]time.Time) {
	p.uses = uses
	p.broken.seal()
	p.unfinished.seal()
	for _, t := range p.unresolved {
		t.seal()
	}
}

// broken reports whether an issue's changelog came truncated, or does not end
// at its present status, resolution, parent or versions.
func broken(t *flow.Timeline) bool {
	return t.Issue.Announced > t.Issue.Histories || slices.ContainsFunc(t.Defects, func(d flow.Defect) bool {
		switch d.Field {
		case flow.FieldStatus, flow.FieldResolution, flow.FieldParent, flow.FieldEpic, flow.FieldFixVersion:
			return !d.At.Before(t.Issue.Created) // an import's entries are older than the issue, and whole
		}
		return false
	})
}

// resolvedIn is since when an issue was resolved, by project, for the first
// time.
func resolvedIn(t *flow.Timeline) map[projectAt]time.Time {
	out := map[projectAt]time.Time{}
	for span, st := range t.SpansOf(1<<flow.FieldResolution | 1<<flow.FieldProject) {
		project := projectAt{t.Issue.Site, st.Project.ID}
		if _, known := out[project]; !known && !st.Resolution.IsZero() {
			out[project] = span.From
		}
	}
	return out
}

// resolutions notes since when the issue's projects have used resolutions.
func (b *builder) resolutions(t *flow.Timeline) {
	here := projectAt{t.Issue.Site, t.Issue.Now.Project.ID}
	if since, ok := b.uses[here]; ok && !since.After(t.Issue.Created) && !t.Touched(1<<flow.FieldProject) {
		return // it can tell of nothing earlier
	}
	for project, from := range resolvedIn(t) {
		if since, ok := b.uses[project]; !ok || from.Before(since) {
			b.uses[project] = from
		}
	}
}
