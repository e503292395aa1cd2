package jirasim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The version of Data Center that the site says it is.
const serverVersion = "9.12.7"

func (c *call) now() time.Time { return time.UnixMilli(c.at).In(c.view.zone) }

func (c *call) serverInfo() {
	c.json(http.StatusOK, map[string]any{
		"baseUrl":        c.origin() + c.root,
		"version":        serverVersion,
		"versionNumbers": []int{9, 12, 7},
		"deploymentType": "Server",
		"buildNumber":    9120007,
		"buildDate":      "2024-03-19T00:00:00.000+0000",
		"serverTime":     c.now().Format(stampLayout),
		"scmInfo":        "plumbline",
		"serverTitle":    "Jira",
	})
}

func (c *call) myself() {
	if c.account == "" {
		c.fault(http.StatusUnauthorized, "Client must be authenticated to access this resource.")
		return
	}
	c.json(http.StatusOK, map[string]any{
		"self":         c.base() + "/user?username=" + c.account,
		"key":          c.account,
		"name":         c.account,
		"emailAddress": c.account + "@example.com",
		"displayName":  c.account,
		"active":       true,
		"deleted":      false,
		"timeZone":     c.view.zone.String(),
		"locale":       "en_US",
	})
}

// issue answers for one issue, by its id, its key, or a key that it once had.
func (c *call) issue() {
	i := c.find(c.r.PathValue("key"))
	if i == nil {
		c.noSuchIssue()
		return
	}
	q := c.r.URL.Query()
	want := rendering{at: c.at, base: c.base(), fields: newSelection(q["fields"], true), changelog: nameList(q["expand"]).has("changelog")}
	var b bytes.Buffer
	c.write(&b, i, &want)
	c.raw(http.StatusOK, b.Bytes())
}

func (c *call) statuses() {
	_, deleted := c.suffers("status-deleted")
	c.shelf(c.view.w.catalog.statuses, func(t *thing) json.RawMessage {
		if deleted && t.past {
			return nil
		}
		return t.raw
	})
}

func (c *call) issueTypes()  { c.shelf(c.view.w.catalog.types, asItIs) }
func (c *call) resolutions() { c.shelf(c.view.w.catalog.resolutions, asItIs) }
func (c *call) priorities()  { c.shelf(c.view.w.catalog.priorities, asItIs) }

func asItIs(t *thing) json.RawMessage { return t.raw }

// shelf answers with all things of a kind, less those that are not shown.
func (c *call) shelf(s shelf, show func(*thing) json.RawMessage) {
	all := []json.RawMessage{}
	for _, t := range s.sorted() {
		if raw := show(t); raw != nil {
			all = append(all, raw)
		}
	}
	c.json(http.StatusOK, all)
}

// projects answers with all projects; with the archived ones if asked to.
func (c *call) projects() {
	most := seen
	if c.r.URL.Query().Get("includeArchived") == "true" {
		most = archived
	}
	all := []json.RawMessage{}
	for _, p := range c.seenProjects(func(s standing) bool { return s <= most }) {
		all = append(all, c.projectJSON(p))
	}
	c.json(http.StatusOK, all)
}

// seenProjects returns the projects that stand so, as the caller sees them.
func (c *call) seenProjects(wanted func(standing) bool) []*project {
	if c.blind {
		return nil
	}
	return slices.DeleteFunc(c.view.w.shownProjects(c.at, wanted), func(p *project) bool { return p.key == c.without })
}

func (c *call) projectJSON(p *project) json.RawMessage {
	return encode(map[string]any{
		"expand": "description,lead,url,projectKeys", "self": c.base() + "/project/" + cmp.Or(p.id, p.key),
		"id": p.id, "key": p.key, "name": p.name, "projectTypeKey": "software",
		"archived": standsAt(p.turns, c.at).stands == archived,
	})
}

// projectAsked returns the project of the request's path, by key or id; nil,
// having answered, where there is none.
func (c *call) projectAsked() *project {
	name := c.r.PathValue("key")
	for _, p := range c.seenProjects(func(s standing) bool { return s <= archived }) {
		if strings.EqualFold(p.key, name) || p.id == name {
			return p
		}
	}
	c.refuse(http.StatusNotFound, "No project could be found with key '"+name+"'.")
	return nil
}

func (c *call) project() {
	if p := c.projectAsked(); p != nil {
		c.raw(http.StatusOK, c.projectJSON(p))
	}
}

// versions answers with the project's versions, released as of the site's
// time.
func (c *call) versions() {
	p := c.projectAsked()
	if p == nil {
		return
	}
	all := []json.RawMessage{}
	for _, t := range c.view.w.catalog.versions.sorted() {
		if t.project != p.key {
			continue
		}
		raw := t.raw
		if day, ok := c.view.releaseDay(raw); ok && c.at < day {
			raw = unreleased(raw)
		}
		all = append(all, ofProject(raw, p.id))
	}
	c.json(http.StatusOK, all)
}

// ofProject adds the number of the project to a version.
func ofProject(version json.RawMessage, id string) json.RawMessage {
	var m map[string]json.RawMessage
	number, ok := parseID(id)
	if !ok || json.Unmarshal(version, &m) != nil {
		return version
	}
	m["projectId"] = encode(number)
	return encode(m)
}
