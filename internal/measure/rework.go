package measure

import (
	"cmp"
	"slices"
	"time"
)

// episodeDone is one stretch during which a leaf was delivered, as of a moment.
type episodeDone struct {
	leaf  int
	from  int64
	lived time.Duration // until it was re-opened, or until now
	back  bool          // it was re-opened
}

// doneEpisodes lists the stretches that began in scope, by the moment. A leaf
// that was open again for less than the bounce threshold was not re-opened,
// and one that was closed for less than that was not done (MEASURES §1, §2.11).
func (l *ledger) doneEpisodes(at time.Time, bounce time.Duration) []episodeDone {
	out := make([]episodeDone, 0, len(l.turns)/2) // most are begun, and then delivered
	now := at.UnixMilli()
	var open episodeDone // the leaf's present stretch, while there is one
	is := false
	opened := int64(0) // when it was re-opened
	end := func() {
		if !is {
			return
		}
		until := now
		if gone := l.oddities(open.leaf).gone; gone != 0 && gone < now {
			until = gone
		}
		if open.back = opened != 0; open.back {
			until = opened
		}
		open.lived = time.Duration(until-open.from) * time.Millisecond
		if !open.back || open.lived > bounce {
			out = append(out, open)
		}
		is, opened = false, 0
	}
	for k := range l.turns {
		x := &l.turns[k]
		if is && open.leaf != int(x.leaf) {
			end()
		}
		switch {
		case x.ms() > now:
		case x.what() == reopened && is:
			opened = x.ms()
		case x.what() == restored:
			opened = 0
		case x.what() == delivered:
			end()
			if l.leaves.contains(int(x.leaf), instantOf(x.ms())) {
				open, is = episodeDone{leaf: int(x.leaf), from: x.ms()}, true
			}
		}
	}
	end()
	return out
}

// reopened estimates the probability that delivered work is re-opened within the
// time that the settings name. Nil where nothing was delivered.
func (l *ledger) reopened(at time.Time, s *Settings) *float64 {
	within := s.Thresholds.ReopenedWithin
	if p := l.presentAt(at, s); p != nil {
		short, all := p.shortEpisodes(at, within)
		return reopenedWithin(short, all)
	}
	episodes := l.doneEpisodes(at, s.Thresholds.Bounce)
	all := len(episodes)
	return reopenedWithin(slices.DeleteFunc(episodes, func(e episodeDone) bool { return e.lived > within }), all)
}

// reopenedWithin estimates the probability that delivered work is re-opened
// within a time (Kaplan and Meier 1958; MEASURES §2.11), from the episodes that
// lasted no longer, and how many there were in all. Work that was delivered
// lately counts for as long as it has been watched. Nil where nothing was
// delivered. It sorts the episodes.
func reopenedWithin(short []episodeDone, all int) *float64 {
	if all == 0 {
		return nil
	}
	slices.SortFunc(short, func(a, b episodeDone) int {
		return cmp.Or(cmp.Compare(a.lived, b.lived), compareBool(b.back, a.back)) // of one age: re-opened before censored
	})
	stays := 1.0
	for k := range short {
		if short[k].back {
			stays *= 1 - 1/float64(all-k)
		}
	}
	back := 1 - stays
	return &back
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
