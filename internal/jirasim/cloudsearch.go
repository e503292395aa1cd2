package jirasim

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// jqlRequest is what a search of Cloud asks for.
type jqlRequest struct {
	JQL        string   `json:"jql"`
	Token      *string  `json:"nextPageToken"`
	MaxResults *int     `json:"maxResults"` // nil: 50
	Fields     []string `json:"fields"`
	Expand     string   `json:"expand"`
	Properties []string `json:"properties"`
	ByKeys     bool     `json:"fieldsByKeys"`
	Reconcile  []int64  `json:"reconcileIssues"`
}

// The most that Cloud takes or gives.
const (
	mostAsked     = 5000 // of maxResults
	mostFull      = 100  // rows with more than id and key
	mostReconcile = 50
	mostProps     = 5
)

func (c *call) jqlByQuery() {
	q := c.r.URL.Query()
	request := jqlRequest{JQL: q.Get("jql"), Fields: split(q["fields"]), Expand: strings.Join(q["expand"], ","), Properties: split(q["properties"])}
	if token := q.Get("nextPageToken"); token != "" && token != "null" {
		request.Token = &token
	}
	if s := q.Get("maxResults"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			n = -1
		}
		request.MaxResults = &n
	}
	for _, s := range split(q["reconcileIssues"]) {
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			c.refuse(http.StatusBadRequest, "The value '"+s+"' of reconcileIssues is not the id of an issue.")
			return
		}
		request.Reconcile = append(request.Reconcile, id)
	}
	c.jql(&request)
}

// split cuts texts at their commas.
func split(lists []string) []string {
	var all []string
	for _, list := range lists {
		for one := range strings.SplitSeq(list, ",") {
			if one = strings.TrimSpace(one); one != "" {
				all = append(all, one)
			}
		}
	}
	return all
}

func (c *call) jqlByBody() {
	var request jqlRequest
	if c.cloudBody(&request) {
		c.jql(&request)
	}
}

// jql checks a search as Cloud does: first the token, then maxResults, then
// the query.
func (c *call) jql(q *jqlRequest) {
	at, ok := c.cursorOf(q.Token, q.JQL)
	count := defaultPage
	if q.MaxResults != nil {
		count = *q.MaxResults
	}
	switch {
	case !ok:
		c.refuse(http.StatusBadRequest, badToken)
	case count < 1 || count > mostAsked:
		c.refuse(http.StatusBadRequest, "The value of maxResults must be in the range 1-5000.")
	case len(q.Reconcile) > mostReconcile:
		c.refuse(http.StatusBadRequest, "At most 50 issues can be reconciled in one request.")
	case len(q.Properties) > mostProps:
		c.refuse(http.StatusBadRequest, "At most 5 properties can be requested.")
	case c.bounded(q.JQL):
		if rows, s, ok := c.rows(q.JQL, q.Reconcile); ok {
			c.jqlPage(q, rows, s, at, count)
		}
	}
}

