package measure

import (
	"fmt"
	"time"

	"plumbline/internal/flow"
)

// Figure is what a figure was at a moment. Shares are of 1, durations in
// seconds, dates the Unix time at which the day begins, truths 0 or 1. A figure
// that is not known says why.
type Figure struct {
	Value float64
	Why   string // empty where the value is known
}

// Lookup returns a figure as of a moment.
type Lookup func(name string, at time.Time) Figure

// Verdict is whether a condition is met. What is not known never meets it.
type Verdict struct {
	Met     bool
	Unknown bool
	Why     string // why it is unknown
}

func yes() Verdict                    { return Verdict{Met: true} }
func no() Verdict                     { return Verdict{} }
func unknownFor(why string) Verdict   { return Verdict{Unknown: true, Why: why} }
func verdict(met bool) Verdict        { return Verdict{Met: met} }
func (v Verdict) decided(b bool) bool { return !v.Unknown && v.Met == b }

// Eval judges the condition as of the moment, in three values: a figure that
// is unknown makes it unknown, unless the rest decides. It asks lookup for no
// moment after at. Days begin as they do in the zone; nil is UTC.
func (e *Expr) Eval(at time.Time, zone *time.Location, lookup Lookup) Verdict {
	if zone == nil {
		zone = time.UTC
	}
	switch e.op {
	case opAnd:
		return e.fold(at, zone, lookup, false)
	case opOr:
		return e.fold(at, zone, lookup, true)
	case opNot:
		v := e.args[0].Eval(at, zone, lookup)
		if !v.Unknown {
			v.Met = !v.Met
		}
		return v
	case opAfter:
		if at.Before(e.value.date.End(zone)) {
			return no()
		}
		return e.args[0].Eval(at, zone, lookup)
	case opFor:
		return e.held(at, zone, lookup)
	}
	return e.test(at, zone, lookup)
}

// fold joins the operands: one that is as decisive says decides alone.
func (e *Expr) fold(at time.Time, zone *time.Location, lookup Lookup, decisive bool) Verdict {
	out := verdict(!decisive)
	for _, a := range e.args {
		v := a.Eval(at, zone, lookup)
		if v.decided(decisive) {
			return v
		}
		if v.Unknown && !out.Unknown {
			out = v
		}
	}
	return out
}

// held reports whether the operand has held without a break for the duration:
// at the moment, at the beginning of every day since, and at its beginning.
func (e *Expr) held(at time.Time, zone *time.Location, lookup Lookup) Verdict {
	inner := e.args[0]
	begin := at.Add(-e.value.span)
	out := yes()
	ask := func(when time.Time) bool {
		v := inner.Eval(when, zone, lookup)
		if v.Unknown && !out.Unknown {
			v.Why = fmt.Sprintf("on %s %s", flow.DateOf(when.In(zone)), v.Why)
			out = v
		}
		return !v.decided(false)
	}
	if !ask(at) {
		return no()
	}
	today := flow.DateOf(at.In(zone))
	for d := today; d.Start(zone).After(begin); d = d.AddDays(-1) {
		if start := d.Start(zone); start.Before(at) && !ask(start) {
			return no()
		}
	}
	if !ask(begin) {
		return no()
	}
	return out
}

func (e *Expr) test(at time.Time, zone *time.Location, lookup Lookup) Verdict {
	f := lookup(e.name, at)
	if f.Why != "" {
		return unknownFor(fmt.Sprintf("%s is unknown: %s", e.name, f.Why))
	}
	want := e.value.figure(zone)
	switch e.compare {
	case "<":
		return verdict(f.Value < want)
	case "<=":
		return verdict(f.Value <= want)
	case ">":
		return verdict(f.Value > want)
	case ">=":
		return verdict(f.Value >= want)
	case "=":
		return verdict(f.Value == want)
	case "!=":
		return verdict(f.Value != want)
	}
	return verdict(f.Value != 0)
}
