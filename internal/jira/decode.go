package jira

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"plumbline/internal/flow"
)

// decoder turns issues as a site gives them into flow's. It is used by one
// scan at a time.
type decoder struct {
	site      string
	fields    *fields
	wanted    map[string]bool // the custom fields whose present value is read, by id
	summaries bool
	people    *people
	items     itemFields
	// oneParent: the parent field is all that there is of the hierarchy, as on
	// Cloud. What old fields and old entries of a changelog say under Epic Link
	// and Parent Link is then of the parent too: read as a field of its own, an
	// epic would lie above the issue since its creation, and the one before it
	// never.
	oneParent bool
}

func newDecoder(o *Options, f *fields) *decoder {
	d := &decoder{
		site: o.Site, fields: f, wanted: make(map[string]bool), summaries: o.KeepSummaries,
		people: newPeople(o.Pseudonym, o.Bots), items: newItemFields(f),
	}
	for _, refs := range f.read() {
		for _, r := range refs {
			d.wanted[r.ID] = true
		}
	}
	return d
}

// decoded is what came of one issue.
type decoded struct {
	issue    flow.Issue
	ok       bool           // false: the issue can't be used
	log      *wireChangelog // as it came; nil where none did
	served   int            // entries of the changelog that was read, readable or not
	status   flow.StatusInfo
	versions []flow.Version
	reported json.RawMessage // the present value of fields.Reported
	problems []flow.Problem
}

// mostTroubles is how much is told of one issue: its changelog may have a
// thousand entries that are all wrong alike.
const mostTroubles = 10

// trouble notes what is wrong with the issue.
func (d *decoded) trouble(what string) {
	if len(d.problems) >= mostTroubles {
		return
	}
	d.problems = append(d.problems, flow.Problem{ID: d.issue.ID, Key: d.issue.Now.Key, What: what})
}

// issue decodes one issue with the changelog that came along. What makes it
// useless, and what had to be left out of it, is a problem; nothing is an
// error.
func (d *decoder) issue(raw []byte) *decoded {
	out := d.present(raw)
	if out.ok {
		d.changelog(out, out.log)
	}
	return out
}

// place reads of an issue where it stands in a result: its id and creation.
func (d *decoder) place(raw []byte) *decoded {
	out := &decoded{issue: flow.Issue{Site: d.site, Announced: -1}}
	var w struct {
		ID     ident `json:"id"`
		Fields struct {
			Created stamp `json:"created"`
		} `json:"fields"`
	}
	if json.Unmarshal(raw, &w) != nil {
		out.trouble("not what Jira documents as an issue")
		return out
	}
	id, _ := w.ID.number()
	created, err := parseTime(string(w.Fields.Created))
	out.issue.ID, out.issue.Created, out.ok = flow.IssueID(id), created, id != 0 && err == nil
	if !out.ok {
		out.trouble("id or created: of another kind than Jira documents")
	}
	return out
}

// present decodes an issue without its changelog.
func (d *decoder) present(raw []byte) *decoded {
	out := &decoded{issue: flow.Issue{Site: d.site, Announced: -1}}
	var w wireIssue
	shape := w.decode(raw, d.wanted)
	if id, ok := w.ID.number(); ok {
		out.issue.ID = flow.IssueID(id)
	}
	if isKey(w.Key) {
		out.issue.Now.Key = w.Key
	}
	f, custom := &w.Fields, w.Custom
	if shape = cmp.Or(shape, missing(out, f)); shape != "" {
		out.trouble(shape)
		return out
	}
	if !d.times(out, f) {
		return out
	}
	out.ok = true
	d.state(out, f, custom)
	if d.fields.Reported != nil {
		out.reported = custom[d.fields.Reported.ID]
	}
	d.links(out, f.Links)
	if d.summaries {
		out.issue.Summary = f.Summary
	}
	out.log = w.Changelog
	return out
}

// missing returns which of the things without which an issue means nothing
// the issue lacks.
func missing(out *decoded, f *wireFields) string {
	switch {
	case out.issue.ID == 0:
		return "id: not a number"
	case out.issue.Now.Key == "":
		return "key: not an issue key"
	case f.Status == nil || f.Status.ID == "":
		return "status: missing"
	case f.Type == nil || f.Type.ID == "":
		return "issuetype: missing"
	}
	return ""
}

// times reads the issue's times; without a time of creation it is useless.
func (d *decoder) times(out *decoded, f *wireFields) bool {
	i := &out.issue
	var err error
	if i.Created, err = parseTime(string(f.Created)); err != nil {
		out.trouble("created: not a time")
		return false
	}
	if f.Updated != "" { // some records have none
		if i.Updated, err = parseTime(string(f.Updated)); err != nil {
			out.trouble("updated: not a time")
		}
	}
	if f.ResolutionDate != "" {
		if i.Resolved, err = parseTime(string(f.ResolutionDate)); err != nil {
			out.trouble("resolutiondate: not a time")
		}
	}
	return true
}

// state reads the issue's present state.
func (d *decoder) state(out *decoded, f *wireFields, custom map[string]json.RawMessage) {
	s := &out.issue.Now
	out.status = f.Status.info()
	s.Status, s.Category = f.Status.named(), out.status.Category
	s.Resolution, s.Priority = f.Resolution.named(), f.Priority.named()
	s.Project.Name, _, _ = strings.Cut(s.Key, "-")
	if p := f.Project; p != nil {
		s.Project.ID = p.ID
		if p.Key != "" {
			s.Project.Name = p.Key
		}
	}
	s.Type = flow.IssueType{ID: f.Type.ID, Name: f.Type.Name, Level: d.level(f.Type, custom)}
	s.Assignee = d.people.of(f.Assignee.account())
	s.Labels = sortedSet(f.Labels)
	if f.Due != "" {
		var err error
		if s.Due, err = parseDay(f.Due); err != nil {
			out.trouble("duedate: not a date")
		}
	}
	s.Parent, s.Epic = d.parent(out, f, custom), d.epic(out, f, custom)
	if d.oneParent {
		s.Parent, s.Epic = s.Above(), flow.Ref{}
	}
	s.Estimate, s.Estimated = d.estimate(out, custom)
	s.Flagged = flagged(f.Flagged) || slices.ContainsFunc(d.fields.Flagged, func(r fieldRef) bool { return flagged(custom[r.ID]) })
	d.versions(out, f.FixVersions)
}

