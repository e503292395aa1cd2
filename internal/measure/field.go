package measure

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// hear notes what the fields by which goals report have said of their epics.
func (b *builder) hear(said []flow.Said) {
	for k := range said {
		one := &said[k]
		for _, p := range b.epics[issueAt{one.Site, one.ID}] {
			l := &b.ledgers[p.ledger]
			if r := l.goal.Reported; r.From == fromField && r.Field == one.Field {
				l.epics[p.index].said = one.History
			}
		}
	}
}

// spoken is what the field has said of one of the goal's own epics.
type spoken struct {
	epic   int // index into ledger.epics
	leaves int // in scope that lie below it
	last   flow.Saying
	share  float64 // what it says, 0…1, where last is known
}

// spoken folds what the field has said up to the moment. A number is a share
// of 100 where the field's name or any value of the goal's epics tells so by
// a per cent sign, or where one of them is above 1; else it is a share of 1.
func (l *ledger) spoken(at time.Time) []spoken {
	var out []spoken
	percent := saysPercent(l.goal.Reported.Field)
	for k := range l.epics {
		e := &l.epics[k]
		if e.As == "" {
			continue // a goal below reports by it, or doesn't
		}
		s := spoken{epic: k, leaves: l.leavesUnder(e.Site, e.As, at)}
		for _, h := range e.said {
			if h.At.After(at) {
				break
			}
			s.last = h
			percent = percent || h.Known && (h.Percent || h.Value > 1)
		}
		out = append(out, s)
	}
	for k := range out {
		if out[k].share = out[k].last.Value; percent {
			out[k].share /= 100
		}
	}
	return out
}

func saysPercent(field string) bool {
	name := strings.ToLower(field)
	return strings.Contains(name, "%") || strings.Contains(name, "percent")
}

// leavesUnder counts the leaves that lie below the epic and are in scope.
func (l *ledger) leavesUnder(site, epic string, at time.Time) int {
	n := 0
	for k := range l.leaves.len() {
		if l.leaves.origin(k).site != site || !l.leaves.contains(k, at) {
			continue
		}
		for _, u := range l.leaves.under(k) {
			if u.Epic == epic && u.In.Contains(at) {
				n++
				break
			}
		}
	}
	return n
}

// byField is the completion that the field reports: the mean of what it says
// of the goal's own epics, each weighed by its issues in scope, or alike where
// none of them has any (MEASURES §2.1). An epic of which it says nothing
// doesn't count. At is when the latest of them was said.
func byField(all []spoken) (share *float64, at time.Time) {
	var sum, weight, plain, n float64
	for _, s := range all {
		if !s.last.Known {
			continue
		}
		sum += s.share * float64(s.leaves)
		weight += float64(s.leaves)
		plain += s.share
		n++
		at = latest(at, s.last.At)
	}
	switch {
	case n == 0:
		return nil, at
	case weight == 0:
		sum, weight = plain, n
	}
	mean := sum / weight
	return &mean, at
}

func (l *ledger) setReportedByField(g *GoalStatus, at time.Time) {
	g.ReportedFrom, g.Reported = fromField, nil
	share, when := byField(l.spoken(at))
	if share == nil {
		g.Missing["reported_completion"] = fmt.Sprintf("the field %q says nothing of the goal's epics", l.goal.Reported.Field)
		return
	}
	delete(g.Missing, "reported_completion")
	g.Reported, g.ReportedAt = share, &when
}

// reportedByField explains the completion that the field reports.
func (x *explainer) reportedByField(byJira string) ExplainedMeasure {
	m := ExplainedMeasure{
		Formula: fmt.Sprintf("the mean of what the field %q says of the goal's own epics, each weighed by its issues in scope", x.l.goal.Reported.Field),
		Value:   percent(x.status.Reported),
	}
	if x.status.ReportedAt != nil {
		m.Inputs = append(m.Inputs, ExplainedInput{"said last on", x.dayOf(*x.status.ReportedAt)})
	}
	if byJira != "" {
		m.Inputs = append(m.Inputs, ExplainedInput{"by Jira's own epic progress", byJira})
	}
	all := x.l.spoken(x.at)
	slices.SortFunc(all, func(a, b spoken) int { return strings.Compare(x.l.epics[a.epic].As, x.l.epics[b.epic].As) })
	for _, s := range all {
		e := &x.l.epics[s.epic]
		ev := Evidence{Site: e.Site, Key: e.Key, At: s.last.At, What: fmt.Sprintf("says %s; issues in scope: %d", percent(&s.share), s.leaves)}
		if s.last.Known {
			m.Counted = append(m.Counted, ev)
			continue
		}
		ev.What = fmt.Sprintf("says nothing that is a number from 0 to 100; issues in scope: %d", s.leaves)
		m.LeftOut = append(m.LeftOut, ev)
	}
	return m
}
