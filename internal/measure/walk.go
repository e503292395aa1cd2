package measure

import (
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// walk writes a leaf's life into the ledgers of its goals. It is replayed once:
// each of those who write a part of it down takes its stretches one by one.
func (b *builder) walk(t *flow.Timeline, leaves []place) {
	b.entering, b.proving = b.entering[:0], b.proving[:0]
	for _, p := range leaves {
		l := &b.ledgers[p.ledger]
		in := l.leaves.in(p.index)
		b.entering = append(b.entering, b.enterAs(p, in))
		b.proving = append(b.proving, l.proof.prove(t, in))
	}
	progress, life := b.advance(t, leaves), b.follow(t)
	for span, st := range t.Spans() {
		out := b.settings.Semantics.Outcome(st)
		for k := range leaves {
			b.entering[k].step(span, st, out)
			b.proving[k].step(span, st)
		}
		progress.step(span, st, out)
		life.step(span, st, out)
	}
	for k, p := range leaves {
		l := &b.ledgers[p.ledger]
		l.entries = b.entering[k].end(t)
		b.proving[k].end()
		if l.goal.Count == goal.CountPoints {
			l.sizes = append(l.sizes, b.sizes(l, t, p.index, b.entering[k].in)...)
		}
	}
	b.observe(t, leaves, &life)
}

// entering writes the steps of a leaf that is in scope during in.
type entering struct {
	entries      []entry // of the ledger
	words        *wordings
	leaf, leaves int // the one, of so many
	in           flow.Spans
	was          class
}

// enterAs begins to write the steps of a leaf.
func (b *builder) enterAs(p place, in flow.Spans) entering {
	l := &b.ledgers[p.ledger]
	return entering{entries: l.entries, words: b.words, leaf: p.index, leaves: l.leaves.len(), in: in}
}

// step takes the next stretch of the leaf's life, in order.
func (e *entering) step(span flow.Span, st *flow.State, out flow.Outcome) {
	here := class{in: true, cat: st.Category, out: out, unsaid: st.Status.ID == ""}
	never := true
	for _, x := range e.in {
		part, ok := x.Intersect(span)
		if !ok {
			continue
		}
		never = false
		if part.From.After(span.From) {
			e.to(span.From, class{}, st)
		}
		e.to(part.From, here, st)
		if !part.To.IsZero() && (span.To.IsZero() || part.To.Before(span.To)) {
			e.to(part.To, class{}, st)
		}
	}
	if never {
		e.to(span.From, class{}, st)
	}
}

// to writes a step to another class.
func (e *entering) to(at time.Time, now class, st *flow.State) {
	if now == e.was {
		return
	}
	e.entries = append(roomFor(e.entries, 1, e.leaf, e.leaves), newEntry(at, e.leaf, e.was, now, e.words.number(st.Status.Name, st.Resolution.Name)))
	e.was = now
}

// end returns the ledger's entries, with the leaf's.
func (e *entering) end(t *flow.Timeline) []entry {
	if end := t.Issue.Gone; !end.IsZero() && e.was.in {
		e.to(end, class{}, &t.Issue.Now)
	}
	return e.entries
}
