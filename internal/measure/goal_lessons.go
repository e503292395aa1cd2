package measure

import (
	"math"
	"slices"
	"time"
)

// What closed goals teach, and how well goals were told (MEASURES §2.21).
//
// Containers are told by models that rest on containers alone, whatever goals
// are declared, and so are their scores. Goals are told by the same models
// while fewer than enoughGoals of them have closed. From then on they are told
// by models of their own, fitted on the containers and on the closed goals, to
// which goals weigh as their own class. How far intervals are stretched and
// which methods are in force is learnt from containers in both, of which there
// are many more, and none of which is counted twice.
//
// A goal's work is that of its containers, so that the same work could teach
// twice:
//
//   - A goal that maps one epic is that epic over again. Among the closed, it
//     takes the epic's place: the work teaches once, with the weight of one
//     container, as a goal's. Of several goals with the same work one teaches.
//     So, too, the eight are eight pieces of work. What its interval missed has
//     stretched those of all containers already, and does not stretch goals'
//     once more.
//   - A goal of several containers is another thing than each of them: larger,
//     longer, and finished with the last. It teaches beside them. But what it
//     tells of the goals to come is told by residuals, and a goal's residual
//     would be flattered by its own containers among what it is told by. So
//     what is kin is left out together, where each is told by the others.
//   - Nothing is known of an end before it has come and its grace is over, be
//     it a goal's or that of one of its containers. What one of a goal's epics
//     taught when it was closed may tell the goal that goes on, as it may any
//     other; a goal and its twin close together, and neither tells the other.
//     Where they were opened again, what was told while the goal had been
//     learnt from as closed is not scored.
//   - Goals that share work, such as one and the goal above it, are drawn
//     together where scores are given a range.

const (
	// enoughGoals is from how many closed goals on they are learnt from.
	enoughGoals = 8
	// maxGoals bounds the goals that a model is fitted on, beside the
	// containers: those that closed last.
	maxGoals = 40
)

// goalsTold is how well the goals were told that had closed by some month, each
// counting as one.
type goalsTold struct {
	goals   float64
	covered float64 // sum of the shares of their truths that the interval held
}

// goalLessons are goals on their way through a replay.
type goalLessons struct {
	models []*Model // by month, by which goals are told
	tracks []*track
	// ends is how each goal had ended, by month; nil where it was not known to
	// have, or nothing is to be learnt from it.
	ends  [][]*veteran
	units map[*Container]int // the containers and then the goals, by number
	kinship
}

// learnGoals makes the models by which goals are told, once those of the
// containers are made, and scores what they told.
func (r *replaying) learnGoals() {
	g := &r.goals
	for k := range r.Goals {
		t := newTrack(&r.Goals[k])
		if at, ok := t.first(); ok && at.Before(t.known) {
			r.beginBy(at)
			g.tracks = append(g.tracks, t)
		}
	}
	g.models = r.models
	if len(g.tracks) == 0 {
		return
	}
	g.ends = make([][]*veteran, len(g.tracks))
	eachOf(len(g.tracks), func(k int) {
		for _, m := range r.models {
			g.ends[k] = append(g.ends[k], g.tracks[k].pastAt(m.AsOf, &r.Settings))
		}
		g.tracks[k].forget()
	})
	if !r.keep && !slices.ContainsFunc(g.ends, func(ends []*veteran) bool { return slices.ContainsFunc(ends, hasEnded) }) {
		return // no goal has closed: there is nothing to learn, and nothing to score
	}
	r.relateGoals()
	g.models = r.fitGoals()
	r.scoreGoals()
}

func hasEnded(p *veteran) bool { return p != nil }

// beginBy makes models for the months from the one of a moment on, up to the
// first that there is: nothing had been learnt by then.
func (r *replaying) beginBy(at time.Time) {
	month := monthOf(at)
	if !month.Before(r.models[0].AsOf) {
		return
	}
	var before []*Model
	cold := fit(nil, nil, r.prior, month)
	for ; month.Before(r.models[0].AsOf); month = month.AddDate(0, 1, 0) {
		m := *cold
		m.AsOf = month
		before = append(before, &m)
	}
	r.models = append(before, r.models...)
}

