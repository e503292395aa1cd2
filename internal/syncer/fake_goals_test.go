package syncer_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"plumbline/internal/flow"
)

// refusal is how the site refuses a JQL that it does not take.
type refusal string

func (r refusal) Error() string    { return "400: " + string(r) }
func (r refusal) Rejected() string { return string(r) }
func (r refusal) Refused() bool    { return true }

func (s *site) Select(_ context.Context, jql string, each func([]flow.IssueID) error) error {
	err := s.ask("select " + jql)
	if err != nil && !strings.Contains(err.Error(), "cut") {
		return err
	}
	matches, ok := s.jqls[jql]
	if !ok {
		return refusal("the value does not exist")
	}
	ids := slices.DeleteFunc(s.ids(), func(id flow.IssueID) bool { return !s.matches(s.issues[id]) || !matches(s.issues[id]) })
	if err != nil {
		ids = ids[:1]
	}
	return cmp.Or(each(append(ids, ids...)), err) // as a site may that shifts its rows
}

func (s *site) Hear(_ context.Context, field string, ids []flow.IssueID, each func(flow.Said) error) error {
	if err := s.ask(fmt.Sprint("hear ", field, " of ", ids)); err != nil {
		return err
	}
	if field != "Progress" {
		return refusal("there is no field " + field)
	}
	for _, id := range ids {
		if t := s.issues[id]; s.live(t) {
			if err := each(flow.Said{Site: "acme", Field: field, ID: id, History: s.said[id]}); err != nil {
				return err
			}
		}
	}
	return nil
}
