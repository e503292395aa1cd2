package app

import (
	"fmt"

	"plumbline/internal/measure"
)

// guarded runs fn. A panic is a failure of what was being done and not of the
// service: the log has it with the stack of the goroutine that panicked, and it
// is returned as an error. Neither says more of a panic's value than its type,
// unless it is Go's own: a fact of Jira's could stand in it.
func (a *App) guarded(doing string, fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			what, stack := measure.Recovered(p)
			a.log.Error("the service made a mistake", "doing", doing, "panic", what, "stack", stack)
			err = fmt.Errorf("%s: the service made a mistake; its log says which", doing)
		}
	}()
	return fn()
}
