package jirasim

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// cloudShape gives what the world holds, in the shape of either product, the
// shape that Cloud has.
type cloudShape struct {
	w *World
	// legacy: the epics and initiatives of the past stand in the changelog and
	// in the fields as they did before Cloud had one parent for all levels.
	legacy bool
	// levels are the hierarchy levels of the issue types, by id.
	levels     map[string]int
	sprint     string // the ids of custom fields; "" for none
	parentLink string
	// extra are the custom fields that only histories name, by name.
	extra    map[string]*customField
	byName   map[string]string // ids of all custom fields by name
	accounts map[string]string // users' names in the world by account id
	items    []atomic.Pointer[[]json.RawMessage]
	// converted holds short values that were converted before.
	converted sync.Map
}

func newCloudShape(w *World, legacy bool) *cloudShape {
	c := &cloudShape{
		w: w, legacy: legacy, levels: map[string]int{}, extra: map[string]*customField{}, byName: map[string]string{},
		accounts: map[string]string{}, items: make([]atomic.Pointer[[]json.RawMessage], len(w.issues)),
	}
	for id, f := range w.fields.custom {
		if held, ok := c.byName[f.name]; !ok || id < held {
			c.byName[f.name] = id
		}
		switch f.custom {
		case schemaSprint:
			if c.sprint == "" || id < c.sprint {
				c.sprint = id
			}
		case schemaParentLink:
			c.parentLink = id
		}
	}
	c.nameFields()
	for name := range w.catalog.users {
		c.accounts[c.accountOf(name)] = name
	}
	c.levelTypes()
	return c
}

