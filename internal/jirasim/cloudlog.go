package jirasim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// multiValued are the fields that grow without bound, as which bulk fetches
// of more than a hundred issues can't have.
func multiValued(name string) bool {
	return hidden(name) || strings.HasPrefix(name, "*") || strings.HasPrefix(name, "-")
}

// bulkFetch answers with the issues of the given ids and keys, as they are now
// and by ascending id, and with which of them the caller can't have.
func (c *call) bulkFetch() {
	var q struct {
		Issues     []string `json:"issueIdsOrKeys"`
		Fields     []string `json:"fields"`
		Expand     nameList `json:"expand"`
		Properties []string `json:"properties"`
		ByKeys     bool     `json:"fieldsByKeys"`
	}
	if !c.cloudBody(&q) {
		return
	}
	most := 100
	large := []string{"changelog", "editmeta", "operations", "renderedFields", "transitions", "versionedRepresentations"}
	if len(q.Fields) >= 1 && len(q.Fields) <= 100 && !slices.ContainsFunc(q.Fields, multiValued) && !slices.ContainsFunc(large, q.Expand.has) {
		most = 1000
	}
	if len(q.Issues) == 0 || len(q.Issues) > most {
		c.refuse(http.StatusBadRequest, "issueIdsOrKeys must hold between 1 and "+strconv.Itoa(most)+" issues.")
		return
	}
	issues, missing := c.named(q.Issues)
	want := c.cloudRendering(c.at, q.Fields, false, q.Expand, embeddedInLists)
	var b bytes.Buffer
	b.WriteString(`{"issues":[`)
	for n, i := range issues {
		if n > 0 {
			b.WriteByte(',')
		}
		c.write(&b, i, &want)
	}
	errors := []any{}
	if _, ok := c.suffers("errors-missing"); !ok {
		for _, name := range missing {
			errors = append(errors, map[string]any{"id": name, "errorMessage": "Issue does not exist or you do not have permission to see it."})
		}
	}
	b.WriteString(`],"issueErrors":`)
	b.Write(encode(errors))
	b.WriteByte('}')
	c.raw(http.StatusOK, b.Bytes())
}

// named returns the issues of these ids and keys that the caller sees, each
// once and by id, and the names that stand for none.
func (c *call) named(names []string) (issues []*issue, missing []string) {
	for _, name := range names {
		if i := c.find(name); i == nil {
			missing = append(missing, name)
		} else if !slices.Contains(issues, i) {
			issues = append(issues, i)
		}
	}
	slices.SortFunc(issues, func(a, b *issue) int { return cmp.Compare(a.id, b.id) })
	return issues, missing
}

// historyJSON writes one of the issue's histories with whatever is wrong with
// it.
func (c *call) historyJSON(i *issue, k int) json.RawMessage {
	var b bytes.Buffer
	c.view.writeHistory(&b, i, k)
	if wrong := c.wrongs(i); wrong != nil {
		return wrong.history(b.Bytes())
	}
	return b.Bytes()
}

// changelog answers with a page of the issue's histories, oldest first.
func (c *call) changelog() {
	i := c.find(c.r.PathValue("key"))
	if i == nil {
		c.noSuchIssue()
		return
	}
	start, count, ok := c.offsets(100, 100)
	if !ok {
		return
	}
	all := make([]json.RawMessage, i.seen(c.at))
	for k := range all {
		all[k] = c.historyJSON(i, k)
	}
	c.json(http.StatusOK, c.pageOf(all, start, count))
}

// changelogList answers with the issue's histories of the given ids.
func (c *call) changelogList() {
	i := c.find(c.r.PathValue("key"))
	if i == nil {
		c.noSuchIssue()
		return
	}
	var q struct {
		IDs []uint64 `json:"changelogIds"`
	}
	if !c.cloudBody(&q) {
		return
	}
	all := []json.RawMessage{}
	for k := range i.seen(c.at) {
		if slices.Contains(q.IDs, i.histories[k].id) {
			all = append(all, c.historyJSON(i, k))
		}
	}
	c.json(http.StatusOK, map[string]any{"startAt": 0, "maxResults": len(all), "total": len(all), "histories": all})
}

// entry is one history of one of several issues.
type entry struct {
	i *issue
	k int // of i.histories
}

func (e entry) history() *history { return &e.i.histories[e.k] }

