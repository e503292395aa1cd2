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
	// goalsAsked is how many of the last are asked before that whether their work
	// is another's.
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
	closed := make([][]veteran, len(models))
	for k := range models {
		if ended := r.goals.ended(from + k); len(ended) >= enoughGoals {
			containers := r.closed(models[k].AsOf, maxContainers)
			closed[k] = append(containers, ended...)
		}
	}
	related := relate(closed)
	eachOf(len(models), func(k int) {
		if closed[k] == nil {
			return
		}
		first := firstGoal(closed[k])
		if all, kin, goals := related.onceEach(closed[k], first); goals >= enoughGoals {
			models[k] = models[k].withGoals(fitKindred(all, kin, first, r.prior), goals)
		}
	})
}

// firstGoal is where the goals begin, behind the containers.
func firstGoal(all []veteran) int {
	n, _ := slices.BinarySearchFunc(all, true, func(p veteran, _ bool) int {
		if p.Kind == KindGoal {
			return 1
		}
		return -1
	})
	return n
}

// ended returns the last goals that were known to have closed in the month, in
// order of their closing.
func (g *goalLessons) ended(month int) []veteran {
	var out []veteran
	for k := range g.ends {
		if p := g.ends[k][month]; p != nil {
			out = append(out, *p)
		}
	}
	slices.SortStableFunc(out, func(a, b veteran) int { return a.end.At.Compare(b.end.At) })
	return out[max(0, len(out)-goalsAsked):]
}

// onceEach returns the containers and the goals, which come behind them, without
// those whose work is another's: of goals with the same work the last stays, and
// of a goal and a container the goal. It returns who is kin of whom among them,
// and how many of them are goals.
func (rel *relations) onceEach(all []veteran, first int) (left []veteran, kin [][]int, goals int) {
	at, out := map[int]int{}, make([]bool, len(all))
	for k := range all {
		at[rel.of(&all[k])] = k
	}
	for k := len(all) - 1; k >= first; k-- {
		if out[k] = out[k] || goals == maxGoals; out[k] {
			continue
		}
		goals++
		for _, o := range rel.same[rel.of(&all[k])] {
			if twin, ok := at[o]; ok {
				out[twin] = true
			}
		}
	}
	number := make([]int, len(all)) // among those that are left
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
		for _, o := range rel.kin[rel.of(&all[k])] {
			if other, ok := at[o]; ok && !out[other] {
				of = append(of, number[other])
			}
		}
		kin = append(kin, of)
	}
	return left, kin, goals
}

// withGoals is the model of containers, in which completions are told by another
// that was fitted on so many goals, too. What is told of the finish stays.
func (m *Model) withGoals(by *Model, goals int) *Model {
	out := *by
	out.AsOf, out.Goals = m.AsOf, goals
	out.stretch, out.champion, out.losses = m.stretch, m.champion, m.losses
	out.mix, out.finish, out.endings, out.needs = m.mix, m.finish, m.endings, m.needs
	return &out
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
	all := r.closed(r.models[month].AsOf, maxContainers)
	first := len(all)
	for _, k := range goals {
		all = append(all, *r.goals.ends[k][month])
	}
	related := kinships(piecesOf(all), first)
	for k := range out {
		out[k] = slices.ContainsFunc(related.same[first+k], func(o int) bool { return o < first })
	}
	return out
}

// goalLives puts what was told of goals beside what came of them. What was told
// in a month by which a goal had been learnt from is left out.
func (r *replaying) goalLives() []Life {
	g := &r.goals
	out := make([]Life, len(g.tracks))
	eachOf(len(out), func(k int) {
		out[k] = r.life(g.tracks[k], g.models)
		out[k].Told = slices.DeleteFunc(out[k].Told, func(t Told) bool { return g.ends[k][r.nthMonth(t.At)] != nil })
	})
	all := make([]veteran, len(out))
	for k := range out {
		if all[k].Container = out[k].Container; out[k].End != nil {
			all[k].end = *out[k].End
		}
	}
	related := kinships(piecesOf(all), 0)
	for k, family := range related.families() {
		out[k].family = family + 1
	}
	return out
}