// nameFields gives ids to the custom fields that are known by the name in
// histories only, and to the sprints that only the agile API showed.
func (c *cloudShape) nameFields() {
	names := map[string]bool{}
	for _, i := range c.w.issues {
		for n := range i.histories {
			for _, it := range i.histories[n].items {
				if it.FieldType == "custom" && it.FieldID == "" && it.target == "" && it.kind == kindOther && c.byName[string(it.Field)] == "" {
					names[string(it.Field)] = true
				}
			}
		}
		if c.sprint == "" && (fieldOf(i.fields, "sprint") != nil || fieldOf(i.fields, "closedSprints") != nil) {
			names["Sprint"] = true
		}
	}
	sorted := make([]string, 0, len(names))
	for name := range names {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	n := 20000
	for _, name := range sorted {
		for c.w.fields.custom[fmt.Sprintf("customfield_%d", n)] != nil {
			n++
		}
		f := &customField{id: fmt.Sprintf("customfield_%d", n), name: name, custom: schemaByName(name, schemaText)}
		c.extra[name], c.byName[name] = f, f.id
		if name == "Sprint" {
			c.sprint = f.id
		}
		n++
	}
}

// levelTypes finds out the types' levels: what the dump says, else -1 for
// sub-tasks, 1 for epics, 2 for what epics have as Parent Link, 0 for the
// rest.
func (c *cloudShape) levelTypes() {
	for id, t := range c.w.catalog.types {
		var told struct {
			Level   *int `json:"hierarchyLevel"`
			Subtask bool `json:"subtask"`
		}
		// What is no object of this form tells nothing.
		_ = json.Unmarshal(t.raw, &told)
		switch {
		case told.Level != nil:
			c.levels[id] = *told.Level
		case told.Subtask:
			c.levels[id] = -1
		case strings.EqualFold(t.name, "Epic"):
			c.levels[id] = 1
		default:
			c.levels[id] = 0
		}
	}
	if c.parentLink == "" {
		return
	}
	for _, i := range c.w.issues {
		if above := c.w.named(linkedKey(fieldOf(i.fields, c.parentLink))); above != nil {
			if kind := above.present.kind; c.levels[kind] == 0 {
				c.levels[kind] = 2
			}
		}
	}
}

// AccountID returns the Cloud account id of a person whom the dump knows by
// this name.
func AccountID(name string) string {
	sum := sha256.Sum256([]byte("account " + name))
	h := hex.EncodeToString(sum[:16])
	return "712020:" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// accountOf returns the account id of a user's name, key or account id.
func (c *cloudShape) accountOf(name string) string {
	raw := c.w.catalog.users[name]
	if raw == nil {
		return AccountID(name)
	}
	var u struct {
		AccountID text `json:"accountId"`
	}
	if json.Unmarshal(raw, &u) == nil && u.AccountID != "" {
		return string(u.AccountID)
	}
	return AccountID(userOf(raw))
}

// linkedKey reads a link to an issue above: a key, or the object that Cloud's
// Parent Link is.
func linkedKey(raw json.RawMessage) string {
	if isNull(raw) {
		return ""
	}
	if raw[0] == '"' {
		return strings.ToUpper(textOf(raw))
	}
	var o struct {
		Data entity `json:"data"`
	}
	if json.Unmarshal(raw, &o) != nil {
		return ""
	}
	return strings.ToUpper(string(o.Data.Key))
}

// fields gives an issue's fields as they were at the time the shape that
// Cloud has, and narrows the state to the time for which it holds.
func (c *cloudShape) fields(v *view, i *issue, s *state, at int64) []field {
	all := make([]field, 0, len(s.fields)+2)
	epic := c.w.fields.epicLink
	for _, f := range s.fields {
		switch {
		case f.name == "parent", f.name == "statuscategorychangedate", f.name == "epic":
		case (f.name == epic || f.name == c.parentLink) && !c.legacy:
		case c.w.fields.isSprintField(f.name):
			if f.name != "sprint" && f.name != "closedSprints" {
				all = append(all, field{f.name, c.sprints(s, at, f.raw)})
			}
		case f.name == "description", f.name == "environment":
			all = append(all, f)
		default:
			all = append(all, field{f.name, c.convert(f.raw)})
		}
	}
	if old := [2]json.RawMessage{fieldOf(s.fields, "closedSprints"), fieldOf(s.fields, "sprint")}; old[0] != nil || old[1] != nil {
		all = append(all, field{c.sprint, c.sprints(s, at, old[0], old[1])})
	}
	if parent := c.parent(s.fields); parent != nil {
		all = append(all, field{"parent", parent})
	}
	if changed := c.categoryChanged(i, at); changed != 0 {
		all = append(all, field{"statuscategorychangedate", encode(utcStamp(changed))})
	} else if raw := fieldOf(s.fields, "statuscategorychangedate"); raw != nil {
		all = append(all, field{"statuscategorychangedate", raw})
	}
	slices.SortFunc(all, func(a, b field) int { return strings.Compare(a.name, b.name) })
	return all
}

// sprints writes the sprints of the fields as objects, with the states that
// they had at the time.
func (c *cloudShape) sprints(s *state, at int64, fields ...json.RawMessage) json.RawMessage {
	list := []any{}
	for _, raw := range fields {
		for _, sp := range sprintsOf(raw) {
			for _, point := range []int64{sp.start, sp.complete} {
				if point != 0 {
					s.bound(point, at)
				}
			}
			list = append(list, sp.json(at, "boardId"))
		}
	}
	if len(list) == 0 {
		return json.RawMessage("null")
	}
	return encode(list)
}

// parent returns the issue above, of whatever level; nil for none. The view
// fills in the state that it had.
func (c *cloudShape) parent(fields []field) json.RawMessage {
	if raw := fieldOf(fields, "parent"); !isNull(raw) {
		if i := c.related(parentOf(raw)); i != nil {
			return bareParent(formatID(i.id), i.key)
		}
		return c.convert(raw)
	}
	for _, name := range []string{c.parentLink, c.w.fields.epicLink} {
		if key := linkedKey(fieldOf(fields, name)); key != "" {
			return bareParent(c.idOf(key), key)
		}
	}
	return nil
}

func bareParent(id, key string) json.RawMessage {
	return encode(map[string]any{"id": id, "key": key, "fields": struct{}{}})
}

func (c *cloudShape) related(r issueRef) *issue {
	if i := c.w.byID[r.id]; i != nil {
		return i
	}
	return c.w.keyed(r.key)
}

// idOf returns the id of the issue that has or had the key. An issue that the
// dump does not hold gets one far from all others.
func (c *cloudShape) idOf(key string) string {
	if i := c.w.keyed(key); i != nil {
		return formatID(i.id)
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(key)) // a hash takes everything
	return formatID(1<<40 + uint64(h.Sum32()))
}

// categoryChanged returns when the issue got the status category that it had
// at the time; 0 where nothing tells.
func (c *cloudShape) categoryChanged(i *issue, at int64) int64 {
	for n := i.seen(at) - 1; n >= 0; n-- {
		for _, it := range i.histories[n].items {
			if it.kind == kindStatus && c.category(it.From) != c.category(it.To) {
				return i.histories[n].at
			}
		}
	}
	switch {
	case i.silent && i.resolved != 0 && i.resolved <= at:
		return i.resolved
	case i.silent:
		return 0
	}
	return i.created
}

func (c *cloudShape) category(id text) string {
	if t := c.w.catalog.statuses[string(id)]; t != nil {
		return t.category.Key()
	}
	return ""
}

// convert gives the objects in a value Cloud's shape: persons go by account
// ids, issue types have a hierarchy level.
func (c *cloudShape) convert(raw json.RawMessage) json.RawMessage {
	if !bytes.Contains(raw, []byte(`"displayName"`)) && !bytes.Contains(raw, []byte(`"subtask"`)) {
		return raw
	}
	if known, ok := c.converted.Load(string(raw)); ok {
		return known.(json.RawMessage)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return raw
	}
	done := encode(c.walk(v))
	if len(raw) < 1000 {
		c.converted.Store(string(raw), done)
	}
	return done
}

func (c *cloudShape) walk(v any) any {
	switch v := v.(type) {
	case []any:
		for n := range v {
			v[n] = c.walk(v[n])
		}
	case map[string]any:
		if _, person := v["displayName"]; person {
			return c.person(v)
		}
		for name := range v {
			v[name] = c.walk(v[name])
		}
		if _, kind := v["subtask"].(bool); kind && v["hierarchyLevel"] == nil {
			id, _ := v["id"].(string)
			v["hierarchyLevel"] = c.levels[id]
		}
	}
	return v
}

// person keeps of a user what does not tell the name by which the user logs
// in.
func (c *cloudShape) person(u map[string]any) map[string]any {
	id, _ := u["accountId"].(string)
	if id == "" {
		name, _ := u["name"].(string)
		if name == "" {
			name, _ = u["key"].(string)
		}
		id = c.accountOf(name)
	}
	m := map[string]any{"accountId": id, "accountType": "atlassian", "active": true, "displayName": u["displayName"]}
	for _, name := range []string{"active", "timeZone", "accountType"} {
		if u[name] != nil {
			m[name] = u[name]
		}
	}
	return m
}

// adf writes a text as a document of Atlassian's format, as the third version
// of the API does. What is a document already is left as it is.
func adf(raw json.RawMessage) json.RawMessage {
	if isNull(raw) || raw[0] != '"' {
		return raw
	}
	content := []any{}
	for line := range strings.SplitSeq(textOf(raw), "\n") {
		inner := []any{}
		if line != "" {
			inner = append(inner, map[string]any{"type": "text", "text": line})
		}
		content = append(content, map[string]any{"type": "paragraph", "content": inner})
	}
	return encode(map[string]any{"type": "doc", "version": 1, "content": content})
}
