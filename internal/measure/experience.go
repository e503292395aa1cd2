package measure

import (
	"math"
	"slices"
	"time"
)

// Past is what containers can teach: those of one site or dump, or of several
// of them, and up to when their history is known.
type Past struct {
	Containers []Container
	// Goals are scored apart from the containers, and learnt from where enough
	// of them have closed (MEASURES §2.21).
	Goals    []Container
	Until    time.Time
	Settings Settings
	// Prior stands in while there is little history; nil: the shipped one.
	Prior *Prior
}

const (
	// adaptRate is how fast the interval learns from its misses (MEASURES §3.2).
	adaptRate = 0.15
	// minStretch bounds how narrow it may become.
	minStretch = 0.5
	// thinned is how many cases of one container a model keeps.
	thinned = 10
)

// Replay is a history of estimates: what would have been told of every container on every
// day of the grid, by a model that knew only what was known on the first of
// that month, and the models themselves.
type Replay struct {
	Lives  []Life   // of containers
	Goals  []Life   // of goals
	Models []*Model // by which containers are told; one a month, in order
	Until  time.Time
	// ofGoals are the models by which goals are told, of the same months.
	ofGoals []*Model
	cold    *Model // what the prior alone says
	// settings are those that the truth was told by.
	settings Settings
}

// Life is a container and what was told of it.
type Life struct {
	*Container
	Told []Told
	// End is how it ended; nil where it is open, was cancelled or is too
	// small, at the end of the history.
	End *Closing
	// Open tells that it is neither closed nor cancelled.
	Open bool
	// family numbers a goal among those whose work is in part its own; 0 for a
	// container, which is scored as if it shared nothing.
	family int
}

// Told is what was told at one moment.
type Told struct {
	Case     // Truth and Finish are known where the container ended
	Estimate prediction
	Within   [numHorizons]float64               // the probability to finish within each of horizonDays
	by       [numFinishers][numHorizons]float64 // the same by every finisher
	// CRPS is the continuous ranked probability score of the prediction, and
	// of the delivered share with the reference class around it.
	CRPS, CRPSDelivered float64
	// place is where in the prediction the truth lay, by tenths.
	place [pitBins]float64
	// Cold tells that too few containers had closed.
	Cold bool
}

// Run replays the history month by month. At each month's first day it learns
// from the containers that had closed, grace and all, and tells the situations
// of that month. progress, which may be nil, is given the share that is done.
func (p *Past) Run(progress func(share float64)) *Replay {
	if progress == nil {
		progress = func(float64) {}
	}
	r := p.replaying()
	r.keep = true
	r.learn(func(share float64) { progress(learning * share) })
	r.learnGoals()
	out := r.learnt()
	out.Goals = r.goalLives()
	out.Lives = r.lives(func(share float64) { progress(learning + (1-learning)*share) })
	return out
}

// learning is about the share of a replay's time that learning takes.
const learning = 0.5

// Learn is Run without what was told of the containers: the models alone, which
// are all that an estimate needs.
func (p *Past) Learn() *Replay {
	r := p.replaying()
	r.learn(func(float64) {})
	r.learnGoals()
	return r.learnt()
}

func (p *Past) replaying() *replaying {
	r := &replaying{Past: p, prior: p.Prior}
	if r.prior == nil {
		r.prior = ShippedPrior()
	}
	r.stretch = r.prior.Stretch
	for k := range r.Containers {
		r.tracks = append(r.tracks, newTrack(&r.Containers[k]))
	}
	return r
}

func (r *replaying) learnt() *Replay {
	return &Replay{Models: r.models, ofGoals: r.goals.models, Until: r.Until, settings: r.Settings, cold: fit(nil, nil, r.prior, time.Time{})}
}

// monthsAtOnce is for how many months models are fitted at the same time.
const monthsAtOnce = 8

// learn makes the models, one month's after the other's. What a model is fitted
// on hangs on nothing that was told; how far its intervals are stretched, and
// which methods are in force, hangs on all that was told before.
func (r *replaying) learn(progress func(share float64)) {
	months := r.months()
	for from := 0; from < len(months); from += monthsAtOnce {
		lot := months[from:min(from+monthsAtOnce, len(months))]
		for _, m := range r.fit(lot) {
			r.month(m)
		}
		progress(float64(from+len(lot)) / float64(len(months)))
	}
}

