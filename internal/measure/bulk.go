package measure

import (
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
	slots  minuteSlots
	// crowded has a bit for each minute, whoever's, in which a slot filled up:
	// most minutes are acquitted by it, and it is small enough to be at hand.
	crowded []uint64
	found   map[minute][]int64 // the earliest times, one an issue, at most `issues` of them
	// recent are all issues that were changed in each of the latest minutes,
	// from the minute horizon on: there a bulk edit can still grow.
	recent  map[minute][]edited
	horizon int64
}

// edited is an issue that was changed in a minute, and when first.
type edited struct {
	issueAt
	ms int64
}

// recentMinutes is how far back a bulk edit that comes in bit by bit can be
// followed: three days before the latest change of all.
const recentMinutes = 3 * 24 * 60

// minute is one author's minute.
type minute struct {
	site   string
	author flow.Pseudonym
	unix   int64 // minutes since 1970
}

// crowdedBits are those of two years of minutes; longer histories share them.
const crowdedBits = 1 << 20

func newBulkEdits(issues int) *bulkEdits {
	return &bulkEdits{
		issues: issues, slots: newMinuteSlots(issues),
		crowded: make([]uint64, crowdedBits/64), found: map[minute][]int64{}, recent: map[minute][]edited{},
	}
}

// suspect is the first pass.
func (b *bulkEdits) suspect(i *flow.Issue) {
	eachMinute(i, func(m minute, _ time.Time) {
		b.raise(m)
		b.horizon = max(b.horizon, m.unix-recentMinutes)
	})
}

// raise counts one more issue in the minute.
func (b *bulkEdits) raise(m minute) {
	if b.slots.raise(m) {
		word, bit := m.crowd()
		b.crowded[word] |= bit
	}
}

// crowd is where bulkEdits.crowded has the minute.
func (m minute) crowd() (word int, bit uint64) {
	n := uint64(m.unix) % crowdedBits
	return int(n / 64), 1 << (n % 64)
}

// count is the second pass.
func (b *bulkEdits) count(i *flow.Issue) {
	eachMinute(i, func(m minute, at time.Time) {
		if m.unix >= b.horizon {
			b.recent[m] = append(b.recent[m], edited{issueAt{i.Site, i.ID}, at.UnixMilli()})
		}
		if b.suspected(m) {
			b.found[m] = b.with(b.found[m], at.UnixMilli())
		}
	})
}

// with puts a time into a minute's earliest ones, in place.
func (b *bulkEdits) with(times []int64, ms int64) []int64 {
	k, _ := slices.BinarySearch(times, ms)
	if k >= b.issues {
		return times
	}
	times = slices.Insert(times, k, ms)
	return times[:min(len(times), b.issues)]
}

// suspected reports, from the first pass on, whether a change in the minute may
// be part of a bulk edit.
func (b *bulkEdits) suspected(m minute) bool {
	if word, bit := m.crowd(); b.crowded[word]&bit == 0 {
		return false
	}
	return b.slots.full(m)
}

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

func minuteOf(site string, c *flow.Change) minute {
	return minute{site, c.Author, c.At.Unix() / 60}
}

// eachMinute calls f once for each author's minute in which the issue was
// changed, with the first change in it.
func eachMinute(i *flow.Issue, f func(minute, time.Time)) {
	var room [8]flow.Pseudonym
	present, authors := int64(0), room[:0] // who changed it in the present minute
	for k := range i.Changes {
		c := &i.Changes[k]
		m := minuteOf(i.Site, c)
		if m.unix != present {
			present, authors = m.unix, authors[:0]
		}
		if !slices.Contains(authors, m.author) {
			authors = append(authors, m.author)
			f(m, c.At)
		}
	}
}
