package jirasim

import (
	"bytes"
	"encoding/json"
	"strings"
)

// cloudItem is an item of a history as Cloud writes it. What is nil is null.
type cloudItem struct {
	Field      text    `json:"field"`
	FieldType  text    `json:"fieldtype"`
	FieldID    string  `json:"fieldId,omitempty"`
	From       *string `json:"from"`
	FromString *string `json:"fromString"`
	To         *string `json:"to"`
	ToString   *string `json:"toString"`
}

// itemsOf returns the items of each of the issue's histories in Cloud's shape.
func (c *cloudShape) itemsOf(i *issue) []json.RawMessage {
	if known := c.items[i.slot].Load(); known != nil {
		return *known
	}
	all := make([]json.RawMessage, len(i.histories))
	for n := range i.histories {
		h := &i.histories[n]
		var raw []map[string]json.RawMessage
		// The loader has read the same as items.
		_ = json.Unmarshal(h.raw, &raw)
		items := make([]cloudItem, 0, len(h.items))
		for k := range h.items {
			items = append(items, c.item(&h.items[k], raw[k]))
		}
		all[n] = encode(items)
	}
	c.items[i.slot].Store(&all)
	return all
}

func (c *cloudShape) item(it *item, raw map[string]json.RawMessage) cloudItem {
	if it.kind == kindParent && !(c.legacy && it.Field != "IssueParentAssociation") || c.isParentField(it) && !c.legacy {
		return c.parentItem(it)
	}
	made := cloudItem{
		Field: it.Field, FieldType: it.FieldType, FieldID: c.fieldID(it),
		From: side(raw["from"], it.From), FromString: side(raw["fromString"], it.FromString),
		To: side(raw["to"], it.To), ToString: side(raw["toString"], it.ToString),
	}
	if it.kind == kindAssignee || strings.EqualFold(string(it.Field), "reporter") {
		made.From, made.To = c.account(it.From), c.account(it.To)
	}
	return made
}

// side keeps the difference between null and an empty text.
func side(raw json.RawMessage, t text) *string {
	if bytes.Equal(bytes.TrimSpace(raw), []byte("null")) || raw == nil {
		return nil
	}
	s := string(t)
	return &s
}

func (c *cloudShape) account(name text) *string {
	if name == "" {
		return nil
	}
	id := c.accountOf(string(name))
	return &id
}

// isParentField reports whether the item changed the Epic Link or the Parent
// Link.
func (c *cloudShape) isParentField(it *item) bool {
	return it.kind == kindIssueKey && it.target != "" && (it.target == c.w.fields.epicLink || it.target == c.parentLink)
}

// parentItem writes a change of the parent as Cloud does since 2023: by the
// parents' ids and keys, without a field's id.
func (c *cloudShape) parentItem(it *item) cloudItem {
	made := cloudItem{Field: "IssueParentAssociation", FieldType: "jira"}
	made.From, made.FromString = c.parentSide(it.From, it.FromString)
	made.To, made.ToString = c.parentSide(it.To, it.ToString)
	return made
}

func (c *cloudShape) parentSide(id, key text) (*string, *string) {
	if id == "" && key == "" {
		return nil, nil
	}
	name := strings.ToUpper(string(either(key, id)))
	number := string(id)
	if n, ok := parseID(number); !ok {
		number = c.idOf(name)
	} else if known := c.w.byID[n]; key == "" && known != nil {
		name = known.key
	}
	return &number, &name
}

// fieldID returns the id of the field that the item changed; "" for what is
// no field.
func (c *cloudShape) fieldID(it *item) string {
	switch {
	case it.FieldID != "":
		return string(it.FieldID)
	case it.target != "":
		return it.target
	case it.FieldType == "custom":
		return c.byName[string(it.Field)]
	}
	switch name := strings.ToLower(string(it.Field)); name {
	case "fix version":
		return "fixVersions"
	case "version":
		return "versions"
	case "component":
		return "components"
	case "status", "resolution", "priority", "issuetype", "assignee", "reporter", "labels", "duedate", "summary",
		"description", "environment", "timeestimate", "timeoriginalestimate", "timespent", "security":
		return name
	}
	return "" // Key, project, Link, Attachment, Comment, Workflow, the parent
}
