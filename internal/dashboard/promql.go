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
// where there are any.
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

// value is the goals' value of the metric at each site, at any moment.
func value(metric string, matchers ...string) string {
	return valueBy(perSite, metric, matchers...)
}

// valueBy is value with a series for each value of the labels.
func valueBy(labels, metric string, matchers ...string) string {
	return sampled("max by ("+labels+") (%s)", selected(metric, matchers...), "")
}

// valueAgo is value some time before.
func valueAgo(metric, ago string, matchers ...string) string {
	return sampled("max by ("+perSite+") (%s)", selected(metric, matchers...), " offset "+ago)
}

// sampled aggregates series as they are at a moment: as they were scraped, and
// where no goal was, in the past that was filled in or while Plumbline is away,
// by the last sample of keep. So what has ended is not shown for a day longer,
// and a Plumbline that moved to another address is not there twice.
func sampled(aggregate, series, offset string) string {
	return "(" + fmt.Sprintf(aggregate, series+offset) + " or " +
		fmt.Sprintf(aggregate, "last_over_time("+series+"["+keep+"]"+offset+")") +
		" unless on () group(" + measure.MetricGoalInfo + offset + "))"
}

// aligned is what was so a while ago, told of the sites that the goals have now:
// a goal that was and is at one site alone is the same, whatever the site was
// called then.
func aligned(ago string) string {
	info := value(measure.MetricGoalInfo)
	alone := func(expr string) string { return "(" + expr + " and on (goal) (count by (goal) (" + expr + ") == 1))" }
	return "(" + info + " * " + ago + " or " + alone(info) + " * on (goal) group_left () max by (goal) (" + alone(ago) + "))"
}

// least is the least value: the oldest moment, the weakest part.
func least(labels, metric string) string {
	return sampled("min by ("+labels+") (%s)", selected(metric), "")
}

// decisions counts the goals' decisions over the sites. One that is declared
// without an issue is counted by every site's Plumbline: hence max.
func decisions(metric string) string {
	return "sum by (goal) (" + valueBy("goal, class", metric) + ")"
}

// sum adds what can be added, over the sites where labels lack the instance.
func sum(labels, metric string, matchers ...string) string {
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
	return "sum(" + valueBy("goal, state", measure.MetricGoalHealth, states(among...)) + ")"
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

// The categories of what is in scope and not discarded.
const inScope = "delivered|in_progress|todo"

// amounts is each goal's work in the categories, added over the sites: in
// points where it counts points, else in issues.
func amounts(categories string) string {
	matcher := `category=~"` + categories + `"`
	return "(" + sum("goal", measure.MetricGoalPoints, matcher) + " or " + sum("goal", measure.MetricGoalIssues, matcher) + ")"
}

// amount adds up the chosen goals' work in the categories.
func amount(categories string) string { return "sum(" + amounts(categories) + ")" }

// deliveredShare is what was delivered over what was not discarded, from the
// sums over the sites.
func deliveredShare() string {
	return amounts("delivered") + " / (" + amounts(inScope) + " > 0)"
}

// health is the metric's state of the goals as a number.
func health(metric string) string {
	return healthNumber(func(state string) string { return value(metric, state) })
}

// healthNumber is 1 and on in the order of measure.HealthStates for the state
// that value has at 1: panels map numbers to words.
func healthNumber(value func(state string) string) string {
	var parts []string
	for k, state := range measure.HealthStates() {
		parts = append(parts, fmt.Sprintf("(%s == 1) * %d", value(states(state)), k+1))
	}
	return strings.Join(parts, " or ")
}

// silentFor is how long the goals have gone without progress, in days.
func silentFor() string {
	return "(time() - " + value(measure.MetricGoalLastProgress) + ") / 86400"
}

// silenceUsed is the share of the silence that a goal is allowed by its own
// rhythm. A goal that is done owes no progress.
func silenceUsed() string {
	return "(time() - " + value(measure.MetricGoalLastProgress) + ") / " + value(measure.MetricGoalStallAfter) +
		" unless on (" + perSite + ") " + finished()
}

// finished are the goals that are done.
func finished() string {
	return "(" + value(measure.MetricGoalHealth, states(measure.Finished)) + " == 1)"
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
func ageOf(metric string) string { return "time() - " + sampled("min(%s)", metric, "") }