// relateGoals finds out what is the work of what.
func (r *replaying) relateGoals() {
	g := &r.goals
	var all []*Container
	g.units = map[*Container]int{}
	for _, tracks := range [][]*track{r.tracks, g.tracks} {
		for _, t := range tracks {
			g.units[t.Container] = len(all)
			all = append(all, t.Container)
		}
	}
	g.kinship = kinships(all, len(r.tracks))
}

// fitGoals fits the models by which goals are told: those of the containers, up
// to the month from which on goals are learnt from.
func (r *replaying) fitGoals() []*Model {
	out := slices.Clone(r.models)
	var last *lesson
	for from := 0; from < len(out); from += monthsAtOnce {
		lot := out[from:min(from+monthsAtOnce, len(out))]
		all := make([]*lesson, len(lot))
		for k := range lot {
			if all[k] = r.lessonOf(from + k); all[k] != nil {
				all[k].before = last
			}
			last = all[k]
		}
		eachOf(len(lot), func(k int) {
			if x := all[k]; x != nil && !x.repeats() {
				x.fitted = fitKindred(x.closed, x.kin, x.containers, r.prior)
			}
		})
		for k, x := range all {
			if x != nil && x.repeats() {
				x.fitted = x.before.fitted
			}
			if k > 0 && all[k-1] != nil {
				all[k-1].before = nil
			}
		}
		eachOf(len(lot), func(k int) {
			if all[k] != nil {
				lot[k] = all[k].model(lot[k], r.prior)
			}
		})
	}
	return out
}

// lesson is what a model of a month is fitted on by which goals are told.
type lesson struct {
	closed, open      []veteran
	kin               [][]int // of the closed
	containers, goals int     // so many are closed
	fitted            *Model
	before            *lesson // the month's before, until both are fitted
}

// repeats reports whether what has closed is what had in the month before.
func (x *lesson) repeats() bool {
	return x.before != nil && slices.EqualFunc(x.closed, x.before.closed, sameEnd)
}

// lessonOf returns what can be learnt from as of a month; nil while too few
// goals have closed.
func (r *replaying) lessonOf(month int) *lesson {
	g, at := &r.goals, r.models[month].AsOf
	taught := g.distinct(len(g.tracks), func(k int) (veteran, bool) {
		if p := g.ends[k][month]; p != nil {
			return *p, true
		}
		return veteran{}, false
	})
	if len(taught) < enoughGoals {
		return nil
	}
	slices.SortStableFunc(taught, func(a, b veteran) int { return a.end.At.Compare(b.end.At) })
	taught = taught[max(0, len(taught)-maxGoals):]
	open := g.distinct(maxGoals, func(k int) (veteran, bool) { return g.tracks[k].stillOpen(at, &r.Settings) })
	closed, others := r.recent(at)
	x := lesson{containers: len(closed), goals: len(taught)}
	x.closed, x.open = append(g.without(closed, taught), taught...), append(g.without(others, open), open...)
	x.kin = g.among(x.closed)
	return &x
}

// distinct returns the last of the goals that are such, at most so many, and of
// several with the same work one.
func (g *goalLessons) distinct(most int, such func(k int) (veteran, bool)) []veteran {
	var out []veteran
	taken := map[int]bool{}
	for k := len(g.tracks) - 1; k >= 0 && len(out) < most; k-- {
		unit := g.units[g.tracks[k].Container]
		if slices.ContainsFunc(g.same[unit], func(o int) bool { return taken[o] }) {
			continue
		}
		if p, ok := such(k); ok {
			taken[unit] = true
			out = append(out, p)
		}
	}
	slices.Reverse(out)
	return out
}

