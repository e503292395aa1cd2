package store

import (
	"errors"
	"fmt"
	"time"

	"plumbline/internal/flow"
)

// ErrNotFound is wrapped by the error of a look-up that finds nothing.
var ErrNotFound = errors.New("not in the store")

// InUseError tells that another process holds the store.
type InUseError struct {
	Path string
	// PID is the holder, 0 where it could not be found out; then the rest is
	// empty.
	PID     int
	Command string        // the program and its command: "plumbline serve"
	Running time.Duration // since when; 0 where unknown
}

// Error names the holder and the mend.
func (e *InUseError) Error() string {
	const mend = "; stop it or let commands use its socket"
	if e.PID == 0 {
		return fmt.Sprintf("store %s is in use by another process%s", e.Path, mend)
	}
	who := fmt.Sprintf("process %d", e.PID)
	if e.Command != "" {
		who += " (" + e.Command + ")"
	}
	if e.Running > 0 {
		who += ", started " + inWords(e.Running) + " ago"
	}
	return fmt.Sprintf("store %s is in use by %s%s", e.Path, who, mend)
}

func inWords(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// NewerError tells that a later version of the program wrote the store.
type NewerError struct {
	Path   string
	Schema int // the store's
	Known  int // the newest that this program knows
}

// Error names both versions and the mend.
func (e *NewerError) Error() string {
	return fmt.Sprintf("store %s has schema %d, written by a newer plumbline; this one knows up to %d: "+
		"run the newer version, or restore a backup made before it", e.Path, e.Schema, e.Known)
}

// OlderError tells that a store opened for reading alone must be migrated
// first.
type OlderError struct {
	Path   string
	Schema int
	Known  int
}

// Error names both versions and the mend.
func (e *OlderError) Error() string {
	return fmt.Sprintf("store %s has schema %d and this plumbline needs %d: "+
		"run serve or sync once to migrate it", e.Path, e.Schema, e.Known)
}

// DamagedError tells that a file is no store, or that part of it is broken.
type DamagedError struct {
	Path string
	Err  error
}

// Error says what is wrong and the mend.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("store %s is damaged or no store: %v; restore a backup, or delete it and sync anew", e.Path, e.Err)
}

// Unwrap returns what was found.
func (e *DamagedError) Unwrap() error { return e.Err }

// DecodeError tells that the bytes held of one issue make no sense.
type DecodeError struct {
	Site   string
	ID     flow.IssueID
	Offset int // bytes into the value
	What   string
}

// Error names the issue and the place.
func (e *DecodeError) Error() string {
	return fmt.Sprintf("read issue %d of site %q: byte %d: %s", e.ID, e.Site, e.Offset, e.What)
}
