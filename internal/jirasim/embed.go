package jirasim

import (
	"encoding/json"
	"strings"
)

// linkJSON is an issue link with what is needed to follow it.
type linkJSON struct {
	Type struct {
		Inward  string `json:"inward"`
		Outward string `json:"outward"`
	} `json:"type"`
	Inward  json.RawMessage `json:"inwardIssue"`
	Outward json.RawMessage `json:"outwardIssue"`
}

// embedded is another issue as it stands inside of an issue.
type embedded json.RawMessage

func (l *linkJSON) other() embedded {
	if len(l.Outward) > 0 {
		return embedded(l.Outward)
	}
	return embedded(l.Inward)
}

// phrase is the link's words on this issue's side.
func (l *linkJSON) phrase() string {
	if len(l.Outward) > 0 {
		return l.Type.Outward
	}
	return l.Type.Inward
}

func (e embedded) key() string {
	var v entity
	if json.Unmarshal(e, &v) != nil {
		return ""
	}
	return strings.ToUpper(string(v.Key))
}

// embed writes the other issues that a field shows as they were at the time.
// Those that did not exist yet are left out of lists; as a parent, of which
// no history tells when it became one, such an issue is shown as it began.
func (v *view) embed(i *issue, f field, at int64) json.RawMessage {
	if f.name == "parent" {
		return v.embedIssue(f.raw, at)
	}
	if string(f.raw) == "[]" {
		return f.raw
	}
	var list []json.RawMessage
	if json.Unmarshal(f.raw, &list) != nil {
		return f.raw
	}
	kept := make([]json.RawMessage, 0, len(list))
	for _, raw := range list {
		if f.name == "subtasks" {
			if other := v.related(raw); other == nil || v.isBelow(other, i, at) {
				kept = append(kept, v.embedIssue(raw, at))
			}
		} else if link, ok := v.embedLink(raw, at); ok {
			kept = append(kept, link)
		}
	}
	return encode(kept)
}

// related returns the issue of the world that stands embedded; nil for none.
func (v *view) related(raw json.RawMessage) *issue {
	r := parentOf(raw)
	if i := v.w.byID[r.id]; i != nil {
		return i
	}
	return v.w.keyed(r.key)
}

func (v *view) isBelow(child, parent *issue, at int64) bool {
	s := v.state(child, at)
	if s == nil {
		return false
	}
	p := s.facts.parent
	return p.id == parent.id || p.id == 0 && v.w.keyed(p.key) == parent
}

func (v *view) embedLink(raw json.RawMessage, at int64) (json.RawMessage, bool) {
	var l linkJSON
	if json.Unmarshal(raw, &l) != nil {
		return raw, true
	}
	other := v.related(json.RawMessage(l.other()))
	if other == nil || other.settled(at) {
		return raw, true
	}
	if other.created > at {
		return nil, false
	}
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return raw, true
	}
	for _, side := range []string{"inwardIssue", "outwardIssue"} {
		if m[side] != nil {
			m[side] = v.embedIssue(m[side], at)
		}
	}
	return encode(m), true
}

// embedIssue gives an embedded issue the key, the summary, the status, the
// priority and the type that it had at the time.
func (v *view) embedIssue(raw json.RawMessage, at int64) json.RawMessage {
	other := v.related(raw)
	var m, fields map[string]json.RawMessage
	if other == nil || json.Unmarshal(raw, &m) != nil {
		return raw
	}
	// The winding back leaves "fields":{} where it put another parent in.
	if other.settled(at) && string(m["fields"]) != "{}" {
		return raw
	}
	s := v.state(other, max(at, other.created))
	m["id"], m["key"] = encode(formatID(other.id)), encode(s.facts.key)
	if json.Unmarshal(m["fields"], &fields) != nil || fields == nil {
		return encode(m) // the dump shows no more than id and key
	}
	for _, name := range []string{"summary", "status", "priority", "issuetype"} {
		if value := fieldOf(s.fields, name); value != nil {
			fields[name] = value
		}
	}
	m["fields"] = encode(fields)
	return encode(m)
}
