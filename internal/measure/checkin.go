package measure

import (
	"slices"
	"time"

	"plumbline/internal/goal"
)

// The sources of what is reported, as the goals file names them.
const (
	fromJira     = goal.ReportedByJira
	fromField    = goal.ReportedByField
	fromCheckIns = goal.ReportedByCheckIns
)

// said is what the owner has said of a goal by a moment. A check-in stands
// from the first instant of its day until a later one says otherwise; what one
// does not speak of stands as it was said before.
type said struct {
	history    []goal.CheckIn // in order
	completion *goal.CheckIn  // the last that gives a completion; nil for none
	health     *goal.CheckIn  // the last that gives a health; nil for none
}

// saidBy folds the check-ins up to the moment; of two of one day the one
// written later is the later one.
func saidBy(checkIns []goal.CheckIn, at time.Time, zone *time.Location) said {
	var s said
	for k := range checkIns {
		if !checkIns[k].Date.Start(zone).After(at) {
			s.history = append(s.history, checkIns[k])
		}
	}
	slices.SortStableFunc(s.history, func(a, b goal.CheckIn) int { return a.Date.Sub(b.Date) })
	for k := range s.history {
		c := &s.history[k]
		if c.Completion != nil {
			s.completion = c
		}
		if c.Health != "" {
			s.health = c
		}
	}
	return s
}

// setReported replaces Jira's completion by the check-in's where that is what
// the goal reports (MEASURES §2.1), and adds what was said of its health.
func (l *ledger) setReported(g *GoalStatus, at time.Time, s *Settings) {
	zone := s.Calendar.Location()
	said := saidBy(l.goal.CheckIns, at, zone)
	if n := len(said.history); n > 0 {
		last := said.history[n-1].Date.Start(zone)
		g.LastCheckIn = &last
	}
	switch l.goal.Reported.From {
	case fromCheckIns:
	case fromField:
		l.setReportedByField(g, at)
		return
	default:
		g.ReportedFrom = fromJira
		return
	}
	g.ReportedFrom, g.Reported = fromCheckIns, nil
	if said.completion == nil {
		g.Missing["reported_completion"] = "no check-in has given a completion yet"
		return
	}
	delete(g.Missing, "reported_completion")
	when, share := said.completion.Date.Start(zone), *said.completion.Completion
	g.Reported, g.ReportedAt = &share, &when
}

// claim is the completion that people report, by check-in or field, as of the
// moment; nil where the goal reports what Jira shows, or nobody has said any yet.
func (l *ledger) claim(at time.Time, s *Settings) *float64 {
	switch l.goal.Reported.From {
	case fromCheckIns:
		if said := saidBy(l.goal.CheckIns, at, s.Calendar.Location()); said.completion != nil {
			return said.completion.Completion
		}
	case fromField:
		share, _ := byField(l.spoken(at))
		return share
	}
	return nil
}

// setReportedHealth says how the goal is reported to stand (MEASURES §2.20):
// as the last check-in that speaks of it says; where none does, by the
// reported completion against the share of the time between start and target
// that is over. The start is the declared one, or else the commitment; the
// time ends with the target's day.
func (l *ledger) setReportedHealth(g *GoalStatus, at time.Time, s *Settings) {
	if said := saidBy(l.goal.CheckIns, at, s.Calendar.Location()); said.health != nil {
		g.ReportedHealth = Health(said.health.Health)
		return
	}
	var why string
	if g.ReportedHealth, why = l.healthByTime(g, at, s); why != "" {
		g.Missing["reported_health"] = why
	}
}

func (l *ledger) healthByTime(g *GoalStatus, at time.Time, s *Settings) (health Health, why string) {
	if g.Reported == nil {
		return "", "no check-in says one, and " + g.Missing["reported_completion"]
	}
	if *g.Reported >= 1 {
		return Finished, ""
	}
	start, begun := l.start(g, s)
	if *g.Reported == 0 && (!begun || at.Before(start)) {
		return NotStarted, ""
	}
	if g.Target == nil {
		return "", "no check-in says one, and without a target there is no time to hold the completion against"
	}
	end := g.Target.End(s.Calendar.Location())
	switch {
	case !at.Before(end):
		return OffTrack, ""
	case !begun:
		return "", "no check-in says one, and no work has begun"
	}
	switch behind := elapsed(start, end, at) - *g.Reported; {
	case behind > s.Thresholds.ReportedOffTrack:
		return OffTrack, ""
	case behind > s.Thresholds.ReportedAtRisk:
		return AtRisk, ""
	}
	return OnTrack, ""
}

// start is the goal's declared start, or else its commitment.
func (l *ledger) start(g *GoalStatus, s *Settings) (time.Time, bool) {
	switch {
	case !l.goal.Start.IsZero():
		return l.goal.Start.Start(s.Calendar.Location()), true
	case g.CommittedAt != nil:
		return *g.CommittedAt, true
	}
	return time.Time{}, false
}

// elapsed is the share of the time from start to end that is over at a moment
// before the end, 0…1.
func elapsed(start, end, at time.Time) float64 {
	if !at.After(start) {
		return 0
	}
	return at.Sub(start).Seconds() / end.Sub(start).Seconds()
}
