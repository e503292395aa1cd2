package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/app"
	"plumbline/internal/config"
	"plumbline/internal/syncer"
)

// ticket is an issue as Jira's REST API gives it.
func ticket(id int, status, category, resolution, parent string, more string) string {
	kind := `"issuetype":{"id":"1","name":"Task","subtask":false}`
	if parent != "" {
		kind = fmt.Sprintf(`"issuetype":{"id":"2","name":"Sub-task","subtask":true},"parent":{"id":"%s","key":"PAY-%s"}`, parent, parent)
	}
	resolved := `"resolution":null`
	if resolution != "" {
		resolved = fmt.Sprintf(`"resolution":{"id":"9%d","name":"%s"},"resolutiondate":"2026-03-01T00:00:00.000+0000"`, len(resolution), resolution)
	}
	return fmt.Sprintf(`{"id":"%d","key":"PAY-%d","fields":{"created":"2026-01-01T00:00:00.000+0000","updated":"2026-03-01T00:00:00.000+0000",`+
		`"status":{"id":"%d","name":"%s","statusCategory":{"key":"%s"}},%s,%s,"project":{"id":"1","key":"PAY"},"summary":"x"%s},"changelog":{"startAt":0,"maxResults":0,"total":0,"histories":[]}}`,
		id, id, len(status), status, category, kind, resolved, more)
}

func TestTheLintSeesTheStoreThroughTheEngine(t *testing.T) {
	dump := strings.Join([]string{
		ticket(1, "Closed", "done", "Done", "", ""),
		ticket(2, "Open", "new", "", "1", `,"labels":["p95"]`),
		ticket(3, "Open", "new", "", "1", ""),
		ticket(4, "Closed", "done", "Handed over", "1", ""),
		ticket(5, "Open", "new", "", "", `,"fixVersions":[{"id":"77","name":"3.2","projectId":1}]`),
	}, "\n")
	s := open(t, worldOf(t, strings.NewReader(dump)), time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC))
	s.sync(t, syncer.Full)

	const goals = `goals:
  - id: a
    name: A
    owner: t
    outcomes: [{id: o, query: q, from: 1, to: 2}]
    target: 2026-12-18
    check_ins: [{date: 2026-02-01, completion: 0.5}]
    work:
      epics: [PAY-1, PAY-5, PAY-9]
      fix_versions: [{project: PAY, name: "3.2"}, {name: "3.3"}]
      labels: [{name: p95}, {name: p96}]
`
	path := t.TempDir() + "/g.yaml"
	write(t, path, goals)
	settings, args := lintedGoals(t, path, "test", "other")
	facts := askFacts(t, s, args)
	if diff := cmp.Diff([]string{"other"}, facts.Unread); diff != "" {
		t.Errorf("sites that were never read (-want +got):\n%s", diff)
	}
	facts.Unread = nil
	var got []string
	for _, f := range app.Lint(settings, facts, "").Findings {
		got = append(got, f.Rule+": "+f.What+"; "+f.Mend)
	}
	want := []string{
		"closed-over-open-children: goal a: PAY-1 is closed (Done), and 2 issues below it are open: PAY-2, PAY-3; close what is over, re-open the epic, or move its issues to where the work goes on",
		"matches-nothing: goal a: nothing ever lay below PAY-5; put its issues below it in Jira, or remove it here",
		"matches-nothing: goal a: no issue PAY-9 was ever seen; mend the key, or widen the site's scope",
		`matches-nothing: goal a: no fix version "3.3" was ever seen; did you mean "3.2"?`,
		`matches-nothing: goal a: no issue ever had the label "p96"; mend the label, give it to its issues in Jira, or remove it here`,
		`unknown-resolution: issues with the resolution "Handed over" (1 of them) count as delivered; add it to semantics.discarded_resolutions if it means closed without delivering; else accept it with lint.accept`,
		"stale-check-in: the last check-in of goal a, 2026-02-01, is older than its last progress, 2026-03-01; add a check-in that says where it stands now",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	args.Set("goals", "nonsense")
	if err := s.Run(t.Context(), "lint", args, &bytes.Buffer{}); err == nil {
		t.Error("goals that can't be read were taken")
	}
}

// lintedGoals are settings with the goals of the path and with the sites, and
// what a service is asked for to look at them.
func lintedGoals(t *testing.T, path string, sites ...string) (app.Settings, url.Values) {
	t.Helper()
	c := config.Default()
	c.Goals = path
	for _, name := range sites {
		c.Sites = append(c.Sites, config.Site{Name: name})
	}
	declared, err := config.LoadGoals(path)
	if err != nil {
		t.Fatal(err)
	}
	settings := app.Settings{Config: c, Goals: declared}
	args, err := app.LintArgs(settings)
	if err != nil {
		t.Fatal(err)
	}
	return settings, args
}

func askFacts(t *testing.T, s *service, args url.Values) *app.Facts {
	t.Helper()
	var b bytes.Buffer
	if err := s.Run(t.Context(), "lint", args, &b); err != nil {
		t.Fatal(err)
	}
	var facts app.Facts
	if err := json.Unmarshal(b.Bytes(), &facts); err != nil {
		t.Fatal(err)
	}
	return &facts
}

func TestTheLintOfAeroGearFindsThatEveryVersionIsThere(t *testing.T) {
	s := open(t, aerogear(t), at(t, "2016-01-01 00:00"))
	s.sync(t, syncer.Full)
	settings, args := lintedGoals(t, "../../config/examples/aerogear", "test")
	report := app.Lint(settings, askFacts(t, s, args), "")
	found := map[string]int{}
	for _, f := range report.Findings {
		found[f.Rule]++
		if f.Rule == "unknown-resolution" {
			t.Log(f.What)
		}
	}
	if found["matches-nothing"] != 0 || found["unsaid-target"] != 0 || len(report.NotLookedAt) > 0 {
		t.Errorf("found %v, not looked at %v", found, report.NotLookedAt)
	}
}
