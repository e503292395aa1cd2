package jira

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"plumbline/internal/flow"
)

// itemFields tells which followed field a changelog item is about. Newer
// sites say so by the field's id; older ones by its name alone, which for a
// custom field is the name that the site gave it.
type itemFields struct {
	byID   map[string]flow.Field
	native map[string]flow.Field // by folded name, of fields that are Jira's own
	custom map[string]flow.Field // by folded name, of custom fields
	// known are the custom fields of which the site's ids are known: there
	// another field of the same name is another field.
	known map[flow.Field]bool
}

func newItemFields(f *fields) itemFields {
	m := itemFields{
		byID: map[string]flow.Field{
			"status": flow.FieldStatus, "resolution": flow.FieldResolution, "parent": flow.FieldParent,
			"fixVersions": flow.FieldFixVersion, "labels": flow.FieldLabels, "duedate": flow.FieldDue,
			"assignee": flow.FieldAssignee, "priority": flow.FieldPriority, "issuetype": flow.FieldType,
			"project": flow.FieldProject, "issuelinks": flow.FieldLink, "components": flow.FieldComponent,
		},
		native: map[string]flow.Field{
			"status": flow.FieldStatus, "resolution": flow.FieldResolution, "priority": flow.FieldPriority,
			"fix version": flow.FieldFixVersion, "fix version/s": flow.FieldFixVersion,
			"fix versions": flow.FieldFixVersion, "fixversions": flow.FieldFixVersion,
			"parent": flow.FieldParent, "parent issue": flow.FieldParent, "issueparentassociation": flow.FieldParent,
			"labels": flow.FieldLabels, "assignee": flow.FieldAssignee, "duedate": flow.FieldDue, "due date": flow.FieldDue,
			"issuetype": flow.FieldType, "issue type": flow.FieldType, "project": flow.FieldProject, "key": flow.FieldKey,
			"link": flow.FieldLink, "component": flow.FieldComponent, "component/s": flow.FieldComponent,
			"components": flow.FieldComponent, "rank": flow.FieldRank,
		},
		custom: map[string]flow.Field{
			"parent issue": flow.FieldParent, "parent link": flow.FieldParent,
			"issueparentassociation": flow.FieldParent, "epic link": flow.FieldEpic,
			"flagged": flow.FieldFlagged, "sprint": flow.FieldSprint, "rank": flow.FieldRank,
			"story points": flow.FieldEstimate, "story point estimate": flow.FieldEstimate,
		},
		known: make(map[flow.Field]bool),
	}
	m.add(f.EpicLink, flow.FieldEpic)
	m.add(f.ParentLink, flow.FieldParent)
	m.add(f.Flagged, flow.FieldFlagged)
	m.add(f.Sprint, flow.FieldSprint)
	m.add(f.Rank, flow.FieldRank)
	m.add(f.StoryPoints, flow.FieldEstimate)
	return m
}

func (m *itemFields) add(refs []fieldRef, f flow.Field) {
	for _, r := range refs {
		m.byID[r.ID], m.known[f] = f, true
		if r.Name != "" {
			m.custom[strings.ToLower(r.Name)] = f
		}
	}
}

// of returns the field of an item.
func (m *itemFields) of(w *wireItem) flow.Field {
	if f, ok := m.byID[w.FieldID]; ok {
		return f
	}
	name := strings.ToLower(w.Field)
	f, ok := m.custom[name]
	if w.FieldType != "custom" {
		if own, is := m.native[name]; is {
			f, ok = own, true
		}
	}
	if !ok || m.known[f] && strings.HasPrefix(w.FieldID, customPrefix) {
		return flow.FieldOther
	}
	return f
}

// changelog reads the histories in their order. One that cannot be read is
// left out and said; the issue then holds fewer than Jira announced.
func (d *decoder) changelog(out *decoded, w *wireChangelog) {
	if w == nil {
		return
	}
	i := &out.issue
	out.served, i.Announced = len(w.Histories), len(w.Histories)
	if w.Total != nil {
		i.Announced = max(*w.Total, len(w.Histories))
	}
	items := 0
	for k := range w.Histories {
		items += len(w.Histories[k].Items)
	}
	if items > 0 {
		i.Changes = make([]flow.Change, 0, items)
	}
	seen := make(map[uint64]bool, len(w.Histories))
	for k := range w.Histories {
		h := &w.Histories[k]
		id, ok := h.ID.number()
		at, err := parseTime(string(h.Created))
		switch {
		case !ok:
			out.trouble("changelog: an entry's id is not a number")
			continue
		case err != nil:
			out.trouble(fmt.Sprintf("changelog: entry %d: created: not a time", id))
			continue
		case seen[id]:
			i.Announced-- // the same entry again is not another one
			continue
		}
		seen[id] = true
		base := flow.Change{At: at, History: id, Author: d.people.of(h.Author.account()), Bot: d.people.bot(h.Author)}
		project := movedTo(h)
		for n := range h.Items {
			c := base
			c.Item = n
			d.item(out, &c, &h.Items[n])
			if c.Field == flow.FieldProject {
				c.From.Name, c.To.Name = project.from, project.to
			}
			i.Changes = append(i.Changes, c)
		}
		if len(h.Items) > 1 {
			awayFirst(i.Changes[len(i.Changes)-len(h.Items):])
		}
	}
	i.Histories = len(seen)
	slices.SortStableFunc(i.Changes, func(a, b flow.Change) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.History, b.History), cmp.Compare(a.Item, b.Item))
	})
}

