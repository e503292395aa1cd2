package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/measure"
	"plumbline/internal/syncer"
)

// description is the part of the OpenAPI document that the tests look at.
type description struct {
	OpenAPI    string                          `json:"openapi"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas   map[string]schema `json:"schemas"`
		Responses map[string]any    `json:"responses"`
	} `json:"components"`
}

type operation struct {
	Parameters []map[string]any         `json:"parameters"`
	Responses  map[string]documentedAns `json:"responses"`
}

type documentedAns struct {
	Ref     string `json:"$ref"`
	Content map[string]struct {
		Schema schema `json:"schema"`
	} `json:"content"`
}

type schema struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"` // a word or several
	Format     string            `json:"format"`
	Pattern    string            `json:"pattern"`
	Enum       []string          `json:"enum"`
	Required   []string          `json:"required"`
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
	Additional any               `json:"additionalProperties"`
	Minimum    *float64          `json:"minimum"`
	Maximum    *float64          `json:"maximum"`
}

func readDescription(t *testing.T) *description {
	t.Helper()
	var d description
	if err := json.Unmarshal(get(t, serve(t, newCompany()), "/api/v1/openapi.json").Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	return &d
}

func TestTheDescriptionNamesEveryRouteOfTheAPI(t *testing.T) {
	d := readDescription(t)
	if d.OpenAPI != "3.1.0" {
		t.Errorf("the document is of version %q", d.OpenAPI)
	}
	var want []string
	for _, r := range New(Options{Engine: newCompany(), Metrics: http.NotFoundHandler()}).routes(http.NotFoundHandler()) {
		if r.api {
			want = append(want, r.path)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(d.Paths))); diff != "" {
		t.Errorf("the paths differ from the routes:\n%s", diff)
	}
	for path, ops := range d.Paths {
		if got := slices.Sorted(maps.Keys(ops)); !slices.Equal(got, []string{"get"}) {
			t.Errorf("%s is described for %v", path, got)
		}
	}
}

func TestTheSchemasHaveTheFieldsOfTheAnswers(t *testing.T) {
	d := readDescription(t)
	for name, v := range map[string]any{
		"Goals": measure.Snapshot{}, "StopCriterion": measure.StopCriterion{}, "OutcomeStatus": measure.OutcomeStatus{}, "Confidence": measure.Confidence{}, "Component": measure.Component{}, "Suppression": measure.Suppression{}, "Unlinked": measure.Unlinked{},
		"DecisionStatus": measure.DecisionStatus{}, "DecisionClassStatus": measure.DecisionClassStatus{}, "DecisionLatency": measure.DecisionLatency{},
		"WorkingLatency": measure.WorkingLatency{}, "SiteDecisions": measure.SiteDecisions{}, "Decisions": measure.DecisionRegister{},
		"ClassLatency": measure.ClassLatency{}, "Decision": measure.Decision{},
		"ProjectShare": measure.ProjectShare{}, "UnlinkedGroup": measure.UnlinkedGroup{}, "Suggestion": measure.Suggestion{}, "Goal": apiGoal{}, "GoalStatus": measure.GoalStatus{}, "Parts": measure.Parts{}, "Points": measure.Points{},
		"Wait": measure.Wait{}, "Drift": measure.Drift{}, "Slip": measure.Slip{}, "Push": measure.Push{}, "TrapState": measure.TrapState{},
		"FinishedIssues": measure.Windows{}, "Percentiles": measure.Percentiles{},
		"Explanation": measure.Explanation{}, "ExplainedMeasure": measure.ExplainedMeasure{},
		"ExplainedInput": measure.ExplainedInput{}, "Evidence": measure.Evidence{},
		"Syncs": apiSync{}, "SyncReport": syncer.Report{}, "ProblemIssue": syncer.ProblemIssue{}, "Error": apiError{},
	} {
		s, ok := d.Components.Schemas[name]
		if !ok {
			t.Errorf("there is no schema %s", name)
			continue
		}
		var fields, required []string
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			fields = append(fields, key)
			if !strings.Contains(options, "omit") {
				required = append(required, key)
			}
			if got, want := s.Properties[key].kind(), kindOf(f.Type); got != want {
				t.Errorf("%s.%s is described as %s, and is %s", name, key, got, want)
			}
		}
		slices.Sort(fields)
		slices.Sort(required)
		slices.Sort(s.Required)
		if diff := cmp.Diff(fields, slices.Sorted(maps.Keys(s.Properties))); diff != "" {
			t.Errorf("the fields of %s differ:\n%s", name, diff)
		}
		if diff := cmp.Diff(required, s.Required); diff != "" {
			t.Errorf("what %s always has differs:\n%s", name, diff)
		}
	}
}

// kind is the schema's type in one word.
func (s schema) kind() string {
	switch {
	case s.Ref != "":
		return "object"
	case s.Format != "":
		return s.Format
	}
	if several, ok := s.Type.([]any); ok {
		return fmt.Sprint(several[0])
	}
	return fmt.Sprint(s.Type)
}

