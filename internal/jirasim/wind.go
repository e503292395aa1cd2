package jirasim

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// past is an issue as it was, while it is wound back from its present.
type past struct {
	w      *World
	i      *issue
	fields []field
	owned  bool // fields is a copy of our own
	key    string
	// moved: a project change was undone, and the project's id and name
	// before it where the item told them.
	moved           bool
	projectID, name string
	resolution      bool // a change of resolution was undone
	lists           map[string][]json.RawMessage
}

// wind returns the issue's fields and its key as they were at the time, which
// must not be before it was created.
func (w *World) wind(i *issue, at int64) ([]field, facts) {
	seen := i.seen(at)
	if seen == len(i.histories) && (!i.silent || i.settled(at)) && i.updated <= at {
		return i.fields, i.present
	}
	p := past{w: w, i: i, fields: i.fields, key: i.key}
	for n := len(i.histories) - 1; n >= seen; n-- {
		items := i.histories[n].items
		for k := len(items) - 1; k >= 0; k-- {
			p.undo(&items[k])
		}
	}
	p.setLists()
	if p.moved {
		p.set("project", p.project())
	}
	if p.resolution {
		p.set("resolutiondate", p.resolvedAt(seen))
	}
	if i.silent {
		p.unresolve(at)
	}
	if i.updated != 0 {
		p.set("updated", encode(utcStamp(i.updatedAt(at, seen))))
	}
	return p.fields, w.factsOf(i, p.key, p.fields)
}

// seen returns how many histories there were at the time.
func (i *issue) seen(at int64) int {
	n, _ := slices.BinarySearchFunc(i.histories, at, func(h history, at int64) int {
		if h.at <= at {
			return -1
		}
		return 1
	})
	return n
}

// updatedAt returns what the issue's field updated said. The dump's value is
// the last time that anything bumped it, so it was the value from then on,
// whatever histories came later without bumping it (an administrator's
// migration of workflows, say). Before, it is the newest event.
func (i *issue) updatedAt(at int64, seen int) int64 {
	if i.updated <= at {
		return i.updated
	}
	updated := i.created
	if seen > 0 {
		updated = max(updated, i.histories[seen-1].at)
	}
	if i.silent && i.resolved <= at {
		updated = max(updated, i.resolved)
	}
	return updated
}

// unresolve opens an issue that has no changelog and was done only later. Of
// the status before nothing is known: Open is what every server starts with.
func (p *past) unresolve(at int64) {
	if p.i.resolved == 0 || p.i.resolved <= at || p.i.present.category != flow.Done {
		return
	}
	p.set("status", p.w.catalog.statuses["1"].raw)
	p.set("resolution", json.RawMessage("null"))
	p.set("resolutiondate", json.RawMessage("null"))
}

// resolvedAt returns the resolution date under the first seen histories.
func (p *past) resolvedAt(seen int) json.RawMessage {
	if isNull(fieldOf(p.fields, "resolution")) {
		return json.RawMessage("null")
	}
	for n := seen - 1; n >= 0; n-- {
		for _, it := range p.i.histories[n].items {
			if it.kind == kindResolution {
				return encode(utcStamp(p.i.histories[n].at))
			}
		}
	}
	return encode(utcStamp(p.i.created))
}

// project returns the project that the issue was in before it moved.
func (p *past) project() json.RawMessage {
	key, _, ok := splitKey(p.key)
	if held := p.w.catalog.projects[key]; ok && held != nil {
		return held.raw
	}
	return projectJSON(&project{key: key, id: p.projectID, name: p.name})
}

// set gives a field another value; nil takes it away.
func (p *past) set(name string, raw json.RawMessage) {
	if !p.owned {
		p.fields, p.owned = slices.Clone(p.fields), true
	}
	n, found := slices.BinarySearchFunc(p.fields, name, func(f field, name string) int { return strings.Compare(f.name, name) })
	switch {
	case raw == nil && found:
		p.fields = slices.Delete(p.fields, n, n+1)
	case raw == nil:
	case found:
		p.fields[n].raw = raw
	default:
		p.fields = slices.Insert(p.fields, n, field{name, raw})
	}
}

// utcStamp writes the instant; the view writes it in its zone.
func utcStamp(ms int64) string { return time.UnixMilli(ms).UTC().Format(stampLayout) }
