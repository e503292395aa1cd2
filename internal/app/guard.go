package app

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// guarded runs fn. A panic is a failure of what was being done and not of the
// service: the log has it with its stack, and it is returned as an error.
// Neither says more of a panic's value than its type, unless it is Go's own: a
// fact of Jira's could stand in it.
func (a *App) guarded(doing string, fn func() error) (err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		what := fmt.Sprintf("a panic with a %T", p)
		if own, ok := p.(runtime.Error); ok {
			what = own.Error()
		}
		a.log.Error("the service made a mistake", "doing", doing, "panic", what, "stack", string(debug.Stack()))
		err = fmt.Errorf("%s: the service made a mistake; its log says which", doing)
	}()
	return fn()
}
