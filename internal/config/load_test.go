package config_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/config"
	"plumbline/internal/flow"
)

// site is a site that is right, for tests of other things.
const site = `sites:
  - name: acme
    url: https://jira.acme.com
    auth: {pat_env: JIRA_PAT}
    scope: project = PAY
store: {path: p.db}
`

func TestWhatAServiceFileSaysIsWhatIsLoaded(t *testing.T) {
	c, err := config.Parse("/etc/plumbline/plumbline.yaml", []byte(`
external_url: https://plumbline.acme.com/x/
sites:
  - name: acme
    url: http://jira.acme.com/jira/
    auth: {email: bot@acme.com, token_file: secrets/jira, expires: 2027-03-01, scoped: true}
    scope: |
      project in (PAY, SHOP)
      AND summary ~ "order by"
    limits: {requests_per_second: 0.5, in_flight: 2}
    tls: {ca_file: ca.pem}
    webhook_secret_file: ""
    fields: {story_points: [customfield_10016, customfield_10020]}
schedule: {incremental: "@every 90s", full: off, census: off, timezone: Europe/Zurich}
store: {path: /var/lib/plumbline.db}
goals: ../goals.yaml
listen: :9847
calendar: {workdays: [sun, mon], holidays: [2026-12-25], freezes: [{from: 2026-12-20, to: 2027-01-03}]}
semantics:
  discarded_resolutions: [Nope]
  decisions: {classes: [{name: approval, statuses: [Waiting]}], decide_within: {approval: 2d}}
traps: {process_accretion: on, shadow_work: off, tomorrows_trap: {age: 2.5}}
lint: {accept: [{rule: r, at: PAY-1, why: "w"}]}
privacy: {pseudonym_key_file: k, min_group: 7, store_summaries: false}
`))
	if err != nil {
		t.Fatal(err)
	}
	zurich, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.Path = "/etc/plumbline/plumbline.yaml"
	want.ExternalURL = "https://plumbline.acme.com/x"
	want.Sites = []config.Site{{
		Name: "acme", URL: "http://jira.acme.com/jira",
		Auth:   config.Auth{Email: "bot@acme.com", TokenFile: "/etc/plumbline/secrets/jira", Expires: flow.Date{Year: 2027, Month: 3, Day: 1}, Scoped: true},
		Scope:  "project in (PAY, SHOP)\nAND summary ~ \"order by\"",
		Limits: config.Limits{RequestsPerSecond: 0.5, InFlight: 2},
		CAFile: "/etc/plumbline/ca.pem",
		Fields: map[string][]string{"story_points": {"customfield_10016", "customfield_10020"}},
	}}
	want.Schedule = config.Schedule{Incremental: "@every 90s", Agile: "@every 30m", Zone: zurich}
	want.Store.Path = "/var/lib/plumbline.db"
	want.Goals = "/etc/goals.yaml"
	want.Listen = ":9847"
	want.Calendar = flow.Calendar{
		Zone: zurich, Workdays: [7]bool{true, true}, Holidays: []flow.Date{{Year: 2026, Month: 12, Day: 25}},
		Freezes: []flow.DateSpan{{From: flow.Date{Year: 2026, Month: 12, Day: 20}, To: flow.Date{Year: 2027, Month: 1, Day: 3}}},
	}
	want.Semantics.DiscardedResolutions = []string{"Nope"}
	want.Semantics.Decisions = []config.DecisionClass{{Name: "approval", Match: config.Match{Statuses: []string{"Waiting"}}}}
	want.Semantics.DecideWithin = map[string]time.Duration{"approval": 48 * time.Hour}
	want.Traps = map[string]config.Trap{"process_accretion": {}, "shadow_work": {Off: true}, "tomorrows_trap": {Thresholds: map[string]float64{"age": 2.5}}}
	want.Lint.Accept = []config.Acceptance{{Rule: "r", At: "PAY-1", Why: "w", Place: config.Place{File: want.Path, Line: 23, Column: 17}}}
	want.Privacy = config.Privacy{PseudonymKeyFile: "/etc/plumbline/k", MinGroup: 7}

	warnings := c.Warnings
	c.Warnings = nil
	if at := c.Places.At("lint.accept[0].why"); at.Line != 23 {
		t.Errorf("the reason is said to stand at %s", at)
	}
	c.Places = nil
	zones := cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })
	if diff := cmp.Diff(want, c, zones); diff != "" {
		t.Errorf("(-written +loaded):\n%s", diff)
	}
	const notUsed = "is taken but not used by this version; leave it, or remove it until it is"
	wantLines(t, warnings, `
/etc/plumbline/plumbline.yaml:5:10: sites[0].url: sends the credential in the clear; use https://
/etc/plumbline/plumbline.yaml:22:50: traps.tomorrows_trap: `+notUsed)
}

func TestAStatusThatIsSaidToBeActiveWaitsNoMoreByDefault(t *testing.T) {
	const service = "sites: [{name: a, url: https://a, auth: {email: a@a, token_env: T}, scope: x = 1}]\nstore: {path: s}\n"
	for _, c := range []struct {
		name, semantics string
		active, waiting []string
	}{
		{"nothing is said", "", nil, []string{"In review", "Blocked"}},
		{"one of the default is said to be active", "semantics: {active_statuses: [Doing, IN REVIEW]}\n", []string{"Doing", "IN REVIEW"}, []string{"Blocked"}},
		{"both are said", "semantics: {active_statuses: [Doing], waiting_statuses: [Queue]}\n", []string{"Doing"}, []string{"Queue"}},
		{"nothing waits", "semantics: {waiting_statuses: []}\n", nil, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := config.Parse("f", []byte(service+c.semantics))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([][]string{c.active, c.waiting}, [][]string{got.Semantics.ActiveStatuses, got.Semantics.WaitingStatuses}); diff != "" {
				t.Errorf("active and waiting (-want +got):\n%s", diff)
			}
		})
	}
}

func wantLines[T interface{ String() string }](t *testing.T, got []T, want string) {
	t.Helper()
	lines := make([]string, len(got))
	for i := range got {
		lines[i] = got[i].String()
	}
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(want), "\n"), lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsLeftOutHasTheDefaults(t *testing.T) {
	c, err := config.Parse("config/plumbline.yaml", []byte(site+"listen: 0.0.0.0:80\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.ExternalURL != "http://localhost:80" || c.Goals != "config/goals" || c.Store.Path != "config/p.db" {
		t.Errorf("external_url %q, goals %q, store %q", c.ExternalURL, c.Goals, c.Store.Path)
	}
	if diff := cmp.Diff(config.DefaultLimits(), c.Sites[0].Limits); diff != "" {
		t.Error(diff)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("warned of %v", c.Warnings)
	}
}

func TestAMissingFileIsAnsweredWithTheWayOut(t *testing.T) {
	folder := t.TempDir()
	_, err := config.Load(filepath.Join(folder, "absent.yaml"))
	want := folder + "/absent.yaml: there is no such file; write one like config/plumbline.yaml of the distribution, or try `plumbline demo`, which needs none"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	_, err = config.Load(folder)
	want = folder + ": cannot be read: it is no regular file; see to it that the service may read it"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
