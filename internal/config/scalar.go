package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"plumbline/internal/flow"
)

// check looks at a text. What it looks for is also told to the schema, as far
// as a schema can say it.
type check struct {
	// test returns what is wrong with the text, or nil.
	test func(string) *fault

	form    string   // a pattern that the text must have; empty for none
	notForm string   // a pattern that it must not have
	known   []string // the texts that it may be; nil for any
	most    int      // characters; 0 for any number
	// private: what fails may be of a person, and is not to be shown.
	private bool
}

func (c *check) describe(s *schema) {
	if c.form != "" {
		s.Pattern = c.form
	}
	if c.notForm != "" {
		s.Not = &schema{Pattern: c.notForm}
	}
	if c.known != nil {
		s.Enum, s.Pattern, s.MaxLength = c.known, "", 0
	}
	if c.most > 0 {
		s.MaxLength = c.most
	}
}

const (
	maxWord  = 1_000  // characters of a name, a path or an address
	maxProse = 20_000 // characters of a note or a query
)

// What a text of one line and one of several look like that are not empty.
const (
	aLine       = `^\S(.*\S)?$`
	lineOrEmpty = `^(\s*|\S(.*\S)?)$`
	someText    = `\S`
)

// scalar returns the text of a text value.
func (d *decoder) scalar(n node) (string, bool) {
	var s string
	switch v := n.Node.(type) {
	case *ast.StringNode:
		s = v.Value
	case *ast.LiteralNode:
		s = v.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		d.fault(n, "wants text, has "+kind(n.Node), "put it in quotes")
		return "", false
	default:
		d.fault(n, "wants text, has "+kind(n.Node), "write text")
		return "", false
	}
	return s, true
}

// text reads a text, which must pass the checks. Where may says so, an empty
// text is taken as it is.
func (d *decoder) text(dst *string, may emptiness, checks ...check) reader {
	return func(n node) {
		if d.describing {
			n.wants.text("")
			fallback(n.wants, *dst)
			for i := range checks {
				checks[i].describe(n.wants)
			}
			if p := n.wants.Pattern; may == maybeEmpty && p != "" && p != lineOrEmpty {
				n.wants.Pattern = `^\s*$|` + p
			}
			return
		}
		s, ok := d.scalar(n)
		if !ok {
			return
		}
		blank := strings.TrimSpace(s) == ""
		if blank && may == maybeEmpty {
			*dst = ""
			return
		}
		if blank {
			d.fault(n, "is empty", "write what it should be, or leave the key out")
			return
		}
		for _, c := range checks {
			if f := c.test(s); f != nil {
				if c.private {
					d.hide(n)
				}
				d.fault(n, f.what, f.mend)
				return
			}
		}
		*dst = strings.TrimSpace(s)
	}
}

// emptiness says whether a text may be empty.
type emptiness bool

const (
	maybeEmpty emptiness = true
	notEmpty   emptiness = false
)

// word reads a text of one line that is not empty.
func (d *decoder) word(dst *string, checks ...check) reader {
	return d.text(dst, notEmpty, append([]check{oneLine(notEmpty)}, checks...)...)
}

// optional reads a text of one line that may be empty.
func (d *decoder) optional(dst *string, checks ...check) reader {
	return d.text(dst, maybeEmpty, append([]check{oneLine(maybeEmpty)}, checks...)...)
}

// prose reads a text of any number of lines.
func (d *decoder) prose(dst *string, may emptiness, checks ...check) reader {
	return d.text(dst, may, append([]check{manyLines(may)}, checks...)...)
}

func oneLine(may emptiness) check {
	c := check{form: aLine, most: maxWord}
	if may == maybeEmpty {
		c.form = lineOrEmpty
	}
	c.test = func(s string) *fault {
		switch {
		case strings.ContainsFunc(s, unicode.IsControl):
			return &fault{"holds a line break or another control character", "write it in one line"}
		case strings.TrimSpace(s) != s:
			return &fault{"has space before or after it", "remove that"}
		}
		return cmp.Or(turned(s), atMost(maxWord).test(s))
	}
	return c
}

func manyLines(may emptiness) check {
	c := check{most: maxProse}
	if may == notEmpty {
		c.form = someText
	}
	c.test = func(s string) *fault {
		if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' }) {
			return &fault{"holds a control character", "remove it"}
		}
		return cmp.Or(turned(s), atMost(maxProse).test(s))
	}
	return c
}

// turned refuses the invisible signs by which a line shows another text to
// whoever reviews it than the one that is read.
func turned(s string) *fault {
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }) {
		return &fault{"holds an invisible sign that turns the order of what is read", "remove it"}
	}
	return nil
}

func atMost(most int) check {
	return check{most: most, test: func(s string) *fault {
		if utf8.RuneCountInString(s) > most {
			return &fault{fmt.Sprintf("is longer than %d characters", most), "shorten it"}
		}
		return nil
	}}
}

// matching returns a check that a text has a form.
func matching(form *regexp.Regexp, what, mend string) check {
	return check{form: form.String(), test: func(s string) *fault {
		if form.MatchString(s) {
			return nil
		}
		return &fault{quoted(s) + " is no " + what, mend}
	}}
}

