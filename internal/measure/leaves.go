package measure

import (
	"math"
	"slices"
	"sort"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// leaves are the issues of a goal, and when each is in the goal's scope, sorted
// by site and id. A company has a million: a leaf has no pointer, which the
// collector would have to follow.
type leaves struct {
	all     []leaf
	more    []leafMore
	origins []origin // of these leaves, and of others
}

// leaf is an issue of a goal.
type leaf struct {
	id     flow.IssueID
	from   int64  // since when it is in scope; most are for ever
	number uint32 // of its present key
	origin uint32 // index into leaves.origins
	more   uint32 // one above its index into leaves.more; 0 for most
}

// origin is where leaves come from.
type origin struct {
	site    string
	project string // of their keys
	via     string // by which selectors they belong, for people
	// approximate tells that they belong by JQL alone.
	approximate bool
}

// leafMore is what few leaves have.
type leafMore struct {
	in    flow.Spans   // where it is not in scope from leaf.from on for ever, all stays
	under []goal.Under // below which of the goal's own epics it lies and when
}

const forever = math.MaxInt64

// origins numbers those that are met.
type origins struct {
	all []origin
	of  map[origin]uint32
}

func newOrigins() *origins { return &origins{of: map[origin]uint32{}} }

func (o *origins) number(x origin) uint32 {
	n, ok := o.of[x]
	if !ok {
		n = uint32(len(o.all))
		o.all, o.of[x] = append(o.all, x), n
	}
	return n
}

// add adds a member of the goal behind the others. Its origin is numbered, and
// is told of once leaves.origins are those.
func (ls *leaves) add(m *goal.Leaf, o *origins) {
	key := goal.KeyOf(m.Key)
	l := leaf{id: m.ID, number: key.Number, origin: o.number(origin{m.Site, key.Project, m.Via, m.Approximate})}
	if len(m.In) > 0 {
		l.from = m.In[0].From.UnixMilli()
	}
	stays := len(m.In) == 1 && m.In[0].To.IsZero()
	if !stays || len(m.Under) > 0 {
		more := leafMore{under: m.Under}
		if !stays {
			more.in = slices.Concat(flow.Spans{}, m.In) // nil is for ever
		}
		ls.more = append(ls.more, more)
		l.more = uint32(len(ls.more))
	}
	ls.all = append(ls.all, l)
}

func (ls *leaves) len() int { return len(ls.all) }

// origin is where a leaf comes from.
func (ls *leaves) origin(k int) *origin { return &ls.origins[ls.all[k].origin] }

// at names the issue.
func (ls *leaves) at(k int) issueAt { return issueAt{ls.origin(k).site, ls.all[k].id} }

// key is the issue's present one.
func (ls *leaves) key(k int) goal.Key {
	return goal.Key{Project: ls.origin(k).project, Number: ls.all[k].number}
}

// in returns when a leaf is in scope.
func (ls *leaves) in(k int) flow.Spans {
	l := &ls.all[k]
	if l.more != 0 && ls.more[l.more-1].in != nil {
		return ls.more[l.more-1].in
	}
	return flow.Spans{{From: instantOf(l.from)}}
}

// contains reports whether a leaf is in scope at the moment.
func (ls *leaves) contains(k int, at time.Time) bool {
	l := &ls.all[k]
	if l.more != 0 && ls.more[l.more-1].in != nil {
		return ls.more[l.more-1].in.Contains(at)
	}
	return l.from <= at.UnixMilli()
}

// under tells below which of the goal's own epics a leaf lies and when.
func (ls *leaves) under(k int) []goal.Under {
	if more := ls.all[k].more; more != 0 {
		return ls.more[more-1].under
	}
	return nil
}

// find returns the place of an issue among the leaves.
func (ls *leaves) find(at issueAt) (int, bool) {
	k := ls.from(0, at)
	return k, k < ls.len() && ls.at(k) == at
}

// from is the first leaf, from one on, that is not before the issue.
func (ls *leaves) from(first int, at issueAt) int {
	return first + sort.Search(ls.len()-first, func(k int) bool { return ls.at(first+k).compare(at) >= 0 })
}
