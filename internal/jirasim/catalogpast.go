package jirasim

// collectHistories takes what only the past refers to: statuses that were
// deleted since, versions that were renamed away, projects that an issue left.
// Of each no more is known than an id and the newest name.
func (c *catalog) collectHistories(issues []*issue) {
	for _, i := range issues {
		for n := range i.histories {
			h := &i.histories[n]
			for k := range h.items {
				it := &h.items[k]
				if s := c.shelfOf(it.kind); s != nil {
					collectPast(s, it.From, it.FromString, h.at)
					collectPast(s, it.To, it.ToString, h.at)
				}
			}
			c.collectFormerProjects(h)
		}
	}
	for _, k := range []kind{kindStatus, kindType, kindResolution, kindPriority, kindVersion, kindComponent} {
		for _, t := range c.shelfOf(k) {
			if t.past {
				t.describe(k)
			}
		}
	}
}

// shelfOf returns where the things are that items of the kind name; nil for
// other kinds.
func (c *catalog) shelfOf(k kind) shelf {
	switch k {
	case kindStatus:
		return c.statuses
	case kindType:
		return c.types
	case kindResolution:
		return c.resolutions
	case kindPriority:
		return c.priorities
	case kindFixVersion, kindVersion:
		return c.versions
	case kindComponent:
		return c.components
	}
	return nil
}

func collectPast(s shelf, id, name text, at int64) {
	key := string(either(id, name))
	if key == "" {
		return
	}
	held := s[key]
	if held == nil || held.past && at >= held.at {
		s[key] = &thing{id: key, name: string(either(name, id)), at: at, past: true}
	}
}

// describe writes the thing as the site would show it, with no more than its
// id and name tell.
func (t *thing) describe(k kind) {
	object := map[string]any{"id": t.id, "name": t.name}
	switch k {
	case kindStatus:
		t.category = systemCategory(t.id)
		t.raw = statusOf(t.id, t.name, t.category).raw
		return
	case kindType:
		object["subtask"] = false
	case kindVersion:
		object["archived"], object["released"] = false, false
	}
	t.raw = encode(object)
}

// collectFormerProjects takes the projects between which the history moved
// the issue.
func (c *catalog) collectFormerProjects(h *history) {
	var id, name, newID, newName text
	for k := range h.items {
		if it := &h.items[k]; it.kind == kindProject {
			id, name, newID, newName = it.From, it.FromString, it.To, it.ToString
		}
	}
	for k := range h.items {
		if it := &h.items[k]; it.kind == kindKey {
			c.addFormerProject(it.oldKey(), string(id), string(name))
			c.addFormerProject(it.newKey(), string(newID), string(newName))
		}
	}
}

func (c *catalog) addFormerProject(issueKey, id, name string) {
	key, _, ok := splitKey(issueKey)
	if !ok || c.projects[key] != nil {
		return
	}
	p := &project{key: key, id: id, name: string(either(text(name), text(key)))}
	p.raw = projectJSON(p)
	c.projects[key] = p
}
