package measure

import (
	"cmp"
	"slices"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// ledger is what happened to one goal: every leaf that came into its scope,
// moved, was delivered or dropped, or left, in order of time.
type ledger struct {
	goal     *goal.Goal
	bounce   time.Duration // below which work that is open again was not re-opened
	leaves   leaves
	words    []wording // that entries and progress number
	entries  []entry
	progress []progress
	epics    []epicLife
	versions []goal.VersionRef
	missing  []string
	// unanswered says of JQLs that no site has answered why it hasn't.
	unanswered []string
	// hindsight is up to when it is known by hindsight alone which issues the
	// goal had; zero: at no time. See setHindsight.
	hindsight time.Time
	sizes     []sizing       // where the goal counts points
	kinds     map[kind]int32 // of sizes
	// shared are the leaves that other goals have too, and which.
	shared   []sharing // by leaf, then by goal
	criteria []criterion
	// experience is what estimates are made from, nil for none; odds are the
	// goal's by week.
	experience *Replay
	odds       *odds
	past       *pastFigures // where there are criteria
	outcomes   map[string][]flow.Measured
	tallies    []tally
	days       *daily
	proof      proof
	// decisions are those of the goal, by when they were asked; overdue is
	// when one of them was, held when its leaves waited for one.
	decisions []ownDecision
	overdue   flow.Spans
	held      []heldLeaf

	lives    []life      // by leaf
	odd      []oddity    // by leaf
	turns    []turn      // by leaf, then in order of time
	marks    []mark      // by leaf, then in order of time
	holds    []hold      // by leaf
	splits   []splitLeaf // in order of time
	raises   []raise     // the same
	bots     []botStep   // the same
	ranks    []flagging  // the same, of top priorities; where the detector is on
	paths    []path      // the same, where theirs is
	stays    []stay      // by leaf, then in order of time; of those whose key changed
	stints   []stint     // by leaf, then in order of time
	holdings []holding   // by leaf, then in order of time
	talks    []talk      // by leaf, then in order of time; of those that may be debt
	noise    []dayNoise  // in order of time
	meant    []dayNoise  // the same, of changes that are about status, scope, size or date
	shut     flow.Spans  // while all containers were closed
	idle     flow.Spans  // while no progress is expected: shut, or in a freeze
	below    []*ledger   // those of the goals below it
	height   int         // how many levels of goals there are below
	peers    []peerView  // in order of time
	silences []gap       // the same
	weeks    []int64     // the same: in which the goal's class is looked at

	course   []sizePoint // in order of time
	promises []promises  // the target first
	traps    []trapLife  // in the order of Traps
	grips    *grips
	present  *present
}

// ownDecision is a decision that belongs to a goal.
type ownDecision struct {
	*decision
	own *ownGoal
}

// discount says why an event that looks like progress is none.
type discount uint8

const (
	counts discount = iota
	byBulk
	byBot
	byBounce
	byPart     // of a decision whose other parts are open, or were closed before
	byCategory // of the status: the workflow changed, and not the issue
)

// epicLife is when an issue that the goal maps as a container was closed.
type epicLife struct {
	goal.Epic
	closed flow.Spans
	// dropped is while it was closed without being delivered.
	dropped flow.Spans
	due     []dated
	owners  []ownerFrom // in order of time
	// said is what the field by which the goal reports has said of it.
	said []flow.Saying
}

// builder writes the ledgers of all goals in one pass over the issues.
type builder struct {
	settings Settings
	bulk     bulkView
	ledgers  []ledger
	leaves   placed
	epics    map[issueAt][]place
	waiting  []waiting
	uses     map[projectAt]time.Time // since when a project has used resolutions
	chains   [][]int                 // of each ledger: itself and those of the goals above it
	decider  *decider

	blockers     *blockers
	debt         debtBook
	people       people
	releases     map[ReleaseOf][]goal.Target
	noise        []dayCounts // by ledger
	meant        []dayCounts // the same, of changes that mean something
	waitingNoise []waitingNoise
	noises       []noiseAt // used again for every issue
	used         usedRows
	entering     []entering // the same
	proving      []proving
	words        *wordings
	origins      *origins
}

type issueAt struct {
	site string
	id   flow.IssueID
}

// place is a leaf's or an epic's position in a ledger.
type place struct{ ledger, index int }

// waiting is a progress event whose minute may turn out to be a bulk edit.
type waiting struct {
	place
	minute minute
}

func newBuilder(index *goal.Index, bulk bulkView, s Settings) *builder {
	b := &builder{
		settings: s, bulk: bulk, leaves: placed{}, epics: map[issueAt][]place{}, uses: map[projectAt]time.Time{},
		words: newWordings(), origins: newOrigins(), debt: debtBook{}, people: people{},
	}
	for g, m := range index.Mapped() {
		b.noise, b.meant = append(b.noise, dayCounts{}), append(b.meant, dayCounts{})
		l := ledger{
			goal: m.Goal, versions: m.Versions, missing: m.Missing, unanswered: m.Unanswered, criteria: criteria(m.Goal),
			bounce: s.Thresholds.Bounce,
		}
		if len(l.criteria) > 0 {
			l.past = &pastFigures{all: map[pastFigure]Figure{}}
		}
		for k, e := range m.Epics {
			l.epics = append(l.epics, epicLife{Epic: e})
			at := issueAt{e.Site, e.ID}
			b.epics[at] = append(b.epics[at], place{g, k})
		}
		b.ledgers = append(b.ledgers, l)
	}
	b.enter(index)
	b.chains = chains(b.ledgers)
	b.decider = newDecider(b)
	return b
}

// enter lays the leaves of all goals.
func (b *builder) enter(index *goal.Index) {
	for is := range index.All() {
		if len(is.Leaf.In) == 0 {
			continue
		}
		l := &b.ledgers[is.Goal]
		b.leaves.put(issueAt{is.Leaf.Site, is.Leaf.ID}, place{is.Goal, l.leaves.len()})
		l.leaves.add(&is.Leaf, b.origins)
	}
	b.leaves.sort()
	for k := range b.ledgers {
		l := &b.ledgers[k]
		l.leaves.all, l.leaves.origins = trimmed(l.leaves.all), b.origins.all
		l.lives = make([]life, l.leaves.len())
	}
}

// add writes an issue into the ledgers of the goals that it belongs to.
func (b *builder) add(t *flow.Timeline) {
	b.resolutions(t)
	b.blockers.lives(t, &b.settings)
	b.debt.add(t, &b.settings)
	at := issueAt{t.Issue.Site, t.Issue.ID}
	leaves, epics := b.leaves.at(at), b.epics[at]
	if len(leaves) == 0 && len(epics) == 0 {
		return
	}
	if len(leaves) > 0 {
		b.walk(t, leaves)
	}
	for _, p := range epics {
		e := &b.ledgers[p.ledger].epics[p.index]
		e.closed, e.due, e.owners = b.closed(t), dueDates(t), b.owners(t)
		e.dropped = spansOf(t, func(st *flow.State) bool { return b.settings.Semantics.Outcome(st) == flow.Dropped })
	}
}

// closed returns when the issue was terminal.
func (b *builder) closed(t *flow.Timeline) flow.Spans {
	return spansOf(t, func(st *flow.State) bool { return b.settings.Semantics.Outcome(st) != flow.Open })
}

// finish puts everything in order.
func (b *builder) finish(sites []string) ([]ledger, decisions) {
	made := b.decider.finish(b, sites)
	b.sortRows()
	b.share()
	b.settle()
	eachOf(len(b.ledgers), func(k int) {
		b.ledgers[k].proof.seal(b.uses)
		b.ledgers[k].arrange(&b.settings, b.releases)
	})
	setPeers(b.ledgers, &b.settings.Thresholds)
	return b.ledgers, made
}

// sortRows puts the rows in order, and notes which events turned out to be bulk
// edits.
func (b *builder) sortRows() {
	for _, w := range b.waiting {
		if since, ok := b.bulk.since(w.minute); ok {
			b.ledgers[w.ledger].progress[w.index].edited(since)
		}
	}
	b.blockers.join(b.ledgers)
	eachOf(len(b.ledgers), func(k int) {
		l := &b.ledgers[k]
		l.words = b.words.all
		slices.SortStableFunc(l.entries, compareEntries)
		slices.SortStableFunc(l.progress, compareProgress)
		slices.SortStableFunc(l.sizes, compareSizes)
		slices.SortStableFunc(l.turns, compareTurns)
		slices.SortStableFunc(l.marks, compareMarks)
		slices.SortStableFunc(l.holds, compareHolds)
		slices.SortStableFunc(l.odd, compareOddities)
		slices.SortStableFunc(l.stints, compareStints)
		slices.SortStableFunc(l.holdings, compareHoldings)
		slices.SortStableFunc(l.splits, compareSplits)
		slices.SortStableFunc(l.raises, compareRaises)
		slices.SortStableFunc(l.bots, compareBotSteps)
		slices.SortStableFunc(l.ranks, compareFlaggings)
		slices.SortStableFunc(l.paths, comparePaths)
		slices.SortStableFunc(l.stays, compareStays)
		slices.SortStableFunc(l.talks, compareTalks)
	})
}

// The orders of the rows: what the goal did by time, what its leaves were by
// leaf, then by time.
func compareEntries(a, b entry) int {
	return cmp.Or(cmp.Compare(a.ms, b.ms), cmp.Compare(a.leaf, b.leaf))
}

func compareProgress(a, b progress) int {
	return cmp.Or(cmp.Compare(a.ms(), b.ms()), cmp.Compare(a.leaf, b.leaf))
}

func compareSizes(a, b sizing) int {
	return cmp.Or(cmp.Compare(a.ms, b.ms), cmp.Compare(a.leaf, b.leaf))
}

func compareTurns(a, b turn) int {
	return cmp.Or(cmp.Compare(a.leaf, b.leaf), cmp.Compare(a.ms(), b.ms()))
}
func compareMarks(a, b mark) int {
	return cmp.Or(cmp.Compare(a.leaf, b.leaf), cmp.Compare(a.ms(), b.ms()))
}
func compareHolds(a, b hold) int      { return cmp.Or(cmp.Compare(a.leaf, b.leaf), cmp.Compare(a.by, b.by)) }
func compareOddities(a, b oddity) int { return cmp.Compare(a.leaf, b.leaf) }
func compareStints(a, b stint) int {
	return cmp.Or(cmp.Compare(a.leaf, b.leaf), cmp.Compare(a.ms, b.ms))
}
func compareHoldings(a, b holding) int {
	return cmp.Or(cmp.Compare(a.leaf, b.leaf), cmp.Compare(a.ms, b.ms))
}
func compareTalks(a, b talk) int {
	return cmp.Or(cmp.Compare(a.leaf, b.leaf), cmp.Compare(a.n, b.n))
}

// arrange derives from the rows, which are in order, what is asked of them again
// and again. Nothing of the ledger is changed afterwards.
func (l *ledger) arrange(s *Settings, releases map[ReleaseOf][]goal.Target) {
	l.grips = &grips{all: map[int64]grip{}}
	l.days, l.present, l.tallies, l.course, l.promises, l.traps = &daily{}, &present{}, nil, nil, nil, nil
	l.mark()
	l.setIdle(s)
	l.setCourse()
	l.setPromises(s, releases)
	l.setTraps(s)
	l.setSilences(s)
}

// order puts the entries in order of time, where they are all that a ledger has.
func (l *ledger) order() {
	slices.SortStableFunc(l.entries, compareEntries)
	l.mark()
}
