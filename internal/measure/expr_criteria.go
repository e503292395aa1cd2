package measure

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// StopCriterion is a declared condition under which the goal should be
// questioned, and whether it is met.
type StopCriterion struct {
	ID   string `json:"id"`
	When string `json:"when"` // the condition in its canonical form
	// Met is nil where that is not known; Why says why.
	Met *bool  `json:"met"`
	Why string `json:"why,omitempty"`
}

// MetCriteria returns the criteria that are met.
func (g *GoalStatus) MetCriteria() []StopCriterion {
	var out []StopCriterion
	for _, c := range g.StopCriteria {
		if c.Met != nil && *c.Met {
			out = append(out, c)
		}
	}
	return out
}

// criterion is a criterion ready to be judged. A goal's criteria were parsed
// when its file was read; one that can't be parsed here is never met.
type criterion struct {
	goal.StopCriterion
	expr *Expr
	err  error
}

func criteria(g *goal.Goal) []criterion {
	ids := make([]string, len(g.Outcomes))
	for k := range g.Outcomes {
		ids[k] = g.Outcomes[k].ID
	}
	names := ExprNames(ids...)
	var out []criterion
	for _, s := range g.StopWhen {
		c := criterion{StopCriterion: s}
		c.expr, c.err = ParseExpr(s.When, names)
		out = append(out, c)
	}
	return out
}

// setCriteria judges the goal's stop criteria. g holds the other figures as of
// the moment.
func (h *History) setCriteria(k int, g *GoalStatus, at time.Time) {
	l, s := &h.ledgers[k], &h.settings
	if len(l.criteria) == 0 {
		return
	}
	lookup := h.lookup(k, g, at)
	for k := range l.criteria {
		g.StopCriteria = append(g.StopCriteria, l.criteria[k].judge(at, s, lookup))
	}
}

func (c *criterion) judge(at time.Time, s *Settings, lookup Lookup) StopCriterion {
	out := StopCriterion{ID: c.ID, When: c.When}
	if c.err != nil {
		out.Why = "it cannot be read: " + c.err.Error()
		return out
	}
	out.When = c.expr.String()
	v := c.expr.Eval(at, s.Calendar.Location(), lookup)
	if out.Why = v.Why; !v.Unknown {
		out.Met = &v.Met
	}
	return out
}

// lookup returns the goal's figures as of any moment up to at. Those of a
// moment are made once, however many conditions ask for them; those of past
// days once for as long as the history stands, however often it is asked, but
// for those that are withheld until the sites are read again.
func (h *History) lookup(k int, now *GoalStatus, at time.Time) Lookup {
	l, s := &h.ledgers[k], &h.settings
	zone := s.Calendar.Location()
	known := map[time.Time]*GoalStatus{at: now}
	return func(name string, when time.Time) Figure {
		past := when.Before(at) && when.Equal(flow.DateOf(when.In(zone)).Start(zone)) && !l.isStale(when, s)
		if past {
			if f, ok := l.past.get(pastFigure{name, when.UnixMilli()}); ok {
				return f
			}
		}
		g, ok := known[when]
		if !ok {
			made, _ := l.figures(when, s)
			g = &made
			known[when] = g
		}
		if g.Finished == nil && ofWork(name) {
			w := l.load(when)
			l.setWork(g, when, &w, s)
			h.concentrateOne(k, g, l.crowd(when, &w, s), when)
		}
		if g.Evidence == nil && name == evidenceFigure {
			l.setEvidence(g, when, h.work.shares(when), s)
		}
		f := g.figure(name, when, zone)
		if past && name != "concentration" && name != evidenceFigure { // which other goals and syncs can change
			l.past.keep(pastFigure{name, when.UnixMilli()}, f)
		}
		return f
	}
}

// ofWork tells of a figure whether it is made from the goal's open and finished
// work, which takes longer to go through than the rest.
func ofWork(name string) bool {
	switch name {
	case "reopened", "unowned", "blocked_issues", "flow_efficiency", "concentration":
		return true
	}
	return false
}

// pastFigure names a figure as of the beginning of a day, in ms since 1970.
type pastFigure struct {
	name string
	when int64
}

// maxPast bounds the figures of past days that are kept of a goal: four
// conditions that look back for a year, with a figure or two each.
const maxPast = 4096

// pastFigures are figures of past days. A history is immutable, and so are
// they; nil keeps none.
type pastFigures struct {
	mu  sync.Mutex
	all map[pastFigure]Figure
}

func (p *pastFigures) get(k pastFigure) (Figure, bool) {
	if p == nil {
		return Figure{}, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	f, ok := p.all[k]
	return f, ok
}

func (p *pastFigures) keep(k pastFigure, f Figure) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	makeRoom(p.all, maxPast)
	p.all[k] = f
}

// stopCriteria explains the criteria: each, and the figures that it asks for.
func (x *explainer) stopCriteria() ExplainedMeasure {
	if len(x.l.criteria) == 0 {
		return ExplainedMeasure{Value: "none declared"}
	}
	var m ExplainedMeasure
	var met []string
	for _, c := range x.status.StopCriteria {
		says := "not met"
		switch {
		case c.Met == nil:
			says = "unknown: " + c.Why
		case *c.Met:
			says = "met"
			met = append(met, c.ID)
		}
		m.Inputs = append(m.Inputs, ExplainedInput{c.ID, fmt.Sprintf("%s: %s", c.When, says)})
	}
	m.Inputs = append(m.Inputs, x.criteriaFigures()...)
	m.Value = "none met"
	if len(met) > 0 {
		m.Value = "met: " + strings.Join(met, ", ")
	}
	return m
}

// criteriaFigures are the figures that the criteria ask for, as they are now.
func (x *explainer) criteriaFigures() []ExplainedInput {
	var out []ExplainedInput
	seen := map[string]bool{}
	units := ExprNames()
	for k := range x.l.criteria {
		if x.l.criteria[k].expr == nil {
			continue
		}
		for _, name := range x.l.criteria[k].expr.Names() {
			if seen[name] {
				continue
			}
			seen[name] = true
			f := x.status.figure(name, x.at, x.s.Calendar.Location())
			out = append(out, ExplainedInput{name, f.text(units[name], x.s.Calendar.Location())})
		}
	}
	return out
}

// text writes a figure for people.
func (f Figure) text(u Unit, zone *time.Location) string {
	switch {
	case f.Why != "":
		return "unknown: " + f.Why
	case u == Share:
		return percent(&f.Value)
	case u == Duration:
		return fmt.Sprintf("%.1f d", f.Value/day.Seconds())
	case u == Day:
		return flow.DateOf(time.Unix(int64(f.Value), 0).In(zone)).String()
	case u == Truth && f.Value != 0:
		return "true"
	case u == Truth:
		return "false"
	}
	return fmt.Sprintf("%g", f.Value)
}
