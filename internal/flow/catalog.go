package flow

// StatusInfo is what is known of a status of a site.
type StatusInfo struct {
	ID       string
	Name     string
	Category Category
}

// Version is a version of a project, as the newest answer of Jira showed it.
// A version's dates and name stand in no issue's changelog.
type Version struct {
	ID       string
	Name     string
	Project  string // the project's key
	Released bool
	Archived bool
	// Release is the release date: planned, or actual once Released. Zero
	// where none is set.
	Release Date
}

// Catalog is what one site's statuses and versions mean. It is read-only once
// it is handed on.
type Catalog struct {
	Statuses map[string]StatusInfo // by status id
	Versions map[string]Version    // by version id
}

// Category returns the category of a status; Unknown where the site never
// told it.
func (c *Catalog) Category(statusID string) Category {
	if c == nil {
		return Unknown
	}
	return c.Statuses[statusID].Category
}
