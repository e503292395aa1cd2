package measure

import (
	"cmp"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// dayNoise is how many changes of a goal's leaves on a day were no progress
// and nothing else of meaning: ranks, sprints, labels, texts, assignments
// (MEASURES §1, noise filter c); or how many were of meaning. Bots and bulk edits
// are not counted.
type dayNoise struct {
	day int64 // since 1970, UTC
	n   int32
}

// noiseAt is one such change, or one that means something, whose minute may turn
// out to be a bulk edit.
type noiseAt struct {
	at     time.Time
	minute minute
	meant  bool
}

type waitingNoise struct {
	ledger int
	noiseAt
}

const millisADay = int64(24 * time.Hour / time.Millisecond)

// dayOf is the day of a moment since 1970, in UTC.
func dayOf(t time.Time) int64 { return floorDiv(t.UnixMilli(), millisADay) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// noiseOf lists an issue's changes, one a changelog entry, but for bots'. The
// list is good until the next one is asked for.
func (b *builder) noiseOf(t *flow.Timeline) []noiseAt {
	out := b.noises[:0]
	changes := t.Issue.Changes
	for k := range changes {
		c := &changes[k]
		if c.Bot || c.History == 0 || k > 0 && changes[k-1].History == c.History {
			continue
		}
		out = append(out, noiseAt{c.At, minuteOf(t.Issue.Site, c), meansSomething(changes[k:], c.History)})
	}
	b.noises = out
	return out
}

// meansSomething reports whether an item of the changelog entry is about more
// than appearances: status, scope, size or date.
func meansSomething(changes []flow.Change, history uint64) bool {
	for k := range changes {
		if changes[k].History != history {
			return false
		}
		switch changes[k].Field {
		case flow.FieldStatus, flow.FieldResolution, flow.FieldEpic, flow.FieldParent, flow.FieldFixVersion, flow.FieldEstimate, flow.FieldDue:
			return true
		}
	}
	return false
}

// stir counts the changes that fell into the leaf's time in scope.
func (b *builder) stir(p place, noise []noiseAt) {
	l := &b.ledgers[p.ledger]
	for _, x := range noise {
		if !l.leaves.contains(p.index, x.at) && !(x.meant && l.leaves.contains(p.index, x.at.Add(-time.Millisecond))) { // by which it left
			continue
		}
		if b.bulk.suspected(x.minute) {
			b.waitingNoise = append(b.waitingNoise, waitingNoise{p.ledger, x})
			continue
		}
		b.countNoise(p.ledger, x)
	}
}

func (b *builder) countNoise(ledger int, x noiseAt) {
	if x.meant {
		b.meant[ledger].add(dayOf(x.at))
	} else {
		b.noise[ledger].add(dayOf(x.at))
	}
}

// settle puts the days in order, once it is known what was a bulk edit.
func (b *builder) settle() {
	for _, w := range b.waitingNoise {
		if _, ok := b.bulk.since(w.minute); !ok {
			b.countNoise(w.ledger, w.noiseAt)
		}
	}
	for g := range b.ledgers {
		b.ledgers[g].noise, b.ledgers[g].meant = b.noise[g].sorted(), b.meant[g].sorted()
	}
}

// dayCounts counts by day. Most days are among so many that follow the first that
// is met, or lie shortly before it, and are counted in a list.
type dayCounts struct {
	from   int64
	days   []int32
	others map[int64]int32
}

// A list of days begins so long before the first that is met, and is as long.
const daysBefore, daysListed = 1024, 8192

func (c *dayCounts) add(day int64) {
	if c.days == nil {
		c.from = day - daysBefore
	}
	k := day - c.from
	if k < 0 || k >= daysListed {
		if c.others == nil {
			c.others = map[int64]int32{}
		}
		c.others[day]++
		return
	}
	if k >= int64(len(c.days)) {
		c.days = append(c.days, make([]int32, k+1-int64(len(c.days)))...)
	}
	c.days[k]++
}

// sorted returns the days on which anything was counted, in order.
func (c *dayCounts) sorted() []dayNoise {
	listed := 0
	for _, n := range c.days {
		if n > 0 {
			listed++
		}
	}
	out := make([]dayNoise, 0, listed+len(c.others))
	for k, n := range c.days {
		if n > 0 {
			out = append(out, dayNoise{c.from + int64(k), n})
		}
	}
	for day, n := range c.others {
		out = append(out, dayNoise{day, n})
	}
	slices.SortFunc(out, compareDays)
	return out
}

// noiseBetween counts the meaningless changes on the whole days that lie after
// the one moment's and before the other's, meantBetween the others.
func (l *ledger) noiseBetween(from, to time.Time) int { return between(l.noise, from, to) }
func (l *ledger) meantBetween(from, to time.Time) int { return between(l.meant, from, to) }

// between leaves out a day that is not over yet: what a bulk edit is shows only
// when it is done.
func between(days []dayNoise, from, to time.Time) int {
	first, end := dayOf(from)+1, dayOf(to)
	k, _ := slices.BinarySearchFunc(days, first, func(d dayNoise, day int64) int { return cmp.Compare(d.day, day) })
	n := 0
	for ; k < len(days) && days[k].day < end; k++ {
		n += int(days[k].n)
	}
	return n
}
