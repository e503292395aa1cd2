package measure

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"plumbline/internal/flow"
)

// ExprError says what is wrong with an expression, where, and the mend.
type ExprError struct {
	Column int // in characters, from 1
	What   string
	Mend   string
}

// Error returns column, what and the mend as one line.
func (e *ExprError) Error() string {
	return fmt.Sprintf("column %d: %s; %s", e.Column, e.What, e.Mend)
}

// token is a word or sign of an expression. The empty text is its end.
type token struct {
	text   string
	column int
}

const exprForm = `write it like "delivered_completion < 30% after 2026-11-01"`

// tokenise splits an expression. The signs are the parentheses and the
// comparisons; all else between spaces and signs is a word.
func tokenise(src string) ([]token, error) {
	var out []token
	column := 1
	for rest := src; rest != ""; {
		t := nextToken(rest)
		if strings.TrimSpace(t) != "" {
			out = append(out, token{t, column})
		}
		if !allowed(t[0]) {
			return nil, &ExprError{column, fmt.Sprintf("%q is no part of the language", t), exprForm}
		}
		column += utf8.RuneCountInString(t)
		rest = rest[len(t):]
	}
	return append(out, token{"", column}), nil
}

func nextToken(s string) string {
	switch c := s[0]; {
	case c == ' ' || c == '\t' || c == '(' || c == ')':
		return s[:1]
	case strings.IndexByte("<>=!", c) >= 0:
		return s[:len(s)-len(strings.TrimLeft(s, "<>=!"))]
	case !wordByte(c):
		_, n := utf8.DecodeRuneInString(s)
		return s[:n]
	}
	k := 0
	for k < len(s) && wordByte(s[k]) {
		k++
	}
	return s[:k]
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("_.-+%", c) >= 0
}

func allowed(c byte) bool { return wordByte(c) || strings.IndexByte(" \t()<>=!", c) >= 0 }

// readLiteral reads a number, a percentage, a duration or a date.
func readLiteral(text string) (literal, bool) {
	if d, err := flow.ParseDate(text); err == nil {
		return literal{kind: isDate, date: d}, d.Year >= 1970
	}
	if n, ok := strings.CutSuffix(text, "%"); ok {
		v, ok := readNumber(n)
		return literal{kind: isPercent, number: v}, ok
	}
	if v, ok := readNumber(text); ok {
		return literal{kind: isNumber, number: v}, true
	}
	d, ok := readSpan(text)
	return literal{kind: isDuration, span: d}, ok
}

// readNumber reads digits with at most one point and a sign before them; no
// exponents, hexadecimals or infinities.
func readNumber(s string) (float64, bool) {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || len(digits) > 30 || strings.Trim(digits, "0123456789.") != "" || digits[0] == '.' || digits[len(digits)-1] == '.' {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	if v == 0 {
		v = 0 // -0 is 0
	}
	return v, err == nil
}

// readSpan reads whole weeks, days, hours and minutes, in this order: "2w",
// "1d12h".
func readSpan(s string) (time.Duration, bool) {
	var total time.Duration
	rest := s
	for _, u := range spanUnits() {
		number, after, found := strings.Cut(rest, u.letter)
		if !found || number == "" || strings.Trim(number, "0123456789") != "" {
			continue
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n > (math.MaxInt64-int64(total))/int64(u.length) {
			return 0, false
		}
		total += time.Duration(n) * u.length
		rest = after
	}
	return total, rest == "" && s != ""
}
