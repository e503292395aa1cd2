package flow

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// String returns Jira's English name of the field.
func (f Field) String() string {
	names := [numFields]string{
		"another field", "status", "resolution", "parent", "epic", "fix version", "labels", "due date",
		"assignee", "priority", "story points", "issue type", "project", "key", "flagged", "link",
		"sprint", "component", "rank",
	}
	if f < numFields {
		return names[f]
	}
	return "field " + strconv.Itoa(int(f))
}

// set gives a field of st the value that a changelog item names, as of the moment.
func (t *Timeline) set(st *State, f Field, v Named, at time.Time) {
	switch f {
	case FieldStatus:
		st.Status, st.Category = t.status(v, at)
	case FieldResolution:
		st.Resolution = t.resolution(v)
	case FieldParent:
		st.Parent = parseRef(v)
	case FieldEpic:
		st.Epic = parseRef(v)
	case FieldLabels:
		st.Labels = t.labels(v.Name)
	case FieldDue:
		st.Due, _ = ParseDate(v.ID) // what is no date is no due date
	case FieldAssignee:
		st.Assignee = ParsePseudonym(v.ID)
	case FieldPriority:
		st.Priority = v
	case FieldEstimate:
		n, err := strconv.ParseFloat(v.ID, 64)
		st.Estimate, st.Estimated = n, err == nil
		if err != nil {
			st.Estimate = 0
		}
	case FieldType:
		st.Type = t.issueType(v)
	case FieldProject:
		st.Project.ID = v.ID
	case FieldKey:
		st.Key = v.Name
		if project, _, ok := strings.Cut(v.Name, "-"); ok {
			st.Project.Name = project
		}
	case FieldFlagged:
		st.Flagged = v.Name != ""
	}
}

// status looks a status up: the present one as the issue itself says, any
// other in the catalogue, and one whose category has changed as of the moment.
// Its category is looked up, never guessed.
func (t *Timeline) status(v Named, at time.Time) (Named, Category) {
	now := &t.Issue.Now
	switch {
	case v.ID == "":
		return v, Unknown
	case v.ID != now.Status.ID:
		return t.catalog.statusAt(v, at)
	case len(t.catalog.was(v.ID)) == 0:
		return now.Status, now.Category
	}
	_, category := t.catalog.statusAt(v, at) // the issue may not have been read since
	return now.Status, category
}

// resolution looks a resolution up in the same way. Resolutions get renamed,
// and what an issue became must not hang on when it was closed.
func (t *Timeline) resolution(v Named) Named {
	if now := &t.Issue.Now; v.ID != "" && v.ID == now.Resolution.ID {
		return now.Resolution
	}
	return t.catalog.Resolution(v)
}

func (t *Timeline) issueType(n Named) IssueType {
	if n.ID == t.Issue.Now.Type.ID {
		return t.Issue.Now.Type
	}
	return t.catalog.Type(n)
}

// parseRef reads a reference as changelog items give it: the id and the key,
// or the key in both places (the server's "Parent Issue").
func parseRef(v Named) Ref {
	if v.ID == "" { // as of most; the error that follows from it is dear
		return Ref{Key: v.Name}
	}
	id, err := strconv.ParseUint(v.ID, 10, 64)
	if err != nil {
		id = 0
	}
	return Ref{ID: IssueID(id), Key: v.Name}
}

// ParsePseudonym reads a pseudonym as String writes it; what is none is nobody.
func ParsePseudonym(s string) Pseudonym {
	if s == "" {
		return 0
	}
	n, err := strconv.ParseUint(s, 16, 64)
	if err != nil {
		return 0
	}
	return Pseudonym(n)
}

// String returns the pseudonym in hexadecimal, or "" for nobody. It is for the
// store; no output shows it.
func (p Pseudonym) String() string {
	if p == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(p), 16)
}

// labels reads a list of labels. One label, as most lists have, is taken as it
// stands, and shared with the present state where it is the same.
func (t *Timeline) labels(list string) []string {
	switch now := t.Issue.Now.Labels; {
	case list == "" || strings.ContainsFunc(list, unicode.IsSpace):
		return parseLabels(list)
	case len(now) == 1 && now[0] == list:
		return now
	}
	return []string{list}
}

