package jira

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"plumbline/internal/flow"
)

// fields are the custom fields of a site that mean something to us. A site
// may have several of one kind after a migration; the first that holds a value
// counts.
type fields struct {
	Format      int        `json:"format"`
	EpicLink    []fieldRef `json:"epic_link,omitempty"`
	EpicName    []fieldRef `json:"epic_name,omitempty"`
	ParentLink  []fieldRef `json:"parent_link,omitempty"`
	Sprint      []fieldRef `json:"sprint,omitempty"`
	Flagged     []fieldRef `json:"flagged,omitempty"`
	Rank        []fieldRef `json:"rank,omitempty"`
	StoryPoints []fieldRef `json:"story_points,omitempty"`
	// Configured are those that the configuration named.
	Configured Fields `json:"configured"`
	// Reported is the field that is read for what it says of progress; nil
	// for none. It stands in for no other, and is not kept.
	Reported *fieldRef `json:"-"`
}

// fieldsFormat numbers the form in which fields are kept between processes.
const fieldsFormat = 2

// fieldRef is a field by its id and the name under which changelogs of older
// sites know it.
type fieldRef struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// customPrefix is how the ids of custom fields begin.
const customPrefix = "customfield_"

// wireField is one element of the answer of field.
type wireField struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Untranslated is the name that Jira itself gave the field, which Cloud
	// tells beside the one in the account's language.
	Untranslated string `json:"untranslatedName"`
	Schema       struct {
		Type   string `json:"type"`
		Custom string `json:"custom"`
	} `json:"schema"`
}

// The kinds of custom fields, which no translation changes.
const (
	schemaEpicLink    = "com.pyxis.greenhopper.jira:gh-epic-link"
	schemaEpicName    = "com.pyxis.greenhopper.jira:gh-epic-label"
	schemaSprint      = "com.pyxis.greenhopper.jira:gh-sprint"
	schemaRank        = "com.pyxis.greenhopper.jira:gh-lexo-rank"
	schemaParentLink  = "com.atlassian.jpo:jpo-custom-field-parent"
	schemaStoryPoints = "com.pyxis.greenhopper.jira:jsw-story-points"
	schemaFloat       = "com.atlassian.jira.plugin.system.customfieldtypes:float"
	schemaCheckboxes  = "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes"
)

// Discover asks for the site's fields and statuses and adopts the fields.
func (c *Client) Discover(ctx context.Context) ([]byte, []flow.StatusInfo, error) {
	var listed []wireField
	if _, err := c.call(ctx, request{endpoint: endpointField, method: http.MethodGet, path: c.api() + "field"}, into(&listed)); err != nil {
		return nil, nil, err
	}
	var statuses []wireStatus
	if _, err := c.call(ctx, request{endpoint: endpointStatus, method: http.MethodGet, path: c.api() + "status"}, into(&statuses)); err != nil {
		return nil, nil, err
	}
	f := discover(listed, c.o.Fields)
	kept, err := json.Marshal(f)
	if err != nil {
		return nil, nil, fmt.Errorf("site %s: keeping the fields: %w", c.o.Site, err)
	}
	c.mu.Lock()
	c.fields = f
	c.mu.Unlock()
	infos := make([]flow.StatusInfo, 0, len(statuses))
	for k := range statuses {
		if s := &statuses[k]; s.ID != "" {
			infos = append(infos, s.info())
		}
	}
	return kept, infos, nil
}

// Types lists the site's issue types with their levels. Data Center tells
// sub-tasks apart, and of the others an epic by its name alone.
func (c *Client) Types(ctx context.Context) ([]flow.IssueType, error) {
	var listed []wireType
	if _, err := c.call(ctx, request{endpoint: endpointType, method: http.MethodGet, path: c.api() + "issuetype"}, into(&listed)); err != nil {
		return nil, err
	}
	d := newDecoder(&c.o, &fields{})
	var all []flow.IssueType
	for k := range listed {
		if t := &listed[k]; t.ID != "" {
			all = append(all, flow.IssueType{ID: t.ID, Name: plain(t.Name, 200), Level: d.level(t, nil)})
		}
	}
	return all, nil
}

