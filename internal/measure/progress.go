package measure

import (
	"time"

	"plumbline/internal/flow"
)

// advancing finds an issue's progress events (MEASURES §7): its category moves
// forward (to do → in progress → done) for the first time in its current
// episode, or it is delivered. An episode begins at creation and whenever the
// issue is re-opened; an issue that was open again for less than the bounce
// threshold was not re-opened. Only events in the goal's scope are its own.
type advancing struct {
	b       *builder
	t       *flow.Timeline
	leaves  []place
	episode episode
	changes []flow.Change // those to come
	begun   bool
}

func (b *builder) advance(t *flow.Timeline, leaves []place) advancing {
	return advancing{b: b, t: t, leaves: leaves, episode: episode{bounce: b.settings.Thresholds.Bounce}, changes: t.Changes()}
}

// step takes the next stretch of the issue's life, in order.
func (a *advancing) step(span flow.Span, st *flow.State, out flow.Outcome) {
	if !a.begun {
		a.episode.begin(st.Category, out)
		a.begun = true
		return
	}
	var by *flow.Change
	for ; len(a.changes) > 0 && !a.changes[0].At.After(span.From); a.changes = a.changes[1:] {
		if c := &a.changes[0]; c.At.Equal(span.From) && (c.Field == flow.FieldStatus || c.Field == flow.FieldResolution) {
			by = c
		}
	}
	if by == nil {
		return
	}
	if forward, delivered, bounced := a.episode.step(span.From, st.Category, out); forward {
		p := newProgress(span.From, 0, a.b.words.number(st.Status.Name, ""), delivered)
		a.b.record(a.t, a.leaves, by, p, bounced)
	}
}

// record notes the event in each goal that has the issue in scope then.
func (b *builder) record(t *flow.Timeline, leaves []place, by *flow.Change, p progress, bounced bool) {
	switch {
	case bounced:
		p.setDiscount(byBounce)
	case by.Recategorised():
		p.setDiscount(byCategory)
	case by.Bot:
		p.setDiscount(byBot)
	}
	for _, at := range leaves {
		l := &b.ledgers[at.ledger]
		if !l.leaves.contains(at.index, p.at()) {
			continue
		}
		p.leaf = int32(at.index)
		l.progress = append(roomFor(l.progress, 1, at.index, l.leaves.len()), p)
		if m := minuteOf(t.Issue.Site, by); p.discount() == counts && by.History != 0 && b.bulk.suspected(m) {
			b.waiting = append(b.waiting, waiting{place{at.ledger, len(l.progress) - 1}, m})
		}
	}
}

// episode follows an issue between re-openings.
type episode struct {
	bounce   time.Duration
	rank     int // the furthest that the category came in this episode
	out      flow.Outcome
	openedAt time.Time // when it was last re-opened; zero in the first episode
}

// rank orders the categories; one that is not known is behind all.
func rank(c flow.Category) int {
	switch c {
	case flow.ToDo:
		return 0
	case flow.InProgress:
		return 1
	case flow.Done:
		return 2
	}
	return -1
}

func (e *episode) begin(c flow.Category, o flow.Outcome) { e.rank, e.out = max(rank(c), 0), o }

// step takes the issue's next category and outcome in. It reports whether that
// is a step forward, whether the issue is delivered by it, and whether the
// step only takes back a re-opening that did not last.
func (e *episode) step(at time.Time, c flow.Category, o flow.Outcome) (forward, delivered, bounced bool) {
	was := e.out
	e.out = o
	if was != flow.Open && o == flow.Open {
		e.rank, e.openedAt = max(rank(c), 0), at
		return false, false, false
	}
	forward = rank(c) > e.rank
	e.rank = max(e.rank, rank(c))
	delivered = was != flow.Delivered && o == flow.Delivered
	if was == flow.Open && o != flow.Open {
		bounced = !e.openedAt.IsZero() && at.Sub(e.openedAt) < e.bounce
	}
	return forward || delivered, delivered, bounced
}
