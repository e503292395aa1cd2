package jirasim

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// compileDate compiles comparisons of instants.
func compileDate(c *compiler, p *property, cl clause) test {
	if cl.op == "~" || cl.op == "!~" {
		return c.unsupported(p, cl.op)
	}
	values, ok := c.values(p, cl)
	if !ok {
		return nothing
	}
	var wanted []int64
	empty := false
	for _, o := range values {
		if o.empty {
			empty = true
		} else if at, ok := c.date(p, o); ok {
			wanted = append(wanted, at)
		}
	}
	get := p.instant
	if cl.op[0] == '<' || cl.op[0] == '>' {
		if len(wanted) == 0 {
			return nothing
		}
		return func(f *facts) bool {
			at := get(c, f)
			return at != 0 && compares(cl.op, at, wanted[0])
		}
	}
	not := negative(cl.op)
	return func(f *facts) bool {
		at := get(c, f)
		if at == 0 {
			return empty && !not
		}
		return slices.Contains(wanted, at) != not
	}
}

// date reads a point in time: a function, milliseconds, a date in the
// account's time zone, or a span from now.
func (c *compiler) date(p *property, o operand) (int64, bool) {
	now := time.UnixMilli(c.at).In(c.v.zone)
	if o.function {
		switch name := strings.ToLower(o.text); {
		case name == "now" && len(o.args) == 0:
			c.clock = true
			return c.at, true
		case name == "startofday" && len(o.args) == 0:
			c.clock = true
			return time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, c.v.zone).UnixMilli(), true
		}
		c.unknownFunction(o)
		return 0, false
	}
	if !o.quoted {
		// A bare number is Unix milliseconds, whatever its length.
		if ms, err := strconv.ParseInt(o.text, 10, 64); err == nil {
			return ms, true
		}
	}
	text := strings.TrimSpace(o.text)
	for _, layout := range []string{"2006/1/2 15:04", "2006-1-2 15:04", "2006/1/2", "2006-1-2"} {
		if t, err := time.ParseInLocation(layout, text, c.v.zone); err == nil {
			return t.UnixMilli(), true
		}
	}
	if span, ok := parseSpan(text); ok {
		c.clock = true
		return c.at + span.Milliseconds(), true
	}
	c.mistake("Date value '" + o.text + "' for field '" + p.name + "' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.")
	return 0, false
}

// parseSpan reads a period such as -90m, 4w or "-4w 2d", whose sign holds for
// all of it. A bare number is minutes.
func parseSpan(s string) (time.Duration, bool) {
	sign := time.Duration(1)
	if rest, minus := strings.CutPrefix(s, "-"); minus {
		sign, s = -1, rest
	} else {
		s = strings.TrimPrefix(s, "+")
	}
	parts := strings.Fields(s)
	var total time.Duration
	for _, part := range parts {
		unit := time.Minute
		digits := part
		switch part[len(part)-1] {
		case 'm':
			digits = part[:len(part)-1]
		case 'h':
			digits, unit = part[:len(part)-1], time.Hour
		case 'd':
			digits, unit = part[:len(part)-1], 24*time.Hour
		case 'w':
			digits, unit = part[:len(part)-1], 7*24*time.Hour
		}
		n, err := strconv.ParseUint(digits, 10, 31)
		const most = 100 * 366 * 24 * time.Hour // more than any Jira has seen
		if err != nil || n > uint64(most/unit) || total > most {
			return 0, false
		}
		total += time.Duration(n) * unit
	}
	return sign * total, len(parts) > 0
}
