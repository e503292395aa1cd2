package flow

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Said is what a field of an issue has said of its progress, in the order of
// time: from its changelog, and as it stands.
type Said struct {
	Site    string
	Field   string // as a goal's declaration names it
	ID      IssueID
	History []Saying
}

// Saying is what the field has said since a moment.
type Saying struct {
	At time.Time
	// Known tells that it has said a number that makes sense; else the field
	// was empty, or held something else.
	Known bool
	// Value is the number as it stands: a share of 1 or of 100, which Percent
	// tells where the field says so itself.
	Value   float64
	Percent bool
}

// Speaker is an issue that a field is to be heard of.
type Speaker struct {
	ID IssueID
	// Heard tells that it was before.
	Heard bool
}

// ParseProgress reads what a field says of progress: "70", "0.7", "70 %" or
// "70,5%". It is false where that is no number from 0 to 100.
func ParseProgress(text string) (value float64, percent, ok bool) {
	s := strings.TrimSpace(text)
	if rest, found := strings.CutSuffix(s, "%"); found {
		s, percent = strings.TrimSpace(rest), true
	}
	if s == "" || strings.Trim(s, "0123456789.,") != "" || strings.Count(s, ".")+strings.Count(s, ",") > 1 {
		return 0, false, false
	}
	v, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	if err != nil || math.IsInf(v, 0) || v > 100 {
		return 0, false, false
	}
	return v, percent, true
}
