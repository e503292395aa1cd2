package measure

import (
	"sync"
	"time"
)

// oddsEvery is how often the odds are asked for health.
const oddsEvery = 7 * day

// oddsWeek is the week that the moment lies in, as the odds that health rests on
// are told from week to week: every seven days since 1970, UTC.
func oddsWeek(at time.Time) int64 { return at.Unix() / int64(oddsEvery/time.Second) }

func weekStart(week int64) time.Time {
	return time.Unix(week*int64(oddsEvery/time.Second), 0).UTC()
}

// odds are a goal's odds from week to week, which health is folded from. Each
// is worked out when it is first asked for, and kept: most weeks of most goals
// are judged by what comes before the odds. Several goroutines may ask at once.
type odds struct {
	experience *Replay
	mu         sync.Mutex
	weeks      map[int64]chances
	// fold is the ledger's up to the moment until, and seen the situation then.
	// Without one it begins anew.
	fold  *situations
	until time.Time
	seen  *Situation
}

// chances are what the model says of a goal's odds in a week, as far as that
// was asked for.
type chances struct {
	onTime, overstated chance
}

// chance is a probability, nil where it is not known, once it was asked for.
type chance struct {
	asked bool
	about assertion
	p     *float64
}

// assertion is what people say of a goal at a moment, which its chances are
// judged against: it can change within the week.
type assertion struct {
	end     int64 // of the target's day, in Unix milliseconds
	claimed bool
	claim   float64 // the completion that somebody claims
}

func newOdds(x *Replay) *odds { return &odds{experience: x, weeks: map[int64]chances{}} }

// carry returns the odds for a goal that differs from then on: what is known of
// the weeks before it holds good, if they rest on the same experience.
func (o *odds) carry(x *Replay, before time.Time) *odds {
	out := newOdds(x)
	if o == nil || o.experience != x {
		return out
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for week, c := range o.weeks {
		if weekStart(week).Before(before) {
			out.weeks[week] = c
		}
	}
	return out
}

// onTime is the probability, as of the start of the week that the moment lies
// in, to make the target that is promised at the moment; nil where that is not
// known. A promise that is moved is judged at once.
func (o *odds) onTime(l *ledger, at time.Time, s *Settings) *float64 {
	target, ok := l.targetAt(at)
	if !ok {
		return nil
	}
	end := target.End(s.Calendar.Location())
	return o.ask(l, at, assertion{end: end.UnixMilli()}, func(c *chances) *chance { return &c.onTime }, func(m *Model, now *Situation) *float64 {
		inWhatCounts := *now
		l.countPoints(&inWhatCounts, s)
		o := l.outset(m, &inWhatCounts, s)
		within := o.within(days(end.Sub(now.At)))
		return &within
	})
}

// overstated is the probability, as of the start of the week that the moment
// lies in, that the truth lies more than 15 points below what is reported at
// the moment; nil where that is not known. What Jira shows counts as of the
// start of the week too.
func (o *odds) overstated(l *ledger, at time.Time, s *Settings) *float64 {
	var about assertion
	if claim := l.claim(at, s); claim != nil {
		about.claimed, about.claim = true, *claim
	}
	return o.ask(l, at, about, func(c *chances) *chance { return &c.overstated }, func(m *Model, now *Situation) *float64 {
		inWhatCounts := *now
		l.countPoints(&inWhatCounts, s)
		reported := inWhatCounts.Naive()
		if about.claimed {
			reported = about.claim
		}
		over := m.Overstates(&inWhatCounts, "", reported)
		return &over
	})
}

// ask returns a chance, and works it out where nobody has asked for it before.
func (o *odds) ask(l *ledger, at time.Time, about assertion, which func(*chances) *chance, tell func(*Model, *Situation) *float64) *float64 {
	if o == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	week := oddsWeek(at)
	known := o.weeks[week]
	c := which(&known)
	if !c.asked || c.about != about {
		*c = chance{asked: true, about: about}
		if now := o.situation(l, weekStart(week)); now != nil && now.All >= minLeaves {
			c.p = tell(o.experience.Model(now.At), now)
		}
		o.weeks[week] = known
	}
	return c.p
}

// situation is the goal's at the moment; nil where no leaf had ever been in
// scope by then, or none was.
func (o *odds) situation(l *ledger, at time.Time) *Situation {
	if len(l.entries) == 0 || at.Unix() <= l.entries[0].at().Unix() {
		return nil
	}
	if o.fold != nil && o.until.Equal(at) {
		return o.seen
	}
	if o.fold == nil || o.until.After(at) {
		o.fold = newSituations(l, KindGoal)
	}
	o.until, o.seen = at, nil
	if s, ok := o.fold.at(at); ok {
		o.seen = &s
	}
	return o.seen
}

// rest lets go of what the next week would have been worked out from.
func (o *odds) rest() {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fold, o.seen = nil, nil
}
