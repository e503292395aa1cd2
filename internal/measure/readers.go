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

// eachTimeline replays every issue and shows it to each of the readers. They
// work at the same time, but each sees all timelines and in their order, so
// that what it makes of them does not depend on the number of processors. A
// reader must leave alone what another one writes. When eachTimeline returns,
// all have read what there was; a reader's panic is the caller's.
func (in *Input) eachTimeline(readers ...func(*flow.Timeline)) error {
	var over sync.WaitGroup
	var broken panics
	queues := make([]chan []*flow.Timeline, len(readers))
	for k, read := range readers {
		queue := make(chan []*flow.Timeline, readAhead)
		queues[k] = queue
		over.Go(func() {
			defer func() {
				for range queue { // so that the others can go on
				}
			}()
			defer broken.catch()
			for lot := range queue {
				for _, t := range lot {
					read(t)
				}
			}
		})
	}
	lot := make([]*flow.Timeline, 0, readAtOnce)
	send := func() {
		for _, queue := range queues {
			queue <- lot
		}
		lot = make([]*flow.Timeline, 0, readAtOnce)
	}
	defer func() {
		for _, queue := range queues {
			close(queue)
		}
		over.Wait()
		broken.rethrow()
	}()
	err := in.Issues(func(i *flow.Issue) error {
		if lot = append(lot, flow.NewTimeline(i, in.Catalogs[i.Site])); len(lot) == readAtOnce {
			send()
		}
		return nil
	})
	send()
	return err
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
