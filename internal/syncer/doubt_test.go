package syncer_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/syncer"
)

// An index that was lost shows nothing, or hardly anything, of what matched.
func TestAnAnswerThatLacksTooMuchEndsNoMatchUntilItComesAgain(t *testing.T) {
	reason := func(missing, known int) []string {
		return []string{fmt.Sprintf("the JQL of goal p95, trust (labels = latency) does not match %d of %d issues any more: the site's index may be broken, "+
			"so they are kept until it says so again an interval later, or until `plumbline sync --census --accept-missing`", missing, known)}
	}
	// begin has so many issues match, and then all but so many no more.
	begin := func(t *testing.T, known, left int) (*desk, map[flow.IssueID]bool) {
		d, matching := selectingDesk(t, labelled)
		d.o.Interval = func() time.Duration { return 10 * time.Minute }
		ids := slices.Sorted(maps.Keys(d.issues))[:known]
		for _, id := range ids {
			matching[id] = true
		}
		d.must(syncer.Full)
		for _, id := range ids[left:] {
			delete(matching, id)
		}
		return d, matching
	}
	matches := func(d *desk) int {
		return len(slices.DeleteFunc(d.matched(labelled).Matches, func(m flow.Match) bool { return !m.Left.IsZero() }))
	}
	run := func(t *testing.T, d *desk, kind syncer.Kind, after time.Duration, want []string) {
		t.Helper()
		d.now = d.now.Add(after)
		r, err := d.sync(kind)
		if diff := cmp.Diff(want, r.Reasons); diff != "" || err != nil || (r.Result == syncer.Partial) != (len(want) > 0) {
			t.Errorf("%s, %v (-want +got):\n%s", r.Result, err, diff)
		}
	}
	t.Run("nothing at all: the former matches are kept, until the idle runs of an interval later find the same", func(t *testing.T) {
		d, _ := begin(t, 3, 0)
		run(t, d, syncer.AgileOnly, time.Hour, reason(3, 3))
		run(t, d, syncer.Incremental, time.Minute, reason(3, 3))
		if n := matches(d); n != 3 {
			t.Errorf("%d matches are left meanwhile", n)
		}
		run(t, d, syncer.Incremental, 9*time.Minute, nil)
		if n := matches(d); n != 0 {
			t.Errorf("%d matches are left", n)
		}
		run(t, d, syncer.AgileOnly, time.Hour, nil)
	})
	t.Run("most of many: ten of nineteen", func(t *testing.T) {
		d, _ := begin(t, 19, 9)
		run(t, d, syncer.AgileOnly, time.Hour, reason(10, 19))
		if n := matches(d); n != 19 {
			t.Errorf("%d matches are left meanwhile", n)
		}
		run(t, d, syncer.AgileOnly, 10*time.Minute, nil)
		if n := matches(d); n != 9 {
			t.Errorf("%d matches are left", n)
		}
	})
	t.Run("nine of eighteen, ten of twenty-one, or both of two, are believed at once", func(t *testing.T) {
		for _, c := range [][3]int{{18, 9, 9}, {21, 11, 11}, {2, 1, 1}, {2, 0, 0}} {
			d, _ := begin(t, c[0], c[1])
			run(t, d, syncer.AgileOnly, time.Hour, nil)
			if n := matches(d); n != c[2] {
				t.Errorf("%d matches of %d are left, want %d", n, c[0], c[2])
			}
		}
	})
	t.Run("an index that comes back leaves no doubt, and new matches begin all the same", func(t *testing.T) {
		d, matching := begin(t, 19, 0)
		matching[1060] = true
		run(t, d, syncer.AgileOnly, time.Hour, reason(19, 19))
		if n := matches(d); n != 20 {
			t.Errorf("%d matches, want the nineteen and the new one", n)
		}
		for _, m := range d.matched(labelled).Matches {
			matching[m.ID] = true
		}
		run(t, d, syncer.AgileOnly, time.Hour, nil)
		if m := d.matched(labelled); !m.Whole || !m.Doubted.IsZero() {
			t.Errorf("it is in doubt still: %+v", m)
		}
		clear(matching)
		run(t, d, syncer.AgileOnly, time.Hour, reason(20, 20))
	})
	t.Run("whoever accepts what is missing believes it", func(t *testing.T) {
		d, _ := begin(t, 3, 0)
		run(t, d, syncer.AgileOnly, time.Hour, reason(3, 3))
		d.now = d.now.Add(time.Minute)
		s, err := syncer.New(d.o)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := s.AcceptMissing(t.Context(), nil); err != nil || r.Result != syncer.Complete || matches(d) != 0 {
			t.Errorf("%+v, %v; %d matches are left", r, err, matches(d))
		}
	})
	t.Run("under another scope fewer may match", func(t *testing.T) {
		d, _ := begin(t, 3, 0)
		d.o.Scope = "project = PAY"
		run(t, d, syncer.Full, time.Hour, nil)
	})
}
