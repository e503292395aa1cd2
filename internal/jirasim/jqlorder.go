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
	switch strings.ToLower(name) {
	case "key", "issuekey", "issue", "id":
		return comparison{has: always, compare: func(a, b *facts) int {
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

// result is what a query found.
type result struct {
	issues []*issue
	// warnings are the mistakes of a query whose values were not to be
	// validated; the clauses that hold them match nothing.
	warnings []string
}

// search evaluates the query at the time. Mistakes are an error of type
// jqlError, or warnings where validate is false.
func (v *view) search(q *query, at int64, blind, validate bool) (*result, bool, error) {
	c := &compiler{v: v, at: at, blind: blind}
	holds := c.compile(q.where, false)
	order := c.sorter(q.order)
	if len(c.mistakes) > 0 && validate {
		return nil, false, jqlError(c.mistakes)
	}
	r := &result{warnings: c.mistakes}
	if blind {
		return r, false, nil
	}
	var hits []found
	for _, i := range v.w.issues {
		if s := v.state(i, at); s != nil && holds(&s.facts) {
			hits = append(hits, found{i, &s.facts})
		}
	}
	if order != nil {
		slices.SortStableFunc(hits, order)
	}
	r.issues = make([]*issue, len(hits))
	for n, h := range hits {
		r.issues[n] = h.issue
	}
	return r, !c.clock, nil
}
