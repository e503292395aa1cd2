package goal_test

import (
	"testing"

	"pgregory.net/rapid"

	"plumbline/internal/goal"
)

func TestAKeyIsMadeAgainOfItsParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.OneOf(rapid.StringMatching(`[A-Z]{1,3}-[0-9]{1,12}`), rapid.StringMatching(`[-0-9A-Za-z]*`), rapid.String()).Draw(t, "key")
		if got := goal.KeyOf(key).String(); got != key {
			t.Fatalf("of %q %q was made", key, got)
		}
	})
}

func TestAKeyIsItsProjectAndItsNumber(t *testing.T) {
	for key, want := range map[string]goal.Key{
		"PAY-17":         {Project: "PAY", Number: 17},
		"A_B2-1":         {Project: "A_B2", Number: 1},
		"PAY-4294967295": {Project: "PAY", Number: 4294967295},
		"PAY-4294967296": {Project: "PAY-4294967296"}, // which no number here holds
		"PAY-017":        {Project: "PAY-017"},
		"PAY-":           {Project: "PAY-"},
		"17":             {Project: "17"},
		"":               {},
	} {
		if got := goal.KeyOf(key); got != want {
			t.Errorf("%q is %+v, want %+v", key, got, want)
		}
	}
}