// Use adopts the fields found by an earlier Discover. It refuses them where
// the configuration has changed since.
func (c *Client) Use(kept []byte) error {
	var f fields
	if err := json.Unmarshal(kept, &f); err != nil {
		return fmt.Errorf("site %s: kept fields: %w", c.o.Site, err)
	}
	if f.Format != fieldsFormat {
		return fmt.Errorf("site %s: kept fields have format %d, not %d", c.o.Site, f.Format, fieldsFormat)
	}
	for _, refs := range f.all() {
		for _, r := range refs {
			if !fieldID.MatchString(r.ID) {
				return fmt.Errorf("site %s: kept fields: an id is none", c.o.Site)
			}
		}
	}
	now := c.o.Fields.meanings()
	for k, m := range f.Configured.meanings() {
		if !slices.Equal(m.ids, now[k].ids) {
			return fmt.Errorf("site %s: kept fields: the configuration now names others for %s", c.o.Site, m.name)
		}
	}
	c.mu.Lock()
	c.fields = &f
	c.mu.Unlock()
	return nil
}

func (f *fields) all() [][]fieldRef {
	return [][]fieldRef{f.EpicLink, f.EpicName, f.ParentLink, f.Sprint, f.Flagged, f.Rank, f.StoryPoints}
}

// discover finds the fields that mean something to us by their kind, which is
// the same in every language; where the kind says too little, by Jira's
// English name. Configured fields come first.
func discover(listed []wireField, configured Fields) *fields {
	f := &fields{Format: fieldsFormat, Configured: configured}
	lists := []*[]fieldRef{&f.EpicLink, &f.ParentLink, &f.Sprint, &f.Flagged, &f.StoryPoints}
	for n, m := range configured.meanings() {
		for _, id := range m.ids {
			ref := fieldRef{ID: id}
			if k := slices.IndexFunc(listed, func(w wireField) bool { return w.ID == id }); k >= 0 {
				ref.Name = plain(listed[k].Name, 200)
			}
			*lists[n] = append(*lists[n], ref)
		}
	}
	for k := range listed {
		w := &listed[k]
		if !fieldID.MatchString(w.ID) {
			continue
		}
		if into := f.kind(w); into != nil && !slices.ContainsFunc(*into, func(r fieldRef) bool { return r.ID == w.ID }) {
			*into = append(*into, fieldRef{ID: w.ID, Name: plain(w.Name, 200)})
		}
	}
	return f
}

// kind returns the list to which a field belongs, nil for none.
func (f *fields) kind(w *wireField) *[]fieldRef {
	named := func(name string) bool {
		return strings.EqualFold(w.Name, name) || strings.EqualFold(w.Untranslated, name)
	}
	switch w.Schema.Custom {
	case schemaEpicLink:
		return &f.EpicLink
	case schemaEpicName:
		return &f.EpicName
	case schemaParentLink:
		return &f.ParentLink
	case schemaSprint:
		return &f.Sprint
	case schemaRank:
		return &f.Rank
	case schemaStoryPoints:
		return &f.StoryPoints
	case schemaFloat:
		if named("Story Points") || named("Story point estimate") {
			return &f.StoryPoints
		}
	case schemaCheckboxes:
		if named("Flagged") {
			return &f.Flagged
		}
	}
	return nil
}

// asked lists the fields to ask for: an explicit list keeps answers small and
// does not depend on what a site shows by default. None of them is rich text.
func (f *fields) asked(summaries bool) []string {
	list := []string{
		"issuetype", "project", "status", "resolution", "resolutiondate", "created", "updated", "duedate",
		"priority", "assignee", "labels", "fixVersions", "parent", "issuelinks",
	}
	if summaries {
		list = append(list, "summary")
	}
	for _, refs := range f.read() {
		for _, r := range refs {
			list = append(list, r.ID)
		}
	}
	return list
}

// read lists the kinds of which an issue's present value is read; of the
// others only changes are.
func (f *fields) read() [][]fieldRef {
	all := [][]fieldRef{f.EpicLink, f.EpicName, f.ParentLink, f.Flagged, f.StoryPoints}
	if f.Reported != nil {
		all = append(all, []fieldRef{*f.Reported})
	}
	return all
}
