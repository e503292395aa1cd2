package jirasim

import (
	"regexp"
	"slices"
	"testing"
	"time"
)

// plight is what a goal's issues show at one moment.
type plight struct {
	leaves, delivered, dropped, doing, blocked int
	returns                                    int     // times that done work came back
	reported                                   float64 // closed by all
	progress                                   int     // days since the last delivery or first start
	added                                      int     // leaves that came in the last 56 days
	addedLately                                int     // and in the last 35
	edits                                      int     // histories in the last 28 days
	waiting                                    int     // open leaves blocked by an open decision
}

// look measures the goal's plight.
func (g *goalDoc) look(issues []*toldIssue, now time.Time) plight {
	issues = slices.DeleteFunc(slices.Clone(issues), func(i *toldIssue) bool { return i.Fields.Created.After(now) })
	mine := g.members(issues, now)
	open := map[string]bool{}
	for _, i := range issues {
		open[i.Key] = i.Fields.IssueType.Name == "Decision" && valueAt(i.statuses(), now) != "Done"
	}
	p, last := plight{leaves: len(mine)}, time.Time{}
	for _, i := range issues {
		if !mine[i.Key] {
			continue
		}
		started := false
		statuses := i.statuses()
		for n, s := range statuses {
			if s.from.After(now) {
				break
			}
			begins := !started && !slices.Contains([]string{"Backlog", "Selected for development"}, s.value)
			if started = started || begins; n > 0 && (begins || s.value == "Done") && s.from.After(last) {
				last = s.from
			}
			if n > 0 && statuses[n-1].value == "Done" && s.from.Sub(statuses[n-1].from) > time.Hour {
				p.returns++
			}
		}
		p.count(i, now, open)
	}
	if p.leaves > 0 {
		p.reported = float64(p.delivered+p.dropped) / float64(p.leaves)
	}
	p.progress = int(now.Sub(last).Hours() / 24)
	return p
}

// count adds one leaf.
func (p *plight) count(i *toldIssue, now time.Time, open map[string]bool) {
	status := valueAt(i.statuses(), now)
	switch resolution := valueAt(i.spans("resolution", resolutionOf(i)), now); {
	case status == "Done" && (resolution == "Won't Do" || resolution == "Duplicate"):
		p.dropped++
	case status == "Done":
		p.delivered++
	case status != "Backlog" && status != "Selected for development":
		p.doing++
	}
	if status == "Blocked" {
		p.blocked++
	}
	if i.Fields.Created.After(now.AddDate(0, 0, -56)) {
		p.added++
	}
	if i.Fields.Created.After(now.AddDate(0, 0, -35)) {
		p.addedLately++
	}
	waits := false
	for _, h := range i.Changelog.Histories {
		if h.Created.After(now.AddDate(0, 0, -28)) && !h.Created.After(now) {
			p.edits++
		}
		for _, it := range h.Items {
			waits = waits || it.Field == "Link" && !h.Created.After(now) && open[orEmpty(it.To)] && blockedBy.MatchString(orEmpty(it.ToString))
		}
	}
	if waits && status != "Done" {
		p.waiting++
	}
}

var blockedBy = regexp.MustCompile(`^This issue is blocked by [A-Z]+-\d+$`)

func TestEachGoalShowsItsOwnTrouble(t *testing.T) {
	type view struct{ now, ago plight } // and five weeks ago
	tests := []struct {
		goal, trouble string
		shows         func(v view) bool
	}{
		{"checkout-p95", "is healthy: it moves and hardly grows", func(v view) bool {
			return v.now.progress <= 14 && v.now.addedLately <= 2 && v.now.returns <= 4 && v.now.delivered > v.ago.delivered
		}},
		{"self-service-refunds", "reports about 70 % while its scope keeps growing", func(v view) bool {
			return v.now.reported > .58 && v.now.reported < .82 && v.now.added >= 8 && v.now.delivered > v.ago.delivered
		}},
		{"fraud-screening", "stopped about five weeks ago and is busy", func(v view) bool {
			return v.now.progress >= 24 && v.now.progress <= 50 && v.now.edits >= 20 && v.now.doing > 0
		}},
		{"sepa-instant", "keeps its scope while its target moves", func(v view) bool {
			return v.now.addedLately == 0 && v.now.added == 0 && v.now.reported < .9
		}},
		{"ledger-cutover", "stopped and waits for an open decision", func(v view) bool {
			return v.now.progress >= 40 && v.now.waiting >= 2
		}},
		{"guest-checkout", "is finished", func(v view) bool { return v.now.reported == 1 && v.now.progress > 60 }},
		{"loyalty-programme", "isn't begun", func(v view) bool {
			return v.now.leaves >= 8 && v.now.doing+v.now.delivered+v.now.dropped == 0
		}},
		{"storefront-4-7", "is a version with work left shortly before its date", func(v view) bool {
			return v.now.leaves >= 10 && v.now.reported > .3 && v.now.reported < .95 && v.now.leaves > v.now.delivered
		}},
		{"search-relevance", "has been nearly done for weeks and gets new leaves", func(v view) bool {
			return v.now.reported >= .9 && v.ago.reported >= .9 && v.now.addedLately >= 1
		}},
		{"core-on-kubernetes", "has much of its done work come back", func(v view) bool { return v.now.returns >= 3 && 7*v.now.returns >= v.now.delivered }},
		{"recommendations", "had about half of its work closed as Won't Do", func(v view) bool {
			return v.now.dropped >= 6 && 4*v.now.dropped >= v.now.dropped+v.now.delivered
		}},
		{"settlement-reports", "moves", func(v view) bool { return v.now.delivered > v.ago.delivered }},
		{"data-retention", "is held together by a label", func(v view) bool { return v.now.leaves >= 12 && v.now.delivered > 0 }},
	}
	for seed := range uint64(3) {
		for _, days := range []int{-3, 0, 3} { // Monday, Thursday and Sunday
			now := presentDay.AddDate(0, 0, days)
			c := NewCompany(seed, now)
			issues, goals := readCompany(t, c), readGoals(t, c)
			for _, test := range tests {
				n := slices.IndexFunc(goals, func(g goalDoc) bool { return g.ID == test.goal })
				v := view{goals[n].look(issues, now), goals[n].look(issues, now.AddDate(0, 0, -35))}
				if !test.shows(v) {
					t.Errorf("seed %d, %s: %s %s; its issues say %+v", seed, now.Weekday(), test.goal, test.trouble, v)
				}
			}
		}
	}
}

