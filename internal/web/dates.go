package web

import "regexp"

// piece is a part of a text: a date, or what stands between dates.
type piece struct {
	Text string
	Date bool
}

var isoDate = regexp.MustCompile(`\b[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])\b`)

// dates cuts a text where dates begin and end, so that a page can mark them:
// a browser breaks a line after any hyphen unless it is told not to.
func dates(text string) []piece {
	var pieces []piece
	from := 0
	for _, at := range isoDate.FindAllStringIndex(text, -1) {
		if from < at[0] {
			pieces = append(pieces, piece{Text: text[from:at[0]]})
		}
		pieces = append(pieces, piece{Text: text[at[0]:at[1]], Date: true})
		from = at[1]
	}
	if from < len(text) {
		pieces = append(pieces, piece{Text: text[from:]})
	}
	return pieces
}
