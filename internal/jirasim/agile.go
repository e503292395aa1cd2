package jirasim

import (
	"encoding/json"
	"slices"
	"strings"
)

// agileEpic is an issue's epic as the agile API gives it.
type agileEpic struct {
	ID   text `json:"id"`
	Key  text `json:"key"`
	Name text `json:"name"`
}

// takeAgile turns what only the agile API gives, the epic as an object and
// the flag as a truth, into the custom fields that the platform API has.
func (s *fieldSet) takeAgile(w *World) {
	names := map[string]string{} // of epics, by key
	for _, i := range w.issues {
		if raw := fieldOf(i.fields, "epic"); raw != nil {
			var e agileEpic
			if json.Unmarshal(raw, &e) == nil {
				i.fields = without(i.fields, "epic")
				if e.Key != "" {
					i.fields = with(i.fields, s.epicLink, encode(string(e.Key)))
					names[string(e.Key)] = string(e.Name)
				}
			}
		}
		if raw := fieldOf(i.fields, "flagged"); string(raw) == "true" || string(raw) == "false" {
			if s.flagged == "" {
				s.flagged = s.invent(10009, "Flagged", schemaFlagged)
			}
			i.fields = without(i.fields, "flagged")
			value := json.RawMessage("null")
			if string(raw) == "true" {
				value = flagJSON("10000", "Impediment")
			}
			i.fields = with(i.fields, s.flagged, value)
		}
	}
	s.nameEpics(w, names)
}

// nameEpics gives the epics the names that their children told, where the
// site has no field of its own for it.
func (s *fieldSet) nameEpics(w *World, names map[string]string) {
	if len(names) == 0 {
		return
	}
	for _, f := range s.custom {
		if f.custom == schemaEpicName {
			return
		}
	}
	id := s.invent(10010, "Epic Name", schemaEpicName)
	for _, i := range w.issues {
		if name := names[i.key]; name != "" {
			i.fields = with(i.fields, id, encode(name))
		}
	}
}

func flagJSON(id, value string) json.RawMessage {
	return encode([]map[string]string{{"value": value, "id": id}})
}

// with returns the sorted fields with one set, leaving the given slice as it
// is.
func with(fields []field, name string, raw json.RawMessage) []field {
	n, found := slices.BinarySearchFunc(fields, name, func(f field, name string) int { return strings.Compare(f.name, name) })
	changed := make([]field, 0, len(fields)+1)
	changed = append(append(changed, fields[:n]...), field{name, raw})
	if found {
		n++
	}
	return append(changed, fields[n:]...)
}

// without returns the sorted fields less one, leaving the given slice as it
// is.
func without(fields []field, name string) []field {
	return slices.DeleteFunc(slices.Clone(fields), func(f field) bool { return f.name == name })
}