func TestTheVersionLosesLeftoversBeforeItsDate(t *testing.T) {
	for seed := range uint64(3) {
		left := 0
		for _, i := range readCompany(t, NewCompany(seed, presentDay)) {
			for _, s := range i.versions() {
				if s.value == companyVersion("SHOP", "4.7") && !s.to.IsZero() && s.to.Before(presentDay) {
					left++
				}
			}
		}
		if left < 2 {
			t.Errorf("seed %d: %d issues were moved out of SHOP 4.7, want some", seed, left)
		}
	}
}

func TestEverySelectorOfAGoalSelects(t *testing.T) {
	c := NewCompany(1, presentDay)
	issues := readCompany(t, c)
	keys, labelled, versioned := map[string]*toldIssue{}, map[string]bool{}, map[string]bool{}
	for _, i := range issues {
		keys[i.Key] = i
		for _, l := range i.Fields.Labels {
			labelled[i.Fields.Project.Key+" "+l] = true
		}
		for _, v := range i.Fields.FixVersions {
			versioned[i.Fields.Project.Key+" "+v.Name] = true
		}
	}
	children := map[string]bool{}
	for _, i := range issues {
		children[orEmpty(i.Fields.Epic)] = true
	}
	for _, g := range readGoals(t, c) {
		for _, key := range g.Work.Epics {
			if keys[key] == nil || keys[key].Fields.IssueType.Name != "Epic" || !children[key] {
				t.Errorf("%s: %s is no epic with issues", g.ID, key)
			}
		}
		for _, key := range g.Work.Exclude {
			if keys[key] == nil {
				t.Errorf("%s: %s, which it leaves out, doesn't exist", g.ID, key)
			}
		}
		for _, l := range g.Work.Labels {
			if !labelled[l.Project+" "+l.Name] {
				t.Errorf("%s: nothing in %s bears %s", g.ID, l.Project, l.Name)
			}
		}
		for _, v := range g.Work.FixVersions {
			if !versioned[v.Project+" "+v.Name] {
				t.Errorf("%s: nothing in %s is for version %s", g.ID, v.Project, v.Name)
			}
		}
	}
}

func TestDeclaredDecisionsAreAsked(t *testing.T) {
	c := NewCompany(1, presentDay)
	keys := map[string]*toldIssue{}
	for _, i := range readCompany(t, c) {
		keys[i.Key] = i
	}
	today, waiting := presentDay.Format(time.DateOnly), 0
	for _, g := range readGoals(t, c) {
		for _, d := range g.Decisions {
			if d.ID == "" || d.Asked == "" || d.Asked > today || d.Decided != "" && d.Decided < d.Asked || d.DecideBy != "" && d.DecideBy < d.Asked {
				t.Errorf("%s: decision %+v is not in order", g.ID, d)
			}
			i := keys[d.Issue]
			if d.Issue != "" && (i == nil || i.Fields.IssueType.Name != "Decision" || i.Fields.Created.Format(time.DateOnly) != d.Asked) {
				t.Errorf("%s: decision %s names %s, which asks for none from %s on", g.ID, d.ID, d.Issue, d.Asked)
			}
			if open := i == nil || valueAt(i.statuses(), presentDay) != "Done"; open && d.Decided == "" && d.DecideBy < today {
				waiting++
			}
		}
	}
	if waiting < 2 {
		t.Errorf("%d declared decisions are overdue, want some goals to be held up", waiting)
	}
}

func TestGoalsFormATreeAndKeepTheirPromisesInOrder(t *testing.T) {
	id := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	goals := readGoals(t, NewCompany(1, presentDay))
	ids := map[string]bool{}
	for _, g := range goals {
		if !id.MatchString(g.ID) || ids[g.ID] || g.Name == "" || g.Owner == "" {
			t.Errorf("goal %q: not in kebab case, not the only one, or without name or owner", g.ID)
		}
		ids[g.ID] = true
	}
	parents := map[string]bool{}
	for _, g := range goals {
		if g.Parent != "" && !ids[g.Parent] {
			t.Errorf("%s: its parent %s doesn't exist", g.ID, g.Parent)
		}
		parents[g.Parent] = true
		for n, p := range g.Targets {
			if n > 0 && (p.Said <= g.Targets[n-1].Said || p.Date <= g.Targets[n-1].Date) {
				t.Errorf("%s: target %d isn't later than the one before", g.ID, n)
			}
			if n == len(g.Targets)-1 && p.Date != g.Target {
				t.Errorf("%s: the target is %s, the last of the targets %s", g.ID, g.Target, p.Date)
			}
		}
	}
	if n := len(goals) - (len(parents) - 1); n < 10 || len(parents)-1 < 2 || len(parents)-1 > 3 {
		t.Errorf("%d goals under %d parents, want at least 10 under 2 or 3", n, len(parents)-1)
	}
}
