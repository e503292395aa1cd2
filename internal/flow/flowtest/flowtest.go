// Package flowtest writes issues and their histories for tests, a line an
// event, as a person would tell them.
//
// What lives here: the builder, a small workflow, and issues in the place of a
// store. What must not: anything that the product itself uses.
package flowtest

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// Site is the site that all issues of this package belong to.
const Site = "test"

// The statuses of the workflow, by their names.
const (
	ToDo     = "To Do"
	Doing    = "Doing"
	Review   = "Review"
	Done     = "Done"
	Approval = "Approval" // of category In Progress: work waits in it
	Vanished = "Vanished" // a status that no catalogue knows
)

// Catalog returns the site's catalogue: the workflow, the types Task, Sub-task
// and Epic, and the given versions.
func Catalog(versions ...flow.Version) *flow.Catalog {
	c := &flow.Catalog{
		Statuses: map[string]flow.StatusInfo{}, Versions: map[string]flow.Version{}, Types: map[string]flow.IssueType{},
	}
	for name, category := range categories() {
		c.Statuses[name] = flow.StatusInfo{ID: name, Name: name, Category: category}
	}
	for _, t := range []flow.IssueType{Task(), Subtask(), Epic()} {
		c.Types[t.ID] = t
	}
	for _, v := range versions {
		c.Versions[v.ID] = v
	}
	return c
}

func categories() map[string]flow.Category {
	return map[string]flow.Category{
		ToDo: flow.ToDo, Doing: flow.InProgress, Review: flow.InProgress, Approval: flow.InProgress, Done: flow.Done,
	}
}

// Task is the type of base level.
func Task() flow.IssueType { return flow.IssueType{ID: "task", Name: "Task"} }

// Subtask is the type below it.
func Subtask() flow.IssueType { return flow.IssueType{ID: "sub", Name: "Sub-task", Level: -1} }

// Epic is the type above it.
func Epic() flow.IssueType { return flow.IssueType{ID: "epic", Name: "Epic", Level: 1} }

// TB is what the builder wants of a test: *testing.T and *rapid.T have it.
type TB interface {
	Helper()
	Fatal(args ...any)
}

// At reads "2026-01-05", "2026-01-05 14:30" or "2026-01-05 14:30:07" as UTC.
func At(tb TB, s string) time.Time {
	tb.Helper()
	const layout = "2006-01-02 15:04:05"
	t, err := time.Parse(layout[:min(len(s), len(layout))], s)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// Builder writes one issue.
type Builder struct {
	tb      TB
	issue   flow.Issue
	history uint64
	author  flow.Pseudonym
	bot     bool
}

// New begins the story of an issue in project and number of the key: a task,
// to do, created at the given time. Its id is the key's number.
func New(tb TB, key, created string) *Builder {
	tb.Helper()
	project, number, _ := strings.Cut(key, "-")
	id, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		tb.Fatal(err)
	}
	b := &Builder{tb: tb, history: id * 1000, author: flow.Pseudonym(id)}
	b.issue = flow.Issue{Site: Site, ID: flow.IssueID(id), Created: At(tb, created)}
	b.issue.Updated = b.issue.Created
	b.issue.Now = flow.State{
		Key: key, Project: flow.Named{ID: project, Name: project}, Type: Task(),
		Status: flow.Named{ID: ToDo, Name: ToDo}, Category: flow.ToDo,
	}
	return b
}

// NewEpic begins the story of an epic.
func NewEpic(tb TB, key, created string) *Builder {
	tb.Helper()
	return New(tb, key, created).Born(func(s *flow.State) { s.Type = Epic() })
}

// NewBelow begins the story of a task that is in the epic from its creation on.
func NewBelow(tb TB, epic, key, created string) *Builder {
	tb.Helper()
	return New(tb, key, created).Born(func(s *flow.State) { s.Epic = Ref(epic) })
}

// Born changes the state in which the issue is created.
func (b *Builder) Born(set func(*flow.State)) *Builder {
	set(&b.issue.Now)
	return b
}

// By lets the changes that follow be made by the numbered person.
func (b *Builder) By(person uint64) *Builder {
	b.author = flow.Pseudonym(person)
	return b
}

// ByBot lets the changes that follow be made by a bot.
func (b *Builder) ByBot() *Builder {
	b.bot = true
	return b
}

// change appends one history of the given items.
func (b *Builder) change(at string, items ...flow.Change) *Builder {
	b.tb.Helper()
	b.history++
	t := At(b.tb, at)
	for k := range items {
		items[k].At, items[k].History, items[k].Item = t, b.history, k
		items[k].Author, items[k].Bot = b.author, b.bot
	}
	b.issue.Changes = append(b.issue.Changes, items...)
	b.issue.Histories++
	b.issue.Announced++
	b.issue.Updated = t
	return b
}

