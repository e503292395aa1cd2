package measure

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// maxExpr bounds an expression, in characters, and maxNesting its
	// parentheses and nots.
	maxExpr    = 1000
	maxNesting = 32
	// longestFor bounds "for": each of its days is looked at. mostLooked bounds
	// the moments that are looked at where one lies within another.
	longestFor = 366 * day
	mostLooked = 2000
)

// ParseExpr reads an expression over the named figures. Its error is an
// *ExprError.
func ParseExpr(src string, names NameSet) (*Expr, error) {
	if n := utf8.RuneCountInString(src); n > maxExpr {
		return nil, &ExprError{maxExpr, fmt.Sprintf("the condition has %d characters, more than %d", n, maxExpr), "shorten it, or make two criteria of it"}
	}
	tokens, err := tokenise(src)
	if err != nil {
		return nil, err
	}
	p := &exprParser{tokens: tokens, names: names}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.text != "" {
		return nil, p.left(t)
	}
	return e, nil
}

// exprParser reads by recursive descent, one method a rule:
//
//	or    = and { "or" and }
//	and   = not { "and" not }
//	not   = "not" not | timed
//	timed = one { "after" DATE | "for" DURATION }
//	one   = "(" or ")" | NAME [ COMPARISON VALUE ]
type exprParser struct {
	tokens []token
	names  NameSet
	depth  int
}

func (p *exprParser) peek() token { return p.tokens[0] }

