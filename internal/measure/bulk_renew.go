package measure

import (
	"slices"
	"time"

	"plumbline/internal/flow"
)

// bulkView tells which changes are parts of bulk edits, as was known at one
// time of several.
type bulkView interface {
	// suspected is quick, and says yes too often rather than too seldom.
	suspected(minute) bool
	// since is from when on a change in the minute is known to be part of one.
	since(minute) (int64, bool)
}

// bulkBefore is what was known before some issues were stored anew: what it
// does not name is as it was.
type bulkBefore struct {
	*bulkEdits
	was map[minute][]int64 // as in bulkEdits.found
}

func (b bulkBefore) suspected(m minute) bool {
	_, moved := b.was[m]
	return moved || b.bulkEdits.suspected(m)
}

func (b bulkBefore) since(m minute) (int64, bool) {
	times, moved := b.was[m]
	switch {
	case !moved:
		return b.bulkEdits.since(m)
	case len(times) < b.issues:
		return 0, false
	}
	return times[b.issues-1], true
}

// renew takes in that issues were stored anew. It returns what was known
// before, and the issues, changed or not, that were edited in a minute of which
// it is known only now that it was a bulk edit, or since another moment. False
// where that can't be told: a minute long ago turns out to be suspect, whose
// issues are not remembered.
func (b *bulkEdits) renew(changed []flow.Changed) (before bulkBefore, concerned []issueAt, ok bool) {
	before = bulkBefore{b, map[minute][]int64{}}
	for k := range changed {
		if !b.exchange(&changed[k], before.was) {
			return before, nil, false
		}
	}
	for m := range before.was {
		if m.unix >= b.horizon {
			b.recount(m)
		}
		was, did := before.since(m)
		is, does := b.since(m)
		if was == is && did == does {
			continue
		}
		if m.unix < b.horizon {
			return before, nil, false
		}
		for _, e := range b.recent[m] {
			concerned = append(concerned, e.issueAt)
		}
	}
	b.forget()
	return before, concerned, true
}

// exchange takes an issue's old minutes out and its new ones in, and notes of
// each that it touches what was known of it.
func (b *bulkEdits) exchange(c *flow.Changed, was map[minute][]int64) bool {
	old, now := minutesOf(c.Before), minutesOf(c.After)
	at := issueAt{c.After.Site, c.After.ID}
	note := func(m minute) {
		if _, noted := was[m]; !noted {
			was[m] = slices.Clone(b.found[m])
		}
	}
	for m, ms := range old {
		if now[m] == ms {
			continue
		}
		note(m)
		if m.unix < b.horizon && b.suspected(m) {
			return false // of its issues the earliest alone are remembered
		}
		b.recent[m] = slices.DeleteFunc(b.recent[m], func(e edited) bool { return e.issueAt == at })
	}
	for m, ms := range now {
		if old[m] == ms {
			continue
		}
		note(m)
		b.raise(m)
		switch {
		case m.unix >= b.horizon:
			b.recent[m] = append(b.recent[m], edited{at, ms})
		case len(b.found[m]) > 0:
			b.found[m] = b.with(slices.Clone(b.found[m]), ms)
		case b.suspected(m): // who else was changed in it is not remembered
			return false
		}
	}
	return true
}

// minutesOf are the minutes in which an issue was changed, and when first.
func minutesOf(i *flow.Issue) map[minute]int64 {
	out := map[minute]int64{}
	if i != nil {
		eachMinute(i, func(m minute, at time.Time) {
			if _, known := out[m]; !known {
				out[m] = at.UnixMilli()
			}
		})
	}
	return out
}

// recount counts the issues of a minute, all of which are remembered.
func (b *bulkEdits) recount(m minute) {
	var times []int64
	for _, e := range b.recent[m] {
		times = append(times, e.ms)
	}
	slices.Sort(times)
	if times = times[:min(len(times), b.issues)]; len(times) == 0 {
		delete(b.recent, m)
		delete(b.found, m)
		return
	}
	if b.suspected(m) {
		b.found[m] = times
	}
}

// forget drops the minutes that are not recent any more.
func (b *bulkEdits) forget() {
	latest := b.horizon + recentMinutes
	for m := range b.recent {
		latest = max(latest, m.unix)
	}
	if latest-recentMinutes-b.horizon < recentMinutes {
		return // it isn't worth the while yet
	}
	b.horizon = latest - recentMinutes
	for m := range b.recent {
		if m.unix < b.horizon {
			delete(b.recent, m)
		}
	}
}
