package dashboard

import (
	"fmt"
	"strconv"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statetimeline"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

	"plumbline/internal/measure"
)

// panels are the board's, in reading order; each row of them is 24 wide.
func panels(t measure.Thresholds) []cog.Builder[dashboard.Panel] {
	return []cog.Builder[dashboard.Panel]{
		inStatePanel("Stalled", "Goals without progress for longer than their own rhythm allows. Start here: ask what each waits for.", measure.Stalled),
		inStatePanel("Off track", "Goals whose target has passed, or can hardly be met.", measure.OffTrack),
		inStatePanel("At risk", "Goals whose target is in doubt, or whose report is.", measure.AtRisk),
		inStatePanel("On track", "Goals that move and have no known reason to miss their target.", measure.OnTrack),
		inStatePanel("Done", "Goals of which all work is closed. Whether what was closed was also delivered, the table says.", measure.Finished),
		inStatePanel("Not started or unknown", "Goals without any work begun, or whose data are too poor to tell.", measure.NotStarted, measure.HealthUnknown),
		goalTable(t),
		healthTimeline(t),
		completionPanel(),
		burnUpPanel(),
		scopePanel(),
		agePanel("Figures as of", "How old the figures on this board are. Red: Plumbline makes no new ones, and the board shows the past.", measure.MetricSnapshot),
		agePanel("Last good sync, oldest site", fmt.Sprintf("How long ago the site that is worst off was last read whole. Red, from %.0f hours on: silence may be the sync's and not the goal's, and stalls are not alerted.", staleAfter.Hours()), measure.MetricSyncLastSuccess),
	}
}

// look is how a state of health shows: a colour, and a sign and words for
// those who don't see it.
type look struct{ words, colour string }

func lookOf(state measure.Health) look {
	colours := map[measure.Health]string{
		measure.OnTrack: "green", measure.AtRisk: "yellow", measure.OffTrack: "orange", measure.Stalled: "red",
		measure.Finished: "blue", measure.NotStarted: "#8e8e8e", measure.HealthUnknown: "purple",
	}
	return look{state.Sign() + " " + state.Word(), colours[state]}
}

// healthWords maps the states, as key gives them, to words and colour.
func healthWords(key func(k int, state measure.Health) string) []dashboard.ValueMapping {
	words := dashboard.NewValueMap()
	for k, state := range measure.HealthStates() {
		l := lookOf(state)
		words.Options[key(k, state)] = dashboard.ValueMappingResult{
			Text: &l.words, Color: &l.colour, Index: cog.ToPtr(int32(k)),
		}
	}
	return []dashboard.ValueMapping{{ValueMap: words}}
}

// ask is a query over the board's range, askNow one for its end.
func ask(ref, expr, legend string) *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().RefId(ref).Datasource(source()).Expr(expr).LegendFormat(legend).Range()
}

func askNow(ref, expr string) *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().RefId(ref).Datasource(source()).Expr(expr).Instant()
}

// steps are thresholds: the first colour up to the first limit, and so on.
func steps(first string, limits ...dashboard.Threshold) *dashboard.ThresholdsConfigBuilder {
	return dashboard.NewThresholdsConfigBuilder().
		Mode(dashboard.ThresholdsModeAbsolute).
		Steps(append([]dashboard.Threshold{{Color: first}}, limits...))
}

func from(value float64, colour string) dashboard.Threshold {
	return dashboard.Threshold{Value: &value, Color: colour}
}

func last() *common.ReduceDataOptionsBuilder {
	return common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})
}

// inStatePanel counts the chosen goals in the states.
func inStatePanel(title, description string, states ...measure.Health) cog.Builder[dashboard.Panel] {
	return stat.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(source()).
		Span(4).Height(4).
		WithTarget(askNow("A", inState(states...))).
		Unit("none").
		NoValue("no goals").
		ReduceOptions(last()).
		GraphMode(common.BigValueGraphModeNone).
		ColorMode(common.BigValueColorModeValue).
		Thresholds(steps("text", from(1, lookOf(states[0]).colour)))
}

