package dashboard

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"plumbline/internal/measure"
)

// The panels that the boards on goals share: of many goals on one, of a single
// one on the other.

func fixed(colour string) dashboard.DynamicConfigValue {
	return prop("color", map[string]any{"mode": "fixed", "fixedColor": colour})
}

func completionPanel() cog.Builder[dashboard.Panel] {
	return overTime("Reported and real",
		"Dashed: completion as it is reported. Solid: what is real, by the estimate, and thin: what is delivered over what was not discarded. Where the dashed line runs above the others, the report is ahead of the work. Choose one or two goals above to read it well.",
		"percentunit").
		Span(12).Height(10).
		Min(0).Max(1).
		WithTarget(ask("A", named(past(measure.MetricGoalReported)), "{{name}}: reported")).
		WithTarget(ask("B", named(past(metricReal)), "{{name}}: real")).
		WithTarget(ask("C", named(past(measure.MetricGoalDelivered)), "{{name}}: delivered")).
		OverrideByRegexp("/: reported$/", dashed()).
		OverrideByRegexp("/: delivered$/", []dashboard.DynamicConfigValue{prop("custom.lineWidth", 1)})
}

func burnUpPanel(width uint32) cog.Builder[dashboard.Panel] {
	p := overTime("Burn-up",
		"Work of the chosen goals by what became of it, stacked. Dashed: the scope, all that is not discarded, which the delivered area has to reach. A scope that rises as fast as that area is a goal that comes no nearer; by when it is reached, the forecast says. In points where a goal counts points, else in issues; what is in several goals counts in each.",
		"none").
		Span(width).Height(10).
		Min(0).
		FillOpacity(40).
		LineWidth(1).
		Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal))
	for _, c := range []struct{ ref, category, words, colour string }{
		{"A", "delivered", "Delivered", "blue"},
		{"B", "in_progress", "In progress", "yellow"},
		{"C", "todo", "To do", "#8e8e8e"},
		{"D", "discarded", "Discarded", "purple"},
	} {
		p.WithTarget(ask(c.ref, amountPast(c.category), c.words)).
			OverrideByName(c.words, []dashboard.DynamicConfigValue{fixed(c.colour)})
	}
	return p.WithTarget(ask("E", amountPast("delivered|in_progress|todo"), "Scope")).
		OverrideByName("Scope", append(dashed(), fixed("text"), prop("custom.lineWidth", 2), prop("custom.fillOpacity", 0),
			prop("custom.stacking", map[string]any{"mode": "none"})))
}

func scopePanel(width uint32) cog.Builder[dashboard.Panel] {
	return overTime("Scope added and removed",
		"Issues that entered (above the line) and left (below it, dashed) each goal since work on it began. Ask whether the target moved with it.",
		"none").
		Span(width).Height(9).
		WithTarget(ask("A", named(sumPast("goal", measure.MetricGoalScopeAdded)), "{{name}}: added")).
		WithTarget(ask("B", named("-("+sumPast("goal", measure.MetricGoalScopeRemoved)+")"), "{{name}}: removed")).
		OverrideByRegexp("/: removed$/", dashed())
}

func oldestDecisionPanel() cog.Builder[dashboard.Panel] {
	return bars("Oldest open decision",
		"How long the oldest decision that each goal waits for has been open. The longest bar is the first question of the week: who decides, and by when? A goal without a bar waits for none.",
		"s", 12, 9).
		WithTarget(askNow("A", named("time() - "+oldestNow(measure.MetricGoalDecisionOldest))).LegendFormat("{{name}}"))
}

func decisionDebtPanel() cog.Builder[dashboard.Panel] {
	return overTime("Decision debt",
		"The ages of all open decisions of a goal, added: it rises by a day a day for each decision that is left open, and falls only when one is made.",
		"s").
		Span(12).Height(9).
		Min(0).
		WithTarget(ask("A", named(past(measure.MetricGoalDecisionDebt)), "{{name}}"))
}

func trapPanel() cog.Builder[dashboard.Panel] {
	return bars("Structural traps",
		"In how many of the chosen goals each trap is found: an arrangement of the work, not a person, that keeps a goal from moving. A trap in many goals is the organisation's. The goal's own board says which it is in.",
		"none", 12, 9).
		WithTarget(askNow("A", "sum by (trap) (max by (goal, trap) ("+selected(metricTrap)+"))").LegendFormat("{{trap}}"))
}

func unlinkedPanel() cog.Builder[dashboard.Panel] {
	return bars("Work without a goal",
		"Share of each project's work of the last 28 days that no goal claims, the ten greatest. Much of it means that goals are not where the work is; plumbline's page of unlinked work suggests the goals it may belong to.",
		"percentunit", 12, 9).
		Max(1).
		WithTarget(askNow("A", "topk(10, max by (site, project) ("+measure.MetricUnlinkedRatio+"))").LegendFormat("{{project}}, {{site}}"))
}
