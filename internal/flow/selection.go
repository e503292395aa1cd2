package flow

import "time"

// Selection is what one site answered when it was asked which issues of its
// scope a JQL matches. Jira alone can evaluate JQL, and keeps no past of it.
type Selection struct {
	Site string
	JQL  string
	// Scope and Account are under which, and as whom, the site was asked.
	// What was not seen under others says nothing.
	Scope   string
	Account Pseudonym
	// At is the site's time at which it was asked.
	At time.Time
	// Covers is up to when the site's search was sure to know of every issue:
	// its index lags behind At.
	Covers time.Time
	// IDs are the issues that match, sorted, each once.
	IDs []IssueID
	// Complete tells that no other issue matches. From one that is not, no
	// absence is inferred.
	Complete bool
	// Doubted tells that so much is missing from an answer, which is not Complete
	// for that, that the site's index may be broken.
	Doubted bool
	// Refused is why the site doesn't take the JQL, in its own words; empty
	// where it does. Nothing is inferred from a refusal.
	Refused string
}

// Match is a stretch of time during which an issue was seen to match a JQL.
type Match struct {
	ID IssueID
	// Missed is up to when the search that last did not show the issue, and
	// would have, was sure to know of every issue; zero where none was made.
	Missed time.Time
	// Seen is when the issue was first seen to match, by the site's clock.
	Seen time.Time
	// Left is when it was first seen not to match any more; zero while it
	// matches.
	Left time.Time
}

// Span is when an issue that was created at the time is taken to have
// matched: from its creation where nothing contradicts that, else from when it
// was first seen, until it was seen not to match.
func (m Match) Span(created time.Time) Span {
	if m.Backdated(created) {
		return Span{created, m.Left}
	}
	return Span{m.Seen, m.Left}
}

// Backdated reports whether the match is taken to have begun with the issue:
// no search that would have shown it before has not.
func (m Match) Backdated(created time.Time) bool {
	return m.Missed.IsZero() || created.After(m.Missed)
}

// Matching is all that is known of which issues of a site a JQL matches.
type Matching struct {
	Site string
	JQL  string
	// First and Last are the site's times of the first and the latest answer
	// that was complete; zero before it.
	First, Last time.Time
	// Whole tells that the latest answer was complete, and under which scope
	// and as whom it was given.
	Whole   bool
	Scope   string
	Account Pseudonym
	// Doubted is since when the answers have lacked so much that they are not
	// believed; zero where the latest one is.
	Doubted time.Time
	// Refused is why the site refused the JQL when it was last asked; empty
	// where it did not.
	Refused string
	// Matches are in the order of the ids, and of time for each.
	Matches []Match
}
