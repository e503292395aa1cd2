package flow

import "time"

// IssueID is Jira's numeric id of an issue. It never changes, not even when
// the issue moves to another project; the key does. 0 is no issue.
type IssueID uint64

// Pseudonym stands for a person. It is a keyed hash made where Jira's answer
// is decoded; nothing behind that point knows who is meant. 0 is nobody.
type Pseudonym uint64

// Ref names another issue as Jira's field or changelog item did. Most sources
// give the id and the key; some changelog items give the key alone (the
// server's "Parent Issue"), and then ID is 0.
type Ref struct {
	ID  IssueID
	Key string
}

// IsZero reports whether r names no issue.
func (r Ref) IsZero() bool { return r.ID == 0 && r.Key == "" }

// Is reports whether r and o name the same issue: by id where both have one,
// by key otherwise. Two zero references are the same.
func (r Ref) Is(o Ref) bool {
	if r.IsZero() || o.IsZero() {
		return r == o
	}
	if r.ID != 0 && o.ID != 0 {
		return r.ID == o.ID
	}
	return r.Key == o.Key
}

// Named is a Jira entity by its id and its display name. Ids are stable within
// a site; names may be changed or translated. The zero value is none.
type Named struct {
	ID   string
	Name string
}

// IsZero reports whether n is none.
func (n Named) IsZero() bool { return n.ID == "" && n.Name == "" }

// IssueType is an issue's type. Level is Jira's hierarchy level: -1 sub-task,
// 0 base, 1 epic, 2 and above whatever the company put over epics.
type IssueType struct {
	ID    string
	Name  string
	Level int
}

// Subtask reports whether issues of this type live below another issue of the
// base level.
func (t IssueType) Subtask() bool { return t.Level < 0 }

// Container reports whether issues of this type hold others rather than being
// work themselves: epics and all above.
func (t IssueType) Container() bool { return t.Level >= 1 }

// State is everything that Plumbline follows of an issue, at one moment.
// Slices are shared between states and must not be changed.
type State struct {
	Key        string
	Project    Named // the name is the project's key
	Type       IssueType
	Status     Named
	Category   Category // the status's category
	Resolution Named
	// Parent is the issue directly above by Jira's parent field (a sub-task's
	// story; on Cloud any level) or by Plans' Parent Link.
	Parent Ref
	// Epic is the issue's epic by the Epic Link field (Data Center, and Cloud
	// before 2023).
	Epic        Ref
	FixVersions []string // version ids, sorted
	Labels      []string // sorted
	Due         Date
	Priority    Named
	Assignee    Pseudonym
	Estimate    float64 // story points; meaningful where Estimated
	Estimated   bool
	Flagged     bool
}

// Above returns the issue directly above in the hierarchy: the parent, else
// the epic. The zero Ref is none.
func (s *State) Above() Ref {
	if !s.Parent.IsZero() {
		return s.Parent
	}
	return s.Epic
}

// Field is an issue field whose changes are followed.
type Field uint8

// The followed fields. Their numbers are stored: never renumber, only append.
const (
	FieldOther      Field = iota // any other field: that it changed is kept, its values are not
	FieldStatus                  // From, To: status id and name
	FieldResolution              // id and name
	FieldParent                  // issue id and key (parent, Parent Link, IssueParentAssociation)
	FieldEpic                    // issue id and key (Epic Link)
	FieldFixVersion              // one element put in (To) or taken out (From): version id and name
	FieldLabels                  // Name: the whole list on both sides, space-separated
	FieldDue                     // ID: yyyy-mm-dd
	FieldAssignee                // ID: pseudonym in hexadecimal
	FieldPriority                // id and name
	FieldEstimate                // ID: a decimal number
	FieldType                    // id and name
	FieldProject                 // id, and the key as name
	FieldKey                     // Name: the key
	FieldFlagged                 // Name: non-empty while flagged
	FieldLink                    // ID: the other issue's key; Name: Jira's sentence
	FieldSprint                  // ID: comma-separated sprint ids
	FieldComponent               // one element put in or taken out
	FieldRank                    // values dropped
	numFields
)

// Fields lists every Field.
func Fields() []Field {
	fs := make([]Field, numFields)
	for i := range fs {
		fs[i] = Field(i)
	}
	return fs
}

// Change is one item of one history of an issue's changelog.
type Change struct {
	At      time.Time
	History uint64 // the history's id; items of one history share it
	Item    int    // position within the history
	Author  Pseudonym
	// Bot tells that the author is one of the accounts configured as noise, or
	// that nobody changed the issue (Recategorised).
	Bot   bool
	Field Field
	From  Named
	To    Named
}

// Recategorised reports whether the change is implied by another category of
// the status that the issue stood in: the workflow changed, and not the issue.
func (c *Change) Recategorised() bool {
	return c.Field == FieldStatus && c.History == 0 && c.From.ID != "" && c.From.ID == c.To.ID
}

// Link is an issue link as the issue shows it now. Type is the link type's
// name; Outward tells which side this issue is on; Description is the phrase
// on this side ("is blocked by").
type Link struct {
	Type        string
	Description string
	Outward     bool
	Other       Ref
}

// Issue is what Jira states of one issue: its present state and its whole
// changelog. It is the unit of storage.
type Issue struct {
	Site    string // the site's name in the configuration
	ID      IssueID
	Summary string // empty where the configuration keeps none
	Created time.Time
	// Updated is the zero time where Jira gave none.
	Updated time.Time
	// Resolved is Jira's resolutiondate; zero while unresolved.
	Resolved time.Time
	Now      State // State.Assignee, .Category and all else as Jira says at present
	Links    []Link
	Changes  []Change // sorted by (At, History, Item)
	// Histories is how many changelog entries are held. An entry has one
	// Change an item.
	Histories int
	// Announced is how many entries Jira said there are; it differs from
	// Histories when the changelog came truncated. -1: Jira sent no changelog
	// at all, so that nothing is known of the issue's past.
	Announced int
	// Gone is when the issue was found to be deleted, archived or out of the
	// scope; zero while it is present.
	Gone time.Time
	// GoneAs is what became of an issue that is gone.
	GoneAs Presence
}

// Ref returns the issue's own reference.
func (i *Issue) Ref() Ref { return Ref{ID: i.ID, Key: i.Now.Key} }
