package measure

import (
	"strconv"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// Expr is a condition over the figures of a goal, such as a stop criterion:
//
//	real_completion < 30% after 2026-11-01
//	outcome.p95 > 0.5 after 2026-12-01 for 14d
//	stalled and (target_moves >= 3 or target_slip > 60d)
//
// after and for belong to the comparison or the parenthesis right before them;
// not binds closer than and, and closer than or. "after DATE" holds from the
// end of that day on, "for DURATION" where the condition has held without a
// break for that long. ParseExpr makes an Expr; it is immutable.
type Expr struct {
	op   exprOp
	args []*Expr // of and, or, not, after, for

	name    string // of a comparison, and of a figure that is true or false
	compare string // < <= > >= = !=; empty where the figure itself is the condition
	value   literal
}

type exprOp uint8

const (
	opCompare exprOp = iota
	opAnd
	opOr
	opNot
	opAfter // value is the date
	opFor   // value is the duration
)

// Unit is what a figure is measured in.
type Unit string

// The units.
const (
	Share    Unit = "a share"
	Count    Unit = "a count"
	Duration Unit = "a duration"
	Day      Unit = "a date"
	Truth    Unit = "true or false"
	Quantity Unit = "a quantity of its own unit" // outcomes
)

// literal is a value as it was written.
type literal struct {
	kind   literalKind
	number float64 // of a percentage, what stands before the sign
	span   time.Duration
	date   flow.Date
}

type literalKind uint8

const (
	noLiteral literalKind = iota
	isNumber
	isPercent
	isDuration
	isDate
)

// String returns the literal in its one canonical form.
func (l literal) String() string {
	switch l.kind {
	case isNumber:
		return strconv.FormatFloat(l.number, 'f', -1, 64)
	case isPercent:
		return strconv.FormatFloat(l.number, 'f', -1, 64) + "%"
	case isDuration:
		return spanText(l.span)
	case isDate:
		return l.date.String()
	}
	return ""
}

// spanText writes a duration of whole minutes: "14d", "1d12h", "90m" as "1h30m".
func spanText(d time.Duration) string {
	var b strings.Builder
	for _, u := range spanUnits()[1:] {
		if n := d / u.length; n > 0 {
			b.WriteString(strconv.FormatInt(int64(n), 10) + u.letter)
			d -= n * u.length
		}
	}
	if b.Len() == 0 {
		return "0d"
	}
	return b.String()
}

type spanUnit struct {
	letter string
	length time.Duration
}

func spanUnits() []spanUnit {
	return []spanUnit{{"w", 7 * day}, {"d", day}, {"h", time.Hour}, {"m", time.Minute}}
}

// String returns the expression in its canonical form: parsing it again gives
// the same expression.
func (e *Expr) String() string {
	switch e.op {
	case opAnd, opOr:
		parts := make([]string, len(e.args))
		for k, a := range e.args {
			parts[k] = a.within(e.op)
		}
		return strings.Join(parts, map[exprOp]string{opAnd: " and ", opOr: " or "}[e.op])
	case opNot:
		return "not " + e.args[0].within(opNot)
	case opAfter:
		return e.args[0].within(opAfter) + " after " + e.value.String()
	case opFor:
		return e.args[0].within(opFor) + " for " + e.value.String()
	}
	if e.compare == "" {
		return e.name
	}
	return e.name + " " + e.compare + " " + e.value.String()
}

// within returns the expression as an operand: in parentheses where it would
// be read otherwise without them.
func (e *Expr) within(outer exprOp) string {
	if e.binds() < outer.binds() || e.op == outer && (e.op == opAnd || e.op == opOr) {
		return "(" + e.String() + ")"
	}
	return e.String()
}

func (e *Expr) binds() int { return e.op.binds() }

// binds tells how closely an operator binds.
func (op exprOp) binds() int {
	switch op {
	case opOr:
		return 0
	case opAnd:
		return 1
	case opNot:
		return 2
	case opAfter, opFor:
		return 3
	}
	return 4
}

// Names returns the figures that the expression asks for, each once, in order
// of appearance.
func (e *Expr) Names() []string {
	var out []string
	seen := map[string]bool{}
	var walk func(*Expr)
	walk = func(e *Expr) {
		if e.op == opCompare && !seen[e.name] {
			seen[e.name] = true
			out = append(out, e.name)
		}
		for _, a := range e.args {
			walk(a)
		}
	}
	walk(e)
	return out
}
