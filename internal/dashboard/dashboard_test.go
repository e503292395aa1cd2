package dashboard_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	sdk "github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"plumbline/internal/app"
	"plumbline/internal/dashboard"
	"plumbline/internal/measure"
)

var update = flag.Bool("update", false, "rewrite the dashboards and rules")

const (
	boards = "../../dashboards"
	rules  = "../../config/prometheus"
)

// grafana is what the tests look at in a dashboard.
type grafana struct {
	UID           string
	Editable      bool
	SchemaVersion int
	Tags          []string
	Panels        []panel
	Templating    struct {
		List []struct{ Name, Type string }
	}
	Annotations struct {
		List []struct {
			Name, Expr string
			Enable     bool
		}
	}
}

type panel struct {
	ID                 int
	Title, Description string
	Type               string
	Datasource         source
	GridPos            struct{ X, Y, W, H int }
	FieldConfig        struct {
		Defaults  struct{ Unit string }
		Overrides []struct {
			Matcher struct{ Options string }
		}
	}
	Targets []struct {
		RefID      string
		Expr       string
		Datasource source
	}
}

type source struct{ Type, UID string }

func files(tb testing.TB) map[string][]byte {
	tb.Helper()
	all, err := dashboard.Files()
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

func read(tb testing.TB, path string) []byte {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestTheFilesAreThoseThatTheSourceMakes(t *testing.T) {
	made := files(t)
	same(t, boards, made)
	entries, err := os.ReadDir(boards)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if made[e.Name()] == nil {
			t.Errorf("no source makes %s", e.Name())
		}
	}
}

func TestTheRulesAreThoseThatTheSourceMakes(t *testing.T) {
	made, err := dashboard.Rules(dashboard.DefaultDurations())
	if err != nil {
		t.Fatal(err)
	}
	same(t, rules, made)
}

// same holds that the files in the folder are those that were made.
func same(t *testing.T, dir string, made map[string][]byte) {
	t.Helper()
	for name, want := range made {
		path := filepath.Join(dir, name)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(string(want), string(read(t, path))); diff != "" {
			t.Errorf("%s is not what the source makes; run go test ./internal/dashboard -update (-source +file):\n%s", name, diff)
		}
	}
}

func TestEveryBoardIsReadOnlyAndStableInItsNames(t *testing.T) {
	for name, file := range files(t) {
		var g grafana
		if err := json.Unmarshal(file, &g); err != nil {
			t.Fatal(err)
		}
		if want := "plumbline-" + strings.TrimPrefix(strings.TrimSuffix(name, ".json"), "plumbline-"); g.UID != want {
			t.Errorf("%s has the uid %q, want %q", name, g.UID, want)
		}
		if g.Editable || g.SchemaVersion < 39 || !slices.Contains(g.Tags, "plumbline") {
			t.Errorf("%s: editable %t, schema version %d, tags %v", name, g.Editable, g.SchemaVersion, g.Tags)
		}
		if v := g.Templating.List[0]; v.Type != "datasource" || v.Name != "datasource" {
			t.Errorf("%s: its first variable is %v, not the data source", name, v)
		}
	}
}

func TestEveryBoardIsOneByGrafanasOwnTypes(t *testing.T) {
	plugins.RegisterDefaultPlugins()
	for name, file := range files(t) {
		var board sdk.Dashboard
		// Both answer with an empty list where there is no fault.
		for _, err := range []error{board.UnmarshalJSONStrict(file), board.Validate()} {
			if faults, ok := errors.AsType[cog.BuildErrors](err); len(faults) > 0 || !ok && err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestEveryLinkToABoardLeadsToOne(t *testing.T) {
	uids := map[string]bool{}
	all := files(t)
	for _, file := range all {
		var g grafana
		if err := json.Unmarshal(file, &g); err != nil {
			t.Fatal(err)
		}
		uids[g.UID] = true
	}
	links := 0
	for name, file := range all {
		for _, m := range regexp.MustCompile(`"/d/([^?"/]+)`).FindAllStringSubmatch(string(file), -1) {
			if links++; !uids[m[1]] {
				t.Errorf("%s leads to the board %s, which is none of %v", name, m[1], uids)
			}
		}
	}
	if links == 0 {
		t.Error("no board leads to another")
	}
}

func TestEveryBoardOnGoalsMarksMovedTargetsAndCheckIns(t *testing.T) {
	for _, name := range []string{"goal-health.json", "goal.json"} {
		var g grafana
		if err := json.Unmarshal(files(t)[name], &g); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range g.Annotations.List {
			if a.Enable && a.Expr != "" {
				got = append(got, a.Name)
			}
		}
		want := []string{"Target moved", "Check-in"}
		if name == "goal.json" { // it looks ahead
			want = append(want, "Target", "Forecast, 50 %", "Forecast, 85 %")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s has other annotations (-want +got):\n%s", name, diff)
		}
	}
}

// What a board says by colour, it says by a number, a word or a sign as well:
// every state has both.
func TestNoStateIsToldByColourAlone(t *testing.T) {
	seen := 0
	for name, file := range files(t) {
		for _, m := range regexp.MustCompile(`"text": "([^"]*)",\s+"color"`).FindAllStringSubmatch(string(file), -1) {
			if seen++; len([]rune(m[1])) < 4 {
				t.Errorf("%s has a coloured value whose text is %q", name, m[1])
			}
		}
		if strings.Contains(string(file), `"textMode": "none"`) {
			t.Errorf("%s has a panel of colour without text", name)
		}
	}
	if seen < 10 {
		t.Errorf("only %d coloured values were found", seen)
	}
}

func TestEveryPanelExplainsItselfAndFitsTheGrid(t *testing.T) {
	want := source{Type: "prometheus", UID: "${datasource}"}
	for name, file := range files(t) {
		var g grafana
		if err := json.Unmarshal(file, &g); err != nil {
			t.Fatal(err)
		}
		ids := map[int]bool{}
		taken := map[[2]int]string{}
		for _, p := range g.Panels {
			if p.ID == 0 || ids[p.ID] {
				t.Errorf("%s: %s has the id %d, which is none of its own", name, p.Title, p.ID)
			}
			ids[p.ID] = true
			if p.Title == "" || len(p.Description) < 40 || p.FieldConfig.Defaults.Unit == "" || p.Datasource != want {
				t.Errorf("%s: a panel lacks a title, a description, a unit or the data source variable: %+v", name, p)
			}
			if p.Type == "table" && p.GridPos.W != 24 {
				t.Errorf("%s: the table %s is %d wide, not 24", name, p.Title, p.GridPos.W)
			}
			for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
				for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
					if other, ok := taken[[2]int{x, y}]; ok || x >= 24 {
						t.Fatalf("%s: %s lies off the grid or on %q", name, p.Title, other)
					}
					taken[[2]int{x, y}] = p.Title
				}
			}
			if len(p.Targets) == 0 {
				t.Errorf("%s: %s asks nothing", name, p.Title)
			}
			for _, q := range p.Targets {
				if q.Datasource != want {
					t.Errorf("%s: the query %s of %s has the data source %v", name, q.RefID, p.Title, q.Datasource)
				}
			}
		}
	}
}

// foreign are the metrics of others that boards may ask for: the Go client's of
// the process, and Prometheus's of a scrape.
func foreign() []string { return []string{"process_resident_memory_bytes", "scrape_samples_scraped"} }

// reference is the name of every metric that this build exports.
func reference(tb testing.TB) map[string]bool {
	tb.Helper()
	all, err := app.Reference(tb.Context(), "test")
	if err != nil {
		tb.Fatal(err)
	}
	names := map[string]bool{}
	for _, m := range all {
		names[m.Name] = true
	}
	return names
}

// known is the name of every metric that dashboards and alerts may use.
func known(tb testing.TB) map[string]bool {
	tb.Helper()
	names := reference(tb)
	for _, m := range foreign() {
		names[m] = true
	}
	return names
}

var metric = regexp.MustCompile(`\b(?:plumbline|process|scrape)_[a-z0-9_]+`)

// metricsIn lists the metrics in an expression, histograms by their own name.
func metricsIn(expr string) []string {
	names := metric.FindAllString(expr, -1)
	for k, name := range names {
		for _, part := range []string{"_bucket", "_sum", "_count"} {
			names[k] = strings.TrimSuffix(names[k], part)
		}
		if name == "plumbline_url" {
			names[k] = measure.MetricGoalInfo // the external label; it is no metric
		}
	}
	return names
}

func TestEveryQueryAsksForMetricsThatExist(t *testing.T) {
	known := known(t)
	for name, file := range files(t) {
		queries, err := dashboard.Queries(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range queries {
			used := metricsIn(q.Expr)
			if len(used) == 0 {
				t.Errorf("%s: %s %s asks for no metric: %s", name, q.From, q.RefID, q.Expr)
			}
			for _, m := range used {
				if !known[m] {
					t.Errorf("%s: %s %s asks for %s, which nothing exports", name, q.From, q.RefID, m)
				}
			}
		}
	}
}

func TestQueriesRefusesABoardThatItDoesNotUnderstand(t *testing.T) {
	for name, tc := range map[string]struct{ board, want string }{
		"no JSON":             {`{`, "reading a dashboard: unexpected end of JSON input"},
		"an unknown variable": {`{"panels":[{"title":"P","targets":[{"expr":"up{a=\"$b\"}"}]}]}`, `the query up{a="$b"} of P has a variable that the board lacks`},
		"not label_values":    {`{"templating":{"list":[{"name":"v","type":"query","query":"metrics(x)"}]}}`, `reading the query of the variable v: "metrics(x)" is not of the form label_values(series, label)`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dashboard.Queries([]byte(tc.board))
			if err == nil || err.Error() != tc.want {
				t.Errorf("error %v, want %s", err, tc.want)
			}
		})
	}
}

func FuzzQueries(f *testing.F) {
	// Small ones: a whole board as a seed leaves the fuzzer no time to try any.
	f.Add([]byte(`{"panels":[{"title":"P","targets":[{"refId":"A","expr":"x{goal=~\"$goal\"}","instant":true}]}]}`))
	f.Add([]byte(`{"templating":{"list":[{"name":"goal","type":"query","query":"label_values(x{owner=~\"$owner\"}, goal)"}]}}`))
	f.Fuzz(func(t *testing.T, board []byte) {
		queries, err := dashboard.Queries(board)
		for _, q := range queries {
			if err != nil || regexp.MustCompile(`\$[^0-9]`).MatchString(q.Expr) {
				t.Errorf("%+v, %v", q, err)
			}
		}
	})
}
