package dashboard

import (
	"fmt"
	"strings"

	"plumbline/internal/measure"
)

// keep is how far back history looks for a sample: back-filled samples are a
// day apart (DESIGN §6).
const keep = "26h"

// selected is the metric of the goals chosen on the board, with more matchers
// where there are any. now asks for it as it is, past as it was.
func selected(metric string, matchers ...string) string {
	return matched(metric, append([]string{`goal=~"$goal"`}, matchers...)...)
}

// matched is the metric's series that all matchers let through.
func matched(metric string, matchers ...string) string {
	if len(matchers) == 0 {
		return metric
	}
	return metric + "{" + strings.Join(matchers, ",") + "}"
}

// now is the goals' present value of the metric. More than one Prometheus job
// may scrape the same Plumbline: max makes one series a goal of them.
func now(metric string) string {
	return "max by (goal) (" + selected(metric) + ")"
}

// past is the goals' value of the metric at each step of a range.
func past(metric string, matchers ...string) string {
	return "max by (goal) (last_over_time(" + selected(metric, matchers...) + "[" + keep + "]))"
}

// named gives each goal's series the label name, for legends. A goal that was
// renamed within keep has two names, and gets one of them.
func named(expr string) string {
	return "(" + expr + ") * on (goal) group_left (name) topk by (goal) (1, last_over_time(" +
		selected(measure.MetricGoalInfo) + "[" + keep + "]))"
}

// inState counts the chosen goals in any of the states: 0 where there are
// goals but none in it, nothing where there are no goals to speak of.
func inState(among ...measure.Health) string {
	return "sum(max by (goal, state) (" + selected(measure.MetricGoalHealth, states(among...)) + "))"
}

// states lets through the series of the states.
func states(among ...measure.Health) string {
	if len(among) == 1 {
		return `state="` + string(among[0]) + `"`
	}
	names := make([]string, len(among))
	for k, s := range among {
		names[k] = string(s)
	}
	return `state=~"` + strings.Join(names, "|") + `"`
}

// issuesNow and issuesPast count the chosen goals' issues in the categories
// that the matcher lets through.
func issuesNow(category string) string {
	return "sum by (goal) (max by (goal, category) (" + selected(measure.MetricGoalIssues, category) + "))"
}

func issuesPast(category string) string {
	return "sum(" + past(measure.MetricGoalIssues, `category="`+category+`"`) + ")"
}

// healthPast is the goals' health as a number, 1 and on in the order of
// measure.HealthStates: state timelines map numbers to words.
func healthPast() string {
	var parts []string
	for k, state := range measure.HealthStates() {
		parts = append(parts, fmt.Sprintf("(%s == 1) * %d",
			past(measure.MetricGoalHealth, `state="`+string(state)+`"`), k+1))
	}
	return strings.Join(parts, " or ")
}

// silentFor is how long the goals have gone without progress, in days.
func silentFor() string {
	return "(time() - " + now(measure.MetricGoalLastProgress) + ") / 86400"
}

// silenceUsed is the share of the silence that a goal is allowed by its own
// rhythm. A goal that is done owes no progress.
func silenceUsed() string {
	return "(time() - " + now(measure.MetricGoalLastProgress) + ") / " + now(measure.MetricGoalStallAfter) +
		" unless on (goal) (" + selected(measure.MetricGoalHealth, states(measure.Finished)) + " == 1)"
}

// ageOf is how long ago the oldest of the timestamps was, in seconds.
func ageOf(metric string) string { return "time() - min(" + metric + ")" }
