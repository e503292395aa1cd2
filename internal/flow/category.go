package flow

import "fmt"

// Category is Jira's status category. Jira knows three that mean something
// and a fourth, "No Category"; a status that no longer exists has none either.
// Both are Unknown: a category is looked up or unknown, never guessed.
type Category uint8

// The categories; their numbers are stored.
const (
	Unknown Category = iota
	ToDo
	InProgress
	Done
)

// ParseCategory reads the key of a Jira status category ("new",
// "indeterminate", "done"; names are translated, keys are not). Everything
// else is Unknown.
func ParseCategory(key string) Category {
	switch key {
	case "new":
		return ToDo
	case "indeterminate":
		return InProgress
	case "done":
		return Done
	}
	return Unknown
}

// Key returns Jira's key for c; "undefined" for Unknown.
func (c Category) Key() string {
	switch c {
	case ToDo:
		return "new"
	case InProgress:
		return "indeterminate"
	case Done:
		return "done"
	}
	return "undefined"
}

// String returns Jira's English name of the category.
func (c Category) String() string {
	switch c {
	case Unknown:
		return "unknown"
	case ToDo:
		return "To Do"
	case InProgress:
		return "In Progress"
	case Done:
		return "Done"
	}
	return fmt.Sprintf("Category(%d)", uint8(c))
}
