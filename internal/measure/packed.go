package measure

import (
	"math"
	"slices"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// A company's ledgers hold millions of rows, so rows are packed: moments are
// Unix milliseconds, issues and words are numbers. Readers see none of it, but
// ask a row's methods.

// entry is one leaf's step from one class to another.
type entry struct {
	ms     int64  // when
	leaf   int32  // index into ledger.leaves
	packed uint32 // from the top: the wording, the class before, the class after
}

// The bits of entry.packed.
const (
	classBits   = 6
	wordingBits = 32 - 2*classBits
)

func newEntry(at time.Time, leaf int, before, after class, w uint32) entry {
	return entry{at.UnixMilli(), int32(leaf), w<<(2*classBits) | before.packed()<<classBits | after.packed()}
}

// at is when the step was made.
func (e *entry) at() time.Time { return instantOf(e.ms) }

// before and after are the leaf's class before and after the step.
func (e *entry) before() class { return unpacked(e.packed >> classBits) }
func (e *entry) after() class  { return unpacked(e.packed) }

// class is all that completion needs to know of a leaf at a moment.
type class struct {
	in  bool // in the goal's scope
	cat flow.Category
	out flow.Outcome
	// unsaid tells that no changelog says which status the leaf was in; it was
	// open, before the resolution date that closed it.
	unsaid bool
}

// inScope is the bit of a packed class that tells that the leaf is in scope.
const inScope = 1 << (classBits - 1)

// rescopes reports whether the step brings the leaf into scope or out of it.
func (e *entry) rescopes() bool { return (e.packed>>classBits^e.packed)&inScope != 0 }

func (c class) packed() uint32 {
	p := uint32(c.cat)&3<<2 | uint32(c.out)&3
	if c.in {
		p |= inScope
	}
	if c.unsaid {
		p |= 1 << 4
	}
	return p
}

func unpacked(p uint32) class {
	return class{in: p&inScope != 0, cat: flow.Category(p >> 2 & 3), out: flow.Outcome(p & 3), unsaid: p>>4&1 == 1}
}

// wording is what Jira called the state that a step led to, for people.
type wording struct{ status, resolution string }

// wordings numbers the wordings that are met. The first is the empty one, which
// also stands for those that are too many to number.
type wordings struct {
	all []wording
	of  map[wording]uint32
}

func newWordings() *wordings {
	return &wordings{all: []wording{{}}, of: map[wording]uint32{{}: 0}}
}

// number returns the wording's number. Nobody's wordings are empty.
func (w *wordings) number(status, resolution string) uint32 {
	if w == nil {
		return 0
	}
	x := wording{status, resolution}
	n, ok := w.of[x]
	if !ok && len(w.all) < 1<<wordingBits {
		n = uint32(len(w.all))
		x = wording{lasting(status), lasting(resolution)}
		w.all, w.of[x] = append(w.all, x), n
	}
	return n
}

// wording is what Jira called the state that the step led to.
func (l *ledger) wording(e *entry) wording { return l.words[e.packed>>(2*classBits)] }

// stamp is a moment and a sign, below 8, that goes with it, in two halves: so a
// row of one and a leaf takes 12 bytes, and no room to bring the next one into
// line.
type stamp struct {
	high int32
	low  uint32
}

const signBits = 3

func newStamp(ms int64, sign uint8) stamp {
	both := ms<<signBits | int64(sign)
	return stamp{int32(both >> 32), uint32(both)}
}

func (s stamp) both() int64 { return int64(s.high)<<32 | int64(s.low) }
func (s stamp) ms() int64   { return s.both() >> signBits }
func (s stamp) sign() uint8 { return uint8(s.both() & (1<<signBits - 1)) }

// progress is a progress event of a leaf in scope (MEASURES §7), or of the
// goal as a whole where a decision was made.
type progress struct {
	ms   int64
	leaf int32 // noLeaf where a decision was made
	// what is the number of the wording of the status that the leaf moved to,
	// or the index of the decision in the ledger's.
	what int32
	// bulkAfter, where discount is byBulk, is how many milliseconds later the
	// event was known to be part of a bulk edit; before, it counts.
	bulkAfter uint16
	discount  discount
	delivered bool
}

func (p *progress) at() time.Time { return instantOf(p.ms) }

// edited makes the event part of a bulk edit, as was known from the moment on.
// That lies in the event's own minute.
func (p *progress) edited(since int64) {
	p.discount, p.bulkAfter = byBulk, uint16(min(max(since-p.ms, 0), math.MaxUint16))
}

// discounted reports whether the event does not count, as is known at a moment
// that is not before it.
func (p *progress) discounted(at time.Time) bool {
	return p.discount != counts && (p.discount != byBulk || p.ms+int64(p.bulkAfter) <= at.UnixMilli())
}

// leaf is an issue of a goal and when it is in the goal's scope.
type leaf struct {
	*origin  // shared with the leaves that came in the same way
	id       flow.IssueID
	key      string // the present one
	from, to int64  // its first stay in scope; to is forever where that has no end
	more     *leafMore
}

// origin is where leaves come from.
type origin struct {
	site string
	via  string // by which selectors they belong, for people
	// approximate tells that they belong by JQL alone.
	approximate bool
}

// at names the issue.
func (l *leaf) at() issueAt { return issueAt{l.site, l.id} }

// leafMore is what few leaves have.
type leafMore struct {
	in    flow.Spans   // where there are several stays, all
	under []goal.Under // below which of the goal's own epics it lies and when
}

const forever = math.MaxInt64

// newLeaf packs a member of the goal, the one before which was last.
func newLeaf(m *goal.Leaf, last *leaf) leaf {
	l := leaf{id: m.ID, key: m.Key}
	from := origin{m.Site, m.Via, m.Approximate}
	if l.origin = last.origin; l.origin == nil || *l.origin != from {
		l.origin = &from
	}
	if len(m.In) > 0 {
		l.from, l.to = m.In[0].From.UnixMilli(), endOf(m.In[0])
	}
	if len(m.In) > 1 || len(m.Under) > 0 {
		l.more = &leafMore{under: m.Under}
		if len(m.In) > 1 {
			l.more.in = m.In
		}
	}
	return l
}

func endOf(s flow.Span) int64 {
	if s.To.IsZero() {
		return forever
	}
	return s.To.UnixMilli()
}

// in returns when the leaf is in scope.
func (l *leaf) in() flow.Spans {
	switch {
	case l.more != nil && l.more.in != nil:
		return l.more.in
	case l.to == forever:
		return flow.Spans{{From: instantOf(l.from)}}
	}
	return flow.Spans{{From: instantOf(l.from), To: instantOf(l.to)}}
}

// contains reports whether the leaf is in scope at the moment.
func (l *leaf) contains(at time.Time) bool {
	if l.more != nil && l.more.in != nil {
		return l.more.in.Contains(at)
	}
	ms := at.UnixMilli()
	return l.from <= ms && ms < l.to
}

// under tells below which of the goal's own epics the leaf lies and when.
func (l *leaf) under() []goal.Under {
	if l.more == nil {
		return nil
	}
	return l.more.under
}

// until returns the steps by the moment.
func (l *ledger) until(at time.Time) []entry { return l.entries[:l.firstAfter(at)] }

// find returns the place of an issue among the leaves, which are sorted by site
// and id.
func (l *ledger) find(at issueAt) (int, bool) {
	return slices.BinarySearchFunc(l.leaves, at, func(x leaf, at issueAt) int { return x.at().compare(at) })
}

// roomFor returns the list with room for n more rows of a leaf. Where that takes a
// larger list, it is made so large that the leaves behind this one fit in too, if
// they have as many rows as those before: leaves come in order for the most part,
// and what a list outgrows is garbage. As long as little is known of them, it
// becomes four times as large at most.
func roomFor[T any](list []T, n, leaf, leaves int) []T {
	need := len(list) + n
	if need <= cap(list) {
		return list
	}
	likely := need * leaves / (leaf + 1)
	likely += likely / 32
	out := make([]T, len(list), max(need+need/4, min(likely, 4*need)))
	copy(out, list)
	return out
}
