package app

import (
	"cmp"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plumbline/internal/config"
	"plumbline/internal/flow"
)

func TestWhateverNamesJiraHoldsTheStarterIsValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			"", "0", "1e5", "True", "null", "2026-01-01", "a: b", "# no", "x\ny: z", `"`, `\`, "- id: 7", "\u2028", "\u0085", "{{", "password: hunter2", "anna@acme.com", "'", "\xff", "日本語", "- - -",
		}))
		s := &site{
			issues: 7, types: map[string]flow.IssueType{}, projects: map[string]bool{"PAY": true, "SHOP": true}, versions: map[flow.Version]int{},
			fields: []byte(`{"format":1,"epic_link":[{"id":"customfield_1","name":"Epic\nLink"}]}`),
			notes:  []string{text.Draw(t, "note")},
		}
		s.identity = flow.Identity{Deployment: text.Draw(t, "deployment"), Version: text.Draw(t, "version")}
		for n := range rapid.IntRange(0, 4).Draw(t, "epics") {
			s.epics = append(s.epics, flow.Issue{Summary: text.Draw(t, "summary"), Now: flow.State{
				Key: []string{"PAY-1", "PAY-2", "SHOP-1", "SHOP-2"}[n], Project: flow.Named{Name: "PAY"}, Status: flow.Named{Name: text.Draw(t, "status")},
				Due: flow.Date{Year: rapid.IntRange(1, 3000).Draw(t, "year"), Month: 5, Day: 3},
			}})
		}
		for n := range rapid.IntRange(0, 4).Draw(t, "versions") {
			name := cmp.Or(oneLine(text.Draw(t, "version name")), "3.2")
			s.versions[flow.Version{ID: string(rune('a' + n)), Name: name, Project: []string{"PAY", "NULL"}[n%2]}] = n
		}
		name := text.Draw(t, "type")
		s.types[name] = flow.IssueType{Name: name, Level: rapid.IntRange(-1, 3).Draw(t, "level")}
		s.statuses = []flow.StatusInfo{{Name: text.Draw(t, "status"), Category: flow.InProgress}, {Name: "In review " + text.Draw(t, "status"), Category: flow.InProgress}}
		start := Start{URL: "https://jira.acme.com/jira", Scope: rapid.SampledFrom([]string{"", `project = "PAY" AND labels = 'x'`}).Draw(t, "scope"),
			Auth: config.Auth{PATEnv: "JIRA_PAT"}, Now: time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)}
		written := s.config(start, start.head())
		c, err := config.Parse("plumbline.yaml", []byte(written))
		if err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
		if c.Sites[0].Name != "jira" || start.Scope != "" && c.Sites[0].Scope != start.Scope {
			t.Fatalf("the site is %+v", c.Sites[0])
		}
		goals := s.goals(start.Now)
		got, err := config.ParseGoals(map[string][]byte{"goals.yaml": []byte(goals)})
		if err != nil {
			t.Fatalf("%v\n%s", err, goals)
		}
		if want := len(s.epics) + len(s.versions); len(got.List) != want {
			t.Fatalf("%d goals, want %d:\n%s", len(got.List), want, goals)
		}
	})
}

func TestASitesNameIsMadeOfItsAddress(t *testing.T) {
	for url, want := range map[string]string{
		"https://acme.atlassian.net": "acme", "https://JIRA.acme.com/jira": "jira", "http://127.0.0.1:8080": "jira",
		"https://a_b.example": "jira", "nonsense": "jira", "http://[::1]/": "jira",
	} {
		if got := (Start{URL: url}).siteName(); got != want {
			t.Errorf("%s is named %q, want %q", url, got, want)
		}
	}
}

func TestLiveEpicsAreFoundByTheirLevel(t *testing.T) {
	const byName = "issuetype = Epic AND statusCategory != Done"
	for name, c := range map[string]struct {
		types []flow.IssueType
		want  string
	}{
		"a site that tells no types": {nil, byName},
		"a site that tells no level": {[]flow.IssueType{{ID: "1", Name: "Task"}, {ID: "2", Name: "Sub-task", Level: -1}}, byName},
		"epics of several names": {
			[]flow.IssueType{{ID: "10000", Name: "Epik", Level: 1}, {ID: "10001", Name: "Initiative", Level: 2}, {ID: "1", Name: "Task"}, {ID: "10002", Name: "Feature", Level: 1}},
			"issuetype in (10000, 10002) AND statusCategory != Done",
		},
		"an id that is none": {[]flow.IssueType{{ID: "1) OR (1=1", Name: "Epic", Level: 1}}, byName},
	} {
		if got := liveEpics(c.types); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