func (p *exprParser) next() token {
	t := p.tokens[0]
	if t.text != "" {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *exprParser) take(word string) bool {
	if p.peek().text != word {
		return false
	}
	p.next()
	return true
}

// left says what is wrong with something that follows a whole condition.
func (p *exprParser) left(t token) error {
	switch {
	case t.text == ")":
		return &ExprError{t.column, "the parenthesis closes nothing", "remove it, or open it before"}
	case isComparison(t.text):
		return &ExprError{t.column, "a second comparison follows the first", "write a < b and b < c as two comparisons joined by and"}
	}
	words := []string{"after", "and", "for", "not", "or"}
	return &ExprError{t.column, fmt.Sprintf("%q is not expected here", t.text), nearest(t.text, words)}
}

func (p *exprParser) or() (*Expr, error)  { return p.chain(opOr, "or", p.and) }
func (p *exprParser) and() (*Expr, error) { return p.chain(opAnd, "and", p.not) }

func (p *exprParser) chain(op exprOp, word string, operand func() (*Expr, error)) (*Expr, error) {
	first, err := operand()
	if err != nil {
		return nil, err
	}
	all := []*Expr{first}
	for p.take(word) {
		e, err := operand()
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	if len(all) == 1 {
		return first, nil
	}
	return &Expr{op: op, args: all}, nil
}

func (p *exprParser) deeper(t token, inner func() (*Expr, error)) (*Expr, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, &ExprError{t.column, fmt.Sprintf("the condition is nested more than %d deep", maxNesting), "make several criteria of it"}
	}
	defer func() { p.depth-- }()
	return inner()
}

func (p *exprParser) not() (*Expr, error) {
	t := p.peek()
	if !p.take("not") {
		return p.timed()
	}
	e, err := p.deeper(t, p.not)
	if err != nil {
		return nil, err
	}
	return &Expr{op: opNot, args: []*Expr{e}}, nil
}

func (p *exprParser) timed() (*Expr, error) {
	e, err := p.one()
	if err != nil {
		return nil, err
	}
	for n := 0; ; n++ {
		t := p.peek()
		if t.text != "after" && t.text != "for" {
			return e, nil
		}
		if n == maxNesting {
			return nil, &ExprError{t.column, fmt.Sprintf("more than %d times follow one another", maxNesting), "make several criteria of it"}
		}
		p.next()
		if e, err = p.time(t.text, e); err != nil {
			return nil, err
		}
	}
}

// time reads what follows "after" or "for".
func (p *exprParser) time(word string, e *Expr) (*Expr, error) {
	t := p.next()
	v, ok := readLiteral(t.text)
	switch {
	case word == "after" && (!ok || v.kind != isDate):
		return nil, &ExprError{t.column, "after wants a date, " + has(t), "write a day that exists, such as after 2026-11-01"}
	case word == "after":
		return &Expr{op: opAfter, args: []*Expr{e}, value: v}, nil
	case !ok || v.kind != isDuration || v.span <= 0:
		return nil, &ExprError{t.column, "for wants a duration, " + has(t), "write a number with a unit, such as for 14d"}
	case v.span > longestFor:
		return nil, &ExprError{t.column, fmt.Sprintf("%q is longer than %s", t.text, spanText(longestFor)), "shorten it"}
	}
	held := &Expr{op: opFor, args: []*Expr{e}, value: v}
	if n := held.looked(); n > mostLooked {
		return nil, &ExprError{t.column, fmt.Sprintf("one for lies within another, and they look at %d moments together, more than %d", n, mostLooked), "shorten them, or say how long once"}
	}
	return held, nil
}

// looked is at how many moments a figure is asked for, at the most.
func (e *Expr) looked() int {
	n := 1
	for _, a := range e.args {
		n = max(n, a.looked())
	}
	if e.op == opFor {
		n *= int(e.value.span/day) + 3 // the days that begin within, and both ends
	}
	return n
}

func has(t token) string {
	if t.text == "" {
		return "and the condition ends here"
	}
	return fmt.Sprintf("has %q", t.text)
}

func isComparison(s string) bool {
	return slices.Contains([]string{"<", "<=", ">", ">=", "=", "!="}, s)
}

func (p *exprParser) one() (*Expr, error) {
	t := p.next()
	_, isLiteral := readLiteral(t.text)
	switch {
	case t.text == "(":
		e, err := p.deeper(t, p.or)
		if err != nil {
			return nil, err
		}
		if end := p.peek(); end.text != ")" && end.text != "" {
			return nil, p.left(end)
		}
		if !p.take(")") {
			return nil, &ExprError{t.column, "the parenthesis is not closed", "close it with )"}
		}
		return e, nil
	case t.text == "":
		return nil, &ExprError{t.column, "a condition is missing here", exprForm}
	case isLiteral && isComparison(p.peek().text):
		return nil, &ExprError{t.column, fmt.Sprintf("%q stands before the comparison", t.text), "write the figure first: scope_added > 10"}
	case slices.Contains([]string{"and", "or", "after", "for", ")"}, t.text) || strings.Trim(t.text, "<>=!") == "":
		return nil, &ExprError{t.column, fmt.Sprintf("a figure is missing before %q", t.text), exprForm}
	}
	unit, ok := p.names[t.text]
	if !ok {
		what, mend := p.names.unknownName(t.text)
		return nil, &ExprError{t.column, what, mend}
	}
	return p.comparison(t, unit)
}

// comparison reads what follows a figure, and checks the units.
func (p *exprParser) comparison(name token, unit Unit) (*Expr, error) {
	op := p.peek()
	if unit == Truth {
		if strings.Trim(op.text, "<>=!") == "" && op.text != "" {
			return nil, &ExprError{op.column, name.text + " is true or false, and compared with nothing", fmt.Sprintf("write %s, or not %s", name.text, name.text)}
		}
		return &Expr{name: name.text}, nil
	}
	if !isComparison(op.text) {
		mend := "write one of < <= > >= = !="
		if op.text == "==" {
			mend = "write ="
		}
		return nil, &ExprError{op.column, fmt.Sprintf("%s wants a comparison, %s", name.text, has(op)), mend}
	}
	p.next()
	t := p.next()
	v, ok := readLiteral(t.text)
	if !ok {
		return nil, &ExprError{t.column, fmt.Sprintf("%s %s wants a value, %s", name.text, op.text, has(t)), "write " + unit.example()}
	}
	if what, mend := unit.refuses(name.text, v); what != "" {
		return nil, &ExprError{t.column, what, mend}
	}
	return &Expr{name: name.text, compare: op.text, value: v}, nil
}

func (u Unit) example() string {
	switch u {
	case Share:
		return "a share such as 0.3 or 30%"
	case Count:
		return "a number such as 3"
	case Duration:
		return "a duration such as 14d"
	case Day:
		return "a date such as 2026-12-18"
	}
	return "a number such as 0.5"
}

// refuses says why a value can't be compared with a figure of the unit.
func (u Unit) refuses(name string, v literal) (what, mend string) {
	kinds := map[Unit][]literalKind{
		Share: {isNumber, isPercent}, Count: {isNumber}, Duration: {isDuration}, Day: {isDate}, Quantity: {isNumber, isPercent},
	}
	if !slices.Contains(kinds[u], v.kind) {
		return fmt.Sprintf("%s is %s, and %s is %s", name, u, v, v.kind), "write " + u.example()
	}
	if u == Share && (v.fraction() > 1 || v.fraction() < 0) {
		if v.kind == isNumber && v.number > 1 && v.number <= 100 {
			return fmt.Sprintf("%s is a share of 1, and %s is more", name, v), fmt.Sprintf("did you mean %s%%?", v)
		}
		return fmt.Sprintf("%s is a share, and %s is out of range", name, v), "choose from 0% to 100%"
	}
	return "", ""
}

// String names the kind in messages.
func (k literalKind) String() string {
	switch k {
	case isPercent:
		return "a percentage"
	case isDuration:
		return "a duration"
	case isDate:
		return "a date"
	}
	return "a number"
}

// fraction is the number, of a percentage the part of 1.
func (l literal) fraction() float64 {
	if l.kind == isPercent {
		return l.number / 100
	}
	return l.number
}

// figure is the value as Eval compares figures with: seconds, or a share.
func (l literal) figure(zone *time.Location) float64 {
	switch l.kind {
	case isDuration:
		return l.span.Seconds()
	case isDate:
		return float64(l.date.Start(zone).Unix())
	}
	return l.fraction()
}
