package jirasim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
)

// cloudEndpoints lists the endpoints of a Cloud site. What is not listed is a
// 404 there.
func cloudEndpoints() []endpoint {
	return slices.Concat(versions([]endpoint{
		{path: "/serverInfo", get: (*call).cloudInfo},
		{path: "/myself", get: (*call).cloudMyself},
		{path: "/field", get: (*call).fields},
		{path: "/status", get: (*call).cloudStatuses},
		{path: "/statuses/search", get: (*call).searchStatuses},
		{path: "/issuetype", get: (*call).cloudTypes},
		{path: "/resolution", get: (*call).cloudResolutions},
		{path: "/priority", get: (*call).cloudPriorities},
		{path: "/project/search", get: (*call).searchProjects},
		{path: "/project/{key}", get: (*call).cloudProject},
		{path: "/project/{key}/versions", get: (*call).cloudVersions},
		{path: "/search", get: (*call).searchRemoved, post: (*call).searchRemoved},
		{path: "/search/id", post: (*call).searchRemoved},
		{path: "/search/jql", get: (*call).jqlByQuery, post: (*call).jqlByBody},
		{path: "/search/approximate-count", post: (*call).approximateCount},
		{path: "/issue/bulkfetch", post: (*call).bulkFetch},
		{path: "/issue/{key}", get: (*call).cloudIssue},
		{path: "/issue/{key}/changelog", get: (*call).changelog},
		{path: "/issue/{key}/changelog/list", post: (*call).changelogList},
		{path: "/changelog/bulkfetch", post: (*call).bulkChangelog},
	}, "3", "2", "latest"), agile(), []endpoint{
		{path: "/rest/agile/1.0/board/{id}/issue", get: (*call).agileIssuesRemoved},
		{path: "/rest/agile/1.0/board/{id}/backlog", get: (*call).agileIssuesRemoved},
		{path: "/rest/agile/1.0/board/{id}/sprint/{sprint}/issue", get: (*call).agileIssuesRemoved},
		{path: "/rest/agile/1.0/sprint/{id}/issue", get: (*call).agileIssuesRemoved},
	})
}

// searchRemoved answers for the searches that Cloud had until 2025.
func (c *call) searchRemoved() {
	c.refuse(http.StatusGone, "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046")
}

const badPayload = "Invalid request payload. Refer to the REST API documentation and try again."

// cloudBody reads the request's JSON body into v, or answers why not.
// Properties that v does not have are refused.
func (c *call) cloudBody(v any) bool {
	header := c.r.Header.Get("Content-Type")
	if media, _, err := mime.ParseMediaType(header); err != nil || media != "application/json" {
		if header == "" {
			header = "null"
		}
		c.w.Header().Set("Content-Type", "application/problem+json")
		c.w.WriteHeader(http.StatusUnsupportedMediaType)
		// A caller that has gone away needs no answer.
		_, _ = c.w.Write(encode(problem{"Unsupported Media Type", "Content-Type '" + header + "' is not supported.", c.r.URL.Path[len(c.root):]}))
		return false
	}
	d := json.NewDecoder(http.MaxBytesReader(c.w, c.r.Body, maxBody))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		_, err = d.Token()
		if errors.Is(err, io.EOF) {
			return true
		}
	}
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		c.refuse(http.StatusRequestEntityTooLarge, "The request body is too large.")
	} else {
		c.refuse(http.StatusBadRequest, badPayload)
	}
	return false
}

// problem is an error as RFC 9457 has it.
type problem struct {
	Title    string `json:"title"`
	Detail   string `json:"detail"`
	Instance string `json:"instance"`
}

// cloudRendering is what Cloud shows of an issue unless told otherwise.
func (c *call) cloudRendering(at int64, fields []string, everything bool, expand nameList, newest int) rendering {
	return rendering{
		at: at, base: c.base(), fields: newSelection(fields, everything), changelog: expand.has("changelog"),
		newest: newest, rich: c.base()[len(c.base())-1] == '3',
	}
}

// The most histories that are embedded in an issue, in a search or in a bulk
// fetch, and in an issue asked for by itself.
const (
	embeddedInLists = 40
	embeddedInIssue = 100
)

// cloudIssue answers for one issue, by its id, its key, or a key that it once
// had.
func (c *call) cloudIssue() {
	i := c.find(c.r.PathValue("key"))
	if i == nil {
		c.noSuchIssue()
		return
	}
	q := c.r.URL.Query()
	want := c.cloudRendering(c.at, q["fields"], true, q["expand"], embeddedInIssue)
	var b bytes.Buffer
	c.write(&b, i, &want)
	c.raw(http.StatusOK, b.Bytes())
}

// offsets reads startAt and maxResults of a request, or answers what is wrong
// with them. What is more than the most is the most.
func (c *call) offsets(usual, most int) (start, count int, ok bool) {
	q := c.r.URL.Query()
	count = usual
	for name, target := range map[string]*int{"startAt": &start, "maxResults": &count} {
		s := q.Get(name)
		if s == "" {
			continue
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			c.refuse(http.StatusBadRequest, "The value '"+s+"' of "+name+" is not a number of 0 or more.")
			return 0, 0, false
		}
		*target = n
	}
	return start, min(count, most), true
}

// pageOf makes a page of values as most of Cloud's lists are.
func (c *call) pageOf(values []json.RawMessage, start, count int) map[string]any {
	from := min(start, len(values))
	page := values[from:min(from+count, len(values))]
	link := func(start int) string {
		u := *c.r.URL
		q := u.Query()
		q.Set("startAt", strconv.Itoa(start))
		q.Set("maxResults", strconv.Itoa(count))
		u.RawQuery = q.Encode()
		return c.origin() + u.String()
	}
	m := map[string]any{
		"self": link(start), "startAt": start, "maxResults": count, "total": len(values),
		"isLast": from+len(page) >= len(values), "values": append([]json.RawMessage{}, page...),
	}
	if from+len(page) < len(values) {
		m["nextPage"] = link(start + len(page))
	}
	return m
}