// oneOf returns a check that a text is one of the known ones.
func oneOf(known ...string) check {
	return check{known: known, test: func(s string) *fault {
		if slices.Contains(known, s) {
			return nil
		}
		return &fault{quoted(s) + " is not taken here", suggestion(s, known)}
	}}
}

// words reads a list of different texts, each of which must pass the checks.
func (d *decoder) words(dst *[]string, most int, checks ...check) reader {
	return func(n node) {
		read := make([]string, 0)
		first := make(map[string]int)
		if d.describing && len(*dst) > 0 {
			n.wants.Default = *dst
		}
		d.list(most, func(_ int, item node) {
			var s string
			before := len(d.errs)
			if d.word(&s, checks...)(item); len(d.errs) > before {
				return
			}
			if line, twice := first[s]; twice {
				d.fault(item, quoted(s)+" comes twice", fmt.Sprintf("it stands in line %d already; keep one", line))
				return
			}
			first[s] = position(item.Node).Line
			read = append(read, s)
		})(n)
		*dst = read
		if d.describing {
			n.wants.Unique = true
		}
	}
}

// flag reads true or false.
func (d *decoder) flag(dst *bool) reader {
	return func(n node) {
		if d.describing {
			n.wants.Type = "boolean"
			fallback(n.wants, *dst)
			return
		}
		v, ok := n.Node.(*ast.BoolNode)
		if !ok {
			d.fault(n, "wants true or false, has "+kind(n.Node), "write true or false, without quotes")
			return
		}
		*dst = v.Value
	}
}

// bounds are what a number must lie in.
type bounds struct {
	test      func(float64) *fault
	low, high float64
	above     bool // low itself is out of bounds
}

// anyNumber has no bounds.
func anyNumber() bounds { return bounds{} }

func (b *bounds) describe(s *schema) {
	switch {
	case b.test == nil:
		return
	case b.above:
		s.Above = &b.low
	default:
		s.Minimum = &b.low
	}
	s.Maximum = &b.high
}

// number reads a decimal number, which must lie in the bounds.
func (d *decoder) number(dst *float64, in bounds) reader {
	return func(n node) {
		if d.describing {
			n.wants.Type = "number"
			fallback(n.wants, *dst)
			in.describe(n.wants)
			return
		}
		v, f := decimal(n.Node)
		if f == nil && in.test != nil {
			f = in.test(v)
		}
		if f != nil {
			d.fault(n, f.what, f.mend)
			return
		}
		*dst = v
	}
}

func decimal(n ast.Node) (float64, *fault) {
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		// The parser also knows octal, hexadecimal and underscores; people
		// who write 010 in such a file mean ten.
		v, err := strconv.ParseFloat(n.GetToken().Value, 64)
		if err != nil {
			return 0, &fault{"wants a decimal number", "write digits and at most one point, such as 0.5"}
		}
		return v, nil
	case *ast.StringNode:
		return 0, &fault{"wants a number, has text", "write a number such as 0.5, without quotes and without a unit"}
	}
	return 0, &fault{"wants a number, has " + kind(n), "write a number such as 0.5"}
}

// between returns a range, both ends included.
func between(low, high float64) bounds {
	return bounds{low: low, high: high, test: func(v float64) *fault {
		if v >= low && v <= high {
			return nil
		}
		return &fault{fmt.Sprintf("%v is out of range", v), fmt.Sprintf("choose from %v to %v", low, high)}
	}}
}

// whole reads an integer in a range, both ends included.
func (d *decoder) whole(dst *int, low, high int) reader {
	return func(n node) {
		v := float64(*dst)
		before := len(d.errs)
		if d.number(&v, between(float64(low), float64(high)))(n); len(d.errs) > before {
			return
		}
		if d.describing {
			n.wants.Type = "integer"
			return
		}
		if v != float64(int(v)) {
			d.fault(n, "wants a whole number", fmt.Sprintf("choose from %d to %d", low, high))
			return
		}
		*dst = int(v)
	}
}

// aDate is what date takes, as far as a pattern tells.
const aDate = `^(19[7-9][0-9]|2[01][0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`

// date reads a calendar day.
func (d *decoder) date(dst *flow.Date) reader {
	return func(n node) {
		if d.describing {
			n.wants.text(aDate)
			n.wants.Format = "date"
			return
		}
		s, ok := n.Node.(*ast.StringNode)
		if !ok {
			d.fault(n, "wants a date, has "+kind(n.Node), "write year-month-day, such as 2026-12-18")
			return
		}
		v, err := flow.ParseDate(s.Value)
		switch {
		case err != nil:
			d.fault(n, quoted(s.Value)+" is no date", "write year-month-day of a day that exists, such as 2026-12-18")
		case v.Year < 1970 || v.Year > 2199:
			d.fault(n, quoted(s.Value)+" is out of range", "choose a day from 1970 to 2199")
		default:
			*dst = v
		}
	}
}
