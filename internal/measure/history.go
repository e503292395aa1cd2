package measure

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// Input is everything that figures are made from.
type Input struct {
	Goals    []goal.Goal
	Catalogs map[string]*flow.Catalog // by site
	// Matched is what is known of which issues the goals' JQLs match.
	Matched []flow.Matching
	// Outcomes are what the goals' outcomes were measured at.
	Outcomes []OutcomeHistory
	// Said is what the fields by which goals report have said.
	Said []flow.Said
	// Issues streams every issue of every site, in any order. It is called
	// twice and must give the same issues both times. The issues are not
	// held on to.
	Issues func(each func(*flow.Issue) error) error
	// Done, where it is given, is told of each of them that nobody looks at any
	// more, from any goroutine.
	Done func(*flow.Issue)
	// Releases are the release dates that versions were seen with, and since
	// when. Jira keeps no history of them: what was moved before anybody looked
	// is not known.
	Releases map[ReleaseOf][]goal.Target
	Settings Settings
	// Experience is what was learnt from the containers that have closed; nil:
	// real completion and forecasts are unknown. Learn, where it is given in its
	// place, is asked what can be learnt from as soon as the survey has met all
	// issues, while they are read for the second time. The goals join it.
	Experience *Replay
	Learn      func(*Survey) (*Past, error)
	// Expect is about how many issues there are; 0 where that is not known. It
	// saves time, and changes nothing else.
	Expect int
}

// ReleaseOf names a version of a site by its id.
type ReleaseOf struct{ Site, Version string }

// History is what happened to each goal, from its first issue to the latest
// change that the store holds. The figures as of any moment are a fold over
// it, and do not look past that moment. It is immutable.
type History struct {
	settings   Settings
	experience *Replay
	ledgers    []ledger
	work       work
	decisions  decisions
	debt       debtBook
	sites      []string
	above      [][]int // the ledgers of the goals above each
	watch      *watch

	kept    *kept // what a renewal goes on from; nil for nothing
	edition int
}

// Experience is what estimates are made from, given to Build or learnt by it;
// nil for none.
func (h *History) Experience() *Replay { return h.experience }

// Began is when the first issue of all was created; zero where there is none.
func (h *History) Began() time.Time { return h.work.began }

// Build reads the issues and writes each goal's ledger. It fails only where
// Issues does.
func Build(in Input) (*History, error) {
	index := goal.NewIndex(in.Goals, in.Catalogs, in.Matched)
	index.Expect(in.Expect)
	bulk := newBulkEdits(in.Settings.Thresholds.BulkIssues)
	w := newWorkBuilder()
	held, named, told := newBlockers(), newMentions(), changelogSites{}
	survey := in.survey()
	err := in.eachTimeline(index.Put, survey.meet, func(t *flow.Timeline) {
		w.meet(t)
		told.meet(t.Issue)
		bulk.suspect(t.Issue)
		held.meet(t)
		named.meet(t)
	})
	if err != nil {
		return nil, fmt.Errorf("relating issues to goals: %w", err)
	}
	learnt := in.learning(survey)
	b := newBuilder(index, bulk, in.Settings)
	b.blockers, b.releases = held, in.Releases
	b.hear(in.Said)
	b.measured(in.Outcomes)
	named.sort()
	w.join(b, named)
	b.decider.learn(in.Catalogs)
	b.decider.belongs = belongings(index, b.ledgers)
	err = in.eachTimeline(func(t *flow.Timeline) {
		bulk.count(t.Issue)
		b.add(t)
	}, func(t *flow.Timeline) { w.add(t, in.Catalogs[t.Issue.Site]) }, b.decider.add)
	lessons, unlearnt := learnt()
	switch {
	case err != nil:
		return nil, fmt.Errorf("writing the goals' ledgers: %w", err)
	case unlearnt != nil:
		return nil, unlearnt
	}
	h := &History{settings: in.Settings, watch: newWatch()}
	h.sites, h.debt = slices.Sorted(maps.Keys(in.Catalogs)), b.debt
	h.ledgers, h.decisions = b.finish(h.sites)
	h.debt.seal(h.sites)
	for _, chain := range b.chains {
		h.above = append(h.above, chain[1:])
	}
	link(h.ledgers, h.above)
	h.work = w.finish()
	h.kept = &kept{index: index, bulk: bulk, words: b.words, origins: b.origins, people: b.people, uses: b.uses, blockers: held, mentions: named, decider: b.decider}
	h.kept.rest(&h.settings)
	for k := range h.ledgers { // which stay as they are from now on
		l := &h.ledgers[k]
		l.entries, l.progress = trimmed(l.entries), trimmed(l.progress)
		l.turns, l.marks, l.course = trimmed(l.turns), trimmed(l.marks), trimmed(l.course)
		l.stints, l.holdings, l.talks = trimmed(l.stints), trimmed(l.holdings), trimmed(l.talks)
	}
	b.setHindsight(in.Matched, told)
	if h.experience = lessons.of(h); h.experience != nil {
		for k := range h.ledgers {
			h.ledgers[k].experience, h.ledgers[k].odds = h.experience, newOdds(h.experience)
		}
	}
	return h, nil
}
