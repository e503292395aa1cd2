package dashboard

import (
	"fmt"
	"strconv"
	"time"

	"plumbline/internal/measure"
)

const (
	// staleAfter is the age of a sync from which on silence proves nothing
	// (MEASURES §7).
	staleAfter = 2 * time.Hour
	// overstatedHint is the probability of overstatement from which on it is
	// coloured (MEASURES §4); from which on it is told stands with the health.
	overstatedHint = 0.3
	// movingTimes is how often a target must have moved within 90 days to keep
	// moving (MEASURES §10 T1).
	movingTimes = 2
	// unmoved is the share of its way under which an outcome has not moved
	// (MEASURES §10 T2); halfDelivered is the share of the work from which on
	// that is worth telling. The latter is ours.
	unmoved       = 0.02
	halfDelivered = 0.5
)

// judged are the thresholds that the health of goals is judged by: the boards
// and alerts take the same.
func judged() measure.Thresholds { return measure.DefaultThresholds() }

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// percent says a share.
func percent(v float64) string { return number(100*v) + " %" }

// spoken says a duration: in days where it is of whole days.
func spoken(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return days(d)
	}
	return duration(d)
}

// days says a duration of whole days.
func days(d time.Duration) string { return fmt.Sprintf("%.0f days", d.Hours()/24) }
