package jirasim

import "strconv"

// rawEntry is one changelog entry as Jira sends it.
type rawEntry struct {
	ID      string    `json:"id"`
	Author  rawPerson `json:"author"`
	Created string    `json:"created"`
	Items   []rawLine `json:"items"`
}

// rawLine is one item of an entry. What is null is nil.
type rawLine struct {
	Field      string `json:"field"`
	FieldType  string `json:"fieldtype"`
	FieldID    string `json:"fieldId,omitempty"`
	From       any    `json:"from"`
	FromString any    `json:"fromString"`
	To         any    `json:"to"`
	ToString   any    `json:"toString"`
}

// history writes one changelog entry.
func (s *tale) history(id int, e logEntry) rawEntry {
	lines := make([]rawLine, len(e.items))
	for i, it := range e.items {
		lines[i] = it.render()
	}
	return rawEntry{strconv.Itoa(id), person(e.who), s.almanac.stamp(e.at), lines}
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
func (it logLine) render() rawLine {
	name, id := it.trait.label()
	l := rawLine{Field: name, FieldType: "jira", FieldID: id}
	if it.trait.custom() {
		l.FieldType = "custom"
	}
	if it.trait == traitRank { // real Jira tells no more of it
		l.From, l.FromString, l.To, l.ToString = "", "", "", "Ranked higher"
		return l
	}
	l.From, l.FromString = it.side(it.from, it.before)
	l.To, l.ToString = it.side(it.to, it.after)
	return l
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