// months lists the first days of the months in which there is something to
// tell, up to the last one.
func (r *replaying) months() []time.Time {
	first := r.Until
	for _, t := range r.tracks {
		if at, ok := t.begins(); ok && at.Before(first) {
			first = at
		}
	}
	var out []time.Time
	for month := monthOf(first); !month.After(r.Until); month = month.AddDate(0, 1, 0) {
		out = append(out, month)
	}
	return out
}

// fit fits the models of some months. Where no container has closed since the
// month before, its model of the completion holds good.
func (r *replaying) fit(months []time.Time) []*Model {
	models := make([]*Model, len(months))
	closed, open := make([][]veteran, len(months)), make([][]veteran, len(months))
	for k, month := range months {
		closed[k], open[k] = r.recent(month)
		if r.fitted == nil || !slices.EqualFunc(closed[k], r.lessons, sameEnd) {
			r.fitted, r.lessons = fitCompletion(closed[k], r.prior), closed[k]
		}
		m := *r.fitted
		m.AsOf, models[k] = month, &m
	}
	eachOf(len(months), func(k int) { models[k].fitFinish(closed[k], open[k], r.prior) })
	return models
}

func sameEnd(a, b veteran) bool { return a.Container == b.Container && a.end.At.Equal(b.end.At) }

func monthOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

type replaying struct {
	*Past
	prior  *Prior
	tracks []*track
	models []*Model
	keep   bool // what was told
	// fitted is the last model of the completion, and lessons what it was
	// fitted on.
	fitted  *Model
	lessons []veteran
	stretch float64
	losses  losses
	goals   goalLessons
}

// known returns what can be learnt at the moment: the containers that had
// closed, in order of their closing, and those that were still worked on.
func (r *replaying) known(at time.Time) (closed, open []veteran) {
	return r.closed(at, len(r.tracks)), r.open(at, len(r.tracks))
}

// recent is as much of known as a model is fitted on.
func (r *replaying) recent(at time.Time) (closed, open []veteran) {
	return r.closed(at, maxContainers), r.open(at, maxContainers)
}

// closed returns the last of the containers that had closed, at most so many.
func (r *replaying) closed(at time.Time, most int) []veteran {
	ends := make([]*veteran, len(r.tracks))
	eachOf(len(r.tracks), func(k int) { ends[k] = r.tracks[k].pastAt(at, &r.Settings) })
	ends = slices.DeleteFunc(ends, func(p *veteran) bool { return p == nil })
	slices.SortStableFunc(ends, func(a, b *veteran) int { return a.end.At.Compare(b.end.At) })
	var out []veteran
	for _, p := range ends[max(0, len(ends)-most):] {
		out = append(out, *p)
	}
	return out
}

// open returns the last of those that were still worked on, at most so many.
func (r *replaying) open(at time.Time, most int) []veteran {
	var out []veteran
	for k := len(r.tracks) - 1; k >= 0 && len(out) < most; k-- {
		if p, ok := r.tracks[k].stillOpen(at, &r.Settings); ok {
			out = append(out, p)
		}
	}
	slices.Reverse(out)
	return out
}

// month takes in how well the containers were told that are known to have
// closed since the month before, and puts the model in force.
func (r *replaying) month(m *Model) {
	r.models = append(r.models, m)
	var settled []*track
	for _, t := range r.tracks {
		if p := t.pastAt(m.AsOf, &r.Settings); p != nil && t.settled == nil {
			t.settled = p
			settled = append(settled, t)
		}
	}
	cases := make([][]Case, len(settled))
	eachOf(len(settled), func(k int) {
		t := settled[k]
		cases[k] = t.cases(t.before(t.settled.end.At), &t.settled.end)
		r.tell(t, len(cases[k]), r.models)
	})
	for k, t := range settled {
		if missed, ok := r.losses.take(t.told, cases[k]); ok {
			r.stretch = max(minStretch, r.stretch*math.Exp(adaptRate*(missed-2*tail)))
		}
		if !r.keep {
			t.forget()
		}
	}
	m.stretch, m.champion, m.losses, m.mix = r.stretch, r.losses.champion(), r.losses, r.losses.mixture()
}