// without returns the containers whose work is not that of one of the goals.
func (g *goalLessons) without(containers, goals []veteran) []veteran {
	taken := map[int]bool{}
	for k := range goals {
		for _, o := range g.same[g.units[goals[k].Container]] {
			taken[o] = true
		}
	}
	return slices.DeleteFunc(containers, func(p veteran) bool { return taken[g.units[p.Container]] })
}

// among returns, for each of some, which of them are its kin.
func (g *goalLessons) among(some []veteran) [][]int {
	at := map[int]int{}
	for k := range some {
		at[g.units[some[k].Container]] = k
	}
	out := make([][]int, len(some))
	for k := range some {
		for _, o := range g.kin[g.units[some[k].Container]] {
			if n, ok := at[o]; ok {
				out[k] = append(out[k], n)
			}
		}
	}
	return out
}

// model is that of a month, in which that of the containers is in force.
func (x *lesson) model(of *Model, prior *Prior) *Model {
	m := *x.fitted
	m.AsOf, m.Goals = of.AsOf, x.goals
	m.stretch, m.champion, m.losses, m.mix = of.stretch, of.champion, of.losses, of.mix
	m.finish = map[Kind]*finishModel{KindGoal: fitFinish(x.closed, x.open, KindGoal, prior, m.AsOf)}
	return &m
}

// scoreGoals takes in, month by month, how well the goals were told that are
// known to have closed since the month before, and puts the model by which goals
// are told in force.
func (r *replaying) scoreGoals() {
	g := &r.goals
	settled := make([][]int, len(g.models))
	for k := range g.ends {
		if month := slices.IndexFunc(g.ends[k], hasEnded); month >= 0 {
			settled[month] = append(settled[month], k)
		}
	}
	wider, sum := 1.0, goalsTold{}
	for month, of := range g.models {
		held := make([]*float64, len(settled[month]))
		eachOf(len(held), func(k int) { held[k] = r.heldOf(settled[month][k], month) })
		for k, share := range held {
			if share == nil {
				continue
			}
			sum.goals++
			sum.covered += *share
			if !g.twin(settled[month][k], r) {
				wider = max(minStretch, wider*math.Exp(adaptRate*(1-*share-2*tail)))
			}
		}
		m := *of
		m.told, m.stretch = sum, max(minStretch, wider*of.stretch)
		g.models[month] = &m
	}
}

// heldOf is the share of a goal's truths that the interval held which was told
// before the month; nil where none was.
func (r *replaying) heldOf(goal, month int) *float64 {
	t, end := r.goals.tracks[goal], &r.goals.ends[goal][month].end
	defer t.forget()
	cases := r.unlearnt(goal, t.cases(t.before(end.At), end))
	if len(cases) == 0 {
		return nil
	}
	held := 0.0
	for k := range cases {
		c := &cases[k]
		told := r.goals.models[r.nthMonth(c.At)].predicted(&c.Situation, t.Set, c.Naive())
		if told.holds(c.Truth) {
			held++
		}
	}
	held /= float64(len(cases))
	return &held
}

// twin reports whether a goal is one of the containers over again.
func (g *goalLessons) twin(goal int, r *replaying) bool {
	return slices.ContainsFunc(g.same[g.units[g.tracks[goal].Container]], func(o int) bool { return o < len(r.tracks) })
}

// unlearnt returns those of a goal's cases in whose month the goal had not been
// learnt from.
func (r *replaying) unlearnt(goal int, cases []Case) []Case {
	return slices.DeleteFunc(cases, func(c Case) bool { return r.goals.ends[goal][r.nthMonth(c.At)] != nil })
}

// goalLives puts what was told of goals beside what came of them.
func (r *replaying) goalLives() []Life {
	g := &r.goals
	out := make([]Life, len(g.tracks))
	eachOf(len(out), func(k int) {
		out[k] = r.life(g.tracks[k], g.models)
		out[k].Told = slices.DeleteFunc(out[k].Told, func(t Told) bool { return g.ends[k][r.nthMonth(t.At)] != nil })
	})
	if len(out) > 0 {
		for k, family := range g.families(len(r.tracks)) {
			out[k].family = family + 1
		}
	}
	return out
}
