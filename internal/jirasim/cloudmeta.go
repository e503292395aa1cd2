package jirasim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"plumbline/internal/flow"
)

func (c *call) cloudInfo() {
	c.json(http.StatusOK, map[string]any{
		"baseUrl":        c.origin() + c.options.ContextPath,
		"displayUrl":     c.origin() + c.options.ContextPath,
		"version":        "1001.0.0-SNAPSHOT",
		"versionNumbers": []int{1001, 0, 0},
		"deploymentType": "Cloud",
		"buildNumber":    100295,
		"buildDate":      "2026-11-01T00:00:00.000+0000",
		"serverTime":     c.now().Format(stampLayout),
		"scmInfo":        "plumbline",
		"serverTitle":    "Jira",
	})
}

func (c *call) tenantInfo() { c.json(http.StatusOK, map[string]any{"cloudId": c.options.CloudID}) }

func (c *call) cloudMyself() {
	if c.account == "" {
		c.fault(http.StatusUnauthorized, "Client must be authenticated to access this resource.")
		return
	}
	id := AccountID(c.account)
	none := map[string]any{"size": 0, "items": []any{}}
	c.json(http.StatusOK, map[string]any{
		"self":      c.base() + "/user?accountId=" + id,
		"accountId": id, "accountType": "atlassian", "emailAddress": c.account, "displayName": c.account,
		"active": true, "timeZone": c.view.zone.String(), "locale": "en_US",
		"groups": none, "applicationRoles": none, "expand": "groups,applicationRoles",
	})
}

// cloudField adds what only Cloud tells of a field.
func cloudField(raw json.RawMessage) json.RawMessage {
	var m map[string]any
	if json.Unmarshal(raw, &m) != nil {
		return raw
	}
	m["key"] = m["id"]
	if m["custom"] == true {
		m["untranslatedName"] = m["name"]
	}
	if schema, ok := m["schema"].(map[string]any); ok && schema["custom"] == schemaSprint {
		schema["items"] = "json"
	}
	return encode(m)
}

func (c *call) cloudStatuses() {
	_, gone := c.suffers("status-deleted")
	c.shelf(c.view.w.catalog.statuses, func(t *thing) json.RawMessage {
		if gone && t.past {
			return nil
		}
		return c.thing(t, "status")
	})
}

func (c *call) cloudTypes() {
	c.shelf(c.view.w.catalog.types, func(t *thing) json.RawMessage {
		return c.thing(t, "issuetype", "description", "iconUrl", "avatarId", "entityId", "subtask", "hierarchyLevel", "scope")
	})
}

func (c *call) cloudResolutions() {
	c.shelf(c.view.w.catalog.resolutions, func(t *thing) json.RawMessage { return c.thing(t, "resolution", "description") })
}

func (c *call) cloudPriorities() {
	c.shelf(c.view.w.catalog.priorities, func(t *thing) json.RawMessage { return c.thing(t, "priority") })
}

// thing writes a thing in Cloud's shape. With names, nothing else is kept of
// it besides its id and name.
func (c *call) thing(t *thing, kind string, keep ...string) json.RawMessage {
	var m map[string]any
	if json.Unmarshal(c.view.cloud.convert(t.raw), &m) != nil {
		return nil
	}
	if len(keep) > 0 {
		for name := range m {
			if !slices.Contains(keep, name) {
				delete(m, name)
			}
		}
	}
	m["id"], m["name"], m["self"] = t.id, t.name, c.base()+"/"+kind+"/"+t.id
	if kind == "issuetype" {
		m["hierarchyLevel"] = c.view.cloud.levels[t.id]
	}
	return encode(m)
}

// searchStatuses answers with a page of all statuses, those included that only
// histories name.
func (c *call) searchStatuses() {
	start, count, ok := c.offsets(200, 200)
	if !ok {
		return
	}
	q := c.r.URL.Query()
	_, gone := c.suffers("status-deleted")
	var all []json.RawMessage
	for _, t := range c.view.w.catalog.statuses.sorted() {
		category := map[flow.Category]string{flow.ToDo: "TODO", flow.InProgress: "IN_PROGRESS", flow.Done: "DONE"}[t.category]
		if gone && t.past || !strings.Contains(strings.ToLower(t.name), strings.ToLower(q.Get("searchString"))) ||
			q.Get("statusCategory") != "" && q.Get("statusCategory") != category {
			continue
		}
		m := map[string]any{"id": t.id, "name": t.name, "description": "", "scope": statusScope(t.raw)}
		if category != "" {
			m["statusCategory"] = category
		}
		all = append(all, encode(m))
	}
	c.json(http.StatusOK, c.pageOf(all, start, count))
}

