package measure

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// NameSet are the figures that an expression may ask for, with their units.
type NameSet map[string]Unit

// outcomePrefix stands before an outcome's id.
const outcomePrefix = "outcome."

// evidenceFigure is how far the figures can be trusted.
const evidenceFigure = "evidence"

// ExprNames returns the figures of a goal that has the given outcomes.
func ExprNames(outcomes ...string) NameSet {
	names := NameSet{
		"reported_completion": Share, "delivered_completion": Share, "real_completion": Share,
		"overstated_probability": Share, "on_time_probability": Share, "first_target_probability": Share,
		"decision_blocked": Share, "flow_efficiency": Share, "reopened": Share, "unowned": Share,
		"concentration": Share, evidenceFigure: Share,

		"issues": Count, "issues_open": Count, "issues_delivered": Count, "issues_discarded": Count,
		"scope_added": Count, "scope_removed": Count, "target_moves": Count, "target_moves_90d": Count,
		"decisions_open": Count, "decisions_overdue": Count, "decisions_reversed": Count, "blocked_issues": Count,

		"target_slip": Duration, "last_progress_age": Duration, "stall_after": Duration,
		"decision_oldest_age": Duration, "decision_debt": Duration, "check_in_age": Duration,

		"target": Day, "first_target": Day, "last_progress": Day, "forecast": Day,
		"stalled": Truth,
	}
	for _, id := range outcomes {
		names[outcomePrefix+id] = Quantity
	}
	return names
}

// unknownName says what to do about a name that is none.
func (n NameSet) unknownName(name string) (what, mend string) {
	known := slices.Sorted(maps.Keys(n))
	if id, ok := strings.CutPrefix(name, outcomePrefix); ok {
		known = slices.DeleteFunc(known, func(k string) bool { return !strings.HasPrefix(k, outcomePrefix) })
		if len(known) == 0 {
			return fmt.Sprintf("the goal declares no outcome %q", id), "add it to outcomes"
		}
		return fmt.Sprintf("the goal declares no outcome %q", id), nearest(name, known)
	}
	return fmt.Sprintf("there is no figure %q", name), nearest(name, known)
}

// nearest returns the mend for a word that is none of the known ones.
func nearest(word string, known []string) string {
	best, distance := "", len(word)/3+1
	for _, k := range known {
		if d := edits(strings.ToLower(word), k); d < distance || d == distance && best == "" {
			best, distance = k, d
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "known here: " + strings.Join(known, ", ")
}

// edits is the number of characters to insert, delete or replace to make b of
// a (Levenshtein). Words are short: an expression is of one line.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j]+1, diagonal+1, change)
		}
	}
	return row[len(b)]
}
