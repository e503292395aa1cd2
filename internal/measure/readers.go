package measure

import (
	"runtime"
	"sync"
	"sync/atomic"

	"plumbline/internal/flow"
)

const (
	// readAtOnce is how many timelines are handed to the readers together.
	readAtOnce = 256
	// readAhead is how many such lots may wait for a reader.
	readAhead = 2
)

// lot is some timelines, and how many readers have yet to look at them. Then it
// is used again: to make new ones would keep the collector busy.
type lot struct {
	timelines []flow.Timeline
	readers   atomic.Int32
}

// eachTimeline replays every issue and shows it to each of the readers. They
// work at the same time, but each sees all timelines and in their order, so
// that what it makes of them does not depend on the number of processors. A
// reader must leave alone what another one writes, and hold on neither to a
// timeline nor to its issue. When eachTimeline returns, all have read what there
// was; a reader's panic is the caller's.
func (in *Input) eachTimeline(readers ...func(*flow.Timeline)) error {
	var over sync.WaitGroup
	var broken panics
	spare := sync.Pool{New: func() any { return &lot{timelines: make([]flow.Timeline, 0, readAtOnce)} }}
	queues := make([]chan *lot, len(readers))
	for k, read := range readers {
		queue := make(chan *lot, readAhead)
		queues[k] = queue
		over.Go(func() {
			defer func() {
				for range queue { // so that the others can go on
				}
			}()
			defer broken.catch()
			for l := range queue {
				for k := range l.timelines {
					read(&l.timelines[k])
				}
				if l.readers.Add(-1) == 0 {
					in.done(l)
					spare.Put(l)
				}
			}
		})
	}
	next := spare.Get().(*lot)
	send := func() {
		next.readers.Store(int32(len(queues)))
		for _, queue := range queues {
			queue <- next
		}
		next = spare.Get().(*lot)
	}
	defer func() {
		for _, queue := range queues {
			close(queue)
		}
		over.Wait()
		broken.rethrow()
	}()
	err := in.Issues(func(i *flow.Issue) error {
		n := len(next.timelines)
		next.timelines = next.timelines[:n+1]
		if next.timelines[n].Replace(i, in.Catalogs[i.Site]); n+1 == readAtOnce {
			send()
		}
		return nil
	})
	send()
	return err
}

// done lets go of what all readers have read.
func (in *Input) done(l *lot) {
	for k := range l.timelines {
		i := l.timelines[k].Issue
		if l.timelines[k] = (flow.Timeline{}); in.Done != nil {
			in.Done(i)
		}
	}
	l.timelines = l.timelines[:0]
}

// eachOf calls do with each number below n, on all processors at once. A call
// must leave alone what another one writes; a panic is the caller's.
func eachOf(n int, do func(k int)) {
	var over sync.WaitGroup
	var broken panics
	var next atomic.Int64
	for range min(runtime.GOMAXPROCS(0), n) {
		over.Go(func() {
			defer broken.catch()
			for k := int(next.Add(1)) - 1; k < n; k = int(next.Add(1)) - 1 {
				do(k)
			}
		})
	}
	over.Wait()
	broken.rethrow()
}

// trimmed returns the list without the room behind its end, where that is much.
func trimmed[T any](list []T) []T {
	if cap(list)-len(list) <= len(list)/16 {
		return list
	}
	return append(make([]T, 0, len(list)), list...)
}
