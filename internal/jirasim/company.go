package jirasim

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// Company is a synthetic company of four Jira projects: about a year of work
// before its present and some weeks after it, and the goals that the work is
// meant to serve. Each goal goes by a script of its own (company_plans.go);
// the rates of growth, rework, discarding and bulk edits follow those that
// MEASURES.md found in real companies.
type Company struct {
	// Issues are raw issues as Jira Data Center's search gives them with
	// expand=changelog, one JSON object each, by ascending id. Each carries
	// its whole history, that behind the present included, and its fields say
	// what the end of that history says.
	Issues [][]byte
	// Statuses are the statuses of the company's workflow.
	Statuses []flow.StatusInfo
	// Goals are the goals files, YAML by file name.
	Goals map[string][]byte
}

// NewCompany returns the company that the seed gives, with its story arranged
// around the week that holds now. Two calls with the same arguments return
// the same bytes; another now shifts the times and changes nothing else. The
// shift is by whole weeks, so that work stays on working days.
func NewCompany(seed uint64, now time.Time) *Company {
	s := &tale{
		seed:    seed,
		almanac: newAlmanac(now),
		realms:  companyRealms(),
		epics:   make(map[string]*ticket),
		leaves:  make(map[*ticket][]*ticket),
	}
	for _, plan := range companyStreams() {
		c := &crew{stream: plan, dice: newDice(seed, plan.realm+plan.epic+plan.label), tale: s, realm: s.realm(plan.realm)}
		c.run()
	}
	for _, r := range s.realms {
		s.retarget(r)
	}
	for _, p := range companyDecisions() {
		s.decide(p)
	}
	for _, g := range companyGoals() {
		s.promise(g)
	}
	s.sweep()
	s.number()
	return &Company{Issues: s.render(), Statuses: companyStatuses(), Goals: s.goals()}
}

// WriteDump writes the company's issues as JSON lines.
func (c *Company) WriteDump(w io.Writer) error {
	for _, raw := range c.Issues {
		if _, err := w.Write(append(bytes.Clone(raw), '\n')); err != nil {
			return fmt.Errorf("write the company's issues: %w", err)
		}
	}
	return nil
}

// tale is the company's story while it is told.
type tale struct {
	seed    uint64
	almanac almanac
	realms  []*realm
	tickets []*ticket
	epics   map[string]*ticket // by summary
	leaves  map[*ticket][]*ticket
}

// lastMoment is behind everything that happens.
const lastMoment = moment(never+52) * oneWeek

// open writes a ticket down.
func (s *tale) open(r *realm, kind value, summary string, at moment, who value) *ticket {
	t := &ticket{realm: r, reporter: who, summary: summary, born: at, busy: at}
	t.initial.one[traitType] = kind
	t.initial.one[traitStatus] = statusBacklog
	t.initial.one[traitPriority] = companyPriorities()[2]
	s.tickets = append(s.tickets, t)
	return t
}

// realm returns the project with the key; the tables name no other.
func (s *tale) realm(key string) *realm {
	i := slices.IndexFunc(s.realms, func(r *realm) bool { return r.key == key })
	return s.realms[i]
}

// epicsOf returns the epics of a goal in the order of the tables.
func (s *tale) epicsOf(goal string) []*ticket {
	var epics []*ticket
	for _, plan := range companyStreams() {
		if plan.goal == goal && plan.epic != "" {
			epics = append(epics, s.epics[plan.epic])
		}
	}
	return epics
}

// number gives the tickets their ids and keys in the order of their creation.
func (s *tale) number() {
	slices.SortStableFunc(s.tickets, func(a, b *ticket) int { return cmp.Compare(a.born, b.born) })
	d := newDice(s.seed, "ids")
	id, last := 20000, make(map[*realm]int)
	for _, t := range s.tickets {
		id += d.between(1, 4)
		last[t.realm]++
		t.id, t.key = id, fmt.Sprintf("%s-%d", t.realm.key, last[t.realm])
	}
}
