package jirasim

import "strconv"

// history writes one changelog entry.
func (s *tale) history(id int, e logEntry) tree {
	items := make([]tree, len(e.items))
	for i, it := range e.items {
		items[i] = it.render()
	}
	return tree{"id": strconv.Itoa(id), "author": personTree(e.who), "created": s.almanac.stamp(e.at), "items": items}
}

// label returns the trait's display name and its field's id, as a changelog
// line carries them. Pseudo-fields have no id.
func (t trait) label() (name, id string) {
	switch t {
	case traitStatus:
		return "status", "status"
	case traitResolution:
		return "resolution", "resolution"
	case traitType:
		return "issuetype", "issuetype"
	case traitPriority:
		return "priority", "priority"
	case traitAssignee:
		return "assignee", "assignee"
	case traitEpic:
		return "Epic Link", customEpic
	case traitDue:
		return "duedate", "duedate"
	case traitPoints:
		return "Story Points", customPoints
	case traitFlagged:
		return "Flagged", customFlagged
	case traitVersion:
		return "Fix Version", "fixVersions"
	case traitComponent:
		return "Component", "components"
	case traitLabel:
		return "labels", "labels"
	case traitLink:
		return "Link", ""
	case traitRank:
		return "Rank", "customfield_10019"
	case traitDescription:
		return "description", "description"
	case traitComment:
		return "Comment", ""
	}
	return "Attachment", ""
}

// custom reports whether the trait is a custom field.
func (t trait) custom() bool {
	return t == traitEpic || t == traitPoints || t == traitFlagged || t == traitRank
}

// render writes one line of the changelog in Data Center's shape.
func (it logLine) render() tree {
	name, id := it.trait.label()
	o := tree{"field": name, "fieldtype": "jira"}
	if it.trait.custom() {
		o["fieldtype"] = "custom"
	}
	if id != "" {
		o["fieldId"] = id
	}
	if it.trait == traitRank { // real Jira tells no more of it
		o["from"], o["fromString"], o["to"], o["toString"] = "", "", "", "Ranked higher"
		return o
	}
	o["from"], o["fromString"] = it.side(it.from, it.before)
	o["to"], o["toString"] = it.side(it.to, it.after)
	return o
}

// side writes one side of a line: the id and the text, null where there is
// none.
func (it logLine) side(v value, list string) (id, text any) {
	switch it.trait {
	case traitLabel:
		return nil, list
	case traitDescription, traitComment, traitAttachment:
		return nil, nil // texts are nobody's business
	}
	if v == (value{}) {
		return nil, nil
	}
	switch it.trait {
	case traitEpic:
		return strconv.Itoa(v.ticket.id), v.ticket.key
	case traitLink:
		return v.ticket.key, v.id + v.ticket.key
	case traitPoints:
		return nil, v.text
	case traitFlagged:
		return "[" + v.id + "]", v.text
	}
	return v.id, v.text
}
