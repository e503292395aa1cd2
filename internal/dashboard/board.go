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
	t := measure.DefaultThresholds()
	files := map[string][]byte{}
	for name, board := range map[string]*dashboard.DashboardBuilder{ //nolint:staticcheck // see newBoard
		"goal-health":      goalHealth(t),
		"goal":             oneGoal(t),
		"plumbline-itself": itself(),
	} {
		built, err := board.Build()
		if err != nil {
			return nil, fmt.Errorf("building the dashboard %s: %w", name, err)
		}
		var file bytes.Buffer
		enc := json.NewEncoder(&file)
		enc.SetEscapeHTML(false) // queries are read by people too
		enc.SetIndent("", "  ")
		if err := enc.Encode(built); err != nil {
			return nil, fmt.Errorf("writing the dashboard %s: %w", name, err)
		}
		files[name+".json"] = file.Bytes()
	}
	return files, nil
}

// newBoard is what all dashboards have in common. The uid is the path under
// which Grafana has it, and never changes.
//
// They are of the classic schema, which every Grafana that is in use reads;
// the SDK would rather have its successor, which only the newest does.
func newBoard(uid, title, description string, panels []cog.Builder[dashboard.Panel]) *dashboard.DashboardBuilder { //nolint:staticcheck // see above
	board := dashboard.NewDashboardBuilder("Plumbline: " + title). //nolint:staticcheck // see above
									Uid(uid).
									Description(description).
									Tags([]string{"plumbline"}).
									Readonly().
									Refresh("5m").
									Tooltip(dashboard.DashboardCursorSyncCrosshair).
									Link(inTheBar{dashboard.NewDashboardLinkBuilder("Plumbline's boards").
										Type(dashboard.DashboardLinkTypeDashboards).
										Tags([]string{"plumbline"}).
										IncludeVars(true)}).
									Link(inTheBar{dashboard.NewDashboardLinkBuilder("Goal board and evidence").
										Type(dashboard.DashboardLinkTypeLink).
										Icon("external link").
										Tooltip("Plumbline's own pages: every figure with the issues behind it").
										Url("${plumbline_url:raw}/").
										TargetBlank(true)})
	for k, panel := range panels {
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

func sourceVariable() cog.Builder[dashboard.VariableModel] {
	return dashboard.NewDatasourceVariableBuilder("datasource").
		Label("Data source").
		Description("The Prometheus that scrapes Plumbline").
		Type("prometheus")
}

func urlVariable() cog.Builder[dashboard.VariableModel] {
	return dashboard.NewTextBoxVariableBuilder("plumbline_url").
		Label("Plumbline's URL").
		Description("Where you reach Plumbline: links to the evidence begin with it").
		DefaultValue(dashboard.StringOrMap{String: cog.ToPtr("http://127.0.0.1:9847")})
}

// choice is a variable of the values that the label of its own name has.
func choice(label, title, description, series string) *dashboard.QueryVariableBuilder {
	query := "label_values(" + series + ", " + label + ")"
	return dashboard.NewQueryVariableBuilder(label).
		Label(title).
		Description(description).
		Datasource(source()).
		Query(dashboard.StringOrMap{String: &query}).
		Definition(query).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).
		Sort(dashboard.VariableSortAlphabeticalCaseInsensitiveAsc)
}

// choices is a choice of any number of them, and at first of all.
func choices(label, title, description, series string) *dashboard.QueryVariableBuilder {
	all := dashboard.StringOrArrayOfString{ArrayOfString: []string{"$__all"}}
	return choice(label, title, description, series).
		Multi(true).
		IncludeAll(true).
		Current(dashboard.VariableOption{
			Selected: cog.ToPtr(true),
			Text:     dashboard.StringOrArrayOfString{ArrayOfString: []string{"All"}},
			Value:    all,
		})
}

// marks are the annotations of the boards on goals: a line where a target
// moved, and one where somebody checked in.
func marks() []cog.Builder[dashboard.AnnotationQuery] {
	return []cog.Builder[dashboard.AnnotationQuery]{
		mark("Target moved", "purple", "The target of {{name}} moved",
			named("abs("+value(measure.MetricGoalTarget)+" - "+valueAgo(measure.MetricGoalTarget, "1d")+")"), false),
		mark("Check-in", "blue", "Check-in on {{name}}",
			named(value(measure.MetricGoalCheckIn)+" * 1000"), true),
	}
}

// mark shows a moment at which the expression is above 0, or, with byValue,
// the moment that its value is.
func mark(name, colour, text, expr string, byValue bool) cog.Builder[dashboard.AnnotationQuery] {
	return placed{dashboard.NewAnnotationQueryBuilder().
		Name(name).
		Datasource(source()).
		Enable(true).
		IconColor(colour).
		Expr(expr).
		Step("1h").
		TitleFormat(name).
		TextFormat(text).
		UseValueForTime(byValue)}
}

// placed shows an annotation's switch above the panels, and not in a menu as
// the builder would.
type placed struct {
	cog.Builder[dashboard.AnnotationQuery]
}

func (b placed) Build() (dashboard.AnnotationQuery, error) {
	a, err := b.Builder.Build()
	a.Placement = nil
	return a, err
}
