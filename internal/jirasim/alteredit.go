package jirasim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Move moves the issue to another project of the world, where it gets the
// next free number. The old key keeps leading to it.
func Move(name, project string) Change {
	return Change{what: "move " + name + " to " + project, subject: name, edit: func(w *World, i *issue, at int64) error {
		to := w.catalog.projects[strings.ToUpper(project)]
		if to == nil {
			return errors.New("no such project")
		}
		from := w.catalog.projects[w.projectOf(i, at)]
		key := fmt.Sprintf("%s-%d", to.key, w.highest(to.key)+1)
		old := i.key
		items := []item{
			{Field: "Key", FieldType: "jira", FromString: text(old), ToString: text(key)},
			{Field: "project", FieldType: "jira", From: text(from.id), FromString: text(from.name), To: text(to.id), ToString: text(to.name)},
		}
		if err := w.edit(i, at, items, "project", to.raw); err != nil {
			return err
		}
		delete(w.byKey, old)
		w.byKey[key], i.key = i, key
		w.formerly[old], w.formerly[key] = i, i
		to.live = true
		w.refresh(i)
		return nil
	}}
}

// Relabel gives the issue these labels instead of those that it has.
func Relabel(name string, labels ...string) Change {
	return Change{what: "relabel " + name, subject: name, edit: func(w *World, i *issue, at int64) error {
		fields, _ := w.wind(i, max(at, i.created))
		before := textsOf(fieldOf(fields, "labels"))
		it := item{Field: "labels", FieldType: "jira", FromString: text(strings.Join(before, " ")), ToString: text(strings.Join(labels, " "))}
		return w.edit(i, at, []item{it}, "labels", encode(append([]string{}, labels...)))
	}}
}

// Reparent puts a sub-task below another issue, and any other issue into
// another epic.
func Reparent(name, parent string) Change {
	return Change{what: "reparent " + name, subject: name, edit: func(w *World, i *issue, at int64) error {
		to := w.named(parent)
		if to == nil || to == i {
			return fmt.Errorf("no such parent as %s", parent)
		}
		fields, _ := w.wind(i, max(at, i.created))
		key := w.keyAt(to, at)
		it := item{To: text(formatID(to.id)), ToString: text(key)}
		if raw := fieldOf(fields, "parent"); !isNull(raw) {
			from := parentOf(raw)
			it.Field, it.FieldType, it.From, it.FromString = "Parent", "jira", text(formatID(from.id)), text(from.key)
			return w.edit(i, at, []item{it}, "parent", encode(map[string]any{"id": formatID(to.id), "key": key, "fields": struct{}{}}))
		}
		it.Field, it.FieldType, it.FieldID = "Epic Link", "custom", text(w.fields.epicLink)
		if from := textOf(fieldOf(fields, w.fields.epicLink)); from != "" {
			it.FromString = text(from)
			if epic := w.keyed(from); epic != nil {
				it.From = text(formatID(epic.id))
			}
		}
		return w.edit(i, at, []item{it}, w.fields.epicLink, encode(key))
	}}
}

// edit adds a history to the issue and gives the field its new value at the
// end of the issue's history.
func (w *World) edit(i *issue, at int64, items []item, name string, value json.RawMessage) error {
	if at < i.created {
		return errors.New("the issue does not exist yet")
	}
	for n := range items {
		items[n].kind, items[n].target = w.fields.bind(&items[n])
	}
	for _, h := range i.histories {
		for _, it := range h.items {
			if h.at > at && slices.ContainsFunc(items, func(mine item) bool { return mine.kind == it.kind && mine.target == it.target }) {
				return fmt.Errorf("history %d changes the same afterwards", h.id)
			}
		}
	}
	w.nextHistory = max(w.nextHistory, w.lastHistory()) + 1
	h := history{id: w.nextHistory, at: at, items: items, raw: encodeItems(items)}
	n := len(i.histories)
	for n > 0 && i.histories[n-1].at > at {
		n--
	}
	i.histories = slices.Insert(slices.Clone(i.histories), n, h)
	i.fields = with(i.fields, name, value)
	if at > i.updated {
		i.updated = at
		i.fields = with(i.fields, "updated", encode(utcStamp(at)))
	}
	w.refresh(i)
	w.last = max(w.last, at)
	return nil
}

// refresh derives again what is derived of the issue.
func (w *World) refresh(i *issue) {
	i.present = w.factsOf(i, i.key, i.fields)
	i.points = pointsOf(i)
	w.addMoments(i.points...)
}

func (w *World) lastHistory() uint64 {
	last := uint64(0)
	for _, i := range w.issues {
		for n := range i.histories {
			last = max(last, i.histories[n].id)
		}
	}
	return last
}

// highest returns the highest number that any issue ever has in the project.
func (w *World) highest(project string) uint64 {
	most := uint64(0)
	for _, keys := range []map[string]*issue{w.byKey, w.formerly} {
		for key := range keys {
			if p, number, ok := splitKey(key); ok && p == project {
				most = max(most, number)
			}
		}
	}
	return most
}

// keyAt returns the key that the issue has at the time.
func (w *World) keyAt(i *issue, at int64) string {
	_, f := w.wind(i, max(at, i.created))
	return cmp.Or(f.key, i.key)
}

// encodeItems writes items as a changelog does: what is empty is null.
func encodeItems(items []item) json.RawMessage {
	all := make([]map[string]any, len(items))
	for n := range items {
		it := &items[n]
		m := map[string]any{
			"field": it.Field, "fieldtype": it.FieldType, "from": orNil(it.From),
			"fromString": orNil(it.FromString), "to": orNil(it.To), "toString": orNil(it.ToString),
		}
		if it.FieldID != "" {
			m["fieldId"] = it.FieldID
		}
		all[n] = m
	}
	return encode(all)
}

func orNil(t text) any {
	if t == "" {
		return nil
	}
	return t
}
