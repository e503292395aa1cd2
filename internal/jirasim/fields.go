package jirasim

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The schemas by which Jira's clients know a custom field.
const (
	schemaEpicLink   = "com.pyxis.greenhopper.jira:gh-epic-link"
	schemaEpicName   = "com.pyxis.greenhopper.jira:gh-epic-label"
	schemaSprint     = "com.pyxis.greenhopper.jira:gh-sprint"
	schemaRank       = "com.pyxis.greenhopper.jira:gh-lexo-rank"
	schemaEstimate   = "com.pyxis.greenhopper.jira:jsw-story-points"
	schemaParentLink = "com.atlassian.jpo:jpo-custom-field-parent"
	schemaPrefix     = "com.atlassian.jira.plugin.system.customfieldtypes:"
	schemaFlagged    = schemaPrefix + "multicheckboxes"
	schemaNumber     = schemaPrefix + "float"
	schemaTime       = schemaPrefix + "datetime"
	schemaText       = schemaPrefix + "textfield"
)

// customField is what is known of a custom field.
type customField struct {
	id, name, custom string
	told             bool // AddField described it: nothing is inferred
}

// fieldSet is the custom fields of the site.
type fieldSet struct {
	custom   map[string]*customField // by id
	epicLink string                  // the ids of those that have a meaning; "" for none
	flagged  string
}

func newFieldSet() fieldSet { return fieldSet{custom: map[string]*customField{}} }

func (s *fieldSet) describe(id, name, custom string) {
	s.custom[id] = &customField{id: id, name: name, custom: custom, told: true}
	switch {
	case custom == schemaEpicLink:
		s.epicLink = id
	case custom == schemaFlagged && name == "Flagged":
		s.flagged = id
	}
}

// bind tells how the item is undone and which custom field it changed.
func (s *fieldSet) bind(it *item) (kind, string) {
	if f := s.custom[string(it.FieldID)]; f != nil {
		return f.kind(), f.id
	}
	if it.FieldType == "custom" {
		switch it.Field {
		case "Parent Issue":
			return kindParent, ""
		case "Epic Link":
			return kindIssueKey, s.epicLink
		case "Flagged":
			if s.flagged != "" {
				return kindFlagged, s.flagged
			}
		}
		return kindOther, ""
	}
	return systemKind(string(either(it.FieldID, it.Field))), ""
}

func (f *customField) kind() kind {
	switch {
	case f.custom == schemaEpicLink || f.custom == schemaParentLink:
		return kindIssueKey
	case f.custom == schemaNumber || f.custom == schemaEstimate:
		return kindNumber
	case f.custom == schemaFlagged && f.name == "Flagged":
		return kindFlagged
	}
	return kindOther
}

// infer finds out what the dump's custom fields are, by the histories that
// name them and by the shapes of their values, and gives the agile API's
// fields the form that the platform's have.
func (s *fieldSet) infer(w *World) {
	shapes := shapesOf(w.issues)
	for id, shape := range shapes {
		s.custom[id] = &customField{id: id, name: id, custom: shape.schema()}
		if s.custom[id].custom == schemaFlagged {
			s.custom[id].name = "Flagged"
		}
	}
	for id, name := range namesInHistories(w.issues) {
		f := s.custom[id]
		if f == nil {
			f = &customField{id: id, custom: schemaText}
			s.custom[id] = f
		}
		f.name = name
		f.custom = schemaByName(name, f.custom)
	}
	ids := make([]string, 0, len(s.custom))
	for id := range s.custom {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		switch f := s.custom[id]; {
		case f.custom == schemaEpicLink:
			s.epicLink = id
		case f.custom == schemaFlagged && f.name == "Flagged":
			s.flagged = id
		}
	}
	if s.epicLink == "" {
		s.epicLink = mostlyEpics(ids, shapes, w)
		if f := s.custom[s.epicLink]; f != nil {
			f.name, f.custom = "Epic Link", schemaEpicLink
		} else {
			s.epicLink = s.invent(10008, "Epic Link", schemaEpicLink)
		}
	}
	if s.flagged == "" && flaggedOnce(w.issues) {
		s.flagged = s.invent(10009, "Flagged", schemaFlagged)
	}
	for id, f := range s.custom {
		names := map[string]string{schemaSprint: "Sprint", schemaRank: "Rank", schemaEpicLink: "Epic Link"}
		if name := names[f.custom]; name != "" && f.name == id {
			f.name = name
		}
	}
	s.takeAgile(w)
}

// invent adds a custom field under the first free id from n on.
func (s *fieldSet) invent(n int, name, custom string) string {
	for ; ; n++ {
		id := "customfield_" + strconv.Itoa(n)
		if s.custom[id] == nil {
			s.custom[id] = &customField{id: id, name: name, custom: custom}
			return id
		}
	}
}

// schemaByName knows the fields whose items carry their English names.
func schemaByName(name, inferred string) string {
	switch name {
	case "Epic Link":
		return schemaEpicLink
	case "Epic Name":
		return schemaEpicName
	case "Parent Link":
		return schemaParentLink
	case "Sprint":
		return schemaSprint
	case "Flagged":
		return schemaFlagged
	case "Rank":
		return schemaRank
	case "Story Points":
		return schemaNumber
	case "Story point estimate":
		return schemaEstimate
	}
	return inferred
}

// namesInHistories returns the custom fields that histories name along with
// their ids; the newest name where it changed.
func namesInHistories(issues []*issue) map[string]string {
	names := map[string]string{}
	at := map[string]int64{}
	for _, i := range issues {
		for n := range i.histories {
			h := &i.histories[n]
			for k := range h.items {
				id := string(h.items[k].FieldID)
				if strings.HasPrefix(id, "customfield_") && h.items[k].Field != "" && h.at >= at[id] {
					names[id], at[id] = string(h.items[k].Field), h.at
				}
			}
		}
	}
	return names
}

