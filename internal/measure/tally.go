package measure

import (
	"maps"
	"time"

	"plumbline/internal/flow"
)

// tallyOver is a number that changes over time: so many issues at each moment.
// It holds when each came and when it went; the number at a moment is how many
// came by then less how many went.
type tallyOver struct{ came, went moments }

// isZero tells that nothing was ever counted.
func (t *tallyOver) isZero() bool {
	_, any := t.came.first()
	return !any
}

// add counts one issue during the spans.
func (t *tallyOver) add(during flow.Spans) {
	for _, s := range during {
		t.came.add(s.From.UnixMilli())
		if !s.To.IsZero() {
			t.went.add(s.To.UnixMilli())
		}
	}
}

// seal makes the tally ready to be asked.
func (t *tallyOver) seal() {
	t.came.seal()
	t.went.seal()
}

// at returns the number at the moment.
func (t *tallyOver) at(when time.Time) int {
	ms := when.UnixMilli()
	return t.came.by(ms) - t.went.by(ms)
}

// last is when the number changed last; false where nothing was ever counted.
func (t *tallyOver) last() (int64, bool) {
	came, any := t.came.last()
	if went, some := t.went.last(); some {
		came = max(came, went)
	}
	return came, any
}

// apart is when two tallies first differ; never where they don't.
func (t *tallyOver) apart(o *tallyOver) time.Time {
	return instantOf(min(t.came.apart(&o.came), t.went.apart(&o.went)))
}

// renewed returns the tally without what some issues counted for before, and
// with what they count for after; t stays as it is. All three are sealed.
func (t *tallyOver) renewed(before, after *tallyOver) tallyOver {
	return tallyOver{t.came.renewed(&before.came, &after.came), t.went.renewed(&before.went, &after.went)}
}

// renewedTallies returns the tallies by key; all stays as it is.
func renewedTallies[K comparable](all, before, after map[K]*tallyOver) map[K]*tallyOver {
	if len(before) == 0 && len(after) == 0 {
		return all
	}
	out := maps.Clone(all)
	if out == nil {
		out = map[K]*tallyOver{}
	}
	none := &tallyOver{}
	get := func(m map[K]*tallyOver, k K) *tallyOver {
		if t := m[k]; t != nil {
			return t
		}
		return none
	}
	renew := func(k K) {
		t := get(all, k).renewed(get(before, k), get(after, k))
		if t.isZero() {
			delete(out, k)
			return
		}
		out[k] = &t
	}
	for k := range before {
		renew(k)
	}
	for k := range after {
		if before[k] == nil {
			renew(k)
		}
	}
	return out
}
