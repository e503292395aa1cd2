package measure

import (
	"encoding/binary"
	"iter"
	"slices"
	"sort"
)

// moments are moments in order, Unix milliseconds, some of them more than once.
// A company's tallies hold millions, most of them seconds or minutes apart: in
// blocks, as distances, they take a third of the memory that numbers would. A
// block is never changed, so that moments made from others share most of theirs.
type moments struct {
	blocks []momentBlock
	// loose are those that were added since the blocks were made, in any order.
	loose []int64
}

// momentBlock is some of the moments: the first, and the distance of each from
// the one before it as a varint.
type momentBlock struct {
	first int64
	n     int
	steps []byte
}

// blockMoments is how many moments a block begins with; by renewals it comes to
// hold up to twice as many.
const blockMoments = 256

// looseShare is which part of all may be loose before blocks are made of it:
// putting them in makes all blocks anew.
const looseShare = 2

// add adds a moment, in any order with others.
func (m *moments) add(ms int64) {
	m.loose = append(m.loose, ms)
	if n := len(m.loose); n >= blockMoments && n > len(m.blocks)*blockMoments/looseShare {
		m.seal()
	}
}

// seal makes the moments ready to be asked.
func (m *moments) seal() {
	if len(m.loose) == 0 {
		return
	}
	slices.Sort(m.loose)
	*m = m.with(nil, m.loose)
}

// first and last are the first and the last moment; false where there is none.
func (m *moments) first() (int64, bool) {
	if len(m.blocks) == 0 {
		return 0, false
	}
	return m.blocks[0].first, true
}

func (m *moments) last() (last int64, any bool) {
	if len(m.blocks) == 0 {
		return 0, false
	}
	for ms := range m.blocks[len(m.blocks)-1].all() {
		last = ms
	}
	return last, true
}

// by is how many of them are not after the moment.
func (m *moments) by(ms int64) (n int) {
	behind := sort.Search(len(m.blocks), func(k int) bool { return m.blocks[k].first > ms })
	for k := range m.blocks[:behind] {
		n += m.blocks[k].n
	}
	if behind == 0 {
		return 0
	}
	within := &m.blocks[behind-1]
	n -= within.n
	for x := range within.all() {
		if x > ms {
			break
		}
		n++
	}
	return n
}

// all yields them in order.
func (m *moments) all() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for k := range m.blocks {
			for ms := range m.blocks[k].all() {
				if !yield(ms) {
					return
				}
			}
		}
	}
}

func (b *momentBlock) all() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		ms := b.first
		for steps := b.steps; yield(ms) && len(steps) > 0; {
			step, n := binary.Uvarint(steps)
			ms, steps = ms+int64(step), steps[n:]
		}
	}
}

// with returns the moments without some of them and with others, both in order;
// m stays as it is. What is not among the moments can't be taken out.
func (m *moments) with(without, more []int64) moments {
	without, more = apart(without, more)
	if len(without) == 0 && len(more) == 0 {
		return moments{blocks: m.blocks}
	}
	var out moments
	var now []int64 // used again for every block that is made anew
	for k := range m.blocks {
		b := &m.blocks[k]
		end := int64(forever)
		if k+1 < len(m.blocks) {
			end = m.blocks[k+1].first
		}
		gone, _ := slices.BinarySearch(without, end)
		come, _ := slices.BinarySearch(more, end)
		if gone == 0 && come == 0 {
			out.blocks = append(out.blocks, *b)
			continue
		}
		now = b.without(now[:0], without[:gone])
		now = append(now, more[:come]...)
		slices.Sort(now)
		out.append(now)
		without, more = without[gone:], more[come:]
	}
	out.append(more) // where there were no blocks
	out.blocks = slices.Clip(out.blocks)
	return out
}

// without returns the block's moments that are not among the given ones, behind
// those in the list.
func (b *momentBlock) without(list, gone []int64) []int64 {
	for ms := range b.all() {
		for len(gone) > 0 && gone[0] < ms {
			gone = gone[1:]
		}
		if len(gone) > 0 && gone[0] == ms {
			gone = gone[1:]
			continue
		}
		list = append(list, ms)
	}
	return list
}

// append puts moments behind all others, in blocks. Equal ones share a block, so
// that where one is to be looked for is never in doubt.
func (m *moments) append(sorted []int64) {
	for len(sorted) > 0 {
		n := len(sorted)
		if n > 2*blockMoments {
			n = blockMoments
		}
		for n < len(sorted) && sorted[n] == sorted[n-1] {
			n++
		}
		m.blocks = append(m.blocks, newMomentBlock(sorted[:n]))
		sorted = sorted[n:]
	}
}

func newMomentBlock(sorted []int64) momentBlock {
	var room [3 * binary.MaxVarintLen64 * blockMoments]byte
	steps := room[:0]
	for k := 1; k < len(sorted); k++ {
		steps = binary.AppendUvarint(steps, uint64(sorted[k]-sorted[k-1]))
	}
	return momentBlock{sorted[0], len(sorted), slices.Clone(steps)}
}

// renewed returns the moments without those before and with those after.
func (m *moments) renewed(before, after *moments) moments {
	return m.with(slices.Collect(before.all()), slices.Collect(after.all()))
}

// apart is the first moment that only one of two has; forever where there is
// none.
func (m *moments) apart(o *moments) int64 {
	onlyM, onlyO := apart(slices.Collect(m.all()), slices.Collect(o.all()))
	first := int64(forever)
	for _, only := range [][]int64{onlyM, onlyO} {
		if len(only) > 0 {
			first = min(first, only[0])
		}
	}
	return first
}

// apart returns what only one of two sorted lists has.
func apart(a, b []int64) (onlyA, onlyB []int64) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] == b[0]:
			a, b = a[1:], b[1:]
		case a[0] < b[0]:
			onlyA, a = append(onlyA, a[0]), a[1:]
		default:
			onlyB, b = append(onlyB, b[0]), b[1:]
		}
	}
	return append(onlyA, a...), append(onlyB, b...)
}
