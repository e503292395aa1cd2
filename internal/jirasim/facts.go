package jirasim

import (
	"encoding/json"
	"strings"

	"plumbline/internal/flow"
)

// ref names a thing of the site by its id.
type ref = string

// facts are what JQL asks of an issue, as it was at one moment.
type facts struct {
	id       uint64
	key      string
	project  string // the project's key
	number   uint64 // the key's
	kind     ref    // the issue type
	status   ref
	category flow.Category
	// The following are "" or empty where the field is.
	resolution ref
	priority   ref
	labels     []string
	fix        []ref
	components []ref
	parent     issueRef
	epic       string
	assignee   string
	summary    string
	due        flow.Date
	created    int64
	updated    int64
	resolved   int64
}

// issueRef names another issue; by the key alone where the id is 0.
type issueRef struct {
	id  uint64
	key string
}

func (r issueRef) empty() bool { return r.id == 0 && r.key == "" }

// factsOf reads the facts off the fields. What has no form that JQL could ask
// for is empty.
func (w *World) factsOf(i *issue, key string, fields []field) facts {
	f := facts{id: i.id, key: key}
	f.project, f.number, _ = splitKey(key)
	for _, v := range fields {
		if isNull(v.raw) {
			continue
		}
		switch v.name {
		case "issuetype":
			f.kind = refOf(v.raw)
		case "status":
			f.status, f.category = statusRef(v.raw)
		case "resolution":
			f.resolution = refOf(v.raw)
		case "priority":
			f.priority = refOf(v.raw)
		case "labels":
			f.labels = textsOf(v.raw)
		case "fixVersions":
			f.fix = refsOf(v.raw)
		case "components":
			f.components = refsOf(v.raw)
		case "parent":
			f.parent = parentOf(v.raw)
		case "assignee":
			f.assignee = userOf(v.raw)
		case "summary":
			f.summary = textOf(v.raw)
		case "duedate":
			f.due, _ = flow.ParseDate(textOf(v.raw))
		case "created":
			f.created = stampOf(v.raw)
		case "updated":
			f.updated = stampOf(v.raw)
		case "resolutiondate":
			f.resolved = stampOf(v.raw)
		case w.fields.epicLink:
			f.epic = strings.ToUpper(textOf(v.raw))
		}
	}
	return f
}

func statusRef(raw json.RawMessage) (ref, flow.Category) {
	t, ok := readThing(raw)
	if !ok {
		return "", flow.Unknown
	}
	return t.id, t.category
}

func refOf(raw json.RawMessage) ref {
	var e entity
	if json.Unmarshal(raw, &e) != nil {
		return ""
	}
	return ref(either(e.ID, e.Name))
}

func refsOf(raw json.RawMessage) []ref {
	var all []entity
	if json.Unmarshal(raw, &all) != nil {
		return nil
	}
	refs := make([]ref, 0, len(all))
	for _, e := range all {
		refs = append(refs, ref(either(e.ID, e.Name)))
	}
	return refs
}

func parentOf(raw json.RawMessage) issueRef {
	var e entity
	if json.Unmarshal(raw, &e) != nil {
		return issueRef{}
	}
	id, _ := parseID(string(e.ID))
	return issueRef{id, strings.ToUpper(string(e.Key))}
}

func userOf(raw json.RawMessage) string {
	var u struct {
		AccountID text `json:"accountId"`
		Name      text `json:"name"`
		Key       text `json:"key"`
	}
	if json.Unmarshal(raw, &u) != nil {
		return ""
	}
	return string(either(either(u.Name, u.AccountID), u.Key))
}

func textsOf(raw json.RawMessage) []string {
	var all []string
	if json.Unmarshal(raw, &all) != nil {
		return nil
	}
	return all
}

func textOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

func stampOf(raw json.RawMessage) int64 {
	var s stamp
	if s.UnmarshalJSON(raw) != nil {
		return 0
	}
	return int64(s)
}
