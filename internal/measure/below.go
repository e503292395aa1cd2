package measure

import "time"

// A goal is not finished before any of the goals below it, since their work is
// part of its own. Looked at as one container it may well seem so: much of it is
// delivered, and the one goal that lags weighs little.

// link tells the goals of those below them. above are the ledgers of the goals
// above each.
func link(ledgers []ledger, above [][]int) {
	for k := range ledgers {
		ledgers[k].below = nil
	}
	for k, up := range above {
		for _, u := range up {
			ledgers[u].below = append(ledgers[u].below, &ledgers[k])
		}
	}
}

// outset is what the odds of finishing are told from: what is made of the
// situation of a goal, and of those of the goals below it that are not finished.
type outset struct {
	at    time.Time
	own   outlook
	below []lag
}

// lag is a goal that another one waits for.
type lag struct {
	goal string
	outlook
}

// outset takes the goal's own situation, and looks up the others at its moment.
// Goals below that have too few issues to be told of hold nothing up.
func (l *ledger) outset(m *Model, own *Situation, s *Settings) outset {
	o := outset{at: own.At, own: m.outlook(own, new(endingsRoom))}
	for _, b := range l.below {
		t := b.tally(own.At)
		if t.parts.Total() < minLeaves || b.finished(own.At, &t, s) {
			continue
		}
		if now, ok := b.situationAt(own.At, s); ok {
			b.countPoints(&now, s)
			o.below = append(o.below, lag{b.goal.ID, m.outlook(&now, new(endingsRoom))})
		}
	}
	return o
}

// within is the probability that all of it is finished within so many days: no
// more than that of any of the goals below.
func (o *outset) within(days float64) float64 {
	p := o.own.within(days)[finishInForce]
	for k := range o.below {
		p = min(p, o.below[k].within(days)[finishInForce])
	}
	return p
}

// quantile solves within for the days, and names the goal below that it waits
// for; "" where that is none.
func (o *outset) quantile(p float64) (days float64, waitsFor string) {
	days = o.own.quantile(p)
	for k := range o.below {
		if d := o.below[k].quantile(p); d > days {
			days, waitsFor = d, o.below[k].goal
		}
	}
	return days, waitsFor
}

// moment is when so many days are over; nil where that lies too far ahead.
func (o *outset) moment(days float64) *time.Time {
	if days > farthest {
		return nil
	}
	at := o.at.Add(time.Duration(days * float64(day))).Truncate(time.Second)
	return &at
}