// bounded reports whether the query restricts anything, or answers that it
// does not.
func (c *call) bounded(jql string) bool {
	parsed, err := parseJQL(jql)
	if err == nil && parsed.where != nil {
		return true
	}
	if err != nil {
		c.mistaken(err)
	} else {
		c.refuse(http.StatusBadRequest, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
	}
	return false
}

func (c *call) mistaken(err error) {
	var mistakes jqlError
	errors.As(err, &mistakes)
	c.refuse(http.StatusBadRequest, mistakes...)
}

// rows evaluates the query as the index has things. Issues to be reconciled
// are as they are.
func (c *call) rows(jql string, reconcile []int64) (*result, sight, bool) {
	s := c.sight()
	r, err := c.results.search(c, jql, s, true)
	if err != nil {
		c.mistaken(err)
		return nil, s, false
	}
	if len(reconcile) == 0 || s.at == c.at {
		return r, s, true
	}
	live := s
	live.at = c.at
	fresh, err := c.results.search(c, jql, live, true)
	if err != nil {
		c.mistaken(err)
		return nil, s, false
	}
	reconciled := func(i *issue) bool { return slices.Contains(reconcile, int64(i.id)) }
	merged := *r
	merged.issues = slices.DeleteFunc(slices.Clone(r.issues), reconciled)
	for _, i := range fresh.issues {
		if reconciled(i) {
			merged.issues = append(merged.issues, i)
		}
	}
	s.live = reconciled
	slices.SortFunc(merged.issues, func(a, b *issue) int { return r.compare(c.found(a, &s), c.found(b, &s)) })
	return &merged, s, true
}

// found returns the issue with the facts by which the search has it.
func (c *call) found(i *issue, s *sight) found {
	return found{i, &c.view.state(i, s.of(i, c.at)).facts}
}

// of returns as of when the issue is seen.
func (s *sight) of(i *issue, now int64) int64 {
	if s.live != nil && s.live(i) {
		return now
	}
	return s.at
}

// jqlPage cuts the page behind the cursor's row.
func (c *call) jqlPage(q *jqlRequest, r *result, s sight, at cursor, count int) {
	want := c.cloudRendering(s.at, q.Fields, false, nameList{q.Expand}, embeddedInLists)
	brief := !slices.ContainsFunc(q.Fields, func(name string) bool { return name != "id" && name != "key" })
	want.bare = brief && !slices.Contains(q.Fields, "key") && !want.changelog
	if !brief || want.changelog {
		count = min(count, mostFull)
	}
	if clamp, ok := c.suffersAfter("clamp-lowered", at.Page); ok {
		count = min(count, clamp.amount)
	}
	start := c.behind(r, &s, at)
	page := r.issues[start:min(start+count, len(r.issues))]
	if short, ok := c.suffers("short-pages"); ok && len(page) > 1 {
		page = page[:1+short.among(len(page)-1)]
	}
	end := start + len(page)
	next := cursor{Query: at.Query, Issued: c.at, Page: at.Page + 1, At: at.At, Last: at.Last}
	if _, ok := c.suffers("empty-page"); ok && len(page) > 0 {
		page, end = nil, start
	} else if len(page) > 0 {
		last := page[len(page)-1]
		next.At, next.Last = s.of(last, c.at), last.id
	}
	if again, ok := c.suffersAfter("duplicate-rows", at.Page); ok && len(page) > 0 {
		page = r.issues[start-min(start, 1+again.among(3)) : end]
	}
	if swap, ok := c.suffers("reorder"); ok {
		page = swapped(page, swap.among(2))
	}
	var b bytes.Buffer
	b.WriteString(`{"issues":[`)
	for n, i := range page {
		if n > 0 {
			b.WriteByte(',')
		}
		shown := want
		shown.at = s.of(i, c.at)
		c.write(&b, i, &shown)
	}
	b.WriteByte(']')
	c.jqlTail(&b, q, next, end < len(r.issues))
	c.raw(http.StatusOK, b.Bytes())
}

// behind returns the place of the first row behind the cursor.
func (c *call) behind(r *result, s *sight, at cursor) int {
	if at.Last == 0 {
		return 0
	}
	last := c.view.w.byID[at.Last]
	was := c.view.state(last, max(at.At, last.created))
	n, _ := slices.BinarySearchFunc(r.issues, found{last, &was.facts}, func(i *issue, last found) int {
		if r.compare(c.found(i, s), last) > 0 {
			return 1
		}
		return -1
	})
	return n
}

// jqlTail writes what follows the issues of a page.
func (c *call) jqlTail(b *bytes.Buffer, q *jqlRequest, next cursor, more bool) {
	token := ""
	if more {
		token = `,"nextPageToken":"` + next.seal() + `"`
		if _, ok := c.suffers("token-lost"); ok {
			token = ""
		}
		if _, ok := c.suffers("token-repeated"); ok && q.Token != nil && *q.Token != "" {
			token = `,"nextPageToken":` + string(encode(*q.Token))
		}
	} else if _, ok := c.suffers("token-null"); ok {
		token = `,"nextPageToken":null`
	} else if _, ok := c.suffers("token-empty"); ok {
		token = `,"nextPageToken":""`
	}
	b.WriteString(token)
	last := !more
	if _, ok := c.suffers("islast-early"); ok {
		last = true
	}
	if _, ok := c.suffers("islast-missing"); !ok {
		b.WriteString(`,"isLast":` + strconv.FormatBool(last))
	}
	for _, name := range []string{"names", "schema"} {
		if (nameList{q.Expand}).has(name) {
			b.WriteString(`,"` + name + `":`)
			b.Write(encode(c.fieldTable(name, newSelection(q.Fields, false))))
		}
	}
	if _, ok := c.suffers("warnings"); ok {
		b.WriteString(`,"warnings":[{"type":"CLAUSE_LIMIT_EXCEEDED","message":"The result set was truncated due to a limit of the search.","details":{"clause":"labels","arguments":[],"limit":1000,"actual":1200}}]`)
	}
	b.WriteByte('}')
}

// fieldTable tells of each field that was asked for its name or its schema.
func (c *call) fieldTable(what string, wanted selection) map[string]any {
	table := map[string]any{}
	add := func(id, name string, raw json.RawMessage) {
		if !wanted.has(id) {
			return
		}
		if what == "names" {
			table[id] = name
			return
		}
		var f struct {
			Schema json.RawMessage `json:"schema"`
		}
		if json.Unmarshal(raw, &f) == nil && f.Schema != nil {
			table[id] = f.Schema
		}
	}
	for _, f := range systemFields() {
		add(f.id, f.name, f.json())
	}
	for _, f := range c.view.customFields() {
		add(f.id, f.name, cloudField(f.json()))
	}
	return table
}

// approximateCount answers with the number of rows that the index has.
func (c *call) approximateCount() {
	var q struct {
		JQL string `json:"jql"`
	}
	if !c.cloudBody(&q) || !c.bounded(q.JQL) {
		return
	}
	if r, _, ok := c.rows(q.JQL, nil); ok {
		n := len(r.issues)
		if off, ok := c.suffers("count-off"); ok {
			n -= n * off.amount / 100
		}
		c.json(http.StatusOK, map[string]any{"count": n})
	}
}
