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
	Until      time.Time
	Settings   Settings
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
	Lives  []Life
	Models []*Model // one a month, in order
	Until  time.Time
	cold   *Model // what the prior alone says
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
}

// Told is what was told at one moment.
type Told struct {
	Case     // Truth and Finish are known where the container ended
	Estimate prediction
	Within   [numHorizons]float64               // the probability to finish within each of Horizons
	by       [numFinishers][numHorizons]float64 // the same by every finisher
	// CRPS is the continuous ranked probability score of the prediction, and
	// of the delivered share with the reference class around it.
	CRPS, CRPSDelivered float64
	// Cold tells that too few containers had closed.
	Cold bool
}

// Run replays the history month by month. At each month's first day it learns
// from the containers that had closed, grace and all, and tells the situations
// of that month. progress, which may be nil, is given the share that is done.
func (p *Past) Run(progress func(share float64)) *Replay {
	r := &replaying{Past: p, prior: p.Prior, stretch: coldStretch}
	if r.prior == nil {
		r.prior = ShippedPrior()
	}
	first := r.load()
	for month := monthOf(first); !month.After(p.Until); month = month.AddDate(0, 1, 0) {
		r.month(month)
		if progress != nil {
			progress(min(1, max(0, float64(month.Sub(first)))/float64(p.Until.Sub(first)+1)))
		}
	}
	return r.result()
}

// load sets the containers up and returns when the first of them is looked at.
func (r *replaying) load() time.Time {
	first := r.Until
	for k := range r.Containers {
		c := &r.Containers[k]
		t := &track{Container: c, situations: c.situations(c.known), ends: map[time.Time]*veteran{}}
		for i := range t.situations {
			t.paces = append(t.paces, t.situations[i].paceLogits())
		}
		t.large = c.ledger.reached(minFinal)
		r.tracks = append(r.tracks, t)
		if len(t.situations) > 0 && t.situations[0].At.Before(first) {
			first = t.situations[0].At
		}
	}
	return first
}

func monthOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

type replaying struct {
	*Past
	prior   *Prior
	tracks  []*track
	models  []*Model
	stretch float64
	losses  losses
}

// track is a container on its way through the replay.
type track struct {
	*Container
	situations []Situation
	paces      [][]float64 // of the situations
	told       []Told
	ends       map[time.Time]*veteran // by close time, as that can be seen otherwise later
	settled    bool
	// large is when the container first had enough leaves to be found; zero:
	// never.
	large time.Time
}

// known returns what can be learnt at the moment: the containers that had
// closed, in order of their closing, and those that were still worked on.
func (r *replaying) known(at time.Time) (closed, open []veteran) {
	for _, t := range r.tracks {
		if p, ok := t.pastAt(at, &r.Settings); ok {
			closed = append(closed, *p)
		} else if o, ok := t.stillOpen(at, &r.Settings); ok {
			open = append(open, o)
		}
	}
	slices.SortStableFunc(closed, func(a, b veteran) int { return a.end.At.Compare(b.end.At) })
	return closed, open
}

func (r *replaying) month(first time.Time) {
	for _, t := range r.tracks {
		if t.settled {
			continue
		}
		if p, ok := t.pastAt(first, &r.Settings); ok {
			t.settled = true
			r.settle(t, p)
		}
	}
	closed, open := r.known(first)
	m := fit(closed, open, r.prior, first)
	m.stretch, m.champion, m.losses, m.mix = r.stretch, r.losses.champion(), r.losses, r.losses.mixture()
	r.models = append(r.models, m)
	next := first.AddDate(0, 1, 0)
	for _, t := range r.tracks {
		t.tell(m, next)
	}
}

// pastAt returns the container as closed, as that was known at the moment.
func (t *track) pastAt(at time.Time, s *Settings) (*veteran, bool) {
	end, ok := t.closing(at, s)
	if !ok {
		return nil, false
	}
	p := t.ends[end.At]
	if p == nil {
		p = &veteran{Container: t.Container, end: end, cases: t.cases(t.situations, &end)}
		for k := range p.cases {
			p.cases[k].pace = t.paces[k]
		}
		p.lessons = thin(p.cases)
		t.ends[end.At] = p
	}
	return p, len(p.cases) > 0
}

