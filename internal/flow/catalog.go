package flow

import (
	"strings"
	"time"
)

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

// Catalog is what one site's entities mean, by their ids and as the site shows
// them at present: a changelog keeps the names of its day. It is read-only
// once it is handed on.
type Catalog struct {
	Statuses    map[string]StatusInfo
	Versions    map[string]Version
	Types       map[string]IssueType // those that some issue has at present
	Resolutions map[string]Named     // those that some issue has at present
	// Was are the categories that statuses had before the present one, oldest
	// first. A status that was given another category moved no issue: as of a
	// time before, its issues stand where they stood.
	Was map[string][]Categorised
}

// Categorised is a category that a status had until a moment.
type Categorised struct {
	Category Category
	Until    time.Time
}

// Category returns the category of a status; Unknown where the site never
// told it.
func (c *Catalog) Category(statusID string) Category {
	_, category := c.status(Named{ID: statusID})
	return category
}

// Status returns a status under its present name; as the changelog names it
// where the site does not know it any more.
func (c *Catalog) Status(n Named) Named {
	n, _ = c.status(n)
	return n
}

func (c *Catalog) status(n Named) (Named, Category) {
	if c == nil {
		return n, Unknown
	}
	info := c.Statuses[n.ID]
	if info.Name != "" {
		n.Name = info.Name
	}
	return n, info.Category
}

// statusAt is status with the category that the status had at the moment.
func (c *Catalog) statusAt(n Named, at time.Time) (Named, Category) {
	n, category := c.status(n)
	for _, was := range c.was(n.ID) {
		if at.Before(was.Until) {
			return n, was.Category
		}
	}
	return n, category
}

// was returns the categories that the status had before the present one.
func (c *Catalog) was(statusID string) []Categorised {
	if c == nil || len(c.Was) == 0 {
		return nil
	}
	return c.Was[statusID]
}

// Resolution returns a resolution under its present name; as the changelog
// names it where no issue has it any more.
func (c *Catalog) Resolution(n Named) Named {
	if c == nil {
		return n
	}
	if now := c.Resolutions[n.ID]; now.Name != "" {
		return now
	}
	return n
}

// Type returns the issue type that a changelog item names. Where no issue has
// the type any more, its level is told by the names that Jira itself gives to
// sub-tasks and epics.
func (c *Catalog) Type(n Named) IssueType {
	if c != nil {
		if t, ok := c.Types[n.ID]; ok {
			return IssueType{ID: n.ID, Name: n.Name, Level: t.Level}
		}
	}
	t := IssueType{ID: n.ID, Name: n.Name}
	switch name := strings.ToLower(n.Name); {
	case strings.HasPrefix(name, "sub-task"), strings.HasPrefix(name, "subtask"):
		t.Level = -1
	case name == "epic":
		t.Level = 1
	}
	return t
}
