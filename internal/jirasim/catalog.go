package jirasim

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"plumbline/internal/flow"
)

// thing is a named entity of the site: a status, a type, a version.
type thing struct {
	id, name string
	raw      json.RawMessage
	category flow.Category // of statuses
	project  string        // the project's key, of versions and components
	// at is the last update of the issue, or the time of the history, that
	// showed the thing so; the newest wins where they disagree.
	at   int64
	past bool // only histories name it
}

// shelf holds the things of one kind by id.
type shelf map[string]*thing

// project is a project of the site.
type project struct {
	id, key, name string
	raw           json.RawMessage
	live          bool // some issue is in it at the end of the history
	at            int64
	turns         []turn // ascending
}

// catalog is everything of the site that issues refer to.
type catalog struct {
	statuses, types, resolutions, priorities, versions, components shelf

	projects map[string]*project // by key
	users    map[string]json.RawMessage
	cloud    bool // persons are named by accountId
}

func newCatalog() catalog {
	return catalog{
		statuses: shelf{}, types: shelf{}, resolutions: shelf{}, priorities: shelf{},
		versions: shelf{}, components: shelf{},
		projects: map[string]*project{}, users: map[string]json.RawMessage{},
	}
}

// put keeps the thing unless a newer form of it is held.
func (s shelf) put(t *thing) {
	if held := s[t.id]; held == nil || t.at >= held.at {
		s[t.id] = t
	}
}

// named returns the ids of the things that the text names, by name without
// regard to case or else by id.
func (s shelf) named(name string) []string {
	var ids []string
	for id, t := range s {
		if strings.EqualFold(t.name, name) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 && s[name] != nil {
		ids = append(ids, name)
	}
	return ids
}

// sorted returns the things in the order of their ids, as numbers where they
// are numbers.
func (s shelf) sorted() []*thing {
	all := make([]*thing, 0, len(s))
	for _, t := range s {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *thing) int { return compareIDs(a.id, b.id) })
	return all
}

func compareIDs(a, b string) int {
	x, _ := parseID(a)
	y, _ := parseID(b)
	return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
}

// addStatus makes the status known under its id.
func (c *catalog) addStatus(t *thing) {
	if held := c.statuses[t.id]; held != nil && t.at < held.at {
		t.at = held.at
	}
	c.statuses[t.id] = t
}

// statusOf makes a status of what is known of it.
func statusOf(id, name string, category flow.Category) *thing {
	return &thing{id: id, name: name, category: category, raw: encode(map[string]any{
		"id": id, "name": name, "description": "", "statusCategory": categoryJSON(category),
	})}
}

func categoryJSON(c flow.Category) map[string]any {
	switch c {
	case flow.ToDo:
		return map[string]any{"id": 2, "key": c.Key(), "name": "To Do", "colorName": "blue-gray"}
	case flow.InProgress:
		return map[string]any{"id": 4, "key": c.Key(), "name": "In Progress", "colorName": "yellow"}
	case flow.Done:
		return map[string]any{"id": 3, "key": c.Key(), "name": "Done", "colorName": "green"}
	}
	return map[string]any{"id": 1, "key": flow.Unknown.Key(), "name": "No Category", "colorName": "medium-gray"}
}

// systemCategory is the category of the statuses that every server is
// installed with. All others are what the site says, or unknown.
func systemCategory(id string) flow.Category {
	switch id {
	case "1", "4":
		return flow.ToDo
	case "3":
		return flow.InProgress
	case "5", "6":
		return flow.Done
	}
	return flow.Unknown
}

// collect takes what the issue's fields refer to at present.
func (c *catalog) collect(i *issue) {
	at := max(i.updated, i.created)
	home, _, _ := splitKey(i.key)
	c.collectProject(i, home, at)
	for _, f := range i.fields {
		switch f.name {
		case "status":
			c.collectOne(c.statuses, f.raw, at, "")
		case "issuetype":
			c.collectOne(c.types, f.raw, at, "")
		case "resolution":
			c.collectOne(c.resolutions, f.raw, at, "")
		case "priority":
			c.collectOne(c.priorities, f.raw, at, "")
		case "fixVersions", "versions":
			c.collectMany(c.versions, f.raw, at, home)
		case "components":
			c.collectMany(c.components, f.raw, at, home)
		case "assignee", "reporter", "creator":
			c.collectUser(f.raw)
		}
	}
	for n := range i.histories {
		c.collectUser(i.histories[n].author)
	}
}

func (c *catalog) collectOne(s shelf, raw json.RawMessage, at int64, home string) {
	if isNull(raw) {
		return
	}
	if t, ok := readThing(raw); ok {
		t.at, t.project = at, home
		s.put(t)
	}
}

func (c *catalog) collectMany(s shelf, raw json.RawMessage, at int64, home string) {
	var all []json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return // not a list: no such things
	}
	for _, one := range all {
		c.collectOne(s, one, at, home)
	}
}

// readThing reads an object with an id or a name. A thing without an id goes
// by its name.
func readThing(raw json.RawMessage) (*thing, bool) {
	var e struct {
		entity
		StatusCategory struct {
			Key text `json:"key"`
		} `json:"statusCategory"`
	}
	if json.Unmarshal(raw, &e) != nil || e.ID == "" && e.Name == "" {
		return nil, false
	}
	return &thing{
		id: string(either(e.ID, e.Name)), name: string(e.Name), raw: raw,
		category: flow.ParseCategory(string(e.StatusCategory.Key)),
	}, true
}

func (c *catalog) collectUser(raw json.RawMessage) {
	if isNull(raw) {
		return
	}
	var u struct {
		Name      text `json:"name"`
		Key       text `json:"key"`
		AccountID text `json:"accountId"`
	}
	if json.Unmarshal(raw, &u) != nil {
		return
	}
	c.cloud = c.cloud || u.AccountID != ""
	for _, name := range []text{u.Name, u.Key, u.AccountID} {
		if name != "" && c.users[string(name)] == nil {
			c.users[string(name)] = raw
		}
	}
}

func (c *catalog) collectProject(i *issue, key string, at int64) {
	p := &project{key: key, name: key, live: true, at: at}
	if raw := fieldOf(i.fields, "project"); !isNull(raw) {
		var e entity
		if json.Unmarshal(raw, &e) == nil && string(e.Key) == key {
			p.id, p.name, p.raw = string(e.ID), string(either(e.Name, e.Key)), raw
		}
	}
	if p.raw == nil {
		p.raw = projectJSON(p)
	}
	if held := c.projects[key]; held == nil || held.id == "" && p.id != "" || at >= held.at && p.id != "" {
		c.projects[key] = p
	}
}

func projectJSON(p *project) json.RawMessage {
	m := map[string]any{"key": p.key, "name": p.name}
	if p.id != "" {
		m["id"] = p.id
	}
	return encode(m)
}
