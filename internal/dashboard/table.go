package dashboard

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/table"

	"plumbline/internal/measure"
)

// column is one column of a table: the query whose value it is, or the label
// it is, and how it shows.
type column struct {
	title string
	label string // the label that the column shows; empty: expr's value
	expr  string // empty: the label comes with another column's query
	// unkeyed is an expression that makes its own rows.
	unkeyed bool
	props   []dashboard.DynamicConfigValue
}

const (
	goalColumn    = "Goal"
	idColumn      = "Id"
	silenceColumn = "Of allowed silence"
)

func prop(id string, value any) dashboard.DynamicConfigValue {
	return dashboard.DynamicConfigValue{Id: id, Value: value}
}

// How columns show: shares, points of shares, days, and dates.
func inPercent() []dashboard.DynamicConfigValue {
	return []dashboard.DynamicConfigValue{prop("unit", "percentunit"), prop("decimals", 0)}
}

func inDays() []dashboard.DynamicConfigValue {
	return []dashboard.DynamicConfigValue{prop("unit", "suffix: d"), prop("decimals", 0)}
}

func asDate() []dashboard.DynamicConfigValue {
	return []dashboard.DynamicConfigValue{prop("unit", "time:YYYY-MM-DD"), prop("custom.width", 110)}
}

// coloured colours a cell by limits; its number stands in it all the same.
func coloured(first string, limits ...dashboard.Threshold) []dashboard.DynamicConfigValue {
	return []dashboard.DynamicConfigValue{
		prop("custom.cellOptions", map[string]any{"type": "color-text"}),
		prop("color", map[string]any{"mode": "thresholds"}),
		prop("thresholds", map[string]any{"mode": "absolute", "steps": append([]dashboard.Threshold{{Color: first}}, limits...)}),
	}
}

// inWords shows numbers of healthNumber as the states that they stand for.
func inWords() []dashboard.DynamicConfigValue {
	return []dashboard.DynamicConfigValue{
		prop("mappings", healthWords(func(k int, _ measure.Health) string { return strconv.Itoa(k + 1) })),
		prop("custom.cellOptions", map[string]any{"type": "color-background", "mode": "basic"}),
		prop("custom.width", 130),
	}
}

// toEvidence leads from a goal's row to what is behind its figures, and to its
// own board, which has a range of its own: it looks ahead.
func toEvidence() dashboard.DynamicConfigValue {
	id := "${__data.fields." + idColumn + "}"
	return prop("links", []map[string]any{
		{"title": "The issues behind these figures", "url": "${plumbline_url:raw}/goals/" + id},
		{"title": "The goal's own board", "url": "/d/plumbline-goal?var-goal=" + id + "&${datasource:queryparam}&${plumbline_url:queryparam}"},
	})
}

// The tables' rows are told apart by this label: a goal at a site, or a goal as
// a whole.
const rowLabel = "row"

// keyed gives each series of the expression the label of its row, and no other
// but labels.
func keyed(expr string, labels ...string) string {
	return "max by (" + strings.Join(append([]string{rowLabel}, labels...), ", ") + `) (label_join(` + expr + `, "` + rowLabel + `", " ", "goal", "instance"))`
}

// whole adds to what is known of a goal at each site what is known of it as a
// whole, where there are several.
func whole(atEach, together string) string {
	return atEach + " or " + together + " and on () " + several()
}

// nameColumns are those of every table of goals: the first two, and the last.
// Only where there are several sites do rows say which they are of.
func nameColumns() (name, site, owner, id column) {
	of := func(more string) string {
		return sampled("max by (goal, name, owner"+more+") (%s)", selected(measure.MetricGoalInfo), "")
	}
	alone := of(", instance")
	expr := keyed(alone, "goal", "name", "owner") + " unless on () " + several() +
		" or " + keyed("("+alone+" or "+of("")+")", "goal", "name", "owner", "instance") + " and on () " + several()
	return column{title: goalColumn, label: "name", expr: expr, unkeyed: true,
			props: []dashboard.DynamicConfigValue{toEvidence(), prop("custom.minWidth", 220)}},
		column{title: "Site", label: "instance"},
		column{title: "Owner", label: "owner"},
		column{title: idColumn, label: "goal", props: []dashboard.DynamicConfigValue{toEvidence()}}
}