// compare orders histories by time, then by issue.
func (e entry) compare(at int64, id, history uint64) int {
	h := e.history()
	return cmp.Or(cmp.Compare(h.at, at), cmp.Compare(e.i.id, id), cmp.Compare(h.id, history))
}

// bulkChangelog answers with a page of the histories of several issues, oldest
// first; those of one issue may go on over the page's end. An issue that the
// caller can't have is as one without any.
func (c *call) bulkChangelog() {
	var q struct {
		Issues     []string `json:"issueIdsOrKeys"`
		FieldIDs   []string `json:"fieldIds"`
		MaxResults *int     `json:"maxResults"`
		Token      *string  `json:"nextPageToken"`
	}
	if !c.cloudBody(&q) {
		return
	}
	at, ok := c.cursorOf(q.Token, append(slices.Clone(q.FieldIDs), q.Issues...)...)
	count := 1000
	if q.MaxResults != nil {
		count = *q.MaxResults
	}
	switch {
	case !ok:
		c.refuse(http.StatusBadRequest, badToken)
	case count < 1 || count > 10000:
		c.refuse(http.StatusBadRequest, "The value of maxResults must be in the range 1-10000.")
	case len(q.Issues) == 0 || len(q.Issues) > 1000:
		c.refuse(http.StatusBadRequest, "issueIdsOrKeys must hold between 1 and 1000 issues.")
	case len(q.FieldIDs) > 10:
		c.refuse(http.StatusBadRequest, "At most 10 fieldIds can be given.")
	default:
		if split, ok := c.suffers("history-split"); ok {
			count = min(count, split.amount)
		}
		issues, _ := c.named(q.Issues)
		c.entryPage(c.entries(issues, q.FieldIDs), at, count)
	}
}

// entries lists the histories of the issues that changed one of the fields,
// or all with none given.
func (c *call) entries(issues []*issue, fieldIDs []string) []entry {
	var all []entry
	for _, i := range issues {
		seen := i.seen(c.at)
		if c.sufferer("history-withheld", i.id) {
			seen = max(0, seen-1)
		}
		for k := range seen {
			if e := (entry{i, k}); len(fieldIDs) == 0 || len(c.itemsFor(e, fieldIDs)) > 0 {
				all = append(all, e)
			}
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return a.compare(b.history().at, b.i.id, b.history().id) })
	return all
}

// itemsFor returns the history's items that changed one of the fields. What
// has no field id is never among them.
func (c *call) itemsFor(e entry, fieldIDs []string) []json.RawMessage {
	var items []json.RawMessage
	// They were encoded as a list.
	_ = json.Unmarshal(c.view.cloud.itemsOf(e.i)[e.k], &items)
	return slices.DeleteFunc(items, func(raw json.RawMessage) bool {
		var it cloudItem
		return json.Unmarshal(raw, &it) != nil || !slices.Contains(fieldIDs, it.FieldID)
	})
}

// issueLog is what a bulk of changelogs holds of one issue.
type issueLog struct {
	IssueID   string            `json:"issueId"`
	Histories []json.RawMessage `json:"changeHistories"`
}

func (c *call) entryPage(all []entry, at cursor, count int) {
	if at.Page > 0 {
		n, _ := slices.BinarySearchFunc(all, at, func(e entry, at cursor) int {
			if e.compare(at.HistoryAt, at.Last, at.History) > 0 {
				return 1
			}
			return -1
		})
		all = all[n:]
	}
	page := all[:min(count, len(all))]
	logs := []*issueLog{}
	byIssue := map[*issue]*issueLog{}
	_, epoch := c.suffers("history-epoch")
	for _, e := range page {
		log := byIssue[e.i]
		if log == nil {
			log = &issueLog{IssueID: formatID(e.i.id)}
			byIssue[e.i], logs = log, append(logs, log)
		}
		raw := c.historyJSON(e.i, e.k)
		if epoch {
			raw = createdAsNumber(raw, e.history().at)
		}
		log.Histories = append(log.Histories, raw)
	}
	m := map[string]any{"issueChangeLogs": logs}
	if len(page) < len(all) {
		last := page[len(page)-1]
		m["nextPageToken"] = cursor{
			Query: at.Query, At: c.at, Issued: c.at, Page: at.Page + 1,
			Last: last.i.id, History: last.history().id, HistoryAt: last.history().at,
		}.seal()
	}
	c.json(http.StatusOK, m)
}

func createdAsNumber(raw json.RawMessage, at int64) json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return raw
	}
	m["created"] = encode(at)
	return encode(m)
}
