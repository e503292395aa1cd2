package dashboard

import (
	"fmt"
	"strconv"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"

	"plumbline/internal/measure"
)

// oneGoal is the board of a single goal: how far it is, how that came about,
// what it waits for, and how sure all of it is.
func oneGoal(t measure.Thresholds) *dashboard.DashboardBuilder { //nolint:staticcheck // see newBoard
	return newBoard("plumbline-goal", "goal",
		"One goal: what is reported of it and what is real, over time and with its uncertainty; its promise and its forecast; what it waits for, and since when. It looks some weeks ahead, to where the forecast leads. The link above leads to the issues behind each figure, and from there into Jira.",
		presently([]cog.Builder[dashboard.Panel]{
			healthFigure(), sinceFigure(), realFigure(), chanceFigure(), silenceFigure(t), evidenceFigure(t),
			bandPanel(), projectedPanel(),
			datesPanel(), chancePanel(),
			decisionsPanel(), latencyPanel(),
			silencePanel(), finishedPanel(),
			scopePanel(), flowPanel(),
			structurePanel(), debtPanel(),
			outcomePanel(), criteriaPanel(), trapsPanel(),
			evidencePanel(), withheldPanel(),
		})).
		Time("now-180d", "now+60d").
		Annotations(append(marks(), milestones()...)).
		WithVariable(sourceVariable()).
		WithVariable(choice("goal", "Goal", "The goal to show", measure.MetricGoalInfo)).
		WithVariable(urlVariable()).
		Link(inTheBar{dashboard.NewDashboardLinkBuilder("The issues behind it, and Jira").
			Type(dashboard.DashboardLinkTypeLink).
			Icon("external link").
			Tooltip("The evidence page: every figure of this goal with its issues and events, each with a link into Jira").
			Url("${plumbline_url:raw}/goals/${goal}").
			TargetBlank(true)})
}

func healthFigure() cog.Builder[dashboard.Panel] {
	return asOfNow(figure("Health", "The goal's state. A worse state shows once it has held for some days, a better one later still.", "none", 4, 5),
		ofSites(line{health(measure.MetricGoalHealth), "{{name}}"})...).
		Mappings(healthWords(func(k int, _ measure.Health) string { return strconv.Itoa(k + 1) })).
		ColorMode(common.BigValueColorModeBackground)
}

func sinceFigure() cog.Builder[dashboard.Panel] {
	return asOfNow(figure("In this state for", "How long the goal has been in its state of health.", "s", 4, 5).Decimals(0),
		ofSites(line{"time() - " + value(measure.MetricGoalHealthSince), "{{name}}"})...)
}

func realFigure() cog.Builder[dashboard.Panel] {
	return asOfNow(figure("Reported, and real", "What is reported; what is real by the estimate, with the ends of the interval that holds the truth four times out of five; and what is delivered. Reported above the upper end: ask what the report counts.", "percentunit", 6, 5).Decimals(0),
		ofSites(
			line{value(measure.MetricGoalReported), "Reported"},
			line{value(measure.MetricGoalRealLower), "At least"},
			line{value(measure.MetricGoalReal), "Real"},
			line{value(measure.MetricGoalRealUpper), "At most"},
			line{value(measure.MetricGoalDelivered), "Delivered"},
		)...)
}

func chanceFigure() cog.Builder[dashboard.Panel] {
	return asOfNow(figure("Chance to meet the target", fmt.Sprintf("Of the present target, and of the first one that was promised. Red, under %s: off track; yellow, under %s: at risk.", percent(judged().OffTrackBelow), percent(judged().AtRiskBelow)), "percentunit", 4, 5).Decimals(0),
		ofSites(
			line{value(measure.MetricGoalOnTime), "Present target"},
			line{value(measure.MetricGoalFirstOnTime), "First target"},
		)...).
		Thresholds(steps("red", from(judged().OffTrackBelow, "yellow"), from(judged().AtRiskBelow, "green")))
}

func silenceFigure(t measure.Thresholds) cog.Builder[dashboard.Panel] {
	return asOfNow(figure("Of allowed silence", "The time without progress against the goal's own rhythm. At 100 % it stalls.", "percentunit", 3, 5).Decimals(0),
		ofSites(line{silenceUsed(), "{{name}}"})...).
		NoValue("done, or not known").
		Thresholds(steps("green", from(1/t.StallFactor, "yellow"), from(1, "red")))
}

func evidenceFigure(t measure.Thresholds) cog.Builder[dashboard.Panel] {
	return asOfNow(figure("Evidence", "How far the figures can be trusted: the weakest of the parts that are shown below. Under 50 % of freshness, history or known categories, figures are withheld.", "percentunit", 3, 5).Decimals(0),
		ofSites(line{value(measure.MetricGoalEvidence), "{{name}}"})...).
		Thresholds(steps("red", from(t.EvidenceHides, "yellow"), from(0.75, "green")))
}

