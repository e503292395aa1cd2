package flow

import (
	"strings"
	"unicode/utf8"
)

// Outcome is what became of an issue: still open, delivered, or dropped
// (closed without delivering). MEASURES §1, out(i,t).
type Outcome uint8

// The outcomes.
const (
	Open Outcome = iota
	Delivered
	Dropped
)

// String names the outcome as the metrics do.
func (o Outcome) String() string {
	switch o {
	case Delivered:
		return "delivered"
	case Dropped:
		return "discarded"
	}
	return "open"
}

// DefaultDiscarded returns the resolutions and terminal statuses that mean
// "closed without delivering" unless the configuration says otherwise
// (MEASURES §1, DROP).
func DefaultDiscarded() []string {
	return []string{
		"Won't Do", "Won't Fix", "Duplicate", "Invalid", "Incomplete", "Cannot Reproduce",
		"Not a Bug", "Not a Problem", "Declined", "Abandoned", "Obsolete", "Rejected",
		"Cancelled", "Canceled", "Withdrawn", "Later",
	}
}

// Semantics tells delivered from dropped work. The zero value drops nothing;
// NewSemantics makes a useful one.
type Semantics struct {
	discarded map[string]bool
}

// NewSemantics returns the semantics under which the given resolutions and
// terminal statuses mean dropped. Names are compared without regard to case,
// surrounding space, or the shape of apostrophes.
func NewSemantics(discarded []string) Semantics {
	s := Semantics{discarded: make(map[string]bool, len(discarded))}
	for _, name := range discarded {
		s.discarded[foldName(name)] = true
	}
	return s
}

// OutcomeFields are those on which the outcome of an issue hangs.
const OutcomeFields FieldSet = 1<<FieldStatus | 1<<FieldResolution

// Outcome returns what became of an issue in the given state. An issue is
// terminal when its status's category is Done or a resolution is set; a
// terminal issue is dropped when its resolution or its status is among the
// discarded names, and delivered otherwise.
func (s Semantics) Outcome(st *State) Outcome {
	if st.Category != Done && st.Resolution.IsZero() {
		return Open
	}
	if s.Discards(st.Resolution.Name) || s.Discards(st.Status.Name) {
		return Dropped
	}
	return Delivered
}

// Discards reports whether the resolution or status name means dropped.
func (s Semantics) Discards(name string) bool {
	var buffer [48]byte
	if lower, ok := lowered(buffer[:0], name); ok {
		return s.discarded[string(lower)]
	}
	return s.discarded[foldName(name)]
}

// lowered appends what foldName returns of an ordinary name, and makes no
// garbage of it; false where the name is none: long, not of ASCII alone, with
// an apostrophe to straighten or space to cut off.
func lowered(buffer []byte, name string) ([]byte, bool) {
	if name == "" || len(name) > cap(buffer) || name[0] == ' ' || name[len(name)-1] == ' ' {
		return nil, false
	}
	for k := range len(name) {
		c := name[k]
		if c < ' ' || c == '`' || c >= utf8.RuneSelf {
			return nil, false
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		buffer = append(buffer, c)
	}
	return buffer, true
}

// foldName brings a name to the form in which names are compared.
func foldName(name string) string {
	straight := strings.Map(func(r rune) rune {
		if r == '’' || r == '‘' || r == '`' {
			return '\''
		}
		return r
	}, name)
	return strings.ToLower(strings.TrimSpace(straight))
}
