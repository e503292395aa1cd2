package measure

import (
	"cmp"
	"slices"
	"time"
)

// peerView is how long the other goals of a goal's class were usually silent,
// as of the beginning of a week.
type peerView struct {
	week int64 // since 1970, beginning on Mondays, UTC
	// quantile is the StallQuantile of their gaps between progress events,
	// shrunk towards StallPrior where they have few; gaps is how many they have.
	quantile time.Duration
	gaps     int
}

// silence is one gap between progress events of a goal.
type silence struct {
	ledger int
	ended  int64 // the week
	length time.Duration
}

// weekOf is the week of a moment; minutes, and so bulk edits, lie in one.
func weekOf(t time.Time) int64 { return floorDiv(dayOf(t)+3, 7) }

// setPeers gives each goal the view of its class in every week in which it may
// be asked for: those of its own progress events, since a threshold is set by
// one and holds until the next. A threshold that went on moving with the
// others' rhythm would end stalls without progress.
//
// The class of a goal are the other goals with as many levels of goals below
// them: none of those is above or below it, so none shares its events.
func setPeers(ledgers []ledger, t *Thresholds) {
	setHeights(ledgers)
	byHeight := map[int][]int{}
	for k := range ledgers {
		byHeight[ledgers[k].height] = append(byHeight[ledgers[k].height], k)
	}
	for _, class := range byHeight {
		setPeersOf(class, ledgers, t)
	}
}

func setHeights(ledgers []ledger) {
	byID := map[string]int{}
	for k := range ledgers {
		byID[ledgers[k].goal.ID] = k
	}
	for k := range ledgers {
		up := k
		for levels := 1; levels <= len(ledgers); levels++ { // which ends, were goals above themselves
			parent, ok := byID[ledgers[up].goal.Parent]
			if !ok {
				break
			}
			ledgers[parent].height = max(ledgers[parent].height, levels)
			up = parent
		}
	}
}

// asked is a week in which a goal's view is wanted.
type asked struct {
	ledger int
	week   int64
}

func setPeersOf(class []int, ledgers []ledger, t *Thresholds) {
	var all []silence
	var questions []asked
	for _, g := range class {
		l := &ledgers[g]
		for _, gap := range l.silences {
			all = append(all, silence{g, gap.ended, gap.length})
		}
		for _, week := range l.weeks {
			questions = append(questions, asked{g, week})
		}
	}
	slices.SortFunc(all, func(a, b silence) int { return cmp.Compare(a.ended, b.ended) })
	slices.SortFunc(questions, func(a, b asked) int { return cmp.Or(cmp.Compare(a.week, b.week), cmp.Compare(a.ledger, b.ledger)) })
	r := newRanking(all)
	for _, q := range questions {
		for ; len(all) > 0 && all[0].ended < q.week; all = all[1:] {
			r.add(&all[0])
		}
		l := &ledgers[q.ledger]
		l.peers = append(l.peers, r.without(q.ledger, t).as(q.week))
	}
}

func (v peerView) as(week int64) peerView { v.week = week; return v }

// gap is a silence of one goal.
type gap struct {
	ended  int64 // the week
	length time.Duration
}

// setSilences lists the gaps between the goal's progress events, as they are
// known when the week is over: what was a bulk edit is known within its minute.
// It lists the weeks in which the goal's class is looked at, too.
func (l *ledger) setSilences(s *Settings) {
	l.silences, l.weeks = l.gaps(s.Thresholds.StallGap), l.activeWeeks()
}

func (l *ledger) gaps(least time.Duration) []gap {
	var out []gap
	var last time.Time
	working := false // a decision that is made before any work moves begins no work
	var begun time.Time
	ok := false
	if n := len(l.entries); n > 0 {
		begun, ok = l.begun(l.entries[n-1].at())
	}
	for k := range l.progress {
		p := &l.progress[k]
		working = working || p.leaf != noLeaf || ok && !p.at().Before(begun)
		if p.discount() != counts || !working {
			continue
		}
		if !last.IsZero() {
			if length := l.awake(last, p.at()); length >= least {
				out = append(out, gap{weekOf(p.at()), length})
			}
		}
		last = p.at()
	}
	return out
}

// activeWeeks lists the weeks of the goal's progress events, and that in which
// work on it began.
func (l *ledger) activeWeeks() []int64 {
	var out []int64
	for k := range l.progress {
		if w := weekOf(l.progress[k].at()); len(out) == 0 || out[len(out)-1] != w {
			out = append(out, w)
		}
	}
	for k := range l.entries {
		if e := &l.entries[k]; e.begins() {
			out = append(out, weekOf(e.at()))
			break
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// view returns the goal's class as of the week of a moment; that of the first
// week where the moment lies in none of its weeks.
func (l *ledger) view(at time.Time) peerView {
	k, ok := slices.BinarySearchFunc(l.peers, weekOf(at), func(v peerView, week int64) int { return cmp.Compare(v.week, week) })
	if ok {
		return l.peers[k]
	}
	return l.peers[max(k-1, 0)]
}

// ranking answers for the quantile of all lengths but one goal's own: a
// Fenwick tree counts them by rank.
type ranking struct {
	lengths []time.Duration // sorted, each once
	tree    []int32         // by rank, from 1
	total   int
	own     map[int][]int // sorted ranks, by ledger
}

func newRanking(all []silence) *ranking {
	r := &ranking{own: map[int][]int{}}
	for k := range all {
		r.lengths = append(r.lengths, all[k].length)
	}
	slices.Sort(r.lengths)
	r.lengths = slices.Compact(r.lengths)
	r.tree = make([]int32, len(r.lengths)+1)
	return r
}

func (r *ranking) add(s *silence) {
	rank, _ := slices.BinarySearch(r.lengths, s.length)
	own := r.own[s.ledger]
	k, _ := slices.BinarySearch(own, rank+1)
	r.own[s.ledger] = slices.Insert(own, k, rank+1)
	for k := rank + 1; k < len(r.tree); k += k & -k {
		r.tree[k]++
	}
	r.total++
}

// without returns the view of all but one goal.
func (r *ranking) without(ledger int, t *Thresholds) peerView {
	own := r.own[ledger]
	n := r.total - len(own)
	v := peerView{quantile: t.StallPrior, gaps: n}
	if n == 0 {
		return v
	}
	h := t.StallQuantile * float64(n-1)
	k := int(h)
	q := float64(r.kth(k, own))
	if k+1 < n {
		q += (h - float64(k)) * (float64(r.kth(k+1, own)) - q)
	}
	v.quantile = shrunk(time.Duration(q), n, t.StallPrior, t.StallShrink)
	return v
}

// kth returns the k-th smallest length, from 0, of those that are not own.
func (r *ranking) kth(k int, own []int) time.Duration {
	step := 1
	for step*2 < len(r.tree) {
		step *= 2
	}
	at, below := 0, 0 // how many of all lie at or below rank at
	for ; step > 0; step /= 2 {
		next := at + step
		if next >= len(r.tree) {
			continue
		}
		upTo := below + int(r.tree[next])
		mine, _ := slices.BinarySearch(own, next+1)
		if upTo-mine <= k {
			at, below = next, upTo
		}
	}
	return r.lengths[at]
}

// shrunk draws a quantile of n values towards another that weighs as much as
// weight of them (MEASURES §7).
func shrunk(own time.Duration, n int, towards time.Duration, weight int) time.Duration {
	if n+weight == 0 {
		return towards
	}
	return time.Duration((float64(n)*float64(own) + float64(weight)*float64(towards)) / float64(n+weight))
}