// awayFirst lets an entry of several items on what lies above an issue end with
// the one that names it: turning a story into a sub-task takes its epic away
// and gives it a parent, in either order.
func awayFirst(items []flow.Change) {
	var places []int
	var away, given []flow.Change
	for k := range items {
		c := &items[k]
		if c.Field != flow.FieldParent {
			continue
		}
		if places = append(places, k); c.To.IsZero() {
			away = append(away, *c)
		} else {
			given = append(given, *c)
		}
	}
	for n, c := range append(away, given...) {
		items[places[n]].From, items[places[n]].To = c.From, c.To
	}
}

// move is the keys of the projects between which an issue moved.
type move struct{ from, to string }

// movedTo finds the projects' keys in the change of the issue's key that goes
// with a move; the change of the project itself has names alone.
func movedTo(h *wireHistory) move {
	for k := range h.Items {
		w := &h.Items[k]
		if strings.EqualFold(w.Field, "key") && w.FieldType != "custom" {
			from, to := keys(w)
			a, _, _ := strings.Cut(from, "-")
			b, _, _ := strings.Cut(to, "-")
			return move{a, b}
		}
	}
	return move{}
}

// keys returns the issue keys of a change of the key.
func keys(w *wireItem) (from, to string) {
	return firstKey(w.FromString, w.From), firstKey(w.ToString, w.To)
}

func firstKey(candidates ...string) string {
	for _, s := range candidates {
		if isKey(s) {
			return s
		}
	}
	return ""
}

// item reads one item, its values in the form that flow.Field documents.
func (d *decoder) item(out *decoded, c *flow.Change, w *wireItem) {
	if c.Field = d.items.of(w); d.oneParent && c.Field == flow.FieldEpic {
		c.Field = flow.FieldParent
	}
	switch c.Field {
	case flow.FieldStatus, flow.FieldResolution, flow.FieldFixVersion, flow.FieldPriority, flow.FieldType, flow.FieldComponent:
		c.From, c.To = flow.Named{ID: w.From, Name: w.FromString}, flow.Named{ID: w.To, Name: w.ToString}
	case flow.FieldProject:
		c.From, c.To = flow.Named{ID: w.From}, flow.Named{ID: w.To}
	case flow.FieldParent, flow.FieldEpic:
		c.From, c.To = refValue(w.From, w.FromString), refValue(w.To, w.ToString)
	case flow.FieldLabels:
		c.From, c.To = flow.Named{Name: w.FromString}, flow.Named{Name: w.ToString}
	case flow.FieldDue:
		c.From, c.To = dayValue(out, w.From, w.FromString), dayValue(out, w.To, w.ToString)
	case flow.FieldAssignee:
		c.From, c.To = d.personValue(w.From, w.FromString), d.personValue(w.To, w.ToString)
	case flow.FieldEstimate:
		c.From, c.To = numberValue(out, w.From, w.FromString), numberValue(out, w.To, w.ToString)
	case flow.FieldKey:
		from, to := keys(w)
		c.From, c.To = flow.Named{Name: from}, flow.Named{Name: to}
	case flow.FieldFlagged:
		c.From, c.To = flow.Named{Name: cmp.Or(w.FromString, w.From)}, flow.Named{Name: cmp.Or(w.ToString, w.To)}
	case flow.FieldLink:
		c.From, c.To = linkValue(w.From, w.FromString), linkValue(w.To, w.ToString)
	case flow.FieldSprint:
		c.From, c.To = flow.Named{ID: idList(w.From)}, flow.Named{ID: idList(w.To)}
	}
}

// refValue reads an issue out of an item's id and string: the id and the key,
// or the key in both places.
func refValue(id, key string) flow.Named {
	v := flow.Named{Name: firstKey(key, id)}
	if _, ok := ident(id).number(); ok {
		v.ID = id
	}
	return v
}

func dayValue(out *decoded, id, text string) flow.Named {
	s := cmp.Or(id, text)
	if s == "" {
		return flow.Named{}
	}
	day, err := parseDay(s)
	if err != nil {
		day, err = parseDay(text)
	}
	if err != nil {
		out.trouble("changelog: a due date is not a date")
	}
	return flow.Named{ID: day.String()}
}

// personValue hides the person; the string is a display name, of use only
// where the id is missing.
func (d *decoder) personValue(id, text string) flow.Named {
	return flow.Named{ID: d.people.of(cmp.Or(id, text)).String()}
}

func numberValue(out *decoded, id, text string) flow.Named {
	s := cmp.Or(text, id)
	if s == "" {
		return flow.Named{}
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		out.trouble("changelog: story points are not a number")
		return flow.Named{}
	}
	return flow.Named{ID: strconv.FormatFloat(n, 'g', -1, 64)}
}

// linkValue keeps the other issue's key and Jira's sentence. What links to
// something that is no issue has foreign text in it and is dropped.
func linkValue(key, sentence string) flow.Named {
	if !isKey(key) {
		return flow.Named{}
	}
	return flow.Named{ID: key, Name: sentence}
}

// idList keeps the numbers of a list of ids.
func idList(s string) string {
	if s == "" {
		return ""
	}
	var ids []string
	for part := range strings.SplitSeq(s, ",") {
		if id := strings.TrimSpace(part); id != "" && strings.Trim(id, "0123456789") == "" {
			ids = append(ids, id)
		}
	}
	return strings.Join(ids, ",")
}
