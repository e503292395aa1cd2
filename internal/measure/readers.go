package measure

import (
	"sync"

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
	var once sync.Once
	var broken any
	queues := make([]chan []*flow.Timeline, len(readers))
	for k, read := range readers {
		queue := make(chan []*flow.Timeline, readAhead)
		queues[k] = queue
		over.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					once.Do(func() { broken = p })
				}
				for range queue { // so that the others can go on
				}
			}()
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
		if broken != nil {
			panic(broken)
		}
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
