package measure

import (
	"reflect"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// since is the first moment at which anything that is known of an issue differs
// from what was known of it before. As of any moment before the first of all
// changed issues', every figure is what it was: none looks past its moment. The
// zero time where the past itself reads otherwise, as where an issue has
// another key, by which others may have named it all along.
func (r *renewal) since() time.Time {
	out := never()
	for k := range r.changed {
		t := r.issues[issueAt{r.changed[k].After.Site, r.changed[k].After.ID}]
		out = earlier(out, t.apart())
	}
	if out.IsZero() {
		return out
	}
	return out.Add(-settles) // what a bulk edit is shows within its minute
}

func (t *touched) apart() time.Time {
	if t.before == nil {
		if slices.ContainsFunc(t.after.Issue.Changes, func(c flow.Change) bool { return c.Field == flow.FieldKey }) {
			return time.Time{} // others may have named it by the key that it had
		}
		return t.after.Created()
	}
	was, is := t.before.Issue, t.after.Issue
	if was.Now.Key != is.Now.Key || was.Now.Type != is.Now.Type || was.Summary != is.Summary || !was.Created.Equal(is.Created) ||
		!reflect.DeepEqual(was.Links, is.Links) || broken(t.before) != broken(t.after) {
		return time.Time{}
	}
	out := never()
	if !was.Gone.Equal(is.Gone) {
		for _, gone := range []time.Time{was.Gone, is.Gone} {
			if !gone.IsZero() {
				out = earlier(out, gone)
			}
		}
	}
	out = earlier(out, changesApart(was.Changes, is.Changes))
	return earlier(out, statesApart(t.before, t.after))
}

// changesApart is when two changelogs first differ.
func changesApart(a, b []flow.Change) time.Time {
	n := min(len(a), len(b))
	for k := range n {
		if a[k] != b[k] {
			return earlier(a[k].At, b[k].At)
		}
	}
	switch {
	case n < len(a):
		return a[n].At
	case n < len(b):
		return b[n].At
	}
	return never()
}

// statesApart is when two replays first differ: past names and categories are
// looked up in the present.
func statesApart(a, b *flow.Timeline) time.Time {
	out := changesApart(a.Changes(), b.Changes()) // the implied ones too
	type stretch struct {
		from time.Time
		flow.State
	}
	var was []stretch
	for span, st := range a.Spans() {
		if !span.From.Before(out) {
			break
		}
		was = append(was, stretch{span.From, *st})
	}
	k := 0
	for span, st := range b.Spans() {
		if !span.From.Before(out) {
			break
		}
		if k >= len(was) || !was[k].from.Equal(span.From) || !reflect.DeepEqual(was[k].State, *st) {
			return span.From
		}
		k++
	}
	if k < len(was) {
		return was[k].from
	}
	return out
}

// watchedWeeks is for how many weeks back answers are carried along.
const watchedWeeks = 12

// carry returns what is remembered of moments shortly before the given one, as
// of which nothing differs.
func (w *watch) carry(before time.Time) *watch {
	out := newWatch()
	if before.IsZero() {
		return out
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	from := before.AddDate(0, 0, -7*watchedWeeks).Unix()
	for q, a := range w.answers {
		if q.week >= from && q.week < before.Unix() {
			out.answers[q] = a
		}
	}
	return out
}
