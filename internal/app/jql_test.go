package app_test

import (
	"encoding/json"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/app"
	"plumbline/internal/config"
	"plumbline/internal/jirasim"
	"plumbline/internal/measure"
	"plumbline/internal/syncer"
)

func parseGoals(t *testing.T, src string) *config.Goals {
	t.Helper()
	goals, err := config.ParseGoals(map[string][]byte{"g.yaml": []byte(src)})
	if err != nil {
		t.Fatal(err)
	}
	return goals
}

// A goal by JQL over real issues is, after every sync, the goal that the
// changelog gives to the fix version of the same name. And its past stands:
// what was shown after a sync is what is shown of that moment ever after.
func TestAGoalByJQLFollowsRealIssuesAndItsPastStands(t *testing.T) {
	goals := parseGoals(t, `goals:
  - {id: asked, name: By JQL, owner: t, work: {jql: 'fixVersion = "1.0.0.M2"'}}
  - {id: told, name: By version, owner: t, work: {fix_versions: [{name: 1.0.0.M2}]}}
`)
	s := openGoals(t, aerogear(t), at(t, "2012-06-01 00:00"), goals)
	was := map[time.Time]measure.Parts{}
	parts := func(sn *measure.Snapshot, id string) measure.Parts {
		g, ok := sn.Goal(id)
		if !ok {
			t.Fatalf("there is no goal %s", id)
		}
		return g.Issues
	}
	total := 0
	for range 40 {
		s.sync(t, syncer.Incremental)
		now := s.Snapshot()
		was[s.now] = parts(now, "asked")
		if diff := cmp.Diff(parts(now, "told"), was[s.now]); diff != "" {
			t.Errorf("%s: issues (-by version +by JQL):\n%s", s.now, diff)
		}
		total = was[s.now].Total()
		s.now = s.now.Add(5 * 24 * time.Hour)
	}
	if total == 0 {
		t.Error("no issue was ever selected")
	}
	for then, want := range was {
		sn, err := s.SnapshotAt(t.Context(), then)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, parts(sn, "asked")); diff != "" {
			t.Errorf("as of %s (-shown then +shown now):\n%s", then, diff)
		}
	}
	e, err := s.Explain(t.Context(), "asked", "issues", s.now)
	if err != nil {
		t.Fatal(err)
	}
	inputs := e.Measures[0].Inputs
	if last := inputs[len(inputs)-1]; last.Name != "by_jql_share" || !strings.HasPrefix(last.Value, "100.0 %") {
		t.Errorf("the explanation does not say what is approximate: %+v", inputs)
	}
	for _, ev := range e.Measures[0].Counted {
		if !strings.HasPrefix(ev.Via, "by JQL, seen since 2012-") || !strings.HasSuffix(ev.Via, "(approximate)") {
			t.Errorf("%s belongs %q", ev.Key, ev.Via)
		}
	}
}

// What a JQL matches can change while no issue does; the figures follow.
func TestAJQLThatSpeaksOfThePresentTimeIsFollowed(t *testing.T) {
	goals := parseGoals(t, "goals:\n  - {id: young, name: Y, owner: t, work: {jql: created > -10d}}\n")
	world := worldOf(t, strings.NewReader(ticket(1, "Open", "new", "", "", "")))
	s := openGoals(t, world, at(t, "2026-01-05 12:00"), goals)
	s.sync(t, syncer.Full)
	issues := func() int {
		g, _ := s.Snapshot().Goal("young")
		return g.Issues.Total()
	}
	if issues() != 1 {
		t.Errorf("%d issues, want the new one", issues())
	}
	s.now = at(t, "2026-01-20 12:00")
	s.sync(t, syncer.Incremental)
	if issues() != 1 {
		t.Errorf("%d issues, though nobody was asked", issues())
	}
	s.sync(t, syncer.AgileOnly)
	if issues() != 0 {
		t.Errorf("%d issues, though none is new any more", issues())
	}
	then, err := s.SnapshotAt(t.Context(), at(t, "2026-01-05 12:00"))
	if g, _ := then.Goal("young"); err != nil || g.Issues.Total() != 1 {
		t.Errorf("the past has changed: %+v, %v", g, err)
	}
}

func TestAGoalWhoseJQLIsNewIsMeasuredWithoutWaitingForASchedule(t *testing.T) {
	r := run(t)
	issues := func(id string) (n int, missing string) {
		_, text := r.ask("GET", "/api/v1/goals/"+id)
		var page struct {
			Status measure.GoalStatus `json:"status"`
		}
		if err := json.Unmarshal([]byte(text), &page); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		return page.Status.Issues.Total(), page.Status.Missing["reported_completion"]
	}
	r.write("goals/b.yaml", "goals:\n  - {id: b, name: B, owner: t, work: {jql: project = PAY}}\n")
	if code, text := r.ask("POST", "/-/reload"); code != 200 {
		t.Fatal(text)
	}
	r.await("goal b has issues", func() bool {
		if r.status("/api/v1/goals/b") != 200 {
			return false
		}
		n, _ := issues("b")
		return n > 0
	})
	r.write("goals/b.yaml", "goals:\n  - {id: b, name: B, owner: t, work: {jql: colour = red}}\n")
	if code, text := r.ask("POST", "/-/reload"); code != 200 {
		t.Fatal(text)
	}
	r.await("the board says that the JQL is refused", func() bool {
		_, board := r.ask("GET", "/")
		return strings.Contains(board, "Jira refuses the JQL of goal b (colour = red): Field &#39;colour&#39; does not exist")
	})
	r.await("the goal says so too", func() bool {
		n, why := issues("b")
		return n == 0 && strings.HasPrefix(why, "no issue is in scope; the JQL of goal b is refused by site acme: Field 'colour' does not exist")
	})
}

