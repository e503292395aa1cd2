package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// suggestion returns the mend for a word that is none of the known ones: the
// nearest of them, or all of them where none is near.
func suggestion(word string, known []string) string {
	if best, ok := Nearest(word, known); ok {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "known here: " + strings.Join(known, ", ")
}

// Nearest returns the known word that a word was most likely meant to be;
// false where none is near.
func Nearest(word string, known []string) (string, bool) {
	best, distance := "", len(word)/3+1
	for _, k := range known {
		if d := editDistance(strings.ToLower(word), k); d <= distance && (best == "" || d < distance) {
			best, distance = k, d
		}
	}
	return best, best != ""
}

// Slip reports whether one name looks like a slip in writing the other: they
// differ by case and space, or by an edit or two that are not the whole of a
// word: team-a and team-b, or team-1 and team-2, are two teams.
func Slip(name, other string) bool {
	a, b := words(name), words(other)
	if name == other || len(a) == 0 || len(b) == 0 {
		return false
	}
	if len(a) != len(b) {
		return editDistance(strings.Join(a, ""), strings.Join(b, "")) == 0
	}
	edits := 0
	for i := range a {
		d := editDistance(a[i], b[i])
		if d > 0 && (min(len(a[i]), len(b[i])) <= 3 || strings.ContainsAny(a[i]+b[i], "0123456789")) {
			return false
		}
		edits += d
	}
	return edits <= 2
}

// words returns the words of a name, in lower case.
func words(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

// editDistance is the number of characters to insert, delete, replace or swap
// with their neighbour to make b of a (optimal string alignment).
func editDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 {
		return len(x) // no key is that long; it is like none of them
	}
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			change := 1
			if x[i-1] == y[j-1] {
				change = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(x)][len(y)]
}
