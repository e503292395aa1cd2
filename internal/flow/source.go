package flow

import "time"

// Identity is who a site says it is and whom it takes us for. It is asked for
// at the start of every run; nothing is inferred from a run without it.
type Identity struct {
	Deployment string // "Cloud", or "Server", which Data Center says too
	Version    string // empty where it was not told
	// ServerNow is the site's own clock at the time of asking. The watermark
	// of a run is measured by it, so that a clock that is off loses nothing.
	ServerNow time.Time
	// Account is the pseudonym of the account that we are.
	Account Pseudonym
	// TimeZone is the account's IANA zone.
	TimeZone string
}

// Problem is an issue that Jira sent and that could not be taken as it is.
type Problem struct {
	ID  IssueID // 0 where not even the id could be read
	Key string
	// What says what is wrong, in words for the person who looks after the
	// site. It quotes no field's value.
	What string
}

// Batch is what a sync hands to the store at once: it is written whole or not
// at all.
type Batch struct {
	Site     string
	Issues   []Issue
	Statuses []StatusInfo
	Versions []Version
	Problems []Problem
	// Sprints are the sprints as the site shows them at present.
	Sprints []Sprint
	// Gone are issues that a census has found to be gone. An issue of the
	// batch itself is present.
	Gone []Absence
	// Seen is the site's time at which the versions were seen.
	Seen time.Time
}

// Written tells what a batch changed.
type Written struct {
	New       int // issues not held before
	Changed   int // issues held before that differ now
	Unchanged int // issues held before in the very same form; not rewritten
	Changes   int // changelog items that were not held before
	Restored  int // of those changed, issues that were gone
	Gone      int // issues that are gone now, or are gone otherwise than before
	Events    int // versions and sprints that differ from what was held
}

// Checkpoint is how far the syncs of a site have come. It is written with the
// batches, so that a run that was killed goes on where it stopped.
type Checkpoint struct {
	Site string `json:"site"`
	// Scope is the JQL that the rest holds for. Under another scope
	// everything must be read again.
	Scope string `json:"scope"`
	// Account is who read; another account may see other issues.
	Account Pseudonym `json:"account"`
	// Watermark is the site's time at the start of the last complete run:
	// every change before it is held. Zero before the first.
	Watermark time.Time `json:"watermark"`
	// FullFrom is where an unfinished full run goes on: every issue created
	// before it has been read by that run. Zero where none is under way.
	FullFrom time.Time `json:"full_from"`
	// FullStarted is the site's time at which the unfinished full run began.
	FullStarted time.Time `json:"full_started"`
	// PartFrom and PartStarted are the same of an unfinished incremental run.
	PartFrom    time.Time `json:"part_from,omitzero"`
	PartStarted time.Time `json:"part_started,omitzero"`
	// Rescoped tells that the scope was changed since the last complete
	// census, so that many issues may be out of it.
	Rescoped bool `json:"rescoped,omitempty"`
	// Doubts are the projects, by id, most of whose issues a census did not
	// see although they are there, with the site's time of the first time.
	Doubts map[string]time.Time `json:"doubts,omitempty"`
	// Hidden are the projects, by id, of which the last complete census could
	// not see so many issues that they were not taken for deleted, with the
	// number of these issues.
	Hidden map[string]int `json:"hidden,omitempty"`
	// LastSuccess is our time at the end of the last full or incremental run
	// that left nothing of the site's issues unread. What goals declare, such as
	// a JQL that the site refuses, may have made it partial all the same.
	LastSuccess time.Time `json:"last_success"`
	// Fields is what the source found out about the site's fields, in a form
	// of its own.
	Fields []byte `json:"fields,omitempty"`
}
