package jira

import (
	"context"
	"encoding/json"

	"plumbline/internal/flow"
)

// sight fetches issues by their ids. What Jira neither gives nor names in an
// error does not exist, or may not be seen; what it names in an error is asked
// for by itself.
func (s *cloud) sight(ctx context.Context, ids []flow.IssueID) ([]flow.Sighting, error) {
	var all []flow.Sighting
	for len(ids) > 0 {
		n := min(len(ids), bulkIssues)
		some, err := s.sightSome(ctx, ids[:n])
		if err != nil {
			return nil, err
		}
		all, ids = append(all, some...), ids[n:]
	}
	return all, nil
}

func (s *cloud) sightSome(ctx context.Context, ids []flow.IssueID) ([]flow.Sighting, error) {
	p, err := s.bulk(ctx, bulkFetch{IDs: idTexts(ids), Fields: sightingFields()})
	if err != nil {
		return nil, err
	}
	seen := make(map[flow.IssueID]flow.Sighting, len(p.Issues))
	odd := 0 // answers that may be any of the issues
	for _, raw := range p.Issues {
		var w wireSighting
		if json.Unmarshal(raw, &w) != nil {
			odd++
			continue
		}
		if one, ok := w.sighting(); ok {
			seen[one.ID] = one
		}
	}
	unanswered := make(map[flow.IssueID]bool)
	for _, id := range p.refused() {
		unanswered[id] = true
	}
	odd += len(p.Errors) - len(p.refused())
	var all []flow.Sighting
	var alone []flow.IssueID
	for _, id := range ids {
		one, found := seen[id]
		switch {
		case found:
			all = append(all, one)
		case unanswered[id], odd > 0:
			alone = append(alone, id)
		default:
			all = append(all, flow.Sighting{ID: id})
		}
	}
	rest, err := s.c.look(ctx, alone)
	return append(all, rest...), err
}

// wireProjectState is a project of the roster.
type wireProjectState struct {
	ID       ident  `json:"id"`
	Key      string `json:"key"`
	Archived bool   `json:"archived"`
	Deleted  bool   `json:"deleted"`
}

func (w *wireProjectState) state() flow.ProjectState {
	return flow.ProjectState{ID: string(w.ID), Key: w.Key, Archived: w.Archived, Trashed: w.Deleted}
}

func (s *cloud) projects(ctx context.Context) ([]flow.ProjectState, error) {
	var all []flow.ProjectState
	path := s.api() + "project/search?status=live&status=archived&status=deleted"
	_, err := s.c.paged(ctx, paging{endpointProject, path, 50}, func(raw []byte) error {
		var w wireProjectState
		if err := json.Unmarshal(raw, &w); err != nil {
			return err
		}
		all = append(all, w.state())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
