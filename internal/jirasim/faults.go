package jirasim

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"
)

// The flavours of Jira.
const (
	DataCenter = "dc"
	Cloud      = "cloud"
)

// Faults are what goes wrong at a site. They may be switched at any time, also
// between two requests of one scan.
//
// What a fault does is decided by its seed alone: a fault of requests strikes
// by the seed and the number of the request among those that it could have
// struck since it was set; a fault of issues strikes by the seed and the
// issue's id, and so the same issues every time; a fault of the site is there
// or is not, from the moment that it is set.
type Faults struct {
	known map[string]*fault
	order []*fault

	mu sync.Mutex
	on map[string]*setting
}

// fault is one way in which a site goes wrong.
type fault struct {
	name, about string
	flavour     string // the only one where it can be; "" for both
	scope       scope
	amount      int // unless told otherwise; 0 where there is nothing to tell
	// strikes tells whether the fault could concern the request; nil: any.
	strikes func(*call) bool
	// answer answers instead of the site; nil where the fault changes what the
	// site answers.
	answer func(*call, blow)
}

// scope is what a fault strikes.
type scope uint8

const (
	ofRequests scope = iota
	ofIssues
	ofSite
)

type setting struct {
	seed   uint64
	rate   float64
	amount int
	asked  uint64 // the requests that the fault could have struck
	struck int
}

// blow is a fault that strikes: its amount, and two numbers by which to
// choose, one of the seed and the request, one of the seed alone.
type blow struct {
	amount     int
	draw, pick uint64
}

// NewFaults returns faults that are all off.
func NewFaults() *Faults {
	f := &Faults{known: map[string]*fault{}, order: faultList(), on: map[string]*setting{}}
	for _, k := range f.order {
		f.known[k.name] = k
	}
	return f
}

// Set switches the fault on: it strikes the given share of what it can strike,
// from 0 (never) to 1 (always). Setting it again begins anew. It is an error
// to name a fault that there is not.
func (f *Faults) Set(name string, seed uint64, rate float64) error {
	k := f.known[name]
	if k == nil {
		return fmt.Errorf("no fault is called %q", name)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on[name] = &setting{seed: seed, rate: rate, amount: k.amount}
	return nil
}

// Amount tells a fault that is set how much of it there is to be: the number
// that its description speaks of. It is an error where the fault is off or
// has no such number.
func (f *Faults) Amount(name string, n int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.on[name]
	if s == nil {
		return fmt.Errorf("fault %q is off", name)
	}
	if f.known[name].amount == 0 {
		return fmt.Errorf("fault %q has no amount", name)
	}
	s.amount = n
	return nil
}

// Struck tells how often a fault has struck since it was set; 0 where it is
// off. What strikes an issue or the site is counted for each request.
func (f *Faults) Struck(name string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.on[name]; s != nil {
		return s.struck
	}
	return 0
}

// Clear switches the named faults off; with no name, all.
func (f *Faults) Clear(names ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(names) == 0 {
		clear(f.on)
	}
	for _, name := range names {
		delete(f.on, name)
	}
}

// Names returns the names of all faults that make sense on the flavour, those
// on both with "", in a fixed order.
func (f *Faults) Names(flavour string) []string {
	var names []string
	for _, k := range f.order {
		if flavour == "" || k.flavour == "" || k.flavour == flavour {
			names = append(names, k.name)
		}
	}
	return names
}

// About tells in a sentence what the fault does; "" where there is none of
// that name.
func (f *Faults) About(name string) string {
	if k := f.known[name]; k != nil {
		return k.about
	}
	return ""
}

// none reports whether all faults are off.
func (f *Faults) none() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.on) == 0
}

// strike tells whether the fault strikes now; id is the issue's where it
// strikes issues.
func (f *Faults) strike(name, flavour string, id uint64) (blow, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, k := f.on[name], f.known[name]
	if s == nil || k.flavour != "" && k.flavour != flavour {
		return blow{}, false
	}
	number := id
	switch k.scope {
	case ofRequests:
		s.asked++
		number = s.asked
	case ofSite:
		number = 0
	}
	draw := lot(name, s.seed, number)
	strikes := float64(draw>>11)/(1<<53) < s.rate
	if strikes {
		s.struck++
	}
	return blow{s.amount, lot(name+" draw", s.seed, number), lot(name+" pick", s.seed, 0)}, strikes
}

// active returns the faults that are on and answer instead of the site.
func (f *Faults) active() []*fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []*fault
	for _, k := range f.order {
		if f.on[k.name] != nil && k.answer != nil {
			all = append(all, k)
		}
	}
	return all
}

// lot is a number that looks random and depends on nothing but what is given.
func lot(name string, seed, number uint64) uint64 {
	h := fnv.New64a()
	// A hash takes everything.
	_, _ = h.Write([]byte(name))
	_, _ = h.Write(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, seed), number))
	// FNV changes the upper bits little for the last bytes: mix (SplitMix64).
	x := h.Sum64()
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// suffers reports whether the fault strikes this request. Asked again, it says
// the same.
func (c *call) suffers(name string) (blow, bool) {
	if c.calm {
		return blow{}, false
	}
	if known, ok := c.blows[name]; ok {
		return known.blow, known.strikes
	}
	b, strikes := c.Faults.strike(name, c.options.Flavour, 0)
	if c.blows == nil {
		c.blows = map[string]struck{}
	}
	c.blows[name] = struck{b, strikes}
	return b, strikes
}

// struck is what was decided of a fault for one request.
type struck struct {
	blow
	strikes bool
}

// sufferer reports whether the fault strikes the issue.
func (c *call) sufferer(name string, id uint64) bool {
	if c.calm {
		return false
	}
	_, ok := c.Faults.strike(name, c.options.Flavour, id)
	return ok
}

// struckDown answers by the first fault that answers instead of the site, and
// reports whether there was one.
func (c *call) struckDown() bool {
	if c.calm {
		return false
	}
	for _, k := range c.Faults.active() {
		if k.flavour != "" && k.flavour != c.options.Flavour || k.strikes != nil && !k.strikes(c) {
			continue
		}
		if b, ok := c.suffers(k.name); ok {
			k.answer(c, b)
			return true
		}
	}
	return false
}

// among picks one of n by the blow.
func (b blow) among(n int) int { return int(b.draw % uint64(n)) }

func pathEnds(ends ...string) func(*call) bool {
	return func(c *call) bool {
		return slices.ContainsFunc(ends, func(end string) bool {
			return len(c.r.URL.Path) >= len(end) && c.r.URL.Path[len(c.r.URL.Path)-len(end):] == end
		})
	}
}
