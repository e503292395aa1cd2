package app_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"plumbline/internal/app"
)

func TestTheDemoTakesChangedGoals(t *testing.T) {
	goals := filepath.Join(t.TempDir(), "goals.yaml")
	write(t, goals, goalA)
	show, err := app.Demo{Goals: goals, Dir: t.TempDir(), Listen: "127.0.0.1:0"}.Stage(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := show.Close(); err != nil {
			t.Error(err)
		}
	})
	onBoard := func(want string) {
		t.Helper()
		if got := show.Snapshot().Goals; len(got) != 1 || got[0].ID != want {
			t.Errorf("%d goals are on the board, want %s alone", len(got), want)
		}
	}
	onBoard("a")
	write(t, goals, goalB)
	if err := show.Reload(t.Context()); err != nil {
		t.Errorf("goals without a mistake are refused: %v", err)
	}
	onBoard("b")
	write(t, goals, "goals: [{id: c}]\n")
	if err := show.Reload(t.Context()); err == nil {
		t.Error("a goal without a name is taken")
	}
	onBoard("b")
}

func TestTheDemoShowsMoreGoalsThanTheMetricsTake(t *testing.T) {
	var text strings.Builder
	text.WriteString("goals:\n")
	for k := range 1500 {
		fmt.Fprintf(&text, "  - {id: g%d, name: G, owner: t, work: {epics: [PAY-1]}}\n", k)
	}
	goals := filepath.Join(t.TempDir(), "goals.yaml")
	write(t, goals, text.String())
	show, err := app.Demo{Goals: goals, Dir: t.TempDir(), Listen: "127.0.0.1:0"}.Stage(t.Context(), nil)
	if err != nil {
		t.Fatalf("there is no board: %v", err)
	}
	if n := len(show.Snapshot().Goals); n != 1500 {
		t.Errorf("%d goals are on the board, want 1500", n)
	}
	if err := show.Close(); err != nil {
		t.Error(err)
	}
}
