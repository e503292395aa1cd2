package app_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"plumbline/internal/app"
)

func TestReadmeShowsTheTwoCommandsOnItsFirstScreen(t *testing.T) {
	lines := strings.Split(read(t, "../../README.md"), "\n")
	first := strings.Join(lines[:min(40, len(lines))], "\n")
	for _, command := range []string{"go run ./cmd/plumbline demo", "go test ./..."} {
		if !strings.Contains(first, command) {
			t.Errorf("%q is not on the first screen", command)
		}
	}
}

func TestReadmeListsEveryMetricAsItIs(t *testing.T) {
	all, err := app.Reference(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	readme := read(t, "../../README.md")
	_, table, ok := strings.Cut(readme, "made by `plumbline metrics -o md` -->\n")
	table, _, ok2 := strings.Cut(table, "<!-- end of metrics -->")
	if !ok || !ok2 {
		t.Fatal("README has no table of metrics between its marks")
	}
	rows := strings.Split(strings.TrimSpace(table), "\n")
	if got := len(rows) - 2; got != len(all) {
		t.Errorf("README lists %d metrics, the service has %d", got, len(all))
	}
	for _, m := range all {
		want := fmt.Sprintf("| %s | %s | %s | %s |", m.Name, m.Type, strings.Join(m.Labels, ", "), strings.ReplaceAll(m.Help, "|", "\\|"))
		if !strings.Contains(table, want) {
			t.Errorf("README does not say of %s what `plumbline metrics -o md` does; run it and paste:\n%s", m.Name, want)
		}
	}
}

func TestReadmeHasWhatItAndTheAlertsLinkTo(t *testing.T) {
	readme := read(t, "../../README.md")
	anchors := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(readme, -1) {
		anchor := regexp.MustCompile(`[^\p{L}\p{N} -]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		anchors[strings.ReplaceAll(anchor, " ", "-")] = true
	}
	links := regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(readme, -1)
	links = append(links, regexp.MustCompile(`runbook_url: .*/README\.md#([\w-]+)`).FindAllStringSubmatch(read(t, "../../config/prometheus/alerts.yaml"), -1)...)
	if len(links) < 5 {
		t.Fatalf("only %d links were found", len(links))
	}
	for _, link := range links {
		if !anchors[link[1]] {
			t.Errorf("README has no section #%s", link[1])
		}
	}
	for _, file := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(readme, -1) {
		if _, err := os.Stat("../../" + file[1]); err != nil {
			t.Errorf("README links to %s: %v", file[1], err)
		}
	}
}