// tell tells the first n situations of a container, each by the one of the
// models that is of its month.
func (r *replaying) tell(t *track, n int, models []*Model) {
	var room endingsRoom
	for k := len(t.told); k < n; k++ {
		s := &t.situations[k]
		m := models[r.nthMonth(s.At)]
		told := Told{Case: Case{Situation: *s}, Cold: m.Containers < enoughOwn}
		told.Estimate = m.predicted(s, t.Set, s.Naive())
		outlook := m.outlook(s, &room)
		for k, h := range horizonDays() {
			for f, p := range outlook.within(float64(h)) {
				told.by[f][k] = p
			}
			told.Within[k] = told.by[finishInForce][k]
		}
		t.told = append(t.told, told)
	}
}

// nthMonth is the number of the month that the moment lies in.
func (r *replaying) nthMonth(at time.Time) int {
	at = at.UTC()
	first := r.models[0].AsOf
	return 12*(at.Year()-first.Year()) + int(at.Month()) - int(first.Month())
}

// holds reports whether the interval holds the truth.
func (e *Estimate) holds(truth float64) bool {
	const slack = 1e-9
	return truth >= e.Lower-slack && truth <= e.Upper+slack
}

// livesAtOnce is after how many containers progress is told.
const livesAtOnce = 32

// lives puts what was told beside what came of it.
func (r *replaying) lives(progress func(share float64)) []Life {
	out := make([]Life, len(r.tracks))
	for from := 0; from < len(out); from += livesAtOnce {
		n := min(livesAtOnce, len(out)-from)
		eachOf(n, func(k int) { out[from+k] = r.life(r.tracks[from+k], r.models) })
		progress(float64(from+n) / float64(len(out)))
	}
	return out
}

// life puts what was told of one beside what came of it. What was told while it
// had been learnt from as closed is left out, as nothing is scored by what learnt
// from it (MEASURES §3.4): since then it was opened again, or was closed itself
// after it had been taken for closed because all was quiet.
//
// The models need no such care. Each asks what was closed on the first of its
// month, and what had been opened again by then was not. Fitted once more without
// what was opened later in the month, one would be scored by what nobody was told.
// Champions, the stretch and the weights of the finish take in a container once,
// when it is first known to have closed, by what had been told before its end.
func (r *replaying) life(t *track, models []*Model) Life {
	defer t.forget()
	life := Life{Container: t.Container}
	if p := t.pastAt(r.Until, &r.Settings); p != nil {
		cases := t.cases(t.before(p.end.At), &p.end)
		r.tell(t, len(cases), models)
		life.End, life.Told = &p.end, t.told[:len(cases)]
		for k := range cases {
			told := &life.Told[k]
			told.Case = cases[k]
			if p, ok := told.sampledWithin(t.identity()); ok {
				told.by[finishSampled] = p
			}
			told.CRPS, told.CRPSDelivered, told.place = models[r.nthMonth(told.At)].crps(&told.Situation, t.Set, told.Truth)
		}
	} else if _, open := t.stillOpen(r.Until, &r.Settings); open {
		r.tell(t, len(t.before(r.Until)), models)
		life.Open, life.Told = true, t.told
	}
	life.Told = slices.DeleteFunc(life.Told, func(told Told) bool {
		return t.pastAt(models[r.nthMonth(told.At)].AsOf, &r.Settings) != nil
	})
	return life
}

// Model returns the model by which goals were told at the moment: that of its
// month. Before the first month it is what the prior says, and behind the last
// one that of the last.
func (r *Replay) Model(at time.Time) *Model { return r.modelAmong(r.ofGoals, at) }

// ofContainers is Model for containers.
func (r *Replay) ofContainers(at time.Time) *Model { return r.modelAmong(r.Models, at) }

func (r *Replay) modelAmong(models []*Model, at time.Time) *Model {
	k, found := slices.BinarySearchFunc(models, at, func(m *Model, at time.Time) int { return m.AsOf.Compare(at) })
	switch {
	case found:
		return models[k]
	case k == 0:
		return r.cold
	}
	return models[k-1]
}
