package dashboard

import (
	"strings"

	"github.com/goccy/go-yaml"

	"plumbline/internal/measure"
)

// The texts of alerts are templates of Prometheus. They ask for figures that
// may be missing, and then say nothing of them.

// asked runs then with the answer to the query as its dot, and otherwise where
// there is none. %q in the query stands for the alert's goal.
func asked(query, then, otherwise string) string {
	text := "{{ with printf `" + query + "` $labels.goal | query }}" + then
	if otherwise != "" {
		text += "{{ else }}" + otherwise
	}
	return text + "{{ end }}"
}

// ofGoal is the greatest value that any site has of the goal's metric.
func ofGoal(metric string, matchers ...string) string {
	return "max(" + metric + "{" + strings.Join(append([]string{"goal=%q"}, matchers...), ",") + "})"
}

// How a template's answer is written.
const (
	asDay    = `{{ (. | first | value | toTime).UTC.Format "2 January 2006" }}`
	asMinute = `{{ (. | first | value | toTime).UTC.Format "2006-01-02 15:04" }} UTC`
	asAge    = `{{ . | first | value | humanizeDuration }}`
	asShare  = `{{ . | first | value | printf "%.0f %%" }}` // of a query in percent
	asNumber = `{{ . | first | value }}`
)

// shareOf is ofGoal of a ratio, in percent. A ratio that is the same on several
// sites has one value; of several, the least is the safe one to tell.
func shareOf(metric string) string { return "100 * min(" + metric + "{goal=%q})" }

// noonOf is noon of the day that begins at the goal's metric, so that the day
// is the same for readers up to half a day from the reporting zone.
func noonOf(metric string, matchers ...string) string {
	return ofGoal(metric, matchers...) + " + 43200"
}

// oldestOf is the least value that any site has of the goal's metric.
func oldestOf(metric string) string { return "min(" + metric + "{goal=%q})" }

// decisionsOf counts the goal's decisions. One that is declared without an
// issue is counted by every site's Plumbline: hence max.
func decisionsOf(metric string) string { return "sum(max by (class) (" + metric + "{goal=%q}))" }

// waiting says what a goal may be waiting for, as far as metrics tell; it is
// part of a sentence.
func waiting() string {
	issues := func(category string) string {
		return "sum(" + measure.MetricGoalIssues + "{goal=%q,category=~\"" + category + "\"})"
	}
	return asked(decisionsOf(measure.MetricGoalDecisionsOpen)+" > 0",
		"; {{ if eq (. | first | value) 1.0 }}a decision is open{{ else }}"+asNumber+" decisions are open{{ end }}"+
			asked(oldestOf(measure.MetricGoalDecisionOldest), ", the oldest since "+asDay, "")+
			asked(shareOf(measure.MetricGoalDecisionBlocked)+" > 0", ", holding up "+asShare+" of the open work", ""), "") +
		asked("sum("+measure.MetricGoalBlocked+"{goal=%q}) > 0",
			"; "+asNumber+asked(issues("todo|in_progress"), " of its "+asNumber, "")+" open issues are blocked", "") +
		asked(issues("in_progress")+" == 0", "; no issue is in progress", "") +
		asked(shareOf(measure.MetricGoalUnowned)+" > 0", "; "+asShare+" of the work in progress has no owner", "")
}

// runbooks is the folder in which people find README.md, each section of which
// is found by its heading: where the external label runbook_base says, or else
// Plumbline itself, which shows the sections on alerts at that address.
const runbooks = "{{ with $externalLabels.runbook_base }}{{ . }}{{ else }}{{ $externalLabels.plumbline_url }}{{ end }}"

// annotations are what every alert says. The runbook is a section of README of
// the alert's own name.
func annotations(alert, summary, description, page string) yaml.MapSlice {
	return yaml.MapSlice{
		{Key: "summary", Value: summary},
		{Key: "description", Value: description},
		{Key: "runbook_url", Value: runbooks + "/README.md#" + strings.ToLower(alert)},
		{Key: "evidence_url", Value: "{{ $externalLabels.plumbline_url }}" + page},
	}
}