func parseLabels(list string) []string {
	labels := strings.Fields(list)
	slices.Sort(labels)
	return slices.Compact(labels)
}

// with returns the sorted set with e in it; set itself is left alone.
func with(set []string, e string) []string {
	k, found := slices.BinarySearch(set, e)
	if e == "" || found {
		return set
	}
	return slices.Insert(slices.Clone(set), k, e)
}

// without returns the sorted set with e not in it; set itself is left alone.
func without(set []string, e string) []string {
	k, found := slices.BinarySearch(set, e)
	if e == "" || !found {
		return set
	}
	return slices.Delete(slices.Clone(set), k, k+1)
}

// differences returns the changes that lead from a to b: one for each field
// (for each element of a set) that differs. Fields that are not touched do not,
// but for an estimate that is no number.
func differences(touched FieldSet, a, b *State) []Change {
	var cs []Change
	for f := FieldStatus; f < numFields; f++ {
		if (touched.Has(f) || f == FieldEstimate) && !equal(f, a, b) {
			cs = append(cs, Change{Field: f, From: value(f, a), To: value(f, b)})
		}
	}
	for _, v := range b.FixVersions {
		if !slices.Contains(a.FixVersions, v) {
			cs = append(cs, Change{Field: FieldFixVersion, To: Named{ID: v}})
		}
	}
	for _, v := range a.FixVersions {
		if !slices.Contains(b.FixVersions, v) {
			cs = append(cs, Change{Field: FieldFixVersion, From: Named{ID: v}})
		}
	}
	return cs
}

// equal compares one field of two states, by id where Jira has one. Fix
// versions are compared element by element elsewhere.
func equal(f Field, a, b *State) bool {
	switch f {
	case FieldStatus:
		return a.Status.ID == b.Status.ID
	case FieldResolution:
		return a.Resolution.ID == b.Resolution.ID
	case FieldParent:
		return a.Parent.Is(b.Parent)
	case FieldEpic:
		return a.Epic.Is(b.Epic)
	case FieldLabels:
		return slices.Equal(a.Labels, b.Labels)
	case FieldDue:
		return a.Due == b.Due
	case FieldAssignee:
		return a.Assignee == b.Assignee
	case FieldPriority:
		return a.Priority.ID == b.Priority.ID
	case FieldEstimate:
		return a.Estimated == b.Estimated && a.Estimate == b.Estimate
	case FieldType:
		return a.Type.ID == b.Type.ID
	case FieldProject:
		return a.Project.ID == b.Project.ID
	case FieldKey:
		return a.Key == b.Key
	case FieldFlagged:
		return a.Flagged == b.Flagged
	}
	return true
}

// value writes one field of a state as a changelog item would.
func value(f Field, s *State) Named {
	switch f {
	case FieldStatus:
		return s.Status
	case FieldResolution:
		return s.Resolution
	case FieldParent:
		return s.Parent.named()
	case FieldEpic:
		return s.Epic.named()
	case FieldLabels:
		return Named{Name: strings.Join(s.Labels, " ")}
	case FieldDue:
		return Named{ID: s.Due.String()}
	case FieldAssignee:
		return Named{ID: s.Assignee.String()}
	case FieldPriority:
		return s.Priority
	case FieldType:
		return Named{ID: s.Type.ID, Name: s.Type.Name}
	case FieldProject:
		return s.Project
	case FieldKey:
		return Named{Name: s.Key}
	case FieldEstimate:
		if s.Estimated {
			return Named{ID: strconv.FormatFloat(s.Estimate, 'g', -1, 64)}
		}
	case FieldFlagged:
		if s.Flagged {
			return Named{Name: "Impediment"}
		}
	}
	return Named{}
}

func (r Ref) named() Named {
	if r.ID == 0 {
		return Named{Name: r.Key}
	}
	return Named{ID: strconv.FormatUint(uint64(r.ID), 10), Name: r.Key}
}
