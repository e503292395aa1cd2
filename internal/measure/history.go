package measure

import (
	"fmt"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// Input is everything that figures are made from.
type Input struct {
	Goals    []goal.Goal
	Catalogs map[string]*flow.Catalog // by site
	// Issues streams every issue of every site, in any order. It is called
	// twice and must give the same issues both times. The issues are not
	// held on to.
	Issues   func(each func(*flow.Issue) error) error
	Settings Settings
	// Experience is what was learnt from the containers that have closed; nil:
	// real completion and forecasts are unknown. Until is up to when the odds
	// that health rests on are worked out.
	Experience *Replay
	Until      time.Time
}

// History is what happened to each goal, from its first issue to the latest
// change that the store holds. The figures as of any moment are a fold over
// it, and do not look past that moment. It is immutable.
type History struct {
	settings Settings
	ledgers  []ledger
	work     work
}

// Build reads the issues and writes each goal's ledger. It fails only where
// Issues does.
func Build(in Input) (*History, error) {
	index := goal.NewIndex(in.Goals, in.Catalogs)
	bulk := newBulkEdits(in.Settings.Thresholds.BulkIssues)
	w := newWorkBuilder()
	err := in.Issues(func(i *flow.Issue) error {
		t := flow.NewTimeline(i, in.Catalogs[i.Site])
		index.Add(t)
		w.meet(t)
		bulk.suspect(i)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("relating issues to goals: %w", err)
	}
	b := newBuilder(index.Members(), bulk, in.Settings)
	w.join(b)
	err = in.Issues(func(i *flow.Issue) error {
		bulk.count(i)
		t := flow.NewTimeline(i, in.Catalogs[i.Site])
		b.add(t)
		w.add(t, in.Catalogs[i.Site])
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("writing the goals' ledgers: %w", err)
	}
	h := &History{settings: in.Settings, ledgers: b.finish()}
	h.work = w.finish()
	if in.Experience != nil {
		h.learn(in.Experience, in.Until)
	}
	return h, nil
}
