package jira

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// checkScope refuses a scope that cannot stand inside parentheses: one that
// orders, that leaves a quotation open, or whose parentheses do not match.
// All else is Jira's to judge.
func checkScope(jql string) error {
	depth, last := 0, ""
	for rest := jql; rest != ""; {
		token, tail, err := jqlToken(rest)
		if err != nil {
			return err
		}
		rest = tail
		word := strings.ToLower(token)
		switch {
		case word == "(":
			depth++
		case word == ")":
			depth--
		case word == "by" && last == "order":
			return errors.New("scope: holds ORDER BY: leave it out, the order of reading is Plumbline's own")
		}
		if depth < 0 {
			return errors.New("scope: a closing parenthesis has no opening one")
		}
		if word != "" {
			last = word
		}
	}
	if depth > 0 {
		return errors.New("scope: a parenthesis is not closed")
	}
	return nil
}

// jqlToken cuts the first token off: a quotation (returned as `"`), a
// parenthesis, a word, or "" for anything between them.
func jqlToken(s string) (token, rest string, err error) {
	switch c := s[0]; {
	case c == '"' || c == '\'':
		for i := 1; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
			case c:
				return `"`, s[i+1:], nil
			}
		}
		return "", "", errors.New("scope: a quotation is not closed")
	case c == '(' || c == ')':
		return s[:1], s[1:], nil
	case wordByte(c):
		i := 1
		for i < len(s) && wordByte(s[i]) {
			i++
		}
		return s[:i], s[i:], nil
	case c == '\\':
		if len(s) == 1 {
			return "", "", errors.New("scope: ends in a backslash")
		}
		return "", s[2:], nil
	}
	return "", s[1:], nil
}

func wordByte(c byte) bool {
	return c >= 0x80 || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// The orders of a scan. An issue's creation does not change under edits, and
// a bound on it lets a scan go on where another stopped; the key breaks ties.
const (
	byCreation = " ORDER BY created ASC, key ASC"
	// byCreationAnew is another order that serves as well, for a site whose
	// cursor got stuck in the first.
	byCreationAnew = " ORDER BY created ASC, key DESC"
)

// scanJQL is the JQL of a scan on Data Center.
func scanJQL(scope string, q flow.Query) string {
	return strings.TrimSpace(whereJQL(scope, q) + byCreation)
}

// boundedJQL is the JQL of what Cloud is asked for, unordered. Cloud refuses
// queries without any restriction.
func boundedJQL(scope string, q flow.Query) string {
	if jql := whereJQL(scope, q); jql != "" {
		return jql
	}
	return "created >= 1"
}

// whereJQL is what an issue has to meet. The bounds are epoch milliseconds
// without quotes: dates in quotes are read in the account's time zone, which
// has lost issues for almost every program that reads Jira.
func whereJQL(scope string, q flow.Query) string {
	var clauses []string
	if s := strings.TrimSpace(scope); s != "" {
		clauses = append(clauses, "("+s+")")
	}
	bound := func(field string, t time.Time) {
		if !t.IsZero() {
			clauses = append(clauses, fmt.Sprintf("%s >= %d", field, t.UnixMilli()))
		}
	}
	bound("created", q.CreatedFrom)
	bound("updated", q.UpdatedFrom)
	return strings.Join(clauses, " AND ")
}
