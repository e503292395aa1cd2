package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/config"
)

// faulty is a file, and all that is to be said of it.
type faulty struct{ name, src, want string }

func (f faulty) check(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("it was taken")
	}
	want := strings.Split(strings.TrimSpace(f.want), "\n")
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// unreadable lists files that are faulty whatever they are for.
func unreadable() []faulty {
	return []faulty{
		{"an empty file", "", "f: is empty; give it at least one key, or remove it"},
		{"a file of comments", "# nothing\n\n# at all\n", "f: is empty; give it at least one key, or remove it"},
		{"a file that begins a document and stops", "---\n", "f: is empty; give it at least one key, or remove it"},
		{"another encoding", "na\xefve: 1\n", "f:1:3: is not UTF-8 text; save it as UTF-8"},
		{"a binary file", "a: \x00\n", "f: holds a zero byte; it is no text file; name a YAML file"},
		{"a huge file", strings.Repeat("# x\n", 1<<19), "f: is larger than 1 MiB; split it into several files"},
		{"a text and no mapping", "hello\n", "f:1:1: wants a mapping, has text; write key: value lines, or {key: value}"},
		{"a list and no mapping", "- a\n", "f:1:1: wants a mapping, has a list; write key: value lines, or {key: value}"},
		{"a bracket that is never closed", "goals: [\n", "f:1:8: is no YAML: sequence end token ']' not found; check indentation, quotes and brackets from here upwards"},
		{"a quote that is never closed", "goals: 'x\n", "f:1:8: is no YAML: could not find end character of single-quoted text; check indentation, quotes and brackets from here upwards"},
		{"a tab as indentation", "goals:\n\t- id: x\n", "f:2:1: is no YAML: found character '\\t' that cannot start any token; check indentation, quotes and brackets from here upwards"},
		{
			"the parts of YAML that are not taken", "%YAML 1.2\n---\ngoals: &a [*a, !x y]\n<<: *a\n? b\n: c\n---\nd: e\n...\n", `
f:1:1: directives are not taken; remove the line; text that begins with % needs quotes
f:2:1: a second document is not taken; put it into a file of its own
f:3:8: anchors and aliases are not taken; write the value out; text that begins with & or * needs quotes
f:3:12: anchors and aliases are not taken; write the value out; text that begins with & or * needs quotes
f:3:16: tags are not taken; remove it; text that begins with ! needs quotes
f:4:1: merge keys are not taken; write the keys out
f:4:5: anchors and aliases are not taken; write the value out; text that begins with & or * needs quotes
f:5:1: keys that begin with ? are not taken; write key: value
f:7:1: a second document is not taken; put it into a file of its own
f:9:1: the end mark ... is not taken; remove the line`,
		},
		{"brackets within brackets", "goals: " + strings.Repeat("[", 200_000), "f:1:39: is nested more than 32 deep; check indentation and brackets, or split the file"},
		{"dashes within dashes", strings.Repeat("- ", 100_000), "f:1:65: is nested more than 32 deep; check indentation and brackets, or split the file"},
		{"a mapping without an end", strings.Repeat("a: 1\n", 5_000), "f:1001:2: a mapping holds more than 1000 keys; check indentation and brackets, or split the file"},
		{"a flow of pairs without commas", "a: [\n" + strings.Repeat("a: 1\n", 5_000), "f:3:2: a comma is missing; check indentation and brackets, or split the file"},
		{"a heap of words", "a: [" + strings.Repeat("1,", 150_000) + "]", "f: holds more than 250000 words and signs; split it into several files"},
	}
}

func TestAFileThatCannotBeReadIsRefused(t *testing.T) {
	for _, f := range unreadable() {
		t.Run(f.name, func(t *testing.T) {
			_, err := config.Parse("f", []byte(f.src))
			f.check(t, err)
			_, err = config.ParseGoals(map[string][]byte{"f": []byte(f.src)})
			f.check(t, err)
		})
	}
}

