package measure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Backtest is how well the estimator does on containers that have ended.
type Backtest struct {
	Until time.Time `json:"until"`
	// Containers is how many were found, Ended how many of them can be scored.
	Containers int `json:"containers"`
	Ended      int `json:"ended"`
	// Goals and GoalsEnded are the same of goals, which no other figure of the
	// pool counts: their work is that of containers once more. GoalsLearntFrom is
	// how many of them the last model was fitted on, 0 while too few had closed.
	Goals           int `json:"goals"`
	GoalsEnded      int `json:"goals_ended"`
	GoalsLearntFrom int `json:"goals_learnt_from"`
	// Prior says where the prior comes from.
	Prior  []string `json:"prior"`
	Scores []Scores `json:"scores"` // the first is of all containers
	// Champion is the method in force at the end.
	Champion string `json:"champion"`
	// Lines are the snapshots behind the scores, by container and time.
	Lines []BacktestLine `json:"lines,omitempty"`
}

// BacktestLine is one snapshot of a container that has ended: what was told of
// it then, and what came.
type BacktestLine struct {
	Container string     `json:"container"`
	Kind      Kind       `json:"kind"`
	Project   string     `json:"project"`
	At        time.Time  `json:"at"`
	Naive     float64    `json:"naive"`
	Lower     float64    `json:"lower"`
	Median    float64    `json:"median"`
	Upper     float64    `json:"upper"`
	Truth     *float64   `json:"truth"`
	Finished  *time.Time `json:"finished"` // null: not by the end of the history
	Finish14  float64    `json:"p_finish_14d"`
	Finish30  float64    `json:"p_finish_30d"`
	Finish60  float64    `json:"p_finish_60d"`
	Finish90  float64    `json:"p_finish_90d"`
	Over      float64    `json:"p_overstated"`
}

// minClass is how many containers a class must have to be shown by itself.
const minClass = 5

// Backtest scores the replay: of all containers, by kind, by project, by
// whether much or little was known then, and by half; and apart from all of
// these, of goals. open asks for lines of what is still open too.
func (r *Replay) Backtest(prior *Prior, open bool) *Backtest {
	b := &Backtest{Until: r.Until, Containers: len(r.Lives), Prior: prior.Source, Champion: byRegression.String()}
	if n := len(r.Models); n > 0 {
		b.Champion = r.Models[n-1].champion.String()
	}
	everyone := func(*Life) bool { return true }
	b.Scores = append(b.Scores, r.Score("all", everyone))
	b.Ended = b.Scores[0].Containers
	classes := map[string]func(*Life) bool{}
	for k := range r.Lives {
		l := &r.Lives[k]
		classes["kind "+string(l.Kind)] = func(o *Life) bool { return o.Kind == l.Kind }
		classes["class "+l.Set+" "+string(l.Kind)] = func(o *Life) bool { return o.Set == l.Set && o.Kind == l.Kind }
		classes["project "+l.Project] = func(o *Life) bool { return o.Project == l.Project }
	}
	for _, name := range sorted(classes) {
		if s := r.Score(name, classes[name]); s.Containers >= minClass {
			b.Scores = append(b.Scores, s)
		}
	}
	if s := b.scoreGoals(r); s.Containers > 0 {
		b.Scores = append(b.Scores, s)
		slices.SortFunc(b.Scores[1:], func(a, b Scores) int { return strings.Compare(a.Group, b.Group) })
	}
	b.addConditions(r, everyone)
	b.Lines = r.lines(open)
	return b
}

// scoreGoals scores the goals, a class of their own however few there are.
func (b *Backtest) scoreGoals(r *Replay) Scores {
	goals := Replay{Lives: r.Goals}
	s := goals.Score("kind "+string(KindGoal), func(*Life) bool { return true })
	b.Goals, b.GoalsEnded = len(r.Goals), s.Containers
	if n := len(r.ofGoals); n > 0 {
		b.GoalsLearntFrom = r.ofGoals[n-1].Goals
	}
	return s
}

