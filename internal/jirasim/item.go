package jirasim

import "strings"

// item is one item of a history.
type item struct {
	Field      text `json:"field"`
	FieldType  text `json:"fieldtype"`
	FieldID    text `json:"fieldId"`
	From       text `json:"from"`
	FromString text `json:"fromString"`
	To         text `json:"to"`
	ToString   text `json:"toString"`

	kind kind
	// target is the field that the item changed, for kinds of custom fields.
	target string
}

// kind tells how an item is undone.
type kind uint8

const (
	kindOther kind = iota
	kindStatus
	kindResolution
	kindPriority
	kindType
	kindAssignee
	kindLabels
	kindDue
	kindSummary
	kindFixVersion
	kindVersion
	kindComponent
	kindParent
	kindKey
	kindProject
	kindLink
	kindIssueKey // a custom field whose value is another issue's key
	kindNumber
	kindFlagged
)

// systemKind returns the kind by the item's field id or, where an older
// server gives none, by its field's English name, in any case.
func systemKind(name string) kind {
	switch strings.ToLower(name) {
	case "status":
		return kindStatus
	case "resolution":
		return kindResolution
	case "priority":
		return kindPriority
	case "issuetype":
		return kindType
	case "assignee":
		return kindAssignee
	case "labels":
		return kindLabels
	case "duedate":
		return kindDue
	case "summary":
		return kindSummary
	case "fixversions", "fix version":
		return kindFixVersion
	case "versions", "version":
		return kindVersion
	case "components", "component":
		return kindComponent
	case "parent", "parent issue", "issueparentassociation":
		return kindParent
	case "key":
		return kindKey
	case "project":
		return kindProject
	case "link":
		return kindLink
	}
	return kindOther
}

// bindItems tells every item how it is undone.
func (w *World) bindItems() {
	for _, i := range w.issues {
		for n := range i.histories {
			items := i.histories[n].items
			for k := range items {
				items[k].kind, items[k].target = w.fields.bind(&items[k])
			}
		}
	}
}

func (it *item) oldKey() string { return strings.ToUpper(string(either(it.FromString, it.From))) }
func (it *item) newKey() string { return strings.ToUpper(string(either(it.ToString, it.To))) }

func either(a, b text) text {
	if a != "" {
		return a
	}
	return b
}
