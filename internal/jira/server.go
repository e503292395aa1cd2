package jira

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"plumbline/internal/flow"
)

// server reads Data Center and Server: search by offset, changelogs embedded.
type server struct{ c *Client }

const (
	// pageSize is how many issues are asked for at once. Histories can be
	// long; larger pages have run servers out of memory.
	pageSize = 50
	// smallestPage is the least that the scan works with: one row to check
	// the place by, and one to read.
	smallestPage = 2
)

// search is one page of issues.
type search struct {
	JQL        string   `json:"jql"`
	StartAt    int      `json:"startAt"`
	MaxResults int      `json:"maxResults"`
	Fields     []string `json:"fields"`
	Expand     []string `json:"expand,omitempty"`
}

func (s *server) scan(ctx context.Context, f *fields, q flow.Query, each func(flow.Page) error) error {
	d := newDecoder(&s.c.o, f)
	sc := &scan{
		s: s, query: q, each: each, fields: s.asked(f), expand: []string{"changelog"},
		size: pageSize, decoder: d, decode: d.issue, catalog: newSent(),
	}
	return sc.run(ctx)
}

func (*server) api() string { return "rest/api/2/" }

// asked lists the fields to ask for: "epic" and "flagged" are custom fields'
// values as some servers give them under names of their own.
func (s *server) asked(f *fields) []string {
	return append(f.asked(s.c.o.KeepSummaries), "epic", "flagged")
}

// page asks for one page. Where the answer grows too large, it asks for fewer
// issues from then on.
func (s *server) page(ctx context.Context, sc *scan) (*wirePage, error) {
	for {
		var p wirePage
		ask := search{
			JQL: scanJQL(s.c.o.Scope, sc.anchored()), StartAt: sc.startAt, MaxResults: sc.size,
			Fields: sc.fields, Expand: sc.expand,
		}
		_, err := s.c.call(ctx, request{endpoint: endpointSearch, method: http.MethodPost, path: "rest/api/2/search", body: ask}, p.decode)
		if errors.Is(err, errTooLarge) && sc.size > smallestPage {
			sc.size = max(sc.size/2, smallestPage)
			continue
		}
		return &p, err
	}
}

// whole returns the issue again with its changelog complete, where the one
// at hand came cut short.
func (s *server) whole(ctx context.Context, sc *scan, cut *decoded) (*decoded, error) {
	i := &cut.issue
	if i.Announced <= cut.served {
		return cut, nil
	}
	raw, err := s.raw(ctx, i.ID, sc.fields)
	switch {
	case errors.Is(err, errTooLarge), unavailable(err):
		cut.trouble(fmt.Sprintf("changelog: Jira announces %d entries and gives %d; the issue by itself can't be had", i.Announced, cut.served))
		return cut, nil
	case err != nil:
		return nil, err
	}
	full := sc.decoder.issue(raw)
	if !full.ok || full.issue.ID != i.ID || full.served < cut.served {
		full = cut
	}
	full.checkLog()
	return full, nil
}

// raw asks for one issue with its changelog.
func (s *server) raw(ctx context.Context, id flow.IssueID, fields []string) (raw json.RawMessage, err error) {
	path := s.api() + "issue/" + idText(id) + "?expand=changelog&fields=" + strings.Join(fields, ",")
	_, err = s.c.call(ctx, request{endpoint: endpointIssue, method: http.MethodGet, path: path}, into(&raw))
	return raw, err
}

// checkLog notes where fewer entries came than Jira announced.
func (d *decoded) checkLog() {
	if d.issue.Announced > d.served {
		d.trouble(fmt.Sprintf("changelog: Jira announces %d entries and gives %d", d.issue.Announced, d.served))
	}
}

func idText(id flow.IssueID) string { return strconv.FormatUint(uint64(id), 10) }

// unavailable reports whether Jira refuses to give the one thing that was
// asked for, while all else is well.
func unavailable(err error) bool {
	var api *APIError
	return errors.As(err, &api) && api.Status >= 400 && (!api.again || api.Status == http.StatusInternalServerError) &&
		!errors.Is(err, ErrAuth) && !errors.Is(err, ErrYield)
}

// errorf says what is wrong with the answers to a search, beyond one request.
func (s *server) errorf(format string, args ...any) error {
	return &APIError{Site: s.c.o.Site, Endpoint: string(endpointSearch), What: fmt.Sprintf(format, args...)}
}

// sent remembers which statuses and versions a scan has handed over, so that
// each is handed over when it is new or has changed and not with every issue.
type sent struct {
	statuses map[string]flow.StatusInfo
	versions map[string]flow.Version
}

func newSent() *sent {
	return &sent{statuses: make(map[string]flow.StatusInfo), versions: make(map[string]flow.Version)}
}

func (s *sent) into(b *flow.Batch, d *decoded) {
	if old, ok := s.statuses[d.status.ID]; d.status.ID != "" && (!ok || old != d.status) {
		s.statuses[d.status.ID] = d.status
		b.Statuses = append(b.Statuses, d.status)
	}
	for _, v := range d.versions {
		if old, ok := s.versions[v.ID]; !ok || old != v {
			s.versions[v.ID] = v
			b.Versions = append(b.Versions, v)
		}
	}
}
