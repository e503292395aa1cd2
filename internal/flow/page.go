package flow

import "time"

// Query says which issues of a site's scope to read. Both bounds are
// inclusive; a zero bound bounds nothing.
type Query struct {
	CreatedFrom time.Time
	UpdatedFrom time.Time
	// JQL is what they must match beside; empty for nothing. It has passed
	// CheckJQL.
	JQL string
}

// Page is one answer of a scan.
type Page struct {
	Batch
	// Total is how many issues the site says match, -1 where it does not say.
	Total int
	// CreatedTo is the creation time up to which the scan is complete: every
	// matching issue created before it has been handed over.
	CreatedTo time.Time
	// Said is what the field has said of the issues' progress, where one was
	// asked for.
	Said []Said
}
