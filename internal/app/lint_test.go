package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/app"
	"plumbline/internal/config"
	"plumbline/internal/flow"
	"plumbline/internal/store"
)

const lintSite = `sites: [{name: acme, url: "https://jira.acme.com", auth: {pat_env: P}, scope: x}]
store: {path: p.db}
`

// lintOf looks at a map with what the store tells of it, and writes the
// findings as check does: severity: rule: place: what; mend.
func lintOf(t *testing.T, service, goals string, facts *app.Facts) (found, accepted string, report app.LintReport) {
	t.Helper()
	c, err := config.Parse("p.yaml", []byte(service))
	if err != nil {
		t.Fatal(err)
	}
	g, err := config.ParseGoals(map[string][]byte{"g.yaml": []byte(goals)})
	if err != nil {
		t.Fatal(err)
	}
	report = app.Lint(app.Settings{Config: c, Goals: g}, facts, "there is no store")
	lines := func(list []app.Finding) string {
		var b strings.Builder
		for _, f := range list {
			b.WriteString(string(f.Severity) + ": " + f.Rule + ": " + f.At + ": " + f.What + "; " + f.Mend + "\n")
		}
		return b.String()
	}
	return lines(report.Findings), lines(report.Accepted), report
}

func day(m time.Month, d int) flow.Date { return flow.Date{Year: 2026, Month: m, Day: d} }

// seen is a target that the store was shown.
func seen(target flow.Date, m time.Month, d int) store.SeenTarget {
	return store.SeenTarget{Date: target, Shown: time.Date(2026, m, d, 9, 0, 0, 0, time.UTC)}
}

// whole is a goal of which nothing is to be said.
const whole = "target: 2026-12-18, outcomes: [{id: o, query: q, from: 1, to: 2}]"

