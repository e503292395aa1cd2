package jirasim

import (
	"cmp"
	"slices"
	"strings"
)

// found is an issue that a query found.
type found struct {
	issue *issue
	facts *facts
}

// comparison compares two issues by one field; both have it.
type comparison struct {
	has     func(*facts) bool
	compare func(a, b *facts) int
	desc    bool
}

// sorter returns the order that the query asks for, nil if none.
func (c *compiler) sorter(order []sorting) func(a, b found) int {
	var all []comparison
	for _, s := range order {
		by, ok := c.comparison(s.field)
		if !ok {
			c.mistake("Not able to sort using field '" + s.field + "'.")
			continue
		}
		by.desc = s.desc
		all = append(all, by)
	}
	if len(all) == 0 {
		return nil
	}
	return func(a, b found) int {
		for _, by := range all {
			if n := by.order(a.facts, b.facts); n != 0 {
				return n
			}
		}
		return 0
	}
}

// order puts issues without the field last, whichever way it sorts.
func (by *comparison) order(a, b *facts) int {
	switch x, y := by.has(a), by.has(b); {
	case !x && !y:
		return 0
	case !x:
		return 1
	case !y:
		return -1
	}
	n := by.compare(a, b)
	if by.desc {
		return -n
	}
	return n
}

func (c *compiler) comparison(name string) (comparison, bool) {
	always := func(*facts) bool { return true }
	instants := func(get func(*facts) int64) comparison {
		return comparison{
			has:     func(f *facts) bool { return get(f) != 0 },
			compare: func(a, b *facts) int { return cmp.Compare(get(a), get(b)) },
		}
	}
	refs := func(get func(*facts) ref) comparison {
		return comparison{
			has:     func(f *facts) bool { return get(f) != "" },
			compare: func(a, b *facts) int { return compareIDs(get(a), get(b)) },
		}
	}
	switch name = strings.ToLower(name); name {
	case "key", "issuekey", "issue", "id":
		return comparison{has: always, compare: func(a, b *facts) int {
			if name == "id" && c.v.cloud != nil {
				return cmp.Compare(a.id, b.id)
			}
			return cmp.Or(cmp.Compare(a.project, b.project), cmp.Compare(a.number, b.number))
		}}, true
	case "project":
		return comparison{has: always, compare: func(a, b *facts) int { return cmp.Compare(a.project, b.project) }}, true
	case "created", "createddate":
		return instants(func(f *facts) int64 { return f.created }), true
	case "updated", "updateddate":
		return instants(func(f *facts) int64 { return f.updated }), true
	case "resolved", "resolutiondate":
		return instants(func(f *facts) int64 { return f.resolved }), true
	case "due", "duedate":
		return comparison{
			has:     func(f *facts) bool { return !f.due.IsZero() },
			compare: func(a, b *facts) int { return a.due.Sub(b.due) },
		}, true
	case "priority":
		return refs(func(f *facts) ref { return f.priority }), true
	case "status":
		return refs(func(f *facts) ref { return f.status }), true
	case "issuetype", "type":
		return refs(func(f *facts) ref { return f.kind }), true
	case "resolution":
		return refs(func(f *facts) ref { return f.resolution }), true
	case "assignee":
		return refs(func(f *facts) ref { return f.assignee }), true
	case "summary":
		return comparison{has: always, compare: func(a, b *facts) int { return cmp.Compare(a.summary, b.summary) }}, true
	}
	return comparison{}, false
}

// sight is when and for whom a query is evaluated.
type sight struct {
	at    int64
	blind bool
	// without: the key of a project that can't be seen; "" for none.
	without string
	// shuffle, where it is not 0, brings rows that are equal into another
	// order.
	shuffle uint64
	// live tells which issues are seen as they are now; nil: none.
	live func(*issue) bool
}

// plain reports whether what is seen depends on nothing but the time.
func (s *sight) plain() bool { return !s.blind && s.without == "" && s.shuffle == 0 }

// sees reports whether the account finds the issue with these facts.
func (v *view) sees(s *sight, i *issue, f *facts) bool {
	return !s.blind && f.project != s.without && v.w.stands(i, s.at).stands == seen
}

// result is what a query found.
type result struct {
	issues []*issue
	order  func(a, b found) int // nil: by id
	holds  test
	// warnings are the mistakes of a query whose values were not to be
	// validated; the clauses that hold them match nothing.
	warnings []string
}

// compare orders two issues as the result is ordered.
func (r *result) compare(a, b found) int {
	if r.order != nil {
		if n := r.order(a, b); n != 0 {
			return n
		}
	}
	return cmp.Compare(a.facts.id, b.facts.id)
}

// search evaluates the query. Mistakes are an error of type jqlError, or
// warnings where validate is false. The result is steady where it changes
// only with the world.
func (v *view) search(q *query, s sight, validate bool) (r *result, steady bool, err error) {
	c := &compiler{v: v, sight: s}
	r = &result{holds: c.compile(q.where, false), order: c.sorter(q.order)}
	if len(c.mistakes) > 0 && validate {
		return nil, false, jqlError(c.mistakes)
	}
	r.warnings = c.mistakes
	var hits []found
	for _, i := range v.w.issues {
		if st := v.state(i, s.at); st != nil && r.holds(&st.facts) && v.sees(&s, i, &st.facts) {
			hits = append(hits, found{i, &st.facts})
		}
	}
	if s.shuffle != 0 {
		slices.SortFunc(hits, func(a, b found) int {
			return cmp.Compare(lot("", s.shuffle, a.facts.id), lot("", s.shuffle, b.facts.id))
		})
	}
	if r.order != nil {
		slices.SortStableFunc(hits, r.order)
	}
	r.issues = make([]*issue, len(hits))
	for n, h := range hits {
		r.issues[n] = h.issue
	}
	return r, !c.clock, nil
}
