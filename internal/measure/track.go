package measure

import (
	"slices"
	"time"
)

// track is a container on its way through a replay. Its situations are folded
// as far as they are asked for: most of what has closed is never looked at
// again.
type track struct {
	*Container
	situations []Situation // on the days of the grid before next
	fold       *situations
	next       time.Time
	told       []Told // of the first situations
	// ends is how it ended, by when that was, as it can be seen otherwise
	// later; nil where nothing is to be learnt from it. settled is the first of
	// them that was taken in.
	ends    map[time.Time]*veteran
	settled *veteran
	// large is when the container first had enough leaves to be found; zero:
	// never.
	large time.Time
}

func newTrack(c *Container) *track {
	t := &track{Container: c, ends: map[time.Time]*veteran{}, large: c.ledger.reached(minFinal)}
	t.forget()
	return t
}

// forget lets go of what can be folded again.
func (t *track) forget() {
	t.situations, t.fold, t.told, t.next = nil, nil, nil, time.Time{}
}

// first is the first day of the grid on which the container can be looked at;
// false where it never had anything.
func (t *track) first() (time.Time, bool) {
	if len(t.ledger.entries) == 0 {
		return time.Time{}, false
	}
	return gridAfter(latest(t.ledger.entries[0].at(), t.ledger.hindsight)), true
}

// step folds the next day of the grid; false where the history ends.
func (t *track) step() bool {
	if t.fold == nil {
		first, ok := t.first()
		if !ok {
			return false
		}
		t.fold, t.next = newSituations(t.ledger, t.Kind), first
	}
	if !t.next.Before(t.known) {
		return false
	}
	if s, ok := t.fold.at(t.next); ok {
		t.situations = append(t.situations, s)
	}
	t.next = t.next.Add(grid)
	return true
}

// begins is when the container is first looked at; false where it never is.
func (t *track) begins() (time.Time, bool) {
	for len(t.situations) == 0 {
		if !t.step() {
			return time.Time{}, false
		}
	}
	return t.situations[0].At, true
}

// before returns the situations before the moment.
func (t *track) before(at time.Time) []Situation {
	for t.fold == nil || t.next.Before(at) {
		if !t.step() {
			break
		}
	}
	n, _ := slices.BinarySearchFunc(t.situations, at, func(s Situation, at time.Time) int { return s.At.Compare(at) })
	return t.situations[:n]
}

// pastAt returns the container as closed, as that was known at the moment; nil
// where it is not known to have closed, or nothing was known of it before.
func (t *track) pastAt(at time.Time, s *Settings) *veteran {
	if at.After(t.known) {
		at = t.known
	}
	end, ok := t.endAt(at, s)
	if !ok || end.Add(s.Thresholds.Grace).After(at) {
		return nil
	}
	p, met := t.ends[end]
	if !met {
		p = t.endedAt(end, s)
		t.ends[end] = p
	}
	return p
}

func (t *track) endedAt(at time.Time, s *Settings) *veteran {
	end, ok := t.closedAt(at, s)
	if !ok {
		return nil
	}
	situations := t.before(end.At)
	if len(situations) == 0 {
		return nil
	}
	return &veteran{Container: t.Container, end: end, lessons: paced(t.cases(thin(situations), &end)), snapshots: len(situations)}
}

// stillOpen returns the container with its situations so far, where work on it
// was known not to be over at the moment.
func (t *track) stillOpen(at time.Time, s *Settings) (veteran, bool) {
	if at.After(t.known) {
		at = t.known
	}
	if t.large.IsZero() || t.large.After(at) || t.created.After(at) { // an epic can be younger than its issues
		return veteran{}, false
	}
	if _, over := t.endAt(at, s); over || t.givenUp(at) {
		return veteran{}, false
	}
	situations := t.before(at)
	if n := len(situations); n == 0 || situations[n-1].Open() == 0 {
		return veteran{}, false
	}
	p := veteran{Container: t.Container, snapshots: len(situations)}
	for _, s := range thin(situations) {
		p.lessons = append(p.lessons, Case{Situation: s})
	}
	p.lessons = paced(p.lessons)
	return p, true
}

// paced works out the paces of cases.
func paced(cases []Case) []Case {
	for k := range cases {
		cases[k].pace = cases[k].paceLogits()
	}
	return cases
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
