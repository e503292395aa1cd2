package measure

import (
	"hash/maphash"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// bulkEdits finds bulk edits: many issues changed by one author within one
// minute (MEASURES §1, noise filter b). They change states, and are evidence
// of nobody's work.
//
// It is fed twice. The first pass counts into a fixed number of slots, which
// can only count too high; the second counts exactly where a slot filled up.
// So memory stays bounded however long the history is.
type bulkEdits struct {
	issues int // from how many issues on
	seed   maphash.Seed
	slots  []uint8
	found  map[minute][]int64 // the earliest times, one an issue, at most `issues` of them
}

// minute is one author's minute.
type minute struct {
	site   string
	author flow.Pseudonym
	unix   int64 // minutes since 1970
}

// bulkSlots is 4 MiB: with twelve changes each, a million issues make some
// six million minutes, and a slot reaches ten by chance almost never.
const bulkSlots = 1 << 22

func newBulkEdits(issues int) *bulkEdits {
	return &bulkEdits{
		issues: issues, seed: maphash.MakeSeed(),
		slots: make([]uint8, bulkSlots), found: map[minute][]int64{},
	}
}

// suspect is the first pass.
func (b *bulkEdits) suspect(i *flow.Issue) {
	eachMinute(i, func(m minute, _ time.Time) {
		if slot := b.slot(m); *slot < uint8(min(b.issues, 255)) {
			*slot++
		}
	})
}

// count is the second pass.
func (b *bulkEdits) count(i *flow.Issue) {
	eachMinute(i, func(m minute, at time.Time) {
		if int(*b.slot(m)) < min(b.issues, 255) {
			return
		}
		times := b.found[m]
		k, _ := slices.BinarySearch(times, at.UnixMilli())
		if k < b.issues {
			times = slices.Insert(times, k, at.UnixMilli())
			b.found[m] = times[:min(len(times), b.issues)]
		}
	})
}

// suspected reports, from the first pass on, whether a change in the minute may
// be part of a bulk edit.
func (b *bulkEdits) suspected(m minute) bool { return int(*b.slot(m)) >= min(b.issues, 255) }

// since returns from when on a change in the minute is known to be part of a
// bulk edit: the moment at which the last issue needed for one was changed.
// False where it is not part of one. Of a minute that the first pass did not
// suspect it can be asked while the second is under way.
func (b *bulkEdits) since(m minute) (int64, bool) {
	if m == (minute{}) || !b.suspected(m) {
		return 0, false
	}
	times := b.found[m]
	if len(times) < b.issues {
		return 0, false
	}
	return times[b.issues-1], true
}

func (b *bulkEdits) slot(m minute) *uint8 {
	return &b.slots[maphash.Comparable(b.seed, m)%bulkSlots]
}

func minuteOf(site string, c *flow.Change) minute {
	return minute{site, c.Author, c.At.Unix() / 60}
}

// eachMinute calls f once for each author's minute in which the issue was
// changed, with the first change in it.
func eachMinute(i *flow.Issue, f func(minute, time.Time)) {
	var seen []minute // those of the present minute
	for k := range i.Changes {
		c := &i.Changes[k]
		m := minuteOf(i.Site, c)
		if len(seen) > 0 && seen[0].unix != m.unix {
			seen = seen[:0]
		}
		if !slices.Contains(seen, m) {
			seen = append(seen, m)
			f(m, c.At)
		}
	}
}
