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
	// goalsAsked is how many of the last are asked whether their work is another's
	// before that.
	goalsAsked = 2 * maxGoals
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
	ends [][]*veteran
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
	g.models = slices.Clone(r.models)
	g.ends = make([][]*veteran, len(g.tracks))
	eachOf(len(g.tracks), func(k int) {
		for _, m := range r.models {
			g.ends[k] = append(g.ends[k], g.tracks[k].pastAt(m.AsOf, &r.Settings))
		}
		g.tracks[k].forget()
	})
	for from := 0; from < len(g.models); from += monthsAtOnce {
		r.fitGoals(from, min(from+monthsAtOnce, len(g.models)))
	}
	r.scoreGoals()
}

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

// fitGoals fits the models of some months by which goals are told. Where too few
// have closed, that of the containers stays.
func (r *replaying) fitGoals(from, to int) {
	models := r.goals.models[from:to]
	all := make([]*lesson, len(models))
	for k := range models {
		all[k] = r.lessonOf(from + k)
	}
	eachOf(len(models), func(k int) {
		if x := all[k]; x != nil && x.join() {
			models[k] = x.model(models[k], r.prior)
		}
	})
}

// lesson is what a model of a month is fitted on by which goals are told.
type lesson struct {
	at                     time.Time
	closed, open           []veteran // the containers, then the goals
	firstClosed, firstOpen int       // of the goals
	kin                    [][]int   // of the closed
	containers, goals      int       // so many are closed
}

// lessonOf gathers what may be learnt from as of a month; nil while too few
// goals have closed.
func (r *replaying) lessonOf(month int) *lesson {
	g, at := &r.goals, r.models[month].AsOf
	var ended, open []veteran
	for k := range g.ends {
		if p := g.ends[k][month]; p != nil {
			ended = append(ended, *p)
		}
	}
	if len(ended) < enoughGoals {
		return nil
	}
	slices.SortStableFunc(ended, func(a, b veteran) int { return a.end.At.Compare(b.end.At) })
	for k := len(g.tracks) - 1; k >= 0 && len(open) < goalsAsked; k-- {
		if p, ok := g.tracks[k].stillOpen(at, &r.Settings); ok {
			open = append(open, p)
		}
	}
	slices.Reverse(open)
	x := &lesson{at: at}
	x.closed, x.open = r.recent(at)
	x.containers, x.firstClosed, x.firstOpen = len(x.closed), len(x.closed), len(x.open)
	x.closed, x.open = append(x.closed, ended[max(0, len(ended)-goalsAsked):]...), append(x.open, open...)
	return x
}

// join has each piece of work teach once; false where too few goals are left.
func (x *lesson) join() bool {
	x.closed, x.kin, x.goals = onceEach(x.closed, x.firstClosed, x.at)
	if x.goals < enoughGoals {
		return false
	}
	x.open, _, _ = onceEach(x.open, x.firstOpen, x.at)
	return true
}

// onceEach returns the containers and the goals, which come behind them, without
// those whose work is another's: of goals with the same work the last stays, and
// of a goal and a container the goal. It returns who is kin of whom among them,
// and how many of them are goals.
func onceEach(all []veteran, firstGoal int, at time.Time) (left []veteran, kin [][]int, goals int) {
	pieces := make([]piece, len(all))
	for k := range all {
		pieces[k] = all[k].work(at)
	}
	related := kinships(pieces, firstGoal)
	out := make([]bool, len(all))
	for k := len(all) - 1; k >= firstGoal; k-- {
		if out[k] = out[k] || goals == maxGoals; out[k] {
			continue
		}
		goals++
		for _, o := range related.same[k] {
			out[o] = true
		}
	}
	number := make([]int, len(all))
	for k := range all {
		if number[k] = len(left); !out[k] {
			left = append(left, all[k])
		}
	}
	for k := range all {
		if out[k] {
			continue
		}
		var of []int
		for _, o := range related.kin[k] {
			if !out[o] {
				of = append(of, number[o])
			}
		}
		kin = append(kin, of)
	}
	return left, kin, goals
}

// model is that of a month, in which that of the containers is in force.
func (x *lesson) model(of *Model, prior *Prior) *Model {
	m := fitKindred(x.closed, x.kin, x.containers, prior)
	m.AsOf, m.Goals = of.AsOf, x.goals
	m.stretch, m.champion, m.losses, m.mix = of.stretch, of.champion, of.losses, of.mix
	m.finish = map[Kind]*finishModel{KindGoal: fitFinish(x.closed, x.open, KindGoal, prior, m.AsOf)}
	return m
}

// scoreGoals takes in, month by month, how well the goals were told that are
// known to have closed since the month before, and puts the model by which goals
// are told in force.
func (r *replaying) scoreGoals() {
	g := &r.goals
	settled := make([][]int, len(g.models))
	for k := range g.ends {
		if month := slices.IndexFunc(g.ends[k], func(p *veteran) bool { return p != nil }); month >= 0 {
			settled[month] = append(settled[month], k)
		}
	}
	wider, sum := 1.0, goalsTold{}
	for month, of := range g.models {
		held := make([]*float64, len(settled[month]))
		eachOf(len(held), func(k int) { held[k] = r.heldOf(settled[month][k], month) })
		twins := r.twins(settled[month], month)
		for k, share := range held {
			if share == nil {
				continue
			}
			sum.goals++
			sum.covered += *share
			if !twins[k] {
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
	cases := t.cases(t.before(end.At), end)
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

// twins reports which of the goals that closed in the month are one of the
// containers over again.
func (r *replaying) twins(goals []int, month int) []bool {
	out := make([]bool, len(goals))
	if len(goals) == 0 {
		return out
	}
	at := r.models[month].AsOf
	var pieces []piece
	containers := r.closed(at, maxContainers)
	for k := range containers {
		pieces = append(pieces, containers[k].work(at))
	}
	for _, k := range goals {
		pieces = append(pieces, r.goals.ends[k][month].work(at))
	}
	related := kinships(pieces, len(containers))
	for k := range out {
		out[k] = slices.ContainsFunc(related.same[len(containers)+k], func(o int) bool { return o < len(containers) })
	}
	return out
}

// goalLives puts what was told of goals beside what came of them. What was told
// in a month by which a goal had been learnt from is left out.
func (r *replaying) goalLives() []Life {
	g := &r.goals
	out := make([]Life, len(g.tracks))
	pieces := make([]piece, len(out))
	eachOf(len(out), func(k int) {
		out[k] = r.life(g.tracks[k], g.models)
		out[k].Told = slices.DeleteFunc(out[k].Told, func(t Told) bool { return g.ends[k][r.nthMonth(t.At)] != nil })
		if pieces[k].ledger = out[k].ledger; out[k].End != nil {
			pieces[k].leaves = out[k].End.Final
		}
	})
	related := kinships(pieces, 0)
	for k, family := range related.families() {
		out[k].family = family + 1
	}
	return out
}
