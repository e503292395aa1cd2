package measure

import (
	"time"

	"plumbline/internal/flow"
)

// addProgress finds an issue's progress events (MEASURES §7): its category
// moves forward (to do → in progress → done) for the first time in its current
// episode, or it is delivered. An episode begins at creation and whenever the
// issue is re-opened; an issue that was open again for less than the bounce
// threshold was not re-opened. Only events in the goal's scope are its own.
func (b *builder) addProgress(t *flow.Timeline, leaves []place) {
	e := episode{bounce: b.settings.Thresholds.Bounce}
	changes := t.Changes()
	born := true
	for span, st := range t.SpansOf(flow.OutcomeFields) {
		outcome := b.settings.Semantics.Outcome(st)
		if born {
			e.begin(st.Category, outcome)
			born = false
			continue
		}
		var by *flow.Change
		for ; len(changes) > 0 && !changes[0].At.After(span.From); changes = changes[1:] {
			if c := &changes[0]; c.At.Equal(span.From) && (c.Field == flow.FieldStatus || c.Field == flow.FieldResolution) {
				by = c
			}
		}
		if by == nil {
			continue
		}
		if forward, delivered, bounced := e.step(span.From, st.Category, outcome); forward {
			b.record(t, leaves, by, progress{ms: span.From.UnixMilli(), delivered: delivered, what: int32(b.words.number(st.Status.Name, ""))}, bounced)
		}
	}
}

// record notes the event in each goal that has the issue in scope then.
func (b *builder) record(t *flow.Timeline, leaves []place, by *flow.Change, p progress, bounced bool) {
	switch {
	case bounced:
		p.discount = byBounce
	case by.Bot:
		p.discount = byBot
	}
	for _, at := range leaves {
		l := &b.ledgers[at.ledger]
		if !l.leaves[at.index].contains(p.at()) {
			continue
		}
		p.leaf = int32(at.index)
		l.progress = append(l.progress, p)
		if m := minuteOf(t.Issue.Site, by); p.discount == counts && by.History != 0 && b.bulk.suspected(m) {
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