func TestAPreviewAsksWhatANewJQLMatchesAndKeepsNothing(t *testing.T) {
	a, _, now := company(t)
	other := parseGoals(t, "goals:\n  - {id: fresh, name: F, owner: t, work: {jql: statusCategory != Done}}\n  - {id: wrong, name: W, owner: t, work: {jql: colour = red}}\n")
	for range 2 { // as if the first had never been
		p, err := a.Preview(t.Context(), other.List, now)
		if err != nil {
			t.Fatal(err)
		}
		after := map[string]string{}
		for _, line := range p.Lines {
			if line.Figure == "issues" {
				after[line.Goal] = line.After
			}
		}
		if !strings.HasSuffix(after["fresh"], " 0 delivered, 0 discarded") || strings.HasPrefix(after["fresh"], "0 to do, 0 in progress") || after["wrong"] != "0 to do, 0 in progress, 0 delivered, 0 discarded" {
			t.Errorf("issues: %v", after)
		}
	}
}

func TestTheLintTellsOfJQLsThatMatchNothing(t *testing.T) {
	goals := parseGoals(t, `goals:
  - {id: a, name: A, owner: t, work: {jql: labels = x OR labels = y}}
  - {id: b, name: B, owner: t, work: {jql: labels = nothing}}
  - {id: c, name: C, owner: t, work: {jql: colour = red}}
`)
	world := worldOf(t, strings.NewReader(ticket(1, "Open", "new", "", "", `,"labels":["x"]`)))
	s := openGoals(t, world, time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC), goals)
	reports, err := s.Sync(t.Context(), "", syncer.Full, nil)
	if err != nil || len(reports[0].Reasons) != 1 {
		t.Fatalf("%v, %+v", err, reports)
	}
	path := filepath.Join(t.TempDir(), "g.yaml")
	write(t, path, `goals:
  - {id: a, name: A, owner: t, work: {jql: labels = x OR labels = y}}
  - {id: b, name: B, owner: t, work: {jql: labels = nothing}}
  - {id: c, name: C, owner: t, work: {jql: colour = red}}
  - {id: d, name: D, owner: t, work: {jql: labels = later}}
`)
	settings, args := lintedGoals(t, path, "test")
	report := app.Lint(settings, askFacts(t, s, args), "")
	var got []string
	for _, f := range report.Findings {
		if f.Rule == "matches-nothing" {
			got = append(got, strings.TrimPrefix(f.At, path)+" "+f.What+"; "+f.Mend)
		}
	}
	want := []string{
		":3:44 goal b: no issue in scope ever matched its JQL; mend the JQL, or widen the site's scope",
		":4:44 goal c: its JQL is refused: site test: Field 'colour' does not exist or you do not have permission to view it.; mend it; Jira's own search, as the same account, shows what it takes",
		":5:44 goal d: its JQL has not been asked of Jira yet; run `plumbline sync`, or `plumbline check --online` to see what it matches",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestTheSitesAreAskedForEachJQLOnline(t *testing.T) {
	world := aerogear(t)
	now := func() time.Time { return at(t, "2013-01-01 00:00") }
	one := httptest.NewServer(jirasim.New(world, jirasim.Options{PAT: "pat", Now: now}))
	t.Cleanup(one.Close)
	two := httptest.NewServer(jirasim.New(world, jirasim.Options{Flavour: jirasim.Cloud, PAT: "pat", Now: now}))
	t.Cleanup(two.Close)
	t.Setenv("PLUMBLINE_TEST_PAT", "pat")
	c := config.Default()
	for name, url := range map[string]string{"server": one.URL, "cloud": two.URL} {
		c.Sites = append(c.Sites, config.Site{Name: name, URL: url, Scope: "project is not EMPTY", Auth: config.Auth{PATEnv: "PLUMBLINE_TEST_PAT"}, Limits: config.Limits{RequestsPerSecond: 1e3, InFlight: 1}})
	}
	slices.SortFunc(c.Sites, func(a, b config.Site) int { return strings.Compare(a.Name, b.Name) })
	goals := parseGoals(t, `goals:
  - {id: m2, name: A, owner: t, work: {jql: 'fixVersion = "1.0.0.M2"'}}
  - {id: m2-again, name: A, owner: t, work: {jql: 'fixVersion = "1.0.0.M2"'}}
  - {id: red, name: B, owner: t, work: {jql: colour = red}}
`)
	results := app.CheckOnline(t.Context(), app.Settings{Config: c, Goals: goals}, "test")
	for _, r := range results {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		lines := strings.Split(r.String(), "\n")[1:]
		want := []string{
			"site " + r.Site + ": goal red (colour = red): refused: Field 'colour' does not exist or you do not have permission to view it.",
			"site " + r.Site + `: goal m2, m2-again (fixVersion = "1.0.0.M2"): 48 issues`,
		}
		if diff := cmp.Diff(want, lines); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r.Site, diff)
		}
	}
	err := app.Refusals(results)
	if err == nil || !strings.HasPrefix(err.Error(), "site cloud refuses the JQL of goal red (colour = red): Field 'colour'") || strings.Contains(err.Error(), "M2") {
		t.Errorf("error %v", err)
	}
	results[0].JQLs[0].Refused = "" // as if the first site took it
	if err := app.Refusals(results); err != nil {
		t.Errorf("a JQL that a site takes is refused: %v", err)
	}
}
