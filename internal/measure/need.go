package measure

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// need is for how many weeks the open work lasts at the pace of the last full
// weeks: infinite where they delivered nothing, net. False where there is no pace,
// as in paceWithin.
func (s *Situation) need() (weeks float64, ok bool) {
	if !s.paced() {
		return 0, false
	}
	net := s.netLately()
	if net <= 0 {
		return math.Inf(1), true
	}
	return float64(s.Open()*len(s.Weekly)) / float64(net), true
}

// netLately is how many were delivered, net, in the last full weeks.
func (s *Situation) netLately() int {
	net := 0
	for _, n := range s.Weekly {
		net += n
	}
	return net
}

const (
	// slowWeeks is from how many weeks of need on a container is scored among
	// those that are far too slow for their open work: longer than any horizon.
	slowWeeks = 16
	// slowNet is how many deliveries, net, its pace must rest on.
	slowNet = 3
)

// slow tells whether what was told was told of a container that is far too slow:
// by a pace that is known, and not for want of a few last issues.
func (t *Told) slow() bool {
	weeks, ok := t.need()
	return ok && t.netLately() >= slowNet && t.Open() >= minFinal && weeks >= slowWeeks
}

// pastNeed is what a container needed at its pace, once, and how long it took.
// It is written small, as every month's model has its own.
type pastNeed struct {
	weeks     float32
	left      float32 // days until its last leaf was delivered; infinite where it is open
	known     float32 // days of which it is known what became of it
	container int32   // those of one container lie together
}

// needs lists what the cases needed that a model learns from. A version is
// released on a day, and what is open then is moved on; so it needs nothing.
func needs(closed, open []veteran, asOf time.Time) []pastNeed {
	var out []pastNeed
	container := int32(0)
	for _, all := range [][]veteran{closed, open} {
		for k := range all {
			p := &all[k]
			container++
			if p.Kind == KindVersion {
				continue
			}
			until := asOf
			if p.known.Before(until) {
				until = p.known
			}
			for i := range p.lessons {
				c := &p.lessons[i]
				weeks, ok := c.need()
				if !ok || math.IsInf(weeks, 1) || p.closed() && !c.Finish.After(c.At) {
					continue
				}
				left := math.Inf(1)
				if p.closed() {
					left = days(c.Finish.Sub(c.At))
				}
				out = append(out, pastNeed{float32(weeks), float32(left), float32(days(until.Sub(c.At))), container})
			}
		}
	}
	return slices.Clip(out)
}

// ofLikeNeed is how many containers once needed from half to twice as many weeks,
// so long ago that it is known what became of them within so many days, and the
// share that was finished by then. Each container weighs the same.
func (m *Model) ofLikeNeed(weeks, within float64) (containers int, finished float64) {
	const factor = 2
	var last int32
	cases, came, sum := 0.0, 0.0, 0.0
	for _, n := range m.needs {
		if w := float64(n.weeks); w < weeks/factor || w > weeks*factor || float64(n.known) < within {
			continue
		}
		if n.container != last {
			if cases > 0 {
				sum += came / cases
			}
			containers, last, cases, came = containers+1, n.container, 0, 0
		}
		cases++
		if float64(n.left) <= within {
			came++
		}
	}
	if containers == 0 {
		return 0, 0
	}
	return containers, (sum + came/cases) / float64(containers)
}

// needed tells for how long the open work lasts at the pace, and what became
// of the containers here that needed as long, within so many days: those up to
// the target, or 30 where none lies ahead.
func (m *Model) needed(s *Situation, toTarget float64) []ExplainedInput {
	weeks, ok := s.need()
	if !ok {
		return nil
	}
	atPace := fmt.Sprintf("needs, at the pace of the last %d weeks", len(s.Weekly))
	if math.IsInf(weeks, 1) {
		return []ExplainedInput{{atPace, "no end is in sight: they delivered nothing, net"}}
	}
	within, span := toTarget, inWeeks(toTarget)+", which is up to the target"
	if within <= 0 {
		within, span = 30, "30 days"
	}
	const like = "epics and issues with sub-tasks here that needed from half to twice as long"
	var became ExplainedInput
	if n, share := m.ofLikeNeed(weeks, within); n < minScored {
		became = ExplainedInput{like, fmt.Sprintf("%d: too few to tell which share was finished within %s", n, span)}
	} else {
		became = ExplainedInput{fmt.Sprintf("of %d %s", n, like), fmt.Sprintf("%.0f %% were finished within %s", 100*share, span)}
	}
	return []ExplainedInput{{atPace, fmt.Sprintf("%s for %s", inWeeks(7*weeks), openIssues(s.Open()))}, became}
}

// inWeeks writes days as the nearest number of weeks, or as days where that
// would be less than two.
func inWeeks(d float64) string {
	if weeks := math.Round(d / 7); weeks >= 2 {
		return fmt.Sprintf("%.0f weeks", weeks)
	}
	return inDays(time.Duration(math.Ceil(d)) * day)
}
