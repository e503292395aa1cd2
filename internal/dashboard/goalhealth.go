package dashboard

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"plumbline/internal/measure"
)

// Files returns the dashboards by the name of their file, as Grafana reads
// them.
func Files() (map[string][]byte, error) {
	board, err := goalHealth(measure.DefaultThresholds()).Build()
	if err != nil {
		return nil, fmt.Errorf("building the goal health dashboard: %w", err)
	}
	var file bytes.Buffer
	enc := json.NewEncoder(&file)
	enc.SetEscapeHTML(false) // queries are read by people too
	enc.SetIndent("", "  ")
	if err := enc.Encode(board); err != nil {
		return nil, fmt.Errorf("writing the goal health dashboard: %w", err)
	}
	return map[string][]byte{"goal-health.json": file.Bytes()}, nil
}

// goalHealth is the board that a CTO reads on Monday: how many goals are in
// trouble, which, whether what is reported is delivered, and since when each
// is silent.
//
// It is of the classic schema, which every Grafana that is in use reads; the
// SDK would rather have its successor, which only the newest does.
func goalHealth(t measure.Thresholds) *dashboard.DashboardBuilder { //nolint:staticcheck // see above
	board := dashboard.NewDashboardBuilder("Plumbline: goal health"). //nolint:staticcheck // see above
										Uid("plumbline-goal-health").
										Description("How far each goal's reported progress is from what was delivered, which goals have stopped, and whose promise moves. A goal's name leads to the issues behind its figures.").
										Tags([]string{"plumbline", "goals"}).
										Readonly().
										Time("now-90d", "now").
										Refresh("5m").
										Tooltip(dashboard.DashboardCursorSyncCrosshair).
										Link(inTheBar{dashboard.NewDashboardLinkBuilder("Goal board and evidence").
											Type(dashboard.DashboardLinkTypeLink).
											Icon("external link").
											Tooltip("Plumbline's own pages: every figure with the issues behind it").
											Url("${plumbline_url:raw}/").
											TargetBlank(true)}).
										Variables(variables())

	for k, panel := range panels(t) {
		board.WithPanel(withID{panel, uint32(k + 1)})
	}
	return board
}

// inTheBar shows a link above the panels, and not in a menu as the builder
// would.
type inTheBar struct {
	cog.Builder[dashboard.DashboardLink]
}

func (b inTheBar) Build() (dashboard.DashboardLink, error) {
	l, err := b.Builder.Build()
	l.Placement = nil
	return l, err
}

// withID gives a panel its number, so that links to it hold.
type withID struct {
	cog.Builder[dashboard.Panel]
	id uint32
}

func (w withID) Build() (dashboard.Panel, error) {
	p, err := w.Builder.Build()
	p.Id = &w.id
	return p, err
}

// source is the data source that the board's user has chosen.
func source() common.DataSourceRef {
	return common.DataSourceRef{Type: cog.ToPtr("prometheus"), Uid: cog.ToPtr("${datasource}")}
}

func variables() []cog.Builder[dashboard.VariableModel] {
	return []cog.Builder[dashboard.VariableModel]{
		dashboard.NewDatasourceVariableBuilder("datasource").
			Label("Data source").
			Description("The Prometheus that scrapes Plumbline").
			Type("prometheus"),
		// A goal may lack an owner or a parent: All lets the empty value through.
		choice("owner", "Owner", "The team that owns the goal",
			measure.MetricGoalInfo).AllValue(".*"),
		choice("parent", "Part of", "The goal above",
			measure.MetricGoalInfo+`{owner=~"$owner"}`).AllValue(".*"),
		// All are those of the chosen owners and parents, one by one.
		choice("goal", "Goal", "The goals to show",
			measure.MetricGoalInfo+`{owner=~"$owner",parent=~"$parent"}`),
		dashboard.NewTextBoxVariableBuilder("plumbline_url").
			Label("Plumbline's URL").
			Description("Where you reach Plumbline: links to the evidence begin with it").
			DefaultValue(dashboard.StringOrMap{String: cog.ToPtr("http://127.0.0.1:9847")}),
	}
}

// choice is a variable of the values that the label of its own name has.
func choice(label, title, description, series string) *dashboard.QueryVariableBuilder {
	query := "label_values(" + series + ", " + label + ")"
	all := dashboard.StringOrArrayOfString{ArrayOfString: []string{"$__all"}}
	return dashboard.NewQueryVariableBuilder(label).
		Label(title).
		Description(description).
		Datasource(source()).
		Query(dashboard.StringOrMap{String: &query}).
		Definition(query).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).
		Sort(dashboard.VariableSortAlphabeticalCaseInsensitiveAsc).
		Multi(true).
		IncludeAll(true).
		Current(dashboard.VariableOption{
			Selected: cog.ToPtr(true),
			Text:     dashboard.StringOrArrayOfString{ArrayOfString: []string{"All"}},
			Value:    all,
		})
}
