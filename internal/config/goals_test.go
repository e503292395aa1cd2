package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/config"
	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

const wholeGoal = `goals:
  - id: checkout-p95
    name: Checkout answers within 300 ms at p95
    owner: team-payments
    parent: customer-trust
    weight: 2
    start: 2026-07-01
    target: 2026-12-18
    targets: [{date: 2026-11-27, said: 2026-07-01}, {date: 2026-12-18, said: 2026-10-20, why: "scope of PAY-40 grew"}]
    count: points
    work:
      epics: [PAY-12, PAY-40]
      fix_versions: [{project: PAY, name: "3.2"}, {name: "3.2"}]
      labels: [{project: PAY, name: p95}]
      exclude: [PAY-77]
    reported: {from: check_ins}
    check_ins: [{date: 2026-11-16, completion: 0.7, health: on_track, note: "vendor fix landed"}]
    decisions: [{id: cdn-vendor, class: architecture, issue: PAY-55, asked: 2026-10-02, decide_by: 2026-10-12, authority: architecture-group, decided: null, outcome: ""}]
    decide_within: {architecture: 5d}
    outcomes:
      - {id: p95, query: 'histogram_quantile(0.95, x)', from: 0.52, to: 0.30, unit: s}
    stop_when:
      - {id: too-little, when: "real_completion < 0.3 after 2026-11-01"}
    stall: {after: 10d}
  - id: customer-trust
    name: Customers trust us
    target: 2027-01-01
`

func date(y int, m time.Month, d int) flow.Date { return flow.Date{Year: y, Month: m, Day: d} }

func TestWhatAGoalSaysIsWhatIsLoaded(t *testing.T) {
	got, err := config.ParseGoals(map[string][]byte{"goals/a.yaml": []byte(wholeGoal)})
	if err != nil {
		t.Fatal(err)
	}
	share := 0.7
	want := []goal.Goal{
		{
			ID: "checkout-p95", Name: "Checkout answers within 300 ms at p95", Owner: "team-payments", Parent: "customer-trust", Weight: 2,
			Start:   date(2026, 7, 1),
			Targets: []goal.Target{{Date: date(2026, 11, 27), Said: date(2026, 7, 1)}, {Date: date(2026, 12, 18), Said: date(2026, 10, 20), Why: "scope of PAY-40 grew"}},
			Count:   goal.CountPoints,
			Work: goal.Work{
				Epics:       []string{"PAY-12", "PAY-40"},
				FixVersions: []goal.InProject{{Project: "PAY", Name: "3.2"}, {Name: "3.2"}},
				Labels:      []goal.InProject{{Project: "PAY", Name: "p95"}},
				Exclude:     []string{"PAY-77"},
			},
			Reported:   goal.Reported{From: "check_ins"},
			CheckIns:   []goal.CheckIn{{Date: date(2026, 11, 16), Completion: &share, Health: "on_track", Note: "vendor fix landed"}},
			Decisions:  []goal.Decision{{ID: "cdn-vendor", Class: "architecture", Issue: "PAY-55", Authority: "architecture-group", Asked: date(2026, 10, 2), DecideBy: date(2026, 10, 12)}},
			DecideIn:   map[string]time.Duration{"architecture": 120 * time.Hour},
			Outcomes:   []goal.Outcome{{ID: "p95", Query: "histogram_quantile(0.95, x)", Unit: "s", From: 0.52, To: 0.3}},
			StopWhen:   []goal.StopCriterion{{ID: "too-little", When: "real_completion < 0.3 after 2026-11-01"}},
			StallAfter: 240 * time.Hour,
			DeclaredAt: "goals/a.yaml:2",
		},
		{
			ID: "customer-trust", Name: "Customers trust us", Weight: 1, Targets: []goal.Target{{Date: date(2027, 1, 1)}},
			Count: goal.CountIssues, Reported: goal.Reported{From: "jira"}, DeclaredAt: "goals/a.yaml:25",
		},
	}
	if diff := cmp.Diff(want, got.List); diff != "" {
		t.Errorf("(-written +loaded):\n%s", diff)
	}
	for path, want := range map[string]string{
		"": "goals/a.yaml:2:5", "work.epics[1]": "goals/a.yaml:12:23", "targets[1].said": "goals/a.yaml:9:78", "nonsense": "goals/a.yaml:2:5",
	} {
		if at := got.Places["checkout-p95"].At(path).String(); at != want {
			t.Errorf("%q is said to stand at %s, not at %s", path, at, want)
		}
	}
	if len(got.Warnings) > 0 {
		t.Errorf("warnings of what is used: %v", got.Warnings)
	}
}

