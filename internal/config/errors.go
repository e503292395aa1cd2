package config

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Error is one finding: where it is, what is wrong there, and how to mend it.
type Error struct {
	File string
	// Line and Column count from 1, columns in characters. Both are 0 where
	// the finding is about the file as a whole.
	Line, Column int
	Path         string // of the key, such as sites[0].auth.email; may be empty
	What         string
	Mend         string // may be empty

	// source is the line that the finding is about. It is empty where that
	// line might hold a secret.
	source string
}

// Error returns file:line:col: path: what is wrong; the mend.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	if e.Path != "" {
		b.WriteString(": " + e.Path)
	}
	b.WriteString(": " + e.What)
	if e.Mend != "" {
		b.WriteString("; " + e.Mend)
	}
	return b.String()
}

// Render writes the finding for a terminal: the message, then the line that it
// is about with a caret under the place. A line that may hold a secret is left
// out.
func (e *Error) Render(w io.Writer) error {
	if e.source == "" {
		_, err := fmt.Fprintln(w, e.Error())
		return err
	}
	number := fmt.Sprint(e.Line)
	before := min(e.Column-1, utf8.RuneCountInString(e.source))
	_, err := fmt.Fprintf(w, "%s\n  %s | %s\n  %s | %s^\n", e.Error(),
		number, e.source, strings.Repeat(" ", len(number)), strings.Repeat(" ", max(before, 0)))
	return err
}

// Warning is a finding that stops nothing.
type Warning Error

// String returns the warning in the form of Error.Error.
func (w Warning) String() string {
	e := Error(w)
	return e.Error()
}

// Render writes the warning as Error.Render does.
func (w Warning) Render(to io.Writer) error {
	e := Error(w)
	return e.Render(to)
}

// Errors are the findings of one load, in order of position.
type Errors []Error

// shownErrors is how many findings a message lists: whoever has made more has
// made one mistake many times.
const shownErrors = 100

// Error returns one line for each finding.
func (es Errors) Error() string {
	shown, rest := es.shown()
	lines := make([]string, 0, len(shown)+1)
	for i := range shown {
		lines = append(lines, shown[i].Error())
	}
	if rest != "" {
		lines = append(lines, rest)
	}
	return strings.Join(lines, "\n")
}

// Render writes every finding with the line that it is about.
func (es Errors) Render(w io.Writer) error {
	shown, rest := es.shown()
	for i := range shown {
		if err := shown[i].Render(w); err != nil {
			return err
		}
	}
	if rest == "" {
		return nil
	}
	_, err := fmt.Fprintln(w, rest)
	return err
}

// Unwrap returns the findings one by one.
func (es Errors) Unwrap() []error {
	errs := make([]error, len(es))
	for i := range es {
		errs[i] = &es[i]
	}
	return errs
}

func (es Errors) shown() (shown Errors, rest string) {
	if len(es) <= shownErrors {
		return es, ""
	}
	return es[:shownErrors], fmt.Sprintf("and %d more", len(es)-shownErrors)
}

// orNil returns the findings in order, and a nil error where there are none.
func (es Errors) orNil() error {
	if len(es) == 0 {
		return nil
	}
	slices.SortStableFunc(es, byPosition)
	return es
}

func byPosition(a, b Error) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

func sortWarnings(ws []Warning) {
	slices.SortStableFunc(ws, func(a, b Warning) int { return byPosition(Error(a), Error(b)) })
}

// printable makes a line of a file fit for a terminal: each character that
// would move the cursor or change colours becomes a space, so that carets
// still stand where they should.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, line)
}

// quoted returns a value for a message, shortened where it is long.
func quoted(value string) string {
	const longest = 60
	if utf8.RuneCountInString(value) <= longest {
		return fmt.Sprintf("%q", value)
	}
	return fmt.Sprintf("%q…", string([]rune(value)[:longest]))
}
