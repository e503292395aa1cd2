package jirasim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// searchRequest is what a search asks for.
type searchRequest struct {
	JQL        string   `json:"jql"`
	StartAt    int      `json:"startAt"`
	MaxResults *int     `json:"maxResults"` // nil: 50
	Fields     nameList `json:"fields"`
	Expand     nameList `json:"expand"`
	Validate   *bool    `json:"validateQuery"` // nil: true
}

// nameList is names as an array, or as one text with commas between them.
type nameList []string

// UnmarshalJSON reads an array of texts, or a text.
func (l *nameList) UnmarshalJSON(raw []byte) error {
	if raw[0] != '"' {
		return json.Unmarshal(raw, (*[]string)(l))
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	*l = strings.Split(s, ",")
	return nil
}

// has reports whether the name is listed.
func (l nameList) has(name string) bool {
	for _, part := range l {
		for one := range strings.SplitSeq(part, ",") {
			if strings.TrimSpace(one) == name {
				return true
			}
		}
	}
	return false
}

const defaultPage = 50

func (c *call) searchByQuery() {
	q := c.r.URL.Query()
	request := searchRequest{JQL: q.Get("jql"), Fields: q["fields"], Expand: q["expand"]}
	if s := q.Get("startAt"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			c.notFound() // as a path parameter of the wrong type is
			return
		}
		request.StartAt = n
	}
	if s := q.Get("maxResults"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			c.notFound()
			return
		}
		request.MaxResults = &n
	}
	if s := q.Get("validateQuery"); s != "" {
		validate := !strings.EqualFold(s, "false") && !strings.EqualFold(s, "none")
		request.Validate = &validate
	}
	c.search(&request)
}

func (c *call) searchByBody() {
	var request searchRequest
	if c.body(&request) {
		c.search(&request)
	}
}

func (c *call) search(q *searchRequest) {
	start, count := max(q.StartAt, 0), defaultPage
	if q.MaxResults != nil {
		count = *q.MaxResults
	}
	if count < 0 || count > c.options.MaxResults {
		count = c.options.MaxResults
	}
	window := c.options.ResultWindow
	if narrow, ok := c.suffers("result-window"); ok {
		window = narrow.amount
	}
	if reach := start + count; window > 0 && reach > window {
		c.refuse(http.StatusInternalServerError, fmt.Sprintf(
			"Search limit exceeded. We couldn't complete your search because it requests %s results which exceeded the search platform limit of %s.",
			grouped(reach), grouped(window)))
		return
	}
	at := c.sight()
	r, err := c.results.search(c, q.JQL, at, q.Validate == nil || *q.Validate)
	if err != nil {
		var mistakes jqlError
		errors.As(err, &mistakes)
		c.refuse(http.StatusBadRequest, mistakes...)
		return
	}
	c.page(q, r, at.at, start, count)
}

func (c *call) page(q *searchRequest, r *result, at int64, start, count int) {
	var b bytes.Buffer
	page, count := c.offsetPage(r.issues, start, count)
	fmt.Fprintf(&b, `{"expand":"schema,names","startAt":%d,"maxResults":%d,"total":%d,"issues":[`, start, count, len(r.issues))
	want := rendering{at: at, base: c.base(), fields: newSelection(q.Fields, false), changelog: q.Expand.has("changelog")}
	for n, i := range page {
		if n > 0 {
			b.WriteByte(',')
		}
		c.write(&b, i, &want)
	}
	b.WriteByte(']')
	warnings := r.warnings
	if _, ok := c.suffers("warnings"); ok {
		warnings = append(slices.Clone(warnings), "The result set was truncated due to a limit of the search.")
	}
	if len(warnings) > 0 {
		b.WriteString(`,"warningMessages":`)
		b.Write(encode(warnings))
	}
	b.WriteByte('}')
	c.raw(http.StatusOK, b.Bytes())
}

// grouped writes a number with commas between the thousands.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// resultCache keeps the last results, so that the pages of a scan are cut
// from one evaluation while nothing happens in the world.
type resultCache struct {
	mu   sync.Mutex
	held []cached // the newest last
}

type cached struct {
	jql    string
	view   *view
	moment int // of World.moments, the last before it
	result *result
}

const maxCached = 16

// search evaluates the query, or takes the result from the last time.
func (rc *resultCache) search(c *call, jql string, s sight, validate bool) (*result, error) {
	moment, _ := slices.BinarySearch(c.view.w.moments, s.at+1)
	cacheable := s.plain() && validate
	if cacheable {
		if r := rc.get(cached{jql: jql, view: c.view, moment: moment}); r != nil {
			return r, nil
		}
	}
	q, err := parseJQL(jql)
	if err != nil {
		return nil, err
	}
	r, steady, err := c.view.search(q, s, validate)
	if err == nil && steady && cacheable {
		rc.put(cached{jql, c.view, moment, r})
	}
	return r, err
}

func (rc *resultCache) get(wanted cached) *result {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	for n := range rc.held {
		if h := &rc.held[n]; h.jql == wanted.jql && h.view == wanted.view && h.moment == wanted.moment {
			return h.result
		}
	}
	return nil
}

func (rc *resultCache) put(r cached) {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	rc.held = append(slices.DeleteFunc(rc.held, func(h cached) bool { return h.jql == r.jql && h.view == r.view }), r)
	if len(rc.held) > maxCached {
		rc.held = slices.Delete(rc.held, 0, 1)
	}
}
