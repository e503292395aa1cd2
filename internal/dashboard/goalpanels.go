package dashboard

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

	"plumbline/internal/measure"
)

// The panels that the boards on goals share: of many goals on one, of a single
// one on the other.

func fixed(colour string) dashboard.DynamicConfigValue {
	return prop("color", map[string]any{"mode": "fixed", "fixedColor": colour})
}

func completionPanel() cog.Builder[dashboard.Panel] {
	return shares("Reported and real",
		"Dashed: completion as it is reported. Solid: what is real, by the estimate, and thin: what is delivered over what was not discarded. Where the dashed line runs above the others, the report is ahead of the work. Choose one or two goals above to read it well.",
		ofSites(
			line{value(measure.MetricGoalReported), "{{name}}: reported"},
			line{value(measure.MetricGoalReal), "{{name}}: real"},
			line{value(measure.MetricGoalDelivered), "{{name}}: delivered"},
		)...).
		OverrideByRegexp("/: reported/", dashed()).
		OverrideByRegexp("/: delivered/", []dashboard.DynamicConfigValue{prop("custom.lineWidth", 1)})
}

// unstacked takes a series out of the panel's stack.
func unstacked() dashboard.DynamicConfigValue {
	return prop("custom.stacking", map[string]any{"mode": "none"})
}

// onTop is how a line of a stacked panel shows that the stack is measured by.
func onTop() []dashboard.DynamicConfigValue {
	return append(dashed(), prop("custom.lineWidth", 2), prop("custom.fillOpacity", 0), unstacked())
}

func burnUpPanel(more string) *timeseries.PanelBuilder {
	p := counted("Burn-up",
		"Work by what became of it, stacked. Dashed: the scope, all that is not discarded, which the delivered area has to reach. A scope that rises as fast as that area is a goal that comes no nearer. In points where a goal counts points, else in issues. "+more,
		"none", 10,
		line{amount("delivered"), "Delivered"},
		line{amount("in_progress"), "In progress"},
		line{amount("todo"), "To do"},
		line{amount("discarded"), "Discarded"},
		line{amount(inScope), "Scope"}).
		FillOpacity(40).
		LineWidth(1).
		Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal)).
		OverrideByName("Scope", append(onTop(), fixed("text")))
	for _, part := range []struct{ words, colour string }{
		{"Delivered", "blue"}, {"In progress", "yellow"}, {"To do", "#8e8e8e"}, {"Discarded", "purple"},
	} {
		p.OverrideByName(part.words, []dashboard.DynamicConfigValue{fixed(part.colour)})
	}
	return p
}

func scopePanel() cog.Builder[dashboard.Panel] {
	return over(overTime("Scope added and removed",
		"Issues that entered (above the line) and left (below it, dashed) each goal since work on it began. Ask whether the target moved with it.",
		"none").
		Span(12).Height(9),
		ofSites(
			line{value(measure.MetricGoalScopeAdded), "{{name}}: added"},
			line{"-" + value(measure.MetricGoalScopeRemoved), "{{name}}: removed"},
		)...).
		OverrideByRegexp("/: removed/", dashed())
}

func oldestDecisionPanel() cog.Builder[dashboard.Panel] {
	return asOfNow(bars("Oldest open decision",
		"How long the oldest decision that each goal waits for has been open, the twenty longest. The longest bar is the first question of the week: who decides, and by when? A goal without a bar waits for none.",
		"s", 12, 9),
		line{"topk(20, " + named("time() - "+least(perSite, measure.MetricGoalDecisionOldest)) + ")", "{{name}}{{at}}"})
}

func decisionDebtPanel() cog.Builder[dashboard.Panel] {
	return counted("Decision debt",
		"The ages of all open decisions of a goal, added: it rises by a day a day for each decision that is left open, and falls only when one is made.",
		"s", 9,
		ofSites(line{value(measure.MetricGoalDecisionDebt), "{{name}}"})...)
}

func trapPanel() cog.Builder[dashboard.Panel] {
	return asOfNow(bars("Structural traps",
		"In how many of the chosen goals each trap is found: an arrangement of the work, not a person, that keeps a goal from moving. A trap in many goals is the organisation's. The goal's own board says which it is in.",
		"none", 12, 9),
		line{"sum by (trap) (" + valueBy("goal, trap", measure.MetricGoalTrap) + ")", "{{trap}}"})
}

func unlinkedPanel() cog.Builder[dashboard.Panel] {
	return asOfNow(bars("Work without a goal",
		"Share of each project's work of the last 28 days that no goal claims, the ten greatest. Much of it means that goals are not where the work is; plumbline's page of unlinked work suggests the goals it may belong to.",
		"percentunit", 12, 9).
		Max(1),
		line{"topk(10, " + sampled("max by (site, project) (%s)", measure.MetricUnlinkedRatio, "") + ")", "{{project}}, {{site}}"})
}

// sitesDebtPanel adds up, for each site, what a goal's own board shows of the
// goal alone, and what no goal claims.
func sitesDebtPanel() cog.Builder[dashboard.Panel] {
	of := func(categories string) string {
		return sampled("sum by (site) (max by (site, category) (%s))", measure.MetricDebt+`{category=~"`+categories+`"}`, "")
	}
	return counted("Technical debt of each Jira",
		"All issues of a site that are technical debt, in and outside of goals: the open ones, and dashed those that were ever retired, which is delivered and not discarded. Where the solid line rises faster than the dashed one, more is taken up than paid back; the goals' own boards say where. Nothing is shown where the configuration does not say what debt is.",
		"none", 9,
		line{of("todo|in_progress"), "Open, {{site}}"},
		line{of("delivered"), "Retired, {{site}}"}).
		OverrideByRegexp("/^Retired, /", dashed())
}
