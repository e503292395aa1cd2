package measure

import (
	"slices"
	"time"

	"plumbline/internal/flow"
)

// life is what a ledger keeps of a leaf besides its steps, whether or not it
// was in the goal's scope then. Moments are Unix milliseconds, 0 for never.
type life struct {
	born      int64 // created
	delivered int64 // delivered for the first time
	gone      int64 // deleted, archived or out of the site's scope
	split     int64 // said by a link to be split off, or cloned from, another issue
}

// turn is a turn in a leaf's life, whether or not it was in scope then.
type turn struct {
	at   int64
	leaf int32
	what turning
}

type turning uint8

const (
	began     turning = iota // entered progress for the first time since it was created or re-opened
	delivered                // was delivered
	reopened                 // was closed, and is open again
	restored                 // is delivered as it was before it was open for less than the bounce
)

// mark is how a leaf stands from a moment on, beside its status.
type mark struct {
	at   int64
	leaf int32
	is   stance
}

// stance is what marks tell of a leaf.
type stance uint8

const (
	isBlocked stance = 1 << iota // by semantics.blocked
	owned                        // assigned to somebody
	isDebt                       // by semantics.debt
)

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func instantOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// by reports whether something that happened at ms, 0 for never, had happened
// by the moment.
func by(ms int64, at time.Time) bool { return ms != 0 && ms <= at.UnixMilli() }

// observe writes down a leaf's life in each goal that it belongs to.
func (b *builder) observe(t *flow.Timeline, leaves []place) {
	w := toil{statuses: &b.settings.Work, people: b.people, talks: talks(t, &b.settings)}
	me, turns, marks := b.follow(t, &w)
	if !slices.ContainsFunc(marks, func(m mark) bool { return m.is&isDebt != 0 }) {
		w.talks = nil // it might have been debt, and never was
	}
	off, isSplit := splitOff(t.Issue)
	if isSplit {
		me.split = millis(off.at)
	}
	noise, raises, was := b.noiseOf(t), b.raises(t), stays(t)
	for _, p := range leaves {
		l := &b.ledgers[p.ledger]
		if l.lives != nil {
			l.lives[p.index] = me
		}
		if isSplit {
			l.noteSplit(p.index, off)
		}
		l.noteRaises(p.index, raises)
		l.noteStays(p.index, was)
		for _, x := range turns {
			x.leaf = int32(p.index)
			l.turns = append(l.turns, x)
		}
		for _, m := range marks {
			m.leaf = int32(p.index)
			l.marks = append(l.marks, m)
		}
		l.toiled(p.index, &w)
		b.stir(p, noise)
	}
	b.blockers.watch(t, leaves)
}

// follow walks along an issue's life.
func (b *builder) follow(t *flow.Timeline, w *toil) (me life, turns []turn, marks []mark) {
	me = life{born: millis(t.Issue.Created), gone: millis(t.Issue.Gone)}
	started, ends := false, endFold{bounce: b.settings.Thresholds.Bounce.Milliseconds()}
	for span, st := range t.Spans() {
		at, out := millis(span.From), b.settings.Semantics.Outcome(st)
		end := ends.step(at, out)
		w.step(at, st, out, end)
		switch {
		case end == endUndone:
			started = false
			turns = append(turns, turn{at: at, what: reopened})
		case end == endRestored && out == flow.Delivered:
			turns = append(turns, turn{at: at, what: restored})
		case end == endsNow && out == flow.Delivered:
			turns = append(turns, turn{at: at, what: delivered})
			if me.delivered == 0 {
				me.delivered = at
			}
		}
		if !started && out == flow.Open && st.Category == flow.InProgress {
			started = true
			turns = append(turns, turn{at: at, what: began})
		}
		now := b.stance(st)
		if k := len(marks) - 1; k < 0 && now != 0 || k >= 0 && marks[k].is != now {
			marks = append(marks, mark{at: at, is: now})
		}
	}
	return me, turns, marks
}

func (b *builder) stance(st *flow.State) stance {
	var s stance
	if b.settings.Blocked.Applies(st) {
		s |= isBlocked
	}
	if st.Assignee != 0 {
		s |= owned
	}
	if b.settings.Debt.Applies(st) {
		s |= isDebt
	}
	return s
}
