package measure

import (
	"math"
	"time"

	"plumbline/internal/flow"
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
	when uint64 // Unix milliseconds, above the milliseconds after which it was known to be a bulk edit's
	leaf int32  // noLeaf where a decision was made
	rest uint32 // from the top: what, whether it was delivered, the discount
}

// The bits of progress.when and progress.rest. Jira's times lie between the years
// 1970 and 9999, for which 48 bits suffice.
const (
	bulkAfterBits = 16
	discountBits  = 3
	deliveredBit  = 1 << discountBits
	whatShift     = discountBits + 1
)

// newProgress makes an event of a leaf that counts. What is the number of the
// wording of the status that the leaf moved to, or the index of the decision in
// the ledger's.
func newProgress(at time.Time, leaf int, what uint32, delivered bool) progress {
	p := progress{when: uint64(at.UnixMilli()) << bulkAfterBits, leaf: int32(leaf), rest: what << whatShift}
	if delivered {
		p.rest |= deliveredBit
	}
	return p
}

func (p *progress) ms() int64       { return int64(p.when >> bulkAfterBits) }
func (p *progress) at() time.Time   { return instantOf(p.ms()) }
func (p *progress) what() uint32    { return p.rest >> whatShift }
func (p *progress) delivered() bool { return p.rest&deliveredBit != 0 }

// discount says why the event does not count. By a bulk edit it counts up to the
// moment at which that was known to be one.
func (p *progress) discount() discount { return discount(p.rest & (deliveredBit - 1)) }

func (p *progress) setDiscount(d discount) { p.rest = p.rest&^(deliveredBit-1) | uint32(d) }

// edited makes the event part of a bulk edit, as was known from the moment on.
// That lies in the event's own minute.
func (p *progress) edited(since int64) {
	p.setDiscount(byBulk)
	p.when |= uint64(min(max(since-p.ms(), 0), math.MaxUint16))
}

// discounted reports whether the event does not count, as is known at a moment
// that is not before it.
func (p *progress) discounted(at time.Time) bool {
	after := int64(p.when & math.MaxUint16)
	return p.discount() != counts && (p.discount() != byBulk || p.ms()+after <= at.UnixMilli())
}

// same reports whether the event is another's, which is of the leaf.
func (p *progress) same(o *progress, leaf int32) bool {
	return p.when == o.when && leaf == o.leaf && (p.rest^o.rest)&(deliveredBit<<1-1) == 0
}

// until returns the steps by the moment.
func (l *ledger) until(at time.Time) []entry { return l.entries[:l.firstAfter(at)] }

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
