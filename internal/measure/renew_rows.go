package measure

import (
	"maps"
	"math"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// rewrite puts the rows of the touched issues in the place of those that they
// had, and derives anew what hangs on them.
func (r *renewal) rewrite() {
	uses := r.kept.uses
	if !maps.Equal(r.after.uses, uses) {
		uses = r.after.uses
	}
	related := related(r.next)
	eachOf(len(r.next), func(g int) {
		if l := &r.next[g]; r.relays[g] != nil {
			l.proof = l.proof.renewed(&r.before.ledgers[g].proof, &r.after.ledgers[g].proof, &l.leaves)
			r.rewriteOf(g, related)
		}
		r.next[g].proof.uses = uses
	})
	r.kept.uses = uses
	r.setPeers()
}

func (r *renewal) rewriteOf(g int, related [][]bool) {
	lay, old, l := r.relays[g], &r.old.ledgers[g], &r.next[g]
	was, is := &r.before.ledgers[g], &r.after.ledgers[g]
	l.words = r.kept.words.all
	l.entries = relaid(old.entries, is.entries, lay, func(e *entry) *int32 { return &e.leaf }, compareEntries)
	l.turns = relaid(old.turns, is.turns, lay, func(t *turn) *int32 { return &t.leaf }, compareTurns)
	l.marks = relaid(old.marks, is.marks, lay, func(m *mark) *int32 { return &m.leaf }, compareMarks)
	l.odd = relaid(old.odd, is.odd, lay, func(o *oddity) *int32 { return &o.leaf }, compareOddities)
	l.stints = relaid(old.stints, is.stints, lay, func(s *stint) *int32 { return &s.leaf }, compareStints)
	l.holdings = relaid(old.holdings, is.holdings, lay, func(h *holding) *int32 { return &h.leaf }, compareHoldings)
	l.talks = relaid(old.talks, is.talks, lay, func(x *talk) *int32 { return &x.leaf }, compareTalks)
	l.sizes, l.kinds = spliced(old.sizes, is.sizes, lay, func(z *sizing) *int32 { return &z.leaf }, compareSizes), is.kinds
	l.holds = spliced(old.holds, is.holds, lay, func(h *hold) *int32 { return &h.leaf }, compareHolds)
	l.splits = spliced(old.splits, is.splits, lay, func(x *splitLeaf) *int32 { return &x.leaf }, compareSplits)
	l.raises = spliced(old.raises, is.raises, lay, func(x *raise) *int32 { return &x.leaf }, compareRaises)
	l.bots = spliced(old.bots, is.bots, lay, func(x *botStep) *int32 { return &x.leaf }, compareBotSteps)
	l.ranks = spliced(old.ranks, is.ranks, lay, func(x *flagging) *int32 { return &x.leaf }, compareFlaggings)
	l.paths = spliced(old.paths, is.paths, lay, func(x *path) *int32 { return &x.leaf }, comparePaths)
	l.stays = relaid(old.stays, is.stays, lay, func(x *stay) *int32 { return &x.leaf }, compareStays)
	l.shared = spliced(old.shared, r.shared(g, related), lay, func(s *sharing) *int32 { return &s.leaf }, compareShared)
	l.noise, l.meant = renewedNoise(old.noise, was.noise, is.noise), renewedNoise(old.meant, was.meant, is.meant)
	r.putProgress(g)
	l.epics = slices.Clone(l.epics)
	for k := range l.epics {
		e := &l.epics[k]
		if e.said = is.epics[k].said; r.issues[issueAt{e.Site, e.ID}] != nil {
			e.closed, e.dropped, e.due, e.owners = is.epics[k].closed, is.epics[k].dropped, is.epics[k].due, is.epics[k].owners
		}
	}
	l.arrange(&r.in.Settings, r.in.Releases)
	r.carry(g)
}

// putProgress puts the progress events of the touched leaves in their place,
// and those of decisions where these were made anew.
func (r *renewal) putProgress(g int) {
	lay, old, l := r.relays[g], &r.old.ledgers[g], &r.next[g]
	fresh := r.after.ledgers[g].progress
	before := old.progress
	if r.decided != nil {
		fresh = slices.Concat(fresh, r.decided.ledgers[g].progress)
		slices.SortStableFunc(fresh, compareProgress)
		before = slices.DeleteFunc(slices.Clone(before), func(p progress) bool { return p.leaf == noLeaf })
	}
	l.progress = spliced(before, fresh, lay, func(p *progress) *int32 { return &p.leaf }, compareProgress)
	if r.decided == nil {
		l.held = spliced(old.held, nil, lay.moving(), func(h *heldLeaf) *int32 { return &h.leaf }, func(heldLeaf, heldLeaf) int { return 0 })
	}
}

// carry keeps what is known of the goal's past up to the first thing that reads
// otherwise.
func (r *renewal) carry(g int) {
	old, l := &r.old.ledgers[g], &r.next[g]
	since := r.apart(g)
	if zone := r.in.Settings.Calendar.Location(); firstDay(old, zone) != firstDay(l, zone) {
		since = time.Time{}
	}
	l.days, l.odds = old.days.carry(old, since, &r.in.Settings), old.odds
	if since.Before(never()) && old.odds != nil {
		l.odds = old.odds.carry(r.in.Experience, since)
	}
	if l.past != nil {
		l.past = &pastFigures{all: map[pastFigure]Figure{}}
	}
}

// firstDay is that of a goal's first leaf; zero where it has had none.
func firstDay(l *ledger, zone *time.Location) flow.Date {
	if len(l.entries) == 0 {
		return flow.Date{}
	}
	return flow.DateOf(l.entries[0].at().In(zone))
}

// apart is when what health hangs on first reads otherwise.
func (r *renewal) apart(g int) time.Time {
	lay, old, l := r.relays[g], &r.old.ledgers[g], &r.next[g]
	if lay == nil {
		lay = &relay{}
	}
	out := firstApart(old.entries, l.entries, lay, func(a, b *entry, leaf int32) bool {
		return a.ms == b.ms && a.packed == b.packed && leaf == b.leaf
	}, func(e *entry) (time.Time, int32) { return e.at(), e.leaf })
	out = earlier(out, firstApart(old.progress, l.progress, lay, func(a, b *progress, leaf int32) bool {
		return a.same(b, leaf)
	}, func(p *progress) (time.Time, int32) { return p.at(), p.leaf }))
	out = earlier(out, spansApart(old.overdue, l.overdue))
	out = earlier(out, spansApart(old.shut, l.shut))
	out = earlier(out, old.proof.broken.apart(&l.proof.broken))
	if len(old.epics) != len(l.epics) || lay.to != nil && l.goal.Reported.From == fromField {
		return time.Time{} // what the field says of an epic is weighed by its leaves
	}
	for k := range l.epics {
		if l.epics[k].IssueRef != old.epics[k].IssueRef {
			return time.Time{}
		}
		out = earlier(out, spansApart(old.epics[k].closed, l.epics[k].closed))
	}
	return out
}

// moving is the relay for rows that stay although their leaf's are written
// anew.
func (r *relay) moving() *relay { return &relay{leaves: r.leaves, to: r.to} }

// shared are the other goals that the touched leaves of a goal are in.
func (r *renewal) shared(g int, related [][]bool) []sharing {
	var out []sharing
	for _, t := range r.order {
		for _, p := range t.is {
			if p.ledger != g {
				continue
			}
			for _, o := range t.is {
				if !related[g][o.ledger] {
					other := &r.next[o.ledger]
					out = append(out, sharing{int32(p.index), other.goal.ID, other.leaves.in(o.index)})
				}
			}
		}
	}
	slices.SortFunc(out, compareShared)
	return out
}

// setPeers looks at the goals' classes anew where any goal's rhythm differs.
func (r *renewal) setPeers() {
	same := true
	for g := range r.next {
		old, l := &r.old.ledgers[g], &r.next[g]
		same = same && slices.Equal(old.silences, l.silences) && slices.Equal(old.weeks, l.weeks)
	}
	if same {
		return
	}
	for g := range r.next {
		r.next[g].peers, r.next[g].height = nil, 0
	}
	setPeers(r.next, &r.in.Settings.Thresholds)
	for g := range r.next {
		old, l := &r.old.ledgers[g], &r.next[g]
		if slices.Equal(old.peers, l.peers) {
			l.peers = old.peers
			continue
		}
		first := int64(math.MaxInt64)
		for k := range max(len(old.peers), len(l.peers)) {
			if k >= len(old.peers) || k >= len(l.peers) || old.peers[k] != l.peers[k] {
				for _, peers := range [][]peerView{old.peers, l.peers} {
					if k < len(peers) {
						first = min(first, peers[k].week)
					}
				}
				break
			}
		}
		at := weekStartOf(first)
		if first == l.firstWeek() || first == old.firstWeek() {
			at = time.Time{} // moments before the first week take its view
		}
		l.days, l.present = l.days.carry(l, at, &r.in.Settings), &present{}
		if l.past != nil {
			l.past = &pastFigures{all: map[pastFigure]Figure{}}
		}
	}
}

func (l *ledger) firstWeek() int64 {
	if len(l.peers) == 0 {
		return math.MaxInt64
	}
	return l.peers[0].week
}

// weekStartOf is the moment at which a week begins, as weekOf counts them.
func weekStartOf(week int64) time.Time { return instantOf((week*7 - 3) * millisADay) }

// renewedNoise takes changes that mean nothing out, and puts others in.
func renewedNoise(all, before, after []dayNoise) []dayNoise {
	if slices.Equal(before, after) {
		return all
	}
	days := map[int64]int32{}
	for _, d := range before {
		days[d.day] -= d.n
	}
	for _, d := range after {
		days[d.day] += d.n
	}
	var out []dayNoise
	for _, d := range all {
		d.n += days[d.day]
		delete(days, d.day)
		if d.n != 0 {
			out = append(out, d)
		}
	}
	for day, n := range days {
		if n != 0 {
			out = append(out, dayNoise{day, n})
		}
	}
	slices.SortFunc(out, compareDays)
	return out
}

// renewed takes what the touched leaves' facts were out, and puts what they are
// in. p stays as it is.
func (p proof) renewed(before, after *proof, leaves *leaves) proof {
	p.broken = p.broken.renewed(&before.broken, &after.broken)
	p.unfinished = p.unfinished.renewed(&before.unfinished, &after.unfinished)
	p.unresolved = renewedTallies(p.unresolved, before.unresolved, after.unresolved)
	p.sites = nil
	for k := range leaves.len() {
		if site := leaves.origin(k).site; len(p.sites) == 0 || p.sites[len(p.sites)-1] != site { // they are sorted by it
			p.sites = append(p.sites, site)
		}
	}
	return p
}

// carry returns the fold for a goal that reads otherwise from a moment on: what
// it was up to the day before holds good.
func (d *daily) carry(l *ledger, since time.Time, s *Settings) *daily {
	if !since.Before(never()) {
		return d
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	out := &daily{}
	zone := s.Calendar.Location()
	if len(d.runs) == 0 || !d.runs[0].day.Before(since) || since.Equal(time.Time{}) {
		return out
	}
	for _, run := range d.runs {
		if run.day.Before(since) {
			out.runs = append(out.runs, run)
		}
	}
	out.next = d.next
	day := flow.DateOf(since.In(zone))
	if day.Start(zone).Before(since) {
		day = day.AddDays(1)
	}
	if day.Before(out.next) {
		out.next = day
	}
	last := out.next.AddDays(-1).Start(zone)
	out.tally, out.entries = l.tally(last), l.firstAfter(last)
	return out
}