// level is the issue type's hierarchy level. Data Center tells sub-tasks
// alone; there an epic is known by its type's name or, where that is
// translated, by having an epic name. An issue that was an epic once keeps the
// name: one of a type that Jira itself calls work is none, and neither is one
// that lies below an epic.
func (d *decoder) level(t *wireType, custom map[string]json.RawMessage) int {
	switch name := strings.ToLower(t.Name); {
	case t.Level != nil:
		return min(max(*t.Level, -1), 100)
	case t.Subtask:
		return -1
	case name == "epic":
		return 1
	case slices.Contains([]string{"story", "task", "bug", "improvement", "new feature"}, name) || anySet(d.fields.EpicLink, custom):
		return 0
	case anySet(d.fields.EpicName, custom):
		return 1
	}
	return 0
}

// anySet reports whether one of the fields holds something.
func anySet(fields []fieldRef, custom map[string]json.RawMessage) bool {
	return slices.ContainsFunc(fields, func(r fieldRef) bool { return isSet(custom[r.ID]) })
}

func (d *decoder) versions(out *decoded, vs []wireVersion) {
	s := &out.issue.Now
	for k := range vs {
		v := &vs[k]
		if v.ID == "" {
			continue
		}
		s.FixVersions = append(s.FixVersions, v.ID)
		info := flow.Version{ID: v.ID, Name: v.Name, Project: s.Project.Name, Released: v.Released, Archived: v.Archived}
		if v.ReleaseDate != "" {
			var err error
			if info.Release, err = parseDay(v.ReleaseDate); err != nil {
				out.trouble("fixVersions: releaseDate: not a date")
			}
		}
		out.versions = append(out.versions, info)
	}
	s.FixVersions = sortedSet(s.FixVersions)
}

// parent reads the parent field or, where that is empty, Plans' Parent Link.
func (d *decoder) parent(out *decoded, f *wireFields, custom map[string]json.RawMessage) flow.Ref {
	if f.Parent != nil {
		return d.ref(out, "parent", f.Parent)
	}
	return d.customRef(out, "parent link", d.fields.ParentLink, custom)
}

// epic reads the Epic Link or the agile interface's epic.
func (d *decoder) epic(out *decoded, f *wireFields, custom map[string]json.RawMessage) flow.Ref {
	if r := d.customRef(out, "epic link", d.fields.EpicLink, custom); !r.IsZero() || f.Epic == nil {
		return r
	}
	return d.ref(out, "epic", f.Epic)
}

func (d *decoder) ref(out *decoded, what string, w *wireRef) flow.Ref {
	id, _ := w.ID.number()
	r := flow.Ref{ID: flow.IssueID(id)}
	if isKey(w.Key) {
		r.Key = w.Key
	}
	if r.IsZero() && (w.Key != "" || w.ID != "") {
		out.trouble(what + ": names no issue")
	}
	return r
}

// customRef reads the first of the fields that refers to an issue: by its key,
// or by an object that has it (Parent Link wraps it in "data").
func (d *decoder) customRef(out *decoded, what string, refs []fieldRef, custom map[string]json.RawMessage) flow.Ref {
	for _, field := range refs {
		raw := custom[field.ID]
		if !present(raw) {
			continue
		}
		var w struct {
			wireRef
			Data *wireRef `json:"data"`
		}
		err := json.Unmarshal(raw, &w)
		if raw[0] == '"' {
			err = json.Unmarshal(raw, &w.Key)
		}
		if err != nil {
			out.trouble(what + ": names no issue")
			continue
		}
		if w.Data != nil {
			w.wireRef = *w.Data
		}
		if r := d.ref(out, what, &w.wireRef); !r.IsZero() {
			return r
		}
	}
	return flow.Ref{}
}

func (d *decoder) estimate(out *decoded, custom map[string]json.RawMessage) (float64, bool) {
	for _, field := range d.fields.StoryPoints {
		raw := custom[field.ID]
		if !present(raw) {
			continue
		}
		n, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
		if err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) {
			return n, true
		}
		if string(raw) != `""` {
			out.trouble("story points: not a number")
		}
	}
	return 0, false
}

func (d *decoder) links(out *decoded, ws []wireLink) {
	for k := range ws {
		w := &ws[k]
		l := flow.Link{Type: w.Type.Name, Description: w.Type.Inward}
		other := w.InwardIssue
		if w.OutwardIssue != nil {
			l.Outward, l.Description, other = true, w.Type.Outward, w.OutwardIssue
		}
		if other == nil {
			continue
		}
		if l.Other = d.ref(out, "issuelinks", other); !l.Other.IsZero() {
			out.issue.Links = append(out.issue.Links, l)
		}
	}
}

// flagged reads the Flagged field: a list of options, or a plain truth.
func flagged(raw json.RawMessage) bool {
	return present(raw) && !slices.Contains([]string{"false", "[]", `""`, "{}"}, string(raw))
}

func present(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] != 'n' }

// sortedSet returns the list sorted, each element once, nil if empty. It
// reuses the list.
func sortedSet(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	slices.Sort(list)
	return slices.Compact(list)
}