func TestAFaultyGoalIsRefusedWithEveryFault(t *testing.T) {
	bare := "goals:\n  - id: a\n    name: A\n    owner: t\n"
	head := bare + "    work: {epics: [PAY-1]}\n"
	for _, f := range []faulty{
		{"no goals key", "goal: []\n", "f:1:1: goal: unknown key \"goal\"; did you mean \"goals\"?\nf:1:1: goals is missing; add goals: with a list of goals"},
		{"an empty goal", "goals:\n  - {}\n", "f:2:5: goals[0]: id is missing; add id: with a short name that never changes, such as checkout-p95\nf:2:5: goals[0]: name is missing; add name: with what is to be reached"},
		{"nothing after the dash", "goals:\n  -\n", "f:2:3: goals[0]: has no value; give it one, or remove the dash or comma"},
		{
			"names out of form", "goals:\n  - id: Checkout P95\n    name: 5\n    owner: jo@acme.com\n    parent: X\n    weight: 0\n    count: hours\n", `
f:2:9: goals[0].id: "Checkout P95" is no id of a goal; use at most 63 of a-z, 0-9 and -, such as checkout-p95
f:3:11: goals[0].name: wants text, has a number; put it in quotes
f:4:12: goals[0].owner: looks like a person's address; name a team, such as team-payments
f:5:13: goals[0].parent: "X" is no id of a goal; write the id of the goal above
f:6:13: goals[0].weight: 0 is out of range; choose more than 0 and at most 1000
f:7:12: goals[0].count: "hours" is not taken here; known here: issues, points`,
		},
		{
			"work out of form", `goals:
  - id: a
    name: A
    owner: t
    work:
      epics: [pay-12, PAY-1, PAY-1, epic]
      jql: project = PAY ORDER BY rank
      fix_versions: [{project: pay, name: "1"}, {name: 3.2}, {name: "1"}, {name: "1"}]
      labels: [{project: PAY}, {name: two words}, p95]
      exlude: [PAY-7]
`, `
f:6:15: goals[0].work.epics[0]: "pay-12" is no issue key; did you mean "PAY-12"?
f:6:30: goals[0].work.epics[2]: "PAY-1" comes twice; it stands in line 6 already; keep one
f:6:37: goals[0].work.epics[3]: "epic" is no issue key; write it as Jira shows it, such as PAY-12
f:7:12: goals[0].work.jql: holds ORDER BY; remove it; the order is the service's own
f:8:32: goals[0].work.fix_versions[0].project: "pay" is no project key; did you mean "PAY"?
f:8:56: goals[0].work.fix_versions[1].name: wants text, has a number; put it in quotes
f:8:75: goals[0].work.fix_versions[3]: "1" comes twice; it stands in line 8 already; keep one
f:9:16: goals[0].work.labels[0]: name is missing; add name: with its name in Jira, such as "latency"
f:9:39: goals[0].work.labels[1].name: "two words" is no label, because it holds a space; write it as Jira shows it
f:9:51: goals[0].work.labels[2]: wants a mapping, has text; write key: value lines, or {key: value}
f:10:7: goals[0].work.exlude: unknown key "exlude"; did you mean "exclude"?`,
		},
		{
			"a JQL that reaches beyond its own part of the query", bare + "    work: {jql: 'project = PAY) OR (project = SHOP'}\n",
			"f:5:17: goals[0].work.jql: a closing parenthesis has no opening one; see to it that every parenthesis has its counterpart",
		},
		{
			"a JQL with a quotation left open", bare + "    work:\n      jql: |\n        labels = \"latency\n",
			"f:6:12: goals[0].work.jql: a quotation is not closed; end it with the sign that it begins with",
		},
		{"an empty JQL", bare + "    work: {jql: ''}\n", "f:5:17: goals[0].work.jql: is empty; write what it should be, or leave the key out"},
		{"a JQL that is a list", bare + "    work: {jql: [a = b]}\n", "f:5:17: goals[0].work.jql: wants text, has a list; write text"},
		{
			"a target that was moved unseen", head + "    target: 2026-12-18\n    targets: [{date: 2026-11-27}]\n",
			"f:6:13: goals[0].target: 2026-12-18 is not the date of the last of targets, 2026-11-27; add {date: 2026-12-18, said: DAY, why: REASON} to targets, so that the change of the promise is seen",
		},
		{
			"promises out of order", head + "    targets:\n      - {date: 2026-11-27, said: 2026-07-02}\n      - {date: 2026-12-18, said: 2026-07-01}\n",
			"f:8:9: goals[0].targets[1]: was said on 2026-07-01, not after the one before it (2026-07-02); put the promises in the order in which they were made, and give each the date of its making with said:",
		},
		{"a later promise without its day", head + "    targets: [{date: 2026-11-27}, {date: 2026-12-18}]\n", "f:6:35: goals[0].targets[1]: said is missing; add said: with the day since which it is the promise"},
		{
			"what is said out of bounds", head + `    reported: {from: jira, field: X}
    check_ins: [{date: 2026-11-16, completion: 70}, {date: 2026-11-17, health: green}, {date: 2026-11-18}, {completion: -1}]
    decisions:
      - {id: d, asked: 2026-10-02, decide_by: 2026-10-01, decided: 2026-09-01}
      - {id: d, asked: 2026-10-02, class: "", issue: PAY}
    decide_within: soon
    stall: {after: 12h}
`, `
f:6:35: goals[0].reported.field: from and field are two sources; keep one of them
f:7:48: goals[0].check_ins[0].completion: 70 is out of range; a completion is a share of 1; did you mean 0.7?
f:7:80: goals[0].check_ins[1].health: "green" is not taken here; known here: on_track, at_risk, off_track, stalled, done, not_started, unknown
f:7:88: goals[0].check_ins[2]: says neither completion nor health; add completion: 0.7 or health: on_track
f:7:108: goals[0].check_ins[3]: date is missing; add date: with the day on which it was said
f:7:121: goals[0].check_ins[3].completion: -1 is out of range; choose from 0 to 1
f:9:47: goals[0].decisions[0].decide_by: 2026-10-01 is before it was asked, 2026-10-02; mend one of the dates
f:9:68: goals[0].decisions[0].decided: 2026-09-01 is before it was asked, 2026-10-02; mend one of the dates
f:10:43: goals[0].decisions[1].class: is empty; write what it should be, or leave the key out
f:10:54: goals[0].decisions[1].issue: "PAY" is no issue key; write it as Jira shows it, such as PAY-12
f:11:20: goals[0].decide_within: "soon" is no duration such as 90m, 5d or 2w; write a number with a unit, such as 90m, 5d or 2w
f:12:20: goals[0].stall.after: "12h" is too short; choose at least 1d`,
		},
		{"what is reported from a field of no epic", bare + "    reported: {field: \"Progress %\"}\n", "f:5:15: goals[0].reported: a field is read from the goal's own epics, and it maps none; add work: {epics: [PAY-12]}, or use from: jira or from: check_ins"},
		{"what is reported from a field that is a number", head + "    reported: {field: 10042}\n", "f:6:23: goals[0].reported.field: wants text, has a number; put it in quotes"},
		{"what is reported from another source", head + "    reported: {from: field}\n", "f:6:22: goals[0].reported.from: \"field\" is not taken here; known here: jira, check_ins"},
		{"what is reported from nowhere", head + "    reported: {}\n", "f:6:15: goals[0].reported: from is missing; add from: jira or from: check_ins, or field: \"Progress %\""},
		{
			"too many outcomes and criteria", head + "    outcomes: [{}, {}, {}, {}, {}]\n    stop_when: [{id: a, when: x}, {id: a, when: \"\"}, {}, {}, {}]\n", `
f:6:15: goals[0].outcomes: has 5 items, and may have at most 4; remove some
f:7:16: goals[0].stop_when: has 5 items, and may have at most 4; remove some`,
		},
		{
			"conditions that say nothing", head + `    stop_when:
      - {id: a, when: "real_completon < 0.3"}
      - {id: b, when: 'stalled for 3'}
      - id: c
        when: outcome.p95 > 0.5 after 2026-12-01 for 14d
      - {id: d, when: "scope_added > \u0033 30%"}
    outcomes: [{id: p96, query: q, from: 1, to: 2}]
`, `
f:7:24: goals[0].stop_when[0].when: there is no figure "real_completon"; did you mean "real_completion"?
f:8:36: goals[0].stop_when[1].when: for wants a duration, has "3"; write a number with a unit, such as for 14d
f:10:15: goals[0].stop_when[2].when: the goal declares no outcome "p95"; did you mean "outcome.p96"?
f:11:23: goals[0].stop_when[3].when: "30%" is not expected here; known here: after, and, for, not, or`,
		},
		{"a parent that is not there", head + "    parent: customer-trust\n  - {id: customer-trvst, name: B, owner: t, work: {epics: [A_1-1]}}\n", "f:6:13: goals[0].parent: there is no goal \"customer-trust\"; did you mean \"customer-trvst\"?"},
		{"a goal above itself", head + "    parent: a\n", "f:6:13: goals[0].parent: goals are above themselves: a → a; remove one of these parents"},
	} {
		t.Run(f.name, func(t *testing.T) {
			_, err := config.ParseGoals(map[string][]byte{"f": []byte(f.src)})
			f.check(t, err)
		})
	}
}

