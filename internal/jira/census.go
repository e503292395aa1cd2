package jira

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"plumbline/internal/flow"
)

// IDs reads the id of every issue in scope and hands them over in parts. An
// id may come more than once. Where it can't be sure to have read all, it
// returns an ErrIncomplete after what it could read.
func (c *Client) IDs(ctx context.Context, each func([]flow.IssueID) error) error {
	kind := c.kind()
	if kind == nil {
		return c.unprepared()
	}
	return kind.ids(ctx, flow.Query{}, each)
}

// Sight asks for issues by their ids, without regard to the scope. An issue
// that the site denies, because it does not exist or may not be seen, is not
// Found; one that it does not answer for, for any other reason, is left out of
// the result.
func (c *Client) Sight(ctx context.Context, ids []flow.IssueID) ([]flow.Sighting, error) {
	kind := c.kind()
	if kind == nil {
		return nil, c.unprepared()
	}
	return kind.sight(ctx, ids)
}

// Projects lists the projects that the account sees, live, archived and
// trashed.
func (c *Client) Projects(ctx context.Context) ([]flow.ProjectState, error) {
	kind := c.kind()
	if kind == nil {
		return nil, c.unprepared()
	}
	return kind.projects(ctx)
}

// Fetch reads whole issues by their ids as they are at this moment, without
// regard to the scope and to how far the site's index lags behind. Issues that
// do not exist or may not be seen are left out.
func (c *Client) Fetch(ctx context.Context, ids []flow.IssueID, each func(flow.Page) error) error {
	c.mu.Lock()
	kind, f := c.flavour, c.fields
	c.mu.Unlock()
	if kind == nil || f == nil {
		return c.unprepared()
	}
	return kind.fetch(ctx, f, ids, each)
}

// Versions lists the versions of projects. A project that is not there, or
// may not be seen, has none.
func (c *Client) Versions(ctx context.Context, projectKeys []string) ([]flow.Version, error) {
	var all []flow.Version
	for _, key := range projectKeys {
		var listed []wireVersion
		path := c.api() + "project/" + url.PathEscape(key) + "/versions"
		_, err := c.call(ctx, request{endpoint: endpointVersions, method: http.MethodGet, path: path}, into(&listed))
		if denied(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for k := range listed {
			if v := listed[k].version(key); v.ID != "" {
				all = append(all, v)
			}
		}
	}
	return all, nil
}

// version is the version of a project; a date that is none is left out.
func (w *wireVersion) version(project string) flow.Version {
	v := flow.Version{ID: w.ID, Name: w.Name, Project: project, Released: w.Released, Archived: w.Archived}
	if day, err := parseDay(w.ReleaseDate); err == nil {
		v.Release = day
	}
	return v
}

// denied reports Jira's own word that a thing does not exist or may not be
// seen. A web page with the same status is not Jira's.
func denied(err error) bool {
	var api *APIError
	return errors.As(err, &api) && api.Status == http.StatusNotFound && api.kind == nil && len(api.Messages) > 0
}

// sightingFields are what a sighting is made of. Data Center and Cloud name
// the time of archiving differently.
func sightingFields() []string { return []string{"project", "archiveddate", "archivedon"} }

// wireSighting is an issue that was asked for by its id.
type wireSighting struct {
	ID     ident  `json:"id"`
	Key    string `json:"key"`
	Fields struct {
		ArchivedDate json.RawMessage `json:"archiveddate"`
		ArchivedOn   json.RawMessage `json:"archivedon"`
	} `json:"fields"`
}

// sighting returns what was seen; false where it is no issue.
func (w *wireSighting) sighting() (flow.Sighting, bool) {
	id, ok := w.ID.number()
	s := flow.Sighting{ID: flow.IssueID(id), Found: true, Archived: isSet(w.Fields.ArchivedDate) || isSet(w.Fields.ArchivedOn)}
	if isKey(w.Key) {
		s.Key = w.Key
	}
	return s, ok
}

func isSet(raw json.RawMessage) bool { return present(raw) && string(raw) != `""` }

// look asks for single issues, several at a time. Those that the site does not
// answer for are left out.
func (c *Client) look(ctx context.Context, ids []flow.IssueID) ([]flow.Sighting, error) {
	var mu sync.Mutex
	var all []flow.Sighting
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(c.o.InFlight)
	for _, id := range ids {
		g.Go(func() error {
			s, ok, err := c.lookAt(ctx, id)
			if err != nil || !ok {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, s)
			return nil
		})
	}
	return all, g.Wait()
}

func (c *Client) lookAt(ctx context.Context, id flow.IssueID) (_ flow.Sighting, answered bool, _ error) {
	var w wireSighting
	path := c.api() + "issue/" + idText(id) + "?fields=" + strings.Join(sightingFields(), ",")
	_, err := c.call(ctx, request{endpoint: endpointIssue, method: http.MethodGet, path: path}, into(&w))
	switch {
	case denied(err):
		return flow.Sighting{ID: id}, true, nil
	case forbidden(err), unavailable(err):
		return flow.Sighting{}, false, nil
	case err != nil:
		return flow.Sighting{}, false, err
	}
	s, ok := w.sighting()
	return s, ok && s.ID == id, nil
}

// forbidden reports Jira's own word that the account may not see one thing,
// and not that it may see nothing.
func forbidden(err error) bool {
	var api *APIError
	return errors.As(err, &api) && api.Status == http.StatusForbidden && api.Endpoint == string(endpointIssue) && api.denied
}