func TestAFaultyServiceFileIsRefusedWithEveryFault(t *testing.T) {
	for _, f := range []faulty{
		{
			"nothing that is needed", "listen: :1\n", `
f:1:1: sites is missing; add sites: with a name, a url, auth and a scope
f:1:1: store is missing; add store: {path: /var/lib/plumbline/plumbline.db}`,
		},
		{"no site", "sites: []\nstore: {path: x}\n", "f:1:8: sites: names no site; add a site with a name, a url, auth and a scope"},
		{
			"unknown keys", site + "lisen: x\nzzz: 1\nprivacy: {min_gruop: 5}\n", `
f:7:1: lisen: unknown key "lisen"; did you mean "listen"?
f:8:1: zzz: unknown key "zzz"; known here: calendar, external_url, goals, lint, listen, privacy, prometheus, schedule, semantics, sites, store, traps, web_config
f:9:11: privacy.min_gruop: unknown key "min_gruop"; did you mean "min_group"?`,
		},
		{
			"keys that come twice, and keys without a value", site + "listen: :1\nlisten: :2\ngoals:\nexternal_url: ~\n1: x\n", `
f:8:1: listen: the key comes twice; it stands in line 7 already; keep one
f:9:1: goals: has no value; give it one, or leave the key out
f:10:1: external_url: has no value; give it one, or leave the key out
f:11:1: a key must be text; put it in quotes`,
		},
		{
			"wrong types", site + "listen: 80\ngoals: [x]\nschedule: daily\ncalendar: {workdays: mon, holidays: [2026], freezes: [{from: true}]}\nprivacy: {store_summaries: yes, min_group: \"5\"}\n", `
f:7:9: listen: wants text, has a number; put it in quotes
f:8:8: goals: wants text, has a list; write text
f:9:11: schedule: wants a mapping, has text; write key: value lines, or {key: value}
f:10:22: calendar.workdays: wants a list, has text; write [a, b], or one line with a dash for each
f:10:38: calendar.holidays[0]: wants a date, has a number; write year-month-day, such as 2026-12-18
f:10:55: calendar.freezes[0]: to is missing; add to: with the last day
f:10:62: calendar.freezes[0].from: wants a date, has true or false; write year-month-day, such as 2026-12-18
f:11:28: privacy.store_summaries: wants true or false, has text; write true or false, without quotes
f:11:44: privacy.min_group: wants a number, has text; write a number such as 0.5, without quotes and without a unit`,
		},
		{
			"schedules that cannot be kept", site + `schedule:
  incremental: TZ=UTC
  agile: "CRON_TZ=UTC * * * * *"
  census: 0 0 31 2 *
  full: every night
  timezone: Mars/Olympus
`, `
f:8:16: schedule.incremental: "TZ=UTC" has a time zone of its own; set schedule.timezone, which holds for all schedules
f:9:10: schedule.agile: "CRON_TZ=UTC * * * * *" has a time zone of its own; set schedule.timezone, which holds for all schedules
f:10:11: schedule.census: "0 0 31 2 *" never runs; write five fields such as "17 3 * * *", or "@every 5m", or off
f:11:9: schedule.full: "every night" is no schedule; write five fields such as "17 3 * * *", or "@every 5m", or off
f:12:13: schedule.timezone: "Mars/Olympus" is no time zone; write the name of the IANA data base, such as Europe/Zurich or UTC`,
		},
		{
			"a calendar that cannot be", site + "calendar: {workdays: [], holidays: [2026-02-30, 1812-01-01], freezes: [{from: 2026-02-02, to: 2026-02-01}]}\n", `
f:7:22: calendar.workdays: names no day; name at least one of sun, mon, tue, wed, thu, fri, sat
f:7:37: calendar.holidays[0]: "2026-02-30" is no date; write year-month-day of a day that exists, such as 2026-12-18
f:7:49: calendar.holidays[1]: "1812-01-01" is out of range; choose a day from 1970 to 2199
f:7:95: calendar.freezes[0].to: 2026-02-01 is before 2026-02-02; swap from and to`,
		},
		{
			"days that are no days", site + "calendar: {workdays: [Mon, tue, tue]}\n", `
f:7:23: calendar.workdays[0]: "Mon" is not taken here; did you mean "mon"?
f:7:33: calendar.workdays[2]: "tue" comes twice; it stands in line 7 already; keep one`,
		},
		{
			"addresses that lead nowhere", site + "external_url: plumbline.acme.com\nlisten: localhost\nprometheus: {url: \"https://x/?q=1\"}\n", `
f:7:15: external_url: does not begin with https:// or http://; write it like https://jira.acme.com/jira
f:8:9: listen: "localhost" is no address to listen on; write host:port, such as 127.0.0.1:9847, or :9847 for every interface
f:9:19: prometheus.url: has a query or a fragment; end it before the ? or #`,
		},
		{
			"semantics out of bounds", site + `semantics:
  decisions:
    classes: [{name: A b, flagged: true}, {name: x}, {name: y, flagged: true}, {name: y, flagged: true}]
    decide_within: {approval: 5, y: 1m}
privacy: {min_group: 4}
traps: {process_accretion: yes}
`, `
f:9:22: semantics.decisions.classes[0].name: "A b" is no name of a class; use at most 32 of a-z, 0-9, _ and -
f:9:43: semantics.decisions.classes[1]: matches no issue; add issue_types, labels, statuses or flagged: true
f:9:87: semantics.decisions.classes[3].name: "y" is the name of classes[2] already; give each class a name of its own
f:10:31: semantics.decisions.decide_within.approval: wants a duration, has a number; write a number with a unit, such as 90m, 5d or 2w
f:10:37: semantics.decisions.decide_within.y: "1m" is too short; choose at least 1h0m0s
f:11:22: privacy.min_group: 4 is out of range; choose from 5 to 1000
f:12:28: traps.process_accretion: "yes" is not taken here; write on, off, or thresholds as {name: number}`,
		},
		{
			"statuses that are active and waiting", site + "semantics:\n  active_statuses: [Coding, in Review, Coding]\n  waiting_statuses: [In review, Blocked]\n", `
f:8:29: semantics.active_statuses[1]: "in Review" is one of waiting_statuses too; keep it in one of the two lists
f:8:40: semantics.active_statuses[2]: "Coding" comes twice; it stands in line 8 already; keep one`,
		},
		{
			"thresholds of traps that are none", site + `traps:
  scope_treadmill: {week: 5, of_weeks: 0}
  orphan_goal: {days: two}
  silent_descoping: 3
`, `
f:8:21: traps.scope_treadmill.week: unknown key "week"; did you mean "weeks"?
f:8:40: traps.scope_treadmill.of_weeks: 0 is out of range; choose from 1 to 36500
f:9:23: traps.orphan_goal.days: wants a number, has text; write a number such as 0.5, without quotes and without a unit
f:10:21: traps.silent_descoping: wants on, off or a mapping, has a number; write on, off, or thresholds as {name: number}`,
		},
		{"too many classes", site + "semantics: {decisions: {classes: [{}, {}, {}, {}, {}, {}, {}]}}\n", "f:7:34: semantics.decisions.classes: has 7 items, and may have at most 6; remove some"},
	} {
		t.Run(f.name, func(t *testing.T) {
			_, err := config.Parse("f", []byte(f.src))
			f.check(t, err)
		})
	}
}