// addConditions scores by when, and by what was known then.
func (b *Backtest) addConditions(r *Replay, everyone func(*Life) bool) {
	if middle, ok := r.median(); ok {
		b.Scores = append(b.Scores,
			r.Score("earlier half", func(l *Life) bool { return l.End != nil && l.End.At.Before(middle) }),
			r.Score("later half", func(l *Life) bool { return l.End != nil && !l.End.At.Before(middle) }))
	}
	cold := r.only(func(t *Told) bool { return t.Cold })
	warm := r.only(func(t *Told) bool { return !t.Cold })
	unfinished := r.only(func(t *Told) bool { return t.Finish.After(t.At) })
	b.Scores = append(b.Scores, cold.Score("cold start", everyone), warm.Score("with own history", everyone),
		unfinished.Score("before the finish", everyone),
		r.only((*Told).slow).Score(fmt.Sprintf("needs %d weeks or more", slowWeeks), everyone),
		r.Score(fmt.Sprintf("%d or more delivered", largeFinal), func(l *Life) bool { return l.End != nil && len(l.End.Final) >= largeFinal }))
	for _, days := range otherGraces() {
		b.Scores = append(b.Scores, r.graced(time.Duration(days)*day).Score(fmt.Sprintf("grace of %d d", days), everyone))
	}
}

// largeFinal is from how many delivered leaves on a container is scored among
// the large ones (MEASURES §3.4).
const largeFinal = 8

// otherGraces are the graces, in days, that the truth is told by beside the one
// in force, which is 30 (MEASURES §3.4).
func otherGraces() []int { return []int{14, 90} }

// graced returns what was told beside what came by another grace. What was told
// stays: the grace by which it had been learnt is that in force.
func (r *Replay) graced(grace time.Duration) *Replay {
	out := &Replay{Models: r.Models, Until: r.Until, settings: r.settings, cold: r.cold}
	s := r.settings
	s.Thresholds.Grace = grace
	for _, l := range r.Lives {
		if l.End == nil {
			continue
		}
		end, ok := l.closing(r.Until, &s)
		if !ok {
			continue
		}
		told := slices.Clone(l.Told)
		for k := range told {
			t := &told[k]
			t.Truth, t.Finish, t.final = l.truth(&end, t.At), end.Finished, len(end.Final)
			t.CRPS, t.CRPSDelivered, t.place = r.ofContainers(t.At).crps(&t.Situation, l.Set, t.Truth)
		}
		l.End, l.Told = &end, told
		out.Lives = append(out.Lives, l)
	}
	return out
}

func sorted[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// median is when half of the containers had ended.
func (r *Replay) median() (time.Time, bool) {
	var ends []time.Time
	for k := range r.Lives {
		if r.Lives[k].End != nil && len(r.Lives[k].Told) > 0 {
			ends = append(ends, r.Lives[k].End.At)
		}
	}
	if len(ends) < 2*minClass {
		return time.Time{}, false
	}
	slices.SortFunc(ends, time.Time.Compare)
	return ends[len(ends)/2], true
}

// only returns the replay with some of the snapshots.
func (r *Replay) only(keep func(*Told) bool) *Replay {
	out := &Replay{Models: r.Models, Until: r.Until}
	for _, l := range r.Lives {
		var told []Told
		for k := range l.Told {
			if keep(&l.Told[k]) {
				told = append(told, l.Told[k])
			}
		}
		l.Told = told
		out.Lives = append(out.Lives, l)
	}
	return out
}

func (r *Replay) lines(open bool) []BacktestLine {
	var out []BacktestLine
	for _, l := range append(pointersTo(r.Lives), pointersTo(r.Goals)...) {
		if l.End == nil && (!open || !l.Open) {
			continue
		}
		for i := range l.Told {
			t := &l.Told[i]
			e := &t.Estimate
			line := BacktestLine{
				Container: l.Name, Kind: l.Kind, Project: l.Project, At: t.At,
				Naive: t.Naive(), Lower: e.Lower, Median: e.Median, Upper: e.Upper, Over: e.Overstated,
				Finish14: t.Within[0], Finish30: t.Within[1], Finish60: t.Within[2], Finish90: t.Within[3],
			}
			if l.End != nil {
				line.Truth, line.Finished = &t.Truth, &t.Finish
			}
			out = append(out, line)
		}
	}
	slices.SortStableFunc(out, func(a, b BacktestLine) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Container, b.Container), a.At.Compare(b.At))
	})
	return out
}

func pointersTo[T any](all []T) []*T {
	out := make([]*T, len(all))
	for k := range all {
		out[k] = &all[k]
	}
	return out
}
