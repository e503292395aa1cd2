package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"plumbline/internal/flow"
)

// check looks at a text and returns what is wrong with it, or nil.
type check func(string) *fault

const (
	maxWord  = 1_000  // characters of a name, a path or an address
	maxProse = 20_000 // characters of a note or a query
)

// scalar returns the text of a text value, without surrounding space.
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
	return strings.TrimSpace(s), true
}

// text reads a text, which must pass the checks. Where may says so, an empty
// text is taken as it is.
func (d *decoder) text(dst *string, may emptiness, checks ...check) reader {
	return func(n node) {
		s, ok := d.scalar(n)
		if !ok {
			return
		}
		if s == "" && may == maybeEmpty {
			*dst = ""
			return
		}
		if s == "" {
			d.fault(n, "is empty", "write what it should be, or leave the key out")
			return
		}
		for _, c := range checks {
			if f := c(s); f != nil {
				d.fault(n, f.what, f.mend)
				return
			}
		}
		*dst = s
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
	return d.text(dst, notEmpty, append([]check{oneLine}, checks...)...)
}

// optional reads a text of one line that may be empty.
func (d *decoder) optional(dst *string, checks ...check) reader {
	return d.text(dst, maybeEmpty, append([]check{oneLine}, checks...)...)
}

// prose reads a text of any number of lines.
func (d *decoder) prose(dst *string, may emptiness, checks ...check) reader {
	return d.text(dst, may, append([]check{manyLines}, checks...)...)
}

func oneLine(s string) *fault {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return &fault{"holds a line break or another control character", "write it in one line"}
	}
	return atMost(s, maxWord)
}

func manyLines(s string) *fault {
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' }) {
		return &fault{"holds a control character", "remove it"}
	}
	return atMost(s, maxProse)
}

func atMost(s string, most int) *fault {
	if utf8.RuneCountInString(s) > most {
		return &fault{fmt.Sprintf("is longer than %d characters", most), "shorten it"}
	}
	return nil
}

// matching returns a check that a text has a form.
func matching(form *regexp.Regexp, what, mend string) check {
	return func(s string) *fault {
		if form.MatchString(s) {
			return nil
		}
		return &fault{quoted(s) + " is no " + what, mend}
	}
}

// oneOf returns a check that a text is one of the known ones.
func oneOf(known ...string) check {
	return func(s string) *fault {
		if slices.Contains(known, s) {
			return nil
		}
		return &fault{quoted(s) + " is not taken here", suggestion(s, known)}
	}
}

// words reads a list of different texts, each of which must pass the checks.
func (d *decoder) words(dst *[]string, most int, checks ...check) reader {
	return func(n node) {
		read := make([]string, 0)
		first := make(map[string]int)
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
	}
}

// flag reads true or false.
func (d *decoder) flag(dst *bool) reader {
	return func(n node) {
		v, ok := n.Node.(*ast.BoolNode)
		if !ok {
			d.fault(n, "wants true or false, has "+kind(n.Node), "write true or false, without quotes")
			return
		}
		*dst = v.Value
	}
}

// number reads a decimal number, which must pass the check.
func (d *decoder) number(dst *float64, ok func(float64) *fault) reader {
	return func(n node) {
		v, f := decimal(n.Node)
		if f == nil && ok != nil {
			f = ok(v)
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

// between returns a check that a number lies in a range, both ends included.
func between(low, high float64) func(float64) *fault {
	return func(v float64) *fault {
		if v >= low && v <= high {
			return nil
		}
		return &fault{fmt.Sprintf("%v is out of range", v), fmt.Sprintf("choose from %v to %v", low, high)}
	}
}

// whole reads an integer in a range, both ends included.
func (d *decoder) whole(dst *int, low, high int) reader {
	return func(n node) {
		var v float64
		before := len(d.errs)
		if d.number(&v, between(float64(low), float64(high)))(n); len(d.errs) > before {
			return
		}
		if v != float64(int(v)) {
			d.fault(n, "wants a whole number", fmt.Sprintf("choose from %d to %d", low, high))
			return
		}
		*dst = int(v)
	}
}

// date reads a calendar day.
func (d *decoder) date(dst *flow.Date) reader {
	return func(n node) {
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

// span reads a duration of at least the given length.
func (d *decoder) span(dst *time.Duration, least time.Duration) reader {
	return func(n node) {
		s, ok := n.Node.(*ast.StringNode)
		if !ok {
			d.fault(n, "wants a duration, has "+kind(n.Node), "write a number with a unit, such as 90m, 5d or 2w")
			return
		}
		v, err := ParseDuration(s.Value)
		switch {
		case err != nil:
			d.fault(n, err.Error(), "write a number with a unit, such as 90m, 5d or 2w")
		case v < least:
			d.fault(n, quoted(s.Value)+" is too short", "choose at least "+formatDuration(least))
		default:
			*dst = v
		}
	}
}

func formatDuration(v time.Duration) string {
	if v >= day && v%day == 0 {
		return fmt.Sprintf("%dd", v/day)
	}
	return v.String()
}
