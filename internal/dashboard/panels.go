package dashboard

import (
	"fmt"
	"strconv"

	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statetimeline"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

	"plumbline/internal/measure"
)

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

// line is one of the things that a panel shows: an expression, and what its
// series are called.
type line struct{ expr, legend string }

// ofSites are lines of goals, each of one site; where there are several, it is
// called after its site too.
func ofSites(lines ...line) []line {
	sited := make([]line, len(lines))
	for k, l := range lines {
		sited[k] = line{named(l.expr), l.legend + "{{at}}"}
	}
	return sited
}

// panel is what takes queries: any of the panels.
type panel[P any] interface {
	WithTarget(cog.Builder[variants.Dataquery]) P
}

// over asks for the lines over the board's range, asOfNow for their end.
func over[P panel[P]](p P, lines ...line) P {
	for k, l := range lines {
		p = p.WithTarget(ask(refID(k), l.expr, l.legend))
	}
	return p
}

func asOfNow[P panel[P]](p P, lines ...line) P {
	for k, l := range lines {
		p = p.WithTarget(askNow(refID(k), l.expr).LegendFormat(l.legend))
	}
	return p
}

// refID is the name of a panel's query: A, B and so on.
func refID(k int) string { return string(rune('A' + k)) }

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

// figure is one number, or one for each series, as it is now.
func figure(title, description, unit string, width, height uint32) *stat.PanelBuilder {
	return stat.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(source()).
		Span(width).Height(height).
		Unit(unit).
		NoValue("not known").
		ReduceOptions(last()).
		GraphMode(common.BigValueGraphModeNone).
		ColorMode(common.BigValueColorModeValue).
		Thresholds(steps("text"))
}

// bars compares series as they are now; each has its name and its number.
func bars(title, description, unit string, width, height uint32) *bargauge.PanelBuilder {
	return bargauge.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(source()).
		Span(width).Height(height).
		Unit(unit).
		NoValue("none").
		Min(0).
		ReduceOptions(last()).
		Orientation(common.VizOrientationHorizontal).
		DisplayMode(common.BarGaugeDisplayModeBasic).
		ValueMode(common.BarGaugeValueModeText).
		Thresholds(steps("blue"))
}

// inStatePanel counts the chosen goals in the states.
func inStatePanel(title, description string, states ...measure.Health) cog.Builder[dashboard.Panel] {
	return figure(title, description, "none", 4, 4).
		WithTarget(askNow("A", inState(states...))).
		NoValue("no goals").
		Thresholds(steps("text", from(1, lookOf(states[0]).colour)))
}

// agePanel shows how long ago the oldest of the timestamps was.
func agePanel(title, description, metric string) cog.Builder[dashboard.Panel] {
	return figure(title, description, "s", 6, 9).
		WithTarget(askNow("A", ageOf(metric))).
		Decimals(0).
		NoValue("never").
		Thresholds(steps("green", from(staleAfter.Seconds(), "red")))
}

func healthTimeline(t measure.Thresholds) cog.Builder[dashboard.Panel] {
	return statetimeline.NewPanelBuilder().
		Title("Health over time").
		Description(fmt.Sprintf("Each goal's state of health, day by day. A worse state shows once it has held for %s, a better one for %s. Long red bars are goals to decide about: go on, change, or stop.",
			days(t.WorseAfter), days(t.BetterAfter))).
		Datasource(source()).
		Span(24).Height(10).
		WithTarget(ask("A", named(health(measure.MetricGoalHealth)), "{{name}}{{at}}")).
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

// counted is a panel over time of what is never below nothing.
func counted(title, description, unit string, height uint32, lines ...line) *timeseries.PanelBuilder {
	return over(overTime(title, description, unit).Span(12).Height(height).Min(0), lines...)
}

// shares is a panel over time of what lies between nothing and all.
func shares(title, description string, lines ...line) *timeseries.PanelBuilder {
	return counted(title, description, "percentunit", 10, lines...).Max(1)
}

func dashed() []dashboard.DynamicConfigValue {
	return []dashboard.DynamicConfigValue{{Id: "custom.lineStyle", Value: map[string]any{"fill": "dash", "dash": []int{8, 6}}}}
}
