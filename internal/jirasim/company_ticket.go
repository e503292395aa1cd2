package jirasim

import (
	"cmp"
	"slices"
	"strings"
)

// trait is a field of a ticket, as far as the company uses fields.
type trait uint8

// The traits. Up to traitFlagged a ticket has one value of each; then come
// those of which it has many; then those that only leave a trace.
const (
	traitStatus trait = iota
	traitResolution
	traitType
	traitPriority
	traitAssignee
	traitEpic
	traitDue
	traitPoints
	traitFlagged
	traitVersion
	traitComponent
	traitLabel
	traitLink
	traitRank
	traitDescription
	traitComment
	traitAttachment
)

// value is what a trait can be set to. A value that names another ticket has
// its id and key only when all tickets are numbered.
type value struct {
	id, text string
	ticket   *ticket
}

// ticketState is what a ticket's fields say at one moment.
type ticketState struct {
	one      [traitFlagged + 1]value
	many     [traitLink + 1][]value // versions, components, labels, links
	resolved moment
}

// has reports whether v is among the trait's values.
func (s *ticketState) has(t trait, v value) bool { return slices.Contains(s.many[t], v) }

// act is one deed of one person: a trait is set, or an element is put in or
// taken out. Acts say what is wanted; what was there before is found when the
// acts are replayed. So each part of the story can add its acts by itself,
// and the changelog is consistent by construction.
type act struct {
	at    moment
	who   value
	trait trait
	to    value
	out   bool // take the element out
}

// logLine is one line of the changelog.
type logLine struct {
	trait    trait
	from, to value
	before   string // labels: the whole list before
	after    string // and after
}

// logEntry is one history of the changelog: what one person did at one moment.
type logEntry struct {
	at    moment
	who   value
	items []logLine
}

// ticket is a Jira issue in the making.
type ticket struct {
	id       int // 0 until all tickets are numbered
	key      string
	realm    *realm
	reporter value
	summary  string
	born     moment
	parent   *ticket // of a sub-task
	subtasks []*ticket
	initial  ticketState
	acts     []act  // sorted by time
	busy     moment // its own work has been told up to here
}

// do adds an act. Nothing happens to a ticket before it exists.
func (t *ticket) do(at moment, who value, what trait, to value) {
	t.add(act{at: at, who: who, trait: what, to: to})
}

// undo takes an element of a trait out.
func (t *ticket) undo(at moment, who value, what trait, element value) {
	t.add(act{at: at, who: who, trait: what, to: element, out: true})
}

func (t *ticket) add(a act) {
	a.at = max(a.at, t.born+oneMinute)
	i, _ := slices.BinarySearchFunc(t.acts, a.at, func(b act, at moment) int {
		if b.at <= at { // behind all acts of the same moment
			return -1
		}
		return 1
	})
	t.acts = slices.Insert(t.acts, i, a)
}

// move takes the ticket to another status and notes that it was worked on.
func (t *ticket) move(at moment, who value, status value) {
	t.do(at, who, traitStatus, status)
	t.busy = max(t.busy, at)
}

// close ends the ticket with a resolution, in the same history.
func (t *ticket) close(at moment, who value, resolution value) {
	t.move(at, who, statusDone)
	t.do(at, who, traitResolution, resolution)
}

// at returns the ticket's state at a moment.
func (t *ticket) at(when moment) ticketState {
	s := t.initial.clone()
	for _, a := range t.acts {
		if a.at > when {
			break
		}
		s.apply(a)
	}
	return s
}

// open reports whether the ticket exists and isn't done with at a moment.
func (t *ticket) open(when moment) bool {
	if when <= t.born {
		return false
	}
	status := t.initial.one[traitStatus]
	for _, a := range t.acts {
		if a.at > when {
			break
		}
		if a.trait == traitStatus {
			status = a.to
		}
	}
	return status != statusDone
}

// replay returns the ticket's changelog and the state at its end.
func (t *ticket) replay() ([]logEntry, ticketState) {
	s := t.initial.clone()
	var log []logEntry
	for _, a := range t.acts {
		it, changed := s.apply(a)
		if !changed {
			continue
		}
		if n := len(log); n > 0 && log[n-1].at == a.at && log[n-1].who == a.who {
			log[n-1].items = append(log[n-1].items, it)
			continue
		}
		log = append(log, logEntry{at: a.at, who: a.who, items: []logLine{it}})
	}
	return log, s
}

func (s *ticketState) clone() ticketState {
	c := *s
	for i := range c.many {
		c.many[i] = slices.Clone(c.many[i])
	}
	return c
}

// apply does the act and returns the line that the changelog gets; none where
// the act changes nothing.
func (s *ticketState) apply(a act) (logLine, bool) {
	switch {
	case a.trait > traitLink:
		return logLine{trait: a.trait, to: a.to}, true
	case a.trait <= traitFlagged:
		from := s.one[a.trait]
		s.one[a.trait] = a.to
		if a.trait == traitResolution && from != a.to {
			s.resolved = a.at
		}
		return logLine{trait: a.trait, from: from, to: a.to}, from != a.to
	}
	if s.has(a.trait, a.to) != a.out {
		return logLine{}, false
	}
	before := s.list(a.trait)
	it := logLine{trait: a.trait, to: a.to, before: before}
	if a.out {
		s.many[a.trait] = slices.DeleteFunc(s.many[a.trait], func(v value) bool { return v == a.to })
		it.from, it.to = a.to, value{}
	} else {
		s.many[a.trait] = append(s.many[a.trait], a.to)
	}
	it.after = s.list(a.trait)
	return it, true
}

// list returns the trait's values in one line, as the changelog shows labels.
func (s *ticketState) list(t trait) string {
	names := make([]string, len(s.many[t]))
	for i, v := range s.many[t] {
		names[i] = v.text
	}
	slices.SortFunc(names, cmp.Compare[string])
	return strings.Join(names, " ")
}
