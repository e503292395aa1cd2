package dashboard

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/table"

	"plumbline/internal/measure"
)

// column is one column of the goal table: the query whose value it is, or the
// label it is, and how it shows.
type column struct {
	title string
	label string // the label that the column shows; empty: expr's value
	expr  string // empty: the label comes with another column's query
	props []dashboard.DynamicConfigValue
}

const (
	goalColumn    = "Goal"
	idColumn      = "Id"
	silenceColumn = "Of allowed silence"
)

func prop(id string, value any) dashboard.DynamicConfigValue {
	return dashboard.DynamicConfigValue{Id: id, Value: value}
}

// columns are the goal table's, from left to right.
func columns(t measure.Thresholds) []column {
	percent := []dashboard.DynamicConfigValue{prop("unit", "percentunit"), prop("decimals", 0)}
	days := []dashboard.DynamicConfigValue{prop("unit", "suffix: d"), prop("decimals", 0)}
	evidence := prop("links", []map[string]any{{
		"title": "The issues behind these figures", "url": "${plumbline_url:raw}/goals/${__data.fields." + idColumn + "}",
	}})
	// Noon of the target's day, so that readers up to half a day east or west
	// of the reporting zone see the same day.
	target := "(" + now(measure.MetricGoalTarget) + " + 43200) * 1000"

	return []column{
		{title: goalColumn, label: "name", expr: "max by (goal, name, owner) (" + selected(measure.MetricGoalInfo) + ")",
			props: []dashboard.DynamicConfigValue{evidence, prop("custom.minWidth", 220)}},
		{title: "Health", label: "state", expr: "max by (goal, state) (" + selected(measure.MetricGoalHealth) + " == 1)",
			props: []dashboard.DynamicConfigValue{
				prop("mappings", healthWords(func(_ int, state measure.Health) string { return string(state) })),
				prop("custom.cellOptions", map[string]any{"type": "color-background", "mode": "basic"}),
				prop("custom.width", 130),
			}},
		{title: "Reported", expr: now(measure.MetricGoalReported), props: percent},
		{title: "Delivered", expr: now(measure.MetricGoalDelivered), props: percent},
		{title: "Gap", expr: now(measure.MetricGoalReported) + " - " + now(measure.MetricGoalDelivered), props: percent},
		{title: "Issues delivered", expr: issuesNow(`category="delivered"`)},
		{title: "Issues not discarded", expr: issuesNow(`category!="discarded"`)},
		{title: "Scope added", expr: now(measure.MetricGoalScopeAdded)},
		{title: "Target", expr: target, props: []dashboard.DynamicConfigValue{prop("unit", "time:YYYY-MM-DD"), prop("custom.width", 110)}},
		{title: "Slip", expr: now(measure.MetricGoalTargetSlip) + " / 86400", props: days},
		{title: "Last progress, days ago", expr: silentFor(), props: days},
		{title: "Stalls after", expr: now(measure.MetricGoalStallAfter) + " / 86400", props: days},
		{title: silenceColumn, expr: silenceUsed(), props: append(percent[:2:2],
			prop("min", 0), prop("max", 1),
			prop("custom.cellOptions", map[string]any{"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}),
			prop("color", map[string]any{"mode": "thresholds"}),
			prop("thresholds", map[string]any{"mode": "absolute", "steps": []dashboard.Threshold{
				{Color: "green"}, from(1/t.StallFactor, "yellow"), from(1, "red"),
			}}))},
		{title: "Owner", label: "owner"},
		{title: idColumn, label: "goal", props: []dashboard.DynamicConfigValue{evidence}},
	}
}

// goalTable has one row a goal: Grafana joins the columns' queries by their
// label goal. It joins and doesn't merge, since a query without an answer has
// no such label, and merging would then take all goals for one.
func goalTable(t measure.Thresholds) cog.Builder[dashboard.Panel] {
	p := table.NewPanelBuilder().
		Title("Goals").
		Description("One row a goal, those nearest to a stall, or furthest into one, on top. Gap: reported less delivered; where it is wide, closed is not delivered. Of allowed silence: the time without progress against the goal's own rhythm; at 100 % it stalls, unless a freeze in the calendar gives it longer. The name leads to the issues behind the figures. An empty cell is not known.").
		Datasource(source()).
		Span(24).Height(14).
		Unit("none").
		NoValue("–").
		CellHeight(common.TableCellHeightSm).
		Filterable(true).
		SortBy([]cog.Builder[common.TableSortByFieldState]{
			common.NewTableSortByFieldStateBuilder().DisplayName(silenceColumn).Desc(true),
		})

	hidden, order, names := map[string]bool{}, map[string]int{}, map[string]string{}
	ref := 'A'
	for k, c := range columns(t) {
		field := c.label
		if c.expr != "" {
			value := "Value #" + string(ref)
			p.WithTarget(askNow(string(ref), c.expr).Format(prometheus.PromQueryFormatTable))
			if ref++; field == "" {
				field = value
			} else {
				hidden[value] = true
			}
		}
		order[field], names[field] = k, c.title
		if len(c.props) > 0 {
			p.OverrideByName(c.title, c.props)
		}
	}
	return p.
		WithTransformation(dashboard.DataTransformerConfig{Id: "filterFieldsByName", Options: map[string]any{
			"exclude": map[string]any{"names": []string{"Time"}},
		}}).
		WithTransformation(dashboard.DataTransformerConfig{Id: "joinByField", Options: map[string]any{
			"byField": "goal", "mode": "outer",
		}}).
		WithTransformation(dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{
			"excludeByName": hidden, "indexByName": order, "renameByName": names,
		}})
}
