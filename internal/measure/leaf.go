package measure

import (
	"cmp"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// life is what a ledger keeps of a leaf besides its steps, whether or not it
// was in the goal's scope then. Moments are Unix milliseconds, 0 for never.
type life struct {
	born      int64 // created
	delivered int64 // delivered for the first time
}

// oddity is what few leaves have of a life.
type oddity struct {
	gone  int64 // deleted, archived or out of the site's scope
	split int64 // said by a link to be split off, or cloned from, another issue
	leaf  int32
}

// oddities returns those of a leaf; zero for most.
func (l *ledger) oddities(leaf int) oddity {
	k, ok := slices.BinarySearchFunc(l.odd, int32(leaf), func(o oddity, leaf int32) int { return cmp.Compare(o.leaf, leaf) })
	if !ok {
		return oddity{}
	}
	return l.odd[k]
}

// turn is a turn in a leaf's life, whether or not it was in scope then.
type turn struct {
	stamp
	leaf int32
}

func newTurn(ms int64, what turning) turn { return turn{stamp: newStamp(ms, uint8(what))} }

func (t *turn) what() turning { return turning(t.sign()) }

type turning uint8

const (
	began     turning = iota // entered progress for the first time since it was created or re-opened
	delivered                // was delivered
	reopened                 // was closed, and is open again
	restored                 // is delivered as it was before it was open for less than the bounce
	withdrawn                // was delivered, and is closed without being so; it was not open in between
)

// mark is how a leaf stands from a moment on, beside its status.
type mark struct {
	stamp
	leaf int32
}

func newMark(ms int64, is stance) mark { return mark{stamp: newStamp(ms, uint8(is))} }

func (m *mark) is() stance { return stance(m.sign()) }

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
func (b *builder) observe(t *flow.Timeline, leaves []place, f *following) {
	w, turns, marks, me := &f.toil, f.turns, f.marks, f.life
	b.used = usedRows{turns, marks, w.stints, w.holdings}
	if !slices.ContainsFunc(marks, func(m mark) bool { return m.is()&isDebt != 0 }) {
		w.talks = nil // it might have been debt, and never was
	}
	odd := oddity{gone: millis(t.Issue.Gone)}
	off, isSplit := splitOff(t.Issue)
	if isSplit {
		odd.split = millis(off.at)
	}
	noise, raises, was := b.noiseOf(t), b.raises(t), stays(t)
	ranks, paths := b.ranks(t), b.paths(t, me.delivered)
	for _, p := range leaves {
		l := &b.ledgers[p.ledger]
		if l.lives != nil {
			l.lives[p.index] = me
		}
		if odd.gone != 0 || odd.split != 0 {
			odd.leaf = int32(p.index)
			l.odd = append(l.odd, odd)
		}
		if isSplit {
			l.noteSplit(p.index, off)
		}
		l.noteBotSteps(p.index, t)
		l.noteRaises(p.index, raises)
		l.noteRanks(p.index, ranks)
		l.notePaths(p.index, paths)
		l.turns, l.marks = roomFor(l.turns, len(turns), p.index, l.leaves.len()), roomFor(l.marks, len(marks), p.index, l.leaves.len())
		l.noteStays(p.index, was)
		for _, x := range turns {
			x.leaf = int32(p.index)
			l.turns = append(l.turns, x)
		}
		for _, m := range marks {
			m.leaf = int32(p.index)
			l.marks = append(l.marks, m)
		}
		l.toiled(p.index, w)
		b.stir(p, noise)
	}
	b.blockers.watch(t, leaves)
}

// usedRows are an issue's rows before they are written into ledgers: lists that
// are used again for every issue.
type usedRows struct {
	turns    []turn
	marks    []mark
	stints   []stint
	holdings []holding
}

// following follows how an issue turns and stands, and what it is spent on.
type following struct {
	toil
	life
	b       *builder
	turns   []turn
	marks   []mark
	started bool
	ends    endFold
}

// follow begins to follow an issue.
func (b *builder) follow(t *flow.Timeline) following {
	used := &b.used
	return following{
		b: b, life: life{born: millis(t.Issue.Created)}, turns: used.turns[:0], marks: used.marks[:0],
		toil: toil{statuses: &b.settings.Work, people: b.people, talks: talks(t, &b.settings), stints: used.stints[:0], holdings: used.holdings[:0]},
		ends: endFold{bounce: b.settings.Thresholds.Bounce.Milliseconds()},
	}
}

// step takes the next stretch of the issue's life, in order.
func (f *following) step(span flow.Span, st *flow.State, out flow.Outcome) {
	at := millis(span.From)
	was := f.ends.out
	end := f.ends.step(at, out)
	f.toil.step(at, st, out, end)
	switch {
	case end == endUndone:
		f.started = false
		f.turns = append(f.turns, newTurn(at, reopened))
	case end == endRestored && out == flow.Delivered:
		f.turns = append(f.turns, newTurn(at, restored))
	case end == endsNow && was == flow.Delivered:
		f.turns = append(f.turns, newTurn(at, withdrawn))
	case end == endsNow && out == flow.Delivered:
		f.turns = append(f.turns, newTurn(at, delivered))
		if f.delivered == 0 {
			f.delivered = at
		}
	}
	if !f.started && out == flow.Open && st.Category == flow.InProgress {
		f.started = true
		f.turns = append(f.turns, newTurn(at, began))
	}
	now := f.b.stance(st)
	if k := len(f.marks) - 1; k < 0 && now != 0 || k >= 0 && f.marks[k].is() != now {
		f.marks = append(f.marks, newMark(at, now))
	}
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
