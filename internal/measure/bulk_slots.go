package measure

import "hash/maphash"

// minuteSlots counts, in a fixed number of slots of four bits, the issues that
// were changed in each author's minute. Minutes that share a slot are counted
// together: it can count too high, and never too low.
//
// Issues come in the order of their ids, and those that follow one another were
// created, and most of them changed, within the same weeks. So a minute's slot
// lies in the block of its day and a half, whoever's it is: an issue finds those
// blocks at hand that the issues before it used. Within its block it can be
// anywhere, so that the minutes in which everybody works don't share a few.
type minuteSlots struct {
	most  uint8 // the count at which a slot stops
	seed  maphash.Seed
	words []uint64 // sixteen slots each
}

const (
	// slotBits are those of a slot, and slotMost what they can count to.
	slotBits = 4
	slotMost = 1<<slotBits - 1
	// slotBlocks of blockSlots each take 8 MiB: with twelve changes each, a
	// million issues make some twelve million minutes, and a slot reaches ten by
	// chance almost never.
	slotBlocks = 1 << 9
	blockSlots = 1 << 15
	// blockMinutes is how many minutes share a block: two years fill all of
	// them, and longer histories go round.
	blockMinutes = 1 << 11
)

func newMinuteSlots(issues int) minuteSlots {
	return minuteSlots{
		most: uint8(min(issues, slotMost)), seed: maphash.MakeSeed(), words: make([]uint64, slotBlocks*blockSlots*slotBits/64),
	}
}

// raise counts one more issue in the minute, and reports whether its slot is
// full.
func (s *minuteSlots) raise(m minute) bool {
	word, shift := s.slot(m)
	count := uint8(*word >> shift & slotMost)
	if count < s.most {
		*word += 1 << shift
		count++
	}
	return count >= s.most
}

// full reports whether the minute's slot is full.
func (s *minuteSlots) full(m minute) bool {
	word, shift := s.slot(m)
	return uint8(*word>>shift&slotMost) >= s.most
}

func (s *minuteSlots) slot(m minute) (in *uint64, shift uint64) {
	block := uint64(m.unix/blockMinutes) % slotBlocks
	mixed := splitMix(maphash.String(s.seed, m.site) ^ uint64(m.author) ^ uint64(m.unix)<<32)
	n := block*blockSlots + mixed.next()%blockSlots
	return &s.words[n*slotBits/64], n * slotBits % 64
}
