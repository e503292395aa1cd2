package measure

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// declaration is a decision that a goals file declares. A day begins when it
// does in the zone; what was decided before it was asked took no time. Nothing
// is known of it before it was asked.
type declaration struct {
	ledger int // of the goal that declares it
	*goal.Decision
	said flow.Span // from being asked to being decided, as the file says
}

func newDeclaration(ledger int, d *goal.Decision, zone *time.Location) declaration {
	out := declaration{ledger, d, flow.Span{From: d.Asked.Start(zone)}}
	if !d.Decided.IsZero() {
		out.said.To = latest(d.Decided.Start(zone), out.said.From)
	}
	return out
}

// class is the class that the declaration names, if it is configured.
func (d *declaration) class(classes []DecisionClass) classSet {
	k := slices.IndexFunc(classes, func(c DecisionClass) bool { return c.Name == d.Class })
	if k < 0 {
		return asOther
	}
	return 1 << k
}

// reversal reports whether the declaration says that the decision was taken
// back: its outcome begins with the word "reversed".
func (d *declaration) reversal() bool {
	const word = "reversed"
	outcome := strings.TrimSpace(d.Outcome)
	return len(outcome) >= len(word) && strings.EqualFold(outcome[:len(word)], word)
}

// declare joins what the goals files say to what Jira says of the issue. It
// was asked when either first says so, and decided when either first says so:
// a forgotten line in a file keeps no decision open, nor does a forgotten
// ticket.
func (q *inquiry) declare(ds []declaration, classes []DecisionClass) {
	for k := range ds {
		d := &ds[k]
		said := d.said
		for _, a := range q.declaredAsks(said) {
			a.at, a.all, a.posed, a.cause = d.class(classes), d.class(classes), true, "goals file"
			q.asks = append(q.asks, a)
			q.posed = q.posed.Union(flow.Spans{a.Span})
		}
		q.asks = joined(q.asks)
		if !said.To.IsZero() {
			q.decideAt(said.To)
		}
	}
}

// declaredAsks returns when the issue waited for the declared decision: as
// long as the file says, or where it names no end, while the issue was open.
// A question that is put to a closed issue took no time, until it is opened.
func (q *inquiry) declaredAsks(said flow.Span) []ask {
	if !said.To.IsZero() {
		return []ask{{Span: said, how: byWord}}
	}
	var out []ask
	for k, life := range q.open {
		if k == 0 && said.From.Before(life.From) {
			life.From = said.From // asked before there was an issue
		}
		if parts := (flow.Spans{life}).Intersect(flow.Spans{said}); len(parts) > 0 {
			out = append(out, ask{Span: parts[0], how: q.ends[k]})
		}
	}
	if len(out) == 0 || out[0].From.After(said.From) {
		out = append(out, ask{Span: flow.Span{From: said.From, To: said.From}, how: byWord})
	}
	return out
}

// decideAt ends the wait of the moment.
func (q *inquiry) decideAt(at time.Time) {
	for k := range q.asks {
		a := &q.asks[k]
		if !a.Contains(at) {
			continue
		}
		rest := flow.Spans{{From: at, To: a.To}}
		a.To, a.how, a.by = at, byWord, closing{}
		q.posed = q.posed.Less(rest)
	}
}

// joined unites asks that overlap or touch.
func joined(asks []ask) []ask {
	slices.SortStableFunc(asks, func(a, b ask) int { return a.From.Compare(b.From) })
	out := asks[:0:0]
	for _, a := range asks {
		if n := len(out); n > 0 && (out[n-1].To.IsZero() || !a.From.After(out[n-1].To)) {
			out[n-1].join(&a)
			continue
		}
		out = append(out, a)
	}
	return out
}

// join takes in an ask that begins no earlier and before a ends.
func (a *ask) join(o *ask) {
	switch set := o.at &^ asOther; {
	case o.From.Equal(a.From):
		a.at |= o.at
		a.posed = a.posed || o.posed
	case a.at == asOther && set != 0 && a.named.set == 0:
		a.named = naming{o.From, set}
	}
	a.all |= o.all
	if !a.To.IsZero() && (o.To.IsZero() || o.To.After(a.To)) {
		a.To, a.how, a.by = o.To, o.how, o.by
	}
}

// declarations collects what the goals declare, by the issue that they name;
// "" is without one. Each list is in order of asking.
func declarations(ledgers []ledger, zone *time.Location) map[string][]declaration {
	out := map[string][]declaration{}
	for g := range ledgers {
		ds := ledgers[g].goal.Decisions
		for k := range ds {
			out[ds[k].Issue] = append(out[ds[k].Issue], newDeclaration(g, &ds[k], zone))
		}
	}
	for _, ds := range out {
		slices.SortStableFunc(ds, func(a, b declaration) int {
			return cmp.Or(a.Asked.Sub(b.Asked), cmp.Compare(ledgers[a.ledger].goal.ID, ledgers[b.ledger].goal.ID), cmp.Compare(a.ID, b.ID))
		})
	}
	return out
}