// agePanel shows how long ago the oldest of the timestamps was.
func agePanel(title, description, metric string) cog.Builder[dashboard.Panel] {
	return stat.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(source()).
		Span(6).Height(9).
		WithTarget(askNow("A", ageOf(metric))).
		Unit("s").
		Decimals(0).
		NoValue("never").
		ReduceOptions(last()).
		GraphMode(common.BigValueGraphModeNone).
		ColorMode(common.BigValueColorModeValue).
		Thresholds(steps("green", from(staleAfter.Seconds(), "red")))
}

func healthTimeline(t measure.Thresholds) cog.Builder[dashboard.Panel] {
	return statetimeline.NewPanelBuilder().
		Title("Health over time").
		Description(fmt.Sprintf("Each goal's state of health, day by day. A worse state shows once it has held for %s, a better one for %s. Long red bars are goals to decide about: go on, change, or stop.",
			days(t.WorseAfter), days(t.BetterAfter))).
		Datasource(source()).
		Span(24).Height(10).
		WithTarget(ask("A", named(healthPast()), "{{name}}")).
		Unit("none").
		Mappings(healthWords(func(k int, _ measure.Health) string { return strconv.Itoa(k + 1) })).
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdFixed).FixedColor("#8e8e8e")).
		MergeValues(true).
		ShowValue(common.VisibilityModeAuto).
		RowHeight(0.8).
		PerPage(20).
		Legend(legend()).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeSingle))
}

func legend() *common.VizLegendOptionsBuilder {
	return common.NewVizLegendOptionsBuilder().
		ShowLegend(true).
		DisplayMode(common.LegendDisplayModeList).
		Placement(common.LegendPlacementBottom)
}

// overTime is what the board's time series have in common.
func overTime(title, description, unit string) *timeseries.PanelBuilder {
	return timeseries.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(source()).
		Unit(unit).
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdPaletteClassicByName)).
		LineInterpolation(common.LineInterpolationStepAfter).
		LineWidth(2).
		ShowPoints(common.VisibilityModeNever).
		Legend(legend()).
		Tooltip(common.NewVizTooltipOptionsBuilder().
			Mode(common.TooltipDisplayModeMulti).
			Sort(common.SortOrderDescending))
}

func dashed() []dashboard.DynamicConfigValue {
	return []dashboard.DynamicConfigValue{{Id: "custom.lineStyle", Value: map[string]any{"fill": "dash", "dash": []int{8, 6}}}}
}

func completionPanel() cog.Builder[dashboard.Panel] {
	return overTime("Reported and delivered",
		"Dashed: completion as Jira's own epic progress shows it. Solid: issues delivered over those not discarded. Where the dashed line runs above the solid one, closed is not delivered. Choose one or two goals above to read it well.",
		"percentunit").
		Span(12).Height(10).
		Min(0).Max(1).
		WithTarget(ask("A", named(past(measure.MetricGoalReported)), "{{name}}: reported")).
		WithTarget(ask("B", named(past(measure.MetricGoalDelivered)), "{{name}}: delivered")).
		OverrideByRegexp("/: reported$/", dashed())
}

func burnUpPanel() cog.Builder[dashboard.Panel] {
	p := overTime("Burn-up",
		"Issues of the chosen goals by what became of them, stacked: the upper edge is the scope. An edge that rises as fast as the delivered area is a goal that comes no nearer. An issue of several goals counts in each.",
		"none").
		Span(12).Height(10).
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
		p.WithTarget(ask(c.ref, issuesPast(c.category), c.words)).
			OverrideByName(c.words, []dashboard.DynamicConfigValue{
				{Id: "color", Value: map[string]any{"mode": "fixed", "fixedColor": c.colour}},
			})
	}
	return p
}

func scopePanel() cog.Builder[dashboard.Panel] {
	return overTime("Scope added and removed",
		"Issues that entered (above the line) and left (below it, dashed) each goal since work on it began. Ask whether the target moved with it.",
		"none").
		Span(12).Height(9).
		WithTarget(ask("A", named(past(measure.MetricGoalScopeAdded)), "{{name}}: added")).
		WithTarget(ask("B", named("-"+past(measure.MetricGoalScopeRemoved)), "{{name}}: removed")).
		OverrideByRegexp("/: removed$/", dashed())
}
