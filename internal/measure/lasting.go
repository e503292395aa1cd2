package measure

import (
	"strings"

	"plumbline/internal/flow"
)

// lasting is a text of an issue for those who keep it when the issue is gone.
// The store cuts the texts of an issue (its summary, keys and lists of labels)
// from one string, so that who kept a key as it is would keep all of them, for
// as long as the history lives.
func lasting(text string) string { return strings.Clone(text) }

// lastingRef is the same of a reference to another issue.
func lastingRef(r flow.Ref) flow.Ref { return flow.Ref{ID: r.ID, Key: lasting(r.Key)} }
