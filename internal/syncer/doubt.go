package syncer

import (
	"fmt"
	"slices"

	"plumbline/internal/flow"
)

// emptyLeast is of how many issues that matched it is doubted that all are
// missing: that one or two go at a time is ordinary.
const emptyLeast = 3

// doubt takes a whole answer for one from which something is missing where it
// shows no issue where several matched, or lacks as many of them as a census would
// not believe: the site's index may be broken. It is believed when it
// comes again an interval later, when the site is asked otherwise than before,
// and where somebody accepts what is missing.
func (r *run) doubt(s Selector, a *flow.Selection) error {
	if !a.Complete || r.accept {
		return nil
	}
	o := &r.s.o
	m, asked, err := o.Store.Matching(o.Site, s.JQL)
	if err != nil {
		return fmt.Errorf("site %s: %w", o.Site, err)
	}
	if !asked || m.Scope != a.Scope || m.Account != a.Account {
		return nil
	}
	known, missing := 0, 0
	for k := range m.Matches {
		if !m.Matches[k].Left.IsZero() {
			continue
		}
		known++
		if _, there := slices.BinarySearch(a.IDs, m.Matches[k].ID); !there {
			missing++
		}
	}
	if !massive(missing, known) && (missing < emptyLeast || len(a.IDs) > 0) {
		return nil
	}
	if !m.Doubted.IsZero() && (o.Interval == nil || a.At.Sub(m.Doubted) >= o.Interval()*9/10) { // runs begin a little early or late
		return nil
	}
	a.Complete, a.Doubted = false, true
	r.report.Reasons = append(r.report.Reasons, fmt.Sprintf(
		"the JQL of %s does not match %d of %d issues any more: the site's index may be broken, so they are kept until it says so again an interval later"+
			", or until `plumbline sync --census --accept-missing`", s, missing, known))
	return nil
}
