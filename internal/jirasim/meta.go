package jirasim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The version of Data Center that the site says it is.
const serverVersion = "9.12.7"

func (c *call) now() time.Time { return time.UnixMilli(c.at).In(c.options.Zone) }

func (c *call) serverInfo() {
	c.json(http.StatusOK, map[string]any{
		"baseUrl":        c.origin() + c.options.ContextPath,
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
		"timeZone":     c.options.Zone.String(),
		"locale":       "en_US",
	})
}

// issue answers for one issue, by its id, its key, or a key that it once had.
func (c *call) issue() {
	i := c.view.w.find(c.r.PathValue("key"), c.at)
	if i == nil || c.blind {
		c.noSuchIssue()
		return
	}
	q := c.r.URL.Query()
	want := rendering{at: c.at, base: c.base(), fields: newSelection(q["fields"], true), changelog: nameList(q["expand"]).has("changelog")}
	var b bytes.Buffer
	c.view.write(&b, i, c.view.state(i, c.at), &want)
	c.raw(http.StatusOK, b.Bytes())
}

func (c *call) statuses()    { c.shelf(c.view.w.catalog.statuses) }
func (c *call) issueTypes()  { c.shelf(c.view.w.catalog.types) }
func (c *call) resolutions() { c.shelf(c.view.w.catalog.resolutions) }
func (c *call) priorities()  { c.shelf(c.view.w.catalog.priorities) }

// shelf answers with all things of a kind.
func (c *call) shelf(s shelf) {
	all := []json.RawMessage{}
	for _, t := range s.sorted() {
		all = append(all, t.raw)
	}
	c.json(http.StatusOK, all)
}

func (c *call) projects() {
	all := []json.RawMessage{}
	if !c.blind {
		for _, key := range slices.Sorted(maps.Keys(c.view.w.catalog.projects)) {
			all = append(all, c.projectJSON(c.view.w.catalog.projects[key]))
		}
	}
	c.json(http.StatusOK, all)
}

func (c *call) projectJSON(p *project) json.RawMessage {
	return encode(map[string]any{
		"expand": "description,lead,url,projectKeys", "self": c.base() + "/project/" + cmp.Or(p.id, p.key),
		"id": p.id, "key": p.key, "name": p.name, "projectTypeKey": "software", "archived": false,
	})
}

// projectAsked returns the project of the request's path, by key or id; nil,
// having answered, where there is none.
func (c *call) projectAsked() *project {
	name := c.r.PathValue("key")
	for _, p := range c.view.w.catalog.projects {
		if !c.blind && (strings.EqualFold(p.key, name) || p.id == name) {
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

// boards answers that there are none: what a board would show is not part of
// a dump of issues.
func (c *call) boards() {
	start, _ := strconv.Atoi(c.r.URL.Query().Get("startAt"))
	c.json(http.StatusOK, map[string]any{"maxResults": defaultPage, "startAt": max(start, 0), "total": 0, "isLast": true, "values": []any{}})
}
