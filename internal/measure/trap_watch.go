package measure

import (
	"math"
	"slices"
	"sync"
	"time"

	"plumbline/internal/flow"
)

// Some detectors need more than a goal's own ledger: the odds, the decisions,
// the goals like it, the company's other work. They are asked at the beginning
// of each week, and what they say holds for the week. They are asked when
// somebody wants to know, and only for as many weeks as that takes.

// sight is a goal at the moment at which a detector is asked of it.
type sight struct {
	h      *History
	k      int // of the ledger
	l      *ledger
	s      *Settings
	at     time.Time
	limits trapLimits
}

// seen is what a detector says at a moment; why it can't, where it can't.
type seen struct {
	holds bool
	why   string
}

func (h *History) sight(k int, limits trapLimits, at time.Time) sight {
	return sight{h, k, &h.ledgers[k], &h.settings, at, limits}
}

// watch remembers what was asked of a history, in bounded memory: who fills the
// past in asks of every week that there was. Several goroutines may ask.
type watch struct {
	mu      sync.Mutex
	answers map[question]seen
	classes map[int64]*classSight
}

type question struct {
	ledger int
	trap   string
	week   int64 // by its beginning
}

// The bounds of what is remembered: the answers of six detectors on 500 goals
// over 40 weeks, and what all goals were compared by in the weeks of five years.
const (
	maxAnswers = 1 << 17
	maxClasses = 260
)

// makeRoom forgets everything where as much is remembered as may be.
func makeRoom[K comparable, V any](all map[K]V, most int) {
	if len(all) >= most {
		clear(all)
	}
}

func newWatch() *watch {
	return &watch{answers: map[question]seen{}, classes: map[int64]*classSight{}}
}

// ask returns the answer, and finds it where nobody has asked before.
func (w *watch) ask(q question, answer func() seen) seen {
	w.mu.Lock()
	a, known := w.answers[q]
	w.mu.Unlock()
	if !known {
		a = answer()
		w.mu.Lock()
		makeRoom(w.answers, maxAnswers)
		w.answers[q] = a
		w.mu.Unlock()
	}
	return a
}

// classSight is what is compared between goals at the beginning of a week, by
// ledger: the age of each since its commitment, up to its closing, and the mean
// time of its decisions in seconds. Not known: −1. It is also what is looked at
// of all goals together: the people of their areas, the age of what is in
// progress, those whose target has passed, and the active work.
type classSight struct {
	ages   func() []time.Duration
	means  func() []float64
	areas  func() []int // people
	aged   func() []time.Duration
	passed func() []pastDue // the latest first
	work   func() []ProjectShare
}

func (h *History) classAt(at time.Time) *classSight {
	w := h.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.classes[at.Unix()]
	if c == nil {
		c = &classSight{
			ages:   sync.OnceValue(func() []time.Duration { return h.ages(at) }),
			means:  sync.OnceValue(func() []float64 { return h.means(at) }),
			areas:  sync.OnceValue(func() []int { return h.areas(at) }),
			aged:   sync.OnceValue(func() []time.Duration { return h.aged(at) }),
			passed: sync.OnceValue(func() []pastDue { return h.passedTargets(at) }),
			work:   sync.OnceValue(func() []ProjectShare { return h.work.shares(at) }),
		}
		makeRoom(w.classes, maxClasses)
		w.classes[at.Unix()] = c
	}
	return c
}

func (h *History) ages(at time.Time) []time.Duration {
	out := make([]time.Duration, len(h.ledgers))
	for k := range h.ledgers {
		out[k] = h.ledgers[k].age(at, &h.settings)
	}
	return out
}

// age is how long ago the goal's commitment was, or how long it was until its
// closing; −1 where it is not committed.
func (l *ledger) age(at time.Time, s *Settings) time.Duration {
	t0, ok := l.commitment(at, s)
	if !ok {
		return -1
	}
	if since, closed := heldSince(l.shut, at, s.Thresholds.Bounce); closed {
		at = latest(since, t0)
	}
	return at.Sub(t0)
}

