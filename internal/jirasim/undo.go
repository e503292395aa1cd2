package jirasim

import (
	"encoding/json"
	"slices"
	"strings"
)

// undo takes one item back: what it changed has its earlier value again.
func (p *past) undo(it *item) {
	c := &p.w.catalog
	switch it.kind {
	case kindStatus, kindPriority, kindType:
		// These are never empty; an item that says so says nothing.
		if raw := before(c.shelfOf(it.kind), it); raw != nil {
			p.set(it.kind.field(), raw)
		}
	case kindResolution:
		p.resolution = true
		p.set("resolution", orNull(before(c.resolutions, it)))
	case kindAssignee:
		p.set("assignee", c.user(string(it.From), string(it.FromString)))
	case kindLabels:
		p.set("labels", encode(append([]string{}, strings.Fields(string(it.FromString))...)))
	case kindDue:
		p.set("duedate", orNull(dayJSON(either(it.From, it.FromString))))
	case kindSummary:
		p.set("summary", encode(string(it.FromString)))
	case kindFixVersion, kindVersion, kindComponent:
		p.undoElement(it)
	case kindParent:
		p.set("parent", p.w.parentBefore(it))
	case kindKey:
		if key := it.oldKey(); key != "" {
			p.key, p.moved = key, true
		}
	case kindProject:
		p.moved = true
		p.projectID, p.name = string(it.From), string(it.FromString)
	case kindLink:
		p.unlink(it)
	case kindIssueKey:
		p.set(it.target, orNull(p.w.keyBefore(it)))
	case kindNumber:
		p.set(it.target, orNull(numberJSON(either(it.FromString, it.From))))
	case kindFlagged:
		p.set(it.target, orNull(flagBefore(it)))
	}
}

// field returns the name of the field that items of the kind change.
func (k kind) field() string {
	switch k {
	case kindStatus:
		return "status"
	case kindPriority:
		return "priority"
	case kindType:
		return "issuetype"
	case kindFixVersion:
		return "fixVersions"
	case kindVersion:
		return "versions"
	case kindComponent:
		return "components"
	}
	return ""
}

func orNull(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}

// before returns the thing that the item changed from; nil for none.
func before(s shelf, it *item) json.RawMessage {
	if t := s[string(either(it.From, it.FromString))]; t != nil {
		return t.raw
	}
	return nil
}

// user returns the person by the name, key or account id that an item gives;
// null for nobody.
func (c *catalog) user(id, name string) json.RawMessage {
	if id == "" && name == "" {
		return json.RawMessage("null")
	}
	if raw := c.users[id]; raw != nil {
		return raw
	}
	id, name = string(either(text(id), text(name))), string(either(text(name), text(id)))
	if c.cloud {
		return encode(map[string]any{"accountId": id, "displayName": name, "active": false})
	}
	return encode(map[string]any{"name": id, "key": id, "displayName": name, "active": false})
}

func dayJSON(t text) json.RawMessage {
	const day = len("2006-01-02")
	if len(t) < day {
		return nil
	}
	return encode(string(t[:day]))
}

func numberJSON(t text) json.RawMessage {
	if raw := json.RawMessage(t); json.Valid(raw) && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9') {
		return raw
	}
	return nil
}

func flagBefore(it *item) json.RawMessage {
	if it.FromString == "" {
		return nil
	}
	return flagJSON(strings.Trim(string(it.From), "[] "), string(it.FromString))
}

// undoElement takes an element out that the item put in, and the other way
// round.
func (p *past) undoElement(it *item) {
	name := it.kind.field()
	if p.lists == nil {
		p.lists = map[string][]json.RawMessage{}
	}
	list, ok := p.lists[name]
	if !ok {
		// A value that is no list is an empty one.
		_ = json.Unmarshal(fieldOf(p.fields, name), &list)
	}
	if it.To != "" || it.ToString != "" {
		if n := indexElement(list, it.To, it.ToString); n >= 0 {
			list = slices.Delete(list, n, n+1)
		}
	}
	if t := p.w.catalog.shelfOf(it.kind)[string(either(it.From, it.FromString))]; t != nil && indexElement(list, it.From, it.FromString) < 0 {
		list = append(list, t.raw)
	}
	p.lists[name] = list
}

// indexElement finds the element by its id or, where the item tells none, by
// its name.
func indexElement(list []json.RawMessage, id, name text) int {
	return slices.IndexFunc(list, func(raw json.RawMessage) bool {
		var e entity
		if json.Unmarshal(raw, &e) != nil {
			return false
		}
		if id != "" {
			return e.ID == id
		}
		return e.Name == name
	})
}

func (p *past) setLists() {
	for name, list := range p.lists {
		p.set(name, encode(append([]json.RawMessage{}, list...)))
	}
}

// parentBefore returns the parent that the item changed from, nil for none.
// Items name it by its id and its key, those of the field "Parent Issue" by
// its key in both places. The view fills in the parent's own state.
func (w *World) parentBefore(it *item) json.RawMessage {
	if it.From == "" && it.FromString == "" {
		return nil
	}
	parent := map[string]any{"fields": struct{}{}}
	if id, ok := parseID(string(it.From)); ok {
		parent["id"] = string(it.From)
		if known := w.byID[id]; known != nil {
			parent["key"] = known.key
		}
	}
	if key := it.oldKey(); parent["key"] == nil && key != "" {
		parent["key"] = key
		if known := w.keyed(key); known != nil && parent["id"] == nil {
			parent["id"] = formatID(known.id)
		}
	}
	return encode(parent)
}

// keyBefore returns the key of the issue that the item changed from; nil for
// none.
func (w *World) keyBefore(it *item) json.RawMessage {
	if it.FromString != "" {
		return encode(it.oldKey())
	}
	if id, ok := parseID(string(it.From)); ok && w.byID[id] != nil {
		return encode(w.byID[id].key)
	}
	return nil
}

// keyed returns the issue that has or ever had the key.
func (w *World) keyed(key string) *issue {
	if i := w.byKey[key]; i != nil {
		return i
	}
	return w.formerly[key]
}

// unlink takes a link away that the item made. A link that was taken away by
// the item is not brought back: its type and id are not known.
func (p *past) unlink(it *item) {
	if it.To == "" {
		return
	}
	key := strings.ToUpper(string(it.To))
	if p.lists == nil {
		p.lists = map[string][]json.RawMessage{}
	}
	list, ok := p.lists["issuelinks"]
	if !ok {
		if fieldOf(p.fields, "issuelinks") == nil {
			return
		}
		_ = json.Unmarshal(fieldOf(p.fields, "issuelinks"), &list)
	}
	best := -1
	for n, raw := range list {
		var l linkJSON
		if json.Unmarshal(raw, &l) != nil || !p.w.same(l.other().key(), key) {
			continue
		}
		if best < 0 || strings.Contains(string(it.ToString), " "+l.phrase()+" ") {
			best = n
		}
	}
	if best >= 0 {
		list = slices.Delete(list, best, best+1)
	}
	p.lists["issuelinks"] = list
}

// same reports whether both keys name one issue.
func (w *World) same(a, b string) bool {
	return a == b || w.keyed(a) != nil && w.keyed(a) == w.keyed(b)
}