// stillOpen returns the container with its situations so far, where work on it
// was known not to be over at the moment.
func (t *track) stillOpen(at time.Time, s *Settings) (veteran, bool) {
	if at.After(t.known) {
		at = t.known
	}
	if _, over := t.endAt(at, s); over || t.cancelled.Contains(at) || len(t.situations) == 0 {
		return veteran{}, false
	}
	if t.large.IsZero() || t.large.After(at) {
		return veteran{}, false
	}
	n, _ := slices.BinarySearchFunc(t.situations, at, func(s Situation, at time.Time) int { return s.At.Compare(at) })
	if n == 0 || t.situations[n-1].Open() == 0 {
		return veteran{}, false
	}
	p := veteran{Container: t.Container}
	for _, k := range evenly(n, thinned) {
		p.lessons = append(p.lessons, Case{Situation: t.situations[k], pace: t.paces[k]})
	}
	return p, true
}

// thin takes some of many cases, so that no container costs more than another.
func thin[T any](all []T) []T {
	out := make([]T, 0, thinned)
	for _, k := range evenly(len(all), thinned) {
		out = append(out, all[k])
	}
	return out
}

// evenly returns at most so many of the numbers below n, spread over them.
func evenly(n, most int) []int {
	most = min(n, most)
	out := make([]int, most)
	for k := range out {
		out[k] = (2*k + 1) * n / (2 * most)
	}
	return out
}

// settle takes in how well a container that has closed was told.
func (r *replaying) settle(t *track, p *veteran) {
	if missed, ok := r.losses.take(t.told, p.cases); ok {
		r.stretch = max(minStretch, r.stretch*math.Exp(adaptRate*(missed-2*tail)))
	}
}

// holds reports whether the interval holds the truth.
func (e *Estimate) holds(truth float64) bool {
	const slack = 1e-9
	return truth >= e.Lower-slack && truth <= e.Upper+slack
}

// tell has the model tell the situations before the next month.
func (t *track) tell(m *Model, next time.Time) {
	var room endingsRoom
	for len(t.told) < len(t.situations) && t.situations[len(t.told)].At.Before(next) {
		s := &t.situations[len(t.told)]
		told := Told{Case: Case{Situation: *s}, Cold: m.Containers < enoughOwn}
		told.Estimate = m.predicted(s, t.Set, s.Naive())
		outlook := m.outlook(s, &room)
		for k, h := range Horizons() {
			for f, p := range outlook.within(float64(h)) {
				told.by[f][k] = p
			}
			told.Within[k] = told.by[finishInForce][k]
		}
		t.told = append(t.told, told)
	}
}

// result puts what was told beside what came of it.
func (r *replaying) result() *Replay {
	out := &Replay{Models: r.models, Until: r.Until, cold: fit(nil, nil, r.prior, time.Time{})}
	for _, t := range r.tracks {
		life := Life{Container: t.Container}
		if p, ok := t.pastAt(r.Until, &r.Settings); ok {
			life.End = &p.end
			for k := range p.cases[:min(len(p.cases), len(t.told))] {
				told := t.told[k]
				told.Case = p.cases[k]
				if p, ok := told.sampledWithin(t.identity()); ok {
					told.by[finishSampled] = p
				}
				told.CRPS = crps(&told.Estimate.members, told.Truth)
				told.CRPSDelivered = crps(&told.Estimate.delivered, told.Truth)
				life.Told = append(life.Told, told)
			}
		} else if _, open := t.stillOpen(r.Until, &r.Settings); open {
			life.Open, life.Told = true, t.told
		}
		out.Lives = append(out.Lives, life)
	}
	return out
}

// Model returns the model that was in force at the moment: that of its month.
// Before the first month it is what the prior says, and behind the last one
// that of the last.
func (r *Replay) Model(at time.Time) *Model {
	k, found := slices.BinarySearchFunc(r.Models, at, func(m *Model, at time.Time) int { return m.AsOf.Compare(at) })
	switch {
	case found:
		return r.Models[k]
	case k == 0:
		return r.cold
	}
	return r.Models[k-1]
}

// Learnt returns the replay without the containers: the models alone, which
// are all that an estimate needs.
func (r *Replay) Learnt() *Replay { return &Replay{Models: r.Models, Until: r.Until, cold: r.cold} }
