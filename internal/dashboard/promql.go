package dashboard

import (
	"fmt"
	"strings"

	"plumbline/internal/measure"
)

// keep is how far back history looks for a sample: back-filled samples are a
// day apart (DESIGN §6). keepSeconds is the same for arithmetic.
const (
	keep        = "26h"
	keepSeconds = "93600"
)

// What cannot be added over sites, such as an interval or a chance, is shown
// of each Plumbline that has the goal, one a site: its series have the label
// instance, with which Prometheus marks what it scraped.
const perSite = "goal, instance"

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

// now is the goals' present value of the metric at each site.
func now(metric string, matchers ...string) string {
	return "max by (" + perSite + ") (" + selected(metric, matchers...) + ")"
}

// past is the goals' value of the metric at each site and step of a range.
func past(metric string, matchers ...string) string {
	return pastBy(perSite, metric, matchers...)
}

// pastBy is past with a series for each value of the labels.
func pastBy(labels, metric string, matchers ...string) string {
	return sampled("max by ("+labels+") (%s)", selected(metric, matchers...), "")
}

// pastAgo is past some time before.
func pastAgo(metric, ago string, matchers ...string) string {
	return sampled("max by ("+perSite+") (%s)", selected(metric, matchers...), " offset "+ago)
}

// sampled aggregates the series of goals as they are at a moment: as they were
// scraped, and where nothing of a goal was, by the last sample of keep. So a
// Plumbline that was moved to another address is not there twice for a day,
// nor a past that was filled in without the scrape's labels.
func sampled(aggregate, series, offset string) string {
	return "(" + fmt.Sprintf(aggregate, series+offset) +
		" or on (goal) " + fmt.Sprintf(aggregate, "last_over_time("+series+"["+keep+"]"+offset+")") + ")"
}

// aligned is what was so a while ago, told of the sites that the goals have now:
// a goal that was and is at one site alone is the same, whatever the site was
// called then.
func aligned(ago string) string {
	info := now(measure.MetricGoalInfo)
	alone := func(expr string) string { return "(" + expr + " and on (goal) (count by (goal) (" + expr + ") == 1))" }
	return "(" + info + " * " + ago + " or " + alone(info) + " * on (goal) group_left () max by (goal) (" + alone(ago) + "))"
}

// oldestNow is the least value.
func oldestNow(labels, metric string) string {
	return "min by (" + labels + ") (" + selected(metric) + ")"
}

func oldestPast(metric string) string {
	return sampled("min by (goal) (%s)", selected(metric), "")
}

// decisions counts the goals' decisions over the sites. One that is declared
// without an issue is counted by every site's Plumbline: hence max.
func decisions(metric string) string {
	return "sum by (goal) (max by (goal, class) (" + selected(metric) + "))"
}

// sumNow and sumPast add what can be added, over the sites where labels lack
// the instance.
func sumNow(labels, metric string, matchers ...string) string {
	return "sum by (" + labels + ") (" + selected(metric, matchers...) + ")"
}

func sumPast(labels, metric string, matchers ...string) string {
	return sampled("sum by ("+labels+") (%s)", selected(metric, matchers...), "")
}

// several is there while more than one Plumbline has goals.
func several() string {
	count := func(infos string) string { return "count(count by (instance) (" + infos + "))" }
	return "((" + count(measure.MetricGoalInfo) + " or " + count("last_over_time("+measure.MetricGoalInfo+"["+keep+"])") + ") > 1)"
}

// infos are the chosen goals' infos, one a site: a goal that was renamed within
// keep has two names, and gets one of them.
func infos() string {
	return sampled("topk by ("+perSite+") (1, %s)", selected(measure.MetricGoalInfo), "")
}

// named gives each goal's series the label name, for legends, and the label at
// of its site where there are several.
func named(expr string) string { return "(" + expr + ") " + joined("name, at") }

// joined is the other half of an expression to which the labels of the goals'
// infos are given.
func joined(labels string) string {
	info := infos()
	return "* on (" + perSite + ") group_left (" + labels + ") (" +
		`label_replace(` + info + " and on () " + several() + `, "at", " ($1)", "instance", "(.+)") or on (` + perSite + ") " + info + ")"
}

// inState counts the chosen goals in any of the states: 0 where there are
// goals but none in it, nothing where there are no goals to speak of. A goal
// that sites see in several states counts in each.
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

// amounts is each goal's work in the categories: in points where it counts
// points, else in issues. of adds over the sites.
func amounts(of func(labels, metric string, matchers ...string) string, labels, categories string) string {
	matcher := `category=~"` + categories + `"`
	return "(" + of(labels, measure.MetricGoalPoints, matcher) + " or " + of(labels, measure.MetricGoalIssues, matcher) + ")"
}

// amountPast adds up the chosen goals' work in the categories.
func amountPast(categories string) string { return "sum(" + amounts(sumPast, "goal", categories) + ")" }

// The categories of what is in scope and not discarded.
const inScope = "delivered|in_progress|todo"

// deliveredShare is what was delivered over what was not discarded, from the
// sums over the sites.
func deliveredShare() string {
	return amounts(sumNow, "goal", "delivered") + " / (" + amounts(sumNow, "goal", inScope) + " > 0)"
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
		" unless on (" + perSite + ") " + finished()
}

// finished are the goals that are done.
func finished() string {
	return "(" + selected(measure.MetricGoalHealth, states(measure.Finished)) + " == 1)"
}

// best is the best that is known of how far the goals have come: the estimate,
// or what was delivered where there is none.
func best(of func(metric string, matchers ...string) string) string {
	return "(" + of(measure.MetricGoalReal) + " or " + of(measure.MetricGoalDelivered) + ")"
}

// day is the day that begins at a metric in milliseconds, as Grafana takes
// dates: noon of it, so that readers up to half a day east or west of the reporting
// zone see the same day.
func day(begins string) string { return "(" + begins + " + 43200) * 1000" }

// moment is the moment of a metric in milliseconds.
func moment(at string) string { return "(" + at + ") * 1000" }

// ageOf is how long ago the oldest of the timestamps was, in seconds.
func ageOf(metric string) string { return "time() - min(" + metric + ")" }
