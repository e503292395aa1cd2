package dashboard

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"plumbline/internal/measure"
)

// The goal's board looks into the future, where its burn-up goes on as the
// forecast has it. Prometheus holds nothing there: what was known last is
// carried on.

// ahead is how far what is known is carried on.
const ahead = "182d"

// carried is, past the present, what was known of the expression last. It is
// asked for once a day, since no day's samples are worth more on a way of
// months.
func carried(expr string) string { return "last_over_time((" + expr + ")[" + ahead + ":1d])" }

// sinceKnown is the time since the figures were last told, where that is longer
// than samples lie apart: in the future alone.
func sinceKnown() string {
	return "(time() - " + lastKnown() + " > " + keepSeconds + ")"
}

// lastKnown is when the figures were last told.
func lastKnown() string {
	return "last_over_time(max(timestamp(" + selected(measure.MetricGoalInfo) + "))[" + ahead + ":30m])"
}

// projection is the straight way from what is delivered now to the whole scope
// on the day of the forecast; there it ends.
func projection(percentile string) string {
	scope, delivered := carried(amounts(inScope)), carried(amounts("delivered"))
	due := carried(named(value(measure.MetricGoalForecast, `percentile="`+percentile+`"`)))
	gone := "(" + sinceKnown() + " / on () group_right () (" + due + " - on () group_left () " + lastKnown() + " > 0) <= 1)"
	return gone + " * on (goal) group_left () (" + scope + " - " + delivered + ") + on (goal) group_left () " + delivered
}

// projectedPanel is the burn-up with its forecast: where the lines meet the
// scope, the goal is done.
func projectedPanel() cog.Builder[dashboard.Panel] {
	ref := len("ABCDE")
	p := burnUpPanel("Right of the last figures: the scope if it stays as it is, and, dotted, straight lines from what is delivered now to the days of the forecast, on which the last issue is as likely as not, and with 85 %, delivered. Where a line meets the scope is what is forecast; its way there is not. Widen the range to see days further off.")
	for k, l := range []line{
		{carried(amounts(inScope)) + " and on () " + sinceKnown(), "Scope, if it stays"},
		{projection("50"), "Forecast, 50 %{{at}}"},
		{projection("85"), "Forecast, 85 %{{at}}"},
	} {
		p.WithTarget(ask(refID(ref+k), l.expr, l.legend))
	}
	dotted := prop("custom.lineStyle", map[string]any{"fill": "dot", "dash": []int{2, 6}})
	straight := prop("custom.lineInterpolation", "linear")
	return p.
		OverrideByName("Scope, if it stays", append(onTop(), fixed("text"))).
		OverrideByRegexp("/^Forecast/", append(onTop(), dotted, straight)).
		OverrideByRegexp("/^Forecast, 50/", []dashboard.DynamicConfigValue{fixed("blue")}).
		OverrideByRegexp("/^Forecast, 85/", []dashboard.DynamicConfigValue{fixed("orange")})
}

// milestones are the goal's days to come, on all of its panels: its target, and
// the forecast's.
func milestones() []cog.Builder[dashboard.AnnotationQuery] {
	toCome := func(at string) string { return carried(at) + " and on () " + sinceKnown() }
	forecast := func(percentile string) string {
		return toCome(moment(named(value(measure.MetricGoalForecast, `percentile="`+percentile+`"`))))
	}
	return []cog.Builder[dashboard.AnnotationQuery]{
		mark("Target", "purple", "The target", toCome(day(valueBy("goal", measure.MetricGoalTarget))), true),
		mark("Forecast, 50 %", "blue", "As likely as not done{{at}}", forecast("50"), true),
		mark("Forecast, 85 %", "orange", "Done with 85 %{{at}}", forecast("85"), true),
	}
}

// presently has panels of what is so now ask for that, though their board ends
// in the future. Grafana heeds it for ranges that end with now; at the end of
// one in the past, they show what was so then.
func presently(panels []cog.Builder[dashboard.Panel]) []cog.Builder[dashboard.Panel] {
	wrapped := make([]cog.Builder[dashboard.Panel], len(panels))
	for k, p := range panels {
		wrapped[k] = untilNow{p}
	}
	return wrapped
}

type untilNow struct {
	cog.Builder[dashboard.Panel]
}

func (b untilNow) Build() (dashboard.Panel, error) {
	p, err := b.Builder.Build()
	if p.Type == "stat" || p.Type == "bargauge" {
		p.TimeFrom, p.HideTimeOverride = cog.ToPtr("1d"), cog.ToPtr(true)
	}
	return p, err
}
