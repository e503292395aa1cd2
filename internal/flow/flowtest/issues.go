package flowtest

import (
	"slices"

	"plumbline/internal/flow"
)

// Issues are what a store holds: streamed in their order, and looked up.
type Issues []*flow.Issue

// Each gives one issue after the other, until there is an error.
func (all Issues) Each(each func(*flow.Issue) error) error {
	for _, i := range all {
		if err := each(i); err != nil {
			return err
		}
	}
	return nil
}

// Issue returns the issue of the site with the id; nil where there is none.
func (all Issues) Issue(site string, id flow.IssueID) (*flow.Issue, error) {
	k := slices.IndexFunc(all, func(i *flow.Issue) bool { return i.Site == site && i.ID == id })
	if k < 0 {
		return nil, nil
	}
	return all[k], nil
}

// IssueByKey returns the issue of the site that has the key, else the last one
// that had it; nil where there is none.
func (all Issues) IssueByKey(site, key string) (*flow.Issue, error) {
	var found *flow.Issue
	for _, i := range all {
		had := i.Now.Key == key || slices.ContainsFunc(i.Changes, func(c flow.Change) bool {
			return c.Field == flow.FieldKey && (c.From.Name == key || c.To.Name == key)
		})
		if i.Site == site && had && (found == nil || i.Now.Key == key || found.Now.Key != key) {
			found = i
		}
	}
	return found, nil
}