// columns are the goal table's, from left to right.
func columns(t measure.Thresholds) []column {
	name, site, owner, id := nameColumns()
	forecast := func(percentile string) string {
		return moment(value(measure.MetricGoalForecast, `percentile="`+percentile+`"`))
	}
	return []column{
		name, site,
		{title: "Health", expr: health(measure.MetricGoalHealth), props: inWords()},
		{title: "Reported as", expr: health(measure.MetricGoalReportedHealth), props: inWords()},
		{title: "Health since, days", expr: "(time() - " + value(measure.MetricGoalHealthSince) + ") / 86400", props: inDays()},
		{title: "Reported", expr: value(measure.MetricGoalReported), props: inPercent()},
		{title: "Real", expr: value(measure.MetricGoalReal), props: inPercent()},
		{title: "Real, at least", expr: value(measure.MetricGoalRealLower), props: inPercent()},
		{title: "Real, at most", expr: value(measure.MetricGoalRealUpper), props: inPercent()},
		{title: "Delivered", expr: whole(value(measure.MetricGoalDelivered), deliveredShare()), props: inPercent()},
		{title: "Gap", expr: value(measure.MetricGoalReported) + " - " + best(value), props: inPercent()},
		{title: "Chance of overstatement", expr: value(measure.MetricGoalOverstated), props: append(inPercent(),
			coloured("text", from(overstatedHint, "yellow"), from(judged().OverstatedFrom, "red"))...)},
		{title: "Target", expr: day(value(measure.MetricGoalTarget)), props: asDate()},
		{title: "Slip", expr: value(measure.MetricGoalTargetSlip) + " / 86400", props: inDays()},
		{title: "Forecast, 50 %", expr: forecast("50"), props: asDate()},
		{title: "Forecast, 85 %", expr: forecast("85"), props: asDate()},
		{title: "Chance on time", expr: value(measure.MetricGoalOnTime), props: append(inPercent(),
			coloured("red", from(judged().OffTrackBelow, "yellow"), from(judged().AtRiskBelow, "green"))...)},
		{title: "Oldest open decision, days", expr: whole("(time() - "+least(perSite, measure.MetricGoalDecisionOldest)+") / 86400", "(time() - "+least("goal", measure.MetricGoalDecisionOldest)+") / 86400"), props: inDays()},
		{title: "Decisions overdue", expr: whole(sum(perSite, measure.MetricGoalDecisionsOverdue), decisions(measure.MetricGoalDecisionsOverdue)), props: coloured("text", from(1, "red"))},
		{title: "Last progress, days ago", expr: silentFor(), props: inDays()},
		{title: "Stalls after", expr: value(measure.MetricGoalStallAfter) + " / 86400", props: inDays()},
		{title: silenceColumn, expr: silenceUsed(), props: append(inPercent(),
			prop("min", 0), prop("max", 1),
			prop("custom.cellOptions", map[string]any{"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}),
			prop("color", map[string]any{"mode": "thresholds"}),
			prop("thresholds", map[string]any{"mode": "absolute", "steps": []dashboard.Threshold{
				{Color: "green"}, from(1/t.StallFactor, "yellow"), from(1, "red"),
			}}))},
		{title: "Scope added", expr: whole(sum(perSite, measure.MetricGoalScopeAdded), sum("goal", measure.MetricGoalScopeAdded))},
		{title: "Evidence", expr: value(measure.MetricGoalEvidence), props: append(inPercent(), coloured("red", from(t.EvidenceHides, "yellow"), from(0.75, "green"))...)},
		owner, id,
	}
}

// goalTable has one row a goal.
func goalTable(t measure.Thresholds) cog.Builder[dashboard.Panel] {
	return joinedTable("Goals",
		"One row a goal (where several Plumblines, one a Jira site, have it: one for each, and one for what can be added), those nearest to a stall, or furthest into one, on top. Health is what the history says, reported as what its owner does, or what Jira's own figure would have one think. Real: the estimate, with the ends of its 80 % interval. Gap: reported less real (less delivered, where there is no estimate); a wide one is a report to ask about. Chance of overstatement: that the truth lies more than 15 points below the report. Of allowed silence: the time without progress against the goal's own rhythm; at 100 % it stalls, unless a freeze in the calendar gives it longer. The name leads to the issues behind the figures, and to the goal's own board. An empty cell is not known.",
		14, silenceColumn, columns(t))
}

// changeTable says what is otherwise than a week ago.
func changeTable() cog.Builder[dashboard.Panel] {
	const week = "7d"
	ago := func(metric string, matchers ...string) string { return aligned(valueAgo(metric, week, matchers...)) }
	since := func(metric string) string { return value(metric) + " - " + ago(metric) }
	open := measure.MetricGoalDecisionsOpen
	name, site, owner, id := nameColumns()
	return joinedTable("What changed since last week",
		"Each goal now, less the same goal a week ago. Real that falls while reported rises, or scope that grows as fast as work is delivered, is a goal to ask about. Target: days that the promise moved later. Empty until there is history of a week: fill it in with plumbline backfill.",
		10, "Real, change", []column{
			name, site,
			{title: "Health a week ago", expr: healthNumber(func(s string) string { return ago(measure.MetricGoalHealth, s) }), props: inWords()},
			{title: "Health now", expr: health(measure.MetricGoalHealth), props: inWords()},
			{title: "Reported, change", expr: since(measure.MetricGoalReported), props: inPercent()},
			{title: "Real, change", expr: best(value) + " - " + best(ago), props: inPercent()},
			{title: "Chance on time, change", expr: since(measure.MetricGoalOnTime), props: inPercent()},
			{title: "Scope added", expr: since(measure.MetricGoalScopeAdded)},
			{title: "Target moved", expr: "(" + since(measure.MetricGoalTarget) + ") / 86400", props: inDays()},
			{title: "Decisions open, change", expr: sum(perSite, open) + " - " + aligned(sampled("sum by ("+perSite+") (%s)", selected(open), " offset "+week))},
			owner, id,
		})
}

// joinedTable has one row a goal, and one for each of its sites where there are
// several: Grafana joins the columns' queries by the label of their row. It
// joins and doesn't merge, since a query without an answer has no such label,
// and merging would then take all goals for one.
func joinedTable(title, description string, height uint32, sorted string, columns []column) cog.Builder[dashboard.Panel] {
	p := newTable(title, description, height).
		SortBy([]cog.Builder[common.TableSortByFieldState]{
			common.NewTableSortByFieldStateBuilder().DisplayName(sorted).Desc(true),
		})
	hidden, order, names := map[string]bool{rowLabel: true}, map[string]int{}, map[string]string{}
	ref := 'A'
	for k, c := range columns {
		field := c.label
		if c.expr != "" {
			value := "Value #" + string(ref)
			if !c.unkeyed {
				c.expr = keyed(c.expr)
			}
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
		WithTransformation(withoutTime()).
		WithTransformation(dashboard.DataTransformerConfig{Id: "joinByField", Options: map[string]any{
			"byField": rowLabel, "mode": "outer",
		}}).
		WithTransformation(dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{
			"excludeByName": hidden, "indexByName": order, "renameByName": names,
		}})
}

func newTable(title, description string, height uint32) *table.PanelBuilder {
	return table.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(source()).
		Span(24).Height(height).
		Unit("none").
		NoValue("–").
		CellHeight(common.TableCellHeightSm).
		Footer(common.NewTableFooterOptionsBuilder().Show(false).Reducer([]string{"sum"})).
		Filterable(true)
}

func withoutTime() dashboard.DataTransformerConfig {
	return dashboard.DataTransformerConfig{Id: "filterFieldsByName", Options: map[string]any{
		"exclude": map[string]any{"names": []string{"Time"}},
	}}
}

// reason is why a goal is to be questioned, and the goals of which it is so.
type reason struct{ words, expr string }

func reasons() []reason {
	one := func(metric string, matchers ...string) string { return value(metric, matchers...) + " == 1" }
	return []reason{
		{"■ meets a stop criterion that was declared for it", one(measure.MetricGoalStopCriterion)},
		{"■ has stopped: no progress for longer than its own rhythm allows", one(measure.MetricGoalStalled)},
		{"▲ its target has passed", value(measure.MetricGoalTarget) + " + 86400 < time() unless on (goal, instance) " + finished()},
		{"▲ can hardly meet its target", value(measure.MetricGoalOnTime) + " < " + number(judged().OffTrackBelow) + " and " + value(measure.MetricGoalTarget) + " + 86400 >= time()"},
		{"◆ the report very likely overstates", value(measure.MetricGoalOverstated) + " >= " + number(judged().OverstatedFrom)},
		{"◆ waits for a decision that is overdue", sum(perSite, measure.MetricGoalDecisionsOverdue) + " > 0"},
		{"◆ its target keeps moving", fmt.Sprintf("%s >= %d unless on (goal, instance) %s", value(measure.MetricGoalTargetMoves, `window="90d"`), movingTimes, finished())},
		{"◆ its outcome does not move, though half of the work is delivered", least(perSite, measure.MetricGoalOutcome) + " < " + number(unmoved) + " and " + value(measure.MetricGoalDelivered) + " >= " + number(halfDelivered)},
	}
}

// questionTable lists the goals about which there is something to ask, once
// for each reason.
func questionTable() cog.Builder[dashboard.Panel] {
	var parts []string
	for _, r := range reasons() {
		parts = append(parts, fmt.Sprintf("label_replace(%s, \"reason\", %q, \"\", \"\")", r.expr, r.words))
	}
	expr := "count by (goal, name, at, owner, reason) ((" + strings.Join(parts, " or ") + ") " + joined("name, at, owner") + ")"
	return newTable("Goals to question",
		"One row for each reason to ask about a goal: go on, change, or stop? ■ asks for a decision now, ▲ for a new promise or a smaller scope, ◆ for a talk with the owner. A goal with several rows comes first in any talk. Empty: no goal gives cause.", 8).
		NoValue("No goal gives cause to ask").
		WithTarget(askNow("A", expr).Format(prometheus.PromQueryFormatTable)).
		OverrideByName(goalColumn, []dashboard.DynamicConfigValue{toEvidence()}).
		WithTransformation(withoutTime()).
		WithTransformation(dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{
			"excludeByName": map[string]bool{"Value": true},
			"indexByName":   map[string]int{"name": 0, "at": 1, "reason": 2, "owner": 3, "goal": 4},
			"renameByName":  map[string]string{"name": goalColumn, "at": "Site", "reason": "Why", "owner": "Owner", "goal": idColumn},
		}})
}
