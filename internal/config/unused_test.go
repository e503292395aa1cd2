package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The service takes its settings from the fields of Config, in internal/app. A
// field that is read there must not be warned of as without effect.
func TestNothingThatTheServiceReadsIsToldToBeUnused(t *testing.T) {
	files, err := filepath.Glob("../app/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("internal/app has %d files: %v", len(files), err)
	}
	for path := range notYetUsed() {
		field := "."
		for word := range strings.SplitSeq(path[strings.LastIndex(path, ".")+1:], "_") {
			field += strings.ToUpper(word[:1]) + word[1:]
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(file, "_test.go") && strings.Contains(string(src), field) {
				t.Errorf("%s is told to be unused, and %s reads %s", path, file, field)
			}
		}
	}
}

func TestAnEscalationOfOnesOwnIsNotWarnedOf(t *testing.T) {
	c, err := Parse("f", []byte("sites: [{name: a, url: 'https://a', auth: {pat_env: P}, scope: x}]\nstore: {path: p}\n"+
		"semantics: {escalation: {priorities: [Urgent]}}\n"))
	if err != nil || len(c.Warnings) > 0 {
		t.Errorf("%v, warnings: %v", err, c.Warnings)
	}
}
