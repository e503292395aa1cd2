package jirasim

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// systemField is a field that every server has.
type systemField struct {
	id, name, kind, items string
	clauses               []string
}

func systemFields() []systemField {
	return []systemField{
		{"issuetype", "Issue Type", "issuetype", "", []string{"issuetype", "type"}},
		{"project", "Project", "project", "", []string{"project"}},
		{"fixVersions", "Fix Version/s", "array", "version", []string{"fixVersion"}},
		{"versions", "Affects Version/s", "array", "version", []string{"affectedVersion"}},
		{"components", "Component/s", "array", "component", []string{"component"}},
		{"labels", "Labels", "array", "string", []string{"labels"}},
		{"resolution", "Resolution", "resolution", "", []string{"resolution"}},
		{"resolutiondate", "Resolved", "datetime", "", []string{"resolutiondate", "resolved"}},
		{"created", "Created", "datetime", "", []string{"created", "createdDate"}},
		{"updated", "Updated", "datetime", "", []string{"updated", "updatedDate"}},
		{"priority", "Priority", "priority", "", []string{"priority"}},
		{"assignee", "Assignee", "user", "", []string{"assignee"}},
		{"reporter", "Reporter", "user", "", []string{"reporter"}},
		{"creator", "Creator", "user", "", []string{"creator"}},
		{"status", "Status", "status", "", []string{"status"}},
		{"summary", "Summary", "string", "", []string{"summary"}},
		{"description", "Description", "string", "", []string{"description"}},
		{"duedate", "Due Date", "date", "", []string{"due", "duedate"}},
		{"issuelinks", "Linked Issues", "array", "issuelinks", []string{}},
		{"subtasks", "Sub-Tasks", "array", "issuelinks", []string{"subtasks"}},
		{"parent", "Parent", "", "", []string{"parent"}},
		{"comment", "Comment", "comments-page", "", []string{"comment"}},
		{"worklog", "Log Work", "array", "worklog", []string{}},
		{"attachment", "Attachment", "array", "attachment", []string{"attachments"}},
		{"archiveddate", "Archived", "datetime", "", []string{}},
		{"archivedby", "Archiver", "user", "", []string{}},
		{"timetracking", "Time Tracking", "timetracking", "", []string{}},
		{"votes", "Votes", "votes", "", []string{"votes"}},
		{"watches", "Watchers", "watches", "", []string{"watchers"}},
	}
}

func (f *systemField) json() json.RawMessage {
	m := map[string]any{
		"id": f.id, "name": f.name, "custom": false, "orderable": true,
		"navigable": !hidden(f.id), "searchable": len(f.clauses) > 0, "clauseNames": f.clauses,
	}
	if f.kind != "" {
		schema := map[string]any{"type": f.kind, "system": f.id}
		if f.items != "" {
			schema["items"] = f.items
		}
		m["schema"] = schema
	}
	return encode(m)
}

// fields answers with all fields. As on Data Center, a field has neither a
// key nor a scope.
func (c *call) fields() {
	all := []json.RawMessage{encode(map[string]any{
		"id": "issuekey", "name": "Key", "custom": false, "orderable": false, "navigable": true, "searchable": false,
		"clauseNames": []string{"id", "issue", "issuekey", "key"},
	})}
	for _, f := range systemFields() {
		all = append(all, f.json())
	}
	custom := c.view.customFields()
	if _, ok := c.suffers("two-fields"); ok {
		for _, second := range c.view.doubles() {
			custom = append(custom, second)
		}
		slices.SortFunc(custom, func(a, b *customField) int { return cmp.Compare(a.id, b.id) })
	}
	for _, f := range custom {
		all = append(all, f.json())
	}
	if c.options.Flavour == Cloud {
		for n := range all {
			all[n] = cloudField(all[n])
		}
	}
	c.json(http.StatusOK, all)
}

// customFields returns the custom fields that the account sees, by id.
func (v *view) customFields() []*customField {
	var all []*customField
	for _, f := range v.w.fields.custom {
		all = append(all, f)
	}
	if v.cloud != nil {
		for _, f := range v.cloud.extra {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b *customField) int { return cmp.Compare(a.id, b.id) })
	return all
}

// isSprints reports whether the field of that id is shown with sprints.
func (v *view) isSprints(id string) bool {
	return v.w.fields.isSprintField(id) || v.cloud != nil && id == v.cloud.sprint
}

func (f *customField) json() json.RawMessage {
	digits := strings.TrimPrefix(f.id, "customfield_")
	schema := map[string]any{"custom": f.custom}
	if number, err := strconv.Atoi(digits); err == nil {
		schema["customId"] = number
	}
	schema["type"] = "any"
	switch f.custom {
	case schemaEpicName, schemaText:
		schema["type"] = "string"
	case schemaSprint:
		schema["type"], schema["items"] = "array", "string"
	case schemaFlagged, schemaPrefix + "multiselect":
		schema["type"], schema["items"] = "array", "option"
	case schemaNumber, schemaEstimate:
		schema["type"] = "number"
	case schemaTime:
		schema["type"] = "datetime"
	case schemaPrefix + "select":
		schema["type"] = "option"
	}
	return encode(map[string]any{
		"id": f.id, "name": f.name, "custom": true, "orderable": true, "navigable": true, "searchable": true,
		"clauseNames": []string{"cf[" + digits + "]", f.name}, "schema": schema,
	})
}
