package jirasim

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// World is all issues of a site with their whole history. It is made by
// LoadDump, may be completed by AddStatus and AddField and scheduled to change
// by Alter, and must not be called to change once it is served.
type World struct {
	issues []*issue // by id
	byID   map[uint64]*issue
	// byKey finds an issue by the key that it has at the end of its history;
	// formerly by any key that it ever had besides.
	byKey    map[string]*issue
	formerly map[string]*issue
	catalog  catalog
	fields   fieldSet
	// moments are the instants at which anything that JQL can see changes
	// somewhere, ascending, in Unix milliseconds.
	moments []int64
	first   int64
	last    int64
	doubles []Double
	// nextHistory is the id of the last history that Alter added.
	nextHistory uint64
	// projectsTurn: some project does not always stand as seen.
	projectsTurn bool
}

// issue is one issue as the dump shows it, with what is needed to wind it
// back. Instants are Unix milliseconds.
type issue struct {
	id        uint64
	slot      int // its place among the world's issues
	key       string
	created   int64
	updated   int64 // 0: the dump gives none
	resolved  int64 // 0: no resolutiondate
	fields    []field
	histories []history // by (at, id)
	// silent: the dump has no changelog for it at all.
	silent bool
	// truncated: its changelog was announced to be longer than the dump has it.
	truncated bool
	// present are the facts at the end of its history.
	present facts
	// points are the instants at which something of it changes, ascending.
	points []int64
	// turns are the changes of how the issue stands, ascending.
	turns []turn
}

// field is one of an issue's fields, as raw JSON.
type field struct {
	name string
	raw  json.RawMessage
}

// history is one entry of a changelog.
type history struct {
	id     uint64
	at     int64
	author json.RawMessage // nil: none
	raw    json.RawMessage // the items as they came
	items  []item
}

// AddStatus makes a status known to the site that no issue of the dump is in
// at present. It must be called before the world is served.
func (w *World) AddStatus(s flow.StatusInfo) {
	w.catalog.addStatus(statusOf(s.ID, s.Name, s.Category))
}

// AddField describes a custom field that the dump's values and histories do
// not tell enough of: its id ("customfield_10016"), its name, and its
// schema's custom key. It must be called before the world is served.
func (w *World) AddField(id, name, custom string) {
	w.fields.describe(id, name, custom)
	w.bindItems()
	for _, i := range w.issues {
		i.present = w.factsOf(i, i.key, i.fields)
	}
}

// Flavour is the product that the world's dump was taken from, by how it names
// persons; DataCenter where it names none.
func (w *World) Flavour() string {
	if w.catalog.cloud {
		return Cloud
	}
	return DataCenter
}

// First returns when the first issue was created; the zero time where there
// is no issue.
func (w *World) First() time.Time { return instant(w.first) }

// Last returns when the newest event of any issue happened; the zero time
// where there is no issue.
func (w *World) Last() time.Time { return instant(w.last) }

// Len returns the number of issues.
func (w *World) Len() int { return len(w.issues) }

// Truncated returns the number of issues whose changelog was announced to be
// longer than the dump holds; their early past shows what is known of it.
func (w *World) Truncated() int {
	n := 0
	for _, i := range w.issues {
		if i.truncated {
			n++
		}
	}
	return n
}

// Projects returns the keys of all projects that hold issues at the end of
// the world's history, sorted.
func (w *World) Projects() []string {
	var keys []string
	for _, p := range w.catalog.projects {
		if p.live {
			keys = append(keys, p.key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// find returns the issue that is named by the text, an id or a key of then or
// before, at the given time; nil where there is none.
func (w *World) find(text string, at int64) *issue {
	if id, ok := parseID(text); ok {
		if i := w.byID[id]; i != nil && i.created <= at && !w.gone(i, at) {
			return i
		}
		return nil
	}
	key := strings.ToUpper(text)
	for _, i := range []*issue{w.byKey[key], w.formerly[key]} {
		if i != nil && i.created <= at && i.hadKey(key, at) && !w.gone(i, at) {
			return i
		}
	}
	return nil
}

// hadKey reports whether the issue had the key at the time or before it.
func (i *issue) hadKey(key string, at int64) bool {
	current := i.key
	for n := len(i.histories) - 1; n >= 0; n-- {
		h := &i.histories[n]
		if h.at <= at && current == key {
			return true
		}
		for k := len(h.items) - 1; k >= 0; k-- {
			if it := &h.items[k]; it.kind == kindKey {
				if h.at <= at && it.newKey() == key {
					return true
				}
				current = it.oldKey()
			}
		}
	}
	return current == key
}

// settled reports whether nothing of the issue changes after the time.
func (i *issue) settled(at int64) bool {
	return len(i.points) == 0 || i.points[len(i.points)-1] <= at
}

// finish makes the world of the issues that were read.
func (w *World) finish() {
	w.issues = slices.SortedFunc(maps.Values(w.byID), func(a, b *issue) int { return cmp.Compare(a.id, b.id) })
	w.fields.infer(w)
	w.bindItems()
	for n, i := range w.issues {
		i.slot = n
		w.catalog.collect(i)
	}
	w.catalog.collectHistories(w.issues)
	if _, known := w.catalog.statuses["1"]; !known && slices.ContainsFunc(w.issues, func(i *issue) bool { return i.silent }) {
		w.catalog.statuses["1"] = statusOf("1", "Open", flow.ToDo)
	}
	for _, i := range w.issues {
		for _, h := range i.histories {
			for n := range h.items {
				if h.items[n].kind == kindKey {
					w.formerly[h.items[n].oldKey()] = i
					w.formerly[h.items[n].newKey()] = i
				}
			}
		}
		i.present = w.factsOf(i, i.key, i.fields)
		i.points = pointsOf(i)
		w.moments = append(w.moments, i.points...)
	}
	slices.Sort(w.moments)
	w.moments = slices.Clip(slices.Compact(w.moments))
	if len(w.issues) > 0 {
		w.last = w.moments[len(w.moments)-1]
		w.first = slices.MinFunc(w.issues, func(a, b *issue) int { return cmp.Compare(a.created, b.created) }).created
	}
}

// pointsOf lists the instants at which something of the issue changes: its
// creation, its histories, the resolution of one without a changelog, and the
// last update, which may be of a kind that no changelog records.
func pointsOf(i *issue) []int64 {
	points := make([]int64, 0, len(i.histories)+3)
	points = append(points, i.created)
	for n := range i.histories {
		points = append(points, max(i.created, i.histories[n].at))
	}
	for _, at := range []int64{i.resolved, i.updated} {
		if at > i.created {
			points = append(points, at)
		}
	}
	slices.Sort(points)
	return slices.Compact(points)
}

// instant returns the time of the Unix milliseconds; the zero time for 0.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
