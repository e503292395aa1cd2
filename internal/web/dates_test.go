package web

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDatesInATextAreFound(t *testing.T) {
	for _, c := range []struct {
		text string
		want []piece
	}{
		{"", nil},
		{"2026-11-06", []piece{{"2026-11-06", true}}},
		{"since 2026-11-06", []piece{{"since ", false}, {"2026-11-06", true}}},
		{"85 %: 2026-12-01; waits for a-b", []piece{{"85 %: ", false}, {"2026-12-01", true}, {"; waits for a-b", false}}},
		{"2026-01-02 2026-01-03", []piece{{"2026-01-02", true}, {" ", false}, {"2026-01-03", true}}},
		{"12026-11-06 2026-11-061 2026-13-01 2026-11-32", []piece{{"12026-11-06 2026-11-061 2026-13-01 2026-11-32", false}}},
	} {
		if diff := cmp.Diff(c.want, dates(c.text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestNothingOfATextIsLostBesideItsDates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.OneOf(rapid.String(), rapid.Just("2026-11-06"), rapid.Just("-"))).Draw(t, "parts"), "")
		var all strings.Builder
		for _, p := range dates(text) {
			all.WriteString(p.Text)
		}
		if all.String() != text {
			t.Fatalf("%q became %q", text, all.String())
		}
	})
}
