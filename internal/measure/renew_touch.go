package measure

import (
	"maps"
	"slices"

	"plumbline/internal/flow"
)

// touch finds the issues whose rows have to be written anew. False where that
// can't be told.
func (r *renewal) touch() (ok bool, err error) {
	for k := range r.changed {
		c := &r.changed[k]
		t := &touched{issueAt: issueAt{c.After.Site, c.After.ID}, after: r.timeline(c.After)}
		if c.Before != nil {
			t.before = r.timeline(c.Before)
		}
		r.issues[t.issueAt] = t
		r.kept.mentions.renew(c.After)
		r.kept.index.Put(t.after)
	}
	if r.usesLess() || !r.putEpics() {
		return false, nil
	}
	var concerned []issueAt
	if r.was, concerned, ok = r.kept.bulk.renew(r.changed); !ok {
		return false, nil
	}
	concerned = append(concerned, r.related()...)
	held, err := r.held()
	if err != nil {
		return false, err
	}
	return r.read(append(concerned, held...))
}

// usesLess reports whether it was one of the changed issues alone that told
// since when a project has used resolutions, and it tells so no more.
func (r *renewal) usesLess() bool {
	for _, t := range r.issues {
		if t.before == nil {
			continue
		}
		was, is := resolvedIn(t.before), resolvedIn(t.after)
		for project, since := range was {
			if now, ok := is[project]; r.kept.uses[project].Equal(since) && (!ok || now.After(since)) {
				return true
			}
		}
	}
	return false
}

// related are the issues whose goals are others now, or that have a link to such
// an issue.
func (r *renewal) related() (out []issueAt) {
	r.renewed = r.kept.index.Renew()
	for k := range r.renewed {
		x := &r.renewed[k]
		for n := range x.Leaves {
			d := &x.Leaves[n]
			at := issueAt{d.Site, d.ID}
			r.differ[at] = append(r.differ[at], x.Goal)
			out = append(out, at)
			for _, key := range []string{d.Was.Key, d.Is.Key} {
				if key != "" {
					out = append(out, r.kept.mentions.by(keyAt{d.Site, key})...)
				}
			}
		}
		for n := range x.Others {
			out = append(out, issueAt{x.Others[n].Site, x.Others[n].ID})
		}
		for n := range x.Epics {
			out = append(out, issueAt{x.Epics[n].Site, x.Epics[n].ID})
		}
	}
	return out
}

// held takes in what the changed issues block and are blocked by, and returns
// those that wait for one of them.
func (r *renewal) held() (out []issueAt, err error) {
	b := r.kept.blockers
	keys := map[keyAt]bool{}
	for _, t := range r.issues {
		b.meet(t.after)
		eachBlocker(t.after, func(key string, _ flow.Span) {
			if _, known := b.open[keyAt{t.site, key}]; !known {
				keys[keyAt{t.site, lasting(key)}] = true
			}
		})
	}
	for _, t := range r.issues { // once it is known which keys are named
		for _, line := range []*flow.Timeline{t.before, t.after} {
			if line != nil {
				for _, at := range b.namedAs(line) {
					keys[at] = true
				}
			}
		}
	}
	for at := range keys {
		now, err := r.openLife(at)
		if err != nil {
			return nil, err
		}
		if !b.open[at].same(now) {
			out = append(out, r.kept.mentions.by(at)...)
		}
		if b.open[at] = now; now.id == 0 {
			delete(b.open, at)
		}
	}
	return out, nil
}

// openLife is when the issue that a key means was open; zero where none does.
func (r *renewal) openLife(at keyAt) (openLife, error) {
	i, err := r.source.IssueByKey(at.site, at.key)
	if i == nil || err != nil {
		return openLife{}, err
	}
	return lifeOf(r.timeline(i), &r.in.Settings), nil
}

func sameSpans(a, b flow.Spans) bool {
	return slices.EqualFunc(a, b, func(a, b flow.Span) bool { return a.From.Equal(b.From) && a.To.Equal(b.To) })
}

// read looks up the concerned issues, which did not change.
func (r *renewal) read(concerned []issueAt) (ok bool, err error) {
	for _, at := range concerned {
		if r.issues[at] != nil {
			continue
		}
		i, err := r.source.Issue(at.site, at.id)
		if err != nil {
			return false, err
		}
		if i == nil || len(r.issues) >= mostTouched {
			return false, nil
		}
		t := r.timeline(i)
		r.issues[at] = &touched{issueAt: at, before: t, after: t}
	}
	r.order = slices.SortedFunc(maps.Values(r.issues), func(a, b *touched) int { return a.compare(b.issueAt) })
	return true, nil
}
