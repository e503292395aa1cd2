package flow

import "strings"

// JQLError tells why a JQL can't stand inside parentheses.
type JQLError struct {
	What string // "holds ORDER BY"
	Mend string
}

// Error is both in one line.
func (e *JQLError) Error() string { return e.What + ": " + e.Mend }

// CheckJQL refuses, with a *JQLError, a JQL that can't stand inside
// parentheses: one that orders, that leaves a quotation open, or whose
// parentheses don't match, so that no text of a file can reach beyond its own
// part of a query. All else is Jira's to judge.
func CheckJQL(jql string) error {
	const balance = "see to it that every parenthesis has its counterpart"
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
			return &JQLError{"holds ORDER BY", "remove it; the order is the service's own"}
		}
		if depth < 0 {
			return &JQLError{"a closing parenthesis has no opening one", balance}
		}
		if word != "" {
			last = word
		}
	}
	if depth > 0 {
		return &JQLError{"a parenthesis is not closed", balance}
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
		return "", "", &JQLError{"a quotation is not closed", "end it with the sign that it begins with"}
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
			return "", "", &JQLError{"ends in a backslash", "remove it"}
		}
		return "", s[2:], nil
	}
	return "", s[1:], nil
}

func wordByte(c byte) bool {
	return c >= 0x80 || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
