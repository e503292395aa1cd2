package export

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"plumbline/internal/measure"
)

// Past is what a back-fill is made from.
type Past struct {
	// At returns the figures as of a moment. It is called from several
	// goroutines at once.
	At func(time.Time) *measure.Snapshot
	// First is when the first issue was created: there is nothing before.
	First time.Time
	// Now is the present: there is nothing after.
	Now time.Time
	// Zone is the one in which a day is a day; nil is UTC.
	Zone *time.Location
}

// Range is the moments that a back-fill is asked for: From and To, both
// included, and the steps between.
type Range struct {
	From, To time.Time
	Step     Step
}

// Plan is the moments of a range that have figures, and how many have none.
type Plan struct {
	Moments []time.Time // in order
	// Before and After are how many moments of the range lie before the first
	// issue, and in the future.
	Before, After int
}

// MaxMoments bounds one back-fill: eleven years by the hour.
const MaxMoments = 100_000

// ErrNothing is why a plan without a single moment is refused.
var ErrNothing = errors.New("there is nothing to back-fill")

// Plan lays the steps over the range. It fails with ErrNothing where no moment
// of it has figures, and says why.
func (p *Past) Plan(r Range) (Plan, error) {
	if r.To.Before(r.From) {
		return Plan{}, fmt.Errorf("%w: the range ends at %s, before it begins at %s", ErrNothing, stamp(r.To), stamp(r.From))
	}
	if d := r.To.Sub(r.From) / r.Step.least(); d > 4*MaxMoments { // before any is laid
		return Plan{}, fmt.Errorf("a back-fill of %d steps is too long: give a longer --step or a shorter range (at most %d moments)", d, MaxMoments)
	}
	var plan Plan
	for at := range r.Step.moments(r.From, r.To, p.zone()) {
		switch {
		case at.Before(p.First):
			plan.Before++
		case at.After(p.Now):
			plan.After++
		default:
			plan.Moments = append(plan.Moments, at)
		}
	}
	switch {
	case len(plan.Moments) > MaxMoments:
		return Plan{}, fmt.Errorf("a back-fill of %d moments is too long: give a longer --step or a shorter range (at most %d moments)",
			len(plan.Moments), MaxMoments)
	case len(plan.Moments) > 0:
		return plan, nil
	case p.First.IsZero():
		return Plan{}, fmt.Errorf("%w: the store holds no issue", ErrNothing)
	case plan.Before > 0:
		return Plan{}, fmt.Errorf("%w: the range ends before the first issue was created, at %s", ErrNothing, stamp(p.First))
	case plan.After > 0:
		return Plan{}, fmt.Errorf("%w: the range lies in the future; it is %s", ErrNothing, stamp(p.Now))
	}
	return Plan{}, fmt.Errorf("%w: no step of %s falls between %s and %s: steps of days lie at the beginning of a day in %s",
		ErrNothing, r.Step, stamp(r.From), stamp(r.To), p.zone())
}

func (p *Past) zone() *time.Location {
	if p.Zone == nil {
		return time.UTC
	}
	return p.Zone
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// walk gives the figures of every moment, in order. Those of the next moments
// are made meanwhile, on as many goroutines as there are processors; only so
// many snapshots are held at once.
func (p *Past) walk(ctx context.Context, moments []time.Time, each func(k int, s *measure.Snapshot) error) error {
	workers := runtime.GOMAXPROCS(0)
	type job struct {
		at   time.Time
		done chan *measure.Snapshot
	}
	g, ctx := errgroup.WithContext(ctx)
	jobs := make(chan job)
	queue := make(chan job, 2*workers)
	g.Go(func() error {
		defer close(jobs)
		defer close(queue)
		for _, at := range moments {
			j := job{at, make(chan *measure.Snapshot, 1)}
			for _, to := range []chan job{queue, jobs} {
				select {
				case to <- j:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
		return nil
	})
	for range workers {
		g.Go(func() error {
			for j := range jobs {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				j.done <- p.At(j.at)
			}
			return nil
		})
	}
	g.Go(func() error {
		k := 0
		for j := range queue {
			select {
			case s := <-j.done:
				if err := each(k, s); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
			k++
		}
		return ctx.Err()
	})
	return g.Wait()
}

// Progress tells how many moments of how many are made, the last of them At.
type Progress struct {
	At    time.Time `json:"at"`
	Done  int       `json:"done"`
	Total int       `json:"total"`
}

// Written is what a back-fill made.
type Written struct {
	Moments int `json:"moments"`
	Series  int `json:"series"`
	Samples int `json:"samples"`
}

// record writes down the samples of one moment after the other: which series
// there are, and that none comes twice.
type record struct {
	families []family
	series   []map[string]uint32 // by family: values of the labels → number of the series
	names    [][][]string        // by family and number of the series: values of the labels
	last     [][]int             // by family and number of the series: the last moment, counted from 1
}

// newRecord is over every family that has a past.
func newRecord(zone *time.Location) *record {
	r := &record{}
	for _, f := range families(zone) {
		if !f.self {
			r.families = append(r.families, f)
		}
	}
	slices.SortFunc(r.families, func(a, b family) int { return strings.Compare(a.name, b.name) })
	r.series = make([]map[string]uint32, len(r.families))
	r.names = make([][][]string, len(r.families))
	r.last = make([][]int, len(r.families))
	for k := range r.series {
		r.series[k] = map[string]uint32{}
	}
	return r
}

// take gives every sample of the k-th moment: of which family and series, and
// its value. It returns how many there were.
func (r *record) take(k int, s *measure.Snapshot, each func(family int, series uint32, value float64) error) (int, error) {
	samples := 0
	var failed error
	var key []byte
	for n := range r.families {
		f := &r.families[n]
		f.each(s, func(value float64, labels []string) {
			if failed != nil {
				return
			}
			key = key[:0]
			for _, l := range labels {
				key = append(append(key, l...), 0xff) // which is in no UTF-8
			}
			id, known := r.series[n][string(key)]
			if !known {
				id = uint32(len(r.names[n]))
				r.series[n][string(key)] = id
				r.names[n] = append(r.names[n], labels)
				r.last[n] = append(r.last[n], 0)
			}
			if r.last[n][id] == k+1 {
				failed = fmt.Errorf("the series %s%q is there twice", f.name, labels)
				return
			}
			r.last[n][id] = k + 1
			samples++
			failed = each(n, id, value)
		})
	}
	if failed == nil && samples > MaxSeries {
		failed = tooMany(s, samples)
	}
	if failed != nil {
		return samples, fmt.Errorf("back-filling %s: %w", stamp(s.At), failed)
	}
	return samples, nil
}

// count is how many series there were.
func (r *record) count() int {
	n := 0
	for k := range r.names {
		n += len(r.names[k])
	}
	return n
}
