package measure

import (
	"fmt"
	"time"
)

const (
	// minLeaves is how many issues a goal needs for a percentage to be claimed
	// (MEASURES §1).
	minLeaves = 5
	// farthest is the last day, counted from now, that a forecast names.
	farthest = 5 * 365
)

// setForecast tells the real completion, in what the goal counts, and the
// forecast, which rests on the number of issues: a goal is finished when its
// last one is, whatever that weighs.
func (l *ledger) setForecast(g *GoalStatus, at time.Time, t *tally, s *Settings) {
	x, why := l.experience, ""
	switch {
	case x == nil:
		why = "nothing has been learnt yet"
	case t.parts.Total() == 0:
		why = "no issue is in scope"
	case t.parts.Total() < minLeaves:
		why = fmt.Sprintf("%d issues are too few for a percentage: %d delivered", t.parts.Total(), t.parts.Delivered)
	}
	if why != "" {
		g.Missing["real_completion"], g.Missing["forecast"] = why, why
		return
	}
	finished := l.finished(at, t, s)
	switch {
	case finished && l.givenUp(at):
		why = "the goal was given up: its work was closed without being delivered"
	case finished && t.parts.Delivered == 0:
		why = "the goal is done, and nothing was delivered"
	}
	if why != "" {
		g.Missing["real_completion"], g.Missing["forecast"] = why, why
		return
	}
	if finished {
		// What is reported says at most 1, and so can't overstate it.
		one, none := 1.0, 0.0
		g.Real, g.RealLower, g.RealUpper, g.Overstated = &one, &one, &one, &none
		g.Missing["forecast"] = "the goal is done"
		return
	}
	situation, _ := l.situationAt(at, s)
	l.countPoints(&situation, s)
	m := x.Model(at)
	reported := situation.Naive()
	if g.Reported != nil {
		reported = *g.Reported
	}
	e := m.Estimate(&situation, "", reported)
	g.Real, g.RealLower, g.RealUpper, g.Overstated = &e.Median, &e.Lower, &e.Upper, &e.Overstated
	g.Estimate = &e
	if !t.started {
		g.Missing["forecast"] = "no work has begun"
		return
	}
	l.setFinish(g, &situation, m, s)
}

// setFinish tells when the goal will be finished, with all goals below it, and
// the odds of its targets.
func (l *ledger) setFinish(g *GoalStatus, s *Situation, m *Model, settings *Settings) {
	o := l.outset(m, s, settings)
	half, waitsFor := o.quantile(0.50)
	most, _ := o.quantile(0.85)
	g.Forecast50, g.Forecast85, g.ForecastWaitsFor = o.moment(half), o.moment(most), waitsFor
	if g.Forecast50 == nil {
		g.Missing["forecast"] = "it lies more than five years ahead"
	}
	zone := settings.Calendar.Location()
	odds := func(d *Date) *float64 {
		if d == nil {
			return nil
		}
		p := o.within(days(d.End(zone).Sub(s.At)))
		return &p
	}
	g.OnTime, g.FirstOnTime = odds(g.Target), odds(g.FirstTarget)
}

// EstimatorStatus is how well the estimator has done on the containers of work
// that have closed (MEASURES §3.4).
type EstimatorStatus struct {
	// Containers is how many have closed, Method what is in force.
	Containers int    `json:"containers"`
	Method     string `json:"method"`
	FromPrior  bool   `json:"from_prior"`
	// Errors are the methods' mean absolute errors over that of what Jira
	// shows; Coverage is the share of the truths that the 80 % interval held;
	// Skills are those of the odds to finish within so many days, against
	// the base rate. Empty while too few have closed.
	Errors   map[string]float64 `json:"errors,omitempty"`
	Coverage *float64           `json:"coverage,omitempty"`
	Skills   map[int]float64    `json:"skills,omitempty"`
	// Goals is how many goals have closed that could be told, GoalCoverage the
	// share of their truths that the interval held; nil while they are too few.
	// GoalsLearntFrom is on how many of them the model rests, too.
	Goals           int      `json:"goals"`
	GoalCoverage    *float64 `json:"goal_coverage,omitempty"`
	GoalsLearntFrom int      `json:"goals_learnt_from"`
}

// minScored is how many containers, or goals, must have closed for a score to be shown.
const minScored = 8

// status says how the model's predecessors have done up to its day.
func (m *Model) status() *EstimatorStatus {
	s := &EstimatorStatus{
		Containers: m.Containers, Method: m.champion.String(), FromPrior: m.Containers < enoughOwn,
		Goals: int(m.told.goals), GoalsLearntFrom: m.Goals,
	}
	if m.told.goals >= minScored {
		held := m.told.covered / m.told.goals
		s.GoalCoverage = &held
	}
	l := &m.losses
	if l.containers < minScored {
		return s
	}
	if jira := l.errors[byJira]; jira > 0 {
		s.Errors = map[string]float64{}
		for by := range numMethods {
			s.Errors[by.String()] = l.errors[by] / jira
		}
	}
	coverage := l.covered / l.containers
	s.Coverage = &coverage
	for k, h := range horizonDays() {
		if skill, ok := l.horizons[k].skill(); ok {
			if s.Skills == nil {
				s.Skills = map[int]float64{}
			}
			s.Skills[h] = skill
		}
	}
	return s
}
