package measure

import (
	"time"

	"plumbline/internal/flow"
)

// inquiry is what one issue has asked to be decided, over its whole life.
type inquiry struct {
	issueAt
	key     string // the present one
	summary string
	keys    []string // every key that it has had
	asks    []ask    // in order, none touching the next
	born    time.Time
	// posed is when the issue was itself the question (K1).
	posed flow.Spans
	// open is when the issue was neither delivered nor dropped, ends how each
	// of these stretches ended.
	open flow.Spans
	ends []ending
	// held is when the issue had a link "is blocked by", by the other's key.
	held map[string]flow.Spans
	// from are the issues that it was split off, or cloned from, into those
	// that were split off it.
	from, into []splitLink
	// belonging is where the issue belongs; found when decisions are made.
	belonging
}

// ask is one stretch in which an issue waited for a decision.
type ask struct {
	flow.Span
	at    classSet // the classes that asked at its beginning
	all   classSet // and at any time in it
	posed bool     // the issue was itself the question (K1) at its beginning
	named naming   // where only a goals file without a class asked first: who did next
	cause string
	how   ending
	by    closing
}

// naming is from when on a decision is of which classes.
type naming struct {
	from time.Time
	set  classSet
}

// ending says how a wait for a decision ended.
type ending uint8

const (
	unended    ending = iota
	byDelivery        // of the issue
	byDropping
	byLapse     // what asked is gone: the label, the status, the flag
	byWord      // the goals file says that it was decided
	byVanishing // the issue was deleted or left what is seen: nobody knows
	numEndings
)

// String says in words how the wait ended.
func (e ending) String() string {
	return [numEndings]string{
		"open", "delivered", "discarded", "no longer asked", "decided, says the goals file", "the issue is gone",
	}[e]
}

// made reports whether a decision was made.
func (e ending) made() bool { return e != unended && e != byVanishing }

// closing is the change that ended a wait.
type closing struct {
	minute minute // zero where nobody's bulk edit can have made it
	bot    bool
}

// newInquiry finds what the issue asks to be decided; nil where it asks
// nothing, is blocked by nothing and no goal declares it.
func newInquiry(t *flow.Timeline, a *asker, declared func(key string) bool) *inquiry {
	q := &inquiry{issueAt: issueAt{t.Issue.Site, t.Issue.ID}, key: t.Issue.Now.Key, born: t.Created(), held: heldBy(t.Issue)}
	named := false
	var now ask
	changes := t.Changes()
	for span, st := range t.Spans() {
		var by closing
		for ; len(changes) > 0 && !changes[0].At.After(span.From); changes = changes[1:] {
			if c := &changes[0]; c.At.Equal(span.From) && closes(c) {
				by = closing{minute: minuteOf(t.Issue.Site, c), bot: c.Bot}
			}
		}
		if n := len(q.keys); n == 0 || q.keys[n-1] != st.Key {
			q.keys = append(q.keys, st.Key)
			named = named || declared(st.Key)
		}
		q.live(span, a.semantics.Outcome(st))
		all, posed := a.asks(st)
		if posed != 0 {
			q.posed = q.posed.Append(span)
		}
		switch {
		case all == 0 && now.all != 0:
			now.how, now.by = endingOf(a.semantics.Outcome(st)), by
			q.asks = append(q.asks, now)
			now = ask{}
		case all != 0 && now.all == 0:
			now = ask{Span: span, at: all, all: all, posed: posed != 0, cause: a.cause(st, all.first())}
		}
		if all != 0 {
			now.To, now.all = span.To, now.all|all
		}
	}
	if now.all != 0 {
		if !now.To.IsZero() {
			now.how = byVanishing
		}
		q.asks = append(q.asks, now)
	}
	if n := len(q.open); n > 0 && q.ends[n-1] == unended && !q.open[n-1].To.IsZero() {
		q.ends[n-1] = byVanishing
	}
	if len(q.asks) == 0 && len(q.held) == 0 && !named {
		return nil
	}
	q.summary, q.key = lasting(t.Issue.Summary), lasting(q.key)
	for k := range q.keys {
		q.keys[k] = lasting(q.keys[k])
	}
	if len(q.asks) > 0 || named {
		q.from, q.into = splitsOf(t.Issue)
	}
	return q
}

// live extends the issue's open life by a stretch with the outcome.
func (q *inquiry) live(span flow.Span, o flow.Outcome) {
	n := len(q.open)
	if o == flow.Open {
		if q.open = q.open.Append(span); len(q.open) > n {
			q.ends = append(q.ends, unended)
		}
		return
	}
	if n > 0 && q.ends[n-1] == unended {
		q.ends[n-1] = endingOf(o)
	}
}

func endingOf(o flow.Outcome) ending {
	switch o {
	case flow.Delivered:
		return byDelivery
	case flow.Dropped:
		return byDropping
	}
	return byLapse
}

// closes reports whether the change can end a wait. One that is only implied
// is nobody's.
func closes(c *flow.Change) bool {
	switch c.Field {
	case flow.FieldStatus, flow.FieldResolution, flow.FieldLabels, flow.FieldType, flow.FieldFlagged:
		return c.History != 0
	}
	return false
}
