package jirasim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// boards answers with the boards that sprints name; what else a board would
// show is not part of a dump of issues.
func (c *call) boardList() {
	all := []any{}
	if !c.blind {
		for _, id := range c.boards {
			all = append(all, c.board(id))
		}
	}
	c.agilePage(all)
}

func (c *call) board(id uint64) map[string]any {
	return map[string]any{
		"id": id, "self": c.origin() + c.root + "/rest/agile/1.0/board/" + formatID(id),
		"name": "Board " + formatID(id), "type": "scrum",
	}
}

// agilePage answers with a page of the values, of at most 50.
func (c *call) agilePage(all []any) {
	q := c.r.URL.Query()
	start, count := 0, defaultPage
	for name, target := range map[string]*int{"startAt": &start, "maxResults": &count} {
		if s := q.Get(name); s != "" {
			n, err := strconv.Atoi(s)
			if err != nil || n < 0 {
				c.refuse(http.StatusBadRequest, "The value of "+name+" is no number of 0 or more.")
				return
			}
			*target = n
		}
	}
	count = min(count, defaultPage)
	from := min(start, len(all))
	page := all[from:min(from+count, len(all))]
	c.json(http.StatusOK, map[string]any{
		"maxResults": count, "startAt": start, "total": len(all), "isLast": from+len(page) >= len(all), "values": page,
	})
}

// boardAsked returns the board of the request's path; 0, having answered,
// where there is none.
func (c *call) boardAsked() uint64 {
	id, _ := parseID(c.r.PathValue("id"))
	if !c.blind && slices.Contains(c.boards, id) {
		return id
	}
	c.refuse(http.StatusNotFound, "The requested board cannot be viewed because it either does not exist or you do not have permission to view it.")
	return 0
}

func (c *call) boardOf() {
	if id := c.boardAsked(); id != 0 {
		c.json(http.StatusOK, c.board(id))
	}
}

// boardConfiguration answers with a column for each status category.
func (c *call) boardConfiguration() {
	id := c.boardAsked()
	if id == 0 {
		return
	}
	columns := []any{}
	for _, name := range []struct{ key, column string }{{"new", "To Do"}, {"indeterminate", "In Progress"}, {"done", "Done"}} {
		statuses := []any{}
		for _, t := range c.view.w.catalog.statuses.sorted() {
			if t.category.Key() == name.key {
				statuses = append(statuses, map[string]any{"id": t.id, "self": c.base() + "/status/" + t.id})
			}
		}
		columns = append(columns, map[string]any{"name": name.column, "statuses": statuses})
	}
	m := c.board(id)
	m["filter"], m["columnConfig"] = map[string]any{"id": formatID(id)}, map[string]any{"columns": columns}
	for _, f := range c.view.customFields() {
		if f.custom == schemaEstimate || f.custom == schemaNumber && f.name == "Story Points" {
			m["estimation"] = map[string]any{"type": "field", "field": map[string]any{"fieldId": f.id, "displayName": f.name}}
			break
		}
	}
	c.json(http.StatusOK, m)
}

// boardSprints answers with the board's sprints in the states asked for.
func (c *call) boardSprints() {
	board := c.boardAsked()
	if board == 0 {
		return
	}
	states := nameList(c.r.URL.Query()["state"])
	all := []any{}
	for n := range c.sprints {
		s := &c.sprints[n]
		if s.board == board && (len(states) == 0 || states.has(s.stateAt(c.at))) {
			all = append(all, c.sprintJSON(s))
		}
	}
	c.agilePage(all)
}

func (c *call) sprintJSON(s *sprint) map[string]any {
	m := s.json(c.at, "originBoardId")
	m["self"] = c.origin() + c.root + "/rest/agile/1.0/sprint/" + formatID(s.id)
	return m
}

func (c *call) sprint() {
	id, _ := parseID(c.r.PathValue("id"))
	n := slices.IndexFunc(c.sprints, func(s sprint) bool { return s.id == id })
	if n < 0 || c.blind {
		c.refuse(http.StatusNotFound, "Sprint does not exist or you do not have permission to view it.")
		return
	}
	c.json(http.StatusOK, c.sprintJSON(&c.sprints[n]))
}

// agileIssuesRemoved answers for the lists of issues that Cloud's agile API
// had until November 2026.
func (c *call) agileIssuesRemoved() {
	path := strings.TrimPrefix(c.r.URL.Path, c.root)
	c.refuse(http.StatusGone, "The requested API has been removed. Please migrate to the "+strings.Replace(path, "/rest/agile/", "/rest/software/", 1)+" API.")
}
