package jirasim

import (
	"bytes"
	"encoding/json"
	"slices"
)

// sight is what the caller sees, as a search shows it.
func (c *call) sight() sight {
	s := sight{at: c.at, blind: c.blind, without: c.without}
	if lag, ok := c.suffers("index-lag"); ok {
		s.at -= int64(lag.amount) * 1000
	}
	if ties, ok := c.suffers("reorder-ties"); ok {
		s.shuffle = ties.draw | 1
	}
	return s
}

// find returns the issue of that id or key as the caller sees it now; nil for
// none. An archived one is found.
func (c *call) find(text string) *issue {
	if c.blind {
		return nil
	}
	i := c.view.w.find(text, c.at)
	if i == nil || c.without != "" && c.view.w.projectOf(i, c.at) == c.without {
		return nil
	}
	return i
}

// offsetPage cuts a page of a Data Center's search, and says how long it
// claims to be.
func (c *call) offsetPage(issues []*issue, start, count int) ([]*issue, int) {
	if swap, ok := c.suffers("reorder"); ok {
		issues = swapped(issues, swap.among(2))
	}
	if clamp, ok := c.suffers("clamp-lowered"); ok && start > 0 {
		count = min(count, clamp.amount)
	}
	from := min(start, len(issues))
	if again, ok := c.suffers("duplicate-rows"); ok {
		from -= min(from, 1+again.among(3))
	}
	page := issues[from:min(from+count, len(issues))]
	if short, ok := c.suffers("short-pages"); ok && len(page) > 1 {
		page = page[:1+short.among(len(page)-1)]
	}
	return page, count
}

// swapped changes the places of neighbours.
func swapped(issues []*issue, first int) []*issue {
	issues = slices.Clone(issues)
	for n := first; n+1 < len(issues); n += 2 {
		issues[n], issues[n+1] = issues[n+1], issues[n]
	}
	return issues
}

// write writes an issue as it is at the time of the rendering, with whatever
// is wrong with it.
func (c *call) write(b *bytes.Buffer, i *issue, want *rendering) {
	wrong := c.wrongs(i)
	if wrong == nil || want.bare {
		c.view.write(b, i, c.view.state(i, want.at), want)
		return
	}
	var whole bytes.Buffer
	wider := *want
	wider.fields = wrong.widen(want.fields)
	c.view.write(&whole, i, c.view.state(i, want.at), &wider)
	b.Write(wrong.issue(whole.Bytes(), want))
}

// wrongs are what is wrong with one issue.
type wrongs struct {
	noUpdated, noFieldID, noAuthor, bad, sprints, second bool

	c *call
	i *issue
}

// wrongs returns nil where nothing is wrong with the issue.
func (c *call) wrongs(i *issue) *wrongs {
	if c.calm {
		return nil
	}
	w := &wrongs{
		noUpdated: c.sufferer("updated-absent", i.id), noFieldID: c.sufferer("fieldid-missing", i.id),
		noAuthor: c.sufferer("author-null", i.id), bad: c.isBad(i), c: c, i: i,
	}
	_, asText := c.suffers("sprint-text")
	_, asObject := c.suffers("sprint-object")
	_, w.second = c.suffers("two-fields")
	w.sprints = asText || asObject
	if w.noUpdated || w.noFieldID || w.noAuthor || w.bad || w.sprints || w.second {
		return w
	}
	return nil
}

// isBad reports whether the issue is one that nobody can decode.
func (c *call) isBad(i *issue) bool {
	b, ok := c.suffers("bad-issue")
	if !ok {
		return false
	}
	all := c.view.w.issues
	for n := range min(b.amount, len(all)) {
		if all[(b.pick%uint64(len(all))+uint64(n))%uint64(len(all))] == i {
			return true
		}
	}
	return false
}

// doubles are fields of which there is a second, by the first's id.
func (v *view) doubles() map[string]*customField {
	twice := map[string]*customField{}
	n := 30000
	for _, f := range v.customFields() {
		points := f.custom == schemaEstimate || f.custom == schemaNumber && f.name == "Story Points"
		if f.custom == schemaSprint || points {
			twice[f.id] = &customField{id: "customfield_" + formatID(uint64(n)), name: f.name, custom: f.custom}
			n++
		}
	}
	return twice
}

// widen has the first of two fields shown where the second is wanted.
func (w *wrongs) widen(s selection) selection {
	if !w.second {
		return s
	}
	wide := selection{all: s.all, navigable: s.navigable, named: map[string]bool{}}
	for name, wanted := range s.named {
		wide.named[name] = wanted
	}
	for first, second := range w.c.view.doubles() {
		if s.has(second.id) {
			wide.named[first] = true
		}
	}
	return wide
}

// issue spoils an issue.
func (w *wrongs) issue(raw []byte, want *rendering) []byte {
	var m, fields map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return raw
	}
	// An issue without fields has none to spoil.
	_ = json.Unmarshal(m["fields"], &fields)
	if w.noUpdated {
		delete(fields, "updated")
	}
	if w.sprints {
		for name, value := range fields {
			if w.c.view.isSprints(name) {
				fields[name] = w.turnSprints(value, want.at)
			}
		}
	}
	if w.second {
		w.move(fields, want.fields)
	}
	if w.bad && fields != nil {
		fields["created"], fields["status"], fields["issuetype"] = json.RawMessage("[17]"), json.RawMessage(`"Open"`), json.RawMessage("true")
	}
	if fields != nil {
		m["fields"] = encode(fields)
	}
	var log map[string]json.RawMessage
	if m["changelog"] != nil && json.Unmarshal(m["changelog"], &log) == nil {
		var histories []json.RawMessage
		if json.Unmarshal(log["histories"], &histories) == nil {
			for n := range histories {
				histories[n] = w.history(histories[n])
			}
			log["histories"] = encode(histories)
			m["changelog"] = encode(log)
		}
	}
	return encode(m)
}

func (w *wrongs) move(fields map[string]json.RawMessage, wanted selection) {
	for first, second := range w.c.view.doubles() {
		value, shown := fields[first]
		if !shown {
			continue
		}
		if w.i.id%2 == 1 {
			fields[second.id], fields[first] = value, json.RawMessage("null")
		}
		for _, name := range []string{first, second.id} {
			if !wanted.has(name) {
				delete(fields, name)
			}
		}
	}
}

// turnSprints writes sprints in the other product's form.
func (w *wrongs) turnSprints(raw json.RawMessage, at int64) json.RawMessage {
	all := sprintsOf(raw)
	if len(all) == 0 {
		return raw
	}
	turned := make([]any, len(all))
	for n := range all {
		if w.c.options.Flavour == Cloud {
			turned[n] = all[n].text(at)
		} else {
			turned[n] = all[n].json(at, "boardId")
		}
	}
	return encode(turned)
}

// history spoils a history.
func (w *wrongs) history(raw json.RawMessage) json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return raw
	}
	if w.noAuthor {
		if w.i.id%2 == 0 {
			m["author"] = json.RawMessage("null")
		} else {
			delete(m, "author")
		}
	}
	var items []map[string]json.RawMessage
	if w.noFieldID && json.Unmarshal(m["items"], &items) == nil {
		for _, it := range items {
			delete(it, "fieldId")
		}
		m["items"] = encode(items)
	}
	return encode(m)
}
