package measure

import (
	"slices"
	"strings"

	"plumbline/internal/flow"
)

// The phrases by which Jira's link types say, on the side of this issue, what
// the other is to it: that this one waits for it, that this one was split off
// or cloned from it, that it was split off or cloned from this one.
const blockedByPhrase = "is blocked by"

func isSplitFrom(phrase string) bool {
	return among(phrase, "split from", "is split from", "clones", "is a clone of")
}

func isSplitInto(phrase string) bool {
	return among(phrase, "split to", "is split to", "split into", "is split into", "is cloned by")
}

func isBlockedBy(phrase string) bool { return among(phrase, blockedByPhrase) }

func among(phrase string, phrases ...string) bool {
	return oneOf(phrases, strings.TrimSpace(phrase))
}

// oneOf reports whether a name is one of the names, without regard to case.
func oneOf(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// presentPhrase is what a present link says of its issue, in the form of
// phraseOf.
func presentPhrase(l *flow.Link) string { return strings.ToLower(strings.TrimSpace(l.Description)) }

// phraseOf is what a changelog item says of a link: "is blocked by" of "This
// issue is blocked by PAY-55", in Server's words and in those of Cloud.
func phraseOf(v flow.Named) string {
	s := strings.ToLower(strings.TrimSpace(v.Name))
	s = strings.TrimSpace(strings.TrimSuffix(s, strings.ToLower(v.ID)))
	for _, subject := range []string{"this issue", "this work item"} {
		if rest, ok := strings.CutPrefix(s, subject); ok {
			return strings.TrimSpace(rest)
		}
	}
	return s
}
