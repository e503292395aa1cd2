package jirasim

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is one word of a query.
type token struct {
	kind tokenKind
	text string // without quotes and escapes
	line int    // from 1
	col  int    // from 1
}

type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenWord             // an unquoted text
	tokenQuoted           // a quoted text
	tokenOp               // = != ~ !~ < <= > >=
	tokenPunct            // ( ) , [ ]
	tokenAnd              // && (the word is a tokenWord)
	tokenOr               // ||
	tokenNot              // !
)

// jqlError is a query that Jira refuses, in Jira's words: one message a
// mistake.
type jqlError []string

func (e jqlError) Error() string { return strings.Join(e, " ") }

// syntax is a query that can't be read at all.
func syntax(format string, args ...any) error {
	return jqlError{"Error in the JQL Query: " + fmt.Sprintf(format, args...)}
}

// at words a place as Jira does.
func (t token) at() string { return fmt.Sprintf("(line %d, character %d)", t.line, t.col) }

// lexer splits a query into tokens.
type lexer struct {
	rest      string
	line, col int
	tokens    []token
}

func lex(query string) ([]token, error) {
	l := lexer{rest: query, line: 1, col: 1}
	for {
		l.space()
		if l.rest == "" {
			return append(l.tokens, token{kind: tokenEnd, line: l.line, col: l.col}), nil
		}
		if err := l.next(); err != nil {
			return nil, err
		}
	}
}

// take moves on by n bytes, keeping count of lines and characters.
func (l *lexer) take(n int) string {
	taken := l.rest[:n]
	for _, r := range taken {
		l.col++
		if r == '\n' {
			l.line, l.col = l.line+1, 1
		}
	}
	l.rest = l.rest[n:]
	return taken
}

func (l *lexer) space() {
	l.take(len(l.rest) - len(strings.TrimLeftFunc(l.rest, unicode.IsSpace)))
}

func (l *lexer) add(kind tokenKind, n int) {
	t := token{kind: kind, line: l.line, col: l.col}
	t.text = l.take(n)
	l.tokens = append(l.tokens, t)
}

// reserved are the characters that have no meaning and yet may not stand
// unquoted.
const reserved = "{}*/%+^$#@?;"

// delimiters end an unquoted text.
const delimiters = "=!<>()~,[]|&\"'"

func (l *lexer) next() error {
	for _, op := range []string{"!=", "!~", "<=", ">=", "=", "~", "<", ">"} {
		if strings.HasPrefix(l.rest, op) {
			l.add(tokenOp, len(op))
			return nil
		}
	}
	switch c := l.rest[0]; {
	case strings.HasPrefix(l.rest, "&&"):
		l.add(tokenAnd, 2)
	case strings.HasPrefix(l.rest, "||"):
		l.add(tokenOr, 2)
	case c == '&':
		l.add(tokenAnd, 1)
	case c == '|':
		l.add(tokenOr, 1)
	case c == '!':
		l.add(tokenNot, 1)
	case strings.IndexByte("(),[]", c) >= 0:
		l.add(tokenPunct, 1)
	case c == '"' || c == '\'':
		return l.quoted(c)
	default:
		return l.word()
	}
	return nil
}

func (l *lexer) quoted(quote byte) error {
	start := token{kind: tokenQuoted, line: l.line, col: l.col}
	l.take(1)
	var b strings.Builder
	for l.rest != "" {
		switch l.rest[0] {
		case quote:
			l.take(1)
			start.text = b.String()
			l.tokens = append(l.tokens, start)
			return nil
		case '\\':
			if err := l.escape(&b); err != nil {
				return err
			}
		default:
			_, n := utf8.DecodeRuneInString(l.rest)
			b.WriteString(l.take(n))
		}
	}
	return syntax("The quoted string '%s' has not been completed. %s", b.String(), start.at())
}

func (l *lexer) word() error {
	start := token{kind: tokenWord, line: l.line, col: l.col}
	var b strings.Builder
	for l.rest != "" {
		r, n := utf8.DecodeRuneInString(l.rest)
		if unicode.IsSpace(r) || strings.ContainsRune(delimiters, r) {
			break
		}
		switch {
		case r == '\\':
			if err := l.escape(&b); err != nil {
				return err
			}
		case strings.ContainsRune(reserved, r):
			here := token{line: l.line, col: l.col}
			return syntax(`The character '%c' is a reserved JQL character. You must enclose it in a string or use the escape '\u%04x' instead. %s`, r, r, here.at())
		case unicode.IsControl(r) || r == utf8.RuneError:
			here := token{line: l.line, col: l.col}
			return syntax(`The character '\u%04x' is not allowed unescaped in a JQL query. %s`, r, here.at())
		default:
			b.WriteString(l.take(n))
		}
	}
	start.text = b.String()
	l.tokens = append(l.tokens, start)
	return nil
}

// escape reads \t \n \r \\ \' \" \space and \uXXXX.
func (l *lexer) escape(b *strings.Builder) error {
	here := token{line: l.line, col: l.col}
	l.take(1)
	if l.rest == "" {
		return syntax(`'\' is an illegal JQL escape sequence. The valid escape sequences are \', \", \t, \n, \r, \\, '\ ' and \uXXXX. %s`, here.at())
	}
	r, n := utf8.DecodeRuneInString(l.rest)
	switch r {
	case 't':
		b.WriteByte('\t')
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case '\\', '\'', '"', ' ':
		b.WriteRune(r)
	case 'u':
		var code rune
		if len(l.rest) < 5 || !hex4(l.rest[1:5], &code) {
			return syntax(`'\u' is an illegal JQL escape sequence. The valid escape sequences are \', \", \t, \n, \r, \\, '\ ' and \uXXXX. %s`, here.at())
		}
		b.WriteRune(code)
		n = 5
	default:
		return syntax(`'\%c' is an illegal JQL escape sequence. The valid escape sequences are \', \", \t, \n, \r, \\, '\ ' and \uXXXX. %s`, r, here.at())
	}
	l.take(n)
	return nil
}

func hex4(s string, code *rune) bool {
	for _, c := range []byte(s) {
		digit := strings.IndexByte("0123456789abcdef", c|0x20)
		if digit < 0 || c < '0' {
			return false
		}
		*code = *code<<4 | rune(digit)
	}
	return true
}

// isReservedWord reports whether the word has a meaning in some query
// language and must be quoted.
func isReservedWord(word string) bool {
	for reserved := range strings.FieldsSeq(reservedWords) {
		if strings.EqualFold(reserved, word) {
			return true
		}
	}
	return false
}

const reservedWords = `abort access add after alias all alter and any as asc audit avg before
	begin between boolean break by byte catch cf char character check checkpoint collate collation
	column commit connect continue count create current date decimal declare decrement default
	defaults define delete delimiter desc difference distinct divide do double drop else empty
	encoding end equals escape exclusive exec execute exists explain false fetch file field first
	float for from function go goto grant greater group having identified if immediate in increment
	index initial inner inout input insert int integer intersect intersection into is isempty isnull
	join last left less like limit lock long max min minus mode modify modulo more multiply next
	noaudit not notin nowait null number object of on option or order outer output power previous
	prior privileges public raise raw remainder rename resource return returns revoke right row rowid
	rownum rows select session set share size sqrt start strict string subtract sum synonym table
	then to trans transaction trigger true uid union unique update user validate values view when
	whenever where while with`
