package store

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"sync"

	"plumbline/internal/flow"
)

// Issues calls fn with every issue of a site, or of all sites where site is
// empty, in the order of the sites' names and then of the numeric ids. fn may
// keep the issue, or give it to Reuse once nobody looks at it. An error from fn
// ends the walk and is returned as it is.
//
// fn is called outside of any transaction, by one goroutine, and may take its
// time and ask the store; issues to come are decoded meanwhile, on as many
// processors as there are. They are read some hundred at a time: an issue
// written meanwhile is shown in its old or its new form, never both, and none
// that was there at the start is left out.
func (s *Store) Issues(ctx context.Context, site string, fn func(*flow.Issue) error) error {
	sites := []string{site}
	if site == "" {
		sites = s.Sites()
	}
	for _, name := range sites {
		if err := s.walk(name).each(ctx, fn); err != nil {
			return err
		}
	}
	return nil
}

// chunk is how many issues are read in one transaction.
const chunk = 256

// walk is a way through the issues of a site in the order of their ids.
type walk struct {
	store *Store
	site  string
	from  uint64 // the id to go on at
	ended bool
	ready []*flow.Issue // of next
	room  sync.Pool     // of *[]byte, for the values of a lot
}

func (s *Store) walk(site string) *walk { return &walk{store: s, site: site} }

// lot is what one transaction reads.
type lot struct {
	book    *book
	ids     []flow.IssueID
	ends    []int   // of the values
	values  *[]byte // copied, since they die with the transaction
	issues  []*flow.Issue
	err     error
	decoded chan struct{} // closed when issues and err are there
}

// Reuse takes an issue that Issues showed, and that nobody looks at any more: it
// may show another in its place. It may be called from any goroutine.
func (s *Store) Reuse(i *flow.Issue) { s.spare.Put(i) }

// unused is an issue to be written over.
func (s *Store) unused() *flow.Issue {
	if i, ok := s.spare.Get().(*flow.Issue); ok {
		return i
	}
	return &flow.Issue{}
}

// each calls fn with every issue from here on.
func (w *walk) each(ctx context.Context, fn func(*flow.Issue) error) error {
	ahead, stop := context.WithCancel(ctx)
	var readers sync.WaitGroup
	defer readers.Wait()
	defer stop()
	lots := make(chan *lot, runtime.GOMAXPROCS(0))
	readers.Go(func() {
		defer close(lots)
		for broken := false; !w.ended && !broken; {
			l := w.read()
			broken = l.err != nil
			select {
			case lots <- l:
			case <-ahead.Done():
				return
			}
			readers.Go(func() { w.decode(l) })
		}
	})
	for l := range lots {
		<-l.decoded
		if l.err != nil {
			return l.err
		}
		for _, i := range l.issues {
			if err := fn(i); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// next returns the next issue, nil behind the last.
func (w *walk) next(ctx context.Context) (*flow.Issue, error) {
	for len(w.ready) == 0 {
		if err := ctx.Err(); err != nil || w.ended {
			return nil, err
		}
		l := w.read()
		if w.decode(l); l.err != nil {
			return nil, l.err
		}
		w.ready = l.issues
	}
	i := w.ready[0]
	w.ready[0] = nil
	w.ready = w.ready[1:]
	return i, nil
}

// read copies the next values out of the store.
func (w *walk) read() *lot {
	l := &lot{decoded: make(chan struct{})}
	if l.values, _ = w.room.Get().(*[]byte); l.values == nil {
		l.values = new([]byte)
	}
	*l.values = (*l.values)[:0]
	if err := w.store.view(func(t *reading) error { return w.fill(t, l) }); err != nil {
		l.err = fmt.Errorf("read issues of site %q: %w", w.site, err)
	}
	return l
}

func (w *walk) fill(t *reading, l *lot) error {
	l.book = t.book
	n, ok := t.book.sites[w.site]
	if !ok {
		w.ended = true
		return nil
	}
	c := t.bucket(bucketIssues).Cursor()
	for k, v := c.Seek(n.issueKey(w.from)); bytes.HasPrefix(k, n.key()); k, v = c.Next() {
		if len(l.ids) == chunk {
			return nil
		}
		id, err := issueIDOf(k)
		if err != nil {
			return err
		}
		*l.values = append(*l.values, v...)
		l.ids, l.ends = append(l.ids, id), append(l.ends, len(*l.values))
		w.from = uint64(id) + 1
	}
	w.ended = true
	return nil
}

// decode makes the issues of what was read.
func (w *walk) decode(l *lot) {
	defer close(l.decoded)
	if l.err != nil {
		return
	}
	l.issues = make([]*flow.Issue, len(l.ids))
	begin := 0
	for k, id := range l.ids {
		i, err := decodeOver(w.store.unused(), (*l.values)[begin:l.ends[k]], w.site, id, l.book.names)
		if err != nil {
			l.err = fmt.Errorf("read issues of site %q: %w", w.site, err)
			return
		}
		l.issues[k], begin = i, l.ends[k]
	}
	w.room.Put(l.values)
}
