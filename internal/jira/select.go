package jira

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"plumbline/internal/flow"
)

// Select reads the id of every issue in scope that the JQL matches, as IDs
// does. Where Jira does not take the JQL, the error is an ErrConfig and tells
// so by Rejected.
func (c *Client) Select(ctx context.Context, jql string, each func([]flow.IssueID) error) error {
	kind := c.kind()
	if kind == nil {
		return c.unprepared()
	}
	if err := flow.CheckJQL(jql); err != nil {
		return &APIError{
			Site: c.o.Site, Endpoint: string(endpointSearch), What: fmt.Sprintf("the JQL %s", err), kind: ErrConfig, declared: true,
		}
	}
	read := false
	err := kind.ids(ctx, flow.Query{JQL: jql}, func(ids []flow.IssueID) error {
		read = true
		return each(ids)
	})
	var refused *APIError
	if !read && errors.As(err, &refused) && refused.Status == http.StatusBadRequest {
		// The scope by itself is taken, or the run would not have come here.
		of := *refused
		of.What, of.Mend, of.declared = "Jira refuses the JQL", "try it in Jira's own search as the same account", true
		return &of
	}
	return err
}