// statusScope is where a status is used: everywhere, or in one project.
func statusScope(raw json.RawMessage) map[string]any {
	var s struct {
		Scope struct {
			Project entity `json:"project"`
		} `json:"scope"`
	}
	if json.Unmarshal(raw, &s) == nil && s.Scope.Project.ID != "" {
		return map[string]any{"type": "PROJECT", "project": map[string]any{"id": s.Scope.Project.ID}}
	}
	return map[string]any{"type": "GLOBAL"}
}

// searchProjects answers with a page of the roster: live, archived or deleted
// projects, as asked.
func (c *call) searchProjects() {
	start, count, ok := c.offsets(defaultPage, 100)
	if !ok {
		return
	}
	q := c.r.URL.Query()
	states := nameList(q["status"])
	wanted := map[standing]bool{}
	for name, s := range map[string]standing{"live": seen, "archived": archived, "deleted": deleted} {
		wanted[s] = states.has(name) || name == "live" && len(states) == 0
	}
	keys, ids := nameList(q["keys"]), nameList(q["id"])
	all := []json.RawMessage{}
	for _, p := range c.seenProjects(func(s standing) bool { return wanted[s] }) {
		if len(keys) > 0 && !keys.has(p.key) || len(ids) > 0 && !ids.has(c.projectID(p)) ||
			!strings.Contains(strings.ToLower(p.key+" "+p.name), strings.ToLower(q.Get("query"))) {
			continue
		}
		all = append(all, c.cloudProjectJSON(p))
	}
	c.json(http.StatusOK, c.pageOf(all, start, count))
}

// projectID returns the project's id; one far from all others where the dump
// tells none.
func (c *call) projectID(p *project) string {
	if p.id != "" {
		return p.id
	}
	return c.view.cloud.idOf(p.key + "-0")
}

func (c *call) cloudProjectJSON(p *project) json.RawMessage {
	t := standsAt(p.turns, c.at)
	m := map[string]any{
		"expand": "description,lead,issueTypes,url,projectKeys,permissions,insight", "self": c.base() + "/project/" + c.projectID(p),
		"id": c.projectID(p), "key": p.key, "name": p.name, "projectTypeKey": "software", "simplified": false,
		"style": "classic", "isPrivate": false, "properties": map[string]any{},
	}
	stamp := time.UnixMilli(t.at).In(c.view.zone).Format(stampLayout)
	switch t.stands {
	case archived:
		m["archived"], m["archivedDate"] = true, stamp
	case deleted:
		m["deleted"], m["deletedDate"] = true, stamp
		m["retentionTillDate"] = time.UnixMilli(t.at).In(c.view.zone).AddDate(0, 0, 60).Format(stampLayout)
	}
	return encode(m)
}

func (c *call) cloudProject() {
	if p := c.projectAsked(); p != nil {
		c.raw(http.StatusOK, c.cloudProjectJSON(p))
	}
}

// cloudVersions answers with the project's versions as of the site's time.
func (c *call) cloudVersions() {
	p := c.projectAsked()
	if p == nil {
		return
	}
	keep := []string{"description", "archived", "released", "releaseDate", "startDate", "overdue", "userReleaseDate", "userStartDate"}
	all := []json.RawMessage{}
	for _, t := range c.view.w.catalog.versions.sorted() {
		if t.project != p.key {
			continue
		}
		shown := *t
		if day, ok := c.view.releaseDay(t.raw); ok && c.at < day {
			shown.raw = unreleased(t.raw)
		}
		all = append(all, ofProject(c.thing(&shown, "version", keep...), c.projectID(p)))
	}
	c.json(http.StatusOK, all)
}
