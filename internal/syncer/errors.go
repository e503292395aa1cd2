package syncer

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"
)

// refuses reports whether an error stays until somebody changes credentials or
// settings.
func refuses(err error) bool {
	var e interface{ Refused() bool }
	return errors.As(err, &e) && e.Refused()
}

// yields reports whether an error only says that the run should go on later.
func yields(err error) bool {
	var e interface{ Yielded() bool }
	return errors.As(err, &e) && e.Yielded()
}

// incomplete returns what an error says is missing of what was handed over;
// nothing where it says something else.
func incomplete(err error) string {
	var e interface{ Incomplete() string }
	if !errors.As(err, &e) {
		return ""
	}
	return e.Incomplete()
}

// rejected returns why the site does not take the JQL that it was asked;
// nothing where the error says something else.
func rejected(err error) string {
	var e interface{ Rejected() string }
	if !errors.As(err, &e) {
		return ""
	}
	return e.Rejected()
}

// budgetError tells that a run has used up its time.
type budgetError struct{ budget time.Duration }

// Error says what happens next.
func (e *budgetError) Error() string {
	return fmt.Sprintf("the run has taken its %s; the next one goes on from here", e.budget)
}

// Yielded is true: the run should go on later.
func (e *budgetError) Yielded() bool { return true }

// panicError is a panic of a run. It says nothing that a fact of Jira's could
// stand in.
type panicError struct {
	what  string
	stack []byte
}

// Error tells the kind of panic.
func (e *panicError) Error() string { return "the run broke down: " + e.what }

// safely runs fn and returns a panic as an error.
func safely(fn func() error) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case runtime.Error:
			err = &panicError{p.Error(), debug.Stack()}
		default:
			err = &panicError{fmt.Sprintf("a panic with a %T", p), debug.Stack()}
		}
	}()
	return fn()
}