func (h *History) means(at time.Time) []float64 {
	out := make([]float64, len(h.ledgers))
	clock := h.settings.Calendar.WorkClock()
	for k := range h.ledgers {
		out[k] = -1
		if l := latency(h.ledgers[k].lifetimes, everyClass, at, clock, &h.settings); l.MeanSeconds != nil {
			out[k] = *l.MeanSeconds
		}
	}
	return out
}

// others returns what is known of the other goals of a goal's class, sorted.
func others[T float64 | time.Duration](h *History, k int, all []T) []T {
	var out []T
	for o, v := range all {
		if o != k && h.ledgers[o].height == h.ledgers[k].height && v >= 0 {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out
}

// sighted is when there was something to be asked of the goal; false where there
// never was.
func (l *ledger) sighted() (time.Time, bool) {
	var at time.Time
	if len(l.entries) > 0 {
		at = l.entries[0].at()
	}
	for _, o := range l.decisions {
		if len(o.own.in) == 0 {
			continue
		}
		if first := latest(o.asked, o.own.in[0].From); at.IsZero() || first.Before(at) {
			at = first
		}
	}
	return at, !at.IsZero()
}

// lifeAt returns when the rule of a goal's detector held, and when the trap
// showed, as far back as matters at the moment; and why it can't be judged. g
// says what is told of persons at the moment.
func (h *History) lifeAt(k int, life *trapLife, at time.Time, g *GoalStatus) (raw, shown flow.Spans, why string) {
	l, zone, hold := &h.ledgers[k], h.settings.Calendar.Location(), life.limits.patience(&h.settings)
	switch {
	case life.trap.weekly != nil:
	case len(life.ofPersons) > 0 && g.tellsOfPersons():
		raw = life.raw.Union(life.ofPersons)
		return raw, persistent(raw, hold), life.why
	default:
		return life.raw, life.shown, life.why
	}
	first, ok := l.sighted()
	if !ok || first.After(at) {
		return nil, nil, "the goal has no issue and no decision yet"
	}
	var weeks []flow.Span
	clearTo := at // the end of the weeks that do not hold
	for d := monday(at, zone); ; d = d.AddDays(-7) {
		week := flow.Span{From: d.Start(zone), To: d.AddDays(7).Start(zone)}
		now := h.ask(k, life, week.From)
		if d == monday(at, zone) {
			why = now.why
		}
		if now.holds {
			weeks, clearTo = append(weeks, week), week.From
		} else if !hold.after(week.From).After(clearTo) {
			break // whatever showed before shows no more
		}
		if week.From.Before(first) {
			break
		}
	}
	if life.trap.private && why != "" {
		return nil, nil, why // of what is withheld now nothing is told that was seen before
	}
	raw = flow.UnionOf(weeks)
	return raw, persistent(raw, hold), why
}

func (h *History) ask(k int, life *trapLife, at time.Time) seen {
	return h.watch.ask(question{k, life.trap.Name, at.Unix()}, func() seen {
		if h.ledgers[k].shut.Contains(at) {
			return seen{}
		}
		holds, why := life.trap.weekly(h.sight(k, life.limits, at))
		return seen{holds, why}
	})
}

// standing is where a value lies among those of the other goals of the class
// when they were as old: the share that had as much, or less, and how many
// there are. False where the goal has no value.
func (h *History) standing(k int, t *Trap, limits trapLimits, at time.Time) (value, share float64, peers int, ok bool) {
	t0, committed := h.ledgers[k].commitment(at, &h.settings)
	if t.size == nil || !committed {
		return 0, 0, 0, false
	}
	if value, ok = t.size(h.sight(k, limits, at)); !ok || math.IsNaN(value) {
		return 0, 0, 0, false
	}
	age, below := at.Sub(t0), 0
	for _, o := range h.committed(at)[h.ledgers[k].height] {
		if then := o.t0.Add(age); o.ledger != k && !then.After(at) {
			its, known := t.size(h.sight(o.ledger, limits, then))
			if !known {
				continue
			}
			if peers++; its <= value {
				below++
			}
		}
	}
	if peers > 0 {
		share = float64(below) / float64(peers)
	}
	return value, share, peers, true
}