// bandPanel draws the interval of the estimate as a band between its ends: of
// several sites, whose bands would lie on each other, the ends alone.
func bandPanel() cog.Builder[dashboard.Panel] {
	return shares("Reported and real, with the uncertainty",
		"Dashed: as reported. Thick: real, by the estimate; the band around it holds the truth four times out of five. Thin: delivered. A dashed line above the band is a report that the work does not carry.",
		ofSites(
			line{value(measure.MetricGoalReported), "Reported"},
			line{value(measure.MetricGoalReal), "Real"},
			line{value(measure.MetricGoalRealUpper), "At most"},
			line{value(measure.MetricGoalRealLower), "At least"},
			line{value(measure.MetricGoalDelivered), "Delivered"},
		)...).
		OverrideByRegexp("/^Reported/", append(dashed(), fixed("orange"))).
		OverrideByRegexp("/^Real/", []dashboard.DynamicConfigValue{fixed("blue"), prop("custom.lineWidth", 3)}).
		OverrideByRegexp("/^At (most|least)/", []dashboard.DynamicConfigValue{fixed("blue"), prop("custom.lineWidth", 0.5)}).
		OverrideByName("At most", []dashboard.DynamicConfigValue{prop("custom.fillBelowTo", "At least"), prop("custom.fillOpacity", 20)}).
		OverrideByRegexp("/^Delivered/", []dashboard.DynamicConfigValue{fixed("green"), prop("custom.lineWidth", 1)})
}

func datesPanel() cog.Builder[dashboard.Panel] {
	return over(overTime("Promise and forecast",
		"Upwards is later. Solid: the target, a step for each time that it moved; dotted: the first one. Dashed: by when the goal is as likely as not, and with 85 %, to be done. Forecasts that stay above the target are a promise to change now, and not on its day.",
		"dateTimeAsIso").
		Span(12).Height(10),
		append([]line{
			{day(valueBy("goal", measure.MetricGoalTarget)), "Target"},
			{day(valueBy("goal", measure.MetricGoalFirstTarget)), "First target"},
		}, ofSites(
			line{moment(value(measure.MetricGoalForecast, `percentile="50"`)), "Forecast, 50 %"},
			line{moment(value(measure.MetricGoalForecast, `percentile="85"`)), "Forecast, 85 %"},
		)...)...).
		OverrideByName("First target", []dashboard.DynamicConfigValue{prop("custom.lineStyle", map[string]any{"fill": "dot", "dash": []int{2, 6}})}).
		OverrideByRegexp("/^Forecast/", dashed())
}

func chancePanel() cog.Builder[dashboard.Panel] {
	return shares("Chance to meet the target, and of overstatement",
		"Solid: the chance to meet the present target, and the first. Dashed: the probability that the truth lies more than 15 points below what is reported.",
		ofSites(
			line{value(measure.MetricGoalOnTime), "Present target"},
			line{value(measure.MetricGoalFirstOnTime), "First target"},
			line{value(measure.MetricGoalOverstated), "Overstated"},
		)...).
		OverrideByRegexp("/^Overstated/", dashed())
}

func decisionsPanel() cog.Builder[dashboard.Panel] {
	return counted("Open decisions",
		"Decisions that are open, by class, stacked; dashed, those past the time within which they were to be made. A step that stays is a goal that waits.",
		"none", 9,
		line{valueBy("goal, class", measure.MetricGoalDecisionsOpen), "{{class}}"},
		line{"sum by (goal) (" + valueBy("goal, class", measure.MetricGoalDecisionsOverdue) + ")", "Overdue"}).
		FillOpacity(30).
		Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal)).
		OverrideByName("Overdue", append(dashed(), prop("custom.fillOpacity", 0), unstacked()))
}

func latencyPanel() cog.Builder[dashboard.Panel] {
	return counted("How long decisions take",
		"By class: the time within which half (50), and 85 %, of the decisions of the last 90 days are made, open ones counted as lasting longer than they are old; rmst_30d: the mean of their first 30 days, which is known when the others are not. Dashed: how long the oldest open one has waited.",
		"s", 9,
		append(ofSites(line{valueBy("goal, instance, class, percentile", measure.MetricGoalDecisionLatency), "{{class}}: {{percentile}}"}),
			line{"time() - " + least("goal", measure.MetricGoalDecisionOldest), "Oldest open"})...).
		OverrideByName("Oldest open", dashed())
}

func silencePanel() cog.Builder[dashboard.Panel] {
	return counted("Silence",
		"The saw: time since the last progress; it falls to nothing when something moves. Dashed: how long the goal may be silent by its own rhythm. Where the saw crosses the dashed line, the goal has stalled.",
		"s", 9,
		ofSites(
			line{"time() - " + value(measure.MetricGoalLastProgress), "Without progress"},
			line{value(measure.MetricGoalStallAfter), "Stalls after"},
		)...).
		LineInterpolation(common.LineInterpolationLinear).
		OverrideByRegexp("/^Stalls after/", dashed())
}

func finishedPanel() cog.Builder[dashboard.Panel] {
	return counted("Finished issues",
		"Issues delivered in the last week, four weeks and thirteen weeks. All three falling at once is a goal that people have left.",
		"none", 9,
		line{sum("goal, window", measure.MetricGoalFinished), "last {{window}}"})
}

