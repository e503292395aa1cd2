package jira

import (
	"context"
	"errors"
	"net/http"

	"plumbline/internal/flow"
)

// serverIDs is how many ids are asked for at once; most servers give fewer.
const serverIDs = 1000

// ids reads the ids in the same way as whole issues, with nothing but the
// creation beside them: by it the scan notices rows that shift.
func (s *server) ids(ctx context.Context, q flow.Query, each func([]flow.IssueID) error) error {
	d := newDecoder(&s.c.o, &fields{})
	sc := &scan{s: s, query: q, fields: []string{"created"}, size: serverIDs, decoder: d, decode: d.place, catalog: newSent()}
	sc.each = func(p flow.Page) error {
		if len(p.Problems) > 0 {
			return s.c.incomplete(endpointSearch, "an issue has no id or creation that can be read")
		}
		ids := make([]flow.IssueID, len(p.Issues))
		for k := range p.Issues {
			ids[k] = p.Issues[k].ID
		}
		return each(ids)
	}
	return sc.run(ctx)
}

// sight asks for one issue after the other: a search would refuse ids that are
// no more, and does not reach what is archived.
func (s *server) sight(ctx context.Context, ids []flow.IssueID) ([]flow.Sighting, error) {
	return s.c.look(ctx, ids)
}

func (s *server) projects(ctx context.Context) ([]flow.ProjectState, error) {
	var listed []wireProjectState
	path := s.api() + "project?includeArchived=true"
	if _, err := s.c.call(ctx, request{endpoint: endpointProject, method: http.MethodGet, path: path}, into(&listed)); err != nil {
		return nil, err
	}
	all := make([]flow.ProjectState, len(listed))
	for k := range listed {
		all[k] = listed[k].state()
	}
	return all, nil
}

// fetch asks for one issue after the other. They are handed over one by one:
// they are few, and each may be large.
func (s *server) fetch(ctx context.Context, f *fields, ids []flow.IssueID, each func(flow.Page) error) error {
	d, catalog, asked := newDecoder(&s.c.o, f), newSent(), s.asked(f)
	for _, id := range ids {
		p := flow.Page{Batch: flow.Batch{Site: s.c.o.Site}, Total: -1}
		raw, err := s.raw(ctx, id, asked)
		switch {
		case denied(err):
			continue
		case errors.Is(err, errTooLarge), forbidden(err), unavailable(err):
			p.Problems = []flow.Problem{{ID: id, What: "Jira could not give the issue"}}
		case err != nil:
			return err
		default:
			one := d.issue(raw)
			one.checkLog()
			if p.Problems = one.problems; one.ok {
				p.Issues = []flow.Issue{one.issue}
				p.Said = d.said(one)
				catalog.into(&p.Batch, one)
			}
		}
		if err := each(p); err != nil {
			return err
		}
	}
	return nil
}
