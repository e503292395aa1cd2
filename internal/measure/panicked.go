package measure

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// Panicked is what a goroutine panics with that waited for another one which
// did: the value there, and the stack that tells where.
type Panicked struct {
	Value any
	Stack []byte
}

// Error tells the value and the stack, for a process that nobody guards.
func (p *Panicked) Error() string {
	return fmt.Sprintf("%v, in a goroutine that was waited for:\n%s", p.Value, p.Stack)
}

// Recovered tells a log of what was recovered from, and the stack of the
// goroutine that panicked. It is to be called by the deferred function that
// recovered. It says no more of a value than its type, unless it is Go's own: a
// fact of Jira's could stand in it.
func Recovered(value any) (what, stack string) {
	p, ok := value.(*Panicked)
	if !ok {
		p = &Panicked{value, debug.Stack()}
	}
	if own, ok := p.Value.(runtime.Error); ok {
		return own.Error(), string(p.Stack)
	}
	return fmt.Sprintf("a panic with a %T", p.Value), string(p.Stack)
}

// panics carries a panic from the goroutine where it happened to the one that
// waits for it.
type panics struct {
	once  sync.Once
	first *Panicked
}

// catch is to be deferred.
func (p *panics) catch() {
	v := recover()
	if v == nil {
		return
	}
	own, ok := v.(*Panicked) // of one that was waited for in turn
	if !ok {
		own = &Panicked{v, debug.Stack()}
	}
	p.once.Do(func() { p.first = own })
}

func (p *panics) rethrow() {
	if p.first != nil {
		panic(p.first)
	}
}