func TestFaultsBetweenFilesNameBothPlaces(t *testing.T) {
	_, err := config.ParseGoals(map[string][]byte{
		"b.yaml": []byte("goals:\n  - {id: x, name: X, owner: t, parent: y, work: {epics: [PAY-1]}}\n  - {id: z, name: Z, owner: t, parent: x}\n"),
		"a.yaml": []byte("goals:\n  - {id: y, name: Y, owner: t, parent: x}\n  - id: x\n    name: X\n    owner: t\n    work: {epics: [PAY-1]}\n"),
		"c.yaml": []byte("goals:\n  - {id: q, name: Q, owner: t, parent: p, work: {epics: [PAY-1]}}\n  - {id: p, name: P, owner: t, parent: q}\n"),
	})
	faulty{want: `
b.yaml:2:10: goals[0].id: "x" is the id of another goal, at a.yaml:3; give each goal an id of its own
c.yaml:3:40: goals[1].parent: goals are above themselves: p → q → p; remove one of these parents`}.check(t, err)
}

func TestAFolderOfGoalsIsReadWithoutWhatIsNotMeant(t *testing.T) {
	folder, outside := t.TempDir(), t.TempDir()
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	one := func(id string) string {
		return "goals: [{id: " + id + ", name: N, owner: t, work: {epics: [PAY-1]}}]\n"
	}
	write(filepath.Join(folder, "b.yaml"), one("b"))
	write(filepath.Join(folder, "..2026", "a.yaml"), one("a"))
	write(filepath.Join(folder, ".#b.yaml"), "an editor's own")
	write(filepath.Join(folder, "old.yml"), "never read")
	write(filepath.Join(folder, "README.md"), "never read")
	write(filepath.Join(folder, "sub", "c.yaml"), "never read")
	link := func(to, from string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(folder, from)); err != nil {
			t.Fatal(err)
		}
	}
	link("..2026", "..data") // as Kubernetes mounts a ConfigMap
	link("..data/a.yaml", "a.yaml")

	goals, err := config.LoadGoals(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(goals.List) != 2 || goals.List[0].ID != "a" || goals.List[1].DeclaredAt != filepath.Join(folder, "b.yaml")+":1" {
		t.Errorf("read %+v", goals.List)
	}
	wantLines(t, goals.Warnings, strings.ReplaceAll(`
F/old.yml: is not read; name it *.yaml
F/sub: is a folder within the folder of goals, and is not read; put its files one level up`, "F/", folder+"/"))

	write(filepath.Join(outside, "secret.yaml"), one("s"))
	link(filepath.Join(outside, "secret.yaml"), "out.yaml")
	link("gone.yaml", "dangling.yaml")
	_, err = config.LoadGoals(folder)
	faulty{want: strings.ReplaceAll(`
F/dangling.yaml: cannot be read: no such file or directory; see to it that the service may read it
F/out.yaml: is a link that leads out of its folder; put the file itself there`, "F/", folder+"/")}.check(t, err)

	_, err = config.LoadGoals(filepath.Join(outside, "none"))
	faulty{want: filepath.Join(outside, "none") + ": there is no such folder or file of goals; write one like config/goals/payments.yaml of the distribution, or name another with goals:"}.check(t, err)
	goals, err = config.LoadGoals(filepath.Join(outside, "secret.yaml"))
	if err != nil || len(goals.List) != 1 {
		t.Errorf("one file alone: %v, %v", goals, err)
	}
	goals, err = config.LoadGoals(t.TempDir())
	if err != nil || len(goals.Warnings) != 1 {
		t.Errorf("an empty folder: %v, %v", goals, err)
	}
}

func TestATextThatTurnsTheOrderOfItsSignsIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ from, to, at string }{
		"a name":     {"Checkout answers", "Checkout\u202e answers", "a.yaml:3:11: goals[0].name"},
		"a note":     {"vendor fix landed", "vendor \u2066fix", "a.yaml:17:77: goals[0].check_ins[0].note"},
		"a question": {"histogram_quantile(0.95, x)", "x \u200f", "a.yaml:21:26: goals[0].outcomes[0].query"},
	} {
		_, err := config.ParseGoals(map[string][]byte{"a.yaml": []byte(strings.Replace(wholeGoal, c.from, c.to, 1))})
		want := c.at + ": holds an invisible sign that turns the order of what is read; remove it"
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", name, err, want)
		}
	}
}