func kindOf(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[time.Time](), reflect.TypeFor[*time.Time]():
		return "date-time"
	case reflect.TypeFor[flow.Date](), reflect.TypeFor[*flow.Date]():
		return "date"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return kindOf(t.Elem())
	case reflect.Struct, reflect.Map:
		return "object"
	case reflect.Slice:
		return "array"
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Float64:
		return "number"
	default:
		return "integer"
	}
}

func TestAnswersAreAsTheDescriptionSays(t *testing.T) {
	d := readDescription(t)
	bare := newCompany()
	bare.snap.Goals, bare.runs = nil, nil
	failing := newCompany()
	failing.fails = errInside
	for _, c := range []struct {
		path, target string
		engine       *company
		status       string
	}{
		{"/api/v1/goals", "/api/v1/goals", newCompany(), "200"},
		{"/api/v1/goals", "/api/v1/goals", bare, "200"},
		{"/api/v1/goals", "/api/v1/goals?at=bad", newCompany(), "400"},
		{"/api/v1/goals", "/api/v1/goals", &company{}, "503"},
		{"/api/v1/goals", "/api/v1/goals?at=-1d", failing, "500"},
		{"/api/v1/goals/{id}", "/api/v1/goals/checkout-p95", newCompany(), "200"},
		{"/api/v1/goals/{id}", "/api/v1/goals/atlas?at=-30d", newCompany(), "200"},
		{"/api/v1/goals/{id}", "/api/v1/goals/nobody", newCompany(), "404"},
		{"/api/v1/decisions", "/api/v1/decisions", newCompany(), "200"},
		{"/api/v1/decisions", "/api/v1/decisions?goal=search&at=-1d", newCompany(), "200"},
		{"/api/v1/decisions", "/api/v1/decisions?goal=nobody", newCompany(), "404"},
		{"/api/v1/unlinked", "/api/v1/unlinked", newCompany(), "200"},
		{"/api/v1/unlinked", "/api/v1/unlinked?at=-1d", bare, "200"},
		{"/api/v1/sync", "/api/v1/sync", newCompany(), "200"},
		{"/api/v1/sync", "/api/v1/sync?at=-1d", bare, "200"},
		{"/api/v1/openapi.json", "/api/v1/openapi.json", newCompany(), "200"},
	} {
		t.Run(c.target+" "+c.status, func(t *testing.T) {
			w := get(t, serve(t, c.engine), c.target)
			if got := fmt.Sprint(w.Code); got != c.status {
				t.Fatalf("answers %s, want %s", got, c.status)
			}
			answer, ok := d.Paths[c.path]["get"].Responses[c.status]
			if !ok {
				t.Fatalf("the answer %s is not described", c.status)
			}
			s := schema{Ref: "#/components/schemas/Error"}
			if answer.Ref == "" {
				s = answer.Content["application/json"].Schema
			} else if d.Components.Responses[strings.TrimPrefix(answer.Ref, "#/components/responses/")] == nil {
				t.Fatalf("%s leads nowhere", answer.Ref)
			}
			var v any
			if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
				t.Fatal(err)
			}
			d.check(t, "$", s, v)
		})
	}
}

// check tells where v is not as the schema says.
func (d *description) check(t *testing.T, at string, s schema, v any) {
	if s.Ref != "" {
		name := strings.TrimPrefix(s.Ref, "#/components/schemas/")
		to, ok := d.Components.Schemas[name]
		if !ok {
			t.Fatalf("%s: %s leads nowhere", at, s.Ref)
		}
		s = to
	}
	switch v := v.(type) {
	case nil:
		if several, ok := s.Type.([]any); !ok || !slices.Contains(several, any("null")) {
			t.Errorf("%s is null, want %v", at, s.Type)
		}
	case map[string]any:
		for _, key := range s.Required {
			if _, ok := v[key]; !ok {
				t.Errorf("%s has no %s", at, key)
			}
		}
		for key, member := range v {
			if to, ok := s.Properties[key]; ok {
				d.check(t, at+"."+key, to, member)
			} else if s.Additional == false {
				t.Errorf("%s.%s is not described", at, key)
			}
		}
	case []any:
		for k := range v {
			d.check(t, fmt.Sprintf("%s[%d]", at, k), *s.Items, v[k])
		}
	case string:
		checkString(t, at, s, v)
	case float64:
		if s.Minimum != nil && v < *s.Minimum || s.Maximum != nil && v > *s.Maximum {
			t.Errorf("%s is %v, out of bounds", at, v)
		}
	}
}

func checkString(t *testing.T, at string, s schema, v string) {
	if s.kind() == "date-time" {
		if _, err := time.Parse(time.RFC3339, v); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
		t.Errorf("%s is %q, none of %q", at, v, s.Enum)
	}
	if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(v) {
		t.Errorf("%s is %q, not like %s", at, v, s.Pattern)
	}
}

func TestTheDescriptionListsEveryState(t *testing.T) {
	var want []string
	for _, h := range measure.HealthStates() {
		want = append(want, string(h))
		if healthOf(h).Word == "Unknown" && h != measure.HealthUnknown {
			t.Errorf("the pages don't know the state %s", h)
		}
	}
	if diff := cmp.Diff(want, readDescription(t).Components.Schemas["GoalStatus"].Properties["health"].Enum); diff != "" {
		t.Errorf("the states differ:\n%s", diff)
	}
}
