package measure

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"maps"
	"slices"
	"sync"

	"plumbline/internal/flow"
)

// Survey counts what lies in what on each site, in one pass over the issues.
type Survey struct {
	sites map[string]*survey
}

// emptySurvey returns a survey that has met no issue yet.
func emptySurvey() *Survey { return &Survey{map[string]*survey{}} }

// survey returns one where something is to be learnt from it, else nil.
func (in *Input) survey() *Survey {
	if in.Learn == nil {
		return nil
	}
	return emptySurvey()
}

// learning has the models learnt from the containers that the survey has met,
// beside whatever else goes on, and returns who waits for them.
func (in *Input) learning(s *Survey) (learnt func() (lessons, error)) {
	if s == nil {
		return func() (lessons, error) { return lessons{known: in.Experience}, nil }
	}
	var over sync.WaitGroup
	var broken panics
	var l lessons
	var err error
	over.Go(func() {
		defer broken.catch()
		var past *Past
		if past, err = in.Learn(s); err == nil {
			l.fresh = past.replaying()
			l.fresh.learn(func(float64) {})
		}
	})
	return func() (lessons, error) {
		over.Wait()
		broken.rethrow()
		return l, err
	}
}

// lessons are what was learnt before, or what is being learnt from containers.
type lessons struct {
	known *Replay
	fresh *replaying
}

// of returns the experience that a history's estimates are made from. What was
// learnt before holds good; to what is being learnt, the history's goals are
// added.
func (l *lessons) of(h *History) *Replay {
	if l.fresh == nil {
		return l.known
	}
	l.fresh.Goals = h.Containers(l.fresh.Until)
	l.fresh.learnGoals()
	return l.fresh.learnt()
}

// meet takes in an issue; where nothing is to be learnt, it does nothing.
func (s *Survey) meet(t *flow.Timeline) {
	if s == nil {
		return
	}
	of := s.sites[t.Issue.Site]
	if of == nil {
		of = newSurvey(t.Issue.Site)
		s.sites[t.Issue.Site] = of
	}
	of.meet(t)
}

// survey is what a Survey knows of one site.
//
// What it keeps is bounded: where there is too much of it, it goes on with half
// of the names, then with half of those. Which, hangs on the names alone, so
// that the same ones are left in whatever order the issues come.
type survey struct {
	site      string
	histories int // changelog entries of all issues
	holders   map[holderName]*holder
	members   int    // of all of them
	most      int    // that are kept
	limit     uint64 // names of this rank or above are let go
}

// holderName is one of the names of what issues have lain in: an issue's key,
// or its id where a reference had no key, or the id of a version.
type holderName struct {
	key, version string
	id           flow.IssueID
}

type holder struct {
	rank    uint64
	id      flow.IssueID // of the issue, where a reference told it
	members []flow.IssueID
}

// maxSurveyed bounds the memberships that a survey keeps: some times as many as
// there are leaves in the end, as not everything that holds others is looked at.
const maxSurveyed = 8 * maxFoundLeaves

func newSurvey(site string) *survey {
	return &survey{site: site, holders: map[holderName]*holder{}, most: maxSurveyed, limit: ^uint64(0)}
}

// meet takes in an issue.
func (s *survey) meet(t *flow.Timeline) {
	s.histories += t.Issue.Histories
	var last flow.Ref
	for _, st := range t.SpansOf(1<<flow.FieldParent | 1<<flow.FieldEpic | 1<<flow.FieldFixVersion) {
		if above := st.Above(); !above.IsZero() && above != last {
			s.add(nameOf(above), above.ID, t.Issue.ID)
			last = above
		}
		for _, v := range st.FixVersions {
			s.add(holderName{version: v}, 0, t.Issue.ID)
		}
	}
}

func nameOf(ref flow.Ref) holderName {
	if ref.Key == "" {
		return holderName{id: ref.ID}
	}
	return holderName{key: ref.Key}
}

// add takes in that an issue lay in something. What is known of an issue comes
// all at once: if it is there already, it stands last.
func (s *survey) add(name holderName, id, member flow.IssueID) {
	h := s.holders[name]
	if h == nil {
		rank := name.rank()
		if rank >= s.limit {
			return
		}
		h = &holder{rank: rank}
		name.key, name.version = lasting(name.key), lasting(name.version)
		s.holders[name] = h
	}
	if h.id == 0 {
		h.id = id
	}
	if n := len(h.members); n > 0 && h.members[n-1] == member {
		return
	}
	h.members = append(h.members, member)
	for s.members++; s.members > s.most; {
		s.halve()
	}
}

func (s *survey) halve() {
	s.limit /= 2
	maps.DeleteFunc(s.holders, func(_ holderName, h *holder) bool {
		if h.rank < s.limit {
			return false
		}
		s.members -= len(h.members)
		return true
	})
}

// lay returns the issues that lay in something by any of its names, in order.
func (s *survey) lay(names ...holderName) []flow.IssueID {
	var all []flow.IssueID
	for _, name := range names {
		if h := s.holders[name]; h != nil {
			all = append(all, h.members...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ranked returns the names of what may hold enough issues, by their ranks.
// Names of one issue are taken together where references say so.
func (s *survey) ranked() []holderName {
	together := map[flow.IssueID]int{}
	for _, h := range s.holders {
		if h.id != 0 {
			together[h.id] += len(h.members)
		}
	}
	var out []holderName
	for name, h := range s.holders {
		if len(h.members) >= minFinal || together[h.id] >= minFinal {
			out = append(out, name)
		}
	}
	slices.SortFunc(out, func(a, b holderName) int {
		return cmp.Or(cmp.Compare(s.holders[a].rank, s.holders[b].rank),
			cmp.Compare(a.key, b.key), cmp.Compare(a.version, b.version), cmp.Compare(a.id, b.id))
	})
	return out
}

// rank orders names as if by lot, and always in the same way.
func (n holderName) rank() uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(n.key + "\x00" + n.version + "\x00")) // which never fails
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(n.id)))
	mixed := splitMix(h.Sum64())
	return mixed.next()
}