// flaggedOnce reports whether an issue's history tells of a flag without
// telling the field's id.
func flaggedOnce(issues []*issue) bool {
	return slices.ContainsFunc(issues, func(i *issue) bool {
		return slices.ContainsFunc(i.histories, func(h history) bool {
			return slices.ContainsFunc(h.items, func(it item) bool {
				return it.Field == "Flagged" && it.FieldType == "custom" && it.FieldID == ""
			})
		})
	})
}

// shape is what all values of a custom field have in common.
type shape struct {
	keys                                                      map[string]bool // the values, while all are issue keys
	sprints, flags, numbers, ranks, times, texts, lists, some bool
}

var (
	keyPattern  = regexp.MustCompile(`^[A-Z][A-Z0-9_]*-[0-9]+$`)
	rankPattern = regexp.MustCompile(`^[0-9]+\|[0-9a-z]+:[0-9a-z]*$`)
)

func shapesOf(issues []*issue) map[string]*shape {
	shapes := map[string]*shape{}
	for _, i := range issues {
		for _, f := range i.fields {
			if !strings.HasPrefix(f.name, "customfield_") {
				continue
			}
			s := shapes[f.name]
			if s == nil {
				s = &shape{keys: map[string]bool{}, sprints: true, flags: true, numbers: true, ranks: true, times: true, texts: true, lists: true}
				shapes[f.name] = s
			}
			s.see(f.raw)
		}
	}
	return shapes
}

func (s *shape) see(raw json.RawMessage) {
	if isNull(raw) || string(raw) == "[]" {
		return
	}
	s.some = true
	s.numbers = s.numbers && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9')
	s.lists = s.lists && raw[0] == '['
	s.sprints = s.sprints && isSprints(raw)
	s.flags = s.flags && isFlag(raw)
	var t string
	if raw[0] != '"' || json.Unmarshal(raw, &t) != nil {
		s.texts, s.ranks, s.times, s.keys = false, false, false, nil
		return
	}
	s.ranks = s.ranks && rankPattern.MatchString(t)
	_, isTime := parseStamp(t)
	s.times = s.times && isTime && len(t) == len(stampLayout)
	if s.keys != nil && keyPattern.MatchString(t) {
		s.keys[t] = true
	} else {
		s.keys = nil
	}
}

func (s *shape) schema() string {
	switch {
	case !s.some || s.texts && !s.ranks && !s.times:
		return schemaText
	case s.sprints:
		return schemaSprint
	case s.flags:
		return schemaFlagged
	case s.numbers:
		return schemaNumber
	case s.ranks:
		return schemaRank
	case s.times:
		return schemaTime
	case s.lists:
		return schemaPrefix + "multiselect"
	}
	return schemaPrefix + "select"
}

// mostlyEpics returns the field that the dump links its epics by: all its
// values are keys of issues, and of those issues that the dump has, most are
// epics. A dump seldom has all: epics lie in other projects too. "" for none.
func mostlyEpics(ids []string, shapes map[string]*shape, w *World) string {
	epics := epicKeys(w.issues)
	best, found := 0, ""
	for _, id := range ids {
		s := shapes[id]
		if s == nil {
			continue
		}
		ofEpics, ofOthers := 0, 0
		for key := range s.keys {
			switch {
			case epics[key]:
				ofEpics++
			case w.byKey[key] != nil:
				ofOthers++
			}
		}
		if ofEpics > best && ofEpics > ofOthers {
			best, found = ofEpics, id
		}
	}
	return found
}

// isSprints knows the Server's texts and Cloud's objects.
func isSprints(raw json.RawMessage) bool {
	var texts []string
	if json.Unmarshal(raw, &texts) == nil {
		return len(texts) > 0 && strings.HasPrefix(texts[0], "com.atlassian.greenhopper.service.sprint.Sprint@")
	}
	var objects []struct {
		Name, State *string
		BoardID     json.RawMessage `json:"boardId"`
		Start       json.RawMessage `json:"startDate"`
		Goal        json.RawMessage `json:"goal"`
	}
	if json.Unmarshal(raw, &objects) != nil || len(objects) == 0 {
		return false
	}
	o := objects[0]
	return o.Name != nil && o.State != nil && (o.BoardID != nil || o.Start != nil || o.Goal != nil)
}

func isFlag(raw json.RawMessage) bool {
	var options []struct {
		Value string `json:"value"`
	}
	return json.Unmarshal(raw, &options) == nil && len(options) == 1 && options[0].Value == "Impediment"
}

// epicKeys returns the keys of all epics of the dump.
func epicKeys(issues []*issue) map[string]bool {
	keys := map[string]bool{}
	for _, i := range issues {
		var t struct {
			Name  string `json:"name"`
			Level int    `json:"hierarchyLevel"`
		}
		raw := fieldOf(i.fields, "issuetype")
		if !isNull(raw) && json.Unmarshal(raw, &t) == nil && (strings.EqualFold(t.Name, "Epic") || t.Level == 1) {
			keys[i.key] = true
		}
	}
	return keys
}

// fieldOf returns the raw value of the field; nil where the issue has none.
func fieldOf(fields []field, name string) json.RawMessage {
	n, ok := slices.BinarySearchFunc(fields, name, func(f field, name string) int { return strings.Compare(f.name, name) })
	if !ok {
		return nil
	}
	return fields[n].raw
}
