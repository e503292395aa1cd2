package jira

import (
	"context"
	"errors"
	"net/http"

	"plumbline/internal/flow"
)

// cloud reads Jira Cloud: search by continuation token, whole changelogs by
// bulk. It speaks version 3 of the interface: the one that Atlassian documents
// and describes by a schema. Version 2 differs in the form of rich text alone,
// and no rich text is asked for.
type cloud struct{ c *Client }

const (
	// cloudPage is how many issues are asked for at once: Cloud gives no more
	// than that as soon as a field beyond the id is wanted.
	cloudPage = 100
	// cloudIDs is how many ids are asked for at once.
	cloudIDs = 5000
	// bulkIssues is how many issues may be fetched by id at once.
	bulkIssues = 100
)

func (*cloud) api() string { return "rest/api/3/" }

// tokenSearch is the question for one page of a result.
type tokenSearch struct {
	JQL        string   `json:"jql"`
	Token      string   `json:"nextPageToken,omitempty"`
	MaxResults int      `json:"maxResults"`
	Fields     []string `json:"fields"`
	Expand     string   `json:"expand,omitempty"`
}

// bulkFetch is the question for issues by their ids.
type bulkFetch struct {
	IDs    []string `json:"issueIdsOrKeys"`
	Fields []string `json:"fields"`
	Expand []string `json:"expand,omitempty"`
}

func (s *cloud) scan(ctx context.Context, f *fields, q flow.Query, each func(flow.Page) error) error {
	h := &handover{s: s, decoder: s.decoder(f), catalog: newSent(), each: each}
	sc := &tokenScan{
		s: s, query: q, fields: f.asked(s.c.o.KeepSummaries), expand: "changelog", size: cloudPage,
		decode: h.decoder.present, again: true,
	}
	sc.take = func(ctx context.Context, rows []row) error {
		return h.page(ctx, rows, flow.Page{Total: sc.total, CreatedTo: sc.createdTo()})
	}
	return sc.run(ctx)
}

// decoder reads issues whose parent field tells all of what lies above them.
func (s *cloud) decoder(f *fields) *decoder {
	d := newDecoder(&s.c.o, f)
	d.oneParent = true
	return d
}

// ids reads the ids of all issues that match. A cursor that fails ends it: what
// is read again from elsewhere is no one census.
func (s *cloud) ids(ctx context.Context, q flow.Query, each func([]flow.IssueID) error) error {
	sc := &tokenScan{s: s, query: q, fields: []string{"id"}, size: cloudIDs, decode: placeByID}
	sc.take = func(_ context.Context, rows []row) error {
		ids := make([]flow.IssueID, len(rows))
		for k, r := range rows {
			if !r.ok {
				return s.c.incomplete(endpointSearch, "an issue has no id that can be read")
			}
			ids[k] = r.issue.ID
		}
		return each(ids)
	}
	return sc.run(ctx)
}

// fetch reads issues as they are, past the search's index.
func (s *cloud) fetch(ctx context.Context, f *fields, ids []flow.IssueID, each func(flow.Page) error) error {
	h := &handover{s: s, decoder: s.decoder(f), catalog: newSent(), each: each}
	for len(ids) > 0 {
		n := min(len(ids), bulkIssues)
		p, err := s.bulk(ctx, bulkFetch{IDs: idTexts(ids[:n]), Fields: f.asked(s.c.o.KeepSummaries), Expand: []string{"changelog"}})
		if err != nil {
			return err
		}
		rows := rowsOf(p.Issues, h.decoder.present)
		for _, id := range p.refused() {
			rows = append(rows, row{decoded: &decoded{problems: []flow.Problem{{ID: id, What: "Jira could not give the issue"}}}})
		}
		if err := h.page(ctx, rows, flow.Page{Total: -1}); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// bulk asks for at most bulkIssues issues. Where their answer grows too
// large, it asks for the halves.
func (s *cloud) bulk(ctx context.Context, ask bulkFetch) (*wireIssues, error) {
	var p wireIssues
	_, err := s.c.call(ctx, request{endpoint: endpointIssues, method: http.MethodPost, path: s.api() + "issue/bulkfetch", body: ask}, p.decode)
	if err == nil || !errors.Is(err, errTooLarge) || len(ask.IDs) == 1 {
		return &p, err
	}
	half := ask
	half.IDs = ask.IDs[:len(ask.IDs)/2]
	first, err := s.bulk(ctx, half)
	if err != nil {
		return nil, err
	}
	half.IDs = ask.IDs[len(ask.IDs)/2:]
	second, err := s.bulk(ctx, half)
	if err != nil {
		return nil, err
	}
	return &wireIssues{append(first.Issues, second.Issues...), append(first.Errors, second.Errors...)}, nil
}

// handover completes the issues of one page after the other and hands them
// over.
type handover struct {
	s       *cloud
	decoder *decoder
	catalog *sent
	each    func(flow.Page) error
}

// page hands over the rows as p. Nothing is handed over of no rows.
func (h *handover) page(ctx context.Context, rows []row, p flow.Page) error {
	if len(rows) == 0 {
		return nil
	}
	if err := h.s.completeLogs(ctx, h.decoder, rows); err != nil {
		return err
	}
	p.Site = h.s.c.o.Site
	for _, r := range rows {
		p.Problems = append(p.Problems, r.problems...)
		if r.ok {
			p.Issues = append(p.Issues, r.issue)
			p.Said = append(p.Said, h.decoder.said(r.decoded)...)
			h.catalog.into(&p.Batch, r.decoded)
		}
	}
	return h.each(p)
}

func idTexts(ids []flow.IssueID) []string {
	texts := make([]string, len(ids))
	for k, id := range ids {
		texts[k] = idText(id)
	}
	return texts
}
