package jira

import (
	"fmt"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// The orders of a scan. An issue's creation does not change under edits, and
// a bound on it lets a scan go on where another stopped; the key breaks ties.
const (
	byCreation = " ORDER BY created ASC, key ASC"
	// byCreationAnew is another order that serves as well, for a site whose
	// cursor got stuck in the first.
	byCreationAnew = " ORDER BY created ASC, key DESC"
)

// scanJQL is the JQL of a scan on Data Center.
func scanJQL(scope string, q flow.Query) string {
	return strings.TrimSpace(whereJQL(scope, q) + byCreation)
}

// boundedJQL is the JQL of what Cloud is asked for, unordered. Cloud refuses
// queries without any restriction.
func boundedJQL(scope string, q flow.Query) string {
	if jql := whereJQL(scope, q); jql != "" {
		return jql
	}
	return "created >= 1"
}

// whereJQL is what an issue has to meet. The bounds are epoch milliseconds
// without quotes: dates in quotes are read in the account's time zone, which
// has lost issues for almost every program that reads Jira.
func whereJQL(scope string, q flow.Query) string {
	var clauses []string
	for _, jql := range []string{scope, q.JQL} {
		if s := strings.TrimSpace(jql); s != "" {
			clauses = append(clauses, "("+s+")")
		}
	}
	bound := func(field string, t time.Time) {
		if !t.IsZero() {
			clauses = append(clauses, fmt.Sprintf("%s >= %d", field, t.UnixMilli()))
		}
	}
	bound("created", q.CreatedFrom)
	bound("updated", q.UpdatedFrom)
	return strings.Join(clauses, " AND ")
}
