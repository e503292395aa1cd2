package web

import (
	"fmt"
	"html"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// runbooksOf makes the page's template from README's section on alerts: there
// are headings, paragraphs, numbered lists, and in their text code, emphasis
// and links to other sections.
func runbooksOf(t *testing.T, readme string) string {
	t.Helper()
	_, section, ok := strings.Cut(readme, "\n## Alerts\n")
	section, _, ok2 := strings.Cut(section, "\n## ")
	if !ok || !ok2 {
		t.Fatal("README has no section on alerts")
	}
	var page strings.Builder
	page.WriteString("{{/* Made from README.md: change it there, then go test ./internal/web -update */ -}}\n{{template \"top\" .}}\n<h1>Alerts, and what to do</h1>\n{{template \"notices\" .}}\n")
	for _, block := range strings.Split(strings.TrimSpace(section), "\n\n") {
		name, isHeading := strings.CutPrefix(block, "### ")
		switch {
		case isHeading:
			fmt.Fprintf(&page, "<h2 id=%q>%s</h2>\n", strings.ToLower(name), name)
		case strings.HasPrefix(block, "1. "):
			page.WriteString("<ol>\n")
			for line := range strings.Lines(block) {
				_, text, _ := strings.Cut(strings.TrimSpace(line), ". ")
				fmt.Fprintf(&page, "<li>%s</li>\n", marked(text))
			}
			page.WriteString("</ol>\n")
		default:
			fmt.Fprintf(&page, "<p>%s</p>\n", marked(block))
		}
	}
	page.WriteString("{{template \"bottom\" .}}\n")
	return page.String()
}

func marked(text string) string {
	text = html.EscapeString(text)
	for _, mark := range []struct{ from, to string }{
		{"`([^`]+)`", "<code>$1</code>"},
		{`\*([^*]+)\*`, "<em>$1</em>"},
		{`\[([^\]]+)\]\((#[^)]+)\)`, `<a href="$2">$1</a>`},
	} {
		text = regexp.MustCompile(mark.from).ReplaceAllString(text, mark.to)
	}
	return text
}

func TestTheRunbooksAreThoseOfREADME(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	want := runbooksOf(t, string(readme))
	const path = "templates/runbooks.html"
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("the runbooks are not README's; run go test ./internal/web -update (-README +page):\n%s", diff)
	}
}

func TestEveryAlertsRunbookIsASectionOfItsPage(t *testing.T) {
	w := get(t, serve(t, newCompany()), "/README.md")
	if w.Code != 200 {
		t.Fatalf("the runbooks answer %d", w.Code)
	}
	checkMarkup(t, w.Body.Bytes())
	all, err := parsePage(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]bool{}
	for _, e := range all {
		if e.name == "h2" {
			sections[e.attrs["id"]] = true
		}
	}
	rules, err := os.ReadFile("../../config/prometheus/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`runbook_url: .*/README\.md#([\w-]+)`).FindAllSubmatch(rules, -1)
	if len(links) < 12 {
		t.Errorf("only %d alerts have a runbook", len(links))
	}
	for _, link := range links {
		if !sections[string(link[1])] {
			t.Errorf("no section has the id %s", link[1])
		}
	}
}