func flowPanel() cog.Builder[dashboard.Panel] {
	return counted("Cycle time and age",
		"Within which time half, and 85 %, of the finished issues went from begun to delivered; dashed, how old the begun ones are. Ages above the cycle time of 85 % are issues that are stuck.",
		"s", 9,
		ofSites(
			line{valueBy("goal, instance, percentile", measure.MetricGoalCycleTime), "Cycle time, {{percentile}} %"},
			line{valueBy("goal, instance, percentile", measure.MetricGoalItemAge), "Age, {{percentile}} %"},
		)...).
		OverrideByRegexp("/^Age/", dashed())
}

func structurePanel() cog.Builder[dashboard.Panel] {
	return asOfNow(bars("How the work is arranged",
		"Shares of the work: in progress without an owner; held by the two who hold most (withheld under five people); re-opened after it was done; held up by an open decision; and of the time from begun to delivered, the part in which it was worked on. They describe the arrangement, never a person.",
		"percentunit", 12, 9).
		Max(1),
		ofSites(
			line{value(measure.MetricGoalUnowned), "Without an owner"},
			line{value(measure.MetricGoalConcentration), "Held by two"},
			line{value(measure.MetricGoalReopened), "Re-opened"},
			line{value(measure.MetricGoalDecisionBlocked), "Held up by a decision"},
			line{value(measure.MetricGoalFlowEfficiency), "Worked on"},
		)...)
}

func debtPanel() cog.Builder[dashboard.Panel] {
	return counted("Technical debt, and blocked work",
		"Debt of the goal: its issues by what became of them; those that were created (dashed) and retired in the last 90 days; and blocked issues. Created above retired is debt that grows.",
		"none", 9,
		line{sum("goal", measure.MetricGoalDebtCreated, `window="90d"`), "Debt created"},
		line{sum("goal", measure.MetricGoalDebtRetired, `window="90d"`), "Debt retired"},
		line{sum("goal", measure.MetricGoalBlocked), "Blocked issues"},
		line{sum("goal, category", measure.MetricGoalDebt), "Debt, {{category}}"}).
		OverrideByName("Debt created", dashed())
}

func outcomePanel() cog.Builder[dashboard.Panel] {
	return over(overTime("Outcomes",
		"How far each outcome has come from where it was to where it should be: 100 % is reached, below 0 is worse than before. Work that is delivered while these lines lie flat has no effect.",
		"percentunit").
		Span(12).Height(9),
		line{valueBy("goal, outcome", measure.MetricGoalOutcome), "{{outcome}}"})
}

// told maps 0 and 1 to words with a sign.
func told(no, yes, colour string) []dashboard.ValueMapping {
	words := dashboard.NewValueMap()
	words.Options["0"] = dashboard.ValueMappingResult{Text: cog.ToPtr("○ " + no), Color: cog.ToPtr("text"), Index: cog.ToPtr(int32(0))}
	words.Options["1"] = dashboard.ValueMappingResult{Text: cog.ToPtr("■ " + yes), Color: &colour, Index: cog.ToPtr(int32(1))}
	return []dashboard.ValueMapping{{ValueMap: words}}
}

func criteriaPanel() cog.Builder[dashboard.Panel] {
	return figure("Stop criteria", "What was declared in advance as a reason to question the goal, and whether it is so. A criterion that is not shown can't be judged: the evidence page says why.", "none", 6, 9).
		NoValue("none declared").
		Mappings(told("not met", "met", "red")).
		WithTarget(askNow("A", valueBy("criterion", measure.MetricGoalStopCriterion)).LegendFormat("{{criterion}}"))
}

func trapsPanel() cog.Builder[dashboard.Panel] {
	return figure("Traps", "Arrangements that keep a goal from moving, and whether this goal is in one. The evidence page shows what it is seen by.", "none", 6, 9).
		NoValue("not known").
		Mappings(told("not found", "found", "orange")).
		WithTarget(askNow("A", valueBy("trap", measure.MetricGoalTrap)).LegendFormat("{{trap}}"))
}

func evidencePanel() cog.Builder[dashboard.Panel] {
	return bars("What the evidence is made of",
		"The parts of the evidence, each from 0 to 100 %: how fresh the data are, how whole the history, how large the goal, and so on. The shortest bar is how far the figures can be trusted, and what to mend first.",
		"percentunit", 12, 10).
		Max(1).
		WithTarget(askNow("A", least("component", measure.MetricGoalComponent)).LegendFormat("{{component}}"))
}

func withheldPanel() cog.Builder[dashboard.Panel] {
	return figure("Withheld figures",
		"Figures that are not shown, and why: too few people for their privacy, or data too poor to tell.", "none", 12, 10).
		NoValue("none").
		WithTarget(askNow("A", sampled("count by (measure, reason) (%s)", selected(measure.MetricGoalSuppressed), "")).
			LegendFormat("{{measure}}: {{reason}}").Format(prometheus.PromQueryFormatTimeSeries)).
		TextMode(common.BigValueTextModeName)
}
