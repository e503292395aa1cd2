package measure

import (
	"maps"
	"time"

	"plumbline/internal/flow"
)

// epics are the epics, and what is above them, that others lie below.
type epics struct {
	all  map[issueAt]*container
	keys map[keyAt]issueAt // by every key that they have had
	// disputed tells that two of them have had one key.
	disputed bool
}

// container is an epic, or what is above epics.
type container struct {
	key, summary string
	above        []aboveSpan
}

type aboveSpan struct {
	flow.Span
	flow.Ref
}

// epicRef is an epic: by its id where it was seen, else by the key that others
// call it.
type epicRef struct {
	at  issueAt
	key string
}

func newEpics() *epics { return &epics{all: map[issueAt]*container{}, keys: map[keyAt]issueAt{}} }

func (e *epics) clone() *epics { return &epics{maps.Clone(e.all), maps.Clone(e.keys), e.disputed} }

// put takes an epic in. Of two that have had one key, which Jira doesn't allow,
// the older is meant by it.
func (e *epics) put(t *flow.Timeline) {
	i := t.Issue
	at := issueAt{i.Site, i.ID}
	c := &container{key: lasting(i.Now.Key), summary: lasting(i.Summary)}
	for span, st := range t.Spans() {
		key := keyAt{i.Site, st.Key}
		had, ok := e.keys[key]
		e.disputed = e.disputed || ok && had != at
		if !ok || at.id < had.id {
			e.keys[keyAt{i.Site, lasting(st.Key)}] = at
		}
		if ref := st.Above(); !ref.IsZero() {
			c.above = append(c.above, aboveSpan{span, lastingRef(ref)})
		}
	}
	e.all[at] = c
}

// remove takes an epic out.
func (e *epics) remove(at issueAt) {
	delete(e.all, at)
	maps.DeleteFunc(e.keys, func(_ keyAt, had issueAt) bool { return had == at })
}

// resolve finds the epic that a reference names, under its present key.
func (e *epics) resolve(site string, ref flow.Ref) epicRef {
	at := issueAt{site, ref.ID}
	c := e.all[at]
	if c == nil {
		at = e.keys[keyAt{site, ref.Key}]
		c = e.all[at]
	}
	if c == nil {
		return epicRef{key: ref.Key}
	}
	return epicRef{at, c.key}
}

// above returns what is above an epic at the moment.
func (e *epics) above(at issueAt, when time.Time) (epicRef, bool) {
	c := e.all[at]
	if c == nil {
		return epicRef{}, false
	}
	for _, a := range c.above {
		if a.Contains(when) {
			up := issueAt{at.site, a.ID}
			if p := e.all[up]; p != nil {
				return epicRef{up, p.key}, true
			}
			return epicRef{key: a.Key}, true
		}
	}
	return epicRef{}, false
}
