package app_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/app"
	"plumbline/internal/config"
	"plumbline/internal/jirasim"
	"plumbline/internal/syncer"
)

// progressWorld has two epics, of two issues and one, that tell of their
// progress in a field.
func progressWorld(t *testing.T) *jirasim.World {
	t.Helper()
	w := worldOf(t, strings.NewReader(strings.Join([]string{
		ticket(1, "Open", "new", "", "", `,"customfield_10042":60`),
		ticket(2, "Open", "new", "", "1", ""), ticket(3, "Closed", "done", "Done", "1", ""),
		ticket(4, "Open", "new", "", "", `,"customfield_10042":30`),
		ticket(5, "Open", "new", "", "4", ""),
	}, "\n")))
	w.AddField("customfield_10042", "Progress %", "com.atlassian.jira.plugin.system.customfieldtypes:float")
	return w
}

func TestAGoalReportsByAFieldOfItsEpics(t *testing.T) {
	goals := parseGoals(t, `goals:
  - {id: named, name: A, owner: t, reported: {field: Progress %}, work: {epics: [PAY-1, PAY-4]}}
  - {id: numbered, name: B, owner: t, reported: {field: customfield_10042}, work: {epics: [PAY-4]}}
  - {id: jira, name: C, owner: t, work: {epics: [PAY-1, PAY-4]}}
`)
	s := openGoals(t, progressWorld(t), time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC), goals)
	s.sync(t, syncer.Full)
	got := map[string]string{}
	for _, g := range s.Snapshot().Goals {
		e, err := s.Explain(t.Context(), g.ID, "reported_completion", s.now)
		if err != nil {
			t.Fatal(err)
		}
		got[g.ID] = g.ReportedFrom + " " + e.Measures[0].Value
	}
	// (2 × 60 % + 1 × 30 %) ÷ 3; a field named by its id has no per
	// cent sign, but is above 1.
	want := map[string]string{"named": "field 50.0 %", "numbered": "field 30.0 %", "jira": "jira 33.3 %"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
}

func TestTheSitesAreAskedForTheFieldsThatGoalsReportByOnline(t *testing.T) {
	site := httptest.NewServer(jirasim.New(progressWorld(t), jirasim.Options{PAT: "pat"}))
	t.Cleanup(site.Close)
	t.Setenv("PLUMBLINE_TEST_PAT", "pat")
	c := config.Default()
	c.Sites = []config.Site{{Name: "test", URL: site.URL, Scope: "project = PAY", Auth: config.Auth{PATEnv: "PLUMBLINE_TEST_PAT"}, Limits: config.Limits{RequestsPerSecond: 1e3, InFlight: 1}}}
	goals := parseGoals(t, `goals:
  - {id: a, name: A, owner: t, reported: {field: Progress %}, work: {epics: [PAY-1]}}
  - {id: b, name: B, owner: t, reported: {field: Progres}, work: {epics: [PAY-4]}}
`)
	results := app.CheckOnline(t.Context(), app.Settings{Config: c, Goals: goals}, "test")
	if results[0].Err != nil {
		t.Fatal(results[0].Err)
	}
	want := []string{
		`site test: goal b reports by "Progres": there is no custom field "Progres"`,
		`site test: goal a reports by "Progress %", which is customfield_10042`,
	}
	if diff := cmp.Diff(want, strings.Split(results[0].String(), "\n")[1:]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	const refused = `site test can't give the field by which goal b reports: there is no custom field "Progres" (mend reported.field in the goals file)`
	if err := app.Refusals(results); err == nil || err.Error() != refused {
		t.Errorf("error %v", err)
	}
}
