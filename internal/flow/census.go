package flow

import "time"

// Presence is what became of an issue that a census did not see.
type Presence uint8

// The presences. Their names are those of DESIGN and the run reports.
const (
	Present     Presence = iota // it is there after all
	OutOfScope                  // it is there, but the scope's JQL does not match it any more
	Archived                    // it, or its project, is archived
	Deleted                     // its project is live and readable, and the issue is not there
	Hidden                      // it cannot be told from deleted by itself: too many of its project are absent at once
	AccessLost                  // its whole project cannot be seen any more
	Unconfirmed                 // the site did not answer; nothing is inferred
)

// String names the presence as reports do.
func (p Presence) String() string {
	return [...]string{"present", "out of scope", "archived", "deleted", "hidden", "access lost", "unconfirmed"}[p]
}

// ProjectState is what the site's roster says of a project.
type ProjectState struct {
	ID, Key  string
	Archived bool
	Trashed  bool
}

// Sighting is what a site answers when it is asked for one issue by its id,
// without regard to the scope.
type Sighting struct {
	ID       IssueID
	Found    bool
	Key      string // the present key, where found
	Archived bool
}

// Sprint is a sprint of a board. Its start and close stand in no issue's
// changelog.
type Sprint struct {
	ID, BoardID            string
	Name, State, Goal      string
	Start, End, CompleteAt int64 // milliseconds since 1970; 0: none
}

// Absence is an issue that a census did not see, with what became of it.
type Absence struct {
	ID IssueID
	As Presence
	// Since is the site's time at which it was found to be so.
	Since time.Time
}

// Held is what a census must know of an issue that the store holds.
type Held struct {
	ID      IssueID
	Project Named
	// Updated is the newest change that is held; zero where none is known.
	Updated time.Time
	// As is Present, or why the issue is gone.
	As Presence
}

// VersionSeen is what a site said of a version, and since when: a version's
// dates, name and release stand in no changelog, so that we keep our own.
type VersionSeen struct {
	// Seen is the site's time at which it was first so; zero for what was
	// known before such times were kept.
	Seen time.Time
	Version
}