func TestEachRuleSaysWhereWhatAndTheMend(t *testing.T) {
	found := app.SelectorFact{Found: true, Issues: 7}
	for _, c := range []struct {
		name, goals string
		facts       *app.Facts
		want        string
	}{
		{"a map that is right", "goals:\n  - {id: a, name: A, owner: team-a, work: {epics: [PAY-1]}, " + whole + "}\n",
			&app.Facts{Selectors: map[string]app.SelectorFact{"epic PAY-1": found}}, ""},
		{"a goal without anything", "goals:\n  - id: a\n    name: A\n", nil, `
warning: no-owner: g.yaml:2:5: goal a has no owner; add owner: with the team that answers for it
warning: no-work: g.yaml:2:5: goal a has no work, and no goal has it as parent; add work: {epics: [PAY-12]}, or fix_versions or labels
info: no-target: g.yaml:2:5: goal a has no target, and so can't be late; add target: with the promised day`},
		{"a parent needs neither work nor a target", "goals:\n  - {id: p, name: P, owner: team-a}\n  - {id: a, name: A, owner: team-a, parent: p, work: {epics: [PAY-1]}, " + whole + "}\n", nil, ""},
		{"a target without an outcome", "goals:\n  - {id: a, name: A, owner: t, work: {epics: [PAY-1]}, target: 2026-12-18}\n", nil,
			"info: no-outcome: g.yaml:2:5: goal a has a target and no outcome: its tickets can be closed without it being reached; add outcomes: with a query that tells whether the goal itself moves"},
		{"a target before the start", "goals:\n  - {id: a, name: A, owner: t, work: {epics: [PAY-1]}, start: 2026-12-19, " + whole + "}\n", nil,
			"error: target-before-start: g.yaml:2:83: the target of goal a, 2026-12-18, is before its start, 2026-12-19; mend the target or the start"},
		{"an epic in two goals", "goals:\n  - {id: a, name: A, owner: t, work: {epics: [PAY-1]}, " + whole + "}\n  - {id: b, name: B, owner: t, work: {epics: [PAY-2, PAY-1]}, " + whole + "}\n", nil,
			"warning: epic-in-two-goals: g.yaml:3:54: goals a and b both map PAY-1: its issues count in each; map it in one of them (the other is at g.yaml:2:47), or accept it with lint.accept"},
		{"a parent and its grandchild claim the same epic", "goals:\n  - {id: a, name: A, owner: t, work: {epics: [PAY-1]}, " + whole + "}\n  - {id: b, name: B, owner: t, parent: a, work: {epics: [PAY-2]}, " + whole +
			"}\n  - {id: c, name: C, owner: t, parent: b, work: {epics: [PAY-1]}, " + whole + "}\n", nil,
			"warning: parent-and-child-claim-same-epic: g.yaml:2:47: goal a maps PAY-1, and so does goal c below it: a parent is measured on the work below it anyway; remove it here"},
		{"an owner that nobody else has written so", "goals:\n  - {id: a, name: A, owner: team-payments, work: {epics: [PAY-1]}, " + whole + "}\n  - {id: b, name: B, owner: team-payments, work: {epics: [PAY-2]}, " + whole +
			"}\n  - {id: c, name: C, owner: team-paymnets, work: {epics: [PAY-3]}, " + whole + "}\n  - {id: d, name: D, owner: team-search, work: {epics: [PAY-4]}, " + whole + "}\n", nil,
			`warning: owner-misspelt: g.yaml:4:29: the owner of goal c, "team-paymnets", is unlike that of other goals; did you mean "team-payments"?`},
		{"selectors of nothing", "goals:\n  - id: a\n    name: A\n    owner: t\n    target: 2026-12-18\n    outcomes: [{id: o, query: q, from: 1, to: 2}]\n    work:\n      epics: [PAY-1, PAY-2, PAY-3]\n" +
			"      fix_versions: [{project: PAY, name: \"3.2\"}, {name: \"3.3\"}, {name: \"9\"}]\n      labels: [{name: p95}, {project: PAY, name: fast}]\n      exclude: [PAY-7, PAY-8]\n",
			&app.Facts{Selectors: map[string]app.SelectorFact{
				"epic PAY-1": found, "epic PAY-2": {Found: true}, "fix version PAY 3.2": {Near: "3.2.0"}, "fix version 3.3": {Found: true}, "label p95": found, "label PAY fast": {Found: true}, "exclude PAY-7": {Found: true},
			}}, `
warning: matches-nothing: g.yaml:8:22: goal a: nothing ever lay below PAY-2; put its issues below it in Jira, or remove it here
warning: matches-nothing: g.yaml:8:29: goal a: no issue PAY-3 was ever seen; mend the key, or widen the site's scope
warning: matches-nothing: g.yaml:9:22: goal a: no fix version "PAY 3.2" was ever seen; did you mean "3.2.0"?
warning: matches-nothing: g.yaml:9:51: goal a: no issue ever had the fix version "3.3"; give it to its issues in Jira, or remove it here
warning: matches-nothing: g.yaml:9:66: goal a: no fix version "9" was ever seen; mend the name, or widen the site's scope
warning: matches-nothing: g.yaml:10:29: goal a: no issue ever had the label "PAY fast"; mend the label, give it to its issues in Jira, or remove it here
warning: matches-nothing: g.yaml:11:24: goal a: no issue PAY-8 was ever seen; mend the key, or widen the site's scope`},
		{"epics closed over open children", "goals:\n  - {id: a, name: A, owner: t, work: {epics: [PAY-1, PAY-2]}, " + whole + "}\n",
			&app.Facts{Selectors: map[string]app.SelectorFact{
				"epic PAY-1": {Found: true, Issues: 9, Closed: "Done", OpenIssues: 5, Open: []string{"PAY-11", "PAY-12", "PAY-13"}},
				"epic PAY-2": {Found: true, Issues: 9, Closed: "Won't Do", OpenIssues: 1, Open: []string{"PAY-21"}},
			}}, `
warning: closed-over-open-children: g.yaml:2:47: goal a: PAY-1 is closed (Done), and 5 issues below it are open: PAY-11, PAY-12, PAY-13; close what is over, re-open the epic, or move its issues to where the work goes on
warning: closed-over-open-children: g.yaml:2:54: goal a: PAY-2 is closed (Won't Do), and an issue below it is open: PAY-21; close what is over, re-open the epic, or move its issues to where the work goes on`},
		{"a check-in older than the last progress", "goals:\n  - {id: a, name: A, owner: t, work: {epics: [PAY-1]}, " + whole + ", check_ins: [{date: 2026-11-09, completion: 0.5}, {date: 2026-11-02, completion: 0.4}]}\n",
			&app.Facts{Selectors: map[string]app.SelectorFact{"epic PAY-1": found}, Progress: map[string]time.Time{"a": time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC)}},
			"info: stale-check-in: g.yaml:2:135: the last check-in of goal a, 2026-11-09, is older than its last progress, 2026-11-10; add a check-in that says where it stands now"},
		{"a check-in on the day of the last progress", "goals:\n  - {id: a, name: A, owner: t, work: {epics: [PAY-1]}, " + whole + ", check_ins: [{date: 2026-11-09, completion: 0.5}]}\n",
			&app.Facts{Selectors: map[string]app.SelectorFact{"epic PAY-1": found}, Progress: map[string]time.Time{"a": time.Date(2026, 11, 9, 23, 59, 0, 0, time.UTC)}}, ""},
		{"a target that was moved unseen", "goals:\n  - {id: a, name: A, owner: t, work: {epics: [PAY-1]}, " + whole + "}\n",
			&app.Facts{Selectors: map[string]app.SelectorFact{"epic PAY-1": found}, Targets: map[string][]store.SeenTarget{"a": {seen(day(11, 27), 7, 1), seen(day(12, 18), 10, 20)}}},
			"error: unsaid-target: g.yaml:2:64: goal a was promised for 2026-11-27, which was seen on 2026-07-01, and its targets do not say so; add {date: 2026-11-27, said: 2026-07-01} to targets, before the promise in force"},
		{"a target that was moved and says so", "goals:\n  - {id: a, name: A, owner: t, work: {epics: [PAY-1]}, targets: [{date: 2026-11-27, said: 2026-07-01}, {date: 2026-12-18, said: 2026-10-20}], " + whole + "}\n",
			&app.Facts{Selectors: map[string]app.SelectorFact{"epic PAY-1": found}, Targets: map[string][]store.SeenTarget{"a": {seen(day(11, 27), 7, 1), seen(day(12, 18), 10, 20)}}}, ""},
		{"resolutions that nobody has said the meaning of", "goals: []\n",
			&app.Facts{Resolutions: []app.ResolutionFact{{Name: "done", Issues: 9}, {Name: "Migrated on Another ITS", Issues: 4}, {Name: "Won't Do", Issues: 3}}},
			`info: unknown-resolution: p.yaml:1:1: issues with the resolution "Migrated on Another ITS" (4 of them) count as delivered; add it to semantics.discarded_resolutions if it means closed without delivering; else accept it with lint.accept`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, _ := lintOf(t, lintSite, c.goals, c.facts)
			if diff := cmp.Diff(strings.TrimSpace(c.want), strings.TrimSpace(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAFindingIsAcceptedByItsRuleAndWhatItIsAbout(t *testing.T) {
	const two = "goals:\n  - {id: a, name: A, owner: t, work: {epics: [PAY-1]}, " + whole + "}\n  - {id: b, name: B, work: {epics: [PAY-1]}, " + whole + "}\n"
	got, accepted, _ := lintOf(t, lintSite+`lint:
  accept:
    - {rule: epic-in-two-goals, at: PAY-1, why: shared platform work}
    - {rule: no-owner, at: b, why: a team is being formed}
    - {rule: no-owner, at: a, why: left over}
    - {rule: no-onwer, at: b, why: a slip}
    - {rule: unsaid-target, at: a, why: nobody can tell without a store}
`, two, nil)
	want := `warning: unused-acceptance: p.yaml:7:7: accepts nothing: there is no finding no-owner at a; remove it, or write the goal's id or the issue's key that check shows
warning: unused-acceptance: p.yaml:8:7: there is no rule "no-onwer"; did you mean "no-owner"?
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	want = `warning: no-owner: g.yaml:3:5: goal b has no owner; add owner: with the team that answers for it
warning: epic-in-two-goals: g.yaml:3:37: goals a and b both map PAY-1: its issues count in each; map it in one of them (the other is at g.yaml:2:47), or accept it with lint.accept
`
	if diff := cmp.Diff(want, accepted); diff != "" {
		t.Errorf("accepted (-want +got):\n%s", diff)
	}
}

func TestWhatCannotBeLookedAtIsSaid(t *testing.T) {
	const one = "goals:\n  - {id: a, name: A, owner: t, work: {epics: [PAY-1]}, " + whole + "}\n"
	_, _, report := lintOf(t, lintSite, one, nil)
	want := map[string][]string{"there is no store": {"unsaid-target", "matches-nothing", "closed-over-open-children", "stale-check-in", "unknown-resolution"}}
	if diff := cmp.Diff(want, report.NotLookedAt); diff != "" {
		t.Errorf("without a store (-want +got):\n%s", diff)
	}
	got, _, report := lintOf(t, lintSite, one, &app.Facts{Unread: []string{"acme"}})
	want = map[string][]string{"not read whole yet: site acme; run `plumbline sync`": {"matches-nothing"}}
	if diff := cmp.Diff(want, report.NotLookedAt); diff != "" || got != "" {
		t.Errorf("absence from a store that was read in part is told as absence: %s (-want +got):\n%s", got, diff)
	}
}

func TestAScheduleThatTheAlertsDoNotFitIsTold(t *testing.T) {
	const usual = "schedule: {incremental: '@hourly', agile: '@every 2h', census: '17 3 * * *', full: '0 4 * * 0'}\n"
	const rare = "schedule: {incremental: '@every 6h', agile: '@every 3h', census: '17 3 * * 1-5', full: '0 4 1 * *'}\n"
	const off = "schedule: {incremental: off, agile: off, census: off, full: off}\n"
	goals := "goals:\n  - {id: a, name: A, owner: t, work: {epics: [PAY-1]}, " + whole + "}\n"
	for _, schedule := range []string{usual, off} {
		if got, _, _ := lintOf(t, lintSite+schedule, goals, nil); got != "" {
			t.Errorf("%s: %s", schedule, got)
		}
	}
	accept := "lint: {accept: [{rule: rare-sync, at: census, why: nobody works at weekends}]}\n"
	got, accepted, _ := lintOf(t, lintSite+rare+accept, goals, nil)
	line := strings.Count(lintSite, "\n") + 1
	want := fmt.Sprintf(`
warning: rare-sync: p.yaml:%[1]d:25: two runs of the incremental sync can be 6 h apart; PlumblineSyncStale fires once a site was not read for 2 h, and GoalStalled and GoalDecisionOverdue are silent then; let it run every 1 h or more often, or raise 7200 and offset 2h in alerts.yaml and accept this with lint.accept
warning: rare-sync: p.yaml:%[1]d:45: two runs of the agile sync can be 3 h apart; PlumblineSyncPartial looks no further back than 2 h, and is over then though nothing is mended; let it run every 2 h or more often, or raise [2h] in alerts.yaml and accept this with lint.accept
warning: rare-sync: p.yaml:%[1]d:88: two runs of the full sync can be 744 h apart; PlumblineSyncPartial looks no further back than 8 days, and is over then though nothing is mended; let it run every 192 h or more often, or raise [8d] in alerts.yaml and accept this with lint.accept
`, line)
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(accepted, "two runs of the census sync can be 72 h apart") {
		t.Errorf("accepted: %s", accepted)
	}
}

func TestReadmeListsEveryRuleOfTheLint(t *testing.T) {
	readme := read(t, "../../README.md")
	for _, rule := range app.LintRules() {
		if !strings.Contains(readme, "| `"+rule+"` |") {
			t.Errorf("README says nothing of the rule %s", rule)
		}
	}
}
