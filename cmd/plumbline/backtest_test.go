package main

import (
	"math"
	"testing"

	"plumbline/internal/measure"
)

func TestARatioToNothingIsWrittenAsInfinite(t *testing.T) {
	if got, want := ranged(measure.Ranged{Value: 1.014, Low: 0.95, High: math.MaxFloat32}), "1.01 [0.95–∞]"; got != want {
		t.Errorf("it is written %q, want %q", got, want)
	}
}
