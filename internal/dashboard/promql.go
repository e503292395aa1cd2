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

// now is the goals' present value of the metric: the greatest where several
// Plumblines, one a site, have the goal.
func now(metric string, matchers ...string) string {
	return "max by (goal) (" + selected(metric, matchers...) + ")"
}

// past is the goals' value of the metric at each step of a range, pastAgo that
// of some time before.
func past(metric string, matchers ...string) string {
	return pastBy("goal", metric, matchers...)
}

func pastAgo(metric, ago string, matchers ...string) string {
	return "max by (goal) (last_over_time(" + selected(metric, matchers...) + "[" + keep + "] offset " + ago + "))"
}

// pastBy is past with a series for each value of the labels.
func pastBy(labels, metric string, matchers ...string) string {
	return "max by (" + labels + ") (last_over_time(" + selected(metric, matchers...) + "[" + keep + "]))"
}

// oldestNow and oldestPast are now and past with the least value of several
// sites'.
func oldestNow(metric string) string { return "min by (goal) (" + selected(metric) + ")" }

func oldestPast(metric string) string {
	return "min by (goal) (last_over_time(" + selected(metric) + "[" + keep + "]))"
}

// decisions counts the goals' decisions. One that is declared without an issue
// is counted by every site's Plumbline: hence max.
func decisions(metric string) string {
	return "sum by (goal) (max by (goal, class) (" + selected(metric) + "))"
}

// sumNow and sumPast add what can be added, over the sites, each of which one
// Plumbline has, scraped once.
func sumNow(labels, metric string, matchers ...string) string {
	return "sum by (" + labels + ") (" + selected(metric, matchers...) + ")"
}

// A past that was filled in without the scrape's labels is the same goal once
// more for as long as history is kept: what was scraped goes before it.
func sumPast(labels, metric string, matchers ...string) string {
	sum := func(instance string) string {
		return "sum by (" + labels + ") (last_over_time(" + selected(metric, append(matchers[:len(matchers):len(matchers)], instance)...) + "[" + keep + "]))"
	}
	return sum(`instance!=""`) + " or " + sum(`instance=""`)
}

// named gives each goal's series the label name, for legends. A goal that was
// renamed within keep has two names, and gets one of them.
func named(expr string) string { return "(" + expr + ") " + joined("name") }

// joined is the other half of an expression to which the labels of the goals'
// infos are given.
func joined(labels string) string {
	return "* on (goal) group_left (" + labels + ") topk by (goal) (1, last_over_time(" +
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

// amountPast adds up the chosen goals' work in the categories: in points where
// goals count points, else in issues.
func amountPast(categories string) string {
	matcher := `category=~"` + categories + `"`
	return "sum((" + sumPast("goal", measure.MetricGoalPoints, matcher) + ") or (" + sumPast("goal", measure.MetricGoalIssues, matcher) + "))"
}

// healthPast is the goals' health as a number, 1 and on in the order of
// measure.HealthStates: state timelines map numbers to words.
func healthPast() string {
	return healthNumber(func(state string) string { return past(measure.MetricGoalHealth, state) })
}

// healthNumber is 1 and on for the state that value has at 1.
func healthNumber(value func(state string) string) string {
	var parts []string
	for k, state := range measure.HealthStates() {
		parts = append(parts, fmt.Sprintf("(%s == 1) * %d", value(states(state)), k+1))
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
		" unless on (goal) " + finished()
}

// finished are the goals that are done.
func finished() string {
	return "(" + selected(measure.MetricGoalHealth, states(measure.Finished)) + " == 1)"
}

// best is the best that is known of how far the goals have come: the estimate,
// or what was delivered where there is none.
func best(of func(metric string, matchers ...string) string) string {
	return "(" + of(metricReal) + " or " + of(measure.MetricGoalDelivered) + ")"
}

// day is the moment of a metric in milliseconds, as Grafana takes dates: noon
// of the day, so that readers up to half a day east or west of the reporting
// zone see the same day.
func day(moment string) string { return "(" + moment + " + 43200) * 1000" }

// ageOf is how long ago the oldest of the timestamps was, in seconds.
func ageOf(metric string) string { return "time() - min(" + metric + ")" }