// Moves changes the status.
func (b *Builder) Moves(at, status string) *Builder {
	b.tb.Helper()
	from := b.issue.Now.Status
	b.issue.Now.Status = flow.Named{ID: status, Name: status}
	b.issue.Now.Category = categories()[status]
	return b.change(at, flow.Change{Field: flow.FieldStatus, From: from, To: b.issue.Now.Status})
}

// Resolves moves the issue to Done with a resolution, in one history.
func (b *Builder) Resolves(at, resolution string) *Builder {
	b.tb.Helper()
	status, none := b.issue.Now.Status, b.issue.Now.Resolution
	b.issue.Now.Status, b.issue.Now.Category = flow.Named{ID: Done, Name: Done}, flow.Done
	b.issue.Now.Resolution = flow.Named{ID: resolution, Name: resolution}
	b.issue.Resolved = At(b.tb, at)
	return b.change(at,
		flow.Change{Field: flow.FieldStatus, From: status, To: b.issue.Now.Status},
		flow.Change{Field: flow.FieldResolution, From: none, To: b.issue.Now.Resolution})
}

// Reopens moves the issue back to the status and takes its resolution away.
func (b *Builder) Reopens(at, status string) *Builder {
	b.tb.Helper()
	was, resolution := b.issue.Now.Status, b.issue.Now.Resolution
	b.issue.Now.Status = flow.Named{ID: status, Name: status}
	b.issue.Now.Category = categories()[status]
	b.issue.Now.Resolution, b.issue.Resolved = flow.Named{}, time.Time{}
	return b.change(at,
		flow.Change{Field: flow.FieldStatus, From: was, To: b.issue.Now.Status},
		flow.Change{Field: flow.FieldResolution, From: resolution})
}

// Joins sets the epic, by its key; "" takes the issue out of its epic.
func (b *Builder) Joins(at, epic string) *Builder {
	b.tb.Helper()
	from := b.issue.Now.Epic
	b.issue.Now.Epic = Ref(epic)
	return b.change(at, flow.Change{Field: flow.FieldEpic, From: named(from), To: named(b.issue.Now.Epic)})
}

// Becomes changes the type and the parent in one history.
func (b *Builder) Becomes(at string, t flow.IssueType, parent string) *Builder {
	b.tb.Helper()
	from, above := b.issue.Now.Type, b.issue.Now.Parent
	b.issue.Now.Type, b.issue.Now.Parent = t, Ref(parent)
	return b.change(at,
		flow.Change{Field: flow.FieldType, From: flow.Named{ID: from.ID, Name: from.Name}, To: flow.Named{ID: t.ID, Name: t.Name}},
		flow.Change{Field: flow.FieldParent, From: named(above), To: named(b.issue.Now.Parent)})
}

// Versioned puts the issue into a fix version.
func (b *Builder) Versioned(at, version string) *Builder {
	b.tb.Helper()
	b.issue.Now.FixVersions = append(slices.Clone(b.issue.Now.FixVersions), version)
	slices.Sort(b.issue.Now.FixVersions)
	return b.change(at, flow.Change{Field: flow.FieldFixVersion, To: flow.Named{ID: version, Name: version}})
}

// Unversioned takes the issue out of a fix version.
func (b *Builder) Unversioned(at, version string) *Builder {
	b.tb.Helper()
	b.issue.Now.FixVersions = slices.DeleteFunc(slices.Clone(b.issue.Now.FixVersions), func(v string) bool { return v == version })
	return b.change(at, flow.Change{Field: flow.FieldFixVersion, From: flow.Named{ID: version, Name: version}})
}

// Labelled sets the whole list of labels.
func (b *Builder) Labelled(at string, labels ...string) *Builder {
	b.tb.Helper()
	from := strings.Join(b.issue.Now.Labels, " ")
	b.issue.Now.Labels = slices.Sorted(slices.Values(labels))
	return b.change(at, flow.Change{Field: flow.FieldLabels, From: flow.Named{Name: from}, To: flow.Named{Name: strings.Join(labels, " ")}})
}

// Estimates sets the story points; "" takes the estimate away.
func (b *Builder) Estimates(at, points string) *Builder {
	b.tb.Helper()
	now := &b.issue.Now
	from := flow.Named{}
	if now.Estimated {
		from.ID = strconv.FormatFloat(now.Estimate, 'g', -1, 64)
	}
	var err error
	if now.Estimate, now.Estimated = 0, points != ""; now.Estimated {
		if now.Estimate, err = strconv.ParseFloat(points, 64); err != nil {
			b.tb.Fatal(err)
		}
	}
	return b.change(at, flow.Change{Field: flow.FieldEstimate, From: from, To: flow.Named{ID: points}})
}

