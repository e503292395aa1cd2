package jirasim

import (
	"bytes"
	"fmt"
	"strings"
)

// goals writes the goals files as the teams' managers would.
func (s *tale) goals() map[string][]byte {
	buffers := make(map[string]*bytes.Buffer)
	for _, g := range companyGoals() {
		name := g.file + ".yaml"
		if buffers[name] == nil {
			buffers[name] = bytes.NewBufferString("goals:\n")
		} else {
			buffers[name].WriteString("\n")
		}
		s.writeGoal(buffers[name], g)
	}
	files := make(map[string][]byte, len(buffers))
	for name, b := range buffers {
		files[name] = b.Bytes()
	}
	return files
}

func (s *tale) writeGoal(b *bytes.Buffer, g goalPlan) {
	line := func(format string, args ...any) { fmt.Fprintf(b, "    "+format+"\n", args...) }
	fmt.Fprintf(b, "  - id: %s\n", g.id)
	line("name: %s", g.name)
	line("owner: %s", g.owner)
	if g.parent != "" {
		line("parent: %s", g.parent)
	}
	if g.weight != 0 {
		line("weight: %d", g.weight)
	}
	if g.starts != 0 {
		line("start: %s", s.almanac.date(weekStart(g.starts)))
	}
	if n := len(g.targets); n > 0 {
		line("target: %s", s.almanac.date(g.targets[n-1].day()))
	}
	if len(g.targets) > 1 {
		line("targets:")
		for _, p := range g.targets {
			why := ""
			if p.why != "" {
				why = fmt.Sprintf(", why: %q", p.why)
			}
			line("  - {date: %s, said: %s%s}", s.almanac.date(p.day()), s.almanac.date(p.saidAt()), why)
		}
	}
	if work := s.selectors(g); len(work) > 0 {
		line("work:")
		for _, w := range work {
			line("  %s", w)
		}
	}
	s.writeDecisions(line, g)
	if g.stall != "" {
		line("stall: {after: %s}", g.stall)
	}
}

// writeDecisions writes the decisions that the goal declares, and how long
// one may take.
func (s *tale) writeDecisions(line func(format string, args ...any), g goalPlan) {
	if len(g.decisions) > 0 {
		line("decisions:")
	}
	day := func(week int) string { return s.almanac.date(weekStart(week) + 2*oneDay) }
	for _, p := range g.decisions {
		asked := day(p.asked)
		text := "{id: " + p.id
		if p.class != "" {
			text += ", class: " + p.class
		}
		if t := s.asking(p.question); t != nil {
			asked = s.almanac.date(t.born)
			text += ", issue: " + t.key
		}
		text += ", asked: " + asked
		if p.by != 0 {
			text += ", decide_by: " + day(p.by)
		}
		if p.authority != "" {
			text += ", authority: " + p.authority
		}
		if p.decided != 0 {
			text += ", decided: " + day(p.decided)
		}
		if p.outcome != "" {
			text += fmt.Sprintf(", outcome: %q", p.outcome)
		}
		line("  - %s}", text)
	}
	if g.decideWithin != "" {
		line("decide_within: %s", g.decideWithin)
	}
}

// asking returns the ticket that asks the question; nil for none.
func (s *tale) asking(question string) *ticket {
	for _, t := range s.tickets {
		if question != "" && t.summary == question && t.initial.one[traitType] == typeDecision {
			return t
		}
	}
	return nil
}

// selectors returns the lines that say which work is the goal's.
func (s *tale) selectors(g goalPlan) []string {
	var lines []string
	epics := s.epicsOf(g.id)
	if len(epics) > 0 {
		lines = append(lines, "epics: ["+keysOf(epics)+"]")
	}
	list := func(key string, names []inRealm) {
		if len(names) == 0 {
			return
		}
		parts := make([]string, len(names))
		for i, n := range names {
			parts[i] = fmt.Sprintf("{project: %s, name: %q}", n.realm, n.name)
		}
		lines = append(lines, key+": ["+strings.Join(parts, ", ")+"]")
	}
	list("fix_versions", g.versions)
	list("labels", g.labels)
	if g.excludes > 0 {
		lines = append(lines, "exclude: ["+keysOf(s.leaves[epics[0]][:g.excludes])+"]")
	}
	return lines
}

func keysOf(tickets []*ticket) string {
	names := make([]string, len(tickets))
	for i, t := range tickets {
		names[i] = t.key
	}
	return strings.Join(names, ", ")
}
