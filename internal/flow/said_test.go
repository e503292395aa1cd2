package flow_test

import (
	"testing"

	"plumbline/internal/flow"
)

func TestProgressIsReadInTheWaysThatPeopleWriteIt(t *testing.T) {
	type read struct {
		value       float64
		percent, ok bool
	}
	for text, want := range map[string]read{
		"70": {70, false, true}, "0.7": {0.7, false, true}, "70 %": {70, true, true}, " 70.5% ": {70.5, true, true},
		"70,5": {70.5, false, true}, "70\u00a0%": {70, true, true}, "0": {0, false, true}, "100": {100, false, true},
		".5": {.5, false, true}, "100.0": {100, false, true},
		"": {}, "%": {}, "100.1": {}, "-1": {}, "seventy": {}, "70 of 100": {}, "1.2.3": {}, "1,000.5": {}, "1e1": {}, "NaN": {}, "Inf": {}, ".": {}, "70%%": {},
	} {
		value, percent, ok := flow.ParseProgress(text)
		if got := (read{value, percent, ok}); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

func FuzzParseProgress(f *testing.F) {
	f.Add("70 %")
	f.Fuzz(func(t *testing.T, text string) {
		value, _, ok := flow.ParseProgress(text)
		if !(value >= 0 && value <= 100) || !ok && value != 0 {
			t.Errorf("%q is read as %v, %v", text, value, ok)
		}
	})
}