// Flagged sets the flag, or clears it.
func (b *Builder) Flagged(at string, flagged bool) *Builder {
	b.tb.Helper()
	value := func(on bool) flow.Named {
		if on {
			return flow.Named{Name: "Impediment"}
		}
		return flow.Named{}
	}
	from := value(b.issue.Now.Flagged)
	b.issue.Now.Flagged = flagged
	return b.change(at, flow.Change{Field: flow.FieldFlagged, From: from, To: value(flagged)})
}

// BlockedBy links the issue to another that it waits for.
func (b *Builder) BlockedBy(at, key string) *Builder { return b.Links(at, "is blocked by", key) }

// Unblocked takes the link away, if there is one.
func (b *Builder) Unblocked(at, key string) *Builder { return b.Unlinks(at, "is blocked by", key) }

// Assigns gives the issue to the numbered person; 0 to nobody.
func (b *Builder) Assigns(at string, person uint64) *Builder {
	b.tb.Helper()
	from := b.issue.Now.Assignee
	b.issue.Now.Assignee = flow.Pseudonym(person)
	return b.change(at, flow.Change{Field: flow.FieldAssignee, From: flow.Named{ID: from.String()}, To: flow.Named{ID: b.issue.Now.Assignee.String()}})
}

// Dues sets the due date; "" takes it away.
func (b *Builder) Dues(at, date string) *Builder {
	b.tb.Helper()
	from := b.issue.Now.Due
	b.issue.Now.Due = flow.Date{}
	if date != "" {
		var err error
		if b.issue.Now.Due, err = flow.ParseDate(date); err != nil {
			b.tb.Fatal(err)
		}
	}
	return b.change(at, flow.Change{Field: flow.FieldDue, From: flow.Named{ID: from.String()}, To: flow.Named{ID: date}})
}

// Links links the issue to another, with the sentence that Jira writes into the
// changelog: "This issue " + phrase + " " + key.
func (b *Builder) Links(at, phrase, key string) *Builder {
	b.tb.Helper()
	b.issue.Links = append(slices.Clone(b.issue.Links), flow.Link{Type: phrase, Description: phrase, Other: Ref(key)})
	return b.change(at, flow.Change{Field: flow.FieldLink, To: flow.Named{ID: key, Name: "This issue " + phrase + " " + key}})
}

// Shows gives the issue a present link of which no changelog tells.
func (b *Builder) Shows(phrase, key string) *Builder {
	b.issue.Links = append(slices.Clone(b.issue.Links), flow.Link{Type: phrase, Description: phrase, Other: Ref(key)})
	return b
}

// Unlinks takes such a link away, if there is one.
func (b *Builder) Unlinks(at, phrase, key string) *Builder {
	b.tb.Helper()
	held := len(b.issue.Links)
	b.issue.Links = slices.DeleteFunc(slices.Clone(b.issue.Links), func(l flow.Link) bool {
		return l.Other.Key == key && l.Description == phrase
	})
	if len(b.issue.Links) == held {
		return b
	}
	return b.change(at, flow.Change{Field: flow.FieldLink, From: flow.Named{ID: key, Name: "This issue " + phrase + " " + key}})
}

// Rephrased gives the type of the present links with the phrase another one, of
// which no changelog tells.
func (b *Builder) Rephrased(phrase, now string) *Builder {
	b.issue.Links = slices.Clone(b.issue.Links)
	for k := range b.issue.Links {
		if l := &b.issue.Links[k]; l.Description == phrase {
			l.Type, l.Description = now, now
		}
	}
	return b
}

// Raises gives the issue another priority.
func (b *Builder) Raises(at, priority string) *Builder {
	b.tb.Helper()
	from := b.issue.Now.Priority
	b.issue.Now.Priority = flow.Named{ID: priority, Name: priority}
	return b.change(at, flow.Change{Field: flow.FieldPriority, From: from, To: b.issue.Now.Priority})
}

// Touched changes a field that is not followed.
func (b *Builder) Touched(at string) *Builder {
	b.tb.Helper()
	return b.change(at, flow.Change{Field: flow.FieldOther})
}

// Gone lets the issue be deleted.
func (b *Builder) Gone(at string) *Builder {
	b.tb.Helper()
	b.issue.Gone = At(b.tb, at)
	return b
}

// Issue ends the story.
func (b *Builder) Issue() *flow.Issue {
	i := b.issue
	return &i
}

// Ref returns the reference to the issue of this package with the key.
func Ref(key string) flow.Ref {
	_, number, ok := strings.Cut(key, "-")
	if !ok {
		return flow.Ref{}
	}
	id, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return flow.Ref{Key: key}
	}
	return flow.Ref{ID: flow.IssueID(id), Key: key}
}

func named(r flow.Ref) flow.Named {
	if r.IsZero() {
		return flow.Named{}
	}
	return flow.Named{ID: strconv.FormatUint(uint64(r.ID), 10), Name: r.Key}
}
